/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/regionstore.h"
#include "tests/support/test.h"

#include <string.h>

/* Each field comes back, at its largest. */
static void decodes_what_it_encodes(void **state)
{
	struct rs_ptr p = { .pgno = ((uint64_t)1 << 48) - 1,
			    .npages = 65535,
			    .birth = UINT64_MAX - 1,
			    .csum = 0x0123456789abcdef };
	uint8_t raw[RS_PTR_SIZE];
	struct rs_ptr q;

	(void)state;
	rs_ptr_encode(&p, raw);
	rs_ptr_decode(raw, &q);
	assert_true(q.pgno == p.pgno && q.npages == p.npages);
	assert_true(q.birth == p.birth && q.csum == p.csum);
}

/* A pointer that points nowhere is zeros on disk. */
static void nowhere_is_zeros(void **state)
{
	struct rs_ptr p = { 0 };
	uint8_t zeros[RS_PTR_SIZE] = { 0 };
	uint8_t raw[RS_PTR_SIZE];

	(void)state;
	rs_ptr_encode(&p, raw);
	assert_memory_equal(raw, zeros, sizeof(raw));
}

/* format.md: 48 bits of page, 16 of length, little-endian. */
static void lies_as_the_format_says(void **state)
{
	struct rs_ptr p = { .pgno = 0x0102, .npages = 3, .birth = 4 };
	uint8_t raw[RS_PTR_SIZE];

	(void)state;
	rs_ptr_encode(&p, raw);
	assert_int_equal(raw[0], 2);
	assert_int_equal(raw[1], 1);
	assert_int_equal(raw[6], 3);
	assert_int_equal(raw[8], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_what_it_encodes),
		cmocka_unit_test(nowhere_is_zeros),
		cmocka_unit_test(lies_as_the_format_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
