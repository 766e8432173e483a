/* SPDX-License-Identifier: Apache-2.0 */
/* expr_ops.c - the flows of and, xor, minus and of a range. */
#include "bitmap/expr_flow.h"

#include <errno.h>

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- folding what operands have at a key ---------------------------------- */

/* The container of operand i before the last one that takes part, and so on:
 * acc = acc op container, from the second on. */
struct fold {
	enum bm_algebra op;
	struct bm_cont acc;
	bool has;
};

static int fold_in(struct fold *fd, struct bm_flow *of, struct bm_eval *ev,
		   unsigned slot)
{
	struct bm_cont c;
	int err;

	if (!fd->has) {
		fd->has = true;
		return bm_flow_cont(of, ev, slot, &fd->acc);
	}
	err = bm_flow_cont(of, ev, slot + 1, &c);
	if (!err)
		bm_eval_pair(ev, slot, fd->op, &fd->acc, &c, &fd->acc);
	return err;
}

/* Does operand i have a part in what f has at its key? A full one adds nothing
 * to an and. */
static bool takes_part(const struct bm_flow *f, size_t i)
{
	if (f->ops == &bm_flow_all)
		return !f->of[i].full;
	return f->of[i].key == f->key;
}

/* The number of the last that takes part, of which there is one. */
static size_t last_part(const struct bm_flow *f)
{
	size_t last = f->n - 1;

	while (last && !takes_part(f, last))
		last--;
	return last;
}

/* Those before operand end. */
static int fold_upto(struct bm_flow *f, struct fold *fd, struct bm_eval *ev,
		     unsigned slot, size_t end)
{
	int err = 0;

	for (size_t i = 0; !err && i < end; i++) {
		if (fd->has && fd->op == BM_AND && fd->acc.card == 0)
			break;
		if (takes_part(f, i))
			err = fold_in(fd, &f->of[i], ev, slot);
	}
	return err;
}

static enum bm_algebra algebra_of(const struct bm_flow *f)
{
	if (f->ops == &bm_flow_all)
		return BM_AND;
	return f->ops == &bm_flow_xor ? BM_XOR : BM_MINUS;
}

static int fold_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		     struct bm_cont *ret_cont)
{
	struct fold fd = { .op = algebra_of(f) };
	int err = fold_upto(f, &fd, ev, slot, f->n);

	if (!err)
		*ret_cont = fd.acc;
	return err;
}

/* The last of them is not folded, but counted with the others. */
static int fold_count(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		      uint32_t *ret_count)
{
	struct fold fd = { .op = algebra_of(f) };
	size_t last = last_part(f);
	struct bm_cont c;
	int err = fold_upto(f, &fd, ev, slot, last);

	if (err)
		return err;
	if (!fd.has)
		return bm_flow_count(&f->of[last], ev, slot, ret_count);
	err = bm_flow_cont(&f->of[last], ev, slot + 1, &c);
	if (!err)
		*ret_count = bm_cont_pair_count(fd.op, &fd.acc, &c);
	return err;
}

/* --- and ------------------------------------------------------------------ */

/* In turn each goes to where the last one is, until all are at one place. */
static int all_seek(struct bm_flow *f, uint64_t key)
{
	uint64_t span = UINT64_MAX;
	bool full = true;
	size_t same = 0;

	for (size_t i = 0; same < f->n; i = i + 1 < f->n ? i + 1 : 0) {
		int err = bm_flow_seek(&f->of[i], key);

		if (err)
			return err;
		same = f->of[i].key == key ? same + 1 : 1;
		key = f->of[i].key;
		if (key == BM_KEY_END)
			return bm_flow_stand(f, key, 1, false);
	}
	for (size_t i = 0; i < f->n; i++) {
		full &= f->of[i].full;
		span = least(span, f->of[i].span);
	}
	return bm_flow_stand(f, key, span, full);
}

const struct bm_flow_ops bm_flow_all = {
	.seek = all_seek,
	.cont = fold_cont,
	.count = fold_count,
};

