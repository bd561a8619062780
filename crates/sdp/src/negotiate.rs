//! Offer and answer for one audio stream (RFC 3264).

use std::net::{IpAddr, SocketAddr};

use crate::crypto::{self, Crypto};
use crate::{
    Attribute, Bandwidth, Codec, Connection, Direction, LocalMedia, MediaLine, Negotiated, Origin, Sdp, Srtp,
    SrtpPolicy, SrtpSuite,
};

/// Packet lengths a peer may ask for, in ms; others are taken for the nearer end.
const PTIME_MS: std::ops::RangeInclusive<u8> = 10..=60;
/// Payload type we offer for events on the clock of Opus, as browsers do.
const WIDE_EVENTS: u8 = 110;

/// Why two sides cannot talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NegotiateError {
    /// No `m=audio` over RTP with a port: SIP 488.
    #[error("no audio stream over RTP")]
    NoAudio,
    /// Audio, but not in clear or not encrypted, whichever is not allowed here: SIP 488.
    #[error("the media encryption offered is not the one required")]
    Encryption,
    /// Audio, but in none of our codecs: SIP 488.
    #[error("no common audio codec")]
    NoCommonCodec,
    /// The address is missing, a name, or of no use for media.
    #[error("no usable media address")]
    NoAddress,
    /// The answer does not have the media lines of the offer: the answerer broke RFC 3264 §6.
    #[error("the answer does not match the offer")]
    Mismatch,
    /// The answer refused the audio stream with port 0.
    #[error("the audio stream was refused")]
    Refused,
}

/// Our description, to be sent as an offer.
pub fn offer(local: &LocalMedia) -> Sdp {
    let mut formats = vec![];
    let mut attributes = vec![];
    for codec in &local.codecs {
        let payload_type = codec.offered_payload_type();
        formats.push(payload_type.to_string());
        attributes.extend(codec_attributes(*codec, payload_type));
    }
    for (payload_type, clock_hz) in offered_events(local) {
        formats.push(payload_type.to_string());
        attributes.extend(telephone_event(payload_type, clock_hz));
    }
    if local.srtp != SrtpPolicy::Off {
        attributes.extend(own_lines(local).iter().map(Crypto::attribute));
    }
    attributes.extend(common_attributes(local, local.direction, local.rtcp_mux));
    // Keys beside plain RTP: who does not know them ignores them and answers in clear.
    let protocol = if local.srtp == SrtpPolicy::Required { "RTP/SAVP" } else { "RTP/AVP" };
    describe(local, vec![audio_line(local, protocol, formats, attributes)])
}

/// Answers an offer: the first usable audio stream is taken, every other media line is refused with port 0.
/// Direction, hold included, is that of the offer as far as `local` wants it too.
pub fn answer(offer: &Sdp, local: &LocalMedia) -> Result<(Sdp, Negotiated), NegotiateError> {
    let (at, lock) = choose_stream(offer, local)?;
    let theirs = &offer.media[at];
    let (codec, payload_type) = choose(theirs, local).ok_or(NegotiateError::NoCommonCodec)?;
    let events = local.telephone_event.and_then(|_| find_telephone_event(theirs, codec));
    let mux = local.rtcp_mux && theirs.attribute("rtcp-mux").is_some();
    let direction = local.direction.and(direction_of(offer, theirs).reversed());
    let mut formats = vec![payload_type.to_string()];
    let mut attributes = codec_attributes(codec, payload_type);
    if let Some((events, clock_hz)) = events {
        formats.push(events.to_string());
        attributes.extend(telephone_event(events, clock_hz));
    }
    attributes.extend(lock.map(|(line, _)| line.attribute()));
    attributes.extend(common_attributes(local, direction, mux));
    let negotiated = negotiated(
        offer,
        theirs,
        local,
        Agreed {
            codec,
            send: payload_type,
            recv: payload_type,
            send_events: events,
            recv_events: events.map(|(number, _)| number),
            mux,
            direction,
            srtp: lock.map(|(_, srtp)| srtp),
        },
    )?;
    let mut ours = Some(audio_line(local, &theirs.protocol, formats, attributes));
    let lines = offer.media.iter().enumerate().map(|(index, line)| {
        if index == at { ours.take().unwrap_or_else(|| refuse(line)) } else { refuse(line) }
    });
    let media = lines.collect();
    let mut answer = describe(local, media);
    // Times of an answer are those of the offer (§6).
    answer.times.clone_from(&offer.times);
    Ok((answer, negotiated))
}

