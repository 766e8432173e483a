/* SPDX-License-Identifier: Apache-2.0 */
/* payload_test.c - tests regionstore/payload.c and regionstore/pages.c. */
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct disk *disk;
	struct rs_store *s;
};

static void reopen(struct fixture *f)
{
	const struct rs_open_opts opts = { 0 };

	if (f->s)
		assert_int_equal(rs_close(f->s), 0);
	assert_int_equal(rs_open_io(disk_io(f->disk), &opts, &f->s, NULL), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->disk = mem_store_disk();
	reopen(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rs_abandon(f->s);
	disk_free(f->disk);
	free(f);
	return 0;
}

static struct rs_ptr put(struct rs_store *s, const uint8_t *data, size_t len)
{
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_payload_put(t, data, len, &p), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return p;
}

static int get(struct rs_store *s, const struct rs_ptr *p, size_t len,
	       const uint8_t **ret)
{
	struct rs_view *v;
	int err;

	assert_int_equal(rs_view_live(s, &v), 0);
	err = rs_payload_get(v, p, len, ret);
	rs_view_put(v);
	return err;
}

static unsigned relaxed;

static void note_relax(struct rs_io *io)
{
	(void)io;
	relaxed++;
}

/* However much is read, the mapping holds a bounded part of it. */
static void much_reading_relaxes_the_mapping(void **state)
{
	struct fixture *f = *state;
	const struct rs_io_ops *real = f->s->io->ops;
	struct rs_io_ops noting = *real;
	uint8_t *data = calloc(64, RS_PAGE_SIZE);
	const uint8_t *got;
	struct rs_ptr p;

	assert_non_null(data);
	p = put(f->s, data, 64 * RS_PAGE_SIZE);
	noting.relax = note_relax;
	f->s->io->ops = &noting;
	relaxed = 0;
	assert_int_equal(get(f->s, &p, 64 * RS_PAGE_SIZE, &got), 0);
	assert_int_equal(relaxed, 0);
	for (unsigned i = 0; i < 640; i++)
		assert_int_equal(get(f->s, &p, 64 * RS_PAGE_SIZE, &got), 0);
	assert_in_range(relaxed, 10, 20);
	f->s->io->ops = real;
	free(data);
}

/* At each length where the way of writing changes, and padded with zeros. */
static void comes_back_at_any_length(void **state)
{
	static const size_t lens[] = { 1,     4095,  4096,  4097,  8192,
				       65535, 65536, 65537, 69632, 300000 };
	struct fixture *f = *state;
	uint8_t *data = malloc(300000);
	struct rs_ptr p[10];
	const uint8_t *got;

	assert_non_null(data);
	for (size_t i = 0; i < 300000; i++)
		data[i] = (uint8_t)(i % 251 + 1);
	for (size_t i = 0; i < 10; i++)
		p[i] = put(f->s, data, lens[i]);
	reopen(f);
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(get(f->s, &p[i], lens[i], &got), 0);
		assert_memory_equal(got, data, lens[i]);
		if (lens[i] % RS_PAGE_SIZE)
			assert_int_equal(got[lens[i]], 0);
		assert_int_equal(p[i].npages, (lens[i] + 4095) / 4096);
	}
	free(data);
}

static void nothing_and_too_much_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rs_txn *t;
	struct rs_ptr p;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_payload_put(t, "", 0, &p), -EINVAL);
	assert_int_equal(rs_payload_put(t, "", (size_t)1 << 27, &p), -EFBIG);
	rs_txn_abort(t);
}

static void changed_bytes_are_noticed(void **state)
{
	struct fixture *f = *state;
	struct rs_ptr p = put(f->s, (const uint8_t *)"data", 4);
	const uint8_t *got;

	reopen(f);
	f->disk->mem[rs_bytes(p.pgno) + 2] ^= 1;
	assert_int_equal(get(f->s, &p, 4, &got), -EBADMSG);
	f->disk->mem[rs_bytes(p.pgno) + 2] ^= 1;
	assert_int_equal(get(f->s, &p, 4, &got), 0);
}

/* A pointer is a number from the disk. */
static void pointers_to_nowhere_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rs_ptr p = { 0 };
	const uint8_t *got;

	assert_int_equal(get(f->s, &p, 1, &got), -EUCLEAN);
	p.npages = 1;
	assert_int_equal(get(f->s, &p, 1, &got), -EUCLEAN);
	p.pgno = UINT64_MAX >> 16;
	assert_int_equal(get(f->s, &p, 1, &got), -EUCLEAN);
	p = put(f->s, (const uint8_t *)"data", 4);
	assert_int_equal(get(f->s, &p, 4097, &got), -EUCLEAN);
	assert_int_equal(get(f->s, &p, 0, &got), -EUCLEAN);
	p.npages = 65535;
	assert_int_equal(get(f->s, &p, 4, &got), -EUCLEAN);
}

/* --- pages.c ------------------------------------------------------------- */

static void each_page_has_its_own_checksum(void **state)
{
	struct fixture *f = *state;
	static const uint8_t data[3 * RS_PAGE_SIZE] = { 1 };
	struct rs_ptr p = put(f->s, data, sizeof(data));
	uint64_t csum[3] = { 0 };
	const uint8_t *got;

	/* What we wrote ourselves is not compared. */
	assert_int_equal(rs_map_verified(f->s, p.pgno, 3, csum, &got), 0);
	reopen(f);
	assert_int_equal(rs_map_verified(f->s, p.pgno, 3, csum, &got),
			 -EBADMSG);
	assert_int_equal(rs_map_pages(f->s, p.pgno, 3, &got), 0);
	assert_memory_equal(got, data, sizeof(data));
}

static void a_reservation_goes_on_behind_its_neighbour(void **state)
{
	struct fixture *f = *state;
	uint64_t a, b;
	uint32_t got;

	assert_int_equal(rs_reserve(f->s, RS_ZONE_DATA, 0, 4, &a, &got), 0);
	assert_int_equal(got, 4);
	assert_int_equal(rs_reserve(f->s, RS_ZONE_META, 0, 1, &b, &got), 0);
	assert_int_equal(rs_reserve(f->s, RS_ZONE_DATA, a + 3, 4, &b, &got), 0);
	assert_int_equal(b, a + 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(comes_back_at_any_length),
		TEST(nothing_and_too_much_are_refused),
		TEST(changed_bytes_are_noticed),
		TEST(pointers_to_nowhere_are_refused),
		TEST(each_page_has_its_own_checksum),
		TEST(much_reading_relaxes_the_mapping),
		TEST(a_reservation_goes_on_behind_its_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
