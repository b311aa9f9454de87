/*
 * A fuzz target takes any bytes and aborts when a property of the code does
 * not hold for them; the sanitizers find the rest. The function has the name
 * that libFuzzer and AFL call, so that the same file serves them:
 *
 *	clang -fsanitize=fuzzer,address -Iengine tests/fuzz/fuzz_json.c ...
 *
 * In the tests, driver.c feeds it the corpus and mutants of it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property, which NDEBUG does not remove. */
#define HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)
