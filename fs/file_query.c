/* SPDX-License-Identifier: Apache-2.0 */
/* file_query.c - an open file of a query: a number, a little table, or
 * members. Evaluated when it is opened, and what it was then as long as it is
 * open: the views below it are pinned.
 *
 * Who reads first asks how large the file is, so that is evaluated as well,
 * and remembered with the version of the sets (query_table.h): opening it then
 * finds a number there, and of members at least their size.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/query_value.h"
#include "fs/view_q.h"
#include "regionstore/base/auto.h"

struct query_file {
	struct fs_handle h;
	struct fs_query *q; /* held */
	enum fs_face face;
	bool slow; /* to read */
	struct fs_answer answer;
	char *text; /* instead; owned */
	size_t len;
};

static bool is_too_much(const struct fs_q_asking *a,
			const struct fs_query_value *v)
{
	return a->quick && v->segments > FS_QUERY_QUICK;
}

/* --- numbers: evaluated once for each version ----------------------------- */

static int number_of(const struct fs_q_asking *a, struct fs_query *q,
		     enum fs_face face, struct fs_query_value *v,
		     struct fs_query_known *ret_known)
{
	struct fs_query_known k = { .version = v->version };
	int err;

	if (!fs_query_recall(&a->fs->queries, q, face, v->version, &k)) {
		if (is_too_much(a, v))
			return -EAGAIN;
		err = fs_value_number(v, q, face, &k.value);
		k.none = err == -ENOENT;
		if (err && !k.none)
			return err;
		fs_query_note(&a->fs->queries, q, face, &k);
	}
	if (k.none && q->kind == FS_QUERY_SELECT)
		return -ENOENT;
	*ret_known = k;
	return 0;
}

/* Nothing at all for the least member of the empty set. */
static int number_text(const struct fs_query_known *k,
		       char text[FS_ANSWER_TEXT])
{
	text[0] = '\0';
	return k->none ? 0
		       : snprintf(text, FS_ANSWER_TEXT, "%" PRIu64 "\n",
				  k->value);
}

/* --- how large ------------------------------------------------------------ */

static int measure(struct fs_query_value *v, const struct fs_query *q,
		   enum fs_face face, uint64_t *ret_size)
{
	AUTO_FREE char *text = NULL;
	struct fs_answer answer;
	size_t len = 0;
	int err;

	if (face == FS_FACE_INFO) {
		err = fs_value_info(v, q->text, &text, &len);
		*ret_size = len;
		return err;
	}
	err = fs_value_members(v, q, face, &answer);
	if (err)
		return err;
	*ret_size = answer.size;
	fs_answer_finish(&answer);
	return 0;
}

static int size_of(const struct fs_q_asking *a, struct fs_query *q,
		   enum fs_face face, struct fs_query_value *v,
		   uint64_t *ret_size)
{
	struct fs_query_known k = { .version = v->version };
	char text[FS_ANSWER_TEXT];
	int err;

	if (fs_query_open_size(&a->fs->queries, q, face, ret_size))
		return 0;
	if (fs_face_is_number(q, face)) {
		err = number_of(a, q, face, v, &k);
		if (!err)
			*ret_size = (uint64_t)number_text(&k, text);
		return err;
	}
	if (!fs_query_recall(&a->fs->queries, q, face, v->version, &k)) {
		if (is_too_much(a, v))
			return -EAGAIN;
		err = measure(v, q, face, &k.value);
		if (err)
			return err;
		fs_query_note(&a->fs->queries, q, face, &k);
	}
	*ret_size = k.value;
	return 0;
}

int fs_q_size(const struct fs_q_asking *a, struct fs_query *q, unsigned face,
	      uint64_t *ret_size, int64_t *ret_mtime_ns,
	      struct fs_query_error *e)
{
	struct fs_query_value v;
	int err = fs_q_evaluate(a, q, &v, e);

	*ret_mtime_ns = a->fs->started_ns;
	/* Who has it open asks as well, whatever has become of its names. */
	if (err == -ENOENT &&
	    fs_query_open_size(&a->fs->queries, q, (enum fs_face)face,
			       ret_size)) {
		*e = (struct fs_query_error){ 0 };
		return 0;
	}
	if (err)
		return err;
	*ret_mtime_ns = v.mtime_ns ? v.mtime_ns : a->fs->started_ns;
	err = size_of(a, q, (enum fs_face)face, &v, ret_size);
	/* As a set in that format: it cannot be opened, and has no bytes. */
	if (err == -EOVERFLOW) {
		*ret_size = 0;
		err = 0;
	}
	fs_query_close(&v);
	return err;
}

