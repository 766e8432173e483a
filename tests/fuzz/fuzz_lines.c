/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_lines.c - text to commands, whole and cut into pieces.
 *
 * Properties: commands written out and parsed again are the same commands;
 * a refused text leaves no trace; and it does not matter where a writer cuts
 * it: the pieces give the same commands or end with the same refusal. The
 * scanner of this machine and the portable one differ in nothing.
 */

#include "bitmap/bitmap.h"
#include "bitmap/text_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COMMAND_TEXT 48 /* a sign, two numbers, a newline, a NUL */

static void must(bool is)
{
	if (!is)
		abort();
}

static struct bm_command command(const struct bm_batch *b, size_t i)
{
	if (b->n_ops)
		return b->ops[i];
	return (struct bm_command){ b->members[i], b->members[i], b->op };
}

static size_t count(const struct bm_batch *b)
{
	return b->n_members + b->n_ops;
}

static void must_equal(const struct bm_batch *a, const struct bm_batch *b)
{
	must(count(a) == count(b));
	for (size_t i = 0; i < count(a); i++) {
		struct bm_command x = command(a, i);
		struct bm_command y = command(b, i);

		must(x.lo == y.lo && x.hi == y.hi && x.op == y.op);
	}
}

static void write_again(const struct bm_batch *b)
{
	char *text = malloc(count(b) * COMMAND_TEXT + 1);
	struct bm_batch twin;
	size_t len = 0;
	size_t used;

	must(text);
	for (size_t i = 0; i < count(b); i++) {
		struct bm_command c = command(b, i);

		len += (size_t)snprintf(text + len, COMMAND_TEXT,
					c.lo == c.hi ? "%s%" PRIu64 "\n"
						     : "%s%" PRIu64 "-%" PRIu64
						       "\n",
					c.op == BM_ADD ? "" : "-", c.lo, c.hi);
	}
	bm_batch_init(&twin);
	must(bm_text_parse(text, len, false, &twin, &used, NULL) == 0);
	must(used == len);
	must_equal(b, &twin);
	bm_batch_finish(&twin);
	free(text);
}

/* Pieces of step bytes; the first refusal, or 0. */
static int in_pieces(const char *text, size_t len, size_t step,
		     struct bm_batch *b)
{
	struct bm_partial p;
	int err = 0;

	bm_partial_init(&p);
	for (size_t i = 0; i < len && !err; i += step)
		err = bm_partial_feed(&p, text + i,
				      len - i < step ? len - i : step, b, NULL);
	return err ? err : bm_partial_finish(&p, b, NULL);
}

/* What the portable scanner makes of it. */
static void twins(const char *text, size_t size, int err,
		  const struct bm_batch *whole,
		  const struct bm_text_error *error)
{
	struct bm_text_error twin_error = { 0 };
	struct bm_batch twin;
	size_t used;

	bm_batch_init(&twin);
	must(bm_text_parse_by(bm_scan_portable, text, size, true, &twin, &used,
			      &twin_error) == err);
	must_equal(whole, &twin);
	must(whole->ascending == twin.ascending);
	must(error->line == twin_error.line &&
	     error->reason == twin_error.reason &&
	     strcmp(error->text, twin_error.text) == 0);
	bm_batch_finish(&twin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct bm_text_error error = { 0 };
	struct bm_batch whole;
	struct bm_batch cut;
	size_t used = 0;
	int err;

	bm_batch_init(&whole);
	bm_batch_init(&cut);
	err = bm_text_parse(text, size, true, &whole, &used, &error);
	twins(text, size, err, &whole, &error);
	if (err) {
		must(bm_batch_empty(&whole) && whole.ascending);
		must(error.line >= 1 && error.reason);
		must(memchr(error.text, '\0', sizeof(error.text)));
		must(in_pieces(text, size, 7, &cut) == err);
	} else {
		must(used == size);
		write_again(&whole);
		for (size_t step = 1; step < 40; step += step / 2 + 1) {
			must(in_pieces(text, size, step, &cut) == 0);
			must_equal(&whole, &cut);
			bm_batch_finish(&cut);
		}
	}
	bm_batch_finish(&whole);
	bm_batch_finish(&cut);
	return 0;
}
