#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# delay.py PORT ADDRESS TO MS: forwards each connection to PORT of 127.0.0.1 to port
# TO of ADDRESS. Each byte is delayed by MS, in each direction.
import asyncio
import sys
import time

PORT, ADDRESS, TO, MS = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4]


async def put_late(queue, writer):
    while True:
        due, data = await queue.get()
        await asyncio.sleep(max(0, due - time.monotonic()))
        if not data:
            writer.close()
            return
        writer.write(data)
        await writer.drain()


async def carry(reader, writer):
    queue = asyncio.Queue()
    late = asyncio.create_task(put_late(queue, writer))
    data = b"?"
    while data:
        data = await reader.read(65536)
        queue.put_nowait((time.monotonic() + int(MS) / 1000, data))
    await late


async def connected(reader, writer):
    there = await asyncio.open_connection(ADDRESS, int(TO))
    await asyncio.gather(carry(reader, there[1]), carry(there[0], writer),
                         return_exceptions=True)


async def main():
    door = await asyncio.start_server(connected, "127.0.0.1", int(PORT))
    await door.serve_forever()


asyncio.run(main())
