#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server, sshd, stock
#     sshdial exec far CMD <in >out 2>err       CMD as alice
#
# test: exec is the far command's streams and status, byte for byte, and
# test: does nothing to the streams that it was given
# limit: 120
. "$REPO/tests/lib/lib.sh"

dial_pair
far() { # CMD...
	QUIET=1 on client sshdial exec far "$@"
}
random_file /srv/big 500M
random_file /srv/part 20M 2
far true

note "--- 500 MB each way"
is "$(sha256sum </srv/big)" "$(far sha256sum </srv/big)" "checksum"
far 'cat /srv/big' | cmp - /srv/big

note "--- programs that use it as ssh"
mkdir -p /srv/tree/sub
head -c 3M /srv/big >"/srv/tree/a file"
seq 100000 >/srv/tree/sub/numbers
ln -s numbers /srv/tree/sub/link
is "$(tar cC /srv tree | tar t)" "$(tar cC /srv tree | far tar t)" "tar"
ok on client rsync -a -e sshdial-exec /srv/tree/ far:copy/
diff -r /srv/tree /home/alice/copy
ok on client rsync -a -e sshdial-exec alice@far:copy/ /srv/back/
diff -r /srv/tree /srv/back
is alice "$(on client sshdial-exec -l alice far id -un)" "-l before"
is alice "$(on client sshdial-exec far -l alice id -un)" "-l behind"
ends 255 'login-refused: the server refused user nobody' \
	on client sshdial-exec nobody@far true

note "--- how the far command ends"
for status in 0 1 77 127 254; do
	ends "$status" '' far "exit $status"
done
ends 127 'not_a_command: command not found' far not_a_command
ends 255 'the far command was killed by SIGTERM$' far 'kill -TERM $$'
ends 255 'the far command was killed by SIGKILL$' far 'kill -KILL $$'
ends 3 '^sshdial\[far\]: x$' far 'echo "sshdial[far]: x" >&2; exit 3'

note "--- the end of standard input does not end the output"
seq 100000 >/srv/numbers
far 'cat >/dev/null; seq 100000' </dev/null | cmp - /srv/numbers
far 'cat >/dev/null; seq 100000' </srv/part | cmp - /srv/numbers
far 'cat >/dev/null; seq 100000' < <(head -c 5M /srv/big) |
	cmp - /srv/numbers
is 6000000 "$(far 'head -c 6000000 | wc -c' </srv/big)" \
	"a far command that does not read all"

note "--- standard error apart from output, both large at once"
far 'cat /srv/part >&2 & head -c 20M /srv/big; wait' \
	>/srv/out 2>/srv/err </dev/null
cmp /srv/out <(head -c 20M /srv/big)
cmp /srv/err /srv/part
far 'exec >&-; sleep 0.2; echo late >&2' 2>&1 | grep -qx late
far 'exec 2>&-; sleep 0.2; echo late' | grep -qx late

note "--- nobody reads the output any more"
start=${EPOCHREALTIME/./}
is 10 "$(fails_with 255 far 'cat /dev/zero' | head -c 10 | wc -c)" "bytes"
((${EPOCHREALTIME/./} - start < 3000000)) || fail "it took longer than 3 s"
nothing_left client

note "--- interrupted"
far_gone() { # PATTERN
	! pgrep -af "$1"
}
mkfifo /srv/open
exec {HELD}<>/srv/open
interrupted() { # SIGNAL NUMBER FAR-COMMAND
	# shellcheck disable=SC2016
	daemon exec on client sh -c 'exec sshdial exec far "$1" </srv/open' \
		sh "$3"
	wait_for 5 "the far command runs" pgrep -f "^$3"
	kill -s "$1" -- "-$(pid_of exec)"
	ended_within exec 2
	is "$2" "$STATUS" "status after SIG$1"
	wait_for 5 "the far command is gone" far_gone "^$3"
	nothing_left client
	is '' "$(cat "$OUT/exec.log")" "what was said"
}
interrupted INT 130 'cat -u -'
interrupted TERM 143 'cat -u -'
interrupted HUP 129 'cat -u -'
daemon zero on client sh -c 'exec sshdial exec far "cat /dev/zero" >/dev/null'
wait_for 5 "the far command runs" pgrep -fx 'cat /dev/zero'
kill -INT -- "-$(pid_of zero)"
ended_within zero 2
is 130 "$STATUS" "status"
wait_for 5 "the far command is gone" far_gone '^cat /dev/zero$'
note "the parent is killed: its session goes, too"
daemon exec on client sshdial exec far sleep 5
wait_for 5 "the far command runs" pgrep -fx 'sleep 5'
stop exec KILL
nothing_left client
exec {HELD}>&-

