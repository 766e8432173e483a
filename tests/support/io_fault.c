/* SPDX-License-Identifier: Apache-2.0 */
/* io_fault.c - recording and failing. All ops are kept with their data. */
#include "tests/support/io_fault.h"

#include "tests/support/io_fault_priv.h"
#include "tests/support/oom.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fault *fault_of(struct rs_io *io)
{
	return (struct fault *)io;
}

static bool is_hit(struct fault *f, uint64_t n, bool read)
{
	bool hit = f->fail_at && (f->fail_kind == FAULT_READ) == read &&
		   (n == f->fail_at || (f->fail_always && n > f->fail_at) ||
		    (f->fail_gap && n == f->fail_at + f->fail_gap));

	f->hits += hit;
	return hit;
}

static struct op *next_op(struct fault *f)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 256;
		f->ops = realloc(f->ops, f->cap * sizeof(*f->ops));
		assert(f->ops);
	}
	return &f->ops[f->n++];
}

static int note_locked(struct fault *f, const struct op *op, const void *data)
{
	struct op *at = next_op(f);
	int err = 0;

	*at = *op;
	if (is_hit(f, f->n, false))
		err = f->fail_kind == FAULT_ENOSPC ? -ENOSPC : -EIO;
	at->failed = err != 0;
	at->lie = f->lie;
	if (err && f->fail_kind == FAULT_SHORT && fault_is_write(op))
		at->len = op->len / 2;
	else if (err)
		at->len = 0;
	if (data && at->len) {
		at->data = malloc(at->len);
		assert(at->data);
		memcpy(at->data, data, at->len);
	}
	if (f->loss)
		fault_lose_op(f, at);
	return err;
}

/* Note an op; 0 or the error with which it shall fail. */
static int note(struct fault *f, const struct op *op, const void *data)
{
	int err;

	oom_hold();
	pthread_mutex_lock(&f->mutex);
	err = note_locked(f, op, data);
	pthread_mutex_unlock(&f->mutex);
	oom_go_on();
	return err;
}

static int fault_read(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	struct fault *f = fault_of(io);
	struct disk *d = f->disk;
	bool hit;

	pthread_mutex_lock(&f->mutex);
	hit = is_hit(f, ++f->reads, true);
	pthread_mutex_unlock(&f->mutex);
	if (hit || off + len > d->size)
		return -EIO;
	memcpy(buf, d->mem + off, len);
	return 0;
}

static int write_as(struct fault *f, enum op_kind kind, uint64_t off,
		    const void *buf, size_t len)
{
	const struct op op = { .kind = kind, .off = off, .len = len };
	int err = note(f, &op, buf);

	if (err && f->fail_kind == FAULT_SHORT)
		disk_write(f->disk, off, buf, len / 2);
	return err ? err : disk_write(f->disk, off, buf, len);
}

static int fault_write(struct rs_io *io, uint64_t off, const void *buf,
		       size_t len)
{
	return write_as(fault_of(io), OP_WRITE, off, buf, len);
}

static int fault_write_through(struct rs_io *io, uint64_t off, const void *buf,
			       size_t len)
{
	return write_as(fault_of(io), OP_THROUGH, off, buf, len);
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

static int fault_probe(struct rs_io *io, uint64_t off, uint64_t len,
		       uint64_t *ret_off, uint64_t *ret_len)
{
	return disk_probe(fault_of(io)->disk, off, len, ret_off, ret_len);
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
	.write_through = fault_write_through,
	.map = fault_map,
	.sync = fault_sync,
	.allocate = fault_allocate,
	.punch = fault_punch,
	.probe = fault_probe,
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
	disk_free(f->kept);
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
	uint64_t now = kind == FAULT_READ ? f->reads : f->n;

	f->fail_at = n ? now + n : 0;
	f->fail_kind = kind;
	f->fail_always = always;
	f->fail_gap = 0;
}

void fault_fail_twice(struct fault *f, uint64_t n, uint64_t gap,
		      enum fault_kind kind)
{
	fault_fail(f, n, kind, false);
	f->fail_gap = gap;
}

uint64_t fault_hits(const struct fault *f)
{
	return f->hits;
}

void fault_lie(struct fault *f, enum fault_lie lie)
{
	f->lie = lie;
}

uint64_t fault_ops(const struct fault *f)
{
	return f->n;
}
