/* SPDX-License-Identifier: Apache-2.0 */
/* stage_runs.c - members of a stage that are put aside.
 *
 * Memory holds some 500,000 members of a stage. When they come in no order and
 * the stage is large, there is one in each of its segments, and to apply them
 * writes all of it anew: a hundred million members that way are two hundred
 * times half of them. So such members become a RUN, a stage of their own on
 * which nothing else is ever done, and at the end all runs are read side by
 * side and applied to the stage in ascending order, a window of members at a
 * time:
 *
 *	runs     | 3 9 17 20 ..  | 1 4 5 30 ..  | 2 8 9 11 ..
 *	window   1 2 3 4 5 8 9 11 17            up to the last of the buffer
 *						that ends first
 *
 * When FAN runs of one level have come they are merged to one of the next, so
 * that their number stays small; each member is written once for each level,
 * and the work is nearly proportional to the members.
 *
 * A run only ever adds members, so all of that may be done in any order; what
 * removes some is applied after everything before it (stage.c).
 */
#include "bitmap/stage.h"

#include "bitmap/db.h"
#include "bitmap/delta_cut.h"
#include "bitmap/sort_rows.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAN	   32u
#define WINDOW	   (512u << 10) /* members in memory during a merge */
#define PIECE_MIN  1024u	/* of one run */
#define RANGE_MOST 64u		/* members: a merge looks at each of them */

bool bm_runs_want(const struct bm_stage *st, const struct bm_delta *delta)
{
	uint64_t n = delta->ops ? delta->n_ops : delta->n_members;
	struct bm_info info = { 0 };
	uint64_t first;
	int err = bm_object_info(&st->obj, &info);

	assert(!err); /* it was encoded here */
	(void)err;
	if (n < st->db->run_min || !bm_delta_only_adds(delta) ||
	    bm_delta_adds(delta) / RANGE_MOST > n)
		return false;
	return bm_delta_least(delta, &first) && info.count &&
	       first <= info.max && info.stored > st->db->run_bytes * n;
}

uint64_t bm_runs_count(const struct bm_stage *st)
{
	uint64_t count = 0;

	for (size_t i = 0; i < st->runs.n; i++)
		count += bm_stage_count(st->runs.run[i].st);
	return count;
}

static void drop_from(struct bm_runs *r, size_t first)
{
	while (r->n > first)
		bm_stage_free(r->run[--r->n].st);
}

void bm_runs_free(struct bm_stage *st)
{
	drop_from(&st->runs, 0);
	free(st->runs.run);
	st->runs = (struct bm_runs){ 0 };
}

/* --- reading runs side by side -------------------------------------------- */

struct source {
	struct bm_view *bv;
	struct bm_iter it;
	uint64_t *members; /* those from at to n are to be merged */
	size_t at, n;
	bool ended; /* there are no more than these */
};

struct merge {
	struct source *sources;
	size_t n_sources;
	size_t piece; /* members of a source in memory */
	unsigned shards;
	uint64_t *members;
	struct bm_row *rows;
	uint64_t *window;
};

static void merge_finish(struct merge *m)
{
	for (size_t i = 0; m->sources && i < m->n_sources; i++) {
		if (!m->sources[i].bv)
			continue;
		bm_iter_finish(&m->sources[i].it);
		bm_view_close(m->sources[i].bv);
	}
	free(m->sources);
	free(m->members);
	free(m->rows);
	free(m->window);
}

static int merge_init(struct merge *m, size_t n)
{
	*m = (struct merge){ .n_sources = n, .piece = WINDOW / n };
	if (m->piece < PIECE_MIN)
		m->piece = PIECE_MIN;
	m->sources = calloc(n, sizeof(*m->sources));
	m->members = calloc(n * m->piece, sizeof(*m->members));
	m->rows = calloc(n, sizeof(*m->rows));
	m->window = calloc(n * m->piece, sizeof(*m->window));
	if (m->sources && m->members && m->rows && m->window)
		return 0;
	merge_finish(m);
	return -ENOMEM;
}

static int merge_open(struct merge *m, struct rs_view *v,
		      const struct bm_run *runs)
{
	int err = 0;

	for (size_t i = 0; !err && i < m->n_sources; i++) {
		struct source *s = &m->sources[i];

		s->members = m->members + i * m->piece;
		err = bm_view_of(v, &runs[i].st->obj, &s->bv);
		if (err)
			break;
		bm_iter_init(&s->it, s->bv);
		err = bm_iter_nth(&s->it, 0);
	}
	return err;
}

/* As many members as there is room for. */
static int refill(struct source *s, size_t cap)
{
	size_t left = s->n - s->at;
	size_t got;
	int err;

	if (s->ended || left == cap)
		return 0;
	memmove(s->members, s->members + s->at, left * sizeof(*s->members));
	s->at = 0;
	s->n = left;
	err = bm_iter_read(&s->it, s->members + left, cap - left, &got);
	if (err)
		return err;
	s->n += got;
	s->ended = s->n < cap;
	return 0;
}

