/*
 * dynamount metrics: what was counted of a table, an index, an operation or all
 * of it, as a table, as a plot in the terminal, as SVG or as JSON Lines.
 */
#include "commands.h"
#include "metrics_output.h"
#include "metrics_time.h"
#include "output.h"
#include "where.h"

#include "base/clock.h"

#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define ONE_MINUTE_NS   (60 * SECOND_NS)
#define SINCE_DEFAULT   "1h"
#define PERIODS_MOST    60 /* unless a period is asked for */
#define SERIES_MOST     40 /* that people can read at once */
#define NAMES_MOST      32
#define COLUMNS_DEFAULT 80
#define COLUMNS_MOST    400

enum form { FORM_TABLE, FORM_PLOT, FORM_SVG, FORM_JSON };

struct metrics_call {
	enum form form;
	bool formed; /* one was asked for */
	const char *since, *until, *period;
	const char *names[NAMES_MOST];
	struct metrics_question question;
	struct client *client;
	struct arena arena;
	struct metrics_series *series;
	size_t count;
};

static void metrics_call_release(struct metrics_call *call)
{
	client_closep(&call->client);
	arena_release(&call->arena);
}

/* Options */

static const struct option options[] = {
	{ "since", required_argument, NULL, 's' },
	{ "until", required_argument, NULL, 'u' },
	{ "period", required_argument, NULL, 'p' },
	{ "metric", required_argument, NULL, 'm' },
	{ "index", required_argument, NULL, 'i' },
	{ "operation", required_argument, NULL, 'o' },
	{ "statistic", required_argument, NULL, 't' },
	{ "plot", no_argument, NULL, 'P' },
	{ "svg", no_argument, NULL, 'S' },
	{ "json", no_argument, NULL, 'J' },
	{ 0 },
};

static int set_form(struct metrics_call *call, enum form form)
{
	if (call->formed && call->form != form) {
		fprintf(stderr, "dynamount: only one of --plot, --svg and --json can be given\n");
		return -1;
	}
	call->form = form;
	call->formed = true;
	return 0;
}

static int add_name(struct metrics_call *call, const char *name)
{
	if (call->question.name_count == NAMES_MOST) {
		fprintf(stderr, "dynamount: no more than %d metrics can be named\n", NAMES_MOST);
		return -1;
	}
	call->names[call->question.name_count++] = name;
	return 0;
}

static int set_option(struct metrics_call *call, int code)
{
	const char **const values[] = {
		['s'] = &call->since,
		['u'] = &call->until,
		['p'] = &call->period,
		['t'] = &call->question.statistic,
	};

	switch (code) {
	case 'P':
		return set_form(call, FORM_PLOT);
	case 'S':
		return set_form(call, FORM_SVG);
	case 'J':
		return set_form(call, FORM_JSON);
	case 'm':
		return add_name(call, optarg);
	case 'i':
		call->question.index = slice_from_string(optarg);
		return 0;
	case 'o':
		call->question.operation = slice_from_string(optarg);
		return 0;
	case 's':
	case 'u':
	case 'p':
	case 't':
		*values[code] = optarg;
		return 0;
	default:
		return -1;
	}
}

/* The least of some periods with which there are not too many of them. */
static int64_t period_for(int64_t length_ns)
{
	static const int minutes[] = { 1, 5, 15, 30, 60, 180, 360, 720 };

	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++) {
		if (length_ns / (minutes[i] * ONE_MINUTE_NS) <= PERIODS_MOST)
			return minutes[i] * ONE_MINUTE_NS;
	}
	return 24 * 60 * ONE_MINUTE_NS;
}

static int read_period(struct metrics_call *call, struct error *err)
{
	struct metrics_question *question = &call->question;

	if (!call->period) {
		question->period_ns = period_for(question->end_ns - question->start_ns);
		return 0;
	}
	TRY(duration_parse("--period", call->period, &question->period_ns, err));
	if (question->period_ns % ONE_MINUTE_NS)
		return error_set(err, ERROR_VALIDATION,
			"--period cannot be '%s': whole minutes are expected", call->period);
	return 0;
}

/* Periods begin at multiples of their length, and the last one ends with the
 * minute under way. */
static int read_times(struct metrics_call *call, struct error *err)
{
	struct metrics_question *question = &call->question;
	int64_t now_ns = clock_realtime_ns();

	TRY(time_parse("--since", call->since ? call->since : SINCE_DEFAULT, now_ns,
		&question->start_ns, err));
	TRY(time_parse(
		"--until", call->until ? call->until : "now", now_ns, &question->end_ns, err));
	if (question->start_ns >= question->end_ns)
		return error_set(err, ERROR_VALIDATION, "--since is not before --until");
	TRY(read_period(call, err));
	question->start_ns -= question->start_ns % question->period_ns;
	question->end_ns += ONE_MINUTE_NS - 1;
	question->end_ns -= question->end_ns % ONE_MINUTE_NS;
	return 0;
}

