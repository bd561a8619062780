//! One endpoint, and a peer played by hand-written messages.

use std::time::Duration;

use crate::world::*;
use flexio_sip::*;

pub struct Script {
    pub end: Endpoint,
    pub now: Duration,
    pub flow: Flow,
    pub trust: Trust,
}

/// A message the endpoint sent, and where to.
pub struct Sent {
    pub message: Message,
    pub to: Destination,
}

impl Sent {
    /// `INVITE`, or `200 INVITE`.
    pub fn what(&self) -> String {
        match self.message.status() {
            Some(status) => format!("{status} {}", self.message.cseq().unwrap().method),
            None => self.message.method().unwrap().to_string(),
        }
    }

    pub fn header(&self, name: &str) -> String {
        self.message.header(name).unwrap_or_else(|| panic!("no {name}")).into_owned()
    }
}

impl Script {
    pub fn new() -> Script {
        Script::with(config(0))
    }

    pub fn with(config: Config) -> Script {
        let flow =
            Flow { transport: Transport::Udp, local: address(0), remote: address(1), connection: None };
        Script { end: Endpoint::new(config, [9; 32]), now: Duration::ZERO, flow, trust: Trust::Trusted }
    }

    /// The peer sends; lines are separated by `\n`, the body by an empty line.
    pub fn receive(&mut self, text: &str) {
        let text = text.replace('\n', "\r\n");
        self.end.receive_datagram(self.now, self.flow, self.trust, text.as_bytes());
    }

    pub fn sent(&mut self) -> Vec<Sent> {
        std::iter::from_fn(|| self.end.poll_transmit())
            .map(|t| Sent { message: Message::parse(&t.bytes).unwrap(), to: t.to })
            .collect()
    }

    /// What was sent, by name.
    pub fn whats(&mut self) -> Vec<String> {
        self.sent().iter().map(Sent::what).collect()
    }

    pub fn one(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{:?}", sent.iter().map(Sent::what).collect::<Vec<_>>());
        sent.remove(0)
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.end.poll_event()).collect()
    }

    /// Lets `time` pass; what was sent meanwhile, with its time in milliseconds.
    pub fn wait(&mut self, time: Duration) -> Vec<(u128, String)> {
        let until = self.now + time;
        let mut all = Vec::new();
        while let Some(at) = self.end.poll_timeout().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.end.handle_timeout(self.now);
            let now = self.now.as_millis();
            all.extend(self.whats().into_iter().map(|what| (now, what)));
        }
        self.now = until;
        all
    }

    /// Calls; returns the INVITE.
    pub fn dial(&mut self, change: impl FnOnce(&mut InviteRequest)) -> (LegId, Sent) {
        let from = NameAddr::new(uri("sip:+3220000000@192.0.2.1")).with_display("A \"B\"").unwrap();
        let mut request = InviteRequest::new(
            uri("sip:+3225550100@192.0.2.2"),
            from,
            Destination::udp(address(1)),
            "v=0 offer",
        );
        change(&mut request);
        let leg = self.end.invite(self.now, request).unwrap();
        (leg, self.one())
    }

    /// The peer answers `request`; `lines` end with `\n` each.
    pub fn answer(&mut self, request: &Message, status: u16, tag: &str, lines: &str) {
        let text = response(request, status, tag, lines);
        self.receive(&text);
    }
}

pub fn response(request: &Message, status: u16, tag: &str, lines: &str) -> String {
    let header = |name: &str| request.header(name).unwrap();
    let to = header("To");
    let to = if to.contains(";tag=") || tag.is_empty() { to.into_owned() } else { format!("{to};tag={tag}") };
    format!(
        "SIP/2.0 {status} Because\nVia: {}\nFrom: {}\nTo: {to}\nCall-ID: {}\nCSeq: {}\n{lines}Content-Length: 0\n\n",
        header("Via"),
        header("From"),
        header("Call-ID"),
        header("CSeq")
    )
}

pub const CONTACT: &str = "Contact: <sip:peer@192.0.2.2:5060>\n";

/// An INVITE of the peer, with further lines.
pub fn invite(call_id: &str, lines: &str) -> String {
    format!(
        "INVITE sip:+3225550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{call_id}\n\
         From: <sip:peer@192.0.2.2>;tag=theirs\nTo: <sip:+3225550100@192.0.2.1>\nCall-ID: {call_id}\nCSeq: 10 INVITE\n\
         Max-Forwards: 70\nContact: <sip:peer@192.0.2.2:5060>\n{lines}Content-Length: 0\n\n"
    )
}

/// A request of the peer in the dialog of `answer`, our response to its INVITE.
pub fn in_dialog(answer: &Message, method: &str, cseq: u32, lines: &str, body: &str) -> String {
    format!(
        "{method} sip:+3225550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{method}{cseq}\n\
         From: {}\nTo: {}\nCall-ID: {}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n{lines}Content-Length: {}\n\n{body}",
        answer.header("From").unwrap(),
        answer.header("To").unwrap(),
        answer.header("Call-ID").unwrap(),
        body.replace('\n', "\r\n").len()
    )
}

impl Script {
    /// A call of the peer that we answered; the leg and our 200.
    pub fn answered(&mut self) -> (LegId, Sent) {
        self.receive(&invite("c1", ""));
        let leg = self.incoming();
        self.sent();
        self.end.answer(self.now, leg, b"v=0 answer", &ExtraHeaders::new()).unwrap();
        (leg, self.one())
    }

    /// The same, acknowledged.
    pub fn talking(&mut self) -> (LegId, Sent) {
        let (leg, answer) = self.answered();
        self.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
        assert!(matches!(self.events()[..], [Event::Confirmed { .. }]));
        (leg, answer)
    }

    pub fn incoming(&mut self) -> LegId {
        match self.events().as_slice() {
            [Event::Incoming(incoming)] => incoming.leg,
            other => panic!("{other:?}"),
        }
    }
}
