//! A stream of real-time text beside the audio (RFC 4103 §9 and §10: `m=text`, `t140/1000` and `red/1000`).
//!
//! Text is added to a description that was made for the audio, so that a call without it is what it was.

use std::net::SocketAddr;

use crate::crypto::{SrtpKey, SrtpPolicy};
use crate::negotiate::{
    address_of, agreed_keys, choose_keys, direction_of, is_over_rtp, is_secure, own_lines, rtpmap,
};
use crate::{Attribute, Direction, LocalMedia, MediaLine, NegotiateError, SRTP_KEY_BYTES, Sdp, Srtp};

/// Payload types we offer: text, and text with what came before it.
const OFFERED: TextTypes = TextTypes { text: 98, red: Some(99) };
/// Characters in a second, on average over ten, that a side takes which does not say (RFC 4103 §6).
const CPS: u16 = 30;

/// Payload types of a text stream, in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextTypes {
    /// `t140/1000`.
    pub text: u8,
    /// `red/1000`, or `None` to go without redundancy.
    pub red: Option<u8>,
}

/// Our side of a text stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalText {
    /// Where we receive it, as the other side must see it.
    pub address: SocketAddr,
    /// Whether it is encrypted: as the audio is.
    pub srtp: SrtpPolicy,
    /// Our keys, which are not those of the audio.
    pub srtp_keys: [SrtpKey; 2],
}

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreedText {
    /// Where the other side wants it.
    pub remote: SocketAddr,
    /// What the other side expects in our packets.
    pub send: TextTypes,
    /// What we told the other side to use.
    pub receive: TextTypes,
    /// What we may do.
    pub direction: Direction,
    /// Characters in a second that the other side takes, on average over ten.
    pub cps: u16,
    /// Keys, when it is encrypted.
    pub srtp: Option<Srtp>,
}

impl LocalText {
    /// Text in clear.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, srtp: SrtpPolicy::Off, srtp_keys: [SrtpKey([0; SRTP_KEY_BYTES]); 2] }
    }

    fn as_media(&self) -> LocalMedia {
        let media = LocalMedia::new(0, self.address);
        LocalMedia { srtp: self.srtp, srtp_keys: self.srtp_keys, ..media }
    }

    /// Our keys for this line and what they make of it; none where it is in clear and may be.
    fn keys(&self, line: &MediaLine) -> Result<Option<(Attribute, Srtp)>, NegotiateError> {
        let media = self.as_media();
        let keys = (self.srtp != SrtpPolicy::Off).then(|| choose_keys(line, &media)).flatten();
        match keys {
            Some((own, srtp)) => Ok(Some((own.attribute(), srtp))),
            None if is_secure(line) || self.srtp == SrtpPolicy::Required => Err(NegotiateError::Encryption),
            None => Ok(None),
        }
    }
}

/// Whether an offer has a text stream that could be answered.
pub fn has_text(offer: &Sdp) -> bool {
    offer.media.iter().any(is_text)
}

/// Adds the stream to our offer.
pub fn offer_text(offer: &mut Sdp, local: &LocalText) {
    let keys = local.as_media();
    let mut attributes = described(OFFERED);
    if local.srtp != SrtpPolicy::Off {
        attributes.extend(own_lines(&keys).iter().map(crate::crypto::Crypto::attribute));
    }
    let protocol = if local.srtp == SrtpPolicy::Required { "RTP/SAVP" } else { "RTP/AVP" };
    attributes.push(Attribute::flag(Direction::SendRecv.name()));
    offer.media.push(line(local, protocol, OFFERED, attributes));
}

/// Adds a text stream to our offer that is none any more: the lines of a session stay (RFC 3264 §8).
pub fn offer_no_text(offer: &mut Sdp, local: &LocalText) {
    let ended = line(local, "RTP/AVP", OFFERED, Vec::new());
    offer.media.push(MediaLine { port: 0, ..ended });
}

/// Takes the first text stream of an offer into our answer to it, which has refused it.
pub fn answer_text(offer: &Sdp, answer: &mut Sdp, local: &LocalText) -> Option<AgreedText> {
    let (at, theirs) = offer.media.iter().enumerate().find(|(_, line)| is_text(line))?;
    let types = types_of(theirs)?;
    let keys = local.keys(theirs).ok()?;
    let direction = direction_of(offer, theirs).reversed();
    let agreed =
        agreed(offer, theirs, local, (types, types), direction, keys.as_ref().map(|(_, srtp)| *srtp))?;
    let mut attributes = described(types);
    attributes.extend(keys.map(|(attribute, _)| attribute));
    attributes.push(Attribute::flag(direction.name()));
    *answer.media.get_mut(at)? = line(local, &theirs.protocol, types, attributes);
    Some(agreed)
}

