/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_setbody.c - bodies of sets and records of segments, of any bytes.
 *
 * The first byte says which of the two. What is taken must be written again
 * as the very same bytes; an inline segment that validates holds the members
 * that it says, in order.
 */
#include "bitmap/set.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define READ_MAX 10000u /* members: a run may have 2^58 */

static void must(bool is)
{
	if (!is)
		abort();
}

static void read_members(const struct bm_seg *seg)
{
	struct bm_seg_iter it;
	uint64_t members[100];
	uint64_t seen = 0;
	uint64_t last = 0;
	size_t n;

	bm_seg_iter_init(&it, seg);
	while (seen < READ_MAX && (n = bm_seg_iter_read(&it, members, 100)))
		for (size_t i = 0; i < n; i++, seen++) {
			must(!seen || members[i] > last);
			last = members[i];
			must(bm_seg_contains(seg, last));
			must(bm_seg_rank(seg, last) == seen + 1);
		}
	must(seen == seg->card || seen >= READ_MAX);
}

static void try_body(const uint8_t *data, size_t size)
{
	struct rs_object obj = { .kind = RS_KIND_SET };
	struct rs_object again = { 0 };
	struct bm_info info;
	struct bm_set set;

	if (size > sizeof(obj.body))
		return;
	memcpy(obj.body, data, size);
	obj.body_len = size;
	if (bm_set_decode(&obj, &set))
		return;
	must(bm_object_info(&obj, &info) == 0);
	must(info.text_size >= 2 * info.count);
	bm_set_encode(&set, &again);
	must(again.body_len == size && memcmp(again.body, data, size) == 0);
	if (set.id || !set.count || bm_seg_open(&set.seg))
		return;
	if (bm_seg_validate(&set.seg) == 0)
		read_members(&set.seg);
}

static void try_record(const uint8_t *data, size_t size)
{
	uint8_t again[BM_RECORD_MAX];
	struct bm_record rec;
	struct rs_cursor c = {
		.key_len = BM_KEY_SIZE,
		.val = data,
		.val_len = size,
		.weight = 1,
	};

	bm_seg_key(c.key, 16, 0);
	if (bm_record_decode(&c, &rec))
		return;
	must(bm_record_encode(&rec, again) == size);
	must(memcmp(again, data, size) == 0);
	must(bm_record_stored(&rec) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		try_record(data + 1, size - 1);
	else
		try_body(data + 1, size - 1);
	return 0;
}
