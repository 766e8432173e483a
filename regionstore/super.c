/* SPDX-License-Identifier: Apache-2.0 */
/* super.c - to and from the pages that everything hangs from. */
#include "regionstore/super.h"

#include "regionstore/base/hash.h"
#include "regionstore/broken.h"
#include "regionstore/layout.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct rs_disk_header) <= RS_PAGE_SIZE, "one page");
_Static_assert(sizeof(struct rs_disk_super) <= RS_PAGE_SIZE, "one page");

/* XXH3-128 of a page, as if the 16 bytes at check were zero. */
static void hash_page(const uint8_t page[RS_PAGE_SIZE], size_t check,
		      uint8_t ret[16])
{
	uint8_t copy[RS_PAGE_SIZE];
	struct hash128 h;
	struct le64 half[2];

	memcpy(copy, page, sizeof(copy));
	memset(copy + check, 0, 16);
	h = hash128(copy, sizeof(copy), 0);
	half[0] = le64_put(h.lo);
	half[1] = le64_put(h.hi);
	memcpy(ret, half, 16);
}

static void seal(uint8_t page[RS_PAGE_SIZE], size_t check)
{
	uint8_t hash[16];

	hash_page(page, check, hash);
	memcpy(page + check, hash, sizeof(hash));
}

static bool is_sealed(const uint8_t page[RS_PAGE_SIZE], size_t check)
{
	uint8_t hash[16];

	hash_page(page, check, hash);
	return memcmp(page + check, hash, sizeof(hash)) == 0;
}

void rs_header_encode(const struct rs_header *h, uint8_t page[RS_PAGE_SIZE])
{
	struct rs_disk_header d = {
		.magic = RS_MAGIC_HEADER,
		.major = le32_put(RS_FORMAT_MAJOR),
		.page_shift = le32_put(RS_PAGE_SHIFT),
		.group_pages = le32_put(RS_GROUP_PAGES),
		.hash_seed = le64_put(h->hash_seed),
		.created_ns = le64_put(h->created_ns),
		.ro_compat = le64_put(h->ro_compat),
		.compat = le64_put(h->compat),
	};

	memcpy(d.uuid, h->uuid, sizeof(d.uuid));
	memset(page, 0, RS_PAGE_SIZE);
	memcpy(page, &d, sizeof(d));
	seal(page, offsetof(struct rs_disk_header, check));
}

static int check_features(struct le64 incompat, struct err *e)
{
	if (le64_get(incompat) == 0)
		return 0;
	return err_set(e, -EOPNOTSUPP,
		       "uses features (0x%llx) that this version does not "
		       "know; use a newer one",
		       (unsigned long long)le64_get(incompat));
}

static int check_geometry(const struct rs_disk_header *d, struct err *e)
{
	if (le32_get(d->major) > RS_FORMAT_MAJOR)
		return err_set(e, -EOPNOTSUPP,
			       "has format %u, this version knows %u; use a "
			       "newer one",
			       le32_get(d->major), RS_FORMAT_MAJOR);
	if (le32_get(d->major) == 0 ||
	    le32_get(d->page_shift) != RS_PAGE_SHIFT ||
	    le32_get(d->group_pages) != RS_GROUP_PAGES)
		return err_set(e, -EUCLEAN, "header: impossible geometry");
	return 0;
}

bool rs_header_is_one(const uint8_t page[RS_PAGE_SIZE])
{
	return memcmp(page, RS_MAGIC_HEADER, sizeof(RS_MAGIC_HEADER) - 1) == 0;
}

int rs_header_decode(const uint8_t page[RS_PAGE_SIZE],
		     struct rs_header *ret_header, struct err *e)
{
	struct rs_disk_header d;
	struct rs_header h;
	int err;

	memcpy(&d, page, sizeof(d));
	if (memcmp(d.magic, RS_MAGIC_HEADER, sizeof(d.magic)) != 0)
		return err_set(e, -EMEDIUMTYPE, "not a store");
	if (!is_sealed(page, offsetof(struct rs_disk_header, check)))
		return err_set(e, -EBADMSG, "header: the checksum is wrong");
	err = check_geometry(&d, e);
	if (!err)
		err = check_features(d.incompat, e);
	if (err)
		return err;
	h = (struct rs_header){
		.hash_seed = le64_get(d.hash_seed),
		.created_ns = le64_get(d.created_ns),
		.ro_compat = le64_get(d.ro_compat),
		.compat = le64_get(d.compat),
		.only_read = le64_get(d.ro_compat) != 0,
	};
	memcpy(h.uuid, d.uuid, sizeof(h.uuid));
	*ret_header = h;
	return 0;
}

const char *rs_super_name(uint64_t slot)
{
	static const char *const names[] = { "first", "second", "steady" };

	assert(slot >= RS_SLOT_SUPER && slot <= RS_SLOT_STEADY);
	return names[slot - RS_SLOT_SUPER];
}

bool rs_super_is_empty(const uint8_t page[RS_PAGE_SIZE])
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

bool rs_super_may_be_empty(uint64_t slot, uint64_t newest)
{
	return newest == 1 && slot == rs_super_slot(2);
}

static struct rs_disk_ptr ptr_put(const struct rs_ptr *p)
{
	struct rs_disk_ptr d;

	_Static_assert(sizeof(d) == RS_PTR_SIZE, "format.md");
	rs_ptr_encode(p, (uint8_t *)&d);
	return d;
}

static struct rs_ptr ptr_get(const struct rs_disk_ptr *d)
{
	struct rs_ptr p;

	rs_ptr_decode((const uint8_t *)d, &p);
	return p;
}

