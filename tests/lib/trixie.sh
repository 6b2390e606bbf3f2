# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Debian 13 (trixie) with OpenSSH 10, as a folder to chroot into.
#
# The runner sources this and calls trixie_make before tests that ask for
# trixie_root start: a stage has no network. What mmdebstrap made is kept as
# ${XDG_CACHE_HOME:-~/.cache}/sshdial/trixie-N.tar and made again when it is
# damaged or TRIXIE_DAYS old. Needs REPO.

readonly TRIXIE=$REPO/build/tests/trixie # 0700: has programs that are setuid
readonly TRIXIE_PACKAGES=openssh-server,libfaketime,ppp,libssh2-1t64,libnl-3-200,libcap-ng0
readonly TRIXIE_DAYS=30 TRIXIE_LIMIT=240

# --- for the runner ---

# trixie_make: makes $TRIXIE/root, or says in $TRIXIE/error why it cannot
trixie_make() {
	local tar lock
	tar=${XDG_CACHE_HOME:-$HOME/.cache}/sshdial/trixie-$(trixie_version).tar
	install -d -m 700 "$TRIXIE" "${tar%/*}"
	exec {lock}>"${tar%/*}/lock"
	flock "$lock" # one run of one checkout at a time
	rm -f "$TRIXIE/error"
	if ! trixie_current "$tar" &&
		! { trixie_tar "$tar" && trixie_unpack "$tar"; } \
			2>"$TRIXIE/log"; then
		mv "$TRIXIE/log" "$TRIXIE/error"
	fi
	exec {lock}>&-
}

# Another list of packages is another tar.
trixie_version() {
	sha256sum <<<"$TRIXIE_PACKAGES" | cut -c 1-12
}

# What lies there is of that tar, and the tar is young.
trixie_current() { # TAR
	trixie_young "$1" && cmp -s "$1.sum" "$TRIXIE/sum"
}

trixie_young() { # TAR
	[[ -n $(find "$1" -mtime "-$TRIXIE_DAYS" 2>/dev/null) ]]
}

trixie_tar() { # TAR
	local part=$1.part
	! trixie_young "$1" || ! trixie_whole "$1" || return 0
	command -v mmdebstrap >/dev/null || {
		echo "mmdebstrap is missing: run tests/setup" >&2
		return 1
	}
	echo "tests/run: making a Debian trixie, once in $TRIXIE_DAYS days"
	rm -f "$1" "$1.sum" "$part"
	# its limit is for a network that does not answer
	if timeout --kill-after=10 "$TRIXIE_LIMIT" mmdebstrap --quiet \
		--variant=minbase --include="$TRIXIE_PACKAGES" --format=tar \
		trixie "$part" "deb [signed-by=$(trixie_keys)] \
$(trixie_uri) trixie main" >&2; then
		sha256sum <"$part" >"$1.sum"
		mv "$part" "$1"
	else
		rm -f "$part"
		echo "no Debian trixie could be made from $(trixie_uri)" >&2
		return 1
	fi
}

trixie_whole() { # TAR
	sha256sum --check --status "$1.sum" <"$1" 2>/dev/null
}

trixie_keys() {
	echo /usr/share/keyrings/debian-archive-keyring.gpg
}

# Where the machine's own Debian comes from
trixie_uri() {
	local codename uri
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt's
	uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		2>/dev/null | sed -n "s/^$codename //p" | grep '/debian/*$' |
		head -n 1)
	echo "${uri:-http://deb.debian.org/debian}"
}

trixie_unpack() { # TAR
	rm -rf "$TRIXIE/sum" "$TRIXIE/root"
	install -d -m 755 "$TRIXIE/root"
	tar -C "$TRIXIE/root" --exclude='./dev/*' --numeric-owner -xf "$1" &&
		cp "$1.sum" "$TRIXIE/sum"
}

# --- for tests ---

# trixie_root HOST: HOST's /trixie is that Debian, with /proc and /dev, and
# with /out and the host keys; what is written there ends with the stage.
# `in_trixie HOST CMD...` runs CMD there.
trixie_root() {
	local root=$TRIXIE/root folder
	[[ -d $TRIXIE ]] || fail "the runner made no Debian trixie"
	[[ ! -e $TRIXIE/error ]] ||
		fail "no Debian trixie: $(cat "$TRIXIE/error")"
	mkdir -p /trixie "$root/out" "$root/run/sshd" "$root/keys"
	QUIET=1 on "$1" mount --bind "$root" /trixie
	for folder in proc dev dev/pts; do
		QUIET=1 on "$1" mount --bind "/$folder" "/trixie/$folder"
	done
	QUIET=1 on "$1" mount --bind "$OUT" /trixie/out
	QUIET=1 on "$1" mount --bind "$HOST_KEYS" /trixie/keys
}

in_trixie() { # HOST CMD...
	on "$1" chroot /trixie "${@:2}"
}

# sshd10_start HOST [LINE...]: as sshd_start (ssh.sh), by the OpenSSH of
# trixie_root HOST. Port 22 only. SSHD10_ENV are words for env(1).
SSHD10_ENV=()
sshd10_start() {
	local host=$1
	shift
	{
		printf '%s\n' "$@"
		[[ "$*" == *HostKey\ * ]] ||
			printf 'HostKey /keys/ssh_host_%s_key\n' ed25519 ecdsa rsa
		printf '%s\n' 'UsePAM no' 'LogLevel VERBOSE' 'PidFile none' \
			'UseDNS no' 'PrintMotd no' 'Subsystem sftp internal-sftp'
	} | put "$host" /trixie/etc/ssh/test.conf 600
	daemon "sshd-$host" on "$host" chroot /trixie env "${SSHD10_ENV[@]}" \
		/usr/sbin/sshd -D -f /etc/ssh/test.conf -E "/out/sshd-$host.log"
	wait_for 10 "OpenSSH 10 listens" sshd_listens "sshd-$host" "$host" 22
}
