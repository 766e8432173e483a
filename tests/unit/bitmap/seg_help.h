/* SPDX-License-Identifier: Apache-2.0 */
/* seg_help.h - segments by hand, and where a packer's go, for the tests of
 * bitmap/.
 */
#ifndef TESTS_UNIT_BITMAP_SEG_HELP_H
#define TESTS_UNIT_BITMAP_SEG_HELP_H

#include "tests/support/test.h"

#include "bitmap/segment.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of a segment in the making. */
struct bytes {
	uint8_t b[1 << 16];
	size_t n;
};

static inline void put(struct bytes *to, uint64_t v, size_t size)
{
	memcpy(to->b + to->n, &v, size);
	to->n += size;
}

static inline struct bm_seg seg_of(const struct bytes *from,
				   enum bm_seg_kind kind, uint64_t lo,
				   uint64_t card)
{
	return (struct bm_seg){ .kind = kind,
				.lo = lo,
				.data = from->b,
				.len = from->n,
				.card = card };
}

/* Containers 1 {1, 2, 3} and 5 {7, 9}: 34 bytes, offsets at 16. */
static inline struct bm_seg two_arrays(struct bytes *to)
{
	static const uint16_t rest[] = {
		1, 2, 5, 1, 24, 0, 30, 0, 1, 2, 3, 7, 9
	};

	to->n = 0;
	put(to, 12346, 4);
	put(to, 2, 4);
	memcpy(to->b + 8, rest, sizeof(rest));
	to->n += sizeof(rest);
	return seg_of(to, BM_SEG_P32, 1 << 16, 5);
}

/* What a packer emits. */
struct row {
	struct bm_seg segs[300];
	uint8_t *data[300];
	size_t n;
};

static inline int row_take(void *arg, const struct bm_seg *seg)
{
	struct row *row = arg;
	uint8_t *data = malloc(seg->len);

	assert_non_null(data);
	assert_true(row->n < 300);
	memcpy(data, seg->data, seg->len);
	row->data[row->n] = data;
	row->segs[row->n] = *seg;
	row->segs[row->n].data = data;
	assert_int_equal(bm_seg_open(&row->segs[row->n]), 0);
	assert_int_equal(bm_seg_validate(&row->segs[row->n]), 0);
	row->n++;
	return 0;
}

static inline void row_clear(struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->data[i]);
	row->n = 0;
}

static inline struct bm_packer *packer_to(struct row *row, size_t seg_max)
{
	struct bm_packer *p;

	assert_int_equal(bm_packer_new(seg_max, row_take, row, &p), 0);
	return p;
}

/* Commands merged into base, or into nothing: what comes of it. */
static inline bool merge_to(struct row *row, const struct bm_seg *base,
			    const struct bm_command *ops, size_t n)
{
	struct bm_delta d = { .ops = ops, .n_ops = n };
	struct bm_packer *p = packer_to(row, BM_SEG_DEFAULT);
	bool changed;

	assert_int_equal(bm_merge(base, &d, p, &changed), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	bm_packer_free(p);
	return changed;
}

#define ADD(l, h)                                  \
	{                                          \
		.lo = (l), .hi = (h), .op = BM_ADD \
	}
#define REMOVE(l, h)                                  \
	{                                             \
		.lo = (l), .hi = (h), .op = BM_REMOVE \
	}

#endif
