/* SPDX-License-Identifier: Apache-2.0 */
/* recount.c - the numbers in a set's header, taken from its segments.
 *
 * They are never kept up to date by adding and subtracting, so they cannot
 * drift: after each change the counts by digits are the differences of the
 * ranks of 9, 99, 999, ... Only numbers of digits between those of the
 * smallest and the largest member need a rank, a few microseconds at any size.
 */

#include "bitmap/set.h"

#include <errno.h>

/* Ranks within the whole set: by segments in the tree, or in the one. */
struct source {
	const struct rs_view *v;
	uint64_t id, base;
	const struct bm_seg *seg;
};

static int rank_of(const struct source *s, uint64_t member, uint64_t *ret_rank)
{
	if (!s->seg)
		return bm_segs_rank(s->v, s->id, s->base, member, ret_rank);
	*ret_rank = bm_seg_rank(s->seg, member);
	return 0;
}

static int count_digits(const struct source *s, struct bm_set *set)
{
	unsigned first = bm_digits_of(set->min);
	unsigned last = bm_digits_of(set->max);
	uint64_t before = 0;

	set->digits = (struct bm_digits){ 0 };
	for (unsigned d = first; d <= last; d++) {
		uint64_t rank = set->count;
		int err = 0;

		if (d < last)
			err = rank_of(s, bm_digits_last(d), &rank);
		if (err)
			return err;
		if (rank < before || rank > set->count)
			return -EUCLEAN;
		set->digits.count[d - 1] = rank - before;
		before = rank;
	}
	return 0;
}

static int recount_segments(const struct rs_view *v, struct bm_set *set)
{
	struct source s = { .v = v, .id = set->id };
	struct bm_place pl;
	uint64_t end = 0;
	int err;

	bm_place_init(&pl, v, set->id);
	err = bm_place_at_or_after(&pl, 0);
	if (!err)
		err = bm_place_load(&pl);
	if (!err) {
		set->min = bm_seg_min(&pl.rec.seg);
		err = bm_place_at_or_before(&pl, UINT64_MAX);
	}
	if (!err)
		err = bm_place_load(&pl);
	if (!err)
		set->max = bm_seg_max(&pl.rec.seg);
	bm_place_finish(&pl);
	if (!err)
		err = bm_segs_base(v, set->id, &s.base);
	if (!err)
		err = bm_segs_base(v, set->id + 1, &end);
	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	set->count = end - s.base;
	return count_digits(&s, set);
}

int bm_set_recount(const struct rs_view *v, struct bm_set *set)
{
	return set->id ? recount_segments(v, set) : bm_set_recount_one(set);
}

int bm_set_recount_one(struct bm_set *set)
{
	const struct source s = { .seg = &set->seg };

	set->count = set->seg.card;
	set->min = bm_seg_min(&set->seg);
	set->max = bm_seg_max(&set->seg);
	return count_digits(&s, set);
}
