/* SPDX-License-Identifier: Apache-2.0 */
/* adopt.c - parse a scratch file into a stage, then rename. */

#include "fs/adopt.h"

#include <stdio.h>
#include <string.h>

#include "fs/region.h"
#include "regionstore/base/auto.h"

#define PIECE ((size_t)256 * 1024)

/* Lines counted through the whole file, for the message. */
struct parse {
	struct bm_stage *stage;
	struct bm_partial torn;
	uint64_t lines; /* newlines before the piece */
	struct bm_text_error error;
	struct bm_parser *parser; /* of a binary format, else NULL */
	const char *format;	  /* its name */
};

static uint64_t count_newlines(const char *text, size_t len)
{
	uint64_t n = 0;

	while (len) {
		const char *nl = memchr(text, '\n', len);

		if (!nl)
			break;
		n++;
		len -= (size_t)(nl + 1 - text);
		text = nl + 1;
	}
	return n;
}

static int sink(void *arg, struct bm_batch *b)
{
	return bm_stage_append(arg, b);
}

static int parse_bytes(struct parse *p, const char *bytes, size_t len)
{
	struct bm_parse_error why = { 0 };
	int err = len ? bm_parser_feed(p->parser, bytes, len, &why)
		      : bm_parser_end(p->parser, &why);

	p->error.reason = why.reason;
	snprintf(p->error.text, sizeof(p->error.text), "byte %llu of %s",
		 (unsigned long long)why.off, p->format);
	return err;
}

static int parse_lines(struct parse *p, const char *text, size_t len)
{
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	if (len)
		err = bm_partial_feed(&p->torn, text, len, &b, &p->error);
	else
		err = bm_partial_finish(&p->torn, &b, &p->error);
	if (!err && !bm_batch_empty(&b))
		err = bm_stage_append(p->stage, &b);
	bm_batch_finish(&b);
	if (err)
		p->error.line += p->lines;
	p->lines += count_newlines(text, len);
	return err;
}

static int parse_region(struct fs *fs, uint64_t ino, struct parse *p)
{
	AUTO_FREE char *buf = malloc(PIECE);
	uint64_t off = 0;
	size_t len;
	int err;

	if (!buf)
		return -ENOMEM;
	do {
		err = fs_region_read(fs, ino, off, buf, PIECE, &len);
		if (!err)
			err = p->parser ? parse_bytes(p, buf, len)
					: parse_lines(p, buf, len);
		off += len;
	} while (!err && len);
	return err;
}

static int swap_locked(struct fs *fs, const struct fs_rename *r,
		       struct bm_stage *stage, uint64_t *ret_orphan)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = fs_rename_as_set(t, r, stage, ret_orphan);
	if (err) {
		rs_txn_abort(t);
		return err == -EAGAIN ? -EBUSY : err;
	}
	return rs_txn_end(t);
}

static void explain(struct fs *fs, const struct fs_rename *r, int pid,
		    const struct bm_text_error *te)
{
	char path[FS_PATH_MAX];
	struct rs_view *v;

	if (rs_view_live(fs->store, &v))
		return;
	fs_paths_find(&fs->paths, v, r->to_parent, path);
	rs_view_put(v);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s",
		 r->to);
	fs_errlog_add(&fs->errlog, &(struct fs_err_line){
					   .when_ns = fs_now_ns(),
					   .pid = pid,
					   .path = path,
					   .line = te->line,
					   .text = *te->text ? te->text : NULL,
					   .reason = te->reason,
				   });
}

static int scratch_of(struct fs *fs, const struct fs_rename *r,
		      uint64_t *ret_ino)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_rename_scratch(v, r, ret_ino);
	rs_view_put(v);
	return err || *ret_ino ? err : -EBUSY;
}

static int adopt(struct fs *fs, const struct fs_rename *r, uint64_t ino,
		 struct parse *p, uint64_t *ret_orphan)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	int err;

	err = parse_region(fs, ino, p);
	if (!err)
		err = bm_stage_settle(p->stage);
	if (err)
		return err;
	rwlock_write(stripe);
	err = swap_locked(fs, r, p->stage, ret_orphan);
	rwlock_drop(stripe);
	if (err == -EPERM)
		p->error.reason = "it has another name that begins with a dot: "
				  "remove that, or copy it";
	return err;
}

static int begin_parse(struct fs *fs, enum bm_format format, struct parse *p)
{
	int err = bm_stage_new(fs->db, &p->stage);

	bm_partial_init(&p->torn);
	if (err || bm_format_is_lines(format))
		return err;
	p->format = bm_format_name(format);
	err = bm_parser_new(format, sink, p->stage, &p->parser);
	if (err)
		bm_stage_free(p->stage);
	return err;
}

/* Packed and sorted as the directory says in which it becomes a set. */
static int pack_as_below(struct fs *fs, uint64_t dir, struct bm_stage *stage)
{
	struct fs_inode in;
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_inode_get(v, dir, &in);
	rs_view_put(v);
	if (!err && in.attr.segment_bytes)
		err = bm_stage_set_segment_bytes(stage, in.attr.segment_bytes);
	if (!err)
		err = bm_stage_set_shards(stage, in.attr.shards);
	return err;
}

int fs_adopt(struct fs *fs, const struct fs_rename *r, enum bm_format format,
	     int pid, uint64_t *ret_adopted, uint64_t *ret_orphan)
{
	struct parse p = { 0 };
	uint64_t ino;
	int err;

	err = scratch_of(fs, r, &ino);
	if (!err)
		err = begin_parse(fs, format, &p);
	if (err)
		return err;
	err = pack_as_below(fs, r->to_parent, p.stage);
	if (!err)
		err = adopt(fs, r, ino, &p, ret_orphan);
	bm_parser_free(p.parser);
	bm_stage_free(p.stage);
	if (err && p.error.reason)
		explain(fs, r, pid, &p.error);
	if (!err)
		*ret_adopted = ino;
	return err;
}
