#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# syslog.pl SOCKET FILE: appends each datagram to FILE as a line. Prints its process
# id when it listens, and ends with its stage.
use strict;
use warnings;
use Socket;

my ($path, $file) = @ARGV;
socket(my $in, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($in, sockaddr_un($path)) or die "$path: $!";
chmod 0666, $path;
open(my $out, '>>', $file) or die "$file: $!";
$out->autoflush(1);
$| = 1;
print "$$\n";
open(STDOUT, '>&', $out);
open(STDERR, '>&', $out);
while (defined recv($in, my $line, 65536, 0)) {
	$line =~ s/^<\d+>//;
	$line =~ s/[\0\n]+$//;
	print $out "$line\n";
}
