/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check.h - the parts of checking names. PRIVATE to fs/ns_check*.c. */
#ifndef FS_NS_CHECK_H
#define FS_NS_CHECK_H

#include "fs/ns_entry.h"

/* As fs_check_store(), telling how far it is. */
struct fs_check_ops {
	rs_report_fn *report;
	rs_report_fn *note; /* no damage, but to be known; or NULL */
	/* After each record of seen; of is about how many there are. Or NULL */
	void (*progress)(void *arg, uint64_t seen, uint64_t of);
	/* Asked now and then: true ends the check with -EINTR. Or NULL. */
	bool (*stop)(void *arg);
	bool fast; /* leave what files hold unread */
};
int fs_check_run(struct rs_store *s, const struct fs_check_ops *ops, void *arg,
		 struct rs_check_result *ret_result);

/* Check the names of one tree, from objects to orphans. Each finding is one
 * call of report; *ret_findings counts them. An error when the tree cannot be
 * read to its end. */
int fs_check_names(const struct rs_view *v, const struct fs_check_ops *ops,
		   void *arg, uint64_t *ret_findings);

/* What the check remembers of each object, in order of the numbers. */
struct fs_seen {
	uint64_t ino, parent;
	uint64_t expires_ms; /* by its attributes */
	uint32_t nlink;
	uint32_t names;	  /* entries that lead here */
	uint32_t subdirs; /* entries here that lead to directories */
	uint8_t kind, realm;
	bool is_orphan;
	bool is_indexed; /* in the expiry index */
	uint8_t reach;	 /* enum fs_reach */
};

enum fs_reach {
	FS_REACH_UNKNOWN,
	FS_REACH_WALKING,
	FS_REACH_YES,
	FS_REACH_NO
};

struct fs_names {
	const struct rs_view *view;
	const struct fs_check_ops *ops;
	void *arg;
	uint64_t findings;
	struct fs_seen *seen;
	size_t n_seen, cap_seen;
};

struct fs_seen *fs_names_find(struct fs_names *nm, uint64_t ino);
/* "inode 17 ('regions/a'): TEXT" */
void fs_names_say(struct fs_names *nm, uint64_t ino, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One record; -ENOMEM, -EIO, ... when the check cannot go on. */
int fs_names_record(struct fs_names *nm, const struct rs_cursor *c);
/* All records were seen: do the numbers agree? */
void fs_names_judge(struct fs_names *nm);

/* A path of an inode from the root, for people: bytes that are not printable
 * become '?', what does not fit is cut. "" when nothing leads there. Searches
 * the directory, or, for a file, all of them. */
void fs_inode_path(const struct rs_view *v, uint64_t ino, char *buf,
		   size_t cap);
/* An entry that leads to ino, among the first so many of all; -ENOENT. */
int fs_inode_entry(const struct rs_view *v, uint64_t ino, uint64_t most,
		   char name[FS_NAME_MAX + 1], uint64_t *ret_parent);

#endif
