"""Twilio's Messaging with its own SDK; only the base URLs are others. Prints what it saw as JSON.

Environment: BASE, SID, TOKEN. Arguments: NUMBER_SID RECIPIENT SECONDS.
"""
import datetime
import json
import os
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

client = Client(os.environ["SID"], os.environ["TOKEN"])
client.messaging.base_url = os.environ["BASE"]
client.api.base_url = os.environ["BASE"]
number, recipient, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
services = client.messaging.v1.services


def error_of(act):
    try:
        act()
    except TwilioRestException as error:
        return [error.code, error.status]
    return None


service = services.create(friendly_name="Shop", sticky_sender=True, validity_period=600)
service = services(service.sid).update(smart_encoding=False)
numbers = services(service.sid).phone_numbers
added = numbers.create(phone_number_sid=number)
sent = client.messages.create(messaging_service_sid=service.sid, to=recipient, body="now")
later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
waits = lambda: client.messages.create(  # noqa: E731
    messaging_service_sid=service.sid, to=recipient, body="later", send_at=later, schedule_type="fixed"
)
kept, withdrawn = waits(), waits()
print(json.dumps({
    "shown": [service.friendly_name, service.smart_encoding, service.sticky_sender, service.validity_period],
    "numbers": [one.phone_number == added.phone_number for one in numbers.list()],
    "again": error_of(lambda: numbers.create(phone_number_sid=number)),
    "sent": [sent.status, sent.messaging_service_sid == service.sid],
    "scheduled": kept.status,
    "withdrawn": client.messages(withdrawn.sid).update(status="canceled").status,
    "codes": [code.short_code for code in client.short_codes.list()],
    "services": len(services.list(limit=20)),
    "nowhere": error_of(lambda: client.messages.create(messaging_service_sid="MG" + "0" * 32, to=recipient, body="x")),
}))
