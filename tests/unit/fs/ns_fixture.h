/* SPDX-License-Identifier: Apache-2.0 */
/* ns_fixture.h - a formatted store in memory, one txn per call.
 *
 * Each call here begins a txn at a time of its own, makes the change, and
 * ends the txn or, on error, aborts it, as the daemon does.
 */
#ifndef TESTS_UNIT_FS_NS_FIXTURE_H
#define TESTS_UNIT_FS_NS_FIXTURE_H

#include <sys/stat.h>

#include "fs/ns.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#define UID 1000u
#define GID 1001u

struct ns {
	struct rs_store *store;
	int64_t now;	 /* of the last call; 1 at the format */
	uint64_t orphan; /* of the last call that may make one */
	struct rs_view *view;
};

int ns_setup(void **state);
int ns_teardown(void **state);

/* mode with type; the number of the new inode, or a negative errno. */
int64_t ns_make(struct ns *n, uint64_t dir, const char *name, uint32_t mode);
int64_t ns_symlink(struct ns *n, uint64_t dir, const char *name,
		   const char *target);
int ns_link(struct ns *n, uint64_t ino, uint64_t dir, const char *name);
int ns_unlink(struct ns *n, uint64_t dir, const char *name);
int ns_rmdir(struct ns *n, uint64_t dir, const char *name);
int ns_rename(struct ns *n, uint64_t from_dir, const char *from,
	      uint64_t to_dir, const char *to, unsigned flags);
int ns_put(struct ns *n, struct fs_inode *in);
/* Let it expire at an instant, 0 never. ns_at() moves the clock there. */
int ns_expire(struct ns *n, uint64_t ino, uint64_t ms);
void ns_at(struct ns *n, uint64_t ms);
/* Findings of the check of names. */
uint64_t ns_findings(struct ns *n);
/* Slices until all is freed; how many, or a negative errno. */
int ns_reap(struct ns *n, uint64_t ino);

/* The newest view, until the next call here. */
struct rs_view *ns_view(struct ns *n);
/* Its inode; fails the test when it is not there. */
struct fs_inode ns_inode(struct ns *n, uint64_t ino);
uint32_t ns_nlink(struct ns *n, uint64_t ino);
/* The number behind a name, or a negative errno. */
int64_t ns_find(struct ns *n, uint64_t dir, const char *name);

#endif
