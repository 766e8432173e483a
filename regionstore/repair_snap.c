/* SPDX-License-Identifier: Apache-2.0 */
/* repair_snap.c - a snapshot whose tree is damaged.
 *
 * Its tree cannot be built anew as the live one is (repair_tree.c). A page that
 * was born before a snapshot and is in something younger is taken to be the
 * snapshot's as well: the dead record of a page says from when to when it was
 * needed, and no gap in between (I3). So every node and every byte that it
 * shares has to stay where it is. What is made anew are the damaged branches
 * and the path to them, behind the end of the file, and these are said to be
 * born in the commit of the snapshot. The books then follow from the walk
 * (repair_space.c), as for all others.
 *
 * The children of a damaged branch are found (repair_leaves.c): they are the
 * nodes of the level below in its place. If they have exactly what it had the
 * snapshot stays. One that lost anything goes.
 */
#include "regionstore/pages.h"
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
};

/* The nodes that are made anew, from the damaged one up to the root. */
struct path {
	uint8_t page[RS_LEVELS][RS_PAGE_SIZE];
	unsigned at[RS_LEVELS]; /* the entry that leads to the node before */
	unsigned n;
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
		      uint64_t txid, unsigned level, struct part *v,
		      size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < r->leaves.n; i++) {
		const struct rs_repair_leaf *x = &r->leaves.v[i];
		int err;

		if (x->level + 1 != level || x->birth > gap->ptr.birth ||
		    x->death <= txid || x->pgno == gap->ptr.pgno ||
		    is_content(r, x->pgno))
			continue;
		if (n == RS_CHILDREN_MAX)
			return -EUCLEAN;
		v[n] = (struct part){ .first_len = 0 };
		err = load_part(r, x, gap, &v[n]);
		if (err == -ENOMEM)
			return err;
		n += !err;
	}
	*ret_n = n;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return rs_key_order(x->first, x->first_len, y->first, y->first_len);
}

/* --- nodes ---------------------------------------------------------------- */

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

/* The damaged branch as it was; -EUCLEAN when it cannot have been that. */
static int join(const struct rs_gap *gap, unsigned level, struct part *v,
		size_t n, uint8_t tree_id, uint8_t *ret_page)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_sum sum = { 0 };

	if (n == 0)
		return -EUCLEAN;
	qsort(v, n, sizeof(*v), by_first);
	rs_image_init(page, level, tree_id);
	for (size_t i = 0; i < n; i++) {
		const struct part *before = i ? &v[i - 1] : NULL;

		if (before && rs_key_order(before->last, before->last_len,
					   v[i].first, v[i].first_len) >= 0)
			return -EUCLEAN;
		sum.count += v[i].root.sum.count;
		sum.weight += v[i].root.sum.weight;
		if (!insert(page, (unsigned)i, before, &v[i]))
			return -EUCLEAN;
	}
	if (sum.count != gap->sum.count || sum.weight != gap->sum.weight)
		return -EUCLEAN;
	rs_image_compact(ret_page, page);
	return 0;
}

/* Copies of the nodes that lead to the gap, the root last. */
static int copy_path(struct rs_repair *r, const struct rs_root *root,
		     const struct rs_gap *gap, struct path *p)
{
	struct rs_ptr at = root->ptr;
	unsigned depth = 0;

	while (at.pgno != gap->ptr.pgno) {
		struct rs_child child;
		const uint8_t *page;
		struct rs_image im;
		const char *why;
		unsigned i = 0;
		int err = rs_pages_get(&r->s->pages, &at, &page);

		if (!err)
			err = rs_image_open(&im, page, r->s->data_env.tree_id);
		if (!err)
			err = rs_image_check(&im, &why);
		if (!err && (im.level == 0 || depth + 1 == RS_LEVELS))
			err = -EUCLEAN;
		if (!err && gap->low_len)
			err = rs_image_route(&im, gap->low, gap->low_len, &i);
		if (!err)
			err = rs_image_child(&im, i, &child);
		if (err)
			return err;
		depth++;
		memcpy(p->page[depth], page, RS_PAGE_SIZE);
		p->at[depth] = i;
		at = child.ptr;
	}
	/* From the top they came. */
	for (unsigned i = 1, j = depth; i < j; i++, j--) {
		uint8_t page[RS_PAGE_SIZE];
		unsigned entry = p->at[i];

		memcpy(page, p->page[i], RS_PAGE_SIZE);
		memcpy(p->page[i], p->page[j], RS_PAGE_SIZE);
		memcpy(p->page[j], page, RS_PAGE_SIZE);
		p->at[i] = p->at[j];
		p->at[j] = entry;
	}
	p->n = depth + 1;
	return 0;
}

/* --- to the disk ---------------------------------------------------------- */

static int write_node(struct rs_store *s, uint8_t *page, uint64_t txid,
		      struct rs_ptr *ret_ptr)
{
	const struct rs_want w = {
		.zone = RS_ZONE_META, .min = 1, .want = 1, .commit = true
	};
	struct rs_disk_node *h = (struct rs_disk_node *)page;
	uint64_t pgno;
	uint32_t got;
	int err = rs_alloc_take(&s->alloc, &w, &pgno, &got);

