/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/image.h"
#include "tests/support/test.h"

#include <string.h>

static void insert(uint8_t *page, const char *key, uint64_t weight)
{
	struct rs_item item = { .key = (const uint8_t *)key,
				.key_len = (unsigned)strlen(key),
				.val = (const uint8_t *)"value",
				.val_len = 5,
				.weight = weight };
	struct rs_image im = rs_image_of(page);
	unsigned pos;
	bool found;

	assert_int_equal(rs_image_search(&im, key, strlen(key), &pos, &found),
			 0);
	assert_true(rs_image_insert(page, pos, &item));
}

/* The smallest image with a prefix and several entries. */
static void valid(uint8_t *page)
{
	rs_image_init(page, 0, 1);
	insert(page, "name-b", 2);
	insert(page, "name-d", 0);
	insert(page, "name-a", 1);
}

static struct rs_disk_node *head_of(uint8_t *page)
{
	return (struct rs_disk_node *)page;
}

static void slot_put(uint8_t *page, unsigned i, unsigned off)
{
	struct le16 slot = le16_put((uint16_t)off);

	memcpy(page + sizeof(struct rs_disk_node) + (size_t)2 * i, &slot, 2);
}

static unsigned slot_get(const uint8_t *page, unsigned i)
{
	struct le16 slot;

	memcpy(&slot, page + sizeof(struct rs_disk_node) + (size_t)2 * i, 2);
	return le16_get(slot);
}

static int check(const uint8_t *page)
{
	struct rs_image im;
	const char *why;
	int err = rs_image_open(&im, page, 1);

	return err ? err : rs_image_check(&im, &why);
}

/* Keys come back whole, with and without the shared prefix. */
static void finds_keys(void **state)
{
	uint8_t page[RS_PAGE_SIZE], key[RS_KEY_MAX];
	struct rs_image im;
	unsigned pos, len;
	bool found;

	(void)state;
	valid(page);
	assert_int_equal(rs_image_open(&im, page, 1), 0);
	assert_int_equal(im.prefix_len, 5);
	assert_int_equal(rs_image_search(&im, "name-b", 6, &pos, &found), 0);
	assert_true(found && pos == 1);
	assert_int_equal(rs_image_search(&im, "name-c", 6, &pos, &found), 0);
	assert_true(!found && pos == 2);
	assert_int_equal(rs_image_search(&im, "name", 4, &pos, &found), 0);
	assert_true(!found && pos == 0);
	assert_int_equal(rs_image_search(&im, "z", 1, &pos, &found), 0);
	assert_true(!found && pos == 3);
	assert_int_equal(rs_image_key(&im, 2, key, &len), 0);
	assert_int_equal(len, 6);
	assert_memory_equal(key, "name-d", 6);
}

/* A weight takes as few bytes as it needs and comes back exactly. */
static void keeps_weights_of_any_size(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_image im;
	struct rs_entry en;

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		uint64_t weight = ((uint64_t)1 << bits) - (bits > 0);

		rs_image_init(page, 0, 1);
		insert(page, "k", weight);
		im = rs_image_of(page);
		assert_int_equal(rs_image_entry(&im, 0, &en), 0);
		assert_true(en.weight == weight);
		assert_int_equal(check(page), 0);
	}
}

/* Sums of a leaf are its records and their weights. */
static void sums_entries(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_image im;
	struct rs_sum sum;

	(void)state;
	valid(page);
	im = rs_image_of(page);
	assert_int_equal(rs_image_sum(&im, 3, &sum), 0);
	assert_true(sum.count == 3 && sum.weight == 3);
	assert_int_equal(rs_image_sum(&im, 1, &sum), 0);
	assert_true(sum.count == 1 && sum.weight == 1);
}

