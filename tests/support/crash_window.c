/* SPDX-License-Identifier: Apache-2.0 */
/* crash_window.c - going through windows. */
#include "tests/support/crash_window.h"

#include "tests/support/io_fault_priv.h"

#define PAGE   4096u
#define SECTOR 512u

/* What can arrive or not: a page of a write, or another op. */
struct unit {
	size_t op; /* in f->ops */
	uint64_t at, len;
};

struct window {
	struct fault *f;
	const struct crash_plan *plan;
	struct crash_count *count;
	size_t first, end; /* ops */
	size_t at;	   /* a sync, a write through, or the end of the run */
	size_t from;	   /* ops from here on were in no window before */
	unsigned n_units;  /* at most one more than asked for */
	struct unit units[CRASH_UNITS_MAX + 1];
};

static bool add_unit(struct window *w, size_t op, uint64_t at, uint64_t len)
{
	if (w->n_units > w->plan->units)
		return false;
	w->units[w->n_units++] =
		(struct unit){ .op = op, .at = at, .len = len };
	return true;
}

/* Does it do anything to the disk? */
static bool has_effect(const struct op *op)
{
	return op->len > 0 && !op->hard && op->kind != OP_ALLOCATE &&
	       op->kind != OP_SYNC;
}

/* Units begin where pages of the file begin. */
static void find_units(struct window *w)
{
	w->n_units = 0;
	for (size_t i = w->first; i < w->end; i++) {
		const struct op *op = &w->f->ops[i];
		uint64_t at = 0;

		if (!has_effect(op))
			continue;
		if (!fault_is_write(op) && !add_unit(w, i, 0, op->len))
			return;
		while (fault_is_write(op) && at < op->len) {
			uint64_t n = PAGE - (op->off + at) % PAGE;

			if (n > op->len - at)
				n = op->len - at;
			if (!add_unit(w, i, at, n))
				return;
			at += n;
		}
	}
}

static void apply_unit(struct disk *d, const struct op *op,
		       const struct unit *u)
{
	if (fault_is_write(op))
		disk_write(d, op->off + u->at, op->data + u->at, u->len);
	else
		fault_apply(d, op);
}

static void hand_over(struct window *w, const struct crash *c)
{
	w->count->images++;
	w->plan->fn(w->plan->arg, c);
}

/* Everything up to there that went through has reached the disk. */
static size_t seen_at_least(const struct window *w)
{
	size_t seen = w->first;

	for (size_t i = w->first; i < w->at; i++)
		if (w->f->ops[i].hard)
			seen = i + 1;
	return seen;
}

static void build_subset(struct window *w, uint64_t mask)
{
	struct crash c = { .at = w->at,
			   .seen = seen_at_least(w),
			   .how = "subset" };

	c.disk = disk_copy(w->f->synced);
	for (unsigned i = 0; i < w->n_units; i++) {
		const struct unit *u = &w->units[i];
		const struct op *op = &w->f->ops[u->op];

		if (!(mask >> i & 1) && !fault_overtakes(op))
			continue;
		apply_unit(c.disk, op, u);
		if (u->op + 1 > c.seen)
			c.seen = u->op + 1;
	}
	hand_over(w, &c);
}

static const char *const names[CRASH_KINDS] = {
	"nothing", "all", "by lot", "torn", "torn at pages", "in any order",
};

static void build_by_lot(struct window *w, size_t n, enum fault_crash kind)
{
	struct crash c = { .at = n, .seen = n, .how = names[kind] };

	c.disk = fault_crash(w->f, n, kind, w->plan->rng);
	hand_over(w, &c);
}

/* The power fails while it is written. */
static void build_during(struct window *w)
{
	for (unsigned i = 0; i < w->plan->lots; i++) {
		struct crash c = { .at = w->at,
				   .seen = w->at + 1,
				   .how = "torn, written through" };

		c.disk = fault_crash(w->f, w->at, CRASH_TORN, w->plan->rng);
		fault_apply_torn(c.disk, &w->f->ops[w->at], SECTOR,
				 w->plan->rng);
		hand_over(w, &c);
	}
}

static void build_lots(struct window *w, size_t n, bool whole)
{
	for (unsigned i = 0; i < w->plan->lots; i++) {
		build_by_lot(w, n, CRASH_TORN);
		if (whole)
			continue;
		build_by_lot(w, n, CRASH_SUBSET);
		build_by_lot(w, n, CRASH_PAGES);
		build_by_lot(w, n, CRASH_ORDER);
	}
	if (!whole)
		build_by_lot(w, n, CRASH_ALL);
}

static void go_through(struct window *w)
{
	bool whole;

	fault_go_forward(w->f, w->at);
	find_units(w);
	whole = w->n_units <= w->plan->units;
	for (uint64_t m = 0; whole && m < (uint64_t)1 << w->n_units; m++)
		build_subset(w, m);
	if (!whole)
		build_by_lot(w, w->at, CRASH_NONE);
	if (w->end > w->at)
		build_during(w);
	for (size_t n = w->from; n < w->at; n++)
		if (has_effect(&w->f->ops[n]))
			build_lots(w, n + 1, whole);
	w->count->windows += w->n_units > 0;
	w->count->whole += w->n_units > 0 && whole;
}

/* What was in doubt in a life before this one was looked at there. */
static size_t after_hard(const struct fault *f)
{
	size_t from = f->n_synced;

	for (size_t i = from; i < f->n; i++)
		if (f->ops[i].hard)
			from = i + 1;
	return from;
}

void crash_each(struct fault *f, const struct crash_plan *plan,
		struct crash_count *count)
{
	struct window w = { .f = f,
			    .plan = plan,
			    .count = count,
			    .first = f->n_synced,
			    .from = after_hard(f) };

	for (size_t i = f->n_synced; i <= f->n; i++) {
		/* In a life before this one there was no doubt any more. */
		bool through = i < f->n && !f->ops[i].hard &&
			       fault_is_through(&f->ops[i]);

		if (i < f->n && !through && !fault_is_sync(&f->ops[i]))
			continue;
		w.at = i;
		w.end = through ? i + 1 : i;
		go_through(&w);
		w.from = i + 1;
		if (!through)
			w.first = i + 1;
	}
}
