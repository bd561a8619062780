"""A voice agent on a media stream, as one is written for Twilio: it says back what it hears. Each event but media is a JSON line.

Usage: python agent.py AUTH_TOKEN [deaf]

With "deaf" it takes the stream and reads nothing of it, behind buffers so small that this is felt soon.
"""

import asyncio
import json
import socket as sockets
import sys

import websockets
from twilio.request_validator import RequestValidator

TOKEN = sys.argv[1]
DEAF = sys.argv[2:] == ["deaf"]


def tell(event):
    print(json.dumps(event), flush=True)


async def converse(socket):
    request = socket.request
    url = f"ws://{request.headers['Host']}{request.path}"
    signature = request.headers.get("X-Twilio-Signature", "")
    tell({"event": "upgrade", "signed": RequestValidator(TOKEN).validate(url, {}, signature)})
    if DEAF:
        # Nothing is taken from the socket: TCP tells the other side to wait.
        socket.transport.pause_reading()
        await asyncio.get_running_loop().create_future()
    frames = 0
    async for data in socket:
        message = json.loads(data)
        event, stream = message["event"], message.get("streamSid")
        if event != "media":
            tell(message)
        if event == "media":
            frames += 1
            media = {"payload": message["media"]["payload"]}
            await socket.send(json.dumps({"event": "media", "streamSid": stream, "media": media}))
            if frames == 100:
                mark = {"name": "two seconds"}
                await socket.send(json.dumps({"event": "mark", "streamSid": stream, "mark": mark}))
        elif event == "dtmf" and message["dtmf"]["digit"] == "9":
            await socket.send(json.dumps({"event": "clear", "streamSid": stream}))
            await socket.close()
    tell({"event": "closed", "code": socket.close_code, "frames": frames})


def listener():
    listening = sockets.socket()
    if DEAF:
        # Both ends size their buffers by what a segment holds, and a window never grows beyond this.
        listening.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_MAXSEG, 536)
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    listening.bind(("127.0.0.1", 0))
    return listening


async def main():
    async with websockets.serve(converse, sock=listener()) as server:
        tell({"event": "listening", "port": server.sockets[0].getsockname()[1]})
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
