/* SPDX-License-Identifier: Apache-2.0 */
/* format_test.c - docs/format.md says of the store what the compiler says. */
#include "tests/support/format_doc.h"

#include "regionstore/format.h"

static const struct format_field fields[] = {
	FORMAT_FIELD(rs_disk_header, magic),
	FORMAT_FIELD(rs_disk_header, major),
	FORMAT_FIELD(rs_disk_header, page_shift),
	FORMAT_FIELD(rs_disk_header, group_pages),
	FORMAT_FIELD(rs_disk_header, reserved),
	FORMAT_FIELD(rs_disk_header, uuid),
	FORMAT_FIELD(rs_disk_header, hash_seed),
	FORMAT_FIELD(rs_disk_header, created_ns),
	FORMAT_FIELD(rs_disk_header, incompat),
	FORMAT_FIELD(rs_disk_header, ro_compat),
	FORMAT_FIELD(rs_disk_header, compat),
	FORMAT_FIELD(rs_disk_header, check),
	FORMAT_FIELD(rs_disk_super, magic),
	FORMAT_FIELD(rs_disk_super, txid),
	FORMAT_FIELD(rs_disk_super, flags),
	FORMAT_FIELD(rs_disk_super, uuid),
	FORMAT_FIELD(rs_disk_super, incompat),
	FORMAT_FIELD(rs_disk_super, ro_compat),
	FORMAT_FIELD(rs_disk_super, compat),
	FORMAT_FIELD(rs_disk_super, data_root),
	FORMAT_FIELD(rs_disk_super, data_count),
	FORMAT_FIELD(rs_disk_super, data_weight),
	FORMAT_FIELD(rs_disk_super, sys_root),
	FORMAT_FIELD(rs_disk_super, sys_count),
	FORMAT_FIELD(rs_disk_super, sys_weight),
	FORMAT_FIELD(rs_disk_super, file_pages),
	FORMAT_FIELD(rs_disk_super, next_id),
	FORMAT_FIELD(rs_disk_super, next_snap_id),
	FORMAT_FIELD(rs_disk_super, wall_ns),
	FORMAT_FIELD(rs_disk_super, hybrid_clock),
	FORMAT_FIELD(rs_disk_super, used_pages),
	FORMAT_FIELD(rs_disk_super, pinned_pages),
	FORMAT_FIELD(rs_disk_super, commit_pages),
	FORMAT_FIELD(rs_disk_super, check),
	FORMAT_FIELD(rs_disk_span, pgno),
	FORMAT_FIELD(rs_disk_span, npages),
	FORMAT_FIELD(rs_disk_span, csum),
	FORMAT_FIELD(rs_disk_ptr, pgno),
	FORMAT_FIELD(rs_disk_ptr, npages),
	FORMAT_FIELD(rs_disk_ptr, birth),
	FORMAT_FIELD(rs_disk_ptr, csum),
	FORMAT_FIELD(rs_disk_node, magic),
	FORMAT_FIELD(rs_disk_node, type),
	FORMAT_FIELD(rs_disk_node, level),
	FORMAT_FIELD(rs_disk_node, tree_id),
	FORMAT_FIELD(rs_disk_node, reserved),
	FORMAT_FIELD(rs_disk_node, count),
	FORMAT_FIELD(rs_disk_node, prefix_len),
	FORMAT_FIELD(rs_disk_node, heap),
	FORMAT_FIELD(rs_disk_node, garbage),
	FORMAT_FIELD(rs_disk_node, reserved2),
	FORMAT_FIELD(rs_disk_node, pgno),
	FORMAT_FIELD(rs_disk_node, birth),
	FORMAT_FIELD(rs_disk_entry, key_len),
	FORMAT_FIELD(rs_disk_entry, val_len),
	FORMAT_FIELD(rs_disk_entry, weight_len),
	FORMAT_FIELD(rs_disk_child, ptr),
	FORMAT_FIELD(rs_disk_child, count),
	FORMAT_FIELD(rs_disk_child, weight),
	FORMAT_FIELD(rs_disk_bitmap, bits),
	FORMAT_FIELD(rs_disk_bitmap, group),
	FORMAT_FIELD(rs_disk_bitmap, txid),
	FORMAT_FIELD(rs_disk_bitmap, reserved),
	FORMAT_FIELD(rs_disk_dead, pgno),
	FORMAT_FIELD(rs_disk_dead, npages),
	FORMAT_FIELD(rs_disk_dead, birth),
	FORMAT_FIELD(rs_disk_group, slot),
	FORMAT_FIELD(rs_disk_group, reserved),
	FORMAT_FIELD(rs_disk_group, free),
	FORMAT_FIELD(rs_disk_group, largest_run),
	FORMAT_FIELD(rs_disk_group, reserved2),
	FORMAT_FIELD(rs_disk_group, txid),
	FORMAT_FIELD(rs_disk_group, csum),
	FORMAT_FIELD(rs_disk_leave, death),
	FORMAT_FIELD(rs_disk_leave, seq),
	FORMAT_FIELD(rs_disk_leave, reserved),
	FORMAT_FIELD(rs_disk_snap, id),
	FORMAT_FIELD(rs_disk_snap, txid),
	FORMAT_FIELD(rs_disk_snap, created_ns),
	FORMAT_FIELD(rs_disk_snap, data_root),
	FORMAT_FIELD(rs_disk_snap, count),
	FORMAT_FIELD(rs_disk_snap, weight),
	FORMAT_FIELD(rs_disk_object, kind),
	FORMAT_FIELD(rs_disk_object, reserved),
	FORMAT_FIELD(rs_disk_object, attr_len),
	FORMAT_FIELD(rs_disk_region, size),
	FORMAT_FIELD(rs_disk_region, stored),
	FORMAT_FIELD(rs_disk_region, flags),
	FORMAT_FIELD(rs_disk_region, reserved),
	FORMAT_FIELD(rs_disk_chunk, n_runs),
	FORMAT_FIELD(rs_disk_chunk, reserved),
	FORMAT_FIELD(rs_disk_run, first),
	FORMAT_FIELD(rs_disk_run, len),
	FORMAT_FIELD(rs_disk_run, pgno),
	FORMAT_FIELD(rs_disk_run, birth),
};

/* Every field is documented once, with its place and size. */
static void document_equals_structs(void **state)
{
	(void)state;
	format_doc_compare("rs_", fields, sizeof(fields) / sizeof(fields[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_equals_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
