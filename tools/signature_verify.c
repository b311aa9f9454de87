/*
 * Verification: what was signed is made again from the request, in the form
 * and order that the standard names:
 *
 *	signature = hex(HMAC(key, string to sign))
 *	string to sign = algorithm, time, scope, hash(canonical request)
 *	canonical request = method, path, query, headers, names of these, hash(body)
 *	key = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), "aws4_request")
 *
 * The body's hash is our own, whatever a header of the request claims.
 */
#include "signature.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#define ALGORITHM     "AWS4-HMAC-SHA256"
#define TERMINATOR    "aws4_request"
#define SECOND        1000000000LL
#define SKEW_NS       (15 * 60 * SECOND)
#define TIME_LENGTH   16 /* of "20150830T123600Z" */
#define DATE_LENGTH   8
#define SCOPE_PARTS   4
#define EXPIRES_LIMIT 604800

/* The credential's parts after the access key. */
enum scope_part { SCOPE_DATE, SCOPE_REGION, SCOPE_SERVICE, SCOPE_TERMINATOR };

struct scope {
	struct slice access_key;
	struct slice whole; /* the four joined */
	struct slice parts[SCOPE_PARTS];
};

/* Splits from the end. */
static bool split_credential(struct slice credential, struct scope *ret)
{
	struct slice rest = credential;

	for (int i = SCOPE_PARTS - 1; i >= 0; i--) {
		const char *slash = rest.len ? memrchr(rest.data, '/', rest.len) : NULL;

		if (!slash)
			return false;
		ret->parts[i] = slice_skip(rest, (size_t)(slash + 1 - rest.data));
		rest.len = (size_t)(slash - rest.data);
	}
	ret->access_key = rest;
	ret->whole = slice_skip(credential, rest.len + 1);
	return rest.len > 0;
}

struct slice signature_access_key(const struct signature *signature)
{
	struct scope scope;

	return split_credential(signature->credential, &scope) ? scope.access_key
							       : (struct slice){ 0 };
}

/* Time */

static void format_time(int64_t ns, char text[TIME_LENGTH + 1])
{
	time_t seconds = (time_t)(ns / SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, TIME_LENGTH + 1, "%Y%m%dT%H%M%SZ", &tm);
}

/* In the standard's form, or in that of a Date header. */
static bool parse_time(struct slice text, int64_t *ret_ns)
{
	static const char *const formats[] = { "%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT" };
	struct buf copy CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&copy, text);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(buf_string(&copy), formats[i], &tm);

		if (end && end == copy.data + copy.len) {
			*ret_ns = timegm(&tm) * SECOND;
			return true;
		}
	}
	return false;
}

/* How long a signature in a query string is good; others always 15 minutes. */
static int64_t lifetime_ns(const struct signature *signature)
{
	int64_t seconds = 0;

	if (!slice_present(signature->expires))
		return SKEW_NS;
	for (size_t i = 0; i < signature->expires.len && seconds < EXPIRES_LIMIT; i++) {
		if (!isdigit((unsigned char)signature->expires.data[i]))
			return SKEW_NS;
		seconds = seconds * 10 + (signature->expires.data[i] - '0');
	}
	return (seconds < EXPIRES_LIMIT ? seconds : EXPIRES_LIMIT) * SECOND;
}

static int check_time(
	const struct signature *signature, int64_t signed_ns, int64_t now_ns, struct error *err)
{
	char signed_text[TIME_LENGTH + 1], now[TIME_LENGTH + 1], limit[TIME_LENGTH + 1];
	int64_t lifetime = lifetime_ns(signature);

	format_time(signed_ns, signed_text);
	format_time(now_ns, now);
	if (signed_ns < now_ns - lifetime) {
		format_time(now_ns - lifetime, limit);
		return error_set(err, ERROR_INVALID_SIGNATURE,
			"Signature expired: %s is now earlier than %s (%s - %lld min.)",
			signed_text, limit, now, (long long)(lifetime / SECOND / 60));
	}
	if (signed_ns > now_ns + SKEW_NS) {
		format_time(now_ns + SKEW_NS, limit);
		return error_set(err, ERROR_INVALID_SIGNATURE,
			"Signature not yet current: %s is still later than %s (%s + 15 min.)",
			signed_text, limit, now);
	}
	return 0;
}

/* The canonical request */

