/* SPDX-License-Identifier: Apache-2.0 */
/* super_test.c - tests regionstore/super.c. */
#include "regionstore/super.h"

#include "regionstore/base/hash.h"
#include "tests/support/test.h"

#include <stddef.h>
#include <string.h>

static const struct rs_header header = { .uuid = "0123456789abcde",
					 .hash_seed = 7,
					 .created_ns = 8 };

static struct rs_super valid(void)
{
	return (struct rs_super){
		.txid = 9,
		.data_root = { .pgno = 510,
			       .npages = 1,
			       .birth = 9,
			       .csum = 1 },
		.data_sum = { .count = 3, .weight = 4 },
		.file_pages = 1000,
		.next_id = 20,
		.next_snap_id = 2,
		.wall_ns = 5,
		.used_pages = 30,
		.pinned_pages = 10,
		.commit_pages = 6,
		.log_epoch = 8,
		.log_seed = 77,
	};
}

/* As decode() sees it when written to its slot. */
static int decode(const struct rs_super *su, struct rs_super *ret)
{
	uint8_t page[RS_PAGE_SIZE];

	rs_super_encode(su, &header, NULL, page);
	return rs_super_decode(page, &header, rs_super_slot(su->txid), ret,
			       NULL);
}

static void a_superblock_comes_back_as_it_was(void **state)
{
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE], again[RS_PAGE_SIZE];

	(void)state;
	assert_int_equal(decode(&su, &got), 0);
	assert_int_equal(got.txid, 9);
	assert_int_equal(got.data_sum.weight, 4);
	assert_int_equal(got.pinned_pages, 10);
	assert_int_equal(got.log_epoch, 8);
	assert_int_equal(got.log_seed, 77);
	rs_super_encode(&su, &header, NULL, page);
	rs_super_encode(&got, &header, NULL, again);
	assert_memory_equal(again, page, sizeof(page));
}

static void a_header_comes_back_as_it_was(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_header got;

	(void)state;
	rs_header_encode(&header, page);
	assert_int_equal(rs_header_decode(page, &got, NULL), 0);
	assert_memory_equal(got.uuid, header.uuid, sizeof(header.uuid));
	assert_int_equal(got.hash_seed, header.hash_seed);
	assert_int_equal(got.created_ns, header.created_ns);
	assert_false(got.only_read);
}

/* Not one bit of the page may differ, the zeros at its end included. */
static void any_changed_bit_is_noticed(void **state)
{
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE];

	(void)state;
	rs_super_encode(&su, &header, NULL, page);
	for (size_t i = 0; i < RS_PAGE_SIZE; i += 5) {
		page[i] ^= 0x10;
		assert_int_not_equal(rs_super_decode(page, &header,
						     rs_super_slot(9), &got,
						     NULL),
				     0);
		page[i] ^= 0x10;
	}
	rs_header_encode(&header, page);
	for (size_t i = 0; i < RS_PAGE_SIZE; i += 5) {
		struct rs_header h;

		page[i] ^= 0x10;
		assert_int_not_equal(rs_header_decode(page, &h, NULL), 0);
		page[i] ^= 0x10;
	}
}

#define REFUSES(change)                                        \
	do {                                                   \
		struct rs_super su = valid();                  \
		change;                                        \
		assert_int_equal(decode(&su, &got), -EUCLEAN); \
	} while (0)

/* A right checksum does not make a number possible. */
static void impossible_numbers_are_refused(void **state)
{
	struct rs_super got;

	(void)state;
	REFUSES(su.txid = 0);
	REFUSES(su.file_pages = 5);
	REFUSES(su.file_pages = (uint64_t)1 << 60);
	REFUSES(su.used_pages = 1001);
	REFUSES(su.pinned_pages = 31);
	REFUSES(su.next_id = 3);
	REFUSES(su.next_snap_id = 0);
	REFUSES(su.next_snap_id = RS_SNAP_ID_MAX + 1);
	REFUSES(su.log_epoch = 10); /* later than it is */
}

static void impossible_roots_are_refused(void **state)
{
	struct rs_super got;

	(void)state;
	REFUSES(su.data_root.pgno = 4);	   /* a bitmap's page */
	REFUSES(su.data_root.pgno = 1000); /* behind the end */
	REFUSES(su.data_root.npages = 2);
	REFUSES(su.data_root.birth = 10); /* from the future */
	REFUSES(su.data_sum.count = 0);
	REFUSES(su.data_sum.weight = RS_WEIGHT_MAX);
	REFUSES(su.sys_sum.count = 1); /* of an empty tree */
}

