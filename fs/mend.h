/* SPDX-License-Identifier: Apache-2.0 */
/* mend.h - making a damaged store whole again, above the level of pages.
 *
 * The trees can be walked and free space is right (rs_repair_open()); what
 * records say may be wrong or point at damaged pages, and records may be
 * missing. Afterwards fs_check_store() finds nothing.
 *
 *	content   what cannot be read leaves its object: blocks become holes,
 *	          segments leave their set, an attribute or a link goes
 *	claims    what no object claims gets one
 *	names     a name that leads nowhere goes; what has no name gets one
 *	          in lost+found/, below bitmaps/ or regions/; counts are right
 *	snapshots the same in each, as if it were the live tree
 *
 * Each loss is said, with snapshot and path; what is kept elsewhere is said as
 * well.
 */
#ifndef FS_MEND_H
#define FS_MEND_H

#include "fs/ns.h"

struct fs_mend {
	struct rs_store *s;
	rs_report_fn *say;
	void *arg;
	int64_t now_ns;
	bool keep_snapshots; /* leave those with damage as they are */
	uint64_t said;	     /* lines */
	const char *snap;    /* that is being mended, or NULL */
};

/* All of it, in many txns, and a sync. s is open for changes and nobody else
 * uses it. */
int fs_mend(struct fs_mend *m);

/* --- private to fs/mend*.c ------------------------------------------------ */

/* "'path': text"; ino 0: only the text. */
void fs_mend_say(struct fs_mend *m, uint64_t ino, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fs_mend_path(struct fs_mend *m, uint64_t ino, char *path, size_t cap);
bool fs_mend_is_damage(int err);

/* --- mend_walk.c ---------------------------------------------------------- */

/* fn for each record of v, or of the live tree as it is now, until one fails.
 */
typedef int fs_mend_record_fn(void *arg, const struct rs_cursor *c);
int fs_mend_walk(const struct rs_view *v, fs_mend_record_fn *fn, void *arg);
int fs_mend_walk_live(struct fs_mend *m, fs_mend_record_fn *fn, void *arg);

/* One change, in a txn of its own, of what key says. */
typedef int fs_mend_fn(struct fs_mend *m, struct rs_txn *t,
		       const struct rs_cursor *c);
int fs_mend_in_txn(struct fs_mend *m, const struct rs_cursor *c,
		   fs_mend_fn *fn);
/* Remove the record at c, and the pages it has. */
int fs_mend_del(struct fs_mend *m, struct rs_txn *t, const struct rs_cursor *c);

/* --- the steps ------------------------------------------------------------ */

int fs_mend_content(struct fs_mend *m);
/* What one object holds; c is at its record, in a view. */
int fs_mend_object(struct fs_mend *m, const struct rs_cursor *c);
int fs_mend_claims(struct fs_mend *m);
int fs_mend_names(struct fs_mend *m);
/* How many objects of a tree cannot be read whole. */
int fs_mend_count(const struct rs_view *v, uint64_t *ret_damaged);

#endif
