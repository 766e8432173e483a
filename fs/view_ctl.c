/* SPDX-License-Identifier: Apache-2.0 */
/* view_ctl.c - README and the files of .ctl/.
 *
 * A text is made when the file is opened and stays as it is for that handle.
 * The kernel asks for sizes by node and not by handle, so while one is open
 * the size is that of the text opened last.
 */

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "fs/ctl_config.h"
#include "fs/ctl_metrics.h"
#include "fs/ctl_space.h"
#include "fs/view.h"
#include "regionstore/base/buf.h"

/* The text of one handle. */
struct fs_ctl_file {
	size_t len;
	char *text; /* owned */
};

struct ctl_handle {
	struct fs_handle h;
	enum fs_what what;
	struct fs_ctl_file *file;
};

/* --- the texts ------------------------------------------------------------ */

static const char readme[] =
	"This is a roarfs store: sets of 64-bit numbers and plain files.\n"
	"\n"
	"  bitmaps/    sets. Each file is a set of numbers, one on a line,\n"
	"              ascending. Directories nest to any depth.\n"
	"  regions/    ordinary files, directories and links.\n"
	"  snapshots/  the whole store as it was. Read-only inside.\n"
	"  .ctl/       how the daemon is doing.\n"
	"\n"
	"Read a set       cat s        wc -l <s        tail -n 3 s\n"
	"Add a number     echo 42 >>s\n"
	"Add a range      echo 1-1000 >>s\n"
	"Remove           echo -42 >>s        echo -1-1000 >>s\n"
	"Replace all      seq 1 2 99 >s       sort -u list >s\n"
	"Empty it         : >s\n"
	"Copy, move       cp a b              mv a b\n"
	"\n"
	"A line is N, +N, -N, !N, A-B, +A-B, -A-B, !A-B, or # and anything.\n"
	"What is appended takes effect at once. What replaces takes effect\n"
	"when the writer closes the file, in one step. A name that begins\n"
	"with a dot is not a set until it is renamed to one that does not.\n"
	"\n"
	"In other formats ls .as         head .as/ranges/s\n"
	"\n"
	"Ask, in bitmaps/ or below it\n"
	"  in both        cat '.q/a and b/count'    cat .q/a,and,b/members\n"
	"  operators      and or xor minus ( )      & | ^ \\\n"
	"  many sets      any(2026-*)  all(x*)  atleast(3,dir:*)\n"
	"  also           range(1,99,a)  set(1,5-9)  at(before,a)\n"
	"  is 42 in it    test -e .q/a,minus,b/has/42\n"
	"  which have 42  ls .q/of/42\n"
	"  all answers    ls .q/a           (: in a name stands for /)\n"
	"\n"
	"Take a snapshot  mkdir snapshots/before\n"
	"Look inside      cat snapshots/before/bitmaps/s\n"
	"The newest one   ls snapshots/latest/\n"
	"Drop it          rmdir snapshots/before\n"
	"\n"
	"What went wrong  cat .ctl/errors\n"
	"State            cat .ctl/status      cat .ctl/space\n"
	"The same for programs, how it was mounted\n"
	"                 cat .ctl/metrics     cat .ctl/config\n"
	"Check it all     echo >.ctl/check; cat .ctl/check\n"
	"Make it shorter  echo >.ctl/compact; cat .ctl/compact\n"
	"Write to disk    echo >.ctl/sync     (or sync FILE; not sync)\n";

