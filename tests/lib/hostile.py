# SPDX-License-Identifier: ISC
"""hostile.py PORT HOST-KEY: an SSH server that takes every login and, on each
connection with a session, opens channels that nobody has asked for. It says
on standard output what became of each. Commands get their input back, and so
do forwarded connections."""

import socket
import sys
import threading
import time

import paramiko


def unasked(transport):
    """Channels that a client has to refuse."""
    origin = ("127.0.0.1", 6010)
    time.sleep(0.3)
    for kind, target in (
        ("x11", None),
        ("forwarded-tcpip", ("127.0.0.1", 22)),
    ) * 3:
        try:
            channel = transport.open_channel(
                kind, dest_addr=target, src_addr=origin, timeout=5
            )
            channel.sendall(b"l\0\v\0\0\0\0\0\0\0\0\0")
            print(kind, "taken", flush=True)
        except paramiko.ChannelException as error:
            print(kind, "refused", error.code, flush=True)
        except paramiko.SSHException as error:
            print(kind, "lost:", error, flush=True)
    print("asked all", flush=True)


def echo(channel):
    while True:
        data = channel.recv(4096)
        if not data:
            break
        channel.sendall(data)
    if channel.get_name() == "exec":
        channel.send_exit_status(7)
    channel.close()


class Server(paramiko.ServerInterface):
    def __init__(self, transport):
        self.transport = transport
        self.forwards = set()

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        threading.Thread(
            target=unasked, args=(self.transport,), daemon=True
        ).start()
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        channel.set_name("exec")
        threading.Thread(target=echo, args=(channel,), daemon=True).start()
        return True

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        self.forwards.add(chanid)
        return paramiko.OPEN_SUCCEEDED


def serve(client, key):
    transport = paramiko.Transport(client)
    transport.add_server_key(key)
    server = Server(transport)
    transport.start_server(server=server)
    kept = []  # paramiko closes what nobody has
    while transport.is_active():
        channel = transport.accept(1)
        kept.append(channel)
        if channel and channel.get_id() in server.forwards:
            threading.Thread(target=echo, args=(channel,), daemon=True).start()


def main():
    key = paramiko.Ed25519Key(filename=sys.argv[2])
    listener = socket.create_server(("", int(sys.argv[1])))
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, key), daemon=True).start()


main()
