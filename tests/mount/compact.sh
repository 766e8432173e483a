#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Half of everything is removed here and there, and the store is compacted, in
# use and afterwards by itself: it comes to within a tenth of a store that the
# same contents were written to afresh, and nothing has changed. It prints both.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=tests/mount/lib_compact.sh
. "$TEST_LIB/lib_compact.sh"
require_fuse

# Free room that a store keeps for removals on a full disk: in both.
SPARE=4194304

state()
{
	sed -n 's/^state *//p' "$MNT/.ctl/compact"
}

wait_compact()
{
	local i

	for ((i = 0; i < 1200; i++)); do
		case $(state) in
		running*) sleep 0.1 ;;
		*) break ;;
		esac
	done
	expect_eq "$(state)" "done"
}

mount_store
# Regions of all lengths, a link with a long target, a long attribute, sets.
mkdir "$MNT/regions/d"
head -c 40000000 /dev/urandom >"$DIR/bytes"
for i in $(seq 1 400); do
	dd if="$DIR/bytes" of="$MNT/regions/d/$i" bs=1000 skip=$((i * 50)) \
		count=$(((i * 7919) % 600)) status=none
	if [ $((i % 10)) = 0 ]; then
		ln -s "$(printf 'x%.0s' $(seq 1 3000))" "$MNT/regions/d/l$i"
		seq "$i" $((i * 3)) 9000000 >"$MNT/bitmaps/s$i"
		seq "$i" 40009 4000000000 >"$MNT/bitmaps/t$i"
	fi
done
if command -v setfattr >/dev/null; then
	head -c 30000 /dev/urandom | base64 -w 0 >"$DIR/attr"
	setfattr -n user.long -v "$(cat "$DIR/attr")" "$MNT/regions/d/7"
fi
echo >"$MNT/.ctl/sync"

# Half of it, here and there; of the sets every other one, and half of what is
# in the others.
for i in $(seq 1 400); do
	case $((i * 2654435761 >> 7 & 1)) in
	0)
		[ "$i" = 7 ] || rm -f "$MNT/regions/d/$i"
		rm -f "$MNT/bitmaps/s$i" "$MNT/regions/d/l$i"
		;;
	esac
	if [ -e "$MNT/bitmaps/t$i" ]; then
		echo "-2000000000-4000000000" >>"$MNT/bitmaps/t$i"
	fi
done
# A region that was written in small pieces.
for i in $(seq 0 2 120); do
	dd if="$DIR/bytes" of="$MNT/regions/d/7" bs=4096 count=1 seek="$i" \
		skip="$i" conv=notrunc status=none
	[ $((i % 16)) = 0 ] && echo >"$MNT/.ctl/sync"
done
content "$MNT" >"$DIR/before"
echo >"$MNT/.ctl/sync"
echo "before: $(sizes "$STORE") KiB (length, blocks)"

# --- in use: it may be stopped, and somebody writes ---

echo >"$MNT/.ctl/compact"
echo stop >"$MNT/.ctl/compact"
for ((i = 0; i < 600; i++)); do
	case $(state) in running*) sleep 0.1 ;; *) break ;; esac
done
case $(state) in
done | stopped*) ;;
*) fail "after stop: $(state)" ;;
esac
echo >"$MNT/.ctl/compact"
seq 1 100000 >"$MNT/bitmaps/busy"
head -c 3000000 "$DIR/bytes" >"$MNT/regions/busy"
rm "$MNT/bitmaps/busy" "$MNT/regions/busy"
wait_compact
expect_content "$DIR/before"
expect_eq "$(stat -c %s "$MNT/.ctl/compact")" "$(wc -c <"$MNT/.ctl/compact")"
echo "in use: $(sizes "$STORE") KiB"
expect_error "Invalid argument" bash -c "echo now >'$MNT/.ctl/compact'"

# A snapshot keeps its pages.
mkdir "$MNT/snapshots/s"
content "$MNT/snapshots/s" >"$DIR/snap"
rm -r "$MNT/regions/d/1"*
echo >"$MNT/.ctl/sync"
echo >"$MNT/.ctl/compact"
wait_compact
content "$MNT/snapshots/s" >"$DIR/again"
expect_same "$DIR/snap" "$DIR/again"
expect_same "$DIR/snap" "$DIR/before"
rmdir "$MNT/snapshots/s"
content "$MNT" >"$DIR/before"
unmount_store
check_store

# --- by itself ---

compact_store

# --- the same contents, written afresh ---

mount_store
expect_content "$DIR/before"
[ ! -e "$DIR/attr" ] ||
	expect_eq "$(getfattr --absolute-names --only-values -n user.long "$MNT/regions/d/7")" \
		"$(cat "$DIR/attr")" "the long attribute"
mkdir "$DIR/copy"
cp -a "$MNT/bitmaps" "$MNT/regions" "$DIR/copy"
unmount_store
write_afresh "$DIR/before"
echo "compacted $length and $blocks KiB, fresh $fresh_length and" \
	"$fresh_blocks KiB (length, blocks)"
[ "$length" -le $((fresh_length * 11 / 10 + SPARE / 1024 / 10)) ] ||
	fail "the file is too long"
[ "$blocks" -le $((fresh_blocks * 11 / 10 + SPARE / 1024 / 10)) ] ||
	fail "the file has too many blocks"
