#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""wire.py listen PORT CMD...: runs CMD on each connection, as inetd does
wire.py connect HOST PORT: standard input and output go there"""
import os
import select
import socket
import subprocess
import sys

if sys.argv[1] == 'listen':
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('', int(sys.argv[2])))
    s.listen(8)
    while True:
        c, _ = s.accept()
        subprocess.Popen(sys.argv[3:], stdin=c, stdout=c)
        c.close()
s = socket.create_connection((sys.argv[2], int(sys.argv[3])))
ways = {s: 1, 0: s.fileno()}
while True:
    for r in select.select(list(ways), [], [])[0]:
        data = os.read(r if r == 0 else s.fileno(), 65536)
        if not data:
            sys.exit(0)
        while data:
            data = data[os.write(ways[r], data):]
