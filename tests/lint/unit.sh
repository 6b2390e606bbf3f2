#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: the unit as make install puts it is one that systemd takes without a
# test: word, its program is the installed one, and its exposure is bounded
set -euo pipefail

readonly MOST=60 # tenths, of 100: pppd and its scripts are root's
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
make -s DESTDIR="$root" PREFIX=/usr install-files >/dev/null
unit=$root/usr/lib/systemd/system/sshdial@.service
program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")
[[ $program == /usr/sbin/sshdial && -x $root$program ]] || {
	echo "the unit starts '$program', which was not installed"
	exit 1
}
for file in etc/init.d/sshdial etc/default/sshdial usr/bin/sshdial-answer; do
	[[ -e $root/$file ]] || { echo "$file was not installed" && exit 1; }
done
grep -q '^PATH=/usr/sbin:' "$root/etc/init.d/sshdial" ||
	{ echo "the init script does not look into SBINDIR" && exit 1; }

# The machine's own units stand around it; man pages are not in that root.
instance=$root/sshdial@office.service
sed "s|^ExecStart=/|&.$root/|; s|/\.$root|$root|; /^Documentation=/d" \
	"$unit" >"$instance"
said=$(systemd-analyze verify --man=no "$instance" 2>&1) ||
	{ echo "$said" && exit 1; }
said=$(grep -F sshdial <<<"$said") || true
[[ -z $said ]] || { echo "$said" && exit 1; }
said=$(systemd-analyze security --offline=true --no-pager \
	--threshold="$MOST" "$instance" 2>&1) || { echo "$said" && exit 1; }
tail -n 1 <<<"$said"

make -s DESTDIR="$root" PREFIX=/usr uninstall
left=$(find "$root" ! -type d ! -path '*/etc/default/sshdial' ! -name '*@office*')
[[ -z $left ]] || { echo "make uninstall leaves $left" && exit 1; }