static void append_encoded(struct buf *buf, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (isalnum(c) || memchr("-_.~", c, 4))
			buf_append_char(buf, (char)c);
		else
			buf_appendf(buf, "%%%02X", c);
	}
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* name=value pairs, encoded and then sorted, without the signature itself. */
static void append_query(struct buf *buf, const struct http_fields *query)
{
	char **pairs CLEANUP(cleanup_free) = memory_new((query->count + 1) * sizeof(*pairs));
	size_t count = 0;

	for (size_t i = 0; i < query->count; i++) {
		struct buf pair = BUF_INIT;

		if (slice_equal_string(query->items[i].name, "X-Amz-Signature"))
			continue;
		append_encoded(&pair, query->items[i].name);
		buf_append_char(&pair, '=');
		append_encoded(&pair, query->items[i].value);
		buf_string(&pair);
		pairs[count++] = pair.data;
	}
	qsort(pairs, count, sizeof(*pairs), compare_strings);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_append_char(buf, '&');
		buf_append_string(buf, pairs[i]);
		free(pairs[i]);
	}
}

/* Without blanks at its ends, and each run of blanks as one. */
static void append_trimmed(struct buf *buf, struct slice value)
{
	bool blank = false, begun = false;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == ' ' || value.data[i] == '\t') {
			blank = begun;
			continue;
		}
		if (blank)
			buf_append_char(buf, ' ');
		buf_append_char(buf, value.data[i]);
		blank = false;
		begun = true;
	}
}

static void append_header(struct buf *buf, const struct http_fields *headers, struct slice name)
{
	bool first = true;

	buf_append_slice(buf, name);
	buf_append_char(buf, ':');
	for (size_t i = 0; i < headers->count; i++) {
		const struct http_field *header = &headers->items[i];

		if (header->name.len != name.len ||
			strncasecmp(header->name.data, name.data, name.len) != 0)
			continue;
		if (!first)
			buf_append_char(buf, ',');
		append_trimmed(buf, header->value);
		first = false;
	}
	buf_append_char(buf, '\n');
}

/* Cuts the next name off a list joined by ';'; false at its end. */
static bool next_name(struct slice *rest, struct slice *ret)
{
	const char *end = rest->len ? memchr(rest->data, ';', rest->len) : NULL;

	*ret = end ? slice_of(rest->data, (size_t)(end - rest->data)) : *rest;
	*rest = end ? slice_skip(*rest, ret->len + 1) : (struct slice){ 0 };
	return ret->len > 0;
}

static void append_headers(
	struct buf *buf, const struct http_fields *headers, struct slice signed_headers)
{
	struct slice name;

	while (next_name(&signed_headers, &name))
		append_header(buf, headers, name);
}

static void append_hash(struct buf *buf, struct slice bytes)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)bytes.data, bytes.len, hash);
	hex_append(buf, slice_of((const char *)hash, sizeof(hash)));
}

static void append_canonical_request(
	struct buf *buf, const struct signature *signature, const struct http_request *request)
{
	buf_appendf(buf, "%.*s\n%.*s\n", SLICE_ARG(request->method), SLICE_ARG(request->path));
	append_query(buf, &request->query);
	buf_append_char(buf, '\n');
	append_headers(buf, &request->headers, signature->signed_headers);
	buf_appendf(buf, "\n%.*s\n", SLICE_ARG(signature->signed_headers));
	append_hash(buf, request->body);
}

static void append_string_to_sign(struct buf *buf, const struct signature *signature,
	const struct http_request *request, const struct scope *scope, int64_t time_ns)
{
	struct buf canonical CLEANUP(buf_release) = BUF_INIT;
	char time[TIME_LENGTH + 1];

	format_time(time_ns, time);
	append_canonical_request(&canonical, signature, request);
	buf_appendf(buf, "%s\n%s\n%.*s\n", ALGORITHM, time, SLICE_ARG(scope->whole));
	append_hash(buf, buf_slice(&canonical));
}

/* The signature */

struct mac {
	unsigned char bytes[SHA256_DIGEST_LENGTH];
};

static struct mac mac_of(struct slice key, struct slice data)
{
	struct mac mac;

	HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)data.data, data.len,
		mac.bytes, NULL);
	return mac;
}

static struct slice mac_slice(const struct mac *mac)
{
	return slice_of((const char *)mac->bytes, sizeof(mac->bytes));
}

static struct mac signing_key(struct slice secret, const struct scope *scope)
{
	struct buf first CLEANUP(buf_release) = BUF_INIT;
	struct mac key;

	buf_append_string(&first, "AWS4");
	buf_append_slice(&first, secret);
	key = mac_of(buf_slice(&first), scope->parts[0]);
	for (size_t i = 1; i < SCOPE_PARTS; i++)
		key = mac_of(mac_slice(&key), scope->parts[i]);
	OPENSSL_cleanse(first.data, first.len);
	return key;
}

