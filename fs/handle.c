/* SPDX-License-Identifier: Apache-2.0 */
/* handle.c - the list of open files, and the end of an object.
 *
 * The list exists for the end: when the daemon is told to stop and files are
 * still open, what their writers staged must not be lost.
 */

#include "fs/fs.h"

#include <stdlib.h>

void fs_handle_add(struct fs_handle *h)
{
	struct fs *fs = h->fs;

	lock_take(&fs->handles_lock);
	h->prev = NULL;
	h->next = fs->handles;
	if (h->next)
		h->next->prev = h;
	fs->handles = h;
	lock_drop(&fs->handles_lock);
}

static void unlist(struct fs_handle *h)
{
	struct fs *fs = h->fs;

	lock_take(&fs->handles_lock);
	if (h->prev)
		h->prev->next = h->next;
	else
		fs->handles = h->next;
	if (h->next)
		h->next->prev = h->prev;
	lock_drop(&fs->handles_lock);
}

void fs_handle_close(struct fs_handle *h)
{
	struct fs *fs = h->fs;
	uint64_t counted = h->counted;
	bool writes = h->writes;

	unlist(h);
	h->ops->release(h);
	if (writes)
		fs_opens_writer(&fs->opens, counted, false);
	if (counted && fs_opens_put(&fs->opens, counted))
		fs_reap_later(fs, counted);
}

int fs_handle_view(struct fs *fs, uint64_t snap, struct rs_view **ret_view)
{
	const struct rs_view *found = NULL;

	lock_take(&fs->handles_lock);
	for (struct fs_handle *h = fs->handles; h && !found; h = h->next) {
		if (fs_node_decode(h->node).snap != snap || !h->ops->at)
			continue;
		*ret_view = rs_view_ref(h->ops->at(h));
		found = *ret_view;
	}
	lock_drop(&fs->handles_lock);
	return found ? 0 : -ENOENT;
}

static struct fs_handle *any_handle(struct fs *fs)
{
	struct fs_handle *h;

	lock_take(&fs->handles_lock);
	h = fs->handles;
	lock_drop(&fs->handles_lock);
	return h;
}

void fs_handle_close_all(struct fs *fs)
{
	struct fs_handle *h;

	while ((h = any_handle(fs)) != NULL)
		fs_handle_close(h);
}

/* --- objects without a name ----------------------------------------------- */

struct reap_job {
	struct fs_job job;
	struct fs *fs;
	uint64_t ino;
};

static int reap_slice(struct fs *fs, uint64_t ino, bool *ret_done)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = fs_reap(t, ino, ret_done);
	return rs_txn_end_or_abort(t, err);
}

/* What an error leaves is found and freed at the next mount. */
static void reap(struct fs_job *job)
{
	struct reap_job *r = (struct reap_job *)job;
	bool done = false;

	bm_forget(r->fs->db, r->ino);
	while (!done && !reap_slice(r->fs, r->ino, &done))
		;
	free(r);
}

void fs_reap_later(struct fs *fs, uint64_t ino)
{
	struct reap_job *r = calloc(1, sizeof(*r));

	if (!r)
		return;
	r->job.run = reap;
	r->fs = fs;
	r->ino = ino;
	if (fs->workers.n_threads)
		fs_worker_add(&fs->workers, &r->job);
	else
		reap(&r->job);
}

void fs_orphan(struct fs *fs, uint64_t ino)
{
	if (ino && !fs_opens_orphan(&fs->opens, ino))
		fs_reap_later(fs, ino);
}
