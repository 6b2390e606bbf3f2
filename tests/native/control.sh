#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                   server
#     sshdial call far, a pppd that is none     sshd, and a far command that
#     sshdial pipe wire, a fifo as the line     says a PPP frame, then echoes
#     eth0 10.9.0.1 --------------------------- 10.9.0.2 eth0
#
# test: status, redial, hangup and call -d; who may ask; that no client,
# test: however wrong or slow, is felt by the link or by the others
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/outage.sh"

dial_pair
readonly FAR="printf '\\176\\377\\175\\043'; exec cat"
readonly SOCKETS=/proc/${HOST[client]}/root/run/sshdial
readonly SYSLOG=$OUT/client.syslog.log
put client /etc/sshdial/pppd 755 <"$REPO/tests/lib/pppd.pl"
far() { # LINE...: the peer far, with these lines
	[[ "$*" == *remote-command* ]] || set -- "remote-command $FAR" "$@"
	[[ "$*" == *"pppd "* ]] || set -- 'pppd /etc/sshdial/pppd' "$@"
	far_peer far 'keepalive-interval 300ms' "$@"
}
field() { # NAME: of far's status
	on client sshdial status --json far 2>/dev/null | jq -r ".$1"
}
state_is() { # STATE
	[[ $(QUIET=1 field state) == "$1" ]]
}
up() { # [NAME]: far is called by the daemon NAME
	daemon "${1:-call}" on client sshdial call far
	wait_for 10 "the link is up" state_is online
}
fds() { # PID
	find "/proc/$1/fd" -type l | wc -l
}

note "--- nobody is called"
far 'control-group dialers'
groupadd dialers
ends 0 '' on client sshdial status
ends 3 'sshdial: far: not being called' on client sshdial status far
ends 3 'sshdial: far: not being called' on client sshdial redial far
ends 3 'sshdial: far: not being called' on client sshdial hangup far
fails_with 2 on client sshdial status 'no name'
fails_with 2 on client sshdial redial

note "--- a link"
up
pid=$(pid_of call)
line='^far +online +[0-9]+s  ppp0 192.168.45.2 -> 192.168.45.1  in [0-9]+B out [0-9]+B'
ends 0 '' on client sshdial status far
like "$line" "$GOT" "status"
ends 0 '' on client sshdial status
like "$line" "$GOT" "status of all"
ends 0 '' on client sshdial status --json far
like '^\{"version":1,"peer":"far","state":"online","mode":"call",' "$GOT" "JSON"
is 1 "$(jq -s length <<<"$GOT")" "objects of JSON"
is "$pid ppp0 192.168.45.2 192.168.45.1 10.9.0.2 0" "$(jq -r \
	'"\(.pid) \(.interface) \(.local) \(.remote) \(.server) \(.redials)"' \
	<<<"$GOT")" "what it says"
is sshdial-session "$(cat "/proc/$(jq .session_pid <<<"$GOT")/comm")" "session_pid"
is pppd "$(cat "/proc/$(jq .pppd_pid <<<"$GOT")/comm")" "pppd_pid"
measured() { [[ $(QUIET=1 field rtt_us) == [1-9]* ]]; }
wait_for 5 "the round trip was measured" measured
on client timeout 2.5 sshdial status --watch far >/tmp/watch || true
is 3 "$(grep -cE "$line" /tmp/watch)" "lines in 2.5 s"
is 2 "$(grep -cE '^ +in [0-9]+B/s out [0-9]+B/s$' /tmp/watch)" "rates"

note "--- a second call"
ends 8 'busy: far is being called already; sshdial status far shows it' \
	on client sshdial call far
ends 8 'busy: .*' on client sshdial call -d far
ends 8 'busy: .*' on client sshdial pipe far
state_is online || fail "the link suffered"

note "--- redial"
session=$(field session_pid)
again() { # the session is another one
	local now
	now=$(QUIET=1 field session_pid)
	state_is online && [[ $now != null && $now != "$session" ]]
}
ok on client sshdial redial far
wait_for 5 "there is another session" again
is 1 "$(field redials)" "redials"
is redial "$(field reason)" "the last reason"
session=$(field session_pid)
kill -HUP "$pid"
wait_for 5 "there is another session" again

