/* AttributeUpdates: each member becomes an action on one attribute. */
#include "expr/legacy_private.h"

static const struct action_rule {
	enum update_verb verb;
	unsigned types; /* of the value */
	const char *refusal; /* how it begins when another type comes */
} rules[] = {
	[LEGACY_PUT] = { UPDATE_SET, TYPES_ALL, NULL },
	[LEGACY_ADD] = { UPDATE_ADD, TYPES_SETS | TYPE_BIT(VALUE_N) | TYPE_BIT(VALUE_L),
		"ADD action" },
	[LEGACY_DELETE] = { UPDATE_DELETE, TYPES_SETS, "DELETE action with value" },
};

static int check_update(const struct legacy_update *update, struct error *err)
{
	const struct action_rule *rule = &rules[update->action];

	if (!update->value && update->action != LEGACY_DELETE)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Only DELETE action is allowed "
			"when no attribute value is specified");
	if (!update->value)
		return 0;
	TRY(legacy_check_value(update->attribute_name, update->value, err));
	if (!(rule->types & TYPE_BIT(update->value->type)))
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: %s is not supported for the "
			"type %s",
			rule->refusal, value_type_name(update->value->type));
	return 0;
}

int legacy_updates(const struct legacy_update *updates, size_t count, struct arena *arena,
	const struct update **ret, struct error *err)
{
	struct update_action *actions = arena_alloc_array(arena, count, sizeof(*actions));
	struct update *update = arena_alloc(arena, sizeof(*update));

	for (size_t i = 0; i < count; i++) {
		const struct value *value = updates[i].value;

		TRY(check_update(&updates[i], err));
		actions[i] = (struct update_action){
			.verb = value ? rules[updates[i].action].verb : UPDATE_REMOVE,
			.path = document_path_of_name(updates[i].attribute_name, arena),
			.operand = value ? operand_of_value(arena, value) : NULL,
			.legacy = true,
		};
	}
	*update = (struct update){ actions, count };
	*ret = update;
	return 0;
}
