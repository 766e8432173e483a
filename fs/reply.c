/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - errors, entries and buffers on their way to the kernel. */

#include "fs/reply.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/alone.h"
#include "fs/ring_class.h"
#include "fs/view.h"

/* Damage is said on stderr as well, so often and no more. */
#define LOUD_MAX 100u

struct fs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static bool is_damage(int err)
{
	return err == -EIO || err == -EUCLEAN || err == -EBADMSG;
}

static void add_name(char path[FS_PATH_MAX], const char *name)
{
	size_t at = strlen(path);

	if (at > 0 && path[at - 1] == '/')
		at--;
	snprintf(path + at, FS_PATH_MAX - at, "/%s", name);
}

/* name: in node, or NULL. */
static void say_damage(fuse_req_t req, uint64_t node, const char *name, int err)
{
	static _Atomic unsigned said;
	struct fs *fs = fs_of(req);
	char path[FS_PATH_MAX], where[RS_DAMAGE_TEXT], why[400];
	unsigned n = atomic_fetch_add(&said, 1);

	/* Before the path is looked for, which may meet damage of its own. */
	if (rs_damage_take(where))
		snprintf(why, sizeof(why), "%s: %s", err_text(err), where);
	else
		snprintf(why, sizeof(why), "%s", err_text(err));
	fs_node_path(fs, node, n < LOUD_MAX, path);
	if (name)
		add_name(path, name);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){ .when_ns = fs_now_ns(),
					     .pid = fuse_req_ctx(req)->pid,
					     .path = path,
					     .text = err_name(err),
					     .reason = why });
	if (n < LOUD_MAX)
		fprintf(stderr, "roarfs: error: '%s': %s: %s\n", path,
			err_name(err), why);
}

void fs_note_why(fuse_req_t req, uint64_t node, const char *text,
		 const char *reason)
{
	struct fs *fs = fs_of(req);
	char path[FS_PATH_MAX];

	fs_node_path(fs, node, true, path);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){ .when_ns = fs_now_ns(),
					     .pid = fuse_req_ctx(req)->pid,
					     .path = path,
					     .text = text,
					     .reason = reason });
}

static void reply_err(fuse_req_t req, uint64_t node, const char *name, int err)
{
	assert(err <= 0);
	if (err && !err_is_listed(err)) {
		fprintf(stderr, "roarfs: error: unlisted errno %d\n", -err);
		err = -EIO;
	}
	if (is_damage(err)) {
		say_damage(req, node, name, err);
		err = -EIO;
	}
	fuse_reply_err(req, -err);
}

void fs_reply_err(fuse_req_t req, int err)
{
	reply_err(req, 0, NULL, err);
}

void fs_reply_err_at(fuse_req_t req, uint64_t node, int err)
{
	reply_err(req, node, NULL, err);
}

void fs_reply_err_in(fuse_req_t req, uint64_t dir, const char *name, int err)
{
	reply_err(req, dir, name, err);
}

/* The attributes of a directory in a format are asked for twice by each call
 * that makes something in it.
 */
static double attr_timeout(uint64_t node, enum rs_kind kind)
{
	if (!fs_node_changes(node, kind))
		return FS_FOREVER;
	return kind == RS_KIND_DIR ? FS_MOMENT : 0;
}

void fs_entry_fill(uint64_t node, const struct stat *st, enum rs_kind kind,
		   struct fuse_entry_param *ret_e)
{
	bool moves = fs_node_decode(node).what == FS_WHAT_LATEST;

	*ret_e = (struct fuse_entry_param){
		.ino = node,
		.attr = *st,
		.attr_timeout = attr_timeout(node, kind),
		.entry_timeout = moves ? 0 : FS_FOREVER,
	};
}

/* The kernel may believe it as long as it lives, less what the kernel rounds
 * up, and no longer than until it notices that the clock was set.
 */
static void bound(struct fs *fs, const struct fs_inode *in,
		  struct fuse_entry_param *e)
{
	int64_t left_ms;
	double most;

	if (!in->attr.expires_ms)
		return;
	left_ms = (int64_t)in->attr.expires_ms - fs_clock(fs) / 1000000 -
		  FS_KERNEL_TICK_MS;
	most = left_ms < 0		    ? 0
	       : left_ms < FS_CLOCK_STEP_MS ? (double)left_ms / 1000
					    : FS_CLOCK_STEP_MS / 1000.0;
	if (e->entry_timeout > most)
		e->entry_timeout = most;
	if (e->attr_timeout > most)
		e->attr_timeout = most;
}

void fs_entry_stored(struct fs *fs, uint64_t node, const struct stat *st,
		     const struct fs_inode *in, struct fuse_entry_param *ret_e)
{
	fs_entry_fill(node, st, in->obj.kind, ret_e);
	ret_e->generation = in->attr.generation;
	/* What a snapshot shows it shows for ever. */
	if (!fs_node_decode(node).snap)
		bound(fs, in, ret_e);
}

static int stored_entry(struct fs *fs, uint64_t node, bool named,
			struct fuse_entry_param *ret_e)
{
	struct stat st;
	struct fs_inode in;
	int err;

	err = fs_node_get(fs, node, &in);
	if (!err && named && fs_node_expired(fs, node, &in.attr))
		err = -ENOENT;
	if (!err)
		err = fs_as_stat(fs, node, &in, &st);
	if (err)
		return err;
	fs_entry_stored(fs, node, &st, &in, ret_e);
	return 0;
}

static int entry(struct fs *fs, uint64_t node, bool named,
		 struct fuse_entry_param *ret_e)
{
	struct stat st;
	int err;

