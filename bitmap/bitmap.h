/* SPDX-License-Identifier: Apache-2.0 */
/* bitmap.h - sets of unsigned 64-bit members in a store.
 *
 * A set is an object (regionstore.h) whose body is a header, and, when it is
 * large, SEGMENTS: records keyed by the smallest member they hold, rounded
 * down, each with some 16 KiB of members in roaring form. A small set lies
 * inside its header. Because the store's tree sums the weight (members) of its
 * records, count, rank, select and the exact size of the set as text need no
 * scan.
 *
 *   write   text -> BATCH of commands -> bm_append() queues it, done
 *           later SETTLE turns all queued batches into a few new segments
 *   read    settle, then a bm_view: one version, immutable, pinned
 *   replace a STAGE collects a new content; one txn swaps it in
 *
 * A batch is one write(2): it is queued as one unit and settled as one unit,
 * so no reader, snapshot or crash ever sees half of it, and batches take
 * effect in the order in which bm_append() took them. Parsing happens before,
 * in the writer's thread; queueing is a pointer push.
 *
 * Settle happens on stat and open for reading, before a snapshot, and when the
 * queues hold BM_QUEUE_MAX bytes. A commit settles large batches only; small
 * ones it writes to the JOURNAL, one record for all sets, and they wait on.
 *
 * Errors are those of regionstore.h; -ERANGE a number above 2^64-1, -EINVAL a
 * line that does not parse, -EFBIG a set whose text would not fit a file.
 *
 * Threads: all functions may be called from any thread; a view may be read by
 * several threads at once; a batch and a stage belong to one at a time.
 */
#ifndef BM_BITMAP_H
#define BM_BITMAP_H

#include "regionstore/regionstore.h"

#define BM_QUEUE_MAX   (64u << 20) /* bytes queued before a writer settles */
#define BM_MEMBERS_MAX ((uint64_t)1 << 58) /* text stays below 2^63 bytes */
#define BM_LINE_MAX    256u /* bytes in a line that is not a comment */

/* --- batches: what one write asks for ------------------------------------- */

enum bm_op {
	BM_ADD,
	BM_REMOVE
};

/* Commands in the order written. When all of them add single members, by far
 * the most common, or all remove single members, they are kept in 8 bytes
 * each: while ops is empty the batch is exactly op of the members; afterwards
 * every command is in ops. */
struct bm_command {
	uint64_t lo, hi; /* both included */
	enum bm_op op;
};
struct bm_batch {
	uint64_t *members;
	size_t n_members, cap_members;
	struct bm_command *ops;
	size_t n_ops, cap_ops;
	enum bm_op op;	/* what is done with members */
	bool ascending; /* members strictly ascend */
};
void bm_batch_init(struct bm_batch *b);
void bm_batch_finish(struct bm_batch *b); /* accepts a zeroed one */
/* Room for n more members; only while n_ops is 0. What grows one by one is
 * copied each time that it doubles. */
int bm_batch_reserve(struct bm_batch *b, size_t n);
int bm_batch_add(struct bm_batch *b, uint64_t member);
int bm_batch_range(struct bm_batch *b, uint64_t lo, uint64_t hi, enum bm_op op);
bool bm_batch_empty(const struct bm_batch *b);
size_t bm_batch_bytes(const struct bm_batch *b); /* of memory */

/* --- text (interface.md, section 2) --------------------------------------- */

/* Where and why a text was refused; the message names the offending text. */
struct bm_text_error {
	uint64_t line;	    /* from 1, within the text parsed */
	char text[40];	    /* the line, shortened, printable */
	const char *reason; /* static */
};

/* Append the commands of complete lines to b. The last line needs a newline
 * or last = true; otherwise *ret_used says where it begins and it is not
 * parsed. On error (-EINVAL, -ERANGE, -ENOMEM) b is as it was. Pure. */
int bm_text_parse(const char *text, size_t len, bool last, struct bm_batch *b,
		  size_t *ret_used, struct bm_text_error *ret_error);

/* --- torn lines ----------------------------------------------------------- */

