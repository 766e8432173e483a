/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_apart.c - two processes: one serves, the other waits until it does.
 *
 * Through a pipe comes the child's verdict, one byte, and a message: what went
 * wrong before anybody could see it anywhere else.
 */
#include "fs/daemon_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regionstore/base/auto.h"

/* --- the child ------------------------------------------------------------ */

/* To the parent, or -1: in the foreground, or it has been told already. */
static int parent_fd = -1;

void fs_daemon_complain(const char *fmt, ...)
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

void fs_daemon_ready(void)
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

/* --- the parent ----------------------------------------------------------- */

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

int fs_daemon_apart(fs_daemon_serve_fn *serve, const struct fs_mount_opts *o,
		    const struct fs_daemon_paths *p)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		fs_daemon_complain("pipe: %s", strerrordesc_np(errno));
		return 1;
	}
	pid = fork();
	if (pid < 0) {
		fs_daemon_complain("fork: %s", strerrordesc_np(errno));
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
