/*
 * nullhttp PORT: an HTTP server that answers every request with {}, by the library
 * of ours and nothing else: what can be had at most.
 */
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body, size_t *body_len, void **state)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)context, (void)url, (void)method, (void)version, (void)body;
	if (!*state) {
		*state = connection;
		return MHD_YES;
	}
	if (*body_len) {
		*body_len = 0;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(2, (void *)"{}", MHD_RESPMEM_PERSISTENT);
	result = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return result;
}

int main(int argc, char **argv)
{
	uint16_t port = (uint16_t)(argc == 2 ? strtoul(argv[1], NULL, 10) : 0);

	if (!port)
		return 2;
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, port, NULL, NULL, answer, NULL,
		    MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END))
		return EXIT_FAILURE;
	pause();
	return EXIT_SUCCESS;
}