void rs_super_encode(const struct rs_super *su, const struct rs_header *h,
		     const struct rs_manifest *m, uint8_t page[RS_PAGE_SIZE])
{
	struct rs_disk_super d = {
		.magic = RS_MAGIC_SUPER,
		.txid = le64_put(su->txid),
		.flags = le64_put(su->flags),
		.data_root = ptr_put(&su->data_root),
		.data_count = le64_put(su->data_sum.count),
		.data_weight = le64_put(su->data_sum.weight),
		.sys_root = ptr_put(&su->sys_root),
		.sys_count = le64_put(su->sys_sum.count),
		.sys_weight = le64_put(su->sys_sum.weight),
		.file_pages = le64_put(su->file_pages),
		.next_id = le64_put(su->next_id),
		.next_snap_id = le64_put(su->next_snap_id),
		.wall_ns = le64_put(su->wall_ns),
		.hybrid_clock = le64_put(su->hybrid_clock),
		.used_pages = le64_put(su->used_pages),
		.pinned_pages = le64_put(su->pinned_pages),
		.commit_pages = le64_put(su->commit_pages),
		.log_epoch = le64_put(su->log_epoch),
		.log_seed = le64_put(su->log_seed),
		.ro_compat = le64_put(su->ro_compat),
		.compat = le64_put(su->compat),
	};

	assert(!m == !(su->flags & RS_SUPER_ONE_FLUSH));
	memcpy(d.uuid, h->uuid, sizeof(d.uuid));
	memset(page, 0, RS_PAGE_SIZE);
	memcpy(page, &d, sizeof(d));
	if (m)
		rs_manifest_encode(m, page);
	seal(page, offsetof(struct rs_disk_super, check));
}

static struct rs_super take(const struct rs_disk_super *d)
{
	return (struct rs_super){
		.txid = le64_get(d->txid),
		.flags = le64_get(d->flags),
		.data_root = ptr_get(&d->data_root),
		.data_sum = { le64_get(d->data_count),
			      le64_get(d->data_weight) },
		.sys_root = ptr_get(&d->sys_root),
		.sys_sum = { le64_get(d->sys_count), le64_get(d->sys_weight) },
		.file_pages = le64_get(d->file_pages),
		.next_id = le64_get(d->next_id),
		.next_snap_id = le64_get(d->next_snap_id),
		.wall_ns = le64_get(d->wall_ns),
		.hybrid_clock = le64_get(d->hybrid_clock),
		.used_pages = le64_get(d->used_pages),
		.pinned_pages = le64_get(d->pinned_pages),
		.commit_pages = le64_get(d->commit_pages),
		.log_epoch = le64_get(d->log_epoch),
		.log_seed = le64_get(d->log_seed),
		.ro_compat = le64_get(d->ro_compat),
		.compat = le64_get(d->compat),
		.only_read = le64_get(d->ro_compat) != 0,
	};
}

static bool is_good_root(const struct rs_ptr *p, const struct rs_sum *sum,
			 const struct rs_super *su)
{
	if (p->npages == 0)
		return p->pgno == 0 && sum->count == 0 && sum->weight == 0;
	return p->npages == 1 && p->birth <= su->txid && sum->count > 0 &&
	       sum->weight < RS_WEIGHT_MAX &&
	       rs_is_payload(p->pgno, 1, su->file_pages);
}

static bool are_good_numbers(const struct rs_super *su)
{
	return su->txid > 0 && su->log_epoch <= su->txid &&
	       su->file_pages >= RS_FILE_PAGES_MIN &&
	       su->file_pages <= RS_FILE_PAGES_MAX &&
	       su->used_pages <= su->file_pages &&
	       su->pinned_pages <= su->used_pages &&
	       su->next_id >= RS_FIRST_ID && su->next_snap_id > 0 &&
	       su->next_snap_id <= RS_SNAP_ID_MAX;
}

static int check_super(const struct rs_super *su, uint64_t slot, struct err *e)
{
	if (su->flags & ~(uint64_t)(RS_SUPER_ONE_FLUSH | RS_SUPER_CLEAN))
		return err_set(e, -EOPNOTSUPP,
			       "superblock: flags of a newer version");
	if (!are_good_numbers(su))
		return err_set(e, -EUCLEAN, "superblock: impossible numbers");
	if (slot != RS_SLOT_STEADY && slot != rs_super_slot(su->txid))
		return err_set(e, -EUCLEAN, "superblock: in the wrong slot");
	if (slot == RS_SLOT_STEADY && su->flags & RS_SUPER_ONE_FLUSH)
		return err_set(e, -EUCLEAN, "superblock: not a steady one");
	if (!is_good_root(&su->data_root, &su->data_sum, su) ||
	    !is_good_root(&su->sys_root, &su->sys_sum, su))
		return err_set(e, -EUCLEAN, "superblock: impossible root");
	return 0;
}

int rs_super_decode(const uint8_t page[RS_PAGE_SIZE], const struct rs_header *h,
		    uint64_t slot, struct rs_super *ret_super, struct err *e)
{
	struct rs_disk_super d;
	struct rs_super su;
	int err;

	memcpy(&d, page, sizeof(d));
	if (memcmp(d.magic, RS_MAGIC_SUPER, sizeof(d.magic)) != 0)
		return err_set(e, -EUCLEAN, "superblock: none there");
	if (memcmp(d.uuid, h->uuid, sizeof(d.uuid)) != 0)
		return err_set(e, -EUCLEAN, "superblock: of another store");
	if (!is_sealed(page, offsetof(struct rs_disk_super, check)) &&
	    !RS_BROKEN(RS_BREAK_SUPER))
		return err_set(e, -EBADMSG,
			       "superblock: the checksum is wrong");
	err = check_features(d.incompat, e);
	if (err)
		return err;
	su = take(&d);
	err = check_super(&su, slot, e);
	if (err)
		return err;
	*ret_super = su;
	return 0;
}