/// Takes the answer to our offer.
pub fn accept_answer(
    our_offer: &Sdp,
    answer: &Sdp,
    local: &LocalMedia,
) -> Result<Negotiated, NegotiateError> {
    if our_offer.media.len() != answer.media.len() {
        return Err(NegotiateError::Mismatch);
    }
    let at = our_offer.media.iter().position(|line| line.kind == "audio").ok_or(NegotiateError::Mismatch)?;
    let (ours, theirs) = (&our_offer.media[at], &answer.media[at]);
    if theirs.kind != "audio" {
        return Err(NegotiateError::Mismatch);
    }
    if theirs.port == 0 {
        return Err(NegotiateError::Refused);
    }
    if !is_usable(theirs) {
        return Err(NegotiateError::NoAudio);
    }
    let srtp = agreed_keys(ours, theirs, local)?;
    // The answerer's order counts; what we did not offer does not.
    let offered = codecs_of(ours);
    let (codec, send) = codecs_of(theirs)
        .into_iter()
        .find(|(codec, _)| offered.iter().any(|(known, _)| known == codec))
        .ok_or(NegotiateError::NoCommonCodec)?;
    let recv =
        offered.iter().find(|(known, _)| *known == codec).map_or(send, |(_, payload_type)| *payload_type);
    let send_events = find_telephone_event(theirs, codec);
    let recv_events = send_events.and_then(|(_, clock_hz)| events_at(ours, clock_hz));
    let both = send_events.is_some() && recv_events.is_some();
    let mux = ours.attribute("rtcp-mux").is_some() && theirs.attribute("rtcp-mux").is_some();
    let direction = direction_of(our_offer, ours).and(direction_of(answer, theirs).reversed());
    negotiated(
        answer,
        theirs,
        local,
        Agreed {
            codec,
            send,
            recv,
            send_events: send_events.filter(|_| both),
            recv_events: recv_events.filter(|_| both),
            mux,
            direction,
            srtp,
        },
    )
}

#[derive(Clone, Copy)]
struct Agreed {
    codec: Codec,
    send: u8,
    recv: u8,
    send_events: Option<(u8, u32)>,
    recv_events: Option<u8>,
    mux: bool,
    direction: Direction,
    srtp: Option<Srtp>,
}

fn negotiated(
    sdp: &Sdp,
    theirs: &MediaLine,
    local: &LocalMedia,
    agreed: Agreed,
) -> Result<Negotiated, NegotiateError> {
    let ip = address_of(sdp, theirs).ok_or(NegotiateError::NoAddress)?;
    // `c=0.0.0.0` is hold in the way of RFC 2543 (RFC 3264 §8.4): nothing may be sent there.
    let is_old_hold = ip.is_unspecified();
    let is_ours = ip.is_ipv4() == local.rtp.is_ipv4() || is_old_hold;
    if ip.is_multicast() || !is_ours {
        return Err(NegotiateError::NoAddress);
    }
    let direction =
        Direction::new(agreed.direction.sends() && !is_old_hold, agreed.direction.receives() && !is_old_hold);
    let remote = SocketAddr::new(ip, theirs.port);
    let remote_rtcp = if agreed.mux { remote } else { rtcp_of(theirs, remote) };
    let asked = theirs.attribute("ptime").and_then(|value| value.trim().parse().ok());
    let longest = theirs.attribute("maxptime").and_then(|value| value.trim().parse::<u8>().ok());
    let ptime_ms = asked.unwrap_or(local.ptime_ms).min(longest.unwrap_or(u8::MAX));
    Ok(Negotiated {
        remote,
        remote_rtcp,
        rtcp_mux: agreed.mux,
        codec: agreed.codec,
        send_payload_type: agreed.send,
        recv_payload_type: agreed.recv,
        send_telephone_event: agreed.send_events.map(|(number, _)| number),
        recv_telephone_event: agreed.recv_events,
        telephone_event_hz: agreed.send_events.map_or(8_000, |(_, clock_hz)| clock_hz),
        ptime_ms: ptime_ms.clamp(*PTIME_MS.start(), *PTIME_MS.end()),
        direction,
        srtp: agreed.srtp,
    })
}

/// Audio over RTP, neither refused nor ended.
fn is_usable(line: &MediaLine) -> bool {
    line.kind == "audio" && line.port != 0 && is_over_rtp(line)
}

/// In clear or encrypted.
pub(crate) fn is_over_rtp(line: &MediaLine) -> bool {
    matches!(line.protocol.as_str(), "RTP/AVP" | "RTP/AVPF") || is_secure(line)
}

/// The stream has to be encrypted.
pub(crate) fn is_secure(line: &MediaLine) -> bool {
    matches!(line.protocol.as_str(), "RTP/SAVP" | "RTP/SAVPF")
}

