/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - from a path and a directory to a served mount, and back. */

#include "fs/daemon.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cure.h"
#include "fs/daemon_parts.h"
#include "fs/session.h"
#include "regionstore/base/auto.h"

#define ARENAS	    2
#define LARGE_BLOCK (4 << 20) /* has pages of its own */

/* --- the process ---------------------------------------------------------- */

static void quiet_process(void)
{
	struct rlimit files;

	if (chdir("/"))
		return;
	umask(0);
	signal(SIGPIPE, SIG_IGN);
	fs_stopper_block();
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* Each thread would get an arena of the heap, and each arena keep twice the
 * largest block that was ever freed: 100 MB after some large sets were settled.
 * Two arenas, and what is free at their ends goes back. */
static void stay_small(void)
{
	/* One thread: NOLINTBEGIN(concurrency-mt-unsafe) */
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK / 2);
	/* NOLINTEND(concurrency-mt-unsafe) */
}

/* --- the mount ------------------------------------------------------------ */

struct recall {
	struct fs_job job;
	struct bm_db *db;
};

static void run_recall(struct fs_job *job)
{
	struct recall *r = (struct recall *)job;

	(void)!bm_recall(r->db); /* whoever needs it sees the error */
	free(r);
}

/* What a crash left need not be waited for by whoever first asks for a set. */
static void recall_soon(struct fs *fs)
{
	struct recall *r = malloc(sizeof(*r));

	if (!r)
		return;
	*r = (struct recall){ .job = { .run = run_recall }, .db = fs->db };
	fs_worker_add(&fs->workers, &r->job);
}

/* Mounted: until it is not. */
static int serve_mount(struct fs *fs, const struct fs_mount_opts *o,
		       const struct fs_daemon_paths *p)
{
	struct fs_stopper stopper = { .mnt = p->mnt, .fs = fs };
	int err;

	err = fs_workers_start(&fs->workers, fs->store);
	if (!err)
		recall_soon(fs);
	if (!err)
		err = fs_aheads_start(&fs->aheads);
	if (!err)
		err = fs_session_mount(fs, o, p->store, p->mnt,
				       fs_daemon_ready);
	if (err) {
		fs_daemon_complain("%s: cannot mount: %s", p->mnt,
				   strerrordesc_np(-err));
		return err;
	}
	err = fs_notifier_start(&fs->notifier, fs->se);
	if (!err)
		err = fs_expirer_start(fs);
	if (!err)
		err = fs_stopper_start(&stopper);
	if (!err) {
		err = fs_session_serve(fs);
		fs_stopper_stop(&stopper);
	}
	if (err)
		fs_daemon_complain("%s: stopped serving: %s", p->mnt,
				   strerrordesc_np(-err));
	fs_expirer_stop(fs);
	fs_workers_stop(&fs->workers);
	fs_aheads_stop(&fs->aheads);
	fs_notifier_stop(&fs->notifier);
	fs_session_end(fs);
	return err;
}

/* --- the store ------------------------------------------------------------ */

static int serve_store(struct fs *fs, const struct fs_mount_opts *o,
		       const struct fs_daemon_paths *p)
{
	struct fs_inode root;
	int err = 0;

	fs->store_path = p->store;
	fs->mnt = p->mnt;
	/* A store may have a feature that can only be read. */
	fs->read_only = o->read_only || rs_may_change(fs->store) == -EROFS;
	fs->sync_writes = o->sync_writes;
	fs->config = *o;
	if (!fs->read_only)
		err = fs_reap_all(fs->store);
	if (!err)
		err = fs_node_get(fs, FS_INO_ROOT, &root);
	if (err) {
		fs_daemon_complain("%s: %s", p->store, err_text(err));
		return err;
	}
	fs->uid = root.attr.uid;
	fs->gid = root.attr.gid;
	return serve_mount(fs, o, p);
}

static void complain_of_store(const struct fs_daemon_paths *p, int err,
			      struct err *e)
{
	fs_cure_open(err, e);
	fs_daemon_complain("%s: %s", p->store, e->msg);
}

static int serve_open(const struct fs_mount_opts *o,
		      const struct fs_daemon_paths *p, struct fs *fs)
{
	struct rs_open_opts how = { .read_only = o->read_only,
				    .log_pages = RS_LOG_PAGES,
				    .commit_ms = o->commit_ms,
				    .two_flush = o->two_flush };
	struct err e = { 0 };
	struct rs_store *store;
	int err, end_err;

	err = rs_open(p->store, &how, &store, &e);
	if (err) {
		complain_of_store(p, err, &e);
		return err;
	}
	err = fs_init(fs, store, &e);
	if (err) {
		complain_of_store(p, err, &e);
	} else {
		err = fs_daemon_host(p, &fs->host_fd);
		if (!err) {
			err = serve_store(fs, o, p);
			close(fs->host_fd);
		}
		fs_finish(fs);
	}
	end_err = rs_close(store);
	if (end_err)
		fs_daemon_complain("%s: closing: %s", p->store,
				   err_text(end_err));
	return err ? err : end_err;
}

static int serve(const struct fs_mount_opts *o, const struct fs_daemon_paths *p)
{
	AUTO_FREE struct fs *fs = malloc(sizeof(*fs));

	if (!fs)
		return -ENOMEM;
	quiet_process();
	stay_small();
	return serve_open(o, p, fs);
}

int fs_daemon_run(const struct fs_mount_opts *o)
{
	struct fs_daemon_paths p;

	if (fs_daemon_find(o, &p))
		return 1;
	if (o->fake)
		return 0;
	return o->foreground ? (serve(o, &p) ? 1 : 0)
			     : fs_daemon_apart(serve, o, &p);
}
