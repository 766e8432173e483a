/* SPDX-License-Identifier: Apache-2.0 */
/* buf_test.c - bytes in at the back, out at the front. */

#include "regionstore/base/buf.h"

#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

static void appends_and_consumes_in_order(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_append(&b, "hello ", 6), 0);
	assert_int_equal(buf_append(&b, "world", 5), 0);
	buf_consume(&b, 6);
	assert_int_equal(b.len, 5);
	assert_memory_equal(buf_data(&b), "world", 5);
}

static void an_empty_one_has_no_memory(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_null(buf_data(&b));
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_null(b.mem);
	buf_finish(&b);
}

static void refuses_what_no_memory_can_hold(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	uint8_t *room = NULL;

	(void)state;
	assert_int_equal(buf_append(&b, "x", 1), 0);
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &room), -ENOMEM);
	assert_int_equal(buf_reserve(&b, SIZE_MAX / 2 + 2, &room), -ENOMEM);
	assert_null(room);
	assert_int_equal(b.len, 1);
	assert_memory_equal(buf_data(&b), "x", 1);
}

/* Appending one and consuming one for ever needs no more than a little. */
static void a_queue_does_not_grow(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_append(&b, "0123456789", 10), 0);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(buf_append(&b, "x", 1), 0);
		buf_consume(&b, 1);
	}
	assert_true(b.cap <= 128);
}

static void counts_only_what_was_added_of_the_room(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	uint8_t *room;

	(void)state;
	assert_int_equal(buf_reserve(&b, 1000, &room), 0);
	memset(room, 'x', 3);
	buf_added(&b, 3);
	assert_int_equal(b.len, 3);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_true(b.cap >= 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_and_consumes_in_order),
		cmocka_unit_test(an_empty_one_has_no_memory),
		cmocka_unit_test(refuses_what_no_memory_can_hold),
		cmocka_unit_test(a_queue_does_not_grow),
		cmocka_unit_test(counts_only_what_was_added_of_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
