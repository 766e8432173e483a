/* SPDX-License-Identifier: Apache-2.0 */
/* nullfs.c - the floor: a FUSE filesystem that does nothing.
 *
 * One directory of empty files named by a letter and a number (a12, b7); all
 * state is one byte a file. Writes are counted and thrown away, reads come
 * from one buffer. It is served as roarfs serves its regions (io_uring where
 * the machine has it, idle-scheduled rings, long timeouts, no flush), so what
 * an operation costs here is what the kernel, libfuse and the machine cost,
 * and the difference to roarfs is what roarfs costs.
 *
 *   nullfs MNT        serves until unmounted
 *   nullfs -p MNT     with permissions that the kernel checks: it asks for
 *                     those of a directory again after each change in it
 *   nullfs -d DISK MNT
 *                     a sync overwrites 4 KiB of the file DISK, past the page
 *                     cache, and returns when they are durable
 *   nullfs -s MNT     and as roarfs serves its sets: past the page cache, with
 *                     all requests that this takes (FLUSH, the xattr that
 *                     could give a program rights)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LETTERS	   4u
#define PER_LETTER ((fuse_ino_t)1 << 20)
#define FIRST	   ((fuse_ino_t)2)
#define TIMEOUT	   86400.0

static uint8_t exists[LETTERS * PER_LETTER];
static uint64_t size[LETTERS * PER_LETTER];
static char zeros[1 << 20];
static bool checks;
static bool as_sets;
static int disk = -1;

/* "b7" -> an inode number, 0 for any other name. */
static fuse_ino_t ino_of(const char *name)
{
	char *end;
	unsigned long n;

	if (name[0] < 'a' || name[0] >= (char)('a' + LETTERS))
		return 0;
	n = strtoul(name + 1, &end, 10);
	if (*end || end == name + 1 || n >= PER_LETTER)
		return 0;
	return FIRST + (fuse_ino_t)(name[0] - 'a') * PER_LETTER + n;
}

static void fill_attr(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_nlink = ino == FUSE_ROOT_ID ? 2 : 1;
	st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0777 : S_IFREG | 0666;
	if (ino != FUSE_ROOT_ID) {
		st->st_size = (off_t)size[ino - FIRST];
		st->st_blocks = (st->st_size + 511) / 512;
	}
}

static void fill_entry(fuse_ino_t ino, struct fuse_entry_param *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->ino = ino;
	entry->attr_timeout = entry->entry_timeout = TIMEOUT;
	if (ino)
		fill_attr(ino, &entry->attr);
}

static void null_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	fuse_ino_t ino = ino_of(name);

	(void)parent;
	fill_entry(ino && exists[ino - FIRST] ? ino : 0, &entry);
	fuse_reply_entry(req, &entry);
}

static void null_getattr(fuse_req_t req, fuse_ino_t ino,
			 struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	fill_attr(ino, &st);
	fuse_reply_attr(req, &st, TIMEOUT);
}

static void null_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
			 int to_set, struct fuse_file_info *fi)
{
	if (to_set & FUSE_SET_ATTR_SIZE && ino != FUSE_ROOT_ID)
		size[ino - FIRST] = (uint64_t)attr->st_size;
	null_getattr(req, ino, fi);
}

static void set_flags(struct fuse_file_info *fi)
{
	fi->keep_cache = !as_sets;
	fi->noflush = !as_sets;
	fi->direct_io = as_sets;
}

static void null_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	set_flags(fi);
	fuse_reply_open(req, fi);
}

static void null_create(fuse_req_t req, fuse_ino_t parent, const char *name,
			mode_t mode, struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;
	fuse_ino_t ino = ino_of(name);

	(void)parent;
	(void)mode;
	if (!ino) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	exists[ino - FIRST] = 1;
	size[ino - FIRST] = 0;
	fill_entry(ino, &entry);
	set_flags(fi);
	fuse_reply_create(req, &entry, fi);
}

static void null_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fuse_ino_t ino = ino_of(name);

	(void)parent;
	if (ino)
		exists[ino - FIRST] = 0;
	fuse_reply_err(req, ino ? 0 : ENOENT);
}

static void null_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
			fuse_ino_t new_parent, const char *new_name,
			unsigned flags)
{
	fuse_ino_t from = ino_of(name), to = ino_of(new_name);

	(void)parent;
	(void)new_parent;
	(void)flags;
	if (from && to) {
		exists[from - FIRST] = 0;
		exists[to - FIRST] = 1;
	}
	fuse_reply_err(req, from && to ? 0 : EINVAL);
}

static void null_read(fuse_req_t req, fuse_ino_t ino, size_t len, off_t off,
		      struct fuse_file_info *fi)
{
	(void)ino;
	(void)off;
	(void)fi;
	fuse_reply_buf(req, zeros, len < sizeof(zeros) ? len : sizeof(zeros));
}

static void null_write(fuse_req_t req, fuse_ino_t ino, const char *buf,
		       size_t len, off_t off, struct fuse_file_info *fi)
{
	uint64_t end = (uint64_t)off + len;

	(void)buf;
	(void)fi;
	if (end > size[ino - FIRST])
		size[ino - FIRST] = end;
	fuse_reply_write(req, len);
}

static void null_done(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, 0);
}

