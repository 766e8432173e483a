/* SPDX-License-Identifier: Apache-2.0 */
/* expr.h - set expressions: from text to a program. PURE: knows no store.
 *
 *	paid minus (refunded or test:accounts)
 *	any(2026-11-*),and,at(monday,paid)
 *
 * Words stand between spaces, commas and parentheses; a space and a comma are
 * the same everywhere, so that an expression needs no quotes in a shell. A
 * word that is an operator (and or xor minus & | ^ \) is one, a word with "("
 * right after it is a function, any other is a name. So a minus sign is always
 * part of a name, and a name that reads like an operator, or has a space in it,
 * is written with %XX for any of its bytes: %61nd. In a name ":" is a "/".
 *
 *	expr	 = xors { or xors }
 *	xors	 = ands { xor ands }
 *	ands	 = operand { (and | minus) operand }	all from left to right
 *	operand	 = name | ( expr )
 *		 | any(GLOB) | all(GLOB) | atleast(K,GLOB)
 *		 | range(A,B,expr) | at(SNAPSHOT,expr) | set(N,A-B,...)
 *
 * What comes out is a program for a stack: an operand pushes a set, range()
 * changes the last one, an operator takes two and pushes one. at() is in the
 * operands below it, the innermost counts.
 */
#ifndef FS_EXPR_H
#define FS_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "bitmap/bitmap.h"

#define FS_EXPR_LEN_MAX	  65536u /* bytes of text */
#define FS_EXPR_STEPS_MAX 4096u
#define FS_EXPR_DEPTH_MAX 32u /* parentheses and functions in each other */

enum fs_expr_kind {
	FS_EXPR_NAME,  /* text: a path, components between '/' */
	FS_EXPR_GLOB,  /* text: likewise, each for fnmatch(3); k */
	FS_EXPR_SET,   /* n commands from items[first] on */
	FS_EXPR_RANGE, /* lo to hi of the last */
	FS_EXPR_PAIR   /* op of the last two */
};

struct fs_expr_step {
	enum fs_expr_kind kind;
	enum bm_algebra op;
	size_t at;	  /* first byte of its word in the source, from 1 */
	const char *text; /* in the expression's own memory */
	const char *snap; /* NULL: not within at() */
	uint64_t k;	  /* in so many sets; FS_EXPR_ALL: in each */
	uint64_t lo, hi;
	size_t first, n;
};
#define FS_EXPR_ALL UINT64_MAX

struct fs_expr {
	struct fs_expr_step *steps; /* owned, as all below */
	size_t n_steps;
	struct bm_command *items; /* of all literals */
	size_t n_items;
	char *words;
};

/* Where and why: for people. */
struct fs_expr_error {
	size_t at;	    /* byte, from 1 */
	char text[40];	    /* what stands there, shortened */
	const char *reason; /* static, with the cure */
};

/* -EINVAL with *ret_error filled, -ERANGE for a number above 2^64-1 likewise,
 * -E2BIG likewise, or -ENOMEM with a reason of NULL. */
int fs_expr_parse(const char *text, size_t len, struct fs_expr *ret_expr,
		  struct fs_expr_error *ret_error);
void fs_expr_finish(struct fs_expr *e); /* accepts a zeroed one */

#endif
