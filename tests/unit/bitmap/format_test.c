/* SPDX-License-Identifier: Apache-2.0 */
/* format_test.c - docs/format.md says of sets what the compiler says. */
#include "tests/support/format_doc.h"

#include "bitmap/journal.h"
#include "bitmap/set.h"

static const struct format_field fields[] = {
	FORMAT_FIELD(bm_disk_set, form),
	FORMAT_FIELD(bm_disk_set, kind),
	FORMAT_FIELD(bm_disk_set, len),
	FORMAT_FIELD(bm_disk_set, digits),
	FORMAT_FIELD(bm_disk_set, min),
	FORMAT_FIELD(bm_disk_set, max),
	FORMAT_FIELD(bm_disk_set, folded),
	FORMAT_FIELD(bm_disk_segments, id),
	FORMAT_FIELD(bm_disk_segments, segments),
	FORMAT_FIELD(bm_disk_segments, stored),
	FORMAT_FIELD(bm_disk_record, kind),
	FORMAT_FIELD(bm_disk_record, is_inline),
	FORMAT_FIELD(bm_disk_record, reserved),
	FORMAT_FIELD(bm_disk_record, len),
	FORMAT_FIELD(bm_disk_journal, is_inline),
	FORMAT_FIELD(bm_disk_journal, reserved),
	FORMAT_FIELD(bm_disk_journal, len),
	FORMAT_FIELD(bm_disk_journal, batches),
	FORMAT_FIELD(bm_disk_numbers, below),
};

/* Every field is documented once, with its place and size. */
static void document_equals_structs(void **state)
{
	(void)state;
	format_doc_compare("bm_", fields, sizeof(fields) / sizeof(fields[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_equals_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
