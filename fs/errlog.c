/* SPDX-License-Identifier: Apache-2.0 */
/* errlog.c - a ring of lines.
 *
 * A line is formatted when it is added, so reading the log is copying it, and
 * a line that is being overwritten is never seen half: both happen under the
 * lock, which is held for the length of a copy.
 */

#include "fs/errlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATH_SHOWN 120u /* bytes; text and reason need the others */

void fs_errlog_init(struct fs_errlog *l)
{
	memset(l, 0, sizeof(*l));
	lock_init(&l->lock, LOCK_ERRLOG);
}

void fs_errlog_finish(struct fs_errlog *l)
{
	lock_take(&l->lock);
	free(l->lines);
	l->lines = NULL;
	lock_drop(&l->lock);
	lock_finish(&l->lock);
}

/* Bytes of the UTF-8 character at p, or 0 when there is none. */
static size_t utf8_len(const unsigned char *p)
{
	size_t n = *p < 0x80		      ? 1
		   : *p >= 0xc2 && *p <= 0xdf ? 2
		   : *p >= 0xe0 && *p <= 0xef ? 3
		   : *p >= 0xf0 && *p <= 0xf4 ? 4
					      : 0;

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* Names and text come from users: nothing of theirs may break the line, or
 * make grep(1) take the whole for a binary file.
 */
static void clean(char *line)
{
	unsigned char *p = (unsigned char *)line;

	while (*p) {
		size_t n = utf8_len(p);

		if (n == 0 || *p < ' ' || *p == 0x7f)
			*p = '?';
		p += n ? n : 1;
	}
}

/* The end of a path says more than its beginning; the reason says most. */
static const char *end_of(const char *path, char cut[PATH_SHOWN + 4])
{
	size_t len = strlen(path);

	if (len <= PATH_SHOWN)
		return path;
	snprintf(cut, PATH_SHOWN + 4, "...%s", path + len - PATH_SHOWN);
	return cut;
}

static void format(char *buf, const struct fs_err_line *e)
{
	time_t sec = (time_t)(e->when_ns / 1000000000);
	int ms = (int)(e->when_ns / 1000000 % 1000);
	char stamp[32] = "";
	char where[48] = "";
	char cut[PATH_SHOWN + 4];
	struct tm tm;
	int n;

	if (gmtime_r(&sec, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	if (e->line)
		snprintf(where, sizeof(where),
			 " line %llu:", (unsigned long long)e->line);
	n = snprintf(buf, FS_ERRLOG_WIDTH - 1,
		     "%s.%03dZ pid %d '%s'%s %s%s%s%s", stamp, ms, e->pid,
		     end_of(e->path, cut), where, e->text ? "'" : "",
		     e->text ? e->text : "", e->text ? "' " : "", e->reason);
	if (n < 0)
		buf[0] = 0;
	clean(buf);
	memcpy(buf + strlen(buf), "\n", sizeof("\n"));
}

static void add_locked(struct fs_errlog *l, const char *line) REQUIRES(l->lock);

static void add_locked(struct fs_errlog *l, const char *line)
{
	if (!l->lines)
		l->lines = calloc(FS_ERRLOG_LINES, sizeof(*l->lines));
	if (!l->lines)
		return;
	memcpy(l->lines[l->written % FS_ERRLOG_LINES], line, FS_ERRLOG_WIDTH);
	l->written++;
}

void fs_errlog_add(struct fs_errlog *l, const struct fs_err_line *e)
{
	char line[FS_ERRLOG_WIDTH];

	format(line, e);
	lock_take(&l->lock);
	add_locked(l, line);
	lock_drop(&l->lock);
}

static int text_locked(struct fs_errlog *l, char **ret_text, size_t *ret_len)
	REQUIRES(l->lock);

static int text_locked(struct fs_errlog *l, char **ret_text, size_t *ret_len)
{
	uint64_t first =
		l->written > FS_ERRLOG_LINES ? l->written - FS_ERRLOG_LINES : 0;
	size_t len = 0;
	char *text;

	text = malloc((size_t)(l->written - first) * FS_ERRLOG_WIDTH + 1);
	if (!text)
		return -ENOMEM;
	for (uint64_t i = first; i < l->written; i++) {
		const char *line = l->lines[i % FS_ERRLOG_LINES];
		size_t n = strlen(line);

		memcpy(text + len, line, n + 1);
		len += n;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

uint64_t fs_errlog_count(struct fs_errlog *l)
{
	uint64_t n;

	lock_take(&l->lock);
	n = l->written;
	lock_drop(&l->lock);
	return n;
}

int fs_errlog_text(struct fs_errlog *l, char **ret_text, size_t *ret_len)
{
	int err;

	lock_take(&l->lock);
	err = text_locked(l, ret_text, ret_len);
	lock_drop(&l->lock);
	return err;
}
