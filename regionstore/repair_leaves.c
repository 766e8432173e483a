/* SPDX-License-Identifier: Apache-2.0 */
/* repair_leaves.c - the leaves and branches of a commit, whatever leads there.
 *
 * A node says what it is, where, and which commit wrote it. Whether it belongs
 * to a commit, or was replaced before, the node does not know; but the bitmaps
 * and the dead records do (I3): a page with its bit set is part of the newest
 * commit if it is in no dead record, and of the commit T if it was born up to T
 * and, if it is in one, died after T. So nothing that was superseded is among
 * them, unless T is a snapshot that is greedy (dead.c). What may be is a block
 * of a file that somebody made to look like a leaf; repair_gaps.c has to tell.
 *
 * A node that a tree with its checksum says is damaged is none, though it may
 * still look like one: who takes it would give it a new checksum.
 */
#include "regionstore/repair.h"
#include "regionstore/syskey.h"

#include "regionstore/base/auto.h"
#include "regionstore/image.h"

#include <stdlib.h>

/* --- when pages died ------------------------------------------------------ */

static int note_record(struct rs_extents *dead, const struct rs_cursor *c)
{
	const struct rs_disk_dead *d = c->val;
	size_t n = c->val_len / sizeof(*d);
	int err = 0;

	if (c->key_len != RS_DEAD_KEY || c->val_len % sizeof(*d) != 0)
		return -EUCLEAN;
	for (size_t i = 0; !err && i < n; i++) {
		uint8_t raw[RS_PTR_SIZE] = { 0 };
		struct rs_extent x = { .death = be64_get(c->key + 1) };
		struct rs_ptr p;

		memcpy(raw, &d[i], sizeof(d[i]));
		rs_ptr_decode(raw, &p);
		x.pgno = p.pgno;
		x.npages = p.npages;
		x.birth = p.birth;
		err = rs_extents_add(dead, &x);
	}
	return err;
}

static int note_dead(struct rs_store *s, struct rs_extents *dead)
{
	const uint8_t first = RS_SYS_DEAD;
	struct rs_cursor c = { 0 };
	int err = rs_tree_seek(&s->sys_env, &s->sys, &c, &first, 1);

	while (!err && c.key[0] == RS_SYS_DEAD) {
		err = note_record(dead, &c);
		if (!err)
			err = rs_tree_next(&s->sys_env, &s->sys, &c);
	}
	rs_tree_release(&c);
	if (!err || err == -ENOENT) {
		rs_extents_sort(dead);
		return 0;
	}
	return err;
}

static uint64_t death_of(const struct rs_extents *dead, uint64_t pgno)
{
	size_t lo = 0, hi = dead->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct rs_extent *x = &dead->v[mid];

		if (pgno < x->pgno)
			hi = mid;
		else if (pgno >= x->pgno + x->npages)
			lo = mid + 1;
		else
			return x->death;
	}
	return UINT64_MAX;
}

/* --- what is known to be damaged ------------------------------------------ */

struct losses {
	struct rs_extents pages;
	bool failed; /* for want of memory */
};

static void note_lost(void *arg, const struct rs_tree_lost *l)
{
	const struct rs_extent x = { .pgno = l->ptr.pgno, .npages = 1 };
	struct losses *ls = arg;

	ls->failed |= rs_extents_add(&ls->pages, &x) != 0;
}

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

/* By any tree that has its checksum. It may look like a node still. */
static int find_losses(struct rs_repair *r, struct losses *ls)
{
	const struct rs_tree_walk walk = { .arg = ls,
					   .lost = note_lost,
					   .finding = nothing };
	const struct rs_super *su = &r->s->super;
	const struct rs_root live = { .ptr = su->data_root,
				      .sum = su->data_sum };
	const struct rs_snaps *snaps = &r->s->snaps;
	int err = rs_tree_walk(&r->s->data_env, &live, &walk);

	for (size_t i = 0; !err && i < snaps->n; i++)
		err = rs_tree_walk(&r->s->data_env, &snaps->v[i].root, &walk);
	rs_extents_sort(&ls->pages);
	return err ? err : ls->failed ? -ENOMEM : 0;
}

static void drop_lost(struct rs_repair_leaves *l, const struct rs_extents *lost)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (death_of(lost, l->v[i].pgno) == UINT64_MAX)
			l->v[kept++] = l->v[i];
	l->n = kept;
}

