/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_attr.c - the attributes of an inode, from any bytes.
 *
 * What decodes encodes to the same bytes: there is one form of each.
 */
#include <assert.h>
#include <string.h>

#include "fs/ns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[RS_ATTR_MAX];
	struct fs_attr a;
	size_t len;
	int err;

	if (fs_attr_decode(data, size, &a) < 0)
		return 0;
	err = fs_attr_encode(&a, again, &len);
	assert(err == 0);
	assert(len == size);
	assert(memcmp(again, data, len) == 0);
	fs_attr_changed(NULL, again, len, INT64_MAX);
	err = fs_attr_decode(again, len, &a);
	assert(err == 0);
	assert(a.mtime_ns == INT64_MAX);
	(void)err;
	return 0;
}
