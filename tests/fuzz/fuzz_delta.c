/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_delta.c - the last command on each member wins, whatever they are.
 *
 * Input: a byte for where the 256 members of the universe lie, then commands
 * of three bytes: what, first, last. The twin keeps the last word on each.
 * The delta must say the same in sorted, disjoint, joined commands, and
 * merging it into nothing must give the members the twin has. So must its
 * members as crowds.
 */
#include "bitmap/segment.h"
#include "tests/support/deltas.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define UNIVERSE 256u
#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

enum word {
	NOTHING,
	ADDED,
	REMOVED
};

/* At the ends of the numbers, and where containers and high halves change. */
static uint64_t base_of(uint8_t choice)
{
	static const uint64_t bases[] = { 0, UINT64_MAX - 255, 0xffffff80,
					  0xff80 };

	return bases[choice % 4];
}

static void command(struct bm_batch *b, const uint8_t *c, uint64_t base,
		    enum word *words)
{
	uint8_t lo = c[1] < c[2] ? c[1] : c[2];
	uint8_t hi = c[1] < c[2] ? c[2] : c[1];
	enum bm_op op = c[0] & 1 ? BM_REMOVE : BM_ADD;
	int err;

	if (c[0] & 2)
		hi = lo;
	for (unsigned i = lo; i <= hi; i++)
		words[i] = op == BM_ADD ? ADDED : REMOVED;
	if (lo == hi && op == BM_ADD)
		err = bm_batch_add(b, base + lo);
	else
		err = bm_batch_range(b, base + lo, base + hi, op);
	CHECK(err == 0);
}

static void compare_members(const struct bm_delta *d, uint64_t base,
			    enum word *words)
{
	enum word said = d->op == BM_ADD ? ADDED : REMOVED;

	for (size_t i = 0; i < d->n_members; i++) {
		CHECK(i == 0 || d->members[i] > d->members[i - 1]);
		CHECK(d->members[i] - base < UNIVERSE);
		CHECK(words[d->members[i] - base] == said);
		words[d->members[i] - base] = NOTHING;
	}
}

static void take_words(const struct bm_command *c, uint64_t base,
		       enum word *words)
{
	for (uint64_t k = c->lo - base; k <= c->hi - base; k++) {
		CHECK(words[k] == (c->op == BM_ADD ? ADDED : REMOVED));
		words[k] = NOTHING;
	}
}

static void compare_ops(const struct bm_delta *d, uint64_t base,
			enum word *words)
{
	for (size_t i = 0; i < d->n_ops; i++) {
		const struct bm_command *c = &d->ops[i];

		CHECK(c->lo <= c->hi && c->hi - base < UNIVERSE);
		CHECK(i == 0 || c->lo > c[-1].hi);
		CHECK(i == 0 || c->op != c[-1].op || c->lo > c[-1].hi + 1);
		take_words(c, base, words);
	}
}

struct result {
	uint64_t base;
	bool is[UNIVERSE];
};

static int collect(void *arg, const struct bm_seg *seg)
{
	struct result *res = arg;
	struct bm_seg_iter it;
	uint64_t member;

	CHECK(bm_seg_validate(seg) == 0);
	bm_seg_iter_init(&it, seg);
	while (bm_seg_iter_read(&it, &member, 1)) {
		CHECK(member - res->base < UNIVERSE);
		res->is[member - res->base] = true;
	}
	return 0;
}

static void merge_into_nothing(const struct bm_delta *d, const enum word *words,
			       uint64_t base)
{
	struct result res = { .base = base };
	struct bm_packer *p;
	bool changed;

	if (bm_packer_new(8192, collect, &res, &p))
		return;
	CHECK(bm_merge(NULL, d, p, &changed) == 0);
	CHECK(bm_packer_flush(p) == 0);
	bm_packer_free(p);
	for (unsigned i = 0; i < UNIVERSE; i++)
		CHECK(res.is[i] == (words[i] == ADDED));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum word words[UNIVERSE] = { NOTHING };
	struct bm_batch batches[2];
	struct bm_batch *queue[2] = { &batches[0], &batches[1] };
	struct bm_delta_buf d;
	uint64_t base;

	if (len < 1)
		return 0;
	base = base_of(bytes[0]);
	bm_batch_init(&batches[0]);
	bm_batch_init(&batches[1]);
	for (size_t i = 1; i + 3 <= len; i += 3)
		command(&batches[i > len / 2], bytes + i, base, words);
	CHECK(bm_delta_build(queue, 2, &d) == 0);
	delta_check(&d.delta);
	merge_into_nothing(&d.delta, words, base);
	delta_turn(&d);
	delta_check(&d.delta);
	merge_into_nothing(&d.delta, words, base);
	delta_turn(&d);
	compare_members(&d.delta, base, words);
	compare_ops(&d.delta, base, words);
	for (unsigned i = 0; i < UNIVERSE; i++)
		CHECK(words[i] == NOTHING);
	bm_delta_finish(&d);
	bm_batch_finish(&batches[0]);
	bm_batch_finish(&batches[1]);
	return 0;
}