/// What the answer says to the text stream of our offer; `None` where it was refused.
pub fn accept_text(our_offer: &Sdp, answer: &Sdp, local: &LocalText) -> Option<AgreedText> {
    let at = our_offer.media.iter().position(is_text)?;
    let (ours, theirs) = (&our_offer.media[at], answer.media.get(at).filter(|line| is_text(line))?);
    let srtp = agreed_keys(ours, theirs, &local.as_media()).ok()?;
    let (send, receive) = (types_of(theirs)?, types_of(ours)?);
    let direction = direction_of(our_offer, ours).and(direction_of(answer, theirs).reversed());
    agreed(answer, theirs, local, (send, receive), direction, srtp)
}

fn agreed(
    sdp: &Sdp,
    theirs: &MediaLine,
    local: &LocalText,
    (send, receive): (TextTypes, TextTypes),
    direction: Direction,
    srtp: Option<Srtp>,
) -> Option<AgreedText> {
    let ip = address_of(sdp, theirs)?;
    if ip.is_multicast() || ip.is_unspecified() || ip.is_ipv4() != local.address.is_ipv4() {
        return None;
    }
    let remote = SocketAddr::new(ip, theirs.port);
    let asked = parameters(theirs, send.text).and_then(|list| {
        let named = list.split([';', ' ']).find_map(|part| part.trim().strip_prefix("cps="));
        named?.trim().parse().ok()
    });
    Some(AgreedText { remote, send, receive, direction, cps: asked.unwrap_or(CPS).max(1), srtp })
}

/// Text over RTP, neither refused nor ended, in a form we know.
fn is_text(line: &MediaLine) -> bool {
    line.kind == "text" && line.port != 0 && is_over_rtp(line) && types_of(line).is_some()
}

/// Redundancy counts only where it repeats text (RFC 2198: `a=fmtp:99 98/98/98`).
fn types_of(line: &MediaLine) -> Option<TextTypes> {
    let named = |name: &str| {
        line.formats.iter().filter_map(|format| format.parse().ok()).filter(|number| *number < 128).find(
            |number: &u8| {
                let (known, rate) =
                    rtpmap(line, *number).and_then(|map| map.split_once('/')).unwrap_or_default();
                known.eq_ignore_ascii_case(name) && rate.trim() == "1000"
            },
        )
    };
    let text = named("t140")?;
    let red = named("red").filter(|red| {
        let list = parameters(line, *red).unwrap_or_default();
        list.split('/').all(|number| number.trim().parse() == Ok(text))
    });
    Some(TextTypes { text, red })
}

fn parameters(line: &MediaLine, payload_type: u8) -> Option<&str> {
    line.attributes("fmtp").find_map(|value| {
        let (number, list) = value.trim().split_once(' ')?;
        (number.parse() == Ok(payload_type)).then_some(list)
    })
}

fn described(types: TextTypes) -> Vec<Attribute> {
    let text = types.text;
    let mut attributes = vec![Attribute::new("rtpmap", format!("{text} t140/1000"))];
    if let Some(red) = types.red {
        attributes.push(Attribute::new("rtpmap", format!("{red} red/1000")));
        attributes.push(Attribute::new("fmtp", format!("{red} {text}/{text}/{text}")));
    }
    attributes
}

