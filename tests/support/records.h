/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - the twin of a tree: an array of records, in order.
 *
 * So simple that it is obviously right. A sum over it is a loop.
 */
#ifndef TESTS_SUPPORT_RECORDS_H
#define TESTS_SUPPORT_RECORDS_H

#include "regionstore/regionstore.h"

struct record {
	size_t key_len, val_len;
	uint64_t weight;
	uint8_t *val;
	uint8_t key[RS_KEY_MAX];
};

struct twin {
	struct record *r;
	size_t n, cap;
};

/* The first record whose key is not smaller, or n. */
size_t twin_find(const struct twin *t, const uint8_t *key, size_t len,
		 bool *ret_found);
void twin_put(struct twin *t, const struct record *r); /* copies the value */
void twin_remove(struct twin *t, size_t pos);
struct twin twin_copy(const struct twin *t);
void twin_finish(struct twin *t);

#endif