/* Tools cut their writes at 4 or 128 KiB, nearly always inside a number. One
 * of these is kept per open file and lock owner; it holds the unfinished last
 * line until the same writer's next write or its end. Pure, small, by value.
 *
 * Feeding a write gives the batch of its complete lines, the first of them
 * joined with what was kept, as ONE unit: on error (-EINVAL, -ERANGE, -ENOMEM)
 * neither the batch nor the kept line change, so the writer may send that
 * write again. A failed write that is not sent again leaves half a number
 * behind, and half a number is a wrong member: finishing it is -EINVAL and
 * drops it. Lines are counted within the write, the joined one as the first.
 *
 * The unfinished part of a line above BM_LINE_MAX is -EINVAL already; of a
 * comment of any length one byte is kept. */
struct bm_partial {
	uint16_t len;
	bool cut; /* a write failed while text was kept */
	char text[BM_LINE_MAX];
};
void bm_partial_init(struct bm_partial *p);
int bm_partial_feed(struct bm_partial *p, const char *text, size_t len,
		    struct bm_batch *b, struct bm_text_error *ret_error);
/* The write was fed but could not be applied: back to the copy made before. */
void bm_partial_undo(struct bm_partial *p, const struct bm_partial *before);
/* The writer is done: what is kept is its last line. Nothing is kept after. */
int bm_partial_finish(struct bm_partial *p, struct bm_batch *b,
		      struct bm_text_error *ret_error);

/* --- sets as objects ------------------------------------------------------ */

struct bm_info {
	uint64_t count;
	uint64_t min, max;	/* when count is not 0 */
	uint64_t text_size;	/* bytes of the text: one line per member */
	uint64_t stored;	/* bytes in the store, index not counted */
	uint64_t segments;	/* 0: inside the object */
	uint32_t segment_bytes; /* aimed at when members are packed */
	uint32_t shards;	/* 0: bm_shards_usual() */
};
void bm_object_init(struct rs_object *obj); /* body of an empty set */
int bm_object_info(const struct rs_object *obj, struct bm_info *ret_info);
/* How large the segments of a set shall be that are packed from now on: pages,
 * BM_SEGMENT_BYTES_MIN to _MAX. A container of 8 KiB is not cut. -EINVAL. */
#define BM_SEGMENT_BYTES_MIN 4096u
#define BM_SEGMENT_BYTES_MAX 65536u
int bm_object_set_segment_bytes(struct rs_object *obj, uint32_t bytes);
/* How many threads at most sort what waits for a set, when that is much: 1 to
 * BM_SHARDS_MAX, or 0 for as many as there are CPUs. What is stored does not
 * depend on it. -EINVAL. */
#define BM_SHARDS_MAX 16u
int bm_object_set_shards(struct rs_object *obj, uint32_t shards);
uint32_t bm_shards_usual(void);
/* Free segments of the set, most of them at most in this txn; obj is what is
 * left, the caller's to put, or, when *ret_done, to delete. */
#define BM_CLEAR_SLICE 1024u
int bm_object_clear(struct rs_txn *t, struct rs_object *obj, uint64_t most,
		    bool *ret_done);

/* --- the database of live sets -------------------------------------------- */

struct bm_db;

/* When a settle changed the membership of a set, the attributes of its object
 * are handed over, so that their owner can note the time. */
struct bm_hooks {
	void (*changed)(void *arg, uint8_t *attr, size_t attr_len,
			int64_t when_ns);
	/* A queued change was lost to an error (the disk is full). */
	void (*failed)(void *arg, uint64_t ino, int err);
	void *arg;
};
/* Looks at what a crash left in the journal; one that is damaged, or (-EROFS)
 * not empty when s is read-only, refuses the open. */
int bm_open(struct rs_store *s, const struct bm_hooks *hooks,
	    struct bm_db **ret_db, struct err *e);
void bm_close(struct bm_db *db); /* before rs_close(); settles what it can */
/* Do now what the first of the functions below would have to wait for after a
 * crash: bring what it left back into the queues. */
int bm_recall(struct bm_db *db);

/* Queue the batch for set ino; takes the content of b (b is empty then, on
 * error untouched). when_ns becomes the time of change. -EFBIG the set would
 * have too many members, -ENOENT no such set, -ENOMEM, and when the queues are
 * full whatever settling them says; -EIO in the store's ERROR state. */
