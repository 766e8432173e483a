/* SPDX-License-Identifier: Apache-2.0 */
/* work.c - what each peer is asked to do, and what of it is on the clock. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/peers/measure.h"
#include "tests/bench/peers/work.h"
#include "tests/support/rng.h"

#define M 1000000u

#define PER_STEP  1000u	 /* members in a small durable step */
#define SETS	  10000u /* of the pairs */
#define SINGLES	  2000u
#define ONE_MORE  200u	/* durable inserts into a large set */
#define QUESTIONS 1000u /* of each kind */
#define FEW	  10u
#define BLOCK	  4096u

const struct row rows[] = {
	{ "load", "%s random into a new set, one step", "ms", M },
	{ "steps", "%s the same in steps of 1,000", "ms", M },
	{ "pairs", "%s pairs, 10,000 sets, by 1,000", "ms", M },
	{ "singles", "%s durable inserts of one, each", "us", SINGLES },
	{ "large", "%s random into a new set", "ms", 10 * M },
	{ "one", "one durable insert into %s", "us", 10 * M },
	{ "one_bytes", "  written to the disk for it", "KiB", 0 },
	{ "ascending", "%s ascending in 100 steps", "ms", 10 * M },
	{ "remove", "%s members removed, one step", "ms", 5 * M },
	{ "read_all", "%s members read", "ms", 10 * M },
	{ "size", "stat of %s members", "us", 10 * M },
	{ "size_few", "  of 10 members", "us", 0 },
	{ "count", "count of %s members", "us", 10 * M },
	{ "count_few", "  of 10 members", "us", 0 },
	{ "ends", "min and max of %s members", "us", 10 * M },
	{ "ends_few", "  of 10 members", "us", 0 },
	{ "read_at", "4 KiB of text anywhere in %s", "us", 10 * M },
	{ "read_at_few", "  of 10 members", "us", 0 },
	{ "shared", "members that two of %s share", "ms", 10 * M },
	{ "disk_random", "disk: %s random below 2^32", "KiB", 10 * M },
	{ "disk_ascending", "disk: %s ascending", "KiB", 10 * M },
	{ "disk_64", "disk: %s random below 2^64", "KiB", 10 * M },
	{ "anon_load", "memory: %s loaded", "KiB", 10 * M },
	{ "anon_asked", "  counted and read all over", "KiB", 0 },
	{ "anon_more", "  and 200 more, each durable", "KiB", 0 },
};
const unsigned n_rows = sizeof(rows) / sizeof(*rows);

static void say(const struct work *w, const char *row, double value)
{
	fprintf(w->out, "%s %.17g\n", row, value);
	fflush(w->out);
}

static void do_step(const struct work *w, void *p, const struct step *s,
		    void (*change)(void *p, const struct group *g))
{
	for (size_t i = 0; i < s->n; i++)
		change(p, &s->groups[i]);
	w->ops->commit(p);
}

/* All of the input in durable steps of so many; seconds. */
static double put(const struct work *w, void *p, const struct input *in,
		  size_t per_step)
{
	double sum = 0;

	for (size_t at = 0; at < in->n; at += per_step) {
		size_t end = in->n - at < per_step ? in->n : at + per_step;
		struct step s = make_step(in, at, end, w->ops->takes_text, "");
		double begin = now();

		do_step(w, p, &s, w->ops->add);
		sum += now() - begin;
		step_free(&s);
	}
	return sum;
}

/* --- small sets ----------------------------------------------------------- */

static void work_load(const struct work *w)
{
	struct input in = random_32(M / w->scale);
	void *p = w->ops->open(w->dir);

	say(w, "load", put(w, p, &in, in.n) * 1e3);
	w->ops->close(p);
	input_free(&in);
}

static void work_steps(const struct work *w)
{
	struct input in = random_32(M / w->scale);
	void *p = w->ops->open(w->dir);

	say(w, "steps", put(w, p, &in, PER_STEP) * 1e3);
	w->ops->close(p);
	input_free(&in);
}

