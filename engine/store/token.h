/*
 * Client request tokens: what was written under which token, kept ten minutes.
 *
 *	DATA/tokens.db	token -> i64 time in ns, 16 bytes of hash of the content
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "store/txn.h"
#include <stdint.h>

#define TOKEN_LIFE_NS (10LL * 60 * 1000000000)

#define TOKEN_SAME  1
#define TOKEN_OTHER 2
/* Within a write transaction: 0 when the token is new, or older than its life,
 * and now noted; TOKEN_SAME when it was used with that content, TOKEN_OTHER
 * with another. Old ones are forgotten on the way. */
int token_use(struct txn *txn, struct slice token, struct slice content, int64_t now_ns,
	struct error *err) NODISCARD;
