/* Small files as a whole, and paths beside others. */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#define FILE_ABSENT 1
/* Appends all of a file, of at most so many bytes: 0, or FILE_ABSENT. */
int file_read_if_present(
	const char *path, size_t max, struct buf *ret, struct error *err) NODISCARD;
/* The same of one that must be there. */
int file_read(const char *path, size_t max, struct buf *ret, struct error *err) NODISCARD;
/* Writes all of a file so that at any time, also after a power failure, it is
 * the old one or the new one. */
int file_replace(const char *path, struct slice text, struct error *err) NODISCARD;
/* Removes it if it is there. */
int file_remove(const char *path, struct error *err) NODISCARD;
/* Removes the files in a directory whose names end so. */
int files_remove(const char *directory, struct slice ending, struct error *err) NODISCARD;
int file_rename(const char *from, const char *to, struct error *err) NODISCARD;
/* Writes all bytes: 0, or the errno. */
int file_write_fully(int fd, struct slice bytes) NODISCARD;
/* The same; `name` is for the error. */
int file_write_all(int fd, struct slice bytes, const char *name, struct error *err) NODISCARD;
/* The path without slashes at its end and with something added, new. */
char *path_with(const char *path, const char *suffix);
