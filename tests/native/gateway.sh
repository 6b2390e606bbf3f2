#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client ------------------------ server ------------------------ web
#     10.9.0.1, fd09::1   10.9.0.2, fd09::2   10.9.1.1, fd19::1   10.9.1.2,
#     the intranet: port 80                   sshd 22, 23, 24     fd19::2
#
# test: forward-remote and who reaches the port: GatewayPorts no, yes and
# test: clientspecified, both address families, and a low port that inetd and
# test: xinetd lead to it
# limit: 90
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/services.sh"

dial_pair
host web
link server 10.9.1.1/24,fd19::1/64 web 10.9.1.2/24,fd19::2/64
unpacked openbsd-inetd xinetd
sshd_start server 'Port 23' 'GatewayPorts yes'
sshd_start server 'Port 24' 'GatewayPorts clientspecified'
for port in 22 23 24; do
	known_hosts "[10.9.0.2]:$port,10.9.0.2"
done | put client /etc/sshdial/known_hosts
put client /etc/sshdial/www/index.html <<<'the intranet'
daemon web on client busybox httpd -f -p 80 -h /etc/sshdial/www
wait_for 5 "the intranet's server" listens client 80

get() { # HOST ADDRESS PORT: what the web server there says
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on "$1" timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" &&
		printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' \
		get "$2" "$3" 2>/dev/null | sed '1,/^\r$/d'
}
serves() { # PORT PLACE...: HOST/ADDRESS each
	local place
	for place in "${@:2}"; do
		is 'the intranet' "$(get "${place%/*}" "${place#*/}" "$1")" \
			"port $1 at $place"
	done
}
refuses() { # PORT PLACE...
	local place
	for place in "${@:2}"; do
		is '' "$(get "${place%/*}" "${place#*/}" "$1" || true)" \
			"port $1 at $place"
	done
}
call() { # NAME LINE...
	far_peer "$1" 'ppp no' "${@:2}"
	daemon "$1" on client sshdial call "$1"
	wait_for 10 "$1 is online" online "$1"
}
online() {
	QUIET=1 on client sshdial status "$1" | grep -q online
}
not() {
	! "$@"
}
readonly LOOPBACK=(server/127.0.0.1 server/::1)
readonly OUTSIDE=(web/10.9.1.1 web/fd19::1 client/10.9.0.2 client/fd09::2)

note "--- GatewayPorts no: whatever is asked for, loopback, without a word"
call no 'forward-remote 9030:localhost:80' 'forward-remote *:9031:localhost:80' \
	'forward-remote [fd19::1]:9032:localhost:80' \
	'forward-remote [::1]:9033:[fd09::1]:80'
for port in 9030 9031 9032; do
	serves "$port" "${LOOPBACK[@]}"
	refuses "$port" "${OUTSIDE[@]}"
	like "forward-remote .*$port:.*: the server listens on port $port\$" \
		"$(log_of no)" "its log"
done
serves 9033 server/::1 # an IPv6 target, too
refuses 9033 server/127.0.0.1 "${OUTSIDE[@]}"
unlike 'warning' "$(log_of no)" "its log"

note "--- a low port at the server leads to the high one: inetd, xinetd"
put server /srv/inetd.conf <<'LINES'
80 stream tcp nowait nobody /bin/nc /bin/nc -w 3 localhost 9030
LINES
put server /srv/xinetd.conf <<'LINES'
service intranet
{
	type                = UNLISTED
	flags               = REUSE
	socket_type         = stream
	protocol            = tcp
	user                = root
	wait                = no
	instances           = UNLIMITED
	port                = 80
	redirect            = localhost 9030
	disable             = no
}
LINES
refuses 80 "${OUTSIDE[@]}"
for name in inetd xinetd; do
	case $name in
	inetd) daemon inetd on server inetd -i /srv/inetd.conf ;;
	xinetd) daemon xinetd on server xinetd -dontfork -f /srv/xinetd.conf ;;
	esac
	wait_for 5 "$name listens" listens server 80
	serves 80 web/10.9.1.1 client/10.9.0.2
	stop "$name"
	wait_for 5 "nobody listens" not listens server 80
done
stop no

note "--- GatewayPorts yes: whatever is asked for, everywhere; we are told"
call yes 'port 23' 'forward-remote 9030:localhost:80' \
	'forward-remote *:9031:localhost:80'
for port in 9030 9031; do
	serves "$port" "${LOOPBACK[@]}" "${OUTSIDE[@]}"
done
like 'warning: the server says of port 9030: .*"localhost" overridden by server GatewayPorts' \
	"$(log_of yes)" "its log"
is 1 "$(grep -c warning "$OUT/yes.log")" "warnings"
stop yes

note "--- GatewayPorts clientspecified: as asked for"
call some 'port 24' 'forward-remote 9030:localhost:80' \
	'forward-remote *:9031:localhost:80' \
	'forward-remote [fd19::1]:9032:[fd09::1]:80' \
	'forward-remote 10.9.1.1:9033:[::1]:80'
serves 9030 "${LOOPBACK[@]}"
refuses 9030 "${OUTSIDE[@]}"
serves 9031 "${LOOPBACK[@]}" "${OUTSIDE[@]}"
serves 9032 web/fd19::1
refuses 9032 "${LOOPBACK[@]}" web/10.9.1.1 client/fd09::2
serves 9033 web/10.9.1.1
refuses 9033 "${LOOPBACK[@]}" web/fd19::1 client/10.9.0.2
unlike 'warning' "$(log_of some)" "its log"
stop some
nothing_left client
