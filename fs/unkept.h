/* SPDX-License-Identifier: Apache-2.0 */
/* unkept.h - when the kernel keeps no names, for a while.
 *
 * It keeps those of plain directories for ever and is told, one by one, what
 * is done to them through .as/FORMAT/. Telling waits for a lock of the
 * directory, and only so many may wait (op_as.c). When there are more it is
 * told once, without any lock, to forget all names that it has, and for a
 * while those that go out are for no time, so that nobody has anything to
 * tell:
 *
 *	who has too many   begins; lets the kernel forget; says so; replies
 *	who looks          reads; asks whether names are kept; replies
 *	who changes        changes; asks whether all was forgotten: then
 *	                   replies, else tells first
 *
 * An answer that is for ever set out before the beginning, and the kernel does
 * not believe it after it was made to forget, as it knows when it asked. At the
 * end it is the other way round: first there is something to tell again, and
 * names go out for no time for longer, by what a reply may be under way, which
 * can be seconds where all processors are busy with others.
 *
 * Threads: any, no lock.
 */
#ifndef FS_UNKEPT_H
#define FS_UNKEPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FS_UNKEPT_NS	  ((uint64_t)5 * 1000 * 1000 * 1000)
#define FS_UNKEPT_MORE_NS ((uint64_t)20 * 1000 * 1000 * 1000)

/* Of the monotonic clock. */
struct fs_unkept {
	_Atomic uint64_t out_until;  /* what goes out is for no time */
	_Atomic uint64_t told_until; /* and nobody has to tell */
};

/* Names go out for no time; until when nobody will have to tell. */
uint64_t fs_unkept_begin(struct fs_unkept *u, uint64_t now);
/* The kernel has forgotten all that went out before fs_unkept_begin(). */
void fs_unkept_forgotten(struct fs_unkept *u, uint64_t until);

/* Is a name that goes out to be asked for again? Looks at the clock. */
bool fs_unkept_out(const struct fs_unkept *u);
/* Does the kernel have no name that may be wrong by now? */
bool fs_unkept_all(const struct fs_unkept *u, uint64_t now);

#endif
