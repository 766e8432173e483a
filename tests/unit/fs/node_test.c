/* SPDX-License-Identifier: Apache-2.0 */
/* node_test.c - node ids. */
#include "tests/support/test.h"

#include "fs/node.h"
#include "fs/ns.h"

/* A live object's node id is its number. */
static void live_is_the_number(void **state)
{
	struct fs_node n = fs_node_decode(FS_INO_BITMAPS);

	(void)state;
	assert_int_equal(n.what, FS_WHAT_STORED);
	assert_int_equal(n.snap, 0);
	assert_int_equal(n.ino, FS_INO_BITMAPS);
	assert_int_equal(fs_node_stored(0, 77), 77);
}

/* The largest of both fit beside each other. */
static void snapshot_and_number_fit(void **state)
{
	uint64_t ino = FS_NODE_INO_MASK;
	uint64_t snap = RS_SNAP_ID_MAX - 1;
	struct fs_node n = fs_node_decode(fs_node_stored(snap, ino));

	(void)state;
	assert_int_equal(n.what, FS_WHAT_STORED);
	assert_true(n.snap == snap);
	assert_true(n.ino == ino);
}

/* What is made up is never mistaken for what is stored, nor for another. */
static void made_up_is_apart(void **state)
{
	(void)state;
	for (int w = 1; w < FS_WHAT_COUNT; w++) {
		uint64_t id = fs_node_virtual((enum fs_what)w, 5);
		struct fs_node n = fs_node_decode(id);

		/* These have another form. */
		if (w >= FS_WHAT_AS && w <= FS_WHAT_QUERY)
			continue;
		assert_int_equal(n.what, w);
		assert_int_equal(n.ino, 0);
		assert_true(id & FS_NODE_VIRTUAL);
	}
}

/* A node in a format says which, and of what; .as/ is one, too. */
static void formats_have_nodes_of_their_own(void **state)
{
	(void)state;
	for (unsigned format = 0; format < BM_FORMAT_COUNT; format++) {
		uint64_t id = fs_node_as(format, FS_NODE_AS_SNAPS - 1,
					 FS_NODE_AS_INOS - 1);
		struct fs_node n = fs_node_decode(id);

		assert_int_equal(n.what, format ? FS_WHAT_STORED : FS_WHAT_AS);
		assert_int_equal(n.format, format);
		assert_int_equal(n.snap, FS_NODE_AS_SNAPS - 1);
		assert_int_equal(n.ino, FS_NODE_AS_INOS - 1);
	}
	assert_int_equal(fs_node_as(1, FS_NODE_AS_SNAPS, 1), 0);
	assert_int_equal(fs_node_as(1, 1, FS_NODE_AS_INOS), 0);
}

/* So do .q/, .q/of/ and what they lead to. */
static void queries_have_nodes_of_their_own(void **state)
{
	uint64_t snap = FS_NODE_AS_SNAPS - 1, ino = FS_NODE_AS_INOS - 1;
	struct fs_node n = fs_node_decode(fs_node_q(snap, ino));

	(void)state;
	assert_int_equal(n.what, FS_WHAT_Q);
	assert_true(n.snap == snap && n.ino == ino && fs_node_is_q(&n));
	n = fs_node_decode(fs_node_of(snap, ino));
	assert_int_equal(n.what, FS_WHAT_OF);
	assert_true(n.snap == snap && n.ino == ino && fs_node_is_q(&n));
	n = fs_node_decode(
		fs_node_query(FS_NODE_QUERIES - 1, FS_NODE_FACES - 1));
	assert_int_equal(n.what, FS_WHAT_QUERY);
	assert_true(n.query == FS_NODE_QUERIES - 1 && fs_node_is_q(&n));
	assert_int_equal(n.face, FS_NODE_FACES - 1);
	assert_int_equal(fs_node_q(FS_NODE_AS_SNAPS, 1), 0);
}

/* Any bits decode; what means nothing leads to no object. */
static void nonsense_leads_nowhere(void **state)
{
	struct fs_node n =
		fs_node_decode(fs_node_virtual(FS_WHAT_COUNT, UINT32_MAX));

	(void)state;
	assert_int_equal(n.what, FS_WHAT_STORED);
	assert_int_equal(n.ino, 0);
	n = fs_node_decode(fs_node_virtual(FS_WHAT_QUERY, 1));
	assert_int_equal(n.what, FS_WHAT_STORED);
	n = fs_node_decode(UINT64_MAX);
	assert_int_equal(n.what, FS_WHAT_OF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_is_the_number),
		cmocka_unit_test(snapshot_and_number_fit),
		cmocka_unit_test(made_up_is_apart),
		cmocka_unit_test(formats_have_nodes_of_their_own),
		cmocka_unit_test(queries_have_nodes_of_their_own),
		cmocka_unit_test(nonsense_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
