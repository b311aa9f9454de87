#include "api/access.h"

#include "api/access_uses_private.h"
#include "api/policy_evaluate.h"

#include <unistd.h>

struct check {
	struct engine *engine;
	const struct request *request;
	const struct principal *principal;
	struct arena *arena;
	struct slice user; /* ARN of a credential's */
	bool listed; /* the operation is among those its list allows */
	/* The policy of the table looked at last: */
	struct slice table_name, table_id;
	struct policy resource_policy;
};

/* Users of this machine */

static bool is_of_root(const struct access_use *use)
{
	return use->scope == ACCESS_OF_ROOT || use->scope == ACCESS_OF_ROOT_OWNER;
}

static bool is_for_owner(const struct access_use *use)
{
	return use->scope == ACCESS_OF_OWNER || use->scope == ACCESS_OF_ROOT_OWNER;
}

/* Whether it is about the table of that id. */
static bool is_of_table(const struct access_use *use, struct slice table_id)
{
	return !slice_present(use->table_id) || slice_equal(use->table_id, table_id);
}

static int find_access(const struct check *check, const struct access_use *use,
	struct table_access *ret, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r;

	if (is_of_root(use)) {
		*ret = access_of_root(check->engine);
	} else {
		TRY(r = table_find(check->engine->store, use->table_name, &table, err));
		if (r == TABLE_ABSENT || !is_of_table(use, table_description(table)->id))
			return TABLE_ABSENT;
		*ret = access_of_description(table_description(table));
	}
	if (!ret->known)
		*ret = check->principal->presumed;
	return 0;
}

static bool is_owner(const struct principal *principal, const struct table_access *access)
{
	return principal->uid == 0 || principal->uid == access->uid;
}

static int deny_local(const struct check *check, const struct access_use *use,
	const struct table_access *access, struct error *err)
{
	const char *wanted = use->scope == ACCESS_OF_OWNER        ? "change"
			     : use->scope == ACCESS_OF_ROOT_OWNER ? "ask for every table of"
			     : use->rights & W_OK                 ? "write to"
			     : use->rights & R_OK                 ? "read"
								  : "look into";
	struct slice name =
		is_of_root(use) ? SLICE("the directory of all tables") : use->table_name;

	return error_set(err, ERROR_ACCESS_DENIED,
		"User %u may not %s %s%.*s: its owner is %u, its group %u, its mode %04o",
		check->principal->uid, wanted, is_of_root(use) ? "" : "table ", SLICE_ARG(name),
		access->uid, access->gid, access->mode);
}

/* What is left of a table that is no more is for who owns the directory of all. */
static int check_remains(const struct check *check, const struct access_use *use, struct error *err)
{
	struct access_use all = *use;
	struct table_access access = { 0 };

	all.scope = ACCESS_OF_ROOT;
	TRY(find_access(check, &all, &access, err));
	return is_owner(check->principal, &access) ? 0 : deny_local(check, use, &access, err);
}

static int check_local(const struct check *check, const struct access_use *use, struct error *err)
{
	struct table_access access = { 0 };
	bool allowed;
	int r;

	if (use->scope == ACCESS_OF_NOTHING || !check->principal->uid)
		return 0;
	TRY(r = find_access(check, use, &access, err));
	if (r == TABLE_ABSENT)
		return use->outlives ? check_remains(check, use, err) : 0; /* the operation tells */
	allowed = is_for_owner(use) ? is_owner(check->principal, &access)
				    : principal_allows(check->principal, &access, use->rights);
	return allowed ? 0 : deny_local(check, use, &access, err);
}

/* Users of the HTTP door */

static bool is_listed(const struct name_list *list, struct slice name)
{
	if (!list->limits)
		return true;
	for (size_t i = 0; slice_present(name) && i < list->count; i++) {
		if (pattern_matches(&list->items[i], name, false))
			return true;
	}
	return false;
}

/* The policy of a table, empty when it has none. One that was stored before they
 * were read, and is none, says nothing. */