note "--- who may ask"
useradd --create-home --groups dialers carol
useradd --create-home mallory
as() { # USER CMD...
	on client setpriv --reuid "$1" --regid "$1" --init-groups \
		env -u XDG_RUNTIME_DIR "${@:2}"
}
is '660 root:dialers' "$(stat -c '%a %U:%G' "$SOCKETS/far.sock")" "the socket"
ends 0 '' as carol sshdial status far
like "$line" "$GOT" "what a member of the group sees"
ends 0 '' as carol sshdial status
like "$line" "$GOT" "what a member of the group sees of all"
session=$(field session_pid)
ok as carol sshdial redial far
wait_for 5 "there is another session" again
for verb in status redial hangup; do
	ends 1 'far: control socket: Permission denied' as mallory sshdial \
		"$verb" far
done
fails_with 13 as mallory perl "$REPO/tests/lib/control.pl" \
	/run/sshdial/far.sock send 316c647303000100 2>/dev/null

note "--- wrong records"
fds=$(fds "$pid")
session=$(field session_pid)
raw() { # MODE WORD...
	on client perl "$REPO/tests/lib/control.pl" /run/sshdial/far.sock "$@"
}
is 0 "$(raw send '' | cut -d' ' -f1)" "the answer to nothing"
is 0 "$(raw send 00000000 | cut -d' ' -f1)" "the answer to a short record"
is 0 "$(raw send 326c647301000100 | cut -d' ' -f1)" "the answer to wrong magic"
is 0 "$(raw send 316c64730300010000 | cut -d' ' -f1)" "the answer to a long one"
like '^[1-9][0-9]* 316c64730300' "$(raw send 316c647301000100)" \
	"the answer to another version"
like '^[1-9]' "$(raw send 316c647303000100)" "the answer to a right one"
is 16 "$(field received)" "bytes received: a frame of each session"
start=${EPOCHREALTIME/./}
answers=$(raw fuzz 10000 1)
note "10000 records in $(((${EPOCHREALTIME/./} - start) / 1000)) ms, $answers answers"
alive call
state_is online || fail "the link suffered"
is "$session" "$(field session_pid)" "the session"
settled() { (($(fds "$pid") == fds)); }
wait_for 7 "no descriptor stays" settled
is 0 "$(grep -c WARN "$OUT/call.log" || true)" "warnings"

