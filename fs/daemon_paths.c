/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_paths.c - are store and mount point what they have to be? */
#include "fs/cure.h"
#include "fs/daemon_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "fs/unmount.h"
#include "regionstore/base/auto.h"

#define FUSE_MAGIC 0x65735546 /* statfs f_type of any FUSE mount */

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

static int refuse_store(const char *path, int err)
{
	struct err e;

	err_set(&e, err, "%s", strerrordesc_np(-err));
	fs_cure_open(err, &e);
	fs_daemon_complain("%s: %s", path, e.msg);
	return err;
}

int fs_daemon_find(const struct fs_mount_opts *o, struct fs_daemon_paths *ret_p)
{
	struct stat st;

	if (!realpath(o->store, ret_p->store))
		return refuse_store(o->store, -errno);
	if (is_dead(o->mnt))
		fs_unmount_stale(o->mnt);
	if (!realpath(o->mnt, ret_p->mnt) || stat(ret_p->mnt, &st)) {
		fs_daemon_complain("%s: %s", o->mnt, strerrordesc_np(errno));
		return -errno;
	}
	if (!S_ISDIR(st.st_mode)) {
		fs_daemon_complain("%s: not a directory", o->mnt);
		return -ENOTDIR;
	}
	return 0;
}

/* A store on a FUSE mount would wait for that mount whenever memory is short;
 * on our own it would wait for itself.
 */
int fs_daemon_host(const struct fs_daemon_paths *p, int *ret_fd)
{
	char dir[PATH_MAX + 1];
	struct statfs st;
	int fd;

	/* An absolute path: what is before its last slash, or the root. */
	snprintf(dir, sizeof(dir), "%.*s/",
		 (int)(strrchr(p->store, '/') - p->store), p->store);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &st)) {
		fs_daemon_complain("%s: %s", dir, strerrordesc_np(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	if (st.f_type == FUSE_MAGIC) {
		fs_daemon_complain("%s: a store cannot lie on a FUSE mount",
				   p->store);
		close(fd);
		return -EINVAL;
	}
	*ret_fd = fd;
	return 0;
}
