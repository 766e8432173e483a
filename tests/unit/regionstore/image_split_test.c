/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/image.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const uint8_t bytes[RS_VAL_MAX];

static struct rs_item item_of(const char *key, unsigned val_len)
{
	return (struct rs_item){ .key = (const uint8_t *)key,
				 .key_len = (unsigned)strlen(key),
				 .val = bytes,
				 .val_len = val_len };
}

static bool append(uint8_t *page, const char *key, unsigned val_len)
{
	struct rs_item item = item_of(key, val_len);

	return rs_image_insert(page, rs_image_of(page).count, &item);
}

static unsigned fill(uint8_t *page, unsigned val_len)
{
	char key[16];
	unsigned n = 0;

	rs_image_init(page, 0, 1);
	do
		snprintf(key, sizeof(key), "key-%04u", 2 * n++);
	while (append(page, key, val_len));
	return n - 1;
}

static void assert_good(const uint8_t *page)
{
	struct rs_image im;
	const char *why;

	assert_int_equal(rs_image_open(&im, page, 1), 0);
	assert_int_equal(rs_image_check(&im, &why), 0);
}

/* What goes behind everything starts a page of its own. */
static void appending_leaves_the_left_full(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	unsigned n = fill(left, 50), keep;
	struct rs_item item = item_of("key-9999", 50);
	bool goes_left;

	(void)state;
	rs_image_split_point(left, n, &item, false, &keep, &goes_left);
	assert_int_equal(keep, n);
	assert_false(goes_left);
	rs_image_split(left, right, keep);
	assert_int_equal(rs_image_of(left).count, n);
	assert_int_equal(rs_image_of(right).count, 0);
}

/* In the middle, both halves are about as large. */
static void splits_in_the_middle(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	unsigned n = fill(left, 50), keep;
	struct rs_item item = item_of("key-0005", 50);
	bool goes_left;
	unsigned a, b;

	(void)state;
	rs_image_split_point(left, 3, &item, false, &keep, &goes_left);
	assert_true(goes_left);
	rs_image_split(left, right, keep);
	assert_true(rs_image_insert(left, 3, &item));
	assert_good(left);
	assert_good(right);
	assert_int_equal(rs_image_of(left).count + rs_image_of(right).count,
			 n + 1);
	a = rs_image_used(left);
	b = rs_image_used(right);
	assert_true(a < b + 100 && b < a + 100);
}

/* A run of ascending keys in the middle fills what lies before it. */
static void splits_behind_a_run(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	unsigned n = fill(left, 50), keep;
	struct rs_item item = item_of("key-0091", 50);
	bool goes_left;

	(void)state;
	rs_image_split_point(left, 46, &item, true, &keep, &goes_left);
	assert_int_equal(keep, 46);
	assert_true(goes_left);
	rs_image_split(left, right, keep);
	assert_true(rs_image_insert(left, 46, &item));
	assert_int_equal(rs_image_of(right).count, n - 46);
	assert_good(left);
	assert_good(right);
}

/* Of the largest entries there are, two fit a page and three can be split. */
static void largest_entries_split(void **state)
{
	char a[RS_KEY_MAX + 1], b[RS_KEY_MAX + 1], c[RS_KEY_MAX + 1];
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	struct rs_item item;
	unsigned keep;
	bool goes_left;

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	memset(c, 'c', sizeof(c));
	a[RS_KEY_MAX] = b[RS_KEY_MAX] = c[RS_KEY_MAX] = '\0';
	rs_image_init(left, 0, 1);
	assert_true(append(left, a, RS_VAL_MAX));
	assert_true(append(left, c, RS_VAL_MAX));
	item = item_of(b, RS_VAL_MAX);
	item.weight = RS_WEIGHT_MAX - 1;
	assert_false(rs_image_insert(left, 1, &item));
	rs_image_split_point(left, 1, &item, false, &keep, &goes_left);
	rs_image_split(left, right, keep);
	if (goes_left)
		assert_true(rs_image_insert(left, 1, &item));
	else
		assert_true(rs_image_insert(right, 1 - keep, &item));
	assert_good(left);
	assert_good(right);
}

