/* SPDX-License-Identifier: Apache-2.0 */
/* repair_space.c - free space from a walk, and the commit that says so.
 *
 * The walk of the checker gives each page an owner: the live tree, or the
 * newest snapshot that has it. From that follow the bitmaps, the counters, and
 * the dead records: a page that snapshot S has and nothing newer died in the
 * commit after S. The old system tree is not asked; a new one is written.
 *
 * Until that is durable the old trees have to stay as they are, for a crash
 * now must leave at least what there was. So every page of the file counts as
 * busy, and the new nodes go behind its end, and the new bitmaps to the slots
 * that the old commit does not use: who repairs once more finds by its bitmaps
 * what belongs to damaged trees (repair_leaves.c).
 */
#include "regionstore/repair.h"
#include "regionstore/syskey.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"

#include <stdlib.h>

#define PER_RECORD (RS_VAL_MAX / sizeof(struct rs_disk_dead))
#define BITS	   64u

/* --- who owns what -------------------------------------------------------- */

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int look_at_trees(struct rs_repair *r, const struct rs_root *live,
			 const struct rs_snaps *snaps)
{
	struct rs_checker *ck = &r->ck;
	int err;

	*ck = (struct rs_checker){ .s = r->s,
				   .fn = r->how->fn,
				   .report = nothing,
				   .arg = r->how->arg,
				   .fast = true,
				   .super = r->s->super,
				   .snaps = *snaps,
				   .view = { .store = r->s },
				   .file_pages = rs_file_pages(r->s),
				   .gather = &r->dead };
	/* Nodes that are built anew are younger than the commit. */
	ck->super.txid = r->s->open_txid;
	err = rs_own_init(ck);
	if (!err)
		err = rs_check_trees(ck, live);
	return err ? err : ck->gather_failed ? -ENOMEM : 0;
}

static int find_owners(struct rs_repair *r)
{
	return look_at_trees(r, &r->s->live, &r->s->snaps);
}

int rs_repair_owned(struct rs_repair *r, const struct rs_root *root)
{
	const struct rs_snaps none = { .n = 0 };

	return look_at_trees(r, root, &none);
}

/* --- bitmaps -------------------------------------------------------------- */

/* As if the disk had said so: the record and the page of a group. */
static int load_group(void *arg, uint32_t number, struct rs_group_rec *ret_rec,
		      const uint8_t **ret_page)
{
	static _Thread_local struct rs_disk_bitmap bm;
	const struct rs_repair *r = arg;
	uint64_t at = rs_group_page(number, 0);
	uint8_t slot;

	/* The end of the file may lie inside the slots: a commit that a power
	 * cut ended had made it longer. */
	if (at + RS_GROUP_SLOTS >= r->ck.file_pages)
		return -ENOENT;
	memset(&bm, 0, sizeof(bm));
	bm.bits[0] = (1u << RS_GROUP_SLOTS) - 1;
	for (uint32_t i = RS_GROUP_SLOTS;
	     i < RS_GROUP_PAGES && at + i < r->ck.file_pages; i++)
		if (r->ck.owned[(at + i) / BITS] >> ((at + i) % BITS) & 1)
			bm.bits[i / 8] |= (uint8_t)(1u << i % 8);
	bm.group = le64_put(number);
	slot = r->slots ? r->slots[number] : 0;
	*ret_rec = (struct rs_group_rec){
		.slot = slot,
		.csum = hash64(&bm, sizeof(bm),
			       rs_group_slot_page(number, slot)),
	};
	*ret_page = (const uint8_t *)&bm;
	return 0;
}

/* By the system tree that is used; where that has no answer any will do. */
static int note_slots(struct rs_repair *r)
{
	const struct rs_alloc_env *env = &r->s->alloc.env;
	uint32_t n = rs_group_count(r->ck.file_pages);

	r->slots = calloc(n ? n : 1, sizeof(*r->slots));
	if (!r->slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct rs_group_rec rec = { .slot = 0 };
		const uint8_t *page;

		if (!env->load(env->arg, i, &rec, &page))
			r->slots[i] = (uint8_t)rec.slot;
	}
	return 0;
}

static bool is_never_bad(void *arg, uint64_t pgno, uint64_t npages)
{
	(void)arg, (void)pgno, (void)npages;
	return false;
}

/* Nothing that is in the file now is given to anybody. And no slot on the disk
 * holds what was loaded, so the commit has to write one. */
static int keep_all(struct rs_repair *r)
{
	struct rs_alloc *a = &r->s->alloc;
	uint32_t n = rs_group_count(r->ck.file_pages);
	int err = 0;

	lock_take(&a->lock);
	for (uint32_t i = 0; !err && i < n; i++) {
		struct rs_group *g;
		uint32_t from = 0, to;

		err = rs_alloc_group_locked(a, i, &g);
		if (!err)
			g->recorded = false;
		while (!err && (from = rs_bits_next_clear(
					&g->busy, from, g->limit)) < g->limit) {
			to = rs_bits_next_set(&g->busy, from, g->limit);
			rs_alloc_take_locked(a, g, from, to);
		}
	}
	lock_drop(&a->lock);
	return err;
}

