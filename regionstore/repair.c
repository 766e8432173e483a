/* SPDX-License-Identifier: Apache-2.0 */
/* repair.c - from a damaged store to one whose trees and free space are right.
 *
 *	header, superblocks   what can be read of them
 *	choose                the commit to go on from
 *	data tree             as it is, or built anew of what can be read
 *	snapshots             those whose trees are whole, or become it
 *	log                   what it holds beyond the commit is done again
 *	space                 everything these own, and nothing else, is in use
 *	commit                a new one, in pages behind the old end of the file
 *
 * Whatever goes wrong before the last step, the file has not changed where it
 * matters. Nobody is asked anything here: who wants to know beforehand what
 * will be given up runs it over a copy in memory first (dry).
 */
#include "regionstore/repair.h"

#include "regionstore/base/auto.h"
#include "regionstore/io_overlay.h"
#include "regionstore/pages.h"
#include "regionstore/recover.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TEXT_MAX 256
#define DATE_MAX 32

void rs_repair_say(const struct rs_repair *r, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (r->how->say)
		r->how->say(r->how->arg, text);
}

/* --- which commit --------------------------------------------------------- */

static struct rs_root data_root(const struct rs_super *su)
{
	return (struct rs_root){ .ptr = su->data_root, .sum = su->data_sum };
}

static const char *date_of(uint64_t ns, char text[DATE_MAX])
{
	time_t sec = (time_t)(ns / 1000000000u);
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&sec, &tm))
		strftime(text, DATE_MAX, "%F %T UTC", &tm);
	return text;
}

/* A commit that lost its race with a power cut was never one. */
static void drop_unfinished(struct rs_repair *r, const struct rs_found *found)
{
	if (!found->broken_slot ||
	    rs_super_slot(r->supers[0].txid) != found->broken_slot ||
	    r->n_supers < 2)
		return;
	rs_repair_say(r,
		      "commit %" PRIu64 " was not finished when the power "
		      "failed; nobody was told that it was",
		      r->supers[0].txid);
	memmove(&r->supers[0], &r->supers[1],
		(RS_REPAIR_SLOTS - 1) * sizeof(r->supers[0]));
	r->n_supers--;
}

static bool is_readable(struct rs_repair *r, const struct rs_super *su)
{
	const uint8_t *page;

	return !su->data_root.npages ||
	       rs_pages_get(&r->s->pages, &su->data_root, &page) == 0;
}

/* Of the superblocks: the first that is whole among the two newest commits,
 * else the first whose root can be read. */
static int choose_auto(struct rs_repair *r, unsigned *ret_i, struct err *e)
{
	unsigned readable = r->n_supers;

	for (unsigned i = 0; i < r->n_supers; i++) {
		const struct rs_root root = data_root(&r->supers[i]);
		bool recent = r->supers[i].txid + 2 >= r->newest;
		uint64_t findings;
		int err;

		if (!is_readable(r, &r->supers[i]))
			continue;
		if (readable == r->n_supers)
			readable = i;
		err = rs_repair_judge(r, &root, &findings);
		if (err)
			return err_set(e, err, "%s", err_text(err));
		if (!findings && (recent || readable == i)) {
			*ret_i = i;
			return 0;
		}
	}
	if (readable == r->n_supers)
		return err_set(e, -EUCLEAN,
			       "no root can be read; a snapshot's may be: "
			       "--to=snapshot=NAME, or try 'roarfs salvage'");
	*ret_i = readable;
	return 0;
}

static int choose(struct rs_repair *r, unsigned *ret_i, struct err *e)
{
	unsigned i = 0;

	switch (r->how->to) {
	case RS_REPAIR_AUTO:
		return choose_auto(r, ret_i, e);
	case RS_REPAIR_NEWEST:
	case RS_REPAIR_SNAPSHOT:
		break;
	case RS_REPAIR_PREVIOUS:
		while (i < r->n_supers && r->supers[i].txid == r->newest)
			i++;
		break;
	case RS_REPAIR_STEADY:
		/* The last one that says it was a clean close. */
		while (i < r->n_supers &&
		       !(r->supers[i].flags & RS_SUPER_CLEAN))
			i++;
		break;
	}
	if (i == r->n_supers)
		return err_set(e, -ENOENT, "there is no such commit to go to");
	*ret_i = i;
	return 0;
}

static void say_choice(const struct rs_repair *r, const struct rs_super *su)
{
	char date[DATE_MAX];

	if (su->txid == r->newest && r->slot_lost)
		rs_repair_say(r,
			      "if the superblock that cannot be read was the "
			      "newer one, all changes after commit %" PRIu64
			      " of %s are given up",
			      su->txid, date_of(su->wall_ns, date));
	if (su->txid == r->newest)
		return;
	rs_repair_say(r,
		      "all changes after commit %" PRIu64 " of %s are given "
		      "up; the newest is %" PRIu64,
		      su->txid, date_of(su->wall_ns, date), r->newest);
}

/* --- snapshots ------------------------------------------------------------ */

/* From the chosen system tree, or, when that cannot be read, an older one. */
static void load_snaps(struct rs_repair *r, unsigned chosen)
{
	struct rs_store *s = r->s;

	for (unsigned i = chosen; i < r->n_supers; i++) {
		struct err why = { 0 };

		s->sys = (struct rs_root){ .ptr = r->supers[i].sys_root,
					   .sum = r->supers[i].sys_sum };
		rs_snaps_finish(&s->snaps);
		r->sys_lost = i != chosen;
		if (rs_snaps_load(s, &why) == 0)
			return;
	}
	r->sys_lost = true;
	rs_snaps_finish(&s->snaps);
	rs_repair_say(r, "the list of snapshots cannot be read: all of them "
			 "are given up");
}

