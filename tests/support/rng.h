/* SPDX-License-Identifier: Apache-2.0 */
/* rng.h - random choices that can be made again.
 *
 * A test that draws prints its seed; SEED=n in the environment makes it draw
 * the same again, and STEPS=n sets how long it goes on.
 *
 * The generator is xoshiro256**, seeded by splitmix64, both by Blackman and
 * Vigna (Scrambled linear pseudorandom number generators, 2018).
 */

#ifndef TESTS_SUPPORT_RNG_H
#define TESTS_SUPPORT_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* SEED= from the environment, else a fresh one; printed either way. */
uint64_t rng_seed(void);

/* NAME= from the environment, else the default. */
uint64_t rng_number(const char *name, uint64_t by_default);
/* The same of STEPS=. */
uint64_t rng_steps(uint64_t by_default);

void rng_init(struct rng *r, uint64_t seed);

/* Any of the 2^64 numbers. */
uint64_t rng_u64(struct rng *r);

/* A number below limit, which is not 0. The bias is below limit / 2^64. */
uint64_t rng_below(struct rng *r, uint64_t limit);

/* True once in n times, on average. */
bool rng_one_in(struct rng *r, uint64_t n);

/* A number of random size: small ones are as frequent as large ones. */
uint64_t rng_any_size(struct rng *r);

#endif
