/* SPDX-License-Identifier: Apache-2.0 */
/* compaction.c - one thread that compacts, and the text that says how it
 * goes. */
#include "fs/compaction.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/ns_compact.h"

#define NICE 10 /* whoever waits for a reply comes first */

void fs_compaction_init(struct fs_compaction *c, struct rs_store *store)
{
	memset(c, 0, sizeof(*c));
	c->store = store;
	lock_init(&c->lock, LOCK_QUEUE);
}

void fs_compaction_finish(struct fs_compaction *c)
{
	pthread_t thread;
	bool started;

	atomic_store(&c->stop, true);
	lock_take(&c->lock);
	started = c->started;
	thread = c->thread;
	lock_drop(&c->lock);
	if (started)
		pthread_join(thread, NULL);
	lock_finish(&c->lock);
}

/* --- the thread ----------------------------------------------------------- */

static int go_on(void *arg, const struct rs_compact_result *r)
{
	struct fs_compaction *c = arg;

	lock_take(&c->lock);
	c->result = *r;
	lock_drop(&c->lock);
	return atomic_load(&c->stop) ? -EINTR : 0;
}

static void *compact(void *arg)
{
	struct fs_compaction *c = arg;
	struct rs_compact_result result;
	int err;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	err = fs_compact(c->store, go_on, c, &result);
	lock_take(&c->lock);
	if (!err)
		c->result = result;
	c->err = err;
	c->running = false;
	lock_drop(&c->lock);
	return NULL;
}

/* --- asking --------------------------------------------------------------- */

static int start_locked(struct fs_compaction *c) REQUIRES(c->lock)
{
	int err = c->running ? -EBUSY : rs_may_change(c->store);

	if (err)
		return err;
	if (c->started)
		pthread_join(c->thread, NULL);
	c->started = false;
	c->err = 0;
	c->result = (struct rs_compact_result){ 0 };
	atomic_store(&c->stop, false);
	err = pthread_create(&c->thread, NULL, compact, c);
	if (err)
		return err == EAGAIN ? -ENOMEM : -err;
	c->started = c->running = true;
	return 0;
}

int fs_compaction_ask(struct fs_compaction *c, const char *text, size_t len)
{
	int err;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len == 4 && memcmp(text, "stop", len) == 0) {
		atomic_store(&c->stop, true);
		return 0;
	}
	if (len > 0)
		return -EINVAL;
	lock_take(&c->lock);
	err = start_locked(c);
	lock_drop(&c->lock);
	return err;
}

/* --- telling -------------------------------------------------------------- */

struct state {
	bool started, running;
	int err;
	struct rs_compact_result r;
};

static void write_state(FILE *f, const struct state *st)
{
	if (!st->started)
		fprintf(f, "not run; to begin: echo >.ctl/compact\n");
	else if (st->running)
		fprintf(f, "running: %s, %" PRIu64 " of %" PRIu64 " records\n",
			st->r.step ? st->r.step : "beginning",
			st->r.records_done, st->r.records);
	else if (st->err == -EINTR)
		fprintf(f, "stopped before its end\n");
	else if (st->err)
		fprintf(f, "failed: %s\n", err_text(st->err));
	else
		fprintf(f, "done\n");
}

static void write_size(FILE *f, const char *name, uint64_t bytes)
{
	char size[FS_SIZE_TEXT];

	fs_cmd_size(bytes, size);
	fprintf(f, "%-12s %s (%" PRIu64 ")\n", name, size, bytes);
}

static void write_text(FILE *f, const struct state *st)
{
	fprintf(f, "%-12s ", "state");
	write_state(f, st);
	if (!st->started)
		return;
	write_size(f, "before", st->r.file_before);
	if (!st->running && !st->err)
		write_size(f, "after", st->r.file_after);
	write_size(f, "packed", st->r.packed_bytes);
	write_size(f, "moved", st->r.moved_bytes);
	if (!st->running && !st->err && st->r.pinned_bytes)
		write_size(f, "pinned", st->r.pinned_bytes);
}

int fs_compaction_text(struct fs_compaction *c, char **ret_text,
		       size_t *ret_len)
{
	struct state st;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return -ENOMEM;
	lock_take(&c->lock);
	st = (struct state){ .started = c->started,
			     .running = c->running,
			     .err = c->err,
			     .r = c->result };
	lock_drop(&c->lock);
	write_text(f, &st);
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}
