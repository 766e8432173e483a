/* SPDX-License-Identifier: Apache-2.0 */
/* op_query.c - requests on what is in .q/.
 *
 * Each is tried where it arrived, as long as little has to be evaluated, and
 * done again from the beginning on a worker when that is not so.
 *
 * How long the kernel may believe what: that a file of a query has a name, for
 * ever. That an expression parses and its sets are there, a second. What is in
 * has/ and select/, and how large a file is, not at all. So `cat` of an answer
 * is getattr, open, read and release.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/op_dir.h"
#include "fs/view.h"

#define GROUPS_MAX 1024

bool fs_op_is_query(fuse_ino_t node)
{
	struct fs_node n = fs_node_decode(node);

	return fs_node_is_q(&n);
}

/* --- who asks ------------------------------------------------------------- */

/* The kernel does not send them: libfuse reads /proc. */
static bool in_group(const struct fs_caller *c, uint32_t gid)
{
	gid_t *list = calloc(GROUPS_MAX, sizeof(*list));
	int n = list ? fuse_req_getgroups(c->arg, GROUPS_MAX, list) : 0;
	bool is = false;

	for (int i = 0; !is && i < n && i < GROUPS_MAX; i++)
		is = list[i] == gid;
	free(list);
	return is;
}

struct fs_caller fs_op_caller(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct fs_caller){ .uid = ctx->uid,
				   .gid = ctx->gid,
				   .pid = ctx->pid,
				   .in_group = in_group,
				   .arg = req };
}

/* --- replies -------------------------------------------------------------- */

struct query_job {
	struct fs_job job;
	fuse_req_t req;
	fuse_ino_t node;
	void (*run)(struct query_job *j, const struct fs_q_asking *a);
	struct fuse_file_info fi;
	char name[FS_QUERY_TEXT_MAX + 1]; /* of a lookup */
};

/* The sentence goes with the path of what was asked; name is in it. */
static void explain(const struct query_job *j, const struct fs_query_error *e)
{
	struct fs *fs = fs_of(j->req);
	char path[FS_PATH_MAX + FS_QUERY_TEXT_MAX + 2];
	size_t len;

	if (!e->reason[0])
		return;
	fs_q_path(fs, j->node, path);
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "%s%s", j->name[0] ? "/" : "",
		 j->name);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){ .when_ns = fs_now_ns(),
					     .pid = fuse_req_ctx(j->req)->pid,
					     .path = path,
					     .text = e->text,
					     .reason = e->reason });
}

static void run_later(struct fs_job *job)
{
	struct query_job *j = (struct query_job *)job;
	const struct fs_q_asking a = { .fs = fs_of(j->req),
				       .who = fs_op_caller(j->req) };

	j->run(j, &a);
	free(j);
}

static void later(const struct query_job *now)
{
	struct query_job *j = malloc(sizeof(*j));

	if (!j) {
		fs_reply_err(now->req, -ENOMEM);
		return;
	}
	*j = *now;
	j->job.run = run_later;
	fs_worker_add(&fs_of(j->req)->workers, &j->job);
}

/* Whether there is anything to say, to do later, or all is well. */
static bool is_done(struct query_job *j, int err, struct fs_query_error *e)
{
	if (err == -EAGAIN) {
		later(j);
	} else if (err) {
		if (err == -EFBIG && !e->reason[0])
			fs_query_fail(e, err, 0, "",
				      "more members than 2^58, so that no text "
				      "of them would fit a file");
		explain(j, e);
		fs_reply_err_at(j->req, j->node, err);
	}
	return err;
}

static void begin(struct query_job *j)
{
	const struct fs_q_asking a = { .fs = fs_begin(j->req),
				       .who = fs_op_caller(j->req),
				       .quick = true };

	j->run(j, &a);
}

/* --- names ---------------------------------------------------------------- */

