/* SPDX-License-Identifier: Apache-2.0 */
/* extent.c - lists of page runs. */
#include "regionstore/extent.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 16u

void rs_extents_finish(struct rs_extents *x)
{
	free(x->v);
	*x = (struct rs_extents){ 0 };
}

int rs_extents_reserve(struct rs_extents *x, size_t more)
{
	size_t cap = x->cap ? x->cap * 2 : CAP_MIN;
	struct rs_extent *v;

	if (more <= x->cap - x->n)
		return 0;
	if (cap < x->n + more)
		cap = x->n + more;
	v = realloc(x->v, cap * sizeof(*v));
	if (!v)
		return -ENOMEM;
	x->v = v;
	x->cap = cap;
	return 0;
}

static bool continues(const struct rs_extent *a, const struct rs_extent *b)
{
	return a->pgno + a->npages == b->pgno && a->kind == b->kind &&
	       a->birth == b->birth && a->death == b->death &&
	       a->commit == b->commit && a->npages <= UINT16_MAX - b->npages;
}

int rs_extents_add(struct rs_extents *x, const struct rs_extent *e)
{
	int err;

	if (x->n > 0 && e->npages < UINT16_MAX &&
	    continues(&x->v[x->n - 1], e)) {
		x->v[x->n - 1].npages += e->npages;
		return 0;
	}
	err = rs_extents_reserve(x, 1);
	if (!err)
		x->v[x->n++] = *e;
	return err;
}

int rs_extents_move(struct rs_extents *dst, struct rs_extents *src)
{
	int err;

	if (dst->n == 0) {
		struct rs_extents empty = *dst;

		*dst = *src;
		*src = empty;
		return 0;
	}
	err = rs_extents_reserve(dst, src->n);
	if (err)
		return err;
	if (src->n > 0)
		memcpy(dst->v + dst->n, src->v, src->n * sizeof(*src->v));
	dst->n += src->n;
	src->n = 0;
	return 0;
}

static int by_page(const void *a, const void *b)
{
	const struct rs_extent *x = a;
	const struct rs_extent *y = b;

	return x->pgno < y->pgno ? -1 : x->pgno > y->pgno;
}

void rs_extents_sort(struct rs_extents *x)
{
	size_t n = 0;

	if (x->n < 2)
		return;
	qsort(x->v, x->n, sizeof(*x->v), by_page);
	for (size_t i = 1; i < x->n; i++) {
		if (continues(&x->v[n], &x->v[i]))
			x->v[n].npages += x->v[i].npages;
		else
			x->v[++n] = x->v[i];
	}
	x->n = n + 1;
}

uint64_t rs_extents_pages(const struct rs_extents *x)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < x->n; i++)
		pages += x->v[i].npages;
	return pages;
}
