/* SPDX-License-Identifier: Apache-2.0 */
/* repair_gaps.c - what was below nodes that cannot be read.
 *
 * All leaves of the commit (repair_leaves.c) whose keys lie in the gap, and
 * which are not younger than the node, hung below it. Somebody may have made a
 * block of a file look like one, and a leaf has no checksum of its own, its
 * parent had that. So the candidates are judged:
 *
 *	- the damaged node itself is none, however much it looks like one;
 *	- nor is a page that is content, by what can be read of the tree and by
 *	  all candidates that nothing speaks against;
 *	- of two that have keys in the same place none is used, and none in a
 *	  gap when together they have more than it had: who is right cannot be
 *	  told.
 *
 * What pretends is content by a record of a true leaf. So it is found out, and
 * may at worst keep true ones from being used, unless that leaf is lost too.
 */
#include "regionstore/repair.h"

#include "regionstore/image.h"

#include <stdlib.h>

#define BITS 64u

struct candidate {
	uint64_t pgno, birth;
	bool content; /* of a file or set */
	bool doubted;
};

struct fill {
	struct rs_repair *r;
	struct rs_gaps *gaps;
	struct candidate *v; /* by their first key */
	size_t n;
};

/* --- gaps ----------------------------------------------------------------- */

/* The last gap that does not begin behind key, or NULL. */
static struct rs_gap *gap_at(const struct rs_gaps *g, const uint8_t *key,
			     unsigned len)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (rs_key_order(g->v[mid].low, g->v[mid].low_len, key, len) <=
		    0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &g->v[lo - 1] : NULL;
}

/* --- candidates ----------------------------------------------------------- */

/* Its first key, or its last. Length 0 when it cannot be read any more. */
static unsigned key_of(const struct fill *f, uint64_t pgno, bool last,
		       uint8_t key[RS_KEY_MAX])
{
	struct rs_image im;
	unsigned len = 0;

	if (rs_repair_leaf_image(f->r, pgno, &im) ||
	    rs_image_key(&im, last ? im.count - 1 : 0, key, &len))
		return 0;
	return len;
}

static bool is_owned(const struct rs_repair *r, uint64_t pgno)
{
	return pgno >= r->ck.file_pages ||
	       r->ck.owned[pgno / BITS] >> (pgno % BITS) & 1;
}

/* The gap that all of it lies in, or NULL. */
static struct rs_gap *gap_of(const struct fill *f, uint64_t pgno,
			     uint64_t birth)
{
	uint8_t first[RS_KEY_MAX], last[RS_KEY_MAX];
	unsigned first_len = key_of(f, pgno, false, first);
	unsigned last_len = key_of(f, pgno, true, last);
	struct rs_gap *gap = gap_at(f->gaps, first, first_len);

	if (!gap || gap->level == 0 || pgno == gap->ptr.pgno ||
	    (gap->ptr.birth && birth > gap->ptr.birth))
		return NULL;
	if (gap->high_len &&
	    rs_key_order(last, last_len, gap->high, gap->high_len) >= 0)
		return NULL;
	return gap;
}

static bool is_in(const struct fill *f, const struct candidate *x,
		  const struct rs_gap *gap)
{
	const struct rs_gap *of = gap_of(f, x->pgno, x->birth);

	return of && of == gap;
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct candidate *cx = a, *cy = b;
	uint8_t x[RS_KEY_MAX], y[RS_KEY_MAX];
	unsigned x_len = key_of(arg, cx->pgno, false, x);
	unsigned y_len = key_of(arg, cy->pgno, false, y);
	int diff = rs_key_order(x, x_len, y, y_len);

	return diff ? diff : cx->pgno < cy->pgno ? -1 : cx->pgno > cy->pgno;
}

/* Of all leaves those that txid had, and that lie in a gap. */
static int choose(struct fill *f, uint64_t txid)
{
	const struct rs_repair_leaves *all = &f->r->leaves;

	f->v = calloc(all->n + 1, sizeof(*f->v));
	if (!f->v)
		return -ENOMEM;
	for (size_t i = 0; i < all->n; i++) {
		const struct rs_repair_leaf *x = &all->v[i];

		if (x->level == 0 && x->birth <= txid && x->death > txid &&
		    gap_of(f, x->pgno, x->birth))
			f->v[f->n++] = (struct candidate){ .pgno = x->pgno,
							   .birth = x->birth };
	}
	qsort_r(f->v, f->n, sizeof(*f->v), by_key, f);
	return 0;
}

/* --- judging -------------------------------------------------------------- */

/* Doubt those of one gap, from *i on, whose keys reach into another's. */
static void doubt_overlaps(struct fill *f, const struct rs_gap *gap, size_t *i)
{
	uint8_t end[RS_KEY_MAX], key[RS_KEY_MAX];
	struct candidate *far = NULL; /* of those so far it ends last, at end */
	unsigned end_len = 0, len;

	for (; *i < f->n; (*i)++) {
		struct candidate *x = &f->v[*i];

		if (!is_in(f, x, gap))
			return;
		x->doubted = x->content;
		if (x->content)
			continue;
		len = key_of(f, x->pgno, false, key);
		if (far && rs_key_order(key, len, end, end_len) <= 0)
			far->doubted = x->doubted = true;
		len = key_of(f, x->pgno, true, key);
		if (!far || rs_key_order(key, len, end, end_len) > 0) {
			far = x;
			end_len = len;
			memcpy(end, key, len);
		}
	}
}