/* The first entry of a branch has no key: all before the second is below. */
static void routes_what_is_small_to_the_first(void **state)
{
	static const uint8_t value[sizeof(struct rs_disk_child)];
	const char *const keys[] = { "never-kept", "name-b", "name-d" };
	uint8_t page[RS_PAGE_SIZE];
	struct rs_image im;
	unsigned pos;

	(void)state;
	rs_image_init(page, 1, 1);
	for (unsigned i = 0; i < 3; i++) {
		struct rs_item item = { .key = (const uint8_t *)keys[i],
					.key_len = (unsigned)strlen(keys[i]),
					.val = value,
					.val_len = sizeof(value) };

		assert_true(rs_image_insert(page, i, &item));
	}
	assert_int_equal(check(page), 0);
	im = rs_image_of(page);
	assert_int_equal(rs_image_route(&im, "a", 1, &pos), 0);
	assert_int_equal(pos, 0);
	assert_int_equal(rs_image_route(&im, "name-b", 6, &pos), 0);
	assert_int_equal(pos, 1);
	assert_int_equal(rs_image_route(&im, "name-c", 6, &pos), 0);
	assert_int_equal(pos, 1);
	assert_int_equal(rs_image_route(&im, "z", 1, &pos), 0);
	assert_int_equal(pos, 2);
}

/* Headers that are no node of this tree. */
static void refuses_bad_headers(void **state)
{
	uint8_t good[RS_PAGE_SIZE], page[RS_PAGE_SIZE];
	struct rs_image im;

	(void)state;
	valid(good);
	assert_int_equal(rs_image_open(&im, good, 2), -EUCLEAN);
	memcpy(page, good, sizeof(page));
	page[0] ^= 1;
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	memcpy(page, good, sizeof(page));
	head_of(page)->type = RS_NODE_BRANCH;
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	memcpy(page, good, sizeof(page));
	head_of(page)->count = le16_put(0);
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	head_of(page)->count = le16_put(2031);
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	head_of(page)->count = le16_put(UINT16_MAX);
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	memcpy(page, good, sizeof(page));
	head_of(page)->prefix_len = le16_put(RS_KEY_MAX + 1);
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
	memcpy(page, good, sizeof(page));
	head_of(page)->type = RS_NODE_BRANCH;
	head_of(page)->level = RS_LEVEL_MAX + 1;
	assert_int_equal(rs_image_open(&im, page, 1), -EUCLEAN);
}

/* A slot that leads into the header, past the end, or just too far. */
static void refuses_slots_outside(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_entry en;
	struct rs_image im;
	const unsigned bad[] = { 0, 31, RS_PAGE_SIZE - 5, RS_PAGE_SIZE - 1,
				 UINT16_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		valid(page);
		im = rs_image_of(page);
		slot_put(page, 1, bad[i]);
		assert_int_equal(rs_image_entry(&im, 1, &en), -EUCLEAN);
		assert_int_equal(check(page), -EUCLEAN);
	}
}

/* An entry whose lengths reach over the end of the entries. */
static void refuses_entries_that_are_too_long(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_entry en;
	struct rs_image im;

	(void)state;
	valid(page);
	im = rs_image_of(page);
	page[slot_get(page, 1) + 1] = 0xff;
	assert_int_equal(rs_image_entry(&im, 1, &en), -EUCLEAN);
	valid(page);
	page[slot_get(page, 1) + 4] = 9;
	assert_int_equal(rs_image_entry(&im, 1, &en), -EUCLEAN);
}

/* Order, overlap, gaps and reserved bytes are judged by the check. */
static void check_sees_what_accessors_let_pass(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	unsigned first;

	(void)state;
	valid(page);
	assert_int_equal(check(page), 0);
	first = slot_get(page, 0);
	slot_put(page, 0, slot_get(page, 1));
	slot_put(page, 1, first);
	assert_int_equal(check(page), -EUCLEAN); /* order */
	valid(page);
	slot_put(page, 1, slot_get(page, 0));
	assert_int_equal(check(page), -EUCLEAN); /* the same entry twice */
	valid(page);
	head_of(page)->heap = le16_put(100);
	assert_int_equal(check(page), -EUCLEAN); /* bytes of nobody */
	valid(page);
	head_of(page)->garbage = le16_put(1);
	assert_int_equal(check(page), -EUCLEAN);
	valid(page);
	head_of(page)->reserved = 1;
	assert_int_equal(check(page), -EUCLEAN);
	rs_image_init(page, 0, 1);
	insert(page, "", 0);
	assert_int_equal(check(page), -EUCLEAN); /* a key of nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_keys),
		cmocka_unit_test(keeps_weights_of_any_size),
		cmocka_unit_test(sums_entries),
		cmocka_unit_test(routes_what_is_small_to_the_first),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(refuses_slots_outside),
		cmocka_unit_test(refuses_entries_that_are_too_long),
		cmocka_unit_test(check_sees_what_accessors_let_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
