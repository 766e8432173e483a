#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real sets, written in any order and with duplicates, are read back byte for
# byte by every tool, before and after a remount. The sets are those of the
# Roaring papers: zips of comma-separated lists in $ROARFS_DATA, or in
# shared/data beside the checkout; without them the test is skipped. Of each zip
# every fourth set is taken, all of them with ROARFS_ALL_SETS=1.

# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require unzip rsync python3

data=${ROARFS_DATA:-$TEST_LIB/../../../shared/data}
export LC_ALL=C
shopt -s nullglob
zips=("$data"/*.zip)
[ "${#zips[@]}" -gt 0 ] || skip "no zips of sets in $data"
every=4
[ -z "${ROARFS_ALL_SETS-}" ] || every=1

want=$DIR/want
mkdir "$want" "$DIR/raw"
for zip in "${zips[@]}"; do
	unzip -q "$zip" -d "$DIR/raw/$(basename "$zip" .zip)"
done
find "$DIR/raw" -type f | sort | sed -n "0~${every}p" >"$DIR/list"
[ "$(wc -l <"$DIR/list")" -ge $((100 / every)) ] || fail "few sets in $data"

mount_store
sets=$MNT/bitmaps/real
mkdir "$sets"

# Shuffled, every tenth line twice.
while IFS= read -r raw; do
	name=$(basename "$raw" .txt)
	tr -cs 0-9 '\n' <"$raw" | sed '/^$/d' >"$DIR/lines"
	sort -nu "$DIR/lines" >"$want/$name"
	{
		cat "$DIR/lines"
		sed -n '0~10p' "$DIR/lines"
	} | shuf >"$sets/$name"
done <"$DIR/list"

# Every tool's word on every set.
compare_all()
{
	local name size

	for name in "$want"/*; do
		name=${name##*/}
		expect_same "$sets/$name" "$want/$name"
		size=$(stat -c %s "$want/$name")
		expect_eq "$(stat -c %s "$sets/$name")" "$size" "size of $name"
		expect_eq "$(tail -c 1000 "$sets/$name" | cksum)" \
			"$(tail -c 1000 "$want/$name" | cksum)" "tail $name"
		expect_eq "$(dd if="$sets/$name" bs=777 skip=3 2>/dev/null |
			cksum)" "$(dd if="$want/$name" bs=777 skip=3 \
			2>/dev/null | cksum)" "dd $name"
		expect_eq "$(grep -c . "$sets/$name")" \
			"$(grep -c . "$want/$name")" "grep -c $name"
	done
}

trees_equal() { diff -r "$1" "$2" >&2 || fail "$1 is not $2"; }

compare_all
cp -r "$sets" "$DIR/copied"
trees_equal "$DIR/copied" "$want"
tar -C "$MNT/bitmaps" -cf "$DIR/tar" real
mkdir "$DIR/untarred"
tar -C "$DIR/untarred" -xf "$DIR/tar"
trees_equal "$DIR/untarred/real" "$want"
rsync -a "$sets/" "$DIR/synced/"
trees_equal "$DIR/synced" "$want"
python3 - "$sets" "$want" <<'P'
import mmap, os, sys
for name in sorted(os.listdir(sys.argv[2])):
    want = open(os.path.join(sys.argv[2], name), 'rb').read()
    with open(os.path.join(sys.argv[1], name), 'rb') as f:
        with mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
            assert m[:] == want, name
P

remount_store
compare_all
unmount_store
check_store
