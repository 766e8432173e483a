/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_umount.c - `roarfs umount`: unmount, and wait until the store is closed.
 *
 * umount(2) returns when the kernel is done with the mount; the daemon then
 * commits and closes. Whoever copies the store or mounts it again must wait
 * for that, so we do: the store file, which is the source of the mount, is
 * locked for as long as it is open.
 *
 * The mount point itself is never looked at: behind it may be a daemon that
 * no longer answers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/cmd.h"
#include "fs/mounts.h"
#include "regionstore/base/auto.h"
#include "regionstore/regionstore.h"

#define POLL_NS	   20000000
#define PATIENCE_S 60 /* then we say what we are waiting for */

enum {
	OPT_LAZY
};

static const struct fs_opt opts[] = {
	{ "lazy", 'l', NULL,
	  "detach now, even when in use; do not wait for the store" },
	{ NULL, 0, NULL, NULL },
};

/* The absolute path of the mount point, through its parent. */
static int resolve(const char *path, char ret_dir[PATH_MAX])
{
	AUTO_FREE char *copy = strdup(path);
	char parent[PATH_MAX];
	const char *base;
	char *slash;

	if (!copy)
		return -ENOMEM;
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	slash = strrchr(copy, '/');
	base = slash ? slash + 1 : copy;
	/* "/", "." and ".." are no names: they have to be looked at. */
	if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return realpath(path, ret_dir) ? 0 : -errno;
	if (slash == copy)
		parent[0] = '\0'; /* in the root */
	else if (slash)
		*slash = '\0';
	if (slash != copy && !realpath(slash ? copy : ".", parent))
		return -errno;
	if (strcmp(parent, "/") == 0)
		parent[0] = '\0';
	if (snprintf(ret_dir, PATH_MAX, "%s/%s", parent, base) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* fusermount3 is set-user-ID: who mounted may unmount. */
static int ask_fusermount(const char *dir, bool lazy)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execlp("fusermount3", "fusermount3", lazy ? "-uzq" : "-uq",
		       "--", dir, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	/* It does not say why; being busy is nearly all there is. */
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -EPERM
							       : -EBUSY;
}

static int unmount(const char *dir, bool lazy)
{
	if (umount2(dir, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
		return 0;
	return errno == EPERM ? ask_fusermount(dir, lazy) : -errno;
}

/* Could somebody lock the store now? */
static bool is_closed(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &fl) < 0 || fl.l_type == F_UNLCK;
}

static void wait_closed(const char *store)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	AUTO_CLOSE int fd = open(store, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned naps = 0;

	/* Gone, or not ours to read: then there is nothing to wait for. */
	while (fd >= 0 && !is_closed(fd)) {
		nanosleep(&nap, NULL);
		if (++naps == PATIENCE_S * (1000000000 / POLL_NS))
			fs_cmd_say(store, "unmounted; still waiting for it to "
					  "be closed");
	}
}

/* Nobody else can say it: the daemon has nobody to talk to. A store that cannot
 * be opened, perhaps because somebody has it again, tells nothing. */
static enum fs_exit see_how(const char *path, const struct fs_mount_entry *m)
{
	const struct rs_open_opts how = { .read_only = true };
	struct rs_stats st = { .was_closed = true };
	struct rs_store *s;

	if (m->read_only || rs_open(m->source, &how, &s, NULL))
		return FS_EXIT_DONE;
	rs_stats(s, &st);
	if (rs_close(s) || st.was_closed)
		return FS_EXIT_DONE;
	return fs_cmd_say(path,
			  "unmounted, but its store '%s' was not closed in "
			  "order: what was written and not synced may be lost",
			  m->source);
}

static enum fs_exit run_on(const char *path, struct fs_mount_entry *m,
			   bool lazy)
{
	char dir[PATH_MAX];
	int err = resolve(path, dir);

	if (err == 0)
		err = fs_mount_find(dir, m);
	if (err == -ENOENT)
		return fs_cmd_say(path, "nothing is mounted there");
	if (err < 0)
		return fs_cmd_fail(path, err, NULL);
	if (strcmp(m->type, FS_MOUNT_TYPE) != 0)
		return fs_cmd_say(path, "not a roarfs mount but %s of '%s'",
				  m->type, m->source);
	err = unmount(dir, lazy);
	if (err == -EBUSY)
		return fs_cmd_say(path, "in use; 'fuser -vm' shows by whom, "
					"-l detaches it all the same");
	if (err < 0)
		return fs_cmd_fail(path, err, NULL);
	if (lazy)
		return FS_EXIT_DONE;
	wait_closed(m->source);
	return see_how(path, m);
}

static enum fs_exit run(const struct fs_args *args)
{
	AUTO_FREE struct fs_mount_entry *m = calloc(1, sizeof(*m));

	if (!m)
		return fs_cmd_fail(args->operands[0], -ENOMEM, NULL);
	return run_on(args->operands[0], m, args->value[OPT_LAZY]);
}

const struct fs_cmd fs_cmd_umount = {
	.name = "umount",
	.synopsis = "DIRECTORY",
	.help = "unmount, and wait until the store is closed",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
