/* SPDX-License-Identifier: Apache-2.0 */
/* lossy_store.c - see lossy_store.h. */
#include "tests/support/lossy_store.h"

#include "regionstore/commit.h"
#include "tests/support/region_store.h"
#include "tests/support/test.h"

#include <string.h>

static uint8_t bytes[LOSSY_BYTES];

static size_t len_of(unsigned i)
{
	return 1 + i * 2654435761u % 20000u;
}

const uint8_t *lossy_fill(size_t len, unsigned seed)
{
	for (size_t k = 0; k < len; k++)
		bytes[k] = (uint8_t)(seed * 31 + k * 7 + (k >> 12));
	return bytes;
}

static int find(void *arg, const struct rs_cursor *c,
		struct rs_where *ret_where)
{
	(void)arg;
	if (c->key[0] != RS_KEY_SEGMENT || c->val_len != RS_PTR_SIZE)
		return -ENOENT;
	*ret_where = (struct rs_where){ .len = len_of(c->key[1]) };
	return 0;
}

static void told(void *arg, const char *text)
{
	struct lossy *f = arg;

	assert_true(text[0] != '\0');
	f->told++;
}

/* --- changes -------------------------------------------------------------- */

static int put_payload(struct rs_txn *t, unsigned i, unsigned generation)
{
	uint8_t raw[RS_PTR_SIZE];
	const uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)i };
	struct rs_ptr p;
	int err = rs_payload_put(t, lossy_fill(len_of(i), i + generation),
				 len_of(i), &p);

	if (err)
		return err;
	rs_ptr_encode(&p, raw);
	return rs_put(t, key, sizeof(key), raw, sizeof(raw), 1);
}

static int drop_payload(struct rs_txn *t, unsigned i)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)i };
	uint8_t raw[RS_PTR_SIZE];
	struct rs_ptr p;
	size_t len;
	int err = rs_get(rs_txn_view(t), key, sizeof(key), raw, sizeof(raw),
			 &len, NULL);

	if (err)
		return err;
	rs_ptr_decode(raw, &p);
	err = rs_payload_free(t, &p);
	return err ? err : rs_del(t, key, sizeof(key));
}

static int change(struct rs_txn *t, struct lossy *f, unsigned i,
		  unsigned generation)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)i };
	int err = 0;

	if (i >= LOSSY_PLAIN)
		return rs_put(t, key, sizeof(key), &generation,
			      sizeof(generation), 1);
	if (f->generation[i])
		err = drop_payload(t, i);
	return err ? err : put_payload(t, i, generation);
}

/* Records [from, to), each in a txn. */
void lossy_put(struct lossy *f, unsigned from, unsigned to, unsigned generation)
{
	for (unsigned i = from; i < to; i++) {
		struct rs_txn *t;

		assert_int_equal(rs_txn_begin(f->s, &t), 0);
		assert_int_equal(change(t, f, i, generation), 0);
		assert_int_equal(rs_txn_end(t), 0);
		f->generation[i] = generation;
	}
}

void lossy_take_away(struct lossy *f, unsigned i)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(drop_payload(t, i), 0);
	assert_int_equal(rs_txn_end(t), 0);
	f->generation[i] = 0;
}

static void write_region(struct lossy *f, unsigned generation)
{
	assert_int_equal(region_write(f->s, LOSSY_REGION, 0,
				      lossy_fill(LOSSY_BYTES, generation),
				      LOSSY_BYTES),
			 0);
	f->region = generation;
}

/* Something of everything. */
void lossy_change(struct lossy *f, unsigned generation)
{
	lossy_put(f, 5, 12, generation);
	lossy_put(f, LOSSY_PLAIN, LOSSY_PLAIN + 3, generation);
	if (f->generation[13])
		lossy_take_away(f, 13);
	else
		lossy_put(f, 13, 14, generation);
	write_region(f, generation);
}

/* --- looking -------------------------------------------------------------- */

static void assert_record(const struct rs_view *v, unsigned i,
			  unsigned generation)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, (uint8_t)i };
	uint8_t raw[RS_PTR_SIZE];
	const uint8_t *data;
	struct rs_ptr p;
	size_t len;
	int err = rs_get(v, key, sizeof(key), raw, sizeof(raw), &len, NULL);

	assert_int_equal(err, generation ? 0 : -ENOENT);
	if (!generation)
		return;
	if (i >= LOSSY_PLAIN) {
		assert_memory_equal(raw, &generation, sizeof(generation));
		return;
	}
	rs_ptr_decode(raw, &p);
	assert_int_equal(rs_payload_get(v, &p, len_of(i), &data), 0);
	assert_memory_equal(data, lossy_fill(len_of(i), i + generation),
			    len_of(i));
}

