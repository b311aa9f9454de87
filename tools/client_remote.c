#include "client_remote.h"

#include "base/memory.h"
#include "model/json.h"

#include <curl/curl.h>
#include <pthread.h>
#include <time.h>

#define CONNECT_SECONDS 5
#define ANSWER_MAX      (256u << 20)
#define TRIES           6
#define FIRST_PAUSE_NS  50000000
#define REGION_DEFAULT  "us-east-1"
#define KEY_DEFAULT     "dynamount" /* for servers that want any signature */

/* A connection, or one to be. */
struct line {
	struct line *next;
	CURL *curl;
	char message[CURL_ERROR_SIZE];
};

struct remote {
	char *url, *name, *socket_path;
	char *region;
	pthread_mutex_t mutex; /* of the idle lines */
	struct line *idle;
};

/* Lines */

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static void set_keys(CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_USERNAME, environment("AWS_ACCESS_KEY_ID", KEY_DEFAULT));
	curl_easy_setopt(curl, CURLOPT_PASSWORD, environment("AWS_SECRET_ACCESS_KEY", KEY_DEFAULT));
}

static void line_free(struct line *line)
{
	if (line->curl)
		curl_easy_cleanup(line->curl);
	free(line);
}

static struct line *line_new(const struct remote *remote)
{
	struct line *line = memory_new_zero(sizeof(*line));
	const char *certificates = environment("AWS_CA_BUNDLE", NULL);
	CURL *curl = line->curl = curl_easy_init();

	if (!curl)
		return line;
	curl_easy_setopt(curl, CURLOPT_URL, remote->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "dynamount");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, line->message);
	if (certificates)
		curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
	if (remote->socket_path)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, remote->socket_path);
	else
		set_keys(curl);
	return line;
}

static struct line *line_take(struct remote *remote)
{
	struct line *line;

	pthread_mutex_lock(&remote->mutex);
	line = remote->idle;
	if (line)
		remote->idle = line->next;
	pthread_mutex_unlock(&remote->mutex);
	return line ? line : line_new(remote);
}

static void line_give_back(struct remote *remote, struct line *line)
{
	pthread_mutex_lock(&remote->mutex);
	line->next = remote->idle;
	remote->idle = line;
	pthread_mutex_unlock(&remote->mutex);
}

/* Errors */

static int fail(enum error_class class, const char *exception, const char *message, json_t *root,
	struct error *err)
{
	char *details CLEANUP(cleanup_free) = NULL;
	size_t len;

	if (class == ERROR_SYSTEM)
		error_set(
			err, class, "%s: %s", exception, message ? message : "no reason was told");
	else
		error_set(err, class, "%s", message ? message : exception);
	json_object_del(root, "__type");
	json_object_del(root, "message");
	json_object_del(root, "Message");
	details = json_dumps(root, JSON_COMPACT);
	len = details ? strlen(details) : 0;
	if (len > 2)
		error_set_details(err, slice_of(details + 1, len - 2));
	return -1;
}

/* Several classes share an exception: the first one is what it is in general. */
static enum error_class class_of_exception(long http_status, const char *exception)
{
	for (int class = ERROR_NONE + 1; http_status < 500 && class < ERROR_CLASS_COUNT; class ++) {
		if (strcmp(error_class_info((enum error_class) class)->exception, exception) == 0)
			return (enum error_class) class;
	}
	return ERROR_SYSTEM;
}

int remote_read_error(long http_status, struct slice body, struct error *err)
{
	json_t *root CLEANUP(json_decrefp) = json_loadb(body.data, body.len, 0, NULL);
	const char *type = json_string_value(json_object_get(root, "__type"));
	const char *message = json_string_value(json_object_get(root, "message"));
	char *exception CLEANUP(cleanup_free) = NULL;
	char *text CLEANUP(cleanup_free) = NULL;

	if (!type)
		return error_set(err, ERROR_SYSTEM,
			"HTTP status %ld, and no error of DynamoDB: is that its API?", http_status);
	if (!message)
		message = json_string_value(json_object_get(root, "Message"));
	if (strchr(type, '#'))
		type = strchr(type, '#') + 1;
	exception = memory_copy_string(type, strlen(type)); /* fail() takes it out of the root */
	text = message ? memory_copy_string(message, strlen(message)) : NULL;
	return fail(class_of_exception(http_status, exception), exception, text, root, err);
}

/* Says what else may be wrong when nobody told us who we are. */
static int explain(const struct remote *remote, struct error *err)
{
	struct error refused CLEANUP(error_release) = ERROR_INIT;

	if (remote->socket_path || getenv("AWS_ACCESS_KEY_ID") ||
		(err->class != ERROR_UNKNOWN_CLIENT && err->class != ERROR_INVALID_SIGNATURE))
		return -1;
	error_move(&refused, err);
	return error_set(err, refused.class,
		"%s (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set)", refused.message);
}

/* Calls */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
	struct buf *answer = context;

	if (answer->len + size * count > ANSWER_MAX)
		return 0;
	buf_append(answer, data, size * count);
	return size * count;
}

static struct curl_slist *header_add(struct curl_slist *list, const char *name, const char *value)
{
	struct buf header CLEANUP(buf_release) = BUF_INIT;
	struct curl_slist *longer;

	buf_appendf(&header, "%s: %s", name, value);
	longer = curl_slist_append(list, buf_string(&header));
	if (!longer)
		abort(); /* as memory_new() */
	return longer;
}