static const struct rs_snap_entry *find_snap(const struct rs_repair *r)
{
	const struct rs_snaps *snaps = &r->s->snaps;

	for (size_t i = 0; r->how->snap && i < snaps->n; i++)
		if (strcmp(snaps->v[i].snap.name, r->how->snap) == 0)
			return &snaps->v[i];
	return NULL;
}

/* They are no part of the past of what becomes the live tree. It has pages that
 * died before they were taken, and will free them as if they had them. */
static void forsake_newer(struct rs_repair *r, uint64_t txid)
{
	struct rs_snaps *snaps = &r->s->snaps;

	for (size_t i = 0; i < snaps->n; i++)
		if (snaps->v[i].snap.txid > txid)
			snaps->v[i].snap.greedy = true;
}

/* --- the data tree -------------------------------------------------------- */

static int load_data(struct rs_repair *r, const struct rs_super *su,
		     struct err *e)
{
	struct rs_root root = data_root(su), whole = { 0 };
	uint64_t findings, lost, txid = su->txid; /* of leaves to be found */
	char date[DATE_MAX];
	int err;

	if (r->how->to == RS_REPAIR_SNAPSHOT) {
		const struct rs_snap_entry *snap = find_snap(r);

		if (!snap)
			return err_set(e, -ENOENT,
				       "no snapshot of that name can be read");
		root = snap->root;
		/* The books do not know which leaves a greedy one has. */
		txid = snap->snap.greedy ? 0 : snap->snap.txid;
		forsake_newer(r, snap->snap.txid);
		rs_repair_say(r,
			      "all changes after snapshot '%s' of %s are given "
			      "up",
			      snap->snap.name,
			      date_of((uint64_t)snap->snap.created_ns, date));
	}
	err = rs_repair_judge(r, &root, &findings);
	if (!err && findings) {
		err = rs_repair_rebuild(r, &root, txid, &whole, &lost);
		root = whole;
	}
	if (err)
		return err_set(e, err, "the tree cannot be read: %s",
			       err_text(err));
	r->s->live = root;
	return 0;
}

/* Numbers that were given out stay so, whatever commit we go back to. */
static void raise_numbers(struct rs_repair *r)
{
	struct rs_super *su = &r->s->super;

	for (unsigned i = 0; i < r->n_supers; i++) {
		if (r->supers[i].next_id > su->next_id)
			su->next_id = r->supers[i].next_id;
		if (r->supers[i].next_snap_id > su->next_snap_id)
			su->next_snap_id = r->supers[i].next_snap_id;
	}
	r->s->next_id = su->next_id;
}

/* --- all of it ------------------------------------------------------------ */

static int find(struct rs_repair *r, struct err *e)
{
	struct rs_found found = { 0 };
	struct rs_store *s = r->s;
	uint64_t size;
	int err;

	/* Says which commit was torn; that it fails is why we are here. */
	err = rs_recover(s, &found, NULL);
	if (err) {
		found = (struct rs_found){ 0 };
		err = s->io->ops->size(s->io, &size);
		if (!err && size < rs_bytes(RS_FILE_PAGES_MIN))
			err = -EMEDIUMTYPE;
		if (err)
			return err_set(e, err, "too short: not a store");
		if (!s->map.base)
			err = rs_recover_map(s, size, e);
	}
	if (!err)
		err = rs_repair_supers(r, e);
	if (!err)
		drop_unfinished(r, &found);
	return err;
}

static int init(struct rs_store *s, void *arg, struct err *e)
{
	struct rs_repair *r = arg;
	struct rs_found found = { 0 };
	unsigned i = 0;
	int err;

	r->s = s;
	s->two_flush = true;
	err = find(r, e);
	if (!err)
		err = choose(r, &i, e);
	if (err)
		return err;
	found.super = r->supers[i];
	found.newest = r->newest;
	say_choice(r, &found.super);
	rs_store_adopt(s, &found);
	raise_numbers(r);
	if (s->super.only_read || s->header.only_read)
		return err_set(e, -EROFS,
			       "has a feature that this version may only read");
	load_snaps(r, i);
	err = load_data(r, &found.super, e);
	if (!err)
		err = rs_repair_snaps(r);
	if (!err)
		err = rs_repair_log(r);
	if (!err)
		err = rs_repair_header(r);
	if (!err)
		err = rs_repair_commit(r);
	return err && e && !e->code ? err_set(e, err, "cannot be repaired: %s",
					      err_text(err))
				    : err;
}

int rs_repair_open_io(struct rs_io *io, const struct rs_repair_how *how,
		      struct rs_store **ret_store, struct err *e)
{
	const struct rs_open_opts opts = { 0 };
	AUTO_FREE struct rs_repair *r = calloc(1, sizeof(*r));
	const struct rs_opener opener = { .init = init, .arg = r };
	int err;

	if (!r)
		return err_set(e, -ENOMEM, "out of memory");
	r->how = how;
	err = rs_open_with(io, &opts, &opener, ret_store, e);
	rs_extents_finish(&r->dead);
	rs_repair_leaves_finish(r);
	return err;
}

int rs_repair_open(const char *path, const struct rs_repair_how *how,
		   struct rs_store **ret_store, struct err *e)
{
	struct rs_io *io;
	int err = how->dry ? rs_io_overlay(path, &io, e)
			   : rs_io_file(path, 0, &io, e);

	if (err)
		return err;
	err = rs_repair_open_io(io, how, ret_store, e);
	if (err)
		io->ops->close(io);
	return err;
}
