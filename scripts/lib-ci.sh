# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-ci.sh - builds, runs and counts for the steps of ci.sh.
#
# Each step has a build directory of its own, build-ci/STEP, and a log beside
# it. A step counts what it ran: tests by meson's own log, everything else with
# pass and fail. A step that could not even build counts as one failure.

CI_DIR=build-ci

# Sums over the whole run, and over the step that is running.
ci_passed=0 ci_failed=0 ci_skipped=0
step_passed=0 step_failed=0 step_skipped=0
wrapper=()

# ci_step NAME - run step_NAME, print one line, add to the sums.
ci_step()
{
	local name=$1 start=$SECONDS verdict=ok

	step=$name
	step_passed=0 step_failed=0 step_skipped=0
	step_log=$CI_DIR/$name.log
	mkdir -p "$CI_DIR"
	: >"$step_log"
	"step_$name" || fail "step $name did not run to its end"
	[ "$step_failed" -eq 0 ] || verdict=FAILED
	printf '%-9s %-6s %5d passed %3d failed %3d skipped %5d s\n' "$name" \
		"$verdict" "$step_passed" "$step_failed" "$step_skipped" \
		$((SECONDS - start))
	[ "$step_failed" -eq 0 ] || tail -n 60 "$step_log" | sed 's/^/  | /'
	ci_passed=$((ci_passed + step_passed))
	ci_failed=$((ci_failed + step_failed))
	ci_skipped=$((ci_skipped + step_skipped))
}

pass()
{
	step_passed=$((step_passed + 1))
}

# fail WHAT - count it, and say it at once.
fail()
{
	step_failed=$((step_failed + 1))
	printf '  %s: %s (%s)\n' "$step" "$1" "$step_log"
}

# skip WHY
skip()
{
	step_skipped=$((step_skipped + 1))
	printf '  %s: skipped: %s\n' "$step" "$1"
}

# logged COMMAND... - run it with its output in the step's log.
logged()
{
	printf '+ %s\n' "$*" >>"$step_log"
	"$@" >>"$step_log" 2>&1
}

# build OPTION... - configure afresh and compile; false when that fails.
build() { build_only all "$@"; }

# build_only TARGET OPTION... - the same of what TARGET needs.
build_only()
{
	local target=$1

	shift
	rm -rf "${CI_DIR:?}/$step"
	logged meson setup "$CI_DIR/$step" -Dtests=enabled "$@" &&
		logged ninja -C "$CI_DIR/$step" "$target" && return
	fail "does not build"
	return 1
}

# tests ARGUMENT... - run meson test, in the command of the array wrapper if
# there is one, and count by its log.
tests()
{
	local logs="$CI_DIR/$step/meson-logs"

	# Its own exit code says no more than the log does.
	logged "${wrapper[@]}" meson test -C "$CI_DIR/$step" --no-rebuild \
		--print-errorlogs "$@" || :
	if [ -s "$(echo "$logs"/testlog*.json)" ]; then
		count_results "$logs"/testlog*.json
	else
		fail "meson test left no log"
	fi
}

# count_lines - count what comes in as lines: ok NAME, or FAILED NAME.
count_lines()
{
	local result name

	while read -r result name; do
		if [ "$result" = ok ]; then
			pass
		else
			fail "$name"
		fi
	done
}

# count_results LOG - one test is one line with its result. A quote inside a
# test's output is escaped there, so it cannot look like a result.
count_results()
{
	local line name result

	while IFS= read -r line; do
		result=$(sed -E 's/.*[^\\]"result": "([A-Z]+)".*/\1/' <<<"$line")
		name=$(sed -E 's/.*[^\\]"name": "([^"]*)".*/\1/' <<<"$line")
		case $result in
		OK | EXPECTEDFAIL) pass ;;
		SKIP) step_skipped=$((step_skipped + 1)) ;;
		*) fail "$name: $result" ;;
		esac
	done <"$1"
}
