#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.1.0.1, .9 --- 10.1.0.2 router 10.2.0.1 --- 10.2.0.2 server
#     sshdial call far                                         sshd, and
#   branch eth0 10.3.0.1 ------- 10.3.0.2                      sshdial-answer
#     sshdial call other
#   far: ppp0 10.9.0.2 - - 10.9.0.1, other: ppp0 10.9.0.3 - - 10.9.0.1
#
# test: sshdial-answer ends the older session of the same client and nothing
# test: else, whatever its notes say
# limit: 300
. "$REPO/tests/lib/lib.sh"

host client branch router server
link client 10.1.0.1/24 router 10.1.0.2/24
link router 10.2.0.1/24 server 10.2.0.2/24
link branch 10.3.0.1/24 router 10.3.0.2/24
ip -n client route add default via 10.1.0.2
ip -n branch route add default via 10.3.0.2
ip -n server route add default via 10.2.0.1
forward router yes
sshdial_install
install -m 755 "$REPO/scripts/sshdial-answer" /usr/local/bin/sshdial-answer
user_add pppuser dip
chsh -s /bin/sh pppuser
for name in client branch; do
	known_hosts 10.2.0.2 | put "$name" /etc/sshdial/known_hosts
done
printf 'notty\nnoauth\nnologfd\n' | put server /etc/ppp/peers/sshdial
readonly NOTES=~pppuser/.sshdial
client_of() { # HOST PEER ADDRESS [COMMAND]: a key, a line for it, a peer
	local host=$1
	shift
	key_make "/root/keys/$1"
	put "$host" "/etc/sshdial/$1" 600 <"/root/keys/$1"
	authorize pppuser "/root/keys/$1.pub" "restrict,command=\"${3:-\
/usr/local/bin/sshdial-answer call sshdial 10.9.0.1:$2}\""
	printf '%s\n' 'server 10.2.0.2' "identity /etc/sshdial/$1" \
		'redial-max 2s' 'gate-time 1s' | peer "$host" "$1"
}
client_of client far 10.9.0.2
client_of branch other 10.9.0.3
sshd_start server

note "--- what it takes"
answer() { # WORD...: as pppuser at the server; what it says in SAID
	local rc=0
	on server setpriv --reuid pppuser --regid dip --init-groups \
		env -i HOME=/home/pppuser /usr/local/bin/sshdial-answer "$@" \
		>/tmp/.got 2>/tmp/.said </dev/null || rc=$?
	SAID=$(</tmp/.said)
	is '' "$(tr -d '\0' </tmp/.got)" "what goes into the link"
	is 2 "$rc" "status of sshdial-answer $* ($SAID)"
}
for words in '' '-n' '-n ../x' '-n .x' '-n a/b' 'call sshdial' 'x:y'; do
	# shellcheck disable=SC2086
	answer $words
	like 'sshdial-answer: give -n NAME or an address pair' "$SAID" "$words"
done
answer 10.9.0.1:10.9.0.2 nonsense
like "pppd: (unrecognized option 'nonsense'|.*nonsense)" "$SAID" "pppd's error"

note "--- two clients of the account"
pppds() { # PAIR: those of the server; notty makes a helper of each
	ps -eo pid=,ppid=,comm=,args= | awk -v pair="call sshdial $1" '
		$3 == "pppd" { all[$1] = 1 }
		$3 == "pppd" && index($0, pair) { parent[$1] = $2 }
		END { for (i in parent) if (!(parent[i] in all)) print i }'
}
one_pppd() { # PAIR
	[[ $(pppds "$1") =~ ^[0-9]+$ ]]
}
up() { # HOST PEER ADDRESS
	daemon "$2" on "$1" sshdial call "$2"
	wait_for 30 "$2 is up" ppp_address "$1" ppp0 "$3" 10.9.0.1
	wait_for 10 "the server has one pppd for it" one_pppd "10.9.0.1:$3"
}
up client far 10.9.0.2
up branch other 10.9.0.3
on client ping -q -c 3 -i 0.1 -W 5 -I 10.9.0.2 10.9.0.1
other=$(pppds 10.9.0.1:10.9.0.3)
old=$(pppds 10.9.0.1:10.9.0.2)
is "$old" "$(cut -d' ' -f1 "$NOTES/10.9.0.1:10.9.0.2")" "what is noted"
old_sshd=$(cut -d' ' -f3 "$NOTES/10.9.0.1:10.9.0.2")
is sshd "$(cat "/proc/$old_sshd/comm")" "the sshd that is noted"
is '600 pppuser' "$(stat -c '%a %U' "$NOTES/10.9.0.1:10.9.0.2")" "the note"

