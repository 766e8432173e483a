#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whatever is done through a format shows in the plain face when the call has
# returned, however many do it at once: names that come and go and move, sizes,
# members, modes. Each client has somebody else look, who asked just before, so
# that the kernel had the old answer in mind; and others list the directories
# all the time, which keeps the kernel from being told.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
require_fuse
require perl taskset timeout
mount_store

seconds=${AT_ONCE_SECONDS:-5}
cpu=$(taskset -pc $$ | sed 's/.*[: ]//; s/[-,].*//')

cat >"$DIR/client.pl" <<'END_OF_PERL'
use strict;
use warnings;
use Socket;
my ($b, $who, $seconds) = @ARGV;
my $dir = 'd' . $who % 4;
my ($d, $as) = ("$b/$dir", "$b/.as/le64/$dir");
my $end = time + $seconds;
my ($f, $g) = ("f$who", "g$who");

# Who looks: a process of its own.
socketpair(my $ask, my $look, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!;
if (fork == 0) {
	close $ask;
	while (sysread($look, my $name, 99)) {
		my @st = stat "$d/$name";
		my $seen = 'none';
		if (@st) {
			open(my $h, '<', "$d/$name") or die "$name: $!";
			local $/;
			my $text = <$h>;
			$seen = sprintf '%o %d %s', $st[2] & 0777, $st[7],
				$text =~ tr/\n/,/r;
		}
		syswrite $look, $seen;
	}
	exit 0;
}
close $look;

sub seen { syswrite $ask, $_[0]; sysread $ask, my $seen, 999; $seen }

sub is {
	my ($what, %want) = @_;
	for (sort keys %want) {
		my $seen = seen($_);
		next if $seen eq $want{$_};
		sleep 2;
		die "$what: $_ is '$seen' and not '$want{$_}', later '",
			seen($_), "'\n";
	}
}

sub put {
	my ($name, @members) = @_;
	open(my $h, '>', "$as/$name") or die "$name: $!";
	binmode $h;
	syswrite $h, pack('Q<*', @members) or die $!;
	close $h or die $!;
}

umask 022;
my $rounds = 0;
is('begun', $f => 'none', $g => 'none');
for (; time < $end; $rounds++) {
	my $n = 100 + $rounds % 900;
	put($f, $n);
	is('made', $f => "644 4 $n,", $g => 'none');
	put($f, 1, $n);
	is('replaced', $f => "644 6 1,$n,");
	chmod 0600, "$as/$f" or die $!;
	is('chmod', $f => "600 6 1,$n,");
	rename "$as/$f", "$as/$g" or die $!;
	is('moved', $f => 'none', $g => "600 6 1,$n,");
	link "$as/$g", "$as/$f" or die $!;
	is('linked', $f => "600 6 1,$n,");
	truncate "$as/$g", 0 or die $!;
	is('truncated', $f => '600 0 ', $g => '600 0 ');
	unlink "$as/$f", "$as/$g";
	is('removed', $f => 'none', $g => 'none');
}
close $ask;
wait;
print "$rounds\n";
END_OF_PERL

# shellcheck disable=SC2016 # perl
lister='my ($stop, $d) = @ARGV; until (-e $stop) {
	opendir(my $h, $d) or die $!; stat "$d/$_" for readdir $h }'

# crowd CLIENTS - all on one CPU, with two who list each directory.
crowd()
{
	local i pid pids=() lists=()

	rm -f "$DIR/stop" "$DIR"/rounds.*
	for i in 0 1 2 3 0 1 2 3; do
		taskset -c "$cpu" perl -e "$lister" "$DIR/stop" \
			"$MNT/bitmaps/d$i" &
		lists+=($!)
	done
	for ((i = 0; i < $1; i++)); do
		taskset -c "$cpu" timeout -k 1 100 perl "$DIR/client.pl" \
			"$MNT/bitmaps" "$i" "$seconds" >"$DIR/rounds.$i" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "of $1 clients one failed, or hung"
	done
	: >"$DIR/stop"
	wait "${lists[@]}" || fail "one who lists failed"
	cat "$DIR"/rounds.* | awk -v n="$1" '{ all += $1 }
		END { print n " clients, " all " rounds"; exit !all }'
}

mkdir "$MNT/bitmaps"/d{0,1,2,3}
crowd 3
crowd 16
crowd 64

unmount_store
check_store
