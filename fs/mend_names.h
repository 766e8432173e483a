/* SPDX-License-Identifier: Apache-2.0 */
/* mend_names.h - the steps of mending names. PRIVATE to fs/mend_*.c.
 *
 * mend_names.c has the order of the steps. Each takes a look of its own, at
 * the tree as the step before left it, and changes the tree behind that look.
 */
#ifndef FS_MEND_NAMES_H
#define FS_MEND_NAMES_H

#include "fs/mend.h"
#include "fs/ns_check.h"

/* --- mend_look.c ---------------------------------------------------------- */

/* The live tree in one instant. */
struct fs_look {
	struct fs_mend *m;
	struct rs_view *v;
	struct fs_names nm; /* all objects, and how many names each has */
};

/* fs_look_end() in any case. */
int fs_look_at(struct fs_mend *m, struct fs_look *lk);
void fs_look_end(struct fs_look *lk);

/* Look, then do something for each record, or for each object. */
typedef int fs_look_record_fn(struct fs_look *lk, const struct rs_cursor *c);
typedef int fs_look_object_fn(struct fs_look *lk, struct fs_seen *seen);
int fs_look_records(struct fs_mend *m, fs_look_record_fn *fn);
int fs_look_objects(struct fs_mend *m, fs_look_object_fn *fn);

/* --- mend_dirs.c ---------------------------------------------------------- */

int fs_mend_roots(struct fs_mend *m);
int fs_mend_dirs(struct fs_mend *m);
/* The root that all of a realm is below. */
uint64_t fs_mend_top(enum fs_realm realm);
/* One more name, whatever was there. */
int fs_mend_put_name(struct fs_mend *m, uint64_t dir, const char *name,
		     uint64_t ino, enum rs_kind kind);

/* --- mend_strays.c, mend_lost.c, mend_counts.c ---------------------------- */

int fs_mend_strays(struct fs_mend *m);
int fs_mend_lost(struct fs_mend *m);
int fs_mend_parents(struct fs_mend *m);
int fs_mend_links(struct fs_mend *m);

#endif
