/* SPDX-License-Identifier: Apache-2.0 */
/* far_test.c - a store of more than a terabyte, nearly all of it holes: what
 * lies far behind is committed, found again, checked and moved to the front.
 */
#include "regionstore/store_state.h"
#include "regionstore/upkeep.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAR ((uint64_t)3 << 28) /* pages: 3 TiB */
#define LEN 100000u

struct fixture {
	char dir[32];
	char path[64];
	uint8_t data[LEN];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/far_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	assert_int_equal(rs_create(f->path, NULL), 0);
	for (size_t i = 0; i < LEN; i++)
		f->data[i] = (uint8_t)(i * 7 + i / 4096);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static struct rs_store *open_store(const struct fixture *f)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_store *s;

	assert_int_equal(rs_open(f->path, &opts, &s, NULL), 0);
	return s;
}

/* Let the next pages be taken from FAR on. False: the host has no such files,
 * or address space is rationed. */
static bool go_far(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	int err = rs_alloc_take_exact(a, FAR, 1);

	if (err == -EUCLEAN || err == -ENOSPC)
		return false;
	assert_int_equal(err, 0);
	lock_take(&a->lock);
	for (unsigned zone = 0; zone < RS_ZONES; zone++)
		a->cursor[zone] = FAR + 1;
	lock_drop(&a->lock);
	return true;
}

static void put(struct fixture *f, struct rs_store *s)
{
	uint8_t val[RS_PTR_SIZE];
	struct rs_ptr p;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, f->data, LEN, &p), 0);
	assert_true(p.pgno > FAR);
	rs_ptr_encode(&p, val);
	assert_int_equal(rs_put(t, "far", 3, val, sizeof(val), 1), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

static void read_back(struct fixture *f, struct rs_store *s)
{
	uint8_t val[RS_PTR_SIZE];
	const uint8_t *data;
	struct rs_ptr p;
	struct rs_view *v;
	size_t len;

	assert_int_equal(rs_view_live(s, &v), 0);
	assert_int_equal(rs_get(v, "far", 3, val, sizeof(val), &len, NULL), 0);
	rs_ptr_decode(val, &p);
	assert_true(p.pgno > FAR);
	assert_int_equal(rs_payload_get(v, &p, LEN, &data), 0);
	assert_memory_equal(data, f->data, LEN);
	rs_view_put(v);
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_ptr p;

	(void)arg;
	if (c && c->val_len == RS_PTR_SIZE) {
		rs_ptr_decode(c->val, &p);
		rs_check_own(ck, &p);
	}
	return 0;
}

static void what_lies_far_behind_survives(void **state)
{
	struct fixture *f = *state;
	struct rs_store *s = open_store(f);

	if (!go_far(s)) {
		rs_abandon(s);
		skip();
	}
	put(f, s);
	read_back(f, s);
	rs_abandon(s);
	s = open_store(f);
	read_back(f, s);
	mem_store_check(s, own, NULL);
	assert_int_equal(rs_close(s), 0);
	s = open_store(f);
	read_back(f, s);
	assert_int_equal(rs_close(s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_lies_far_behind_survives,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
