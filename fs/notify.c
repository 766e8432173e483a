/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c - the queue and its thread. */

#include "fs/notify.h"

#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>

struct fs_note {
	struct fs_note *next;
	struct fs_notified *then; /* NULL: one for the kernel */
	uint64_t node;		  /* or the directory, when there is a name */
	bool attr;		  /* attributes only */
	bool expired;		  /* the name is to be asked for again */
	size_t name_len;
	char name[];
};

/* False when the kernel cannot do that: then the name is taken from it. */
static bool expire_entry(struct fs_notifier *n, const struct fs_note *note)
{
	int err = -ENOSYS;

#ifdef HAVE_FUSE_EXPIRE_ENTRY
	err = fuse_lowlevel_notify_expire_entry(n->se, note->node, note->name,
						note->name_len);
#else
	(void)n, (void)note;
#endif
	return err != -ENOSYS;
}

static void send_note(struct fs_notifier *n, const struct fs_note *note)
{
	/* An error means that the kernel had nothing cached, or is gone. */
	if (note->then)
		note->then->run(note->then);
	else if (note->expired && expire_entry(n, note))
		return;
	else if (note->name_len)
		fuse_lowlevel_notify_inval_entry(n->se, note->node, note->name,
						 note->name_len);
	else
		fuse_lowlevel_notify_inval_inode(n->se, note->node,
						 note->attr ? -1 : 0, 0);
}

/* What there is to do next: a note, or nodes. */
struct turn {
	struct fs_note *note;
	uint64_t attrs[FS_NOTIFY_ATTRS];
	unsigned n_attrs;
};

static bool wait_locked(struct fs_notifier *n) REQUIRES(n->lock);

/* Until there is something to do: false when there never will be. */
static bool wait_locked(struct fs_notifier *n)
{
	while (!n->first) {
		if (n->n_attrs &&
		    (n->stopping || n->n_attrs == FS_NOTIFY_ATTRS ||
		     cond_now_ns() >= n->attrs_due))
			return true;
		if (n->stopping)
			return false;
		if (n->n_attrs)
			cond_wait_until(&n->added, &n->lock, n->attrs_due);
		else
			cond_wait(&n->added, &n->lock);
	}
	return true;
}

static void take_locked(struct fs_notifier *n, struct turn *t)
	REQUIRES(n->lock);

static void take_locked(struct fs_notifier *n, struct turn *t)
{
	t->note = n->first;
	t->n_attrs = 0;
	if (n->first) {
		n->first = n->first->next;
		if (!n->first)
			n->last = &n->first;
		return;
	}
	memcpy(t->attrs, n->attrs, sizeof(t->attrs));
	t->n_attrs = n->n_attrs;
	n->n_attrs = 0;
}

static bool next_turn(struct fs_notifier *n, struct turn *t)
{
	bool any;

	lock_take(&n->lock);
	n->busy = false;
	if (!n->first && !n->n_attrs)
		cond_wake_all(&n->idle);
	any = wait_locked(n);
	n->busy = any;
	if (any)
		take_locked(n, t);
	lock_drop(&n->lock);
	return any;
}

static void *notify_all(void *arg)
{
	struct fs_notifier *n = arg;
	struct turn t;

	while (next_turn(n, &t)) {
		if (t.note)
			send_note(n, t.note);
		free(t.note);
		for (unsigned i = 0; i < t.n_attrs; i++)
			fuse_lowlevel_notify_inval_inode(n->se, t.attrs[i], -1,
							 0);
	}
	return NULL;
}

int fs_notifier_start(struct fs_notifier *n, struct fuse_session *se)
{
	int err;

	memset(n, 0, sizeof(*n));
	lock_init(&n->lock, LOCK_QUEUE);
	cond_init(&n->added);
	cond_init(&n->idle);
	n->se = se;
	lock_take(&n->lock);
	n->last = &n->first;
	lock_drop(&n->lock);
	err = pthread_create(&n->thread, NULL, notify_all, n);
	if (err) {
		cond_finish(&n->added);
		cond_finish(&n->idle);
		lock_finish(&n->lock);
	}
	n->started = !err;
	return -err;
}

