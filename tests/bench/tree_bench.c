/* SPDX-License-Identifier: Apache-2.0 */
/* tree_bench.c - nanoseconds for each kind of use of the tree. */
#include "regionstore/base/le.h"
#include "regionstore/tree.h"
#include "tests/support/mempages.h"
#include "tests/support/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEYS  1000000u
#define EDITS 100000u

struct bench {
	struct mempages mp;
	struct rs_tree_env env;
	struct rs_root root;
	struct rs_drops drops;
	struct rng rng;
	uint64_t txid, edit_id;
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void report(const char *what, double start, uint64_t n)
{
	printf("%-44s %8.1f ns\n", what, (now_ns() - start) / (double)n);
}

static void need(int err)
{
	if (err) {
		fprintf(stderr, "error %d\n", err);
		abort();
	}
}

static void put(struct bench *b, struct rs_edit *ed, uint64_t n)
{
	uint8_t key[9] = { 0x11 };
	uint8_t val[32] = { 0 };

	(void)b;
	be64_put(key + 1, n);
	need(rs_tree_put(ed, key, sizeof(key), val, sizeof(val), n & 0xffff));
}

static void publish(struct bench *b, struct rs_edit *ed)
{
	need(rs_drops_move(&b->drops, &ed->drops));
	rs_root_put(&b->root);
	rs_root_ref(&b->root, &ed->root);
	rs_edit_finish(ed);
}

static void begin(struct bench *b, struct rs_edit *ed)
{
	rs_edit_init(ed, &b->env, &b->root, b->txid, ++b->edit_id);
}

static void puts_in_one_edit(struct bench *b, bool random)
{
	struct rs_edit ed;
	double start = now_ns();

	begin(b, &ed);
	for (uint64_t i = 0; i < KEYS; i++)
		put(b, &ed, random ? rng_u64(&b->rng) : i);
	publish(b, &ed);
	report(random ? "put, random, 1 M in one edit"
		      : "put, ascending, 1 M in one edit",
	       start, KEYS);
}

static void edits_of_one_put(struct bench *b, bool random, const char *what)
{
	double start = now_ns();

	for (uint64_t i = 0; i < EDITS; i++) {
		struct rs_edit ed;

		begin(b, &ed);
		put(b, &ed, random ? rng_u64(&b->rng) : i);
		publish(b, &ed);
	}
	report(what, start, EDITS);
}

static void commit(struct bench *b)
{
	size_t dirty = rs_tree_dirty(&b->root);
	double start = now_ns();

	mempages_commit(&b->mp, &b->root, b->txid++);
	report("flush and clean, per node", start, dirty);
	printf("%-44s %8zu, of entries %.1f\n", "  nodes written", dirty,
	       (double)b->root.sum.count / (double)dirty);
	need(rs_drops_resolve(&b->drops));
	rs_drops_finish(&b->drops);
}

static void gets(struct bench *b, const char *what)
{
	double start = now_ns();

	for (uint64_t i = 0; i < EDITS; i++) {
		uint8_t key[9] = { 0x11 };
		uint8_t val[32];
		size_t len;

		be64_put(key + 1, rng_u64(&b->rng));
		if (rs_tree_get(&b->env, &b->root, key, sizeof(key), val,
				sizeof(val), &len, NULL) == 0)
			b->rng.s[0]++;
	}
	report(what, start, EDITS);
}

static void sums(struct bench *b)
{
	double start = now_ns();

	for (uint64_t i = 0; i < EDITS; i++) {
		uint8_t key[9] = { 0x11 };
		struct rs_sum sum;

		be64_put(key + 1, rng_u64(&b->rng));
		need(rs_tree_sum_before(&b->env, &b->root, key, sizeof(key),
					&sum));
	}
	report("sum_before, random", start, EDITS);
}

static void scan(struct bench *b)
{
	struct rs_cursor c = { 0 };
	uint64_t n = 0;
	double start = now_ns();

	while (rs_tree_next(&b->env, &b->root, &c) == 0)
		n++;
	rs_tree_release(&c);
	report("next", start, n);
}

static void dels(struct bench *b)
{
	struct rs_edit ed;
	double start;
	uint64_t n = b->root.sum.count;

	begin(b, &ed);
	start = now_ns();
	for (uint64_t i = 0; i < n; i++) {
		struct rs_cursor c = { 0 };

		need(rs_tree_nth(&b->env, &ed.root, &c,
				 rng_below(&b->rng, ed.root.sum.count)));
		rs_tree_release(&c);
		need(rs_tree_del(&ed, c.key, c.key_len));
	}
	report("nth and del, random, all", start, n);
	publish(b, &ed);
}

int main(void)
{
	struct bench b = { .txid = 1 };

	rng_init(&b.rng, 1);
	mempages_init(&b.mp);
	b.mp.trusting = true;
	b.env = (struct rs_tree_env){ .pages = &b.mp.pages, .tree_id = 1 };
	puts_in_one_edit(&b, false);
	commit(&b);
	rs_root_put(&b.root);
	puts_in_one_edit(&b, true);
	gets(&b, "get, random, in memory");
	edits_of_one_put(&b, false, "edit of one put, ascending, in memory");
	edits_of_one_put(&b, true, "edit of one put, random, in memory");
	commit(&b);
	gets(&b, "get, random, on pages");
	sums(&b);
	scan(&b);
	edits_of_one_put(&b, true, "edit of one put, random, after a commit");
	commit(&b);
	dels(&b);
	rs_root_put(&b.root);
	rs_drops_finish(&b.drops);
	mempages_finish(&b.mp);
	return 0;
}
