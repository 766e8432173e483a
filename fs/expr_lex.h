/* SPDX-License-Identifier: Apache-2.0 */
/* expr_lex.h - the words of an expression. PRIVATE to expr_*.c. */
#ifndef FS_EXPR_LEX_H
#define FS_EXPR_LEX_H

#include <stdbool.h>

#include "fs/expr.h"

enum fs_token_kind {
	FS_TOKEN_END,
	FS_TOKEN_WORD,
	FS_TOKEN_CALL, /* a word with "(" right after it, which is taken */
	FS_TOKEN_OPEN,
	FS_TOKEN_CLOSE,
	FS_TOKEN_OP
};

struct fs_token {
	enum fs_token_kind kind;
	enum bm_algebra op;
	const char *p; /* as written, in the source */
	size_t len;
};

struct fs_lex {
	const char *text, *end;
	const char *next;
};

void fs_lex_next(struct fs_lex *l, struct fs_token *ret_token);

/* A word as what it stands for, with a NUL: at most len + 1 bytes, or with
 * glob, where a byte that was escaped is no wildcard, 2 * len + 1. NULL, or
 * why not. */
const char *fs_lex_path(const struct fs_token *t, bool glob, char *ret_text);
/* The same without "/": the name of a snapshot. */
const char *fs_lex_name(const struct fs_token *t, char *ret_text);
/* "7", or with ret_hi "7-9": 0, -EINVAL, -ERANGE. */
int fs_lex_number(const struct fs_token *t, uint64_t *ret_lo, uint64_t *ret_hi);

#endif
