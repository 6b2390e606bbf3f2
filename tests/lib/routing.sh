# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# For tests of what sshdial changes on a host: routes, rules, names, sysctls.

# routing HOST: prints all that may have been changed, in a form that compares.
# Lock files stay, so they are left out.
routing() {
	local family
	for family in -4 -6; do
		ip -n "$1" "$family" route show table all |
			sed 's/ expires [0-9]*sec//' | sort
		ip -n "$1" "$family" rule
		ip -n "$1" "$family" -o addr |
			grep -oP '^\d+: \S+ +inet6? \S+( peer \S+)?'
	done
	QUIET=1 on "$1" sh -c 'cat /etc/resolv.conf; sysctl -a 2>/dev/null |
		grep -E "\.(rp_filter|forwarding|ip_forward|accept_ra|src_valid_mark|accept_redirects|disable_ipv6) "'
	find "/proc/${HOST[$1]}/root/run/sshdial" ! -type d ! -name "*.lock" \
		-printf "%P\n" 2>/dev/null || true
}

# routing_is HOST TEXT: succeeds if routing HOST prints TEXT, else prints the
# difference; for wait_for
routing_is() {
	diff <(echo "$2") <(routing "$1")
}
