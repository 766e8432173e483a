# shellcheck shell=bash disable=SC2154 # step, step_log: lib-ci.sh
# SPDX-License-Identifier: Apache-2.0
#
# ci-steps.sh - what each step of ci.sh does.

step_lint()
{
	build --werror || return 0
	tests --suite lint
}

step_gcc()
{
	CC=gcc build --werror || return 0
	tests --no-suite lint
}

step_clang()
{
	CC=clang build --werror || return 0
	tests --no-suite lint
}

# UBSan goes on after an error unless it is told to halt.
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1:strict_string_checks=1
export LSAN_OPTIONS=print_suppressions=0:suppressions=$PWD/tests/lsan.supp
export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1:second_deadlock_stack=1

step_asan()
{
	CC=clang build -Db_sanitize=address,undefined -Db_lundef=false ||
		return 0
	tests --no-suite lint --timeout-multiplier 4
}

# TSan of clang 14 cannot live with the address layout of newer kernels.
step_tsan()
{
	local -a wrapper=(setarch "$(uname -m)" -R)

	"${wrapper[@]}" true 2>/dev/null || wrapper=()
	CC=clang build -Db_sanitize=thread -Db_lundef=false || return 0
	tests --no-suite lint --no-suite fuzz --timeout-multiplier 6
}

step_valgrind()
{
	build || return 0
	tests --setup valgrind --suite unit --suite model --suite crash
}

# b_ndebug: an assert that does some of the work is found by its absence.
step_release()
{
	build --buildtype release -Db_ndebug=true || return 0
	tests --no-suite lint
}

# One test for each file that is compiled.
step_tidy()
{
	local here=$PWD

	CC=clang build || return 0
	count_lines < <(cd "$CI_DIR/tidy" && compiled_files |
		xargs -P "$(nproc)" -n 1 \
			"$here/scripts/tidy-file.sh" . "$here/$step_log")
}

compiled_files()
{
	sed -n 's/^ *"file": "\(.*\)",\?$/\1/p' compile_commands.json | sort -u
}

step_fuzz()
{
	local target name

	CC=clang build -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false || return 0
	for target in "$CI_DIR"/fuzz/tests/fuzz/fuzz_*; do
		case $target in *'*' | *.p) continue ;; esac
		name=${target##*/}
		mkdir -p "$CI_DIR/fuzz/found/$name"
		if fuzz_one "$name" "$target"; then
			pass
		else
			fail "$name"
		fi
	done
}

# fuzz_one NAME PROGRAM - for a while, and say how many inputs it was given.
fuzz_one()
{
	local found=$CI_DIR/fuzz/found/$1 code=0

	logged "$2" -max_total_time="${FUZZ_SECONDS:-20}" \
		-print_final_stats=1 -artifact_prefix="$found/" \
		"$found" "tests/fuzz/corpus/${1#fuzz_}" || code=$?
	sed -n 's/^stat::number_of_executed_units: *//p' "$step_log" |
		tail -n 1 | sed "s/^/  $1: /; s/\$/ inputs/"
	return "$code"
}

# meson dist takes what is committed, builds it and runs its tests.
step_dist()
{
	build || return 0
	if logged meson dist -C "$CI_DIR/dist" --allow-dirty; then
		pass
	else
		fail "the tarball does not pass its tests"
	fi
	installs_cleanly
}

# What install puts somewhere, uninstall takes away.
installs_cleanly()
{
	local dest=$PWD/$CI_DIR/dist/dest

	if DESTDIR=$dest logged meson install -C "$CI_DIR/dist" &&
		DESTDIR=$dest logged ninja -C "$CI_DIR/dist" uninstall &&
		[ -z "$(find "$dest" ! -type d 2>/dev/null)" ]; then
		pass
	else
		fail "uninstall leaves something behind"
	fi
}

# Peers that cannot be installed are reported as missing by their row.
step_bench()
{
	[ "$(id -u)" != 0 ] || logged scripts/setup --bench || :
	build_only meson-benchmark-prereq --buildtype release -Db_lto=true \
		-Dbench=true || return 0
	logged meson test -C "$CI_DIR/bench" --benchmark --verbose \
		--logbase benchmarklog || :
	if cat "$CI_DIR"/bench/meson-logs/benchmarklog*.txt 2>/dev/null; then
		pass
	else
		skip "there is no benchmark"
	fi
}
