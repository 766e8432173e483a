/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - every structure on disk, as docs/format.md describes it.
 *
 * All numbers are little-endian types without arithmetic or alignment; keys
 * alone hold big-endian numbers, so that byte order is numeric order. A
 * structure is decoded into a checked one as soon as it is read.
 *
 *   page 0     static header, written once
 *   page 1, 2  superblock slots; commit N goes to slot 1 + (N & 1)
 *   page 3     steady superblock: a copy of one whose commit is durable
 *   page 4..   the log, in two halves of 128 pages
 *   page 260.. groups of 32,256 pages; the first two of a group are the two
 *              slots of its allocation bitmap, the rest is payload and nodes
 */
#ifndef RS_FORMAT_H
#define RS_FORMAT_H

#include "regionstore/base/le.h"
#include "regionstore/regionstore.h"

#define RS_MAGIC_HEADER "RGNSTOR\x1a"
#define RS_MAGIC_SUPER	"RGNSUPR\x1a"
#define RS_FORMAT_MAJOR 1u
#define RS_PAGE_SHIFT	12u
#define RS_GROUP_PAGES	32256u
#define RS_GROUP_FIRST	260u /* first page of group 0 */
#define RS_MAX_PAGES	((uint64_t)1 << 48)

#define RS_SLOT_HEADER 0u
#define RS_SLOT_SUPER  1u
#define RS_SLOT_STEADY 3u
#define RS_LOG_FIRST   4u
#define RS_LOG_HALF    128u /* pages */

struct rs_disk_ptr {
	uint8_t pgno[6];
	struct le16 npages;
	struct le64 birth;
	struct le64 csum;
};

struct rs_disk_header {
	uint8_t magic[8];
	struct le32 major;
	struct le32 page_shift;
	struct le32 group_pages;
	struct le32 reserved;
	uint8_t uuid[16];
	struct le64 hash_seed;
	struct le64 created_ns;
	struct le64 incompat;
	struct le64 ro_compat;
	struct le64 compat;
	uint8_t check[16]; /* XXH3-128 of the page with this field zero */
};

/* flags of a superblock */
#define RS_SUPER_ONE_FLUSH 0x1u /* a manifest follows: verify, then trust */
#define RS_SUPER_CLEAN	   0x2u /* written by a close */

struct rs_disk_super {
	uint8_t magic[8];
	struct le64 txid;
	struct le64 flags;
	uint8_t uuid[16]; /* of the header: a slot of another store is none */
	struct le64 incompat;
	struct le64 ro_compat;
	struct le64 compat;
	struct rs_disk_ptr data_root;
	struct le64 data_count;
	struct le64 data_weight;
	struct rs_disk_ptr sys_root;
	struct le64 sys_count;
	struct le64 sys_weight;
	struct le64 file_pages;
	struct le64 next_id;
	struct le64 next_snap_id;
	struct le64 wall_ns;
	struct le64 hybrid_clock;
	struct le64 used_pages;
	struct le64 pinned_pages;
	struct le64 commit_pages; /* pages born in this commit */
	struct le64 log_epoch;	  /* of the log's records that follow it */
	struct le64 log_seed;	  /* of their checksums */
	uint8_t check[16];	  /* XXH3-128 of the page, this field zero */
};

/* Of the manifest, which follows struct rs_disk_super up to the first entry
 * without pages, or to the end of the page. */
struct rs_disk_span {
	uint8_t pgno[6];
	struct le16 npages;
	struct le64 csum; /* XXH3-64 of the pages, seed pgno */
};

/* A node of a tree: header, then slots (u16 offsets of entries, in key
 * order), free space, and the entries growing down from the end; the prefix
 * that all keys of the node share is stored once, at the end of the page. */
#define RS_NODE_MAGIC  0x4e52u /* "RN" */
#define RS_NODE_LEAF   1u
#define RS_NODE_BRANCH 2u

struct rs_disk_node {
	struct le16 magic;
	uint8_t type;
	uint8_t level; /* leaves are 0 */
	uint8_t tree_id;
	uint8_t reserved;
	struct le16 count;	/* entries */
	struct le16 prefix_len; /* bytes of the shared prefix */
	struct le16 heap;	/* offset of the lowest entry byte */
	struct le16 garbage;	/* bytes between entries in use; 0 on disk */
	struct le16 reserved2;
	struct le64 pgno;
	struct le64 birth;
};

/* An entry: this, then weight_len bytes of weight (little-endian, leaves
 * only), the key without the prefix, and the value. */
struct rs_disk_entry {
	struct le16 key_len;
	struct le16 val_len;
	uint8_t weight_len;
};

/* The value of a branch entry; its key separates: no key below is smaller, all
 * below the entries before it are. The first entry's key is empty after the
 * prefix: all that is smaller than the second belongs below it. */
struct rs_disk_child {
	struct rs_disk_ptr ptr;
	struct le64 count;
	struct le64 weight;
};

/* A slot of a group's allocation bitmap: bit i is page i of the group, set
 * when a root or a snapshot reaches it. */
struct rs_disk_bitmap {
	uint8_t bits[RS_GROUP_PAGES / 8];
	struct le64 group;
	struct le64 txid;
	uint8_t reserved[48];
};

