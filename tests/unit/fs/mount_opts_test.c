/* SPDX-License-Identifier: Apache-2.0 */
/* mount_opts_test.c - words after -o, and mount(8)'s command line. */
#include "tests/support/test.h"

#include <string.h>

#include "fs/mount_opts.h"

static int list(struct fs_mount_opts *o, const char *words, struct err *e)
{
	fs_mount_opts_init(o);
	return fs_mount_opts_list(o, words, e);
}

/* Nothing asked for: writable, a commit every five seconds, nosuid, nodev. */
static void defaults(void **state)
{
	struct fs_mount_opts o;

	(void)state;
	assert_int_equal(list(&o, "", NULL), 0);
	assert_int_equal(o.commit_ms, 5000);
	assert_false(o.two_flush);
	assert_false(o.read_only);
	assert_false(o.suid);
	assert_string_equal(o.kernel, "");
}

/* What the kernel and libfuse know is handed on as it is. */
static void hands_on(void **state)
{
	struct fs_mount_opts o;

	(void)state;
	assert_int_equal(list(&o, "allow_other,noexec", NULL), 0);
	assert_string_equal(o.kernel, ",allow_other,noexec");
}

static void reads_values(void **state)
{
	struct fs_mount_opts o;

	(void)state;
	assert_int_equal(list(&o, "ro,commit=30,fsname=a b,suid", NULL), 0);
	assert_true(o.read_only);
	assert_int_equal(o.commit_ms, 30000);
	assert_string_equal(o.fsname, "a b");
	assert_true(o.suid);
}

/* Both kinds of commit=, and sync, in any order. */
static void combines_what_it_is_told_of_commits(void **state)
{
	struct fs_mount_opts o;

	(void)state;
	assert_int_equal(list(&o, "commit=2pc,sync,commit=7", NULL), 0);
	assert_true(o.two_flush);
	assert_int_equal(o.commit_ms, 7000);
	assert_true(o.sync_writes);
}

/* What fstab lines have in them, and notes of others. */
static void ignores_what_is_mounts(void **state)
{
	struct fs_mount_opts o;

	(void)state;
	assert_int_equal(list(&o,
			      "rw,noauto,user,_netdev,exec,nofail,"
			      "x-systemd.automount,comment=x,,defaults",
			      NULL),
			 0);
	assert_string_equal(o.kernel, "");
}

/* The message names the word. */
static void refuses_what_it_does_not_know(void **state)
{
	struct fs_mount_opts o;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(list(&o, "ro,frob,allow_other", &e), -EINVAL);
	assert_non_null(strstr(e.msg, "'frob'"));
}

static void refuses_bad_seconds(void **state)
{
	static const char *const bad[] = { "commit=",	"commit=0",
					   "commit=x",	"commit=5s",
					   "commit=-1", "commit=301" };
	struct fs_mount_opts o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(list(&o, bad[i], NULL), -EINVAL);
}

/* More than fits is refused and not cut. */
static void refuses_too_many(void **state)
{
	char words[4000] = "noexec";
	struct fs_mount_opts o;

	(void)state;
	for (size_t len = 6; len + 8 < sizeof(words); len += 7)
		memcpy(words + len, ",noexec", 8);
	assert_int_equal(list(&o, words, NULL), -EINVAL);
}

/* Both orders that mount(8) has used: operands first, options first. */
static void reads_mounts_command_line(void **state)
{
	char store[] = "/s", mnt[] = "/m", o_flag[] = "-o";
	char words[] = "ro,noauto", n_flag[] = "-n", t_flag[] = "-t";
	char type[] = "roarfs";
	char *a[] = { store, mnt, n_flag, o_flag, words, NULL };
	char *b[] = { t_flag, type, o_flag, words, store, mnt, NULL };
	struct fs_mount_opts o;

	(void)state;
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 5, a, NULL), 0);
	assert_string_equal(o.store, "/s");
	assert_string_equal(o.mnt, "/m");
	assert_true(o.read_only);
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 6, b, NULL), 0);
	assert_string_equal(o.mnt, "/m");
	assert_true(o.read_only);
}

static void refuses_bad_command_lines(void **state)
{
	char store[] = "/s", o_flag[] = "-o", x_flag[] = "-x";
	char *no_mnt[] = { store, NULL };
	char *no_list[] = { store, store, o_flag, NULL };
	char *unknown[] = { store, store, x_flag, NULL };
	char *many[] = { store, store, store, NULL };
	struct fs_mount_opts o;

	(void)state;
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 1, no_mnt, NULL), -EINVAL);
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 3, no_list, NULL), -EINVAL);
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 3, unknown, NULL), -EINVAL);
	fs_mount_opts_init(&o);
	assert_int_equal(fs_mount_opts_helper(&o, 3, many, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(hands_on),
		cmocka_unit_test(reads_values),
		cmocka_unit_test(combines_what_it_is_told_of_commits),
		cmocka_unit_test(ignores_what_is_mounts),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(refuses_bad_seconds),
		cmocka_unit_test(refuses_too_many),
		cmocka_unit_test(reads_mounts_command_line),
		cmocka_unit_test(refuses_bad_command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
