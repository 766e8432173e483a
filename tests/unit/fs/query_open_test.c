/* SPDX-License-Identifier: Apache-2.0 */
/* query_open_test.c - names to sets: relative, through links, in snapshots,
 * with the permissions of who asks.
 */
#include "tests/unit/fs/fs_fixture.h"

#include "fs/query.h"

static const struct fs_caller root = { 0 };
static const struct fs_caller bob = { .uid = 7, .gid = 7 };

static struct fs_query_error why;

static int ask(struct fs *fs, const struct fs_caller *who, uint64_t dir,
	       const char *text, uint64_t *ret_count)
{
	const struct fs_query_ask a = { fs, who, dir, text, false };
	struct fs_query_value v = { 0 };
	int err = fs_query_open(&a, &v, &why);

	if (!err)
		err = bm_expr_count(v.expr, ret_count);
	fs_query_close(&v);
	return err;
}

static void expect_in(struct fs *fs, uint64_t dir, const char *text,
		      uint64_t want)
{
	uint64_t count = 0;
	int err = ask(fs, &root, dir, text, &count);

	if (err || count != want)
		fail_msg("'%s': %d, %u: %s", text, err, (unsigned)count,
			 why.reason);
}

static void expect(struct fs *fs, const char *text, uint64_t want)
{
	expect_in(fs, FS_INO_BITMAPS, text, want);
}

static void refuse(struct fs *fs, const struct fs_caller *who, const char *text,
		   int want, const char *reason)
{
	uint64_t count;

	assert_int_equal(ask(fs, who, FS_INO_BITMAPS, text, &count), want);
	if (!strstr(why.reason, reason))
		fail_msg("'%s' says: %s", text, why.reason);
}

static void append(struct fs *fs, uint64_t ino, const char *text)
{
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, text), 0);
	fsf_close(fs, ino, s);
}

static uint64_t set_of(struct fs *fs, uint64_t dir, const char *name,
		       const char *text)
{
	uint64_t ino = fsf_make(fs, dir, name, S_IFREG | 0644);

	append(fs, ino, text);
	return ino;
}

