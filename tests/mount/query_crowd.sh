#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Random sets and expressions against comm(1), and questions while others
# write: of two writes that follow each other nobody sees the second alone.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
mount_store
b=$MNT/bitmaps
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

# --- against comm ---

# draw FILE - some thousand numbers, here and there in a row.
draw()
{
	awk -v seed="$RANDOM" 'BEGIN {
		srand(seed)
		for (i = 0; i < 300; i++) {
			n = int(rand() * (rand() < 0.5 ? 3000 : 3000000000))
			m = rand() < 0.3 ? int(rand() * 100) : 0
			for (j = 0; j <= m; j++)
				printf "%020d\n", n + j
		}
	}' | sort -u >"$1"
}

for s in a b c; do
	draw "$DIR/$s"
	cp "$DIR/$s" "$b/$s"
done

# twin OPERATOR FILE FILE - what it makes of two sorted files.
twin()
{
	case $1 in
	and) comm -12 "$2" "$3" ;;
	or) sort -mu "$2" "$3" ;;
	xor) comm -3 "$2" "$3" | tr -d '\t' ;;
	minus) comm -23 "$2" "$3" ;;
	esac
}

ops=(and or xor minus)
for ((i = 0; i < 12; i++)); do
	x=${ops[RANDOM % 4]} y=${ops[RANDOM % 4]}
	twin "$x" "$DIR/a" "$DIR/b" >"$DIR/ab"
	twin "$y" "$DIR/ab" "$DIR/c" >"$DIR/want"
	e="(a $x b) $y c"
	cmp "$b/.q/$e/pad" "$DIR/want" || fail "$e"
	expect_eq "$(cat "$b/.q/$e/count")" "$(wc -l <"$DIR/want")" "$e"
	[ -s "$DIR/want" ] || continue
	n=$((RANDOM % $(wc -l <"$DIR/want")))
	expect_eq "$(cat "$b/.q/$e/select/$n")" \
		"$(sed -n "$((n + 1))p" "$DIR/want" | sed 's/^0*//; s/^$/0/')"
	expect_eq "$(cat "$b/.q/$e/slice/$n+7")" \
		"$(tail -n +$((n + 1)) "$DIR/want" | head -n 7 |
			sed 's/^0*//; s/^$/0/')"
	expect_eq "$(tail -c 1000 "$b/.q/$e/members" | cksum)" \
		"$(sed 's/^0*//; s/^$/0/' "$DIR/want" | tail -c 1000 | cksum)"
done

# --- while others write ---

# Each number goes into first, and then into second. The question names first
# before second: settling one after the other would go wrong in that order.
: >"$b/first"
: >"$b/second"
(
	exec 3>>"$b/first" 4>>"$b/second"
	for ((n = 0; n < 5000; n++)); do
		echo "$n" >&3
		echo "$n" >&4
	done
) &
writer=$!
looks=0
while kill -0 "$writer" 2>/dev/null; do
	read -r n <"$b/.q/(first xor second) and second/count"
	[ "$n" = 0 ] || fail "$n members of the second write without the first"
	looks=$((looks + 1))
done
wait "$writer"
[ "$looks" -gt 5 ] || fail "looked $looks times only"
echo "looked $looks times"
expect_eq "$(cat "$b/.q/first and second/count")" 5000

# Many clients, files that are open while their sets go, names that come and go.
pids=()
for ((i = 0; i < 6; i++)); do
	(
		for ((n = 0; n < 60; n++)); do
			echo "$n" >>"$b/set$i"
			cat "$b/.q/set$i or any(set*)/members" >/dev/null ||
				exit 1
			exec 3<"$b/.q/set$i/members"
			rm "$b/set$i"
			[ "$(wc -l <&3)" -ge 1 ] || exit 1
			exec 3<&-
			ls "$b/.q/of/$n" >/dev/null || exit 1
			test -e "$b/.q/first,and,second/has/$n" || exit 1
			cat "$b/.q/first/rank/$n" >/dev/null || exit 1
		done
	) &
	pids+=($!)
done
for p in "${pids[@]}"; do
	wait "$p" || fail "a client of $p failed"
done

# More expressions than are kept: none is lost for who comes back.
(
	cd "$b/.q/first,and,second"
	for ((n = 0; n < 4500; n++)); do
		read -r got <"$b/.q/first/rank/$n"
		want=$((n + 1))
		[ "$got" = "$want" ] || fail "rank of $n: $got"
	done
)
expect_eq "$(cat "$b/.q/first,and,second/count")" 5000
unmount_store
check_store