/* --- an open one ---------------------------------------------------------- */

static int query_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		      size_t *ret_len)
{
	const struct query_file *f = (const struct query_file *)h;

	if (!f->text)
		return fs_answer_read(&f->answer, off, buf, len, ret_len);
	if (off >= f->len)
		len = 0;
	else if (len > f->len - off)
		len = f->len - (size_t)off;
	if (len)
		memcpy(buf, f->text + off, len);
	*ret_len = len;
	return 0;
}

static uint64_t size_seen(const struct query_file *f)
{
	return f->text ? f->len : f->answer.size;
}

static int query_size(struct fs_handle *h, uint64_t *ret_size)
{
	*ret_size = size_seen((struct query_file *)h);
	return 0;
}

static bool query_reads_slowly(struct fs_handle *h)
{
	return ((struct query_file *)h)->slow;
}

static int query_source(struct fs_handle *h, struct fs_copy_source *ret_source)
{
	const struct query_file *f = (const struct query_file *)h;

	if (f->text || !f->answer.whole)
		return -EOPNOTSUPP;
	*ret_source = (struct fs_copy_source){ .view = f->answer.view };
	if (f->face != FS_FACE_SELF)
		ret_source->format =
			(enum bm_format)(f->face - FS_FACE_MEMBERS);
	return 0;
}

static void free_file(struct query_file *f)
{
	fs_query_drop(&f->h.fs->queries, f->q);
	fs_answer_finish(&f->answer);
	free(f->text);
	free(f);
}

static void query_release(struct fs_handle *h)
{
	struct query_file *f = (struct query_file *)h;

	fs_query_closed(&h->fs->queries, f->q, f->face);
	free_file(f);
}

static const struct fs_file_ops query_ops = {
	.read = query_read,
	.size = query_size,
	.reads_slowly = query_reads_slowly,
	.copy_source = query_source,
	.release = query_release,
};

static int open_number(const struct fs_q_asking *a, struct query_file *f,
		       struct fs_query_value *v)
{
	struct fs_query_known k;
	int err = number_of(a, f->q, f->face, v, &k);

	if (err)
		return err;
	f->text = malloc(FS_ANSWER_TEXT);
	if (!f->text)
		return -ENOMEM;
	f->len = (size_t)number_text(&k, f->text);
	return 0;
}

static int open_value(const struct fs_q_asking *a, struct query_file *f,
		      struct fs_query_value *v)
{
	struct fs_query_known k = { .version = v->version };
	int err;

	if (fs_face_is_number(f->q, f->face))
		return open_number(a, f, v);
	if (is_too_much(a, v))
		return -EAGAIN;
	f->slow = v->segments > FS_QUERY_QUICK;
	err = f->face == FS_FACE_INFO
		      ? fs_value_info(v, f->q->text, &f->text, &f->len)
		      : fs_value_members(v, f->q, f->face, &f->answer);
	if (err)
		return err;
	k.value = size_seen(f);
	fs_query_note(&a->fs->queries, f->q, f->face, &k);
	return 0;
}

static int fill(const struct fs_q_asking *a, struct query_file *f,
		struct fs_query_error *e)
{
	struct fs_query_value v;
	int err;

	if (f->face == FS_FACE_MEMBER) {
		f->text = strdup("");
		return f->text ? 0 : -ENOMEM;
	}
	err = fs_q_evaluate(a, f->q, &v, e);
	if (err)
		return err;
	err = open_value(a, f, &v);
	fs_query_close(&v);
	return err;
}

int fs_q_open(const struct fs_q_asking *a, uint64_t node,
	      struct fs_handle **ret_h, struct fs_query_error *e)
{
	struct fs_node n = fs_node_decode(node);
	struct query_file *f = calloc(1, sizeof(*f));
	int err;

	*e = (struct fs_query_error){ 0 };
	if (!f)
		return -ENOMEM;
	f->h.ops = &query_ops;
	f->h.fs = a->fs;
	f->face = (enum fs_face)n.face;
	f->q = fs_query_hold(&a->fs->queries, n.query);
	if (!f->q || n.face >= FS_FACES) {
		free(f);
		return -ESTALE;
	}
	err = fill(a, f, e);
	if (err) {
		free_file(f);
		return err;
	}
	fs_query_opened(&a->fs->queries, f->q, f->face, size_seen(f));
	*ret_h = &f->h;
	return 0;
}
