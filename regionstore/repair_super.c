/* SPDX-License-Identifier: Apache-2.0 */
/* repair_super.c - the header, or what superblocks know of it; superblocks.
 *
 * All that a header holds and a superblock does not are the constants of the
 * format, a seed that is not used yet, and when the store was made.
 */
#include "regionstore/repair.h"

#include "regionstore/base/hash.h"

#include <stddef.h>
#include <stdlib.h>

/* Is it a superblock whose checksum is right, of whatever store? */
static bool is_super(const uint8_t page[RS_PAGE_SIZE],
		     struct rs_disk_super *ret_d)
{
	uint8_t copy[RS_PAGE_SIZE];
	struct hash128 h;

	memcpy(copy, page, sizeof(copy));
	memcpy(ret_d, page, sizeof(*ret_d));
	memset(copy + offsetof(struct rs_disk_super, check), 0, 16);
	h = hash128(copy, sizeof(copy), 0);
	return memcmp(ret_d->magic, RS_MAGIC_SUPER, sizeof(ret_d->magic)) ==
		       0 &&
	       le64_get(*(struct le64 *)(void *)ret_d->check) == h.lo &&
	       le64_get(*(struct le64 *)(void *)(ret_d->check + 8)) == h.hi;
}

static int read_page(struct rs_store *s, uint64_t slot,
		     uint8_t page[RS_PAGE_SIZE])
{
	return s->io->ops->read(s->io, rs_bytes(slot), page, RS_PAGE_SIZE);
}

/* The header as superblocks have it. */
static int guess_header(struct rs_repair *r, struct err *e)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_disk_super d;

	for (uint64_t i = RS_SLOT_SUPER; i <= RS_SLOT_STEADY; i++) {
		if (read_page(r->s, i, page) || !is_super(page, &d))
			continue;
		if (le64_get(d.incompat))
			return err_set(e, -EOPNOTSUPP,
				       "uses features that this version does "
				       "not know; use a newer one");
		r->s->header = (struct rs_header){
			.created_ns = le64_get(d.wall_ns),
			.ro_compat = le64_get(d.ro_compat),
			.compat = le64_get(d.compat),
			.only_read = le64_get(d.ro_compat) != 0,
		};
		memcpy(r->s->header.uuid, d.uuid, sizeof(d.uuid));
		r->header_lost = true;
		rs_repair_say(r, "the header is damaged: it is made anew; when "
				 "the store was created is lost");
		return 0;
	}
	return err_set(e, -EUCLEAN,
		       "neither header nor any superblock can be read; try "
		       "'roarfs salvage'");
}

static int load_header(struct rs_repair *r, struct err *e)
{
	uint8_t page[RS_PAGE_SIZE];
	struct err why = { 0 };
	int err = read_page(r->s, RS_SLOT_HEADER, page);

	if (!err)
		err = rs_header_decode(page, &r->s->header, &why);
	if (err == -EOPNOTSUPP)
		return err_set(e, err, "%.180s", why.msg);
	return err ? guess_header(r, e) : 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct rs_super *x = a, *y = b;

	return x->txid < y->txid ? 1 : x->txid > y->txid ? -1 : 0;
}

static int load_super(struct rs_repair *r, uint64_t slot, struct err *e)
{
	uint8_t page[RS_PAGE_SIZE] = { 0 };
	struct err why = { 0 };
	struct rs_super su;
	int err = read_page(r->s, slot, page);

	if (!err)
		err = rs_super_decode(page, &r->s->header, slot, &su, &why);
	if (err == -EOPNOTSUPP)
		return err_set(e, err, "%.180s", why.msg);
	if (!err && su.file_pages > rs_file_pages(r->s))
		err = err_set(&why, -EUCLEAN, "the file was cut");
	if (err) {
		bool empty = rs_super_is_empty(page);

		r->slot_empty[slot - RS_SLOT_SUPER] = empty;
		r->slot_lost |= slot != RS_SLOT_STEADY && !empty;
		if (!empty)
			rs_repair_say(r, "the %s superblock cannot be used: %s",
				      rs_super_name(slot), why.msg);
		return 0;
	}
	r->supers[r->n_supers++] = su;
	return 0;
}

/* Commit 1 leaves the first slot as it was, and a commit that failed is taken
 * back by zeros. Else a superblock was there. */
static void judge_empty(struct rs_repair *r)
{
	for (uint64_t slot = RS_SLOT_SUPER; slot < RS_SLOT_STEADY; slot++) {
		if (!r->slot_empty[slot - RS_SLOT_SUPER] ||
		    rs_super_may_be_empty(slot, r->newest))
			continue;
		rs_repair_say(r,
			      "the %s superblock is empty: that commit failed "
			      "and was taken back, or is lost",
			      rs_super_name(slot));
		r->slot_lost = true;
	}
}

int rs_repair_supers(struct rs_repair *r, struct err *e)
{
	int err = load_header(r, e);

	for (uint64_t i = RS_SLOT_SUPER; !err && i <= RS_SLOT_STEADY; i++)
		err = load_super(r, i, e);
	if (err)
		return err;
	if (r->n_supers == 0)
		return err_set(e, -EUCLEAN,
			       "no superblock can be used; try "
			       "'roarfs salvage'");
	qsort(r->supers, r->n_supers, sizeof(*r->supers), newest_first);
	r->newest = r->supers[0].txid;
	judge_empty(r);
	return 0;
}

int rs_repair_header(struct rs_repair *r)
{
	uint8_t page[RS_PAGE_SIZE];

	if (!r->header_lost)
		return 0;
	rs_header_encode(&r->s->header, page);
	return r->s->io->ops->write(r->s->io, rs_bytes(RS_SLOT_HEADER), page,
				    sizeof(page));
}
