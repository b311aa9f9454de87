#include "http_access.h"

#include "base/clock.h"
#include "credentials.h"
#include "signature.h"

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

bool http_access_principal(const struct http_identity *identity,
	const struct request_caller *caller, struct principal *ret)
{
	if (!identity->credential)
		return false;
	*ret = identity->credential->principal;
	ret->address = caller->address;
	ret->user_agent = caller->user_agent;
	ret->encrypted = caller->encrypted;
	return true;
}
