#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# README and .ctl/: what they say, and that their sizes are right.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
cd "$MNT"

expect_eq "$(names .)" "bitmaps regions .ctl README snapshots "
expect_eq "$(stat -c %s README)" "$(wc -c <README)"
expect_eq "$(stat -c %s .ctl/version)" "$(wc -c <.ctl/version)"
grep -q '^state *ok$' .ctl/status || fail "status is not ok"
grep -q '^transport *' .ctl/status || fail "status says no transport"
expect_eq "$(cat .ctl/errors)" ""
grep -q '^commit *5$' .ctl/config || fail "$(cat .ctl/config)"
grep -q '^kernel *defaults$' .ctl/config || fail "$(cat .ctl/config)"
expect_eq "$(tail -n 1 .ctl/metrics)" "# EOF"
expect_eq "$(stat -c %s .ctl/config)" "$(wc -c <.ctl/config)"

# Each metric has one TYPE, then samples of that name, and a counter's end so.
awk '
/^# TYPE / { if (name[$3]++) exit 1; family = $3; type = $4; next }
/^# (HELP|UNIT) / { if ($3 != family) exit 1; next }
/^# EOF$/ { ended = 1; next }
{
	suffix = type == "counter" ? "_total" : type == "info" ? "_info" : ""
	sub(/[{ ].*/, "")
	if (ended || $0 != family suffix) exit 1
	n++
}
END { if (n < 20) exit 1 }' .ctl/metrics || fail "$(cat .ctl/metrics)"
tar -cf "$DIR/ctl.tar" README .ctl/version .ctl/errors

mkdir -p bitmaps/deep/er
printf '1\n2\nthree\n4\n' >"$DIR/in"
expect_error 'Invalid argument' dd if="$DIR/in" of=bitmaps/deep/er/s \
	oflag=append conv=notrunc
line=$(tail -n 1 .ctl/errors)
case $line in
*pid*"'/bitmaps/deep/er/s' line 3: 'three' "*) ;;
*) fail "errors says '$line'" ;;
esac
expect_eq "$(cat bitmaps/deep/er/s)" "" "half of a write"
expect_error 'not supported' truncate -s 5 bitmaps/deep/er/s
expect_eq "$(wc -l <.ctl/errors)" 2

# What a verb does not know it says.
expect_error 'Invalid argument' bash -c 'echo please >.ctl/check'
tail -n 1 .ctl/errors | grep -q "'/.ctl/check' .*'please' is not nothing, fast or stop" ||
	fail "$(tail -n 1 .ctl/errors)"
expect_error 'Invalid argument' bash -c 'echo fast >.ctl/compact'
tail -n 1 .ctl/errors | grep -q "'/.ctl/compact' .*'fast' is not nothing or stop" ||
	fail "$(tail -n 1 .ctl/errors)"

# A sync can be asked for.
seq 1 100 >bitmaps/s
before=$(grep commits .ctl/status)
echo >.ctl/sync
[ "$(grep commits .ctl/status)" != "$before" ] || fail "no commit"
grep -q '^members *100$' .ctl/status || fail "$(grep members .ctl/status)"
grep -q '^roarfs_members 100$' .ctl/metrics || fail "$(cat .ctl/metrics)"
grep -q '^roarfs_errors_total 4$' .ctl/metrics || fail "$(cat .ctl/metrics)"
expect_error 'not permitted\|denied\|Read-only' touch here
expect_error 'not permitted\|denied' rm -f README
expect_error 'not permitted\|denied' mkdir .ctl/x
expect_error 'not permitted\|denied' bash -c 'echo >README'
cd /

unmount_store
check_store
