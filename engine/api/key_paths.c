#include "api/key_paths.h"

static int refuse(const char *kind, struct slice name, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"Key attributes must be scalars; list random access '[]' and map lookup '.' are "
		"not allowed: %s: %.*s",
		kind, SLICE_ARG(name));
}

static int check_path(void *context, const struct document_path *path, struct error *err)
{
	const struct table_description *table = *(const struct table_description **)context;
	struct slice root = document_path_root(path);
	struct key_layout key = key_layout_of(&table->key);

	if (path->count == 1)
		return 0;
	if (key_layout_has(&key, root))
		return refuse("Key", root, err);
	for (size_t i = 0; i < table->index_count; i++) {
		if (key_layout_has(&table->indexes[i].key, root))
			return refuse("IndexKey", root, err);
	}
	return 0;
}

/* Operands nest no deeper than the parser lets them. */
static int check_operand(
	const struct table_description *table, const struct operand *operand, struct error *err)
{
	if (!operand)
		return 0;
	if (operand->kind == OPERAND_PATH)
		return check_path(&table, &operand->path, err);
	for (size_t i = 0; i < ARRAY_SIZE(operand->arguments); i++)
		TRY(check_operand(table, operand->arguments[i], err));
	return 0;
}

static int check_update(
	const struct table_description *table, const struct update *update, struct error *err)
{
	for (size_t i = 0; i < update->count; i++) {
		TRY(check_path(&table, &update->actions[i].path, err));
		TRY(check_operand(table, update->actions[i].operand, err));
	}
	return 0;
}

int key_paths_check(
	const struct table_description *table, const struct key_paths *paths, struct error *err)
{
	if (paths->condition)
		TRY(condition_visit_paths(paths->condition, check_path, &table, err));
	if (paths->update)
		TRY(check_update(table, paths->update, err));
	for (size_t i = 0; paths->projection && i < paths->projection->count; i++)
		TRY(check_path(&table, &paths->projection->paths[i], err));
	return 0;
}
