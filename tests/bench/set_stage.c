/* SPDX-License-Identifier: Apache-2.0 */
/* set_stage.c - a large new content that comes in no order. */
#include "tests/bench/set_kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS (16u << 10) /* in a write of 128 KiB */

static int to_stage(void *arg, struct bm_batch *b)
{
	return bm_stage_append(arg, b);
}

static void feed(struct bench *b, struct bm_parser *p, uint64_t n)
{
	static uint64_t members[MEMBERS];

	while (n) {
		struct bm_parse_error why;
		size_t some = n < MEMBERS ? n : MEMBERS;

		for (size_t i = 0; i < some; i++)
			members[i] = rng_u64(&b->r);
		must(bm_parser_feed(p, members, some * sizeof(*members), &why),
		     "parse");
		n -= some;
	}
}

static void swap_in(struct bench *b, struct bm_stage *st, uint64_t ino)
{
	struct rs_object obj;
	struct rs_txn *t;

	must(bm_stage_settle(st), "settle");
	must(rs_txn_begin(b->store, &t), "txn");
	must(rs_object_get(rs_txn_view(t), ino, &obj), "object");
	must(bm_stage_apply(t, st, &obj), "apply");
	must(rs_object_put(t, ino, &obj), "object");
	must(rs_txn_end(t), "txn");
	must(rs_sync(b->store), "sync");
}

void bench_le64(struct bench *b, uint64_t n)
{
	uint64_t ino = make_set(b);
	double start = now_ns();
	double cpu = cpu_ns();
	struct bm_parser *p;
	struct bm_stage *st;
	struct bm_view *bv;

	must(bm_stage_new(b->db, &st), "stage");
	must(bm_parser_new(BM_FORMAT_LE64, to_stage, st, &p), "parser");
	feed(b, p, n);
	must(bm_parser_end(p, NULL), "parse");
	bm_parser_free(p);
	swap_in(b, st, ino);
	bm_stage_free(st);
	bv = view_of(b, ino);
	printf("%4.0f M of le64  %.1f ns a member, cpu %.1f; %.2f bytes each\n",
	       (double)n / 1e6, (now_ns() - start) / (double)n,
	       (cpu_ns() - cpu) / (double)n,
	       (double)bm_view_info(bv)->stored / (double)n);
	bm_view_close(bv);
}
