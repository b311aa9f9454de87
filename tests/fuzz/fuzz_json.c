/* The scanner's verdict, place and output are the same for text in one piece
 * and in many; the parser refuses what it refuses, and duplicates. */
#include "base/hash.h"
#include "model/json.h"

#include "fuzz.h"

struct verdict {
	bool accepted;
	struct error_place place;
	uint64_t lifted; /* hashes of what came out */
	uint64_t numbers;
};

static int feed(struct json_scanner *scanner, struct slice text, size_t piece, struct error *err)
{
	for (size_t offset = 0; offset < text.len; offset += piece) {
		size_t left = text.len - offset;

		TRY(json_scanner_feed(
			scanner, slice_of(text.data + offset, left < piece ? left : piece), err));
	}
	return json_scanner_finish(scanner, err);
}

static struct verdict scan(struct slice text, size_t piece)
{
	CLEANUP(json_scanner_release) struct json_scanner scanner;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct verdict verdict = { 0 };

	json_scanner_init(&scanner);
	verdict.accepted = feed(&scanner, text, piece, &err) == 0;
	verdict.place = err.place;
	if (verdict.accepted) {
		verdict.lifted = hash64(buf_slice(&scanner.lifted));
		verdict.numbers = hash64(buf_slice(&scanner.numbers));
	}
	return verdict;
}

static bool same_verdict(struct verdict a, struct verdict b)
{
	return a.accepted == b.accepted && a.lifted == b.lifted && a.numbers == b.numbers &&
	       a.place.known == b.place.known && a.place.offset == b.place.offset &&
	       a.place.line == b.place.line && a.place.column == b.place.column;
}

static void check_parser(struct slice text, bool accepted)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct slice duplicate = SLICE("duplicate attribute \"");

	if (json_parse(text, &document, &err) == 0) {
		HOLDS(accepted);
		return;
	}
	HOLDS(err.place.known && err.place.offset <= text.len);
	if (accepted) {
		HOLDS(slice_starts_with(slice_from_string(err.message), duplicate));
		HOLDS(text.data[err.place.offset] == '"');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct verdict whole = scan(text, size + 1);

	HOLDS(same_verdict(whole, scan(text, 1)));
	HOLDS(same_verdict(whole, scan(text, 7)));
	check_parser(text, whole.accepted);
	return 0;
}
