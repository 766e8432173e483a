/* SPDX-License-Identifier: Apache-2.0 */
/* repair_parts.c - a damaged branch of a snapshot, of the nodes below it.
 *
 * These are found (repair_leaves.c): they are the nodes of the level below that
 * lie in its gap. Together they must have exactly what the branch had, which is
 * proof enough. Else some are lost, and the others are judged as candidates for
 * the live tree are (repair_gaps.c): of two that have keys in the same place
 * none is used, nor what is content by a record of another, nor any of them
 * when together they have more than the branch had.
 */
#include "regionstore/repair.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "regionstore/image.h"

#include <stdlib.h>

#define BITS 64u

/* A subtree that hung below the damaged branch. */
struct part {
	struct rs_root root;
	uint8_t first[RS_KEY_MAX], last[RS_KEY_MAX];
	unsigned first_len, last_len;
	bool doubted;
};

struct parts {
	struct part *v; /* by their first key */
	size_t n;
};

/* --- the parts ------------------------------------------------------------ */

static int key_at(struct rs_repair *r, const struct rs_root *root, uint64_t n,
		  uint8_t key[RS_KEY_MAX], unsigned *ret_len)
{
	struct rs_cursor c = { 0 };
	int err = rs_tree_nth(&r->s->data_env, root, &c, n);

	if (!err) {
		*ret_len = (unsigned)c.key_len;
		memcpy(key, c.key, c.key_len);
	}
	rs_tree_release(&c);
	return err;
}

/* -EUCLEAN unless all of it is sound, and in the gap. */
static int load_part(struct rs_repair *r, const struct rs_repair_leaf *x,
		     const struct rs_gap *gap, struct part *p)
{
	uint64_t findings = 0;
	struct rs_image im;
	int err = rs_repair_node_image(r, x->pgno, &im);

	if (!err)
		err = rs_image_sum(&im, im.count, &p->root.sum);
	if (err || p->root.sum.count == 0)
		return -EUCLEAN;
	p->root.ptr = (struct rs_ptr){ .pgno = x->pgno,
				       .npages = 1,
				       .birth = x->birth,
				       .csum = hash64(im.page, RS_PAGE_SIZE,
						      x->pgno) };
	err = key_at(r, &p->root, 0, p->first, &p->first_len);
	if (!err)
		err = key_at(r, &p->root, p->root.sum.count - 1, p->last,
			     &p->last_len);
	if (err ||
	    rs_key_order(p->first, p->first_len, gap->low, gap->low_len) < 0 ||
	    (gap->high_len &&
	     rs_key_order(p->last, p->last_len, gap->high, gap->high_len) >= 0))
		return err == -ENOMEM ? err : -EUCLEAN;
	err = rs_repair_judge(r, &p->root, &findings);
	return !err && findings ? -EUCLEAN : err;
}

static bool is_content(const struct rs_repair *r, uint64_t pgno)
{
	return pgno >= r->ck.file_pages ||
	       r->ck.owned[pgno / BITS] >> (pgno % BITS) & 1;
}

/* The level of a root that is lost: one above all that is left. */
static unsigned level_of(const struct rs_repair *r, const struct rs_gap *gap,
			 uint64_t txid)
{
	unsigned level = 0;

	if (gap->level < RS_LEVEL_MAX)
		return gap->level;
	for (size_t i = 0; i < r->leaves.n; i++) {
		const struct rs_repair_leaf *x = &r->leaves.v[i];

		if (x->birth <= txid && x->death > txid &&
		    x->pgno != gap->ptr.pgno && !is_content(r, x->pgno) &&
		    x->level + 1 > level)
			level = x->level + 1;
	}
	return level < RS_LEVEL_MAX ? level : 0;
}

/* Nodes of the level below in the gap, at most as many as fit. */
static int find_parts(struct rs_repair *r, const struct rs_gap *gap,
		      uint64_t txid, unsigned level, struct parts *ps)
{
	for (size_t i = 0; i < r->leaves.n; i++) {
		const struct rs_repair_leaf *x = &r->leaves.v[i];
		int err;

		if (x->level + 1 != level || x->birth > gap->ptr.birth ||
		    x->death <= txid || x->pgno == gap->ptr.pgno ||
		    is_content(r, x->pgno))
			continue;
		if (ps->n == RS_CHILDREN_MAX)
			return -EUCLEAN;
		ps->v[ps->n] = (struct part){ .first_len = 0 };
		err = load_part(r, x, gap, &ps->v[ps->n]);
		if (err == -ENOMEM)
			return err;
		ps->n += !err;
	}
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return rs_key_order(x->first, x->first_len, y->first, y->first_len);
}

static struct rs_sum sum_of(const struct parts *ps)
{
	struct rs_sum sum = { 0 };

