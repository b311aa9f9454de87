/* The uses of operations on items. */
#include "access_uses_private.h"

#include "api/item_write.h"
#include "api/parameters.h"
#include "api/read_parameters.h"

#include <unistd.h>

#define NO_INDEX ((struct slice){ NULL, 0 })

/* Writes of one item, by themselves or in a transaction */

struct item_use {
	const char *action;
	struct slice table_name;
	const struct map *key; /* or the item */
	const struct item_condition *condition; /* or NULL */
	struct slice update_expression;
	const struct request_list *attribute_updates; /* or NULL */
	struct slice return_values;
	struct slice return_capacity;
	struct slice enclosing; /* of a transaction */
	int rights;
};

static bool asks_condition(const struct item_condition *condition)
{
	return condition && (slice_present(condition->expression) || condition->expected.count);
}

static bool returns_item(const struct item_use *item)
{
	return slice_equal_string(item->return_values, "ALL_OLD") ||
	       slice_equal_string(item->return_values, "ALL_NEW") ||
	       (item->condition &&
		       slice_equal_string(item->condition->return_values_on_failure, "ALL_OLD"));
}

/* Whether who writes learns of what is there. */
static bool reads_item(const struct item_use *item)
{
	return asks_condition(item->condition) || returns_item(item) ||
	       (slice_present(item->return_values) &&
		       !slice_equal_string(item->return_values, "NONE"));
}

static void add_condition(
	struct access_uses *uses, struct access_use *use, const struct item_use *item)
{
	const struct item_condition *in = item->condition;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct condition *condition = NULL;
	struct placeholders placeholders;

	if (!asks_condition(in))
		return;
	placeholders_init(&placeholders, in->names.items, in->names.count, in->values, uses->arena);
	if (item_condition_parse(in, &placeholders, uses->arena, &condition, &err) < 0)
		access_add_others(&use->attributes);
	access_add_condition(uses, use, condition);
}

/* That of its expression; NULL when there is none, or it can't be read. */
static const struct update *parse_update(
	const struct access_uses *uses, const struct item_use *item)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct update *update = NULL;
	struct placeholders placeholders;

	if (!slice_present(item->update_expression))
		return NULL;
	placeholders_init(&placeholders, item->condition->names.items, item->condition->names.count,
		item->condition->values, uses->arena);
	if (update_parse(item->update_expression, &placeholders, uses->arena, &update, &err) < 0)
		return NULL;
	return update;
}

static bool reads_attribute(const struct attribute_update *update)
{
	return slice_equal_string(update->action, "ADD") ||
	       (slice_equal_string(update->action, "DELETE") && update->value);
}

static bool update_needs_read(const struct item_use *item, const struct update *update)
{
	const struct request_list *list = item->attribute_updates;
	const struct attribute_update *updates = list ? list->items : NULL;

	for (size_t i = 0; list && i < list->count; i++) {
		if (reads_attribute(&updates[i]))
			return true;
	}
	return update && update_reads(update);
}

static void add_update(struct access_uses *uses, struct access_use *use,
	const struct item_use *item, const struct update *update)
{
	const struct request_list *list = item->attribute_updates;
	const struct attribute_update *updates = list ? list->items : NULL;

	for (size_t i = 0; list && i < list->count; i++)
		access_add_name(uses, &use->attributes, updates[i].attribute_name);
	if (slice_present(item->update_expression) && !update)
		access_add_others(&use->attributes);
	access_add_update(uses, use, update);
}

static int add_key_of(
	struct access_uses *uses, struct access_use *use, const struct map *key, struct error *err)
{
	struct slice name;

	TRY(access_partition_name(uses, use->table_name, NO_INDEX, &name, err));
	if (slice_present(name))
		access_add_key(uses, use, key ? map_find(key, name) : NULL);
	return 0;
}

