//! SIP events of a call's legs, and the outbound legs' attempts.

use flexio_domain::{Call, EmergencyAddress, UserMessageSid};
use flexio_media::SessionOptions;
use flexio_sip as sip;
use flexio_voice::{DialLeg, Event, LegId, MessagingNews, SipFacts};

use crate::call_task::CallTask;
use crate::dialling::{Attempt, Attempts, Help, RouteError};
use crate::identity::custom_headers;
use crate::ladders::LadderOf;
use crate::leg::{Leg, Refused};
use crate::node::Node;
use crate::sip_shell::Order;
use crate::terms::MediaOptions;
use crate::web::is_browser_path;

/// Notification of a call that found every trunk full (docs/notifications.md).
const TRUNKS_FULL: u32 = 20_470;
/// Notification of a call that may not show its caller.
pub(crate) const CALLER_REFUSED: u32 = 20_496;

/// Longest message of a phone to its application.
const USER_MESSAGE_BYTES: usize = 8_192;

/// Why no INVITE left.
#[derive(Clone, Copy)]
enum Unsent {
    /// There is no way, or none is left.
    NoWay,
    /// The last ways were trunks that carry as many calls as they may.
    Full,
}

impl CallTask {
    pub(crate) async fn sip_event(&mut self, sip: sip::LegId, event: sip::Event) {
        let Some(leg) = self.leg_of_sip(sip) else { return };
        match event {
            sip::Event::Progress { status, response, .. } => self.progress(leg, status, &response),
            sip::Event::Answered { response, .. } => {
                self.cancel_other_forks(leg, sip).await;
                self.answered(leg, &response).await;
            }
            sip::Event::Failed { status, response, .. } => {
                self.fork_failed(leg, sip, (status, response)).await;
            }
            sip::Event::Confirmed { ack, .. }
            | sip::Event::ReofferConfirmed { ack, .. }
            | sip::Event::Pracked { prack: ack, .. } => {
                if let Some(answer) = ack.sdp() {
                    self.take_answer(leg, answer);
                }
            }
            sip::Event::Reoffer { request, .. } => self.reoffer(leg, sip, &request).await,
            sip::Event::ReofferAnswered { response, .. } => {
                if let Some(answer) = response.sdp() {
                    self.take_answer(leg, answer);
                }
                self.held(leg, response.status().unwrap_or(200));
            }
            sip::Event::Dtmf { digit, .. } => {
                if let Some(key) = flexio_markup::Key::from_char(digit) {
                    self.found.push_back(Event::Digit { leg, key });
                }
            }
            sip::Event::Ended { cause, .. } => {
                if self.legs.get(&leg).is_some_and(|leg| leg.sip == Some(sip)) {
                    self.ended(leg, &cause);
                }
            }
            sip::Event::ReofferFailed { status, .. } => self.reoffer_failed(leg, status),
            sip::Event::Referred { referred, .. } if referred.replaces.is_some() => {
                self.attended_transfer(leg, sip, referred.replaced).await;
            }
            sip::Event::Referred { referred, .. } => {
                let target = referred.to.uri().to_string();
                self.found.push_back(Event::Referred { leg, target });
            }
            sip::Event::ReferAnswered { status, is_watched, .. } => {
                self.found.push_back(Event::ReferAnswered { leg, status, watched: is_watched });
            }
            sip::Event::ReferProgress { status, is_over, .. } => {
                self.found.push_back(Event::ReferProgress { leg, status, over: is_over });
            }
            sip::Event::Info { request, .. } => self.user_message(leg, &request),
            sip::Event::InfoAnswered { status, .. } => {
                self.trace_facts(leg, "user-message-answered", vec![("status", status.to_string())]);
            }
            sip::Event::Incoming(_)
            | sip::Event::Pong { .. }
            | sip::Event::Register(_)
            | sip::Event::Registered { .. }
            | sip::Event::RegistrationFailed { .. }
            | sip::Event::Paged(_)
            | sip::Event::PageAnswered { .. }
            | sip::Event::Subscribe(_)
            | sip::Event::Resubscribed { .. }
            | sip::Event::SubscriptionEnded { .. }
            | sip::Event::Unregistered { .. } => {}
        }
    }

