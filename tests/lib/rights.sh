#!/bin/bash
# SPDX-License-Identifier: ISC
# rights.sh: prints what root may do here, a line each: NAME yes, or NAME no.
# native/systemd runs it under the unit's restrictions and without them.
export LC_ALL=C
NOBODY=$(mktemp -d)
trap 'rm -rf "$NOBODY"' EXIT

may() { # NAME CMD...
	if "${@:2}" >/dev/null 2>&1; then echo "$1 yes"; else echo "$1 no"; fi
}

# CAP_SYS_MODULE: where the kernel has no modules, this is all there is to see
load_modules() {
	(((0x$(sed -n 's/^CapEff:\s*//p' /proc/self/status) >> 16) & 1))
}

kill_others() {
	local pid rc=0
	setpriv --reuid nobody --clear-groups sleep 100 &
	pid=$!
	until grep -qs '^Uid:.6' "/proc/$pid/status"; do sleep 0.05; done
	kill "$pid" || rc=1
	wait "$pid"
	return "$rc"
}

others_files() {
	setpriv --reuid nobody --clear-groups true &&
		chown nobody "$NOBODY" && chmod 700 "$NOBODY" &&
		: >"$NOBODY/file" && chmod 600 "$NOBODY/file"
}

writes() { # FOLDER
	: >"$1/.rights-$$" && rm "$1/.rights-$$"
}

set_sysctl() {
	local file=/proc/sys/net/ipv4/conf/all/rp_filter
	echo "$(<$file)" >$file
}

# shellcheck disable=SC2016 # Perl's
perl_socket() { # FAMILY TYPE PROTOCOL [PORT]
	perl -MSocket -e '($f, $t, $p, $port) = @ARGV;
		socket(S, $f, $t, $p) or exit 1;
		exit !bind(S, pack_sockaddr_in($port, INADDR_ANY)) if $port' "$@"
}

may port-143 perl_socket 2 1 6 143
may icmp-socket perl_socket 2 3 1
may icmp6-socket perl_socket 10 3 58
may packet-socket perl_socket 17 3 0
may links sh -c 'ip link add rights0 type veth peer name rights1 &&
	ip link del rights0'
may routes sh -c 'ip route add blackhole 198.51.100.9 &&
	ip route del blackhole 198.51.100.9'
may rules sh -c 'ip rule add prio 9 to 198.51.100.9 blackhole &&
	ip rule del prio 9'
may filters sh -c 'iptables -N rights && iptables -X rights'
may sysctl set_sysctl
may modules load_modules
may other-account setpriv --reuid nobody --regid nogroup --clear-groups true
may kill-others kill_others
may others-files others_files
may write-etc writes /etc
may write-run writes /run
may write-tmp writes /tmp
may pty sh -c 'script -qc true /dev/null'
may write-usr writes /usr
may write-home writes /root
may mount sh -c "mount -t tmpfs none $NOBODY && umount $NOBODY"
may namespace unshare --net true
may clock date -s now
