/* SPDX-License-Identifier: Apache-2.0 */
/* pack_plan_test.c - tests regionstore/pack_plan.c and edit_pack.c. */
#include "regionstore/pack.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#define MANY 40000u

static struct treekit kit;

static int setup(void **state)
{
	(void)state;
	kit_init(&kit);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_let_alloc();
	kit_finish(&kit);
	return 0;
}

/* Half of the records go, by lot. */
static void thin_out(uint32_t n)
{
	struct rs_edit ed;
	struct rng lot;

	rng_init(&lot, 5);
	kit_begin(&kit, &ed);
	for (uint32_t i = 0; i < n; i++)
		if (rng_one_in(&lot, 2))
			assert_int_equal(kit_del(&ed, i), 0);
	kit_publish(&kit, &ed);
	kit_commit(&kit);
}

/* All branches, one after the other: leaves that are saved, by looking or by
 * doing. */
static unsigned go_through(struct rs_edit *ed, uint64_t since)
{
	const struct rs_root *root = ed ? &ed->root : &kit.root;
	struct rs_pack_branch b = { .next_len = 1 };
	unsigned saved = 0;

	while (b.next_len) {
		uint8_t key[RS_KEY_MAX];
		unsigned len = b.next_len, n;

		memcpy(key, b.next, len);
		assert_int_equal(
			rs_pack_look(&kit.env, root, key, len, since, &b), 0);
		n = b.saved;
		if (ed)
			assert_int_equal(rs_tree_pack(ed, key, len, since, &n),
					 0);
		saved += n;
	}
	return saved;
}

static unsigned pack(uint64_t since)
{
	struct rs_edit ed;
	unsigned saved;

	kit_begin(&kit, &ed);
	saved = go_through(&ed, since);
	kit_publish(&kit, &ed);
	kit_commit(&kit);
	return saved;
}

static void expect_whole(const struct rs_sum *sum)
{
	assert_int_equal(kit_walk(&kit), 0);
	assert_int_equal(kit.findings, 0);
	assert_int_equal(kit.root.sum.count, sum->count);
	assert_int_equal(kit.root.sum.weight, sum->weight);
}

static void half_the_records_take_half_the_pages(void **state)
{
	struct rs_sum sum;
	uint64_t full, thin, packed;

	(void)state;
	kit_fill(&kit, MANY, 40);
	kit_commit(&kit);
	full = kit_pages(&kit);
	thin_out(MANY);
	thin = kit_pages(&kit);
	sum = kit.root.sum;
	assert_true(pack(0) > 0);
	packed = kit_pages(&kit);
	assert_true(thin > full * 8 / 10);
	assert_true(packed <= full / 2 * 108 / 100 + 3);
	expect_whole(&sum);
}

static void what_is_packed_is_left_alone(void **state)
{
	(void)state;
	kit_fill(&kit, MANY, 40);
	kit_commit(&kit);
	assert_int_equal(go_through(NULL, 0), 0);
	thin_out(MANY);
	pack(0);
	assert_int_equal(go_through(NULL, 0), 0);
}

/* Records of many sizes, three to a leaf and fifty: never more leaves. */
static void large_records_are_packed_as_they_fit(void **state)
{
	struct rs_edit ed;
	struct rs_sum sum;
	struct rng lot;
	uint64_t before;

	(void)state;
	rng_init(&lot, 9);
	kit_begin(&kit, &ed);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(kit_put(&ed, i, rng_below(&lot, 1500), i), 0);
	kit_publish(&kit, &ed);
	thin_out(5000);
	before = kit_pages(&kit);
	sum = kit.root.sum;
	pack(0);
	assert_true(kit_pages(&kit) < before * 3 / 4);
	pack(0); /* branches that became small were merged */
	assert_int_equal(go_through(NULL, 0), 0);
	expect_whole(&sum);
}

/* The inserts after it do not split each leaf at once. */
static void some_room_is_left(void **state)
{
	struct rs_edit ed;
	uint64_t pages;

	(void)state;
	kit_fill(&kit, MANY, 40);
	thin_out(MANY);
	pack(0);
	pages = kit_pages(&kit);
	kit_begin(&kit, &ed);
	for (uint32_t i = 0; i < MANY; i += 200)
		assert_int_equal(kit_put(&ed, i, 40, 1), 0);
	kit_publish(&kit, &ed);
	kit_commit(&kit);
	assert_true(kit_pages(&kit) < pages + pages / 20);
}

