/* SPDX-License-Identifier: Apache-2.0 */
/* crash_run.c - listening to a file system at work. */
#include "tests/support/crash_run.h"

#include "tests/support/facts.h"
#include "tests/support/oom.h"
#include "tests/support/pending.h"
#include "tests/support/test.h"

#include <string.h>

#define DISK_SIZE ((uint64_t)64 << 20)

uint64_t crash_run_live(const struct crash_run *r)
{
	uint64_t digest = 0;
	struct rs_view *v;

	oom_hold();
	assert_int_equal(rs_view_live(r->m.store, &v), 0);
	assert_int_equal(view_foresee(v, r->m.db, &digest), 0);
	rs_view_put(v);
	oom_go_on();
	return digest;
}

static void push(struct crash_run *r, uint64_t ops, uint64_t live,
		 uint64_t snaps)
{
	oom_hold();
	tl_push(&r->tl, ops, live, snaps);
	oom_go_on();
}

static void on_ended(void *arg)
{
	struct crash_run *r = arg;

	push(r, fault_ops(r->fault), crash_run_live(r), mixed_snaps(&r->m));
}

/* Lines that wait change nothing in a set that was settled since the lines
 * before them were made durable. After a crash all of these wait, are settled
 * as one, and the time of the last of them counts. */
static void note_undone(struct crash_run *r, uint64_t ops)
{
	const struct tl_state *last = &r->tl.states[r->tl.n_states - 1];
	uint64_t live = last->live, snaps = last->snaps, other;

	pending_all_count(true);
	other = crash_run_live(r);
	pending_all_count(false);
	if (other == crash_run_live(r))
		return;
	push(r, ops, other, snaps);
	push(r, ops, live, snaps);
}

/* Never an error that says the store is damaged. */
static void assert_honest(int err)
{
	assert_true(err != -EUCLEAN && err != -EBADMSG);
}

uint64_t crash_run_kept(const struct crash_run *r)
{
	uint64_t digest;

	pending_only_kept(true);
	digest = crash_run_live(r);
	pending_only_kept(false);
	return digest;
}

/* A call failed, perhaps the one that would have settled what waits, of which
 * nobody was promised anything. The rest was committed: a sync says so, or
 * tries again; renaming or dropping a snapshot goes on. */
static void note_rest(struct crash_run *r, uint64_t before,
		      const struct mixed_done *done)
{
	push(r, before, r->kept, done->snaps);
	push(r, before, crash_run_kept(r), done->snaps);
	if (done->err)
		push(r, before, crash_run_kept(r), mixed_snaps(&r->m));
	else if (done->alone)
		tl_ack(&r->tl, fault_ops(r->fault));
}

/* The digest is of what is seen after the step; a snapshot that was refused
 * may all the same be found after a crash. */
void crash_run_note(struct crash_run *r, uint64_t before,
		    const struct mixed_done *done)
{
	uint64_t live;
	bool failed;

	assert_honest(done->err);
	if (!done->durable) {
		on_ended(r); /* an append is no txn */
		note_undone(r, before);
		r->hits = fault_hits(r->fault);
		return;
	}
	live = crash_run_live(r);
	failed = fault_hits(r->fault) > r->hits;
	if (failed)
		note_rest(r, before, done);
	push(r, before, live, done->snaps);
	oom_hold();
	if (done->err)
		tl_push(&r->tl, before, live, mixed_snaps(&r->m));
	else if (!failed || !done->alone)
		tl_ack(&r->tl, fault_ops(r->fault));
	oom_go_on();
	note_undone(r, before);
	r->hits = fault_hits(r->fault);
}

int crash_run_step(struct crash_run *r)
{
	uint64_t before = fault_ops(r->fault);
	struct mixed_done done;

	r->kept = crash_run_kept(r);
	done = mixed_step(&r->m);
	crash_run_note(r, before, &done);
	return done.err;
}

int crash_run_sync(struct crash_run *r)
{
	uint64_t before = fault_ops(r->fault);
	struct mixed_done done = { .durable = true };

	r->kept = crash_run_kept(r);
	done.err = mixed_sync(&r->m);
	done.snaps = mixed_snaps(&r->m);
	crash_run_note(r, before, &done);
	return done.err;
}

static void listen(struct crash_run *r)
{
	r->m.ended = on_ended;
	r->m.arg = r;
}

void crash_run_start(struct crash_run *r, const struct crash_base *base,
		     uint64_t seed)
{
	*r = (struct crash_run){
		.disk = base ? disk_copy(base->disk) : disk_new(),
	};
	if (!base) {
		r->disk->cap = DISK_SIZE;
		mixed_format(disk_io(r->disk));
	}
	r->fault = fault_new(r->disk);
	mixed_open(&r->m, fault_io(r->fault), seed);
	if (base)
		memcpy(r->m.snaps, base->snaps, sizeof(r->m.snaps));
	tl_push(&r->tl, 0, crash_run_live(r), mixed_snaps(&r->m));
	tl_ack(&r->tl, 0);
	listen(r);
}

void crash_run_stop(struct crash_run *r)
{
	r->m.ended = NULL;
	mixed_abandon(&r->m);
}

/* Nothing that was acknowledged is lost with the process. */
static void open_again(struct crash_run *r)
{
	uint64_t now = fault_ops(r->fault);
	struct tl_state is;

	assert_int_equal(mixed_reopen(&r->m, fault_io(r->fault)), 0);
	is.live = crash_run_live(r);
	assert_int_equal(snaps_digest(r->m.store, &is.snaps), 0);
	assert_true(tl_allows(&r->tl, now, now, &is));
	tl_push(&r->tl, now, is.live, is.snaps);
	listen(r);
}

void crash_run_reopen(struct crash_run *r)
{
	crash_run_stop(r);
	open_again(r);
}

void crash_run_die(struct crash_run *r, uint64_t n, struct crash_run *ret_run)
{
	*ret_run = (struct crash_run){ .tl = tl_until(&r->tl, n) };
	ret_run->fault = fault_die(r->fault, n, &ret_run->disk);
	ret_run->m.now = r->m.now;
	ret_run->m.rng = r->m.rng;
	open_again(ret_run);
	mixed_find_snaps(&ret_run->m);
}

void crash_run_finish(struct crash_run *r)
{
	tl_finish(&r->tl);
	fault_free(r->fault);
	disk_free(r->disk);
}
