/* SPDX-License-Identifier: Apache-2.0 */
/* golden_test.c - files that CRoaring 4.6 wrote are read and written back
 * byte for byte. They are never made again. */

#include "bitmap/bitmap.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	"across.roaring", "bits.roaring",     "bits.roaring32",
	"empty.roaring",  "empty.roaring32",  "largest.roaring",
	"mixed.roaring",  "run.roaring",      "run.roaring32",
	"sparse.roaring", "sparse.roaring32", "tie.roaring",
	"tie.roaring32",  "wide.roaring",     "zero.roaring",
	"zero.roaring32",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static size_t load(const char *name, char *buf, size_t cap)
{
	char path[300];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/formats/%s", GOLDEN_DIR, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(buf, 1, cap, f);
	assert_true(len > 0 && len < cap);
	fclose(f);
	return len;
}

static int stage(void *arg, struct bm_batch *b)
{
	return bm_stage_append(arg, b);
}

static uint64_t read_file(struct set_store *ss, enum bm_format format,
			  const char *bytes, size_t len)
{
	uint64_t ino = set_store_create(ss);
	struct bm_parse_error error;
	struct bm_parser *p;
	struct bm_stage *st;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	assert_int_equal(bm_parser_new(format, stage, st, &p), 0);
	assert_int_equal(bm_parser_feed(p, bytes, len, &error), 0);
	assert_int_equal(bm_parser_end(p, &error), 0);
	bm_parser_free(p);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	return ino;
}

static void each_file_comes_back(void **state)
{
	static char bytes[20000];
	static char back[20000];
	struct set_store ss;

	(void)state;
	set_store_init(&ss);
	for (size_t i = 0; i < N_NAMES; i++) {
		enum bm_format format = strstr(names[i], "32")
						? BM_FORMAT_ROARING32
						: BM_FORMAT_ROARING;
		size_t len = load(names[i], bytes, sizeof(bytes));
		uint64_t ino = read_file(&ss, format, bytes, len);
		struct bm_view *v = set_store_view(&ss, ino);
		struct bm_file *f;
		size_t got;

		assert_int_equal(bm_file_open(v, format, &f), 0);
		assert_int_equal(bm_file_size(f), len);
		assert_int_equal(bm_file_read(f, 0, back, sizeof(back), &got),
				 0);
		assert_int_equal(got, len);
		assert_memory_equal(back, bytes, len);
		bm_file_close(f);
		bm_view_close(v);
	}
	set_store_check(&ss);
	set_store_finish(&ss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
