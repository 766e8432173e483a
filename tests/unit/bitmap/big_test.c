/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/big.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

/* Below and above a huge page, to the last byte; none, and too many. */
static void gives_room_of_any_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 100000, 262143, 262144, 700001 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char *p = bm_big_alloc(sizes[i], 8);

		assert_non_null(p);
		memset(p, 1, 8 * sizes[i]);
		free(p);
	}
	assert_null(bm_big_alloc(SIZE_MAX / 2, 8));
	assert_null(bm_big_alloc(SIZE_MAX / 8, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_room_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
