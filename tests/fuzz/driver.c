/*
 * Runs a fuzz target over a corpus: fuzz_<target> DIRECTORY. Each file is one
 * test, of itself and of MUTANTS variations of it, in the Test Anything
 * Protocol. Mutants come from a fixed seed: a failure happens again.
 *
 * The target aborts on failure; the lines that are then missing from the plan
 * are what fails the run, and the file at work is the one on the last line.
 */
#include "base/buf.h"
#include "base/cleanup.h"

#include "fuzz.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#define MUTANTS 10000

static uint64_t random_state;

/* xorshift64*: Marsaglia, "Xorshift RNGs", with Vigna's multiplier. */
static size_t random_below(size_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (size_t)((random_state * 0x2545F4914F6CDD1Du) >> 32) % limit;
}

static void flip_bit(struct buf *input)
{
	input->data[random_below(input->len)] ^= (char)(1 << random_below(8));
}

static void set_byte(struct buf *input)
{
	input->data[random_below(input->len)] = (char)random_below(256);
}

static void cut_end(struct buf *input)
{
	input->len = random_below(input->len);
}

static void remove_run(struct buf *input)
{
	size_t start = random_below(input->len);
	size_t len = 1 + random_below(input->len - start);

	memmove(input->data + start, input->data + start + len, input->len - start - len);
	input->len -= len;
}

/* Appends a run of its own bytes: repeated members, digits, brackets. */
static void repeat_run(struct buf *input)
{
	size_t start = random_below(input->len);
	size_t len = 1 + random_below(input->len - start);

	buf_reserve(input, len);
	memcpy(input->data + input->len, input->data + start, len);
	input->len += len;
}

static void (*const mutations[])(struct buf *) = {
	flip_bit,
	set_byte,
	cut_end,
	remove_run,
	repeat_run,
};

/* On the heap in its exact size, so that a read beyond it is found. */
static void try_input(struct slice input)
{
	CLEANUP(cleanup_free) uint8_t *copy = malloc(input.len ? input.len : 1);

	if (!copy)
		err(1, "malloc");
	memcpy(copy, input.data, input.len);
	LLVMFuzzerTestOneInput(copy, input.len);
}

static void try_mutants(struct slice seed)
{
	CLEANUP(buf_release) struct buf mutant = BUF_INIT;

	random_state = 0x9E3779B97F4A7C15u;
	for (int i = 0; i < MUTANTS; i++) {
		buf_clear(&mutant);
		buf_append_slice(&mutant, seed);
		for (size_t left = 1 + random_below(4); left && mutant.len; left--)
			mutations[random_below(ARRAY_SIZE(mutations))](&mutant);
		try_input(buf_slice(&mutant));
	}
}

static void read_file(int directory, const char *name, struct buf *content)
{
	CLEANUP(cleanup_close) int fd = openat(directory, name, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		err(1, "%s", name);
	while ((len = read(fd, buf_reserve(content, 65536), 65536)) > 0)
		content->len += (size_t)len;
	if (len < 0)
		err(1, "%s", name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void try_file(int directory, const char *name)
{
	CLEANUP(buf_release) struct buf seed = BUF_INIT;

	printf("# %s\n", name);
	fflush(stdout);
	read_file(directory, name, &seed);
	try_input(buf_slice(&seed));
	try_mutants(buf_slice(&seed));
}

int main(int argc, char **argv)
{
	struct dirent **files;
	int directory, count;

	if (argc != 2)
		errx(2, "usage: %s DIRECTORY", argv[0]);
	directory = open(argv[1], O_RDONLY | O_DIRECTORY);
	count = scandir(argv[1], &files, is_visible, alphasort);
	if (directory < 0 || count < 0)
		err(1, "%s", argv[1]);
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		try_file(directory, files[i]->d_name);
		printf("ok %d - %s and %d mutants of it\n", i + 1, files[i]->d_name, MUTANTS);
		free(files[i]);
	}
	free(files);
	close(directory);
	return EXIT_SUCCESS;
}