static int add_line(struct buf *b, const char *name, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static int add_line(struct buf *b, const char *name, const char *fmt, ...)
{
	char line[PATH_MAX + 256];
	va_list ap;
	int at, n;

	at = snprintf(line, sizeof(line), "%-12s", name);
	va_start(ap, fmt);
	n = vsnprintf(line + at, sizeof(line) - (size_t)at - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	at = (int)strlen(line);
	line[at] = '\n';
	return buf_append(b, line, (size_t)at + 1);
}

static int add_bytes(struct buf *b, const char *name, uint64_t bytes,
		     const char *note)
{
	static const char *const units[] = { "B",   "KiB", "MiB",
					     "GiB", "TiB", "PiB" };
	double shown = (double)bytes;
	size_t u = 0;

	while (shown >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		shown /= 1024;
		u++;
	}
	return add_line(b, name, "%.*f %s (%llu)%s", u ? 1 : 0, shown, units[u],
			(unsigned long long)bytes, note);
}

static const char *transport_text(int transport)
{
	if (transport > 0)
		return "io_uring (the fast one)";
#ifndef HAVE_FUSE_URING_LOCKED
	return "/dev/fuse; for the fast one build with the libfuse that "
	       "scripts/setup makes";
#endif
	return "/dev/fuse; for the fast one, as root: "
	       "echo Y >/sys/module/fuse/parameters/enable_uring, "
	       "then mount again";
}

static int add_space(struct fs *fs, struct buf *b, const struct rs_stats *s)
{
	struct statvfs host;
	int err;

	err = add_bytes(b, "size", s->file_bytes, ", length of the file");
	if (!err)
		err = add_bytes(b, "used", s->used_bytes, "");
	if (!err)
		err = add_bytes(b, "pinned", s->pinned_bytes,
				", held by snapshots alone");
	if (!err && fs->host_fd >= 0 && !fstatvfs(fs->host_fd, &host))
		err = add_bytes(b, "host free",
				(uint64_t)host.f_bavail * host.f_frsize, "");
	return err;
}

static int add_state(struct buf *b, const struct rs_stats *s)
{
	if (!s->error)
		return add_line(b, "state", "ok");
	return add_line(b, "state", "ERROR, read-only until mounted again: %s",
			s->error_text[0] ? s->error_text : err_text(s->error));
}

/* Only when there are any. */
static int add_unreadable(struct buf *b, const struct rs_stats *s)
{
	if (!s->unreadable)
		return 0;
	return add_line(b, "unreadable",
			"%llu pages of the store since it was mounted; who "
			"needs them is in errors",
			(unsigned long long)s->unreadable);
}

/* The same. */
static int add_anew(struct buf *b, const struct rs_stats *s)
{
	if (!s->anew)
		return 0;
	return add_line(b, "disk failed",
			"%llu times, and what it did not take is written again "
			"to other pages; the last time: %s",
			(unsigned long long)s->anew, s->anew_text);
}

static const char *only_read(const struct fs *fs)
{
	if (!fs->read_only)
		return "";
	return fs->config.read_only
		       ? " (read-only)"
		       : " (read-only: it has features of a newer version)";
}

static int status_into(struct fs *fs, struct buf *b)
{
	struct rs_stats s;
	int err;

	rs_stats(fs->store, &s);
	err = add_line(b, "store", "%s%s", fs->store_path ? fs->store_path : "",
		       only_read(fs));
	if (!err)
		err = add_state(b, &s);
	if (!err)
		err = add_unreadable(b, &s);
	if (!err)
		err = add_anew(b, &s);
	if (!err)
		err = add_space(fs, b, &s);
	if (!err)
		err = add_line(b, "members", "%llu",
			       (unsigned long long)s.weight);
	if (!err)
		err = add_line(b, "snapshots", "%llu",
			       (unsigned long long)s.snapshots);
	if (!err)
		err = add_line(b, "commits", "%llu, newest durable %llu",
			       (unsigned long long)s.commits,
			       (unsigned long long)s.txid);
	if (!err)
		err = add_line(b, "log", "%llu syncs without a commit",
			       (unsigned long long)s.log_writes);
	if (!err)
		err = add_bytes(b, "uncommitted", s.dirty_bytes,
				", of which what was synced is in the log");
	if (!err)
		err = add_line(b, "transport", "%s",
			       transport_text(atomic_load(&fs->transport)));
	return err;
}

static int status_text(struct fs *fs, char **ret_text, size_t *ret_len)
{
	AUTO_BUF struct buf b = { 0 };
	int err;

	err = status_into(fs, &b);
	if (err)
		return err;
	*ret_text = malloc(b.len + 1);
	if (!*ret_text)
		return -ENOMEM;
	memcpy(*ret_text, buf_data(&b), b.len);
	*ret_len = b.len;
	return 0;
}

static int fixed_text(const char *text, char **ret_text, size_t *ret_len)
{
	*ret_text = strdup(text);
	*ret_len = strlen(text);
	return *ret_text ? 0 : -ENOMEM;
}

int fs_ctl_text(struct fs *fs, enum fs_what what, char **ret_text,
		size_t *ret_len)
{
	if (what == FS_WHAT_STATUS)
		return status_text(fs, ret_text, ret_len);
	if (what == FS_WHAT_ERRORS)
		return fs_errlog_text(&fs->errlog, ret_text, ret_len);
	if (what == FS_WHAT_CHECK)
		return fs_checkup_text(&fs->checkup, ret_text, ret_len);
	if (what == FS_WHAT_COMPACT)
		return fs_compaction_text(&fs->compaction, ret_text, ret_len);
	if (what == FS_WHAT_SPACE)
		return fs_ctl_space(fs->store, ret_text, ret_len);
	if (what == FS_WHAT_METRICS)
		return fs_ctl_metrics(fs, ret_text, ret_len);
	if (what == FS_WHAT_CONFIG)
		return fs_ctl_config(fs, ret_text, ret_len);
	if (what == FS_WHAT_README)
		return fixed_text(readme, ret_text, ret_len);
	if (what == FS_WHAT_VERSION)
		return fixed_text(ROARFS_VERSION "\n", ret_text, ret_len);
	return fixed_text("", ret_text, ret_len);
}

void fs_ctl_note_transport(struct fs *fs, bool uring)
{
	atomic_store(&fs->transport, uring);
}

/* --- open files ----------------------------------------------------------- */

int fs_ctl_size(struct fs *fs, enum fs_what what, uint64_t *ret_size)
{
	AUTO_FREE char *text = NULL;
	bool open = false;
	size_t len = 0;
	int err;

	lock_take(&fs->handles_lock);
	if (fs->ctl[what]) {
		open = true;
		len = fs->ctl[what]->len;
	}
	lock_drop(&fs->handles_lock);
	err = open ? 0 : fs_ctl_text(fs, what, &text, &len);
	if (!err)
		*ret_size = len;
	return err;
}

static int ctl_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		    size_t *ret_len)
{
	const struct fs_ctl_file *f = ((struct ctl_handle *)h)->file;

	if (off >= f->len)
		len = 0;
	else if (len > f->len - off)
		len = f->len - (size_t)off;
	memcpy(buf, f->text + (len ? off : 0), len);
	*ret_len = len;
	return 0;
}

bool fs_ctl_is_verb(enum fs_what what)
{
	return what == FS_WHAT_SYNC || what == FS_WHAT_CHECK ||
	       what == FS_WHAT_COMPACT;
}

/* write(2) can say EINVAL, and no more. */
static void explain_word(struct fs *fs, int pid, enum fs_what what,
			 const char *buf, size_t len)
{
	bool check = what == FS_WHAT_CHECK;
	char text[32];

	while (len > 0 && buf[len - 1] == '\n')
		len--;
	snprintf(text, sizeof(text), "%.*s", (int)(len < 32 ? len : 32), buf);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){
			      .when_ns = fs_now_ns(),
			      .pid = pid,
			      .path = check ? "/.ctl/check" : "/.ctl/compact",
			      .text = text,
			      .reason = check ? "is not nothing, fast or stop"
					      : "is not nothing or stop",
		      });
}

