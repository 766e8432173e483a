/* SPDX-License-Identifier: Apache-2.0 */
/* io_fault.c - recording, failing, losing power.
 *
 * All ops are kept with their data. A crash image is the synced disk plus a
 * selection of the ops since the last sync; the synced disk goes forward with
 * n, so that building all images of a run costs about as much as the run.
 */
#include "tests/support/io_fault.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR	    512u
#define SUPERS_AT   4096u /* two pages: docs/format.md */
#define SUPERS_SIZE 8192u

enum op_kind {
	OP_WRITE,
	OP_SYNC,
	OP_ALLOCATE,
	OP_PUNCH,
	OP_RESIZE
};

struct op {
	enum op_kind kind;
	bool failed;
	enum fault_lie lie; /* while it was done */
	uint64_t off, len;
	uint8_t *data;
};

struct fault {
	struct rs_io io;
	struct disk *disk;
	pthread_mutex_t mutex;
	struct op *ops;
	size_t n, cap;
	uint64_t fail_at;
	enum fault_kind fail_kind;
	bool fail_always;
	enum fault_lie lie;
	struct disk *synced; /* as of op n_synced */
	size_t n_synced;
};

static struct fault *fault_of(struct rs_io *io)
{
	return (struct fault *)io;
}

struct fault *fault_new(struct disk *d);

/* Note an op; 0 or the error with which it shall fail. */
static int note(struct fault *f, const struct op *op, const void *data)
{
	int err = 0;
	struct op *at;

	pthread_mutex_lock(&f->mutex);
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 256;
		f->ops = realloc(f->ops, f->cap * sizeof(*f->ops));
		assert(f->ops);
	}
	at = &f->ops[f->n++];
	*at = *op;
	if (f->fail_at &&
	    (f->n == f->fail_at || (f->fail_always && f->n > f->fail_at)))
		err = f->fail_kind == FAULT_ENOSPC ? -ENOSPC : -EIO;
	at->failed = err != 0;
	at->lie = f->lie;
	if (err && f->fail_kind == FAULT_SHORT && op->kind == OP_WRITE)
		at->len = op->len / 2;
	else if (err)
		at->len = 0;
	if (data && at->len) {
		at->data = malloc(at->len);
		assert(at->data);
		memcpy(at->data, data, at->len);
	}
	pthread_mutex_unlock(&f->mutex);
	return err;
}

static int fault_read(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	struct disk *d = fault_of(io)->disk;

	if (off + len > d->size)
		return -EIO;
	memcpy(buf, d->mem + off, len);
	return 0;
}

static int fault_write(struct rs_io *io, uint64_t off, const void *buf,
		       size_t len)
{
	struct fault *f = fault_of(io);
	const struct op op = { .kind = OP_WRITE, .off = off, .len = len };
	int err = note(f, &op, buf);

	if (err && f->fail_kind == FAULT_SHORT)
		disk_write(f->disk, off, buf, len / 2);
	return err ? err : disk_write(f->disk, off, buf, len);
}

static int fault_map(struct rs_io *io, const uint8_t **ret_base,
		     uint64_t *ret_len)
{
	*ret_base = fault_of(io)->disk->mem;
	*ret_len = fault_of(io)->disk->cap;
	return 0;
}

static int fault_sync(struct rs_io *io)
{
	const struct op op = { .kind = OP_SYNC };

	return note(fault_of(io), &op, NULL);
}

static int fault_allocate(struct rs_io *io, uint64_t off, uint64_t len)
{
	const struct op op = { .kind = OP_ALLOCATE, .off = off, .len = len };
	int err = note(fault_of(io), &op, NULL);

	return err ? err : disk_allocate(fault_of(io)->disk, off, len);
}

static int fault_punch(struct rs_io *io, uint64_t off, uint64_t len)
{
	const struct op op = { .kind = OP_PUNCH, .off = off, .len = len };
	int err = note(fault_of(io), &op, NULL);

	if (!err)
		disk_punch(fault_of(io)->disk, off, len);
	return err;
}

