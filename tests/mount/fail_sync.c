/* SPDX-License-Identifier: Apache-2.0 */
/* fail_sync.c - preloaded into a daemon: its syncs fail on demand.
 *
 * So many of the next ones as the file named in FAIL_SYNC has bytes; each takes
 * one away.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static bool fails(void)
{
	const char *path = getenv("FAIL_SYNC");
	struct stat st;

	if (!path || stat(path, &st) || st.st_size == 0)
		return false;
	errno = EIO;
	return truncate(path, st.st_size - 1) == 0;
}

/* Of a pointer to data C makes no pointer to a function. */
static void find(const char *name, void *ret_fn)
{
	void *p = dlsym(RTLD_NEXT, name);

	memcpy(ret_fn, &p, sizeof(p));
}

/* The header's names are reserved: NOLINTBEGIN(readability-*) */

int fdatasync(int fd)
{
	int (*fn)(int);

	find("fdatasync", &fn);
	return fails() ? -1 : fn(fd);
}

/* Whoever writes with flags wants it to be durable. */
ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t off, int flags)
{
	ssize_t (*fn)(int, const struct iovec *, int, off_t, int);

	find("pwritev64v2", &fn);
	return flags && fails() ? -1 : fn(fd, iov, n, off, flags);
}

/* NOLINTEND(readability-*) */
