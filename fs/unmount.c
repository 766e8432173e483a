/* SPDX-License-Identifier: Apache-2.0 */
/* unmount.c - umount2(2), or fusermount3 for who may not.
 *
 * The helper is forked by a process with threads, so until it ends or execs it
 * only makes system calls.
 */

#include "fs/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "regionstore/base/auto.h"

/* fusermount3 is set-user-ID; with lazy it detaches. Does not return. */
static void exec_fusermount(const char *mnt, bool lazy)
{
	execlp("fusermount3", "fusermount3", lazy ? "-uzq" : "-uq", "--", mnt,
	       (char *)NULL);
	_exit(1);
}

static bool fusermount(const char *mnt, bool lazy)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		exec_fusermount(mnt, lazy);
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void fs_unmount_stale(const char *mnt)
{
	if (umount2(mnt, MNT_DETACH))
		(void)fusermount(mnt, true);
}

static void sync_mount(const char *mnt)
{
	AUTO_CLOSE int fd = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)syncfs(fd);
}

static void helper(const char *mnt)
{
	alarm(FS_UNMOUNT_S);
	if (!umount2(mnt, 0) || (errno == EPERM && fusermount(mnt, false)))
		return;
	sync_mount(mnt);
	if (umount2(mnt, MNT_DETACH))
		(void)fusermount(mnt, true);
}

void fs_unmount_by_helper(const char *mnt, int close_fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(close_fd);
		helper(mnt);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