static int add_item(struct access_uses *uses, const struct item_use *item, struct error *err)
{
	const struct update *update = parse_update(uses, item);
	bool reads = reads_item(item) || update_needs_read(item, update);
	int rights = item->rights | (reads ? R_OK : 0);
	struct access_use *use =
		access_add_table(uses, item->action, item->table_name, NO_INDEX, rights);

	use->return_values = item->return_values;
	use->return_capacity = item->return_capacity;
	use->enclosing = item->enclosing;
	if (!uses->detailed)
		return 0;
	TRY(add_key_of(uses, use, item->key, err));
	access_add_members(uses, use, item->key);
	add_update(uses, use, item, update);
	add_condition(uses, use, item);
	if (returns_item(item))
		access_add_others(&use->attributes);
	return 0;
}

static struct slice or_none(struct slice return_values)
{
	return slice_present(return_values) ? return_values : SLICE("NONE");
}

int access_list_put(struct access_uses *uses, const void *input, struct error *err)
{
	const struct put_item_input *in = input;
	const struct item_use item = {
		.action = "PutItem",
		.table_name = in->table_name,
		.key = in->item,
		.condition = &in->condition,
		.return_values = or_none(in->return_values),
		.return_capacity = in->return_consumed_capacity,
		.rights = W_OK,
	};

	return add_item(uses, &item, err);
}

int access_list_delete(struct access_uses *uses, const void *input, struct error *err)
{
	const struct delete_item_input *in = input;
	const struct item_use item = {
		.action = "DeleteItem",
		.table_name = in->table_name,
		.key = in->key,
		.condition = &in->condition,
		.return_values = or_none(in->return_values),
		.return_capacity = in->return_consumed_capacity,
		.rights = W_OK,
	};

	return add_item(uses, &item, err);
}

int access_list_update(struct access_uses *uses, const void *input, struct error *err)
{
	const struct update_item_input *in = input;
	const struct item_use item = {
		.action = "UpdateItem",
		.table_name = in->table_name,
		.key = in->key,
		.condition = &in->condition,
		.update_expression = in->update_expression,
		.attribute_updates = &in->attribute_updates,
		.return_values = or_none(in->return_values),
		.return_capacity = in->return_consumed_capacity,
		.rights = W_OK,
	};

	return add_item(uses, &item, err);
}

static int add_transact_write(
	struct access_uses *uses, const struct transact_write *write, struct error *err)
{
	struct item_use item = { .enclosing = SLICE("TransactWriteItems"), .rights = W_OK };

	if (write->put) {
		item.action = "PutItem";
		item.table_name = write->put->table_name;
		item.key = write->put->item;
		item.condition = &write->put->condition;
	} else if (write->delete) {
		item.action = "DeleteItem";
		item.table_name = write->delete->table_name;
		item.key = write->delete->key;
		item.condition = &write->delete->condition;
	} else if (write->update) {
		item.action = "UpdateItem";
		item.table_name = write->update->table_name;
		item.key = write->update->key;
		item.update_expression = write->update->update_expression;
		item.condition = &write->update->condition;
	} else if (write->condition_check) {
		item.action = "ConditionCheckItem";
		item.table_name = write->condition_check->table_name;
		item.key = write->condition_check->key;
		item.condition = &write->condition_check->condition;
		item.rights = R_OK;
	} else {
		return 0;
	}
	return add_item(uses, &item, err);
}

int access_list_transact_write(struct access_uses *uses, const void *input, struct error *err)
{
	const struct transact_write_items_input *in = input;
	const struct transact_write *writes = in->transact_items.items;

	for (size_t i = 0; i < in->transact_items.count; i++)
		TRY(add_transact_write(uses, &writes[i], err));
	return 0;
}

/* Reads of items by key */

struct key_read {
	const struct request_list *attributes_to_get; /* or NULL */
	struct slice projection;
	const struct request_list *names;
};

