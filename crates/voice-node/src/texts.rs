//! Texts to phones and from them (MESSAGE outside dialogs, RFC 3428). What a text is, and who answers one, the messaging side knows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flexio_app::delivery::ReceiveError;
use flexio_app::phones::{PhoneAnswer, PhoneNetwork, PhoneText};
use flexio_domain::{Address, Pii};
use flexio_sip::{Endpoint, ExtraHeaders, NameAddr, OpError, PageId, PageRequest, Paged, SentPageId, Uri};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::identity;
use crate::locations::Location;
use crate::node::Node;
use crate::registrar::{Denied, is_secure};
use crate::sip_shell::Order;

/// What texts are written in, and the only kind that is taken.
const PLAIN: &str = "text/plain";
const PLAIN_UTF8: &str = "text/plain;charset=UTF-8";
/// Characters of the longest text, as of any message.
const CHARS_MAX: usize = 1_600;

/// What the SIP task is asked about texts.
#[derive(Debug)]
pub(crate) enum PageOrder {
    /// Sends one; told the status of its answer, `None` where nothing came.
    Send { request: Box<PageRequest>, reply: oneshot::Sender<Option<u16>> },
    /// Answers one that came in.
    Answer { id: PageId, status: u16, headers: ExtraHeaders },
    /// Asks its writer for credentials once more.
    Challenge { id: PageId },
}

/// Texts whose answer is waited for: as many as the messaging side has under way.
#[derive(Debug, Default)]
pub(crate) struct Pages(HashMap<SentPageId, oneshot::Sender<Option<u16>>>);

impl Pages {
    pub(crate) fn obey(
        &mut self,
        endpoint: &mut Endpoint,
        now: Duration,
        order: PageOrder,
    ) -> Result<(), OpError> {
        match order {
            PageOrder::Send { request, reply } => endpoint.page(now, *request).map(|page| {
                self.0.insert(page, reply);
            }),
            PageOrder::Answer { id, status, headers } => endpoint.answer_page(now, id, status, &headers),
            PageOrder::Challenge { id } => endpoint.challenge_page(now, id),
        }
    }

    pub(crate) fn answered(&mut self, page: SentPageId, status: Option<u16>) {
        if let Some(reply) = self.0.remove(&page) {
            let _ = reply.send(status);
        }
    }
}

/// The phones that are registered at this node.
#[derive(Debug)]
pub(crate) struct Phones(pub Arc<Node>);

#[async_trait]
impl PhoneNetwork for Phones {
    async fn tell(&self, text: PhoneText) -> PhoneAnswer {
        let node = &self.0;
        let found = node.locations().find(node.epoch.elapsed(), text.account, &text.to.to_string());
        let said = join_all(found.into_iter().map(|location| node.page(&text, location))).await;
        said.into_iter().reduce(better).unwrap_or(PhoneAnswer::Absent)
    }
}

impl Node {
    async fn page(&self, text: &PhoneText, location: Location) -> PhoneAnswer {
        let Some((from, to)) = ends(text, &self.advertised_host(), &self.config.sip.country_code) else {
            return PhoneAnswer::Refused;
        };
        let mut headers = ExtraHeaders::new();
        for (name, value) in text.headers.iter().filter(|(name, _)| !identity::is_ours(name)) {
            // A name that is ours refuses itself here; the rest of the headers still go.
            let _ = headers.push(name, value);
        }
        let request = PageRequest {
            uri: location.contact,
            from,
            to,
            destination: location.path,
            content_type: PLAIN_UTF8.to_owned(),
            body: text.body.0.as_bytes().to_vec(),
            headers,
        };
        let (reply, answer) = oneshot::channel();
        self.sip().order(Order::Page(PageOrder::Send { request: Box::new(request), reply })).await;
        match answer.await {
            Ok(status) => meaning(status),
            // It was refused here, and never left.
            Err(_) => PhoneAnswer::Absent,
        }
    }

    /// Decides about a text that a phone has written.
    pub(crate) async fn paged(&self, asked: Paged) {
        let id = asked.id;
        let order = match Box::pin(self.take_page(&asked)).await {
            Ok(true) => PageOrder::Answer { id, status: 200, headers: ExtraHeaders::new() },
            Ok(false) => PageOrder::Challenge { id },
            Err(denied) => {
                let mut headers = denied.headers(self);
                if denied.status == 415 {
                    let _ = headers.push("Accept", PLAIN);
                }
                PageOrder::Answer { id, status: denied.status, headers }
            }
        };
        let outcome = match &order {
            PageOrder::Answer { status: 200, .. } => "accepted",
            PageOrder::Challenge { .. } => "challenged",
            PageOrder::Answer { .. } | PageOrder::Send { .. } => "refused",
        };
        metrics::counter!("sip_messages_total", "outcome" => outcome).increment(1);
        self.sip().order(Order::Page(order)).await;
    }

