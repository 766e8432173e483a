/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_many.c - thousands of members, from a few bytes.
 *
 * fuzz_delta.c has 256 members, and what sorts thousands (sort_lows.c) never
 * sees any of them. Here four bytes are a run of members at equal distances,
 * up or down: what, where (2), and how many. The first byte of all says where
 * the numbers begin, what is done, and how many of the runs are there before.
 *
 * The others are one delta, in batches. It must be what the twin has, sorted
 * and each once; and merged into what was there, as crowds and as an array, it
 * must give the twin's members.
 */
#include "bitmap/segment.h"
#include "tests/support/deltas.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define RUN_BYTES   4u
#define NUMBERS_MAX 12000u
#define BATCHES	    8u
#define SEGS_MAX    4096u
#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/* --- numbers -------------------------------------------------------------- */

struct numbers {
	uint64_t *at;
	size_t n;
};

static struct numbers room(void)
{
	struct numbers s = { .at = malloc(NUMBERS_MAX * sizeof(*s.at)) };

	CHECK(s.at);
	return s;
}

/* Above 2^64 they begin anew at 0. */
static void draw_run(struct numbers *s, const uint8_t *run, uint64_t base)
{
	static const uint64_t steps[] = {
		1, 3, 17, 250, 4096, 16381, 65537, 0
	};
	static const uint64_t scales[] = { 1, 256, 65536, (uint64_t)1 << 40 };
	uint64_t step = steps[run[0] & 7];
	uint64_t where = run[1] | (uint64_t)run[2] << 8;
	uint64_t at = base + where * scales[run[0] >> 3 & 3];
	size_t n = 1 + (size_t)run[3] * run[3] / 4;

	if (run[0] & 32)
		step = -step;
	for (size_t i = 0; i < n && s->n < NUMBERS_MAX; i++)
		s->at[s->n++] = at + i * step;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void sort(struct numbers *s)
{
	size_t n = 0;

	qsort(s->at, s->n, sizeof(*s->at), compare);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || s->at[n - 1] != s->at[i])
			s->at[n++] = s->at[i];
	s->n = n;
}

/* --- the delta ------------------------------------------------------------ */

static void build(const struct numbers *s, size_t per_batch, enum bm_op op,
		  struct bm_delta_buf *d)
{
	struct bm_batch *batches = malloc(BATCHES * sizeof(*batches));
	struct bm_batch *queue[BATCHES];

	CHECK(batches);
	for (size_t i = 0; i < BATCHES; i++) {
		queue[i] = &batches[i];
		bm_batch_init(queue[i]);
	}
	for (size_t i = 0; i < s->n; i++)
		CHECK(bm_batch_range(queue[i / per_batch % BATCHES], s->at[i],
				     s->at[i], op) == 0);
	CHECK(bm_delta_build(queue, BATCHES, 0, d) == 0);
	for (size_t i = 0; i < BATCHES; i++)
		bm_batch_finish(queue[i]);
	free(batches);
}

/* An array. */
static void compare_members(const struct bm_delta *d, const struct numbers *s)
{
	CHECK(d->n_members == s->n && !d->n_ops);
	CHECK(!s->n || !memcmp(d->members, s->at, s->n * sizeof(*s->at)));
}

/* --- segments ------------------------------------------------------------- */

struct row {
	struct bm_seg segs[SEGS_MAX];
	uint8_t *data[SEGS_MAX];
	size_t n;
};

static int keep(void *arg, const struct bm_seg *seg)
{
	struct row *row = arg;
	uint8_t *data = malloc(seg->len);

	CHECK(data && row->n < SEGS_MAX);
	CHECK(bm_seg_validate(seg) == 0);
	memcpy(data, seg->data, seg->len);
	row->segs[row->n] = *seg;
	row->segs[row->n].data = data;
	row->data[row->n] = data;
	CHECK(bm_seg_open(&row->segs[row->n++]) == 0);
	return 0;
}

static void forget(struct row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->data[i]);
	free(row);
}

