/* SPDX-License-Identifier: Apache-2.0 */
/* region_write.c - the first step of a write: bytes to pages, no lock held.
 *
 * An aligned write of 128 KiB is one reservation, one write to the disk and
 * 32 checksums. What is written is reachable from nowhere until the second
 * step, region_apply.c, so nothing has to be undone when it never comes.
 */

#include "regionstore/region_write.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"
#include "regionstore/base/hash.h"
#include "regionstore/store_state.h"

#include <assert.h>

/* A run that one reservation may ask for. */
#define WANT_MAX 32768u

static int runs_add(struct rs_write *w, uint64_t pgno, uint32_t npages)
{
	size_t cap = w->cap_runs ? w->cap_runs * 2 : 4;
	struct rs_write_run *runs = w->runs;

	if (w->n_runs == w->cap_runs) {
		runs = reallocarray(runs, cap, sizeof(*runs));
		if (!runs)
			return -ENOMEM;
		w->runs = runs;
		w->cap_runs = cap;
	}
	runs[w->n_runs++] =
		(struct rs_write_run){ .pgno = pgno, .npages = npages };
	return 0;
}

int rs_write_reserve(struct rs_write *w, uint64_t near)
{
	size_t left = w->n_blocks;

	assert(w->n_runs == 0);
	while (left) {
		uint32_t want = left < WANT_MAX ? (uint32_t)left : WANT_MAX;
		uint64_t pgno;
		uint32_t got;
		int err = rs_reserve(w->store, RS_ZONE_DATA, near, want, &pgno,
				     &got);

		if (err)
			return err;
		assert(got > 0 && got <= want);
		err = runs_add(w, pgno, got);
		if (err) {
			rs_unreserve(w->store, pgno, got);
			return err;
		}
		near = pgno + got - 1;
		left -= got;
	}
	return 0;
}

uint64_t rs_write_pgno(const struct rs_write *w, size_t i)
{
	const struct rs_write_run *run = w->runs;

	assert(i < w->n_blocks);
	for (; i >= run->npages; run++)
		i -= run->npages;
	return run->pgno + i;
}

bool rs_write_span(const struct rs_write *w, size_t i, unsigned *ret_from,
		   unsigned *ret_to)
{
	uint64_t start = (w->first + i) * RS_BLOCK_SIZE;
	uint64_t end = w->off + w->len;

	*ret_from = w->off > start ? (unsigned)(w->off - start) : 0;
	*ret_to = end - start < RS_BLOCK_SIZE ? (unsigned)(end - start)
					      : RS_BLOCK_SIZE;
	return *ret_from == 0 && *ret_to == RS_BLOCK_SIZE;
}

/* Blocks [a, b) of the write are whole and lie on pages from pgno on. */
static int write_whole(struct rs_write *w, size_t a, size_t b, uint64_t pgno)
{
	const uint8_t *from;

	if (a >= b)
		return 0;
	from = w->data + ((w->first + a) * RS_BLOCK_SIZE - w->off);
	for (size_t i = a; i < b; i++)
		w->csum[i] = hash64(from + (i - a) * RS_BLOCK_SIZE,
				    RS_BLOCK_SIZE, pgno + (i - a));
	return rs_write_pages(w->store, pgno, from, (uint32_t)(b - a));
}

/* Only the first and the last block can be ragged. */
static int write_runs(struct rs_write *w)
{
	unsigned from, to;
	size_t a = rs_write_span(w, 0, &from, &to) ? 0 : 1;
	size_t b = w->n_blocks;
	size_t start = 0;
	int err = 0;

	if (!rs_write_span(w, b - 1, &from, &to))
		b--;
	for (size_t i = 0; !err && i < w->n_runs; i++) {
		const struct rs_write_run *run = &w->runs[i];
		size_t end = start + run->npages;
		size_t lo = start > a ? start : a;

		err = write_whole(w, lo, end < b ? end : b,
				  run->pgno + (lo - start));
		start = end;
	}
	return err;
}

/* Is there a block that the data fills? */
static bool has_whole(const struct rs_write *w)
{
	unsigned from, to;

	return w->n_blocks > 2 ||
	       (w->n_blocks >= 1 && rs_write_span(w, 0, &from, &to)) ||
	       (w->n_blocks == 2 && rs_write_span(w, 1, &from, &to));
}

static void write_drop(struct rs_write **w)
{
	rs_write_drop(*w);
}

static void unreserve(struct rs_write *w)
{
	for (size_t i = w->n_claimed; i < w->n_runs; i++)
		rs_unreserve(w->store, w->runs[i].pgno, w->runs[i].npages);
	w->n_runs = 0;
}

static int put_whole_blocks(struct rs_write *w)
{
	int err = rs_write_reserve(w, 0);

	return err ? err : write_runs(w);
}

/* On a full disk there may be room when what was removed is committed. */
static int put_or_make_room(struct rs_write *w)
{
	int err = put_whole_blocks(w);

	if (err != -ENOSPC)
		return err;
	unreserve(w);
	return rs_commit(w->store, NULL) ? err : put_whole_blocks(w);
}

static bool is_suspect(const struct rs_write *w)
{
	bool is = false;

	for (size_t i = 0; i < w->n_runs && !is; i++)
		is = rs_alloc_is_suspect(&w->store->alloc, w->runs[i].pgno,
					 w->runs[i].npages);
	return is;
}

int rs_write_renew(struct rs_write *w)
{
	if (!is_suspect(w))
		return 0;
	unreserve(w);
	return put_whole_blocks(w);
}

int rs_write_prepare(struct rs_store *s, uint64_t off, const void *data,
		     size_t len, struct rs_write **ret_w)
{
	AUTO(write_drop) struct rs_write *w = NULL;
	uint64_t first = off / RS_BLOCK_SIZE;
	size_t n_blocks = 0;
	int err = 0;

	if (!ck_range(off, len, RS_REGION_MAX))
		return -EFBIG;
	if (len)
		n_blocks =
			(size_t)((off + len - 1) / RS_BLOCK_SIZE - first) + 1;
	w = malloc(sizeof(*w) + n_blocks * sizeof(w->csum[0]));
	if (!w)
		return -ENOMEM;
	*w = (struct rs_write){ .store = s,
				.off = off,
				.data = data,
				.len = len,
				.first = first,
				.n_blocks = n_blocks };
	if (has_whole(w))
		err = put_or_make_room(w);
	if (err)
		return err;
	*ret_w = take_ptr(&w);
	return 0;
}

void rs_write_drop(struct rs_write *w)
{
	if (!w)
		return;
	unreserve(w);
	free(w->runs);
	free(w);
}
