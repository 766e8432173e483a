/* SPDX-License-Identifier: Apache-2.0 */
/* opens.c - a hash table of what is open, in shards. */

#include "fs/opens.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fs_open {
	struct fs_open *next;
	uint64_t ino;
	unsigned handles;
	unsigned writers; /* of the handles */
	bool orphan;
	bool time_set;
	uint64_t expiry; /* its number, or 0 */
	int64_t mtime_ns;
	uint64_t closing_until; /* monotonic; 0: not closing */
};

static struct fs_opens_shard *shard_of(struct fs_opens *o, uint64_t ino)
{
	return &o->shards[ino % FS_OPENS_SHARDS];
}

static struct fs_open **find(struct fs_opens_shard *s, uint64_t ino)
	REQUIRES(s->lock);

/* The link that leads to ino's entry, or to the NULL where it would go. */
static struct fs_open **find(struct fs_opens_shard *s, uint64_t ino)
{
	uint64_t bucket = ino / FS_OPENS_SHARDS % FS_OPENS_BUCKETS;
	struct fs_open **p = &s->buckets[bucket];

	while (*p && (*p)->ino != ino)
		p = &(*p)->next;
	return p;
}

void fs_opens_init(struct fs_opens *o)
{
	memset(o, 0, sizeof(*o));
	for (unsigned i = 0; i < FS_OPENS_SHARDS; i++) {
		lock_init(&o->shards[i].lock, LOCK_OPENS);
		cond_init(&o->shards[i].closed);
	}
}

static void empty_locked(struct fs_opens_shard *s) REQUIRES(s->lock);

static void empty_locked(struct fs_opens_shard *s)
{
	for (unsigned i = 0; i < FS_OPENS_BUCKETS; i++) {
		while (s->buckets[i]) {
			struct fs_open *e = s->buckets[i];

			s->buckets[i] = e->next;
			free(e);
		}
	}
}

void fs_opens_finish(struct fs_opens *o)
{
	for (unsigned i = 0; i < FS_OPENS_SHARDS; i++) {
		struct fs_opens_shard *s = &o->shards[i];

		lock_take(&s->lock);
		empty_locked(s);
		lock_drop(&s->lock);
		cond_finish(&s->closed);
		lock_finish(&s->lock);
	}
}

static int get_locked(struct fs_opens_shard *s, uint64_t ino) REQUIRES(s->lock);

static int get_locked(struct fs_opens_shard *s, uint64_t ino)
{
	struct fs_open **p = find(s, ino);

	if (!*p) {
		*p = calloc(1, sizeof(**p));
		if (!*p)
			return -ENOMEM;
		(*p)->ino = ino;
	}
	(*p)->handles++;
	return 0;
}

int fs_opens_get(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	int err;

	lock_take(&s->lock);
	err = get_locked(s, ino);
	lock_drop(&s->lock);
	return err;
}

static bool put_locked(struct fs_opens_shard *s, uint64_t ino)
	REQUIRES(s->lock);

static bool put_locked(struct fs_opens_shard *s, uint64_t ino)
{
	struct fs_open **p = find(s, ino);
	struct fs_open *e = *p;
	bool reap;

	assert(e && e->handles > 0);
	if (--e->handles > 0)
		return false;
	reap = e->orphan;
	*p = e->next;
	free(e);
	cond_wake_all(&s->closed);
	return reap;
}

bool fs_opens_put(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	bool reap;

	lock_take(&s->lock);
	reap = put_locked(s, ino);
	lock_drop(&s->lock);
	return reap;
}

unsigned fs_opens_count(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	const struct fs_open *e;
	unsigned n;

	lock_take(&s->lock);
	e = *find(s, ino);
	n = e ? e->handles : 0;
	lock_drop(&s->lock);
	return n;
}

void fs_opens_writer(struct fs_opens *o, uint64_t ino, bool writes)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	assert(e && (writes || e->writers > 0));
	if (writes)
		e->writers++;
	else
		e->writers--;
	lock_drop(&s->lock);
}

bool fs_opens_has_writer(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	const struct fs_open *e;
	bool has;

	lock_take(&s->lock);
	e = *find(s, ino);
	has = e && e->writers;
	lock_drop(&s->lock);
	return has;
}

bool fs_opens_orphan(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e)
		e->orphan = true;
	lock_drop(&s->lock);
	return e != NULL;
}

void fs_opens_named(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e)
		e->orphan = false;
	lock_drop(&s->lock);
}

void fs_opens_set_time(struct fs_opens *o, uint64_t ino, int64_t mtime_ns)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e) {
		e->time_set = true;
		e->mtime_ns = mtime_ns;
	}
	lock_drop(&s->lock);
}

void fs_opens_forget_time(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e)
		e->time_set = false;
	lock_drop(&s->lock);
}

void fs_opens_set_expiry(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	uint64_t number = atomic_fetch_add(&o->expiries, 1) + 1;
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e)
		e->expiry = number;
	lock_drop(&s->lock);
}

uint64_t fs_opens_expiries(struct fs_opens *o)
{
	return atomic_load(&o->expiries);
}

bool fs_opens_expiry_since(struct fs_opens *o, uint64_t ino, uint64_t then)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	const struct fs_open *e;
	bool set;

	lock_take(&s->lock);
	e = *find(s, ino);
	set = e && e->expiry > then;
	lock_drop(&s->lock);
	return set;
}

int64_t fs_opens_time(struct fs_opens *o, uint64_t ino, int64_t now_ns)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	int64_t when = now_ns;
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e && e->time_set)
		when = e->mtime_ns;
	lock_drop(&s->lock);
	return when;
}

void fs_opens_closing(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e)
		e->closing_until = cond_now_ns() + FS_CLOSING_NS;
	lock_drop(&s->lock);
}

void fs_opens_not_closing(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	struct fs_open *e;

	lock_take(&s->lock);
	e = *find(s, ino);
	if (e && e->closing_until) {
		e->closing_until = 0;
		cond_wake_all(&s->closed);
	}
	lock_drop(&s->lock);
}

static uint64_t closing_until_locked(struct fs_opens_shard *s, uint64_t ino)
	REQUIRES(s->lock);

static uint64_t closing_until_locked(struct fs_opens_shard *s, uint64_t ino)
{
	const struct fs_open *e = *find(s, ino);

	if (!e || !e->closing_until || e->closing_until <= cond_now_ns())
		return 0;
	return e->closing_until;
}

bool fs_opens_is_closing(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	bool closing;

	lock_take(&s->lock);
	closing = closing_until_locked(s, ino) != 0;
	lock_drop(&s->lock);
	return closing;
}

void fs_opens_wait_closed(struct fs_opens *o, uint64_t ino)
{
	struct fs_opens_shard *s = shard_of(o, ino);
	uint64_t until;

	lock_take(&s->lock);
	while ((until = closing_until_locked(s, ino)) != 0)
		cond_wait_until(&s->closed, &s->lock, until);
	lock_drop(&s->lock);
}
