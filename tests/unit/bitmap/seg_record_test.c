/* SPDX-License-Identifier: Apache-2.0 */
/* seg_record_test.c - the record of one segment. */

#include "bitmap/set.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

/* A cursor as it stands on a record. */
static struct rs_cursor cursor_at(uint64_t lo, uint64_t weight,
				  const uint8_t *val, size_t len)
{
	struct rs_cursor c = {
		.key_len = BM_KEY_SIZE,
		.val = val,
		.val_len = len,
		.weight = weight,
	};

	bm_seg_key(c.key, 5, lo);
	return c;
}

static void keys_sort_by_set_and_member(void **state)
{
	uint8_t a[BM_KEY_SIZE];
	uint8_t b[BM_KEY_SIZE];

	(void)state;
	bm_seg_key(a, 5, UINT64_MAX);
	bm_seg_key(b, 6, 0);
	assert_true(memcmp(a, b, sizeof(a)) < 0);
	assert_int_equal(bm_key_set(b), 6);
	bm_seg_key(a, 6, 255);
	bm_seg_key(b, 6, 256);
	assert_true(memcmp(a, b, sizeof(a)) < 0);
}

static void keeps_small_segments_inside(void **state)
{
	const uint8_t bytes[16] = { 1, [8] = 2 };
	const struct bm_record rec = {
		.seg = { .kind = BM_SEG_U64, .data = bytes, .len = 16 },
	};
	uint8_t val[BM_RECORD_MAX];
	size_t len = bm_record_encode(&rec, val);
	struct rs_cursor c = cursor_at(0x10000, 2, val, len);
	struct bm_record back;

	(void)state;
	assert_int_equal(len, 24);
	assert_int_equal(bm_record_decode(&c, &back), 0);
	assert_int_equal(back.seg.kind, BM_SEG_U64);
	assert_int_equal(back.seg.lo, 0x10000);
	assert_int_equal(back.seg.card, 2);
	assert_int_equal(back.seg.len, 16);
	assert_ptr_equal(back.seg.data, val + 8);
	assert_int_equal(back.ptr.npages, 0);
	assert_int_equal(bm_record_stored(&back), 16);
}

static void keeps_where_large_segments_are(void **state)
{
	const struct bm_record rec = {
		.seg = { .kind = BM_SEG_P32, .len = 9000 },
		.ptr = { .pgno = 77, .npages = 3, .birth = 4, .csum = 5 },
	};
	uint8_t val[BM_RECORD_MAX];
	size_t len = bm_record_encode(&rec, val);
	struct rs_cursor c = cursor_at(0, 4000, val, len);
	struct bm_record back;

	(void)state;
	assert_int_equal(len, 32);
	assert_int_equal(bm_record_decode(&c, &back), 0);
	assert_int_equal(back.seg.len, 9000);
	assert_null(back.seg.data);
	assert_int_equal(back.ptr.pgno, 77);
	assert_int_equal(back.ptr.csum, 5);
	assert_int_equal(bm_record_stored(&back), 12288);
}

static void refuses_what_cannot_be(void **state)
{
	const struct bm_record rec = {
		.seg = { .kind = BM_SEG_P32, .len = 9000 },
		.ptr = { .pgno = 77, .npages = 3 },
	};
	uint8_t val[BM_RECORD_MAX];
	size_t len = bm_record_encode(&rec, val);
	struct rs_cursor c = cursor_at(0, 4000, val, len);
	struct bm_record back;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		c.val_len = n;
		assert_int_equal(bm_record_decode(&c, &back), -EUCLEAN);
	}
	c = cursor_at(1, 4000, val, len); /* lo within a container */
	assert_int_equal(bm_record_decode(&c, &back), -EUCLEAN);
	c = cursor_at(0, 0, val, len); /* no members */
	assert_int_equal(bm_record_decode(&c, &back), -EUCLEAN);
	c = cursor_at(0, BM_MEMBERS_MAX + 1, val, len);
	assert_int_equal(bm_record_decode(&c, &back), -EUCLEAN);
	c = cursor_at(0, 1, val, len);
	c.key_len--;
	assert_int_equal(bm_record_decode(&c, &back), -EUCLEAN);
	for (size_t at = 0; at < 8; at++) {
		c = cursor_at(0, 1, val, len);
		val[at] ^= 0x80;
		assert_int_equal(bm_record_decode(&c, &back),
				 at == 4 ? 0 : -EUCLEAN);
		val[at] ^= 0x80;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_sort_by_set_and_member),
		cmocka_unit_test(keeps_small_segments_inside),
		cmocka_unit_test(keeps_where_large_segments_are),
		cmocka_unit_test(refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
