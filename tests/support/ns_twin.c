/* SPDX-License-Identifier: Apache-2.0 */
/* ns_twin.c - see ns_twin.h. */
#include "tests/support/ns_twin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/test.h"

#define TEXT_MAX (1u << 16)

/* --- the twin ------------------------------------------------------------- */

bool nt_is_dir(const struct ns_twin *t, uint32_t o)
{
	return S_ISDIR(t->obj[o].mode);
}

bool nt_is_gone(const struct ns_twin *t, uint32_t o)
{
	return t->obj[o].expires &&
	       t->obj[o].expires <= (uint64_t)t->now / NT_MS;
}

struct name *nt_find(struct ns_twin *t, uint32_t dir, const char *text)
{
	for (size_t i = 0; i < NT_NAMES; i++)
		if (t->name[i].dir == dir && t->name[i].text == text)
			return &t->name[i];
	return NULL;
}

static bool is_empty(const struct ns_twin *t, uint32_t dir)
{
	for (size_t i = 0; i < NT_NAMES; i++)
		if (t->name[i].dir == dir)
			return false;
	return true;
}

struct name *nt_free_name(struct ns_twin *t)
{
	for (size_t i = 0; i < NT_NAMES; i++)
		if (t->name[i].dir == NT_NONE)
			return &t->name[i];
	return NULL;
}

static bool is_below(const struct ns_twin *t, uint32_t dir, uint32_t top)
{
	for (; dir != 0; dir = t->obj[dir].parent)
		if (dir == top)
			return true;
	return dir == top;
}

void nt_touch(struct ns_twin *t, uint32_t dir)
{
	t->obj[dir].mtime = t->obj[dir].ctime = t->now;
}

/* Is dir a directory in which names may change? */
static int usable(const struct ns_twin *t, uint32_t dir)
{
	if (!nt_is_dir(t, dir))
		return -ENOTDIR;
	return t->obj[dir].nlink ? 0 : -ENOENT;
}

int nt_may_add(struct ns_twin *t, uint32_t dir, const char *text)
{
	int err = usable(t, dir);

	if (err)
		return err;
	if (nt_find(t, dir, text))
		return -EEXIST;
	return dir == 0 ? -EPERM : 0;
}

void nt_add_name(struct ns_twin *t, uint32_t dir, const char *text, uint32_t to)
{
	struct name *n = nt_free_name(t);

	assert_non_null(n);
	if (n)
		*n = (struct name){ dir, to, text };
}

uint32_t nt_add_object(struct ns_twin *t, uint64_t ino, uint32_t mode,
		       uint32_t parent, enum fs_realm realm)
{
	uint32_t o = t->n_obj++;

	assert_true(o < NT_OBJECTS);
	t->obj[o] = (struct object){
		.ino = ino,
		.mode = mode,
		.nlink = S_ISDIR(mode) ? 2 : 1,
		.parent = parent,
		.realm = realm,
		.mtime = t->now,
		.ctime = t->now,
	};
	return o;
}

/* The object lost a name; its index when that was the last. */
uint32_t nt_drop_link(struct ns_twin *t, uint32_t o)
{
	struct object *b = &t->obj[o];

	b->nlink = S_ISDIR(b->mode) ? 0 : b->nlink - 1;
	b->ctime = t->now;
	if (b->nlink)
		return NT_NONE;
	b->expires = 0;
	return o;
}

/* --- descriptions --------------------------------------------------------- */

struct text {
	char *p;
	size_t len;
};

static void line(struct text *x, unsigned depth, const char *name,
		 const struct object *o)
{
	x->len += (size_t)snprintf(x->p + x->len, TEXT_MAX - x->len,
				   "%u %s %llu %o %u %u %lld %lld\n", depth,
				   name, (unsigned long long)o->ino, o->mode,
				   o->nlink, o->uid, (long long)o->mtime,
				   (long long)o->ctime);
	assert_true(x->len < TEXT_MAX);
}

