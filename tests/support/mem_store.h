/* SPDX-License-Identifier: Apache-2.0 */
/* mem_store.h - a store in memory, for the tests of what is built on one. */
#ifndef TESTS_SUPPORT_MEM_STORE_H
#define TESTS_SUPPORT_MEM_STORE_H

#include "regionstore/upkeep.h"
#include "tests/support/disk.h"

/* A new, empty store; fails the test when there is no memory. */
struct rs_store *mem_store_new(void);
void mem_store_free(struct rs_store *s);
/* A disk with a new store on it, which nobody uses. */
struct disk *mem_store_disk(void);
/* The check has no finding; what own() owns is in use. */
void mem_store_check(struct rs_store *s, rs_check_fn *own, void *arg);

#endif
