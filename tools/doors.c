#include "doors.h"

#include "base/log.h"

#include <stdio.h>

static void open_owners(const struct server_options *options, const char *data_directory,
	struct engine *engine, struct http_listener **ret)
{
	struct http_options http = { .data_directory = data_directory,
		.region = options->region,
		.account = options->account };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (http_listener_open(&http, engine, ret, &err) < 0)
		log_warning("commands will not reach this process by %s: %s", data_directory,
			err.message);
}

int doors_open(const struct server_options *options, const char *data_directory,
	struct engine *engine, struct doors *ret, struct error *err)
{
	struct http_options http = server_options_http(options);

	*ret = (struct doors){ 0 };
	if (http.address)
		TRY(http_listener_open(&http, engine, &ret->http, err));
	open_owners(options, data_directory, engine, &ret->owner);
	return 0;
}

void doors_close(struct doors *doors)
{
	if (doors->owner)
		http_listener_close(doors->owner);
	if (doors->http)
		http_listener_close(doors->http);
	*doors = (struct doors){ 0 };
}

void doors_announce(const struct doors *doors)
{
	if (!doors->http)
		return;
	printf("listening on %s\n", http_listener_url(doors->http));
	fflush(stdout);
}
