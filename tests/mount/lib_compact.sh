# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# lib_compact.sh - for the tests of compacting: what a store has, how large it
# is, and how large another would be to which the same was written afresh.

# content DIRECTORY - names, sums and links of all that is there.
content()
{
	(cd "$1" && find bitmaps regions -type f -print0 | sort -z |
		xargs -0 -r md5sum && find regions -type l -printf '%p %l\n' | sort)
}

# sizes FILE - its length, and what the host has given it, in KiB.
sizes()
{
	echo "$(($(stat -c %s "$1") / 1024)) $(du -k "$1" | cut -f 1)"
}

# compact_store - by the command; then its $length and $blocks, in KiB.
compact_store()
{
	"$ROARFS" compact "$STORE" >"$DIR/out"
	cat "$DIR/out"
	check_store
	# shellcheck disable=SC2034 # of those who source this
	read -r length blocks <<<"$(sizes "$STORE")"
}

# expect_content FILE - the store that is mounted has what content() said then.
expect_content()
{
	content "$MNT" >"$DIR/after"
	expect_same "$DIR/after" "$1"
}

# write_afresh FILE - $DIR/copy goes into a new store, which has the content in
# FILE; it is compacted for what it was lengthened by in advance. Then its
# $fresh_length and $fresh_blocks.
write_afresh()
{
	mv "$STORE" "$DIR/old"
	mount_store
	cp -a "$DIR/copy/bitmaps/." "$MNT/bitmaps/"
	cp -a "$DIR/copy/regions/." "$MNT/regions/"
	expect_content "$1"
	unmount_store
	echo "written afresh: $(sizes "$STORE") KiB"
	"$ROARFS" compact "$STORE" >/dev/null
	check_store
	# shellcheck disable=SC2034 # of those who source this
	read -r fresh_length fresh_blocks <<<"$(sizes "$STORE")"
}
