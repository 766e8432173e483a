/* SPDX-License-Identifier: Apache-2.0 */
/* set_crowd.c - do those who append stand in each other's way?
 *
 * The same appends are made by some threads to one set and to as many sets as
 * there are threads, in turn. If the lock of a set were hot the first would
 * take longer than the second; if one of the whole database were, both would
 * take longer the more threads there are.
 */
#include "tests/bench/set_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define APPENDS	    40000u /* of all threads, before what waits is settled */
#define ROUNDS	    10u
#define THREADS_MAX 8u

struct writer {
	struct bm_db *db;
	uint64_t ino, first;
	unsigned appends;
	pthread_t thread;
};

static void *append_singles(void *arg)
{
	const struct writer *w = arg;

	for (unsigned i = 0; i < w->appends; i++) {
		struct bm_batch batch;

		bm_batch_init(&batch);
		must(bm_batch_add(&batch, w->first + i), "add");
		must(bm_append(w->db, w->ino, &batch, 1), "append");
	}
	return NULL;
}

/* The time until all of them are done. */
static double append_all(struct writer *w, unsigned threads)
{
	double start = now_ns();

	for (unsigned i = 0; i < threads; i++)
		must(-pthread_create(&w[i].thread, NULL, append_singles, &w[i]),
		     "thread");
	for (unsigned i = 0; i < threads; i++)
		must(-pthread_join(w[i].thread, NULL), "thread");
	return now_ns() - start;
}

static double do_round(struct bench *b, const uint64_t *inos, unsigned sets,
		       unsigned threads, unsigned round)
{
	struct writer w[THREADS_MAX];
	double took;

	for (unsigned i = 0; i < threads; i++)
		w[i] = (struct writer){ .db = b->db,
					.ino = inos[i % sets],
					.first = (uint64_t)round * APPENDS +
						 APPENDS / threads * i,
					.appends = APPENDS / threads };
	took = append_all(w, threads);
	must(bm_settle_all(b->db), "settle");
	must(rs_sync(b->store), "sync");
	return took;
}

void bench_crowd(struct bench *b, unsigned threads)
{
	uint64_t inos[THREADS_MAX];
	double one = 0, own = 0;

	for (unsigned i = 0; i < THREADS_MAX; i++)
		inos[i] = make_set(b);
	for (unsigned i = 0; i < ROUNDS; i++) {
		one += do_round(b, inos, 1, threads, i);
		own += do_round(b, inos, threads, threads, ROUNDS + i);
	}
	printf("crowd of %u     %.0f ns an append to one set, %.0f to sets of "
	       "their own, x %.2f\n",
	       threads, one / ROUNDS / APPENDS, own / ROUNDS / APPENDS,
	       one / own);
}
