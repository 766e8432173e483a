/* SPDX-License-Identifier: Apache-2.0 */
/* checkup.c - one thread that checks, and the text that says how it goes. */
#include "fs/checkup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/ns_check.h"

#define NICE 10 /* whoever waits for a reply comes first */
#define MS   1000000
#define SEC  1000000000

void fs_checkup_init(struct fs_checkup *c, struct rs_store *store,
		     struct fs_errlog *errlog)
{
	memset(c, 0, sizeof(*c));
	c->store = store;
	c->errlog = errlog;
	lock_init(&c->lock, LOCK_QUEUE);
}

void fs_checkup_finish(struct fs_checkup *c)
{
	enum fs_checkup_state state;
	pthread_t thread;

	atomic_store(&c->stop, true);
	lock_take(&c->lock);
	state = c->state;
	thread = c->thread;
	lock_drop(&c->lock);
	if (state != FS_CHECKUP_NONE)
		pthread_join(thread, NULL);
	lock_take(&c->lock);
	buf_finish(&c->lines);
	lock_drop(&c->lock);
	lock_finish(&c->lock);
}

/* --- the thread ----------------------------------------------------------- */

/* "'regions/a': what" is for the log a path and a reason. */
static void log_finding(struct fs_checkup *c, const char *text)
{
	const char *end = text[0] == '\'' ? strstr(text + 1, "': ") : NULL;
	struct fs_err_line line = { .when_ns = fs_cmd_now_ns(),
				    .pid = getpid(),
				    .path = "-",
				    .reason = text };
	char path[300];

	if (end) {
		snprintf(path, sizeof(path), "/%.*s", (int)(end - text - 1),
			 text + 1);
		line.path = path;
		line.reason = end + 3;
	}
	fs_errlog_add(c->errlog, &line);
}

/* Without memory the count is still right. */
static void add_line_locked(struct fs_checkup *c, const char *text)
	REQUIRES(c->lock)
{
	if (buf_append(&c->lines, text, strlen(text)) == 0)
		(void)!buf_append(&c->lines, "\n", 1);
}

static void on_finding(void *arg, const char *text)
{
	struct fs_checkup *c = arg;

	log_finding(c, text);
	lock_take(&c->lock);
	if (c->findings++ < FS_CHECKUP_LINES)
		add_line_locked(c, text);
	lock_drop(&c->lock);
}

static void on_note(void *arg, const char *text)
{
	struct fs_checkup *c = arg;
	char line[RS_REPORT_TEXT + sizeof("note: ")];

	snprintf(line, sizeof(line), "note: %s", text);
	lock_take(&c->lock);
	add_line_locked(c, line);
	lock_drop(&c->lock);
}

static void on_progress(void *arg, uint64_t seen, uint64_t of)
{
	struct fs_checkup *c = arg;

	atomic_store_explicit(&c->seen, seen, memory_order_relaxed);
	atomic_store_explicit(&c->of, of, memory_order_relaxed);
}

static bool on_stop(void *arg)
{
	struct fs_checkup *c = arg;

	return atomic_load_explicit(&c->stop, memory_order_relaxed);
}

static void *check(void *arg)
{
	struct fs_checkup *c = arg;
	struct fs_check_ops ops = { .report = on_finding,
				    .note = on_note,
				    .progress = on_progress,
				    .stop = on_stop };
	struct rs_check_result result = { 0 };
	int err;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	lock_take(&c->lock);
	ops.fast = c->fast;
	lock_drop(&c->lock);
	err = fs_check_run(c->store, &ops, c, &result);
	lock_take(&c->lock);
	c->err = err;
	c->result = result;
	c->ended_ns = fs_cmd_now_ns();
	c->state = FS_CHECKUP_DONE;
	lock_drop(&c->lock);
	return NULL;
}

/* --- asking --------------------------------------------------------------- */

