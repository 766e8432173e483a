/* SPDX-License-Identifier: Apache-2.0 */
/* lossy_store.h - a store with one of everything on a disk that may fail, and
 * what must be in it.
 *
 * Records 0 to 29 have payloads that repeat their GENERATION, those behind it
 * none; a region has one, too. 0: it is not there.
 */
#ifndef TESTS_SUPPORT_LOSSY_STORE_H
#define TESTS_SUPPORT_LOSSY_STORE_H

#include "regionstore/regionstore.h"
#include "tests/support/io_fault.h"

#define LOSSY_RECORDS 40u
#define LOSSY_PLAIN   30u /* from here on without a payload */
#define LOSSY_REGION  16u
#define LOSSY_BYTES   200000u /* of the region */
#define LOSSY_CAP     ((uint64_t)64 << 20)

struct lossy {
	struct disk *disk;
	struct fault *fault;
	struct rs_store *s;
	unsigned generation[LOSSY_RECORDS], was[LOSSY_RECORDS];
	unsigned region, region_was;
	unsigned told; /* how often the store said that it was rescued */
};

/* A store whose commit is durable, and what it holds noted as what it was. The
 * disk is such from now on. */
void lossy_begin(struct lossy *f, enum fault_loss loss,
		 const struct rs_open_opts *opts);
void lossy_end(struct lossy *f);
struct rs_stats lossy_stats(const struct lossy *f);

/* The bytes of a generation; one buffer. */
const uint8_t *lossy_fill(size_t len, unsigned seed);
/* Records [from, to), each in a txn. */
void lossy_put(struct lossy *f, unsigned from, unsigned to,
	       unsigned generation);
void lossy_take_away(struct lossy *f, unsigned i);
/* Some of everything: records 5 to 11 and 13, some without payload, all of the
 * region. */
void lossy_change(struct lossy *f, unsigned generation);
/* What it was is what it should be. */
void lossy_forget_changes(struct lossy *f);

void lossy_assert_all(const struct rs_view *v, const unsigned *generation,
		      unsigned region);
void lossy_assert_is(const struct lossy *f, struct rs_store *s);
void lossy_assert_sound(struct rs_store *s);
/* What was synced is all that is left. */
struct rs_store *lossy_after_a_power_cut(const struct lossy *f,
					 struct disk **ret_disk);
/* One of both is what the store shows, and it is sound. */
void lossy_assert_either(struct lossy *f, struct rs_store *s);
void lossy_assert_durable(const struct lossy *f);

#endif
