/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - verified bits and the SIGBUS guard.
 *
 * A signal handler may touch little. Ours reads a table of atomic pointers,
 * calls mmap(2), and writes atomics; it takes no lock and allocates nothing.
 * Mappings are entered into the table before anybody reads them and leave it
 * when nobody does any more.
 *
 * The count of faults is one for the process. A reader notes it in a variable
 * of its thread before it uses mapped bytes and compares afterwards: a fault
 * of somebody else in that window may be one on the same page, and calling it
 * an error costs no more than one spurious -EIO on a failing disk.
 */
#include "regionstore/map.h"

#include "regionstore/format.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPS_MAX 256u
#define BITS	 64u

static _Atomic(struct rs_map *) maps[MAPS_MAX];
static struct sigaction old_action;
static uintptr_t host_page; /* set before the handler */
static pthread_mutex_t guard_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool passing_on;

static _Atomic(uint64_t) faults;
static _Thread_local uint64_t faults_seen;
static _Thread_local bool watching;

static bool covers(const struct rs_map *m, uintptr_t at)
{
	return m && at >= (uintptr_t)m->base &&
	       at - (uintptr_t)m->base < m->len;
}

static struct rs_map *map_at(uintptr_t at)
{
	for (size_t i = 0; i < MAPS_MAX; i++) {
		struct rs_map *m = atomic_load(&maps[i]);

		if (covers(m, at))
			return m;
	}
	return NULL;
}

static void note_bad(struct rs_map *m, uint64_t pgno)
{
	unsigned n = atomic_fetch_add(&m->n_bad, 1);

	if (n < RS_MAP_BAD_MAX)
		atomic_store(&m->bad[n], pgno);
}

/* Put zeros where the host has nothing. */
static bool replace(struct rs_map *m, uintptr_t at)
{
	uintptr_t start = at & ~(host_page - 1);
	void *page;
	void *p;
	uint64_t pgno = (start - (uintptr_t)m->base) >> RS_PAGE_SHIFT;
	uint64_t n = host_page >> RS_PAGE_SHIFT;

	memcpy(&page, &start, sizeof(page)); /* an address, for mmap alone */
	p = mmap(page, host_page, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (p == MAP_FAILED)
		return false;
	rs_map_forget(m, pgno, n);
	for (uint64_t i = 0; i < n; i++)
		note_bad(m, pgno + i);
	atomic_fetch_add(&faults, 1);
	return true;
}

/* Whoever installed a handler after ours may pass on to us in turn. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (passing_on || (!(old_action.sa_flags & SA_SIGINFO) &&
			   (old_action.sa_handler == SIG_DFL ||
			    old_action.sa_handler == SIG_IGN))) {
		/* Back to the instruction, which fails again and ends us. */
		signal(sig, SIG_DFL);
		return;
	}
	passing_on = true;
	if (old_action.sa_flags & SA_SIGINFO)
		old_action.sa_sigaction(sig, info, context);
	else
		old_action.sa_handler(sig);
	passing_on = false;
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	uintptr_t at = (uintptr_t)info->si_addr;
	struct rs_map *m = map_at(at);

	if (!m || !replace(m, at))
		pass_on(sig, info, context);
	errno = saved;
}

/* With each mapping, as somebody may have put another handler in place. */
static int install_guard(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_RESTART,
	};
	struct sigaction now;
	int err = 0;

	sigemptyset(&sa.sa_mask);
	pthread_mutex_lock(&guard_mutex);
	if (!host_page)
		host_page = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (sigaction(SIGBUS, NULL, &now) < 0)
		err = -errno;
	if (!err && now.sa_sigaction != on_sigbus) {
		old_action = now;
		err = sigaction(SIGBUS, &sa, NULL) < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&guard_mutex);
	return err;
}

static int enter(struct rs_map *m)
{
	for (size_t i = 0; i < MAPS_MAX; i++) {
		struct rs_map *none = NULL;

		if (atomic_compare_exchange_strong(&maps[i], &none, m))
			return 0;
	}
	return -EBUSY;
}