void fs_notifier_stop(struct fs_notifier *n)
{
	if (!n->started)
		return;
	lock_take(&n->lock);
	n->stopping = true;
	cond_wake_all(&n->added);
	lock_drop(&n->lock);
	pthread_join(n->thread, NULL);
	cond_finish(&n->added);
	cond_finish(&n->idle);
	lock_finish(&n->lock);
	memset(n, 0, sizeof(*n));
}

static struct fs_note *make(uint64_t node, const char *name)
{
	size_t len = strlen(name);
	struct fs_note *note = calloc(1, sizeof(*note) + len + 1);

	if (!note)
		return NULL;
	note->node = node;
	note->name_len = len;
	memcpy(note->name, name, len + 1);
	return note;
}

static void add_locked(struct fs_notifier *n, struct fs_note *note)
	REQUIRES(n->lock);

static void add_locked(struct fs_notifier *n, struct fs_note *note)
{
	*n->last = note;
	n->last = &note->next;
	cond_wake_one(&n->added);
}

static void add(struct fs_notifier *n, struct fs_note *note)
{
	if (!note)
		return;
	lock_take(&n->lock);
	add_locked(n, note);
	lock_drop(&n->lock);
}

static void add_attr_note(struct fs_notifier *n, uint64_t node)
{
	struct fs_note *note = make(node, "");

	if (note)
		note->attr = true;
	add(n, note);
}

void fs_notify_attr_now(struct fs_notifier *n, uint64_t node)
{
	if (n->started)
		fuse_lowlevel_notify_inval_inode(n->se, node, -1, 0);
}

int fs_notify_all_names(struct fs_notifier *n)
{
	int err = -ENOSYS;

#ifdef HAVE_FUSE_EPOCH
	err = fuse_lowlevel_notify_increment_epoch(n->se);
#else
	(void)n;
#endif
	return err;
}

void fs_notify_node(struct fs_notifier *n, uint64_t node)
{
	add(n, make(node, ""));
}

bool fs_notify_name(struct fs_notifier *n, uint64_t dir, const char *name)
{
	struct fs_note *note = make(dir, name);

	add(n, note);
	return note;
}

void fs_notify_expired(struct fs_notifier *n, uint64_t dir, const char *name)
{
	struct fs_note *note = n->started ? make(dir, name) : NULL;

	if (note)
		note->expired = true;
	add(n, note);
}

static void add_attr_locked(struct fs_notifier *n, uint64_t node)
	REQUIRES(n->lock);

static void add_attr_locked(struct fs_notifier *n, uint64_t node)
{
	for (unsigned i = 0; i < n->n_attrs; i++)
		if (n->attrs[i] == node)
			return;
	if (n->n_attrs == 0)
		n->attrs_due = cond_now_ns() + FS_NOTIFY_ATTR_NS;
	n->attrs[n->n_attrs++] = node;
	if (n->n_attrs == 1 || n->n_attrs == FS_NOTIFY_ATTRS)
		cond_wake_one(&n->added);
}

void fs_notify_attr(struct fs_notifier *n, uint64_t node)
{
	bool full;

	if (!n->started)
		return;
	lock_take(&n->lock);
	full = n->n_attrs == FS_NOTIFY_ATTRS;
	if (!full)
		add_attr_locked(n, node);
	lock_drop(&n->lock);
	if (full)
		add_attr_note(n, node);
}

void fs_notify_then(struct fs_notifier *n, struct fs_notified *then)
{
	struct fs_note *note = n->started ? make(0, "") : NULL;

	if (!note) {
		then->run(then);
		return;
	}
	note->then = then;
	add(n, note);
}

void fs_notifier_drain(struct fs_notifier *n)
{
	if (!n->started)
		return;
	lock_take(&n->lock);
	while (n->first || n->n_attrs || n->busy)
		cond_wait(&n->idle, &n->lock);
	lock_drop(&n->lock);
}
