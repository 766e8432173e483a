/* SPDX-License-Identifier: Apache-2.0 */
/* expirer.c - the thread that cleans up after time.
 *
 *	tell	the kernel to ask again for names of files that expire now
 *	sweep	when the first instant in the index has come
 *	sleep	until the next one, or news; never longer than it may take to
 *		see that somebody has set the clock
 *
 * The clock is the wall's: a ttl outlives a restart. Set forward, it lets
 * files go early, as the hands then say; set back, it shows again what was
 * not taken away yet, and brings back nothing that was.
 */

#include <stdlib.h>
#include <string.h>

#include "fs/fs.h"
#include "regionstore/base/auto.h"

#define NS_PER_MS ((int64_t)1000000)
/* Asleep until there are news. */
#define FOREVER (UINT64_MAX / 4)
/* Past the instant, not just before it. */
#define SLACK_NS ((uint64_t)1000000)

/* --- telling the kernel --------------------------------------------------- */

static int tell_found(struct fs *fs, struct fs_sweep *s)
{
	AUTO_FREE struct fs_stale *found =
		calloc(FS_EXPIRE_BATCH, sizeof(*found));
	bool done = s->links == 0;
	int err = found ? 0 : -ENOMEM;

	while (!err && !done) {
		size_t n = 0;

		err = fs_expire_stretch(fs, s, found, &n, &done);
		for (size_t i = 0; !err && i < n; i++)
			fs_notify_expired(&fs->notifier, found[i].parent,
					  found[i].name);
	}
	return err;
}

static void tell(struct fs *fs, const uint64_t *inos, size_t n)
{
	struct rs_view *v;
	struct fs_sweep s;
	int err;

	if (rs_view_live(fs->store, &v))
		return;
	err = fs_sweep_of(v, inos, n, &s);
	rs_view_put(v);
	if (err)
		return;
	(void)tell_found(fs, &s);
	fs_sweep_finish(&s);
}

/* Does the kernel need to be told, and is its only name known? */
static bool told_at_once(struct fs *fs, uint64_t ino)
{
	char name[FS_NAME_MAX + 1];
	struct fs_inode in;
	struct rs_view *v;
	uint64_t parent = 0;

	if (rs_view_live(fs->store, &v))
		return false;
	if (!fs_inode_get(v, ino, &in) && in.attr.nlink == 1)
		parent = fs_paths_name(&fs->paths, v, ino, name);
	rs_view_put(v);
	if (parent)
		fs_notify_expired(&fs->notifier, parent, name);
	return parent;
}

static void note_locked(struct fs_expirer *e, uint64_t ino) REQUIRES(e->lock);

/* Without memory the kernel learns it late: when the name is taken away. */
static void note_locked(struct fs_expirer *e, uint64_t ino)
{
	if (e->n_told == e->cap_told && e->cap_told < FS_SWEEP_MAX) {
		size_t cap = e->cap_told ? 2 * e->cap_told : 64;
		uint64_t *p = reallocarray(e->told, cap, sizeof(*p));

		if (p) {
			e->told = p;
			e->cap_told = cap;
		}
	}
	if (e->n_told < e->cap_told)
		e->told[e->n_told++] = ino;
}

void fs_expire_noted(struct fs *fs, uint64_t ino)
{
	struct fs_expirer *e = &fs->expirer;
	bool told;

	if (!e->started)
		return;
	told = told_at_once(fs, ino);
	lock_take(&e->lock);
	if (!told)
		note_locked(e, ino);
	e->news = true;
	cond_wake_all(&e->changed);
	lock_drop(&e->lock);
}

static size_t take_told(struct fs_expirer *e, uint64_t **ret_inos)
{
	size_t n;

	lock_take(&e->lock);
	n = e->n_told;
	*ret_inos = e->told;
	e->told = NULL;
	e->n_told = e->cap_told = 0;
	lock_drop(&e->lock);
	return n;
}

static void tell_all(struct fs *fs)
{
	uint64_t *inos = NULL;
	size_t n = take_told(&fs->expirer, &inos);

	if (n)
		tell(fs, inos, n);
	free(inos);
}

/* --- the thread ----------------------------------------------------------- */

bool fs_expirer_rest(struct fs_expirer *e, uint64_t ns)
{
	uint64_t until = cond_now_ns() + ns;
	bool go_on;

	lock_take(&e->lock);
	while (!e->stopping && cond_wait_until(&e->changed, &e->lock, until))
		;
	go_on = !e->stopping;
	lock_drop(&e->lock);
	return go_on;
}

/* As fs_expirer_rest(), and news end it. */
static bool sleep_until_news(struct fs_expirer *e, uint64_t ns)
{
	uint64_t until = cond_now_ns() + ns;
	bool go_on;

	lock_take(&e->lock);
	while (!e->stopping && !e->news &&
	       cond_wait_until(&e->changed, &e->lock, until))
		;
	e->news = false;
	go_on = !e->stopping;
	lock_drop(&e->lock);
	return go_on;
}

/* How long until something expires; 0 when something has. */
static uint64_t time_left(struct fs *fs)
{
	struct rs_view *v;
	uint64_t ms;
	int64_t left_ms;
	int err;

	if (rs_view_live(fs->store, &v))
		return FS_EXPIRE_POLL_NS;
	err = fs_expire_first(v, &ms);
	rs_view_put(v);
	if (err)
		return err == -ENOENT ? FOREVER : FS_EXPIRE_POLL_NS;
	left_ms = (int64_t)ms - fs_clock(fs) / NS_PER_MS;
	if (left_ms <= 0)
		return 0;
	if (left_ms >= (int64_t)FS_EXPIRE_POLL_NS / NS_PER_MS)
		return FS_EXPIRE_POLL_NS;
	return (uint64_t)(left_ms * NS_PER_MS) + SLACK_NS;
}

/* What is left is open, or damaged, or the disk is full: not at once again. */
static uint64_t work(struct fs *fs)
{
	uint64_t left = time_left(fs);
	bool any = false;

	if (left)
		return left;
	if (fs_expire_sweep(fs, &any) || !any)
		return FS_EXPIRE_POLL_NS;
	left = time_left(fs);
	return left ? left : FS_EXPIRE_POLL_NS / 8;
}

static void *run(void *arg)
{
	struct fs *fs = arg;

	do
		tell_all(fs);
	while (sleep_until_news(&fs->expirer,
				fs->read_only ? FOREVER : work(fs)));
	return NULL;
}

void fs_expirer_init(struct fs_expirer *e)
{
	memset(e, 0, sizeof(*e));
	lock_init(&e->lock, LOCK_QUEUE);
	cond_init(&e->changed);
}

void fs_expirer_finish(struct fs_expirer *e)
{
	lock_take(&e->lock);
	free(e->told);
	e->told = NULL;
	lock_drop(&e->lock);
	cond_finish(&e->changed);
	lock_finish(&e->lock);
}

int fs_expirer_start(struct fs *fs)
{
	int err = pthread_create(&fs->expirer.thread, NULL, run, fs);

	fs->expirer.started = !err;
	return -err;
}

void fs_expirer_stop(struct fs *fs)
{
	struct fs_expirer *e = &fs->expirer;

	if (!e->started)
		return;
	lock_take(&e->lock);
	e->stopping = true;
	cond_wake_all(&e->changed);
	lock_drop(&e->lock);
	pthread_join(e->thread, NULL);
	e->started = false;
}
