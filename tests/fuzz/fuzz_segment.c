/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_segment.c - a segment of any bytes may be read, merged and checked.
 *
 * Input: kind, a byte of choices, lo's key (6 bytes), card (8), then the data.
 * Whatever they are, nothing is read outside the data and everything ends.
 * What is valid behaves: it answers as a set does, a delta without effect
 * changes nothing, one with an effect gives valid segments, and CRoaring
 * agrees on P32.
 */
#include "bitmap/segment.h"

#include <roaring/roaring.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define HEAD 16u
#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static uint64_t number(const uint8_t *bytes, unsigned n)
{
	uint64_t v = 0;

	memcpy(&v, bytes, n);
	return v;
}

/* --- questions ------------------------------------------------------------ */

static void ask_about(const struct bm_seg *seg, uint64_t x, bool valid)
{
	uint64_t rank = bm_seg_rank(seg, x);
	bool is = bm_seg_contains(seg, x);
	struct bm_seg_iter it;
	uint64_t next[70];
	uint64_t member = 0;
	size_t got;
	int err = bm_seg_select(seg, x % seg->card, &member);

	bm_seg_iter_init(&it, seg);
	bm_seg_iter_seek(&it, x);
	got = bm_seg_iter_read(&it, next, 70);
	bm_seg_iter_nth(&it, x % seg->card);
	bm_seg_iter_read(&it, next + (got ? 1 : 0), 69);
	if (!valid)
		return;
	CHECK(err == 0 && bm_seg_contains(seg, member));
	CHECK(bm_seg_rank(seg, member) == x % seg->card + 1);
	CHECK(rank <= seg->card);
	CHECK(is == (got && next[0] == x));
	CHECK((got == 0) == (bm_seg_max(seg) < x));
}

static void is_ascending(const uint64_t *members, size_t n)
{
	for (size_t i = 1; i < n; i++)
		CHECK(members[i] > members[i - 1]);
}

/* Read to the end, or as long as seems fair. */
static void read_all(const struct bm_seg *seg, bool valid)
{
	struct bm_seg_iter it;
	uint64_t buf[257]; /* the last one of before, and what comes next */
	uint64_t n = 0;
	size_t got;

	bm_seg_iter_init(&it, seg);
	do {
		got = bm_seg_iter_read(&it, buf + 1, 256);
		if (valid && n)
			is_ascending(buf, got + 1);
		else if (valid)
			is_ascending(buf + 1, got);
		buf[0] = buf[got];
		n += got;
	} while (got && n < 200000);
	CHECK(n <= seg->card);
	CHECK(!valid || got || n == seg->card);
}

static void agree_with_croaring(const struct bm_seg *seg)
{
	const char *why = NULL;
	roaring_bitmap_t *r = roaring_bitmap_portable_deserialize_safe(
		(const char *)seg->data, seg->len);

	CHECK(r && roaring_bitmap_internal_validate(r, &why));
	CHECK(roaring_bitmap_get_cardinality(r) == seg->card);
	CHECK(roaring_bitmap_minimum(r) == (uint32_t)bm_seg_min(seg));
	CHECK(roaring_bitmap_maximum(r) == (uint32_t)bm_seg_max(seg));
	roaring_bitmap_free(r);
}

/* --- merges --------------------------------------------------------------- */

struct sum {
	uint64_t card;
	uint64_t next; /* smallest lo that may come */
	bool valid;
};

static int count(void *arg, const struct bm_seg *seg)
{
	struct sum *s = arg;

	if (s->valid) {
		CHECK(bm_seg_validate(seg) == 0);
		CHECK(seg->lo >= s->next);
		s->next = bm_seg_max(seg);
	}
	s->card += seg->card;
	return 0;
}

