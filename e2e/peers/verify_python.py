"""Twilio's Verify with its own SDK; only the base URL is another. Prints what it saw as JSON.

Environment: BASE, SID, TOKEN. Arguments: `start NUMBER CODE`, `check SERVICE NUMBER CODE`, `totp IDENTITY`, or `settings TEMPLATE NUMBER`.
"""
import base64
import hashlib
import hmac
import json
import os
import struct
import sys
import time

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


def attempts(service, verification, number):
    """What the attempts of a verification look like, one by one, filtered and counted."""
    made = client.verify.v2.verification_attempts
    mine = {"verify_service_sid": service, "verification_sid": verification, "channel_data_to": number}
    [one] = made.list(channel="sms", country="BE", status="converted", **mine)
    found = client.verify.v2.verification_attempts(one.sid).fetch()
    counted = client.verify.v2.verification_attempts_summary().fetch(
        verify_service_sid=service, country="BE", channel="sms", destination_prefix=number[:6]
    )
    return {
        "attempt": [found.channel, found.conversion_status, found.channel_data["to"], found.channel_data["country"]],
        "belongs": [found.verification_sid == verification, found.service_sid == service, found.sid == one.sid],
        "others": [len(made.list(status="unconverted", **mine)), len(made.list(channel="whatsapp", limit=5))],
        "counted": [counted.total_attempts, counted.total_converted, counted.total_unconverted],
    }


def check(service, number, code):
    checks = services(service).verification_checks
    wrong = checks.create(to=number, code="00000000")
    right = checks.create(to=number, code=code)
    return {
        "wrong": [wrong.status, wrong.valid],
        "right": [right.status, right.valid],
        "once": error_of(lambda: checks.create(to=number, code=code)),
        **attempts(service, right.sid, number),
        "attempts": [a.conversion_status for a in client.verify.v2.verification_attempts.list(limit=20)],
        "rate": client.verify.v2.verification_attempts_summary().fetch().conversion_rate_percentage,
        "services": len(services.list(limit=20)),
        "deleted": services(service).delete(),
    }


def totp_code(secret, moment):
    """RFC 6238 with SHA-1, six digits, 30 s, as an app computes it."""
    counter = struct.pack(">Q", int(moment) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def totp(identity):
    service = services.create(friendly_name="Acme", totp_issuer="Acme Bank")
    entity = services(service.sid).entities(identity)
    made = entity.new_factors.create(friendly_name="an@example.be", factor_type="totp", metadata={"os": "x"})
    secret, now = made.binding["secret"], time.time()
    before = error_of(lambda: entity.challenges.create(factor_sid=made.sid, auth_payload="000000"))
    factor = entity.factors(made.sid)
    wrong = factor.update(auth_payload=totp_code(secret, now + 3_600))
    right = factor.update(auth_payload=totp_code(secret, now))
    again = entity.challenges.create(factor_sid=made.sid, auth_payload=totp_code(secret, now))
    # The next code is taken early: clocks differ.
    approved = entity.challenges.create(factor_sid=made.sid, auth_payload=totp_code(secret, now + 30))
    seen = {
        "secret": secret,
        "uri": made.binding["uri"],
        "made": [made.status, made.factor_type, made.identity, made.metadata],
        "before": before,
        "factor": [wrong.status, right.status],
        "challenges": [again.status, approved.status],
        "answered": approved.date_responded is not None and approved.expiration_date > approved.date_created,
        "listed": sorted(c.status for c in entity.challenges.list(factor_sid=made.sid, limit=20)),
        "names": [f.friendly_name for f in entity.factors.list(limit=20)],
        "entities": [e.identity for e in services(service.sid).entities.list(limit=20)],
        "renamed": factor.update(friendly_name="pad").friendly_name,
    }
    for _ in range(4):
        entity.challenges.create(factor_sid=made.sid, auth_payload=totp_code(secret, now + 7_200))
    seen["guessed"] = error_of(
        lambda: [entity.challenges.create(factor_sid=made.sid, auth_payload="000000") for _ in range(3)]
    )
    seen["deleted"] = [factor.delete(), entity.delete(), services(service.sid).delete()]
    return seen


def settings(template, number):
    """What a service and an account have beside verifications; the template was made without the SDK."""
    service = services.create(friendly_name="Acme", default_template_sid=template)
    here = services(service.sid)
    hook = here.webhooks.create(friendly_name="all", event_types=["*"], webhook_url="https://a.test/hook")
    off = here.webhooks(hook.sid).update(status="disabled")
    sender = Client(client.username, client.password)
    sender.messaging.base_url = os.environ["BASE"]
    sender = sender.messaging.v1.services.create(friendly_name="BE").sid
    made = here.messaging_configurations.create(country="BE", messaging_service_sid=sender)
    safe = client.verify.v2.safelist.create(phone_number=number)
    [shown] = client.verify.v2.templates.list(friendly_name="orders")
    words = shown.translations["nl"]
    return {
        "translation": [
            shown.friendly_name, shown.channels, words["locale"], words["is_default_translation"], words["status"], words["text"],
        ],
        "named": [len(client.verify.v2.templates.list(friendly_name=name)) for name in ("orders", "others")],
        "template": service.default_template_sid == template,
        "templates": [t.friendly_name for t in client.verify.v2.templates.list(limit=20)],
        "hook": [hook.status, hook.event_types, hook.webhook_method, off.status],
        "hooks": len(here.webhooks.list(limit=20)),
        "sender": [made.country, here.messaging_configurations("BE").fetch().messaging_service_sid == sender],
        "senders": [c.country for c in here.messaging_configurations.list(limit=20)],
        "safe": [safe.phone_number, client.verify.v2.safelist(number).fetch().sid == safe.sid],
        "deleted": [
            here.webhooks(hook.sid).delete(),
            here.messaging_configurations("BE").delete(),
            client.verify.v2.safelist(number).delete(),
        ],
        "gone": error_of(lambda: client.verify.v2.safelist(number).fetch()),
    }


commands = {"start": start, "check": check, "totp": totp, "settings": settings}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
