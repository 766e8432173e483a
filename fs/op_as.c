/* SPDX-License-Identifier: Apache-2.0 */
/* op_as.c - changes through .as/FORMAT/, and replying to them.
 *
 * They are changes to the live tree, which the kernel knows by its plain
 * names. When it may have one of those in mind (as_names.h) it is told before
 * the reply goes out, so that who waited for the change sees it everywhere.
 *
 * The notifier's thread waits for locks of the kernel on plain directories,
 * and their holders wait for requests of theirs to be served. So nothing may
 * wait for that thread but these replies; and it must not send them itself.
 * With io_uring, who replies takes the next request for that place in the
 * ring, in the kernel and before anybody else can see it: asleep in the
 * kernel for a lock it would keep the one that its holder waits for. A worker
 * sends them.
 */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fs/op.h"
#include "fs/view.h"

static bool is_known(const struct fs_as_names *n, uint64_t dir,
		     const char *name, bool gone)
{
	return fs_as_names_has(n, dir, name) ||
	       (gone && fs_as_names_has(n, dir, ""));
}

void fs_op_tell_attr(struct fs *fs, uint64_t dir)
{
	if (fs_as_names_has(&fs->as_names, dir, "."))
		fs_notify_attr(&fs->notifier, dir);
}

bool fs_op_tell(fuse_req_t req, fuse_ino_t parent, const char *name, bool gone)
{
	struct fs_node dir = fs_node_decode(parent);
	struct fs *fs = fs_of(req);

	if (!dir.format || dir.snap)
		return false;
	fs_op_tell_attr(fs, dir.ino);
	if (!is_known(&fs->as_names, dir.ino, name, gone))
		return false;
	fs_notify_name(&fs->notifier, dir.ino, name);
	return true;
}

struct told {
	struct fs_notified note; /* first that one, */
	struct fs_job job;	 /* then this one */
	fuse_req_t req;
	struct fuse_entry_param e;
	bool has_entry;
	struct fs_handle *h; /* of a new file, with fi */
	struct fuse_file_info fi;
};

static void reply(struct told *t)
{
	int err;

	if (t->h) {
		err = fuse_reply_create(t->req, &t->e, &t->fi);
		if (err)
			fs_handle_close(t->h);
	} else if (t->has_entry) {
		fuse_reply_entry(t->req, &t->e);
	} else {
		fs_reply_err(t->req, 0);
	}
}

static void run_reply(struct fs_job *job)
{
	void *at = (char *)job - offsetof(struct told, job);
	struct told *t = at;

	reply(t);
	free(t);
}

static void hand_over(struct fs_notified *note)
{
	struct told *t = (struct told *)note;

	t->job.run = run_reply;
	fs_worker_add(&fs_of(t->req)->workers, &t->job);
}

static void send(bool told, const struct told *now)
{
	struct told *t = told ? malloc(sizeof(*t)) : NULL;

	if (t) {
		*t = *now;
		t->note.run = hand_over;
		fs_notify_then(&fs_of(now->req)->notifier, &t->note);
	} else {
		struct told copy = *now;

		reply(&copy);
	}
}

void fs_op_reply_done(fuse_req_t req, bool told)
{
	send(told, &(struct told){ .req = req });
}

void fs_op_reply_entry(fuse_req_t req, bool told,
		       const struct fuse_entry_param *e)
{
	send(told, &(struct told){ .req = req, .e = *e, .has_entry = true });
}

void fs_op_reply_create(fuse_req_t req, bool told,
			const struct fuse_entry_param *e,
			const struct fuse_file_info *fi, struct fs_handle *h)
{
	send(told, &(struct told){ .req = req, .e = *e, .fi = *fi, .h = h });
}
