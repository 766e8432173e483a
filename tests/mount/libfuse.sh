#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The libfuse that scripts/lib-fuse.sh mends: its source is changed in one place
# or not at all, the library that was built has the change and says so, and a
# daemon with it is served over io_uring where the kernel offers that.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=scripts/lib-fuse.sh
. "$TEST_LIB/../../scripts/lib-fuse.sh"
require_fuse

source_file=$DIR/lib/fuse_uring.c
call=$'\t\tio_uring_submit_and_wait(&queue->ring, 1);'

# source_with LINE... - what of libfuse's source matters, with these lines.
source_with()
{
	mkdir -p "$DIR/lib"
	{
		printf '%s\n' 'static void *fuse_uring_thread(void *arg)' '{'
		printf '%s\n' "$@" '}'
	} >"$source_file"
	cp "$source_file" "$DIR/as_it_was"
}

# refused - it is not mended, and left as it was.
refused()
{
	! fuse_mend "$DIR" || fail "this was mended: $(cat "$source_file")"
	expect_same "$source_file" "$DIR/as_it_was"
	expect_eq "$(names "$DIR/lib")" "fuse_uring.c "
}

source_with "$call" $'\t\thandle(queue);'
fuse_mend "$DIR" || fail "cannot be mended"
expect_eq "$(grep -c submit_and_wait "$source_file")" 0
grep -qx $'\t\troarfs_hand_in(queue);' "$source_file" ||
	fail "nothing is handed in: $(cat "$source_file")"
# It is there before it is called.
grep -n 'roarfs_hand_in\|fuse_uring_thread' "$source_file" |
	sed 's/^[0-9]*://; s/(.*//' >"$DIR/order"
printf '%s\n' 'static void roarfs_hand_in' 'static void *fuse_uring_thread' \
	$'\t\troarfs_hand_in' >"$DIR/want"
expect_same "$DIR/order" "$DIR/want"

cp "$source_file" "$DIR/as_it_was" # twice
refused
source_with $'\t\thandle(queue);' # another version
refused
source_with "$call" "$call"
refused
source_with "$call"
sed -i 's/fuse_uring_thread/fuse_ring_main/' "$source_file" # nowhere to put it
cp "$source_file" "$DIR/as_it_was"
refused

# The one that was built.
if [ -e "$FUSE_PREFIX/lib/pkgconfig/fuse3.pc" ] && fuse_is_mended &&
	command -v nm >/dev/null; then
	nm -D --undefined-only "$FUSE_PREFIX/lib/libfuse3.so" >"$DIR/uses"
	grep -q ' io_uring_enter' "$DIR/uses" || fail "it hands nothing in"
	! grep -q 'submit_and_wait' "$DIR/uses" || fail "it is not mended"
fi

# transport - which one serves the mount.
transport()
{
	sed -n 's/^transport *//p' "$MNT/.ctl/status"
}

uring=/sys/module/fuse/parameters/enable_uring
mount_store
case $(transport) in
io_uring*) expect_eq "$(cat "$uring")" Y ;;
*scripts/setup*) ;; # built with a libfuse that was not mended
*) expect_eq "$(cat "$uring" 2>/dev/null || echo N)" N "$(transport)" ;;
esac
unmount_store
ROARFS_TEST_OPTIONS=no_io_uring mount_store
case $(transport) in
/dev/fuse*) ;;
*) fail "$(transport)" ;;
esac
unmount_store
check_store
