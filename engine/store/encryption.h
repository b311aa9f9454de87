/*
 * Encryption at rest: which key a data directory has.
 *
 * Berkeley DB encrypts the pages of its files and the records of its log with
 * AES-128 in CBC mode, and protects each by HMAC-SHA1, under a password that is
 * the environment's. Here the password comes from a key file, and a wrong one is
 * told from damage. DATA/encryption is a small text file:
 *
 *	dynamount encryption 1
 *	salt HEX
 *	verifier HEX
 *
 * Invariants:
 * 1. scrypt(key, salt) gives the password (its first half, in hexadecimal) and
 *    the key of the verifier, an HMAC-SHA256 (its second half): neither tells
 *    the other, nor the file the key.
 * 2. The file is on disk before anything else of an encrypted directory is, and
 *    never changes: so all that Berkeley DB ever wrote there is encrypted, and
 *    where there is no such file nothing is.
 * 3. Whether key and directory fit is known before either is touched.
 *
 * Source: DB_ENV->set_encrypt() in Berkeley DB's reference; RFC 7914 (scrypt).
 */
#pragma once

#include "base/error.h"
#include "store/key_file.h"
#include <stdbool.h>

#define ENCRYPTION_FILE_NAME "encryption"

/* Berkeley DB's password of a directory; an empty one: it is not encrypted. */
struct password {
	char text[2 * 32 + 1];
};

void password_wipe(struct password *password);
static inline bool password_present(const struct password *password)
{
	return password->text[0];
}

/* Whether a directory says that it is encrypted. */
bool encryption_is_on(const char *directory);
/* The password of a directory and a key (NULL: none was given). A directory
 * without data becomes an encrypted one by a key. Errors tell what does not fit
 * and what to do. */
int encryption_open(const char *directory, const struct key_file *key, struct password *ret,
	struct error *err) NODISCARD;
/* The same of one that is there, a backup, in which nothing is made. */
int encryption_unlock(const char *directory, const struct key_file *key, struct password *ret,
	struct error *err) NODISCARD;
