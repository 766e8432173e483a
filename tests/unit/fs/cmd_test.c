/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_test.c - tests fs/cmd.c. */
#include <string.h>

#include "fs/cmd.h"
#include "tests/support/test.h"

/* What the last run of the command was given. */
static struct {
	int runs, n_operands;
	char verbose[8], depth[32], operand[32];
} seen;

static void keep(char *to, size_t cap, const char *from)
{
	strncpy(to, from ? from : "(none)", cap - 1);
}

static enum fs_exit run_try(const struct fs_args *args)
{
	seen.runs++;
	seen.n_operands = args->n_operands;
	keep(seen.verbose, sizeof(seen.verbose), args->value[0]);
	keep(seen.depth, sizeof(seen.depth), args->value[1]);
	keep(seen.operand, sizeof(seen.operand), args->operands[0]);
	return FS_EXIT_DAMAGE;
}

static const struct fs_opt opts[] = {
	{ "verbose", 'v', NULL, "say more" },
	{ "depth", 'd', "N", "how deep" },
	{ NULL, 0, NULL, NULL },
};

static const struct fs_cmd cmd_try = {
	.name = "try",
	.synopsis = "STORE [PATH]",
	.help = "try it",
	.operands_min = 1,
	.operands_max = 2,
	.opts = opts,
	.run = run_try,
};

/* The words of line, separated by single spaces, as a command line. */
static enum fs_exit run(const char *line)
{
	static const struct fs_cmd *const table[] = { &cmd_try, NULL };
	static char copy[256];
	char *argv[16], *rest = copy;
	int argc = 0;

	memset(&seen, 0, sizeof(seen));
	memset(copy, 0, sizeof(copy));
	strncpy(copy, line, sizeof(copy) - 1);
	while (argc < 15 && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc] = NULL;
	return fs_cmd_main(table, line[0] ? argc : 0, argv);
}

static void gives_options_and_operands(void **state)
{
	(void)state;
	assert_int_equal(run("try -v --depth=3 x.store"), FS_EXIT_DAMAGE);
	assert_int_equal(seen.n_operands, 1);
	assert_string_equal(seen.operand, "x.store");
	assert_string_equal(seen.verbose, "");
	assert_string_equal(seen.depth, "3");
}

/* Behind the operands, together, or cut off with --. */
static void options_stand_where_they_like(void **state)
{
	(void)state;
	run("try x.store -vd 4");
	assert_string_equal(seen.operand, "x.store");
	assert_string_equal(seen.depth, "4");
	run("try -- -v");
	assert_string_equal(seen.operand, "-v");
	assert_string_equal(seen.verbose, "(none)");
}

/* As -o of mount(8): each adds to the list. */
static void repeated_values_are_joined(void **state)
{
	(void)state;
	run("try x -d a -d b,c");
	assert_string_equal(seen.depth, "a,b,c");
}

static void usage_errors_are_2_and_nothing_runs(void **state)
{
	const char *const wrong[] = {
		"",	     "tries x",	 "try",
		"try a b c", "try -x a", "try --dept",
		"try a -d",  "--verb",	 "try --verbose=1 a"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(run(wrong[i]), FS_EXIT_USAGE);
		assert_int_equal(seen.runs, 0);
	}
}

static void help_and_version_are_0(void **state)
{
	(void)state;
	assert_int_equal(run("--help"), FS_EXIT_DONE);
	assert_int_equal(run("--version"), FS_EXIT_DONE);
	assert_int_equal(run("try --help"), FS_EXIT_DONE);
	assert_int_equal(run("try a -v --help"), FS_EXIT_DONE);
	assert_int_equal(seen.runs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_options_and_operands),
		cmocka_unit_test(options_stand_where_they_like),
		cmocka_unit_test(repeated_values_are_joined),
		cmocka_unit_test(usage_errors_are_2_and_nothing_runs),
		cmocka_unit_test(help_and_version_are_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
