/* SPDX-License-Identifier: Apache-2.0 */
/* fs.c - the state of a mount: making it, and the steps that all ops share. */

#include "fs/fs.h"

#include "fs/ns_compact.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t fs_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t fs_clock(struct fs *fs)
{
	int64_t set = atomic_load(&fs->clock_ns);

	return set ? set : fs_now_ns();
}

struct rwlock *fs_stripe(struct fs *fs, uint64_t ino)
{
	return &fs->stripes[ino % FS_STRIPES];
}

/* A settle changed the membership of a set: that is when it was modified. A
 * time set by hand (tar, cp -p) is handed through by the writer. The time of
 * change grows whatever the clock says: it tells versions apart (as_sizes.h).
 */
static void set_changed(void *arg, uint8_t *attr, size_t attr_len,
			int64_t when_ns)
{
	struct fs_attr a;
	size_t len;

	(void)arg;
	if (fs_attr_decode(attr, attr_len, &a))
		return;
	a.mtime_ns = when_ns;
	a.ctime_ns = a.ctime_ns < when_ns ? when_ns : a.ctime_ns + 1;
	fs_attr_encode(&a, attr, &len);
}

static void set_failed(void *arg, uint64_t ino, int err)
{
	struct fs *fs = arg;
	char path[FS_PATH_MAX];

	/* Called deep below: no store access here, so no path either. */
	snprintf(path, sizeof(path), "inode %llu", (unsigned long long)ino);
	fs_errlog_add(&fs->errlog, &(struct fs_err_line){
					   .when_ns = fs_now_ns(),
					   .path = path,
					   .text = "queued lines were lost",
					   .reason = err_text(err),
				   });
}

/* A failure of the disk that nobody saw: who looks after the disk should. */
static void store_rescued(void *arg, const char *text)
{
	struct fs *fs = arg;

	fprintf(stderr, "roarfs: error: %s; written again elsewhere\n", text);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){
			      .when_ns = fs_now_ns(),
			      .path = fs->store_path ? fs->store_path : "",
			      .text = text,
			      .reason = "it was written again to other pages, "
					"and nothing is lost",
		      });
}

int fs_init(struct fs *fs, struct rs_store *store, struct err *e)
{
	struct bm_hooks hooks = { .changed = set_changed,
				  .failed = set_failed,
				  .arg = fs };
	int err;

	memset(fs, 0, sizeof(*fs));
	err = bm_open(store, &hooks, &fs->db, e);
	if (err)
		return err;
	fs->store = store;
	fs->host_fd = -1;
	fs->started_ns = fs_now_ns();
	for (unsigned i = 0; i < FS_STRIPES; i++)
		rwlock_init(&fs->stripes[i], LOCK_INODES);
	fs_opens_init(&fs->opens);
	fs_errlog_init(&fs->errlog);
	fs_checkup_init(&fs->checkup, store, &fs->errlog);
	fs_compaction_init(&fs->compaction, store);
	fs_paths_init(&fs->paths);
	fs_snaps_init(&fs->snaps, store);
	fs_expirer_init(&fs->expirer);
	fs_aheads_init(&fs->aheads);
	fs_as_sizes_init(&fs->as_sizes);
	fs_queries_init(&fs->queries);
	lock_init(&fs->handles_lock, LOCK_QUEUE);
	rs_set_rescue(store, &(struct rs_rescue){ .find = fs_find_payload,
						  .told = store_rescued,
						  .arg = fs });
	return 0;
}

void fs_finish(struct fs *fs)
{
	fs_handle_close_all(fs);
	fs_workers_stop(&fs->workers);
	fs_aheads_finish(&fs->aheads);
	fs_checkup_finish(&fs->checkup);
	fs_compaction_finish(&fs->compaction);
	bm_close(fs->db);
	/* What is still to be committed has nobody to tell. */
	rs_set_rescue(fs->store,
		      &(struct rs_rescue){ .find = fs_find_payload });
	lock_finish(&fs->handles_lock);
	fs_queries_finish(&fs->queries);
	fs_as_sizes_finish(&fs->as_sizes);
	fs_expirer_finish(&fs->expirer);
	fs_snaps_finish(&fs->snaps);
	fs_paths_finish(&fs->paths);
	fs_errlog_finish(&fs->errlog);
	fs_opens_finish(&fs->opens);
	for (unsigned i = 0; i < FS_STRIPES; i++)
		rwlock_finish(&fs->stripes[i]);
}

int fs_change_begin(struct fs *fs, uint64_t ino, struct fs_change *c)
{
	int err;

	err = rs_txn_begin(fs->store, &c->txn);
	if (err)
		return err;
	err = fs_inode_get(rs_txn_view(c->txn), ino, &c->in);
	if (err)
		rs_txn_abort(c->txn);
	return err;
}

int fs_change_end(struct fs_change *c, int err)
{
	if (!err)
		err = fs_inode_put(c->txn, &c->in);
	return rs_txn_end_or_abort(c->txn, err);
}

/* What was dropped stays readable where a file in it is open. */
static int view_snap(struct fs *fs, uint64_t snap, struct rs_view **ret_view,
		     int64_t *ret_created_ns)
{
	int err = fs_snaps_view(&fs->snaps, snap, ret_view, ret_created_ns);

	return err == -ENOENT ? fs_handle_view(fs, snap, ret_view) : err;
}

int fs_node_view_at(struct fs *fs, uint64_t node, struct rs_view **ret_view,
		    int64_t *ret_now_ns)
{
	struct fs_node n = fs_node_decode(node);

	if (n.snap) {
		*ret_now_ns = 0;
		return view_snap(fs, n.snap, ret_view, ret_now_ns);
	}
	*ret_now_ns = fs_clock(fs);
	return rs_view_live(fs->store, ret_view);
}

int fs_node_view(struct fs *fs, uint64_t node, struct rs_view **ret_view)
{
	int64_t now_ns;

	return fs_node_view_at(fs, node, ret_view, &now_ns);
}

bool fs_node_expired(struct fs *fs, uint64_t node, const struct fs_attr *a)
{
	struct rs_view *v;
	int64_t now_ns;

	if (!a->expires_ms || fs_node_view_at(fs, node, &v, &now_ns))
		return false;
	rs_view_put(v);
	return fs_attr_expired(a, now_ns);
}

static int get_live(struct fs *fs, uint64_t ino, struct fs_inode *ret_in)
{
	struct rs_view *v;
	int err;

	err = bm_settle(fs->db, ino);
	if (err)
		return err;
	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_inode_get(v, ino, ret_in);
	rs_view_put(v);
	return err;
}

static int get_snap(struct fs *fs, struct fs_node n, struct fs_inode *ret_in)
{
	int64_t created_ns = 0;
	struct rs_view *v;
	int err;

	err = view_snap(fs, n.snap, &v, &created_ns);
	if (err)
		return err;
	err = fs_inode_get(v, n.ino, ret_in);
	rs_view_put(v);
	/* The root of a snapshot tells when it was taken. */
	if (!err && n.ino == FS_INO_ROOT)
		ret_in->attr.mtime_ns = created_ns;
	return err;
}

int fs_node_get(struct fs *fs, uint64_t node, struct fs_inode *ret_in)
{
	struct fs_node n = fs_node_decode(node);

	if (n.what != FS_WHAT_STORED || !n.ino)
		return -ENOENT;
	return n.snap ? get_snap(fs, n, ret_in) : get_live(fs, n.ino, ret_in);
}
