/* SPDX-License-Identifier: Apache-2.0 */
/* region_model.c - random changes of regions, against arrays of bytes.
 *
 * Regions of up to 2 MiB are written, truncated, punched, read and sought,
 * txns with such changes aborted, the store synced, closed, and cut off from
 * its power. Offsets and lengths are drawn from the
 * places where something changes: the inline limit, blocks, chunks, the end.
 * The twin of a region is its bytes and, for each block, whether there is data
 * in it; from that it knows what is stored and what a seek finds, exactly.
 */

#include "tests/support/disk.h"
#include "tests/support/region_store.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGIONS	  4u
#define SIZE_MAX_ (2u << 20)
#define BLOCK	  4096u

struct twin {
	size_t size;
	bool is_paged;
	size_t inline_len;	     /* when it is not */
	bool has[SIZE_MAX_ / BLOCK]; /* when it is */
	uint8_t bytes[SIZE_MAX_];
};

struct model {
	struct disk *disk;
	struct rs_store *s;
	struct rng rng;
	struct twin twins[REGIONS];
	bool is_small; /* draw what stays inline, mostly */
	uint8_t buf[SIZE_MAX_];
};

static uint64_t ino_of(unsigned i)
{
	return 16 + i;
}

/* A place near one where something changes, or anywhere. */
static size_t draw_edge(struct model *m)
{
	static const size_t edges[] = { 0,	1024,	4096,	8192,
					262144, 524288, 1048576 };
	size_t edge = edges[rng_below(&m->rng, 7)];
	size_t by = (size_t)rng_below(&m->rng, 3);

	if (m->is_small)
		return (size_t)rng_below(&m->rng, 1100);
	if (rng_one_in(&m->rng, 3))
		return (size_t)rng_below(&m->rng, SIZE_MAX_);
	return rng_one_in(&m->rng, 2) && edge >= by ? edge - by : edge + by;
}

static size_t draw_off(struct model *m, const struct twin *t)
{
	size_t off = draw_edge(m);

	if (rng_one_in(&m->rng, 4))
		off = t->size;
	if (rng_one_in(&m->rng, 2))
		off -= off % BLOCK;
	return off < SIZE_MAX_ ? off : SIZE_MAX_ - 1;
}

static size_t draw_len(struct model *m, size_t off)
{
	size_t len = rng_one_in(&m->rng, 8)
			     ? draw_edge(m)
			     : (size_t)(rng_any_size(&m->rng) % 20000);

	if (m->is_small)
		len %= 300;
	if (rng_one_in(&m->rng, m->is_small ? 100 : 3))
		len = (len + BLOCK - 1) / BLOCK * BLOCK;
	return len < SIZE_MAX_ - off ? len : SIZE_MAX_ - off;
}

static size_t stored(const struct twin *t)
{
	size_t n = 0;

	for (size_t b = 0; b < SIZE_MAX_ / BLOCK; b++)
		n += t->has[b] ? BLOCK : 0;
	return t->is_paged ? n : t->inline_len;
}

static void check_info(struct model *m, unsigned i)
{
	struct rs_region_info info = region_info(m->s, ino_of(i));

	assert_int_equal(info.size, m->twins[i].size);
	assert_int_equal(info.stored, stored(&m->twins[i]));
}

static void twin_write(struct twin *t, size_t off, const uint8_t *data,
		       size_t len)
{
	size_t end = off + len;

	if (len == 0)
		return;
	memcpy(t->bytes + off, data, len);
	if (end > t->size)
		t->size = end;
	if (!t->is_paged && end <= RS_INLINE_MAX) {
		t->inline_len = end > t->inline_len ? end : t->inline_len;
		return;
	}
	if (!t->is_paged && t->inline_len)
		t->has[0] = true;
	t->is_paged = true;
	t->inline_len = 0;
	for (size_t b = off / BLOCK; b * BLOCK < end; b++)
		t->has[b] = true;
}

static void step_write(struct model *m, unsigned i)
{
	struct twin *t = &m->twins[i];
	size_t off = draw_off(m, t), len = draw_len(m, off);

	for (size_t at = 0; at < len; at++)
		m->buf[at] = (uint8_t)(rng_u64(&m->rng) | 1);
	assert_int_equal(region_write(m->s, ino_of(i), off, m->buf, len), 0);
	twin_write(t, off, m->buf, len);
}

/* Zeros from off to end, and no data in blocks that lie wholly there or go on
 * behind the end of the region. */
static void twin_punch(struct twin *t, size_t off, size_t end)
{
	if (off >= t->size)
		return;
	end = end < t->size ? end : t->size;
	memset(t->bytes + off, 0, end - off);
	if (!t->is_paged && off < t->inline_len && end >= t->inline_len)
		t->inline_len = off;
	if (end == t->size)
		end = SIZE_MAX_;
	for (size_t b = (off + BLOCK - 1) / BLOCK; (b + 1) * BLOCK <= end; b++)
		t->has[b] = false;
}

