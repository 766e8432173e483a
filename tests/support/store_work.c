/* SPDX-License-Identifier: Apache-2.0 */
/* store_work.c - random work on a store. */
#include "tests/support/store_work.h"

#include "regionstore/store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN	RS_KEY_ENTRY
#define PAYLOAD RS_KEY_SEGMENT

struct value {
	uint8_t ptr[RS_PTR_SIZE];
	uint64_t len;
	uint64_t seed;
};

static void fill(uint8_t *buf, size_t len, uint64_t seed)
{
	struct rng r;

	rng_init(&r, seed);
	for (size_t i = 0; i < len; i += 8) {
		uint64_t x = rng_u64(&r);

		memcpy(buf + i, &x, len - i < 8 ? len - i : 8);
	}
}

static size_t draw_key(const struct work *w, struct rng *r, uint8_t *key)
{
	uint64_t n = rng_below(r, w->keys);
	int len;

	key[0] = n % 3 ? PLAIN : PAYLOAD;
	len = snprintf((char *)key + 1, RS_KEY_MAX - 1, "%0*llu",
		       (int)(1 + n % 40), (unsigned long long)n);
	return 1 + (size_t)len;
}

/* What the twin has there leaves the store. */
static int drop_payload(struct rs_txn *t, const struct twin *twin, size_t pos)
{
	struct value v;
	struct rs_ptr p;

	if (twin->r[pos].key[0] != PAYLOAD)
		return 0;
	memcpy(&v, twin->r[pos].val, sizeof(v));
	rs_ptr_decode(v.ptr, &p);
	return rs_payload_free(t, &p);
}

static int make_payload(const struct work *w, struct rng *r, struct rs_txn *t,
			struct value *ret)
{
	struct value v = { .len = 1 + rng_below(r, w->payload_max),
			   .seed = rng_u64(r) };
	uint8_t *buf = malloc(v.len);
	struct rs_ptr p;
	int err;

	assert_non_null(buf);
	fill(buf, v.len, v.seed);
	err = rs_payload_put(t, buf, v.len, &p);
	free(buf);
	if (err)
		return err;
	rs_ptr_encode(&p, v.ptr);
	*ret = v;
	return 0;
}

static int draw_value(const struct work *w, struct rng *r, struct rs_txn *t,
		      struct record *rec, uint8_t *mem)
{
	struct value v;
	int err;

	rec->val = mem;
	rec->weight = rng_below(r, 1000);
	if (rec->key[0] == PAYLOAD) {
		err = make_payload(w, r, t, &v);
		if (err)
			return err;
		rec->val_len = sizeof(v);
		memcpy(mem, &v, sizeof(v));
		return 0;
	}
	rec->val_len =
		(size_t)rng_below(r, rng_one_in(r, 20) ? RS_VAL_MAX : 60);
	fill(mem, rec->val_len, rng_u64(r));
	return 0;
}

int work_change(const struct work *w, struct rng *r, struct rs_txn *t,
		struct twin *twin)
{
	uint8_t mem[RS_VAL_MAX + 8];
	struct record rec = { 0 };
	bool found;
	size_t pos;
	int err = 0;

	rec.key_len = draw_key(w, r, rec.key);
	pos = twin_find(twin, rec.key, rec.key_len, &found);
	if (found)
		err = drop_payload(t, twin, pos);
	if (!err && found && rng_one_in(r, 2)) {
		err = rs_del(t, rec.key, rec.key_len);
		if (!err)
			twin_remove(twin, pos);
		return err;
	}
	if (!err)
		err = draw_value(w, r, t, &rec, mem);
	if (!err)
		err = rs_put(t, rec.key, rec.key_len, rec.val, rec.val_len,
			     rec.weight);
	if (!err)
		twin_put(twin, &rec);
	return err;
}

static bool payload_is_good(const struct rs_view *v, const void *val,
			    size_t val_len)
{
	struct value x;
	const uint8_t *data;
	struct rs_ptr p;
	uint8_t *want;
	bool good;

	if (val_len != sizeof(x))
		return false;
	memcpy(&x, val, sizeof(x));
	rs_ptr_decode(x.ptr, &p);
	if (rs_payload_get(v, &p, x.len, &data))
		return false;
	want = malloc(x.len);
	assert_non_null(want);
	fill(want, x.len, x.seed);
	good = memcmp(data, want, x.len) == 0;
	free(want);
	return good && rs_view_check(v) == 0;
}

static bool is_record(const struct rs_cursor *c, const struct record *r)
{
	return c->key_len == r->key_len && c->val_len == r->val_len &&
	       c->weight == r->weight &&
	       memcmp(c->key, r->key, r->key_len) == 0 &&
	       (r->val_len == 0 || memcmp(c->val, r->val, r->val_len) == 0) &&
	       (c->key[0] != PAYLOAD ||
		payload_is_good(c->view, c->val, c->val_len));
}

bool work_equal(const struct rs_view *v, const struct twin *twin)
{
	struct rs_cursor c;
	size_t i = 0;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_nth(&c, 0);
	while (!err && i < twin->n && is_record(&c, &twin->r[i])) {
		err = rs_cursor_next(&c);
		i++;
	}
	rs_cursor_finish(&c);
	return err == -ENOENT && i == twin->n;
}

void work_compare(const struct rs_view *v, const struct twin *twin)
{
	assert_true(work_equal(v, twin));
}

void work_crowd(struct rs_store *s, struct rng *r, uint64_t leave)
{
	static struct rs_ptr runs[4096];
	uint64_t left = 0;
	size_t n = 0;

	while (rs_reserve(s, RS_ZONE_META, 0, 16, &runs[n].pgno,
			  &runs[n].npages) == 0)
		assert_true(++n < 4096);
	while (left < leave && n > 0) {
		struct rs_ptr *run = &runs[rng_below(r, n)];
		uint32_t some = 1 + (uint32_t)rng_below(r, run->npages);

		rs_unreserve(s, run->pgno, some);
		left += some;
		*run = runs[--n];
	}
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct value v;
	struct rs_ptr p;

	(void)arg;
	if (!c || c->key[0] != PAYLOAD)
		return 0;
	if (c->val_len != sizeof(v)) {
		rs_check_report(ck, "a payload record of %zu bytes",
				c->val_len);
		return 0;
	}
	memcpy(&v, c->val, sizeof(v));
	rs_ptr_decode(v.ptr, &p);
	rs_check_own(ck, &p);
	if (!payload_is_good(c->view, c->val, c->val_len))
		rs_check_report(ck, "payload on page %llu is wrong",
				(unsigned long long)p.pgno);
	return 0;
}

static void print(void *arg, const char *text)
{
	(void)arg;
	printf("finding: %s\n", text);
}

void work_check(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, own, print, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}