static int load_resource_policy(struct check *check, struct slice table_name, struct error *err)
{
	struct error unread CLEANUP(error_release) = ERROR_INIT;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct slice text;
	int r;

	if (slice_present(check->table_name) && slice_equal(check->table_name, table_name))
		return 0;
	TRY(r = table_find(check->engine->store, table_name, &table, err));
	check->table_name = table_name;
	check->table_id = slice_of(NULL, 0);
	check->resource_policy = (struct policy){ 0 };
	if (r == TABLE_ABSENT)
		return 0;
	check->table_id = arena_copy(check->arena, table_description(table)->id);
	text = table_description(table)->resource_policy;
	if (slice_present(text) && policy_parse(text, POLICY_OF_RESOURCE, check->arena,
					   &check->resource_policy, &unread) < 0)
		check->resource_policy = (struct policy){ 0 };
	return 0;
}

static struct policy_values one_value(const struct slice *value)
{
	return (struct policy_values){ slice_present(*value), false, value, 1 };
}

static struct policy_values values_of(const struct access_names *names)
{
	return (struct policy_values){ names->present, names->others, names->items, names->count };
}

static struct policy_question question_of(const struct check *check, const struct access_use *use)
{
	static const struct slice flags[] = { { "false", 5 }, { "true", 4 } };
	const struct principal *principal = check->principal;
	struct policy_question question = {
		.action = use->action,
		.resource = use->resource,
		.user = check->user,
		.account = check->engine->account,
	};
	struct policy_values *values = question.values;

	values[POLICY_LEADING_KEYS] = values_of(&use->keys);
	values[POLICY_ATTRIBUTES] = values_of(&use->attributes);
	values[POLICY_SELECT] = one_value(&use->select);
	values[POLICY_RETURN_VALUES] = one_value(&use->return_values);
	values[POLICY_RETURN_CAPACITY] = one_value(&use->return_capacity);
	values[POLICY_ENCLOSING_OPERATION] = one_value(&use->enclosing);
	if (use->full_scan.present)
		values[POLICY_FULL_TABLE_SCAN] = one_value(&flags[use->full_scan.value]);
	values[POLICY_USER_NAME] = one_value(&principal->user);
	values[POLICY_USER_ID] = one_value(&principal->user);
	values[POLICY_PRINCIPAL_ARN] = one_value(&check->user);
	values[POLICY_PRINCIPAL_ACCOUNT] = one_value(&check->engine->account);
	values[POLICY_SOURCE_IP] = one_value(&principal->address);
	values[POLICY_USER_AGENT] = one_value(&principal->user_agent);
	values[POLICY_SECURE_TRANSPORT] = one_value(&flags[principal->encrypted]);
	return question;
}

static enum policy_verdict judge_identity(
	const struct check *check, const struct policy_question *question)
{
	const struct principal *principal = check->principal;
	enum policy_verdict verdict = principal->has_policies ? POLICY_SILENT : POLICY_ALLOWS;

	for (size_t i = 0; i < principal->policy_count && verdict != POLICY_DENIES; i++) {
		enum policy_verdict one =
			policy_evaluate(principal->policies[i], question, check->arena);

		verdict = one == POLICY_SILENT ? verdict : one;
	}
	return verdict;
}

static int deny(const struct check *check, struct slice action, struct slice resource,
	const char *why, struct error *err)
{
	return error_set(err, ERROR_ACCESS_DENIED,
		"User: %.*s is not authorized to perform: %.*s on resource: %.*s %s",
		SLICE_ARG(check->user), SLICE_ARG(action), SLICE_ARG(resource), why);
}

/* By no list and no policy; the lists speak of operations. */
static int deny_silently(
	const struct check *check, const struct access_use *use, bool by_lists, struct error *err)
{
	const struct operation *operation = &operations[check->request->operation];
	struct slice action =
		by_lists ? arena_printf(check->arena, "%s:%s",
				   operation_services[operation->kind].action, operation->name)
			 : use->action;

	return deny(check, action, use->resource,
		arena_printf(check->arena,
			"because no identity-based policy allows the %.*s action",
			SLICE_ARG(action))
			.data,
		err);
}

