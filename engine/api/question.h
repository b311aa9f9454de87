/*
 * Questions: what `.query`, `.where`, `.partiql` and `dynamount query` take.
 *
 * A question is one of
 *
 *	year = 2013 AND begins_with(title, 'The')	a condition
 *	SELECT title FROM Movies WHERE year = 2013	a PartiQL statement
 *	{"KeyConditionExpression": …}			the request of a Query or a Scan
 *
 * or nothing at all, which asks for every item. A condition is written in
 * DynamoDB's own expression language (the operators and functions of condition
 * and filter expressions), except that
 * 1. values stand in it, as they are in an item's text: 'string' ('' is a quote
 *    within it), number, true, false, null, and in JSON lists, maps and what is
 *    typed: {"B": "AAE="}, {"SS": ["a"]};
 * 2. any word is a name, reserved or not, but AND, OR, NOT, IN and BETWEEN;
 *    "a name" in double quotes can be any other;
 * 3. there are no placeholders.
 *
 * Planning is a pure function of the question and of what DescribeTable tells,
 * so that it works over an engine in this process and over HTTP alike:
 * A condition becomes a PartiQL SELECT with parameters, of the table or of the
 * index by which it reads least:
 * 1. The table's own key, when every alternative names its partition key; or an
 *    index of the same partitions, when only that has its sort attribute narrowed.
 * 2. Else an index of which the first is true, that projects everything, and in
 *    which every item stands for which the condition holds: one that lacks a
 *    sort attribute of the index is not there.
 * 3. Else all of the table is read.
 * Of two indexes the one wins whose sort attribute is narrowed too, then the
 * one that comes first by name. What no SELECT can ask, and yet is a condition,
 * is asked of each item by answer_next(): filters_here.
 *
 * DESIGN 4.5.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

struct condition;

enum question_kind {
	QUESTION_STATEMENT, /* ExecuteStatement: of a condition too */
	QUESTION_QUERY, /* Query */
	QUESTION_SCAN, /* Scan */
};

enum question_plan {
	PLAN_KEY, /* partitions of the table */
	PLAN_INDEX, /* partitions of an index */
	PLAN_SCAN, /* the whole table, or the whole index that was named */
	PLAN_WRITE, /* a statement that changes an item, or reads none */
};

struct question {
	enum question_kind kind;
	enum question_plan plan;
	struct slice index_name; /* that is read; absent: the table itself */
	struct slice table_name;
	union {
		struct execute_statement_input statement;
		struct query_input query;
		struct scan_input scan;
	} request;
	/* Of a condition: all that is asked of an item; NULL: nothing. */
	const struct condition *condition;
	bool is_condition; /* and no statement or request */
	/* No statement can ask all of it: answer_next() asks each item that is read. */
	bool filters_here;
	bool nothing; /* no item can be the answer, so nothing is read at all */
	/* Of a Query or Scan with Limit: so many items are looked at in all. */
	struct optional_integer limit;
	bool count_only; /* Select is COUNT: one line, {"Count":…,"ScannedCount":…} */
	/* What a reader of the plan is told, each a line; absent: nothing. */
	struct slice key_text; /* "year = 2013 AND begins_with(title, 'The')" */
	struct slice filter_text; /* the condition that is asked of each item read */
	/* Of a scan: which attributes would make it a query. Of nothing: why. */
	struct slice hint_text;
};

/* Reads and plans a question. The table is what DescribeTable tells of it: its
 * name stands for the TableName that a request or FROM may leave out, and it is
 * an error to name another one. NULL: the question must be a PartiQL statement,
 * of any table. Results live in the arena, which also keeps a copy of the text.
 *
 * Errors are ERROR_VALIDATION with the place where parsing stopped
 * (error.place), in words that show how it is written. */
int question_read(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err) NODISCARD;

/* Whether the text is a whole question by itself: a complete JSON document, or
 * anything else that ends with a newline, outside of quotes and brackets. */
bool question_is_complete(struct slice text);

/* Whether a condition holds for an item; true when there is none. */
bool question_holds(const struct question *question, const struct map *item);

/* Appends the plan as lines of text: what is read, by which key, what is asked
 * of each item read, and the request as JSON to use with any SDK:
 *
 *	plan:    query of the table Movies by its key
 *	key:     year = 2013 AND begins_with(title, 'The')
 *	filter:  info.rating > 8
 *	request: ExecuteStatement {"Statement":"SELECT …","Parameters":[…]}
 *
 * What is asked of each item here stands behind "then:" instead of "filter:".
 */
void question_explain(const struct question *question, struct buf *buf);

/* Runs one request: an engine in this process, or a remote one. */
typedef int question_runner(void *context, enum operation_id operation, const void *input,
	void *output, struct arena *arena, struct error *err);

/* The answer to a question, page by page. Zeroed but for the question, which it
 * borrows. Release with answer_release(). */
struct answer {
	const struct question *question;
	bool started, ended;
	uint64_t items; /* so far */
	int64_t looked_at; /* counts against the question's limit */
	int64_t counted; /* of count_only */
	struct arena position_arena; /* what the position points to */
	struct slice next_token;
	const struct map *start_key;
};

void answer_release(struct answer *answer);
/* Fetches the next page, which may hold no items while there are more to come:
 * until answer->ended. A page is at most 1 MB of data, and at most page_limit
 * items looked at unless that is 0. Items live in the arena. */
int answer_next(struct answer *answer, question_runner *run, void *context, size_t page_limit,
	struct arena *arena, struct request_list *ret_items, struct error *err) NODISCARD;
/* Appends the lines of JSON of a page, and what follows the last one. */
void answer_append_lines(
	const struct answer *answer, const struct request_list *items, struct buf *buf);
