/* SPDX-License-Identifier: Apache-2.0 */
/* journal_code.c - batches as the bytes of a journal record.
 *
 * All numbers are LEB128: seven bits to a byte, the lowest first, the top bit
 * set in all bytes but the last. Where a difference may be negative its sign
 * is in the lowest bit.
 */

#include "bitmap/journal_code.h"
#include "bitmap/batch.h"
#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define NUMBER_MAX 10u /* bytes of a 64-bit number */

/* How a command is coded: its op, and whether hi is lo. */
#define TAG_REMOVE 1u
#define TAG_RANGE  2u

static uint8_t *put_number(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* to - from, modulo 2^64; small in either direction is short. */
static uint8_t *put_step(uint8_t *p, uint64_t from, uint64_t to)
{
	uint64_t up = to - from;
	uint64_t down = from - to;

	return put_number(p, up <= INT64_MAX ? up << 1 : (down << 1) - 1);
}

/* --- coding --------------------------------------------------------------- */

size_t bm_code_max(const struct bm_batch *b)
{
	return NUMBER_MAX + b->n_members * (1 + NUMBER_MAX) +
	       b->n_ops * (1 + 2 * NUMBER_MAX);
}

static uint8_t *put_members(uint8_t *p, const uint64_t *members, size_t n)
{
	p = put_number(p, members[0]);
	for (size_t i = 1; i < n; i++) {
		assert(members[i] > members[i - 1]);
		p = put_number(p, members[i] - members[i - 1] - 1);
	}
	return p;
}

static uint8_t *put_ops(uint8_t *p, const struct bm_command *ops, size_t n)
{
	uint64_t prev = 0;

	for (size_t i = 0; i < n; i++) {
		const struct bm_command *c = &ops[i];

		*p++ = (uint8_t)((c->op == BM_REMOVE ? TAG_REMOVE : 0) |
				 (c->hi != c->lo ? TAG_RANGE : 0));
		p = put_step(p, prev, c->lo);
		if (c->hi != c->lo)
			p = put_number(p, c->hi - c->lo - 1);
		prev = c->hi;
	}
	return p;
}

static uint8_t *put_removals(uint8_t *p, const uint64_t *members, size_t n)
{
	uint64_t prev = 0;

	for (size_t i = 0; i < n; i++) {
		*p++ = TAG_REMOVE;
		p = put_step(p, prev, members[i]);
		prev = members[i];
	}
	return p;
}

size_t bm_code_put(const struct bm_batch *b, uint8_t *out)
{
	uint8_t *p = out;

	assert(!bm_batch_empty(b));
	if (b->n_ops) {
		p = put_number(p, (uint64_t)b->n_ops << 1 | 1);
		p = put_ops(p, b->ops, b->n_ops);
	} else if (b->op == BM_REMOVE) {
		p = put_number(p, (uint64_t)b->n_members << 1 | 1);
		p = put_removals(p, b->members, b->n_members);
	} else {
		p = put_number(p, (uint64_t)b->n_members << 1);
		p = put_members(p, b->members, b->n_members);
	}
	return (size_t)(p - out);
}

int bm_code_append(struct buf *out, struct bm_head *prev,
		   const struct bm_head *head, const uint8_t *code,
		   size_t code_len)
{
	uint8_t *room;
	uint8_t *p;
	int err = buf_reserve(out, BM_HEAD_MAX + code_len, &room);

	if (err)
		return err;
	assert(head->seq > prev->seq);
	p = put_number(room, head->seq - prev->seq);
	p = put_step(p, prev->ino, head->ino);
	p = put_step(p, (uint64_t)prev->when_ns, (uint64_t)head->when_ns);
	memcpy(p, code, code_len);
	buf_added(out, (size_t)(p - room) + code_len);
	*prev = *head;
	return 0;
}

/* --- reading -------------------------------------------------------------- */

void bm_code_reader_init(struct bm_code_reader *r, const void *data, size_t len)
{
	const uint8_t *p = data;

	*r = (struct bm_code_reader){ .p = p, .end = p + len };
}

static int get_long(struct bm_code_reader *r, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70 && r->p < r->end; shift += 7) {
		uint8_t byte = *r->p++;

		if (shift == 63 && byte > 1)
			return -EUCLEAN;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret = v;
			return 0;
		}
	}
	return -EUCLEAN;
}