/* A key that would cost all others their prefix goes alone. */
static void a_foreign_key_goes_alone(void **state)
{
	char key[251];
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	struct rs_item item = item_of("a", 10);
	unsigned keep, n = 0;
	bool goes_left;

	(void)state;
	memset(key, 'p', sizeof(key));
	rs_image_init(left, 0, 1);
	do
		snprintf(key + 240, 11, "%04u", n++);
	while (append(left, key, 10));
	assert_false(rs_image_insert(left, 0, &item));
	rs_image_split_point(left, 0, &item, false, &keep, &goes_left);
	assert_int_equal(keep, 0);
	assert_true(goes_left);
	rs_image_split(left, right, keep);
	assert_true(rs_image_insert(left, 0, &item));
	assert_int_equal(rs_image_of(right).count, n - 1);
	assert_good(left);
	assert_good(right);
}

/* A merge undoes a split, and its size was known before. */
static void merges_what_was_split(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE], all[RS_PAGE_SIZE];
	unsigned n = fill(left, 50), size;

	(void)state;
	memcpy(all, left, sizeof(all));
	rs_image_split(left, right, 7);
	assert_int_equal(rs_image_of(left).count, 7);
	size = rs_image_merged(left, right, NULL);
	rs_image_merge(left, right, NULL);
	assert_int_equal(rs_image_of(left).count, n);
	assert_int_equal(rs_image_used(left), size);
	assert_int_equal(rs_image_used(left), rs_image_used(all));
	assert_good(left);
}

/* As much of the right key as it takes. */
static void separators_are_short(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE], sep[RS_KEY_MAX];

	(void)state;
	rs_image_init(left, 0, 1);
	rs_image_init(right, 0, 1);
	append(left, "monday", 1);
	append(right, "mother", 1);
	assert_int_equal(rs_image_separator(left, right, sep), 3);
	assert_memory_equal(sep, "mot", 3);
	rs_image_init(right, 0, 1);
	append(right, "mondays", 1);
	assert_int_equal(rs_image_separator(left, right, sep), 7);
}

/* A branch gets back, by the separator, the key that its first entry lost. */
static void branches_merge_with_their_separator(void **state)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE], key[RS_KEY_MAX];
	const char *const keys[] = { "", "dir-b", "dir-d", "dir-f" };
	struct rs_item sep = item_of("dir-d", 0);
	struct rs_image im;
	unsigned len, size;

	(void)state;
	rs_image_init(left, 1, 1);
	rs_image_init(right, 1, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_true(
			append(left, keys[i], sizeof(struct rs_disk_child)));
	rs_image_split(left, right, 2);
	assert_good(left);
	assert_good(right);
	size = rs_image_merged(left, right, &sep);
	rs_image_merge(left, right, &sep);
	assert_good(left);
	assert_int_equal(rs_image_used(left), size);
	im = rs_image_of(left);
	assert_int_equal(im.count, 4);
	assert_int_equal(im.prefix_len, 4);
	assert_int_equal(rs_image_key(&im, 2, key, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(key, "dir-d", 5);
}

/* In a branch the item never has to go before the first entry. */
static void branches_are_cut_beside_the_item(void **state)
{
	uint8_t left[RS_PAGE_SIZE];
	struct rs_item item = item_of("a", sizeof(struct rs_disk_child));
	char key[RS_KEY_MAX + 1];
	bool goes_left;
	unsigned keep, n = 0;

	(void)state;
	memset(key, 'p', sizeof(key));
	rs_image_init(left, 1, 1);
	do
		snprintf(key + 240, 11, "%04u", n++);
	while (append(left, key, sizeof(struct rs_disk_child)));
	rs_image_split_point(left, 1, &item, false, &keep, &goes_left);
	assert_int_equal(keep, 1);
	assert_true(goes_left);
	key[243]++;
	for (unsigned pos = 2; pos < n - 1; pos++) {
		item = item_of(key, sizeof(struct rs_disk_child));
		rs_image_split_point(left, pos, &item, pos % 2, &keep,
				     &goes_left);
		assert_true(goes_left || pos > keep);
		assert_true(keep > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appending_leaves_the_left_full),
		cmocka_unit_test(splits_in_the_middle),
		cmocka_unit_test(splits_behind_a_run),
		cmocka_unit_test(largest_entries_split),
		cmocka_unit_test(a_foreign_key_goes_alone),
		cmocka_unit_test(merges_what_was_split),
		cmocka_unit_test(separators_are_short),
		cmocka_unit_test(branches_merge_with_their_separator),
		cmocka_unit_test(branches_are_cut_beside_the_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
