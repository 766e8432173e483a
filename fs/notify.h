/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - telling the kernel what changed behind its back.
 *
 * A notification of a name or of pages can wait for locks that the kernel holds
 * while a request of ours is being served, so it is never sent from a handler
 * and never under a lock: it goes into a queue, and one thread of its own sends
 * it. First publish, then notify. The queue is bounded by what causes it (a
 * snapshot command, a rename), and a note that cannot be queued for lack of
 * memory is dropped: the kernel then shows the old state until its timeout.
 *
 * That attributes alone are stale, or all names, the kernel notes without a
 * lock that anybody holds while he waits for us: it drops no page and looks for
 * no name. So that is sent at once, by whoever has made it so.
 *
 * Of what need not be known at once, the attributes of directories, it is told
 * some milliseconds late: who makes a thousand files in one then does it once,
 * and not a thousand times.
 *
 * Threads: any.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_NOTIFY_ATTRS	  16u
#define FS_NOTIFY_ATTR_NS 5000000u

struct fuse_session;
struct fs_note;

/* What is to be done when all notes before it have been sent. */
struct fs_notified {
	void (*run)(struct fs_notified *note); /* frees it */
};

struct fs_notifier {
	struct lock lock;
	struct cond added;
	struct fs_note *first GUARDED;
	struct fs_note **last GUARDED;
	/* nodes whose attributes are stale, to be told when it is time */
	uint64_t attrs[FS_NOTIFY_ATTRS] GUARDED;
	unsigned n_attrs GUARDED;
	uint64_t attrs_due GUARDED; /* monotonic */
	struct cond idle;
	bool busy GUARDED; /* one is being sent */
	bool stopping GUARDED;
	/* set at start, never changed */
	bool started;
	struct fuse_session *se;
	pthread_t thread;
};

/* se must outlive it. */
int fs_notifier_start(struct fs_notifier *n, struct fuse_session *se);
void fs_notifier_stop(struct fs_notifier *n); /* accepts one never started */

/* Attributes of a node are stale; cached pages, if any, are not. Told within
 * FS_NOTIFY_ATTR_NS.
 */
void fs_notify_attr(struct fs_notifier *n, uint64_t node);
/* The same, here and now. */
void fs_notify_attr_now(struct fs_notifier *n, uint64_t node);
/* Attributes and cached pages of a node are stale. */
void fs_notify_node(struct fs_notifier *n, uint64_t node);
/* A name in a directory leads somewhere else now, or nowhere. False when there
 * is no memory to tell that. */
bool fs_notify_name(struct fs_notifier *n, uint64_t dir, const char *name);
/* Here and now: no name that the kernel has, or has asked for, is to be
 * believed. What is mounted below one goes with it. -ENOSYS when the kernel
 * cannot do that. */
int fs_notify_all_names(struct fs_notifier *n);
/* A name in a directory is to be asked for again; it is not taken from those
 * who have it open. Nothing when not started.
 */
void fs_notify_expired(struct fs_notifier *n, uint64_t dir, const char *name);
/* Run it on the notifier's thread, where it must neither wait for a request nor
 * reply to one (op_as.c); here and now when there is no such thread or no
 * memory.
 */
void fs_notify_then(struct fs_notifier *n, struct fs_notified *then);
/* Wait until nothing waits to be sent or run. Accepts one never started. */
void fs_notifier_drain(struct fs_notifier *n);

#endif