note "--- the path of far dies, the client comes over another"
# Neither FIN nor RST reaches the server: the address they have is gone.
lose_path() { # OLD NEW: the client moves from one address to the other
	forward router no
	ip -n client addr del "$1/24" dev eth0
	wait_for 10 "the client has seen it" said_far '(keepalive|network): '
	kill -0 "$old" || fail "the old pppd has ended already"
	ip -n client addr add "$2/24" dev eth0
	ip -n client route replace default via 10.1.0.2
	forward router yes
}
said_far() {
	grep -qE "$1" "$OUT/far.log"
}
lose_path 10.1.0.1 10.1.0.9
new_pppd() {
	one_pppd 10.9.0.1:10.9.0.2 && [[ $(pppds 10.9.0.1:10.9.0.2) != "$old" ]]
}
wait_for 30 "the server has a new pppd alone" new_pppd
wait_for 5 "the old sshd is gone" is_gone "$old_sshd"
like 'ending the older session of 10.9.0.1:10.9.0.2 \(pppd '"$old"'\)' \
	"$(log_of far)" "what the client's log says"
wait_for 10 "far is up" ppp_address client ppp0 10.9.0.2 10.9.0.1
ping_far() { on client ping -q -c 2 -i 0.1 -W 2 -I 10.9.0.2 10.9.0.1; }
wait_for 10 "traffic flows" ping_far
two_interfaces() { (($(ip -n server -br link show type ppp | wc -l) == 2)); }
wait_for 5 "the server has two interfaces" \
	two_interfaces
is "$other" "$(pppds 10.9.0.1:10.9.0.3)" "the pppd of the other client"

note "--- wrong notes"
setpriv --reuid pppuser --regid dip --clear-groups sleep 300 &
sleeper=$!
alice_sleep() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
alice_sleep sleep 300 &
stranger=$!
start_of() {
	sed 's/^.*) //' "/proc/$1/stat" | cut -d' ' -f20
}
redial_with() { # WHAT: as the note stands now
	local old
	note "note: $1"
	old=$(pppds 10.9.0.1:10.9.0.2)
	session=$(pgrep -x sshdial-session -P "$(pid_of far)")
	ok on client sshdial redial far
	wait_for 20 "a new session" is_gone "$session"
	wait_for 20 "$1: far is up again" new_one "$old"
	is "$other" "$(pppds 10.9.0.1:10.9.0.3)" "the pppd of the other client"
	kill -0 "$sleeper" || fail "$1: it has ended a process that is no pppd"
	kill -0 "$stranger" || fail "$1: it has ended a process of another"
}
new_one() { # OLD: another pppd is there alone, and the link is up
	one_pppd 10.9.0.1:10.9.0.2 &&
		[[ $(pppds 10.9.0.1:10.9.0.2) != "$1" ]] &&
		on client sshdial status far
}
write() { # TEXT: into the note
	printf '%s\n' "$1" >"$NOTES/10.9.0.1:10.9.0.2"
}
write "$sleeper $(start_of "$sleeper") $sleeper $(start_of "$sleeper")"
redial_with "a process of the account that is no pppd"
write "$stranger $(start_of "$stranger") $stranger $(start_of "$stranger")"
redial_with "a process of another account"
write "$other 1 $other 1"
redial_with "a process id that was used again"
write "1 $(start_of 1) 1 $(start_of 1)"
redial_with "process 1"
write "-1 0 -1 0; touch /tmp/hacked \$(touch /tmp/hacked) ../1"
redial_with "words"
write "99999999999999999999999999 99999999999999999999999999999 * *"
redial_with "huge numbers"
head -c 300000 /dev/urandom >"$NOTES/10.9.0.1:10.9.0.2"
redial_with "garbage"
: >"$NOTES/10.9.0.1:10.9.0.2"
redial_with "nothing"
rm "$NOTES/10.9.0.1:10.9.0.2"
echo 'precious' >/home/pppuser/precious
ln -s /home/pppuser/precious "$NOTES/10.9.0.1:10.9.0.2"
redial_with "a symbolic link"
is precious "$(cat /home/pppuser/precious)" "what it led to"
rm "$NOTES/10.9.0.1:10.9.0.2"
mkfifo "$NOTES/10.9.0.1:10.9.0.2"
redial_with "a fifo"
rm -f "$NOTES/.10.9.0.1:10.9.0.2.lock"
mkfifo "$NOTES/.10.9.0.1:10.9.0.2.lock"
redial_with "a fifo as the lock"
like 'cannot write to .*: an older session is not ended' "$(log_of far)" "the log"
rm -f "$NOTES/.10.9.0.1:10.9.0.2.lock"
[[ ! -e /tmp/hacked ]] || fail "the note was executed"
kill "$sleeper" "$stranger"

