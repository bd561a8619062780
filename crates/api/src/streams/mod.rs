//! Media streams of live calls in Twilio's API, and SIPREC, which this platform does not send.

#[cfg(test)]
mod tests;

use flexio_app::{CallChange, NewStream, StreamRef, StreamTrack};
use flexio_domain::{AccountSid, CallSid, ErrorCode, StreamSid, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::calls::call_sid;
use crate::dialect::rfc2822;
use crate::error::{Result, invalid, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::params::{Params, one_of};
use crate::write::Writer;

const LIST: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Streams";
const ONE: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Streams/{StreamSid}";
const SIPREC: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Siprec";
const SIPREC_ONE: &str = "Accounts/{AccountSid}/Calls/{CallSid}/Siprec/{SiprecSid}";
const SHOWN: Shows = Shows::One(sample);
/// Parameters told to the receiver, `Parameter1.Name` to `Parameter99.Value`.
const PARAMETERS_MAX: usize = 99;
const NAME_CHARS_MAX: usize = 128;

const START: &[Param] = params![
    "Url": "`wss:` or `ws:` URL of the receiver; required.",
    "Name": "A name it can be ended by in place of its sid.",
    "Track": "`inbound_track` (default), `outbound_track` or `both_tracks`.",
    "StatusCallback": "Told of its beginning and end.",
    "StatusCallbackMethod": "GET or POST.",
    "Parameter1.Name": "Name of a parameter told to the receiver, and so on to `Parameter99.Name`.",
    "Parameter1.Value": "Its value.",
];

const STOP: &[Param] = params!["Status": "`stopped`; required."];

pub(crate) const OPERATIONS: &[Operation] = &[
    // No creation in the sense of `Idempotency-Key`: nothing is kept of a stream but what its call's timeline says.
    row!(
        "streams.start",
        Update,
        TWILIO,
        LIST,
        "Sends the audio of a live call to a WebSocket.",
        START,
        SHOWN,
        start
    ),
    row!("streams.stop", Update, TWILIO, ONE, "Ends a stream, by its sid or its name.", STOP, SHOWN, stop),
    row!(
        "siprec.start",
        Update,
        TWILIO,
        SIPREC,
        "Not available: use a stream.",
        &[],
        Shows::Nothing,
        no_siprec
    ),
    row!("siprec.stop", Update, TWILIO, SIPREC_ONE, "Not available.", &[], Shows::Nothing, no_siprec),
];

/// What is known of a stream without keeping it.
struct Stream<'a> {
    account: AccountSid,
    call: CallSid,
    /// `None` for one that was ended by its name.
    sid: Option<&'a str>,
    name: Option<&'a str>,
    running: bool,
    at: Timestamp,
}

async fn start(ask: &Ask<'_>) -> Result<Answer> {
    let (call, new) = (call_sid(ask)?, new_stream(&ask.params)?);
    let (sid, name) = (new.sid.to_string(), new.name.clone());
    let change = CallChange::StartStream(Box::new(new));
    changed(ask, call, change, Some(&sid), name.as_deref(), true).await
}

async fn stop(ask: &Ask<'_>) -> Result<Answer> {
    let call = call_sid(ask)?;
    if ask.params.text("Status") != Some("stopped") {
        return Err(invalid("Status", "must be stopped"));
    }
    let given = ask.name("StreamSid");
    let (stream, sid, name) = match given.parse::<StreamSid>() {
        Ok(sid) => (StreamRef::Sid(sid), Some(given), None),
        Err(_) => (StreamRef::Name(given.to_owned()), None, Some(given)),
    };
    changed(ask, call, CallChange::EndStream(stream), sid, name, false).await
}

async fn changed(
    ask: &Ask<'_>,
    call: CallSid,
    change: CallChange,
    sid: Option<&str>,
    name: Option<&str>,
    running: bool,
) -> Result<Answer> {
    // A call of somebody else is not found here, rather than unknown to live modification.
    ask.app().call(ask.account.sid, call).await?;
    ask.app().modify_call(&ask.account, call, change).await?;
    let at = ask.app().clock.now();
    let stream = Stream { account: ask.account.sid, call, sid, name, running, at };
    Ok(ask.one("Stream", |w| view(w, &ask.shown(), &stream)))
}

fn new_stream(params: &Params<'_>) -> Result<NewStream> {
    let url = params.required("Url", ErrorCode::InvalidParameter)?;
    let is_socket = ["ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
    if !is_socket || url.len() > 2_048 || !url.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(refuse(ErrorCode::UrlInvalid, "Url must be a wss: or ws: URL of at most 2048 bytes."));
    }
    let track = one_of("Track", params.text("Track"), |text| match text {
        "inbound_track" => Some(StreamTrack::Inbound),
        "outbound_track" => Some(StreamTrack::Outbound),
        "both_tracks" => Some(StreamTrack::Both),
        _ => None,
    })?;
    let name = params.owned("Name");
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX || name.contains('/')) {
        return Err(invalid("Name", "has more than 128 characters, or a slash"));
    }
    let told = (1..=PARAMETERS_MAX).filter_map(|number| {
        let name = params.owned(&format!("Parameter{number}.Name"))?;
        Some((name, params.owned(&format!("Parameter{number}.Value")).unwrap_or_default()))
    });
    Ok(NewStream {
        sid: StreamSid::new(),
        url: url.to_owned(),
        name,
        track: track.unwrap_or_default(),
        status_callback: params.webhook("StatusCallback", "StatusCallbackMethod", ErrorCode::UrlInvalid)?,
        parameters: told.collect(),
    })
}

async fn no_siprec(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().call(ask.account.sid, call_sid(ask)?).await?;
    Err(refuse(
        ErrorCode::NotBuilt,
        "SIPREC is not available; a media stream (Streams) carries the same audio.",
    ))
}

fn view(w: &mut Writer, shown: &Shown<'_>, stream: &Stream<'_>) {
    w.put("sid", stream.sid);
    w.put("account_sid", stream.account.to_string());
    w.put("call_sid", stream.call.to_string());
    w.put("name", stream.name);
    w.put("status", if stream.running { "in-progress" } else { "stopped" });
    w.put("date_updated", rfc2822(stream.at));
    let named = stream.sid.or(stream.name).unwrap_or("");
    w.put("uri", shown.uri(stream.account, format_args!("Calls/{}/Streams/{named}", stream.call)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let stream = Stream {
        account: AccountSid::from_u128(1),
        call: CallSid::from_u128(1),
        sid: Some("MZ00000000000000000000000000000001"),
        name: Some("agent"),
        running: true,
        at: Timestamp::from_second(1_766_000_000).expect("a second of 2025"),
    };
    view(w, shown, &stream);
}
