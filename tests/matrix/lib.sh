# shellcheck shell=bash disable=SC2154 # matrix.sh sets them
# SPDX-License-Identifier: Apache-2.0
#
# matrix/lib.sh - rows of the tool matrix. A row is a tool and an idiom:
#
#	reads  TOOL IDIOM COMMAND          $s holds $want; COMMAND prints $want
#	prints TOOL IDIOM TEXT COMMAND     $s holds $want; COMMAND prints TEXT
#	writes TOOL IDIOM FILE COMMAND     $s holds $old; after COMMAND it holds
#	                                   the lines of FILE
#	makes  TOOL IDIOM COMMAND          there is no $s; COMMAND makes it and
#	                                   it holds $want
#
# COMMAND is a line of shell that runs in a shell of its own, with $s the set,
# $d a directory beside it in the mount, $t a directory outside, $want $old
# $new files outside. Each row has fresh ones. A row is wrong when the command
# fails or one byte differs; all rows are run before the verdict.

row_ok=0
row_bad=0
row_no=0

# begin_matrix - a mount, and the files that rows are made from.
begin_matrix()
{
	require_fuse
	mount_store
	want=$DIR/want
	old=$DIR/old
	odd=$DIR/odd
	union=$DIR/union
	longer=$DIR/longer
	export want old odd union longer LC_ALL=C
	seq 3 3 90000 >"$want"
	seq 1 7 70000 >"$old"
	grep '[13579]$' "$old" >"$odd"
	sort -nu "$want" "$old" >"$union"
	{ cat "$old"; seq 80000 90000; } >"$longer"
}

# end_matrix - the verdict.
end_matrix()
{
	printf '%s rows right, %s wrong, %s without their tool\n' \
		"$row_ok" "$row_bad" "$row_no"
	[ "$row_bad" = 0 ] || fail "$row_bad rows of the matrix are wrong"
	unmount_store
	check_store
}

# The tool of a row may be absent: the first word, unless it is the shell's.
has_tool()
{
	[ "$(type -t "$1")" ] || [ "$1" = sh ]
}

verdict() # WORD TOOL IDIOM
{
	printf '%-5s %-10s %s\n' "$1" "$2" "$3"
}

bad() # TOOL IDIOM WHY
{
	row_bad=$((row_bad + 1))
	verdict WRONG "$1" "$2: $3"
	sed 's/^/      | /' "$t/said" | head -n 3
}

good()
{
	row_ok=$((row_ok + 1))
	verdict ok "$1" "$2"
}

# begin_row TOOL IDIOM - false when the tool is not there.
begin_row()
{
	n=$((${n:-0} + 1))
	d=$MNT/bitmaps/row$n
	t=$DIR/row$n
	s=$d/s
	mkdir "$d" "$t"
	: >"$t/said"
	export s d t
	has_tool "$1" && return
	row_no=$((row_no + 1))
	verdict none "$1" "$2"
	return 1
}

run_row() # COMMAND
{
	(cd "$t" && bash -c "$1") >"$t/out" 2>"$t/said" </dev/null
}

reads()
{
	begin_row "$1" "$2" || return 0
	cp "$want" "$s"
	if ! run_row "$3"; then
		bad "$1" "$2" "the command failed"
	elif ! cmp "$t/out" "$want" >"$t/said" 2>&1; then
		bad "$1" "$2" "other bytes"
	else
		good "$1" "$2"
	fi
}

prints()
{
	begin_row "$1" "$2" || return 0
	cp "$want" "$s"
	if ! run_row "$4"; then
		bad "$1" "$2" "the command failed"
	elif [ "$(cat "$t/out")" != "$3" ]; then
		bad "$1" "$2" "printed '$(head -c 60 "$t/out")', not '$3'"
	else
		good "$1" "$2"
	fi
}

# same_set FILE - has $s the lines of FILE, at the right size?
same_set()
{
	cmp "$s" "$1" >"$t/said" 2>&1 &&
		[ "$(stat -c %s "$s")" = "$(stat -c %s "$1")" ]
}

writes()
{
	begin_row "$1" "$2" || return 0
	cp "$old" "$s"
	if ! run_row "$4"; then
		bad "$1" "$2" "the command failed"
	elif ! same_set "$3"; then
		bad "$1" "$2" "another set"
	else
		good "$1" "$2"
	fi
}

makes()
{
	begin_row "$1" "$2" || return 0
	if ! run_row "$3"; then
		bad "$1" "$2" "the command failed"
	elif ! same_set "$want"; then
		bad "$1" "$2" "another set"
	else
		good "$1" "$2"
	fi
}
