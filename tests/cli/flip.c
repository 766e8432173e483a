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
#include "tests/support/rng.h"
#include "tests/support/test.h"

#define FIRST_BYTES (4u * RS_PAGE_SIZE)
#define STRIDE	    61u /* beyond them */
#define SECONDS	    10

static char path[] = "/tmp/roarfs-flip.XXXXXX";

static const struct fs_cmd *const table[] = { &fs_cmd_check, &fs_cmd_create,
					      NULL };

/* --- a store with content ------------------------------------------------- */

static void end(struct rs_txn *t, int err)
{
	assert_int_equal(err, 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static struct rs_txn *begin(struct rs_store *s)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	return t;
}

static uint64_t make(struct rs_store *s, uint64_t dir, const char *name,
		     uint32_t mode)
{
	static char target[2000];
	struct fs_new n = { .mode = mode | 0755, .target = target };
	struct rs_txn *t = begin(s);
	struct fs_inode in;

	memset(target, 't', sizeof(target) - 1);
	end(t, fs_make(t, dir, name, &n, &in));
	return in.ino;
}

static void write_region(struct rs_store *s, uint64_t ino, size_t len)
{
	static uint8_t data[300000];
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	memset(data, 'd', sizeof(data));
	assert_int_equal(rs_write_prepare(s, 0, data, len, &w), 0);
	t = begin(s);
	assert_int_equal(fs_inode_get(rs_txn_view(t), ino, &in), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	end(t, fs_inode_put(t, &in));
	rs_write_drop(w);
}

static void fill_sets(struct rs_store *s, uint64_t dir)
{
	uint64_t small = make(s, dir, "small", S_IFREG);
	uint64_t large = make(s, dir, "large", S_IFREG);
	struct bm_batch b;
	struct bm_db *db;

	assert_int_equal(bm_open(s, NULL, &db, NULL), 0);
	bm_batch_init(&b);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(bm_batch_add(&b, i * i), 0);
	assert_int_equal(bm_append(db, small, &b, 1), 0);
	for (uint64_t i = 0; i < 30000; i++)
		assert_int_equal(bm_batch_add(&b, i * 7919), 0);
	assert_int_equal(bm_append(db, large, &b, 1), 0);
	bm_batch_finish(&b);
	bm_close(db);
}

static void fill(struct rs_store *s)
{
	uint64_t dir = make(s, FS_INO_REGIONS, "dir", S_IFDIR);
	struct rs_snap snap;
	struct rs_txn *t;
	char name[16];

	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		write_region(s, make(s, dir, name, S_IFREG), i * 20);
	}
	write_region(s, make(s, dir, "large", S_IFREG), 300000);
	make(s, dir, "link", S_IFLNK);
	fill_sets(s, FS_INO_BITMAPS);
	t = begin(s);
	end(t, fs_xattr_set(t, dir, "user.a", path, sizeof(path), 0));
	assert_int_equal(rs_snap_create(s, "snap", &snap), 0);
	write_region(s, make(s, dir, "after", S_IFREG), 5000);
}

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
	fill(s);
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
