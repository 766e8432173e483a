/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/delta_sweep.h"

static void expect(const struct bm_command *cmds, size_t n,
		   const struct bm_command *want, size_t n_want)
{
	struct bm_command *ops;
	size_t n_ops;

	assert_int_equal(bm_delta_sweep(cmds, n, &ops, &n_ops), 0);
	assert_int_equal(n_ops, n_want);
	for (size_t i = 0; i < n_want; i++) {
		assert_int_equal(ops[i].lo, want[i].lo);
		assert_int_equal(ops[i].hi, want[i].hi);
		assert_int_equal(ops[i].op, want[i].op);
	}
	free(ops);
}

#define EXPECT(cmds, want)                                       \
	expect((cmds), sizeof(cmds) / sizeof((cmds)[0]), (want), \
	       sizeof(want) / sizeof((want)[0]))

/* The picture in delta_sweep.c. */
static void the_later_covers_the_earlier(void **state)
{
	const struct bm_command cmds[] = { ADD(0, 21), REMOVE(5, 12),
					   REMOVE(18, 25) };
	const struct bm_command want[] = { ADD(0, 4), REMOVE(5, 12),
					   ADD(13, 17), REMOVE(18, 25) };

	(void)state;
	EXPECT(cmds, want);
}

static void the_last_word_on_a_member_wins(void **state)
{
	const struct bm_command cmds[] = { ADD(7, 7), REMOVE(7, 7), ADD(9, 9),
					   REMOVE(3, 3), ADD(7, 7) };
	const struct bm_command want[] = { REMOVE(3, 3), ADD(7, 7), ADD(9, 9) };

	(void)state;
	EXPECT(cmds, want);
}

/* An earlier command inside a later one does not cut it in pieces. */
static void what_touches_and_does_the_same_is_one(void **state)
{
	const struct bm_command cmds[] = { ADD(5, 6), ADD(3, 3), ADD(0, 9),
					   ADD(10, 10), REMOVE(11, 12) };
	const struct bm_command want[] = { ADD(0, 10), REMOVE(11, 12) };

	(void)state;
	EXPECT(cmds, want);
}

static void reaches_the_last_member(void **state)
{
	const struct bm_command cmds[] = { REMOVE(0, UINT64_MAX),
					   ADD(UINT64_MAX, UINT64_MAX),
					   ADD(4, 4) };
	const struct bm_command want[] = { REMOVE(0, 3), ADD(4, 4),
					   REMOVE(5, UINT64_MAX - 1),
					   ADD(UINT64_MAX, UINT64_MAX) };

	(void)state;
	EXPECT(cmds, want);
}

/* One range under many later holes: every piece comes out, in time. */
static void many_holes_in_one_range(void **state)
{
	enum {
		HOLES = 20000
	};
	struct bm_command *cmds = malloc((HOLES + 1) * sizeof(*cmds));
	struct bm_command *ops;
	size_t n;

	(void)state;
	cmds[0] = (struct bm_command)ADD(0, UINT64_MAX);
	for (uint64_t i = 0; i < HOLES; i++)
		cmds[HOLES - i] =
			(struct bm_command)REMOVE(10 * i + 5, 10 * i + 7);
	assert_int_equal(bm_delta_sweep(cmds, HOLES + 1, &ops, &n), 0);
	assert_int_equal(n, 2 * HOLES + 1);
	free(ops);
	free(cmds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_later_covers_the_earlier),
		cmocka_unit_test(the_last_word_on_a_member_wins),
		cmocka_unit_test(what_touches_and_does_the_same_is_one),
		cmocka_unit_test(reaches_the_last_member),
		cmocka_unit_test(many_holes_in_one_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