int bm_append(struct bm_db *db, uint64_t ino, struct bm_batch *b,
	      int64_t when_ns);
/* Make everything queued for ino part of the store's live tree. Costs a hash
 * lookup when there is nothing. Not within a txn. What finds no space or no
 * memory stays queued for the next time; what meets a damaged set, or a store
 * in its ERROR state, is lost and said to be (hooks.failed). */
int bm_settle(struct bm_db *db, uint64_t ino);
int bm_settle_all(struct bm_db *db);
/* Settle n sets while appends to any set wait, and view the outcome: of two
 * appends that follow each other it never shows the second alone. Settle them
 * before, so that it takes no time. */
int bm_settle_together(struct bm_db *db, const uint64_t *inos, size_t n,
		       struct rs_view **ret_view);
/* The set is gone: forget what is queued. Not within a txn, but after it. */
void bm_forget(struct bm_db *db, uint64_t ino);
/* How many batches does the journal in v hold? */
int bm_waiting(const struct rs_view *v, uint64_t *ret_batches);

/* --- views: one version of one set ---------------------------------------- */

struct bm_view;

/* The set ino as view v shows it: settle first. References v. */
int bm_view_open(struct rs_view *v, uint64_t ino, struct bm_view **ret_view);
void bm_view_close(struct bm_view *bv); /* accepts NULL */
const struct bm_info *bm_view_info(const struct bm_view *bv);

int bm_contains(const struct bm_view *bv, uint64_t member, bool *ret_is);
/* Members not above member. */
int bm_rank(const struct bm_view *bv, uint64_t member, uint64_t *ret_rank);
/* The n-th member, from 0; -ENOENT past the end. */
int bm_select(const struct bm_view *bv, uint64_t n, uint64_t *ret_member);

/* Text at any offset: at most len bytes, short only at the end. */
int bm_read_text(const struct bm_view *bv, uint64_t off, char *buf, size_t len,
		 size_t *ret_len);

/* Members in ascending order. */
struct bm_iter;
int bm_iter_new(const struct bm_view *bv, struct bm_iter **ret_iter);
void bm_iter_free(struct bm_iter *it);		       /* accepts NULL */
int bm_iter_seek(struct bm_iter *it, uint64_t member); /* first >= member */
/* The next members, at most cap; 0 at the end. */
int bm_iter_read(struct bm_iter *it, uint64_t *buf, size_t cap,
		 size_t *ret_count);

/* --- set algebra ---------------------------------------------------------- */

/* An expression over views. It owns what it is made of: a function below that
 * takes a view or an expression takes it over, also on error. More than
 * BM_EXPR_DEPTH operations inside each other, or BM_EXPR_NODES in all, are
 * -E2BIG. Nothing in it changes once it is made, so any number of threads may
 * ask it at once. */
#define BM_EXPR_DEPTH 64u
#define BM_EXPR_NODES 65536u
enum bm_algebra {
	BM_AND,
	BM_OR,
	BM_XOR,
	BM_MINUS
};
struct bm_expr;
int bm_expr_view(struct bm_view *bv, struct bm_expr **ret_expr);
/* A literal: the commands of b applied to nothing. b stays the caller's, who
 * finishes it. */
int bm_expr_batch(struct bm_batch *b, struct bm_expr **ret_expr);
int bm_expr_pair(enum bm_algebra op, struct bm_expr *a, struct bm_expr *b,
		 struct bm_expr **ret_expr);
/* Members that are in k or more of n expressions: any of them for k = 1, all
 * for k = n. The array stays the caller's. k = 0 is -EINVAL; of n = 0
 * expressions nothing is a member. */
int bm_expr_atleast(uint64_t k, struct bm_expr **of, size_t n,
		    struct bm_expr **ret_expr);
/* Those from lo to hi, both included. */
int bm_expr_range(struct bm_expr *e, uint64_t lo, uint64_t hi,
		  struct bm_expr **ret_expr);
void bm_expr_free(struct bm_expr *e); /* accepts NULL */

/* The result is not built, and of the sets no more is read than can matter:
 * of a huge one beside a small one, the containers that both have. */
