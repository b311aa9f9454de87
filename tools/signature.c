#include "signature.h"

#include "base/buf.h"

/* One part of a signature: how the header and the query string name it. */
static const struct part {
	const char *header_name, *query_name;
	size_t offset; /* of a struct slice */
} parts[] = {
	{ "Credential", "X-Amz-Credential", offsetof(struct signature, credential) },
	{ "Signature", "X-Amz-Signature", offsetof(struct signature, hex) },
	{ "SignedHeaders", "X-Amz-SignedHeaders", offsetof(struct signature, signed_headers) },
};

static struct slice *part_of(struct signature *signature, const struct part *part)
{
	return (struct slice *)(void *)((char *)signature + part->offset);
}

static bool is_separator(char c)
{
	return c == ' ' || c == ',';
}

/* Cuts the next word off a list whose separators are blanks and commas; absent
 * at its end. */
static struct slice next_word(struct slice *rest)
{
	size_t start = 0, end;

	while (start < rest->len && is_separator(rest->data[start]))
		start++;
	for (end = start; end < rest->len && !is_separator(rest->data[end]);)
		end++;
	if (start == end)
		return (struct slice){ 0 };
	*rest = (struct slice){ rest->data + end, rest->len - end };
	return slice_of(rest->data - (end - start), end - start);
}

/* Takes Name=value of the Authorization header. */
static void read_parameter(struct signature *signature, struct slice word)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t len = strlen(parts[i].header_name);

		if (word.len > len + 1 && word.data[len] == '=' &&
			memcmp(word.data, parts[i].header_name, len) == 0)
			*part_of(signature, &parts[i]) = slice_skip(word, len + 1);
	}
}

static int read_header(const struct http_request *request, struct slice authorization,
	struct signature *signature, struct error *err)
{
	struct buf missing CLEANUP(buf_release) = BUF_INIT;
	struct slice rest = authorization, word;

	signature->algorithm = next_word(&rest);
	while (slice_present(word = next_word(&rest)))
		read_parameter(signature, word);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!slice_present(*part_of(signature, &parts[i])))
			buf_appendf(&missing, "Authorization header requires '%s' parameter. ",
				parts[i].header_name);
	}
	signature->time = http_request_header(request, "X-Amz-Date");
	if (!slice_present(signature->time))
		signature->time = http_request_header(request, "Date");
	if (!slice_present(signature->time))
		buf_append_string(&missing, "Authorization header requires existence of either a "
					    "'X-Amz-Date' or a 'Date' header. ");
	if (missing.len)
		return error_set(err, ERROR_INCOMPLETE_SIGNATURE, "%sAuthorization=%.*s",
			buf_string(&missing), SLICE_ARG(authorization));
	return 0;
}

static void require_query(struct slice value, const char *name, struct buf *missing)
{
	if (!slice_present(value))
		buf_appendf(missing, "AWS query-string parameters must include '%s'. ", name);
}

static int read_query(
	const struct http_request *request, struct signature *signature, struct error *err)
{
	struct buf missing CLEANUP(buf_release) = BUF_INIT;

	signature->in_query = true;
	signature->algorithm = http_request_query(request, "X-Amz-Algorithm");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct slice value = http_request_query(request, parts[i].query_name);

		*part_of(signature, &parts[i]) = value;
		require_query(value, parts[i].query_name, &missing);
	}
	signature->time = http_request_query(request, "X-Amz-Date");
	signature->expires = http_request_query(request, "X-Amz-Expires");
	require_query(signature->time, "X-Amz-Date", &missing);
	if (missing.len)
		return error_set(err, ERROR_INCOMPLETE_SIGNATURE,
			"%sRe-examine the query-string parameters.", buf_string(&missing));
	return 0;
}

int signature_read(const struct http_request *request, struct signature *ret, struct error *err)
{
	struct slice authorization = http_request_header(request, "Authorization");
	bool in_query = slice_present(http_request_query(request, "X-Amz-Algorithm"));

	*ret = (struct signature){ 0 };
	if (slice_present(authorization) && in_query)
		return error_set(err, ERROR_INVALID_SIGNATURE,
			"Found both 'X-Amz-Algorithm' as a query-string param and "
			"'Authorization' as HTTP header.");
	if (in_query)
		return read_query(request, ret, err);
	if (!slice_starts_with(authorization, SLICE("AWS4-")))
		return error_set(
			err, ERROR_MISSING_TOKEN, "Request is missing Authentication Token");
	return read_header(request, authorization, ret, err);
}
