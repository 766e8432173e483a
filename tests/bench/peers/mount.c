/* SPDX-License-Identifier: Apache-2.0 */
/* mount.c - roarfs as a user has it: files below a mount point, lines of text
 * appended, and fsync. Files stay open while there are descriptors, as a
 * database stays open.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/bench/peers/peer.h"

#define PIECE (128u << 10) /* as cat reads and writes */

struct mounted {
	char mnt[4000];
	pid_t daemon;
	struct files files; /* to append to */
	int reading;	    /* the set that is read at offsets */
	char buf[PIECE];
};

static void path_of(const struct mounted *m, uint32_t set, char path[4096])
{
	snprintf(path, 4096, "%s/bitmaps/s%u", m->mnt, set);
}

static void *mount_open(const char *dir)
{
	struct mounted *m = must_alloc(sizeof(*m));
	char store[4000];
	int status;
	pid_t pid;

	*m = (struct mounted){ .reading = -1 };
	snprintf(m->mnt, sizeof(m->mnt), "%s/mnt", dir);
	snprintf(m->files.prefix, sizeof(m->files.prefix), "%s/bitmaps/s",
		 m->mnt);
	snprintf(store, sizeof(store), "%s/store", dir);
	must(mkdir(m->mnt, 0700) == 0, m->mnt);
	pid = start_program(
		"roarfs", (const char *[]){ "roarfs", "create", store, NULL });
	must(waitpid(pid, &status, 0) == pid && status == 0, "roarfs create");
	m->daemon = start_program("roarfs",
				  (const char *[]){ "roarfs", "mount", "-f",
						    store, m->mnt, NULL });
	wait_for_mount(m->mnt);
	return m;
}

static void append(void *p, const struct group *g)
{
	files_append(&((struct mounted *)p)->files, g);
}

static void mount_commit(void *p)
{
	must(fsync(((struct mounted *)p)->files.last) == 0, "fsync");
}

static pid_t mount_pid(void *p)
{
	return ((struct mounted *)p)->daemon;
}

static void mount_close(void *p)
{
	struct mounted *m = p;

	files_close(&m->files);
	if (m->reading >= 0)
		close(m->reading);
	end_mount(m->mnt, m->daemon);
	free(m);
}

/* --- asking --------------------------------------------------------------- */

static uint64_t mount_size(void *p, uint32_t set)
{
	char path[4096];
	struct stat st;

	path_of(p, set, path);
	must(stat(path, &st) == 0, path);
	return (uint64_t)st.st_size;
}

static bool mount_has_count(void *p, uint32_t set)
{
	char path[4096];

	path_of(p, set, path);
	return getxattr(path, "user.roarfs.count", NULL, 0) > 0;
}

static uint64_t mount_count(void *p, uint32_t set)
{
	char path[4096];
	char value[32] = "";

	path_of(p, set, path);
	must(getxattr(path, "user.roarfs.count", value, sizeof(value) - 1) > 0,
	     "user.roarfs.count");
	return strtoull(value, NULL, 10);
}

static uint64_t mount_shared(void *p, uint32_t a, uint32_t b)
{
	const struct mounted *m = p;
	char path[4096];
	char text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/bitmaps/.q/s%u and s%u/count", m->mnt,
		 a, b);
	fd = open(path, O_RDONLY);
	must(fd >= 0, path);
	must(read(fd, text, sizeof(text) - 1) > 0, path);
	close(fd);
	return strtoull(text, NULL, 10);
}

static int reading(struct mounted *m, uint32_t set)
{
	char path[4096];

	if (m->reading < 0) {
		path_of(m, set, path);
		m->reading = open(path, O_RDONLY);
		must(m->reading >= 0, path);
	}
	return m->reading;
}

static void mount_read_at(void *p, uint32_t set, uint64_t off, size_t len)
{
	struct mounted *m = p;

	must(pread(reading(m, set), m->buf, len, (off_t)off) >= 0, "pread");
}

/* The first and the last line. */
static void mount_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	struct mounted *m = p;
	int fd = reading(m, set);
	struct stat st;
	off_t tail;
	ssize_t n;
	char *nl;

	must(fstat(fd, &st) == 0 && st.st_size > 0, "fstat");
	n = pread(fd, m->buf, 21, 0);
	must(n > 0, "pread");
	m->buf[n] = '\0';
	ret_ends[0] = strtoull(m->buf, NULL, 10);
	tail = st.st_size > 22 ? st.st_size - 22 : 0;
	n = pread(fd, m->buf, 22, tail);
	must(n > 1, "pread");
	m->buf[n - 1] = '\0';
	nl = strrchr(m->buf, '\n');
	ret_ends[1] = strtoull(nl ? nl + 1 : m->buf, NULL, 10);
}

static uint64_t mount_read_all(void *p, uint32_t set)
{
	struct mounted *m = p;
	uint64_t sum = 0;
	char path[4096];
	ssize_t n;
	int fd;

	path_of(m, set, path);
	fd = open(path, O_RDONLY);
	must(fd >= 0, path);
	while ((n = read(fd, m->buf, PIECE)) > 0)
		sum += (uint64_t)n;
	must(n == 0, "read");
	close(fd);
	return sum;
}

const struct peer_ops peer_mount = {
	.name = "mount",
	.takes_text = true,
	.open = mount_open,
	.add = append,
	.remove = append,
	.commit = mount_commit,
	.pid = mount_pid,
	.close = mount_close,
	.has_count = mount_has_count,
	.count = mount_count,
	.size = mount_size,
	.ends = mount_ends,
	.read_all = mount_read_all,
	.shared = mount_shared,
	.read_at = mount_read_at,
};
