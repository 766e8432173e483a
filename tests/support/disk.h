/* SPDX-License-Identifier: Apache-2.0 */
/* disk.h - a disk in memory, for tests of the store.
 *
 * The disk outlives the rs_io through which a store uses it, so a test can
 * close a store and open it again, or look at its bytes. Making one costs a
 * few microseconds: memory is reserved and not touched.
 */
#ifndef TESTS_SUPPORT_DISK_H
#define TESTS_SUPPORT_DISK_H

#include "regionstore/io.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct disk {
	uint8_t *mem;
	uint64_t cap;	       /* the file cannot be longer; DISK_CAP at most */
	uint64_t size;	       /* length of the file */
	pthread_mutex_t mutex; /* guards the rest */
	bool *backed;	       /* per page: the "host" has a block for it */
	bool *written;	       /* per page: perhaps not all zeros */
	uint64_t n_backed;
	uint64_t limit; /* blocks that the "host" has */
};

#define DISK_CAP ((uint64_t)1 << 30)

struct disk *disk_new(void);	/* an empty file */
void disk_free(struct disk *d); /* accepts NULL */
/* A copy of the file. */
struct disk *disk_copy(const struct disk *d);

/* Use it as the file of a store. Only one at a time. */
struct rs_io *disk_io(struct disk *d);

/* The calls, for io_fault.c. */
int disk_write(struct disk *d, uint64_t off, const void *buf, size_t len);
int disk_allocate(struct disk *d, uint64_t off, uint64_t len);
void disk_punch(struct disk *d, uint64_t off, uint64_t len);
int disk_probe(struct disk *d, uint64_t off, uint64_t len, uint64_t *ret_off,
	       uint64_t *ret_len);
int disk_resize(struct disk *d, uint64_t size);

#endif