fn line(local: &LocalText, protocol: &str, types: TextTypes, attributes: Vec<Attribute>) -> MediaLine {
    let formats = types.red.into_iter().chain([types.text]).map(|number| number.to_string()).collect();
    MediaLine {
        kind: "text".to_owned(),
        port: local.address.port(),
        port_count: None,
        protocol: protocol.to_owned(),
        formats,
        connection: None,
        bandwidth: vec![],
        attributes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SrtpSuite, accept_answer, answer, offer, parse};

    fn local(port: u16) -> (LocalMedia, LocalText) {
        let address = SocketAddr::from(([192, 0, 2, 1], port));
        (LocalMedia::new(1, address), LocalText::new(SocketAddr::new(address.ip(), port + 2)))
    }

    #[test]
    fn both_sides_agree_on_text_with_redundancy_beside_the_audio() {
        let ((caller, typed), (callee, read)) = (local(4_000), local(5_000));
        let mut offered = offer(&caller);
        offer_text(&mut offered, &typed);
        let offered = parse(offered.to_string().as_bytes()).unwrap();
        assert!(has_text(&offered));
        let (mut answered, _) = answer(&offered, &callee).unwrap();
        assert_eq!(answered.media[1].port, 0, "the audio alone refuses it");
        let theirs = answer_text(&offered, &mut answered, &read).unwrap();
        let answered = parse(answered.to_string().as_bytes()).unwrap();
        let ours = accept_text(&offered, &answered, &typed).unwrap();
        accept_answer(&offered, &answered, &caller).unwrap();
        assert_eq!((theirs.remote.port(), ours.remote.port()), (4_002, 5_002));
        assert_eq!((theirs.send, ours.send, ours.receive), (OFFERED, OFFERED, OFFERED));
        assert_eq!((ours.cps, ours.direction, ours.srtp), (30, Direction::SendRecv, None));
    }

    #[test]
    fn the_example_of_the_standard_is_answered_in_its_own_numbers() {
        let text = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n\
                    m=text 11000 RTP/AVP 100 98\r\na=rtpmap:98 t140/1000\r\na=fmtp:98 cps=20\r\na=rtpmap:100 red/1000\r\n\
                    a=fmtp:100 98/98/98\r\na=recvonly\r\n";
        let offered = parse(text.as_bytes()).unwrap();
        let (media, read) = local(5_000);
        let (mut answered, _) = answer(&offered, &media).unwrap();
        let agreed = answer_text(&offered, &mut answered, &read).unwrap();
        assert_eq!(agreed.send, TextTypes { text: 98, red: Some(100) });
        assert_eq!((agreed.cps, agreed.direction), (20, Direction::SendOnly));
        let printed = answered.to_string();
        assert!(printed.contains("m=text 5002 RTP/AVP 100 98\r\na=rtpmap:98 t140/1000"), "{printed}");
        assert!(printed.contains("a=fmtp:100 98/98/98\r\na=sendonly"), "{printed}");
    }

    #[test]
    fn what_repeats_other_things_is_no_redundancy_and_what_is_no_text_is_refused() {
        let with = |lines: &str| {
            let head =
                "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=text 11000 ";
            parse(format!("{head}{lines}\r\n").as_bytes()).unwrap()
        };
        let plain =
            with("RTP/AVP 100 98\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\na=fmtp:100 98/97");
        assert_eq!(types_of(&plain.media[0]), Some(TextTypes { text: 98, red: None }));
        for lines in ["RTP/AVP 98\r\na=rtpmap:98 t140/8000", "TCP/MSRP *", "RTP/AVP 0"] {
            assert!(!has_text(&with(lines)), "{lines}");
        }
    }

    #[test]
    fn encrypted_text_has_keys_of_its_own_and_is_never_taken_in_clear_where_it_must_be_encrypted() {
        let ((caller, mut typed), (callee, mut read)) = (local(4_000), local(5_000));
        typed.srtp = SrtpPolicy::Required;
        typed.srtp_keys = [SrtpKey([1; SRTP_KEY_BYTES]), SrtpKey([2; SRTP_KEY_BYTES])];
        let mut offered = offer(&caller);
        offer_text(&mut offered, &typed);
        let (mut answered, _) = answer(&offered, &callee).unwrap();
        assert_eq!(answer_text(&offered, &mut answered, &read), None, "we have no keys");
        read.srtp = SrtpPolicy::Optional;
        read.srtp_keys = [SrtpKey([3; SRTP_KEY_BYTES]), SrtpKey([4; SRTP_KEY_BYTES])];
        let theirs = answer_text(&offered, &mut answered, &read).unwrap().srtp.unwrap();
        let ours = accept_text(&offered, &answered, &typed).unwrap().srtp.unwrap();
        assert_eq!((ours.send, ours.receive, ours.suite), (theirs.receive, theirs.send, SrtpSuite::ALL[0]));
        typed.srtp = SrtpPolicy::Off;
        let mut clear = offer(&caller);
        offer_text(&mut clear, &typed);
        read.srtp = SrtpPolicy::Required;
        assert_eq!(answer_text(&clear, &mut answered, &read), None);
    }
}
