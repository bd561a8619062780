"""Twilio's Verify with its own SDK; only the base URL is another. Prints what it saw as JSON.

Environment: BASE, SID, TOKEN. Arguments: `start NUMBER CODE`, or `check SERVICE NUMBER CODE`.
"""
import json
import os
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

client = Client(os.environ["SID"], os.environ["TOKEN"])
client.verify.base_url = os.environ["BASE"]
services = client.verify.v2.services


def error_of(act):
    try:
        act()
    except TwilioRestException as error:
        return [error.code, error.status]
    return None


def start(number, code):
    service = services.create(friendly_name="Acme", custom_code_enabled=True)
    service = services(service.sid).update(code_length=8, do_not_share_warning_enabled=True)
    limit = services(service.sid).rate_limits.create(unique_name="ip", description="per address")
    services(service.sid).rate_limits(limit.sid).buckets.create(max=2, interval=60)
    made = services(service.sid).verifications.create(
        to=number, channel="sms", locale="fr", custom_code=code, rate_limits={"ip": "203.0.113.7"}
    )
    return {
        "service": service.sid,
        "shown": [service.friendly_name, service.code_length, made.status, made.valid, made.channel, made.to],
        "date": made.date_created.year >= 2026,
        "buckets": [bucket.max for bucket in services(service.sid).rate_limits(limit.sid).buckets.list()],
        "again": error_of(lambda: services(service.sid).verifications.create(to=number, channel="sms")),
        "nowhere": error_of(lambda: services(service.sid).verifications.create(to="12", channel="sms")),
    }


def check(service, number, code):
    checks = services(service).verification_checks
    wrong = checks.create(to=number, code="00000000")
    right = checks.create(to=number, code=code)
    return {
        "wrong": [wrong.status, wrong.valid],
        "right": [right.status, right.valid],
        "once": error_of(lambda: checks.create(to=number, code=code)),
        "attempts": [a.conversion_status for a in client.verify.v2.verification_attempts.list(limit=20)],
        "rate": client.verify.v2.verification_attempts_summary().fetch().conversion_rate_percentage,
        "services": len(services.list(limit=20)),
        "deleted": services(service).delete(),
    }


commands = {"start": start, "check": check}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
