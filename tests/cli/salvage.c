/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.c - a store without superblocks and branches comes back.
 *
 * Its header, its superblocks and every node that is no leaf of the data tree
 * are wiped. What a user saw before is in the new store, all of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/ns.h"
#include "fs/salvage.h"
#include "regionstore/base/hash.h"
#include "regionstore/format.h"
#include "tests/support/facts.h"
#include "tests/support/fill_store.h"
#include "tests/support/test.h"

static char path[] = "/tmp/roarfs-ruin.XXXXXX";
static char new_path[] = "/tmp/roarfs-saved.XXXXXX";

static struct rs_store *open_store(const char *name)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_store *s;

	assert_int_equal(rs_open(name, &opts, &s, NULL), 0);
	return s;
}

static void make(struct facts *ret_facts)
{
	struct rs_store *s;
	struct rs_view *v;

	memcpy(path + sizeof(path) - sizeof("XXXXXX"), "XXXXXX", 6);
	assert_true(mkstemp(path) >= 0);
	unlink(path);
	assert_int_equal(rs_create(path, NULL), 0);
	s = open_store(path);
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	fill_store(s);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_view_live(s, &v), 0);
	facts_read(v, ret_facts);
	rs_view_put(v);
	assert_int_equal(rs_close(s), 0);
}

/* Of the file: its header and superblocks, and what leads to leaves. */
static void ruin(bool leaves_too)
{
	static const uint8_t zeros[RS_PAGE_SIZE];
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct rs_disk_node h;

	assert_true(fd >= 0);
	for (off_t at = 0; pread(fd, &h, sizeof(h), at) == sizeof(h);
	     at += RS_PAGE_SIZE) {
		bool is_node = le16_get(h.magic) == RS_NODE_MAGIC;

		if (at > (off_t)(RS_SLOT_STEADY * RS_PAGE_SIZE) &&
		    (!is_node ||
		     (h.level == 0 && h.tree_id == 1 && !leaves_too)))
			continue;
		assert_int_equal(pwrite(fd, zeros, sizeof(zeros), at),
				 sizeof(zeros));
	}
	close(fd);
}

/* A feature that nobody knows yet, in the page with its check made right. */
static void add_feature(uint64_t slot, size_t field, size_t check)
{
	uint8_t page[RS_PAGE_SIZE];
	struct hash128 h;
	struct le64 half[2];
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t at = (off_t)(slot * RS_PAGE_SIZE);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, page, sizeof(page), at), sizeof(page));
	page[field + 7] = 0x40;
	memset(page + check, 0, sizeof(half));
	h = hash128(page, sizeof(page), 0);
	half[0] = le64_put(h.lo);
	half[1] = le64_put(h.hi);
	memcpy(page + check, half, sizeof(half));
	assert_int_equal(pwrite(fd, page, sizeof(page), at), sizeof(page));
	close(fd);
}

static void ruin_page(uint64_t slot)
{
	static const uint8_t zeros[RS_PAGE_SIZE];
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(
		pwrite(fd, zeros, sizeof(zeros), (off_t)(slot * RS_PAGE_SIZE)),
		sizeof(zeros));
	close(fd);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_message("%s\n", text);
}

static void expect_same(const struct facts *was)
{
	struct rs_store *s = open_store(new_path);
	struct rs_check_result result;
	struct rs_view *v;

	assert_int_equal(fs_check_store(s, say, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	assert_int_equal(rs_view_live(s, &v), 0);
	for (size_t i = 0; i < was->n; i++) {
		struct fact is = fact_again(v, &was->f[i]);

		if (is.err != was->f[i].err || is.hash != was->f[i].hash)
			fail_msg("'%s' (%d) is not as it was", was->f[i].path,
				 was->f[i].kind);
	}
	rs_view_put(v);
	rs_abandon(s);
}

static void all_that_leaves_have_comes_back(void **state)
{
	struct fs_salvage sv = { .say = say };
	struct rs_store *from, *to;
	struct facts was = { 0 };
	struct err e = { 0 };

	(void)state;
	make(&was);
	ruin(false);
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e), 0);
	assert_true(mkstemp(new_path) >= 0);
	unlink(new_path);
	assert_int_equal(rs_create(new_path, NULL), 0);
	to = open_store(new_path);
	assert_int_equal(fs_salvage(from, to, &sv), 0);
	assert_int_equal(rs_close(to), 0);
	rs_abandon(from);
	expect_same(&was);
	facts_finish(&was);
}

/* Its pages may mean something else: as for mounting, in the header and, where
 * that is lost, in any superblock. */
static void what_a_newer_version_made_is_left_to_it(void **state)
{
	static const size_t field = offsetof(struct rs_disk_super, incompat);
	static const size_t check = offsetof(struct rs_disk_super, check);
	struct facts was = { 0 };
	struct err e = { 0 };
	struct rs_store *from;

	(void)state;
	make(&was);
	facts_finish(&was);
	add_feature(RS_SLOT_SUPER, field, check);
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e),
			 -EOPNOTSUPP);
	assert_non_null(strstr(e.msg, "newer"));
	ruin_page(RS_SLOT_HEADER);
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e),
			 -EOPNOTSUPP);
	ruin_page(RS_SLOT_SUPER);
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e), 0);
	rs_abandon(from);
	unlink(path);
	make(&was);
	facts_finish(&was);
	add_feature(RS_SLOT_HEADER, offsetof(struct rs_disk_header, incompat),
		    offsetof(struct rs_disk_header, check));
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e),
			 -EOPNOTSUPP);
	unlink(path);
}

static void without_leaves_there_is_nothing(void **state)
{
	struct err e = { 0 };
	struct rs_store *from;

	(void)state;
	ruin(true);
	assert_int_equal(rs_salvage_open(path, say, NULL, &from, &e), -EUCLEAN);
	assert_true(e.msg[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_newer_version_made_is_left_to_it),
		cmocka_unit_test(all_that_leaves_have_comes_back),
		cmocka_unit_test(without_leaves_there_is_nothing),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	unlink(new_path);
	return failed;
}