	for (size_t i = 0; i < ps->n; i++) {
		sum.count += ps->v[i].root.sum.count;
		sum.weight += ps->v[i].root.sum.weight;
	}
	return sum;
}

/* --- judging -------------------------------------------------------------- */

/* Keys in the same place; *ret_any: there are such. */
static void doubt_overlaps(struct parts *ps, bool *ret_any)
{
	struct part *far = NULL; /* of those so far it ends last */

	*ret_any = false;
	for (size_t i = 0; i < ps->n; i++) {
		struct part *x = &ps->v[i];

		if (far && rs_key_order(x->first, x->first_len, far->last,
					far->last_len) <= 0)
			far->doubted = x->doubted = *ret_any = true;
		if (!far || rs_key_order(x->last, x->last_len, far->last,
					 far->last_len) > 0)
			far = x;
	}
}

/* What the records below one of them say is content is no node. */
static int doubt_content(struct rs_repair *r, struct parts *ps)
{
	int err = 0;

	for (size_t i = 0; !err && i < ps->n; i++) {
		err = rs_repair_owned(r, &ps->v[i].root);
		for (size_t k = 0; !err && k < ps->n; k++)
			if (k != i && is_content(r, ps->v[k].root.ptr.pgno))
				ps->v[k].doubted = true;
		rs_own_finish(&r->ck);
	}
	return err;
}

static void drop_doubted(struct parts *ps)
{
	size_t kept = 0;

	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i].doubted)
			ps->v[kept++] = ps->v[i];
	ps->n = kept;
}

/* Unless they are exactly what is missing, leave those that can be trusted. */
static int sift(struct rs_repair *r, const struct rs_gap *gap, bool whole,
		struct parts *ps)
{
	struct rs_sum sum = sum_of(ps);
	bool overlap;
	int err;

	if (ps->n)
		qsort(ps->v, ps->n, sizeof(*ps->v), by_first);
	doubt_overlaps(ps, &overlap);
	if (!overlap && sum.count == gap->sum.count &&
	    sum.weight == gap->sum.weight)
		return 0;
	err = whole ? 0 : doubt_content(r, ps);
	drop_doubted(ps);
	sum = sum_of(ps);
	if (whole || sum.count > gap->sum.count || sum.weight > gap->sum.weight)
		ps->n = 0;
	return err;
}

/* --- the branch ----------------------------------------------------------- */

static bool insert(uint8_t *page, unsigned i, const struct part *before,
		   const struct part *p)
{
	struct rs_disk_child d = { .count = le64_put(p->root.sum.count),
				   .weight = le64_put(p->root.sum.weight) };
	struct rs_item item = { .key = p->first,
				.val = (const uint8_t *)&d,
				.val_len = sizeof(d) };

	rs_ptr_encode(&p->root.ptr, (uint8_t *)&d.ptr);
	/* The shortest key that is behind the part before. */
	if (before)
		item.key_len = rs_common_len(before->last, before->last_len,
					     p->first, p->first_len) +
			       1;
	return rs_image_insert(page, i, &item);
}

static int join(const struct parts *ps, unsigned level, uint8_t tree_id,
		uint8_t *ret_page)
{
	uint8_t page[RS_PAGE_SIZE];

	rs_image_init(page, level, tree_id);
	for (size_t i = 0; i < ps->n; i++)
		if (!insert(page, (unsigned)i, i ? &ps->v[i - 1] : NULL,
			    &ps->v[i]))
			return -EUCLEAN;
	rs_image_compact(ret_page, page);
	return 0;
}

static int collect(struct rs_repair *r, const struct rs_root *root,
		   const struct rs_gap *gap, uint64_t txid, struct parts *ps,
		   unsigned *ret_level)
{
	int err = rs_repair_leaves(r);

	if (err)
		return err;
	err = rs_repair_owned(r, root);
	if (!err) {
		*ret_level = level_of(r, gap, txid);
		if (*ret_level) /* a leaf has no parts */
			err = find_parts(r, gap, txid, *ret_level, ps);
	}
	rs_own_finish(&r->ck);
	return err;
}

int rs_repair_branch(struct rs_repair *r, const struct rs_root *root,
		     const struct rs_gap *gap, const struct rs_snap *snap,
		     uint8_t *ret_page, struct rs_sum *ret_sum, size_t *ret_n)
{
	AUTO_FREE struct part *v = calloc(RS_CHILDREN_MAX, sizeof(*v));
	struct parts ps = { .v = v };
	unsigned level = 0;
	int err;

	if (!v)
		return -ENOMEM;
	err = collect(r, root, gap, snap->txid, &ps, &level);
	if (!err)
		err = sift(r, gap, snap->greedy, &ps);
	if (!err && ps.n)
		err = join(&ps, level, r->s->data_env.tree_id, ret_page);
	*ret_sum = sum_of(&ps);
	*ret_n = ps.n;
	return err;
}