static int compare_signature(const struct signature *signature, const struct http_request *request,
	const struct scope *scope, const struct signature_rules *rules, int64_t time_ns,
	struct error *err)
{
	struct buf to_sign CLEANUP(buf_release) = BUF_INIT, hex CLEANUP(buf_release) = BUF_INIT;
	struct mac key = signing_key(rules->secret, scope), mac;

	append_string_to_sign(&to_sign, signature, request, scope, time_ns);
	mac = mac_of(mac_slice(&key), buf_slice(&to_sign));
	hex_append(&hex, mac_slice(&mac));
	if (signature->hex.len == hex.len &&
		CRYPTO_memcmp(signature->hex.data, hex.data, hex.len) == 0)
		return 0;
	return error_set(err, ERROR_INVALID_SIGNATURE,
		"The request signature we calculated does not match the signature you provided. "
		"Check your AWS Secret Access Key and signing method. Consult the service "
		"documentation for details.");
}

/* What it must say of itself */

static int check_scope(const struct scope *scope, const struct signature_rules *rules,
	struct slice time, int64_t time_ns, struct error *err)
{
	struct buf faults CLEANUP(buf_release) = BUF_INIT;
	char date[TIME_LENGTH + 1];

	format_time(time_ns, date);
	date[DATE_LENGTH] = '\0';
	if (!slice_equal_string(scope->parts[SCOPE_REGION], rules->region))
		buf_appendf(&faults, "Credential should be scoped to a valid region, not '%.*s'. ",
			SLICE_ARG(scope->parts[SCOPE_REGION]));
	if (!slice_equal_string(scope->parts[SCOPE_SERVICE], rules->service))
		buf_appendf(&faults, "Credential should be scoped to correct service: '%s'. ",
			rules->service);
	if (!slice_equal_string(scope->parts[SCOPE_TERMINATOR], TERMINATOR))
		buf_appendf(&faults,
			"Credential should be scoped with a valid terminator: '%s', not '%.*s'. ",
			TERMINATOR, SLICE_ARG(scope->parts[SCOPE_TERMINATOR]));
	if (!slice_equal_string(scope->parts[SCOPE_DATE], date))
		buf_appendf(&faults,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
			"of date from HTTP: '%.*s' != '%s', from '%.*s'. ",
			SLICE_ARG(scope->parts[SCOPE_DATE]), date, SLICE_ARG(time));
	if (!faults.len)
		return 0;
	faults.len--; /* the last blank */
	return error_set(err, ERROR_INVALID_SIGNATURE, "%s", buf_string(&faults));
}

/* Headers that decide what a request does must be signed when they are there. */
static int check_signed_headers(
	const struct signature *signature, const struct http_request *request, struct error *err)
{
	static const struct {
		const char *name, *said;
	} headers[] = {
		{ "host", "'Host' or ':authority'" },
		{ "x-amz-target", "'X-Amz-Target'" },
		{ "x-amz-date", "'X-Amz-Date'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct slice rest = signature->signed_headers, name;
		bool found = !slice_present(http_request_header(request, headers[i].name));

		while (!found && next_name(&rest, &name))
			found = slice_equal_string(name, headers[i].name);
		if (!found)
			return error_set(err, ERROR_INVALID_SIGNATURE,
				"%s must be a 'SignedHeader' in the AWS Authorization.",
				headers[i].said);
	}
	return 0;
}

int signature_verify(const struct signature *signature, const struct http_request *request,
	const struct signature_rules *rules, struct error *err)
{
	struct scope scope;
	int64_t time_ns;

	if (!slice_equal_string(signature->algorithm, ALGORITHM))
		return error_set(err, ERROR_INCOMPLETE_SIGNATURE,
			"Unsupported AWS 'algorithm': '%.*s' (only: " ALGORITHM ").",
			SLICE_ARG(signature->algorithm));
	if (!split_credential(signature->credential, &scope))
		return error_set(err, ERROR_INCOMPLETE_SIGNATURE,
			"Credential must have exactly 5 slash-delimited elements, e.g. "
			"keyid/date/region/service/term, got '%.*s'",
			SLICE_ARG(signature->credential));
	if (!parse_time(signature->time, &time_ns))
		return error_set(err, ERROR_INCOMPLETE_SIGNATURE,
			"Date must be in ISO-8601 'basic format'. Got '%.*s'. "
			"See http://en.wikipedia.org/wiki/ISO_8601",
			SLICE_ARG(signature->time));
	TRY(check_signed_headers(signature, request, err));
	TRY(check_scope(&scope, rules, signature->time, time_ns, err));
	TRY(check_time(signature, time_ns, rules->now_ns, err));
	return compare_signature(signature, request, &scope, rules, time_ns, err);
}
