/* SPDX-License-Identifier: Apache-2.0 */
/* ns_attr_test.c - tests fs/ns_attr.c. */
#include <string.h>
#include <sys/stat.h>

#include "fs/ns.h"
#include "tests/support/test.h"

static struct fs_attr file(void)
{
	return (struct fs_attr){
		.mode = S_IFREG | 0644,
		.uid = 1000,
		.gid = 1000,
		.nlink = 1,
		.realm = FS_REALM_REGIONS,
		.generation = 1,
		.atime_ns = 1700000000000000001,
		.mtime_ns = 1700000000000000002,
		.ctime_ns = 1700000000000000003,
		.btime_ns = 1700000000000000004,
	};
}

static void check_same(const struct fs_attr *a, const struct fs_attr *b)
{
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_int_equal(a->nlink, b->nlink);
	assert_int_equal(a->rdev, b->rdev);
	assert_int_equal(a->realm, b->realm);
	assert_true(a->parent == b->parent);
	assert_true(a->generation == b->generation);
	assert_true(a->atime_ns == b->atime_ns);
	assert_true(a->mtime_ns == b->mtime_ns);
	assert_true(a->ctime_ns == b->ctime_ns);
	assert_true(a->btime_ns == b->btime_ns);
	assert_true(a->ttl == b->ttl);
	assert_true(a->expires_ms == b->expires_ms);
	assert_int_equal(a->segment_bytes, b->segment_bytes);
	assert_int_equal(a->shards, b->shards);
}

/* What was encoded comes back, for the smallest and the largest values. */
static void round_trips(void **state)
{
	const struct fs_attr all[] = {
		file(),
		{ .mode = S_IFIFO },
		{
			.mode = S_IFDIR | 07777,
			.uid = UINT32_MAX,
			.gid = UINT32_MAX,
			.nlink = FS_LINK_MAX,
			.rdev = UINT32_MAX,
			.realm = FS_REALM_BITMAPS,
			.parent = UINT64_MAX,
			.generation = UINT64_MAX,
			.atime_ns = INT64_MIN,
			.mtime_ns = INT64_MAX,
			.ctime_ns = -1,
			.btime_ns = 0,
			.segment_bytes = 65536,
			.shards = 16,
		},
		{ .mode = S_IFREG, .expires_ms = 1 },
		{
			.mode = S_IFLNK,
			.ttl = UINT64_MAX - 2, /* of unit 5, weeks */
			.expires_ms = (uint64_t)INT64_MAX / 1000000,
		},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint8_t buf[RS_ATTR_MAX];
		struct fs_attr back;
		size_t len;

		assert_int_equal(fs_attr_encode(&all[i], buf, &len), 0);
		assert_in_range(len, 1, RS_ATTR_MAX);
		assert_int_equal(fs_attr_decode(buf, len, &back), 0);
		check_same(&all[i], &back);
	}
}

/* A typical file's attributes: 36 bytes of times and 8 more. */
static void is_small(void **state)
{
	const struct fs_attr a = file();
	uint8_t buf[RS_ATTR_MAX];
	size_t len;

	(void)state;
	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	assert_int_equal(len, 44);
}

/* Cut off anywhere, or with a byte too many: refused. */
static void refuses_other_lengths(void **state)
{
	const struct fs_attr a = file();
	uint8_t buf[RS_ATTR_MAX] = { 0 };
	struct fs_attr back;
	size_t len;

	(void)state;
	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	for (size_t n = 0; n <= len + 1; n++)
		assert_int_equal(fs_attr_decode(buf, n, &back),
				 n == len ? 0 : -EUCLEAN);
}

static int with_byte(size_t at, uint8_t byte)
{
	const struct fs_attr a = file();
	uint8_t buf[RS_ATTR_MAX];
	struct fs_attr back;
	size_t len;

	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	buf[at] = byte;
	return fs_attr_decode(buf, len, &back);
}

/* Another version, another realm, no file type there is. */
static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	assert_int_equal(with_byte(0, 0), -EUCLEAN);
	assert_int_equal(with_byte(0, 3), -EUCLEAN);
	assert_int_equal(with_byte(1, 3), -EUCLEAN);
	assert_int_equal(with_byte(3, 0), -EUCLEAN);
	assert_int_equal(with_byte(3, 0xff), -EUCLEAN);
}

