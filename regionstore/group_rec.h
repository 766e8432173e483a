/* SPDX-License-Identifier: Apache-2.0 */
/* group_rec.h - the record of a group in the system tree, decoded. PRIVATE.
 *
 * A small commit changes the bitmap in two or three places. It does not write
 * the bitmap's page, far from everything else that it writes: the record lists
 * the FLIPS, the ranges in which the bitmap differs from the page, up to so
 * many. They are relative to the page and not a log, so they do not grow as
 * pages go round. When they are too many the page is written, and they are none
 * again.
 *
 * The value of a record gets its size before the flips are known (see
 * commit_space.c): it has ROOM for a number of them, and ends with zeros.
 */
#ifndef RS_GROUP_REC_H
#define RS_GROUP_REC_H

#include "regionstore/bits.h"

#include <stddef.h>

#define RS_FLIPS_MAX 96u

struct rs_flip {
	uint16_t first, len; /* pages of the group */
};

struct rs_group_rec {
	uint8_t slot;	      /* the bitmap slot that counts */
	uint32_t free;	      /* pages with a clear bit */
	uint32_t largest_run; /* of clear bits */
	uint64_t txid;	      /* commit that wrote the slot */
	uint64_t csum;	      /* of the slot's page */
	uint32_t n_flips;
	struct rs_flip flips[RS_FLIPS_MAX];
};

#define RS_GROUP_VAL(room) \
	(sizeof(struct rs_disk_group) + (room) * sizeof(struct rs_disk_flip))
#define RS_GROUP_VAL_MAX RS_GROUP_VAL(RS_FLIPS_MAX)

/* The flips that make to of from; false when they are more than fit. */
bool rs_group_rec_diff(struct rs_group_rec *rec, const struct rs_bits *from,
		       const struct rs_bits *to);
/* Apply the flips; twice does nothing. */
void rs_group_rec_flip(const struct rs_group_rec *rec, struct rs_bits *bits);

/* RS_GROUP_VAL(room) bytes; there must be room for the flips. */
void rs_group_rec_encode(const struct rs_group_rec *rec, unsigned room,
			 uint8_t *out);
/* -EUCLEAN. */
int rs_group_rec_decode(const void *val, size_t len,
			struct rs_group_rec *ret_rec);

#endif
