/* What is imported: one file, standard input, or the data files of an export. */
#pragma once

#include "base/arena.h"
#include "port_manifest.h"

struct input_part {
	const char *path; /* "-": standard input */
	uint64_t size;
	bool has_md5;
	unsigned char md5[MD5_LENGTH];
};

struct port_input {
	struct arena arena;
	const char *path; /* as given, without slashes at its end */
	bool is_export;
	bool can_resume; /* it can be read again */
	struct input_part *parts;
	size_t count;
	uint64_t size; /* bytes of all; 0: not known */
	uint64_t identity; /* of what lies there: sizes, times and inodes */
};

/* Looks what the path names; "-" is standard input. */
int input_find(const char *path, struct port_input *ret, struct error *err) NODISCARD;
void input_release(struct port_input *input);
