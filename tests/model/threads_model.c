/* SPDX-License-Identifier: Apache-2.0 */
/* threads_model.c - writers, readers, syncers and a taker of snapshots at the
 * same time.
 *
 * The store is a bank: accounts are records, and each txn moves an amount from
 * one account to another. So in every view, live or of a snapshot, the sum of
 * all accounts is the same; a reader who sees another sum saw half a txn or a
 * page that was used again too early. Each account also has a payload, which
 * moves to new pages with each change and repeats the amount.
 *
 * On the second round each seventh sync or write through fails, and nobody may
 * notice.
 *
 * Meant for TSan, but it runs everywhere.
 */
#include "tests/support/disk.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include "regionstore/io.h"
#include "regionstore/regionstore.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACCOUNTS 64u
#define START	 1000u
#define WORDS	 700u /* in a payload: more than a page */

struct account {
	uint64_t amount;
	uint8_t ptr[RS_PTR_SIZE];
};

struct bank {
	struct rs_store *s;
	uint64_t seed, steps;
	atomic_bool stop;
};

struct worker {
	struct bank *bank;
	struct rng rng;
	pthread_t thread;
};

/* cmocka's words work in the main thread alone. */
#define must(is) must_at(is, __LINE__)

static void must_at(bool is, int line)
{
	if (is)
		return;
	fprintf(stderr, "line %d\n", line);
	abort();
}

static void key_of(uint64_t i, uint8_t key[9])
{
	key[0] = RS_KEY_SEGMENT;
	for (unsigned b = 0; b < 8; b++)
		key[1 + b] = (uint8_t)(i >> (56 - 8 * b));
}

static void put_account(struct rs_txn *t, uint64_t i, uint64_t amount)
{
	struct account a = { .amount = amount };
	uint64_t words[WORDS];
	struct rs_ptr p;
	uint8_t key[9];

	for (unsigned w = 0; w < WORDS; w++)
		words[w] = amount;
	key_of(i, key);
	must(rs_payload_put(t, words, sizeof(words), &p) == 0);
	rs_ptr_encode(&p, a.ptr);
	must(rs_put(t, key, sizeof(key), &a, sizeof(a), amount) == 0);
}

static uint64_t amount_in(const struct rs_view *v, const struct account *a)
{
	const uint8_t *data;
	struct rs_ptr p;
	uint64_t word;

	rs_ptr_decode(a->ptr, &p);
	must(rs_payload_get(v, &p, WORDS * sizeof(word), &data) == 0);
	for (unsigned w = 0; w < WORDS; w++) {
		memcpy(&word, data + w * sizeof(word), sizeof(word));
		must(word == a->amount);
	}
	must(rs_view_check(v) == 0);
	return a->amount;
}

static void get_account(const struct rs_view *v, uint64_t i,
			struct account *ret)
{
	uint64_t weight;
	uint8_t key[9];
	size_t len;

	key_of(i, key);
	must(rs_get(v, key, sizeof(key), ret, sizeof(*ret), &len, &weight) ==
	     0);
	must(len == sizeof(*ret) && weight == ret->amount);
}

static void change_account(struct rs_txn *t, uint64_t i, int64_t by)
{
	struct account a;
	struct rs_ptr p;

	get_account(rs_txn_view(t), i, &a);
	amount_in(rs_txn_view(t), &a);
	rs_ptr_decode(a.ptr, &p);
	must(rs_payload_free(t, &p) == 0);
	put_account(t, i, a.amount + (uint64_t)by);
}

static void move_money(struct worker *w)
{
	uint64_t from = rng_below(&w->rng, ACCOUNTS);
	uint64_t to = rng_below(&w->rng, ACCOUNTS);
	struct rs_txn *t;

	must(rs_txn_begin(w->bank->s, &t) == 0);
	change_account(t, from, -1);
	change_account(t, to, 1);
	if (rng_one_in(&w->rng, 10))
		rs_txn_abort(t);
	else
		must(rs_txn_end(t) == 0);
}

static void audit(const struct rs_view *v)
{
	uint64_t sum = 0, n = 0;
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	for (err = rs_cursor_nth(&c, 0); !err; err = rs_cursor_next(&c), n++) {
		struct account a;

		must(c.val_len == sizeof(a));
		memcpy(&a, c.val, sizeof(a));
		sum += amount_in(v, &a);
	}
	rs_cursor_finish(&c);
	must(err == -ENOENT && n == ACCOUNTS && sum == ACCOUNTS * START);
}

static void *write_some(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < w->bank->steps; i++)
		move_money(w);
	return NULL;
}

static void *read_some(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&w->bank->stop)) {
		struct rs_view *v;

		must(rs_view_live(w->bank->s, &v) == 0);
		audit(v);
		audit(v);
		rs_view_put(v);
	}
	return NULL;
}

static void *sync_some(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&w->bank->stop)) {
		struct rs_stats stats;

		must(rs_sync(w->bank->s) == 0);
		rs_stats(w->bank->s, &stats);
		must(stats.error == 0);
	}
	return NULL;
}