note "--- what is shared with others stays blocking"
flags_of() { # FD: of ours; 04000 is O_NONBLOCK
	local flags
	flags=$(sed -n 's/^flags:\t//p' "/proc/$$/fdinfo/$1")
	if ((flags & 04000)); then echo nonblocking; else echo blocking; fi
}
stays_blocking() { # WHAT FD [WORD...]: as all three streams, run by WORDs
	# shellcheck disable=SC2016
	daemon shared on client "${@:3}" bash -c \
		'exec sshdial exec far "sleep 30" <&"$1" >&"$1" 2>&"$1"' - "$2"
	wait_for 5 "the far command runs" pgrep -fx 'sleep 30'
	is blocking "$(flags_of "$2")" "$1 while exec runs"
	stop shared INT
	is 130 "$STATUS" "status: $(cat "$OUT/shared.log")"
	is blocking "$(flags_of "$2")" "$1 after"
	pkill -fx 'sleep 30' || true
}
mkfifo /srv/pipe
exec {FIFO}<>/srv/pipe
exec {TTY}< <(exec script -qc 'tty; exec sleep 60' /dev/null </dev/null)
read -r tty <&"$TTY"
exec {TTY}<>"${tty%$'\r'}"
stays_blocking "a pipe" "$FIFO"
stays_blocking "a terminal" "$TTY"
install -m 600 -o alice /root/keys/id_ed25519 /home/alice/id
far_peer far 'identity /home/alice/id'
chown alice /srv/pipe "${tty%$'\r'}"
as_alice=(setpriv --reuid alice --regid alice --init-groups)
stays_blocking "a user's pipe" "$FIFO" "${as_alice[@]}"
stays_blocking "a user's terminal" "$TTY" "${as_alice[@]}"
far_peer far
pkill -fx 'sleep 60'
exec {FIFO}>&- {TTY}>&-

note "--- kinds of standard input"
is 20971520 "$(far 'wc -c' </srv/part)" "a regular file"
is 0 "$(far 'wc -c' </dev/null)" "/dev/null"
is 12 "$(echo hello, line | far 'wc -c')" "a pipe"
serve_tcp client 127.0.0.1 5001 /srv/part
# shellcheck disable=SC2016
is "$(sha256sum </srv/part)" "$(on client bash -c '
	exec sshdial exec far sha256sum <>/dev/tcp/127.0.0.1/5001')" "a socket"
note "a terminal: its line, its end of file, its Ctrl-C"
# shellcheck disable=SC2016 # the far shell's
typed 'spawn sshdial exec far {read x; echo "got $x"; wc -c; exec sleep 27}
	send "hello\r"
	expect "got hello\r\n" {} timeout {exit 1}
	send "1234567\r\004"
	expect "\n8\r\n" {} timeout {exit 2}
	send "\003"
	expect eof {} timeout {exit 3}
	set end [wait]
	if {[lindex $end 5] ne "SIGINT"} {puts $end; exit 4}'
# as with ssh: what does no input or output goes on
wait_for 5 "the far command goes on" pkill -fx 'sleep 27'

note "a socket for both directions"
# shellcheck disable=SC2016
on client perl -MSocket -e '
	socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die;
	if (!fork) {
		close $a;
		open STDIN, "<&", $b; open STDOUT, ">&", $b; close $b;
		exec qw(sshdial exec far), "cat; echo end";
	}
	close $b; syswrite $a, "hello\n"; shutdown $a, 1;
	print while <$a>; wait' >/srv/out
is $'hello\nend' "$(cat /srv/out)" "through a socket pair"

note "--- streams that fail"
ends 255 'standard output: No space left on device' \
	on client sh -c 'sshdial exec far "seq 10" >/dev/full'
ends 0 '' on client sh -c 'sshdial exec far "echo x" <&- >&- 2>&-'
ends 7 '' on client sh -c 'sshdial exec far "cat; exit 7" <&-'
nothing_left client