    fn reoffer_failed(&mut self, leg: LegId, status: u16) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.reoffer_refused();
        }
        self.held(leg, status);
    }

    /// JSON in an INFO or MESSAGE is the phone's word to its application; anything else is not for us.
    fn user_message(&mut self, leg: LegId, request: &sip::Message) {
        let is_ours = request.is_content("application/json") && request.body().len() <= USER_MESSAGE_BYTES;
        let Some(content) = is_ours.then(|| std::str::from_utf8(request.body()).ok()).flatten() else {
            return;
        };
        let (sid, content) = (UserMessageSid::new().to_string(), content.to_owned());
        let news = MessagingNews::Received { sid, content };
        self.found.push_back(Event::Messaging { leg, news });
    }

    /// One of the phones that ring says no. A 6xx is the user's word for all of them; after any other the rest go on ringing, and at the
    /// last one's end the best of the answers counts (RFC 3261 §16.7 steps 5 and 6).
    async fn fork_failed(&mut self, id: LegId, sip: sip::LegId, refusal: Refused) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if refusal.0 >= 600 {
            for fork in leg.take_fork(sip) {
                self.node.sip().order(Order::Bye { leg: fork, reason: None }).await;
            }
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some((status, response)) = leg.fork_refused(sip, refusal) {
            self.failed(id, status, response.as_ref()).await;
        }
    }

    async fn cancel_other_forks(&mut self, leg: LegId, answered: sip::LegId) {
        let Some(leg) = self.legs.get_mut(&leg) else { return };
        for fork in leg.take_fork(answered) {
            self.node.sip().order(Order::Bye { leg: fork, reason: Some(completed_elsewhere()) }).await;
        }
    }

    /// Whoever rings for this call stops, because another phone has taken it.
    pub(crate) async fn cancel_all_that_ring(&mut self) {
        let ringing = self.legs.iter().filter(|(id, _)| self.machine.rings(**id));
        let ringing: Vec<_> =
            ringing.flat_map(|(_, leg)| leg.forks.iter().chain(&leg.sip).copied()).collect();
        for leg in ringing {
            self.node.sip().order(Order::Bye { leg, reason: Some(completed_elsewhere()) }).await;
        }
    }

    /// A description in a provisional response is the answer to our offer, or becomes it with the 2xx of the same fork (RFC 3960 §3.1).
    /// While several devices ring none of them is heard.
    fn progress(&mut self, id: LegId, status: u16, response: &sip::Message) {
        if status >= 180 {
            self.found.push_back(Event::LegRinging { leg: id });
        }
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.forks.is_empty()) else { return };
        let usable = response.sdp().is_some_and(|answer| leg.take_answer(&node.media, answer).is_ok());
        if usable {
            self.found.push_back(Event::LegEarlyMedia { leg: id });
        }
    }

    /// Tells the machine how the hold went that it asked for.
    fn held(&mut self, id: LegId, status: u16) {
        if let Some(on) = self.legs.get_mut(&id).and_then(|leg| leg.hold_asked.take()) {
            self.found.push_back(Event::Held { leg: id, on, status });
        }
    }

    fn take_answer(&mut self, leg: LegId, answer: &[u8]) {
        let node = self.node.clone();
        if let Some(leg) = self.legs.get_mut(&leg)
            && let Err(error) = leg.take_answer(&node.media, answer)
        {
            tracing::warn!(call_sid = %self.sid, error = &error as &dyn std::error::Error, "answer_unusable");
        }
    }

    async fn answered(&mut self, id: LegId, response: &sip::Message) {
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.attempts = None;
        leg.record.sip_call_id = Some(response.call_id().into_owned());
        leg.record.sip_response_code = response.status();
        let taken = response.sdp().map(|answer| leg.take_answer(&node.media, answer));
        if let Some(Ok(())) = taken {
            leg.answered = true;
            self.found.push_back(Event::LegAnswered { leg: id, sip: facts_of(Some(response)) });
            return;
        }
        // Answered without usable media: the dialog exists, so it is ended (RFC 3261 §13.2.2.4).
        if let Some(sip) = leg.sip.take() {
            node.sip().order(Order::Bye { leg: sip, reason: None }).await;
        }
        self.found.push_back(Event::LegFailed { leg: id, status: 488, sip: facts_of(Some(response)) });
    }

    async fn failed(&mut self, id: LegId, status: u16, response: Option<&sip::Message>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.sip = None;
        leg.record.sip_response_code = Some(status);
        // Another trunk is worth trying when this one is broken, not when the called party said no; whoever calls for help is not told no by one
        // that does not want his call.
        let for_help = leg.attempts.as_ref().is_some_and(|attempts| attempts.help.is_some());
        let is_broken = matches!(status, 408 | 500 | 502..=504) || (for_help && status < 600);
        let elsewhere = is_broken && leg.record.ringing_at.is_none();
        if elsewhere && Box::pin(self.next_attempt(id)).await.is_ok() {
            return;
        }
        self.found.push_back(Event::LegFailed { leg: id, status, sip: facts_of(response) });
    }

    fn ended(&mut self, id: LegId, cause: &sip::EndCause) {
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.sip = None;
        match cause {
            // Told by `Failed` before, or asked for by the machine itself.
            sip::EndCause::Failed { .. }
            | sip::EndCause::LocalBye
            | sip::EndCause::LocalCancel
            | sip::EndCause::Rejected { .. } => {}
            sip::EndCause::RemoteBye { .. }
            | sip::EndCause::RemoteCancel { .. }
            | sip::EndCause::NoAck
            | sip::EndCause::SessionExpired
            | sip::EndCause::DialogLost { .. } => self.found.push_back(Event::LegHungUp { leg: id }),
        }
        leg.close_media(&node.media);
    }

    async fn reoffer(&mut self, id: LegId, sip: sip::LegId, request: &sip::Message) {
        let node = self.node.clone();
        let options = &MediaOptions { text: self.text_terms(id), ..MediaOptions::default() };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let sdp = match request.sdp() {
            Some(offer) => leg.answer_offer(&node.media, offer, options),
            None => {
                if let Some(local) = leg.local.as_mut() {
                    local.bump();
                }
                leg.make_offer(&node.media, options)
            }
        };
        let order = match sdp {
            Ok(sdp) => Order::AcceptReoffer { leg: sip, sdp },
            Err(_) => Order::RejectReoffer { leg: sip, status: 488 },
        };
        node.sip().order(order).await;
    }

    /// Puts a party on hold (`SendOnly`, `Inactive`) or takes it back (`SendRecv`). False when the leg has no dialog or media.
    pub(crate) async fn set_direction(&mut self, id: LegId, direction: flexio_sdp::Direction) -> bool {
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        let (Some(sip), Ok(sdp)) = (leg.sip, leg.redirect(&node.media, direction)) else { return false };
        node.sip().order(Order::Reoffer { leg: sip, sdp }).await;
        true
    }

    /// Starts calling a party.
    pub(crate) async fn dial(&mut self, dial: DialLeg) {
        let id = dial.leg;
        if let Err((code, text)) = self.prepare_dial(&dial).await {
            self.found.push_back(Event::DialRefused { leg: id, code, text });
            return;
        }
        match self.next_attempt(id).await {
            Ok(()) => {}
            Err(Unsent::Full) => {
                let text = RouteError::Full.to_string();
                self.found.push_back(Event::DialRefused { leg: id, code: TRUNKS_FULL, text });
            }
            Err(Unsent::NoWay) => {
                self.found.push_back(Event::LegFailed { leg: id, status: 503, sip: SipFacts::default() });
            }
        }
    }

    async fn prepare_dial(&mut self, dial: &DialLeg) -> Result<(), (u32, String)> {
        let Some(leg) = self.legs.get(&dial.leg) else { return Err((12_400, "the leg is gone".to_owned())) };
        let (from, to) = (leg.record.from.clone(), leg.record.to.clone());
        let first = self.legs.get(&LegId::FIRST).map(|leg| leg.record.clone());
        let allowed =
            flexio_app::legs::authorise(&self.node.app, &leg.record, first.as_ref(), dial.caller_id_explicit)
                .await;
        let allowed = allowed.map_err(|refusal| (refusal.code, refusal.text))?;
        self.node.must_be_shown(&from, &to)?;
        let mut left = self.node.ways_to(self.account, &to).await.map_err(|error| match error {
            RouteError::Store(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "route_not_found");
                (12_400, "the platform could not look the destination up".to_owned())
            }
            RouteError::Full => (TRUNKS_FULL, RouteError::Full.to_string()),
            other => (13_227, other.to_string()),
        })?;
        self.node.keep_those_that_show(&mut left, (&from, &to), &allowed).await?;
        let help =
            if allowed.for_help { Some(Help { place: self.place_of(first.as_ref()).await }) } else { None };
        self.reserve(dial.leg).await?;
        let options = self.session_options(dial.leg, Some(LegId::FIRST));
        let login = Self::login_of(dial);
        let node = self.node.clone();
        let Some(leg) = self.legs.get_mut(&dial.leg) else { return Ok(()) };
        let offer = leg.make_offer(&node.media, &options).map_err(|error| (12_400, error.to_string()))?;
        leg.attempts = Some(Attempts {
            left,
            from: Some(from),
            headers: headers_of(dial),
            diverted_by: allowed.diverted_by,
            help,
            login,
            ring_timeout_s: dial.timeout_s,
            offer,
        });
        Ok(())
    }

    /// Where the phone is that calls for help. A call is not kept waiting for it: where it cannot be looked up it is not told.
    async fn place_of(&self, first: Option<&Call>) -> Option<EmergencyAddress> {
        let looked_up = self.node.app.emergency_address_of(self.account, &first?.from).await;
        looked_up.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "emergency_address_not_found");
            None
        })
    }

    fn login_of(dial: &DialLeg) -> Option<(String, String)> {
        if let flexio_markup::Endpoint::Sip { username: Some(name), password, .. } = &dial.endpoint {
            return Some((name.clone(), password.clone().unwrap_or_default()));
        }
        None
    }

    /// Sends the INVITE of the next way.
    async fn next_attempt(&mut self, id: LegId) -> Result<(), Unsent> {
        let (node, sender) = (self.node.clone(), self.sender.clone());
        let spoken = self.legs.get(&LegId::FIRST).and_then(|first| first.agreed).map(|agreed| agreed.codec);
        let (text_by_trunk, text_by_phone) = (self.text_offered(id, true), self.text_offered(id, false));
        let mut unsent = Unsent::NoWay;
        loop {
            let Some(leg) = self.legs.get_mut(&id) else { return Err(unsent) };
            leg.channel = None;
            let Some(attempt) = leg.attempts.as_mut().and_then(|attempts| attempts.left.pop_front()) else {
                return Err(unsent);
            };
            let is_urgent = leg.attempts.as_ref().is_some_and(|attempts| attempts.help.is_some());
            let channel = |name: &str| {
                if is_urgent { node.take_channel_anyway(name) } else { node.take_channel(name, "outbound") }
            };
            match attempt.trunk.as_ref().map(|trunk| channel(&trunk.name)) {
                // Others were faster since the ways were listed.
                Some(None) => {
                    unsent = Unsent::Full;
                    continue;
                }
                Some(channel) => leg.channel = channel,
                None => {}
            }
            // Each carrier has codecs and encryption of its own.
            let terms = node.media_terms(attempt.label.as_deref()).preferring(spoken);
            let text = if attempt.trunk.is_some() { text_by_trunk.clone() } else { text_by_phone.clone() };
            if let Err(error) = leg.renew_offer(&node.media, terms.clone(), text.clone()) {
                tracing::warn!(call_sid = %self.sid, error = &error as &dyn std::error::Error, "no_media");
                continue;
            }
            leg.record.trunk.clone_from(&attempt.label);
            leg.dirty = true;
            let of = LadderOf { account: self.account, call: leg.record.sid, root: self.sid };
            let options = MediaOptions { terms: Some(terms), text, ..MediaOptions::default() };
            for request in invites(&node, leg, &attempt, &options) {
                let sip = match node.sip().invite(request, sender.clone(), Some(of)).await {
                    Ok(sip) => sip,
                    Err(error) => {
                        tracing::warn!(call_sid = %self.sid, %error, "invite_not_sent");
                        continue;
                    }
                };
                if leg.sip.is_none() {
                    leg.sip = Some(sip);
                } else {
                    leg.forks.push(sip);
                }
                if let Some(phone) = attempt.phone.clone() {
                    node.leads_to(sip, (self.account, phone)).await;
                }
            }
            if leg.sip.is_some() {
                return Ok(());
            }
        }
    }

    pub(crate) fn session_options(&self, id: LegId, near: Option<LegId>) -> MediaOptions {
        let text = near.is_none().then(|| self.text_terms(id)).flatten();
        let near = near.filter(|near| *near != id).and_then(|near| self.legs.get(&near));
        let strict = self.legs.get(&id).and_then(|leg| leg.record.trunk.as_deref()).and_then(|name| {
            let strict = self.node.trunks().get(name).map(|entry| entry.config.strict_source);
            strict.filter(|strict| *strict)
        });
        let session = SessionOptions {
            near: near.and_then(|leg| leg.media).map(|session| session.id),
            strict_source: strict,
            ..SessionOptions::default()
        };
        let trunk = self.legs.get(&id).and_then(|leg| leg.record.trunk.as_deref());
        MediaOptions { session, terms: Some(self.node.media_terms(trunk)), text }
    }
}

