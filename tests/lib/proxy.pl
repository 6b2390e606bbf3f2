#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# proxy.pl PORT ADDRESS TO FOLDER: carries each connection to PORT on to port
# TO at ADDRESS. While FOLDER has a file of that name,
#
#   up     nothing goes on to ADDRESS
#   down   nothing goes on to who has connected
#
# and a file `junk` is sent to who has connected, among the rest.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($port, $address, $to, $folder) = @ARGV;
my $door = IO::Socket::INET->new(Listen => 16, LocalPort => $port,
	ReuseAddr => 1) or die "port $port: $@";
my $all = IO::Select->new($door);
my %about; # by socket: its other one, its direction

sub over {
	my ($s) = @_;
	my $other = $about{$s}{other};
	for my $one ($s, $other) {
		$all->remove($one);
		delete $about{$one};
		close $one;
	}
}

sub move {
	my ($s) = @_;
	my $a = $about{$s} or return;
	return if -e "$folder/$a->{way}";
	my $n = sysread $s, my $bytes, 65536;
	return over($s) unless $n;
	while (length $bytes) {
		my $sent = syswrite $a->{other}, $bytes or return over($s);
		substr $bytes, 0, $sent, '';
	}
}

sub junk {
	open my $file, '<', "$folder/junk" or return;
	my $bytes = do { local $/; <$file> };
	unlink "$folder/junk";
	for my $a (values %about) {
		syswrite $a->{other}, $bytes if $a->{way} eq 'down';
	}
}

$SIG{PIPE} = 'IGNORE';
for (;;) {
	my @ready = $all->can_read(0.05);
	junk();
	for my $s (@ready) {
		if ($s != $door) {
			move($s);
			next;
		}
		my $new = $door->accept or next;
		my $far = IO::Socket::INET->new(PeerAddr => $address,
			PeerPort => $to) or next;
		$about{$new} = {other => $far, way => 'up'};
		$about{$far} = {other => $new, way => 'down'};
		$all->add($new, $far);
	}
	# what is held back would be ready at once
	select undef, undef, undef, 0.02
		if -e "$folder/up" || -e "$folder/down";
}
