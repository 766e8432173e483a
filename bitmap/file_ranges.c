/* SPDX-License-Identifier: Apache-2.0 */
/* file_ranges.c - a line for each run of members.
 *
 * A run may begin in one segment and end in another, far away, and how long
 * its line is depends on where it ends. So a segment's mark says where the
 * first line lies whose run BEGINS there, and where the run ends that came in
 * from the left. Lines of a segment are made from it alone, the last of them
 * with the help of the next mark:
 *
 *	segment      | 1-3 7 9..  |  ..(all)..  |  ..20 30   |
 *	mark: off    | 0          | 11          | 11         |
 *	run_last     |            | 20          | 20         |
 */

#include "bitmap/file.h"

#include "bitmap/cont_runs.h"
#include "bitmap/digits.h"

#include <errno.h>
#include <stdlib.h>

struct run {
	uint64_t first, last;
};

/* The runs of one segment, one container joined to the next. */
struct runs {
	struct bm_walk walk;
	struct bm_unit unit;
	struct bm_run_iter it;
	struct run next; /* found already, when has_next */
	bool has_unit, has_next;
};

static void runs_init(struct runs *r, const struct bm_seg *seg)
{
	bm_walk_init(&r->walk, seg, 0);
	r->has_unit = false;
	r->has_next = false;
}

/* The next stretch that ends with its container at the latest. */
static int next_piece(struct runs *r, struct run *ret_run)
{
	struct bm_cont_run c;
	int err;

	while (!r->has_unit || !bm_run_next(&r->it, &c)) {
		err = bm_walk_next(&r->walk, &r->unit);
		if (err)
			return err;
		r->it = (struct bm_run_iter){ .c = &r->unit.cont };
		r->has_unit = true;
	}
	ret_run->first = r->unit.key << 16 | c.first;
	ret_run->last = (r->unit.key + r->unit.span - 1) << 16 | c.last;
	return 0;
}

static int runs_next(struct runs *r, struct run *ret_run)
{
	struct run run = { 0 };
	int err = 0;

	if (r->has_next)
		run = r->next;
	else
		err = next_piece(r, &run);
	r->has_next = false;
	if (err)
		return err;
	while (!(err = next_piece(r, &r->next)) &&
	       r->next.first == run.last + 1 && run.last != UINT64_MAX)
		run.last = r->next.last;
	r->has_next = !err;
	if (err && err != -ENOENT)
		return err;
	*ret_run = run;
	return 0;
}

/* --- lines ---------------------------------------------------------------- */

static unsigned line_size(const struct run *r)
{
	unsigned size = bm_digits_of(r->first) + 1;

	return r->first == r->last ? size : size + 1 + bm_digits_of(r->last);
}

static char *put_number(char *end, uint64_t v)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return end;
}

static void put_line(struct bm_window *w, uint64_t at, const struct run *r)
{
	char line[2 * BM_DIGITS_MAX + 2];
	char *end = line + sizeof(line);
	char *p = end;

	*--p = '\n';
	p = put_number(p, r->last);
	if (r->first != r->last) {
		*--p = '-';
		p = put_number(p, r->first);
	}
	bm_window_put(w, at, p, (size_t)(end - p));
}

/* --- the map -------------------------------------------------------------- */

struct mapping {
	struct bm_file *f;
	struct run open; /* the last one seen, */
	bool has_open;	 /* if its line is not counted yet */
	size_t pending;	 /* marks from here on wait for its end */
	struct runs runs;
};

static int add_mark(struct bm_file *f, uint64_t lo)
{
	struct bm_line_mark *m;

	if (f->n_marks == f->cap_marks) {
		size_t cap = f->cap_marks ? 2 * f->cap_marks : 16;

		m = realloc(f->lines, cap * sizeof(*m));
		if (!m)
			return -ENOMEM;
		f->lines = m;
		f->cap_marks = cap;
	}
	f->lines[f->n_marks++] = (struct bm_line_mark){ .lo = lo };
	return 0;
}

/* The open run has ended. */
static void end_run(struct mapping *m)
{
	struct bm_file *f = m->f;

	if (m->has_open)
		f->size += line_size(&m->open);
	for (; m->pending < f->n_marks; m->pending++) {
		f->lines[m->pending].off = f->size;
		f->lines[m->pending].run_last = m->open.last;
	}
	m->has_open = false;
}

static int map_segment(struct mapping *m, const struct bm_seg *seg)
{
	struct run run;
	int err;

	runs_init(&m->runs, seg);
	err = runs_next(&m->runs, &run);
	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	if (m->has_open && run.first == m->open.last + 1) {
		m->f->lines[m->f->n_marks - 1].joined = true;
		m->open.last = run.last;
		err = runs_next(&m->runs, &run);
	}
	for (; !err; err = runs_next(&m->runs, &run)) {
		end_run(m);
		m->open = run;
		m->has_open = true;
	}
	return err == -ENOENT ? 0 : err;
}

int bm_ranges_map(struct bm_file *f)
{
	struct mapping *m = calloc(1, sizeof(*m));
	struct bm_scan s;
	int err;

	if (!m)
		return -ENOMEM;
	m->f = f;
	f->size = 0;
	bm_scan_init(&s, f->bv);
	for (err = bm_scan_first(&s); !err; err = bm_scan_next(&s)) {
		err = add_mark(f, s.seg->lo);
		if (!err)
			err = map_segment(m, s.seg);
		if (err)
			break;
	}
	bm_scan_finish(&s);
	end_run(m);
	free(m);
	return err == -ENOENT ? 0 : err;
}

/* --- reading -------------------------------------------------------------- */

/* The last mark at or before off. */
static size_t find(const struct bm_file *f, uint64_t off)
{
	size_t at = 0;
	size_t len = f->n_marks;

	while (len > 1) {
		size_t half = len / 2;

		if (f->lines[at + half].off <= off)
			at += half;
		len -= half;
	}
	return at;
}

/* The lines of segment i. */
static int read_segment(const struct bm_file *f, size_t i, struct runs *r,
			const struct bm_seg *seg, struct bm_window *w)
{
	bool goes_on = i + 1 < f->n_marks && f->lines[i + 1].joined;
	uint64_t at = f->lines[i].off;
	struct run run;
	int err;

	runs_init(r, seg);
	err = runs_next(r, &run);
	if (!err && f->lines[i].joined)
		err = runs_next(r, &run);
	while (!err && w->off < w->end) {
		struct run next;

		err = runs_next(r, &next);
		if (err == -ENOENT && goes_on)
			run.last = f->lines[i + 1].run_last;
		put_line(w, at, &run);
		at += line_size(&run);
		run = next;
	}
	return err == -ENOENT ? 0 : err;
}

int bm_ranges_read(const struct bm_file *f, struct bm_window *w)
{
	struct runs *r = malloc(sizeof(*r));
	size_t i = find(f, w->off);
	struct bm_scan s;
	int err = 0;

	if (!r)
		return -ENOMEM;
	bm_scan_init(&s, f->bv);
	for (; !err && i < f->n_marks && w->off < w->end; i++) {
		err = bm_scan_at(&s, f->lines[i].lo);
		if (!err)
			err = read_segment(f, i, r, s.seg, w);
	}
	bm_scan_finish(&s);
	free(r);
	return err;
}