note "--- a home that cannot be written"
chown root "$NOTES" && chmod 755 "$NOTES"
: >"$OUT/far.log"
old=$(pppds 10.9.0.1:10.9.0.2)
ok on client sshdial redial far
wait_for 20 "far is up again" new_one "$old"
like 'sshdial-answer: cannot write to /home/pppuser/.sshdial' \
	"$(log_of far)" "the log"
chown pppuser "$NOTES" && chmod 700 "$NOTES"

note "--- what the client asks for is not read"
# shellcheck disable=SC2016 # nobody may expand it
peer client far < <(cat "/proc/${HOST[client]}/root/etc/sshdial/far.conf"
	echo 'remote-command touch /tmp/hacked; $(touch /tmp/hacked) `touch /tmp/hacked`')
stop far INT 10
up client far 10.9.0.2
[[ ! -e /tmp/hacked ]] || fail "it was executed"

note "--- a /proc that hides the processes of others"
silent() { # our session falls silent, and the server cannot know
	session=$(pgrep -x sshdial-session -P "$(pid_of far)")
	old=$(cut -d' ' -f1 "$NOTES/10.9.0.1:10.9.0.2")
	kill -STOP "$session"
	# which has the line's other end, too: pppd would stay
	kill -KILL "$(pgrep -x pppd -P "$(pid_of far)")" "$(pid_of far)"
	ended_within far 5
	wait_for 15 "the local pppd has ended" no_ppp client
	kill -0 "$old" || fail "the old pppd has ended by itself"
	: >"$OUT/far.log"
}
mount -o remount,hidepid=2 /proc
silent
daemon far on client sshdial call far
wait_for 20 "it says so" said_far \
	"sshdial-answer: /proc hides pppd $old: an older session may still run"
kill -0 "$old" || fail "the old pppd was ended unseen"
kill -KILL "$session"
wait_for 10 "the old pppd hears the hangup" is_gone "$old"
wait_for 20 "far is up" said_far ' up: '
mount -o "remount,hidepid=2,gid=$(getent group dip | cut -d: -f3)" /proc
silent
up client far 10.9.0.2
like "ending the older session of .* \(pppd $old\)" "$(log_of far)" "the log"
kill -KILL "$session"
mount -o remount,hidepid=0 /proc

note "--- busybox, and sshd-session as OpenSSH 10 names it"
stop far INT 10
busybox=$(command -v busybox) || fail "busybox is missing: run tests/setup"
ln -sf "$busybox" /usr/local/bin/bb-sh
for applet in sh sed cut cat head tr id mkdir mv rm sleep; do
	ln -sf "$busybox" "/srv/$applet"
done
ln -sf /usr/sbin/pppd /srv/pppd
{
	echo '#!/srv/sh'
	sed '1d; s|^PATH=.*|PATH=/srv|' "$REPO/scripts/sshdial-answer"
} >/usr/local/bin/sshdial-answer
stop sshd-server
cp /usr/sbin/sshd /srv/sshd-session
daemon sshd-session on server /srv/sshd-session -D \
	-f /etc/ssh/sshd-server.conf -E "$OUT/sshd-session.log"
wait_for 10 "sshd-session listens" sshd_listens sshd-session server 22
up client far 10.9.0.2
old=$(pppds 10.9.0.1:10.9.0.2)
old_sshd=$(cut -d' ' -f3 "$NOTES/10.9.0.1:10.9.0.2")
is sshd-session "$(cat "/proc/$old_sshd/comm")" "the old sshd's name"
silent
up client far 10.9.0.2
wait_for 5 "the old pppd is gone" is_gone "$old"
like "ending the older session of .* \(pppd $old\)" "$(log_of far)" "the log"
wait_for 5 "the old sshd is gone" is_gone "$old_sshd"
kill -KILL "$session"
stop far INT 10
stop other INT 10
