/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - capabilities, transport, and the table of ops. */

#include "fs/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/op.h"
#include "regionstore/base/auto.h"

#define MAX_WRITE	(1u << 20)
#define MAX_BACKGROUND	64u
#define CLASSIC_THREADS 8u

static void (*on_ready)(void);

/* --- the transport -------------------------------------------------------- */

#ifdef HAVE_FUSE_URING_LOCKED
static bool kernel_offers_uring(void)
{
	AUTO_CLOSE int fd = open("/sys/module/fuse/parameters/enable_uring",
				 O_RDONLY | O_CLOEXEC);
	char c = 'N';

	return fd >= 0 && read(fd, &c, 1) == 1 && c == 'Y';
}

#endif

/* --- INIT ----------------------------------------------------------------- */

static void want(struct fuse_conn_info *conn, uint64_t cap)
{
#ifdef HAVE_FUSE_FEATURE_FLAG
	fuse_set_feature_flag(conn, cap);
#else
	conn->want |= conn->capable & (unsigned)cap;
#endif
}

static void refuse(struct fuse_conn_info *conn, uint64_t cap)
{
#ifdef HAVE_FUSE_FEATURE_FLAG
	fuse_unset_feature_flag(conn, cap);
#else
	conn->want &= ~(unsigned)cap;
#endif
}

/* What is on by default and wanted so is not named: ASYNC_READ, ASYNC_DIO,
 * PARALLEL_DIROPS, ATOMIC_O_TRUNC, READDIRPLUS and its AUTO.
 */
static void init(void *arg, struct fuse_conn_info *conn)
{
	(void)arg;
	/* All that changes a region comes through the kernel. */
	want(conn, FUSE_CAP_EXPLICIT_INVAL_DATA);
	refuse(conn, FUSE_CAP_AUTO_INVAL_DATA);
	want(conn, FUSE_CAP_CACHE_SYMLINKS);
	/* Inode numbers are never reused, "." and ".." can be looked up. */
	want(conn, FUSE_CAP_EXPORT_SUPPORT);
#ifdef FUSE_CAP_HANDLE_KILLPRIV_V2
	/* Without it a GETXATTR precedes each write(2). */
	want(conn, FUSE_CAP_HANDLE_KILLPRIV_V2);
#endif
	refuse(conn, FUSE_CAP_HANDLE_KILLPRIV);
#ifdef FUSE_CAP_DIRECT_IO_ALLOW_MMAP
	want(conn, FUSE_CAP_DIRECT_IO_ALLOW_MMAP);
#endif
	refuse(conn, FUSE_CAP_WRITEBACK_CACHE);
	refuse(conn, FUSE_CAP_SPLICE_READ);
	refuse(conn, FUSE_CAP_SPLICE_WRITE);
	refuse(conn, FUSE_CAP_SPLICE_MOVE);
	conn->max_write = MAX_WRITE;
	conn->max_background = MAX_BACKGROUND;
	conn->congestion_threshold = MAX_BACKGROUND * 3 / 4;
	conn->time_gran = 1;
	if (on_ready)
		on_ready();
}

static const struct fuse_lowlevel_ops ops = {
	.init = init,
	.lookup = fs_op_lookup,
	.forget = fs_op_forget,
	.forget_multi = fs_op_forget_multi,
	.getattr = fs_op_getattr,
	.setattr = fs_op_setattr,
	.statfs = fs_op_statfs,
	.readlink = fs_op_readlink,
	.mknod = fs_op_mknod,
	.mkdir = fs_op_mkdir,
	.symlink = fs_op_symlink,
	.link = fs_op_link,
	.unlink = fs_op_unlink,
	.rmdir = fs_op_rmdir,
	.rename = fs_op_rename,
	.open = fs_op_open,
	.create = fs_op_create,
#ifdef HAVE_FUSE_TMPFILE
	.tmpfile = fs_op_tmpfile,
#endif
	.read = fs_op_read,
	.write = fs_op_write,
	.flush = fs_op_flush,
	.release = fs_op_release,
	.fsync = fs_op_fsync,
	.fallocate = fs_op_fallocate,
	.copy_file_range = fs_op_copy_file_range,
	.lseek = fs_op_lseek,
	.opendir = fs_op_opendir,
	.readdir = fs_op_readdir,
	.readdirplus = fs_op_readdirplus,
	.releasedir = fs_op_releasedir,
	.fsyncdir = fs_op_fsyncdir,
	.getxattr = fs_op_getxattr,
	.listxattr = fs_op_listxattr,
	.setxattr = fs_op_setxattr,
	.removexattr = fs_op_removexattr,
};

/* --- mounting ------------------------------------------------------------- */

/* Commas in a name would end it: libfuse wants them escaped. */
static void escape(const char *from, char *to, size_t cap)
{
	size_t n = 0;

	for (; *from && n + 3 < cap; from++) {
		if (*from == ',' || *from == '\\')
			to[n++] = '\\';
		to[n++] = *from;
	}
	to[n] = 0;
}

static void words(const struct fs_mount_opts *o, const char *store_path,
		  char *buf, size_t cap)
{
	char name[2048];
	char ring[48] = "";

	escape(o->fsname[0] ? o->fsname : store_path, name, sizeof(name));
#ifdef HAVE_FUSE_URING_LOCKED
	if (!o->no_uring && kernel_offers_uring())
		snprintf(ring, sizeof(ring), ",io_uring,io_uring_q_depth=%u",
			 FS_RING_DEPTH);
#endif
	snprintf(buf, cap,
		 "fsname=%s,subtype=roarfs,default_permissions%s%s%s%s%s", name,
		 o->suid ? ",suid" : ",nosuid", o->dev ? ",dev" : ",nodev",
		 o->read_only ? ",ro" : "", ring, o->kernel);
}

int fs_session_mount(struct fs *fs, const struct fs_mount_opts *o,
		     const char *store_path, const char *mnt,
		     void (*ready)(void))
{
	char list[4096];
	char program[] = "roarfs";
	char dash_o[] = "-o";
	char *argv[] = { program, dash_o, list, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);

	on_ready = ready;
	words(o, store_path, list, sizeof(list));
	fs->se = fuse_session_new(&args, &ops, sizeof(ops), fs);
	fuse_opt_free_args(&args);
	if (!fs->se)
		return -EINVAL;
	if (fuse_session_mount(fs->se, mnt)) {
		fuse_session_destroy(fs->se);
		fs->se = NULL;
		return -EIO;
	}
	return 0;
}

int fs_session_serve(struct fs *fs)
{
	struct fuse_loop_config *c = fuse_loop_cfg_create();
	int err;

	if (!c)
		return -ENOMEM;
	fuse_loop_cfg_set_clone_fd(c, 1);
	fuse_loop_cfg_set_max_threads(c, CLASSIC_THREADS);
	fuse_loop_cfg_set_idle_threads(c, CLASSIC_THREADS);
	err = fuse_session_loop_mt(fs->se, c);
	fuse_loop_cfg_destroy(c);
	return err > 0 ? -EIO : err;
}

void fs_session_end(struct fs *fs)
{
	fuse_session_unmount(fs->se);
	fuse_session_destroy(fs->se);
	fs->se = NULL;
}
