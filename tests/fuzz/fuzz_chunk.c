/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_chunk.c - any bytes as the record of a chunk.
 *
 * What decodes encodes again, to a record of at most the same length that
 * decodes to the same chunk.
 */

#include "regionstore/chunk.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[RS_CHUNK_VAL_MAX];
	struct rs_chunk c, d;
	size_t len;
	int err;

	if (rs_chunk_decode(data, size, &c))
		return 0;
	len = rs_chunk_encode(&c, again);
	assert(len > 0 && len <= size);
	err = rs_chunk_decode(again, len, &d);
	assert(err == 0);
	assert(memcmp(&c, &d, sizeof(c)) == 0);
	(void)err;
	return 0;
}
