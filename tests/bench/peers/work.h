/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - the pieces of work, and the rows of the table they fill.
 *
 * A piece runs in a process of its own, with one peer on an empty directory,
 * and prints "ROW VALUE" lines. Sizes are those of the goals divided by scale.
 */
#ifndef PEERS_WORK_H
#define PEERS_WORK_H

#include <stdio.h>

#include "tests/bench/peers/peer.h"

struct row {
	const char *key;
	const char *title; /* %s is the size */
	const char *unit;
	uint64_t size; /* at full scale; 0: the title has none */
};
extern const struct row rows[];
extern const unsigned n_rows;

struct work {
	const struct peer_ops *ops;
	const char *dir;
	uint64_t scale;
	FILE *out;
};
typedef void work_fn(const struct work *w);
struct job {
	const char *name;
	work_fn *work;
};
extern const struct job jobs[];
extern const unsigned n_jobs;

/* --- input (input.c) ------------------------------------------------------ */

struct input {
	uint64_t *members;
	uint32_t *sets; /* of each; NULL: all in set 0 */
	size_t n;
};
struct input random_32(size_t n);
struct input other_32(size_t n); /* not the same ones */
struct input random_64(size_t n);
struct input ascending(size_t n);
/* Members in sets, some of which come far more often. */
struct input zipf_pairs(size_t n, uint32_t n_sets);
/* Every second of them, in no order. */
struct input half_of(const struct input *in);
void input_free(struct input *in);

/* One durable step: members [from, to), by set, as text if that is wanted. */
struct step {
	struct group *groups;
	size_t n;
	uint64_t *members; /* of all groups */
	char *text;	   /* of all groups, or NULL */
};
struct step make_step(const struct input *in, size_t from, size_t to,
		      bool as_text, const char *sign);
void step_free(struct step *s);

#endif
