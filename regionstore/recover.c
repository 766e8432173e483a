/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c - which commit is the newest one on this disk?
 *
 * The superblock with the highest txid whose commit is whole. A commit of two
 * flushes is: all else was on the disk before its superblock was written. One
 * of a single flush is when what its manifest lists is there (manifest.h). So
 * nothing is replayed and nothing is scanned, at any size.
 *
 * When a commit is not whole the power failed before anybody was told that it
 * is durable. The commit before it is in the other slot; it was durable before
 * the next one wrote its superblock. A page that went bad later looks the same,
 * and must not undo a commit. So a manifest is only looked at when the commit
 * can be the victim of a power cut: not when the steady superblock says that it
 * was on the disk, nor when a newer one follows it or the other slot holds no
 * superblock at all, for then that slot was being written. A bad page is an
 * error of whoever reads it, then, and a bad root is one of opening: going back
 * to an older commit is what repair is for.
 *
 * What was found may be in the memory of the host alone, if a process died and
 * not the host. Then nothing may be written yet: a page that this commit freed
 * may be needed by the one that is really on the disk. rs_recover_settle() sees
 * to that. How long the host takes to write depends on what the dead process
 * left it, so that is not done by opening but before the first page is given
 * out, and by the first sync or tick of the timer if nobody wants one.
 *
 * A superblock of a newer version is not passed over for an older one: that
 * would silently undo commits.
 */
#include "regionstore/recover.h"

#include "regionstore/base/auto.h"
#include "regionstore/broken.h"
#include "regionstore/pages.h"

#include <inttypes.h>
#include <stdlib.h>

#define SLOTS  3u /* superblock slots, the steady one last */
#define STEADY 2u

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

/* --- is a commit whole? -------------------------------------------------- */

static int check_length(const struct rs_store *s, struct candidate *c)
{
	uint64_t missing;

	if (!ck_sub(c->super.file_pages, rs_file_pages(s), &missing) ||
	    missing == 0)
		return 0;
	return err_set(&c->why, -EUCLEAN,
		       "the file was cut: %" PRIu64
		       " bytes are missing at its end",
		       rs_bytes(missing));
}

/* All that the commit wrote. */
static int check_manifest(struct rs_store *s, uint64_t slot,
			  struct candidate *c)
{
	AUTO_FREE struct rs_manifest *m = malloc(sizeof(*m));
	uint8_t page[RS_PAGE_SIZE];
	struct rs_span bad;
	int err = m ? 0 : -ENOMEM;

	if (!err)
		err = s->io->ops->read(s->io, rs_bytes(slot), page,
				       sizeof(page));
	if (!err)
		err = rs_manifest_decode(page, c->super.file_pages, m);
	if (err)
		return err_set(&c->why, err, "its list of pages: %s",
			       err_text(err));
	err = rs_manifest_verify(m, &s->map, &bad);
	if (err)
		return err_set(&c->why, err,
			       "commit %" PRIu64 " is not whole: pages %" PRIu64
			       " to %" PRIu64 " are not as it wrote them",
			       c->super.txid, bad.pgno,
			       bad.pgno + bad.npages - 1);
	return 0;
}

static int check_roots(const struct rs_store *s, struct candidate *c)
{
	const struct rs_super *su = &c->super;
	const uint8_t *page;
	int err = 0;

	if (su->data_root.npages)
		err = rs_pages_get(&s->pages, &su->data_root, &page);
	if (!err && su->sys_root.npages)
		err = rs_pages_get(&s->pages, &su->sys_root, &page);
	if (err)
		return err_set(&c->why, err, "a root page is damaged: %s",
			       err_text(err));
	return 0;
}

/* --- the choice ---------------------------------------------------------- */

/* May the power have failed while that commit was written? */
static bool is_in_doubt(const struct candidate c[SLOTS], unsigned i)
{
	const struct candidate *other = &c[1 - i % 2];

	if (!(c[i].super.flags & RS_SUPER_ONE_FLUSH) || i == STEADY)
		return false;
	if (c[STEADY].good && c[STEADY].super.txid >= c[i].super.txid)
		return false;
	return other->good && other->super.txid < c[i].super.txid;
}

/* *ret_victim: it fails because the power did, and the one before it counts. A
 * page that cannot be read, or no memory, is no such sign. */
static int check_candidate(struct rs_store *s, struct candidate c[SLOTS],
			   unsigned i, bool *ret_victim)
{
	bool doubt = is_in_doubt(c, i);
	int err = check_length(s, &c[i]);

	if (!err && doubt && !RS_BROKEN(RS_BREAK_MANIFEST))
		err = check_manifest(s, RS_SLOT_SUPER + i, &c[i]);
	*ret_victim = doubt && (err == -EUCLEAN || err == -EBADMSG);
	return err ? err : check_roots(s, &c[i]);
}

/* The newest one that was not tried; the steady one after its equal. */
static unsigned newest(const struct candidate c[SLOTS], unsigned tried)
{
	unsigned best = SLOTS;

	for (unsigned i = 0; i < SLOTS; i++)
		if (c[i].good && !(tried & 1u << i) &&
		    (best == SLOTS || c[i].super.txid > c[best].super.txid))
			best = i;
	return best;
}

