/* SPDX-License-Identifier: Apache-2.0 */
/* snap_write.c - nodes that a snapshot's tree has in memory go to the disk.
 *
 * Only a repair changes the tree of a snapshot. Its new nodes are said to be
 * born in the commit that the snapshot shows, as nothing below a root may be
 * younger, and to have died in the next, so that no other snapshot is taken to
 * have them.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include "regionstore/base/auto.h"

#include <assert.h>
#include <stdlib.h>

struct placer {
	struct rs_placer base;
	const struct rs_extents *runs;
	uint8_t *images;
	size_t run, placed;
	uint32_t page; /* in that run */
};

static uint8_t *place(struct rs_placer *base, uint64_t *ret_pgno)
{
	struct placer *p = (struct placer *)base;

	if (p->page == p->runs->v[p->run].npages) {
		p->page = 0;
		p->run++;
	}
	assert(p->run < p->runs->n);
	*ret_pgno = p->runs->v[p->run].pgno + p->page++;
	return p->images + p->placed++ * RS_PAGE_SIZE;
}

static int take(struct rs_store *s, size_t pages, uint64_t birth,
		struct rs_extents *runs)
{
	int err = 0;

	while (!err && pages > 0) {
		struct rs_extent x = { .birth = birth, .death = birth + 1 };
		const struct rs_want w = {
			.zone = RS_ZONE_META,
			.min = 1,
			.want = pages < UINT16_MAX ? (uint32_t)pages
						   : UINT16_MAX,
			.commit = true,
		};

		err = rs_alloc_take(&s->alloc, &w, &x.pgno, &x.npages);
		if (err)
			break;
		err = rs_extents_add(runs, &x);
		if (err)
			rs_alloc_give(&s->alloc, x.pgno, x.npages);
		pages -= x.npages;
	}
	return err;
}

static int write_runs(struct rs_store *s, const struct rs_extents *runs,
		      const uint8_t *images)
{
	int err = 0;

	for (size_t i = 0; !err && i < runs->n; i++) {
		const struct rs_extent *x = &runs->v[i];

		err = rs_write_pages(s, x->pgno, images, x->npages);
		images += rs_bytes(x->npages);
	}
	return err;
}

void rs_snap_unwrite(struct rs_store *s, struct rs_extents *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		rs_alloc_give(&s->alloc, runs->v[i].pgno, runs->v[i].npages);
	runs->n = 0;
}

int rs_snap_write(struct rs_store *s, struct rs_root *root, uint64_t birth,
		  struct rs_extents *runs)
{
	size_t pages = rs_tree_dirty(root);
	AUTO_FREE uint8_t *images = malloc((pages + 1) * RS_PAGE_SIZE);
	struct placer p = { .base.place = place,
			    .runs = runs,
			    .images = images };
	struct rs_ptr ptr;
	int err = images ? take(s, pages, birth, runs) : -ENOMEM;

	if (!err) {
		rs_tree_flush(root, birth, &p.base, &ptr);
		err = write_runs(s, runs, images);
	}
	if (err) {
		rs_snap_unwrite(s, runs);
		return err;
	}
	const struct rs_root clean = { .ptr = ptr, .sum = root->sum };

	rs_root_put(root);
	*root = clean;
	return 0;
}