static void add_projection(
	struct access_uses *uses, struct access_use *use, const struct projection *projection)
{
	for (size_t i = 0; i < projection->count; i++)
		access_add_name(uses, &use->attributes, document_path_root(&projection->paths[i]));
}

/* What is asked for of an item: by default all of it. */
static void add_asked(struct access_uses *uses, struct access_use *use, const struct key_read *read)
{
	static const struct request_list none = { 0 };
	const struct request_list *attributes =
		read->attributes_to_get ? read->attributes_to_get : &none;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct projection *projection = NULL;
	struct placeholders placeholders;
	bool specific = attributes->present || slice_present(read->projection);

	use->select = specific ? SLICE("SPECIFIC_ATTRIBUTES") : SLICE("ALL_ATTRIBUTES");
	if (!uses->detailed)
		return;
	placeholders_init(&placeholders, read->names->items, read->names->count, NULL, uses->arena);
	if (specific &&
		parameters_projection(attributes, read->projection, &placeholders, uses->arena,
			&projection, &err) == 0 &&
		projection)
		add_projection(uses, use, projection);
	else
		access_add_others(&use->attributes);
}

int access_list_get(struct access_uses *uses, const void *input, struct error *err)
{
	const struct get_item_input *in = input;
	const struct key_read read = { &in->attributes_to_get, in->projection_expression,
		&in->expression_attribute_names };
	struct access_use *use = access_add_table(uses, "GetItem", in->table_name, NO_INDEX, R_OK);

	use->return_capacity = in->return_consumed_capacity;
	add_asked(uses, use, &read);
	if (!uses->detailed)
		return 0;
	access_add_members(uses, use, in->key);
	return add_key_of(uses, use, in->key, err);
}

static int add_table_read(struct access_uses *uses, const struct keys_and_attributes *in,
	struct slice return_capacity, struct error *err)
{
	const struct key_read read = { &in->attributes_to_get, in->projection_expression,
		&in->expression_attribute_names };
	struct access_use *use =
		access_add_table(uses, "BatchGetItem", in->table_name, NO_INDEX, R_OK);
	const struct map *keys = in->keys.items;

	use->return_capacity = return_capacity;
	add_asked(uses, use, &read);
	for (size_t i = 0; uses->detailed && i < in->keys.count; i++) {
		access_add_members(uses, use, &keys[i]);
		TRY(add_key_of(uses, use, &keys[i], err));
	}
	return 0;
}

int access_list_batch_get(struct access_uses *uses, const void *input, struct error *err)
{
	const struct batch_get_item_input *in = input;
	const struct keys_and_attributes *tables = in->request_items.items;

	for (size_t i = 0; i < in->request_items.count; i++)
		TRY(add_table_read(uses, &tables[i], in->return_consumed_capacity, err));
	return 0;
}

static int add_table_write(struct access_uses *uses, const struct named_list *table,
	struct slice return_capacity, struct error *err)
{
	struct access_use *use =
		access_add_table(uses, "BatchWriteItem", table->name, NO_INDEX, W_OK);
	const struct write_request *writes = table->list.items;

	use->return_capacity = return_capacity;
	for (size_t i = 0; uses->detailed && i < table->list.count; i++) {
		const struct map *key = writes[i].put_request      ? writes[i].put_request->item
					: writes[i].delete_request ? writes[i].delete_request->key
								   : NULL;

		access_add_members(uses, use, key);
		TRY(add_key_of(uses, use, key, err));
	}
	return 0;
}

int access_list_batch_write(struct access_uses *uses, const void *input, struct error *err)
{
	const struct batch_write_item_input *in = input;
	const struct named_list *tables = in->request_items.items;

	for (size_t i = 0; i < in->request_items.count; i++)
		TRY(add_table_write(uses, &tables[i], in->return_consumed_capacity, err));
	return 0;
}

