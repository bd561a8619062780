//! Who may call, and what of: an INVITE on its way to becoming a call.

use std::sync::Arc;

use flexio_app::AppError;
use flexio_app::legs::{
    FromAbroad, InboundLeg, NOT_IN_SERVICE_REASON, NOT_IN_SERVICE_STATUS, ReceiveError, RefusedLeg,
    from_abroad,
};
use flexio_domain::{AccountSid, Address, Call, ErrorCode, MappingKind};
use flexio_sip::{self as sip, Authorization, BearerToken, Trust};
use flexio_voice::{LegId, Source};
use tokio::sync::mpsc;

use crate::announcing::{Announcement, announce};
use crate::call_task::CallTask;
use crate::channels::Channel;
use crate::facts;
use crate::identity;
use crate::input::{CallInput, CallSender};
use crate::ladders::LadderOf;
use crate::leg::Leg;
use crate::node::Node;
use crate::refused;
use crate::registrar::{Denied, TRUNK_FULL, is_secure};
use crate::sip_shell::Order;
use crate::watching::watched_as;
use crate::web::is_browser_path;

/// A call that came in: checks it, saves it, runs it. Nothing but 100 has been answered so far.
pub(crate) async fn receive(
    node: Arc<Node>,
    incoming: sip::Incoming,
    sender: CallSender,
    inbox: mpsc::Receiver<CallInput>,
) {
    let leg = incoming.leg;
    let mut known = None;
    match admit(&node, &incoming, &mut known).await {
        Ok(Admitted { answering, by_network, channel }) => {
            let mut facts = facts::inbound(&node, &answering, &incoming.request, by_network);
            if let Some(replaced) = incoming.replaces {
                facts.source = Source::Document(node.take_place(replaced, answering.call.account_sid).await);
            }
            let offer = incoming.request.sdp().map(<[u8]>::to_vec);
            let sid = answering.call.sid;
            let mut task = CallTask::new(Arc::clone(&node), sid, facts, sender.clone(), inbox).await;
            let mut first = Leg::new(answering.call, node.new_token(&sender));
            first.sip = Some(leg);
            first.channel = channel;
            first.offer = offer;
            first.is_web = is_browser_path(incoming.flow.transport);
            first.stored = true;
            task.legs.insert(LegId::FIRST, first);
            let of = LadderOf { account: task.account, call: sid, root: sid };
            node.sip().order(Order::Name { leg, of }).await;
            if let Some((account, address)) = known.and_then(|known| known.caller)
                && let Some(address) = watched_as(&address)
            {
                node.leads_to(leg, (account, address)).await;
            }
            node.run(sid, sender, task);
        }
        Err(Refusal { asks: Some(is_stale), .. }) => {
            node.sip().order(Order::Challenge { leg, is_stale }).await;
        }
        Err(refusal) => {
            metrics::counter!("voice_calls_refused_total", "status" => refusal.denied.status.to_string())
                .increment(1);
            let status = refusal.denied.status;
            let headers = refusal.denied.headers(&node);
            let reject = Order::Reject { leg, status, headers };
            if let Some(announcement) = refusal.announces {
                announce(node, incoming, *announcement, (sender, inbox), reject).await;
                return;
            }
            node.sip().order(reject).await;
            if let Some(Known { inbound, caller }) = known {
                let why = refusal.denied.why;
                let reason = why.and_then(|(code, text)| Some((u16::try_from(code).ok()?, text)));
                refused::keep(&node, leg, RefusedLeg { inbound, caller, sip_status: status, reason }).await;
            }
        }
    }
}

/// What a call is, once that is known and whoever brings it has proved who he is.
struct Known {
    inbound: InboundLeg,
    /// The phone that calls.
    caller: Option<(AccountSid, Address)>,
}

/// A final answer without a call.
struct Refusal {
    denied: Denied,
    /// The caller is asked for credentials; whether once more, because only the nonce was at fault.
    asks: Option<bool>,
    /// What the caller is told first.
    announces: Option<Box<Announcement>>,
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self { denied, asks: None, announces: None }
    }
}

impl Refusal {
    fn new(status: u16) -> Self {
        Denied::from(status).into()
    }

    fn challenge(is_stale: bool) -> Self {
        Self { asks: Some(is_stale), ..Self::new(401) }
    }

    fn because(status: u16, code: u32, text: &str) -> Self {
        Denied { status, why: Some((code, text.to_owned())) }.into()
    }
}

