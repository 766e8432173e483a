/* SPDX-License-Identifier: Apache-2.0 */
/* region_store.c - short words for changes of regions. */

#include "tests/support/region_store.h"

#include "regionstore/region_check.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>

struct rs_store *store_open(struct rs_io *io)
{
	return mem_store_open_io(io, NULL);
}

struct rs_store *store_make(struct disk *d)
{
	struct rs_io *io = disk_io(d);

	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	return store_open(disk_io(d));
}

void region_make(struct rs_store *s, uint64_t ino)
{
	struct rs_object obj = { .attr_len = 0 };
	struct rs_txn *t;

	rs_region_init(&obj);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* End the txn with the changed object, or abort it. */
static int finish(struct rs_txn *t, uint64_t ino, const struct rs_object *obj,
		  int err)
{
	if (!err)
		err = rs_object_put(t, ino, obj);
	if (!err)
		return rs_txn_end(t);
	rs_txn_abort(t);
	return err;
}

/* A txn, and the region's object in it. */
static int begin(struct rs_store *s, uint64_t ino, struct rs_txn **ret_t,
		 struct rs_object *ret_obj)
{
	struct rs_txn *t;
	int err = rs_txn_begin(s, &t);

	if (err)
		return err;
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, ret_obj), 0);
	*ret_t = t;
	return 0;
}

int region_write(struct rs_store *s, uint64_t ino, uint64_t off,
		 const void *data, size_t len)
{
	struct rs_write *w = NULL;
	struct rs_object obj;
	struct rs_txn *t;
	int err = rs_write_prepare(s, off, data, len, &w);

	if (!err)
		err = begin(s, ino, &t, &obj);
	if (!err)
		err = finish(t, ino, &obj, rs_write_apply(t, ino, &obj, w));
	rs_write_drop(w);
	return err;
}

int region_truncate(struct rs_store *s, uint64_t ino, uint64_t size)
{
	struct rs_object obj;
	struct rs_txn *t;
	int err = begin(s, ino, &t, &obj);

	return err ? err
		   : finish(t, ino, &obj,
			    rs_region_truncate(t, ino, &obj, size));
}

int region_punch(struct rs_store *s, uint64_t ino, uint64_t off, uint64_t len)
{
	struct rs_object obj;
	struct rs_txn *t;
	int err = begin(s, ino, &t, &obj);

	return err ? err
		   : finish(t, ino, &obj,
			    rs_region_punch(t, ino, &obj, off, len));
}

static struct rs_view *live(struct rs_store *s)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	return v;
}

int region_read(struct rs_store *s, uint64_t ino, uint64_t off, void *buf,
		size_t len, size_t *ret_len)
{
	struct rs_view *v = live(s);
	int err = rs_region_read(v, ino, off, buf, len, ret_len);

	rs_view_put(v);
	return err;
}

int region_seek(struct rs_store *s, uint64_t ino, uint64_t off, bool hole,
		uint64_t *ret_off)
{
	struct rs_view *v = live(s);
	int err = rs_region_seek(v, ino, off, hole, ret_off);

	rs_view_put(v);
	return err;
}

struct rs_region_info region_info(struct rs_store *s, uint64_t ino)
{
	struct rs_region_info info;
	struct rs_view *v = live(s);
	struct rs_object obj;

	assert_int_equal(rs_object_get(v, ino, &obj), 0);
	assert_int_equal(rs_region_info(&obj, &info), 0);
	rs_view_put(v);
	return info;
}

void assert_region_equal(struct rs_store *s, uint64_t ino, const void *data,
			 size_t len)
{
	uint8_t *buf = malloc(len + 1);
	size_t got;

	assert_non_null(buf);
	assert_int_equal(region_info(s, ino).size, len);
	assert_int_equal(region_read(s, ino, 0, buf, len + 1, &got), 0);
	assert_int_equal(got, len);
	assert_memory_equal(buf, data, len);
	free(buf);
}

static void print_finding(void *arg, const char *text)
{
	unsigned *findings = arg;

	++*findings;
	print_error("%s\n", text);
}

static void own_nothing(void *arg, uint64_t pgno, uint32_t npages,
			uint64_t birth)
{
	(void)arg;
	(void)pgno;
	(void)npages;
	(void)birth;
}

void assert_regions_sound(struct rs_store *s)
{
	static const uint8_t first[] = { RS_KEY_CHUNK };
	struct rs_view *v = live(s);
	unsigned findings = 0;
	struct rs_cursor c;

	rs_cursor_init(&c, v);
	for (int err = rs_cursor_seek(&c, first, sizeof(first));
	     !err && c.key[0] == RS_KEY_CHUNK; err = rs_cursor_next(&c))
		rs_region_check(s, &c, false, own_nothing, print_finding,
				&findings);
	rs_cursor_finish(&c);
	assert_int_equal(rs_region_check_sums(v, print_finding, &findings), 0);
	rs_view_put(v);
	assert_int_equal(findings, 0);
}

static void print_text(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

uint64_t store_pages(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_check(s, NULL, print_text, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	return result.payload_bytes / RS_PAGE_SIZE;
}

int region_setup(void **state)
{
	struct region_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->disk = disk_new();
	f->s = store_make(f->disk);
	f->pages = store_pages(f->s);
	region_make(f->s, REGION_INO);
	for (size_t i = 0; i < sizeof(f->data); i++)
		f->data[i] = (uint8_t)(i % 251 + 1);
	*state = f;
	return 0;
}

int region_teardown(void **state)
{
	struct region_fixture *f = *state;

	assert_regions_sound(f->s);
	assert_int_equal(rs_close(f->s), 0);
	disk_free(f->disk);
	free(f);
	return 0;
}
