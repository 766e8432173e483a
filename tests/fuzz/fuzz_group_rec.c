/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_group_rec.c - records of allocation groups.
 *
 * What decodes stays inside the group, encodes to the same bytes, and flips
 * what it says: the difference that it makes is the list that it is.
 */
#include "regionstore/group_rec.h"
#include "regionstore/layout.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

/* But for reserved bytes, which are written as 0. */
static void must_encode_back(const struct rs_group_rec *rec,
			     const uint8_t *data, size_t size)
{
	unsigned room = (unsigned)((size - RS_GROUP_VAL(0)) /
				   sizeof(struct rs_disk_flip));
	uint8_t back[RS_GROUP_VAL_MAX];

	rs_group_rec_encode(rec, room, back);
	must(memcmp(back + RS_GROUP_VAL(0), data + RS_GROUP_VAL(0),
		    size - RS_GROUP_VAL(0)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rs_bits none;
	struct rs_bits bits = none;
	struct rs_group_rec rec, diff;

	if (rs_group_rec_decode(data, size, &rec))
		return 0;
	must_encode_back(&rec, data, size);
	rs_group_rec_flip(&rec, &bits);
	must(rs_bits_count(&bits, 0, RS_GROUP_SLOTS) == 0);
	must(rs_group_rec_diff(&diff, &none, &bits));
	must(diff.n_flips == rec.n_flips);
	must(memcmp(diff.flips, rec.flips,
		    rec.n_flips * sizeof(rec.flips[0])) == 0);
	return 0;
}
