/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c - which commit is the newest one on this disk?
 *
 * The superblock with the highest txid that is whole and whose two roots are
 * whole. A commit syncs everything else before it writes its superblock, so
 * the newest whole superblock leads to a complete store: nothing is replayed
 * and nothing is scanned, at any size. The other slot holds the commit before
 * it, complete as well (I1), and the steady superblock the last clean close.
 *
 * A superblock of a newer version is not passed over for an older one: that
 * would silently undo commits.
 */
#include "regionstore/recover.h"

#include "regionstore/pages.h"

#include <inttypes.h>

#define SLOTS 3u /* superblock slots, the steady one last */

struct candidate {
	bool good;
	struct rs_super super;
	struct err why; /* not good */
};

static int read_slot(struct rs_store *s, uint64_t slot, struct candidate *c)
{
	uint8_t page[RS_PAGE_SIZE];
	int err = s->io->ops->read(s->io, rs_bytes(slot), page, sizeof(page));

	if (err)
		return err_set(&c->why, err, "cannot be read");
	err = rs_super_decode(page, &s->header, slot, &c->super, &c->why);
	c->good = err == 0;
	return err;
}

/* Do the roots lead anywhere, and is the file all there? */
static int check_candidate(const struct rs_store *s, struct candidate *c)
{
	const struct rs_super *su = &c->super;
	const uint8_t *page;
	int err = 0;

	if (su->file_pages > rs_file_pages(s))
		return err_set(&c->why, -EUCLEAN,
			       "the file was cut: %" PRIu64
			       " bytes are missing at its end",
			       rs_bytes(su->file_pages - rs_file_pages(s)));
	if (su->data_root.npages)
		err = rs_pages_get(&s->pages, &su->data_root, &page);
	if (!err && su->sys_root.npages)
		err = rs_pages_get(&s->pages, &su->sys_root, &page);
	if (err)
		return err_set(&c->why, err, "a root page is damaged: %s",
			       err_text(err));
	return 0;
}

static int choose(const struct rs_store *s, struct candidate c[SLOTS],
		  struct rs_super *ret_super, struct err *e)
{
	unsigned newer =
		c[1].good && (!c[0].good || c[1].super.txid > c[0].super.txid);
	const unsigned order[SLOTS] = { newer, 1 - newer, 2 };

	for (unsigned i = 0; i < SLOTS; i++) {
		struct candidate *at = &c[order[i]];

		if (!at->good || check_candidate(s, at))
			continue;
		*ret_super = at->super;
		return 0;
	}
	return err_set(e, c[newer].why.code,
		       "no commit is whole; restore a copy. Newest: %.100s",
		       c[newer].why.msg);
}

static int read_supers(struct rs_store *s, struct rs_super *ret_super,
		       struct err *e)
{
	struct candidate c[SLOTS] = { 0 };

	for (unsigned i = 0; i < SLOTS; i++) {
		int err = read_slot(s, RS_SLOT_SUPER + i, &c[i]);

		if (err == -EOPNOTSUPP)
			return err_set(e, err, "%.180s", c[i].why.msg);
	}
	return choose(s, c, ret_super, e);
}

static int read_header(struct rs_store *s, uint64_t size, struct err *e)
{
	uint8_t page[RS_PAGE_SIZE];
	int err;

	if (size < rs_bytes(RS_FILE_PAGES_MIN))
		return err_set(e, -EUCLEAN, "too short: not a store");
	err = s->io->ops->read(s->io, rs_bytes(RS_SLOT_HEADER), page,
			       sizeof(page));
	if (err)
		return err_set(e, err, "header: cannot be read");
	return rs_header_decode(page, &s->header, e);
}

static int map_file(struct rs_store *s, uint64_t size, struct err *e)
{
	const uint8_t *base;
	uint64_t len;
	int err = s->io->ops->map(s->io, &base, &len);

	if (!err && len < size)
		err = -ENOMEM;
	if (!err)
		err = rs_map_init(&s->map, base, len);
	if (err)
		return err_set(e, err, "cannot be mapped: %s", err_text(err));
	s->alloc.env.pages_max = s->map.len >> RS_PAGE_SHIFT;
	atomic_store(&s->alloc.file_pages, size >> RS_PAGE_SHIFT);
	return 0;
}

int rs_recover(struct rs_store *s, struct rs_super *ret_super, struct err *e)
{
	uint64_t size;
	int err = s->io->ops->size(s->io, &size);

	if (err)
		return err_set(e, err, "cannot be examined");
	err = read_header(s, size, e);
	if (!err)
		err = map_file(s, size, e);
	if (!err)
		err = read_supers(s, ret_super, e);
	if (err)
		return err;
	s->alloc.used_pages = ret_super->used_pages;
	s->alloc.pinned_pages = ret_super->pinned_pages;
	return 0;
}
