"""A customer's program over SMPP, by the Python package smpplib, which shares no code with flexio.

    python esme.py HOST PORT SYSTEM_ID PASSWORD [transceiver|transmitter|receiver] [CA_FILE]

Writes one JSON object per line on standard output:
    {"event": "bound"}   {"event": "refused", "status": 14}
    {"event": "answer", "of": "submit_sm_resp", "sequence": 2, "status": 0, "id": "SM..."}
    {"event": "receipt", "id": "SM...", "state": 2, "text": "id:SM... stat:DELIVRD ...", "from": "...", "to": "..."}
    {"event": "mo", "text": "...", "udh": "050003...", "coding": 0, "from": "...", "to": "..."}
    {"event": "closed"}
Reads one JSON object per line on standard input:
    {"submit": {"from": "+32...", "to": "+32...", "text": "...", "copies": 1}}   cut into parts by smpplib, UCS-2 where it must be;
        with "schedule" and "validity" as schedule_delivery_time and validity_period
    {"query": "SM..."}   {"cancel": "SM..."}   {"replace": {"id": "SM...", "from": "+32...", "text": "..."}}   {"unbind": true}
Every line that goes out for a submit is answered by {"event": "submitted", "sequences": [2, 3]}.
"""

import json
import os
import select
import ssl
import sys

import smpplib.client
import smpplib.consts as consts
import smpplib.exceptions
import smpplib.gsm
import smpplib.smpp

UDHI = 0x40
RECEIPT = 0x04


def say(**event):
    print(json.dumps(event), flush=True)


def string(value):
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def address(text):
    """Type, plan and digits of a number, a short code or a name."""
    if not text.lstrip("+").isdigit():
        return consts.SMPP_TON_ALNUM, consts.SMPP_NPI_UNK, text
    if len(text) <= 6:
        return consts.SMPP_TON_NWSPEC, consts.SMPP_NPI_UNK, text
    return consts.SMPP_TON_INTL, consts.SMPP_NPI_ISDN, text.lstrip("+")


class Esme:
    def __init__(self, host, port, ca_file=None):
        context = None
        if ca_file:
            context = ssl.create_default_context(cafile=ca_file)
            context.check_hostname = False
        self.client = smpplib.client.Client(
            host, port, timeout=20, ssl_context=context, allow_unknown_opt_params=True
        )
        self.client.connect()

    def bind(self, mode, system_id, password):
        try:
            getattr(self.client, f"bind_{mode}")(system_id=system_id, password=password)
        except smpplib.exceptions.PDUError as error:
            say(event="refused", status=error.args[1])
            return False
        except smpplib.exceptions.ConnectionError:
            say(event="closed")
            return False
        say(event="bound")
        return True

    def pdu(self, name, **fields):
        pdu = smpplib.smpp.make_pdu(name, client=self.client, **fields)
        self.client.send_pdu(pdu)
        return pdu.sequence

    def submit(self, order):
        parts, coding, esm_class = smpplib.gsm.make_parts(order["text"])
        source, target = address(order["from"]), address(order["to"])
        times = {"schedule_delivery_time": order.get("schedule"), "validity_period": order.get("validity")}
        times = {name: text for name, text in times.items() if text}
        sequences = []
        for _ in range(order.get("copies", 1)):
            for part in parts:
                pdu = self.client.send_message(
                    source_addr_ton=source[0], source_addr_npi=source[1], source_addr=source[2],
                    dest_addr_ton=target[0], dest_addr_npi=target[1], destination_addr=target[2],
                    short_message=part, data_coding=coding, esm_class=esm_class, registered_delivery=1, **times,
                )
                sequences.append(pdu.sequence)
        say(event="submitted", sequences=sequences)

    def obey(self, order):
        if "submit" in order:
            self.submit(order["submit"])
        elif "query" in order:
            ton, npi, text = address(order.get("from", "0"))
            self.client.query_message(
                message_id=order["query"], source_addr_ton=ton, source_addr_npi=npi, source_addr=text
            )
        elif "unbind" in order:
            self.pdu("unbind")

    def on_pdu(self, pdu):
        if pdu.command == "deliver_sm":
            answer = smpplib.smpp.make_pdu("deliver_sm_resp", client=self.client)
            answer.sequence = pdu.sequence
            self.on_deliver(pdu)
            self.client.send_pdu(answer)
        elif pdu.command == "enquire_link":
            answer = smpplib.smpp.make_pdu("enquire_link_resp", client=self.client)
            answer.sequence = pdu.sequence
            self.client.send_pdu(answer)
        elif pdu.command == "unbind":
            answer = smpplib.smpp.make_pdu("unbind_resp", client=self.client)
            answer.sequence = pdu.sequence
            self.client.send_pdu(answer)
            say(event="unbound")
        else:
            message_id = string(getattr(pdu, "message_id", None))
            state = getattr(pdu, "message_state", None)
            say(event="answer", of=pdu.command, sequence=pdu.sequence, status=pdu.status, id=message_id, state=state)

    def on_deliver(self, pdu):
        octets = pdu.short_message or b""
        ends = {"from": string(pdu.source_addr), "to": string(pdu.destination_addr)}
        if pdu.esm_class & RECEIPT:
            say(
                event="receipt", id=string(pdu.receipted_message_id), state=pdu.message_state,
                text=octets.decode("latin-1"), **ends,
            )
            return
        udh = b""
        if pdu.esm_class & UDHI:
            udh, octets = octets[: octets[0] + 1], octets[octets[0] + 1 :]
        text = octets.decode("utf-16-be" if pdu.data_coding == 8 else "latin-1")
        say(event="mo", text=text, udh=udh.hex(), coding=pdu.data_coding, **ends)

    def run(self):
        lines = b""
        stream = self.client._socket
        while True:
            pending = getattr(stream, "pending", lambda: 0)()
            ready = [stream] if pending else select.select([stream, sys.stdin], [], [])[0]
            if stream in ready:
                try:
                    self.on_pdu(self.client.read_pdu())
                except (smpplib.exceptions.ConnectionError, OSError):
                    say(event="closed")
                    return
            if sys.stdin in ready:
                read = os.read(sys.stdin.fileno(), 65536)
                if not read:
                    return
                lines += read
                *whole, lines = lines.split(b"\n")
                for line in filter(None, whole):
                    self.obey(json.loads(line))


def main():
    host, port, system_id, password, *rest = sys.argv[1:]
    esme = Esme(host, port, rest[1] if len(rest) > 1 else None)
    if esme.bind(rest[0] if rest else "transceiver", system_id, password):
        esme.run()


main()
