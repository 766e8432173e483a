/* SPDX-License-Identifier: Apache-2.0 */
/* set_body_test.c - the body of a set's object. */

#include "bitmap/set.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

/* Members 7, 100 and 2^40 as U64. */
static const uint8_t three[24] = { 7, [8] = 100, [21] = 1 };

static struct bm_set inline_set(void)
{
	return (struct bm_set){
		.count = 3,
		.min = 7,
		.max = (uint64_t)1 << 40,
		.stored = sizeof(three),
		.digits = { .count = { 1, 0, 1, [12] = 1 } },
		.seg = { .kind = BM_SEG_U64,
			 .data = three,
			 .len = sizeof(three),
			 .card = 3 },
	};
}

static struct bm_set large_set(void)
{
	return (struct bm_set){
		.count = 1000,
		.min = 5,
		.max = 1256,
		.id = 99,
		.segments = 2,
		.stored = 8192,
		.digits = { .count = { 5, 90, 900, 5 } },
	};
}

static void keeps_an_empty_set(void **state)
{
	struct rs_object obj = { 0 };
	struct bm_info info;

	(void)state;
	bm_object_init(&obj);
	assert_int_equal(obj.kind, RS_KIND_SET);
	assert_int_equal(obj.body_len, sizeof(struct bm_disk_set));
	assert_int_equal(bm_object_info(&obj, &info), 0);
	assert_int_equal(info.count, 0);
	assert_int_equal(info.text_size, 0);
	assert_int_equal(info.stored, 0);
}

/* Three members of 1, 3 and 13 digits: 32 + 3 x 8 + 24 bytes. */
static void keeps_a_small_set_inside(void **state)
{
	struct bm_set set = inline_set();
	struct bm_set back;
	struct rs_object obj = { 0 };
	struct bm_info info;

	(void)state;
	bm_set_encode(&set, &obj);
	assert_int_equal(obj.body_len, 80);
	assert_int_equal(bm_set_decode(&obj, &back), 0);
	assert_int_equal(back.count, 3);
	assert_int_equal(back.id, 0);
	assert_int_equal(back.seg.kind, BM_SEG_U64);
	assert_int_equal(back.seg.card, 3);
	assert_int_equal(back.seg.len, sizeof(three));
	assert_memory_equal(back.seg.data, three, sizeof(three));
	assert_memory_equal(&back.digits, &set.digits, sizeof(set.digits));
	assert_int_equal(bm_object_info(&obj, &info), 0);
	assert_int_equal(info.text_size, 2 + 4 + 14);
	assert_int_equal(info.segments, 0);
	assert_int_equal(info.stored, 24);
	/* Encoding what borrows from the very object. */
	bm_set_encode(&back, &obj);
	assert_int_equal(bm_set_decode(&obj, &back), 0);
	assert_memory_equal(back.seg.data, three, sizeof(three));
}

static void keeps_where_a_large_set_is(void **state)
{
	struct bm_set set = large_set();
	struct bm_set back;
	struct rs_object obj = { 0 };

	(void)state;
	bm_set_encode(&set, &obj);
	assert_int_equal(bm_set_decode(&obj, &back), 0);
	assert_int_equal(back.count, 1000);
	assert_int_equal(back.id, 99);
	assert_int_equal(back.segments, 2);
	assert_int_equal(back.stored, 8192);
	assert_int_equal(back.min, 5);
	assert_int_equal(back.max, 1256);
}

/* With any form, and none but pages of the right number. */
static void keeps_segment_bytes(void **state)
{
	struct bm_set sets[] = { inline_set(), large_set(), { 0 } };
	struct rs_object obj = { 0 };
	struct bm_info info;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bm_set_encode(&sets[i], &obj);
		for (uint32_t n = 4096; n <= 65536; n += 4096) {
			assert_int_equal(bm_object_set_segment_bytes(&obj, n),
					 0);
			assert_int_equal(bm_object_info(&obj, &info), 0);
			assert_int_equal(info.segment_bytes, n);
			assert_int_equal(info.count, sets[i].count);
		}
		assert_int_equal(bm_object_set_segment_bytes(&obj, 0), -EINVAL);
		assert_int_equal(bm_object_set_segment_bytes(&obj, 5000),
				 -EINVAL);
		assert_int_equal(bm_object_set_segment_bytes(&obj, 69632),
				 -EINVAL);
	}
}

