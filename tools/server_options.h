/*
 * The options that `serve` and `mount` share: of the store and of the HTTP
 * door. One table knows their names, for both commands and for -o.
 */
#pragma once

#include "api/engine.h"
#include "http_listener.h"
#include <getopt.h>
#include <stdbool.h>

/* Zeroed is the default; the strings are owned. */
struct server_options {
	uint64_t cache_bytes;
	bool strict_durability, relaxed_durability;
	bool enforce_capacity;
	unsigned ttl_interval_seconds;
	enum audit_mode audit;
	bool audit_items;
	uint64_t audit_bytes;
	char *region, *account;
	char *http; /* the address, or NULL: no such door */
	char *credentials, *tls_certificate, *tls_key; /* absolute paths */
	char *buckets; /* an absolute path */
	char *key_file; /* the same; NULL: what key_option() says */
};

/* Lines of --help. */
#define SERVER_OPTIONS_HELP \
	"  --cache=SIZE             memory for the store's cache (default 64M)\n" \
	"  --durability=strict      every write survives power loss, also close() of a file\n" \
	"  --durability=relaxed     a write survives a crash of the process; by default\n" \
	"                           one over HTTP survives power loss, close() only a crash,\n" \
	"                           and fsync() makes it survive power loss\n" \
	"  --capacity=observe       admit everything, and count what the service would have\n" \
	"                           throttled (the default)\n" \
	"  --capacity=enforce       throttle as the service does; files wait instead\n" \
	"  --region=NAME            in ARNs and signatures (default us-east-1)\n" \
	"  --account=ID             in ARNs (default 123456789012)\n" \
	"  --audit=MODE             log calls of the control plane (control, the default), of\n" \
	"                           data too (data), or none (off)\n" \
	"  --audit-size=SIZE        how long the log of calls may become (default 64M)\n" \
	"  --audit-items            the log tells values of items, too\n" \
	"  --ttl-interval=SECONDS   how often to delete items that have expired (default 2)\n" \
	"  --key-file=FILE          the key of the data directory; a new one is encrypted by it\n" \
	"  --buckets=DIR            exports and imports: its subdirectories stand for S3's\n" \
	"                           buckets\n" \
	"  --credentials=FILE       verify signatures over HTTP; needed beyond loopback\n" \
	"  --tls-cert=FILE          HTTPS with this certificate (PEM)\n" \
	"  --tls-key=FILE           and its key\n"

#define SERVER_OPTION_UNKNOWN 1

void server_options_release(struct server_options *options);
/* Sets an option by its name (len bytes): 0, -1 when it has no such value, which is
 * said, or SERVER_OPTION_UNKNOWN. The value is NULL when none was given. */
int server_option_set(
	struct server_options *options, const char *name, size_t len, const char *value);
/* The same for what getopt_long() found. */
int server_option_set_long(struct server_options *options, int code, const char *value);
/* Fills rows for getopt_long(), whose codes begin at SERVER_OPTION_FIRST, and
 * ends them with an empty row. */
#define SERVER_OPTION_FIRST 512
#define SERVER_OPTION_COUNT 15
void server_options_long(struct option rows[SERVER_OPTION_COUNT + 1]);

/* What they say to the engine and to the listener; borrowed. */
struct engine_options server_options_engine(const struct server_options *options);
struct http_options server_options_http(const struct server_options *options);

/* Digits with an optional K, M or G; more than 0. */
bool parse_size(const char *text, uint64_t *ret);
/* A new path that stays right after a change of directory. */
char *absolute_path(const char *path);
