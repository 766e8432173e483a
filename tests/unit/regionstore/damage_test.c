/* SPDX-License-Identifier: Apache-2.0 */
/* damage_test.c - tests regionstore/damage.c, and that who reads uses it. */
#include "regionstore/damage.h"
#include "tests/support/test.h"

#include "regionstore/region.h"
#include "regionstore/store_state.h"
#include "tests/support/region_store.h"

#include <string.h>

static int setup(void **state)
{
	char text[RS_DAMAGE_TEXT];

	(void)state;
	rs_damage_take(text);
	return 0;
}

static void nothing_happened(void **state)
{
	char text[RS_DAMAGE_TEXT];

	(void)state;
	assert_int_equal(rs_damage_pgno(), 0);
	assert_false(rs_damage_take(text));
	assert_string_equal(text, "");
}

static void layers_add_what_they_know(void **state)
{
	char text[RS_DAMAGE_TEXT];

	(void)state;
	rs_damage_pages(7, 1);
	assert_int_equal(rs_damage_pgno(), 7);
	rs_damage_add("bytes %d to %d", 0, 4095);
	assert_true(rs_damage_take(text));
	assert_string_equal(
		text, "page 7 at byte 28672 of the store, bytes 0 to 4095");
	assert_false(rs_damage_take(text));
}

static void the_newest_page_begins_anew(void **state)
{
	char text[RS_DAMAGE_TEXT];

	(void)state;
	rs_damage_pages(7, 1);
	rs_damage_pages(8, 3);
	assert_true(rs_damage_take(text));
	assert_string_equal(text, "page 8 and on, at byte 32768 of the store");
}

/* However much is added, it stays a string. */
static void what_does_not_fit_is_cut(void **state)
{
	char text[RS_DAMAGE_TEXT];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		rs_damage_add("and so on, and so on");
	assert_true(rs_damage_take(text));
	assert_true(strlen(text) < sizeof(text));
}

/* A block in the second chunk: the file's bytes are said, not the chunk's. */
static void a_region_says_which_bytes(void **state)
{
	struct region_fixture *f = *state;
	char text[RS_DAMAGE_TEXT];
	struct rs_view *v;
	struct rs_chunk c;
	size_t len;

	assert_int_equal(
		region_write(f->s, REGION_INO, RS_CHUNK_SIZE, f->data, 12288),
		0);
	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_chunk_load(v, REGION_INO, 1, &c), 0);
	rs_view_put(v);
	f->disk->mem[rs_bytes(c.pgno[2])] ^= 1;
	rs_map_forget(&f->s->map, c.pgno[0], 3);
	assert_int_equal(region_read(f->s, REGION_INO, RS_CHUNK_SIZE,
				     f->data + 100000, 12288, &len),
			 -EBADMSG);
	f->disk->mem[rs_bytes(c.pgno[2])] ^= 1;
	assert_true(rs_damage_take(text));
	assert_non_null(strstr(text, ", bytes 270336 to 274431 of the file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_happened, setup),
		cmocka_unit_test_setup(layers_add_what_they_know, setup),
		cmocka_unit_test_setup(the_newest_page_begins_anew, setup),
		cmocka_unit_test_setup(what_does_not_fit_is_cut, setup),
		cmocka_unit_test_setup_teardown(a_region_says_which_bytes,
						region_setup, region_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
