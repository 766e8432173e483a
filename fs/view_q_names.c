/* SPDX-License-Identifier: Apache-2.0 */
/* view_q_names.c - names in .q/ are looked up. */

#include <stdlib.h>
#include <string.h>

#include "fs/query_value.h"
#include "fs/view.h"
#include "fs/view_q.h"

static const char of_name[] = "of";

bool fs_q_is_here(struct fs *fs, uint64_t dir)
{
	return fs_node_decode(dir).ino != FS_INO_ROOT && fs_as_is_here(fs, dir);
}

int fs_q_enter(uint64_t dir, uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(dir);

	*ret_node = fs_node_q(n.snap, n.ino);
	return *ret_node ? 0 : -EOVERFLOW;
}

/* --- names ---------------------------------------------------------------- */

/* Digits, and perhaps a sign and more digits. */
static int parse_numbers(const char *name, char sign, uint64_t *ret_a,
			 uint64_t *ret_b)
{
	char *end;

	errno = 0;
	if (*name < '0' || *name > '9')
		return -EINVAL;
	*ret_a = strtoull(name, &end, 10);
	if (sign) {
		if (end[0] != sign || end[1] < '0' || end[1] > '9')
			return -EINVAL;
		*ret_b = strtoull(end + 1, &end, 10);
	}
	return *end || errno ? -EINVAL : 0;
}

/* A number for it, and so a node. */
static int enter(struct fs *fs, const struct fs_query *like, uint64_t *ret_node)
{
	struct fs_query *q;
	int err = fs_query_find(&fs->queries, like, &q);

	if (err)
		return err;
	*ret_node = fs_node_query(q->number, FS_FACE_SELF);
	fs_query_drop(&fs->queries, q);
	return 0;
}

int fs_q_evaluate(const struct fs_q_asking *a, const struct fs_query *q,
		  struct fs_query_value *ret_value, struct fs_query_error *e)
{
	const struct fs_query_ask ask = { a->fs, &a->who, q->dir, q->text,
					  a->quick };

	return fs_query_open(&ask, ret_value, e);
}

static int lookup_expr(const struct fs_q_asking *a, const struct fs_node *n,
		       const char *name, uint64_t *ret_node,
		       struct fs_query_error *e)
{
	char text[FS_NAME_MAX + 1];
	struct fs_query like = { .kind = FS_QUERY_EXPR,
				 .dir = fs_node_stored(n->snap, n->ino),
				 .text = text };
	struct fs_query_value v;
	size_t len = strlen(name);
	int err;

	if (len > FS_NAME_MAX)
		return fs_query_fail(
			e, -ENAMETOOLONG, 0, name,
			"longer than a name may be, 255 bytes: make links to "
			"sets, or to .q/EXPR of a part of it, with short "
			"names, or ask roarfs query");
	memcpy(text, name, len + 1);
	err = fs_q_evaluate(a, &like, &v, e);
	if (err)
		return err;
	fs_query_close(&v);
	return enter(a->fs, &like, ret_node);
}

static int lookup_member(const struct fs_q_asking *a, const struct fs_query *q,
			 uint64_t member, uint64_t *ret_node,
			 struct fs_query_error *e)
{
	struct fs_query_value v;
	bool has = false;
	int err = fs_q_evaluate(a, q, &v, e);

	if (err)
		return err;
	if (a->quick && v.sets > FS_QUERY_QUICK)
		err = -EAGAIN;
	if (!err)
		err = bm_expr_contains(v.expr, member, &has);
	fs_query_close(&v);
	if (err)
		return err;
	*ret_node = fs_node_query(q->number, FS_FACE_MEMBER);
	return has ? 0 : -ENOENT;
}

static int lookup_select(const struct fs_q_asking *a,
			 const struct fs_query *like, uint64_t *ret_node,
			 struct fs_query_error *e)
{
	struct fs_query *q;
	int64_t mtime_ns;
	uint64_t size;
	int err = fs_query_find(&a->fs->queries, like, &q);

	if (err)
		return err;
	err = fs_q_size(a, q, FS_FACE_SELF, &size, &mtime_ns, e);
	*ret_node = fs_node_query(q->number, FS_FACE_SELF);
	fs_query_drop(&a->fs->queries, q);
	return err;
}

/* What stands in the directories of answers. */
static const struct answer {
	enum fs_query_kind kind;
	char sign;
	const char *reason;
} answers[FS_FACES] = {
	[FS_FACE_HAS] = { FS_QUERY_EXPR, 0, "has/ID: a number belongs there" },
	[FS_FACE_RANK] = { FS_QUERY_RANK, 0,
			   "rank/ID: a number belongs there" },
	[FS_FACE_SELECT] = { FS_QUERY_SELECT, 0,
			     "select/N: a number belongs there, from 0" },
	[FS_FACE_RANGE] = { FS_QUERY_RANGE, '-',
			    "range/A-B: two numbers belong there, the second "
			    "not below the first" },
	[FS_FACE_SLICE] = { FS_QUERY_SLICE, '+',
			    "slice/OFF+N: two numbers belong there, how many "
			    "to skip and to show" },
};

