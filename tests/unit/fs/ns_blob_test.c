/* SPDX-License-Identifier: Apache-2.0 */
/* ns_blob_test.c - tests fs/ns_blob.c. */
#include "fs/ns_entry.h"
#include "tests/unit/fs/ns_fixture.h"

/* The length on disk and the pages it names must agree. */
static void refuses_length_that_does_not_fit_the_pages(void **state)
{
	struct ns *n = *state;
	uint8_t data[5000] = { 1 }, buf[FS_BLOB_PAGED];
	struct rs_txn *t;
	size_t len;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_blob_put(t, data, 5000, 10, buf, &len), 0);
	assert_int_equal(len, FS_BLOB_PAGED);
	assert_int_equal(fs_blob_len(buf, len, &len), 0);
	assert_int_equal(len, 5000);
	buf[2] = 0x30; /* 12,424 and more bytes on two pages */
	assert_int_equal(fs_blob_len(buf, sizeof(buf), &len), -EUCLEAN);
	buf[1] = buf[2] = 0;
	assert_int_equal(fs_blob_len(buf, sizeof(buf), &len), -EUCLEAN);
	rs_txn_abort(t);
}

static void refuses_other_forms(void **state)
{
	const uint8_t buf[FS_BLOB_PAGED + 1] = { 1 };
	size_t len;

	(void)state;
	assert_int_equal(fs_blob_len(buf, 0, &len), -EUCLEAN);
	assert_int_equal(fs_blob_len(buf, FS_BLOB_PAGED - 1, &len), -EUCLEAN);
	assert_int_equal(fs_blob_len(buf, FS_BLOB_PAGED + 1, &len), -EUCLEAN);
	assert_int_equal(fs_blob_len((const uint8_t *)"\2", 1, &len), -EUCLEAN);
}

/* (That other bytes are noticed is tests/unit/regionstore/payload_test.c.) */
static void pages_outside_the_file_are_noticed(void **state)
{
	struct ns *n = *state;
	uint8_t data[5000] = { 1 }, buf[FS_BLOB_PAGED];
	struct rs_txn *t;
	size_t len;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_blob_put(t, data, 5000, 10, buf, &len), 0);
	assert_int_equal(fs_blob_get(rs_txn_view(t), buf, len, data), 0);
	buf[FS_BLOB_PAGED - RS_PTR_SIZE + 5] = 0x7f; /* the page number */
	assert_int_equal(fs_blob_get(rs_txn_view(t), buf, len, data), -EUCLEAN);
	rs_txn_abort(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			refuses_length_that_does_not_fit_the_pages, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_other_forms, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(
			pages_outside_the_file_are_noticed, ns_setup,
			ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