static void make_link(struct fs *fs, uint64_t dir, const char *name,
		      const char *target)
{
	struct fs_new n = { .mode = S_IFLNK | 0777,
			    .target = target,
			    .now_ns = 5 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(fs->store, &t), 0);
	assert_int_equal(fs_make(t, dir, name, &n, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void chmod_to(struct fs *fs, uint64_t ino, uint32_t mode)
{
	struct fs_change c;

	assert_int_equal(fs_change_begin(fs, ino, &c), 0);
	c.in.attr.mode = (c.in.attr.mode & S_IFMT) | mode;
	assert_int_equal(fs_change_end(&c, 0), 0);
}

/* What waits for a set is in it. */
static void sees_what_was_written(void **state)
{
	uint64_t a = set_of(*state, FS_INO_BITMAPS, "a", "1-10\n");

	set_of(*state, FS_INO_BITMAPS, "b", "5-15\n");
	expect(*state, "a and b", 6);
	append(*state, a, "15\n");
	expect(*state, "a and b", 7);
	expect(*state, "a xor b minus set(1,2)", 8);
	expect(*state, "range(5,7,a or b)", 3);
}

static void names_are_relative(void **state)
{
	uint64_t d = fsf_make(*state, FS_INO_BITMAPS, "d", S_IFDIR | 0755);
	uint64_t e = fsf_make(*state, d, "e", S_IFDIR | 0755);

	set_of(*state, FS_INO_BITMAPS, "s", "1\n");
	set_of(*state, d, "s", "1\n2\n");
	set_of(*state, e, "s", "1\n2\n3\n");
	expect(*state, "s", 1);
	expect(*state, "d:s minus s", 1);
	expect(*state, "d:e:s minus d:s", 1);
	expect_in(*state, d, "s", 2);
	expect_in(*state, d, "e:s minus ..:s", 2);
	refuse(*state, &root, "d:nope", -ENOENT, "at byte 1: no such name");
	refuse(*state, &root, "s or d", -ENOENT, "at byte 6: a directory");
	refuse(*state, &root, "s:x", -ENOENT, "no directory");
	refuse(*state, &root, "..:..:x", -ENOENT, "out of the store");
	refuse(*state, &root, "s nope", -ENOENT, "an operator is missing");
}

static void links_are_followed(void **state)
{
	uint64_t d = fsf_make(*state, FS_INO_BITMAPS, "d", S_IFDIR | 0755);

	set_of(*state, d, "s", "1\n2\n");
	set_of(*state, FS_INO_BITMAPS, "a", "2\n3\n");
	make_link(*state, FS_INO_BITMAPS, "l", "d/s");
	make_link(*state, d, "up", "../a");
	make_link(*state, FS_INO_BITMAPS, "dir", "d/");
	make_link(*state, FS_INO_BITMAPS, "loop", "loop");
	make_link(*state, FS_INO_BITMAPS, "out", "../../../etc/passwd");
	make_link(*state, FS_INO_BITMAPS, "abs", "/etc/passwd");
	expect(*state, "l", 2);
	expect(*state, "l and dir:up", 1);
	expect(*state, "dir:s", 2);
	refuse(*state, &root, "loop", -ENOENT, "too many symlinks");
	refuse(*state, &root, "out", -ENOENT, "out of the store");
	refuse(*state, &root, "abs", -ENOENT, "out of the store");
}

/* A link to .q/EXPR is the value of that, in its own directory. */
static void links_to_expressions(void **state)
{
	uint64_t d = fsf_make(*state, FS_INO_BITMAPS, "d", S_IFDIR | 0755);

	set_of(*state, FS_INO_BITMAPS, "a", "1-10\n");
	set_of(*state, FS_INO_BITMAPS, "b", "5-15\n");
	set_of(*state, d, "a", "100\n");
	make_link(*state, FS_INO_BITMAPS, "both", ".q/a and b");
	make_link(*state, FS_INO_BITMAPS, "either", ".q/a,or,b/members");
	make_link(*state, d, "up", "../both");
	make_link(*state, FS_INO_BITMAPS, "self", ".q/self or a");
	make_link(*state, FS_INO_BITMAPS, "count", ".q/a/count");
	expect(*state, "both", 6);
	expect(*state, "either minus both", 9);
	expect_in(*state, d, "up or a", 7);
	refuse(*state, &root, "self", -ENOENT, "too often");
	refuse(*state, &root, "count", -ENOENT, "only .q/EXPR");
	/* A pattern does not take them: one could hold itself. */
	expect(*state, "any(*)", 15);
}

static void patterns(void **state)
{
	uint64_t d = fsf_make(*state, FS_INO_BITMAPS, "d", S_IFDIR | 0755);

	set_of(*state, FS_INO_BITMAPS, "2026-01", "1\n2\n");
	set_of(*state, FS_INO_BITMAPS, "2026-02", "2\n3\n");
	set_of(*state, FS_INO_BITMAPS, "2025-02", "2\n9\n");
	set_of(*state, d, "2026-03", "100\n");
	make_link(*state, FS_INO_BITMAPS, "link", "d/2026-03");
	fsf_make(*state, FS_INO_BITMAPS, ".x", S_IFREG | 0644);
	expect(*state, "any(2026-*)", 3);
	expect(*state, "all(202?-*)", 1);
	expect(*state, "all(2026-*)", 1);
	expect(*state, "atleast(2,*)", 1);
	expect(*state, "atleast(18446744073709551615,*)", 0);
	expect(*state, "any(*)", 5);
	expect(*state, "any(d:*)", 1);
	expect(*state, "any(*:*)", 1);
	expect(*state, "any([2]*) minus any(2025*)", 2);
	expect(*state, "any(none*)", 0);
	expect(*state, "any(link)", 1);
	refuse(*state, &root, "all(none*)", -ENOENT, "every number");
}

static void permissions_count(void **state)
{
	uint64_t d = fsf_make(*state, FS_INO_BITMAPS, "d", S_IFDIR | 0755);
	uint64_t s = set_of(*state, d, "s", "1\n");
	uint64_t count;

	set_of(*state, FS_INO_BITMAPS, "open", "1\n2\n");
	assert_int_equal(
		ask(*state, &bob, FS_INO_BITMAPS, "d:s and open", &count), 0);
	chmod_to(*state, s, 0600);
	refuse(*state, &bob, "open or d:s", -EACCES, "may not be read");
	refuse(*state, &bob, "any(d:*)", -EACCES, "may not be read");
	chmod_to(*state, s, 0644);
	chmod_to(*state, d, 0744);
	refuse(*state, &bob, "d:s", -EACCES, "not open to who asks");
	chmod_to(*state, d, 0711);
	assert_int_equal(ask(*state, &bob, FS_INO_BITMAPS, "d:s", &count), 0);
	refuse(*state, &bob, "any(d:*)", -EACCES, "may not be listed");
	expect(*state, "any(d:*) and d:s", 1);
}

static void snapshots_are_other_trees(void **state)
{
	struct fs *fs = *state;
	uint64_t a = set_of(fs, FS_INO_BITMAPS, "a", "1-10\n");
	struct rs_snap snap;

	assert_int_equal(rs_snap_create(fs->store, "monday", &snap), 0);
	append(fs, a, "11\n");
	set_of(fs, FS_INO_BITMAPS, "b", "1\n");
	expect(fs, "a minus at(monday,a)", 1);
	expect(fs, "at(latest,a)", 10);
	expect(fs, "at(monday,any(*)) or b", 10);
	expect_in(fs, fs_node_stored(snap.id, FS_INO_BITMAPS), "a", 10);
	refuse(fs, &root, "at(monday,b)", -ENOENT, "no such name");
	refuse(fs, &root, "at(friday,b)", -ENOENT, "no such snapshot");
	assert_int_equal(
		fs_query_open(&(struct fs_query_ask){ fs, &root, FS_INO_BITMAPS,
						      "any(*)", true },
			      &(struct fs_query_value){ 0 }, &why),
		-EAGAIN);
}

/* The same sets as they were have the same version. */
static void versions_tell_changes(void **state)
{
	uint64_t a = set_of(*state, FS_INO_BITMAPS, "a", "1\n");
	const struct fs_query_ask q = { *state, &root, FS_INO_BITMAPS, "a", 0 };
	struct fs_query_value v = { 0 };
	uint64_t first;

	assert_int_equal(fs_query_open(&q, &v, &why), 0);
	first = v.version;
	fs_query_close(&v);
	set_of(*state, FS_INO_BITMAPS, "b", "1\n");
	assert_int_equal(fs_query_open(&q, &v, &why), 0);
	assert_true(v.version == first);
	fs_query_close(&v);
	append(*state, a, "2\n");
	assert_int_equal(fs_query_open(&q, &v, &why), 0);
	assert_true(v.version != first);
	fs_query_close(&v);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sees_what_was_written),
		TEST(names_are_relative),
		TEST(links_are_followed),
		TEST(links_to_expressions),
		TEST(patterns),
		TEST(permissions_count),
		TEST(snapshots_are_other_trees),
		TEST(versions_tell_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