static void slist_freep(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static struct curl_slist *headers_of(const struct remote *remote, const struct operation *operation)
{
	const char *token = environment("AWS_SESSION_TOKEN", NULL);
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	struct curl_slist *list = NULL;

	if (operation->name)
		buf_appendf(&target, "%s.%s", operation_services[operation->kind].target,
			operation->name);
	else
		buf_appendf(&target, OPERATION_LOCAL_TARGET ".%s", operation->local_name);
	list = header_add(list, "Content-Type", "application/x-amz-json-1.0");
	list = header_add(list, "X-Amz-Target", buf_string(&target));
	if (token && !remote->socket_path)
		list = header_add(list, "X-Amz-Security-Token", token);
	return header_add(list, "Expect", ""); /* no waiting for a word to go on */
}

static void set_signing(const struct remote *remote, CURL *curl, const struct operation *operation)
{
	struct buf signing CLEANUP(buf_release) = BUF_INIT;

	if (remote->socket_path)
		return;
	buf_appendf(&signing, "aws:amz:%s:%s", remote->region,
		operation_services[operation->kind].signing);
	curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, buf_string(&signing));
}

/* libcurl tells of a socket as of a host and a port, which nobody here has named. */
static int tell_failure(
	const struct remote *remote, const struct line *line, CURLcode code, struct error *err)
{
	bool lost = code == CURLE_COULDNT_CONNECT || code == CURLE_GOT_NOTHING ||
		    code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
		    code == CURLE_PARTIAL_FILE;

	if (remote->socket_path && lost)
		return error_set(err, ERROR_SYSTEM, "%s: the process that had it open has ended",
			remote->name);
	return error_set(err, ERROR_SYSTEM, "%s: %s", remote->name,
		line->message[0] ? line->message : curl_easy_strerror(code));
}

/* One try: the answer and its status. */
static int perform(struct remote *remote, struct line *line, const struct operation *operation,
	struct slice request, struct buf *ret, long *ret_status, struct error *err)
{
	struct curl_slist *headers CLEANUP(slist_freep) = headers_of(remote, operation);
	CURLcode code;

	if (!line->curl)
		return error_set(err, ERROR_SYSTEM, "Starting libcurl failed");
	buf_clear(ret);
	line->message[0] = '\0';
	set_signing(remote, line->curl, operation);
	curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(line->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.len);
	curl_easy_setopt(line->curl, CURLOPT_POSTFIELDS, request.data);
	curl_easy_setopt(line->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(line->curl, CURLOPT_WRITEDATA, ret);
	code = curl_easy_perform(line->curl);
	curl_easy_setopt(line->curl, CURLOPT_HTTPHEADER, NULL);
	if (code != CURLE_OK)
		return tell_failure(remote, line, code, err);
	curl_easy_getinfo(line->curl, CURLINFO_RESPONSE_CODE, ret_status);
	return 0;
}

/* Whether the other side says that it did nothing, for now. */
static bool was_not_taken(long status, struct slice body)
{
	static const char *const exceptions[] = { "#ThrottlingException\"",
		"#ProvisionedThroughputExceededException\"", "#RequestLimitExceeded\"" };

	for (size_t i = 0; status == 400 && i < ARRAY_SIZE(exceptions); i++) {
		if (memmem(body.data, body.len, exceptions[i], strlen(exceptions[i])))
			return true;
	}
	return status == 503;
}

static void pause_before(unsigned try)
{
	struct timespec pause = { .tv_nsec = (long)FIRST_PAUSE_NS << (try - 1) };

	pause.tv_sec = pause.tv_nsec / 1000000000;
	pause.tv_nsec %= 1000000000;
	nanosleep(&pause, NULL);
}

static int call_on(struct remote *remote, struct line *line, const struct operation *operation,
	struct slice request, struct buf *ret, struct error *err)
{
	long status = 503;

	for (unsigned try = 0; try < TRIES && was_not_taken(status, buf_slice(ret)); try++) {
		if (try)
			pause_before(try);
		TRY(perform(remote, line, operation, request, ret, &status, err));
	}
	if (status == 200)
		return 0;
	remote_read_error(status, buf_slice(ret), err);
	return explain(remote, err);
}

int remote_call(struct remote *remote, const struct operation *operation, struct slice request,
	struct buf *ret, struct error *err)
{
	struct line *line = line_take(remote);
	int r = call_on(remote, line, operation, request, ret, err);

	line_give_back(remote, line);
	return r;
}

/* Opening */

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT); /* what fails then, fails for each line */
}

static char *copy_string(const char *string)
{
	return string ? memory_copy_string(string, strlen(string)) : NULL;
}

int remote_open(const struct remote_options *options, struct remote **ret, struct error *err)
{
	const char *region =
		environment("AWS_REGION", environment("AWS_DEFAULT_REGION", REGION_DEFAULT));
	struct remote *remote;

	if (strchr(region, ':'))
		return error_set(err, ERROR_VALIDATION, "AWS_REGION is no region: %s", region);
	pthread_once(&started, start);
	remote = memory_new_zero(sizeof(*remote));
	pthread_mutex_init(&remote->mutex, NULL);
	remote->url = copy_string(options->url);
	remote->name = copy_string(options->name);
	remote->socket_path = copy_string(options->socket_path);
	remote->region = copy_string(region);
	*ret = remote;
	return 0;
}

void remote_close(struct remote *remote)
{
	while (remote->idle) {
		struct line *line = remote->idle;

		remote->idle = line->next;
		line_free(line);
	}
	pthread_mutex_destroy(&remote->mutex);
	free(remote->region);
	free(remote->socket_path);
	free(remote->name);
	free(remote->url);
	free(remote);
}