int bm_expr_count(const struct bm_expr *e, uint64_t *ret_count); /* -EFBIG */
int bm_expr_contains(const struct bm_expr *e, uint64_t member, bool *ret_is);
/* -ENOENT: there is no member. */
int bm_expr_min(const struct bm_expr *e, uint64_t *ret_member);
int bm_expr_max(const struct bm_expr *e, uint64_t *ret_member);

/* The result as a view: text, formats, rank, select, iterators and
 * bm_stage_copy() take it as they take a set. e is taken over. One pass over
 * the sets is made; what is kept of the result is some dozen bytes for each
 * 16 KiB of it, and a part that is read is made again. -EFBIG: more than
 * BM_MEMBERS_MAX members. */
int bm_expr_open(struct bm_expr *e, struct bm_view **ret_view);

/* --- as a file in a format ------------------------------------------------ */

/* TEXT   one decimal number a line
 * PAD    the same, with zeros before it to 20 digits: sorts as bytes
 * RANGES a line for each run: A-B, or N for a single member
 * LE64   8 bytes each, little-endian
 * ROARING    RoaringFormatSpec, 64-bit portable; byte for byte what CRoaring
 *            writes after the members were added one by one and run_optimize
 * ROARING32  the same, 32-bit; -EOVERFLOW for a set with larger members */
enum bm_format {
	BM_FORMAT_TEXT,
	BM_FORMAT_PAD,
	BM_FORMAT_RANGES,
	BM_FORMAT_LE64,
	BM_FORMAT_ROARING,
	BM_FORMAT_ROARING32,
	BM_FORMAT_COUNT
};
const char *bm_format_name(enum bm_format format);
/* The size of the file, when it follows from what is known of every set: else
 * false, and opening the file, one pass over the set, tells. Such a file, of
 * RANGES or ROARING, keeps some 50 bytes for each segment. */
bool bm_format_size(enum bm_format format, const struct bm_info *info,
		    uint64_t *ret_size);

/* A view as a file; borrows the view. Read by several threads at once. */
struct bm_file;
int bm_file_open(const struct bm_view *bv, enum bm_format format,
		 struct bm_file **ret_file);
void bm_file_close(struct bm_file *f); /* accepts NULL */
uint64_t bm_file_size(const struct bm_file *f);
/* At most len bytes from off on; short only at the end. */
int bm_file_read(const struct bm_file *f, uint64_t off, char *buf, size_t len,
		 size_t *ret_len);

/* --- from a binary format ------------------------------------------------- */

/* PAD and RANGES are lines of text, for bm_text_parse(). LE64 and ROARING are
 * parsed as they come, in pieces cut anywhere, without the whole ever being in
 * memory: members go to a sink in batches, of LE64 one for each piece. They
 * count only when the end was reached without an error, so the sink is a
 * stage, or, for LE64 alone, a set. A sink takes the content of the batch; its
 * errors come back from the feed.
 *
 * LE64 may be in any order, with members twice. ROARING is checked fully, more
 * than CRoaring does: besides order, overlap and cardinalities also those of
 * run containers, the offsets, and that nothing follows. -EINVAL says where
 * and why; after it the parser can only be freed. No bytes at all are an empty
 * set in any format. */
struct bm_parse_error {
	uint64_t off;	    /* in the file */
	const char *reason; /* static; NULL: not the file's fault */
};
typedef int bm_sink_fn(void *arg, struct bm_batch *b);
bool bm_format_is_lines(enum bm_format format);
struct bm_parser;
int bm_parser_new(enum bm_format format, bm_sink_fn *sink, void *arg,
		  struct bm_parser **ret_parser);
void bm_parser_free(struct bm_parser *p); /* accepts NULL */
int bm_parser_feed(struct bm_parser *p, const void *bytes, size_t len,
		   struct bm_parse_error *ret_error);
/* May the file end here? If it has, -EINVAL when it may not. */
bool bm_parser_is_whole(const struct bm_parser *p);
int bm_parser_end(struct bm_parser *p, struct bm_parse_error *ret_error);

/* --- replacing the whole content ------------------------------------------ */