static void *snap_some(void *arg)
{
	struct worker *w = arg;
	struct rs_store *s = w->bank->s;

	while (!atomic_load(&w->bank->stop)) {
		struct rs_view *v;
		struct rs_snap sn;

		must(rs_snap_create(s, "now", &sn) == 0);
		must(rs_view_snap(s, sn.id, &v) == 0);
		audit(v);
		must(rs_snap_drop(s, "now") == 0);
		audit(v); /* a view outlives its snapshot */
		rs_view_put(v);
	}
	return NULL;
}

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct account a;
	struct rs_ptr p;

	(void)arg;
	if (!c)
		return 0; /* the end of a tree */
	memcpy(&a, c->val, sizeof(a));
	rs_ptr_decode(a.ptr, &p);
	rs_check_own(ck, &p);
	return 0;
}

static void *check_some(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&w->bank->stop)) {
		struct rs_check_result result;

		must(rs_check(w->bank->s, own, NULL, NULL, &result) == 0);
		must(result.findings == 0);
	}
	return NULL;
}

static void open_bank(struct bank *b)
{
	struct rs_txn *t;

	must(rs_txn_begin(b->s, &t) == 0);
	for (uint64_t i = 0; i < ACCOUNTS; i++)
		put_account(t, i, START);
	must(rs_txn_end(t) == 0);
}

static void run(struct bank *b)
{
	void *(*const work[])(void *) = {
		write_some, write_some, read_some, read_some,
		sync_some,  sync_some,	snap_some, check_some,
	};
	const size_t n = sizeof(work) / sizeof(work[0]);
	struct worker w[sizeof(work) / sizeof(work[0])];

	for (size_t i = 0; i < n; i++) {
		w[i].bank = b;
		rng_init(&w[i].rng, b->seed + i);
		must(pthread_create(&w[i].thread, NULL, work[i], &w[i]) == 0);
	}
	pthread_join(w[0].thread, NULL);
	pthread_join(w[1].thread, NULL);
	atomic_store(&b->stop, true);
	for (size_t i = 2; i < n; i++)
		pthread_join(w[i].thread, NULL);
}

static void open_and_audit(struct bank *b, struct disk *d,
			   const struct rs_open_opts *opts)
{
	struct rs_view *v;

	assert_int_equal(rs_open_io(disk_io(d), opts, &b->s, NULL), 0);
	assert_int_equal(rs_view_live(b->s, &v), 0);
	audit(v);
	rs_view_put(v);
}

static void nobody_sees_half_a_txn(void **state)
{
	const struct rs_open_opts opts = { .commit_ms = 20,
					   .log_pages = RS_LOG_PAGES };
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);
	struct bank b = { .steps = rng_steps(2000) };

	(void)state;
	b.seed = rng_seed();
	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &b.s, NULL), 0);
	open_bank(&b);
	run(&b);
	rs_abandon(b.s); /* with what the log has */
	open_and_audit(&b, d, &opts);
	assert_int_equal(rs_close(b.s), 0);
	open_and_audit(&b, d, &opts);
	assert_int_equal(rs_close(b.s), 0);
	disk_free(d);
}

/* --- a disk that fails ---------------------------------------------------- */

static const struct rs_io_ops *sound;
static atomic_uint calls;

/* After one that fails the store has two more. It takes its time, so that
 * others go on from what has pages that it will lose again. */
static bool fails(void)
{
	const struct timespec moment = { .tv_nsec = 2000 * 1000 };
	bool is = atomic_fetch_add(&calls, 1) % 7 == 6;

	if (is)
		nanosleep(&moment, NULL);
	return is;
}

static int flaky_sync(struct rs_io *io)
{
	return fails() ? -EIO : sound->sync(io);
}

static int flaky_write_through(struct rs_io *io, uint64_t off, const void *buf,
			       size_t len)
{
	return fails() ? -EIO : sound->write_through(io, off, buf, len);
}

static int find(void *arg, const struct rs_cursor *c,
		struct rs_where *ret_where)
{
	(void)arg;
	(void)c;
	*ret_where = (struct rs_where){ .off = offsetof(struct account, ptr),
					.len = WORDS * sizeof(uint64_t) };
	return 0;
}

static void nobody_sees_that_a_sync_failed(void **state)
{
	const struct rs_open_opts opts = { .commit_ms = 20,
					   .log_pages = RS_LOG_PAGES };
	const struct rs_rescue rescue = { .find = find };
	struct disk *d = disk_new();
	struct rs_io *io = disk_io(d);
	struct bank b = { .steps = rng_steps(2000) };
	struct rs_io_ops flaky = *io->ops;
	struct rs_stats stats;

	(void)state;
	b.seed = rng_seed();
	assert_int_equal(rs_create_io(io, NULL), 0);
	sound = io->ops;
	flaky.sync = flaky_sync;
	flaky.write_through = flaky_write_through;
	io->ops = &flaky;
	assert_int_equal(rs_open_io(io, &opts, &b.s, NULL), 0);
	rs_set_rescue(b.s, &rescue);
	open_bank(&b);
	do { /* on a busy machine few syncs get a turn */
		atomic_store(&b.stop, false);
		run(&b);
		b.seed++;
		rs_stats(b.s, &stats);
	} while (stats.anew < 10);
	print_message("%u calls, %llu failures\n", atomic_load(&calls),
		      (unsigned long long)stats.anew);
	rs_abandon(b.s);
	open_and_audit(&b, d, &opts);
	assert_int_equal(rs_close(b.s), 0);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_sees_half_a_txn),
		cmocka_unit_test(nobody_sees_that_a_sync_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
