/* SPDX-License-Identifier: Apache-2.0 */
/* trim.c - the file ends after the last page that is in use.
 *
 * Order is all: a superblock that says the file is longer than it is would be
 * refused at the next open. So first the store takes no page behind the new
 * end, then two commits say so, in both slots, then the steady superblock; and
 * only then is the file cut. After a crash anywhere in between it is merely
 * longer than it need be.
 *
 * Groups that lie wholly behind the end lose their records in the first of
 * these commits.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <assert.h>

struct trim_op {
	struct rs_sysop op;
	uint64_t room; /* pages to keep behind the last one in use */
	uint64_t old_pages;
	bool done; /* the store is shorter now */
};

/* No end between the bitmap slots of a group and its first page. */
static uint64_t round_end(uint64_t pages)
{
	uint32_t in_group = rs_page_in_group(pages);

	if (in_group > 0 && in_group <= RS_GROUP_SLOTS)
		pages -= in_group;
	return pages < RS_FILE_PAGES_MIN ? RS_FILE_PAGES_MIN : pages;
}

static int shorten_locked(struct rs_alloc *a, struct trim_op *t)
	REQUIRES(a->lock)
{
	uint64_t pages = atomic_load(&a->file_pages);
	uint64_t end;
	int err = rs_alloc_end_locked(a, &end);

	if (err)
		return err;
	if (!t->done) /* else the commit is done again */
		t->old_pages = pages;
	end = round_end(end + t->room);
	if (end >= pages)
		return 0;
	t->done = true;
	rs_alloc_resized_locked(a, end);
	return 0;
}

static int drop_groups(struct rs_commit *c, const struct trim_op *t)
{
	uint32_t to = rs_group_count(t->old_pages);
	int err = 0;

	for (uint32_t i = rs_group_count(rs_file_pages(c->s)); i < to && !err;
	     i++) {
		uint8_t key[RS_GROUP_KEY];

		rs_group_key(i, key);
		err = rs_tree_del(&c->sys, key, sizeof(key));
		if (err == -ENOENT)
			err = 0;
	}
	return err;
}

static int prepare_trim(struct rs_sysop *op, struct rs_commit *c)
{
	struct trim_op *t = (struct trim_op *)op;
	struct rs_alloc *a = &c->s->alloc;
	int err;

	lock_take(&a->lock);
	err = shorten_locked(a, t);
	lock_drop(&a->lock);
	return err || !t->done ? err : drop_groups(c, t);
}

/* The commit came to nothing: the file is as long as it is. */
static void lengthen(struct rs_store *s, const struct trim_op *t)
{
	struct rs_alloc *a = &s->alloc;

	lock_take(&a->lock);
	if (atomic_load(&a->file_pages) < t->old_pages)
		rs_alloc_resized_locked(a, t->old_pages);
	lock_drop(&a->lock);
}

/* Nobody makes a superblock meanwhile, and none of the three knows of a longer
 * file than the allocator, who does not make it longer. */
static int cut_locked(struct rs_store *s) REQUIRES(s->commit_lock)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t pages;
	int err = rs_write_steady(s);

	if (err)
		return err;
	lock_take(&a->lock);
	pages = atomic_load(&a->file_pages);
	err = s->io->ops->resize(s->io, rs_bytes(pages));
	lock_drop(&a->lock);
	return err;
}

int rs_trim(struct rs_store *s, uint64_t room)
{
	struct trim_op t = { .op = { .prepare = prepare_trim }, .room = room };
	struct rs_sysop nothing = { 0 };
	int err = rs_commit(s, &t.op);

	if (err && t.done)
		lengthen(s, &t);
	if (err || !t.done)
		return err;
	err = rs_commit(s, &nothing);
	if (err)
		return err;
	lock_take(&s->commit_lock);
	err = cut_locked(s);
	lock_drop(&s->commit_lock);
	return err;
}
