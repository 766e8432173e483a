/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/members.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdbool.h>
#include <stdlib.h>

#define KIB  (1024 / sizeof(uint64_t)) /* members */
#define HELD 60u

/* Each member of an array says whose it is. */
struct held {
	uint64_t *members;
	size_t n;
	uint64_t mark;
};

static void fill(struct held *h, size_t from)
{
	for (size_t i = from; i < h->n; i++)
		h->members[i] = h->mark + i;
}

static void expect_kept(const struct held *h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(h->members[i] == h->mark + i);
}

/* Arrays of every class come, change their size and go, in any order; none
 * ever writes into another. */
static void arrays_keep_what_is_theirs(void **state)
{
	static struct held all[HELD];
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (uint64_t step = 0; step < 3000; step++) {
		struct held *h = &all[rng_below(&r, HELD)];
		size_t kib = rng_one_in(&r, 20) ? 1700 : rng_below(&r, 200);
		size_t want = 1 + rng_below(&r, 10) + kib * KIB;
		size_t kept = h->n < want ? h->n : want;

		expect_kept(h, h->n);
		if (rng_one_in(&r, 2)) {
			bm_members_free(h->members, h->n);
			*h = (struct held){ 0 };
			continue;
		}
		if (h->members)
			h->members =
				bm_members_resize(h->members, h->n, kept, want);
		else
			h->members = bm_members_alloc(want);
		assert_non_null(h->members);
		if (kept == 0)
			h->mark = step << 32;
		h->n = want;
		expect_kept(h, kept);
		fill(h, kept);
	}
	for (size_t i = 0; i < HELD; i++)
		bm_members_free(all[i].members, all[i].n);
}

/* What the newest gives back is the next one's; when all are gone the memory
 * is used anew. */
static void room_is_used_again(void **state)
{
	uint64_t *first = bm_members_alloc(100 * KIB);
	uint64_t *cut;
	uint64_t *next;

	(void)state;
	assert_non_null(first);
	cut = bm_members_resize(first, 100 * KIB, 80 * KIB, 80 * KIB);
	next = bm_members_alloc(64 * KIB);
	assert_ptr_equal(cut, first);
	assert_ptr_equal(next, first + 80 * KIB);
	bm_members_free(cut, 80 * KIB);
	bm_members_free(next, 64 * KIB);
	next = bm_members_alloc(90 * KIB);
	assert_ptr_equal(next, first);
	bm_members_free(next, 90 * KIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_used_again),
		cmocka_unit_test(arrays_keep_what_is_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