int access_list_transact_get(struct access_uses *uses, const void *input, struct error *err)
{
	const struct transact_get_items_input *in = input;
	const struct transact_get *reads = in->transact_items.items;

	for (size_t i = 0; i < in->transact_items.count; i++) {
		const struct transact_get_request *get = reads[i].get;
		struct access_use *use;

		if (!get)
			continue;
		use = access_add_table(uses, "GetItem", get->table_name, NO_INDEX, R_OK);
		use->enclosing = SLICE("TransactGetItems");
		add_asked(uses, use,
			&(struct key_read){ NULL, get->projection_expression,
				&get->expression_attribute_names });
		if (!uses->detailed)
			continue;
		access_add_members(uses, use, get->key);
		TRY(add_key_of(uses, use, get->key, err));
	}
	return 0;
}

/* Query and Scan */

static struct slice select_of(const struct read_parameters *in)
{
	if (slice_present(in->select))
		return in->select;
	if (in->attributes_to_get.present || slice_present(in->projection_expression))
		return SLICE("SPECIFIC_ATTRIBUTES");
	return slice_present(in->index_name) ? SLICE("ALL_PROJECTED_ATTRIBUTES")
					     : SLICE("ALL_ATTRIBUTES");
}

static void add_key_terms(struct access_uses *uses, struct access_use *use,
	const struct key_terms *terms, struct slice partition_name)
{
	const struct value *partition = NULL;

	for (size_t i = 0; i < terms->count; i++) {
		const struct key_term *term = &terms->terms[i];

		access_add_name(uses, &use->attributes, term->name);
		if (term->comparison == KEY_EQ && slice_equal(term->name, partition_name))
			partition = term->values[0];
	}
	access_add_key(uses, use, partition);
}

static int add_read(struct access_uses *uses, const char *action, const struct read_parameters *in,
	struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct access_use *use =
		access_add_table(uses, action, in->table_name, in->index_name, R_OK);
	struct read_call call = { .engine = uses->engine, .request = uses->request, .in = in };
	struct slice partition_name;

	use->select = select_of(in);
	use->return_capacity = in->return_consumed_capacity;
	if (!uses->detailed)
		return 0;
	TRY(access_partition_name(uses, in->table_name, in->index_name, &partition_name, err));
	if (read_call_parse(&call, &fault) < 0) {
		access_add_others(&use->attributes);
		access_add_others(&use->keys);
		return 0;
	}
	add_key_terms(uses, use, &call.key_terms, partition_name);
	access_add_condition(uses, use, call.filter);
	if (call.projection)
		add_projection(uses, use, call.projection);
	else if (!slice_equal_string(use->select, "COUNT"))
		access_add_others(&use->attributes);
	return 0;
}

int access_list_query(struct access_uses *uses, const void *input, struct error *err)
{
	struct read_parameters in = read_parameters_of_query(input);

	return add_read(uses, "Query", &in, err);
}

int access_list_scan(struct access_uses *uses, const void *input, struct error *err)
{
	struct read_parameters in = read_parameters_of_scan(input);

	return add_read(uses, "Scan", &in, err);
}

/* The mount's own. What a transaction looks up again it has read by its paths. */

int access_list_local_writes(struct access_uses *uses, const void *input, struct error *err)
{
	const struct write_items_input *in = input;

	(void)err;
	for (size_t i = 0; i < in->count; i++) {
		const struct item_write *write = &in->writes[i];

		if (i && slice_equal(write->table_name, in->writes[i - 1].table_name) &&
			write->kind == in->writes[i - 1].kind)
			continue;
		access_add_table(uses, write->kind == ITEM_CHECK ? "GetItem" : "PutItem",
			write->table_name, NO_INDEX, write->kind == ITEM_CHECK ? 0 : W_OK);
	}
	return 0;
}

int access_list_local_partitions(struct access_uses *uses, const void *input, struct error *err)
{
	const struct list_partitions_input *in = input;

	(void)err;
	access_add_table(uses, "Scan", in->table_name, in->index_name, R_OK);
	return 0;
}
