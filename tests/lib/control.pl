#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# control.pl SOCKET stall N       connects N times, says so, and waits
# control.pl SOCKET fuzz N SEED   sends N wrong records, a connection each;
#                                 prints how many were answered
# control.pl SOCKET send HEX      sends a record, prints the answer's length
#                                 and its first 8 bytes
use strict;
use warnings;
use Socket;

my ($path, $what, $n, $seed) = @ARGV;

sub there {
	socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
	connect($s, sockaddr_un($path)) or die "$path: $!";
	return $s;
}

# Half of them nearly right: the magic, but another version or verb
sub wrong {
	return join '', map { chr int rand 256 } 1 .. int rand 600
		if rand() < 0.5;
	my ($version, $verb) = map { int rand 4 } 1 .. 2;
	$verb += 4 if $version == 3 && $verb;
	return pack('LSS', 0x73646c31, $version, $verb) . 'x' x int rand 3;
}

$SIG{PIPE} = 'IGNORE';
$| = 1;
if ($what eq 'stall') {
	my @open = map { there() } 1 .. $n;
	print "stalled\n";
	sleep 60;
} elsif ($what eq 'fuzz') {
	srand $seed;
	my $answers = 0;
	for (1 .. $n) {
		my $s = there();
		send $s, wrong(), 0;
		next if $_ % 3; # two of three do not wait
		recv $s, my $answer, 4096, 0;
		$answers++ if length $answer;
	}
	print "$answers\n";
} else {
	my $s = there();
	send $s, pack('H*', $n), 0;
	recv $s, my $answer, 4096, 0;
	printf "%d %s\n", length $answer, unpack 'H16', $answer;
}