static int read_names(struct metrics_call *call, struct error *err)
{
	for (size_t i = 0; i < call->question.name_count; i++)
		TRY(metrics_check_name(call->names[i], err));
	if (call->question.statistic)
		TRY(metrics_check_statistic(call->question.statistic, err));
	return 0;
}

/* Where */

static int open_where(struct metrics_call *call, const char *where, struct error *err)
{
	struct error no_table CLEANUP(error_release) = ERROR_INIT;
	struct where found CLEANUP(where_release) = { 0 };
	bool wants_table = where_resolve(where, true, WHERE_EXISTS, &found, err) == 0;

	if (!wants_table && where_resolve(where, false, WHERE_EXISTS, &found, &no_table) == 0)
		error_release(err);
	if (err->class != ERROR_NONE)
		return -1;
	TRY(client_open(where, wants_table, &call->client, err));
	if (wants_table)
		call->question.table = client_table(call->client);
	return 0;
}

/* Without a table, an index or an operation: what is spent, table by table. */
static void presume_names(struct metrics_call *call)
{
	static const char *const names[] = {
		"ConsumedReadCapacityUnits",
		"ConsumedWriteCapacityUnits",
		"UserErrors",
	};
	struct metrics_question *question = &call->question;

	question->names = call->names;
	if (question->name_count || slice_present(question->table) ||
		slice_present(question->index) || slice_present(question->operation))
		return;
	question->names = names;
	question->name_count = ARRAY_SIZE(names);
}

static int find_series(struct metrics_call *call, struct error *err)
{
	struct metrics_question *question = &call->question;
	const struct table_facts *table;

	presume_names(call);
	TRY(metrics_find(call->client, question, &call->arena, &call->series, &call->count, err));
	if (!call->count && slice_present(question->table))
		TRY(client_describe(call->client, &call->arena, &table, err));
	if (call->count > SERIES_MOST && call->form != FORM_JSON)
		return error_set(err, ERROR_VALIDATION,
			"That would be %zu series: name a table, an --index or an --operation, or "
			"use --json",
			call->count);
	for (size_t i = 0; i < call->count; i++)
		TRY(metrics_read(call->client, question, &call->arena, &call->series[i], err));
	return 0;
}

/* Output */

static size_t terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	unsigned long value = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (!value && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		value = size.ws_col;
	if (!value)
		value = COLUMNS_DEFAULT;
	return value < COLUMNS_MOST ? value : COLUMNS_MOST;
}

static bool is_unicode(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool unicode;

	if (!locale)
		return false;
	unicode = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return unicode;
}

static void append_plots(const struct metrics_call *call, struct buf *buf)
{
	size_t columns = terminal_columns();
	bool unicode = is_unicode();

	for (size_t i = 0; i < call->count; i++) {
		buf_append_string(buf, i ? "\n" : "");
		chart_append_plot(&call->series[i].chart, columns, unicode, buf);
	}
}

static void append_svg(struct metrics_call *call, struct buf *buf)
{
	struct chart *charts = arena_alloc_array(&call->arena, call->count, sizeof(*charts));

	for (size_t i = 0; i < call->count; i++)
		charts[i] = call->series[i].chart;
	chart_append_svg(charts, call->count, buf);
}

static int print(struct metrics_call *call, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (!call->count)
		fprintf(stderr, "dynamount: nothing was counted of that yet\n");
	switch (call->form) {
	case FORM_TABLE:
		if (call->count)
			metrics_append_table(call->series, call->count, &text);
		break;
	case FORM_PLOT:
		append_plots(call, &text);
		break;
	case FORM_SVG:
		append_svg(call, &text);
		break;
	case FORM_JSON:
		metrics_append_json(call->series, call->count, &text);
		break;
	}
	return output_write(buf_slice(&text), err);
}

int command_metrics(const struct command *command, int argc, char **argv)
{
	struct metrics_call call CLEANUP(metrics_call_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (set_option(&call, code) < 0)
			return command_usage(command);
	}
	if (argc - optind != 1)
		return command_usage(command);
	if (read_names(&call, &err) < 0 || read_times(&call, &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	if (open_where(&call, argv[optind], &err) < 0 || find_series(&call, &err) < 0 ||
		print(&call, &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}
