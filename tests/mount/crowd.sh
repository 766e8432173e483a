#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Ten writers and ten readers on one set: every reader sees a state that
# existed, and nothing is lost. CROWD_SECONDS=60 for a minute of it.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
s=$MNT/bitmaps/s
: >"$s"

"$CROWD" "$s" "${CROWD_SECONDS:-4}" || fail "see above"
cp "$s" "$DIR/want"
remount_store
expect_set "$s" "$DIR/want"

unmount_store
check_store