static int by_text(const void *a, const void *b)
{
	const struct name *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

static void describe_twin(struct ns_twin *t, uint32_t dir, unsigned depth,
			  struct text *x)
{
	struct name *in[NT_NAMES];
	size_t n = 0;

	for (size_t i = 0; i < NT_NAMES; i++)
		if (t->name[i].dir == dir && !nt_is_gone(t, t->name[i].to))
			in[n++] = &t->name[i];
	qsort(in, n, sizeof(in[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		line(x, depth, in[i]->text, &t->obj[in[i]->to]);
		if (nt_is_dir(t, in[i]->to))
			describe_twin(t, in[i]->to, depth + 1, x);
	}
}

static void describe_view(struct rs_view *v, int64_t now, uint64_t dir,
			  unsigned depth, struct text *x)
{
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	uint64_t count, i;

	assert_int_equal(fs_dir_open(v, dir, &d), 0);
	for (i = 0; fs_dir_read(d, now, e.next, &e) == 0; i++) {
		struct fs_inode in;
		struct object o;

		assert_int_equal(fs_inode_get(v, e.ino, &in), 0);
		assert_int_equal(in.obj.kind, e.kind);
		o = (struct object){ .ino = e.ino,
				     .mode = in.attr.mode,
				     .nlink = in.attr.nlink,
				     .uid = in.attr.uid,
				     .mtime = in.attr.mtime_ns,
				     .ctime = in.attr.ctime_ns };
		line(x, depth, e.name, &o);
		if (e.kind != RS_KIND_DIR)
			continue;
		assert_true(in.attr.parent == dir);
		describe_view(v, now, e.ino, depth + 1, x);
	}
	fs_dir_close(d);
	assert_int_equal(fs_dir_count(v, now, dir, &count), 0);
	assert_int_equal(count, i);
}

char *nt_text(struct ns_twin *t)
{
	struct text x = { calloc(1, TEXT_MAX), 0 };

	assert_non_null(x.p);
	describe_twin(t, 0, 0, &x);
	return x.p;
}

char *nt_text_of_view(struct rs_view *v, int64_t now)
{
	struct text x = { calloc(1, TEXT_MAX), 0 };

	assert_non_null(x.p);
	describe_view(v, now, FS_INO_ROOT, 0, &x);
	return x.p;
}

/* --- what the system calls say ------------------------------------------- */

/* Opaque bytes below bitmaps/. */
static bool is_scratch(const struct ns_twin *t, uint32_t o)
{
	return S_ISREG(t->obj[o].mode) && !t->obj[o].is_set &&
	       t->obj[o].realm == FS_REALM_BITMAPS;
}

int nt_may_link(struct ns_twin *t, uint32_t o, uint32_t dir, const char *text)
{
	int err = nt_is_gone(t, o) ? -ENOENT : nt_may_add(t, dir, text);

	if (err)
		return err;
	if (nt_is_dir(t, o))
		return -EPERM;
	if (t->obj[o].realm != t->obj[dir].realm)
		return -EXDEV;
	return is_scratch(t, o) && text[0] != '.' ? -EPERM : 0;
}

int nt_may_remove(struct ns_twin *t, uint32_t dir, const struct name *n,
		  bool want_dir)
{
	int err = usable(t, dir);

	if (err)
		return err;
	if (!n || nt_is_gone(t, n->to))
		return -ENOENT;
	if (dir == 0)
		return -EPERM;
	if (!want_dir)
		return nt_is_dir(t, n->to) ? -EISDIR : 0;
	if (!nt_is_dir(t, n->to))
		return -ENOTDIR;
	return is_empty(t, n->to) ? 0 : -ENOTEMPTY;
}

static int may_replace(struct ns_twin *t, uint32_t o, uint32_t by)
{
	if (nt_is_dir(t, by) && !nt_is_dir(t, o))
		return -ENOTDIR;
	if (!nt_is_dir(t, by) && nt_is_dir(t, o))
		return -EISDIR;
	return nt_is_dir(t, o) && !is_empty(t, o) ? -ENOTEMPTY : 0;
}

static bool makes_circle(struct ns_twin *t, const struct renaming *r)
{
	if (r->from_dir == r->to_dir)
		return false;
	if (nt_is_dir(t, r->src->to) && is_below(t, r->to_dir, r->src->to))
		return true;
	return r->exchange && nt_is_dir(t, r->dst->to) &&
	       is_below(t, r->from_dir, r->dst->to);
}

static bool makes_set(struct ns_twin *t, const struct renaming *r)
{
	return (is_scratch(t, r->src->to) && r->to[0] != '.') ||
	       (r->exchange && is_scratch(t, r->dst->to) && r->from[0] != '.');
}

int nt_may_rename(struct ns_twin *t, const struct renaming *r)
{
	bool dst = r->dst && !nt_is_gone(t, r->dst->to);
	int err = usable(t, r->from_dir);

	if (!err)
		err = usable(t, r->to_dir);
	if (err)
		return err;
	if (!r->src || nt_is_gone(t, r->src->to))
		return -ENOENT;
	if (dst && r->noreplace)
		return -EEXIST;
	if (!dst && r->exchange)
		return -ENOENT;
	if (dst && r->dst->to == r->src->to)
		return 0;
	if (r->from_dir == 0 || r->to_dir == 0)
		return -EPERM;
	if (t->obj[r->from_dir].realm != t->obj[r->to_dir].realm)
		return -EXDEV;
	if (makes_circle(t, r))
		return -EINVAL;
	if (dst && !r->exchange)
		err = may_replace(t, r->dst->to, r->src->to);
	return err ? err : makes_set(t, r) ? -EAGAIN : 0;
}

/* The name n now leads to o. */
static void lead(struct ns_twin *t, struct name *n, uint32_t o)
{
	if (nt_is_dir(t, o)) {
		t->obj[t->obj[o].parent].nlink--;
		t->obj[n->dir].nlink++;
		t->obj[o].parent = n->dir;
	}
	t->obj[o].ctime = t->now;
	n->to = o;
}

uint32_t nt_rename(struct ns_twin *t, struct renaming *r)
{
	uint32_t moved = r->src->to, orphan = NT_NONE;

	if (r->dst && r->dst->to == moved)
		return NT_NONE;
	if (r->exchange && r->dst) {
		uint32_t other = r->dst->to;

		lead(t, r->dst, moved);
		lead(t, r->src, other);
	} else if (r->dst) {
		if (nt_is_dir(t, r->dst->to))
			t->obj[r->to_dir].nlink--;
		orphan = nt_drop_link(t, r->dst->to);
		lead(t, r->dst, moved);
		r->src->dir = NT_NONE;
	} else {
		r->src->dir = r->to_dir;
		r->src->text = r->to;
		lead(t, r->src, moved);
	}
	nt_touch(t, r->from_dir);
	nt_touch(t, r->to_dir);
	return orphan;
}

/* --- from nothing and back ------------------------------------------------ */

void nt_init(struct ns_twin *t)
{
	*t = (struct ns_twin){ .obj = calloc(NT_OBJECTS, sizeof(t->obj[0])) };
	assert_non_null(t->obj);
	for (size_t i = 0; i < NT_NAMES; i++)
		t->name[i].dir = NT_NONE;
	nt_add_object(t, 1, S_IFDIR | 0755, 0, FS_REALM_NONE);
	nt_add_object(t, 2, S_IFDIR | 0755, 0, FS_REALM_BITMAPS);
	nt_add_object(t, 3, S_IFDIR | 0755, 0, FS_REALM_REGIONS);
	t->obj[0].nlink = 4;
	nt_add_name(t, 0, "bitmaps", 1);
	nt_add_name(t, 0, "regions", 2);
}

void nt_finish(struct ns_twin *t)
{
	free(t->obj);
}