note "--- more descriptors than a record may carry, of root and of the group"
fds=$(fds "$pid")
cat >/tmp/descriptors.py <<'PY'
import socket, sys
record, n, times = bytes.fromhex(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for _ in range(times):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect('/run/sshdial/far.sock')
    try:
        socket.send_fds(s, [record], [0] * n)
        s.recv(4096)
    except (BrokenPipeError, ConnectionResetError):
        pass # the group's record is not read, and its slots are few
PY
for n in 3 4 5; do
	ok on client python3 /tmp/descriptors.py 316c647303000100 "$n" 100
	wait_for 7 "no descriptor of root's records with $n stays" settled
	ok as carol python3 /tmp/descriptors.py 316c647303000100 "$n" 100
	wait_for 7 "no descriptor of records with $n stays" settled
done

note "--- clients that stall"
mkfifo /tmp/.line /tmp/.back
exec {LINE}<>/tmp/.line {BACK}<>/tmp/.back
far_peer wire "remote-command $FAR"
daemon pipe on client sh -c 'exec sshdial pipe wire <>/tmp/.line 2>&1 >/tmp/.back'
wire_is() { on client sshdial status wire | grep -q " $1 "; }
wait_for 10 "the line is up" wire_is online
IFS= read -r -N 4 -t 2 -u "$BACK" _ || fail "no first frame"
trips() { # WHAT: ten times there and back; the median's milliseconds in TRIP
	local i start times=()
	for ((i = 0; i < 10; i++)); do
		start=${EPOCHREALTIME/./}
		echo "round $i" >&"$LINE"
		read -r -t 5 -u "$BACK" text || fail "the line is dead"
		is "round $i" "$text" "what came back"
		times+=($((${EPOCHREALTIME/./} - start)))
	done
	TRIP=$(median "${times[@]}")
	note "there and back, $1: $TRIP us"
}
trips "before"
free=$TRIP
daemon stall on client perl "$REPO/tests/lib/control.pl" \
	/run/sshdial/wire.sock stall 4
wait_for 5 "4 clients stall" grep -q stalled "$OUT/stall.log"
trips "with 4 clients that stall"
((TRIP < free * 5 + 20000)) || fail "the line is slower: $free us, $TRIP us"
ends 0 '' on client sshdial status wire
((TOOK < 500)) || fail "status took $TOOK ms"
daemon stall8 on client perl "$REPO/tests/lib/control.pl" \
	/run/sshdial/wire.sock stall 4
wait_for 5 "8 clients stall" grep -q stalled "$OUT/stall8.log"
ends 1 'wire: too many clients at once; try again' on client sshdial status wire
((TOOK < 500)) || fail "status took $TOOK ms"
trips "with 8"
wait_for 6 "they are dropped" wire_is online
stop stall
stop stall8
kill -STOP "$(pid_of pipe)"
ends 1 'wire: its supervisor does not answer' on client sshdial status wire
((TOOK < 6000)) || fail "status took $TOOK ms"
kill -CONT "$(pid_of pipe)"
wait_for 5 "it answers again" wire_is online
is 2 "$(on client sshdial status | wc -l)" "lines of status"
ok on client sshdial hangup wire
ended_within pipe 3
is 0 "$STATUS" "exit status"

note "--- a group that takes all places"
daemon carol on client setpriv --reuid carol --regid carol --init-groups \
	perl "$REPO/tests/lib/control.pl" /run/sshdial/far.sock stall 8
wait_for 5 "8 clients of the group stall" grep -q stalled "$OUT/carol.log"
ends 1 'far: too many clients at once; try again' as carol sshdial status far
ends 0 '' on client sshdial status far
((TOOK < 500)) || fail "root's status took $TOOK ms"
stop carol

note "--- a descriptor of the group's whose close(2) would wait"
cat >/tmp/linger.py <<'PY'
import array, socket, struct, sys, time
there = socket.socket()
there.bind(('127.0.0.1', 0))
there.listen(1)
for head in [b''], [b'', b'x'], [bytes.fromhex('316c647303000100')] * 2:
    c = socket.create_connection(there.getsockname())
    a, _ = there.accept()
    c.setblocking(False)
    try:
        while True:
            c.send(bytes(65536))
    except BlockingIOError:
        pass
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 30))
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    try:
        for record in head[:-1]:
            s.send(record)
        s.sendmsg([head[-1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                array.array('i', [c.fileno()]))])
    except (BrokenPipeError, ConnectionResetError):
        # it was closed behind the first
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
    c.close()
    globals().setdefault('kept', []).append((a, s))
print('sent', flush=True)
time.sleep(60)
PY
daemon carol on client setpriv --reuid carol --regid carol --init-groups \
	python3 /tmp/linger.py /run/sshdial/far.sock
wait_for 5 "it is sent" grep -q sent "$OUT/carol.log"
ends 0 '' on client sshdial status far
((TOOK < 1000)) || fail "root's status took $TOOK ms"
ends 0 '' as carol sshdial status far
stop carol

note "--- a supervisor that may open no more files"
session=$(field session_pid)
settled || wait_for 7 "its clients are gone" settled
before=$(cpu_ms "$pid")
next=0 # the descriptor that it would open
while [[ -L /proc/$pid/fd/$next ]]; do
	((++next))
done
prlimit --pid "$pid" --nofile="$next:1024"
daemon asks on client sshdial status far
wait_for 3 "it says so" says call 'control: nobody can be heard now: Too many'
sleep 1.5 # what it spins in that time would be processor time
spent=$(($(cpu_ms "$pid") - before))
note "processor time meanwhile: $spent ms"
((spent < 200)) || fail "it spins: $spent ms"
prlimit --pid "$pid" --nofile=1024:1024
ended_within asks 4
is 0 "$STATUS" "status of who has waited"
like "$line" "$(log_of asks)" "what it was told"
is 1 "$(said call 'nobody can be heard')" "warnings"
is "$session" "$(field session_pid)" "the session"

