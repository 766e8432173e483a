/* SPDX-License-Identifier: Apache-2.0 */
/* crash_window.c - going through windows. */
#include "tests/support/crash_window.h"

#include "tests/support/io_fault_priv.h"

#define PAGE 4096u

/* What can arrive or not: a page of a write, or another op. */
struct unit {
	size_t op; /* in f->ops */
	uint64_t at, len;
};

struct window {
	struct fault *f;
	const struct crash_plan *plan;
	struct crash_count *count;
	size_t first, end; /* ops; end is a sync, or the end of the run */
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
	return op->len > 0 && op->kind != OP_ALLOCATE && op->kind != OP_SYNC;
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
		if (op->kind != OP_WRITE && !add_unit(w, i, 0, op->len))
			return;
		while (op->kind == OP_WRITE && at < op->len) {
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
	if (op->kind == OP_WRITE)
		disk_write(d, op->off + u->at, op->data + u->at, u->len);
	else
		fault_apply(d, op);
}

static void hand_over(struct window *w, const struct crash *c)
{
	w->count->images++;
	w->plan->fn(w->plan->arg, c);
}

static void build_subset(struct window *w, uint64_t mask)
{
	struct crash c = { .at = w->end, .seen = w->first, .how = "subset" };

	c.disk = disk_copy(w->f->synced);
	for (unsigned i = 0; i < w->n_units; i++) {
		const struct unit *u = &w->units[i];
		const struct op *op = &w->f->ops[u->op];

		if (!(mask >> i & 1) && !fault_overtakes(op))
			continue;
		apply_unit(c.disk, op, u);
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

	find_units(w);
	whole = w->n_units <= w->plan->units;
	fault_go_forward(w->f, w->first);
	for (uint64_t m = 0; whole && m < (uint64_t)1 << w->n_units; m++)
		build_subset(w, m);
	if (!whole)
		build_by_lot(w, w->end, CRASH_NONE);
	for (size_t n = w->first; n < w->end; n++)
		if (has_effect(&w->f->ops[n]))
			build_lots(w, n + 1, whole);
	w->count->windows += w->n_units > 0;
	w->count->whole += w->n_units > 0 && whole;
}

void crash_each(struct fault *f, const struct crash_plan *plan,
		struct crash_count *count)
{
	struct window w = {
		.f = f, .plan = plan, .count = count, .first = f->n_synced
	};

	for (size_t i = f->n_synced; i <= f->n; i++) {
		if (i < f->n && !fault_is_sync(&f->ops[i]))
			continue;
		w.end = i;
		go_through(&w);
		w.first = i + 1;
	}
}