/* Of what is older than that a snapshot has the pages. */
static void held_leaves_are_left_alone(void **state)
{
	struct rs_edit ed;
	uint64_t since;
	unsigned saved;

	(void)state;
	kit_fill(&kit, MANY, 40);
	thin_out(MANY);
	since = kit.txid - 1;
	assert_int_equal(go_through(NULL, since), 0);
	/* New leaves at one end. */
	kit_begin(&kit, &ed);
	for (uint32_t i = 0; i < MANY / 8; i += 16)
		assert_int_equal(kit_put(&ed, i, 41, 1), 0);
	kit_publish(&kit, &ed);
	kit_commit(&kit);
	saved = go_through(NULL, since);
	assert_true(saved > 0);
	assert_true(saved < go_through(NULL, 0) / 4);
	assert_int_equal(pack(since), saved);
	assert_int_equal(kit_walk(&kit), 0);
	assert_int_equal(kit.findings, 0);
}

/* Leaves and branches in memory, some with pages, in the same edit. */
static void fresh_leaves_are_packed_too(void **state)
{
	struct rs_edit ed;
	struct rs_sum sum;

	(void)state;
	kit_fill(&kit, MANY, 40);
	kit_commit(&kit);
	kit_begin(&kit, &ed);
	for (uint32_t i = 0; i < MANY; i += 2)
		assert_int_equal(kit_del(&ed, i), 0);
	assert_true(go_through(&ed, 0) > 0);
	sum = ed.root.sum;
	kit_publish(&kit, &ed);
	expect_whole(&sum);
	kit_commit(&kit);
	expect_whole(&sum);
}

static void an_empty_or_low_tree_has_nothing_to_pack(void **state)
{
	struct rs_pack_branch b;
	struct rs_edit ed;
	unsigned saved = 1;

	(void)state;
	assert_int_equal(rs_pack_look(&kit.env, &kit.root, "k", 1, 0, &b),
			 -ENOENT);
	kit_begin(&kit, &ed);
	assert_int_equal(rs_tree_pack(&ed, "k", 1, 0, &saved), 0);
	assert_int_equal(saved, 0);
	assert_int_equal(kit_put(&ed, 1, 10, 1), 0);
	assert_int_equal(rs_tree_pack(&ed, "k", 1, 0, &saved), 0);
	kit_publish(&kit, &ed);
	assert_int_equal(rs_pack_look(&kit.env, &kit.root, "k", 1, 0, &b),
			 -ENOENT);
}

static void without_memory_nothing_changes(void **state)
{
	struct rs_sum sum;
	unsigned saved;
	int err = -ENOMEM;
	unsigned n = 0;

	(void)state;
	kit_fill(&kit, 3000, 40);
	thin_out(3000);
	sum = kit.root.sum;
	for (; err; n++) {
		struct rs_edit ed;

		kit_begin(&kit, &ed);
		kit_fail_alloc(n);
		err = rs_tree_pack(&ed, "k", 1, 0, &saved);
		kit_let_alloc();
		assert_true(err == 0 || err == -ENOMEM);
		rs_edit_finish(&ed);
		expect_whole(&sum);
	}
	assert_true(n > 20 && saved > 0);
}

static int find_leaf(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	uint64_t *pgno = arg;

	if (level == 0)
		*pgno = ptr->pgno;
	return 0;
}

static void ignore(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* A leaf whose keys belong elsewhere is not put among others. */
static void nonsense_is_refused(void **state)
{
	uint64_t last = 0;
	const struct rs_tree_walk walk = { .arg = &last,
					   .page = find_leaf,
					   .finding = ignore };
	struct rs_pack_branch b;
	uint8_t *page;

	(void)state;
	kit_fill(&kit, 300, 40);
	thin_out(300);
	assert_int_equal(rs_tree_walk(&kit.env, &kit.root, &walk), 0);
	page = kit_break(&kit, last);
	assert_int_equal(rs_pack_look(&kit.env, &kit.root, "k", 1, 0, &b), 0);
	/* The prefix of all its keys. */
	page[rs_image_of(page).end] = 'a';
	assert_int_equal(rs_pack_look(&kit.env, &kit.root, "k", 1, 0, &b),
			 -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			half_the_records_take_half_the_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_packed_is_left_alone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			large_records_are_packed_as_they_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(some_room_is_left, setup,
						teardown),
		cmocka_unit_test_setup_teardown(held_leaves_are_left_alone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(fresh_leaves_are_packed_too,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_empty_or_low_tree_has_nothing_to_pack, setup,
			teardown),
		cmocka_unit_test_setup_teardown(without_memory_nothing_changes,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