/* -EUCLEAN is the answer to bytes that lie, but only to them. */
static bool merge(const struct bm_seg *seg, const struct bm_delta *delta,
		  bool valid, uint64_t *ret_card)
{
	struct sum s = { .valid = valid };
	struct bm_packer *p;
	bool changed = false;
	int err;

	if (bm_packer_new(8192, count, &s, &p))
		return false;
	err = bm_merge(seg, delta, p, &changed);
	if (!err)
		err = bm_packer_flush(p);
	CHECK(!err || !valid || seg->card > BM_MEMBERS_MAX / 2);
	CHECK(err || changed || s.card == 0);
	bm_packer_free(p);
	*ret_card = err ? seg->card : s.card;
	return changed;
}

static void no_effect(const struct bm_seg *seg)
{
	uint64_t adds[2] = { bm_seg_min(seg), bm_seg_max(seg) };
	struct bm_delta same = { .members = adds,
				 .n_members = seg->card > 1 ? 2 : 1 };
	struct bm_command beyond = { .lo = adds[1] + 1,
				     .hi = UINT64_MAX,
				     .op = BM_REMOVE };
	struct bm_delta less = { .ops = &beyond, .n_ops = 1 };
	uint64_t card;

	CHECK(!merge(seg, &same, true, &card));
	if (adds[1] != UINT64_MAX)
		CHECK(!merge(seg, &less, true, &card));
}

static void change(const struct bm_seg *seg, uint64_t x, uint64_t y, bool valid)
{
	struct bm_command ops[2] = {
		{ .lo = x < y ? x : y, .hi = x < y ? y : x, .op = BM_REMOVE },
		{ .lo = UINT64_MAX - 5, .hi = UINT64_MAX, .op = BM_ADD },
	};
	struct bm_delta cut = { .ops = ops, .n_ops = 1 };
	struct bm_delta one = { .members = &x, .n_members = 1 };
	bool was = bm_seg_contains(seg, x);
	uint64_t card;
	bool changed = merge(seg, &one, valid, &card);

	CHECK(!valid || changed != was);
	CHECK(!valid || was || seg->card > BM_MEMBERS_MAX / 2 ||
	      card == seg->card + 1);
	one.op = BM_REMOVE;
	changed = merge(seg, &one, valid, &card);
	CHECK(!valid || changed == was);
	CHECK(!valid || !was || card == seg->card - 1);
	merge(seg, &cut, valid, &card);
	if (ops[0].hi < ops[1].lo)
		cut.n_ops = 2;
	merge(seg, &cut, valid, &card);
	ops[0].op = BM_ADD;
	merge(seg, &cut, valid && ops[0].hi - ops[0].lo < BM_MEMBERS_MAX / 4,
	      &card);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct bm_seg seg;
	uint8_t *data;
	uint64_t x;
	uint64_t y;

	if (len <= HEAD || bytes[0] < 1 || bytes[0] > 4)
		return 0;
	data = malloc(len - HEAD); /* exactly, so that ASan sees its end */
	if (!data)
		return 0;
	memcpy(data, bytes + HEAD, len - HEAD);
	seg = (struct bm_seg){
		.kind = (enum bm_seg_kind)bytes[0],
		.lo = number(bytes + 2, 6) << 16,
		.data = data,
		.len = len - HEAD,
		.card = number(bytes + 8, 8),
	};
	if (bm_seg_open(&seg) == 0) {
		bool valid = bm_seg_validate(&seg) == 0;

		x = (seg.lo & ~(uint64_t)0xffffffff) + number(data, 4);
		y = bm_seg_min(&seg) + bytes[1] * 100u;
		ask_about(&seg, x, valid);
		ask_about(&seg, y, valid);
		read_all(&seg, valid);
		if (valid)
			no_effect(&seg);
		if (valid && seg.kind == BM_SEG_P32)
			agree_with_croaring(&seg);
		change(&seg, x, y, valid && x >= seg.lo && y >= seg.lo);
		change(&seg, y, bm_seg_max(&seg), valid && y >= seg.lo);
	}
	free(data);
	return 0;
}
