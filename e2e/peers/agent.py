"""A voice agent on a media stream, as one is written for Twilio: it says back what it hears. Each event but media is a JSON line.

Usage: python agent.py AUTH_TOKEN
"""

import asyncio
import json
import sys

import websockets
from twilio.request_validator import RequestValidator

TOKEN = sys.argv[1]


def tell(event):
    print(json.dumps(event), flush=True)


async def converse(socket):
    request = socket.request
    url = f"ws://{request.headers['Host']}{request.path}"
    signature = request.headers.get("X-Twilio-Signature", "")
    tell({"event": "upgrade", "signed": RequestValidator(TOKEN).validate(url, {}, signature)})
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


async def main():
    async with websockets.serve(converse, "127.0.0.1", 0) as server:
        tell({"event": "listening", "port": server.sockets[0].getsockname()[1]})
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