int rs_map_init(struct rs_map *m, const uint8_t *base, uint64_t len)
{
	uint64_t words = (len >> RS_PAGE_SHIFT) / BITS + 1;
	size_t bytes = (size_t)words * sizeof(uint64_t);
	void *bits;
	int err = install_guard();

	if (err)
		return err;
	bits = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bits == MAP_FAILED)
		return -ENOMEM;
	*m = (struct rs_map){ .base = base,
			      .len = len & ~(uint64_t)(RS_PAGE_SIZE - 1),
			      .verified = bits,
			      .bits = bits,
			      .bits_len = bytes };
	err = enter(m);
	if (err) {
		munmap(bits, bytes);
		*m = (struct rs_map){ 0 };
	}
	return err;
}

void rs_map_finish(struct rs_map *m)
{
	if (!m->verified)
		return;
	for (size_t i = 0; i < MAPS_MAX; i++) {
		struct rs_map *self = m;

		atomic_compare_exchange_strong(&maps[i], &self, NULL);
	}
	munmap(m->bits, m->bits_len);
	m->verified = NULL;
}

/* The bits of pages [*pgno, end) that lie in one word; *pgno goes on. */
static uint64_t next_mask(uint64_t *pgno, uint64_t end)
{
	uint64_t first = *pgno % BITS;
	uint64_t n = BITS - first;

	if (n > end - *pgno)
		n = end - *pgno;
	*pgno += n;
	return (n == BITS ? UINT64_MAX : (UINT64_C(1) << n) - 1) << first;
}

bool rs_map_is_verified(const struct rs_map *m, uint64_t pgno, uint64_t npages)
{
	uint64_t end = pgno + npages;

	assert(end <= m->len >> RS_PAGE_SHIFT);
	while (pgno < end) {
		_Atomic(uint64_t) *word = &m->verified[pgno / BITS];
		uint64_t mask = next_mask(&pgno, end);

		if ((atomic_load_explicit(word, memory_order_acquire) & mask) !=
		    mask)
			return false;
	}
	return true;
}

void rs_map_set_verified(const struct rs_map *m, uint64_t pgno, uint64_t npages)
{
	uint64_t end = pgno + npages;

	assert(end <= m->len >> RS_PAGE_SHIFT);
	while (pgno < end) {
		_Atomic(uint64_t) *word = &m->verified[pgno / BITS];

		atomic_fetch_or_explicit(word, next_mask(&pgno, end),
					 memory_order_release);
	}
}

void rs_map_forget(const struct rs_map *m, uint64_t pgno, uint64_t npages)
{
	uint64_t end = pgno + npages;

	assert(end <= m->len >> RS_PAGE_SHIFT);
	while (pgno < end) {
		_Atomic(uint64_t) *word = &m->verified[pgno / BITS];

		atomic_fetch_and_explicit(word, ~next_mask(&pgno, end),
					  memory_order_release);
	}
}

void rs_map_fetch(const struct rs_map *m, uint64_t pgno, uint64_t npages)
{
	uintptr_t at = (uintptr_t)m->base + (uintptr_t)(pgno << RS_PAGE_SHIFT);
	void *page;

	assert(pgno + npages <= m->len >> RS_PAGE_SHIFT);
	memcpy(&page, &at, sizeof(page)); /* an address, for madvise alone */
	(void)madvise(page, (size_t)(npages << RS_PAGE_SHIFT), MADV_WILLNEED);
}

bool rs_map_is_bad(const struct rs_map *m, uint64_t pgno, uint64_t npages)
{
	unsigned n = atomic_load(&m->n_bad);

	if (n > RS_MAP_BAD_MAX)
		return true; /* which ones is not known any more */
	for (unsigned i = 0; i < n; i++)
		if (atomic_load(&m->bad[i]) - pgno < npages)
			return true;
	return false;
}

void rs_map_watch(void)
{
	if (watching)
		return;
	faults_seen = atomic_load_explicit(&faults, memory_order_acquire);
	watching = true;
}

int rs_map_check(void)
{
	if (!watching)
		return 0;
	watching = false;
	return atomic_load_explicit(&faults, memory_order_acquire) ==
			       faults_seen
		       ? 0
		       : -EIO;
}
