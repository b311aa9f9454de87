#undef NDEBUG
#include "base/memory.h"
#include "draft.h"
#include "model/item.h"
#include "model/plain.h"
#include "name.h"
#include "test.h"

static const struct key_schema movies = {
	.partition = { SLICE("year"), VALUE_N },
	.sort = { SLICE("title"), VALUE_S },
};
static const struct key_schema users = { .partition = { SLICE("id"), VALUE_S } };

static struct value number_value(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return value;
}

static struct value string_value(const char *text)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(text) };
}

/* Movies/2013/Rush.json */
static struct item_place rush(void)
{
	return (struct item_place){
		.schema = &movies,
		.key_known = true,
		.key = { number_value("2013"), string_value("Rush") },
		.partition_name = SLICE("2013"),
		.name = SLICE("Rush.json"),
	};
}

struct fixture {
	struct item_place place;
	struct draft draft;
	struct error err;
};

static struct fixture begin(void)
{
	struct fixture f = { .place = rush() };

	f.err = ERROR_INIT;
	draft_init(&f.draft);
	return f;
}

static void end(struct fixture *f)
{
	draft_release(&f->draft);
	error_release(&f->err);
}

static int write_at(struct fixture *f, const char *text, off_t offset)
{
	return draft_write(&f->draft, &f->place, slice_from_string(text), offset, &f->err);
}

static int append(struct fixture *f, const char *text)
{
	return write_at(f, text, (off_t)f->draft.text.len);
}

/* The judged item in its canonical rendering, on one line. */
static bool item_is(const struct fixture *f, const char *line)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK(f->draft.judged);
	plain_append_line(&text, &f->draft.item);
	if (slice_equal_string(buf_slice(&text), line))
		return true;
	printf("# the item is %s", buf_string(&text));
	return false;
}

static void a_new_draft_is_clean_and_incomplete(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK(!f.draft.dirty && !f.draft.complete && !f.draft.judged && !f.draft.spoiled);
	CHECK_OK(append(&f, ""), &f.err);
	CHECK(!f.draft.dirty);
}

static void the_piece_that_completes_the_document_is_judged(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"rating\": "), &f.err);
	CHECK(f.draft.dirty && !f.draft.complete && !f.draft.judged);
	CHECK_OK(append(&f, "8.3}"), &f.err);
	CHECK(f.draft.complete && f.draft.judged);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"rating\":8.3}\n"));
}

static void blanks_after_the_document_leave_it_judged(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{}"), &f.err);
	CHECK_OK(append(&f, " \n"), &f.err);
	CHECK(f.draft.judged);
	CHECK_TEXT(buf_slice(&f.draft.text), "{} \n");
}

static void text_after_the_document_fails_its_write(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{}"), &f.err);
	CHECK_INT(append(&f, "{}"), -1);
	CHECK_INT(f.err.class, ERROR_VALIDATION);
	CHECK(f.draft.spoiled);
}

static void the_write_that_brings_an_error_fails(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"a\": "), &f.err);
	CHECK_INT(append(&f, "8..3, "), -1);
	CHECK(f.err.place.known);
	CHECK_INT(f.err.place.line, 1);
	CHECK(f.draft.spoiled);
	CHECK_TEXT(buf_slice(&f.draft.text), "{\"a\": 8..3, ");
}

static void an_item_is_an_object_from_its_first_byte_on(void)
{
	static const char *const texts[] = { "[", "1", "\"", "n", " \n\t[" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct fixture f CLEANUP(end) = begin();

		CHECK_INT(append(&f, texts[i]), -1);
		CHECK(f.draft.spoiled);
		CHECK(f.err.place.known);
	}
}

static void a_spoiled_draft_takes_nothing_until_it_is_emptied(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_INT(append(&f, "{]"), -1);
	error_release(&f.err);
	CHECK_INT(append(&f, "{}"), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"an earlier write to this open file was rejected: begin again");
	CHECK_OK(draft_truncate(&f.draft, 1, &f.err), &f.err);
	CHECK(f.draft.spoiled);
	CHECK_INT(append(&f, "}"), -1);
	error_release(&f.err);
	CHECK_OK(draft_truncate(&f.draft, 0, &f.err), &f.err);
	CHECK_OK(append(&f, "{}"), &f.err);
	CHECK(f.draft.judged);
}

