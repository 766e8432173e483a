/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include <errno.h>

static struct bytes bytes;

static struct bm_seg opened(void)
{
	struct bm_seg seg = two_arrays(&bytes);

	assert_int_equal(bm_seg_open(&seg), 0);
	return seg;
}

static void answers_from_its_containers(void **state)
{
	struct bm_seg seg = opened();
	uint64_t member;

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), 0);
	assert_int_equal(bm_seg_min(&seg), 1 << 16 | 1);
	assert_int_equal(bm_seg_max(&seg), 5 << 16 | 9);
	assert_int_equal(bm_seg_rank(&seg, 0), 0);
	assert_int_equal(bm_seg_rank(&seg, 3 << 16), 3);
	assert_int_equal(bm_seg_rank(&seg, 5 << 16 | 7), 4);
	assert_int_equal(bm_seg_rank(&seg, UINT64_MAX), 5);
	assert_int_equal(bm_seg_select(&seg, 3, &member), 0);
	assert_int_equal(member, 5 << 16 | 7);
	/* the high half counts, too */
	assert_false(bm_seg_contains(&seg, (uint64_t)1 << 32 | 1 << 16 | 1));
	assert_true(bm_seg_contains(&seg, 1 << 16 | 1));
}

static void reads_on_across_containers(void **state)
{
	struct bm_seg seg = opened();
	struct bm_seg_iter it;
	uint64_t buf[8];

	(void)state;
	bm_seg_iter_init(&it, &seg);
	bm_seg_iter_seek(&it, 1 << 16 | 3);
	assert_int_equal(bm_seg_iter_read(&it, buf, 2), 2);
	assert_int_equal(buf[1], 5 << 16 | 7);
	assert_int_equal(bm_seg_iter_read(&it, buf, 8), 1);
	assert_int_equal(bm_seg_iter_read(&it, buf, 8), 0);
	bm_seg_iter_seek(&it, 2 << 16 | 50000);
	assert_int_equal(bm_seg_iter_read(&it, buf, 8), 2);
	bm_seg_iter_nth(&it, 3);
	assert_int_equal(bm_seg_iter_read(&it, buf, 8), 2);
	assert_int_equal(buf[0], 5 << 16 | 7);
}

/* Change each byte in turn: what is still valid still has five members. */
static void validate_finds_every_changed_byte(void **state)
{
	struct bm_seg seg = opened();
	unsigned valid = 0;

	(void)state;
	for (size_t i = 0; i < bytes.n; i++) {
		uint64_t buf[6];
		struct bm_seg_iter it;

		bytes.b[i] ^= 4;
		if (bm_seg_open(&seg) == 0 && bm_seg_validate(&seg) == 0) {
			bm_seg_iter_init(&it, &seg);
			assert_int_equal(bm_seg_iter_read(&it, buf, 6), 5);
			valid++;
		}
		bytes.b[i] ^= 4;
	}
	/* other members, keys and offsets may be in order again */
	assert_true(valid < 12);
	assert_int_equal(bm_seg_open(&seg), 0);
	seg.card = 6;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg.card = 5;
	seg.lo = 2 << 16;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg.lo = 0;
	seg.len++; /* a byte that belongs to nothing */
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

static void a_bitset_is_one_container(void **state)
{
	struct bm_seg seg = { .kind = BM_SEG_BITSET,
			      .lo = UINT64_MAX << 16,
			      .data = bytes.b,
			      .len = 8192,
			      .card = 32768 };
	uint64_t member;

	(void)state;
	memset(bytes.b, 0xaa, 8192);
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_int_equal(bm_seg_validate(&seg), 0);
	assert_int_equal(bm_seg_max(&seg), UINT64_MAX);
	assert_int_equal(bm_seg_min(&seg), (UINT64_MAX << 16) + 1);
	assert_int_equal(bm_seg_rank(&seg, UINT64_MAX - 1), 32767);
	assert_int_equal(bm_seg_select(&seg, 32767, &member), 0);
	assert_true(member == UINT64_MAX);
	bytes.b[100] = 0;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_from_its_containers),
		cmocka_unit_test(reads_on_across_containers),
		cmocka_unit_test(validate_finds_every_changed_byte),
		cmocka_unit_test(a_bitset_is_one_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