static void keeps_shards(void **state)
{
	struct bm_set sets[] = { inline_set(), large_set(), { 0 } };
	struct rs_object obj = { 0 };
	struct bm_info info;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bm_set_encode(&sets[i], &obj);
		for (uint32_t n = BM_SHARDS_MAX; n <= BM_SHARDS_MAX; n--) {
			assert_int_equal(bm_object_set_shards(&obj, n), 0);
			assert_int_equal(
				bm_object_set_segment_bytes(&obj, 65536), 0);
			assert_int_equal(bm_object_info(&obj, &info), 0);
			assert_int_equal(info.shards, n);
			assert_int_equal(info.segment_bytes, 65536);
			assert_int_equal(info.count, sets[i].count);
		}
		assert_int_equal(bm_object_set_shards(&obj, BM_SHARDS_MAX + 1),
				 -EINVAL);
	}
}

static void refuse(const struct bm_set *set, size_t at, uint8_t byte)
{
	struct rs_object obj = { 0 };
	struct bm_set back;

	bm_set_encode(set, &obj);
	assert_int_not_equal(obj.body[at], byte);
	obj.body[at] = byte;
	assert_int_equal(bm_set_decode(&obj, &back), -EUCLEAN);
}

/* One byte of a good body is changed: what no longer fits is seen. */
static void refuses_headers_that_contradict_themselves(void **state)
{
	struct bm_set small = inline_set();
	struct bm_set large = large_set();
	struct bm_set empty = { 0 };

	(void)state;
	refuse(&small, 0, 0); /* form */
	refuse(&small, 0, 4);
	refuse(&small, 0, BM_SET_EMPTY);
	refuse(&small, 0, BM_SET_SEGMENTS);
	refuse(&small, 1, 0); /* kind */
	refuse(&small, 1, 5);
	refuse(&small, 2, 23); /* len */
	refuse(&small, 2, 25);
	refuse(&small, 4, 1);	 /* digits that occur */
	refuse(&small, 7, 0x22); /* 17 shards */
	refuse(&small, 6, 0x40); /* 4 pages of a segment: said with 0 */
	refuse(&small, 8, 12);	 /* min of two digits */
	refuse(&small, 22, 1);	 /* max of more */
	refuse(&small, 32, 0);	 /* a count of 0 */
	refuse(&small, 39, 16);	 /* and of 2^60 */
	refuse(&empty, 8, 1);
	refuse(&empty, 2, 1);
	refuse(&large, 1, 1);  /* kind, with segments */
	refuse(&large, 2, 1);  /* len */
	refuse(&large, 32, 0); /* set id */
	refuse(&large, 40, 0); /* segments: none, */
	refuse(&large, 42, 1); /* more than members */
	refuse(&large, 17, 3); /* fewer numbers than members */
}

static void refuses_bodies_of_a_wrong_length(void **state)
{
	struct bm_set sets[] = { inline_set(), large_set(), { 0 } };
	struct rs_object obj = { 0 };
	struct bm_set back;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bm_set_encode(&sets[i], &obj);
		for (size_t len = obj.body_len; len > 0; len--) {
			obj.body_len = len - 1;
			assert_int_equal(bm_set_decode(&obj, &back), -EUCLEAN);
		}
		bm_set_encode(&sets[i], &obj);
		obj.body_len++;
		assert_int_equal(bm_set_decode(&obj, &back), -EUCLEAN);
	}
	bm_set_encode(&sets[0], &obj);
	obj.kind = RS_KIND_REGION;
	assert_int_equal(bm_set_decode(&obj, &back), -EUCLEAN);
}

/* Of any form, and never lowered. */
static void keeps_what_was_folded(void **state)
{
	struct bm_set sets[] = { inline_set(), large_set(), { 0 } };
	struct rs_object obj = { 0 };
	struct bm_set back;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bm_set_encode(&sets[i], &obj);
		assert_true(bm_set_fold(&obj, UINT64_MAX - 1));
		assert_false(bm_set_fold(&obj, 7));
		assert_int_equal(bm_set_decode(&obj, &back), 0);
		assert_true(back.folded == UINT64_MAX - 1);
		assert_int_equal(back.count, sets[i].count);
		bm_set_encode(&back, &obj);
		assert_false(bm_set_fold(&obj, UINT64_MAX - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_an_empty_set),
		cmocka_unit_test(keeps_a_small_set_inside),
		cmocka_unit_test(keeps_where_a_large_set_is),
		cmocka_unit_test(keeps_what_was_folded),
		cmocka_unit_test(keeps_segment_bytes),
		cmocka_unit_test(keeps_shards),
		cmocka_unit_test(refuses_headers_that_contradict_themselves),
		cmocka_unit_test(refuses_bodies_of_a_wrong_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
