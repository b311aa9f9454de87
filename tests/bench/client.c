/*
 * The benchmark's client: one thread that does one thing many times on whatever
 * is mounted, and prints how long that took.
 *
 *	client PHASE DIRECTORY COUNT
 *
 * prints the seconds that the COUNT files of DIRECTORY cost. The same program
 * runs on the mount and on the file system that does nothing.
 *
 * 1. Files are item-0.json to item-<COUNT-1>.json and hold the same document.
 * 2. What a phase needs warm it warms itself, untimed and in portions: no file
 *    is asked for later than the kernel's timeouts allow.
 * 3. "Uncached" means that the kernel has to ask: pages are dropped, and stat
 *    demands fresh attributes.
 */
#include "base/cleanup.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NAME_ROOM 32
#define PORTION   500 /* files */

static const char document[] = "{\"name\":\"A small thing\",\"price\":12.5,\"stock\":137,"
			       "\"tags\":[\"red\",\"round\"],\"note\":\"one of many like it\"}\n";

struct portion {
	int directory; /* a descriptor */
	uint64_t first;
	uint64_t count;
};

struct phase {
	const char *name;
	/* Untimed, before "run"; may be absent. */
	void (*prepare)(const struct portion *portion);
	void (*run)(const struct portion *portion);
	bool in_portions;
	unsigned repeats; /* of "run", for what is too short to time; the mean counts */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const char *file_name(uint64_t number, char room[static NAME_ROOM])
{
	snprintf(room, NAME_ROOM, "item-%" PRIu64 ".json", number);
	return room;
}

static int open_file(const struct portion *portion, uint64_t i, int flags)
{
	char room[NAME_ROOM];
	const char *name = file_name(portion->first + i, room);
	int fd = openat(portion->directory, name, flags, 0644);

	if (fd < 0)
		err(1, "open %s", name);
	return fd;
}

static void close_file(int fd)
{
	if (close(fd) < 0)
		err(1, "close");
}

static void create_files(const struct portion *portion)
{
	for (uint64_t i = 0; i < portion->count; i++) {
		int fd = open_file(portion, i, O_WRONLY | O_CREAT | O_TRUNC);

		if (write(fd, document, sizeof(document) - 1) != sizeof(document) - 1)
			err(1, "write");
		close_file(fd);
	}
}

static void read_files(const struct portion *portion)
{
	char content[sizeof(document)];

	for (uint64_t i = 0; i < portion->count; i++) {
		int fd = open_file(portion, i, O_RDONLY);

		if (read(fd, content, sizeof(content)) != sizeof(document) - 1)
			err(1, "read");
		close_file(fd);
	}
}

static void drop_pages(const struct portion *portion)
{
	for (uint64_t i = 0; i < portion->count; i++) {
		int fd = open_file(portion, i, O_RDONLY);

		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close_file(fd);
	}
}

static void stat_files_with(const struct portion *portion, int flags)
{
	for (uint64_t i = 0; i < portion->count; i++) {
		char room[NAME_ROOM];
		struct statx attributes;

		if (statx(portion->directory, file_name(portion->first + i, room), flags,
			    STATX_BASIC_STATS, &attributes) < 0)
			err(1, "stat %s", room);
	}
}

static void stat_files(const struct portion *portion)
{
	stat_files_with(portion, 0);
}

static void stat_files_freshly(const struct portion *portion)
{
	stat_files_with(portion, AT_STATX_FORCE_SYNC);
}

static bool is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Reads the whole directory, with an lstat of each entry if asked for. */
static void list_with(const struct portion *portion, bool with_stat)
{
	DIR *stream = fdopendir(openat(portion->directory, ".", O_RDONLY | O_DIRECTORY));
	uint64_t seen = 0;

	if (!stream)
		err(1, "opendir");
	for (struct dirent *entry; (entry = readdir(stream));) {
		struct stat st;

		if (with_stat &&
			fstatat(portion->directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			err(1, "stat %s", entry->d_name);
		seen += is_file(entry);
	}
	closedir(stream);
	if (seen != portion->count)
		errx(1, "listed %" PRIu64 " files, not %" PRIu64, seen, portion->count);
}

static void list(const struct portion *portion)
{
	list_with(portion, false);
}

static void list_with_stat(const struct portion *portion)
{
	list_with(portion, true);
}

static const struct phase phases[] = {
	{ .name = "create", .run = create_files },
	{ .name = "read", .run = read_files, .prepare = drop_pages, .in_portions = true },
	{ .name = "read-cached", .run = read_files, .prepare = read_files, .in_portions = true },
	{ .name = "stat", .run = stat_files_freshly, .prepare = stat_files, .in_portions = true },
	{ .name = "stat-cached",
		.run = stat_files,
		.prepare = stat_files,
		.in_portions = true,
		.repeats = 20 },
	{ .name = "list", .run = list },
	{ .name = "list-stat", .run = list_with_stat },
};

static double seconds_of(const struct phase *phase, struct portion portion)
{
	unsigned repeats = phase->repeats ? phase->repeats : 1;
	double start;

	if (phase->prepare)
		phase->prepare(&portion);
	start = now();
	for (unsigned i = 0; i < repeats; i++)
		phase->run(&portion);
	return (now() - start) / repeats;
}

static double measure(const struct phase *phase, int directory, uint64_t count)
{
	uint64_t step = phase->in_portions ? PORTION : count;
	double seconds = 0;

	for (uint64_t first = 0; first < count; first += step) {
		uint64_t left = count - first;

		seconds += seconds_of(
			phase, (struct portion){ directory, first, left < step ? left : step });
	}
	return seconds;
}

static const struct phase *find_phase(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		if (strcmp(phases[i].name, name) == 0)
			return &phases[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct phase *phase = argc == 4 ? find_phase(argv[1]) : NULL;
	int directory;

	if (!phase) {
		fprintf(stderr, "usage: client PHASE DIRECTORY COUNT\n");
		return EXIT_FAILURE;
	}
	directory = open(argv[2], O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		err(1, "%s", argv[2]);
	printf("%.6f\n", measure(phase, directory, strtoull(argv[3], NULL, 10)));
	return EXIT_SUCCESS;
}
