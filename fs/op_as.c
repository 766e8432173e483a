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
 *
 * A request that waits for its reply keeps its place in the ring of a CPU. If
 * replies that wait for that thread had all places of a ring, the request by
 * which the holder of its lock gets on would never come in. So at most
 * FS_TELLING_MAX wait, one less than a ring has places. When there are more the
 * kernel is told to forget all names, for which it takes no lock, and keeps
 * none for some seconds: then nobody has to wait (unkept.h). It costs a request
 * for each name that is used meanwhile, so it is not done for a few.
 *
 * Attributes of sets, which the kernel may keep of their plain face (kept.h),
 * take no lock either: that they are stale it is told at once.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mounts.h"
#include "fs/op.h"
#include "fs/view.h"

static bool is_known(const struct fs_as_names *n, uint64_t dir,
		     const char *name, bool gone)
{
	return fs_as_names_has(n, dir, name) ||
	       (gone && fs_as_names_has(n, dir, ""));
}

/* At once; and again, as an answer may be under way with a directory that the
 * kernel does not have yet, which it would believe.
 */
void fs_op_tell_attr(struct fs *fs, uint64_t dir)
{
	if (!fs_as_names_has(&fs->as_names, dir, "."))
		return;
	fs_notify_attr_now(&fs->notifier, dir);
	fs_notify_attr(&fs->notifier, dir);
}

/* The kernel is not told the name by itself: it forgets all of them. What is
 * mounted in a directory would go with the name of that, so then it is told
 * late; as by a kernel before 6.16, which cannot do it.
 */
static void forget_names(struct fs *fs)
{
	uint64_t now = cond_now_ns();
	uint64_t until;

	if (fs_unkept_all(&fs->unkept, now) || fs_mount_any_below(fs->mnt))
		return;
	until = fs_unkept_begin(&fs->unkept, now);
	if (!fs_notify_all_names(&fs->notifier))
		fs_unkept_forgotten(&fs->unkept, until);
}

bool fs_op_tell(fuse_req_t req, fuse_ino_t parent, const char *name, bool gone)
{
	struct fs_node dir = fs_node_decode(parent);
	struct fs *fs = fs_of(req);

	if (!dir.format || dir.snap)
		return false;
	fs_op_tell_attr(fs, dir.ino);
	if (!is_known(&fs->as_names, dir.ino, name, gone) ||
	    fs_unkept_all(&fs->unkept, cond_now_ns()))
		return false;
	if (fs_notify_name(&fs->notifier, dir.ino, name))
		return true;
	forget_names(fs);
	return false;
}

static void tell_set(struct fs *fs, unsigned format, uint64_t ino)
{
	if (format && (fs_kept_has(&fs->kept, ino, cond_now_ns()) ||
		       fs_fresh_elsewhere(&fs->fresh, ino, format)))
		fs_notify_attr_now(&fs->notifier, ino);
}

void fs_op_tell_set(struct fs *fs, uint64_t node)
{
	struct fs_node n = fs_node_decode(node);

	if (n.what == FS_WHAT_STORED && !n.snap)
		tell_set(fs, n.format, n.ino);
}

void fs_op_tell_set_in(struct fs *fs, uint64_t parent, uint64_t ino)
{
	struct fs_node dir = fs_node_decode(parent);

	if (ino && !dir.snap)
		tell_set(fs, dir.format, ino);
}

/* --- replies -------------------------------------------------------------- */

enum answer {
	DONE,
	ENTRY,
	CREATED
};

struct told {
	struct fs_notified note; /* first that one, */
	struct fs_job job;	 /* then this one */
	enum answer answer;
	fuse_req_t req;
	struct fuse_entry_param e;
	struct fs_handle *h; /* of a file that was made, with fi */
	struct fuse_file_info fi;
};

static void reply(struct told *t)
{
	int err = 0;

	switch (t->answer) {
	case DONE:
		fs_reply_err(t->req, 0);
		break;
	case ENTRY:
		fuse_reply_entry(t->req, &t->e);
		break;
	case CREATED:
		err = fuse_reply_create(t->req, &t->e, &t->fi);
		break;
	}
	if (err && t->h)
		fs_handle_close(t->h);
}

static void run_reply(struct fs_job *job)
{
	void *at = (char *)job - offsetof(struct told, job);
	struct told *t = at;
	struct fs *fs = fs_of(t->req);

	reply(t);
	atomic_fetch_sub(&fs->telling, 1);
	free(t);
}

static void hand_over(struct fs_notified *note)
{
	struct told *t = (struct told *)note;

	t->job.run = run_reply;
	fs_worker_add(&fs_of(t->req)->workers, &t->job);
}

static bool has_place(fuse_req_t req)
{
#ifdef HAVE_FUSE_URING
	return fuse_req_is_uring(req);
#else
	(void)req;
	return false;
#endif
}

/* One more that waits; NULL when it must not, or cannot. */
static struct told *make_wait(const struct told *now)
{
	struct fs *fs = fs_of(now->req);
	unsigned before = atomic_fetch_add(&fs->telling, 1);
	struct told *t = NULL;

	if (before < FS_TELLING_MAX || !has_place(now->req))
		t = malloc(sizeof(*t));
	if (t)
		*t = *now;
	else
		atomic_fetch_sub(&fs->telling, 1);
	return t;
}

static void send(bool told, const struct told *now)
{
	struct told *t = told ? make_wait(now) : NULL;

	if (told && !t)
		forget_names(fs_of(now->req));
	if (t) {
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
	send(told, &(struct told){ .req = req, .answer = ENTRY, .e = *e });
}

void fs_op_reply_create(fuse_req_t req, bool told,
			const struct fuse_entry_param *e,
			const struct fuse_file_info *fi, struct fs_handle *h)
{
	send(told, &(struct told){ .req = req,
				   .answer = CREATED,
				   .e = *e,
				   .fi = *fi,
				   .h = h });
}
