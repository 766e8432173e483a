/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - are all sets of a tree what they say they are?
 *
 * In key order the objects come first and the segments after them. So the
 * headers of all sets that have segments are collected, sorted by set id, and
 * then each header waits for its segments, which come in that order too. Every
 * segment is read and validated, and everything a header says is counted
 * anew. A segment that no header waits for is a finding, as is a header that
 * waits in vain.
 */

#include "bitmap/journal_check.h"
#include "bitmap/set.h"
#include "regionstore/base/auto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A set with segments, as its header has it. */
struct known {
	uint64_t ino;
	struct bm_set set; /* its seg is not used */
};

/* What the segments of one set come to. */
struct tally {
	struct bm_set set; /* count, segments, stored, min, max, digits */
	uint64_t id;	   /* 0: none at hand */
	bool unread;	   /* then count, segments, stored alone */
};

struct bm_check {
	struct known *known;
	size_t n_known, cap_known;
	bool sorted;
	size_t next; /* the first that has not got its segments */
	struct tally tally;
	struct bm_journal_check journal;
};

int bm_check_new(struct rs_store *s, struct bm_check **ret_check)
{
	struct bm_check *bc = calloc(1, sizeof(*bc));

	(void)s;
	if (!bc)
		return -ENOMEM;
	*ret_check = bc;
	return 0;
}

/* --- counting ------------------------------------------------------------- */

/* Add what is in an opened, validated segment. */
static void tally_seg(struct bm_set *sum, const struct bm_seg *seg)
{
	uint64_t before = 0;

	for (unsigned d = 1; d <= BM_DIGITS_MAX; d++) {
		uint64_t rank = bm_seg_rank(seg, bm_digits_last(d));

		sum->digits.count[d - 1] += rank - before;
		before = rank;
	}
	if (sum->count == 0)
		sum->min = bm_seg_min(seg);
	sum->max = bm_seg_max(seg);
	sum->count += seg->card;
}

/* A header against what its members come to. */
static void compare(struct rs_checker *ck, uint64_t ino,
		    const struct bm_set *says, const struct tally *t)
{
	const struct bm_set *is = &t->set;
	const struct {
		const char *what;
		uint64_t says, is;
	} rows[] = {
		{ "members", says->count, is->count },
		{ "segments", says->segments, is->segments },
		{ "bytes stored", says->stored, is->stored },
		{ "as its smallest member", says->min, is->min },
		{ "as its largest member", says->max, is->max },
	};

	for (size_t i = 0; i < (t->unread ? 3 : sizeof(rows) / sizeof(rows[0]));
	     i++)
		if (rows[i].says != rows[i].is)
			rs_check_report(ck,
					"set %" PRIu64 ": says %" PRIu64
					" %s, has %" PRIu64,
					ino, rows[i].says, rows[i].what,
					rows[i].is);
	for (unsigned d = 0; !t->unread && d < BM_DIGITS_MAX; d++)
		if (says->digits.count[d] != is->digits.count[d])
			rs_check_report(ck,
					"set %" PRIu64 ": says %" PRIu64
					" members of %u digits, has %" PRIu64,
					ino, says->digits.count[d], d + 1,
					is->digits.count[d]);
}

/* --- objects -------------------------------------------------------------- */

static void check_inline(struct rs_checker *ck, uint64_t ino,
			 struct bm_set *set)
{
	struct tally is = { .set.stored = set->stored };

	if (bm_seg_open(&set->seg) || bm_seg_validate(&set->seg)) {
		rs_check_report(ck, "set %" PRIu64 ": its members are damaged",
				ino);
		return;
	}
	tally_seg(&is.set, &set->seg);
	compare(ck, ino, set, &is);
}

static int remember(struct bm_check *bc, uint64_t ino, const struct bm_set *set)
{
	if (bc->n_known == bc->cap_known) {
		size_t cap = bc->cap_known ? bc->cap_known * 2 : 64;
		struct known *mem =
			realloc(bc->known, cap * sizeof(*bc->known));

		if (!mem)
			return -ENOMEM;
		bc->known = mem;
		bc->cap_known = cap;
	}
	bc->known[bc->n_known++] = (struct known){ .ino = ino, .set = *set };
	return 0;
}

static int check_object(struct bm_check *bc, struct rs_checker *ck,
			const struct rs_cursor *c)
{
	struct rs_object obj;
	struct bm_set set;
	uint64_t ino;

	if (c->key_len != 9)
		return 0; /* the store reports it */
	ino = be64_get(c->key + 1);
	if (rs_object_get(c->view, ino, &obj) || obj.kind != RS_KIND_SET)
		return 0;
	if (bm_set_decode(&obj, &set)) {
		rs_check_report(ck, "set %" PRIu64 ": its header is damaged",
				ino);
		return 0;
	}
	bm_journal_check_set(&bc->journal, set.folded);
	if (obj.weight != (set.id ? 0 : set.count))
		rs_check_report(ck, "set %" PRIu64 ": its weight is wrong",
				ino);
	if (set.id)
		return remember(bc, ino, &set);
	if (set.count)
		check_inline(ck, ino, &set);
	return 0;
}

