/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - a set as it lies in a store. PRIVATE to bitmap/.
 *
 *   object, kind SET          body: header and digit counts, and then either
 *                             the one small segment that is the whole set or
 *                             the number of its segments' keys, the SET ID
 *   record SEGMENT id lo      one segment: its bytes, or where they are;
 *                             the record's weight is its members
 *
 * A set id is not the object's number: a content made aside (stage.c) takes
 * the place of another by changing the id in the object, whatever its size.
 *
 * A segment's key holds its own lo, so it covers the members from lo to the
 * next segment's lo, and the first one those below it as well: looking a
 * member up is the last record at or before it, or else the first.
 */
#ifndef BM_SET_H
#define BM_SET_H

#include "bitmap/digits.h"
#include "bitmap/segment.h"
#include "regionstore/base/le.h"

/* Bytes of a segment that lies inside a record or an object. More would cost
 * the tree its fan-out, less would cost small sets a page. */
#define BM_INLINE_MAX 1024u

/* --- the object's body (set_body.c) --------------------------------------- */

struct bm_set {
	uint64_t count;
	uint64_t min, max; /* when count is not 0 */
	uint64_t id;	   /* 0: seg is the whole set */
	uint64_t segments, stored;
	uint64_t folded; /* batches up to this number are in it */
	unsigned pages;	 /* of a segment, aimed at; 0: the default */
	struct bm_digits digits;
	struct bm_seg seg; /* when id is 0 and count is not: not opened yet,
			      data borrowed from the object */
};

enum bm_set_form {
	BM_SET_EMPTY = 1,
	BM_SET_INLINE = 2,
	BM_SET_SEGMENTS = 3,
};

/* A body is this, then for BM_SET_SEGMENTS bm_disk_segments, then a le64 for
 * each bit of digits that is set, then len bytes of the inline segment. */
struct bm_disk_set {
	uint8_t form;
	uint8_t kind;	    /* of the inline segment, else 0 */
	struct le16 len;    /* of the inline segment, else 0 */
	struct le32 digits; /* bit d - 1: there are members of d digits;
			       from bit 20 on, pages of a segment */
	struct le64 min;
	struct le64 max;
	struct le64 folded; /* batches up to this number are in it */
};
struct bm_disk_segments {
	struct le64 id;
	struct le64 segments;
	struct le64 stored;
};

/* -EUCLEAN for a body that cannot be; what is decoded is consistent. */
int bm_set_decode(const struct rs_object *obj, struct bm_set *ret_set);
/* set->seg.data may lie inside obj. */
void bm_set_encode(const struct bm_set *set, struct rs_object *obj);
/* Bytes of a segment, aimed at. */
size_t bm_set_seg_max(const struct bm_set *set);
/* Raise the number of folded batches in a body that was decoded before. True
 * when it was lower. */
bool bm_set_fold(struct rs_object *obj, uint64_t seq);

/* --- records (seg_record.c) ----------------------------------------------- */

#define BM_KEY_SIZE 17u
void bm_seg_key(uint8_t key[BM_KEY_SIZE], uint64_t id, uint64_t lo);

/* A segment's record: its bytes (seg.data), or a pointer to them. */
struct bm_record {
	struct bm_seg seg; /* not opened; data is NULL until loaded when... */
	struct rs_ptr ptr; /* ...npages is not 0 */
};

struct bm_disk_record {
	uint8_t kind;
	uint8_t is_inline; /* 1: the bytes follow; 0: a pointer follows */
	struct le16 reserved;
	struct le32 len;
};
#define BM_RECORD_MAX (sizeof(struct bm_disk_record) + BM_INLINE_MAX)

/* val stays borrowed as seg.data. -EUCLEAN. */
int bm_record_decode(const struct rs_cursor *c, struct bm_record *ret_rec);
size_t bm_record_encode(const struct bm_record *rec,
			uint8_t buf[BM_RECORD_MAX]);
/* Get at the bytes and open the segment. */
int bm_record_load(const struct rs_view *v, struct bm_record *rec);
/* Bytes it takes in the store. */
uint64_t bm_record_stored(const struct bm_record *rec);
/* The set id in a key. */
uint64_t bm_key_set(const uint8_t key[BM_KEY_SIZE]);

/* --- the segments of a set in a view (segs.c) ----------------------------- */

/* One of them; the cursor keeps what rec borrows. Or one of a result
 * (expr_result.h), where what was loaded is valid until the next is. */
struct bm_place {
	const struct rs_view *v;
	uint64_t id;
	struct bm_result *res;	/* NULL: they lie in v */
	struct bm_maker *maker; /* of res, once one was loaded */
	size_t at;		/* in res */
	struct rs_cursor c;
	struct bm_record rec; /* loaded when load was asked for */
};
void bm_place_init(struct bm_place *pl, const struct rs_view *v, uint64_t id);
void bm_place_finish(struct bm_place *pl);

/* Each moves to a segment, not loaded, or says -ENOENT. */
int bm_place_at_or_after(struct bm_place *pl, uint64_t lo);
int bm_place_at_or_before(struct bm_place *pl, uint64_t member);
int bm_place_next(struct bm_place *pl);
/* The segment whose members include or would include member: -ENOENT only
 * when there is none at all. */
int bm_place_covering(struct bm_place *pl, uint64_t member);
/* The segment in which the w-th unit of the tree's weight lies, and which of
 * its own that is. */
int bm_place_weigh(struct bm_place *pl, uint64_t w, uint64_t *ret_within);
int bm_place_load(struct bm_place *pl);
/* What was loaded is going to be used again: watch it for rs_view_check(). */
int bm_place_watch(struct bm_place *pl);

/* Members of all sets with a smaller id: the tree's weight begins there. */
int bm_segs_base(const struct rs_view *v, uint64_t id, uint64_t *ret_weight);
/* Members of the set not above member; base from bm_segs_base(). */
int bm_segs_rank(const struct rs_view *v, uint64_t id, uint64_t base,
		 uint64_t member, uint64_t *ret_rank);

/* --- writing (set_write.c, recount.c) ------------------------------------- */

/* What changing sets needs, kept from one set to the next. */
struct bm_writer;
int bm_writer_new(struct bm_writer **ret_writer);
void bm_writer_free(struct bm_writer *w); /* accepts NULL */

/* Apply delta to the set whose object is obj, the caller's copy: the records
 * change within t, the body in obj, which the caller puts when *ret_changed.
 * On error t must be aborted. -EFBIG above BM_MEMBERS_MAX. */
int bm_set_apply(struct bm_writer *w, struct rs_txn *t, struct rs_object *obj,
		 const struct bm_delta *delta, bool *ret_changed);

/* Fill count, min, max and digits of a set from its segments in v (id), or
 * from set->seg, which is opened. */
int bm_set_recount(const struct rs_view *v, struct bm_set *set);
/* The same where set->seg is known to be all of it. */
int bm_set_recount_one(struct bm_set *set);

#endif
