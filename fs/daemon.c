/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - from a path and a directory to a served mount, and back. */

#include "fs/daemon.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <fuse_lowlevel.h>

#include "fs/session.h"
#include "fs/unmount.h"
#include "regionstore/base/auto.h"

#define ARENAS	    2
#define LARGE_BLOCK (4 << 20)  /* has pages of its own */
#define FUSE_MAGIC  0x65735546 /* statfs f_type of any FUSE mount */

/* To the parent, or -1: in the foreground, or it has been told already. */
static int parent_fd = -1;

static void complain(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void complain(const char *fmt, ...)
{
	char text[PATH_MAX + 512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (parent_fd >= 0)
		dprintf(parent_fd, "E%s", text);
	else
		fprintf(stderr, "roarfs: %s\n", text);
}

/* The mount can be used: the parent may go, and nobody listens any more. */
static void tell_ready(void)
{
	AUTO_CLOSE int null = -1;

	if (parent_fd < 0)
		return;
	if (write(parent_fd, "R", 1) != 1)
		return;
	close(parent_fd);
	parent_fd = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
}

/* --- paths ---------------------------------------------------------------- */

struct paths {
	char store[PATH_MAX];
	char mnt[PATH_MAX];
};

/* 0, or why the directory cannot be opened. Looking at it is not enough: the
 * kernel may remember what a dead daemon said.
 */
static int try_open(const char *mnt)
{
	AUTO_CLOSE int fd = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

/* A daemon that is just dying over io_uring says ECANCELED for a moment. */
static bool is_dead(const char *mnt)
{
	const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	int why = try_open(mnt);

	for (int i = 0; i < 100 && why == ECANCELED; i++) {
		nanosleep(&moment, NULL);
		why = try_open(mnt);
	}
	return why == ENOTCONN || why == ECONNABORTED;
}

static int find_paths(const struct fs_mount_opts *o, struct paths *ret_p)
{
	struct stat st;

	if (!realpath(o->store, ret_p->store)) {
		complain("%s: %s", o->store, strerrordesc_np(errno));
		return -errno;
	}
	if (is_dead(o->mnt))
		fs_unmount_stale(o->mnt);
	if (!realpath(o->mnt, ret_p->mnt) || stat(ret_p->mnt, &st)) {
		complain("%s: %s", o->mnt, strerrordesc_np(errno));
		return -errno;
	}
	if (!S_ISDIR(st.st_mode)) {
		complain("%s: not a directory", o->mnt);
		return -ENOTDIR;
	}
	return 0;
}

/* A store on a FUSE mount would wait for that mount whenever memory is short;
 * on our own it would wait for itself.
 */
static int open_host(const struct paths *p, int *ret_fd)
{
	char dir[PATH_MAX + 1];
	struct statfs st;
	int fd;

	/* An absolute path: what is before its last slash, or the root. */
	snprintf(dir, sizeof(dir), "%.*s/",
		 (int)(strrchr(p->store, '/') - p->store), p->store);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &st)) {
		complain("%s: %s", dir, strerrordesc_np(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	if (st.f_type == FUSE_MAGIC) {
		complain("%s: a store cannot lie on a FUSE mount", p->store);
		close(fd);
		return -EINVAL;
	}
	*ret_fd = fd;
	return 0;
}

/* --- signals -------------------------------------------------------------- */

struct stopper {
	const char *mnt;
	struct fs *fs;
	pthread_t thread;
};

/* What the stopper is told when there is nothing to stop any more. */
#define NO_LONGER SIGUSR1

/* As in a crash, but with everything that ended on the disk. */
static void end_now(struct stopper *s)
{
	int err = rs_sync(s->fs->store);

	fprintf(stderr, "roarfs: ended with files still open%s%s\n",
		err ? ": error: " : "", err ? err_text(err) : "");
	_exit(1);
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, NO_LONGER);
}

static void *wait_for_stop(void *arg)
{
	struct stopper *s = arg;
	const struct timespec grace = { .tv_sec = FS_DAEMON_GRACE_S };
	sigset_t set;
	int sig;

	stop_signals(&set);
	sigwait(&set, &sig);
	if (sig == NO_LONGER)
		return NULL;
	fs_unmount_by_helper(s->mnt, fuse_session_fd(s->fs->se));
	/* The loop ends by itself with the last close, and then the process. */
	sigdelset(&set, SIGTERM);
	sigdelset(&set, SIGHUP);
	if (sigtimedwait(&set, NULL, &grace) != NO_LONGER)
		end_now(s);
	return NULL;
}

static int start_stopper(struct stopper *s)
{
	return -pthread_create(&s->thread, NULL, wait_for_stop, s);
}

/* The thread uses the session and the store: it ends before they do. */
static void stop_stopper(struct stopper *s)
{
	pthread_kill(s->thread, NO_LONGER);
	pthread_join(s->thread, NULL);
}

/* --- serving -------------------------------------------------------------- */

static void quiet_process(void)
{
	struct rlimit files;
	sigset_t set;

	if (chdir("/"))
		return;
	umask(0);
	signal(SIGPIPE, SIG_IGN);
	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

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
		       const struct paths *p)
{
	struct stopper stopper = { .mnt = p->mnt, .fs = fs };
	int err;

	err = fs_workers_start(&fs->workers, fs->store);
	if (!err)
		recall_soon(fs);
	if (!err)
		err = fs_aheads_start(&fs->aheads);
	if (!err)
		err = fs_session_mount(fs, o, p->store, p->mnt, tell_ready);
	if (err) {
		complain("%s: cannot mount: %s", p->mnt, strerrordesc_np(-err));
		return err;
	}
	err = fs_notifier_start(&fs->notifier, fs->se);
	if (!err)
		err = fs_expirer_start(fs);
	if (!err)
		err = start_stopper(&stopper);
	if (!err) {
		err = fs_session_serve(fs);
		stop_stopper(&stopper);
	}
	if (err)
		complain("%s: stopped serving: %s", p->mnt,
			 strerrordesc_np(-err));
	fs_expirer_stop(fs);
	fs_workers_stop(&fs->workers);
	fs_aheads_stop(&fs->aheads);
	fs_notifier_stop(&fs->notifier);
	fs_session_end(fs);
	return err;
}

static int serve_store(struct fs *fs, const struct fs_mount_opts *o,
		       const struct paths *p)
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
		complain("%s: %s", p->store, err_text(err));
		return err;
	}
	fs->uid = root.attr.uid;
	fs->gid = root.attr.gid;
	return serve_mount(fs, o, p);
}

static int serve_open(const struct fs_mount_opts *o, const struct paths *p,
		      struct fs *fs)
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
		complain("%s: %s", p->store, e.msg[0] ? e.msg : err_text(err));
		return err;
	}
	err = fs_init(fs, store, &e);
	if (err) {
		complain("%s: %s", p->store, e.msg[0] ? e.msg : err_text(err));
	} else {
		err = open_host(p, &fs->host_fd);
		if (!err) {
			err = serve_store(fs, o, p);
			close(fs->host_fd);
		}
		fs_finish(fs);
	}
	end_err = rs_close(store);
	if (end_err)
		complain("%s: closing: %s", p->store, err_text(end_err));
	return err ? err : end_err;
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