static int check_credential(struct check *check, const struct access_use *use, struct error *err)
{
	const struct principal *principal = check->principal;
	struct policy_question question = question_of(check, use);
	enum policy_verdict identity = judge_identity(check, &question);
	enum policy_verdict resource = POLICY_SILENT;
	bool listed = check->listed && (!slice_present(use->table_name) ||
					       is_listed(&principal->tables, use->table_name));

	if (slice_present(use->table_name)) {
		TRY(load_resource_policy(check, use->table_name, err));
		if (is_of_table(use, check->table_id))
			resource =
				policy_evaluate(&check->resource_policy, &question, check->arena);
	}
	if (identity == POLICY_DENIES)
		return deny(check, use->action, use->resource,
			"with an explicit deny in an identity-based policy", err);
	if (resource == POLICY_DENIES)
		return deny(check, use->action, use->resource,
			"with an explicit deny in a resource-based policy", err);
	if (resource == POLICY_ALLOWS || (listed && identity == POLICY_ALLOWS))
		return 0;
	return deny_silently(check, use, !listed, err);
}

/* Both */

static void check_init(struct check *check, struct engine *engine, const struct request *request)
{
	const struct principal *principal = request->principal;

	*check = (struct check){
		.engine = engine,
		.request = request,
		.principal = principal,
		.arena = request->arena,
	};
	if (principal->kind != PRINCIPAL_CREDENTIAL)
		return;
	check->user = arena_printf(request->arena, "arn:aws:iam::%.*s:user/%.*s",
		SLICE_ARG(engine->account), SLICE_ARG(principal->user));
	check->listed = is_listed(
		&principal->operations, slice_from_string(operations[request->operation].name));
}

static int check_uses(struct check *check, const struct access_uses *uses, struct error *err)
{
	for (size_t i = 0; i < uses->count; i++) {
		const struct access_use *use = &uses->items[i];

		switch (check->principal->kind) {
		case PRINCIPAL_LOCAL:
			TRY(check_local(check, use, err));
			break;
		case PRINCIPAL_CREDENTIAL:
			TRY(check_credential(check, use, err));
			break;
		}
	}
	return 0;
}

static void uses_init(
	struct access_uses *uses, struct engine *engine, struct request *request, bool detailed)
{
	*uses = (struct access_uses){
		.engine = engine,
		.request = request,
		.arena = request->arena,
		.detailed = detailed && request->principal->kind == PRINCIPAL_CREDENTIAL,
	};
}

static int check_request(
	struct engine *engine, struct request *request, bool detailed, struct error *err)
{
	struct access_uses uses;
	struct check check;

	if (!request->principal)
		return 0;
	uses_init(&uses, engine, request, detailed);
	TRY(access_list_uses(&uses, err));
	check_init(&check, engine, request);
	return check_uses(&check, &uses, err);
}

int access_check(struct engine *engine, struct request *request, struct error *err)
{
	return check_request(engine, request, true, err);
}

/* Without its keys and attributes, as those of an invalid request can't be read. */
int access_prefer_denial(struct engine *engine, struct request *request, struct error *err)
{
	struct error denial CLEANUP(error_release) = ERROR_INIT;

	if (check_request(engine, request, false, &denial) == 0 ||
		denial.class != ERROR_ACCESS_DENIED)
		return -1;
	error_release(err);
	return error_move(err, &denial);
}

int access_check_statement(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct error *err)
{
	struct access_uses uses;
	struct check check;

	if (!request->principal)
		return 0;
	uses_init(&uses, engine, request, true);
	TRY(access_add_statement(&uses, statement, NULL, err));
	check_init(&check, engine, request);
	return check_uses(&check, &uses, err);
}

int access_check_policy(struct engine *engine, struct request *request, struct slice table_name,
	struct slice policy, struct error *err)
{
	struct error denial CLEANUP(error_release) = ERROR_INIT;
	const struct access_use *use;
	struct access_uses uses;
	struct check check;

	if (!request->principal || request->principal->kind != PRINCIPAL_CREDENTIAL)
		return 0;
	uses_init(&uses, engine, request, false);
	use = access_add_table(
		&uses, "PutResourcePolicy", table_name, (struct slice){ NULL, 0 }, 0);
	check_init(&check, engine, request);
	check.table_name = table_name;
	TRY(policy_parse(policy, POLICY_OF_RESOURCE, check.arena, &check.resource_policy, err));
	if (check_credential(&check, use, &denial) == 0)
		return 0;
	if (denial.class != ERROR_ACCESS_DENIED)
		return error_move(err, &denial);
	return error_set(err, ERROR_VALIDATION,
		"With this policy %.*s could not change the policy of table %.*s again: set "
		"ConfirmRemoveSelfResourceAccess if that is wanted",
		SLICE_ARG(check.user), SLICE_ARG(table_name));
}