static void reply_found(struct query_job *j, uint64_t node)
{
	static const double seconds[] = {
		[FS_Q_NOT] = 0,
		[FS_Q_A_WHILE] = FS_KEPT,
		[FS_Q_FOREVER] = FS_FOREVER,
	};
	struct fuse_entry_param e = { .ino = node };
	enum fs_q_lasts lasts;
	int err = fs_q_stat_named(fs_of(j->req), node, &e.attr, &lasts);

	if (err) {
		fs_reply_err_at(j->req, j->node, err);
		return;
	}
	e.entry_timeout = seconds[lasts];
	e.attr_timeout = fs_q_keeps(&e.attr) ? FS_FOREVER : 0;
	fuse_reply_entry(j->req, &e);
}

static void run_lookup(struct query_job *j, const struct fs_q_asking *a)
{
	struct fs_query_error e;
	uint64_t node;
	int err = fs_q_lookup(a, j->node, j->name, &node, &e);

	if (!is_done(j, err, &e))
		reply_found(j, node);
}

void fs_op_query_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct query_job j = { .req = req, .node = parent, .run = run_lookup };
	size_t len = strlen(name);

	if (len > FS_QUERY_TEXT_MAX) {
		fs_reply_err(req, -ENAMETOOLONG);
		return;
	}
	memcpy(j.name, name, len + 1);
	begin(&j);
}

/* --- attributes ----------------------------------------------------------- */

static void run_getattr(struct query_job *j, const struct fs_q_asking *a)
{
	struct fs_query_error e;
	struct stat st;
	int err = fs_q_stat(a, j->node, &st, &e);

	if (!is_done(j, err, &e))
		fuse_reply_attr(j->req, &st, fs_q_keeps(&st) ? FS_FOREVER : 0);
}

void fs_op_query_getattr(fuse_req_t req, fuse_ino_t node)
{
	struct query_job j = { .req = req, .node = node, .run = run_getattr };

	begin(&j);
}

/* --- files ---------------------------------------------------------------- */

static void run_open(struct query_job *j, const struct fs_q_asking *a)
{
	struct fs_query_error e;
	struct fs_handle *h;
	int err = fs_q_open(a, j->node, &h, &e);

	if (err == -EOVERFLOW)
		fs_query_fail(&e, err, 0, "roaring32",
			      "it has members above 4294967295: read it as "
			      "roaring");
	if (is_done(j, err, &e))
		return;
	h->fs = a->fs;
	h->node = j->node;
	fs_handle_add(h);
	fs_handle_to(&j->fi, h);
	j->fi.direct_io = 1;
	j->fi.noflush = 1;
	if (fuse_reply_open(j->req, &j->fi))
		fs_handle_close(h);
}

void fs_op_query_open(fuse_req_t req, fuse_ino_t node,
		      const struct fuse_file_info *fi)
{
	struct query_job j = {
		.req = req, .node = node, .run = run_open, .fi = *fi
	};

	if ((fi->flags & O_ACCMODE) != O_RDONLY || (fi->flags & O_TRUNC))
		fs_reply_err(req, -EROFS);
	else
		begin(&j);
}

/* --- .q/of/ID/ ------------------------------------------------------------ */

static int may_list(const struct fs_q_asking *a, uint64_t dir)
{
	struct fs_inode in;
	int err = fs_node_get(a->fs, dir, &in);

	if (!err &&
	    !fs_caller_may(&a->who, &in.attr, FS_MAY_READ | FS_MAY_SEARCH))
		err = -EACCES;
	return err;
}

static void run_opendir(struct query_job *j, const struct fs_q_asking *a)
{
	struct fs_query_error e = { 0 };
	uint64_t dir, member;
	int err;

	if (a->quick) {
		later(j);
		return;
	}
	err = fs_q_list_of(a->fs, j->node, &dir, &member);
	if (!err)
		err = may_list(a, dir);
	/* Any of them may have lines that wait. */
	if (!err && !fs_node_decode(dir).snap)
		err = bm_settle_all(a->fs->db);
	if (!is_done(j, err, &e))
		fs_op_opendir_now(j->req, j->node, &j->fi);
}

void fs_op_query_opendir(fuse_req_t req, fuse_ino_t node,
			 const struct fuse_file_info *fi)
{
	struct query_job j = {
		.req = req, .node = node, .run = run_opendir, .fi = *fi
	};

	begin(&j);
}