static void step_truncate(struct model *m, unsigned i)
{
	struct twin *t = &m->twins[i];
	size_t size = rng_one_in(&m->rng, 8) ? 0 : draw_off(m, t);

	assert_int_equal(region_truncate(m->s, ino_of(i), size), 0);
	twin_punch(t, size, SIZE_MAX_);
	t->size = size;
	t->is_paged = t->is_paged && size > 0;
}

static void step_punch(struct model *m, unsigned i)
{
	struct twin *t = &m->twins[i];
	size_t off = draw_off(m, t), len = draw_len(m, off);

	assert_int_equal(region_punch(m->s, ino_of(i), off, len), 0);
	if (len)
		twin_punch(t, off, off + len);
}

static void step_read(struct model *m, unsigned i)
{
	struct twin *t = &m->twins[i];
	size_t off = draw_off(m, t), len = draw_len(m, off);
	size_t want = off < t->size ? t->size - off : 0, got;

	if (want > len)
		want = len;
	assert_int_equal(region_read(m->s, ino_of(i), off, m->buf, len, &got),
			 0);
	assert_int_equal(got, want);
	assert_memory_equal(m->buf, t->bytes + off, got);
}

static bool has_data(const struct twin *t, size_t off)
{
	return t->is_paged ? t->has[off / BLOCK] : off < t->inline_len;
}

/* Byte by byte, as nobody would. */
static void step_seek(struct model *m, unsigned i)
{
	struct twin *t = &m->twins[i];
	bool hole = rng_one_in(&m->rng, 2);
	uint64_t off = draw_off(m, t), want = off, got = 0;
	int err = region_seek(m->s, ino_of(i), off, hole, &got);

	while (want < t->size && has_data(t, want) == hole)
		want++;
	if (off >= t->size || (want >= t->size && !hole)) {
		assert_int_equal(err, -ENXIO);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(got, want);
}

/* A txn with several changes that is aborted leaves nothing behind. */
static void step_abort(struct model *m, unsigned i)
{
	size_t off = draw_off(m, &m->twins[i]), len = draw_len(m, off);
	struct rs_write *w;
	struct rs_object obj;
	struct rs_txn *t;

	memset(m->buf, 0xab, len);
	assert_int_equal(rs_write_prepare(m->s, off, m->buf, len, &w), 0);
	assert_int_equal(rs_txn_begin(m->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino_of(i), &obj), 0);
	assert_int_equal(rs_region_punch(t, ino_of(i), &obj, len, off), 0);
	if (rng_one_in(&m->rng, 2))
		assert_int_equal(rs_write_apply(t, ino_of(i), &obj, w), 0);
	if (rng_one_in(&m->rng, 2))
		assert_int_equal(rs_region_truncate(t, ino_of(i), &obj, off),
				 0);
	rs_txn_abort(t);
	rs_write_drop(w);
}

/* A close commits; a power cut after a sync loses nothing. */
static void step_reopen(struct model *m)
{
	if (rng_one_in(&m->rng, 2)) {
		assert_int_equal(rs_close(m->s), 0);
	} else {
		assert_int_equal(rs_sync(m->s), 0);
		rs_abandon(m->s);
	}
	m->s = store_open(disk_io(m->disk));
}

/* Everything is where the twins say, and the store owns no page more. */
static void check_all(struct model *m)
{
	size_t pages = 0;

	for (unsigned i = 0; i < REGIONS; i++) {
		struct twin *t = &m->twins[i];

		assert_region_equal(m->s, ino_of(i), t->bytes, t->size);
		pages += t->is_paged ? stored(t) / BLOCK : 0;
	}
	assert_int_equal(store_pages(m->s), pages);
}

static void step(struct model *m)
{
	unsigned i = (unsigned)rng_below(&m->rng, REGIONS);
	uint64_t what = rng_below(&m->rng, 100);

	m->is_small = i == 0 && !rng_one_in(&m->rng, 30);
	if (what < 40)
		step_write(m, i);
	else if (what < 50)
		step_truncate(m, i);
	else if (what < 60)
		step_punch(m, i);
	else if (what < 78)
		step_read(m, i);
	else if (what < 88)
		step_seek(m, i);
	else if (what < 95)
		step_abort(m, i);
	else if (what < 99)
		assert_int_equal(rs_sync(m->s), 0);
	else
		step_reopen(m);
	check_info(m, i);
}

static void equals_arrays_of_bytes(void **state)
{
	static struct model m;
	uint64_t steps = rng_steps(4000);

	(void)state;
	rng_init(&m.rng, rng_seed());
	m.disk = disk_new();
	m.s = store_make(m.disk);
	for (unsigned i = 0; i < REGIONS; i++)
		region_make(m.s, ino_of(i));
	for (uint64_t n = 0; n < steps; n++) {
		step(&m);
		if (n % 200 == 0)
			check_all(&m);
	}
	check_all(&m);
	for (unsigned i = 0; i < REGIONS; i++)
		assert_int_equal(region_truncate(m.s, ino_of(i), 0), 0);
	assert_int_equal(store_pages(m.s), 0);
	assert_int_equal(rs_close(m.s), 0);
	disk_free(m.disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_arrays_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