static int lookup_answer(const struct fs_q_asking *a, const struct fs_query *q,
			 unsigned face, const char *name, uint64_t *ret_node,
			 struct fs_query_error *e)
{
	const struct answer *answer = &answers[face];
	struct fs_query like = { .kind = answer->kind,
				 .dir = q->dir,
				 .text = q->text };
	int err = parse_numbers(name, answer->sign, &like.a, &like.b);

	if (err || (face == FS_FACE_RANGE && like.a > like.b))
		return fs_query_fail(e, -ENOENT, 0, name, answer->reason);
	if (face == FS_FACE_HAS)
		return lookup_member(a, q, like.a, ret_node, e);
	if (face == FS_FACE_SELECT)
		return lookup_select(a, &like, ret_node, e);
	return enter(a->fs, &like, ret_node);
}

static int lookup_face(const struct fs_query *q, const char *name,
		       uint64_t *ret_node)
{
	for (unsigned f = 0; f < FS_FACES; f++) {
		const char *face = fs_face_name(f);

		if (!face || strcmp(face, name) != 0)
			continue;
		*ret_node = fs_node_query(q->number, f);
		return 0;
	}
	return -ENOENT;
}

/* --- .q/of/ID/ ------------------------------------------------------------ */

static int lookup_id(struct fs *fs, const struct fs_node *n, const char *name,
		     uint64_t *ret_node, struct fs_query_error *e)
{
	char none[] = "";
	struct fs_query like = { .kind = FS_QUERY_OF,
				 .dir = fs_node_stored(n->snap, n->ino),
				 .text = none };

	if (parse_numbers(name, 0, &like.a, NULL))
		return fs_query_fail(e, -ENOENT, 0, name,
				     "of/ID: a number belongs there");
	return enter(fs, &like, ret_node);
}

int fs_q_has(const struct fs_caller *who, struct rs_view *v, uint64_t ino,
	     uint64_t member, bool *ret_has)
{
	struct bm_view *bv;
	struct fs_inode in;
	int err = fs_inode_get(v, ino, &in);

	*ret_has = false;
	if (err || in.obj.kind != RS_KIND_SET ||
	    !fs_caller_may(who, &in.attr, FS_MAY_READ))
		return err;
	err = bm_view_open(v, ino, &bv);
	if (err)
		return err;
	err = bm_contains(bv, member, ret_has);
	bm_view_close(bv);
	return err;
}

/* Lines that wait for it come first. */
static int holds(const struct fs_q_asking *a, const struct fs_query *q,
		 const char *name, bool *ret_has)
{
	struct fs_node n = fs_node_decode(q->dir);
	struct rs_view *v;
	enum rs_kind kind;
	int64_t now_ns;
	uint64_t ino;
	int err = fs_node_view_at(a->fs, q->dir, &v, &now_ns);

	if (err)
		return err;
	err = fs_lookup(v, now_ns, n.ino, name, &ino, &kind);
	rs_view_put(v);
	if (!err && !n.snap)
		err = bm_settle(a->fs->db, ino);
	if (!err)
		err = fs_node_view(a->fs, q->dir, &v);
	if (err)
		return err;
	err = fs_q_has(&a->who, v, ino, q->a, ret_has);
	rs_view_put(v);
	return err;
}

static int lookup_link(const struct fs_q_asking *a, const struct fs_query *q,
		       const char *name, uint64_t *ret_node)
{
	char text[FS_NAME_MAX + 1];
	struct fs_query like = {
		.kind = FS_QUERY_LINK, .dir = q->dir, .a = q->a, .text = text
	};
	bool has = false;
	int err = fs_name_check(name);

	if (!err)
		err = holds(a, q, name, &has);
	if (err)
		return err;
	memcpy(text, name, strlen(name) + 1);
	return has ? enter(a->fs, &like, ret_node) : -ENOENT;
}

static int lookup_in(const struct fs_q_asking *a, const struct fs_query *q,
		     unsigned face, const char *name, uint64_t *ret_node,
		     struct fs_query_error *e)
{
	if (q->kind == FS_QUERY_OF)
		return lookup_link(a, q, name, ret_node);
	if (q->kind != FS_QUERY_EXPR)
		return -ENOTDIR;
	if (fs_face_is_dir(face))
		return lookup_answer(a, q, face, name, ret_node, e);
	return face == FS_FACE_SELF ? lookup_face(q, name, ret_node) : -ENOTDIR;
}

int fs_q_lookup(const struct fs_q_asking *a, uint64_t parent, const char *name,
		uint64_t *ret_node, struct fs_query_error *e)
{
	struct fs_node n = fs_node_decode(parent);
	struct fs_query *q;
	int err;

	*e = (struct fs_query_error){ 0 };
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		*ret_node = name[1] ? fs_q_parent(a->fs, parent) : parent;
		return 0;
	}
	if (n.what == FS_WHAT_Q && strcmp(name, of_name) == 0) {
		*ret_node = fs_node_of(n.snap, n.ino);
		return 0;
	}
	if (n.what == FS_WHAT_Q)
		return lookup_expr(a, &n, name, ret_node, e);
	if (n.what == FS_WHAT_OF)
		return lookup_id(a->fs, &n, name, ret_node, e);
	q = fs_query_hold(&a->fs->queries, n.query);
	if (!q)
		return -ESTALE;
	err = lookup_in(a, q, n.face, name, ret_node, e);
	fs_query_drop(&a->fs->queries, q);
	return err;
}