/* --- segments ------------------------------------------------------------- */

static int by_set_id(const void *a, const void *b)
{
	uint64_t x = ((const struct known *)a)->set.id;
	uint64_t y = ((const struct known *)b)->set.id;

	return x < y ? -1 : x > y;
}

static void sort_known(struct bm_check *bc)
{
	if (!bc->sorted && bc->n_known)
		qsort(bc->known, bc->n_known, sizeof(*bc->known), by_set_id);
	bc->sorted = true;
}

/* All segments of the set at hand have come. */
static void end_set(struct bm_check *bc, struct rs_checker *ck)
{
	const struct known *k;

	if (!bc->tally.id)
		return;
	k = bc->next < bc->n_known ? &bc->known[bc->next] : NULL;
	if (k && k->set.id == bc->tally.id) {
		compare(ck, k->ino, &k->set, &bc->tally);
		bc->next++;
	} else {
		rs_check_report(ck,
				"%" PRIu64 " segments of set id %" PRIu64
				" belong to no set",
				bc->tally.set.segments, bc->tally.id);
	}
	bc->tally = (struct tally){ 0 };
}

/* Sets whose turn has passed without a segment. */
static void pass_sets(struct bm_check *bc, struct rs_checker *ck, uint64_t id)
{
	for (; bc->next < bc->n_known && bc->known[bc->next].set.id < id;
	     bc->next++)
		rs_check_report(ck, "set %" PRIu64 ": has no segments",
				bc->known[bc->next].ino);
}

static void check_seg(struct bm_check *bc, struct rs_checker *ck,
		      const struct rs_cursor *c, struct bm_record *rec)
{
	const struct bm_set *sum = &bc->tally.set;
	int err;

	if (rec->ptr.npages && rs_check_is_fast(ck)) {
		bc->tally.unread = true;
		bc->tally.set.count += rec->seg.card;
		return;
	}
	err = bm_record_load(c->view, rec);
	if (!err)
		err = bm_seg_validate(&rec->seg);
	if (!err)
		err = rs_view_check(c->view);
	if (err) {
		rs_check_report(ck,
				"segment %" PRIu64 "/%" PRIu64 ": damaged (%s)",
				bc->tally.id, rec->seg.lo, err_name(err));
		bc->tally.set.count += rec->seg.card;
		return;
	}
	if (sum->count && sum->max >= rec->seg.lo)
		rs_check_report(ck,
				"segment %" PRIu64 "/%" PRIu64
				": the one before goes beyond its begin",
				bc->tally.id, rec->seg.lo);
	tally_seg(&bc->tally.set, &rec->seg);
}

static int check_segment(struct bm_check *bc, struct rs_checker *ck,
			 const struct rs_cursor *c)
{
	struct bm_record rec;
	uint64_t id;

	sort_known(bc);
	if (c->key_len != BM_KEY_SIZE || bm_record_decode(c, &rec)) {
		rs_check_report(ck, "a segment's record is damaged");
		return 0;
	}
	id = bm_key_set(c->key);
	if (id != bc->tally.id) {
		end_set(bc, ck);
		pass_sets(bc, ck, id);
		bc->tally.id = id;
	}
	if (rec.ptr.npages)
		rs_check_own(ck, &rec.ptr);
	check_seg(bc, ck, c, &rec);
	bc->tally.set.segments++;
	bc->tally.set.stored += bm_record_stored(&rec);
	return 0;
}

int bm_check_record(struct bm_check *bc, struct rs_checker *ck,
		    const struct rs_cursor *c)
{
	if (c->key_len == 0)
		return 0;
	if (c->key[0] == RS_KEY_OBJECT)
		return check_object(bc, ck, c);
	if (c->key[0] == RS_KEY_SEGMENT)
		return check_segment(bc, ck, c);
	if (c->key[0] == RS_KEY_JOURNAL)
		return bm_journal_check_record(&bc->journal, ck, c);
	return 0;
}

int bm_check_end(struct bm_check *bc, struct rs_checker *ck)
{
	sort_known(bc);
	end_set(bc, ck);
	pass_sets(bc, ck, UINT64_MAX);
	bm_journal_check_end(&bc->journal, ck);
	bm_check_free(bc);
	return 0;
}

void bm_check_free(struct bm_check *bc)
{
	if (!bc)
		return;
	free(bc->known);
	free(bc);
}
