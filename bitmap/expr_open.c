/* SPDX-License-Identifier: Apache-2.0 */
/* expr_open.c - the one pass that makes a result known.
 *
 * What is known of a set without reading it, its count, ends and how many
 * members have how many digits, is counted here segment by segment.
 */
#include "bitmap/expr_pack.h"
#include "bitmap/expr_result.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

#include <errno.h>

/* So many bytes of a result are kept rather than made again. */
#define KEEP_MAX ((size_t)64 << 10)

/* The container at hand, which is not full. */
static int pack_one(struct bm_eval *ev, struct bm_packer *p)
{
	struct bm_cont c;
	int err = bm_flow_cont(&ev->root, ev, 0, &c);

	if (err || !c.card)
		return err;
	bm_cont_tidy(&c, &p->mem.work, &c);
	return c.card ? bm_packer_push(p, ev->root.key, &c) : -EUCLEAN;
}

int bm_expr_pack(struct bm_eval *ev, uint64_t key, uint64_t end,
		 struct bm_packer *p)
{
	struct bm_flow *f = &ev->root;
	int err = bm_flow_seek(f, key);

	while (!err && f->key < end) {
		uint64_t at = f->key;
		uint64_t n = f->span < end - at ? f->span : end - at;

		err = f->full ? bm_packer_push_full(p, at, n) : pack_one(ev, p);
		if (!err)
			err = bm_flow_seek(f, at + n);
	}
	return err;
}

/* --- the pass ------------------------------------------------------------- */

struct pass {
	struct bm_result *r;
	struct bm_set *set; /* id, min, max, count, digits */
};

static int add_mark(struct bm_result *r, const struct bm_result_mark *mark)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 8;
		struct bm_result_mark *m =
			reallocarray(r->marks, cap, sizeof(*m));

		if (!m)
			return -ENOMEM;
		r->marks = m;
		r->cap = cap;
	}
	r->marks[r->n++] = *mark;
	return 0;
}

static int keep(struct bm_result *r, const struct bm_seg *seg)
{
	if (r->whole && r->e && r->kept.len + seg->len > KEEP_MAX) {
		r->whole = false;
		buf_finish(&r->kept);
	}
	return r->whole ? buf_append(&r->kept, seg->data, seg->len) : 0;
}

static void count_digits(struct bm_set *set, const struct bm_seg *seg,
			 uint64_t min, uint64_t max)
{
	unsigned last = bm_digits_of(max);
	uint64_t before = 0;

	for (unsigned d = bm_digits_of(min); d <= last; d++) {
		uint64_t upto = d < last ? bm_seg_rank(seg, bm_digits_last(d))
					 : seg->card;

		set->digits.count[d - 1] += upto - before;
		before = upto;
	}
}

static int note(void *arg, const struct bm_seg *seg)
{
	struct pass *ps = arg;
	struct bm_result *r = ps->r;
	const struct bm_result_mark mark = {
		.lo = seg->lo,
		.before = r->count,
		.off = r->kept.len,
		.len_1 = (uint16_t)(seg->len - 1),
		.kind = (uint8_t)seg->kind,
	};
	uint64_t min = bm_seg_min(seg);
	uint64_t max = bm_seg_max(seg);
	uint64_t count;
	int err;

	if (!ck_add(r->count, seg->card, &count) || count > BM_MEMBERS_MAX)
		return -EFBIG;
	err = keep(r, seg);
	if (!err)
		err = add_mark(r, &mark);
	if (err)
		return err;
	if (r->count == 0)
		ps->set->min = min;
	ps->set->max = max;
	r->count = count;
	count_digits(ps->set, seg, min, max);
	return 0;
}

static int pass_over(struct pass *ps, struct bm_packer *p)
{
	struct bm_eval *ev;
	int err = bm_eval_new(ps->r->e, &ev);

	if (err)
		return err;
	err = bm_expr_pack(ev, 0, BM_KEY_END, p);
	bm_eval_free(ev);
	return err;
}

static int pass_batch(struct bm_batch *b, struct bm_packer *p)
{
	struct bm_delta_buf d;
	bool changed;
	int err = bm_delta_build(&b, 1, 1, &d);

	if (err)
		return err;
	err = bm_merge(NULL, &d.delta, p, &changed);
	bm_delta_finish(&d);
	return err;
}

/* b, or the expression of the result. */
static int run(struct pass *ps, struct bm_batch *b)
{
	struct bm_packer *p;
	int err = bm_packer_new(BM_SEG_DEFAULT, note, ps, &p);

	if (err)
		return err;
	err = b ? pass_batch(b, p) : pass_over(ps, p);
	if (!err)
		err = bm_packer_flush(p);
	bm_packer_free(p);
	return err;
}

/* --- the view ------------------------------------------------------------- */

/* A result that is as small as what lies in an object is one segment here,
 * too. */
static int settle_form(struct bm_view *bv)
{
	struct bm_result *r = bv->res;
	struct bm_set *set = &bv->set;

	set->count = r->count;
	if (r->count == 0)
		return 0;
	if (r->n > 1 || r->marks[0].len_1 >= BM_INLINE_MAX) {
		set->id = BM_RESULT_ID;
		set->segments = r->n;
		return 0;
	}
	set->seg = (struct bm_seg){ .kind = (enum bm_seg_kind)r->marks[0].kind,
				    .lo = r->marks[0].lo,
				    .data = buf_data(&r->kept),
				    .len = r->kept.len,
				    .card = r->count };
	return bm_seg_open(&set->seg);
}

static void tell(struct bm_view *bv)
{
	const struct bm_set *set = &bv->set;

	bv->info = (struct bm_info){
		.count = set->count,
		.min = set->min,
		.max = set->max,
		.text_size = bm_digits_text_size(&set->digits),
		.segments = set->segments,
		.segment_bytes = BM_SEG_DEFAULT,
	};
}

static void close_at(struct bm_view **bv)
{
	bm_view_close(*bv);
}

/* Of e, which is taken over, or of b. */
static int view_new(struct bm_expr *e, struct bm_batch *b,
		    struct bm_view **ret_view)
{
	AUTO(close_at) struct bm_view *bv = calloc(1, sizeof(*bv));
	struct rs_view *rs = e ? bm_expr_rs(e) : NULL;
	struct pass ps;
	int err;

	if (bv)
		bv->res = calloc(1, sizeof(*bv->res));
	if (!bv || !bv->res) {
		bm_expr_free(e);
		return -ENOMEM;
	}
	lock_init(&bv->res->lock, LOCK_MAKERS);
	bv->res->e = e;
	bv->res->whole = true;
	if (rs)
		bv->rs = rs_view_ref(rs);
	ps = (struct pass){ .r = bv->res, .set = &bv->set };
	rs_view_begin(rs);
	err = run(&ps, b);
	if (rs_view_check(rs))
		err = -EIO;
	if (!err)
		err = settle_form(bv);
	if (err)
		return err;
	tell(bv);
	*ret_view = take_ptr(&bv);
	return 0;
}

int bm_expr_open(struct bm_expr *e, struct bm_view **ret_view)
{
	if (e->op != BM_EXPR_VIEW)
		return view_new(e, NULL, ret_view);
	*ret_view = e->view;
	e->view = NULL;
	bm_expr_free(e);
	return 0;
}

int bm_expr_batch(struct bm_batch *b, struct bm_expr **ret_expr)
{
	struct bm_view *bv;
	int err = view_new(NULL, b, &bv);

	return err ? err : bm_expr_view(bv, ret_expr);
}
