/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_expr.c - any bytes as an expression: refused with a place and a reason,
 * or a program that leaves one set on its stack and never takes from an empty
 * one, with words that end.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

static void run(const struct fs_expr *e)
{
	size_t items = 0, depth = 0;

	for (size_t i = 0; i < e->n_steps; i++) {
		const struct fs_expr_step *s = &e->steps[i];

		must(!s->snap || strlen(s->snap) > 0);
		if (s->kind == FS_EXPR_RANGE) {
			must(depth >= 1 && s->lo <= s->hi);
		} else if (s->kind == FS_EXPR_PAIR) {
			must(depth >= 2);
			depth--;
		} else {
			depth++;
		}
		if (s->kind == FS_EXPR_SET) {
			must(s->first == items);
			items += s->n;
		} else if (s->kind <= FS_EXPR_GLOB) {
			must(s->text[0] && s->text[0] != '/');
		}
		if (s->kind == FS_EXPR_GLOB)
			must(s->k > 0);
	}
	must(depth == 1 && items == e->n_items);
	for (size_t i = 0; i < items; i++)
		must(e->items[i].lo <= e->items[i].hi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fs_expr_error why;
	struct fs_expr e;
	/* No NUL behind it, and nothing that could be read. */
	char *text = malloc(size ? size : 1);
	int err;

	must(text);
	if (size)
		memcpy(text, data, size);
	err = fs_expr_parse(text, size, &e, &why);
	if (err) {
		must(why.reason && why.at >= 1 && why.at <= size + 1);
		must(memchr(why.text, '\0', sizeof(why.text)));
	} else {
		run(&e);
		fs_expr_finish(&e);
	}
	free(text);
	return 0;
}