/* --- looking at pages ----------------------------------------------------- */

int rs_repair_node_image(const struct rs_repair *r, uint64_t pgno,
			 struct rs_image *ret_im)
{
	const uint8_t *page = r->s->map.base + rs_bytes(pgno);
	const struct rs_disk_node *h = (const struct rs_disk_node *)page;
	const char *why;

	if (le16_get(h->magic) != RS_NODE_MAGIC || le64_get(h->pgno) != pgno ||
	    rs_image_open(ret_im, page, r->s->data_env.tree_id) ||
	    ret_im->count == 0)
		return -EUCLEAN;
	return rs_image_check(ret_im, &why);
}

int rs_repair_leaf_image(const struct rs_repair *r, uint64_t pgno,
			 struct rs_image *ret_im)
{
	int err = rs_repair_node_image(r, pgno, ret_im);

	return !err && ret_im->level > 0 ? -EUCLEAN : err;
}

static int look_at(struct rs_repair *r, const struct rs_extents *dead,
		   uint64_t pgno)
{
	struct rs_repair_leaves *l = &r->leaves;
	struct rs_repair_leaf x = { .pgno = pgno };
	struct rs_image im;

	if (rs_repair_node_image(r, pgno, &im))
		return 0;
	x.level = im.level;
	x.birth = le64_get(((const struct rs_disk_node *)im.page)->birth);
	x.death = death_of(dead, pgno);
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct rs_repair_leaf *v = reallocarray(l->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = x;
	return 0;
}

/* The bitmap of the chosen commit; *ret_g is NULL where it cannot be read. */
static int load_bits(struct rs_repair *r, uint32_t number, uint32_t limit,
		     struct rs_group **ret_g)
{
	struct rs_alloc *a = &r->s->alloc;
	struct rs_group *g = rs_group_new(number, limit);
	struct rs_group_rec rec;
	const uint8_t *page;
	int err;

	*ret_g = NULL;
	if (!g)
		return -ENOMEM;
	lock_take(&a->lock);
	err = a->env.load(a->env.arg, number, &rec, &page);
	lock_drop(&a->lock);
	if (!err)
		err = rs_group_load(g, &rec, page);
	if (!err) {
		*ret_g = g;
		return 0;
	}
	rs_group_free(g);
	if (err == -ENOMEM)
		return err;
	if (err != -ENOENT)
		rs_repair_say(r,
			      "the bitmap of group %u cannot be read: no "
			      "leaves are looked for in it",
			      number);
	return 0;
}

static int scan_group(struct rs_repair *r, const struct rs_extents *dead,
		      uint32_t number)
{
	uint64_t room = rs_file_pages(r->s) - rs_group_page(number, 0);
	uint32_t limit =
		room < RS_GROUP_PAGES ? (uint32_t)room : RS_GROUP_PAGES;
	struct rs_group *g;
	int err = load_bits(r, number, limit, &g);
	uint32_t i = RS_GROUP_SLOTS;

	while (!err && g && i < limit) {
		i = rs_bits_next_set(&g->disk, i, limit);
		if (i < limit)
			err = look_at(r, dead, rs_group_page(number, i++));
	}
	rs_group_free(g);
	return err;
}

/* --- all of it ------------------------------------------------------------ */

int rs_repair_leaves(struct rs_repair *r)
{
	uint32_t n = rs_group_count(rs_file_pages(r->s));
	struct rs_extents dead = { 0 };
	struct losses ls = { .failed = false };
	int err = 0;

	if (r->leaves.looked)
		return 0;
	r->leaves.looked = true;
	err = r->sys_lost ? -EUCLEAN : note_dead(r->s, &dead);
	if (err && err != -ENOMEM) {
		rs_repair_say(r, "the system tree cannot be read: no leaves "
				 "are looked for");
		rs_extents_finish(&dead);
		return 0;
	}
	for (uint32_t i = 0; !err && i < n; i++)
		err = scan_group(r, &dead, i);
	rs_extents_finish(&dead);
	if (!err)
		err = find_losses(r, &ls);
	if (!err)
		drop_lost(&r->leaves, &ls.pages);
	rs_extents_finish(&ls.pages);
	return err;
}

void rs_repair_leaves_finish(struct rs_repair *r)
{
	free(r->leaves.v);
}
