#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client eth0 10.9.0.1 ------------ 10.9.0.2 eth0 server, sshd on 22 and 2222
#     Xvfb :7, :8 with TCP, :9         xdpyinfo, xclock, xwd as alice
#     abstract; sshdial exec -X
#
# test: programs at the far end show their windows here, through a hop as
# test: well; who does not have the session's cookie is refused, and the X
# test: server's own stays here
# limit: 120
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

echo '10.9.0.1 client' >>/etc/hosts
dial_pair 'X11Forwarding yes'
known_hosts '[10.9.0.2]:2222' |
	QUIET=1 on client sh -c 'cat >>/etc/sshdial/known_hosts'
sshd_start server 'Port 2222' 'X11Forwarding no'
export HOME=/root
far_x() { # DISPLAY CMD...: at the far end
	xwith "$1" sshdial exec -X far "${@:2}"
}
far_gone() {
	! pgrep -fx 'sleep 0.5'
}
XHOSTS="10.9.0.1 [fd09::1]"
xserver 9 -nolisten tcp -nolisten unix
xserver 8 -listen tcp
xserver 7 -nolisten tcp
fails_with 1 on client env DISPLAY=:7 XAUTHORITY=/dev/null xdpyinfo

note "--- xdpyinfo"
is 647x487 "$(far_x :7 xdpyinfo | size_of_screen)" "size"
like 'localhost:10\.0' "$(far_x :7 xdpyinfo)" "name of the display there"
# its pixels: the header has bytes that xwd never sets
pixels() {
	tail -c $((647 * 487 * 4))
}
xwith :7 xwd -root -silent | pixels >/srv/here
far_x :7 xwd -root -silent | pixels >/srv/there
same_file /srv/here /srv/there
# shellcheck disable=SC2016 # the far shell's, from here on
seen=$(far_x :7 'xauth list; echo "$DISPLAY"')
like MIT-MAGIC-COOKIE-1 "$seen" "cookies there"
unlike "$COOKIE" "$seen" "cookies there"
fails_with 3 far_x :7 'xdpyinfo >/dev/null && exit 3'

note "--- what DISPLAY can be"
for display in :7.0 unix:7 /tmp/.X11-unix/X7; do
	is 647x487 "$(far_x "$display" xdpyinfo | size_of_screen)" "$display"
done
for display in 10.9.0.1:8 localhost:8 '[fd09::1]:8' client:8; do
	is 648x488 "$(far_x "$display" xdpyinfo | size_of_screen)" "$display"
done
is 649x489 "$(far_x :9 xdpyinfo | size_of_screen)" "an abstract socket"
far_peer inside 'hop alice@10.9.0.2'
is 647x487 "$(xwith :7 sshdial exec -X inside xdpyinfo | size_of_screen)" \
	"through a hop"

note "--- windows, several at once"
# shellcheck disable=SC2016
daemon clocks on client env DISPLAY=:7 XAUTHORITY=/root/xauth sshdial exec -X \
	far 'for i in 1 2 3 4 5 6; do xclock -title "clock $i" & done; wait'
for i in 1 2 3 4 5 6; do
	wait_for 10 "window $i is here" window :7 "clock $i"
done
pkill -KILL -fx 'xclock -title clock 2'
wait_for 5 "one of them is closed" no_window :7 'clock 2'
is 647x487 "$(xwith :7 sshdial exec -Y far xdpyinfo | size_of_screen)" \
	"a second session"
is 647x487 "$(xwith :7 sshdial exec -o ForwardX11=yes far xdpyinfo |
	size_of_screen)" "by -o"

note "--- who does not have the cookie of this session"
refused_there() { # the display of the clocks is localhost:10
	fails_with 1 on server setpriv --reuid alice --regid alice \
		--init-groups env DISPLAY=localhost:10.0 "$@" xdpyinfo
}
refused_there XAUTHORITY=/dev/null
on server xauth -q -f /srv/wrong add localhost:10 . "$(printf '%032x' 5)"
on server xauth -q -f /srv/wrong add 'server/unix:10' . "$(printf '%032x' 5)"
chmod 644 /srv/wrong # xauth makes a new file
refused_there XAUTHORITY=/srv/wrong
like 'X11: a program at the far end that showed a wrong cookie was refused' \
	"$(cat "$OUT/clocks.log")" "log"
printf 'hello, I am no X client, and long enough' |
	on server nc -N localhost 6010 >/srv/out
is '' "$(cat /srv/out)" "what a stranger gets"
printf 'l\0' | on server nc -N localhost 6010 >/srv/out
is '' "$(cat /srv/out)" "what a silent one gets"
window :7 'clock 3' || fail "the others are gone"
stop clocks INT
is 130 "$STATUS" "status"
wait_for 5 "they are all closed" no_window :7 'clock .'
nothing_left client

note "--- windows outlive the command"
daemon left on client env DISPLAY=:7 XAUTHORITY=/root/xauth sshdial exec -X \
	far 'xclock -title "clock 7" >/dev/null 2>&1 & sleep 0.5; exit 7'
wait_for 10 "the window is here" window :7 'clock 7'
wait_for 5 "the command has ended" far_gone
alive left || fail "exec has not waited for the window"
window :7 'clock 7' || fail "the window is closed"
pkill -fx 'xclock -title clock 7'
ended_within left 5
is 7 "$STATUS" "status"

note "--- refused"
ends 255 '-X: DISPLAY is not set' \
	on client sshdial exec -X far true
ends 255 '-X: DISPLAY "x" is not :N, unix:N, HOST:N, \[ADDRESS\]:N or a path$' \
	on client env DISPLAY=x sshdial exec -X far true
ends 255 'far-failed: the server refused X11 forwarding: it needs xauth and' \
	on client env DISPLAY=:7 sshdial exec -X -p 2222 far true
# shellcheck disable=SC2016
ends 0 '' on client env DISPLAY=:7 sshdial exec -X -x far '[ -z "$DISPLAY" ]'
ends 1 'X11: cannot connect to /tmp/.X11-unix/X6: No such file' \
	on client env DISPLAY=:6 sshdial exec -X far 'xdpyinfo 2>/dev/null'

note "--- the other way: the X server is reached by plain IP"
# shellcheck disable=SC2016
QUIET=1 on server sh -c 'xauth -q -f /root/xauth list 10.9.0.1:8 |
	while read -r rest; do xauth -q -f /srv/there add $rest; done'
is 648x488 "$(on server env XAUTHORITY=/srv/there DISPLAY=10.9.0.1:8 xdpyinfo |
	size_of_screen)" "size"
nothing_left client