/// Headers of the document, and `<Parameter>` of a `<Client>` as `X-` headers: an application at the phone reads them there.
fn headers_of(dial: &DialLeg) -> Vec<(String, String)> {
    let mut headers = dial.headers.clone();
    if let flexio_markup::Endpoint::Client { parameters, .. } = &dial.endpoint {
        headers.extend(parameters.iter().map(|(name, value)| (format!("X-{name}"), value.clone())));
    }
    headers
}

/// One INVITE for each phone of an attempt, with what it understands: WebRTC for browsers, RTP for the others.
fn invites(node: &Node, leg: &mut Leg, attempt: &Attempt, options: &MediaOptions) -> Vec<sip::InviteRequest> {
    let Some(first) = leg.attempts.as_ref().and_then(|attempts| node.invite_for(attempt, attempts)) else {
        return Vec::new();
    };
    let others = attempt.also.iter().map(|(uri, path)| {
        let mut other = first.clone();
        other.uri = uri.clone();
        other.destinations = vec![*path];
        other
    });
    let mut requests: Vec<_> = std::iter::once(first.clone()).chain(others).collect();
    requests.retain_mut(|request| {
        if !request.destinations.first().is_some_and(|path| is_browser_path(path.transport)) {
            return true;
        }
        match leg.offer_web(&node.media, options) {
            Ok(offer) => {
                request.sdp = offer;
                true
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no_media_for_browser");
                false
            }
        }
    });
    requests
}

fn facts_of(response: Option<&sip::Message>) -> SipFacts {
    let Some(response) = response else { return SipFacts::default() };
    SipFacts { call_id: Some(response.call_id().into_owned()), x_headers: custom_headers(response, false) }
}

/// A phone that stops ringing for it shows no missed call (RFC 3326 §3).
fn completed_elsewhere() -> sip::Reason {
    let text = Some("Call completed elsewhere".to_owned());
    sip::Reason { protocol: "SIP".to_owned(), cause: Some(200), text }
}
