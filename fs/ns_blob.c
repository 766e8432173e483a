/* SPDX-License-Identifier: Apache-2.0 */
/* ns_blob.c - bytes that may be too many for a record.
 *
 *	0, the bytes
 *	1, length (le32), where the pages are (rs_ptr, 24 bytes)
 *
 * Targets of symlinks and extended attributes are nearly always short and lie
 * in the record; the kernel allows them 4,095 and 65,536 bytes.
 */
#include "fs/ns_entry.h"

#define INLINE 0u
#define PAGED  1u
#define LEN_AT 1u
#define PTR_AT 5u
_Static_assert(PTR_AT + RS_PTR_SIZE == FS_BLOB_PAGED, "ns_entry.h");

int fs_blob_put(struct rs_txn *t, const void *data, size_t len,
		size_t inline_max, uint8_t *buf, size_t *ret_len)
{
	struct le32 disk_len = le32_put((uint32_t)len);
	struct rs_ptr ptr;
	int err;

	if (len <= inline_max) {
		buf[0] = INLINE;
		if (len)
			memcpy(buf + 1, data, len);
		*ret_len = 1 + len;
		return 0;
	}
	err = rs_payload_put(t, data, len, &ptr);
	if (err < 0)
		return err;
	buf[0] = PAGED;
	memcpy(buf + LEN_AT, disk_len.b, sizeof(disk_len));
	rs_ptr_encode(&ptr, buf + PTR_AT);
	*ret_len = FS_BLOB_PAGED;
	return 0;
}

static uint32_t paged_len(const uint8_t *buf)
{
	struct le32 disk_len;

	memcpy(disk_len.b, buf + LEN_AT, sizeof(disk_len));
	return le32_get(disk_len);
}

int fs_blob_ptr(const uint8_t *buf, size_t buf_len, struct rs_ptr *ret_ptr)
{
	struct rs_ptr ptr = { 0 };
	uint64_t len;

	if (buf_len < 1 || buf[0] > PAGED)
		return -EUCLEAN;
	if (buf[0] == PAGED) {
		if (buf_len != FS_BLOB_PAGED)
			return -EUCLEAN;
		rs_ptr_decode(buf + PTR_AT, &ptr);
		len = paged_len(buf);
		if (len == 0 || ptr.npages != (len - 1) / RS_PAGE_SIZE + 1)
			return -EUCLEAN;
	}
	*ret_ptr = ptr;
	return 0;
}

int fs_blob_len(const uint8_t *buf, size_t buf_len, size_t *ret_len)
{
	struct rs_ptr ptr;
	int err = fs_blob_ptr(buf, buf_len, &ptr);

	if (err < 0)
		return err;
	*ret_len = ptr.npages ? paged_len(buf) : buf_len - 1;
	return 0;
}

int fs_blob_verify(const struct rs_view *v, const uint8_t *buf, size_t buf_len)
{
	const uint8_t *data;
	struct rs_ptr ptr;
	int err = fs_blob_ptr(buf, buf_len, &ptr);

	if (err == 0 && ptr.npages)
		err = rs_payload_get(v, &ptr, paged_len(buf), &data);
	return err < 0 ? err : rs_view_check(v);
}

int fs_blob_get(const struct rs_view *v, const uint8_t *buf, size_t buf_len,
		void *out)
{
	const uint8_t *data;
	struct rs_ptr ptr;
	int err = fs_blob_ptr(buf, buf_len, &ptr);

	if (err < 0)
		return err;
	if (!ptr.npages) {
		if (buf_len > 1)
			memcpy(out, buf + 1, buf_len - 1);
		return 0;
	}
	err = rs_payload_get(v, &ptr, paged_len(buf), &data);
	if (err < 0)
		return err;
	memcpy(out, data, paged_len(buf));
	return rs_view_check(v);
}

int fs_blob_free(struct rs_txn *t, const uint8_t *buf, size_t buf_len)
{
	struct rs_ptr ptr;
	int err = fs_blob_ptr(buf, buf_len, &ptr);

	if (err < 0)
		return err;
	return ptr.npages ? rs_payload_free(t, &ptr) : 0;
}

int fs_blob_where(const uint8_t *buf, size_t buf_len,
		  struct rs_where *ret_where)
{
	struct rs_ptr ptr;

	if (fs_blob_ptr(buf, buf_len, &ptr) < 0 || !ptr.npages)
		return -ENOENT;
	*ret_where = (struct rs_where){ .off = PTR_AT, .len = paged_len(buf) };
	return 0;
}
