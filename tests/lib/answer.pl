#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# answer.pl PORT CMD...: runs CMD for each connection to PORT, which is CMD's standard
# input and output. On SIGTERM it ends, and its children with it.
use strict;
use warnings;
use Socket;

my ($port, @cmd) = @ARGV;
socket(my $s, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, pack_sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
listen($s, 16) or die "listen: $!";
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = sub { $SIG{TERM} = 'DEFAULT'; kill TERM => 0; };
while (1) {
	accept(my $c, $s) or next;
	next if fork;
	$SIG{CHLD} = 'DEFAULT'; # programs inherit an IGNORE, and cannot wait then
	close $s;
	open STDIN,  '<&', $c;
	open STDOUT, '>&', $c;
	close $c;
	exec @cmd or die "exec: $!";
}
