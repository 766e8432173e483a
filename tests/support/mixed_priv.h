/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_priv.h - the steps, and what they share. PRIVATE to mixed_*.c
 * and ace_*.c. */
#ifndef TESTS_SUPPORT_MIXED_PRIV_H
#define TESTS_SUPPORT_MIXED_PRIV_H

#include "tests/support/mixed_work.h"

/* A place in the tree of names. */
struct place {
	uint64_t dir;
	const char *name;
};

/* A txn with one inode in it. */
struct change {
	struct rs_txn *t;
	struct fs_inode in;
};

struct rs_view *mixed_live(const struct mixed *m);
void mixed_say_ended(const struct mixed *m);

int mixed_any_place(struct mixed *m, uint64_t realm, struct place *ret_place);
/* An object of that kind, where some tries find one. */
int mixed_any_object(struct mixed *m, uint64_t realm, enum rs_kind want,
		     uint64_t *ret_ino);
/* Members for each kind of segment, or a few lines. */
void mixed_any_batch(struct mixed *m, struct bm_batch *b);

/* End the txn, or abort it after an error; the error. */
int mixed_end(const struct mixed *m, struct rs_txn *t, int err);
int mixed_change_begin(struct mixed *m, uint64_t ino, struct change *c);
int mixed_change_end(const struct mixed *m, struct change *c, int err);

/* Each is one step; an error when it was refused or failed. */
int mixed_make(struct mixed *m);
int mixed_link(struct mixed *m);
int mixed_remove(struct mixed *m);
int mixed_reap(struct mixed *m);
int mixed_rename(struct mixed *m);
int mixed_xattr(struct mixed *m);
int mixed_expire(struct mixed *m);
int mixed_sweep(struct mixed *m);
int mixed_append(struct mixed *m);
int mixed_settle(struct mixed *m);
int mixed_replace(struct mixed *m);
int mixed_write(struct mixed *m);
int mixed_cut(struct mixed *m);

#endif
