/* SPDX-License-Identifier: Apache-2.0 */
/* space.c - where the bytes of the file are, by group and by snapshot.
 *
 * Of a snapshot: UNIQUE is what would come back if it alone were dropped, and
 * SHARED what other snapshots hold as well and the live tree does not. Both
 * are sums over the dead records of the newest durable commit, made when
 * somebody asks: a page that was born in b and died in d is held by the
 * snapshots with b <= txid < d. The commit is pinned meanwhile, as a view pins
 * its own, so nobody waits.
 */
#include "regionstore/store_state.h"
#include "regionstore/syskey.h"

#include <stdlib.h>

#define DEAD_MAX ((uint64_t)4 << 20) /* extents that are looked at */

/* --- groups -------------------------------------------------------------- */

static void count_group(const struct rs_group *g, struct rs_group_space *ret)
{
	uint32_t busy = rs_bits_count(&g->busy, RS_GROUP_SLOTS, g->limit);
	uint32_t all =
		g->limit > RS_GROUP_SLOTS ? g->limit - RS_GROUP_SLOTS : 0;

	ret->used = rs_bytes(rs_bits_count(&g->disk, RS_GROUP_SLOTS, g->limit));
	ret->free = rs_bytes(all - busy);
	ret->warm =
		rs_bytes(rs_bits_count(&g->backed, 0, g->limit) -
			 rs_bits_count_both(&g->backed, &g->busy, 0, g->limit));
}

static int count_groups_locked(struct rs_alloc *a, struct rs_space *sp)
	REQUIRES(a->lock)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < sp->n_groups; i++) {
		struct rs_group *g;

		err = rs_alloc_group_locked(a, i, &g);
		if (!err)
			count_group(g, &sp->groups[i]);
	}
	for (size_t i = 0; !err && i < a->quarantine.n; i++) {
		const struct rs_extent *x = &a->quarantine.v[i];
		uint32_t group = rs_group_of(x->pgno);

		if (group < sp->n_groups)
			sp->groups[group].quarantined += rs_bytes(x->npages);
	}
	return err;
}

static int count_groups(struct rs_store *s, struct rs_space *sp)
{
	struct rs_alloc *a = &s->alloc;
	uint32_t n = rs_group_count(rs_file_pages(s));
	int err;

	sp->groups = calloc(n, sizeof(*sp->groups));
	if (!sp->groups)
		return -ENOMEM;
	sp->n_groups = n;
	lock_take(&a->lock);
	err = count_groups_locked(a, sp);
	sp->spare = rs_bytes(a->spare_pages);
	lock_drop(&a->lock);
	for (uint32_t i = 0; i < n; i++) {
		sp->free += sp->groups[i].free;
		sp->warm += sp->groups[i].warm;
		sp->quarantined += sp->groups[i].quarantined;
	}
	return err;
}

/* --- snapshots ----------------------------------------------------------- */

/* How many snapshots, by age, are older than txid. */
static size_t count_before(const struct rs_space *sp, uint64_t txid)
{
	size_t lo = 0, hi = sp->n_snaps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (sp->snaps[mid].snap.txid < txid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Shared pages are noted as differences: plus where they begin to be held,
 * minus behind the last that holds them. */
static void add_dead(struct rs_space *sp, const struct rs_disk_dead *d,
		     uint64_t death, int64_t *steps)
{
	uint64_t bytes = rs_bytes(le16_get(d->npages));
	size_t from = count_before(sp, le64_get(d->birth));
	size_t to = count_before(sp, death);

	if (to == from + 1) {
		sp->snaps[from].unique += bytes;
	} else if (to > from) {
		steps[from] += (int64_t)bytes;
		steps[to] -= (int64_t)bytes;
	}
}

static int sum_dead(struct rs_store *s, const struct rs_root *sys,
		    struct rs_space *sp, int64_t *steps)
{
	const uint8_t first = RS_SYS_DEAD;
	struct rs_cursor c = { 0 };
	uint64_t seen = 0;
	int err = rs_tree_seek(&s->sys_env, sys, &c, &first, 1);

	while (!err && c.key[0] == RS_SYS_DEAD && c.key_len == RS_DEAD_KEY) {
		const struct rs_disk_dead *d = c.val;
		size_t n = c.val_len / sizeof(*d);

		sp->partial = (seen += n) > DEAD_MAX;
		if (sp->partial)
			break;
		for (size_t i = 0; i < n; i++)
			add_dead(sp, &d[i], be64_get(c.key + 1), steps);
		err = rs_tree_next(&s->sys_env, sys, &c);
	}
	rs_tree_release(&c);
	return err == -ENOENT ? 0 : err;
}

static int copy_snaps_locked(struct rs_store *s, struct rs_space *sp)
	REQUIRES(s->commit_lock)
{
	sp->snaps = calloc(s->snaps.n + 1, sizeof(*sp->snaps));
	if (!sp->snaps)
		return -ENOMEM;
	sp->n_snaps = s->snaps.n;
	for (size_t i = 0; i < s->snaps.n; i++)
		sp->snaps[i].snap = s->snaps.v[i].snap;
	return 0;
}

static int sum_snaps(struct rs_store *s, const struct rs_root *sys,
		     struct rs_space *sp)
{
	int64_t *steps = calloc(sp->n_snaps + 1, sizeof(*steps));
	int64_t shared = 0;
	int err = steps ? sum_dead(s, sys, sp, steps) : -ENOMEM;

	for (size_t i = 0; !err && i < sp->n_snaps; i++) {
		shared += steps[i];
		sp->snaps[i].shared = (uint64_t)shared;
	}
	free(steps);
	return err;
}

static int count_snaps(struct rs_store *s, struct rs_space *sp)
{
	struct rs_root sys;
	struct rs_pin *pin;
	int err;

	lock_take(&s->commit_lock);
	sys = (struct rs_root){ .ptr = s->super.sys_root,
				.sum = s->super.sys_sum };
	err = copy_snaps_locked(s, sp);
	if (!err)
		err = rs_pin_take(&s->pins, s->super.txid, &pin);
	lock_drop(&s->commit_lock);
	if (err)
		return err;
	err = sum_snaps(s, &sys, sp);
	rs_pin_drop(&s->pins, pin);
	return err;
}

/* --- all of it ----------------------------------------------------------- */

void rs_space_finish(struct rs_space *sp)
{
	free(sp->groups);
	free(sp->snaps);
	*sp = (struct rs_space){ 0 };
}

int rs_space(struct rs_store *s, struct rs_space *ret_space)
{
	struct rs_space sp = { 0 };
	int err = count_groups(s, &sp);

	if (!err)
		err = count_snaps(s, &sp);
	if (err) {
		rs_space_finish(&sp);
		return err;
	}
	*ret_space = sp;
	return 0;
}
