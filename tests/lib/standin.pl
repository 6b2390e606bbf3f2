#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# standin.pl USER GROUP[,GROUP...] FIFO
# Stands for a pppd that USER has started: a process of that name with the
# effective user root and these real ones. Runs each line of FIFO by sh(1) as
# root, as pppd runs its scripts, and does not wait for its end.
use strict;
use warnings;

my ($user, $groups, $fifo) = @ARGV;
my @groups = split /,/, $groups;

$SIG{CHLD} = 'IGNORE';
$0 = 'pppd';
open my $comm, '>', '/proc/self/comm' or die "comm: $!";
print $comm 'pppd';
close $comm;
$) = join ' ', 0, @groups;
$( = $groups[0];
$< = $user;
die "user $<, effective $>" if $< != $user || $>;
open my $lines, '+<', $fifo or die "$fifo: $!";
while (my $line = <$lines>) {
	my $pid = fork // die "fork: $!";
	next if $pid;
	$SIG{CHLD} = 'DEFAULT';
	$< = 0;
	exec 'sh', '-c', $line;
}
