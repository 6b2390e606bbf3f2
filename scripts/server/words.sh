# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Part of sshdial-server: checks names, addresses and keys that it is given.
#
# shellcheck disable=SC2015,SC2034,SC2154 # it is a part of sshdial-server

# --- names, addresses, numbers ---

valid_name() {
	case $1 in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) return 1 ;;
	esac
	[ ${#1} -le 32 ]
}

# named NAME: exits unless it is the name of a client
named() {
	valid_name "$1" || die "'$(shown "$1")' is not the name of a client: 1 to 32 of" \
		"A-Z a-z 0-9 . _ -, the first a letter or a digit"
	name=$1
}

# ipv4 WORD: prints an address as a number
ipv4() (
	case $1 in
	'' | *[!0-9.]* | .* | *. | *..* | ????????????????*) exit 1 ;;
	esac
	IFS=.
	# shellcheck disable=SC2086 # words are meant
	set -- $1
	[ $# -eq 4 ] || exit 1
	for byte; do
		case $byte in 0?* | ????*) exit 1 ;; esac
		[ "$byte" -le 255 ] || exit 1
	done
	echo $((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))
)

dotted() {
	echo "$(($1 >> 24)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))"
}

# ipv6 WORD: prints the 32 hexadecimal digits of an address
ipv6() {
	case $1 in '' | *[!0-9A-Fa-f:]* | *:::*) return 1 ;; esac
	[ ${#1} -le 39 ] && echo "$1" | awk '{
		hole = index($0, "::")
		n = split(hole ? substr($0, 1, hole - 1) : $0, head, ":")
		m = hole ? split(substr($0, hole + 2), tail, ":") : 0
		if (hole ? n + m > 7 : n != 8)
			exit 1
		for (i = 1; i <= 8; i++) {
			g = i <= n ? head[i] : i > 8 - m ? tail[i - 8 + m] : "0"
			if (g !~ /^[0-9A-Fa-f]+$/ || length(g) > 4)
				exit 1
			s = s substr("0000" tolower(g), length(g) + 1)
		}
		print s
	}'
}

# text6 DIGITS: prints the address in the form of RFC 5952
text6() {
	echo "$1" | awk '{
		for (i = 1; i <= 8; i++) {
			g[i] = substr($0, 4 * i - 3, 4)
			sub(/^0+/, "", g[i])
			run = g[i] == "" ? run + 1 : 0
			if (run > 1 && run > best) {
				best = run
				from = i - run + 1
			}
		}
		for (i = 1; i <= 8; i++)
			if (best && i == from) {
				s = s "::"
				i += best - 1
			} else
				s = s (s == "" || s ~ /:$/ ? "" : ":") \
					(g[i] == "" ? "0" : g[i])
		print s
	}'
}

# number WORD LOW HIGH: succeeds if WORD is a number in that range
number() {
	case $1 in '' | 0?* | *[!0-9]* | ???????*) return 1 ;; esac
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# prefix WORD: prints a prefix of either family as ip(8) takes it, with its host
# part cleared
prefix() {
	case $1 in */*) ;; *:*) set -- "$1/128" ;; *) set -- "$1/32" ;; esac
	len=${1##*/}
	case $1 in
	*:*)
		digits=$(ipv6 "${1%/*}") && number "$len" 1 128 || return 1
		keep=$((len / 4))
		part=$((len % 4))
		head=$(printf %s "$digits" | cut -c "1-$keep")
		if [ "$keep" -eq 0 ]; then head=; fi
		if [ "$part" -gt 0 ]; then
			nibble=$(printf %s "$digits" | cut -c "$((keep + 1))")
			head=$head$(printf %x $((0x$nibble >> (4 - part) << (4 - part))))
		fi
		echo "$(text6 "$(printf '%-32s' "$head" | tr ' ' 0)")/$len"
		;;
	*)
		value=$(ipv4 "${1%/*}") && number "$len" 1 32 || return 1
		echo "$(dotted $((value >> (32 - len) << (32 - len))))/$len"
		;;
	esac
}

# --- a client's key ---

# key_read FILE: sets type, blob and note (the comment, of harmless characters) to
# those of the one public key in FILE
key_read() {
	if [ "$1" = - ]; then
		head -c 16385 >"$KEY"
	elif [ -f "$1" ]; then
		head -c 16385 <"$1" >"$KEY"
	else
		die "$(shown "$1"): there is no such file"
	fi || die "$(shown "$1") could not be read"
	from=$(shown "$1")
	[ "$(wc -c <"$KEY")" -le 16384 ] || die "$from: too long for a public key"
	[ "$(tr -dc '\000' <"$KEY" | wc -c)" -eq 0 ] ||
		die "$from: NUL bytes; this is not a public key"
	! grep -qE 'PRIVATE KEY|^PuTTY-User-Key-File' "$KEY" ||
		die "$from: a private key; give the client's public one (.pub)," \
			"and make a new pair where it was shown to others"
	! grep -q 'BEGIN SSH2 PUBLIC KEY' "$KEY" ||
		die "$from: not OpenSSH's form; run ssh-keygen -i -f on it"
	key_line=$(sed 's/\r$//; s/\t/ /g; /^ *\(#.*\)\?$/d' "$KEY")
	case $key_line in
	'') die "$from: no key in it" ;;
	*'
'*) die "$from: more than one line; a client has one key" ;;
	*[[:cntrl:]]*) die "$from: control characters; this is not a public key" ;;
	esac
	set -f
	# shellcheck disable=SC2086 # words are meant
	set -- $key_line
	set +f
	type=$1 blob=${2-}
	[ $# -le 2 ] || shift 2
	note=
	[ "$1" = "$type" ] || note=$(printf %s "$*" |
		tr -cs 'A-Za-z0-9@._+-' '_' | cut -c 1-64)
	key_check
}

key_check() {
	case $type in
	ssh-ed25519 | ecdsa-sha2-nistp256 | ecdsa-sha2-nistp384 | \
		ecdsa-sha2-nistp521 | ssh-rsa) ;;
	ssh-dss) die "$from: a DSA key, which sshd no longer accepts" ;;
	*-cert-v01@openssh.com) die "$from: a certificate; give the key" ;;
	sk-*) die "$from: a key that wants a touch; use an ed25519 key" ;;
	*) die "$from: '$(shown "$type")' stands where ssh-ed25519 should;" \
		"give the public key alone, without options in front of it" ;;
	esac
	case $blob in
	'' | *[!A-Za-z0-9+/=]*) die "$from: this is not a public key" ;;
	esac
	printf '%s %s\n' "$type" "$blob" >"$KEY" || die "$KEY could not be written"
	print=$(ssh-keygen -l -f "$KEY" 2>/dev/null) ||
		die "$from: this is not a public key"
	[ "$type" != ssh-rsa ] || [ "${print%% *}" -ge 2048 ] ||
		die "$from: an RSA key of ${print%% *} bits; 2048 is the minimum"
}
