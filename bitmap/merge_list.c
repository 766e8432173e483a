/* SPDX-License-Identifier: Apache-2.0 */
/* merge_list.c - a list of members and a delta, without containers.
 *
 * In a small or sparse set nearly each member is a container of its own, and to
 * make a record of each for the packer, and bytes of that again, costs tens of
 * nanoseconds for each member of the set, most of which do not change. Where
 * the result is a list again, and takes no more pages than before, list is
 * merged with list, at about one. What is longer is left to the packer, who
 * moves members between neighbours so that few pages are half empty.
 */
#include "bitmap/packer.h"

#include <errno.h>

/* The list in the making, in the packer's out. */
struct list {
	uint64_t *members;
	size_t n;
	bool changed;
};

/* The list there was; NULL and 0: there was nothing. */
struct old {
	const uint8_t *data;
	size_t n;
};

/* --- is it worth a try? --------------------------------------------------- */

/* With so few, no container can have more than a list may have of one. */
static size_t most(const struct bm_packer *p)
{
	size_t n = p->seg_max / sizeof(uint64_t);

	return n < BM_CONT_ARRAY_MAX ? n : BM_CONT_ARRAY_MAX;
}

static bool may_be_list(const struct bm_packer *p, const struct old *old,
			const struct bm_delta *delta)
{
	return !delta->ops && !delta->crowds && p->first == p->n_recs &&
	       old->n <= most(p) && delta->n_members <= most(p) - old->n;
}

/* --- merging -------------------------------------------------------------- */

/* The first place from at on whose member is not below member: it is near. */
static size_t find_from(const struct old *old, size_t at, uint64_t member)
{
	size_t end = at;
	size_t step = 1;

	while (end < old->n && bm_u64_at(old->data, end) < member) {
		at = end + 1;
		end += step;
		step *= 2;
	}
	if (end > old->n)
		end = old->n;
	while (at < end) {
		size_t half = at + (end - at) / 2;

		if (bm_u64_at(old->data, half) < member)
			at = half + 1;
		else
			end = half;
	}
	return at;
}

static void take(struct list *l, const struct old *old, size_t from, size_t to)
{
	if (from == to)
		return;
	memcpy(l->members + l->n, old->data + sizeof(uint64_t) * from,
	       sizeof(uint64_t) * (to - from));
	l->n += to - from;
}

static void merge(struct list *l, const struct old *old,
		  const struct bm_delta *delta)
{
	bool adds = delta->op == BM_ADD;
	size_t at = 0;

	for (size_t i = 0; i < delta->n_members; i++) {
		uint64_t member = delta->members[i];
		size_t to = find_from(old, at, member);
		bool there = to < old->n && bm_u64_at(old->data, to) == member;

		take(l, old, at, to);
		at = to + (there && !adds);
		if (adds && !there)
			l->members[l->n++] = member;
		l->changed |= adds != there;
	}
	take(l, old, at, old->n);
}

/* --- the result ----------------------------------------------------------- */

/* How many containers; 0 when the bytes lied and the members do not ascend. */
static size_t count_containers(const struct list *l)
{
	const uint64_t *m = l->members;
	size_t n = 1;
	bool ascends = true;

	for (size_t i = 1; i < l->n; i++) {
		ascends &= m[i] > m[i - 1];
		n += m[i] >> 16 != m[i - 1] >> 16;
	}
	return ascends ? n : 0;
}

/* As packer_cut.c would choose: arrays alone are never best in pairs. */
static bool is_shorter_as_list(const struct list *l, size_t containers)
{
	if (l->members[0] >> 32 != l->members[l->n - 1] >> 32)
		return true;
	return 8 * l->n < 8 + 8 * containers + 2 * l->n;
}

static bool takes_more_pages(const struct list *l, const struct bm_seg *base)
{
	return base &&
	       bm_pages_for(sizeof(uint64_t) * l->n) > bm_pages_for(base->len);
}

static int emit(struct bm_packer *p, const struct list *l)
{
	struct bm_seg seg = {
		.kind = BM_SEG_U64,
		.lo = l->members[0] >> 16 << 16,
		.data = p->out,
		.len = sizeof(uint64_t) * l->n,
		.card = l->n,
	};
	int err = bm_seg_open(&seg);

	p->next_key = (l->members[l->n - 1] >> 16) + 1;
	return err ? err : p->emit(p->arg, &seg);
}

/* To the packer's owner, unless it is not for us: then *ret_done is false. */
static int hand_out(struct bm_packer *p, const struct bm_seg *base,
		    const struct list *l, bool *ret_done)
{
	size_t containers;

	if (l->n == 0)
		return 0;
	containers = count_containers(l);
	if (!containers || l->members[0] >> 16 < p->next_key ||
	    (base && bm_u64_at(base->data, 0) < base->lo))
		return -EUCLEAN;
	*ret_done =
		is_shorter_as_list(l, containers) && !takes_more_pages(l, base);
	return *ret_done ? emit(p, l) : 0;
}

int bm_merge_list(const struct bm_seg *base, const struct bm_delta *delta,
		  struct bm_packer *p, bool *ret_done, bool *ret_changed)
{
	struct list l = { .members = (void *)p->out };
	struct old old = { 0 };

	*ret_done = false;
	if (base && base->kind != BM_SEG_U64)
		return 0;
	if (base)
		old = (struct old){ base->data, base->len / sizeof(uint64_t) };
	if (!may_be_list(p, &old, delta))
		return 0;
	merge(&l, &old, delta);
	*ret_changed = l.changed;
	*ret_done = true;
	return l.changed ? hand_out(p, base, &l, ret_done) : 0;
}