/* What a text comes to, whatever its pieces. */
struct verdict {
	bool refused, complete, judged;
	enum error_class class;
};

static struct verdict verdict_of(struct fixture *f, int r)
{
	struct verdict verdict = { r < 0, f->draft.complete, f->draft.judged, f->err.class };

	if (verdict.refused)
		verdict.complete = verdict.judged = false;
	return verdict;
}

static struct verdict write_pieces(struct slice text, size_t first, size_t others)
{
	struct fixture f CLEANUP(end) = begin();
	off_t offset = 0;
	int r = 0;

	while (text.len && r == 0) {
		size_t len = offset ? others : first;
		struct slice piece = slice_of(text.data, len < text.len ? len : text.len);

		r = draft_write(&f.draft, &f.place, piece, offset, &f.err);
		offset += (off_t)piece.len;
		text = slice_skip(text, piece.len);
	}
	return verdict_of(&f, r);
}

static bool same_verdict(struct verdict a, struct verdict b)
{
	return a.refused == b.refused && a.complete == b.complete && a.judged == b.judged &&
	       a.class == b.class;
}

static void pieces_in_any_split_give_one_verdict(void)
{
	static const char *const texts[] = {
		"{}",
		" {\"a\": [1, {\"b\": \"\\u00e9\\n\"}], \"c\": null}\n",
		"{\"year\": 2013.0, \"title\": \"R\\u0075sh\"}\n\n",
		"{\"year\": 2014}",
		"{\"title\": 1}",
		"{\"a\": 1, \"a\": 2}",
		"{\"a\": 8..3}",
		"{\"a\": 01}",
		"{\"a\": \"caf\xC3\xA9\"}",
		"{\"a\": \"\xC3(\"}",
		"{\"a\": \"\\ud800\"}",
		"{\"a\": tru}",
		"{\"a\": {\"SS\": [\"x\", \"y\"]}}",
		"{\"a\": {\"SS\": [\"x\", \"x\"]}}",
		"{\"a\": 1e130}",
		"{\"a\": 1",
		"{\"a\": \"",
		"{} x",
		"{}{}",
		"   ",
		"nul",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct slice text = slice_from_string(texts[i]);
		struct verdict whole = write_pieces(text, text.len, text.len);

		for (size_t first = 1; first <= text.len; first++) {
			CHECK(same_verdict(write_pieces(text, first, text.len), whole));
			CHECK(same_verdict(write_pieces(text, first, 1), whole));
		}
	}
}

static void text_over_text_is_judged_as_a_whole(void)
{
	struct fixture f CLEANUP(end) = begin();

	draft_load(&f.draft, SLICE("{\"rating\": 8.3}\n"));
	CHECK(!f.draft.dirty && f.draft.complete);
	CHECK_OK(write_at(&f, "9", 11), &f.err);
	CHECK(f.draft.dirty && !f.draft.judged && !f.draft.complete);
	CHECK_OK(draft_judge(&f.draft, &f.place, &f.err), &f.err);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"rating\":9.3}\n"));
}

static void a_judged_draft_that_is_written_over_is_judged_anew(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"a\": 1}"), &f.err);
	CHECK_OK(write_at(&f, "2", 6), &f.err);
	CHECK(!f.draft.judged);
	CHECK_OK(draft_judge(&f.draft, &f.place, &f.err), &f.err);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"a\":2}\n"));
}

static void half_of_an_overwrite_is_not_refused(void)
{
	struct fixture f CLEANUP(end) = begin();

	draft_load(&f.draft, SLICE("{\"rating\": 8.3}"));
	CHECK_OK(write_at(&f, "{\"note\":\"a", 0), &f.err);
	CHECK_INT(draft_judge(&f.draft, &f.place, &f.err), -1);
	CHECK(!f.draft.spoiled && !f.draft.judged);
	error_release(&f.err);
	CHECK_OK(write_at(&f, "\"}   ", 10), &f.err);
	CHECK_OK(draft_judge(&f.draft, &f.place, &f.err), &f.err);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"note\":\"a\"}\n"));
}