static void work_pairs(const struct work *w)
{
	struct input in;
	void *p;

	if (w->ops->one_set)
		return;
	in = zipf_pairs(M / w->scale, SETS);
	p = w->ops->open(w->dir);
	say(w, "pairs", put(w, p, &in, PER_STEP) * 1e3);
	w->ops->close(p);
	input_free(&in);
}

static void work_singles(const struct work *w)
{
	struct input in = random_32(SINGLES / w->scale);
	void *p = w->ops->open(w->dir);

	say(w, "singles", put(w, p, &in, 1) / (double)in.n * 1e6);
	w->ops->close(p);
	input_free(&in);
}

/* --- questions ------------------------------------------------------------ */

static double ask_number(void *p, uint64_t (*ask)(void *p, uint32_t set))
{
	unsigned n = 0;
	double begin;
	double spent;

	(void)ask(p, 0);
	begin = now();
	do {
		(void)ask(p, 0);
		spent = now() - begin;
	} while (++n < QUESTIONS && spent < 1);
	return spent / n * 1e6;
}

static double ask_ends(const struct peer_ops *ops, void *p)
{
	uint64_t ends[2];
	double begin;

	ops->ends(p, 0, ends);
	begin = now();
	for (unsigned i = 0; i < QUESTIONS; i++)
		ops->ends(p, 0, ends);
	return (now() - begin) / QUESTIONS * 1e6;
}

static double ask_text(const struct peer_ops *ops, void *p)
{
	uint64_t size = ops->size(p, 0);
	struct rng r;
	double begin;

	rng_init(&r, 4);
	ops->read_at(p, 0, 0, BLOCK);
	begin = now();
	for (unsigned i = 0; i < QUESTIONS; i++)
		ops->read_at(p, 0, rng_below(&r, size), BLOCK);
	return (now() - begin) / QUESTIONS * 1e6;
}

static void ask_all(const struct work *w, void *p, bool few)
{
	const struct peer_ops *ops = w->ops;

	if (ops->size)
		say(w, few ? "size_few" : "size", ask_number(p, ops->size));
	if (ops->count && (!ops->has_count || ops->has_count(p, 0)))
		say(w, few ? "count_few" : "count", ask_number(p, ops->count));
	if (ops->ends)
		say(w, few ? "ends_few" : "ends", ask_ends(ops, p));
	if (ops->read_at && ops->size)
		say(w, few ? "read_at_few" : "read_at", ask_text(ops, p));
}

static void work_few(const struct work *w)
{
	struct input in = random_32(FEW);
	void *p = w->ops->open(w->dir);

	put(w, p, &in, in.n);
	ask_all(w, p, true);
	w->ops->close(p);
	input_free(&in);
}

/* --- a large set ---------------------------------------------------------- */

static pid_t worker(const struct work *w, void *p)
{
	return w->ops->pid ? w->ops->pid(p) : 0;
}

static void one_more(const struct work *w, void *p)
{
	struct input in = random_64(ONE_MORE);
	uint64_t before = written_by(worker(w, p));

	for (size_t i = 0; i < in.n; i++)
		in.members[i] >>= 32;
	say(w, "one", put(w, p, &in, 1) / ONE_MORE * 1e6);
	say(w, "one_bytes",
	    (double)(written_by(worker(w, p)) - before) / ONE_MORE / 1024);
	input_free(&in);
}

static void remove_half(const struct work *w, void *p, const struct input *in)
{
	struct input half = half_of(in);
	struct step s = make_step(&half, 0, half.n, w->ops->takes_text, "-");
	double begin = now();

	do_step(w, p, &s, w->ops->remove);
	say(w, "remove", (now() - begin) * 1e3);
	step_free(&s);
	input_free(&half);
}