static int get_number(struct bm_code_reader *r, uint64_t *ret)
{
	if (r->p < r->end && *r->p < 0x80) {
		*ret = *r->p++;
		return 0;
	}
	return get_long(r, ret);
}

static int get_step(struct bm_code_reader *r, uint64_t from, uint64_t *ret)
{
	uint64_t v = 0;
	int err = get_number(r, &v);

	if (!err)
		*ret = v & 1 ? from - (v >> 1) - 1 : from + (v >> 1);
	return err;
}

static int get_members(struct bm_code_reader *r, uint64_t n, struct bm_batch *b)
{
	uint64_t member = 0;
	int err = bm_batch_reserve(b, (size_t)n);

	if (!err)
		err = get_number(r, &member);
	for (uint64_t i = 0; !err && i < n; i++) {
		uint64_t step;

		b->members[b->n_members++] = member;
		if (i + 1 == n)
			break;
		err = get_number(r, &step);
		if (!err && (!ck_add(member, step, &member) ||
			     !ck_add(member, 1, &member)))
			err = -EUCLEAN;
	}
	return err;
}

static int get_op(struct bm_code_reader *r, uint64_t *prev, struct bm_batch *b)
{
	uint64_t lo = 0;
	uint64_t more = 0;
	uint64_t hi;
	unsigned tag;
	int err;

	if (r->p == r->end)
		return -EUCLEAN;
	tag = *r->p++;
	if (tag > (TAG_REMOVE | TAG_RANGE))
		return -EUCLEAN;
	err = get_step(r, *prev, &lo);
	hi = lo;
	if (!err && tag & TAG_RANGE) {
		err = get_number(r, &more);
		if (!err && (!ck_add(lo, more, &hi) || !ck_add(hi, 1, &hi)))
			err = -EUCLEAN;
	}
	*prev = hi;
	return err ? err
		   : bm_batch_range(b, lo, hi,
				    tag & TAG_REMOVE ? BM_REMOVE : BM_ADD);
}

/* Commands that are alike are members: additions have a code of their own, and
 * removals are sorted before they are coded. */
static bool are_commands(const struct bm_batch *b)
{
	return b->n_ops || (b->op == BM_REMOVE && b->ascending);
}

/* Each command takes a byte at least, so a count that lies costs nothing. */
static int get_batch(struct bm_code_reader *r, struct bm_batch *b)
{
	uint64_t prev = 0;
	uint64_t n = 0;
	int err = get_number(r, &n);
	bool ops = n & 1;

	n >>= 1;
	if (!err && (n == 0 || n > (uint64_t)(r->end - r->p)))
		err = -EUCLEAN;
	if (err || !ops)
		return err ? err : get_members(r, n, b);
	for (; !err && n > 0; n--)
		err = get_op(r, &prev, b);
	return !err && !are_commands(b) ? -EUCLEAN : err;
}

static int get_head(struct bm_code_reader *r, struct bm_head *ret_head)
{
	struct bm_head h = { 0 };
	uint64_t when = 0;
	uint64_t step = 0;
	int err = get_number(r, &step);

	if (!err && (step == 0 || !ck_add(r->prev.seq, step, &h.seq)))
		err = -EUCLEAN;
	if (!err)
		err = get_step(r, r->prev.ino, &h.ino);
	if (!err)
		err = get_step(r, (uint64_t)r->prev.when_ns, &when);
	if (err)
		return err;
	h.when_ns = (int64_t)when;
	r->prev = h;
	*ret_head = h;
	return 0;
}

static void empty(struct bm_batch *b)
{
	b->n_members = 0;
	b->n_ops = 0;
	b->op = BM_ADD;
	b->ascending = true;
}

int bm_code_next(struct bm_code_reader *r, struct bm_head *ret_head,
		 struct bm_batch *b)
{
	int err;

	empty(b);
	if (r->p == r->end)
		return -ENOENT;
	err = get_head(r, ret_head);
	r->code = r->p;
	if (!err)
		err = get_batch(r, b);
	if (err)
		bm_batch_finish(b);
	return err;
}
