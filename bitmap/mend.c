/* SPDX-License-Identifier: Apache-2.0 */
/* mend.c - a set whose segments have suffered.
 *
 * Segments that cannot be read leave the set, one by one, and the header is
 * counted anew from those that stay. What left is said with the members it
 * covered: from where it begins to where the next one does.
 */

#include "bitmap/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define TEXT_MAX 160

static bool is_damage(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO;
}

static int load(struct bm_place *pl)
{
	int err = bm_place_load(pl);

	if (!err)
		err = bm_seg_validate(&pl->rec.seg);
	return err ? err : rs_view_check(pl->v);
}

static void say_lost(uint64_t lo, uint64_t hi, uint64_t members,
		     rs_report_fn *lost, void *arg)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text),
		 "members %" PRIu64 " to %" PRIu64 " are gone: up to %" PRIu64,
		 lo, hi, members);
	lost(arg, text);
}

/* The first damaged segment from lo on: its record, and where it ends. */
static int find_bad(const struct rs_view *v, uint64_t id, uint64_t lo,
		    struct bm_record *ret_rec, uint64_t *ret_hi)
{
	struct bm_place pl;
	int err;

	bm_place_init(&pl, v, id);
	err = bm_place_at_or_after(&pl, lo);
	while (!err) {
		struct bm_record rec = pl.rec;

		err = load(&pl);
		if (is_damage(err)) {
			*ret_rec = rec;
			err = bm_place_next(&pl);
			*ret_hi = err ? UINT64_MAX : pl.rec.seg.lo - 1;
			err = 0;
			break;
		}
		if (!err)
			err = bm_place_next(&pl);
	}
	bm_place_finish(&pl);
	return err;
}

static int drop_bad(struct rs_txn *t, uint64_t id, rs_report_fn *lost,
		    void *arg)
{
	struct bm_record rec = { 0 };
	uint8_t key[BM_KEY_SIZE];
	uint64_t lo = 0, hi;
	int err;

	while (!(err = find_bad(rs_txn_view(t), id, lo, &rec, &hi))) {
		say_lost(rec.seg.lo, hi, rec.seg.card, lost, arg);
		bm_seg_key(key, id, rec.seg.lo);
		if (rec.ptr.npages)
			err = rs_payload_free(t, &rec.ptr);
		if (!err)
			err = rs_del(t, key, sizeof(key));
		if (err)
			return err;
		if (hi == UINT64_MAX)
			return 0;
		lo = hi + 1;
	}
	return err == -ENOENT ? 0 : err;
}

static int count_segments(const struct rs_view *v, struct bm_set *set)
{
	struct bm_place pl;
	int err;

	set->segments = set->stored = 0;
	bm_place_init(&pl, v, set->id);
	err = bm_place_at_or_after(&pl, 0);
	while (!err) {
		set->segments++;
		set->stored += bm_record_stored(&pl.rec);
		err = bm_place_next(&pl);
	}
	bm_place_finish(&pl);
	return err == -ENOENT ? 0 : err;
}

static void empty(const struct bm_set *set, struct rs_object *obj)
{
	const struct bm_set none = { .folded = set->folded,
				     .pages = set->pages,
				     .shards = set->shards };

	bm_set_encode(&none, obj);
}

/* The header of what is there. */
static int settle(struct rs_txn *t, struct bm_set *set, struct rs_object *obj)
{
	int err = count_segments(rs_txn_view(t), set);

	if (err)
		return err;
	if (set->segments == 0) {
		empty(set, obj);
		return 0;
	}
	err = bm_set_recount(rs_txn_view(t), set);
	if (!err)
		bm_set_encode(set, obj);
	return err;
}

static int mend_inline(struct bm_set *set, struct rs_object *obj,
		       rs_report_fn *lost, void *arg)
{
	if (!set->count ||
	    (!bm_seg_open(&set->seg) && !bm_seg_validate(&set->seg)))
		return 0;
	say_lost(set->min, set->max, set->count, lost, arg);
	empty(set, obj);
	return 0;
}

int bm_mend(struct rs_txn *t, struct rs_object *obj, rs_report_fn *lost,
	    void *arg)
{
	uint64_t before, found = 0;
	char text[TEXT_MAX];
	struct bm_set set;
	int err = bm_set_decode(obj, &set);

	if (err || !set.id)
		return err ? err : mend_inline(&set, obj, lost, arg);
	before = set.segments;
	err = count_segments(rs_txn_view(t), &set);
	if (err)
		return err;
	found = set.segments;
	if (found < before) {
		snprintf(text, sizeof(text),
			 "%" PRIu64 " of its %" PRIu64 " segments are gone, "
			 "with their members",
			 before - found, before);
		lost(arg, text);
	}
	err = drop_bad(t, set.id, lost, arg);
	return err ? err : settle(t, &set, obj);
}

int bm_mend_adopt(struct rs_txn *t, uint64_t id, struct rs_object *obj,
		  rs_report_fn *lost, void *arg)
{
	struct bm_set set = { .id = id };
	int err;

	bm_object_init(obj);
	err = drop_bad(t, id, lost, arg);
	return err ? err : settle(t, &set, obj);
}

int bm_object_id(const struct rs_object *obj, uint64_t *ret_id)
{
	struct bm_set set;
	int err = bm_set_decode(obj, &set);

	if (!err)
		*ret_id = set.id;
	return err;
}

int bm_verify(const struct rs_view *v, const struct rs_object *obj)
{
	struct bm_record rec;
	struct bm_set set;
	uint64_t hi;
	int err = bm_set_decode(obj, &set);

	if (err)
		return err;
	if (!set.id) {
		if (!set.count)
			return 0;
		err = bm_seg_open(&set.seg);
		return err ? err : bm_seg_validate(&set.seg);
	}
	err = find_bad(v, set.id, 0, &rec, &hi);
	return err == -ENOENT ? 0 : err ? err : -EBADMSG;
}
