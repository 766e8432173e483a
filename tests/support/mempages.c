/* SPDX-License-Identifier: Apache-2.0 */
/* mempages.c - pages of a tree in memory. */
#include "tests/support/mempages.h"

#include "regionstore/base/hash.h"

#include <stdlib.h>
#include <string.h>

/* As assert(), but it stays when asserts are compiled out. */
static void need(bool ok)
{
	if (!ok)
		abort();
}

static int get_page(const struct rs_pages *pages, const struct rs_ptr *ptr,
		    const uint8_t **ret_page)
{
	const struct mempages *mp = (const struct mempages *)pages;

	if (ptr->pgno == 0 || ptr->pgno >= mp->n || !mp->page[ptr->pgno])
		return -EUCLEAN;
	if (!mp->trusting &&
	    hash64(mp->page[ptr->pgno], RS_PAGE_SIZE, ptr->pgno) != ptr->csum)
		return -EBADMSG;
	*ret_page = mp->page[ptr->pgno];
	return 0;
}

struct mempages *mempages_of(struct rs_placer *p)
{
	void *whole = (uint8_t *)p - offsetof(struct mempages, placer);

	return whole;
}

static uint8_t *place(struct rs_placer *p, uint64_t *ret_pgno)
{
	return mempages_add(mempages_of(p), ret_pgno);
}

void mempages_init(struct mempages *mp)
{
	*mp = (struct mempages){ .pages.get = get_page,
				 .placer.place = place,
				 .n = 1 };
}

void mempages_finish(struct mempages *mp)
{
	for (size_t i = 1; i < mp->n; i++)
		free(mp->page[i]);
	free(mp->page);
	*mp = (struct mempages){ 0 };
}

uint8_t *mempages_add(struct mempages *mp, uint64_t *ret_pgno)
{
	if (mp->n >= mp->cap) {
		mp->cap = mp->cap ? mp->cap * 2 : 64;
		mp->page = realloc(mp->page, mp->cap * sizeof(*mp->page));
		need(mp->page);
	}
	mp->page[mp->n] = calloc(1, RS_PAGE_SIZE);
	need(mp->page[mp->n]);
	*ret_pgno = mp->n;
	return mp->page[mp->n++];
}

void mempages_commit(struct mempages *mp, struct rs_root *root, uint64_t birth)
{
	size_t dirty = rs_tree_dirty(root);
	size_t before = mp->n;
	struct rs_ptr ptr;

	rs_tree_flush(root, birth, &mp->placer, &ptr);
	need(mp->n - before == dirty);
	need(rs_tree_dirty(root) == 0);
	rs_tree_clean(root);
	need(!root->mem && root->ptr.pgno == ptr.pgno);
}
