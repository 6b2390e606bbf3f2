#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client 10.9.0.1 -------- 10.9.0.2 server
#     sshdial pipe far         sshd
#
# test: a hook that never reports does not keep a hangup from its end
# limit: 90
# waits: yes
. "$REPO/tests/lib/lib.sh"

dial_pair
far_peer far "remote-command printf '\\176\\377\\175\\043'; exec cat"
mkfifo /tmp/.line
# shellcheck disable=SC2034 # it keeps the fifo open
exec {FD}<>/tmp/.line
online() { on client sshdial status far | grep -q ' online '; }
daemon call on client sh -c "exec sshdial pipe far <>/tmp/.line 2>&1 >/dev/null"
wait_for 10 "the line is up" online

# the hook of this shell, which stands for pppd, in the event ip-down
cat >/tmp/.hook.py <<'PY'
import socket, struct, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect('/run/sshdial/far.sock')
s.send(struct.pack('=LHHHHlL368x', 0x73646c31, 3, 4, 1, 0, int(sys.argv[1]), 0))
print('verdict', struct.unpack_from('=H', s.recv(4096), 6)[0], flush=True)
time.sleep(80)
PY
daemon hook on client python3 /tmp/.hook.py "$$"
wait_for 5 "the hook goes on" grep -qx 'verdict 1' "$OUT/hook.log"
start=${EPOCHREALTIME/./}
ok on client sshdial hangup far
ended_within call 2
s=$(((${EPOCHREALTIME/./} - start) / 1000000))
((s >= 15 && s < 30)) || fail "the hangup took $s s"
stop hook
