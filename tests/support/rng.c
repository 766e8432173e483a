/* SPDX-License-Identifier: Apache-2.0 */
/* rng.c - xoshiro256** and the environment. */

#include "tests/support/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* A number from the environment, or false. */
static bool from_env(const char *name, uint64_t *ret_value)
{
	const char *text = getenv(name);

	if (!text || !*text)
		return false;
	*ret_value = strtoull(text, NULL, 0);
	return true;
}

uint64_t rng_seed(void)
{
	uint64_t seed = 1;

	if (!from_env("SEED", &seed) &&
	    getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = 1;
	printf("SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	return seed;
}

uint64_t rng_number(const char *name, uint64_t by_default)
{
	uint64_t number = by_default;

	from_env(name, &number);
	return number;
}

uint64_t rng_steps(uint64_t by_default)
{
	return rng_number("STEPS", by_default);
}

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&seed);
}

static uint64_t rotate_left(uint64_t x, unsigned int by)
{
	return (x << by) | (x >> (64 - by));
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t limit)
{
	return rng_u64(r) % limit;
}

bool rng_one_in(struct rng *r, uint64_t n)
{
	return rng_below(r, n) == 0;
}

uint64_t rng_any_size(struct rng *r)
{
	unsigned int shift = (unsigned int)rng_below(r, 64);

	return rng_u64(r) >> shift;
}