static void appending_to_loaded_text_fails_unless_it_is_blank(void)
{
	struct fixture f CLEANUP(end) = begin();

	draft_load(&f.draft, SLICE("{\"a\": 1}\n"));
	CHECK_OK(append(&f, "\n"), &f.err);
	CHECK_OK(draft_judge(&f.draft, &f.place, &f.err), &f.err);
	CHECK_INT(append(&f, "{}"), -1);
	CHECK(f.draft.spoiled);
}

static void a_hole_is_nuls_and_no_item(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(write_at(&f, "{}", 3), &f.err);
	CHECK_INT(f.draft.text.len, 5);
	CHECK_INT(memcmp(f.draft.text.data, "\0\0\0{}", 5), 0);
	CHECK_INT(draft_judge(&f.draft, &f.place, &f.err), -1);
}

static void truncating_to_nothing_begins_again(void)
{
	struct fixture f CLEANUP(end) = begin();

	draft_load(&f.draft, SLICE("{\"a\": 1}\n"));
	CHECK_OK(draft_truncate(&f.draft, 0, &f.err), &f.err);
	CHECK(f.draft.dirty && f.draft.in_order && !f.draft.complete);
	CHECK_OK(append(&f, "{\"b\":"), &f.err);
	CHECK_OK(append(&f, "2}"), &f.err);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"b\":2}\n"));
}

static void truncating_forgets_the_judgement(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"a\": 1}   "), &f.err);
	CHECK_OK(draft_truncate(&f.draft, 8, &f.err), &f.err);
	CHECK(!f.draft.judged && f.draft.dirty);
	CHECK_OK(draft_judge(&f.draft, &f.place, &f.err), &f.err);
	CHECK_OK(draft_truncate(&f.draft, 7, &f.err), &f.err);
	CHECK_INT(draft_judge(&f.draft, &f.place, &f.err), -1);
	CHECK(!f.draft.judged);
	error_release(&f.err);
	CHECK_OK(draft_truncate(&f.draft, 9, &f.err), &f.err);
	CHECK_INT(memcmp(f.draft.text.data, "{\"a\": 1\0\0", 9), 0);
}

static void a_text_beyond_the_limit_fails_at_once(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_INT(write_at(&f, "x", (off_t)JSON_TEXT_MAX), -1);
	CHECK_ERROR(&f.err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	CHECK(f.draft.spoiled);
	CHECK_INT(f.draft.text.len, 0);
	CHECK_INT(draft_truncate(&f.draft, (off_t)JSON_TEXT_MAX + 1, &f.err), -1);
	CHECK_INT(f.err.class, ERROR_TOO_LARGE);
	error_release(&f.err);
	CHECK_INT(write_at(&f, "x", INT64_MAX - 1), -1);
}

static void an_item_over_400_kb_fails_before_it_is_complete(void)
{
	struct fixture f CLEANUP(end) = begin();
	static char piece[64 * 1024];
	size_t pieces = 0;

	memset(piece, 'x', sizeof(piece));
	CHECK_OK(append(&f, "{\"a\": \""), &f.err);
	while (draft_write(&f.draft, &f.place, slice_of(piece, sizeof(piece)),
		       (off_t)f.draft.text.len, &f.err) == 0)
		CHECK(++pieces < 20);
	CHECK_ERROR(&f.err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
	CHECK(pieces * sizeof(piece) > ITEM_SIZE_MAX);
}

static void an_item_just_over_400_kb_fails_when_it_is_complete(void)
{
	struct fixture f CLEANUP(end) = begin();
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text, "{\"a\": \"");
	memset(buf_reserve(&text, ITEM_SIZE_MAX), 'x', ITEM_SIZE_MAX);
	text.len += ITEM_SIZE_MAX;
	CHECK_OK(append(&f, buf_string(&text)), &f.err);
	CHECK_INT(append(&f, "\"}"), -1);
	CHECK_INT(f.err.class, ERROR_TOO_LARGE);
}

static void the_key_comes_from_the_place(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"a\": 1, \"title\": \"Rush\"}"), &f.err);
	CHECK(item_is(&f, "{\"year\":2013,\"a\":1,\"title\":\"Rush\"}\n"));
}