static int fault_resize(struct rs_io *io, uint64_t size)
{
	const struct op op = { .kind = OP_RESIZE, .len = size };
	int err = note(fault_of(io), &op, NULL);

	return err ? err : disk_resize(fault_of(io)->disk, size);
}

static int fault_size(struct rs_io *io, uint64_t *ret_size)
{
	*ret_size = fault_of(io)->disk->size;
	return 0;
}

static void fault_close(struct rs_io *io)
{
	(void)io; /* fault_free() */
}

static const struct rs_io_ops fault_io_ops = {
	.read = fault_read,
	.write = fault_write,
	.map = fault_map,
	.sync = fault_sync,
	.allocate = fault_allocate,
	.punch = fault_punch,
	.resize = fault_resize,
	.size = fault_size,
	.close = fault_close,
};

struct fault *fault_new(struct disk *d)
{
	struct fault *f = calloc(1, sizeof(*f));

	assert(f);
	f->io.ops = &fault_io_ops;
	f->disk = d;
	f->synced = disk_copy(d);
	pthread_mutex_init(&f->mutex, NULL);
	return f;
}

void fault_free(struct fault *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->ops[i].data);
	free(f->ops);
	disk_free(f->synced);
	pthread_mutex_destroy(&f->mutex);
	free(f);
}

struct rs_io *fault_io(struct fault *f)
{
	return &f->io;
}

void fault_fail(struct fault *f, uint64_t n, enum fault_kind kind, bool always)
{
	f->fail_at = n ? f->n + n : 0;
	f->fail_kind = kind;
	f->fail_always = always;
}

void fault_lie(struct fault *f, enum fault_lie lie)
{
	f->lie = lie;
}

uint64_t fault_ops(const struct fault *f)
{
	return f->n;
}

/* --- power cuts ---------------------------------------------------------- */

static void apply(struct disk *d, const struct op *op)
{
	if (op->kind == OP_WRITE && op->len)
		disk_write(d, op->off, op->data, op->len);
	if (op->kind == OP_PUNCH && op->len)
		disk_punch(d, op->off, op->len);
	if (op->kind == OP_RESIZE && op->len)
		disk_resize(d, op->len);
}

/* Some of its sectors, by lot. */
static void apply_torn(struct disk *d, const struct op *op, struct rng *r)
{
	if (op->kind != OP_WRITE) {
		if (rng_one_in(r, 2))
			apply(d, op);
		return;
	}
	for (uint64_t at = 0; at < op->len; at += SECTOR) {
		uint64_t n = op->len - at < SECTOR ? op->len - at : SECTOR;

		if (rng_one_in(r, 2))
			disk_write(d, op->off + at, op->data + at, n);
	}
}

static bool is_true_sync(const struct op *op)
{
	return op->kind == OP_SYNC && !op->failed && op->lie == LIE_NONE;
}

static bool overtakes(const struct op *op)
{
	return op->lie == LIE_ORDER && op->kind == OP_WRITE &&
	       op->off >= SUPERS_AT && op->off < SUPERS_AT + SUPERS_SIZE;
}

/* Carry the synced disk over to the last sync at or before op n. */
static void go_forward(struct fault *f, size_t n)
{
	size_t last = n;

	assert(n <= f->n && n >= f->n_synced);
	while (last > f->n_synced && !is_true_sync(&f->ops[last - 1]))
		last--;
	for (; f->n_synced < last; f->n_synced++)
		apply(f->synced, &f->ops[f->n_synced]);
}

struct disk *fault_crash(struct fault *f, uint64_t n, enum fault_crash kind,
			 struct rng *r)
{
	struct disk *d;

	go_forward(f, n);
	d = disk_copy(f->synced);
	for (size_t i = f->n_synced; i < n; i++) {
		if (kind == CRASH_ALL || overtakes(&f->ops[i]) ||
		    (kind == CRASH_SUBSET && rng_one_in(r, 2)))
			apply(d, &f->ops[i]);
		if (kind == CRASH_TORN)
			apply_torn(d, &f->ops[i], r);
	}
	return d;
}