/// The stream of an offer to answer: the first with keys when we want them, else the first in clear. Never in clear
/// when encryption is required, and never encrypted in name only.
fn choose_stream(offer: &Sdp, local: &LocalMedia) -> Result<(usize, Option<(Crypto, Srtp)>), NegotiateError> {
    let streams = || offer.media.iter().enumerate().filter(|(_, line)| is_usable(line));
    streams().next().ok_or(NegotiateError::NoAudio)?;
    if local.srtp != SrtpPolicy::Off
        && let Some((at, lock)) = streams().find_map(|(at, line)| Some((at, choose_keys(line, local)?)))
    {
        return Ok((at, Some(lock)));
    }
    let plain = streams().find(|(_, line)| !is_secure(line)).filter(|_| local.srtp != SrtpPolicy::Required);
    plain.map(|(at, _)| (at, None)).ok_or(NegotiateError::Encryption)
}

/// Their first line that we can use, with our own key under their tag (RFC 4568 §5.1.2).
pub(crate) fn choose_keys(line: &MediaLine, local: &LocalMedia) -> Option<(Crypto, Srtp)> {
    let theirs = crypto::read(line).into_iter().next()?;
    let own = own_lines(local).into_iter().find(|own| own.suite == theirs.suite)?;
    let srtp = Srtp { suite: theirs.suite, send: own.key, receive: theirs.key };
    Some((Crypto { tag: theirs.tag, ..own }, srtp))
}

/// What the answer says to the keys of our offer.
pub(crate) fn agreed_keys(
    ours: &MediaLine,
    theirs: &MediaLine,
    local: &LocalMedia,
) -> Result<Option<Srtp>, NegotiateError> {
    let offered = crypto::read(ours);
    let chosen = crypto::read(theirs).into_iter().next();
    let own = chosen
        .and_then(|chosen| offered.iter().find(|own| own.tag == chosen.tag && own.suite == chosen.suite));
    match (chosen, own) {
        (Some(chosen), Some(own)) => {
            Ok(Some(Srtp { suite: chosen.suite, send: own.key, receive: chosen.key }))
        }
        // In clear, which only an optional offer allows; encrypted with keys that are none is neither.
        _ if local.srtp != SrtpPolicy::Required && !is_secure(theirs) && chosen.is_none() => Ok(None),
        _ => Err(NegotiateError::Encryption),
    }
}

/// Our keys as lines of an offer.
pub(crate) fn own_lines(local: &LocalMedia) -> [Crypto; 2] {
    let [first, second] = SrtpSuite::ALL;
    [(1, first, local.srtp_keys[0]), (2, second, local.srtp_keys[1])].map(|(tag, suite, key)| Crypto {
        tag,
        suite,
        key,
    })
}

/// The codecs of a media line that we know by name, in its order, each with its payload type.
pub(crate) fn codecs_of(line: &MediaLine) -> Vec<(Codec, u8)> {
    let known = line.formats.iter().filter_map(|format| {
        let payload_type: u8 = format.parse().ok().filter(|number| *number < 128)?;
        let codec = match rtpmap(line, payload_type) {
            Some(value) => Codec::from_rtpmap(value),
            None => Codec::from_static(payload_type),
        };
        Some((codec?, payload_type))
    });
    known.collect()
}

/// What `a=rtpmap` says of a payload type.
pub(crate) fn rtpmap(line: &MediaLine, payload_type: u8) -> Option<&str> {
    line.attributes("rtpmap").find_map(|value| {
        let (number, rest) = value.trim().split_once(' ')?;
        (number.parse() == Ok(payload_type)).then_some(rest.trim())
    })
}

fn choose(theirs: &MediaLine, local: &LocalMedia) -> Option<(Codec, u8)> {
    let offered = codecs_of(theirs);
    if local.prefer_own_order {
        return local
            .codecs
            .iter()
            .find_map(|codec| offered.iter().find(|(known, _)| known == codec).copied());
    }
    offered.into_iter().find(|(codec, _)| local.codecs.contains(codec))
}

/// The payload type of RFC 4733 events and their clock: that of this codec, as §2.4.1 wants it, else 8 000 Hz, the only
/// one that many phones have beside Opus.
pub(crate) fn find_telephone_event(line: &MediaLine, codec: Codec) -> Option<(u8, u32)> {
    let clocks = [codec.clock_rate_hz(), 8_000];
    clocks.into_iter().find_map(|clock_hz| Some((events_at(line, clock_hz)?, clock_hz)))
}

fn events_at(line: &MediaLine, rate: u32) -> Option<u8> {
    line.formats.iter().find_map(|format| {
        let payload_type: u8 = format.parse().ok().filter(|number| (96..128).contains(number))?;
        let (name, clock) = rtpmap(line, payload_type)?.split_once('/')?;
        let clock: u32 = clock.split('/').next()?.trim().parse().ok()?;
        (name.eq_ignore_ascii_case("telephone-event") && clock == rate).then_some(payload_type)
    })
}

