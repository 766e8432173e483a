/* SPDX-License-Identifier: Apache-2.0 */
/* le_test.c - the order of the bytes, and that there is no padding. */

#include "regionstore/base/le.h"

#include "tests/support/test.h"

struct mixed {
	struct le16 a;
	struct le64 b;
	struct le32 c;
};

_Static_assert(sizeof(struct mixed) == 14, "no padding");
_Static_assert(_Alignof(struct mixed) == 1, "any address will do");

static void puts_the_least_significant_byte_first(void **state)
{
	const struct le64 d = le64_put(0x0102030405060708u);
	const struct le32 e = le32_put(0x01020304u);
	const struct le16 f = le16_put(0x0102u);

	(void)state;
	assert_memory_equal(d.b, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	assert_memory_equal(e.b, "\x04\x03\x02\x01", 4);
	assert_memory_equal(f.b, "\x02\x01", 2);
}

static void gets_what_was_put(void **state)
{
	const uint64_t any = 0xfedcba9876543210u;

	(void)state;
	assert_true(le64_get(le64_put(any)) == any);
	assert_true(le32_get(le32_put((uint32_t)any)) == (uint32_t)any);
	assert_true(le16_get(le16_put((uint16_t)any)) == (uint16_t)any);
}

/* memcmp() of two keys orders them as their numbers. */
static void big_endian_keys_sort_as_numbers(void **state)
{
	const uint64_t rising[] = { 0, 1, 255, 256, 1u << 31, UINT64_MAX };
	uint8_t last[8];
	uint8_t next[8];

	(void)state;
	be64_put(last, rising[0]);
	for (size_t i = 1; i < sizeof(rising) / sizeof(rising[0]); i++) {
		be64_put(next, rising[i]);
		assert_true(memcmp(last, next, 8) < 0);
		assert_true(be64_get(next) == rising[i]);
		memcpy(last, next, 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_the_least_significant_byte_first),
		cmocka_unit_test(gets_what_was_put),
		cmocka_unit_test(big_endian_keys_sort_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
