/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - the mapping: what was verified, and what the host could not read.
 *
 * VERIFIED is one bit per page: its bytes were compared with a checksum, or
 * written by us, since the page was last written. A page is so checked once
 * and not on each access. The bits cost 32 MiB of address space per TiB and
 * memory only where they are used.
 *
 * FAULTS. When the host cannot read a page of a mapping it raises SIGBUS.
 * Our handler puts a page of zeros there, takes the verified bit away, counts
 * the fault and lets the reader go on: zeros fail every checksum. A reader
 * that got its pointer before the fault asks rs_map_check() after using the
 * bytes. Faults at other addresses go to the handler that was there before.
 *
 * Threads: all functions but init and finish may be called from any thread.
 */
#ifndef RS_MAP_H
#define RS_MAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RS_MAP_BAD_MAX 64u

struct rs_map {
	const uint8_t *base;
	uint64_t len; /* bytes, a multiple of the page size */
	_Atomic(uint64_t) *verified;
	void *bits; /* the memory of verified */
	size_t bits_len;
	/* Pages that a fault replaced: they show zeros until the store is
	 * closed, whatever is written below. */
	atomic_uint n_bad;
	_Atomic(uint64_t) bad[RS_MAP_BAD_MAX];
};

/* base stays the caller's. -ENOMEM; -EBUSY when too many are registered. */
int rs_map_init(struct rs_map *m, const uint8_t *base, uint64_t len);
void rs_map_finish(struct rs_map *m); /* accepts a zeroed one */

bool rs_map_is_verified(const struct rs_map *m, uint64_t pgno, uint64_t npages);
void rs_map_set_verified(const struct rs_map *m, uint64_t pgno,
			 uint64_t npages);
void rs_map_forget(const struct rs_map *m, uint64_t pgno, uint64_t npages);

/* They will be read soon: the host may get them all at once. */
void rs_map_fetch(const struct rs_map *m, uint64_t pgno, uint64_t npages);

/* Did a fault replace one of these pages, so that they must not be reused? */
bool rs_map_is_bad(const struct rs_map *m, uint64_t pgno, uint64_t npages);

/* This thread begins to use mapped bytes. Until the next rs_map_check() more
 * calls change nothing. */
void rs_map_watch(void);
/* -EIO when a page, of any store, was lost since rs_map_watch(). */
int rs_map_check(void);

#endif
