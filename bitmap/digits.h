/* SPDX-License-Identifier: Apache-2.0 */
/* digits.h - how many members have how many digits. PRIVATE to bitmap/, pure.
 *
 * Members ascend, so in a set's text all lines of one digit come first, then
 * all of two, ... up to 20. Knowing how many there are of each, the size of
 * the text is a sum, and a byte offset is turned into "byte w of the line of
 * the member with rank r" by one division: no line is ever rendered to find
 * its place.
 */
#ifndef BM_DIGITS_H
#define BM_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#define BM_DIGITS_MAX 20u

struct bm_digits {
	uint64_t count[BM_DIGITS_MAX]; /* [d - 1]: members of d digits */
};

/* Digits of member in decimal: 1 to 20. */
unsigned bm_digits_of(uint64_t member);
/* The largest number of d digits, d from 1 to 20; 0 for d = 0 in the sense
 * that no member has 0 digits is for the caller to know. */
uint64_t bm_digits_last(unsigned d);

/* Sum of all counts; -EUCLEAN above BM_MEMBERS_MAX. */
int bm_digits_total(const struct bm_digits *d, uint64_t *ret_total);
/* Bytes of the text; the total must be BM_MEMBERS_MAX at most. */
uint64_t bm_digits_text_size(const struct bm_digits *d);

/* Where a byte of the text lies. */
struct bm_text_pos {
	uint64_t rank;	 /* of the member whose line it is, from 0 */
	unsigned within; /* byte of that line; its last is the newline */
};
/* False when off is at or after the end of the text. */
bool bm_digits_locate(const struct bm_digits *d, uint64_t off,
		      struct bm_text_pos *ret_pos);

#endif
