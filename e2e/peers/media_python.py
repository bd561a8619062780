"""Media of messages with Twilio's own SDK; only the base URL is another. Prints what it saw as JSON.

Environment: BASE, SID, TOKEN. Arguments: SENDER RECIPIENT MEDIA_URL.
"""
import json
import os
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

client = Client(os.environ["SID"], os.environ["TOKEN"])
client.api.base_url = os.environ["BASE"]
sender, recipient, url = sys.argv[1:]


def error_of(act):
    try:
        act()
    except TwilioRestException as error:
        return [error.code, error.status]
    return None


sent = client.messages.create(from_=sender, to=recipient, body="Look", media_url=[url, url])
media = client.messages(sent.sid).media
first, second = media.list()
fetched = media(first.sid).fetch()
print(json.dumps({
    "sent": [sent.num_media, sent.body],
    "listed": [first.content_type, first.parent_sid == sent.sid, first.sid[:2], first.sid != second.sid],
    "fetched": fetched.sid == first.sid,
    "deleted": media(second.sid).delete(),
    "left": len(media.list()),
    "gone": error_of(lambda: media(second.sid).fetch()),
    "missing": error_of(lambda: client.messages.create(from_=sender, to=recipient, media_url=[url + "-not"])),
}))
