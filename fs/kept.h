/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - sets whose attributes the kernel may keep.
 *
 * A set has several faces, as text and below .as/FORMAT/, and the kernel takes
 * them for files that have nothing to do with each other. What is done through
 * one face it does not see in the attributes of another. So it may keep those
 * of the plain one, as text, only while that is known here, and is told to
 * forget them by what comes through a format:
 *
 *	who asks	notes it; sees that nobody writes the set; reads it
 *	who opens	counts in opens.h; sees the note; tells the kernel;
 *			replies
 *	who changes	changes; sees the note; tells the kernel; replies
 *
 * so one of the two sees the other, and after the reply nothing is stale. What
 * is done through the plain face the kernel sees by itself; and while somebody
 * has the set open for writing nothing is kept, as what was written may count
 * later than it was written (set_session.h).
 *
 * Only who asks for a node may be given them: the kernel has it then, and does
 * not believe an answer that was under way when it was told to forget. What
 * goes out with a name has a moment (fresh.h). In a format names are asked for
 * each time, so there is nothing to be won.
 *
 * They are kept for FS_KEPT seconds, and noted for FS_KEPT_NS: longer, by what
 * a reply may be under way, which can be seconds where all processors are busy
 * with others, as our threads come last. A slot for each set, by its number;
 * one that is taken costs its set a question.
 *
 * Threads: any, no lock.
 */
#ifndef FS_KEPT_H
#define FS_KEPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FS_KEPT_SLOTS (1u << 14)
#define FS_KEPT	      1.0 /* seconds */
#define FS_KEPT_NS    ((uint64_t)60 * 1000 * 1000 * 1000)

struct fs_kept {
	_Atomic uint64_t slots[FS_KEPT_SLOTS];
};

/* The attributes of ino go out, at a time of the monotonic clock. False when
 * there is no room to note that.
 */
bool fs_kept_note(struct fs_kept *k, uint64_t ino, uint64_t now);
/* May the kernel have them? */
bool fs_kept_has(const struct fs_kept *k, uint64_t ino, uint64_t now);

#endif