/* All in [from, to) when they have more than the gap had. */
static void doubt_surplus(struct fill *f, const struct rs_gap *gap, size_t from,
			  size_t to)
{
	struct rs_sum all = { 0 }, sum;
	struct rs_image im;

	for (size_t i = from; i < to; i++) {
		if (f->v[i].doubted ||
		    rs_repair_leaf_image(f->r, f->v[i].pgno, &im) ||
		    rs_image_sum(&im, im.count, &sum))
			continue;
		all.count += sum.count;
		all.weight += sum.weight;
	}
	if (all.count <= gap->sum.count && all.weight <= gap->sum.weight)
		return;
	for (size_t i = from; i < to; i++)
		f->v[i].doubted = true;
}

static void judge(struct fill *f)
{
	size_t i = 0;

	for (size_t g = 0; g < f->gaps->n; g++) {
		size_t from = i;

		doubt_overlaps(f, &f->gaps->v[g], &i);
		doubt_surplus(f, &f->gaps->v[g], from, i);
	}
}

/* --- putting them in ------------------------------------------------------ */

static int put_leaf(struct fill *f, struct rs_edit *edit, uint64_t pgno,
		    uint64_t *records)
{
	struct rs_image im;
	int err = 0;

	if (rs_repair_leaf_image(f->r, pgno, &im))
		return 0;
	for (unsigned i = 0; !err && i < im.count; i++) {
		uint8_t key[RS_KEY_MAX];
		struct rs_entry en;
		unsigned len;

		err = rs_image_entry(&im, i, &en);
		if (!err)
			err = rs_image_key(&im, i, key, &len);
		if (!err)
			err = rs_tree_put(edit, key, len, en.val, en.val_len,
					  en.weight);
		*records += !err;
		/* A record over the limits is no record. */
		if (err == -E2BIG || err == -EFBIG)
			err = 0;
	}
	return err;
}

/* Note which candidates are content by what is in the edit and, when with is
 * set, by those that nothing speaks against. */
static int note_content(struct fill *f, const struct rs_edit *edit, bool with)
{
	struct rs_edit all;
	uint64_t records = 0;
	int err = 0;

	rs_edit_init(&all, edit->env, &edit->root, edit->txid,
		     ++f->r->s->next_edit);
	for (size_t i = 0; with && !err && i < f->n; i++)
		if (!f->v[i].doubted)
			err = put_leaf(f, &all, f->v[i].pgno, &records);
	if (!err) {
		err = rs_repair_owned(f->r, &all.root);
		for (size_t i = 0; !err && i < f->n; i++)
			f->v[i].content |= is_owned(f->r, f->v[i].pgno);
		rs_own_finish(&f->r->ck);
	}
	rs_edit_finish(&all);
	return err;
}

static int find(struct fill *f, const struct rs_edit *edit, uint64_t txid)
{
	int err = rs_repair_leaves(f->r);

	if (!err)
		err = choose(f, txid);
	if (err || f->n == 0)
		return err;
	err = note_content(f, edit, false);
	judge(f);
	if (!err)
		err = note_content(f, edit, true);
	judge(f);
	return err;
}

/* --- all of it ------------------------------------------------------------ */

static int fill_gap(struct fill *f, struct rs_edit *edit, size_t number,
		    size_t *i, uint64_t *ret_lost)
{
	const struct rs_gap *gap = &f->gaps->v[number];
	size_t leaves = 0, doubted = 0;
	uint64_t found = 0;
	int err = 0;

	for (; !err && *i < f->n; (*i)++) {
		const struct candidate *x = &f->v[*i];

		if (!is_in(f, x, gap))
			break;
		doubted += x->doubted && !x->content;
		leaves += !x->doubted;
		if (!x->doubted)
			err = put_leaf(f, edit, x->pgno, &found);
	}
	if (doubted)
		rs_repair_say(
			f->r,
			"%zu pages that look like leaves of it contradict "
			"each other: they are not used",
			doubted);
	rs_gap_tell(f->r, "", gap, leaves, found);
	*ret_lost += gap->sum.count - found;
	return err;
}

/* A damaged leaf has nothing below it. */
static bool has_branch(const struct rs_gaps *gaps)
{
	size_t i = 0;

	while (i < gaps->n && gaps->v[i].level == 0)
		i++;
	return i < gaps->n;
}

int rs_gaps_fill(struct rs_gaps *gaps, struct rs_repair *r,
		 struct rs_edit *edit, uint64_t txid, uint64_t *ret_lost)
{
	struct fill f = { .r = r, .gaps = gaps };
	size_t at = 0;
	int err = has_branch(gaps) ? find(&f, edit, txid) : 0;

	*ret_lost = 0;
	for (size_t i = 0; !err && i < gaps->n; i++)
		err = fill_gap(&f, edit, i, &at, ret_lost);
	free(f.v);
	return err;
}
