/* SPDX-License-Identifier: Apache-2.0 */
/* mend_claims_test.c - tests fs/mend_claims.c. */
#include "fs/mend.h"
#include "fs/ns_entry.h"
#include "regionstore/base/buf.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <string.h>

/* Two blocks, and then no object. */
static uint64_t make_ownerless(struct rs_store *s)
{
	struct fs_new how = { .mode = 0100644, .now_ns = 1 };
	uint8_t data[2 * RS_PAGE_SIZE];
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	memset(data, 'z', sizeof(data));
	assert_int_equal(rs_write_prepare(s, 0, data, sizeof(data), &w), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, "a", &how, &in), 0);
	assert_int_equal(rs_write_apply(t, in.ino, &in.obj, w), 0);
	assert_int_equal(rs_object_del(t, in.ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
	return in.ino;
}

/* The first page of it. */
static void damage(struct disk *d)
{
	uint64_t at = 0;

	while (d->mem[at] != 'z' || d->mem[at + RS_PAGE_SIZE - 1] != 'z')
		at += RS_PAGE_SIZE;
	d->mem[at + 100] ^= 0xff;
}

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
}

static void nothing(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

/* Its name leads to it, and what of it is damaged is zeros. */
static void a_region_comes_back_and_is_read(void **state)
{
	struct disk *d = mem_store_disk();
	struct rs_store *s = mem_store_open(d, NULL);
	struct rs_check_result result;
	struct buf said = { 0 };
	struct fs_mend m = { .say = collect, .arg = &said };
	uint8_t data[2 * RS_PAGE_SIZE];
	struct rs_view *v;
	uint64_t ino;
	size_t len;

	(void)state;
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	ino = make_ownerless(s);
	assert_int_equal(rs_close(s), 0);
	damage(d);
	m.s = s = mem_store_open(d, NULL);
	assert_int_equal(fs_mend(&m), 0);
	assert_int_equal(buf_append(&said, "", 1), 0);
	assert_non_null(strstr((const char *)buf_data(&said),
			       "'regions/a': bytes 0 to 4095 cannot be read"));
	assert_int_equal(fs_check_store(s, nothing, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	assert_int_equal(rs_view_live(s, &v), 0);
	assert_int_equal(rs_region_read(v, ino, 0, data, sizeof(data), &len),
			 0);
	assert_int_equal(len, sizeof(data));
	assert_int_equal(data[0], 0);
	assert_int_equal(data[RS_PAGE_SIZE], 'z');
	rs_view_put(v);
	buf_finish(&said);
	rs_abandon(s);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_comes_back_and_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