/* Records of the system tree: first key byte, then big-endian numbers. */
#define RS_SYS_DEAD  0x44u /* death64 seq32 -> rs_disk_dead[] */
#define RS_SYS_GROUP 0x47u /* group32 -> rs_disk_group, rs_disk_flip[] */
#define RS_SYS_LEAVE 0x4cu /* txid64 -> rs_disk_leave */
#define RS_SYS_SNAP  0x53u /* name -> rs_disk_snap */

struct rs_disk_dead {
	uint8_t pgno[6];
	struct le16 npages;
	struct le64 birth;
};

struct rs_disk_group {
	uint8_t slot; /* 0 or 1: which bitmap slot counts */
	uint8_t reserved[3];
	struct le32 free;	 /* pages with a clear bit */
	struct le32 largest_run; /* of clear bits */
	struct le32 reserved2;
	struct le64 txid;
	struct le64 csum; /* XXH3-64 of the slot's page, seed its page number */
};

/* Follows struct rs_disk_group up to the first of no pages: ranges in which the
 * bitmap differs from the slot's page. */
struct rs_disk_flip {
	struct le16 first; /* page of the group */
	struct le16 len;
};

/* Holds every page that was born before it and died after it, in its tree or
 * not. */
#define RS_SNAP_GREEDY 1u

struct rs_disk_snap {
	struct le64 id;
	struct le64 txid;
	struct le64 created_ns;
	struct rs_disk_ptr data_root;
	struct le64 count;
	struct le64 weight;
	struct le64 flags;
};

/* A snapshot that was dropped and whose pages are not all freed yet: dead
 * records before this one are done. */
struct rs_disk_leave {
	struct le64 death;
	struct le32 seq;
	struct le32 reserved;
};

/* Value of RS_KEY_OBJECT: this, the attributes, the body. */
struct rs_disk_object {
	uint8_t kind;
	uint8_t reserved;
	struct le16 attr_len;
};

/* A record of the log: this, entries, zeros to the end of its last page. */
#define RS_MAGIC_LOG "RGNLOG1\x1a"
struct rs_disk_log {
	uint8_t magic[8];
	struct le64 epoch;   /* as in the superblock that it follows */
	struct le64 txid;    /* of the txns in it; pages were born in it */
	struct le64 next_id; /* as in a superblock */
	struct le32 page;    /* of its half of the log, where it begins */
	struct le32 len;     /* bytes of entries */
	/* XXH3-64 of what follows this struct, its seed that of this struct
	 * with this field zero, its seed log_seed */
	struct le64 csum;
};
struct rs_disk_log_entry {
	uint8_t kind; /* enum rs_log_kind */
	uint8_t reserved[3];
	struct le32 len; /* bytes that follow */
};
/* Of an entry that is a txn: op RS_REDO_PUT or RS_REDO_DEL, then the key and
 * the value; or RS_REDO_CLAIM or RS_REDO_FREE. */
struct rs_disk_redo_record {
	uint8_t op;
	uint8_t reserved;
	struct le16 key_len;
	struct le16 val_len;
	struct le64 weight;
};
struct rs_disk_redo_pages {
	uint8_t op;
	uint8_t reserved;
	struct le16 npages;
	struct le64 pgno;
	struct le64 birth;
};
/* Of an entry that is the content of pages: this, then the pages. */
struct rs_disk_log_pages {
	struct le64 pgno;
	struct le32 npages;
	struct le32 reserved;
};

/* Body of a region. Inline bytes follow when RS_REGION_INLINE is set. */
#define RS_REGION_INLINE 0x1u
struct rs_disk_region {
	struct le64 size;
	struct le64 stored; /* bytes on pages */
	struct le32 flags;
	struct le32 reserved;
};

/* Value of RS_KEY_CHUNK: n_runs runs, then one XXH3-64 per 4 KiB block of
 * each run in turn (seed: the block's page number). Blocks in no run are a
 * hole. Runs are in block order and do not overlap. */
struct rs_disk_chunk {
	uint8_t n_runs;
	uint8_t reserved[3];
};
struct rs_disk_run {
	uint8_t first; /* block within the chunk, 0 to 63 */
	uint8_t len;   /* blocks, 1 to 64 */
	uint8_t pgno[6];
	struct le64 birth;
};

_Static_assert(sizeof(struct rs_disk_ptr) == RS_PTR_SIZE, "format.md");
_Static_assert(sizeof(struct rs_disk_span) == 16, "format.md");
_Static_assert(sizeof(struct rs_disk_flip) == 4, "format.md");
_Static_assert(sizeof(struct rs_disk_node) == 32, "format.md");
_Static_assert(sizeof(struct rs_disk_bitmap) == RS_PAGE_SIZE, "format.md");
_Static_assert(sizeof(struct rs_disk_child) == 40, "format.md");
_Static_assert(_Alignof(struct rs_disk_super) == 1, "no padding possible");
_Static_assert(sizeof(struct rs_disk_chunk) + 64 * sizeof(struct rs_disk_run) +
			       64 * 8 <=
		       RS_VAL_MAX,
	       "the worst chunk fits a value");

#endif
