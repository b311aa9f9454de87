/*
 * Allocation that does not fail: when the kernel gives no more memory the
 * process says so and aborts. Every size that reaches these functions has been
 * bounded by validation, and the store survives an abort like a kill -9.
 */
#pragma once

#include <stddef.h>

void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed. */
void *memory_new_zero(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_resize(void *pointer, size_t size) __attribute__((returns_nonnull));
/* A NUL-terminated copy of len bytes. */
char *memory_copy_string(const char *data, size_t len) __attribute__((malloc, returns_nonnull));
