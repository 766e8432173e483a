/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_content.c - steps that change what is in sets and regions. */
#include "tests/support/mixed_priv.h"

#define WRITE_MAX  (40u * 1024u)
#define REGION_MAX ((uint64_t)700 * 1024)

/* --- sets ----------------------------------------------------------------- */

int mixed_append(struct mixed *m)
{
	struct bm_batch b;
	uint64_t ino;
	int err = mixed_any_object(m, FS_INO_BITMAPS, RS_KIND_SET, &ino);

	if (err)
		return err;
	bm_batch_init(&b);
	mixed_any_batch(m, &b);
	err = bm_append(m->db, ino, &b, m->now);
	bm_batch_finish(&b);
	return err;
}

static int settle(struct mixed *m, uint64_t ino)
{
	int err = bm_settle(m->db, ino);

	mixed_say_ended(m);
	return err;
}

int mixed_settle(struct mixed *m)
{
	uint64_t ino;
	int err = mixed_any_object(m, FS_INO_BITMAPS, RS_KIND_SET, &ino);

	return err ? err : settle(m, ino);
}

static int put_in_place(struct mixed *m, struct bm_stage *st, uint64_t ino)
{
	struct change c;
	int err = bm_stage_settle(st);

	if (!err)
		err = settle(m, ino);
	if (!err)
		err = mixed_change_begin(m, ino, &c);
	if (err)
		return err;
	err = bm_stage_apply(c.t, st, &c.in.obj);
	return mixed_change_end(m, &c, err);
}

/* As > does it; with nothing written it is a truncate. */
int mixed_replace(struct mixed *m)
{
	struct bm_stage *st;
	uint64_t ino;
	int err = mixed_any_object(m, FS_INO_BITMAPS, RS_KIND_SET, &ino);

	if (!err)
		err = bm_stage_new(m->db, &st);
	if (err)
		return err;
	for (uint64_t n = rng_below(&m->rng, 3); !err && n > 0; n--) {
		struct bm_batch b;

		bm_batch_init(&b);
		mixed_any_batch(m, &b);
		err = bm_stage_append(st, &b);
		bm_batch_finish(&b);
	}
	if (!err)
		err = put_in_place(m, st, ino);
	bm_stage_free(st);
	return err;
}

/* --- regions -------------------------------------------------------------- */

static int any_region(struct mixed *m, uint64_t *ret_ino)
{
	uint64_t realm =
		rng_one_in(&m->rng, 5) ? FS_INO_BITMAPS : FS_INO_REGIONS;

	return mixed_any_object(m, realm, RS_KIND_REGION, ret_ino);
}

static int apply_write(struct mixed *m, uint64_t ino, struct rs_write *w)
{
	struct change c;
	int err = mixed_change_begin(m, ino, &c);

	if (err)
		return err;
	err = rs_write_apply(c.t, ino, &c.in.obj, w);
	return mixed_change_end(m, &c, err);
}

int mixed_write(struct mixed *m)
{
	static uint8_t data[WRITE_MAX];
	uint64_t ino, off = rng_below(&m->rng, REGION_MAX);
	size_t len = 1 + (size_t)rng_below(&m->rng, WRITE_MAX);
	struct rs_write *w;
	int err = any_region(m, &ino);

	if (err)
		return err;
	if (rng_one_in(&m->rng, 2)) { /* often inline */
		off = rng_below(&m->rng, 900);
		len = 1 + len % 800;
	}
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + (size_t)(m->now / MIXED_MS));
	err = rs_write_prepare(m->store, off, data, len, &w);
	if (err)
		return err;
	err = apply_write(m, ino, w);
	rs_write_drop(w);
	return err;
}

int mixed_cut(struct mixed *m)
{
	uint64_t at = rng_below(&m->rng, REGION_MAX), ino;
	struct change c;
	int err = any_region(m, &ino);

	if (!err)
		err = mixed_change_begin(m, ino, &c);
	if (err)
		return err;
	if (rng_one_in(&m->rng, 3))
		err = rs_region_punch(c.t, ino, &c.in.obj, at / 4, at);
	else
		err = rs_region_truncate(c.t, ino, &c.in.obj,
					 at > REGION_MAX / 2 ? 0 : at);
	return mixed_change_end(m, &c, err);
}
