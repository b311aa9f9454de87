#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(size_t size)
{
	fprintf(stderr, "dynamount: out of memory allocating %zu bytes\n", size);
	abort();
}

void *memory_new(size_t size)
{
	void *pointer = malloc(size ? size : 1);

	if (!pointer)
		out_of_memory(size);
	return pointer;
}

void *memory_new_zero(size_t size)
{
	void *pointer = calloc(1, size ? size : 1);

	if (!pointer)
		out_of_memory(size);
	return pointer;
}

void *memory_resize(void *pointer, size_t size)
{
	void *resized = realloc(pointer, size ? size : 1);

	if (!resized)
		out_of_memory(size);
	return resized;
}

char *memory_copy_string(const char *data, size_t len)
{
	char *copy = memory_new(len + 1);

	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}