	if (fs_node_decode(node).what == FS_WHAT_STORED)
		return stored_entry(fs, node, named, ret_e);
	err = fs_node_stat(fs, node, &st);
	if (!err)
		fs_entry_fill(node, &st, RS_KIND_REGION, ret_e);
	return err;
}

int fs_entry_of(struct fs *fs, uint64_t node, struct fuse_entry_param *ret_e)
{
	return entry(fs, node, false, ret_e);
}

int fs_entry_named(struct fs *fs, uint64_t node, struct fuse_entry_param *ret_e)
{
	return entry(fs, node, true, ret_e);
}

void fs_reply_node(fuse_req_t req, uint64_t node, int err)
{
	struct fuse_entry_param e;

	if (!err)
		err = fs_entry_of(fs_of(req), node, &e);
	if (err)
		fs_reply_err_at(req, node, err);
	else
		fuse_reply_entry(req, &e);
}

void fs_entry_in(struct fs *fs, uint64_t dir, struct fuse_entry_param *e)
{
	struct fs_node n = fs_node_decode(dir);

	if (!n.snap && (n.format || fs_unkept_out(&fs->unkept)))
		e->entry_timeout = 0;
}

void fs_reply_no_node(fuse_req_t req, uint64_t dir)
{
	struct fuse_entry_param e = { .entry_timeout = FS_FOREVER };

	fs_entry_in(fs_of(req), dir, &e);
	fuse_reply_entry(req, &e);
}

#ifdef HAVE_FUSE_URING
/* With io_uring libfuse runs one thread on each CPU.
 *
 * It ends these threads by cancelling them, wherever they are, after it
 * has woken them to end by themselves. They do without the first, as a thread
 * cancelled in a handler would keep its locks. And it unmaps a thread's
 * requests once the thread has ended, while workers may still have to answer
 * some (when the connection was aborted), so the thread ends after them.
 */
static pthread_key_t drain_key;
static pthread_once_t drain_once = PTHREAD_ONCE_INIT;

static void drain(void *arg)
{
	struct fs *fs = arg;

	/* A worker may tell the kernel first, and another reply after that. */
	fs_workers_drain(&fs->workers);
	fs_notifier_drain(&fs->notifier);
	fs_workers_drain(&fs->workers);
}

static void make_drain_key(void)
{
	int err = pthread_key_create(&drain_key, drain);

	assert(!err);
	(void)err;
}

static void settle_thread(struct fs *fs)
{
	pthread_once(&drain_once, make_drain_key);
	pthread_setspecific(drain_key, fs);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	fs_ring_class_begin();
}
#endif

struct fs *fs_begin(fuse_req_t req)
{
	struct fs *fs = fs_of(req);
#ifdef HAVE_FUSE_URING
	static _Thread_local bool settled;
	bool uring = fuse_req_is_uring(req);

	if (uring && !settled) {
		settled = true;
		settle_thread(fs);
		fs_ctl_note_transport(fs, true);
	}
	if (uring) {
		fs_ring_class_look();
		fs_alone_note(fuse_req_ctx(req)->pid);
	}
#endif
	return fs;
}

/* --- room ----------------------------------------------------------------- */

/* A thread's buffer goes with the thread. */
static pthread_key_t room_key;
static pthread_once_t room_once = PTHREAD_ONCE_INIT;

struct room {
	size_t size;
	char bytes[];
};

static void make_key(void)
{
	int err = pthread_key_create(&room_key, free);

	assert(!err);
	(void)err;
}

static int thread_room(size_t size, char **ret_room)
{
	struct room *r;

	pthread_once(&room_once, make_key);
	r = pthread_getspecific(room_key);
	if (!r || r->size < size) {
		free(r);
		r = malloc(sizeof(*r) + size);
		pthread_setspecific(room_key, r);
		if (!r)
			return -ENOMEM;
		r->size = size;
	}
	*ret_room = r->bytes;
	return 0;
}

int fs_reply_room(fuse_req_t req, size_t size, char **ret_room)
{
#ifdef HAVE_FUSE_URING
	size_t payload_size;
	char *payload;

	if (fuse_req_is_uring(req) &&
	    !fuse_req_get_payload(req, &payload, &payload_size, NULL) &&
	    payload_size >= size) {
		*ret_room = payload;
		return 0;
	}
#else
	(void)req;
#endif
	return thread_room(size, ret_room);
}

/* --- requests ------------------------------------------------------------- */

struct fs_io fs_io_of(fuse_req_t req, const struct fuse_file_info *fi)
{
	struct fs_io io = { .pid = fuse_req_ctx(req)->pid };

	if (!fi)
		return io;
	io.owner = fi->lock_owner;
	io.append = fi->flags & O_APPEND;
	io.mapped = fi->writepage;
#ifdef HAVE_FUSE_KILL_SUIDGID
	io.kill_priv = fi->kill_suidgid;
#endif
	return io;
}

struct fs_handle *fs_handle_of(const struct fuse_file_info *fi)
{
	struct fs_handle *h;
	bool given;

	memcpy(&h, &fi->fh, sizeof(h));
	given = atomic_load_explicit(&h->given, memory_order_acquire);

	assert(given);
	(void)given;
	return h;
}

/* Read and written in one, so that each of several threads that end their
 * operations is seen by the one that closes.
 */
void fs_handle_done(struct fs_handle *h)
{
	(void)atomic_exchange_explicit(&h->given, true, memory_order_acq_rel);
}

void fs_handle_to(struct fuse_file_info *fi, struct fs_handle *h)
{
	atomic_store_explicit(&h->given, true, memory_order_release);
	fi->fh = 0;
	memcpy(&fi->fh, &h, sizeof(h));
}
