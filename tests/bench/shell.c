/*
 * The benchmark's user of the special files, from one thread or two.
 *
 *	shell query TABLE COUNT QUESTION	seconds for COUNT answers on one descriptor
 *	shell follow TABLE COUNT		microseconds from the beginning of a write
 *						to its record, one a line
 *
 * TABLE is a table's directory on the mount. `query` reads each answer to its
 * end and fails when one is empty; `follow` writes one item at a time and waits
 * for its record before it writes the next.
 */
#include "base/clock.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM (1 << 20) /* bytes read at once */

static const char document[] = "{\"name\":\"A small thing\",\"price\":12.5}\n";

static int open_in(int directory, const char *name, int flags)
{
	int fd = openat(directory, name, flags, 0644);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static void write_all(int fd, const char *text, size_t len)
{
	if (write(fd, text, len) != (ssize_t)len)
		err(1, "write");
}

/* Asks and reads to the end; how many bytes the answer has. */
static size_t ask(int fd, const char *question, char *room)
{
	size_t total = 0;
	ssize_t got;

	write_all(fd, question, strlen(question));
	while ((got = read(fd, room, ROOM)) > 0)
		total += (size_t)got;
	if (got < 0)
		err(1, "reading the answer");
	return total;
}

static void query(int directory, uint64_t count, const char *condition)
{
	int fd = open_in(directory, ".query", O_RDWR);
	char *room = malloc(ROOM), *question = NULL;
	int64_t start = clock_monotonic_ns();

	if (!room || asprintf(&question, "%s\n", condition) < 0)
		err(1, "memory");
	for (uint64_t i = 0; i < count; i++) {
		if (!ask(fd, question, room))
			errx(1, "an answer was empty");
	}
	printf("%.6f\n", (double)(clock_monotonic_ns() - start) / 1e9);
	free(question);
	free(room);
	close(fd);
}

/* The follower's thread: notes when each record comes. */
struct follower {
	int fd;
	uint64_t count;
	int64_t seen_ns;
	sem_t seen;
};

static void *follow_records(void *context)
{
	struct follower *follower = context;
	char *room = malloc(ROOM);

	if (!room)
		err(1, "memory");
	for (uint64_t i = 0; i < follower->count; i++) {
		if (read(follower->fd, room, ROOM) <= 0)
			err(1, "reading .follow");
		follower->seen_ns = clock_monotonic_ns();
		sem_post(&follower->seen);
	}
	free(room);
	return NULL;
}

static int64_t write_one(int directory, uint64_t number)
{
	int64_t start = clock_monotonic_ns();
	char *name;
	int fd;

	if (asprintf(&name, "follow-%" PRIu64 ".json", number) < 0)
		err(1, "memory");
	fd = open_in(directory, name, O_WRONLY | O_CREAT | O_TRUNC);
	write_all(fd, document, sizeof(document) - 1);
	close(fd);
	free(name);
	return start;
}

static void follow(int directory, uint64_t count, const char *unused)
{
	struct follower follower = { .fd = open_in(directory, ".follow", O_RDONLY),
		.count = count };
	pthread_t thread;

	(void)unused;
	sem_init(&follower.seen, 0, 0);
	if (pthread_create(&thread, NULL, follow_records, &follower))
		errx(1, "no thread");
	for (uint64_t i = 0; i < count; i++) {
		int64_t start;

		usleep(2000); /* let it wait in its read */
		start = write_one(directory, i);
		sem_wait(&follower.seen);
		printf("%" PRId64 "\n", (follower.seen_ns - start) / 1000);
	}
	pthread_join(thread, NULL);
	close(follower.fd);
}

static const struct {
	const char *name;
	void (*run)(int directory, uint64_t count, const char *question);
	int arguments;
} modes[] = {
	{ "query", query, 5 },
	{ "follow", follow, 4 },
};

int main(int argc, char **argv)
{
	int directory;

	for (size_t i = 0; argc > 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) != 0 || argc != modes[i].arguments)
			continue;
		directory = open(argv[2], O_RDONLY | O_DIRECTORY);
		if (directory < 0)
			err(1, "%s", argv[2]);
		modes[i].run(directory, strtoull(argv[3], NULL, 10), argv[4]);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "usage: shell query TABLE COUNT QUESTION | follow TABLE COUNT\n");
	return EXIT_FAILURE;
}
