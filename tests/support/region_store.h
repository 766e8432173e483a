/* SPDX-License-Identifier: Apache-2.0 */
/* region_store.h - short words for changes of regions, for their tests.
 *
 * A region here is ino 16 and so on, with an object that has no attributes.
 * Each call is one txn. What a test does not expect fails the test.
 */

#ifndef TESTS_SUPPORT_REGION_STORE_H
#define TESTS_SUPPORT_REGION_STORE_H

#include "regionstore/regionstore.h"
#include "tests/support/disk.h"

/* For cmocka: a store with one empty region, and bytes to write that are never
 * 0. The teardown demands that the regions are sound.
 */
#define REGION_INO 16u

struct region_fixture {
	struct disk *disk;
	struct rs_store *s;
	uint64_t pages; /* in use before there was a region */
	uint8_t data[600000];
};
int region_setup(void **state);
int region_teardown(void **state);

/* A store without records on a disk, and that disk opened once more. */
struct rs_store *store_make(struct disk *d);
struct rs_store *store_open(struct rs_io *io);

/* Pages that regions own. The store is synced and checked: no finding. */
uint64_t store_pages(struct rs_store *s);

/* An empty region. */
void region_make(struct rs_store *s, uint64_t ino);

int region_write(struct rs_store *s, uint64_t ino, uint64_t off,
		 const void *data, size_t len);
int region_truncate(struct rs_store *s, uint64_t ino, uint64_t size);
int region_punch(struct rs_store *s, uint64_t ino, uint64_t off, uint64_t len);

/* In the live view. */
int region_read(struct rs_store *s, uint64_t ino, uint64_t off, void *buf,
		size_t len, size_t *ret_len);
int region_seek(struct rs_store *s, uint64_t ino, uint64_t off, bool hole,
		uint64_t *ret_off);
struct rs_region_info region_info(struct rs_store *s, uint64_t ino);

/* All of region ino is what these bytes are, and nothing more. */
void assert_region_equal(struct rs_store *s, uint64_t ino, const void *data,
			 size_t len);

/* In the live view chunks and objects agree, and so do checksums. */
void assert_regions_sound(struct rs_store *s);

#endif
