"""What a customer's program does with Twilio's own SDK; only the base URL is another. Prints what it saw as JSON.

Environment: BASE, SID, TOKEN, APP (URL of the application), CALLED (a number that answers).
"""
import json
import os
import sys
import time

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

BASE = os.environ["BASE"]
APP = os.environ["APP"]
CALLED = os.environ["CALLED"]


def client(user, token, account=None):
    made = Client(user, token, account)
    made.api.base_url = BASE
    made.pricing.base_url = BASE
    return made


def wait(fetch, wanted):
    until = time.monotonic() + 40
    while True:
        found = fetch()
        if found.status in wanted:
            return found
        if time.monotonic() > until:
            sys.exit(f"stays {found.status}")
        time.sleep(0.05)


def error_of(act):
    try:
        act()
    except TwilioRestException as error:
        return {"class": type(error).__name__, "code": error.code, "status": error.status}
    return None


def sip(me):
    domain = me.sip.domains.create(domain_name=f"{me.account_sid.lower()}.sip.example", sip_registration=True)
    users = me.sip.credential_lists.create(friendly_name="Phones")
    user = me.sip.credential_lists(users.sid).credentials.create(username="alice", password="Correct-horse-42")
    offices = me.sip.ip_access_control_lists.create(friendly_name="Offices")
    network = me.sip.ip_access_control_lists(offices.sid).ip_addresses.create(
        friendly_name="Brussels", ip_address="192.0.2.7", cidr_prefix_length=24
    )
    at = me.sip.domains(domain.sid)
    at.auth.registrations.credential_list_mappings.create(credential_list_sid=users.sid)
    at.auth.calls.credential_list_mappings.create(credential_list_sid=users.sid)
    at.ip_access_control_list_mappings.create(ip_access_control_list_sid=offices.sid)
    out = {
        "sip": [
            domain.sid[:2],
            user.sid[:2],
            network.cidr_prefix_length,
            at.fetch().auth_type,
            [m.friendly_name for m in at.credential_list_mappings.list()],
            [m.friendly_name for m in at.auth.registrations.credential_list_mappings.list()],
            [m.friendly_name for m in at.auth.calls.ip_access_control_list_mappings.list()],
        ],
        "list_in_use": error_of(lambda: me.sip.credential_lists(users.sid).delete()),
        "weak": error_of(
            lambda: me.sip.credential_lists(users.sid).credentials.create(username="bob", password="weak")
        ),
    }
    at.delete()
    out["sip_deleted"] = [me.sip.credential_lists(users.sid).delete(), len(me.sip.domains.list())]
    return out


def rooms(me):
    queue = me.queues.create(friendly_name="support", max_size=5)
    queue = me.queues(queue.sid).update(max_size=7)
    out = {
        "queue": [queue.sid[:2], queue.max_size, queue.current_size, queue.average_wait_time],
        "queues": [q.friendly_name for q in me.queues.list()],
        "members": len(me.queues(queue.sid).members.list()),
        "queue_taken": error_of(lambda: me.queues.create(friendly_name="support")),
        "nobody_waits": error_of(lambda: me.queues(queue.sid).members("Front").fetch()),
        "conferences": len(me.conferences.list(status="completed")),
        "no_conference": error_of(lambda: me.conferences("CF" + "0" * 32).fetch()),
    }
    out["queue_deleted"] = me.queues(queue.sid).delete()
    return out


