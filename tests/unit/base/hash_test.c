/* SPDX-License-Identifier: Apache-2.0 */
/* hash_test.c - the numbers every XXH3 gives, on every machine. */

#include "regionstore/base/hash.h"

#include "tests/support/test.h"

/* From the reference implementation's own command: xxhsum -H3, and -H2. */
static void gives_the_numbers_of_the_reference(void **state)
{
	const struct hash128 h = hash128("", 0, 0);

	(void)state;
	assert_true(hash64("", 0, 0) == 0x2d06800538d394c2u);
	assert_true(hash64("roarfs", 6, 0) == 0xb3154cd8cc6a0eb6u);
	assert_true(h.hi == 0x99aa06d3014798d8u);
	assert_true(h.lo == 0x6001c324468d497fu);
}

static void the_seed_and_each_byte_count(void **state)
{
	(void)state;
	assert_true(hash64("a", 1, 0) != hash64("a", 1, 1));
	assert_true(hash64("a", 1, 0) != hash64("b", 1, 0));
	assert_true(hash128("a", 1, 0).lo != hash128("a", 1, 1).lo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_numbers_of_the_reference),
		cmocka_unit_test(the_seed_and_each_byte_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
