/* SPDX-License-Identifier: Apache-2.0 */
/* set_twin.c - a set as a sorted array. */

#include "tests/support/set_twin.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void set_twin_finish(struct set_twin *t)
{
	free(t->members);
	*t = (struct set_twin){ 0 };
}

static void reserve(struct set_twin *t, size_t n)
{
	if (n >= t->cap) {
		t->cap = 2 * n + 1;
		t->members = realloc(t->members, t->cap * sizeof(*t->members));
	}
	if (!t->members)
		abort();
}

struct set_twin set_twin_copy(const struct set_twin *t)
{
	struct set_twin copy = { 0 };

	reserve(&copy, t->n);
	if (t->n)
		memcpy(copy.members, t->members, t->n * sizeof(*t->members));
	copy.n = t->n;
	return copy;
}

/* Members below member. */
static size_t below(const struct set_twin *t, uint64_t member)
{
	size_t lo = 0;
	size_t hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->members[mid] < member)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t not_above(const struct set_twin *t, uint64_t member)
{
	return member == UINT64_MAX ? t->n : below(t, member + 1);
}

/* Cut out what is in the range, then put all of it in. */
void set_twin_apply(struct set_twin *t, uint64_t lo, uint64_t hi, enum bm_op op)
{
	size_t from = below(t, lo);
	size_t to = not_above(t, hi);
	size_t n = op == BM_ADD ? (size_t)(hi - lo) + 1 : 0;

	reserve(t, t->n + n);
	if (t->n > to)
		memmove(t->members + from + n, t->members + to,
			(t->n - to) * sizeof(*t->members));
	t->n = t->n - (to - from) + n;
	for (size_t i = 0; i < n; i++)
		t->members[from + i] = lo + i;
}

void set_twin_unite(struct set_twin *t, const struct set_twin *more)
{
	struct set_twin sum = { 0 };
	size_t i = 0;
	size_t j = 0;

	reserve(&sum, t->n + more->n);
	while (i < t->n || j < more->n) {
		bool mine = j == more->n ||
			    (i < t->n && t->members[i] <= more->members[j]);
		uint64_t member = mine ? t->members[i++] : more->members[j++];

		if (!sum.n || sum.members[sum.n - 1] != member)
			sum.members[sum.n++] = member;
	}
	set_twin_finish(t);
	*t = sum;
}

/* --- comparing ------------------------------------------------------------ */

static void compare_members(const struct set_twin *t, struct bm_iter *it,
			    size_t from, size_t most, struct rng *r)
{
	static uint64_t buf[3000];

	for (;;) {
		size_t cap = 1 + rng_below(r, 3000);
		size_t n;

		assert_int_equal(bm_iter_read(it, buf, cap, &n), 0);
		assert_true(n <= t->n - from);
		if (n)
			assert_memory_equal(buf, t->members + from,
					    n * sizeof(*buf));
		from += n;
		if (n == 0)
			break;
		if (most <= n)
			return;
		most -= n;
	}
	assert_int_equal(from, t->n);
}

static void compare_info(const struct set_twin *t, const struct bm_info *info,
			 uint64_t text_size)
{
	assert_int_equal(info->count, t->n);
	assert_true(info->text_size == text_size);
	if (t->n) {
		assert_true(info->min == t->members[0]);
		assert_true(info->max == t->members[t->n - 1]);
	}
}

static void compare_places(const struct set_twin *t, const struct bm_view *view,
			   struct rng *r)
{
	for (int i = 0; i < 20; i++) {
		uint64_t member = t->n && rng_one_in(r, 2)
					  ? t->members[rng_below(r, t->n)]
					  : rng_any_size(r);
		size_t rank = not_above(t, member);
		uint64_t nth = rng_below(r, t->n + 2);
		uint64_t got;
		bool is;

		assert_int_equal(bm_rank(view, member, &got), 0);
		assert_true(got == rank);
		assert_int_equal(bm_contains(view, member, &is), 0);
		assert_true(is == (rank && t->members[rank - 1] == member));
		if (nth < t->n) {
			assert_int_equal(bm_select(view, nth, &got), 0);
			assert_true(got == t->members[nth]);
		} else {
			assert_int_equal(bm_select(view, nth, &got), -ENOENT);
		}
	}
}

static void compare_seeks(const struct set_twin *t, struct bm_iter *it,
			  struct rng *r)
{
	for (int i = 0; i < 5; i++) {
		uint64_t member = t->n && rng_one_in(r, 2)
					  ? t->members[rng_below(r, t->n)]
					  : rng_any_size(r);

		assert_int_equal(bm_iter_seek(it, member), 0);
		compare_members(t, it, below(t, member), 1000, r);
	}
}

static void compare_text(const char *text, size_t size,
			 const struct bm_view *view, struct rng *r)
{
	char *buf = malloc(size + 100);

	assert_non_null(buf);
	for (int i = 0; i < 12; i++) {
		size_t off = i ? rng_below(r, size + 3) : 0;
		size_t want = i ? rng_below(r, i % 2 ? 100 : 70000) : size;
		size_t got;

		if (want > size)
			want = size;
		assert_int_equal(bm_read_text(view, off, buf, want, &got), 0);
		if (off > size)
			off = size;
		if (want > size - off)
			want = size - off;
		assert_int_equal(got, want);
		assert_memory_equal(buf, text + off, want);
	}
	free(buf);
}

void set_twin_compare(const struct set_twin *t, const struct bm_view *view,
		      struct rng *r)
{
	char *text = malloc(t->n * 21 + 1);
	struct bm_iter *it;
	size_t size = 0;

	assert_non_null(text);
	for (size_t i = 0; i < t->n; i++)
		size += (size_t)sprintf(text + size, "%" PRIu64 "\n",
					t->members[i]);
	compare_info(t, bm_view_info(view), size);
	assert_int_equal(bm_iter_new(view, &it), 0);
	compare_members(t, it, 0, SIZE_MAX, r);
	compare_seeks(t, it, r);
	bm_iter_free(it);
	compare_places(t, view, r);
	compare_text(text, size, view, r);
	free(text);
}