	if (err)
		return err;
	h->pgno = le64_put(pgno);
	h->birth = le64_put(txid);
	*ret_ptr = (struct rs_ptr){ .pgno = pgno,
				    .npages = 1,
				    .birth = txid,
				    .csum = hash64(page, RS_PAGE_SIZE, pgno) };
	return s->io->ops->write(s->io, rs_bytes(pgno), page, RS_PAGE_SIZE);
}

static int write_path(struct rs_repair *r, struct path *p, uint64_t txid,
		      struct rs_root *root)
{
	struct rs_ptr ptr = { 0 };
	int err = rs_repair_space_behind(r);

	for (unsigned i = 0; !err && i < p->n; i++) {
		if (i)
			rs_ptr_encode(&ptr, (uint8_t *)&rs_image_child_slot(
						    p->page[i], p->at[i])
						    ->ptr);
		err = write_node(r->s, p->page[i], txid, &ptr);
	}
	rs_repair_space_done(r);
	if (!err)
		root->ptr = ptr;
	return err;
}

/* --- all of it ------------------------------------------------------------ */

static int find_branch(struct rs_repair *r, const struct rs_root *root,
		       const struct rs_gap *gap, uint64_t txid,
		       uint8_t *ret_page)
{
	AUTO_FREE struct part *v = calloc(RS_CHILDREN_MAX, sizeof(*v));
	unsigned level;
	size_t n = 0;
	int err;

	if (!v)
		return -ENOMEM;
	err = rs_repair_owned(r, root);
	level = err ? 0 : level_of(r, gap, txid);
	if (!err && level == 0)
		err = -EUCLEAN; /* a leaf */
	if (!err)
		err = find_parts(r, gap, txid, level, v, &n);
	rs_own_finish(&r->ck);
	return err ? err
		   : join(gap, level, v, n, r->s->data_env.tree_id, ret_page);
}

static int mend_gap(struct rs_repair *r, const struct rs_gap *gap,
		    uint64_t txid, struct rs_root *root)
{
	AUTO_FREE struct path *p = calloc(1, sizeof(*p));
	int err = p ? rs_repair_leaves(r) : -ENOMEM;

	if (!err)
		err = find_branch(r, root, gap, txid, p->page[0]);
	if (!err)
		err = copy_path(r, root, gap, p);
	return err ? err : write_path(r, p, txid, root);
}

struct look {
	struct rs_gaps gaps;
	bool failed; /* for want of memory */
};

static void lost(void *arg, const struct rs_tree_lost *l)
{
	struct look *lk = arg;

	lk->failed |= rs_gaps_add(&lk->gaps, l) != 0;
}

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int mend_tree(struct rs_repair *r, uint64_t txid, struct rs_root *root)
{
	struct look lk = { .failed = false };
	const struct rs_tree_walk walk = { .arg = &lk,
					   .lost = lost,
					   .finding = nothing };
	uint64_t findings = 0;
	int err = rs_tree_walk(&r->s->data_env, root, &walk);

	if (!err && lk.failed)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < lk.gaps.n; i++)
		err = mend_gap(r, &lk.gaps.v[i], txid, root);
	rs_gaps_finish(&lk.gaps);
	if (!err)
		err = rs_repair_judge(r, root, &findings);
	return !err && findings ? -EUCLEAN : err;
}

static bool is_hopeless(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO ||
	       err == -ENOENT || err == -ENOSPC || err == -EDQUOT;
}

/* *ret_stays is false when it has to go. */
static int mend(struct rs_repair *r, struct rs_snap_entry *sn, bool *ret_stays)
{
	struct rs_root root = sn->root;
	int err = mend_tree(r, sn->snap.txid, &root);

	*ret_stays = !err;
	if (err && !is_hopeless(err))
		return err;
	if (err) {
		rs_repair_say(
			r, "snapshot '%s' is given up: its tree is damaged%s",
			sn->snap.name,
			err == -ENOSPC || err == -EDQUOT
				? ", and there is no room for a new one"
				: "");
		return 0;
	}
	sn->root = root;
	rs_repair_say(r,
		      "snapshot '%s' stays: its tree is damaged, and all that "
		      "was below is found again",
		      sn->snap.name);
	return 0;
}

int rs_repair_snaps(struct rs_repair *r)
{
	struct rs_snaps *snaps = &r->s->snaps;
	size_t kept = 0;

	for (size_t i = 0; i < snaps->n; i++) {
		bool stays = true;
		uint64_t findings;
		int err = rs_repair_judge(r, &snaps->v[i].root, &findings);

		if (!err && findings)
			err = mend(r, &snaps->v[i], &stays);
		if (err)
			return err;
		if (stays)
			snaps->v[kept++] = snaps->v[i];
	}
	snaps->n = kept;
	return 0;
}