/* A content in the making, seen by nobody. Large ones go to the store as they
 * grow, under a number of their own, noted as orphans: a crash drops them. The
 * orphan's object is a set without attributes (attr_len 0). After an error of
 * copy, a stage can only be freed. All but bm_stage_apply() begin txns of
 * their own: not within a txn. */
struct bm_stage;
int bm_stage_new(struct bm_db *db, struct bm_stage **ret_stage);
void bm_stage_free(struct bm_stage *st); /* drops what was not applied */
/* Of a stage that is new: the segments it packs. What it takes the place of
 * keeps its own number. */
int bm_stage_set_segment_bytes(struct bm_stage *st, uint32_t bytes);
int bm_stage_set_shards(struct bm_stage *st, uint32_t shards);
int bm_stage_append(struct bm_stage *st, struct bm_batch *b);
/* Add every member of a set; its payload pages are copied, not its text. */
int bm_stage_copy(struct bm_stage *st, const struct bm_view *src);
/* All the work outside the txn; then the swap: obj, the caller's copy of the
 * set's object, gets the new body and is put by the caller; the old segments
 * are freed, when they are many by bm_stage_free(). Call bm_settle() on the
 * set before, inside its own lock. When the txn is aborted the stage may be
 * applied again in another; when it ended the stage can only be freed. */
int bm_stage_settle(struct bm_stage *st);
int bm_stage_apply(struct rs_txn *t, struct bm_stage *st,
		   struct rs_object *obj);
/* An orphan found at open: free what a stage of a crashed run left, most
 * segments at most in this txn, and in the end its object and orphan record. */
int bm_reap(struct rs_txn *t, uint64_t ino, uint64_t most, bool *ret_done);

/* --- compacting ----------------------------------------------------------- */

/* Where in its value a record of this layer points: -ENOENT when its bytes
 * are in the record, or when it is another record. */
int bm_find_payload(const struct rs_cursor *c, struct rs_where *ret_where);

/* Segments that lie half empty beside each other are packed anew, as those of
 * a set that is written at once: a few megabytes in a txn, beside all else.
 * What snapshots hold stays. It is the pack() of rs_compact(), and go_on and
 * arg those of its ops. */
int bm_compact(struct rs_store *s,
	       int (*go_on)(void *arg, const struct rs_compact_result *r),
	       void *arg, struct rs_compact_result *r);

/* --- mending: what is gone is told to lost; the caller puts obj ----------- */

/* Segments that cannot be read leave the set, and its header agrees. */
int bm_mend(struct rs_txn *t, struct rs_object *obj, rs_report_fn *lost,
	    void *arg);
/* Segments whose set is gone, by the number in their keys: obj becomes it. */
int bm_mend_adopt(struct rs_txn *t, uint64_t id, struct rs_object *obj,
		  rs_report_fn *lost, void *arg);
/* Records of the journal that cannot be read go. */
int bm_mend_journal(struct rs_txn *t, rs_report_fn *lost, void *arg);
/* Put the record at c, of a set or the journal, into another store. */
int bm_carry(struct rs_txn *t, const struct rs_cursor *c);
/* Batches that the log of a salvaged store has, into the journal of another,
 * which has its sets and its journal already. */
struct bm_carried {
	uint64_t used;
	uint64_t had;	  /* are in their set, or in the journal */
	uint64_t lost;	  /* their set is */
	uint64_t late;	  /* would have to go between others */
	uint64_t damaged; /* entries, from there on */
};
int bm_carry_log(struct rs_store *from, struct rs_store *to,
		 struct bm_carried *ret_done);
int bm_object_id(const struct rs_object *obj, uint64_t *ret_id); /* 0: none */
int bm_verify(const struct rs_view *v, const struct rs_object *obj);

/* --- checking ------------------------------------------------------------- */

/* Feed each record of one tree in key order; payloads are owned through ck. A
 * tree needs a check of its own, and has to be fed whole. */
struct bm_check;
int bm_check_new(struct rs_store *s, struct bm_check **ret_check);
int bm_check_record(struct bm_check *bc, struct rs_checker *ck,
		    const struct rs_cursor *c);
int bm_check_end(struct bm_check *bc, struct rs_checker *ck); /* frees bc */
void bm_check_free(struct bm_check *bc); /* before its end; accepts NULL */

#endif
