/* The request of a Query or a Scan as a question. */
#include "api/question_private.h"
#include "api/read_parameters.h"
#include "api/validate.h"
#include "api/wire.h"
#include "expr/condition_write.h"
#include "expr/legacy.h"
#include "model/json.h"

#define NAME_QUOTED_MAX 80 /* bytes of a wrong name in a message */

static bool has_member(const json_t *root, const char *name)
{
	const json_t *member = json_object_get(root, name);

	return member && !json_is_null(member);
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* How many letters are to be put in, left out or changed to make the one of the
 * other. */
static size_t distance(struct slice a, struct slice b, struct arena *arena)
{
	size_t *row = arena_alloc_array(arena, b.len + 1, sizeof(*row));

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t changed = diagonal + (a.data[i] != b.data[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(changed, row[j] + 1, row[j + 1] + 1);
		}
	}
	return row[b.len];
}

static const char *nearest_name(
	const struct request_shape *shape, struct slice name, struct arena *arena)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < shape->count; i++) {
		const char *known = shape->fields[i].name;
		size_t far = distance(name, slice_from_string(known), arena);

		if (far < best) {
			best = far;
			nearest = known;
		}
	}
	return nearest;
}

static bool is_known(const struct request_shape *shape, struct slice name)
{
	for (size_t i = 0; i < shape->count; i++)
		if (slice_equal_string(name, shape->fields[i].name))
			return true;
	return false;
}

/* So many bytes of it, in whole characters. */
static struct slice shortened(struct slice name)
{
	if (name.len <= NAME_QUOTED_MAX)
		return name;
	name.len = NAME_QUOTED_MAX;
	while (name.len && ((unsigned char)name.data[name.len] & 0xC0) == 0x80)
		name.len--;
	return name;
}

/* The service ignores what it does not know; here it is a slip. */
static int check_members(const struct json_document *document, const struct request_shape *shape,
	struct arena *arena, struct error *err)
{
	const char *key;
	size_t len;
	json_t *member;

	json_object_keylen_foreach(document->root, key, len, member)
	{
		struct slice name = slice_of(key, len);

		if (is_known(shape, name))
			continue;
		name = shortened(name);
		error_set(err, ERROR_VALIDATION, "%s has no member \"%.*s\"; the nearest is \"%s\"",
			shape->name, SLICE_ARG(name), nearest_name(shape, name, arena));
		error_set_place(err, json_place(document, member));
		return -1;
	}
	return 0;
}

/* TableName, which may be left out, and may be an ARN. */
static int take_table(
	const struct table_facts *table, struct arena *arena, struct slice *name, struct error *err)
{
	if (slice_present(*name) && !slice_equal(*name, table->table_name) &&
		!slice_equal(*name, table->table_arn))
		return error_set(err, ERROR_VALIDATION,
			"The request names the table %.*s, and the table here is %.*s",
			SLICE_ARG(*name), SLICE_ARG(table->table_name));
	*name = arena_copy(arena, table->table_name);
	return 0;
}

static void append_key_term(struct buf *buf, const struct key_term *term)
{
	static const char *const comparators[] = {
		[KEY_EQ] = " = ",
		[KEY_LT] = " < ",
		[KEY_LE] = " <= ",
		[KEY_GT] = " > ",
		[KEY_GE] = " >= ",
		[KEY_BETWEEN] = " BETWEEN ",
		[KEY_BEGINS_WITH] = ", ",
	};
	bool prefix = term->comparison == KEY_BEGINS_WITH;

	buf_append_string(buf, prefix ? "begins_with(" : "");
	condition_append_name(buf, term->name);
	buf_append_string(buf, comparators[term->comparison]);
	condition_append_value(buf, term->values[0]);
	if (term->comparison == KEY_BETWEEN) {
		buf_append_string(buf, " AND ");
		condition_append_value(buf, term->values[1]);
	}
	buf_append_string(buf, prefix ? ")" : "");
}

static void tell(const struct read_call *call, struct arena *arena, struct question *ret)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	struct buf filter CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < call->key_terms.count; i++) {
		buf_append_string(&key, i ? " AND " : "");
		append_key_term(&key, &call->key_terms.terms[i]);
	}
	if (key.len)
		ret->key_text = arena_copy(arena, buf_slice(&key));
	if (!call->filter)
		return;
	condition_append(&filter, call->filter);
	ret->filter_text = arena_copy(arena, buf_slice(&filter));
}

/* What no state of the table can mend, and whether the key fits. */
static int check_call(const struct read_parameters *in, const struct table_facts *table,
	struct arena *arena, struct question *ret, struct error *err)
{
	const struct question_targets targets = question_targets(table, arena);
	const struct question_target *target = question_find_target(&targets, in->index_name);
	struct request request = { .arena = arena };
	struct read_call call = { .request = &request, .in = in };
	struct key_query query;

	if (!target)
		return error_set(err, ERROR_VALIDATION,
			"The table does not have the specified index: %.*s",
			SLICE_ARG(in->index_name));
	TRY(read_call_check(&call, err));
	TRY(read_call_parse(&call, err));
	if (slice_present(in->key_condition_expression))
		TRY(key_query_resolve(&call.key_terms, &target->layout, &query, err));
	else if (in->is_query && call.key_terms.count)
		TRY(legacy_key_query(&call.key_terms, &target->layout, &query, err));
	tell(&call, arena, ret);
	return 0;
}

static int read_query(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct query_input *in = &ret->request.query;
	struct read_parameters parameters;

	TRY(wire_read(operations[OPERATION_QUERY].input, text, arena, in, err));
	TRY(take_table(table, arena, &in->table_name, err));
	TRY(validate_input(operations[OPERATION_QUERY].input, in, err));
	parameters = read_parameters_of_query(in);
	TRY(check_call(&parameters, table, arena, ret, err));
	ret->plan = slice_present(in->index_name) ? PLAN_INDEX : PLAN_KEY;
	ret->index_name = in->index_name;
	ret->limit = in->limit;
	ret->count_only = slice_equal_string(in->select, "COUNT");
	return 0;
}

static int read_scan(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct scan_input *in = &ret->request.scan;
	struct read_parameters parameters;

	TRY(wire_read(operations[OPERATION_SCAN].input, text, arena, in, err));
	TRY(take_table(table, arena, &in->table_name, err));
	TRY(validate_input(operations[OPERATION_SCAN].input, in, err));
	parameters = read_parameters_of_scan(in);
	TRY(check_call(&parameters, table, arena, ret, err));
	ret->plan = PLAN_SCAN;
	ret->index_name = in->index_name;
	ret->limit = in->limit;
	ret->count_only = slice_equal_string(in->select, "COUNT");
	return 0;
}

int question_read_request(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { .root = NULL };
	struct question question = { .table_name = table->table_name };
	enum operation_id operation = OPERATION_SCAN;

	TRY(json_parse(text, &document, err));
	if (has_member(document.root, "KeyConditionExpression") ||
		has_member(document.root, "KeyConditions"))
		operation = OPERATION_QUERY;
	question.kind = operation == OPERATION_QUERY ? QUESTION_QUERY : QUESTION_SCAN;
	TRY(check_members(&document, operations[operation].input, arena, err));
	if (operation == OPERATION_QUERY)
		TRY(read_query(text, table, arena, &question, err));
	else
		TRY(read_scan(text, table, arena, &question, err));
	*ret = question;
	return 0;
}