static void work_large(const struct work *w)
{
	struct input in = random_32(10 * M / w->scale);
	void *p = w->ops->open(w->dir);
	double begin;
	bool shown = w->ops != &peer_floor;

	say(w, "large", put(w, p, &in, in.n) * 1e3);
	if (shown) {
		say(w, "disk_random", (double)disk_of(w->dir) / 1024);
		say(w, "anon_load", (double)anon_of(worker(w, p)) / 1024);
	}
	ask_all(w, p, false);
	begin = now();
	(void)w->ops->read_all(p, 0);
	say(w, "read_all", (now() - begin) * 1e3);
	if (shown)
		say(w, "anon_asked", (double)anon_of(worker(w, p)) / 1024);
	one_more(w, p);
	if (shown)
		say(w, "anon_more", (double)anon_of(worker(w, p)) / 1024);
	remove_half(w, p, &in);
	w->ops->close(p);
	input_free(&in);
}

static void work_ascending(const struct work *w)
{
	struct input in = ascending(10 * M / w->scale);
	void *p = w->ops->open(w->dir);

	say(w, "ascending", put(w, p, &in, (in.n + 99) / 100) * 1e3);
	if (w->ops != &peer_floor)
		say(w, "disk_ascending", (double)disk_of(w->dir) / 1024);
	w->ops->close(p);
	input_free(&in);
}

static void work_64(const struct work *w)
{
	struct input in;
	void *p;

	if (w->ops == &peer_floor)
		return;
	in = random_64(10 * M / w->scale);
	p = w->ops->open(w->dir);
	put(w, p, &in, in.n);
	say(w, "disk_64", (double)disk_of(w->dir) / 1024);
	w->ops->close(p);
	input_free(&in);
}

/* --- two large sets ------------------------------------------------------- */

static void put_in(const struct work *w, void *p, const struct input *in,
		   uint32_t set)
{
	struct step s = make_step(in, 0, in->n, w->ops->takes_text, "");

	s.groups[0].set = set;
	do_step(w, p, &s, w->ops->add);
	step_free(&s);
}

static uint64_t count_shared(const struct input *a, const struct input *b)
{
	size_t n[2];
	uint64_t *x = sorted(
		&(struct group){ .members = a->members, .n = a->n }, &n[0]);
	uint64_t *y = sorted(
		&(struct group){ .members = b->members, .n = b->n }, &n[1]);
	uint64_t both = 0;

	for (size_t i = 0, k = 0; i < n[0] && k < n[1];) {
		both += x[i] == y[k];
		if (x[i] <= y[k])
			i++;
		else
			k++;
	}
	free(x);
	free(y);
	return both;
}

/* A member that only the first set has: who remembers answers finds that this
 * one is old. */
static void change_one(const struct work *w, void *p, unsigned i)
{
	uint64_t member = ((uint64_t)1 << 32) + i;
	const struct input one = { .members = &member, .n = 1 };

	put_in(w, p, &one, 0);
}

/* Often enough that all is in the caches where it can be, at most a second. */
static double ask_shared(const struct work *w, void *p, uint64_t want)
{
	double spent = 0;
	unsigned n = 0;

	must(w->ops->shared(p, 0, 1) == want, "what two sets share");
	while (n < QUESTIONS && spent < 1) {
		double begin;

		change_one(w, p, n);
		begin = now();
		must(w->ops->shared(p, 0, 1) == want, "what two sets share");
		spent += now() - begin;
		n++;
	}
	return spent / n;
}

static void work_shared(const struct work *w)
{
	struct input a = random_32(10 * M / w->scale);
	struct input b = other_32(10 * M / w->scale);
	void *p;

	if (!w->ops->shared)
		return;
	p = w->ops->open(w->dir);
	put_in(w, p, &a, 0);
	put_in(w, p, &b, 1);
	say(w, "shared", ask_shared(w, p, count_shared(&a, &b)) * 1e3);
	w->ops->close(p);
	input_free(&a);
	input_free(&b);
}

const struct job jobs[] = {
	{ "load", work_load },
	{ "steps", work_steps },
	{ "pairs", work_pairs },
	{ "singles", work_singles },
	{ "few", work_few },
	{ "large", work_large },
	{ "ascending", work_ascending },
	{ "64-bit", work_64 },
	{ "shared", work_shared },
};
const unsigned n_jobs = sizeof(jobs) / sizeof(*jobs);