static void a_number_key_is_compared_by_value(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_OK(append(&f, "{\"title\": \"Rush\", \"year\": 2.0130e3}"), &f.err);
	CHECK(item_is(&f, "{\"title\":\"Rush\",\"year\":2013}\n"));
}

static void another_key_than_the_paths_is_refused(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_INT(append(&f, "{\"year\": 2014}"), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"the key attribute \"year\" is 2014 here, but the file's path says 2013: leave it "
		"out, or write to the path of that key");
	CHECK_OK(draft_truncate(&f.draft, 0, &f.err), &f.err);
	CHECK_INT(append(&f, "{\"title\": \"Ru\\\"sh\"}"), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"the key attribute \"title\" is \"Ru\\\"sh\" here, but the file's path says "
		"\"Rush\": leave it out, or write to the path of that key");
}

static void a_key_of_another_type_is_refused(void)
{
	struct fixture f CLEANUP(end) = begin();

	CHECK_INT(append(&f, "{\"year\": \"2013\"}"), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for key year expected: "
		"N actual: S");
}

/* ASan sees when it is not so. */
static void a_judged_item_outlives_its_place(void)
{
	struct fixture f CLEANUP(end) = begin();
	struct arena arena = ARENA_INIT;
	struct key_schema schema = movies;

	schema.partition.name = arena_copy(&arena, SLICE("year"));
	schema.sort.name = arena_copy(&arena, SLICE("title"));
	f.place.schema = &schema;
	f.place.key.sort.bytes = arena_copy(&arena, SLICE("Rush"));
	CHECK_OK(append(&f, "{\"a\": 1}"), &f.err);
	arena_release(&arena);
	CHECK(item_is(&f, "{\"year\":2013,\"title\":\"Rush\",\"a\":1}\n"));
}

/* A user whose id is so long that his file's name holds a hash of it. */
struct hashed {
	char *id;
	struct buf name;
};

static struct hashed hashed_user(char fill)
{
	struct hashed user = { memory_new_zero(401), BUF_INIT };
	struct value value;

	memset(user.id, fill, 400);
	value = string_value(user.id);
	name_encode(&value, NAME_ITEM, &user.name);
	return user;
}

static void hashed_release(struct hashed *user)
{
	free(user->id);
	buf_release(&user->name);
}

static struct item_place hashed_place(const struct hashed *user)
{
	return (struct item_place){ .schema = &users, .name = buf_slice(&user->name) };
}

static int write_user(struct fixture *f, const char *id)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "{\"id\": \"%s\", \"a\": 1}", id);
	return append(f, buf_string(&text));
}

static void in_a_hashed_place_the_text_brings_the_key(void)
{
	struct fixture f CLEANUP(end) = begin();
	struct hashed user CLEANUP(hashed_release) = hashed_user('k');

	f.place = hashed_place(&user);
	CHECK_OK(write_user(&f, user.id), &f.err);
	CHECK(f.draft.judged);
}

static void a_hashed_place_takes_no_other_key(void)
{
	struct fixture f CLEANUP(end) = begin();
	struct hashed user CLEANUP(hashed_release) = hashed_user('k');
	struct hashed other CLEANUP(hashed_release) = hashed_user('l');

	f.place = hashed_place(&user);
	CHECK_INT(write_user(&f, other.id), -1);
	CHECK_INT(f.err.class, ERROR_VALIDATION);
	CHECK(strstr(f.err.message, "belongs to a file named lll"));
	error_release(&f.err);
	CHECK_OK(draft_truncate(&f.draft, 0, &f.err), &f.err);
	CHECK_INT(write_user(&f, "short"), -1);
	CHECK(strstr(f.err.message, "belongs to a file named short.json, not kkk"));
}

