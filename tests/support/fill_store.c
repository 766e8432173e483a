/* SPDX-License-Identifier: Apache-2.0 */
/* fill_store.c - see fill_store.h. */
#include "tests/support/fill_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/ns.h"
#include "tests/support/test.h"

static void end(struct rs_txn *t, int err)
{
	assert_int_equal(err, 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static struct rs_txn *begin(struct rs_store *s)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	return t;
}

static uint64_t make(struct rs_store *s, uint64_t dir, const char *name,
		     uint32_t mode)
{
	static char target[2000];
	struct fs_new n = { .mode = mode | 0755, .target = target };
	struct rs_txn *t = begin(s);
	struct fs_inode in;

	memset(target, 't', sizeof(target) - 1);
	end(t, fs_make(t, dir, name, &n, &in));
	return in.ino;
}

static void write_region(struct rs_store *s, uint64_t ino, size_t len)
{
	static uint8_t data[300000];
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	memset(data, 'd', sizeof(data));
	assert_int_equal(rs_write_prepare(s, 0, data, len, &w), 0);
	t = begin(s);
	assert_int_equal(fs_inode_get(rs_txn_view(t), ino, &in), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	end(t, fs_inode_put(t, &in));
	rs_write_drop(w);
}

static void fill_sets(struct rs_store *s, uint64_t dir)
{
	uint64_t small = make(s, dir, "small", S_IFREG);
	uint64_t large = make(s, dir, "large", S_IFREG);
	struct bm_batch b;
	struct bm_db *db;

	assert_int_equal(bm_open(s, NULL, &db, NULL), 0);
	bm_batch_init(&b);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(bm_batch_add(&b, i * i), 0);
	assert_int_equal(bm_append(db, small, &b, 1), 0);
	for (uint64_t i = 0; i < 30000; i++)
		assert_int_equal(bm_batch_add(&b, i * 7919), 0);
	assert_int_equal(bm_append(db, large, &b, 1), 0);
	bm_batch_finish(&b);
	bm_close(db);
}

void fill_store(struct rs_store *s)
{
	uint64_t dir = make(s, FS_INO_REGIONS, "dir", S_IFDIR);
	static const char value[3000] = "long";
	struct rs_snap snap;
	struct rs_txn *t;
	char name[16];

	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		write_region(s, make(s, dir, name, S_IFREG), i * 20);
	}
	write_region(s, make(s, dir, "large", S_IFREG), 300000);
	make(s, dir, "link", S_IFLNK);
	fill_sets(s, FS_INO_BITMAPS);
	t = begin(s);
	end(t, fs_xattr_set(t, dir, "user.long", value, sizeof(value), 0));
	assert_int_equal(rs_snap_create(s, "snap", &snap), 0);
	write_region(s, make(s, dir, "after", S_IFREG), 5000);
}
