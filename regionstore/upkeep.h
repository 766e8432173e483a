/* SPDX-License-Identifier: Apache-2.0 */
/* upkeep.h - what is done to a store as a whole: where it is damaged,
 * compacting, checking, repairing, salvaging. The second chapter of
 * regionstore.h, which includes it and has the terms and the rules for threads.
 */
#ifndef RS_UPKEEP_H
#define RS_UPKEEP_H

#include "regionstore/regionstore.h"

/* --- damage --------------------------------------------------------------- */

/* When a call says -EBADMSG, -EUCLEAN or -EIO because of what it read, the same
 * thread can ask where that was: "page 91 at byte 372736 of the store". Layers
 * above add what it means to them. Taking the text forgets it; false: none. */
#define RS_DAMAGE_TEXT 256u
bool rs_damage_take(char text[RS_DAMAGE_TEXT]);
void rs_damage_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- compacting ----------------------------------------------------------- */

/* Where in the value of a record a payload's pointer lies. */
struct rs_where {
	size_t off; /* of the RS_PTR_SIZE bytes */
	size_t len; /* bytes of the payload */
};

struct rs_compact_result {
	const char *step;		/* what is being done: to its records */
	uint64_t records, records_done; /* in this step */
	uint64_t packed_bytes, moved_bytes;
	uint64_t file_before, file_after; /* length of the file */
	uint64_t pinned_bytes;		  /* held by snapshots, not moved */
};

/* find() says where a record points, or -ENOENT. pack(), or NULL, comes first:
 * contents are written anew that take too much. go_on() may stop it, -EINTR. */
struct rs_compact_ops {
	int (*find)(void *arg, const struct rs_cursor *c,
		    struct rs_where *ret_where);
	int (*pack)(void *arg, struct rs_compact_result *r);
	int (*go_on)(void *arg, const struct rs_compact_result *r);
	void *arg;
};

/* Pack the tree, move the end of the file further in front, make chunks that
 * fell to pieces whole, cut the file off, give free pages back to the host, in
 * many txns and commits, beside all else. It may be stopped, and the power may
 * fail, at any time. What snapshots hold stays. A damaged page ends it. */
int rs_compact(struct rs_store *s, const struct rs_compact_ops *ops,
	       struct rs_compact_result *ret_result);

/* --- a disk that failed --------------------------------------------------- */

/* When a commit cannot be written, what was born since the one before is put
 * elsewhere and it is tried once more. For that the store has to know where
 * records point, as in rs_compact_ops; without it such a failure may be the
 * ERROR state at once. told() is called when it helped, by the committer. */
struct rs_rescue {
	int (*find)(void *arg, const struct rs_cursor *c,
		    struct rs_where *ret_where);
	void (*told)(void *arg, const char *text);
	void *arg;
};
void rs_set_rescue(struct rs_store *s, const struct rs_rescue *rescue);

/* --- checking ------------------------------------------------------------- */

/* One call of this per finding: what is wrong and where, in fewer bytes than
 * that before the layers above add paths. */
#define RS_REPORT_TEXT 192
typedef void rs_report_fn(void *arg, const char *text);

/* What the layer above knows about records: called for each record of the
 * live tree and then of each snapshot, in key order, and with c NULL after the
 * last of each tree; adds the payloads that the record points at through
 * rs_check_own(). Of a snapshot only records in nodes that no tree before had
 * are passed; c->view is the whole tree. Returns 0 or stops the walk. */
struct rs_checker;
typedef int rs_check_fn(void *arg, struct rs_checker *ck,
			const struct rs_cursor *c);
void rs_check_own(struct rs_checker *ck, const struct rs_ptr *p);
void rs_check_report(struct rs_checker *ck, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct rs_check_result {
	uint64_t pages, records, payload_bytes, findings;
};
/* Read everything: checksums, key order, aggregates, regions, every page
 * owned exactly once and every owned page marked, no page marked that nobody
 * owns. fn may be NULL (then records with payloads cannot be judged).
 *
 * What is judged is the commit that the call makes (of a store open for
 * reading: its newest). Writers, commits and snapshots go on meanwhile. */
int rs_check(struct rs_store *s, rs_check_fn *fn, rs_report_fn *report,
	     void *arg, struct rs_check_result *ret_result);

/* The same, with fast true without reading what regions and payloads hold:
 * nodes, records, sums and bitmaps alone. */
struct rs_check_how {
	rs_check_fn *fn;
	rs_report_fn *report;
	rs_report_fn *note; /* no damage, but to be known; or NULL */
	void *arg;
	bool fast;
};
int rs_check_run(struct rs_store *s, const struct rs_check_how *how,
		 struct rs_check_result *ret_result);

/* --- repairing ------------------------------------------------------------ */

/* Which commit to go on from. AUTO: the newest; when its tree is damaged and
 * that of the one before is not, that one. Else the newest whose root can be
 * read, without what is damaged. */
enum rs_repair_to {
	RS_REPAIR_AUTO,
	RS_REPAIR_NEWEST,
	RS_REPAIR_PREVIOUS,
	RS_REPAIR_STEADY, /* of the last clean close */
	RS_REPAIR_SNAPSHOT,
};
struct rs_repair_how {
	enum rs_repair_to to;
	const char *snap;  /* its name */
	bool dry;	   /* the file is read only; changes stay in memory */
	rs_check_fn *fn;   /* as in rs_check(): who owns what */
	rs_report_fn *say; /* each thing that is given up or made anew */
	void *arg;	   /* for both */
};
/* Open a damaged store and mend what lies below records: header, superblocks,
 * trees, snapshots (what cannot be read leaves them), bitmaps, counters.
 * The store is then open for changes, and what records say can be mended by
 * whoever knows them. Before return a new commit has been written, to places
 * that held nothing that is needed. */
int rs_repair_open(const char *path, const struct rs_repair_how *how,
		   struct rs_store **ret_store, struct err *e);
int rs_repair_open_io(struct rs_io *io, const struct rs_repair_how *how,
		      struct rs_store **ret_store, struct err *e);

/* Mend what the records of a snapshot say. Between these two it is what views
 * of the live tree show and what txns change, which must not put payloads.
 * Nobody else uses the store, and nothing is committed. End is durable on
 * return, and changes nothing if the txns did not; when it fails, as after an
 * abort, the snapshot is as it was. */
struct rs_mending;
int rs_mend_begin(struct rs_store *s, uint64_t snap_id,
		  struct rs_mending **ret_m);
int rs_mend_end(struct rs_mending *m);	  /* accepts NULL */
void rs_mend_abort(struct rs_mending *m); /* accepts NULL */

/* Open what is left of a ruined store, for reading: the records of all leaves
 * that can be found by looking at each page, and of the log, as one view. What
 * was found is said. -EUCLEAN when there is nothing. Snapshots are not told
 * apart. Pages whose content is in the log are written to io. */
int rs_salvage_open(const char *path, rs_report_fn *say, void *arg,
		    struct rs_store **ret_store, struct err *e);
int rs_salvage_open_io(struct rs_io *io, rs_report_fn *say, void *arg,
		       struct rs_store **ret_store, struct err *e);

/* How much of its log could not be used. */
uint64_t rs_salvage_lost(const struct rs_store *s);

/* For fn: shall it leave payloads unread? The whole tree that is walked, which
 * does not change; and the snapshot that it is, by name, or NULL. */
bool rs_check_is_fast(const struct rs_checker *ck);
const struct rs_view *rs_check_view(const struct rs_checker *ck);
const char *rs_check_snap(const struct rs_checker *ck);

#endif
