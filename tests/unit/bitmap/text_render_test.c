/* SPDX-License-Identifier: Apache-2.0 */
/* text_render_test.c - members to text, whole and in pieces, by the lines of
 * this machine and by the portable ones. */

#include "bitmap/text_render.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 3000

struct sample {
	uint64_t members[N];
	char text[N * 21 + 1];
	size_t start[N + 1]; /* of each line */
};

static void write_text(struct sample *s)
{
	for (size_t i = 0; i < N; i++)
		s->start[i + 1] =
			s->start[i] + (size_t)sprintf(s->text + s->start[i],
						      "%" PRIu64 "\n",
						      s->members[i]);
}

/* Render lines [first, N) into a buffer of len bytes, in two calls; nothing
 * beyond the buffer may change. */
static void render_by(bm_lines_fn *lines, const struct sample *s, size_t first,
		      unsigned skip, size_t len)
{
	size_t have = s->start[N] - s->start[first] - skip;
	size_t want = len < have ? len : have;
	char *buf = malloc(len + 32);
	struct bm_render r;

	assert_non_null(buf);
	memset(buf, '~', len + 32);
	bm_render_init(&r, buf, len, skip);
	bm_render_by(lines, &r, s->members + first, (N - first) / 3);
	bm_render_by(lines, &r, s->members + first + (N - first) / 3,
		     N - first - (N - first) / 3);
	assert_int_equal(bm_render_size(&r), want);
	assert_true(bm_render_full(&r) == (want == len));
	assert_memory_equal(buf, s->text + s->start[first] + skip, want);
	for (size_t i = len; i < len + 32; i++)
		assert_int_equal(buf[i], '~');
	free(buf);
}

static void render_some(const struct sample *s, size_t first, unsigned skip,
			size_t len)
{
	render_by(bm_lines_portable, s, first, skip, len);
	render_by(bm_lines_best(), s, first, skip, len);
}

static void render_pieces(struct sample *s)
{
	struct rng r;

	write_text(s);
	rng_init(&r, 1);
	render_some(s, 0, 0, s->start[N]);
	render_some(s, 0, 0, s->start[N] + 100);
	render_some(s, 0, 0, 0);
	for (int i = 0; i < 300; i++) {
		size_t first = rng_below(&r, N);
		uint64_t line = s->start[first + 1] - s->start[first];

		render_some(s, first, (unsigned)rng_below(&r, line),
			    rng_below(&r, rng_one_in(&r, 2) ? 50 : 30000));
	}
}

static void renders_from_zero(void **state)
{
	static struct sample s;

	(void)state;
	for (uint64_t i = 0; i < N; i++)
		s.members[i] = i * 5;
	render_pieces(&s);
}

/* Dense members that cross 10,000s, 10^8s and a change of width. */
static void renders_across_blocks(void **state)
{
	static struct sample s;

	(void)state;
	for (uint64_t i = 0; i < N; i++)
		s.members[i] = 99990000 + i * 7;
	render_pieces(&s);
}

static void renders_every_width(void **state)
{
	static struct sample s;
	double v = 1;

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		s.members[i] = i + (uint64_t)v;
		v *= 1.0146;
	}
	s.members[N - 1] = UINT64_MAX;
	render_pieces(&s);
}

static int compare(const void *a, const void *b)
{
	uint64_t x;
	uint64_t y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static void renders_sparse_members(void **state)
{
	static struct sample s;
	struct rng r;

	(void)state;
	rng_init(&r, 2);
	for (size_t i = 0; i < N; i++)
		s.members[i] = i % 2 ? rng_u64(&r) : rng_any_size(&r);
	qsort(s.members, N, sizeof(*s.members), compare);
	render_pieces(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_from_zero),
		cmocka_unit_test(renders_across_blocks),
		cmocka_unit_test(renders_every_width),
		cmocka_unit_test(renders_sparse_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
