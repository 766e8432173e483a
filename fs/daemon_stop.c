/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_stop.c - signals that end a daemon: unmount first, and if what is open
 * does not go in time, go without it.
 */
#include "fs/daemon_parts.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <fuse_lowlevel.h>

#include "fs/unmount.h"

/* What the stopper is told when there is nothing to stop any more. */
#define NO_LONGER SIGUSR1

/* As in a crash, but with everything that ended on the disk. */
static void end_now(struct fs_stopper *s)
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
	struct fs_stopper *s = arg;
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

int fs_stopper_start(struct fs_stopper *s)
{
	return -pthread_create(&s->thread, NULL, wait_for_stop, s);
}

void fs_stopper_stop(struct fs_stopper *s)
{
	pthread_kill(s->thread, NO_LONGER);
	pthread_join(s->thread, NULL);
}

void fs_stopper_block(void)
{
	sigset_t set;

	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}
