/* SPDX-License-Identifier: Apache-2.0 */
/* as_names_test.c - names that were looked up. */

#include <stdio.h>
#include <stdlib.h>

#include "fs/as_names.h"
#include "tests/support/test.h"

/* What was noted is there, whatever came after. */
static void forgets_nothing(void **state)
{
	struct fs_as_names *n = calloc(1, sizeof(*n));
	char name[20];

	(void)state;
	assert_non_null(n);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		fs_as_names_note(n, i % 7, name);
	}
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		assert_true(fs_as_names_has(n, i % 7, name));
	}
	free(n);
}

/* Of the others nearly none; the same name elsewhere is another. */
static void believes_little_else(void **state)
{
	struct fs_as_names *n = calloc(1, sizeof(*n));
	unsigned wrong = 0;
	char name[20];

	(void)state;
	assert_non_null(n);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		fs_as_names_note(n, 2, name);
		wrong += fs_as_names_has(n, 3, name);
	}
	assert_true(wrong < 200);
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgets_nothing),
		cmocka_unit_test(believes_little_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
