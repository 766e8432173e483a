/* SPDX-License-Identifier: Apache-2.0 */
/* set_many.c - a million small sets. */
#include "tests/bench/set_kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PER_TXN 1000u

/* Queue 1 to 100 members for a new content; what they take as a roaring file,
 * each of their containers an array. */
static uint64_t stage_small(struct bench *b, struct bm_stage *st)
{
	uint64_t n = 1 + rng_below(&b->r, 100);
	uint64_t member = rand32(&b->r, 0) >> 4;
	uint64_t roaring = 8 + 2 * n;
	uint64_t high = UINT64_MAX;
	struct bm_batch batch;

	bm_batch_init(&batch);
	for (; n > 0; n--) {
		member += 1 + rng_below(&b->r, 1000);
		must(bm_batch_add(&batch, member), "add");
		roaring += member >> 16 != high ? 8 : 0;
		high = member >> 16;
	}
	must(bm_stage_append(st, &batch), "append");
	return roaring;
}

/* The contents become sets, in one txn. */
static void put_small(struct bench *b, struct bm_stage **stages)
{
	struct rs_txn *t;

	must(rs_txn_begin(b->store, &t), "txn");
	for (unsigned i = 0; i < PER_TXN; i++) {
		struct rs_object obj = { 0 };

		bm_object_init(&obj);
		must(bm_stage_apply(t, stages[i], &obj), "apply");
		must(rs_object_put(t, rs_txn_new_id(t), &obj), "object");
	}
	must(rs_txn_end(t), "txn");
}

/* All objects of the store, as a listing with sizes looks at them. */
static double list_all(struct bench *b)
{
	const uint8_t first[] = { RS_KEY_OBJECT };
	double start = now_ns();
	struct rs_cursor c;
	struct rs_object obj;
	struct bm_info info;
	struct rs_view *v;
	uint64_t n = 0;
	int err;

	must(rs_view_live(b->store, &v), "view");
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, first, sizeof(first));
	while (!err && c.key[0] == RS_KEY_OBJECT) {
		uint64_t ino = 0;

		for (size_t i = 1; i < c.key_len; i++)
			ino = ino << 8 | c.key[i];
		must(rs_object_get(v, ino, &obj), "object");
		must(bm_object_info(&obj, &info), "set");
		n++;
		err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	rs_view_put(v);
	return (now_ns() - start) / (double)n;
}

void bench_many(struct bench *b, uint64_t n_sets)
{
	struct bm_stage *stages[PER_TXN];
	struct rs_stats before, after;
	uint64_t roaring = 0;
	double start, n = (double)n_sets;

	must(rs_sync(b->store), "sync");
	rs_stats(b->store, &before);
	start = now_ns();
	for (uint64_t i = 0; i < n_sets / PER_TXN; i++) {
		for (unsigned k = 0; k < PER_TXN; k++) {
			must(bm_stage_new(b->db, &stages[k]), "stage");
			roaring += stage_small(b, stages[k]);
			must(bm_stage_settle(stages[k]), "settle");
		}
		put_small(b, stages);
		for (unsigned k = 0; k < PER_TXN; k++)
			bm_stage_free(stages[k]);
	}
	must(rs_sync(b->store), "sync");
	start = now_ns() - start;
	rs_stats(b->store, &after);
	printf("%-14s %.0f sets a second; %.1f bytes a set, %.1f of them "
	       "roaring; "
	       "read all headers %.0f ns a set\n",
	       "1 M small sets", n / start * 1e9,
	       (double)(after.used_bytes - before.used_bytes) / n,
	       (double)roaring / n, list_all(b));
}