note "--- hangup"
ok on client sshdial hangup far
ended_within call 3
is 0 "$STATUS" "exit status"
like 'ended as asked \(hangup\)' "$(log_of call)" "the log"
is 'far.lock wire.lock' "$(find "$SOCKETS" -printf '%P\n' | sort | xargs)" \
	"what is left in /run/sshdial"
nothing_left client

note "--- a supervisor that was killed"
up killed
kill -KILL "$(pid_of killed)"
ended_within killed 2
nothing_left client
is 'far.lock far.sock wire.lock' "$(find "$SOCKETS" -printf '%P\n' | sort |
	xargs)" "what it leaves"
ends 3 'sshdial: far: not being called' on client sshdial status far
ends 0 '' on client sshdial status
up after
stop after INT
is 'far.lock wire.lock' "$(find "$SOCKETS" -printf '%P\n' | sort | xargs)" \
	"what is left in /run/sshdial"

note "--- no such group, and a umask"
rm -rf "$SOCKETS"
far 'control-group nobodys'
on client sshdial check far >/tmp/.said || true
like '^FAIL *control-group *there is no group nobodys' "$(cat /tmp/.said)" "check"
daemon umask on client sh -c 'umask 077; exec sshdial call far'
wait_for 10 "the link is up" state_is online
is 755 "$(stat -c %a "$SOCKETS")" "the folder"
is 600 "$(stat -c %a "$SOCKETS/far.sock")" "the socket"
like 'control-group: there is no group nobodys' "$(log_of umask)" "the log"
ends 8 'busy: .*' on client sshdial call far
stop umask

note "--- call -d"
far
: >"$SYSLOG"
ok on client sshdial call -d far >/tmp/.said 2>&1
like ' up: ppp0 ' "$(cat /tmp/.said)" "what it said until then"
ends 0 '' on client sshdial status far
like "$line" "$GOT" "status"
pid=$(field pid)
is "$pid" "$(cut -d' ' -f6 "/proc/$pid/stat")" "its session"
is '/dev/null /dev/null /dev/null' "$(readlink "/proc/$pid"/fd/{0,1,2} | xargs)" \
	"its standard descriptors"
session=$(field session_pid)
ok on client sshdial redial far
wait_for 5 "there is another session" again
wait_for 5 "syslog has it" grep -q 'redial: a new session was asked for' "$SYSLOG"
ok on client sshdial redial far
ok on client sshdial hangup far # while it dials
wait_for 3 "syslog has the end" grep -q 'ended as asked (hangup)' "$SYSLOG"
nothing_left client
key_make /root/keys/stranger
put client /etc/sshdial/stranger 600 </root/keys/stranger
far log-level\ warn 'identity /etc/sshdial/stranger'
ends 4 'login-refused: ' on client sshdial call -d far
far log-level\ warn 'known-hosts /etc/sshdial/none'
ends 3 'hostkey-unknown: ' on client sshdial call -d far
far log-level\ warn 'pppd /etc/sshdial/nothing'
ends 5 'no-pppd: ' on client sshdial call -d far
far log-level\ warn 'redial-first no' 'port 99'
ends 1 'connect: ' on client sshdial call -d far
far log-level\ warn 'redial-first no' 'route 10.77.0.0/16' 'fail-closed yes'
ends 1 'hook: no word from the hook.*the link is not used' \
	on client sshdial call -d far
((TOOK > 9000)) || fail "it did not wait for the hook: $TOOK ms"
far log-level\ warn 'remote-command nonsense' 'max-redials 1' 'redial-min 10ms'
rc=0
on client sshdial call -d far >/tmp/.said 2>&1 || rc=$?
is 6 "$rc" "status after max-redials: $(cat /tmp/.said)"
ends 2 'sshdial: /etc/sshdial/nobody.conf: ' on client sshdial call -d nobody
note "a signal to the one who waits ends both"
far 'port 99'
daemon waits on client sshdial call -d far
wait_for 5 "it dials" state_is down
stop waits
is 0 "$STATUS" "its status"
nothing_left client