/* What is durable and damaged is not passed over for something older: that
 * would undo what was acknowledged, and say nothing. Who wants it asks for it.
 */
static int refuse(const struct candidate *c, struct err *e)
{
	return err_set(e, c->why.code, "%s", c->why.msg);
}

/* The log is looked at next. Asked for now it comes together with the pages of
 * the manifest; by page faults it would be one wait for the disk after the
 * other, when nothing of it is in the host's cache. */
static void fetch_log(const struct rs_store *s, const struct rs_super *su)
{
	rs_map_fetch(&s->map, rs_log_page(su->log_epoch, 0), RS_LOG_HALF);
}

static int choose(struct rs_store *s, struct candidate c[SLOTS],
		  struct rs_found *found, struct err *e)
{
	unsigned first = newest(c, 0), tried = 0;
	unsigned i = first;

	/* A power cut spoils one slot at most. */
	if (!c[0].good && !c[1].good)
		return refuse(&c[0], e);
	fetch_log(s, &c[first].super);
	for (; i < SLOTS; i = newest(c, tried)) {
		bool victim;

		tried |= 1u << i;
		if (check_candidate(s, c, i, &victim)) {
			if (!victim)
				return refuse(&c[i], e);
			found->broken_slot = RS_SLOT_SUPER + i;
			continue;
		}
		found->super = c[i].super;
		found->newest = c[first].super.txid;
		found->clean = c[STEADY].good &&
			       c[STEADY].super.txid == c[i].super.txid &&
			       c[STEADY].super.flags & RS_SUPER_CLEAN;
		return 0;
	}
	return refuse(&c[first], e);
}

static int read_supers(struct rs_store *s, struct rs_found *found,
		       struct err *e)
{
	struct candidate c[SLOTS] = { 0 };

	for (unsigned i = 0; i < SLOTS; i++) {
		int err = read_slot(s, RS_SLOT_SUPER + i, &c[i]);

		if (err == -EOPNOTSUPP)
			return err_set(e, err, "%.180s", c[i].why.msg);
	}
	return choose(s, c, found, e);
}

static bool has_super(struct rs_store *s, uint64_t slot)
{
	char magic[sizeof(RS_MAGIC_SUPER) - 1];
	int err = s->io->ops->read(s->io, rs_bytes(slot), magic, sizeof(magic));

	return !err && memcmp(magic, RS_MAGIC_SUPER, sizeof(magic)) == 0;
}

/* Not a store, or one whose first page is lost? */
static int refuse_header(struct rs_store *s, int err, struct err *e)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (has_super(s, RS_SLOT_SUPER + i))
			return err_set(e, -EUCLEAN, "the header is lost");
	return err;
}

static int read_header(struct rs_store *s, uint64_t size, struct err *e)
{
	uint8_t page[RS_PAGE_SIZE];
	int err;

	if (size < rs_bytes(RS_FILE_PAGES_MIN))
		return err_set(e, -EMEDIUMTYPE, "too short: not a store");
	err = s->io->ops->read(s->io, rs_bytes(RS_SLOT_HEADER), page,
			       sizeof(page));
	if (err)
		return err_set(e, err, "header: cannot be read");
	err = rs_header_decode(page, &s->header, e);
	return rs_header_is_one(page) ? err : refuse_header(s, err, e);
}

int rs_recover_map(struct rs_store *s, uint64_t size, struct err *e)
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

int rs_recover(struct rs_store *s, struct rs_found *ret_found, struct err *e)
{
	struct rs_found found = { 0 };
	uint64_t size;
	int err = s->io->ops->size(s->io, &size);

	if (err)
		return err_set(e, err, "cannot be examined");
	err = read_header(s, size, e);
	if (!err)
		err = rs_recover_map(s, size, e);
	if (!err)
		err = read_supers(s, &found, e);
	if (err)
		return err;
	s->alloc.used_pages = found.super.used_pages;
	s->alloc.pinned_pages = found.super.pinned_pages;
	s->was_closed = found.clean && !found.broken_slot;
	*ret_found = found;
	return 0;
}

/* Once: after a sync that failed nobody knows what is on the disk. */
static int sync_found(void *arg)
{
	struct rs_store *s = arg;
	int err = rs_may_change(s);

	if (err)
		return err;
	atomic_fetch_add(&s->counters.syncs, 1);
	err = s->io->ops->sync(s->io);
	return err ? rs_store_fail(s, err, "what was found cannot be synced")
		   : 0;
}

/* A superblock that leads to nothing goes as well: were its pages written
 * again as they were, it would come back to life. */
int rs_recover_settle(struct rs_store *s, const struct rs_found *found)
{
	static const uint8_t nothing[RS_PAGE_SIZE];
	int err = 0;

	if (RS_BROKEN(RS_BREAK_SETTLE))
		return 0;
	if (found->broken_slot) {
		err = s->io->ops->write(s->io, rs_bytes(found->broken_slot),
					nothing, sizeof(nothing));
		return err ? err : s->io->ops->sync(s->io);
	}
	if (!found->clean) {
		s->alloc.env.settle = sync_found;
		atomic_store(&s->alloc.unsettled, true);
		s->open.any = true;
	}
	return 0;
}