static int serve(const struct fs_mount_opts *o, const struct paths *p)
{
	AUTO_FREE struct fs *fs = malloc(sizeof(*fs));

	if (!fs)
		return -ENOMEM;
	quiet_process();
	stay_small();
	return serve_open(o, p, fs);
}

/* --- two processes -------------------------------------------------------- */

/* The child's first byte is its verdict, the rest a message. */
static int wait_for_child(int fd)
{
	char text[PATH_MAX + 512];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += (size_t)n;
		if (text[0] == 'R')
			return 0;
	}
	text[len] = 0;
	if (len > 1)
		fprintf(stderr, "roarfs: %s\n", text + 1);
	else
		fprintf(stderr, "roarfs: the daemon ended without a word\n");
	return 1;
}

static int run_apart(const struct fs_mount_opts *o, const struct paths *p)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		complain("pipe: %s", strerrordesc_np(errno));
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		complain("fork: %s", strerrordesc_np(errno));
		return 1;
	}
	if (pid > 0) {
		close(fds[1]);
		return wait_for_child(fds[0]);
	}
	close(fds[0]);
	setsid();
	parent_fd = fds[1];
	_exit(serve(o, p) ? 1 : 0);
}

int fs_daemon_run(const struct fs_mount_opts *o)
{
	struct paths p;

	if (find_paths(o, &p))
		return 1;
	if (o->fake)
		return 0;
	return o->foreground ? (serve(o, &p) ? 1 : 0) : run_apart(o, &p);
}
