/* SPDX-License-Identifier: Apache-2.0 */
/* ns_fixture.c - see ns_fixture.h. */
#include "tests/unit/fs/ns_fixture.h"

#include <stdlib.h>

#include "fs/ns_check.h"

int ns_setup(void **state)
{
	struct ns *n = calloc(1, sizeof(*n));

	assert_non_null(n);
	n->store = mem_store_new();
	n->now = 1;
	assert_int_equal(fs_format(n->store, UID, GID, n->now), 0);
	*state = n;
	return 0;
}

int ns_teardown(void **state)
{
	struct ns *n = *state;

	rs_view_put(n->view);
	mem_store_free(n->store);
	free(n);
	return 0;
}

static struct rs_txn *begin(struct ns *n)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	n->now++;
	n->orphan = 0;
	return t;
}

static int end(struct rs_txn *t, int err)
{
	if (err < 0)
		rs_txn_abort(t);
	else
		assert_int_equal(rs_txn_end(t), 0);
	return err;
}

static int64_t make(struct ns *n, uint64_t dir, const char *name,
		    struct fs_new *new)
{
	struct rs_txn *t = begin(n);
	struct fs_inode in;
	int err;

	new->uid = UID;
	new->gid = GID;
	new->now_ns = n->now;
	err = end(t, fs_make(t, dir, name, new, &in));
	return err < 0 ? err : (int64_t)in.ino;
}

int64_t ns_make(struct ns *n, uint64_t dir, const char *name, uint32_t mode)
{
	return make(n, dir, name, &(struct fs_new){ .mode = mode });
}

int64_t ns_symlink(struct ns *n, uint64_t dir, const char *name,
		   const char *target)
{
	return make(n, dir, name,
		    &(struct fs_new){ .mode = S_IFLNK, .target = target });
}

int ns_link(struct ns *n, uint64_t ino, uint64_t dir, const char *name)
{
	struct rs_txn *t = begin(n);
	struct fs_inode in;

	return end(t, fs_link(t, ino, dir, name, n->now, &in));
}

int ns_unlink(struct ns *n, uint64_t dir, const char *name)
{
	struct rs_txn *t = begin(n);

	return end(t, fs_unlink(t, dir, name, n->now, &n->orphan));
}

int ns_rmdir(struct ns *n, uint64_t dir, const char *name)
{
	struct rs_txn *t = begin(n);

	return end(t, fs_rmdir(t, dir, name, n->now, &n->orphan));
}

int ns_rename(struct ns *n, uint64_t from_dir, const char *from,
	      uint64_t to_dir, const char *to, unsigned flags)
{
	struct rs_txn *t = begin(n);
	struct fs_rename r = { from_dir, to_dir, from, to, flags, n->now };

	return end(t, fs_rename(t, &r, &n->orphan));
}

int ns_put(struct ns *n, struct fs_inode *in)
{
	struct rs_txn *t = begin(n);

	return end(t, fs_inode_put(t, in));
}

int ns_expire(struct ns *n, uint64_t ino, uint64_t ms)
{
	struct rs_txn *t = begin(n);
	struct fs_inode in;
	int err = fs_inode_get(rs_txn_view(t), ino, &in);

	if (err == 0)
		err = fs_expire_set(t, &in, 0, ms);
	if (err == 0)
		err = fs_inode_put(t, &in);
	return end(t, err);
}

void ns_at(struct ns *n, uint64_t ms)
{
	n->now = (int64_t)ms * 1000000;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_message("%s\n", text);
}

uint64_t ns_findings(struct ns *n)
{
	const struct fs_check_ops ops = { .report = say };
	uint64_t findings = 0;

	assert_int_equal(fs_check_names(ns_view(n), &ops, NULL, &findings), 0);
	return findings;
}

int ns_reap(struct ns *n, uint64_t ino)
{
	bool done = false;
	int slices = 0;

	while (!done) {
		struct rs_txn *t = begin(n);
		int err = end(t, fs_reap(t, ino, &done));

		if (err < 0)
			return err;
		slices++;
	}
	return slices;
}

struct rs_view *ns_view(struct ns *n)
{
	rs_view_put(n->view);
	n->view = NULL;
	assert_int_equal(rs_view_live(n->store, &n->view), 0);
	return n->view;
}

struct fs_inode ns_inode(struct ns *n, uint64_t ino)
{
	struct fs_inode in;

	assert_int_equal(fs_inode_get(ns_view(n), ino, &in), 0);
	return in;
}

uint32_t ns_nlink(struct ns *n, uint64_t ino)
{
	return ns_inode(n, ino).attr.nlink;
}

int64_t ns_find(struct ns *n, uint64_t dir, const char *name)
{
	enum rs_kind kind;
	uint64_t ino;
	int err = fs_lookup(ns_view(n), n->now, dir, name, &ino, &kind);

	return err < 0 ? err : (int64_t)ino;
}
