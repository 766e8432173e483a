/* SPDX-License-Identifier: Apache-2.0 */
/* err_test.c - the closed list, and sentences that fit. */

#include "regionstore/base/err.h"

#include "tests/support/test.h"

#include <string.h>

static void set_returns_the_code_and_keeps_the_sentence(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(err_set(&e, -EINVAL, "line %d", 7), -EINVAL);
	assert_int_equal(e.code, -EINVAL);
	assert_string_equal(e.msg, "line 7");
}

static void nobody_has_to_ask_why(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -EIO, "unheard"), -EIO);
}

static void cuts_a_sentence_that_is_too_long(void **state)
{
	struct err e;
	char longer[2 * ERR_MSG_SIZE];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, -EINVAL, "%s", longer);
	assert_int_equal(strlen(e.msg), ERR_MSG_SIZE - 1);
}

static void names_what_is_listed(void **state)
{
	(void)state;
	assert_true(err_is_listed(-EUCLEAN));
	assert_string_equal(err_name(-EUCLEAN), "EUCLEAN");
	assert_string_equal(err_text(-EBADMSG), "the checksum is wrong");
}

/* 0 is no error, and a positive errno is one of our own mistakes. */
static void lists_only_negative_codes(void **state)
{
	(void)state;
	assert_false(err_is_listed(0));
	assert_false(err_is_listed(EIO));
	assert_false(err_is_listed(-ECHILD));
	assert_string_equal(err_name(-ECHILD), "unlisted");
}

#define CODE(name, text) -(name),

static void lists_no_code_twice(void **state)
{
	const int codes[] = { ERR_LIST(CODE) };
	const size_t n = sizeof(codes) / sizeof(codes[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(codes[i], codes[j]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_the_code_and_keeps_the_sentence),
		cmocka_unit_test(nobody_has_to_ask_why),
		cmocka_unit_test(cuts_a_sentence_that_is_too_long),
		cmocka_unit_test(names_what_is_listed),
		cmocka_unit_test(lists_only_negative_codes),
		cmocka_unit_test(lists_no_code_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
