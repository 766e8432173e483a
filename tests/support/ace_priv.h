/* SPDX-License-Identifier: Apache-2.0 */
/* ace_priv.h - the ops, and what they share. PRIVATE to ace_*.c. */
#ifndef TESTS_SUPPORT_ACE_PRIV_H
#define TESTS_SUPPORT_ACE_PRIV_H

#include "tests/support/ace.h"
#include "tests/support/mixed_priv.h"

/* By its path below the root. */
int ace_find(const struct mixed *m, const char *path, uint64_t *ret_ino);
/* The same, -EISDIR for what is no region. */
int ace_find_region(const struct mixed *m, const char *path, uint64_t *ret_ino);

/* Queue lines for the set at path: n ranges of len members, step apart. */
struct ace_lines {
	uint64_t from, n, len, step;
	enum bm_op op;
};
int ace_append(struct mixed *m, const char *path, const struct ace_lines *l);

int ace_make(struct mixed *m, uint64_t dir, const char *name, uint32_t mode);
int ace_make_at(struct mixed *m, const char *dir, const char *name,
		uint32_t mode);
/* len bytes at off that depend on the time. */
int ace_write(struct mixed *m, const char *path, uint64_t off, size_t len);
int ace_xattr(struct mixed *m, const char *path, const char *name, size_t len);
/* To be reaped by the op of that name. */
void ace_keep_orphan(struct mixed *m, uint64_t ino);

ace_fn ace_set_append, ace_set_append_much, ace_set_remove, ace_set_range,
	ace_set_small, ace_set_truncate, ace_set_replace, ace_set_replace_much,
	ace_set_copy, ace_set_settle;
ace_fn ace_region_inline, ace_region_overwrite, ace_region_append,
	ace_region_grow_inline, ace_region_sparse, ace_region_punch,
	ace_region_truncate, ace_region_extend, ace_region_empty;
ace_fn ace_create_set, ace_create_region, ace_create_scratch, ace_mkdir,
	ace_mkdir_sets, ace_symlink, ace_fifo, ace_link, ace_tmpfile,
	ace_unlink_region, ace_unlink_link, ace_unlink_set, ace_rmdir, ace_reap;
ace_fn ace_rename_new, ace_rename_over, ace_rename_exchange,
	ace_rename_noreplace, ace_rename_dir, ace_rename_set_over,
	ace_rename_scratch, ace_rename_scratch_over;
ace_fn ace_xattr_set, ace_xattr_long, ace_xattr_remove, ace_chmod, ace_utimens,
	ace_snap_create, ace_snap_rename, ace_snap_drop, ace_sync,
	ace_settle_all, ace_compact, ace_expire, ace_expire_name, ace_reopen;

#endif
