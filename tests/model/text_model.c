/* SPDX-License-Identifier: Apache-2.0 */
/* text_model.c - commands as text, cut anywhere, by several writers.
 *
 * Each writer has a list of commands, written in every form there is. Its text
 * is cut at random places, now and then a write is spoilt by a bad line and
 * sent again without it, and the writers take turns at random. What comes out
 * must be each writer's list, and each batch whole commands of its writer.
 */

#include "bitmap/bitmap.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_DEFAULT 300
#define WRITERS	      4u
#define COMMANDS      200u
#define LINE_SIZE     400u

struct writer {
	struct bm_command list[COMMANDS]; /* what it wants */
	size_t n;
	char text[COMMANDS * LINE_SIZE];
	size_t len, sent;
	struct bm_partial partial;
	size_t seen; /* of list, in batches so far */
};

/* A line that asks for nothing. */
static size_t write_noise(struct rng *r, char *to)
{
	size_t n = 0;

	if (rng_one_in(r, 2))
		return (size_t)sprintf(to, rng_one_in(r, 2) ? "\n" : "\r\n");
	to[n++] = '#';
	for (uint64_t i = rng_below(r, LINE_SIZE - 50); i > 0; i--)
		to[n++] = (char)(' ' + rng_below(r, 90));
	to[n++] = '\n';
	return n;
}

static size_t write_number(struct rng *r, char *to, uint64_t v)
{
	int zeros = rng_one_in(r, 8) ? (int)rng_below(r, 30) : 0;

	return (size_t)sprintf(to, "%.*s%" PRIu64, zeros,
			       "000000000000000000000000000000", v);
}

static size_t write_command(struct rng *r, char *to, const struct bm_command *c)
{
	size_t n = 0;

	if (c->op == BM_REMOVE)
		to[n++] = rng_one_in(r, 2) ? '-' : '!';
	else if (rng_one_in(r, 4))
		to[n++] = '+';
	n += write_number(r, to + n, c->lo);
	if (c->hi != c->lo) {
		to[n++] = '-';
		n += write_number(r, to + n, c->hi);
	}
	if (rng_one_in(r, 10))
		to[n++] = '\r';
	to[n++] = '\n';
	return n;
}

static void make_writer(struct rng *r, struct writer *w)
{
	bool plain_only = rng_one_in(r, 2);
	enum bm_op all = rng_one_in(r, 3) ? BM_REMOVE : BM_ADD;

	*w = (struct writer){ .n = rng_below(r, COMMANDS) };
	bm_partial_init(&w->partial);
	for (size_t i = 0; i < w->n; i++) {
		struct bm_command *c = &w->list[i];

		c->lo = c->hi = rng_any_size(r);
		c->op = all;
		if (!plain_only && rng_one_in(r, 3))
			c->op = all == BM_ADD ? BM_REMOVE : BM_ADD;
		if (!plain_only && rng_one_in(r, 3) && c->lo)
			c->lo = rng_below(r, c->lo);
		while (rng_one_in(r, 6) && w->len < sizeof(w->text) / 2)
			w->len += write_noise(r, w->text + w->len);
		w->len += write_command(r, w->text + w->len, c);
	}
	if (w->n && rng_one_in(r, 2))
		w->len--; /* the last line ends with the file */
}

/* The batch holds the next commands of its writer. */
static void expect_next(struct writer *w, struct bm_batch *b)
{
	bool ascending = true;

	for (size_t i = 0; i < b->n_ops + b->n_members; i++) {
		const struct bm_command *want = &w->list[w->seen++];

		assert_true(w->seen <= w->n);
		if (b->n_ops) {
			assert_int_equal(b->n_members, 0);
			assert_true(b->ops[i].lo == want->lo);
			assert_true(b->ops[i].hi == want->hi);
			assert_int_equal(b->ops[i].op, want->op);
			continue;
		}
		assert_true(want->op == b->op && want->lo == want->hi);
		assert_true(b->members[i] == want->lo);
		if (i && b->members[i - 1] >= b->members[i])
			ascending = false;
	}
	if (!b->n_ops)
		assert_true(b->ascending == ascending);
	bm_batch_finish(b);
}

/* The same bytes and a line that does not parse: no trace of it remains. */
static void send_spoilt(struct writer *w, size_t len)
{
	static char spoilt[COMMANDS * LINE_SIZE + 10];
	const char bad[] = { '\n', '7', '-', '6', '\n' };
	struct bm_partial before = w->partial;
	struct bm_text_error error;
	struct bm_batch b;

	bm_batch_init(&b);
	memcpy(spoilt, w->text + w->sent, len);
	memcpy(spoilt + len, bad, sizeof(bad));
	assert_int_equal(bm_partial_feed(&w->partial, spoilt, len + sizeof(bad),
					 &b, &error),
			 -EINVAL);
	assert_true(bm_batch_empty(&b));
	assert_int_equal(w->partial.len, before.len);
	assert_memory_equal(w->partial.text, before.text, before.len);
	bm_batch_finish(&b);
}

static void send(struct rng *r, struct writer *w)
{
	size_t len = rng_below(r, rng_one_in(r, 3) ? 5000 : 40);
	struct bm_batch b;

	if (len > w->len - w->sent)
		len = w->len - w->sent;
	if (rng_one_in(r, 10))
		send_spoilt(w, len);
	bm_batch_init(&b);
	assert_int_equal(
		bm_partial_feed(&w->partial, w->text + w->sent, len, &b, NULL),
		0);
	w->sent += len;
	expect_next(w, &b);
}

static void finish(struct writer *w)
{
	struct bm_batch b;

	bm_batch_init(&b);
	assert_int_equal(bm_partial_finish(&w->partial, &b, NULL), 0);
	expect_next(w, &b);
	assert_int_equal(w->seen, w->n);
}

static void no_command_is_torn_or_lost(void **state)
{
	uint64_t steps = rng_steps(STEPS_DEFAULT);
	struct writer *writers = calloc(WRITERS, sizeof(*writers));
	struct rng r;

	(void)state;
	assert_non_null(writers);
	rng_init(&r, rng_seed());
	for (uint64_t i = 0; i < steps; i++) {
		size_t left = 0;

		for (unsigned w = 0; w < WRITERS; w++) {
			make_writer(&r, &writers[w]);
			left += writers[w].len;
		}
		while (left > 0) {
			struct writer *w = &writers[rng_below(&r, WRITERS)];
			size_t sent = w->sent;

			if (w->sent == w->len)
				continue;
			send(&r, w);
			left -= w->sent - sent;
		}
		for (unsigned w = 0; w < WRITERS; w++)
			finish(&writers[w]);
	}
	free(writers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_command_is_torn_or_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