pub(crate) fn direction_of(sdp: &Sdp, line: &MediaLine) -> Direction {
    let named = |list: &[Attribute]| {
        list.iter().filter(|attribute| attribute.value.is_none()).find_map(|a| Direction::from_name(&a.name))
    };
    named(&line.attributes).or_else(|| named(&sdp.attributes)).unwrap_or_default()
}

pub(crate) fn address_of(sdp: &Sdp, line: &MediaLine) -> Option<IpAddr> {
    line.connection.as_ref().or(sdp.connection.as_ref())?.ip()
}

/// `a=rtcp:53020` or `a=rtcp:53020 IN IP4 192.0.2.1` (RFC 3605), else the port above.
fn rtcp_of(line: &MediaLine, rtp: SocketAddr) -> SocketAddr {
    let mut parts = line.attribute("rtcp").unwrap_or("").split_ascii_whitespace();
    let port = parts.next().and_then(|port| port.parse().ok()).filter(|port: &u16| *port != 0);
    let ip = parts.nth(2).and_then(|ip| ip.parse().ok());
    let ip = ip.filter(|ip: &IpAddr| ip.is_ipv4() == rtp.is_ipv4() && !ip.is_multicast());
    SocketAddr::new(ip.unwrap_or(rtp.ip()), port.unwrap_or(rtp.port().saturating_add(1)))
}

/// The events we offer: one payload type for each clock of our codecs.
fn offered_events(local: &LocalMedia) -> Vec<(u8, u32)> {
    let mut events: Vec<(u8, u32)> =
        local.telephone_event.map(|number| (number, 8_000)).into_iter().collect();
    if local.codecs.contains(&Codec::Opus)
        && local.telephone_event.is_some_and(|number| number != WIDE_EVENTS)
    {
        events.push((WIDE_EVENTS, 48_000));
    }
    events
}

/// `a=rtpmap`, and `a=fmtp` where there is something to say.
fn codec_attributes(codec: Codec, payload_type: u8) -> Vec<Attribute> {
    let mut attributes = vec![Attribute::new("rtpmap", format!("{payload_type} {}", codec.rtpmap()))];
    if codec == Codec::Opus {
        // Losses are mended from the packet after them (RFC 7587 §6.1).
        attributes.push(Attribute::new("fmtp", format!("{payload_type} minptime=10;useinbandfec=1")));
    }
    attributes
}

fn telephone_event(payload_type: u8, clock_hz: u32) -> [Attribute; 2] {
    [
        Attribute::new("rtpmap", format!("{payload_type} telephone-event/{clock_hz}")),
        Attribute::new("fmtp", format!("{payload_type} 0-15")),
    ]
}

fn common_attributes(local: &LocalMedia, direction: Direction, mux: bool) -> Vec<Attribute> {
    let mut attributes = vec![Attribute::new("ptime", local.ptime_ms.to_string())];
    if local.rtcp_port != local.rtp.port().wrapping_add(1) {
        attributes.push(Attribute::new("rtcp", local.rtcp_port.to_string()));
    }
    if mux {
        attributes.push(Attribute::flag("rtcp-mux"));
    }
    attributes.push(Attribute::flag(direction.name()));
    attributes
}

fn audio_line(
    local: &LocalMedia,
    protocol: &str,
    formats: Vec<String>,
    attributes: Vec<Attribute>,
) -> MediaLine {
    MediaLine {
        kind: "audio".to_owned(),
        port: local.rtp.port(),
        port_count: None,
        protocol: protocol.to_owned(),
        formats,
        connection: None,
        bandwidth: Vec::<Bandwidth>::new(),
        attributes,
    }
}

/// The same media line with port 0 (§6): its formats must stay, its attributes mean nothing.
fn refuse(line: &MediaLine) -> MediaLine {
    MediaLine {
        port: 0,
        port_count: None,
        connection: None,
        bandwidth: vec![],
        attributes: vec![],
        ..line.clone()
    }
}

fn describe(local: &LocalMedia, media: Vec<MediaLine>) -> Sdp {
    let address = Connection::Ip(local.rtp.ip());
    Sdp {
        origin: Origin {
            username: "-".to_owned(),
            session_id: local.session_id.to_string(),
            version: local.version.to_string(),
            address: address.clone(),
        },
        name: "-".to_owned(),
        connection: Some(address),
        bandwidth: vec![],
        times: vec!["0 0".to_owned()],
        attributes: vec![],
        media,
    }
}

#[cfg(test)]
mod tests;