/* What is written to sync does not matter; op_write.c syncs. */
static int ctl_write(struct fs_handle *h, const struct fs_io *io, uint64_t off,
		     const char *buf, size_t len)
{
	enum fs_what what = ((struct ctl_handle *)h)->what;
	int err;

	(void)off;
	if (what == FS_WHAT_CHECK)
		err = fs_checkup_ask(&h->fs->checkup, buf, len);
	else if (what == FS_WHAT_COMPACT)
		err = fs_compaction_ask(&h->fs->compaction, buf, len);
	else
		return fs_ctl_is_verb(what) ? 0 : -EPERM;
	if (err == -EINVAL)
		explain_word(h->fs, io->pid, what, buf, len);
	return err;
}

static int ctl_truncate(struct fs_handle *h, const struct fs_io *io,
			uint64_t size)
{
	(void)io, (void)size;
	return fs_ctl_is_verb(((struct ctl_handle *)h)->what) ? 0 : -EPERM;
}

static void ctl_release(struct fs_handle *h)
{
	struct ctl_handle *c = (struct ctl_handle *)h;
	struct fs_ctl_file *f = c->file;

	lock_take(&h->fs->handles_lock);
	if (h->fs->ctl[c->what] == f)
		h->fs->ctl[c->what] = NULL;
	lock_drop(&h->fs->handles_lock);
	free(f->text);
	free(f);
	free(c);
}

static const struct fs_file_ops ctl_ops = {
	.read = ctl_read,
	.write = ctl_write,
	.truncate = ctl_truncate,
	.release = ctl_release,
};

int fs_ctl_open(struct fs *fs, enum fs_what what, struct fs_handle **ret_h)
{
	AUTO_FREE struct fs_ctl_file *f = calloc(1, sizeof(*f));
	AUTO_FREE struct ctl_handle *c = calloc(1, sizeof(*c));
	int err;

	if (!f || !c)
		return -ENOMEM;
	err = fs_ctl_text(fs, what, &f->text, &f->len);
	if (err)
		return err;
	c->h.ops = &ctl_ops;
	c->what = what;
	lock_take(&fs->handles_lock);
	fs->ctl[what] = f;
	lock_drop(&fs->handles_lock);
	c->file = take_ptr(&f);
	*ret_h = &((struct ctl_handle *)take_ptr(&c))->h;
	return 0;
}
