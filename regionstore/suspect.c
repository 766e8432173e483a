/* SPDX-License-Identifier: Apache-2.0 */
/* suspect.c - pages whose content a failed write or sync may have lost.
 *
 * After a sync that failed the host says that its memory is clean, and a later
 * sync that succeeds says nothing about what the first one left out. It may
 * have been any page that was written since the last sync that succeeded.
 * Nobody notes which these are, as it would be work for each write; but they
 * are among those that were handed out and that no commit on the disk has. All
 * of them become suspect, those too that their owner is only about to write.
 *
 * A page that is suspect is taken for good as long as the process lives: it is
 * busy, giving it back does nothing, and no commit may have it (commit_anew.c).
 * The next opening knows nothing of it and finds it free.
 *
 * Not suspect is the spare, which holds nothing, nor what waits in quarantine
 * since it was in a commit: nobody wrote to it. To find that out at once would
 * mean to ask each pin, so its bits are taken away when it comes back.
 */
#include "regionstore/alloc.h"

#include <stdlib.h>

/* Pages of a group that are busy, and on the disk of no commit. */
static int mark(struct rs_group *g)
{
	struct rs_bits fresh;

	rs_bits_minus(&fresh, &g->busy, &g->disk);
	if (!g->suspect)
		g->suspect = calloc(1, sizeof(*g->suspect));
	if (!g->suspect)
		return -ENOMEM;
	for (uint32_t i = 0; i < RS_BITS_WORDS; i++)
		g->suspect->w[i] |= fresh.w[i];
	return 0;
}

static void spare_is_trusted_locked(struct rs_alloc *a) REQUIRES(a->lock)
{
	for (size_t i = 0; i < a->spare.n; i++)
		rs_alloc_trust_locked(a, a->spare.v[i].pgno,
				      a->spare.v[i].npages);
}

static void tell(const struct rs_group *g,
		 void (*each)(void *arg, uint64_t pgno, uint64_t npages),
		 void *arg)
{
	uint32_t from = RS_GROUP_SLOTS, to;

	for (;; from = to) {
		from = rs_bits_next_set(g->suspect, from, RS_GROUP_PAGES);
		if (from == RS_GROUP_PAGES)
			return;
		to = rs_bits_next_clear(g->suspect, from, RS_GROUP_PAGES);
		each(arg, rs_group_page(g->number, from), to - from);
	}
}

static int suspect_locked(struct rs_alloc *a,
			  void (*each)(void *arg, uint64_t pgno,
				       uint64_t npages),
			  void *arg) REQUIRES(a->lock)
{
	int err = 0;

	for (uint32_t i = 0; i < a->n_groups && !err; i++)
		if (a->groups[i])
			err = mark(a->groups[i]);
	if (err)
		return err;
	spare_is_trusted_locked(a);
	for (uint32_t i = 0; i < a->n_groups; i++)
		if (a->groups[i])
			tell(a->groups[i], each, arg);
	atomic_store(&a->any_suspect, true);
	return 0;
}

int rs_alloc_suspect(struct rs_alloc *a,
		     void (*each)(void *arg, uint64_t pgno, uint64_t npages),
		     void *arg)
{
	int err;

	lock_take(&a->lock);
	err = suspect_locked(a, each, arg);
	lock_drop(&a->lock);
	return err;
}

void rs_alloc_trust_locked(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
{
	struct rs_group *g = a->groups[rs_group_of(pgno)];
	uint32_t from = rs_page_in_group(pgno);

	if (g && g->suspect) /* a repair forgets groups */
		rs_bits_clear(g->suspect, from, from + (uint32_t)npages);
}

bool rs_alloc_is_suspect(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
{
	uint32_t from = rs_page_in_group(pgno);
	const struct rs_group *g;
	bool is;

	if (!atomic_load(&a->any_suspect))
		return false;
	lock_take(&a->lock);
	g = a->groups[rs_group_of(pgno)];
	is = g && g->suspect &&
	     rs_bits_count(g->suspect, from, from + (uint32_t)npages) > 0;
	lock_drop(&a->lock);
	return is;
}