/* Each segment with its part of d, and nothing with all of it. */
static struct row *merge(const struct row *row, const struct bm_delta *d)
{
	struct row *out = calloc(1, sizeof(*out));
	struct bm_packer *p;
	uint64_t lo = 0;

	CHECK(out && bm_packer_new(8192, keep, out, &p) == 0);
	for (size_t i = 0; i < row->n || i == 0; i++) {
		const struct bm_seg *seg = row->n ? &row->segs[i] : NULL;
		uint64_t hi =
			i + 1 < row->n ? row->segs[i + 1].lo - 1 : UINT64_MAX;
		struct bm_delta part = delta_slice(d, lo, hi, NULL);
		bool changed;

		CHECK(bm_merge(seg, &part, p, &changed) == 0);
		if (!changed && seg)
			CHECK(bm_packer_copy(p, seg) == 0);
		CHECK(bm_packer_flush(p) == 0);
		lo = hi + 1;
	}
	bm_packer_free(p);
	return out;
}

/* Want's from the n-th on begin with these. */
static size_t compare_seg(const struct bm_seg *seg, const struct numbers *want,
			  size_t n)
{
	struct bm_seg_iter it;
	uint64_t buf[500];
	size_t got;

	bm_seg_iter_init(&it, seg);
	while ((got = bm_seg_iter_read(&it, buf, 500))) {
		CHECK(got <= want->n - n);
		CHECK(!memcmp(buf, want->at + n, got * sizeof(*buf)));
		n += got;
	}
	return n;
}

static void compare_row(const struct row *row, const struct numbers *want)
{
	size_t n = 0;

	for (size_t i = 0; i < row->n; i++)
		n = compare_seg(&row->segs[i], want, n);
	CHECK(n == want->n);
}

/* --- the whole ------------------------------------------------------------ */

/* The twin of a merge. */
static struct numbers changed(const struct numbers *was,
			      const struct numbers *s, enum bm_op op)
{
	struct numbers want = { .at = malloc(2 * NUMBERS_MAX *
					     sizeof(*s->at)) };

	CHECK(want.at);
	for (size_t i = 0; i < was->n; i++)
		if (op == BM_ADD ||
		    !bsearch(&was->at[i], s->at, s->n, sizeof(*s->at), compare))
			want.at[want.n++] = was->at[i];
	for (size_t i = 0; op == BM_ADD && i < s->n; i++)
		want.at[want.n++] = s->at[i];
	sort(&want);
	return want;
}

static struct row *start(struct numbers *s)
{
	static const struct row none;
	struct bm_delta_buf d;
	struct row *row;

	build(s, NUMBERS_MAX, BM_ADD, &d);
	sort(s);
	row = merge(&none, &d.delta);
	compare_row(row, s);
	bm_delta_finish(&d);
	return row;
}

/* In either form. */
static void change(const struct row *row, struct bm_delta_buf *d,
		   const struct numbers *want)
{
	struct row *out = merge(row, &d->delta);

	delta_check(&d->delta);
	compare_row(out, want);
	forget(out);
	delta_turn(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint64_t bases[] = { 0, UINT64_MAX - 70000, 0xfffffff0,
					  (uint64_t)1 << 48 };
	struct numbers was, now, want;
	struct bm_delta_buf d;
	struct row *row;
	enum bm_op op;
	size_t first;

	if (len < 1)
		return 0;
	was = room();
	now = room();
	op = bytes[0] & 4 ? BM_REMOVE : BM_ADD;
	first = (bytes[0] >> 3 & 7) * RUN_BYTES;
	for (size_t i = 1; i + RUN_BYTES <= len; i += RUN_BYTES)
		draw_run(i <= first ? &was : &now, bytes + i,
			 bases[bytes[0] & 3]);
	build(&now, 1 + bytes[0] * 16u, op, &d);
	row = start(&was);
	sort(&now);
	want = changed(&was, &now, op);
	change(row, &d, &want);
	change(row, &d, &want);
	if (d.delta.crowds)
		delta_turn(&d);
	compare_members(&d.delta, &now);
	bm_delta_finish(&d);
	forget(row);
	free(was.at);
	free(now.at);
	free(want.at);
	return 0;
}
