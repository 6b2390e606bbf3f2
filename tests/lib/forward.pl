#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Many TCP connections at a time, in one process.
#
#   forward.pl echo ADDRESS PORT       sends back what it gets, and its end
#   forward.pl many N BYTES HOST PORT  N connections at once. Each sends bytes of
#                                      its own and then shuts down its side.
#                                      Prints how many got all of them back, and
#                                      how many did not
#   forward.pl reset N HOST PORT       N connections. Each sends until it would
#                                      block, waits for a line of input, and resets
#   forward.pl flood N HOST PORT       N connections, kept until input comes
#   forward.pl read [HOST PORT]        reads to the end, from standard input if
#                                      there is no port; prints the number of bytes
#                                      and how it ended
use strict;
use warnings;
use Digest::SHA;
use IO::Select;
use IO::Socket::IP;
use Socket qw(SHUT_WR SOL_SOCKET SOMAXCONN SO_LINGER);

$SIG{PIPE} = 'IGNORE';
my $mode = shift;
my ($reading, $writing) = (IO::Select->new, IO::Select->new);
my %about; # by socket

# The bytes that number $n sends, from byte $at on. No 64 bytes occur twice.
sub piece {
	my ($n, $at, $len) = @_;
	my ($first, $last) = (int($at / 64), int(($at + $len) / 64));
	my $text = join '', map { sprintf '%-31d %-32d', $n, $_ }
		$first .. $last;
	return substr($text, $at % 64, $len);
}

sub finish {
	my ($s) = @_;
	$reading->remove($s);
	$writing->remove($s);
	delete $about{$s};
	close $s;
}

sub echo {
	my ($address, $port) = @_;
	my $door = IO::Socket::IP->new(Listen => SOMAXCONN, ReuseAddr => 1,
		LocalHost => $address, LocalPort => $port, V6Only => 0)
		or die "port $port: $@";
	$door->blocking(0);
	$reading->add($door);
	for (;;) {
		my ($r, $w) = IO::Select->select($reading, $writing, undef);
		for my $s (@$r) {
			if ($s == $door) {
				while (my $new = $door->accept) {
					$new->blocking(0);
					$reading->add($new);
					$about{$new} = {out => ''};
				}
				next;
			}
			my $a = $about{$s} or next;
			my $got = sysread $s, my $buf, 65536;
			if (!defined $got) {
				finish($s) unless $!{EAGAIN};
			} elsif (!$got) {
				$a->{over} = 1;
				$reading->remove($s);
				$writing->add($s);
			} else {
				$a->{out} .= $buf;
				$writing->add($s);
				$reading->remove($s) if length $a->{out} > 1e6;
			}
		}
		for my $s (@$w) {
			my $a = $about{$s} or next;
			my $sent = syswrite $s, $a->{out};
			if (!defined $sent && length $a->{out}) {
				finish($s) unless $!{EAGAIN};
				next;
			}
			substr $a->{out}, 0, $sent // 0, '';
			next if length $a->{out};
			$writing->remove($s);
			if ($a->{over}) {
				finish($s);
			} else {
				$reading->add($s);
			}
		}
	}
}

sub many {
	my ($n, $bytes, $host, $port) = @_;
	my ($right, $wrong) = (0, 0);
	for my $i (1 .. $n) {
		my $s = IO::Socket::IP->new(PeerHost => $host,
			PeerPort => $port);
		if (!$s) {
			$wrong++;
			next;
		}
		$s->blocking(0);
		$about{$s} = {n => $i, at => 0, got => 0,
			sum => Digest::SHA->new(256),
			own => Digest::SHA->new(256)};
		$reading->add($s);
		$writing->add($s);
	}
	while (%about) {
		my ($r, $w) = IO::Select->select($reading, $writing, undef, 30)
			or last;
		for my $s (@$w) {
			my $a = $about{$s} or next;
			my $left = $bytes - $a->{at};
			my $part = piece($a->{n}, $a->{at},
				$left < 65536 ? $left : 65536);
			my $sent = syswrite $s, $part;
			if (!defined $sent) {
				next if $!{EAGAIN};
				$writing->remove($s);
				next;
			}
			$a->{own}->add(substr $part, 0, $sent);
			$a->{at} += $sent;
			next if $a->{at} < $bytes;
			$writing->remove($s);
			shutdown $s, SHUT_WR;
		}
		for my $s (@$r) {
			my $a = $about{$s} or next;
			my $got = sysread $s, my $buf, 65536;
			next if !defined $got && $!{EAGAIN};
			if ($got) {
				$a->{sum}->add($buf);
				$a->{got} += $got;
				next;
			}
			if (defined $got && $a->{got} == $bytes
				&& $a->{sum}->digest eq $a->{own}->digest) {
				$right++;
			} else {
				$wrong++;
			}
			finish($s);
		}
	}
	$wrong += keys %about;
	print "right $right wrong $wrong\n";
}

sub to {
	my ($host, $port) = @_;
	return IO::Socket::IP->new(PeerHost => $host, PeerPort => $port)
		|| die "$host port $port: $@";
}

sub reset_all {
	my ($n, $host, $port) = @_;
	my @all = map { to($host, $port) } 1 .. $n;
	for my $s (@all) {
		$s->blocking(0);
		while (IO::Select->new($s)->can_write(0.5)) {
			last unless syswrite $s, 'x' x 65536;
		}
	}
	$| = 1;
	print "they are full\n";
	<STDIN>;
	setsockopt $_, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) for @all;
}

sub flood {
	my ($n, $host, $port) = @_;
	my @all = map { to($host, $port) } 1 .. $n;
	$| = 1;
	print "they are open\n";
	<STDIN>;
}

sub read_all {
	my $s = @_ ? to(@_) : \*STDIN;
	my ($got, $n) = (0);
	$got += $n while $n = sysread $s, my $buf, 65536;
	print "$got bytes, ", defined $n ? 'the end' : $!, "\n";
}

my %modes = (echo => \&echo, many => \&many, reset => \&reset_all,
	flood => \&flood, read => \&read_all);
$modes{$mode}->(@ARGV);