/* How many of the n members, which ascend, are not above most. */
static size_t count_upto(const uint64_t *members, size_t n, uint64_t most)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (members[mid] <= most)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/* What is in memory of all sources, up to where one of them goes on unseen. */
static size_t choose_window(struct merge *m, size_t *ret_n_rows)
{
	uint64_t most = UINT64_MAX;
	size_t n_rows = 0;
	size_t n = 0;

	for (size_t i = 0; i < m->n_sources; i++) {
		const struct source *s = &m->sources[i];

		if (!s->ended && s->members[s->n - 1] < most)
			most = s->members[s->n - 1];
	}
	for (size_t i = 0; i < m->n_sources; i++) {
		struct source *s = &m->sources[i];
		const uint64_t *from = s->members + s->at;
		size_t take = count_upto(from, s->n - s->at, most);

		if (take)
			m->rows[n_rows++] =
				(struct bm_row){ .keys = from, .n = take };
		s->at += take;
		n += take;
	}
	*ret_n_rows = n_rows;
	return n;
}

static int merge_window(struct merge *m, struct bm_stage *to, bool *ret_ended)
{
	struct bm_delta delta = { .members = m->window, .op = BM_ADD };
	size_t n_rows;
	size_t n;
	int err = 0;

	for (size_t i = 0; !err && i < m->n_sources; i++)
		err = refill(&m->sources[i], m->piece);
	if (err)
		return err;
	n = choose_window(m, &n_rows);
	*ret_ended = n == 0;
	if (n == 0)
		return 0;
	err = bm_sort_rows(m->rows, n_rows, n, bm_deal_crew(n, m->shards),
			   m->window, &delta.n_members);
	return err ? err : bm_stage_apply_delta(to, &delta);
}

/* Add the members of n runs to a stage that may have some already. */
static int merge_runs(const struct bm_run *runs, size_t n, struct bm_stage *to)
{
	struct bm_info info = { 0 };
	bool ended = false;
	struct rs_view *v;
	struct merge m;
	int err = merge_init(&m, n);

	if (err)
		return err;
	err = bm_object_info(&to->obj, &info);
	assert(!err); /* it was encoded here */
	m.shards = info.shards;
	err = rs_view_live(to->db->store, &v);
	if (!err) {
		err = merge_open(&m, v, runs);
		while (!err && !ended)
			err = merge_window(&m, to, &ended);
		rs_view_put(v);
	}
	merge_finish(&m);
	return err;
}

int bm_runs_merge(struct bm_stage *st)
{
	int err = 0;

	if (st->runs.n)
		err = merge_runs(st->runs.run, st->runs.n, st);
	if (!err)
		drop_from(&st->runs, 0);
	return err;
}

/* --- runs ----------------------------------------------------------------- */

static int new_run(const struct bm_stage *st, struct bm_stage **ret_run)
{
	struct bm_stage *run = NULL;
	struct bm_info info = { 0 };
	int err = bm_object_info(&st->obj, &info);

	if (!err)
		err = bm_stage_new(st->db, &run);

	if (!err)
		err = bm_stage_set_segment_bytes(run, BM_SEGMENT_BYTES_MAX);
	if (!err)
		err = bm_stage_set_shards(run, info.shards);
	if (err)
		bm_stage_free(run);
	else
		*ret_run = run;
	return err;
}

/* The last FAN runs are of one level: make them one of the next. */
static int raise_level(struct bm_stage *st)
{
	struct bm_run *first = &st->runs.run[st->runs.n - FAN];
	struct bm_run run = { .level = first->level + 1, .st = NULL };
	int err = new_run(st, &run.st);

	if (!err)
		err = merge_runs(first, FAN, run.st);
	if (err) {
		bm_stage_free(run.st);
		return err;
	}
	drop_from(&st->runs, st->runs.n - FAN);
	st->runs.run[st->runs.n++] = run;
	return 0;
}

static int raise_levels(struct bm_stage *st)
{
	const struct bm_runs *r = &st->runs;
	int err = 0;

	while (!err && r->n >= FAN &&
	       r->run[r->n - FAN].level == r->run[r->n - 1].level)
		err = raise_level(st);
	return err;
}

static int room_for_one(struct bm_runs *r)
{
	size_t cap = r->cap ? 2 * r->cap : FAN;
	struct bm_run *run;

	if (r->n < r->cap)
		return 0;
	run = realloc(r->run, cap * sizeof(*run));
	if (!run)
		return -ENOMEM;
	r->run = run;
	r->cap = cap;
	return 0;
}

int bm_runs_add(struct bm_stage *st, const struct bm_delta *delta)
{
	struct bm_stage *run = NULL;
	int err = raise_levels(st);

	if (!err)
		err = room_for_one(&st->runs);
	if (!err)
		err = new_run(st, &run);
	if (!err)
		err = bm_stage_apply_delta(run, delta);
	if (err) {
		bm_stage_free(run);
		return err;
	}
	st->runs.run[st->runs.n++] = (struct bm_run){ .st = run };
	return 0;
}
