/* SPDX-License-Identifier: Apache-2.0 */
/* container.h - the members that share their upper 48 bits, as bytes in one
 * of three forms. PRIVATE to bitmap/.
 *
 *   form    bytes, as in RoaringFormatSpec             used for
 *   ARRAY   members, ascending, 2 bytes each           at most 4,096
 *   BITS    65,536 bits                                more
 *   RUNS    pairs {first, length - 1}, 2 bytes each    when smaller; in P32
 *                                                      their count lies before
 *
 * A struct bm_cont borrows its bytes. They may be anybody's: whoever fills it
 * in has checked that all n of them are there, and nothing else. Functions
 * here then stay inside them and end; on bytes that lie (members out of order,
 * runs that overlap) they say wrong members and bm_cont_check() finds it.
 */
#ifndef BM_CONTAINER_H
#define BM_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BM_CONT_MEMBERS	  65536u /* at most */
#define BM_CONT_ARRAY_MAX 4096u	 /* members of an array */
#define BM_CONT_BITS_SIZE 8192u	 /* bytes of the bits */
#define BM_CONT_BITS_MIN  3073u	 /* members of bits; fewer become an array */
#define BM_CONT_RUNS_MAX  2047u	 /* more are never smaller than the bits */

enum bm_form {
	BM_ARRAY,
	BM_BITS,
	BM_RUNS
};

struct bm_cont {
	enum bm_form form;
	uint32_t card;
	uint32_t n; /* members of an array, pairs of runs, 0 for bits */
	const uint8_t *data; /* of runs: the first pair */
};

/* All 65,536 members, as one run; is c that? */
extern const struct bm_cont bm_cont_all;
bool bm_cont_full(const struct bm_cont *c);
/* Bytes at data. */
size_t bm_cont_size(const struct bm_cont *c);

/* The i-th run, both ends included. */
struct bm_cont_run {
	uint16_t first, last;
};
struct bm_cont_run bm_cont_run(const struct bm_cont *c, uint32_t i);
/* Its bits, as BM_CONT_BITS_SIZE bytes. */
void bm_cont_to_bits(const struct bm_cont *c, uint64_t *words);

bool bm_cont_contains(const struct bm_cont *c, uint16_t low);
uint32_t bm_cont_rank(const struct bm_cont *c, uint16_t low); /* <= low */
/* The n-th member from 0; false when there are not so many. */
bool bm_cont_select(const struct bm_cont *c, uint32_t n, uint16_t *ret_low);
/* Order, overlap, card. -EUCLEAN. */
int bm_cont_check(const struct bm_cont *c);

/* A place between members. It starts at 0 and means something to the form
 * only. Reading n members moves it past them; less than n are read only at
 * the end. Each is put into buf as base + itself. */
uint64_t bm_cont_seek(const struct bm_cont *c, uint16_t low); /* first >= low */
uint64_t bm_cont_nth(const struct bm_cont *c, uint32_t n);
size_t bm_cont_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
		    uint64_t *buf, size_t n);
/* The same, of two bytes each, at *ret_lows: where they lie, or in room, which
 * has room for n. */
size_t bm_cont_lows(const struct bm_cont *c, uint64_t *place, uint16_t *room,
		    size_t n, const uint8_t **ret_lows);

#endif
