/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/packer.h"

#include <roaring/roaring.h>

static struct row row;

static int clear(void **state)
{
	(void)state;
	row_clear(&row);
	return 0;
}

/* CRoaring writes the same bytes for the same members. */
static void same_bytes_as_croaring(const struct bm_seg *seg)
{
	roaring_bitmap_t *r = roaring_bitmap_create();
	struct bm_seg_iter it;
	uint64_t member;
	char *bytes = malloc(seg->len);

	assert_non_null(bytes);
	bm_seg_iter_init(&it, seg);
	while (bm_seg_iter_read(&it, &member, 1))
		roaring_bitmap_add(r, (uint32_t)member);
	roaring_bitmap_run_optimize(r);
	assert_int_equal(roaring_bitmap_portable_size_in_bytes(r), seg->len);
	roaring_bitmap_portable_serialize(r, bytes);
	assert_memory_equal(bytes, seg->data, seg->len);
	free(bytes);
	roaring_bitmap_free(r);
}

/* Few and many containers, with runs and without: offsets or none. */
static void p32_is_the_portable_format(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 8; n++) {
		for (int runs = 0; runs < 2; runs++) {
			struct bm_command ops[9];

			for (uint64_t i = 0; i < n; i++)
				ops[i] = (struct bm_command)ADD(
					(2 * i) << 16 | 7, (2 * i) << 16 | 7);
			if (runs)
				ops[n - 1].hi += 30;
			ops[n] = (struct bm_command)ADD(99 << 16 | 5,
							99 << 16 | 5);
			ops[n + 1] = (struct bm_command)ADD(99 << 16 | 9,
							    99 << 16 | 9);
			merge_to(&row, NULL, ops, n + 2);
			assert_int_equal(row.n, 1);
			if (row.segs[0].kind == BM_SEG_P32)
				same_bytes_as_croaring(&row.segs[0]);
			row_clear(&row);
		}
	}
}

/* A few full containers between others are runs of P32. */
static void short_spans_lie_in_p32(void **state)
{
	struct bm_command ops[42];

	(void)state;
	for (uint64_t i = 0; i < 20; i++) {
		ops[i] = (struct bm_command)ADD(i * 9, i * 9);
		ops[i + 22] = (struct bm_command)ADD((8 << 16) + i * 9,
						     (8 << 16) + i * 9);
	}
	ops[20] = (struct bm_command)ADD(2 << 16, (5 << 16) - 1);
	ops[21] = (struct bm_command)ADD(7 << 16, 7 << 16 | 0xfffe);
	merge_to(&row, NULL, ops, 42);
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].kind, BM_SEG_P32);
	same_bytes_as_croaring(&row.segs[0]);
}

/* Bits kept below 4,097 members are an array as soon as they are in P32. */
static void sparse_bits_become_an_array(void **state)
{
	static uint64_t words[1024];
	struct bm_cont bits = { .form = BM_BITS,
				.card = 3500,
				.data = (const uint8_t *)words };
	uint16_t low = 5;
	struct bm_cont one = { .form = BM_ARRAY,
			       .card = 1,
			       .n = 1,
			       .data = (const uint8_t *)&low };
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	for (uint32_t i = 0; i < 3500; i++)
		words[i * 18 / 64] |= UINT64_C(1) << (i * 18 % 64);
	assert_int_equal(bm_packer_push(p, 1, &bits), 0);
	assert_int_equal(bm_packer_push(p, 2, &one), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].kind, BM_SEG_P32);
	assert_int_equal(row.segs[0].len, 8 + 16 + 7000 + 2);
	same_bytes_as_croaring(&row.segs[0]);
	bm_packer_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(p32_is_the_portable_format, clear),
		cmocka_unit_test_teardown(short_spans_lie_in_p32, clear),
		cmocka_unit_test_teardown(sparse_bits_become_an_array, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
