/* SPDX-License-Identifier: Apache-2.0 */
/* whole_store.c - see whole_store.h. */
#include "tests/support/whole_store.h"

#include "bitmap/set.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>

static struct rs_txn *begin(struct mixed *m)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(m->store, &t), 0);
	return t;
}

static uint64_t make(struct mixed *m, uint64_t dir, const char *name,
		     uint32_t mode)
{
	const struct fs_new new = { .mode = mode,
				    .target = "a/b",
				    .now_ns = 5 };
	struct rs_txn *t = begin(m);
	struct fs_inode in;

	assert_int_equal(fs_make(t, dir, name, &new, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return in.ino;
}

/* n ranges of len members, step apart. */
static void make_set(struct mixed *m, const char *name, uint64_t n,
		     uint64_t len, uint64_t step)
{
	uint64_t ino = make(m, FS_INO_BITMAPS, name, S_IFREG | 0644);
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0, lo = step / 3; i < n; i++, lo += step)
		assert_int_equal(bm_batch_range(&b, lo, lo + len - 1, BM_ADD),
				 0);
	assert_int_equal(bm_append(m->db, ino, &b, 6), 0);
	bm_batch_finish(&b);
	assert_int_equal(bm_settle(m->db, ino), 0);
}

static void write_region(struct mixed *m, uint64_t ino, uint64_t off,
			 size_t len)
{
	static uint8_t data[20000];
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(off + i * i);
	assert_int_equal(rs_write_prepare(m->store, off, data, len, &w), 0);
	t = begin(m);
	assert_int_equal(fs_inode_get(rs_txn_view(t), ino, &in), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

static void set_xattr(struct mixed *m, uint64_t ino, size_t len)
{
	static const char val[3000] = "value";
	struct rs_txn *t = begin(m);

	assert_int_equal(fs_xattr_set(t, ino, "user.x", val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

void whole_fill(struct mixed *m)
{
	uint64_t dir = make(m, FS_INO_REGIONS, "dir", S_IFDIR | 0755);
	uint64_t small = make(m, dir, "small", S_IFREG | 0644);
	uint64_t large = make(m, dir, "large", S_IFREG | 0600);

	make(m, dir, "link", S_IFLNK | 0777);
	make_set(m, "empty", 0, 1, 1);
	make_set(m, "inline", 20, 3, 1000);
	make_set(m, "p32", 3000, 1, 40);
	make_set(m, "u64", 400, 1, (uint64_t)1 << 54);
	make_set(m, "bitset", 6000, 1, 10);
	make_set(m, "run64", 250, 20, (uint64_t)1 << 40);
	write_region(m, small, 0, 500);
	write_region(m, large, 100, 20000);
	write_region(m, large, 300000, 9000);
	set_xattr(m, small, 20);
	set_xattr(m, large, 3000);
	assert_int_equal(rs_snap_create(m->store, WHOLE_SNAP, NULL), 0);
	write_region(m, large, 4096, 3000);
	make_set(m, "later", 300, 2, 70);
	make(m, dir, "later", S_IFREG | 0644);
	assert_int_equal(rs_sync(m->store), 0);
}

void whole_more(struct mixed *m, unsigned nth)
{
	uint64_t ino;
	char name[16];
	struct bm_batch b;

	snprintf(name, sizeof(name), "file%u", nth);
	ino = make(m, FS_INO_REGIONS, name, S_IFREG | 0644);
	write_region(m, ino, 0, nth % 2 ? RS_PAGE_SIZE : 100);
	snprintf(name, sizeof(name), "set%u", nth);
	ino = make(m, FS_INO_BITMAPS, name, S_IFREG | 0644);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, nth, nth * 1000, BM_ADD), 0);
	assert_int_equal(bm_append(m->db, ino, &b, 7), 0);
	bm_batch_finish(&b);
}

/* The kinds of segments there are, a bit for each. */
static unsigned kinds_of(const struct rs_view *v)
{
	static const uint8_t first = RS_KEY_SEGMENT;
	struct bm_record rec;
	struct rs_cursor c;
	unsigned kinds = 0;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, &first, 1);
	for (; !err && c.key[0] == RS_KEY_SEGMENT; err = rs_cursor_next(&c)) {
		assert_int_equal(bm_record_decode(&c, &rec), 0);
		kinds |= 1u << rec.seg.kind;
	}
	rs_cursor_finish(&c);
	return kinds;
}

bool whole_is_whole(const struct rs_view *v)
{
	return kinds_of(v) == (1u << BM_SEG_P32 | 1u << BM_SEG_U64 |
			       1u << BM_SEG_BITSET | 1u << BM_SEG_RUN64);
}