/// A call that may begin.
struct Admitted {
    answering: flexio_app::legs::Answering,
    /// A network brought it, which may say who calls; else a phone did.
    by_network: bool,
    /// Its place on the trunk it came by.
    channel: Option<Channel>,
}

/// `known` is set where a refusal concerns somebody of ours.
async fn admit(
    node: &Arc<Node>,
    incoming: &sip::Incoming,
    known: &mut Option<Known>,
) -> Result<Admitted, Refusal> {
    // Told before anything is looked up: a stranger learns nothing about our numbers.
    let phone = match &incoming.authorization {
        Some(Authorization::Digest(credentials)) => Some(calling_phone(node, incoming, credentials).await?),
        Some(Authorization::Bearer(token)) => Some(calling_browser(node, token).await?),
        None => match incoming.trust {
            Trust::Trusted => None,
            Trust::Listed => Some(listed_caller(node, incoming).await?),
            Trust::Unknown => return Err(Refusal::new(403)),
        },
    };
    let to = called(node, incoming);
    let for_help = phone.is_some() && to.as_ref().is_some_and(|to| node.app.is_emergency(to));
    if node.is_draining() && !for_help {
        return Err(Refusal::new(503));
    }
    if let (Some(replaced), Some(phone)) = (incoming.replaces, &phone) {
        node.may_replace(replaced, phone.account).await.map_err(Refusal::new)?;
    }
    let by_network = phone.is_none();
    let request = &incoming.request;
    let to = to.ok_or_else(|| Refusal::new(404))?;
    let trunk = match incoming.line {
        Some(line) => node.trunk_of_line(line),
        None if !by_network => None,
        None => node.trunks().identify(incoming.flow.remote).map(|entry| entry.config.name.clone()),
    };
    let mut told =
        if by_network { identity::told_by_network(node, request) } else { identity::told_by_phone() };
    let screened = if by_network { screen(node, &mut told, trunk.as_deref()) } else { Ok(()) };
    let inbound = InboundLeg {
        from: told.from,
        to,
        trunk,
        sip_call_id: request.call_id().into_owned(),
        forwarded_from: told.forwarded_from,
        caller_name: told.name,
        node: node.config.node.clone(),
    };
    let caller = phone.as_ref().map(|phone| (phone.account, phone.address.clone()));
    let Known { inbound, .. } = known.insert(Known { inbound, caller });
    screened?;
    let trunk = inbound.trunk.as_deref();
    if let Some(offer) = request.sdp()
        && !node.media_terms(trunk).can_answer(offer)
    {
        return Err(Refusal::new(488));
    }
    let channel = match trunk {
        None => None,
        Some(name) => match node.take_channel(name, "inbound") {
            None => return Err(Refusal::because(503, TRUNK_FULL, "Rate Limited")),
            channel => channel,
        },
    };
    let inbound = inbound.clone();
    let received = match phone {
        Some(phone) => flexio_app::legs::receive_from_phone(&node.app, phone, inbound).await,
        None => flexio_app::legs::receive(&node.app, inbound).await,
    };
    match received {
        Ok(answering) => Ok(Admitted { answering, by_network, channel }),
        Err(ReceiveError::Quarantined(record)) => Err(not_in_service(node, *record, channel)),
        Err(error) => Err(not_received(error)),
    }
}

/// The number is in quarantine; where the operator wants it the caller is told so first.
fn not_in_service(node: &Node, record: Call, channel: Option<Channel>) -> Refusal {
    let (code, text) = NOT_IN_SERVICE_REASON;
    let refusal = Refusal::because(NOT_IN_SERVICE_STATUS, code.into(), text);
    let says = node.config.calls.quarantine_announcement;
    let announces = says.then(|| Box::new(Announcement { record, channel }));
    Refusal { announces, ..refusal }
}

/// Why a call is not taken, as its caller is told.
fn not_received(error: ReceiveError) -> Refusal {
    match error {
        ReceiveError::UnknownNumber | ReceiveError::Quarantined(_) => {
            Refusal::because(404, 1108, "Destination Not Found")
        }
        ReceiveError::AccountInactive => Refusal::because(403, 3301, "Account Suspended"),
        ReceiveError::NoApplication => Refusal::because(404, 3101, "Number Has No Application"),
        ReceiveError::NobodyBehindMask => Refusal::because(403, 3103, "Nobody Behind Mask"),
        ReceiveError::NoCredit => Refusal::because(480, 3303, "Insufficient Credit"),
        ReceiveError::Store(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "call_not_saved");
            Refusal::because(503, 1000, "Internal Error")
        }
    }
}