static void a_superblock_in_the_wrong_place_is_refused(void **state)
{
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE];

	(void)state;
	rs_super_encode(&su, &header, NULL, page);
	assert_int_equal(
		rs_super_decode(page, &header, RS_SLOT_SUPER, &got, NULL),
		-EUCLEAN);
	assert_int_equal(
		rs_super_decode(page, &header, RS_SLOT_STEADY, &got, NULL), 0);
}

static void a_superblock_of_another_store_is_refused(void **state)
{
	struct rs_header other = header;
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE];

	(void)state;
	other.uuid[3] ^= 1;
	rs_super_encode(&su, &other, NULL, page);
	assert_int_equal(
		rs_super_decode(page, &header, rs_super_slot(9), &got, NULL),
		-EUCLEAN);
}

/* Put the check right after a change. */
static void seal(uint8_t *page, size_t check)
{
	struct hash128 h;
	struct le64 half[2];

	memset(page + check, 0, 16);
	h = hash128(page, RS_PAGE_SIZE, 0);
	half[0] = le64_put(h.lo);
	half[1] = le64_put(h.hi);
	memcpy(page + check, half, 16);
}

/* What a newer version wrote is refused as such, and not as damage. */
static void newer_versions_are_told_apart_from_damage(void **state)
{
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE];
	struct err e = { 0 };
	struct rs_header h;

	(void)state;
	rs_header_encode(&header, page);
	page[offsetof(struct rs_disk_header, major)]++;
	seal(page, offsetof(struct rs_disk_header, check));
	assert_int_equal(rs_header_decode(page, &h, &e), -EOPNOTSUPP);
	assert_non_null(strstr(e.msg, "newer"));
	rs_header_encode(&header, page);
	page[offsetof(struct rs_disk_header, incompat)] = 1;
	seal(page, offsetof(struct rs_disk_header, check));
	assert_int_equal(rs_header_decode(page, &h, &e), -EOPNOTSUPP);
	su.flags = 0x80;
	assert_int_equal(decode(&su, &got), -EOPNOTSUPP);
}

static void what_only_writing_needs_allows_reading(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_header h;

	(void)state;
	rs_header_encode(&header, page);
	page[offsetof(struct rs_disk_header, ro_compat)] = 1;
	seal(page, offsetof(struct rs_disk_header, check));
	assert_int_equal(rs_header_decode(page, &h, NULL), 0);
	assert_true(h.only_read);
}

/* A newer version's features survive our commits, known or not. */
static void features_are_written_back(void **state)
{
	struct rs_header h = header, got_h;
	struct rs_super su = valid(), got;
	uint8_t page[RS_PAGE_SIZE];

	(void)state;
	su.compat = h.compat = (uint64_t)1 << 63 | 5;
	su.ro_compat = h.ro_compat = 2;
	assert_int_equal(decode(&su, &got), 0);
	assert_true(got.compat == su.compat && got.ro_compat == 2);
	assert_true(got.only_read);
	rs_header_encode(&h, page);
	assert_int_equal(rs_header_decode(page, &got_h, NULL), 0);
	assert_true(got_h.compat == h.compat && got_h.ro_compat == 2);
	assert_true(got_h.only_read);
	/* What can be ignored is. */
	su.ro_compat = h.ro_compat = 0;
	assert_int_equal(decode(&su, &got), 0);
	rs_header_encode(&h, page);
	assert_int_equal(rs_header_decode(page, &got_h, NULL), 0);
	assert_false(got.only_read || got_h.only_read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_superblock_comes_back_as_it_was),
		cmocka_unit_test(a_header_comes_back_as_it_was),
		cmocka_unit_test(any_changed_bit_is_noticed),
		cmocka_unit_test(impossible_numbers_are_refused),
		cmocka_unit_test(impossible_roots_are_refused),
		cmocka_unit_test(a_superblock_in_the_wrong_place_is_refused),
		cmocka_unit_test(a_superblock_of_another_store_is_refused),
		cmocka_unit_test(newer_versions_are_told_apart_from_damage),
		cmocka_unit_test(what_only_writing_needs_allows_reading),
		cmocka_unit_test(features_are_written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
