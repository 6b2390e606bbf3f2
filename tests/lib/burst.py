#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""burst.py PORT HOST-KEY COUNT: an SSH server that sends COUNT debug messages
(RFC 4253, 11.3) in one piece with its answer to a login by key, and whose
commands run until the connection ends."""

import socket
import sys
import threading

import paramiko


class Held:
    """A socket that keeps what is sent until it is let go."""

    def __init__(self, real):
        self.real = real
        self.kept = b""
        self.hold = True

    def __getattr__(self, name):
        return getattr(self.real, name)

    def send(self, data):
        self.kept += data
        if not self.hold:
            self.real.settimeout(10)
            self.real.sendall(self.kept)
            self.real.settimeout(0.1)
            self.kept = b""
        return len(data)


class Server(paramiko.ServerInterface):
    def __init__(self, transport, count):
        self.transport = transport
        self.count = count

    def check_auth_publickey(self, username, key):
        packetizer = self.transport.packetizer
        held = Held(packetizer._Packetizer__socket)
        packetizer._Packetizer__socket = held
        message = paramiko.Message()
        message.add_byte(b"\4")
        message.add_boolean(False)
        message.add_string("x")
        message.add_string("")
        for _ in range(self.count):
            self.transport._send_message(message)
        held.hold = False
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        return True


def serve(client, key, count):
    transport = paramiko.Transport(client)
    transport.add_server_key(key)
    transport.start_server(server=Server(transport, count))
    kept = []  # paramiko closes what nobody has
    while transport.is_active():
        kept.append(transport.accept(1))


def main():
    key = paramiko.Ed25519Key(filename=sys.argv[2])
    listener = socket.create_server(("", int(sys.argv[1])))
    while True:
        client, _ = listener.accept()
        args = (client, key, int(sys.argv[3]))
        threading.Thread(target=serve, args=args, daemon=True).start()


main()
