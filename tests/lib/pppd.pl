#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# pppd.pl PPPD-OPTION...: stands for pppd if the kernel has no PPP. Its line is its
# standard input. For each LCP frame there it writes to the log, descriptor 3, what
# pppd says when a link is up, addresses included.
use strict;
use warnings;

exit 0 if grep { $_ eq 'dryrun' } @ARGV;
open my $log, '>&=', 3 or die "no log: $!";
sub say3 { syswrite $log, join '', map { "$_\n" } @_ }

$SIG{$_} = sub { exit 5 } for qw(TERM INT HUP);
say3 'Using interface ppp0', 'Connect: ppp0 <--> /dev/pts/0';
my $seen = '';
while (sysread STDIN, $seen, 4096, length $seen) {
	say3 'local  IP address 192.168.45.2', 'remote IP address 192.168.45.1'
		while $seen =~ s/^.*?\x7e\xff\x7d\x23//s;
	$seen = substr $seen, -3 if length $seen > 3;
}
exit 16;