/// The phone of a customer that calls, once it has proved who it is. An unknown user is told what a wrong password is told.
async fn calling_phone(
    node: &Arc<Node>,
    incoming: &sip::Incoming,
    credentials: &sip::Credentials,
) -> Result<flexio_app::legs::Phone, Refusal> {
    let from = incoming.request.from().map_err(|_| Refusal::new(400))?;
    let mut found = None;
    for kind in [MappingKind::CallCredentials, MappingKind::RegistrationCredentials] {
        if found.is_none() {
            let asked =
                flexio_app::legs::phone(&node.app, credentials.username(), from.uri().host(), kind).await;
            found = asked.map_err(|error| not_checked(&error))?;
        }
    }
    let phone = node.proved(found, credentials).await?.ok_or_else(|| Refusal::challenge(true))?;
    let source = incoming.flow.remote.ip();
    let may = flexio_app::legs::may_call_from(&node.app, &phone, source).await;
    if may.map_err(|error| not_checked(&error))? {
        secured(phone, incoming)
    } else {
        let code = ErrorCode::SipSourceNotListed.number();
        Err(Refusal::because(403, code, "Source Not In An Access List"))
    }
}

/// Who calls a SIP domain from one of its networks. Whatever is called from there otherwise, a stranger would be asked for credentials.
async fn listed_caller(
    node: &Arc<Node>,
    incoming: &sip::Incoming,
) -> Result<flexio_app::legs::Phone, Refusal> {
    let request = &incoming.request;
    let to = request.request_uri().map_err(|_| Refusal::new(400))?;
    let from = request.from().ok().and_then(|from| from.uri().user_decoded()).unwrap_or_default();
    let source = incoming.flow.remote.ip();
    let found = flexio_app::legs::listed_caller(&node.app, &from, to.host(), source).await;
    let phone = found.map_err(|error| not_checked(&error))?.ok_or_else(|| Refusal::challenge(false))?;
    secured(phone, incoming)
}

/// A domain that demands TLS takes nothing else.
fn secured(
    phone: flexio_app::legs::Phone,
    incoming: &sip::Incoming,
) -> Result<flexio_app::legs::Phone, Refusal> {
    if phone.secure && !is_secure(incoming.flow.transport) { Err(Refusal::new(403)) } else { Ok(phone) }
}

fn not_checked(error: &AppError) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "caller_not_checked");
    Refusal::because(503, 1000, "Internal Error")
}

/// The browser that calls with an access token.
async fn calling_browser(node: &Arc<Node>, token: &BearerToken) -> Result<flexio_app::legs::Phone, Refusal> {
    let shown = node.token_phone(token).await?;
    if shown.outgoing {
        Ok(shown.phone)
    } else {
        Err(Refusal::because(403, 20_003, "The token grants no calls"))
    }
}

/// Who is called: the Request-URI; at a registration of ours that is only our own Contact, and To has the number. Who asks for the emergency
/// services without a number gets that of all of them.
fn called(node: &Node, incoming: &sip::Incoming) -> Option<Address> {
    let to = incoming.line.and_then(|_| node.address_of(incoming.request.to().ok()?.uri()));
    let dialled = to.filter(|to| to.dialled().is_some());
    dialled.or_else(|| {
        let uri = incoming.request.request_uri().ok()?;
        if uri.is_emergency_service() { node.app.emergency_number() } else { node.address_of(&uri) }
    })
}

/// Of whom a trunk says that he calls: a home number that cannot be calling from abroad is refused, and so is one nobody calls from.
fn screen(node: &Node, told: &mut identity::Told, trunk: Option<&str>) -> Result<(), Refusal> {
    let is_international =
        trunk.is_some_and(|name| node.trunks().get(name).is_some_and(|entry| entry.config.international));
    if is_international {
        match from_abroad(&told.from, node.app.rater().numbering()) {
            FromAbroad::Shown => {}
            FromAbroad::Withheld => (told.from, told.name) = (Address::Anonymous, None),
            FromAbroad::Refused => {
                tracing::info!(trunk, "home_number_from_abroad_refused");
                return Err(Refusal::because(403, 1107, "Call Rejected"));
            }
        }
    }
    if node.never_shown.has(&told.from, &node.config.sip.country_code) {
        metrics::counter!("caller_ids_refused_total", "rule" => "do_not_originate").increment(1);
        tracing::info!(trunk, "do_not_originate_refused");
        return Err(Refusal::because(403, 1107, "Call Rejected"));
    }
    Ok(())
}
