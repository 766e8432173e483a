/* SPDX-License-Identifier: Apache-2.0 */
/* mem_store.h - a store in memory, for the tests of what is built on one. */
#ifndef TESTS_SUPPORT_MEM_STORE_H
#define TESTS_SUPPORT_MEM_STORE_H

#include "regionstore/regionstore.h"

/* A new, empty store; fails the test when there is no memory. */
struct rs_store *mem_store_new(void);
void mem_store_free(struct rs_store *s);

#endif