/* The one before is done; its thread has nothing more to do. */
static int start_locked(struct fs_checkup *c, bool fast) REQUIRES(c->lock)
{
	int err;

	if (c->state == FS_CHECKUP_RUNS)
		return -EBUSY;
	if (c->state == FS_CHECKUP_DONE)
		pthread_join(c->thread, NULL);
	c->state = FS_CHECKUP_NONE;
	c->fast = fast;
	c->findings = 0;
	buf_clear(&c->lines);
	c->began_ns = fs_cmd_now_ns();
	atomic_store(&c->stop, false);
	on_progress(c, 0, 0);
	err = pthread_create(&c->thread, NULL, check, c);
	if (err)
		return err == EAGAIN ? -ENOMEM : -err;
	c->state = FS_CHECKUP_RUNS;
	return 0;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

int fs_checkup_ask(struct fs_checkup *c, const char *text, size_t len)
{
	bool fast;
	int err;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (is_word(text, len, "stop")) {
		atomic_store(&c->stop, true);
		return 0;
	}
	fast = is_word(text, len, "fast");
	if (len > 0 && !fast)
		return -EINVAL;
	lock_take(&c->lock);
	err = start_locked(c, fast);
	lock_drop(&c->lock);
	return err;
}

/* --- telling -------------------------------------------------------------- */

static int add(struct buf *b, const char *name, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static int add(struct buf *b, const char *name, const char *fmt, ...)
{
	char line[256];
	int at = snprintf(line, sizeof(line), "%-12s ", name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + at, sizeof(line) - (size_t)at - 1, fmt, ap);
	va_end(ap);
	at = (int)strlen(line);
	line[at] = '\n';
	return buf_append(b, line, (size_t)at + 1);
}

static int add_state_locked(struct fs_checkup *c, struct buf *b)
	REQUIRES(c->lock)
{
	uint64_t seen = atomic_load(&c->seen), of = atomic_load(&c->of);

	if (c->state == FS_CHECKUP_NONE)
		return add(b, "state", "not run; to begin: echo >.ctl/check");
	if (c->state == FS_CHECKUP_RUNS)
		return add(b, "state",
			   "running: %" PRIu64 " of %" PRIu64 " records", seen,
			   of > seen ? of : seen);
	if (c->err == -EINTR)
		return add(b, "state", "stopped before its end");
	if (c->err)
		return add(b, "state", "failed: %s", err_text(c->err));
	return add(b, "state", c->findings ? "DAMAGED" : "sound");
}

static int add_times_locked(struct fs_checkup *c, struct buf *b)
	REQUIRES(c->lock)
{
	int64_t end =
		c->state == FS_CHECKUP_DONE ? c->ended_ns : fs_cmd_now_ns();
	time_t sec = (time_t)(c->began_ns / SEC);
	char stamp[32] = "";
	struct tm tm;
	int err;

	if (gmtime_r(&sec, &tm))
		strftime(stamp, sizeof(stamp), "%F %T UTC", &tm);
	err = add(b, "began", "%s", stamp);
	if (!err)
		err = add(b, "took", "%.3f s",
			  (double)(end - c->began_ns) / MS / 1000);
	return err ? err : add(b, "read", c->fast ? "metadata" : "everything");
}

static int add_result_locked(struct fs_checkup *c, struct buf *b)
	REQUIRES(c->lock)
{
	char size[FS_SIZE_TEXT];
	int err = add(b, "records", "%" PRIu64, c->result.records);

	fs_cmd_size(c->result.payload_bytes, size);
	if (!err)
		err = add(b, "tree pages", "%" PRIu64, c->result.pages);
	return err ? err : add(b, "content", "%s", size);
}

static int add_findings_locked(struct fs_checkup *c, struct buf *b)
	REQUIRES(c->lock)
{
	int err = add(b, "findings", "%" PRIu64, c->findings);

	if (!err && c->lines.len)
		err = buf_append(b, buf_data(&c->lines), c->lines.len);
	if (!err && c->findings > FS_CHECKUP_LINES)
		err = add(b, "...", "and %" PRIu64 " more",
			  c->findings - FS_CHECKUP_LINES);
	return err;
}

static int text_locked(struct fs_checkup *c, struct buf *b) REQUIRES(c->lock)
{
	int err = add_state_locked(c, b);

	if (err || c->state == FS_CHECKUP_NONE)
		return err;
	err = add_times_locked(c, b);
	if (!err && c->state == FS_CHECKUP_DONE && !c->err)
		err = add_result_locked(c, b);
	return err ? err : add_findings_locked(c, b);
}

int fs_checkup_text(struct fs_checkup *c, char **ret_text, size_t *ret_len)
{
	AUTO_BUF struct buf b = { 0 };
	char *text;
	int err;

	lock_take(&c->lock);
	err = text_locked(c, &b);
	lock_drop(&c->lock);
	if (err)
		return err;
	text = malloc(b.len);
	if (!text)
		return -ENOMEM;
	memcpy(text, buf_data(&b), b.len);
	*ret_text = text;
	*ret_len = b.len;
	return 0;
}
