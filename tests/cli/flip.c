/* SPDX-License-Identifier: Apache-2.0 */
/* flip.c - one wrong byte anywhere: `roarfs check` says so or is right.
 *
 * Makes a small store with something of everything. Then, for one place after
 * the other, turns all bits of the byte there, runs the command in a child
 * process, and puts the byte back. All of the first four pages are tried, and
 * places spread over the rest, in random order, until the time is up
 * (FLIP_SECONDS=, else 10). SEED= makes the order again.
 *
 * The child must exit: with 0 (nobody needs that byte), 1 or 3. In the header
 * every byte is needed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/cmd.h"
#include "fs/ns.h"
#include "tests/support/fill_store.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#define FIRST_BYTES (4u * RS_PAGE_SIZE)
#define STRIDE	    61u /* beyond them */
#define SECONDS	    10

static char path[] = "/tmp/roarfs-flip.XXXXXX";

static const struct fs_cmd *const table[] = { &fs_cmd_check, &fs_cmd_create,
					      NULL };

/* --- a store with content ------------------------------------------------- */

static enum fs_exit roarfs(const char *command)
{
	char name[16];
	char *argv[] = { name, path, NULL };

	snprintf(name, sizeof(name), "%s", command);
	return fs_cmd_main(table, 2, argv);
}

static uint64_t make_store(void)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_stats stats;
	struct rs_store *s;

	assert_int_equal(mkstemp(path) < 0, 0);
	unlink(path);
	assert_int_equal(roarfs("create"), FS_EXIT_DONE);
	assert_int_equal(rs_open(path, &opts, &s, NULL), 0);
	fill_store(s);
	assert_int_equal(rs_sync(s), 0);
	rs_stats(s, &stats);
	assert_int_equal(rs_close(s), 0);
	assert_int_equal(roarfs("check"), FS_EXIT_DONE);
	return stats.used_bytes;
}

/* --- flipping ------------------------------------------------------------- */

/* The exit code of the command, 100 + signal when one ended it; *ret_spoke
 * says whether it said something. */
static int check_in_child(bool *ret_spoke)
{
	FILE *said = tmpfile();
	pid_t pid;
	int status;

	assert_non_null(said);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(said), STDOUT_FILENO);
		dup2(fileno(said), STDERR_FILENO);
		alarm(20);
		status = (int)roarfs("check");
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ret_spoke = lseek(fileno(said), 0, SEEK_END) > 0;
	fclose(said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static void turn(int fd, uint64_t at)
{
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte = (uint8_t)~byte;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

static int try_at(int fd, uint64_t at)
{
	bool spoke = false;
	int code;

	turn(fd, at);
	code = check_in_child(&spoke);
	turn(fd, at);
	if ((code != 0 && code != 1 && code != 3) || (code != 0 && !spoke))
		fail_msg("byte %llu: exit %d, %s", (unsigned long long)at, code,
			 spoke ? "with a message" : "silently");
	if (code == 0 && at < RS_PAGE_SIZE)
		fail_msg("byte %llu of the header: not noticed",
			 (unsigned long long)at);
	return code;
}

static uint64_t place(uint64_t i)
{
	return i < FIRST_BYTES ? i : FIRST_BYTES + (i - FIRST_BYTES) * STRIDE;
}

static void shuffle(struct rng *r, uint32_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = (uint32_t)rng_below(r, i), tmp = order[j];

		order[j] = order[i - 1];
		order[i - 1] = tmp;
	}
}

static void any_byte_may_be_wrong(void **state)
{
	const char *seconds = getenv("FLIP_SECONDS");
	time_t stop = time(NULL) + (seconds ? atoi(seconds) : SECONDS);
	uint64_t used = make_store();
	/* What is used lies at the beginning, more or less. */
	uint32_t n = FIRST_BYTES + (uint32_t)(2 * used / STRIDE);
	uint32_t *order = calloc(n, sizeof(*order));
	uint32_t codes[4] = { 0 }, i = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct rng r;

	(void)state;
	assert_non_null(order);
	assert_true(fd >= 0);
	rng_init(&r, rng_seed());
	shuffle(&r, order, n);
	while (i < n && time(NULL) < stop)
		codes[try_at(fd, place(order[i++]))]++;
	print_message("%u of %u places: %u not noticed, %u not opened, "
		      "%u damaged\n",
		      i, n, codes[0], codes[1], codes[3]);
	assert_true(codes[3] > 0);
	close(fd);
	unlink(path);
	free(order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_byte_may_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
