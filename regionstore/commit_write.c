/* SPDX-License-Identifier: Apache-2.0 */
/* commit_write.c - the images of a commit, and how they get to the disk.
 *
 * The nodes of both trees go into one run, those of the data tree first: a
 * snapshot's record, in the system tree, holds the pointer to the data root.
 * Only then are the values of the records final, in place and of the same
 * size, so that no node is added.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <assert.h>
#include <stdlib.h>

#define PIECE ((size_t)1 << 20) /* bytes in one write */

struct placer {
	struct rs_placer base;
	struct rs_commit *c;
	size_t run;    /* of c->runs */
	uint32_t page; /* in that run */
	size_t placed;
};

static uint8_t *place(struct rs_placer *base, uint64_t *ret_pgno)
{
	struct placer *p = (struct placer *)base;
	struct rs_commit *c = p->c;

	if (p->page == c->runs.v[p->run].npages) {
		p->page = 0;
		p->run++;
	}
	assert(p->run < c->runs.n && p->placed < c->run_pages);
	*ret_pgno = c->runs.v[p->run].pgno + p->page++;
	return c->nodes + p->placed++ * RS_PAGE_SIZE;
}

static int put_record(struct rs_commit *c, const struct rs_touched *t)
{
	uint8_t key[RS_GROUP_KEY], val[RS_GROUP_VAL_MAX];

	rs_group_key(t->g->number, key);
	rs_group_rec_encode(&t->rec, t->room, val);
	return rs_tree_put(&c->sys, key, sizeof(key), val,
			   RS_GROUP_VAL(t->room), 0);
}

static int finish_records(struct rs_commit *c)
{
	int err = 0;

	for (size_t i = 0; !err && i < c->n_groups; i++) {
		struct rs_touched *t = &c->groups[i];

		t->writes_slot =
			rs_group_encode(t->g, c->txid, t->room,
					c->bitmaps + i * RS_PAGE_SIZE, &t->rec);
		err = put_record(c, t);
	}
	return err;
}

int rs_commit_buffers(struct rs_commit *c)
{
	/* One more, as malloc(0) may be NULL. */
	c->nodes = malloc((size_t)(c->run_pages + 1) * RS_PAGE_SIZE);
	c->bitmaps = malloc((c->n_groups + 1) * RS_PAGE_SIZE);
	return c->nodes && c->bitmaps ? 0 : -ENOMEM;
}

int rs_commit_images(struct rs_commit *c, struct rs_sysop *op)
{
	struct placer p = { .base.place = place, .c = c };
	size_t dirty = rs_tree_dirty(&c->sys.root);
	int err;

	rs_tree_flush(&c->data, c->txid, &p.base, &c->data_ptr);
	err = finish_records(c);
	if (!err && op && op->finish)
		err = op->finish(op, c);
	if (err)
		return err;
	assert(rs_tree_dirty(&c->sys.root) == dirty);
	(void)dirty; /* for when there are no asserts */
	rs_tree_flush(&c->sys.root, c->txid, &p.base, &c->sys_ptr);
	assert(p.placed == c->run_pages);
	return 0;
}

static int write_run(struct rs_commit *c, const struct rs_extent *run,
		     const uint8_t *from)
{
	uint32_t most = (uint32_t)(PIECE >> RS_PAGE_SHIFT);
	int err = 0;

	for (uint32_t i = 0; !err && i < run->npages; i += most) {
		uint32_t n = run->npages - i < most ? run->npages - i : most;

		err = rs_write_pages(c->s, run->pgno + i, from + rs_bytes(i),
				     n);
	}
	return err;
}

static int write_bitmap(struct rs_commit *c, size_t i)
{
	const struct rs_touched *t = &c->groups[i];
	struct rs_store *s = c->s;
	uint64_t pgno = rs_group_slot_page(t->g->number, t->rec.slot);
	int err =
		s->io->ops->write(s->io, rs_bytes(pgno),
				  c->bitmaps + i * RS_PAGE_SIZE, RS_PAGE_SIZE);

	atomic_fetch_add(&s->counters.writes, 1);
	atomic_fetch_add(&s->counters.write_bytes, RS_PAGE_SIZE);
	return err;
}

int rs_commit_write(struct rs_commit *c)
{
	const uint8_t *from = c->nodes;
	int err = 0;

	for (size_t i = 0; !err && i < c->runs.n; i++) {
		err = write_run(c, &c->runs.v[i], from);
		from += rs_bytes(c->runs.v[i].npages);
	}
	for (size_t i = 0; !err && i < c->n_groups; i++)
		if (c->groups[i].writes_slot)
			err = write_bitmap(c, i);
	return err;
}

/* --- the manifest -------------------------------------------------------- */

/* The pages that this commit marks: its nodes and the payloads of its txns, and
 * not what was claimed and freed again and may be somebody else's by now. */
static bool list_marked(struct rs_manifest *m, const struct rs_group *g)
{
	uint32_t from = RS_GROUP_SLOTS, to;
	struct rs_bits fresh;

	rs_bits_minus(&fresh, g->next, &g->disk);
	for (;; from = to) {
		from = rs_bits_next_set(&fresh, from, RS_GROUP_PAGES);
		if (from == RS_GROUP_PAGES)
			return true;
		to = rs_bits_next_clear(&fresh, from, RS_GROUP_PAGES);
		if (!rs_manifest_add(m, rs_group_page(g->number, from),
				     to - from))
			return false;
	}
}

static bool list_group(struct rs_commit *c, size_t i)
{
	const struct rs_touched *t = &c->groups[i];

	if (t->writes_slot &&
	    !rs_manifest_add(c->manifest,
			     rs_group_slot_page(t->g->number, t->rec.slot), 1))
		return false;
	return list_marked(c->manifest, t->g);
}

static bool list_all(struct rs_commit *c)
{
	if (c->s->two_flush || c->s->log.kept.len ||
	    c->super.commit_pages > RS_MANIFEST_PAGES)
		return false;
	for (size_t i = 0; i < c->n_groups; i++)
		if (!list_group(c, i))
			return false;
	return true;
}

int rs_commit_list(struct rs_commit *c)
{
	/* The superblock alone, which nothing need be before. */
	c->one_flush = c->n_groups == 0 && !c->s->log.kept.len;
	if (c->one_flush)
		return 0;
	c->manifest = calloc(1, sizeof(*c->manifest));
	c->one_flush = c->manifest && list_all(c);
	if (c->one_flush)
		return rs_manifest_sum(c->manifest, &c->s->map);
	free(c->manifest);
	c->manifest = NULL;
	return 0;
}
