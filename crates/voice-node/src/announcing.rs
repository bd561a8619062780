//! A number that was given back and is nobody's yet: whoever calls it is told so, and the call is refused.
//!
//! It is said before the answer (183 with a description), so that nobody pays for hearing it, and then refused with 404: to the caller's
//! own network that is an unallocated number (RFC 3398 §8.2.6.1, cause 1), which it may say once more in words of its own. 410 would
//! become "number changed" there, which it was not.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::Call;
use flexio_media::{self as media, Command, PlayMode, PlaySource, SessionOptions};
use flexio_sip as sip;
use flexio_voice::not_in_service;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::channels::Channel;
use crate::input::{CallInput, CallSender};
use crate::ladders::LadderOf;
use crate::leg::Leg;
use crate::node::Node;
use crate::sip_shell::Order;
use crate::terms::MediaOptions;

/// Callers who are told at the same time; one more is refused without.
pub(crate) const ANNOUNCEMENTS_MAX: usize = 64;
/// Longest announcement, with the loading of its sentences.
const LONGEST: Duration = Duration::from_secs(30);
/// Before the first sentence and between them: the path of the caller's network may open late.
const PAUSE_MS: u32 = 500;

/// A call to a number that is nobody's.
pub(crate) struct Announcement {
    /// Its record, the operator's; not saved yet.
    pub record: Call,
    /// Its place on the trunk it came by.
    pub channel: Option<Channel>,
}

/// How the caller took it.
#[derive(PartialEq, Eq)]
enum Heard {
    /// To its end, or there was nothing to be heard.
    All,
    /// He has hung up.
    Gone,
}

/// Says it, refuses the call, and keeps its record.
pub(crate) async fn announce(
    node: Arc<Node>,
    incoming: sip::Incoming,
    announcement: Announcement,
    (sender, inbox): (CallSender, mpsc::Receiver<CallInput>),
    refusal: Order,
) {
    let Announcement { record, channel } = announcement;
    let mut leg = Leg::new(record, node.new_token(&sender));
    leg.channel = channel;
    leg.sip = Some(incoming.leg);
    leg.offer = incoming.request.sdp().map(<[u8]>::to_vec);
    let of = LadderOf { account: leg.record.account_sid, call: leg.record.sid, root: leg.record.sid };
    node.sip().order(Order::Name { leg: incoming.leg, of }).await;
    let heard = said(&node, &mut leg, inbox).await;
    if heard == Heard::All {
        node.sip().order(refusal).await;
    }
    leg.close_media(&node.media);
    node.forget_token(leg.token);
    let gone = heard == Heard::Gone;
    if let Err(error) = flexio_app::legs::told_not_in_service(&node.app, leg.record, gone).await {
        tracing::error!(error = &error as &dyn std::error::Error, "call_not_saved");
    }
}

/// Says it in every language that has a voice, one after the other, unless the caller hangs up.
async fn said(node: &Arc<Node>, leg: &mut Leg, mut inbox: mpsc::Receiver<CallInput>) -> Heard {
    let until = Instant::now() + LONGEST;
    let Ok(_turn) = node.announcements.try_acquire() else {
        metrics::counter!("voice_announcements_refused_total").increment(1);
        return Heard::All;
    };
    let Ok(Some(last)) = tokio::time::timeout_at(until, begin(node, leg)).await else { return Heard::All };
    while let Ok(Some(input)) = tokio::time::timeout_at(until, inbox.recv()).await {
        match input {
            CallInput::Media(media::Event::PlayDone { play_id, .. }) if play_id == last => return Heard::All,
            CallInput::Sip { event, .. } if matches!(*event, sip::Event::Ended { .. }) => return Heard::Gone,
            _ => {}
        }
    }
    Heard::All
}

/// 183 with our answer, and the sentences behind each other; the number of the last one. `None` where the caller offered nothing to hear
/// it by, or nothing can be said.
async fn begin(node: &Arc<Node>, leg: &mut Leg) -> Option<u64> {
    let offer = leg.offer.take()?;
    let mut sentences = Vec::new();
    for language in languages(node) {
        match node.prompts.load(leg.record.account_sid, &not_in_service(language)).await {
            Ok(sentence) => sentences.push(sentence),
            Err(error) => tracing::warn!(language, %error.text, "announcement_not_spoken"),
        }
    }
    if sentences.is_empty() {
        return None;
    }
    let trunk = leg.record.trunk.as_deref();
    let strict = trunk.and_then(|name| node.trunks().get(name).map(|entry| entry.config.strict_source));
    let session =
        SessionOptions { strict_source: strict.filter(|strict| *strict), ..SessionOptions::default() };
    let options = MediaOptions { session, terms: Some(node.media_terms(trunk)), text: None };
    let sdp = leg.answer_offer(&node.media, &offer, &options).ok()?;
    node.sip().order(Order::Ring { leg: leg.sip?, status: 183, sdp: Some(sdp) }).await;
    let mut last = None;
    for sentence in sentences {
        leg.media(&node.media, queued(node.new_number(), PlaySource::Silence(PAUSE_MS)));
        let play_id = node.new_number();
        let taken = leg.media(&node.media, queued(play_id, PlaySource::Prompt(sentence)));
        last = taken.then_some(play_id).or(last);
    }
    last
}

fn queued(play_id: u64, source: PlaySource) -> Command {
    Command::Play { play_id, source, loops: 1, mode: PlayMode::Queue }
}

/// In their order; without any of its own, that of the platform's sentences.
fn languages(node: &Node) -> impl Iterator<Item = &str> {
    let calls = &node.config.calls;
    let own = calls.announcement_languages.iter().map(String::as_str);
    own.chain(calls.announcement_languages.is_empty().then_some(calls.language.as_str()))
}
