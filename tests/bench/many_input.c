/* SPDX-License-Identifier: Apache-2.0 */
/* many_input.c - a tar of many small sets, for many.sh.
 *
 *   many_input FORMAT N     sets a0, a1, ... of 1 to 100 members, each a file
 *                           in FORMAT (le64, roaring, text), to stdout
 *
 * The same N makes the same sets in every format. A set is what set_many.c
 * makes: members near each other, somewhere below 2^28.
 */
#include <inttypes.h>
#include <roaring/roaring64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regionstore/base/le.h"
#include "tests/support/rng.h"

#define MEMBERS	 100u
#define FILE_MAX 4096u
#define BLOCK	 512u /* of a tar */

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char sum[8], type, link[100], magic[6], version[2];
	char rest[247];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is a block");

static void put(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) == len)
		return;
	perror("many_input");
	exit(1);
}

static void put_file(uint64_t number, const char *data, size_t len)
{
	static const char zeros[BLOCK];
	struct ustar h = { .magic = "ustar", .version = "00", .type = '0' };
	const unsigned char *at = (const unsigned char *)&h;
	unsigned sum = 0;

	snprintf(h.name, sizeof(h.name), "a%" PRIu64, number);
	snprintf(h.mode, sizeof(h.mode), "%07o", 0644u);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0u);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0u);
	snprintf(h.size, sizeof(h.size), "%011zo", len);
	snprintf(h.mtime, sizeof(h.mtime), "%011o", 1700000000u);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += at[i];
	snprintf(h.sum, sizeof(h.sum), "%06o", sum);
	put(&h, sizeof(h));
	put(data, len);
	put(zeros, (BLOCK - len % BLOCK) % BLOCK);
}

static size_t draw(struct rng *r, uint64_t members[MEMBERS])
{
	size_t n = 1 + rng_below(r, MEMBERS);
	uint64_t member = rng_below(r, 1u << 28);

	for (size_t i = 0; i < n; i++)
		members[i] = member += 1 + rng_below(r, 1000);
	return n;
}

static size_t as_le64(const uint64_t *m, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		struct le64 d = le64_put(m[i]);

		memcpy(out + 8 * i, &d, sizeof(d));
	}
	return 8 * n;
}

static size_t as_text(const uint64_t *m, size_t n, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(out + len, FILE_MAX - len,
					"%" PRIu64 "\n", m[i]);
	return len;
}

static size_t as_roaring(const uint64_t *m, size_t n, char *out)
{
	roaring64_bitmap_t *set = roaring64_bitmap_create();
	size_t len;

	roaring64_bitmap_add_many(set, n, m);
	roaring64_bitmap_run_optimize(set);
	len = roaring64_bitmap_portable_size_in_bytes(set);
	if (len > FILE_MAX)
		abort();
	len = roaring64_bitmap_portable_serialize(set, out);
	roaring64_bitmap_free(set);
	return len;
}

typedef size_t encode_fn(const uint64_t *m, size_t n, char *out);

static encode_fn *find(const char *format)
{
	if (strcmp(format, "le64") == 0)
		return as_le64;
	if (strcmp(format, "roaring") == 0)
		return as_roaring;
	return strcmp(format, "text") == 0 ? as_text : NULL;
}

int main(int argc, char **argv)
{
	encode_fn *encode = argc == 3 ? find(argv[1]) : NULL;
	static const char end[2 * BLOCK];
	uint64_t members[MEMBERS];
	static char out[FILE_MAX];
	struct rng r;
	uint64_t n;

	if (!encode) {
		fprintf(stderr, "usage: many_input le64|roaring|text N\n");
		return 2;
	}
	n = strtoull(argv[2], NULL, 10);
	rng_init(&r, 1);
	for (uint64_t i = 0; i < n; i++) {
		size_t k = draw(&r, members);

		put_file(i, out, encode(members, k, out));
	}
	put(end, sizeof(end));
	return fflush(stdout) ? 1 : 0;
}
