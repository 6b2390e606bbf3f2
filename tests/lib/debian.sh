# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# A clean Debian as a folder to chroot into: 12 (bookworm), and 13 (trixie)
# with OpenSSH 10. A stage has no network, so it is made beforehand:
#
#   tests/setup  debian_fetch  makes ~/.cache/sshdial/SUITE-N.tar by mmdebstrap
#                              (in XDG_CACHE_HOME if that is set), and again
#                              if it is damaged or DEBIAN_DAYS old
#   tests/run    debian_make   unpacks it below build/tests if one of its
#                              tests calls bookworm_root or trixie_root
#
# N stands for the list of packages: a new list is a new tar. Needs REPO.

# All that a test uses there. bookworm is for our own package: these are what
# it depends on, and what the test needs.
declare -rA DEBIAN_PACKAGES=(
	[bookworm]="adduser,iproute2,libcap-ng0,libnl-3-200,libnl-route-3-200,libseccomp2,libssh2-1,openssh-server,ppp,systemd"
	[trixie]="openssh-server,libfaketime,ppp,libssh2-1t64,libnl-3-200,libcap-ng0,libseccomp2"
)
readonly DEBIAN_DAYS=30 DEBIAN_LIMIT=240

# debian_folder SUITE: the folder that has its `root'; mode 0700, because
# there are setuid programs in it
debian_folder() {
	echo "$REPO/build/tests/$1"
}

debian_tar() { # SUITE
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/sshdial/$1-$(sha256sum \
		<<<"${DEBIAN_PACKAGES[$1]}" | cut -c 1-12).tar"
}

# --- for setup ---

# debian_has SUITE: its tar is there
debian_has() {
	[[ -s $(debian_tar "$1").sum ]]
}

# debian_fetch SUITE: makes its tar, unless there is a whole and young one. An
# old one is better than none if the network does not answer.
debian_fetch() {
	local tar lock rc=0
	tar=$(debian_tar "$1")
	install -d -m 700 "${tar%/*}"
	exec {lock}>"${tar%/*}/lock"
	flock "$lock" # one setup at a time
	if ! debian_young "$tar" || ! debian_whole "$tar"; then
		echo "tests/setup: making a Debian $1, once in $DEBIAN_DAYS days"
		debian_bootstrap "$1" "$tar" || debian_whole "$tar" || rc=1
	fi
	exec {lock}>&-
	return "$rc"
}

debian_young() { # TAR
	[[ -n $(find "$1" -mtime "-$DEBIAN_DAYS" 2>/dev/null) ]]
}

debian_whole() { # TAR
	[[ -e $1.sum ]] && sha256sum --check --status "$1.sum" <"$1" 2>/dev/null
}

# The limit is for a network that does not answer.
debian_bootstrap() { # SUITE TAR
	local part=$2.part
	if timeout --kill-after=10 "$DEBIAN_LIMIT" mmdebstrap --quiet \
		--variant=minbase --include="${DEBIAN_PACKAGES[$1]}" --format=tar \
		"$1" "$part" "deb [signed-by=$(debian_keys)] \
$(debian_uri) $1 main" >&2; then
		rm -f "$2.sum"
		mv "$part" "$2"
		sha256sum <"$2" >"$2.sum"
	else
		rm -f "$part"
		echo "no Debian $1 could be made from $(debian_uri)" >&2
		return 1
	fi
}

debian_keys() {
	echo /usr/share/keyrings/debian-archive-keyring.gpg
}

# The mirror that the machine's own Debian comes from
debian_uri() {
	local codename uri
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt's
	uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		2>/dev/null | sed -n "s/^$codename //p" | grep '/debian/*$' |
		head -n 1)
	echo "${uri:-http://deb.debian.org/debian}"
}

# --- for the runner ---

# debian_make SUITE: its root is what its tar has, or a file `error' beside it
# says why not
debian_make() {
	local tar folder lock
	tar=$(debian_tar "$1")
	folder=$(debian_folder "$1")
	install -d -m 700 "$folder"
	exec {lock}>"$folder/lock"
	flock "$lock" # one run of this checkout at a time
	rm -f "$folder/error"
	if ! debian_has "$1"; then
		echo "run tests/setup, which makes it" >"$folder/error"
	elif ! cmp -s "$tar.sum" "$folder/sum"; then
		debian_unpack "$tar" "$folder" 2>"$folder/log" ||
			mv "$folder/log" "$folder/error"
	fi
	exec {lock}>&-
}

debian_unpack() { # TAR FOLDER
	rm -rf "$2/sum" "$2/root"
	install -d -m 755 "$2/root"
	debian_whole "$1" || {
		echo "$1 is damaged: run tests/setup" >&2
		return 1
	}
	tar -C "$2/root" --exclude='./dev/*' --numeric-owner -xf "$1" &&
		cp "$1.sum" "$2/sum"
}

# --- for tests ---

# trixie_root HOST: HOST's /trixie is that Debian, with /proc and /dev, and
# with /out and the host keys. Changes to it end with the stage.
# `in_trixie HOST CMD...` runs CMD there.
trixie_root() {
	debian_root "$1" trixie
}

in_trixie() { # HOST CMD...
	on "$1" chroot /trixie "${@:2}"
}

# bookworm_root HOST, in_bookworm HOST CMD...: the same with /bookworm
bookworm_root() {
	debian_root "$1" bookworm
}

in_bookworm() { # HOST CMD...
	on "$1" chroot /bookworm "${@:2}"
}

debian_root() { # HOST SUITE
	local made folder
	made=$(debian_folder "$2")
	[[ -d $made/root || -e $made/error ]] ||
		fail "the runner made no Debian $2"
	[[ ! -e $made/error ]] || fail "no Debian $2: $(cat "$made/error")"
	mkdir -p "/$2" "$made/root/out" "$made/root/run/sshd" "$made/root/keys"
	QUIET=1 on "$1" mount --bind "$made/root" "/$2"
	for folder in proc dev dev/pts; do
		QUIET=1 on "$1" mount --bind "/$folder" "/$2/$folder"
	done
	QUIET=1 on "$1" mount --bind "$OUT" "/$2/out"
	QUIET=1 on "$1" mount --bind "$HOST_KEYS" "/$2/keys"
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
