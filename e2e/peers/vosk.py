"""A speech recogniser of the Vosk server's protocol that fails: each connection, and its end, is a JSON line.

Usage: python vosk.py dies|hangs

"dies" breaks the connection off in the middle of what is said; "hangs" takes the connection and reads nothing more of it.
"""

import asyncio
import json
import socket as sockets
import sys

import websockets

DIES = sys.argv[1] == "dies"


def tell(event):
    print(json.dumps(event), flush=True)


async def listen(socket):
    tell({"event": "asked", "config": json.loads(await socket.recv())["config"]})
    if DIES:
        for _ in range(5):
            await socket.recv()
            await socket.send(json.dumps({"partial": "een"}))
        socket.transport.abort()
    else:
        socket.transport.pause_reading()
        await asyncio.get_running_loop().create_future()


async def main():
    listening = sockets.socket()
    listening.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_MAXSEG, 536)
    listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    listening.bind(("127.0.0.1", 0))
    async with websockets.serve(listen, sock=listening) as server:
        tell({"event": "listening", "port": server.sockets[0].getsockname()[1]})
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
