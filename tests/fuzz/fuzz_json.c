/* The scanner's verdict and place are the same for text in one piece and in
 * many, and what it refuses the parser refuses. */
#include "model/json.h"

#include "fuzz.h"

struct verdict {
	bool accepted;
	struct error_place place;
	size_t lifted;
	size_t numbers;
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
		verdict.lifted = scanner.lifted.len;
		verdict.numbers = scanner.numbers.len;
	}
	return verdict;
}

static bool same_verdict(struct verdict a, struct verdict b)
{
	return a.accepted == b.accepted && a.lifted == b.lifted && a.numbers == b.numbers &&
	       a.place.known == b.place.known && a.place.offset == b.place.offset &&
	       a.place.line == b.place.line && a.place.column == b.place.column;
}

static bool parses(struct slice text)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };
	CLEANUP(error_release) struct error err = ERROR_INIT;

	return json_parse(text, &document, &err) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct verdict whole = scan(text, size + 1);

	HOLDS(same_verdict(whole, scan(text, 1)));
	HOLDS(same_verdict(whole, scan(text, 7)));
	/* The parser knows one more reason: a name that comes twice. */
	if (parses(text))
		HOLDS(whole.accepted);
	return 0;
}
