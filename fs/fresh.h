/* SPDX-License-Identifier: Apache-2.0 */
/* fresh.h - attributes of sets that the kernel may keep for a moment.
 *
 * It asks for them again and again, as a set may be changed through another
 * face of it (.as/FORMAT/), and the kernel does not know that it is the same
 * set. But it asks most for what it was just sent: whether a set may be opened
 * that this very call has made or looked up, and what the names are that were
 * just listed. So those go out with attributes that are good for a moment, and
 * who opens the set for writing through another face, or sets its attributes
 * there, waits until the moment is over. A lookup in a format has none: it is
 * made by every walk, and who writes the set as text would often have to wait.
 *
 * A moment is only for sets that nobody may be changing:
 *
 *	who looks	notes it; sees that nobody has the set open; reads it
 *	who opens	counts in opens.h; sees that nobody has noted it
 *
 * so one of the two sees the other. Who makes a set notes it when it can be
 * found already: what is done to it in these microseconds through another face
 * the maker's own face may show a moment late.
 *
 * A slot for each set, by its number; one that is taken costs its set the
 * moment.
 *
 * Threads: any, no lock.
 */
#ifndef FS_FRESH_H
#define FS_FRESH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FS_FRESH_SLOTS (1u << 14)
/* Longer than the kernel keeps them, by what a reply may be under way. */
#define FS_FRESH_NS ((uint64_t)30 * 1000 * 1000)
/* What must be left of it when the reply sets out: the kernel's ticks, and its
 * way. Who read the attributes may have been kept waiting since he noted it, by
 * lines to settle or by others who had the processor. */
#define FS_FRESH_LEFT_NS ((uint64_t)20 * 1000 * 1000)

struct fs_fresh {
	_Atomic uint64_t slots[FS_FRESH_SLOTS];
};

/* The attributes of ino go out through a face, a format. False when there is
 * no room to remember that.
 */
bool fs_fresh_note(struct fs_fresh *f, uint64_t ino, unsigned face);
/* Is there enough left of what was noted? Else they may go out, but not for a
 * moment. */
bool fs_fresh_lasts(const struct fs_fresh *f, uint64_t ino, unsigned face);
/* Did they go out through another one, just now? */
bool fs_fresh_elsewhere(const struct fs_fresh *f, uint64_t ino, unsigned face);
/* Until they did not; sleeps. */
void fs_fresh_wait(const struct fs_fresh *f, uint64_t ino, unsigned face);

#endif