def main():
    out = {}
    top = client(os.environ["SID"], os.environ["TOKEN"])
    sub = top.api.accounts.create(friendly_name="SDK python")
    out["sub_account"] = [sub.sid[:2], sub.status, sub.friendly_name, len(sub.auth_token)]

    # A sub-account signs in with its own token.
    me = client(sub.sid, sub.auth_token)
    out["own_account"] = me.api.accounts(sub.sid).fetch().sid == sub.sid

    key = me.new_keys.create(friendly_name="ci")
    by_key = client(key.sid, key.secret, sub.sid)
    out["key"] = [key.sid[:2], len(by_key.incoming_phone_numbers.list())]

    offered = me.available_phone_numbers("BE").local.list(limit=3)
    number = me.incoming_phone_numbers.create(phone_number=offered[0].phone_number, voice_url=f"{APP}/voice")
    number = me.incoming_phone_numbers(number.sid).update(friendly_name="Desk", voice_url=f"{APP}/voice2", voice_method="GET")
    out["number"] = [number.friendly_name, number.voice_url == f"{APP}/voice2", number.voice_method, number.capabilities["sms"]]

    application = me.applications.create(friendly_name="App", voice_url=f"{APP}/voice")
    application = me.applications(application.sid).update(friendly_name="App 2")
    out["application"] = [application.friendly_name, [a.sid == application.sid for a in me.applications.list()]]

    bodies = [f"Message {n}" for n in range(5)]
    for body in bodies:
        me.messages.create(to=CALLED, from_=number.phone_number, body=body)
    pages = me.messages.page(page_size=2)
    counts = []
    while pages is not None:
        counts.append(len(list(pages)))
        pages = pages.next_page()
    out["pages"] = counts
    listed = me.messages.list(page_size=2)
    out["messages"] = sorted(message.body for message in listed)
    done = wait(lambda: me.messages(listed[0].sid).fetch(), ["delivered", "sent"])
    out["message"] = [done.direction, done.num_segments, done.price, done.price_unit, done.date_created.year >= 2024]

    call = me.calls.create(to=CALLED, from_=number.phone_number, url=f"{APP}/out", timeout=20)
    out["call_created"] = [call.sid[:2], call.status, call.direction]
    wait(lambda: me.calls(call.sid).fetch(), ["in-progress"])
    me.calls(call.sid).update(status="completed")
    ended = wait(lambda: me.calls(call.sid).fetch(), ["completed"])
    out["call"] = [ended.status, int(ended.duration) >= 0, ended.start_time is not None, ended.end_time is not None]
    out["calls"] = [c.sid == call.sid for c in me.calls.list(status="completed")]

    recorded = me.calls.create(to=CALLED, from_=number.phone_number, url=f"{APP}/record")
    wait(lambda: me.calls(recorded.sid).fetch(), ["completed"])
    until = time.monotonic() + 40
    while not (recordings := me.recordings.list()) and time.monotonic() < until:
        time.sleep(0.05)
    out["recordings"] = [[r.sid[:2], r.call_sid == recorded.sid] for r in recordings]

    records = {r.category: r for r in me.usage.records.today.list()}
    out["usage"] = [int(records["sms-outbound"].count), float(records["totalprice"].price) > 0]

    prices, newer = me.pricing.v1, me.pricing.v2
    mobile = newer.voice.numbers(CALLED).fetch(origination_number=number.phone_number)
    out["pricing"] = [
        [country.iso_country for country in prices.voice.countries.list()],
        prices.messaging.countries("BE").fetch().outbound_sms_prices[0]["prices"][0]["current_price"],
        prices.phone_numbers.countries("BE").fetch().phone_number_prices[0]["current_price"],
        prices.voice.numbers(CALLED).fetch().outbound_call_price["current_price"],
        [
            mobile.price_unit,
            mobile.outbound_call_prices[0]["current_price"],
            mobile.origination_number == number.phone_number,
        ],
        len(newer.voice.countries("BE").fetch().outbound_prefix_prices),
    ]
    out["no_prices"] = error_of(lambda: prices.voice.countries("FR").fetch())
    dear = me.messages.create(to=CALLED, from_=number.phone_number, body="x", max_price=0.09)
    out["dear"] = [dear.status, dear.error_code]

    out["bad_to"] = error_of(lambda: me.calls.create(to="nonsense!", from_=number.phone_number, url=f"{APP}/out"))
    out["no_body"] = error_of(lambda: me.messages.create(to=CALLED, from_=number.phone_number))
    out["not_found"] = error_of(lambda: me.calls("CA" + "0" * 32).fetch())
    out["wrong_token"] = error_of(lambda: client(sub.sid, "0" * 32).api.accounts(sub.sid).fetch())

    out["call_recordings"] = [r.sid == recordings[0].sid for r in me.calls(recorded.sid).recordings.list()]
    out["events"] = me.calls(recorded.sid).events.list()[0].request["event"]
    out["call_over"] = error_of(lambda: me.calls(recorded.sid).recordings.create())
    out["call_deleted"] = [me.calls(call.sid).delete(), error_of(lambda: me.calls(call.sid).fetch())]
    out.update(sip(me))
    out.update(rooms(me))

    me.incoming_phone_numbers(number.sid).delete()
    out["released"] = len(me.incoming_phone_numbers.list())
    print(json.dumps(out))


main()
