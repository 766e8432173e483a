/* SPDX-License-Identifier: Apache-2.0 */
/* timeline.h - what a user could see, and from when on it had to last.
 *
 * A STATE is everything that can be seen, as two digests (facts.h): the live
 * tree and the sum of the snapshots. It counts from the op after which it can
 * be on the disk. An ACK is a promise: from that op on the disk holds the state
 * that was newest when the promise was made, or a later one.
 */
#ifndef TESTS_SUPPORT_TIMELINE_H
#define TESTS_SUPPORT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tl_state {
	uint64_t ops; /* from this op on it may be on the disk */
	uint64_t live, snaps;
};

struct tl_ack {
	uint64_t ops;
	size_t state;
};

struct timeline {
	struct tl_state *states;
	size_t n_states;
	struct tl_ack *acks;
	size_t n_acks;
};

void tl_finish(struct timeline *tl); /* accepts a zeroed one */

/* A state like the last one is none; one that comes back counts from the op it
 * counted from the first time. */
void tl_push(struct timeline *tl, uint64_t ops, uint64_t live, uint64_t snaps);
/* What was pushed last is durable after op ops. */
void tl_ack(struct timeline *tl, uint64_t ops);

/* May the disk show is, when the power failed after op at and nothing after
 * op seen has reached it? */
bool tl_allows(const struct timeline *tl, uint64_t at, uint64_t seen,
	       const struct tl_state *is);
/* What of it was so at op ops. */
struct timeline tl_until(const struct timeline *tl, uint64_t ops);
/* Was there such a state at any time up to op seen? */
bool tl_had(const struct timeline *tl, uint64_t seen,
	    const struct tl_state *is);

#endif
