/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ttl.c - times to live and instants, from any bytes.
 *
 * What parses is written so that it parses to the same.
 */
#include <assert.h>
#include <string.h>

#include "fs/ns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_ttl(const char *text, size_t len)
{
	char again[FS_TTL_TEXT];
	uint64_t ttl, back = 0, ms;
	int err;

	if (fs_ttl_parse(text, len, &ttl) < 0)
		return;
	fs_ttl_format(ttl, again);
	err = fs_ttl_parse(again, strlen(again), &back);
	assert(err == 0);
	assert(back == ttl);
	err = fs_ttl_expires(ttl, 0, &ms);
	assert(err == 0 || err == -ERANGE);
	(void)err;
}

static void try_instant(const char *text, size_t len)
{
	char again[FS_INSTANT_TEXT];
	uint64_t ms, back = 0;
	int err;

	if (fs_instant_parse(text, len, &ms) < 0)
		return;
	fs_instant_format(ms, again);
	err = fs_instant_parse(again, strlen(again), &back);
	assert(err == 0);
	assert(back == ms);
	(void)err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	try_ttl(text, size);
	try_instant(text, size);
	return 0;
}