/* --- xor and minus -------------------------------------------------------- */

/* Where both are full for a while there is nothing. */
static int xor_seek(struct bm_flow *f, uint64_t key)
{
	struct bm_flow *a = &f->of[0];
	struct bm_flow *b = &f->of[1];

	for (;;) {
		const struct bm_flow *first;
		int err = bm_flow_seek(a, key);

		if (!err)
			err = bm_flow_seek(b, key);
		if (err)
			return err;
		first = a->key <= b->key ? a : b;
		if (a->key != b->key)
			return bm_flow_stand(
				f, first->key,
				least(first->span,
				      (a == first ? b->key : a->key) -
					      first->key),
				first->full);
		if (a->key == BM_KEY_END || !a->full || !b->full)
			return bm_flow_stand(f, a->key, 1, false);
		key = a->key + least(a->span, b->span);
	}
}

const struct bm_flow_ops bm_flow_xor = {
	.seek = xor_seek,
	.cont = fold_cont,
	.count = fold_count,
};

static int minus_seek(struct bm_flow *f, uint64_t key)
{
	struct bm_flow *a = &f->of[0];
	struct bm_flow *b = &f->of[1];

	for (;;) {
		int err = bm_flow_seek(a, key);

		if (!err && a->key < BM_KEY_END)
			err = bm_flow_seek(b, a->key);
		if (err)
			return err;
		if (a->key == BM_KEY_END)
			return bm_flow_stand(f, a->key, 1, false);
		if (b->key > a->key)
			return bm_flow_stand(f, a->key,
					     least(a->span, b->key - a->key),
					     a->full);
		if (!b->full)
			return bm_flow_stand(f, a->key, 1, false);
		key = a->key + least(a->span, b->span);
	}
}

const struct bm_flow_ops bm_flow_minus = {
	.seek = minus_seek,
	.cont = fold_cont,
	.count = fold_count,
};

/* --- from lo to hi -------------------------------------------------------- */

/* The first and the last container are in it in part. */
static bool is_edge(const struct bm_expr *e, uint64_t key)
{
	return (key == e->lo >> 16 && e->lo & 0xffff) ||
	       (key == e->hi >> 16 && (e->hi & 0xffff) != 0xffff);
}

static int range_seek(struct bm_flow *f, uint64_t key)
{
	const struct bm_expr *e = f->e;
	const struct bm_flow *of = &f->of[0];
	uint64_t last = e->hi >> 16;
	int err;

	if (e->lo > e->hi)
		return bm_flow_stand(f, BM_KEY_END, 1, false);
	if (key < e->lo >> 16)
		key = e->lo >> 16;
	err = bm_flow_seek(&f->of[0], key);
	if (err)
		return err;
	if (of->key > last)
		return bm_flow_stand(f, BM_KEY_END, 1, false);
	if (is_edge(e, of->key))
		return bm_flow_stand(f, of->key, 1, false);
	last += !is_edge(e, last);
	return bm_flow_stand(f, of->key, least(of->span, last - of->key),
			     of->full);
}

static int range_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		      struct bm_cont *ret_cont)
{
	const struct bm_expr *e = f->e;
	uint32_t lo = f->key == e->lo >> 16 ? e->lo & 0xffff : 0;
	uint32_t hi = f->key == e->hi >> 16 ? e->hi & 0xffff : 0xffff;
	uint16_t pair[2] = { (uint16_t)lo, (uint16_t)(hi - lo) };
	const struct bm_cont part = { .form = BM_RUNS,
				      .card = hi - lo + 1,
				      .n = 1,
				      .data = (const uint8_t *)pair };
	struct bm_cont c;
	int err = bm_flow_cont(&f->of[0], ev, slot, &c);

	if (err)
		return err;
	if (hi - lo == 0xffff)
		*ret_cont = c;
	else
		bm_eval_pair(ev, slot, BM_AND, &c, &part, ret_cont);
	return 0;
}

const struct bm_flow_ops bm_flow_range = {
	.seek = range_seek,
	.cont = range_cont,
};
