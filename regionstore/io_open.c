/* SPDX-License-Identifier: Apache-2.0 */
/* io_open.c - opening and locking the file.
 *
 * The lock is an open-file-description lock: it belongs to the open file and
 * not to the process, survives a fork into the background, and ends when the
 * last descriptor is closed, also by a crash. Two stores in one process
 * exclude each other as well.
 */
#include "regionstore/io_open.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/err.h"
#include "regionstore/io_holder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TEXT 64u

/* What errno says; strerror() is not for threads. */
static const char *errno_text(char text[TEXT])
{
	return strerror_r(errno, text, TEXT);
}

static int check_kind(int fd, struct err *e)
{
	char text[TEXT];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -EIO, "cannot be examined: %s",
			       errno_text(text));
	if (S_ISDIR(st.st_mode))
		return err_set(e, -EISDIR,
			       "a directory; a store is a regular file");
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL,
			       "not a regular file; a store is one");
	return 0;
}

/* Writers exclude everybody, readers exclude writers. */
static int take_lock(int fd, unsigned flags, struct err *e)
{
	char text[TEXT];
	struct flock fl = {
		.l_type = flags & RS_IO_READ_ONLY ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return err_set(e, -EIO, "cannot be locked: %s",
			       errno_text(text));
	return rs_io_name_holder(fd, e);
}

static int open_path(const char *path, unsigned flags, int *ret_fd,
		     struct err *e)
{
	char text[TEXT];
	int mode = flags & RS_IO_READ_ONLY ? O_RDONLY : O_RDWR;
	int fd;

	if (flags & RS_IO_CREATE)
		mode |= O_CREAT | O_EXCL;
	fd = open(path, mode | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd < 0)
		return err_set(e, -errno, "cannot be opened: %s",
			       errno_text(text));
	*ret_fd = fd;
	return 0;
}

/* On a host that copies on write each of our writes, to fresh pages as they
 * are, would be moved once more, and the file falls to pieces. Where there is
 * no such host there is no such flag. */
static void avoid_host_copies(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

int rs_io_open_fd(const char *path, unsigned flags, int *ret_fd, struct err *e)
{
	AUTO_CLOSE int fd = -1;
	int err = open_path(path, flags, &fd, e);

	if (!err)
		err = check_kind(fd, e);
	if (!err)
		err = take_lock(fd, flags, e);
	if (err)
		return err;
	if (flags & RS_IO_CREATE)
		avoid_host_copies(fd);
	*ret_fd = take_fd(&fd);
	return 0;
}
