/* SPDX-License-Identifier: Apache-2.0 */
/* as_names.h - which names the kernel may have in mind.
 *
 * A name that was looked up in a plain directory the kernel keeps, be it there
 * or not, until something is done to it through that directory. What is done
 * through .as/FORMAT/ it has to be told. Most names that are made there were
 * never looked up before, and telling costs more than making: so a bit for
 * each name that was, by its hash, in 128 KiB. A bit too many costs a
 * notification for nothing.
 *
 * The bit is set before the tree is read, and asked for after it was changed:
 * either the lookup sees the change, or the change sees the bit.
 *
 * Threads: any, no lock.
 */
#ifndef FS_AS_NAMES_H
#define FS_AS_NAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FS_AS_NAMES_BITS (1u << 20)

struct fs_as_names {
	_Atomic uint64_t words[FS_AS_NAMES_BITS / 64];
};

/* The empty name stands for all that a directory had when it was listed, "."
 * for the attributes of the directory. True when it was noted before.
 */
bool fs_as_names_note(struct fs_as_names *n, uint64_t dir, const char *name);
bool fs_as_names_has(const struct fs_as_names *n, uint64_t dir,
		     const char *name);

#endif
