/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/image.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static struct rs_item item_of(const char *key, const uint8_t *val,
			      unsigned val_len)
{
	return (struct rs_item){ .key = (const uint8_t *)key,
				 .key_len = (unsigned)strlen(key),
				 .val = val,
				 .val_len = val_len,
				 .weight = 7 };
}

static const uint8_t bytes[RS_VAL_MAX];

static bool append(uint8_t *page, const char *key, unsigned val_len)
{
	struct rs_item item = item_of(key, bytes, val_len);

	return rs_image_insert(page, rs_image_of(page).count, &item);
}

static void assert_good(const uint8_t *page)
{
	struct rs_image im;
	const char *why;

	assert_int_equal(rs_image_open(&im, page, 1), 0);
	assert_int_equal(rs_image_check(&im, &why), 0);
}

/* Fill with entries of 100 bytes; returns how many. */
static unsigned fill(uint8_t *page)
{
	char key[16];
	unsigned n = 0;

	rs_image_init(page, 0, 1);
	do
		snprintf(key, sizeof(key), "key-%04u", n++);
	while (append(page, key, 100));
	return n - 1;
}

/* A key that does not share the prefix shortens it, and nothing is lost. */
static void a_foreign_key_shortens_the_prefix(void **state)
{
	uint8_t page[RS_PAGE_SIZE], key[RS_KEY_MAX];
	struct rs_image im;
	unsigned len;

	(void)state;
	rs_image_init(page, 0, 1);
	assert_true(append(page, "prefix-1", 3));
	assert_int_equal(rs_image_of(page).prefix_len, 8);
	assert_true(append(page, "prefix-2", 3));
	assert_int_equal(rs_image_of(page).prefix_len, 7);
	assert_true(append(page, "pz", 3));
	im = rs_image_of(page);
	assert_int_equal(im.prefix_len, 1);
	assert_int_equal(rs_image_key(&im, 0, key, &len), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(key, "prefix-1", 8);
	assert_good(page);
}

/* A full page says no and stays as it is. */
static void a_full_page_is_left_alone(void **state)
{
	uint8_t page[RS_PAGE_SIZE], before[RS_PAGE_SIZE];

	(void)state;
	fill(page);
	memcpy(before, page, sizeof(page));
	assert_false(append(page, "key-9999", 1000));
	assert_memory_equal(page, before, sizeof(page));
	assert_true(rs_image_used(page) > RS_IMAGE_ROOM - 120);
	assert_good(page);
}

/* What removed entries left is used again. */
static void garbage_becomes_room(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	unsigned n = fill(page), used;

	(void)state;
	rs_image_remove(page, 3);
	rs_image_remove(page, 5);
	used = rs_image_used(page);
	assert_good(page);
	assert_true(append(page, "key-9999", 190));
	assert_int_equal(rs_image_of(page).count, n - 1);
	assert_true(rs_image_used(page) > used);
	assert_good(page);
}

/* Bytes between the slots and the entries stay zero. */
static void free_bytes_are_zero(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	const struct rs_disk_node *h = (const struct rs_disk_node *)page;
	unsigned n = fill(page);

	(void)state;
	rs_image_remove(page, n - 1);
	rs_image_remove(page, 0);
	for (unsigned i = 32 + 2 * (n - 2); i < le16_get(h->heap); i++)
		assert_int_equal(page[i], 0);
}

/* A value may grow and shrink where it is, and the key stays. */
static void replaces_a_value(void **state)
{
	uint8_t page[RS_PAGE_SIZE];
	struct rs_item item;
	struct rs_image im;
	struct rs_entry en;

	(void)state;
	fill(page);
	item = item_of("key-0002", bytes, 10);
	assert_true(rs_image_replace(page, 2, &item));
	assert_good(page);
	item = item_of("key-0002", bytes, 90);
	assert_true(rs_image_replace(page, 2, &item));
	assert_good(page);
	im = rs_image_of(page);
	assert_int_equal(rs_image_entry(&im, 2, &en), 0);
	assert_int_equal(en.val_len, 90);
	item = item_of("key-0002", bytes, 1500);
	assert_false(rs_image_replace(page, 2, &item));
	assert_good(page);
}

/* A compacted image has the same entries and no garbage. */
static void compaction_removes_garbage(void **state)
{
	uint8_t page[RS_PAGE_SIZE], out[RS_PAGE_SIZE];
	const struct rs_disk_node *h = (const struct rs_disk_node *)out;

	(void)state;
	fill(page);
	rs_image_remove(page, 4);
	rs_image_compact(out, page);
	assert_good(out);
	assert_int_equal(le16_get(h->garbage), 0);
	assert_int_equal(le16_get(h->count), rs_image_of(page).count);
	assert_true(rs_image_used(out) <= rs_image_used(page));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_foreign_key_shortens_the_prefix),
		cmocka_unit_test(a_full_page_is_left_alone),
		cmocka_unit_test(garbage_becomes_room),
		cmocka_unit_test(free_bytes_are_zero),
		cmocka_unit_test(replaces_a_value),
		cmocka_unit_test(compaction_removes_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
