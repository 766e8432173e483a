/* SPDX-License-Identifier: Apache-2.0 */
/* query_value.c - evaluating: see bitmap.h for what that costs. */

#include "fs/query_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- numbers -------------------------------------------------------------- */

/* Members not above member: no set is built for it. */
static int rank_of(struct fs_query_value *v, uint64_t member, uint64_t *ret_n)
{
	struct bm_expr *of = v->expr;
	int err;

	v->expr = NULL;
	err = bm_expr_range(of, 0, member, &v->expr);
	return err ? err : bm_expr_count(v->expr, ret_n);
}

static int open_view(struct fs_query_value *v, struct bm_view **ret_view)
{
	struct bm_expr *of = v->expr;

	v->expr = NULL;
	return bm_expr_open(of, ret_view);
}

static int member_at(struct fs_query_value *v, uint64_t n, uint64_t *ret_member)
{
	struct bm_view *view;
	int err = open_view(v, &view);

	if (err)
		return err;
	err = bm_select(view, n, ret_member);
	bm_view_close(view);
	return err;
}

bool fs_face_is_number(const struct fs_query *q, enum fs_face face)
{
	return q->kind == FS_QUERY_RANK || q->kind == FS_QUERY_SELECT ||
	       face == FS_FACE_COUNT || face == FS_FACE_MIN ||
	       face == FS_FACE_MAX;
}

int fs_value_number(struct fs_query_value *v, const struct fs_query *q,
		    enum fs_face face, uint64_t *ret_number)
{
	if (q->kind == FS_QUERY_RANK)
		return rank_of(v, q->a, ret_number);
	if (q->kind == FS_QUERY_SELECT)
		return member_at(v, q->a, ret_number);
	if (face == FS_FACE_MIN)
		return bm_expr_min(v->expr, ret_number);
	if (face == FS_FACE_MAX)
		return bm_expr_max(v->expr, ret_number);
	return bm_expr_count(v->expr, ret_number);
}

/* --- members -------------------------------------------------------------- */

/* Where in the text the line of the n-th member begins, or would: lines have
 * as many bytes as their number has digits, and one. */
static int offset_of(const struct bm_view *view, uint64_t n, uint64_t *ret_off)
{
	uint64_t most = 0, before = 0, off = 0;

	for (uint64_t digits = 1; digits <= 20 && before < n; digits++) {
		uint64_t upto;
		int err;

		most = digits < 20 ? most * 10 + 9 : UINT64_MAX;
		err = bm_rank(view, most, &upto);
		if (err)
			return err;
		upto = upto < n ? upto : n;
		off += (upto - before) * (digits + 1);
		before = upto;
	}
	*ret_off = off;
	return 0;
}

/* The lines of len members from the first-th on. */
static int cut_out(struct fs_answer *a, uint64_t first, uint64_t len)
{
	uint64_t end;
	int err;

	if (__builtin_add_overflow(first, len, &end))
		end = UINT64_MAX;
	err = offset_of(a->view, first, &a->off);
	if (!err)
		err = offset_of(a->view, end, &a->size);
	a->size -= a->off;
	a->whole = false;
	return err;
}

int fs_value_members(struct fs_query_value *v, const struct fs_query *q,
		     enum fs_face face, struct fs_answer *ret_answer)
{
	struct fs_answer a = { .whole = true };
	enum bm_format format = BM_FORMAT_TEXT;
	int err = 0;

	if (face != FS_FACE_SELF)
		format = (enum bm_format)(face - FS_FACE_MEMBERS);
	if (q->kind == FS_QUERY_RANGE) {
		struct bm_expr *of = v->expr;

		v->expr = NULL;
		err = bm_expr_range(of, q->a, q->b, &v->expr);
	}
	if (!err)
		err = open_view(v, &a.view);
	if (!err)
		err = bm_file_open(a.view, format, &a.file);
	if (!err)
		a.size = bm_file_size(a.file);
	if (!err && q->kind == FS_QUERY_SLICE)
		err = cut_out(&a, q->a, q->b);
	if (err)
		fs_answer_finish(&a);
	else
		*ret_answer = a;
	return err;
}

int fs_answer_read(const struct fs_answer *a, uint64_t off, char *buf,
		   size_t len, size_t *ret_len)
{
	if (off >= a->size)
		len = 0;
	else if (len > a->size - off)
		len = (size_t)(a->size - off);
	*ret_len = 0;
	return len ? bm_file_read(a->file, a->off + off, buf, len, ret_len) : 0;
}

void fs_answer_finish(struct fs_answer *a)
{
	bm_file_close(a->file);
	bm_view_close(a->view);
	*a = (struct fs_answer){ 0 };
}

/* --- the table ------------------------------------------------------------ */

int fs_value_info(struct fs_query_value *v, const char *text, char **ret_text,
		  size_t *ret_len)
{
	uint64_t count, min = 0, max = 0;
	char bounds[96] = "";
	int err = bm_expr_count(v->expr, &count);
	int n;

	if (!err && count)
		err = bm_expr_min(v->expr, &min);
	if (!err && count)
		err = bm_expr_max(v->expr, &max);
	if (err)
		return err;
	if (count)
		snprintf(bounds, sizeof(bounds),
			 "min         %" PRIu64 "\nmax         %" PRIu64 "\n",
			 min, max);
	n = asprintf(ret_text,
		     "expression  %s\ncount       %" PRIu64 "\n%s"
		     "sets        %" PRIu64 "\n",
		     text, count, bounds, v->sets);
	*ret_len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -ENOMEM : 0;
}