    /// Keeps the text; false where its writer has to prove himself once more.
    async fn take_page(&self, asked: &Paged) -> Result<bool, Denied> {
        if self.is_draining() {
            return Err(503.into());
        }
        let Some(writer) = self.asker(&asked.authorization, &asked.request).await? else {
            return Ok(false);
        };
        if writer.secure && !is_secure(asked.flow.transport) {
            return Err(403.into());
        }
        if !asked.request.is_content(PLAIN) {
            return Err(415.into());
        }
        let body = std::str::from_utf8(asked.request.body()).map_err(|_| 400_u16)?;
        if body.chars().count() > CHARS_MAX {
            return Err(413.into());
        }
        let to = asked.request.request_uri().ok().and_then(|uri| self.address_of(&uri)).ok_or(404_u16)?;
        let text = PhoneText {
            account: writer.account,
            from: writer.address,
            to,
            body: Pii(body.to_owned()),
            headers: identity::custom_headers(&asked.request, false),
        };
        let inbox = self.app.phones.inbox().ok_or(503_u16)?;
        match inbox.take(text).await {
            Ok(_) => Ok(true),
            Err(ReceiveError::UnknownNumber) => Err(404.into()),
            Err(ReceiveError::AccountInactive) => Err(403.into()),
            Err(error @ ReceiveError::Store(_)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "text_not_kept");
                Err(503.into())
            }
        }
    }
}

/// From and To of a text: a name that sends is shown as a name.
fn ends(text: &PhoneText, host: &str, country_code: &str) -> Option<(NameAddr, NameAddr)> {
    let from = identity::said(&text.from, host, None, country_code)?.from;
    let from = match &text.from {
        Address::Alphanumeric(name) => from.with_display(name).ok()?,
        _ => from,
    };
    let Address::Client(login) = &text.to else { return None };
    Some((from, NameAddr::new(Uri::sip(Some(login), host, None).ok()?)))
}

/// What a phone says by the status of its answer.
fn meaning(status: Option<u16>) -> PhoneAnswer {
    match status {
        // It may have come, and its answer not (RFC 3428 §8).
        None | Some(408) => PhoneAnswer::Unknown,
        Some(202) => PhoneAnswer::Accepted,
        Some(200..300) => PhoneAnswer::Delivered,
        // Not now: nobody there, busy, in trouble, or asks for what we do not have.
        Some(401 | 407 | 480 | 486 | 491 | 500 | 503 | 504 | 600) => PhoneAnswer::Absent,
        Some(_) => PhoneAnswer::Refused,
    }
}

/// What two phones of one client have said together: that of the one who has the text, else what may still become better.
fn better(one: PhoneAnswer, other: PhoneAnswer) -> PhoneAnswer {
    let rank = |answer| match answer {
        PhoneAnswer::Delivered => 0,
        PhoneAnswer::Accepted => 1,
        // Sent again, a phone might show it twice.
        PhoneAnswer::Unknown => 2,
        PhoneAnswer::Absent => 3,
        PhoneAnswer::Refused => 4,
    };
    if rank(one) <= rank(other) { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_phones_the_one_that_has_the_text_counts_and_doubt_before_another_try() {
        use PhoneAnswer::*;
        let of = |said: &[Option<u16>]| said.iter().map(|status| meaning(*status)).reduce(better).unwrap();
        for (said, expected) in [
            (&[Some(200), Some(603)][..], Delivered),
            (&[Some(603), Some(202)], Accepted),
            (&[Some(480), None], Unknown),
            (&[Some(408)], Unknown),
            (&[Some(405), Some(486)], Absent),
            (&[Some(405), Some(415), Some(603)], Refused),
        ] {
            assert_eq!(of(said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_text_is_from_who_sends_it_and_a_name_is_shown_as_a_name() {
        let text = |from: &str| PhoneText {
            account: flexio_domain::AccountSid::from_u128(1),
            from: from.parse().unwrap(),
            to: "client:alice".parse().unwrap(),
            body: Pii("x".to_owned()),
            headers: Vec::new(),
        };
        for (from, shown) in [
            ("+3225550199", "<sip:+3225550199@sip.example.be>"),
            ("8640", "<sip:8640@sip.example.be>"),
            ("Acme", "\"Acme\" <sip:anonymous@anonymous.invalid>"),
        ] {
            let (from, to) = ends(&text(from), "sip.example.be", "32").unwrap();
            assert_eq!(
                (from.to_string(), to.to_string()),
                (shown.to_owned(), "<sip:alice@sip.example.be>".to_owned())
            );
        }
    }
}