/* A name and its number follow from the place. Attributes go along. */
static size_t add_entry(fuse_req_t req, char *at, size_t room, fuse_ino_t place)
{
	struct fuse_entry_param entry;
	char name[32];

	if (!exists[place])
		return 0;
	snprintf(name, sizeof(name), "%c%u", (char)('a' + place / PER_LETTER),
		 (unsigned)(place % PER_LETTER));
	fill_entry(FIRST + place, &entry);
	return fuse_add_direntry_plus(req, at, room, name, &entry,
				      (off_t)place + 1);
}

static void null_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t len,
			     off_t off, struct fuse_file_info *fi)
{
	char *buf = malloc(len);
	size_t used = 0;

	(void)ino;
	(void)fi;
	for (fuse_ino_t at = (fuse_ino_t)off;
	     buf && at < (fuse_ino_t)LETTERS * PER_LETTER; at++) {
		size_t n = add_entry(req, buf + used, len - used, at);

		if (n > len - used)
			break;
		used += n;
	}
	fuse_reply_buf(req, buf, used);
	free(buf);
}

#define PAGE	   4096u
#define DISK_PAGES 256u

/* All of it has its blocks afterwards. */
static bool open_disk(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	for (unsigned i = 0; good && i < DISK_PAGES; i++)
		good = pwrite(fd, zeros, PAGE, (off_t)i * PAGE) == PAGE;
	good = good && fsync(fd) == 0 && close(fd) == 0;
	disk = good ? open(path, O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
	return disk >= 0;
}

static int write_through(void)
{
	static atomic_uint count;
	_Alignas(PAGE) char page[PAGE];
	const struct iovec v = { page, PAGE };
	unsigned n = atomic_fetch_add(&count, 1);
	off_t off = (off_t)(n % DISK_PAGES) * PAGE;

	memset(page, (int)n, PAGE);
	return pwritev2(disk, &v, 1, off, RWF_DSYNC) == PAGE ? 0 : errno;
}

static void null_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		       struct fuse_file_info *fi)
{
	(void)datasync;
	if (disk >= 0)
		fuse_reply_err(req, write_through());
	else
		null_done(req, ino, fi);
}

static void null_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			  size_t len)
{
	(void)ino;
	(void)name;
	(void)len;
	fuse_reply_err(req, ENODATA);
}

static void null_init(void *data, struct fuse_conn_info *conn)
{
	(void)data;
	conn->max_write = 1 << 20;
	conn->want &=
		~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
			    FUSE_CAP_SPLICE_MOVE | FUSE_CAP_AUTO_INVAL_DATA);
#ifdef FUSE_CAP_HANDLE_KILLPRIV_V2
	conn->want |= conn->capable & (unsigned)FUSE_CAP_HANDLE_KILLPRIV_V2;
#endif
#ifdef FUSE_CAP_OVER_IO_URING
	fuse_set_feature_flag(conn, FUSE_CAP_OVER_IO_URING);
#endif
}

static struct fuse_lowlevel_ops ops = {
	.init = null_init,
	.lookup = null_lookup,
	.getattr = null_getattr,
	.setattr = null_setattr,
	.open = null_open,
	.create = null_create,
	.unlink = null_unlink,
	.rename = null_rename,
	.read = null_read,
	.write = null_write,
	.release = null_done,
	.fsync = null_fsync,
	.readdirplus = null_readdirplus,
};

/* As fs/session.c does: an idle-scheduled ring thread leaves the core to the
 * client that it wakes. */
static void idle_rings(void)
{
	const struct sched_param param = { .sched_priority = 0 };
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], name[32];

	while (dir && (entry = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 entry->d_name);
		f = fopen(path, "r");
		if (f && fgets(name, sizeof(name), f) &&
		    strncmp(name, "fuse-ring", 9) == 0)
			sched_setscheduler(atoi(entry->d_name), SCHED_IDLE,
					   &param);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
}

static void *idle_rings_later(void *arg)
{
	usleep(300000);
	idle_rings();
	return arg;
}

static bool has_uring(void)
{
	return access("/sys/module/fuse/parameters/enable_uring", R_OK) == 0 &&
	       getenv("NULLFS_CLASSIC") == NULL;
}

static struct fuse_session *open_session(bool over_uring)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *se;

	fuse_opt_add_arg(&args, "nullfs");
	if (over_uring)
		fuse_opt_add_arg(&args, "-oio_uring");
	if (checks)
		fuse_opt_add_arg(&args, "-odefault_permissions");
	if (as_sets) {
		ops.flush = null_done;
		ops.getxattr = null_getxattr;
	}
	se = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	fuse_opt_free_args(&args);
	return se;
}

static bool parse(int argc, char **argv)
{
	const char *path = NULL;
	int c;

	while ((c = getopt(argc, argv, "psd:")) != -1) {
		as_sets |= c == 's';
		checks |= c == 's' || c == 'p';
		if (c == 'd')
			path = optarg;
		if (c == '?')
			return false;
	}
	return optind == argc - 1 && (!path || open_disk(path));
}

int main(int argc, char **argv)
{
	struct fuse_session *se = NULL;
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	pthread_t thread;
	int err = 1;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: nullfs [-p|-s|-d DISK] MNT\n");
		return 2;
	}
	if (has_uring())
		se = open_session(true);
	if (!se) /* or a libfuse that does not know io_uring */
		se = open_session(false);
	if (se && fuse_session_mount(se, argv[argc - 1]) == 0) {
		pthread_create(&thread, NULL, idle_rings_later, NULL);
		err = fuse_session_loop_mt(se, config);
		fuse_session_unmount(se);
		pthread_join(thread, NULL);
	}
	if (se)
		fuse_session_destroy(se);
	fuse_loop_cfg_destroy(config);
	return err != 0;
}
