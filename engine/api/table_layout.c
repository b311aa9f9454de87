#include "api/table_layout.h"

static enum value_type type_of(const struct table_facts *table, struct slice name)
{
	const struct attribute_definition *definitions = table->attribute_definitions.items;
	enum value_type type = VALUE_S;

	for (size_t i = 0; i < table->attribute_definitions.count; i++)
		if (slice_equal(definitions[i].attribute_name, name) &&
			value_type_parse(definitions[i].attribute_type, &type))
			break;
	return type;
}

struct key_layout table_layout(
	const struct table_facts *table, const struct request_list *key_schema)
{
	const struct key_schema_element *elements = key_schema->items;
	struct key_layout layout = { 0 };

	for (size_t i = 0; i < key_schema->count; i++) {
		struct slice name = elements[i].attribute_name;
		struct key_attribute attribute = { name, type_of(table, name) };

		if (slice_equal_string(elements[i].key_type, "HASH")) {
			if (layout.partition_count < KEY_ATTRIBUTES_MAX)
				layout.partition[layout.partition_count++] = attribute;
		} else if (layout.sort_count < KEY_ATTRIBUTES_MAX) {
			layout.sort[layout.sort_count++] = attribute;
		}
	}
	return layout;
}
