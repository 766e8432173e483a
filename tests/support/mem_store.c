/* SPDX-License-Identifier: Apache-2.0 */
/* mem_store.c - the real store on a disk in memory. */
#include "tests/support/mem_store.h"

#include "tests/support/test.h"

#include <stdlib.h>

/* One store at a time is enough for a test, a few for a careful one. */
#define STORES 8u

static struct {
	struct rs_store *store;
	struct disk *disk;
} stores[STORES];

struct rs_store *mem_store_new(void)
{
	const struct rs_open_opts opts = { 0 };
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);
	struct rs_store *s;
	size_t i = 0;

	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &s, NULL), 0);
	while (i < STORES && stores[i].store)
		i++;
	assert_true(i < STORES);
	stores[i].store = s;
	stores[i].disk = d;
	return s;
}

void mem_store_free(struct rs_store *s)
{
	size_t i = 0;

	while (i < STORES && stores[i].store != s)
		i++;
	assert_true(i < STORES);
	rs_abandon(s);
	disk_free(stores[i].disk);
	stores[i].store = NULL;
}

int mem_store_setup(void **state)
{
	*state = mem_store_new();
	return 0;
}

int mem_store_teardown(void **state)
{
	mem_store_free(*state);
	return 0;
}

struct disk *mem_store_disk(void)
{
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);

	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	return d;
}

struct rs_store *mem_store_open(struct disk *d, const struct rs_open_opts *opts)
{
	return mem_store_open_io(disk_io(d), opts);
}

struct rs_store *mem_store_open_io(struct rs_io *io,
				   const struct rs_open_opts *opts)
{
	const struct rs_open_opts none = { 0 };
	struct err e = { 0 };
	struct rs_store *s;

	if (rs_open_io(io, opts ? opts : &none, &s, &e))
		fail_msg("cannot be opened: %s", e.msg);
	return s;
}

static void print(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

void mem_store_check(struct rs_store *s, rs_check_fn *own, void *arg)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, own, print, arg, &result), 0);
	assert_int_equal(result.findings, 0);
}
