/* SPDX-License-Identifier: Apache-2.0 */
/* pin_test.c - tests regionstore/pin.c. */
#include "regionstore/pin.h"
#include "tests/support/test.h"

static struct rs_pins pins;

static int setup(void **state)
{
	(void)state;
	rs_pins_init(&pins);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rs_pins_finish(&pins);
	return 0;
}

static struct rs_pin *take(uint64_t txid)
{
	struct rs_pin *pin;

	assert_int_equal(rs_pin_take(&pins, txid, &pin), 0);
	return pin;
}

/* Pins of one txid are one; older ones find their place. */
static void pins_of_one_txid_are_counted(void **state)
{
	struct rs_pin *five = take(5);
	struct rs_pin *nine = take(9);
	struct rs_pin *seven = take(7);

	(void)state;
	assert_ptr_equal(take(5), five);
	assert_ptr_equal(pins.newest, nine);
	assert_ptr_equal(nine->older, seven);
	assert_ptr_equal(seven->older, five);
	rs_pin_drop(&pins, five);
	assert_true(rs_pins_any(&pins, 5, 5));
	rs_pin_drop(&pins, five);
	assert_false(rs_pins_any(&pins, 5, 5));
	rs_pin_drop(&pins, seven);
	rs_pin_drop(&pins, nine);
	assert_null(pins.newest);
}

static void a_pin_counts_between_birth_and_death(void **state)
{
	struct rs_pin *pin = take(6);

	(void)state;
	assert_true(rs_pins_any(&pins, 6, 6));
	assert_true(rs_pins_any(&pins, 3, 9));
	assert_false(rs_pins_any(&pins, 7, 9));
	assert_false(rs_pins_any(&pins, 3, 5));
	assert_false(rs_pins_any(&pins, 7, 5)); /* never seen by anybody */
	rs_pin_drop(&pins, pin);
}

/* It waits with the pin and comes back when that goes. */
static void what_is_parked_returns_with_the_last_view(void **state)
{
	const struct rs_extent x = {
		.pgno = 40, .npages = 2, .birth = 3, .death = 8
	};
	struct rs_extents back = { 0 };
	struct rs_pin *pin = take(6);

	(void)state;
	take(6);
	assert_int_equal(rs_pins_park(&pins, &x), 1);
	rs_pin_drop(&pins, pin);
	assert_int_equal(rs_pins_collect(&pins, &back), 0);
	assert_int_equal(back.n, 0);
	rs_pin_drop(&pins, pin);
	assert_int_equal(rs_pins_collect(&pins, &back), 0);
	assert_int_equal(back.n, 1);
	assert_int_equal(back.v[0].pgno, 40);
	assert_int_equal(rs_pins_park(&pins, &x), 0);
	rs_extents_finish(&back);
}

/* An old view does not hold up pages that are younger than it. */
static void younger_pages_are_not_parked(void **state)
{
	const struct rs_extent x = { .birth = 7, .death = 8 };
	struct rs_pin *pin = take(6);

	(void)state;
	assert_int_equal(rs_pins_park(&pins, &x), 0);
	rs_pin_drop(&pins, pin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pins_of_one_txid_are_counted,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_pin_counts_between_birth_and_death, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_parked_returns_with_the_last_view, setup,
			teardown),
		cmocka_unit_test_setup_teardown(younger_pages_are_not_parked,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
