#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# proxy.pl PORT ADDRESS TO FOLDER: forwards each connection to PORT to port TO of
# ADDRESS. Files in FOLDER interfere while they exist:
#
#   up     no byte is sent to ADDRESS
#   down   no byte is sent to the client
#   junk   its content is inserted, once, into what the client gets
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($port, $address, $to, $folder) = @ARGV;
my $door = IO::Socket::INET->new(Listen => 16, LocalPort => $port,
	ReuseAddr => 1) or die "port $port: $@";
my %about; # by socket: itself, its other one, its way, bytes for the other

sub over {
	my ($a) = @_;
	for my $s ($a->{socket}, $a->{other}) {
		delete $about{$s};
		close $s;
	}
}

sub take {
	my ($a) = @_;
	my $n = sysread $a->{socket}, $a->{bytes}, 65536;
	over($a) unless $n || $!{EAGAIN};
}

sub give {
	my ($a) = @_;
	my $n = syswrite $a->{other}, $a->{bytes};
	return over($a) unless defined $n || $!{EAGAIN};
	substr $a->{bytes}, 0, $n // 0, '';
}

sub junk {
	open my $file, '<', "$folder/junk" or return;
	my $bytes = do { local $/; <$file> };
	unlink "$folder/junk";
	$_->{bytes} .= $bytes for grep { $_->{way} eq 'down' } values %about;
}

sub new {
	my $s = $door->accept or return;
	my $far = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $to)
		or return;
	$_->blocking(0) for $s, $far;
	$about{$s} = {socket => $s, other => $far, way => 'up', bytes => ''};
	$about{$far} = {socket => $far, other => $s, way => 'down', bytes => ''};
}

$SIG{PIPE} = 'IGNORE';
for (;;) {
	my @open = grep { !-e "$folder/$_->{way}" } values %about;
	my ($r, $w) = map { IO::Select->new(@$_) }
		[$door, map { $_->{socket} } grep { !length $_->{bytes} } @open],
		[map { $_->{other} } grep { length $_->{bytes} } @open];
	my @ready = IO::Select->select($r, $w, undef, 0.05);
	junk();
	for my $s (@{$ready[0]}) {
		if ($s == $door) {
			new();
		} elsif ($about{$s}) {
			take($about{$s});
		}
	}
	for my $s (@{$ready[1]}) {
		give($about{$about{$s}{other}}) if $about{$s};
	}
}
