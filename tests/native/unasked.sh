#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------- 10.9.0.2 eth0 server
#     Xvfb :7                            22: a server that opens channels of
#     exec far, call gate                    type x11 and others by itself
#
# test: channels that a server opens and nobody has asked for are refused, the
# test: X server here sees none, and the session goes on as if nothing was
# limit: 60
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

host client server
link client 10.9.0.1/24 server 10.9.0.2/24
sshdial_install
key_make /root/keys/id_ed25519
put client /etc/sshdial/id_ed25519 600 </root/keys/id_ed25519
known_hosts 10.9.0.2 | put client /etc/sshdial/known_hosts
daemon hostile on server python3 "$REPO/tests/lib/hostile.py" 22 \
	"$HOST_KEYS/ssh_host_ed25519_key"
wait_for 10 "the server listens" listens server 22
export HOME=/root
xserver 7 -nolisten tcp
seq 10000 >/srv/numbers
seen() { # TEXT: how often the server has said it
	grep -cx "$1" "$OUT/hostile.log" || true
}
asked() { # TIMES
	(($(seen 'asked all') >= $1))
}
all_refused() { # TIMES
	wait_for 10 "the server has tried" asked "$1"
	is "$(($1 * 3))" "$(seen 'x11 refused [0-9]*')" "x11, refused"
	is "$(($1 * 3))" "$(seen 'forwarded-tcpip refused [0-9]*')" \
		"forwarded-tcpip, refused"
	is '' "$(grep -E 'taken|lost' "$OUT/hostile.log" || true)" "anything else"
}

note "--- beside a command, with a display here that is not forwarded"
far_peer far 'redial-first no' 'log-level warn'
mkfifo /srv/in
exec {IN}<>/srv/in
daemon exec on client sh -c 'DISPLAY=:7 XAUTHORITY=/root/xauth exec \
	sshdial exec far cat </srv/in >/srv/got 2>/srv/said'
all_refused 1
is 0 "$(ss -N client -Hx state connected | grep -c X11-unix/X7 || true)" \
	"connections of the X server"
alive exec || fail "exec has ended: $(</srv/said)"
cat /srv/numbers >&"$IN"
same() { cmp -s /srv/got /srv/numbers; }
wait_for 5 "what was sent comes back" same
stop exec INT
is 130 "$STATUS" "status"
is '' "$(</srv/said)" "what was said"
exec {IN}>&-
ends 7 '' on client sshdial exec far cat </srv/numbers
same_file /tmp/.got /srv/numbers
wait_for 5 "the server has tried, too late" asked 2
: >"$OUT/hostile.log"

note "--- in a call with forwarded ports"
far_peer gate 'ppp no' 'forward-local 7007:x:7' 'keepalive-interval 200ms'
daemon gate on client sshdial call gate
online() { QUIET=1 on client sshdial status gate | grep -q online; }
wait_for 10 "gate is online" online
all_refused 1
session=$(pgrep -x sshdial-session)
on client nc -N 127.0.0.1 7007 </srv/numbers >/srv/back
same_file /srv/back /srv/numbers
sleep 1 # some rounds of the keepalive
is "$session" "$(pgrep -x sshdial-session)" "the session"
online || fail "gate is not online"
unlike warning "$(log_of gate)" "its log"
stop gate
nothing_left client
