/* SPDX-License-Identifier: Apache-2.0 */
/* format_test.c - docs/format.md says what the compiler says.
 *
 * Reads the tables of the document: a heading "`struct NAME`, N bytes:", then
 * rows "| offset | size | field | ...". Each field named below must stand
 * there with its true offset and size, and each row must name such a field.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regionstore/format.h"

struct field {
	const char *type, *name;
	unsigned long off, size;
};

#define F(type, field)                                       \
	{                                                    \
#type, #field, offsetof(struct type, field), \
			sizeof(((struct type *)0)->field)    \
	}

static const struct field fields[] = {
	F(rs_disk_header, magic),
	F(rs_disk_header, major),
	F(rs_disk_header, page_shift),
	F(rs_disk_header, group_pages),
	F(rs_disk_header, reserved),
	F(rs_disk_header, uuid),
	F(rs_disk_header, hash_seed),
	F(rs_disk_header, created_ns),
	F(rs_disk_header, incompat),
	F(rs_disk_header, ro_compat),
	F(rs_disk_header, compat),
	F(rs_disk_header, check),
	F(rs_disk_super, magic),
	F(rs_disk_super, txid),
	F(rs_disk_super, flags),
	F(rs_disk_super, uuid),
	F(rs_disk_super, incompat),
	F(rs_disk_super, ro_compat),
	F(rs_disk_super, compat),
	F(rs_disk_super, data_root),
	F(rs_disk_super, data_count),
	F(rs_disk_super, data_weight),
	F(rs_disk_super, sys_root),
	F(rs_disk_super, sys_count),
	F(rs_disk_super, sys_weight),
	F(rs_disk_super, file_pages),
	F(rs_disk_super, next_id),
	F(rs_disk_super, next_snap_id),
	F(rs_disk_super, wall_ns),
	F(rs_disk_super, hybrid_clock),
	F(rs_disk_super, used_pages),
	F(rs_disk_super, pinned_pages),
	F(rs_disk_super, commit_pages),
	F(rs_disk_super, check),
	F(rs_disk_ptr, pgno),
	F(rs_disk_ptr, npages),
	F(rs_disk_ptr, birth),
	F(rs_disk_ptr, csum),
	F(rs_disk_node, magic),
	F(rs_disk_node, type),
	F(rs_disk_node, level),
	F(rs_disk_node, tree_id),
	F(rs_disk_node, reserved),
	F(rs_disk_node, count),
	F(rs_disk_node, prefix_len),
	F(rs_disk_node, heap),
	F(rs_disk_node, garbage),
	F(rs_disk_node, reserved2),
	F(rs_disk_node, pgno),
	F(rs_disk_node, birth),
	F(rs_disk_entry, key_len),
	F(rs_disk_entry, val_len),
	F(rs_disk_entry, weight_len),
	F(rs_disk_child, ptr),
	F(rs_disk_child, count),
	F(rs_disk_child, weight),
	F(rs_disk_bitmap, bits),
	F(rs_disk_bitmap, group),
	F(rs_disk_bitmap, txid),
	F(rs_disk_bitmap, reserved),
	F(rs_disk_dead, pgno),
	F(rs_disk_dead, npages),
	F(rs_disk_dead, birth),
	F(rs_disk_group, slot),
	F(rs_disk_group, reserved),
	F(rs_disk_group, free),
	F(rs_disk_group, largest_run),
	F(rs_disk_group, reserved2),
	F(rs_disk_group, txid),
	F(rs_disk_group, csum),
	F(rs_disk_snap, id),
	F(rs_disk_snap, txid),
	F(rs_disk_snap, created_ns),
	F(rs_disk_snap, data_root),
	F(rs_disk_snap, count),
	F(rs_disk_snap, weight),
	F(rs_disk_object, kind),
	F(rs_disk_object, reserved),
	F(rs_disk_object, attr_len),
	F(rs_disk_region, size),
	F(rs_disk_region, stored),
	F(rs_disk_region, flags),
	F(rs_disk_region, reserved),
	F(rs_disk_chunk, n_runs),
	F(rs_disk_chunk, reserved),
	F(rs_disk_run, first),
	F(rs_disk_run, len),
	F(rs_disk_run, pgno),
	F(rs_disk_run, birth),
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct field *find(const char *type, const char *name)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		if (strcmp(fields[i].type, type) == 0 &&
		    strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static void check_row(const char *type, const struct field *row)
{
	const struct field *f = find(type, row->name);

	if (!f || f->off != row->off || f->size != row->size)
		fail_msg("format.md: %s.%s at %lu, %lu bytes: not so", type,
			 row->name, row->off, row->size);
}

/* Rows of structures that this layer compiles; others belong to tests of
 * their own layer. Returns how many rows were compared. */
static size_t compare(FILE *doc)
{
	char line[512], type[64] = "", name[64];
	size_t rows = 0;

	while (fgets(line, sizeof(line), doc)) {
		struct field row = { .name = name };

		if (sscanf(line, "`struct %63[a-z0-9_]`", type) == 1)
			continue;
		if (strncmp(type, "rs_", 3) != 0 ||
		    sscanf(line, "| %lu | %lu | %63[a-z0-9_] |", &row.off,
			   &row.size, name) != 3)
			continue;
		check_row(type, &row);
		rows++;
	}
	return rows;
}

/* Every field is documented once, with its place and size. */
static void document_equals_structs(void **state)
{
	FILE *doc = fopen(FORMAT_MD, "r");

	(void)state;
	assert_non_null(doc);
	assert_int_equal(compare(doc), N_FIELDS);
	fclose(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_equals_structs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