/* A directory has a parent and nothing else has one. */
static void refuses_parent_of_file(void **state)
{
	struct fs_attr a = file();
	uint8_t buf[RS_ATTR_MAX];
	size_t len;

	(void)state;
	a.parent = 1;
	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	assert_int_equal(fs_attr_decode(buf, len, &a), -EUCLEAN);
	assert_int_equal(with_byte(3, S_IFDIR >> 8), -EUCLEAN);
}

static int of_extended(struct fs_attr a)
{
	uint8_t buf[RS_ATTR_MAX];
	size_t len;

	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	assert_int_equal(buf[0], 2);
	return fs_attr_decode(buf, len, &a);
}

/* Directories do not expire, files govern nothing, and a ttl has an end. */
static void refuses_extensions_of_others(void **state)
{
	struct fs_attr dir = { .mode = S_IFDIR, .parent = 1 };
	struct fs_attr a = file();
	uint8_t buf[RS_ATTR_MAX];
	size_t len;

	(void)state;
	dir.expires_ms = 5;
	assert_int_equal(of_extended(dir), -EUCLEAN);
	a.shards = 1;
	assert_int_equal(of_extended(a), -EUCLEAN);
	a.shards = 0;
	a.ttl = 8;
	assert_int_equal(of_extended(a), -EUCLEAN);
	a.expires_ms = UINT64_MAX;
	assert_int_equal(of_extended(a), -EUCLEAN);
	a.expires_ms = 5;
	assert_int_equal(of_extended(a), 0);
	a.ttl = 6; /* no number */
	assert_int_equal(of_extended(a), -EUCLEAN);
	/* Version 2 with nothing that version 1 could not say. */
	a = file();
	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	buf[0] = 2;
	memset(buf + len, 0, 4);
	assert_int_equal(fs_attr_decode(buf, len + 4, &a), -EUCLEAN);
	buf[len + 1] = 5;
	assert_int_equal(fs_attr_decode(buf, len + 4, &a), 0);
}

/* A number in more bytes than it needs, or more than 64 bits. */
static void refuses_long_numbers(void **state)
{
	uint8_t buf[RS_ATTR_MAX] = { 1, 2, 0xa4, 0x81 };
	struct fs_attr a;

	(void)state;
	buf[41] = 1;
	assert_int_equal(fs_attr_decode(buf, 42, &a), 0);
	buf[41] = 0x80; /* 0 in two bytes */
	assert_int_equal(fs_attr_decode(buf, 43, &a), -EUCLEAN);
	memset(buf + 41, 0xff, 9);
	buf[50] = 1; /* 2^64 - 1 */
	assert_int_equal(fs_attr_decode(buf, 51, &a), 0);
	assert_true(a.generation == UINT64_MAX);
	buf[50] = 2;
	assert_int_equal(fs_attr_decode(buf, 51, &a), -EUCLEAN);
	buf[50] = 0x81;
	assert_int_equal(fs_attr_decode(buf, 52, &a), -EUCLEAN);
}

static struct fs_attr after_change(struct fs_attr a, int64_t when_ns)
{
	uint8_t buf[RS_ATTR_MAX];
	size_t len;

	assert_int_equal(fs_attr_encode(&a, buf, &len), 0);
	fs_attr_changed(NULL, buf, len, when_ns);
	assert_int_equal(fs_attr_decode(buf, len, &a), 0);
	return a;
}

/* Settling moves mtime and ctime and nothing else. */
static void change_moves_times(void **state)
{
	struct fs_attr want = file();
	int64_t now = want.ctime_ns + 5;
	struct fs_attr got = after_change(want, now);

	(void)state;
	want.mtime_ns = want.ctime_ns = now;
	check_same(&got, &want);
}

/* utimens() came after the change: the times it set stay. */
static void older_change_leaves_times(void **state)
{
	struct fs_attr want = file();
	struct fs_attr got = after_change(want, want.ctime_ns - 1);

	(void)state;
	check_same(&got, &want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(is_small),
		cmocka_unit_test(refuses_other_lengths),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(refuses_parent_of_file),
		cmocka_unit_test(refuses_extensions_of_others),
		cmocka_unit_test(refuses_long_numbers),
		cmocka_unit_test(change_moves_times),
		cmocka_unit_test(older_change_leaves_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
