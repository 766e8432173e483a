/* SPDX-License-Identifier: Apache-2.0 */
/* set_steps.c - durable steps. */
#include "tests/bench/set_kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What n durable steps took, and the floor beside them. */
struct steps {
	double wall, cpu, floor;
	uint64_t n, bytes;
};

static uint64_t written(struct bench *b)
{
	struct rs_stats s;

	rs_stats(b->store, &s);
	return s.write_bytes;
}

static void step_begin(struct bench *b, struct steps *s)
{
	s->floor += floor_step(b);
	s->wall -= now_ns();
	s->cpu -= cpu_ns();
	s->bytes -= written(b);
}

static void step_end(struct bench *b, struct steps *s)
{
	must(rs_sync(b->store), "sync");
	s->wall += now_ns();
	s->cpu += cpu_ns();
	s->bytes += written(b);
	s->n++;
}

static void print_steps(const char *what, const struct steps *s,
			uint64_t members)
{
	double n = (double)s->n;
	double m = (double)members;

	printf("%-14s %.3f s; %.0f us a step (floor %.0f, x %.2f), cpu %.0f, "
	       "%.1f KiB written; %.0f ns a member, cpu %.0f\n",
	       what, s->wall / 1e9, s->wall / n / 1e3, s->floor / n / 1e3,
	       s->wall / s->floor, s->cpu / n / 1e3,
	       (double)s->bytes / n / 1024, s->wall / m, s->cpu / m);
}

/* One member more, and durable. */
void bench_one_more(struct bench *b, uint64_t ino, const char *what, uint64_t n)
{
	struct steps s = { 0 };

	for (uint64_t i = 0; i < n; i++) {
		struct text t = make_text(&b->r, rand32, 1, "");

		step_begin(b, &s);
		queue_text(b, ino, &t);
		step_end(b, &s);
		free(t.p);
	}
	print_steps(what, &s, n);
}

/* The same text into the set in durable steps. */
void bench_steps(struct bench *b, const char *what, member_fn *member,
		 uint64_t n, uint64_t steps)
{
	struct text t = make_text(&b->r, member, n, "");
	uint64_t ino = make_set(b);
	struct steps s = { 0 };
	size_t off = 0;

	for (uint64_t i = 1; i <= steps; i++) {
		size_t end = i == steps ? t.len : t.len / steps * i;
		struct text part = { t.p + off, 0 };

		while (end < t.len && t.p[end - 1] != '\n')
			end++;
		part.len = end - off;
		step_begin(b, &s);
		queue_text(b, ino, &part);
		step_end(b, &s);
		off = end;
	}
	print_steps(what, &s, n);
	free(t.p);
}

/* Remove the first n of the members from 1,000,000,000 on. */
void bench_remove(struct bench *b, uint64_t ino, const char *what, uint64_t n)
{
	struct text t = make_text(&b->r, ascending, n, "-");
	struct steps s = { 0 };

	step_begin(b, &s);
	queue_text(b, ino, &t);
	step_end(b, &s);
	print_steps(what, &s, n);
	free(t.p);
}

/* A new set of n members, and one step that removes every second of them, as
 * they were written. */
void bench_half(struct bench *b, const char *what, member_fn *member,
		uint64_t n)
{
	uint64_t *members = must_alloc(n * sizeof(*members));
	struct text t = { .p = must_alloc(n * 23) };
	uint64_t ino = make_set(b);
	struct steps s = { 0 };

	for (uint64_t i = 0; i < n; i++) {
		members[i] = member(&b->r, i);
		t.len += put_line(t.p + t.len, "", members[i]);
	}
	write_text(b, ino, &t);
	t.len = 0;
	for (uint64_t i = 0; i < n; i += 2)
		t.len += put_line(t.p + t.len, "-", members[i]);
	step_begin(b, &s);
	queue_text(b, ino, &t);
	step_end(b, &s);
	print_steps(what, &s, n / 2);
	free(members);
	free(t.p);
}

/* A rank of Zipf's kind below n: the first is the most frequent by far. */
static uint64_t zipf(struct rng *r, uint64_t n)
{
	return rng_below(r, rng_below(r, rng_below(r, n) + 1) + 1);
}

/* Pairs of a set and a member, in durable steps. */
void bench_pairs(struct bench *b, const char *what, uint64_t n_sets,
		 uint64_t steps, uint64_t per_step)
{
	uint64_t *inos = must_alloc(n_sets * sizeof(*inos));
	struct steps s = { 0 };

	for (uint64_t i = 0; i < n_sets; i++)
		inos[i] = make_set(b);
	must(rs_sync(b->store), "sync");
	for (uint64_t i = 0; i < steps; i++) {
		step_begin(b, &s);
		for (uint64_t k = 0; k < per_step; k++) {
			struct bm_batch batch;

			bm_batch_init(&batch);
			must(bm_batch_add(&batch, rand32(&b->r, 0)), "add");
			must(bm_append(b->db, inos[zipf(&b->r, n_sets)], &batch,
				       1),
			     "append");
		}
		step_end(b, &s);
	}
	print_steps(what, &s, steps * per_step);
	free(inos);
}

/* The process dies with so many batches in the journal; what the next one has
 * to do before it can serve. */
void bench_replay(struct bench *b, const char *what, uint64_t n_sets,
		  uint64_t batches)
{
	const struct rs_open_opts opts = { 0 };
	double start, opened;

	bench_pairs(b, "before a crash", n_sets, batches / 1000, 1000);
	rs_set_hooks(b->store, NULL);
	rs_abandon(b->store); /* and db with it, as far as anybody sees */
	start = now_ns();
	must(rs_open(b->path, &opts, &b->store, NULL), "open");
	must(bm_open(b->store, NULL, &b->db, NULL), "sets");
	opened = now_ns() - start;
	must(bm_recall(b->db), "recall");
	start = now_ns() - start;
	printf("%-14s %.2f ms, and until sets can be read %.2f ms, %.0f ns a "
	       "batch\n",
	       what, opened / 1e6, start / 1e6, start / (double)batches);
}