void lossy_assert_all(const struct rs_view *v, const unsigned *generation,
		      unsigned region)
{
	static uint8_t got[LOSSY_BYTES];
	size_t len;

	for (unsigned i = 0; i < LOSSY_RECORDS; i++)
		assert_record(v, i, generation[i]);
	assert_int_equal(
		rs_region_read(v, LOSSY_REGION, 0, got, LOSSY_BYTES, &len), 0);
	assert_int_equal(len, LOSSY_BYTES);
	assert_memory_equal(got, lossy_fill(LOSSY_BYTES, region), LOSSY_BYTES);
}

void lossy_assert_is(const struct lossy *f, struct rs_store *s)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	lossy_assert_all(v, f->generation, f->region);
	rs_view_put(v);
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_where where;
	struct rs_ptr p;

	if (c && find(arg, c, &where) == 0) {
		rs_ptr_decode(c->val, &p);
		rs_check_own(ck, &p);
	}
	return 0;
}

static void print(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

void lossy_assert_sound(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, own, print, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}

/* What was synced is all that is left. */
struct rs_store *lossy_after_a_power_cut(const struct lossy *f,
					 struct disk **ret_disk)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_store *s;

	*ret_disk =
		fault_crash(f->fault, fault_ops(f->fault), CRASH_NONE, NULL);
	assert_int_equal(rs_open_io(disk_io(*ret_disk), &opts, &s, NULL), 0);
	return s;
}

void lossy_assert_durable(const struct lossy *f)
{
	struct disk *d;
	struct rs_store *s = lossy_after_a_power_cut(f, &d);

	lossy_assert_is(f, s);
	lossy_assert_sound(s);
	rs_abandon(s);
	disk_free(d);
}

/* Record PLAIN is in each change. */
static bool is_changed(const struct lossy *f, struct rs_store *s)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, LOSSY_PLAIN };
	unsigned generation;
	struct rs_view *v;
	size_t len;

	assert_int_equal(rs_view_live(s, &v), 0);
	assert_int_equal(rs_get(v, key, sizeof(key), &generation,
				sizeof(generation), &len, NULL),
			 0);
	rs_view_put(v);
	return generation == f->generation[LOSSY_PLAIN];
}

void lossy_assert_either(struct lossy *f, struct rs_store *s)
{
	struct lossy was = *f;

	if (!is_changed(f, s))
		lossy_forget_changes(&was);
	lossy_assert_is(&was, s);
	lossy_assert_sound(s);
}

void lossy_forget_changes(struct lossy *f)
{
	memcpy(f->generation, f->was, sizeof(f->was));
	f->region = f->region_was;
}

struct rs_stats lossy_stats(const struct lossy *f)
{
	struct rs_stats st;

	rs_stats(f->s, &st);
	return st;
}

/* --- a store -------------------------------------------------------------- */

static void open_store(struct lossy *f, const struct rs_open_opts *opts)
{
	const struct rs_rescue rescue = { .find = find,
					  .told = told,
					  .arg = f };

	f->fault = fault_new(f->disk);
	assert_int_equal(rs_open_io(fault_io(f->fault), opts, &f->s, NULL), 0);
	rs_set_rescue(f->s, &rescue);
}

void lossy_begin(struct lossy *f, enum fault_loss loss,
		 const struct rs_open_opts *opts)
{
	struct rs_io *io;

	*f = (struct lossy){ .disk = disk_new() };
	f->disk->cap = LOSSY_CAP;
	io = disk_io(f->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	open_store(f, opts);
	region_make(f->s, LOSSY_REGION);
	write_region(f, 1);
	lossy_put(f, 0, LOSSY_RECORDS - 5, 1);
	assert_int_equal(rs_commit(f->s, NULL), 0);
	memcpy(f->was, f->generation, sizeof(f->was));
	f->region_was = f->region;
	fault_lose(f->fault, loss);
}

void lossy_end(struct lossy *f)
{
	rs_abandon(f->s);
	fault_free(f->fault);
	disk_free(f->disk);
}
