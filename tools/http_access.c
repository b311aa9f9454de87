#include "http_access.h"

#include "api/request_tables.h"
#include "base/clock.h"
#include "credentials.h"
#include "signature.h"

#define SERVICE "dynamodb"

int http_access_identify(const struct http_service *service, const struct http_request *request,
	const char *signing, struct http_identity *ret, struct error *err)
{
	struct signature signature;
	struct signature_rules rules = {
		.region = service->region,
		.service = signing,
		.now_ns = clock_realtime_ns(),
	};

	if (service->trusts_peers)
		return 0;
	TRY(signature_read(request, &signature, err));
	ret->access_key = signature_access_key(&signature);
	if (!service->credentials)
		return 0;
	ret->credential = credentials_find(service->credentials, ret->access_key);
	if (!ret->credential)
		return error_set(err, ERROR_UNKNOWN_CLIENT,
			"The security token included in the request is invalid.");
	rules.secret = ret->credential->secret;
	return signature_verify(&signature, request, &rules, err);
}

struct check {
	const struct http_service *service;
	const struct credential *credential;
	const struct operation *operation;
	bool allowed; /* the operation is */
	size_t tables; /* seen */
};

static int deny(const struct check *check, struct slice table_name, struct error *err)
{
	const char *action = operation_services[check->operation->kind].action;
	struct buf resource CLEANUP(buf_release) = BUF_INIT;

	if (slice_present(table_name))
		buf_appendf(&resource, "arn:aws:%s:%s:%s:table/%.*s", SERVICE,
			check->service->region, check->service->account, SLICE_ARG(table_name));
	else
		buf_append_char(&resource, '*');
	return error_set(err, ERROR_ACCESS_DENIED,
		"User: arn:aws:iam::%s:user/%.*s is not authorized to perform: %s:%s on resource: "
		"%s because no identity-based policy allows the %s:%s action",
		check->service->account, SLICE_ARG(check->credential->user), action,
		check->operation->name, buf_string(&resource), action, check->operation->name);
}

static int check_table(void *context, struct slice table_name, struct error *err)
{
	struct check *check = context;

	check->tables++;
	if (check->allowed && credential_allows_table(check->credential, table_name))
		return 0;
	return deny(check, table_name, err);
}

int http_access_check(const struct http_service *service, const struct http_identity *identity,
	const struct operation *operation, const void *input, struct arena *arena,
	struct error *err)
{
	struct check check = { service, identity->credential, operation, false, 0 };

	if (!check.credential)
		return 0;
	check.allowed = credential_allows_operation(check.credential, operation->name);
	if (check.allowed && check.credential->any_table)
		return 0;
	TRY(request_visit_tables(operation, input, arena, check_table, &check, err));
	return check.allowed || check.tables ? 0 : deny(&check, (struct slice){ 0 }, err);
}
