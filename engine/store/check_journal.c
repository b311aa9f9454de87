#include "store/check_journal.h"

#include "store/journal.h"
#include "store/store_private.h"

#include <dirent.h>
#include <errno.h>

struct journal_look {
	struct slice name; /* "audit" */
	check_report *report;
	void *context;
	uint64_t problems;
};

static void problem(void *context, const char *text)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct journal_look *look = context;

	buf_appendf(&line, "log %.*s: %s", SLICE_ARG(look->name), text);
	look->report(look->context, SLICE(""), buf_string(&line));
	look->problems++;
}

static int look_at_journal(struct store *store, struct journal_look *look, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error damage = ERROR_INIT;
	struct journal *journal = NULL;
	int r;

	buf_append_slice(&name, look->name);
	r = journal_open(store, buf_string(&name), &journal, &damage);
	if (r == 0)
		r = journal_check(journal, problem, look, &damage);
	journal_close(journal);
	if (r == 0)
		return 0;
	if (damage.class != ERROR_CORRUPT)
		return error_move(err, &damage);
	problem(look, damage.message);
	error_release(&damage);
	return 0;
}

/* The name of a journal, of its file; absent when it is none. */
static struct slice journal_name(struct slice file)
{
	const struct slice begin = SLICE("journal-"), end = SLICE(".db");

	if (!slice_starts_with(file, begin) || !slice_ends_with(file, end))
		return slice_of(NULL, 0);
	return slice_of(file.data + begin.len, file.len - begin.len - end.len);
}

int check_journals(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(store->path);
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "opening %s", store->path);
	while ((entry = readdir(directory))) {
		struct journal_look look = { .report = report, .context = context };

		look.name = journal_name(slice_from_string(entry->d_name));
		if (slice_present(look.name))
			TRY(look_at_journal(store, &look, err));
		*problems += look.problems;
	}
	return 0;
}
