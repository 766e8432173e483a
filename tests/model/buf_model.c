/* SPDX-License-Identifier: Apache-2.0 */
/* buf_model.c - struct buf against a plain array with two marks. */

#include "regionstore/base/buf.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_DEFAULT 10000
#define PIECE_MAX     300

/* Everything ever appended; the buffer is [first, end) of it. */
struct twin {
	uint8_t *all;
	size_t first;
	size_t end;
};

static void append(struct rng *r, struct buf *b, struct twin *t)
{
	size_t n = rng_below(r, PIECE_MAX + 1);

	for (size_t i = 0; i < n; i++)
		t->all[t->end + i] = (uint8_t)rng_u64(r);
	assert_int_equal(buf_append(b, t->all + t->end, n), 0);
	t->end += n;
}

static void consume(struct rng *r, struct buf *b, struct twin *t)
{
	size_t n = rng_below(r, t->end - t->first + 1);

	buf_consume(b, n);
	t->first += n;
}

static void behaves_as_a_queue_of_bytes(void **state)
{
	uint64_t steps = rng_steps(STEPS_DEFAULT);
	struct twin t = { .all = malloc(steps * PIECE_MAX) };
	struct buf b = { 0 };
	struct rng r;

	(void)state;
	assert_non_null(t.all);
	rng_init(&r, rng_seed());
	for (uint64_t i = 0; i < steps; i++) {
		if (rng_one_in(&r, 3))
			consume(&r, &b, &t);
		else
			append(&r, &b, &t);
		assert_int_equal(b.len, t.end - t.first);
		if (b.len > 0)
			assert_memory_equal(buf_data(&b), t.all + t.first,
					    b.len);
	}
	buf_finish(&b);
	free(t.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_as_a_queue_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