static void a_hashed_place_needs_the_key(void)
{
	struct fixture f CLEANUP(end) = begin();
	struct hashed user CLEANUP(hashed_release) = hashed_user('k');

	f.place = hashed_place(&user);
	CHECK_INT(append(&f, "{\"a\": 1}"), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Missing the key id in the item");
}

static void below_a_hashed_directory_both_keys_are_compared(void)
{
	static const struct key_schema schema = {
		.partition = { SLICE("id"), VALUE_S },
		.sort = { SLICE("n"), VALUE_N },
	};
	struct fixture f CLEANUP(end) = begin();
	struct hashed user CLEANUP(hashed_release) = hashed_user('k');
	struct buf partition CLEANUP(buf_release) = BUF_INIT;
	struct value value = string_value(user.id);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	name_encode(&value, NAME_PARTITION, &partition);
	f.place = (struct item_place){
		.schema = &schema,
		.partition_name = buf_slice(&partition),
		.name = SLICE("1.json"),
	};
	buf_appendf(&text, "{\"id\": \"%s\", \"n\": 2}", user.id);
	CHECK_INT(append(&f, buf_string(&text)), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION,
		"the key attribute \"n\" belongs to a file named 2.json, not 1.json");
	CHECK_OK(draft_truncate(&f.draft, 0, &f.err), &f.err);
	buf_clear(&text);
	buf_appendf(&text, "{\"id\": \"%s\", \"n\": 1.0}", user.id);
	CHECK_OK(append(&f, buf_string(&text)), &f.err);
	CHECK(f.draft.judged);
}

static const struct test_case cases[] = {
	{ "a new draft is clean and incomplete", a_new_draft_is_clean_and_incomplete },
	{ "the piece that completes the document has it judged",
		the_piece_that_completes_the_document_is_judged },
	{ "blanks after the document leave it judged", blanks_after_the_document_leave_it_judged },
	{ "text after the document fails its write", text_after_the_document_fails_its_write },
	{ "the write that brings an error fails, and has its place",
		the_write_that_brings_an_error_fails },
	{ "an item is an object from its first byte on",
		an_item_is_an_object_from_its_first_byte_on },
	{ "a spoiled draft takes nothing until it is emptied",
		a_spoiled_draft_takes_nothing_until_it_is_emptied },
	{ "pieces in any split give one verdict", pieces_in_any_split_give_one_verdict },
	{ "text over other text is judged as a whole", text_over_text_is_judged_as_a_whole },
	{ "a judged draft that is written over is judged anew",
		a_judged_draft_that_is_written_over_is_judged_anew },
	{ "half of an overwrite is not refused", half_of_an_overwrite_is_not_refused },
	{ "appending to loaded text fails unless it is blank",
		appending_to_loaded_text_fails_unless_it_is_blank },
	{ "a hole is NULs, and no item", a_hole_is_nuls_and_no_item },
	{ "truncating to nothing begins again", truncating_to_nothing_begins_again },
	{ "truncating forgets the judgement", truncating_forgets_the_judgement },
	{ "a text beyond the limit fails at once", a_text_beyond_the_limit_fails_at_once },
	{ "an item far over 400 KB fails before it is complete",
		an_item_over_400_kb_fails_before_it_is_complete },
	{ "an item just over 400 KB fails when it is complete",
		an_item_just_over_400_kb_fails_when_it_is_complete },
	{ "the key comes from the place", the_key_comes_from_the_place },
	{ "a number in a key is compared by value", a_number_key_is_compared_by_value },
	{ "another key than the path's is refused", another_key_than_the_paths_is_refused },
	{ "a key of another type is refused", a_key_of_another_type_is_refused },
	{ "a judged item outlives its place", a_judged_item_outlives_its_place },
	{ "in a hashed place the text brings the key", in_a_hashed_place_the_text_brings_the_key },
	{ "a hashed place takes no other key", a_hashed_place_takes_no_other_key },
	{ "a hashed place needs the key", a_hashed_place_needs_the_key },
	{ "below a hashed directory both keys are compared",
		below_a_hashed_directory_both_keys_are_compared },
};

TEST_MAIN(cases)