/* From now on what the bitmaps say counts. */
static void forget_groups(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;

	lock_take(&a->lock);
	for (uint32_t i = 0; i < a->n_groups; i++) {
		rs_group_free(a->groups[i]);
		a->groups[i] = NULL;
		a->longest[i] = UINT32_MAX;
	}
	a->warm_pages = 0;
	lock_drop(&a->lock);
}

/* --- the commit ----------------------------------------------------------- */

struct repair_op {
	struct rs_sysop op;
	struct rs_repair *r;
};

static int touch_groups(struct rs_commit *c, const struct rs_repair *r)
{
	uint32_t n = rs_group_count(r->ck.file_pages);
	int err = 0;

	for (uint32_t i = 0; !err && i < n; i++)
		err = rs_commit_mark(c, rs_group_page(i, RS_GROUP_SLOTS), 0);
	return err;
}

static int put_snaps(struct rs_commit *c, const struct rs_repair *r)
{
	const struct rs_snaps *snaps = &r->s->snaps;
	int err = 0;

	for (size_t i = 0; !err && i < snaps->n; i++)
		err = rs_snap_put(c, &snaps->v[i]);
	return err;
}

static int by_death(const void *a, const void *b)
{
	const struct rs_extent *x = a, *y = b;

	if (x->death != y->death)
		return x->death < y->death ? -1 : 1;
	return x->pgno < y->pgno ? -1 : x->pgno > y->pgno;
}

static int put_dead(struct rs_commit *c, const struct rs_repair *r)
{
	const struct rs_extents *dead = &r->dead;
	struct rs_disk_dead d[PER_RECORD];
	uint8_t key[RS_DEAD_KEY];
	uint32_t seq = 0;
	size_t n = 0;
	int err = 0;

	if (dead->n)
		qsort(dead->v, dead->n, sizeof(*dead->v), by_death);
	for (size_t i = 0; !err && i < dead->n; i++) {
		bool last = i + 1 == dead->n ||
			    dead->v[i + 1].death != dead->v[i].death;

		d[n++] = rs_dead_pack(&dead->v[i]);
		if (n < PER_RECORD && !last)
			continue;
		rs_dead_key(dead->v[i].death, seq++, key);
		err = rs_tree_put(&c->sys, key, sizeof(key), d, n * sizeof(*d),
				  0);
		n = 0;
		if (last)
			seq = 0;
	}
	return err;
}

static int prepare(struct rs_sysop *op, struct rs_commit *c)
{
	const struct rs_repair *r = ((struct repair_op *)op)->r;
	int err = touch_groups(c, r);

	if (!err)
		err = put_snaps(c, r);
	return err ? err : put_dead(c, r);
}

int rs_repair_space(struct rs_repair *r)
{
	struct rs_alloc_env *env = &r->s->alloc.env;
	int err = find_owners(r);

	r->disk = *env;
	env->load = load_group;
	env->is_bad = is_never_bad;
	env->arg = r;
	return err;
}

int rs_repair_space_behind(struct rs_repair *r)
{
	struct rs_alloc_env *env = &r->s->alloc.env;
	int err;

	r->ck = (struct rs_checker){ .s = r->s,
				     .file_pages = rs_file_pages(r->s) };
	r->disk = *env;
	env->load = load_group;
	env->is_bad = is_never_bad;
	env->arg = r;
	err = rs_own_init(&r->ck);
	if (!err)
		err = rs_alloc_settle(&r->s->alloc);
	return err ? err : keep_all(r);
}

void rs_repair_space_done(struct rs_repair *r)
{
	struct rs_store *s = r->s;

	lock_take(&s->txn_lock);
	rs_changes_finish(&s->open);
	lock_drop(&s->txn_lock);
	s->alloc.env = r->disk;
	forget_groups(s);
	rs_own_finish(&r->ck);
	r->dead.n = 0;
}

static int commit_all(struct rs_repair *r)
{
	struct repair_op op = { .op = { .prepare = prepare }, .r = r };
	struct rs_sysop again = { .needs_settled = false };
	struct rs_store *s = r->s;
	struct rs_alloc_env disk = s->alloc.env;
	int err;

	s->alloc.env.load = load_group;
	s->alloc.env.arg = r;
	err = keep_all(r);
	s->alloc.env.is_bad = disk.is_bad;
	if (!err) {
		s->alloc.env.arg = s;
		s->alloc.env.load = disk.load;
		err = rs_commit(s, &op.op);
	}
	/* The other slot still leads to what was damaged. */
	if (!err)
		err = rs_commit(s, &again);
	s->alloc.env = disk;
	forget_groups(s);
	return err;
}

int rs_repair_commit(struct rs_repair *r)
{
	struct rs_store *s = r->s;
	int err;

	s->leaving.n = 0;
	s->anew.never = true; /* there is no commit to rely on; begin anew */
	err = find_owners(r);
	if (!err)
		err = note_slots(r);
	if (!err) {
		s->sys = (struct rs_root){ .mem = NULL };
		s->super.used_pages = s->alloc.used_pages = r->ck.n_owned;
		s->super.pinned_pages = s->alloc.pinned_pages =
			rs_extents_pages(&r->dead);
		err = commit_all(r);
	}
	rs_own_finish(&r->ck);
	free(r->slots);
	r->slots = NULL;
	return err;
}
