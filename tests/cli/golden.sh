#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The stores in tests/golden/v1 were written once and are never written again
# (scripts/golden). Each is sound, holds what its list says, and can be changed;
# and what docs/format.md shows of the smallest is what it holds, byte for byte.
# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

command -v xz >/dev/null || {
	echo "skipped: no xz"
	exit 77
}

n=0
for image in "$GOLDEN_DIR"/v1/*.store.xz; do
	name=${image##*/}
	name=${name%.store.xz}
	xz -dc "$image" >x.store
	run 0 check x.store
	# shellcheck disable=SC2094 # it is another x.store each time
	"$GOLDEN" list x.store >list || fault "$name cannot be listed"
	diff "$GOLDEN_DIR/v1/$name.list" list ||
		fault "$name does not hold what it did"
	# It was opened for writing.
	run 0 check x.store
	n=$((n + 1))
done
[ "$n" -ge 5 ] || fault "$n stores are there"

xz -dc "$GOLDEN_DIR/v1/empty.store.xz" >x.store
"$GOLDEN" hex x.store >want
sed -n '/^<!-- golden -->/,/^<!-- end -->/p' "$FORMAT_MD" |
	grep -E '^[0-9a-f]{8} |^$' | sed '/./,$!d' >got
diff <(grep . want) <(grep . got) ||
	fault "docs/format.md does not show what is there"
