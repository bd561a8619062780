//! Who is said to call, both ways: what is believed of an INVITE, and what ours say (RFC 3323, RFC 3325, RFC 5806, RFC 7044).
//!
//! A network that we have a contract with may assert who calls and from where a call was forwarded. A phone may not: it is who it has
//! proved to be. What a caller withholds reaches no application, no callback and no record.

use base64::Engine as _;
use flexio_app::legs::{Shown, shown};
use flexio_domain::{Address, E164};
use flexio_sip::{Message, Name, NameAddr, Uri};

use crate::config::{CallerIdHeader, DivertedIdentity, Trunk};
use crate::node::Node;
use crate::routing::write_number;

/// Custom headers an application is told of, at most, and octets of each.
const HEADERS_MAX: usize = 20;
const HEADER_MAX: usize = 1024;
/// Entries of a history that are looked at.
const HISTORY_MAX: usize = 20;
/// Octets of a PASSporT that is passed on.
const PASSPORT_MAX: usize = 2_048;

/// What an INVITE tells of its caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub from: Address,
    pub name: Option<String>,
    pub forwarded_from: Option<String>,
}

/// What a network tells: its assertion before From, and nothing that the caller withholds.
pub(crate) fn told_by_network(node: &Node, request: &Message) -> Told {
    let forwarding = diversions(request).next().or_else(|| forwarded_by(request));
    let forwarded_from = forwarding.and_then(|id| number_of(id.uri()));
    if is_withheld(request) {
        return Told { from: Address::Anonymous, name: None, forwarded_from };
    }
    let from = request.from().ok();
    let mut ids = request.asserted_identity().chain(from);
    let named = ids.find_map(|id| Some((node.address_of(id.uri())?, id.display().map(str::to_owned))));
    let (from, name) = named.unwrap_or((Address::Anonymous, None));
    Told { from, name, forwarded_from }
}

/// What a phone tells: nothing that is believed. Who it is, is known by how it proved it.
pub(crate) fn told_by_phone() -> Told {
    Told { from: Address::Anonymous, name: None, forwarded_from: None }
}

/// Whether the caller's identity must not be shown: asked for (RFC 3323 §4.2, RFC 3325 §9.3), or already taken off From.
fn is_withheld(request: &Message) -> bool {
    let asked = request.get_all(Name::Privacy).any(|value| {
        let mut words = value.split(|byte| matches!(byte, b';' | b',' | b' ' | b'\t'));
        words.any(|word| [&b"id"[..], b"user", b"header"].iter().any(|wish| word.eq_ignore_ascii_case(wish)))
    });
    let taken_off = request.from().is_ok_and(|from| {
        let user = from.uri().user().unwrap_or_default();
        from.uri().host().eq_ignore_ascii_case("anonymous.invalid") || user.eq_ignore_ascii_case("anonymous")
    });
    asked || taken_off
}

/// Who had the call forwarded, latest first; not those who withhold themselves (RFC 5806 §4).
fn diversions(request: &Message) -> impl Iterator<Item = NameAddr> {
    request.diversion().filter(|id| {
        let privacy = id.params().get("privacy").unwrap_or_default();
        !["full", "uri"].iter().any(|word| privacy.trim_matches('"').eq_ignore_ascii_case(word))
    })
}

/// Who had the call forwarded last, of the history that networks write in place of `Diversion` (RFC 7044, RFC 7544); nobody where it is
/// withheld.
fn forwarded_by(request: &Message) -> Option<NameAddr> {
    let is_withheld = |value: &[u8]| value.to_ascii_lowercase().windows(7).any(|word| word == b"history");
    if request.get_all(Name::Privacy).any(is_withheld) {
        return None;
    }
    let entries: Vec<NameAddr> = request.history_info().take(HISTORY_MAX).collect();
    // Whoever was reached by a forward says so by `cause` (RFC 4458), and by `mp` from whom. 380 is the translation of a service number.
    let reached = entries.iter().rposition(|id| id.uri().param("cause").is_some_and(|cause| cause != "380"));
    let by = match reached {
        Some(at) => {
            let from = entries[at].params().get("mp");
            let named = entries.iter().find(|id| from.is_some() && id.params().get("index") == from);
            named.or_else(|| entries.get(at.checked_sub(1)?))
        }
        // Of old it was told by who was left (RFC 4244).
        None => entries.iter().rev().skip(1).find(|id| id.uri().header("Reason").is_some()),
    };
    let is_shown =
        |id: &&NameAddr| id.uri().header("Privacy").is_none_or(|text| !is_withheld(text.as_bytes()));
    by.filter(is_shown).cloned()
}

/// The user of a URI, without the parameters a number may have.
fn number_of(uri: &Uri) -> Option<String> {
    let user = uri.user_decoded()?;
    Some(user.split(';').next().unwrap_or_default().to_owned()).filter(|user| !user.is_empty())
}

/// What the networks on the way say of whether the caller may use his number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Vouched {
    pub verstat: Option<String>,
    pub passport: Option<String>,
}

/// The verdict a network has put beside the caller's number (3GPP TS 24.229 §7.2A.20), with the level of attestation where that is
/// told (`Attestation-Info`, or the PASSporT), and the PASSporT itself (RFC 8224). Nothing is verified here.
pub(crate) fn vouched(request: &Message) -> Vouched {
    let identity = request.header("Identity").unwrap_or_default();
    let passport = identity.split(';').next().unwrap_or_default().trim();
    let passport = Some(passport.to_owned()).filter(|token| token.len() <= PASSPORT_MAX && is_token(token));
    let mut ids = request.asserted_identity().chain(request.from().ok());
    let verdict = ids.find_map(|id| {
        let user = id.uri().user_decoded().unwrap_or_default();
        let own = user.split(';').find_map(|part| part.strip_prefix("verstat=").map(str::to_owned));
        own.or_else(|| id.uri().param("verstat").map(str::to_owned))
    });
    let is_word =
        |text: &String| text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let verstat = verdict.filter(is_word).map(|verdict| {
        let told = request.header("Attestation-Info").map(|level| level.trim().to_owned());
        let level = told.or_else(|| attestation(passport.as_deref()?));
        match level.filter(|level| matches!(level.as_str(), "A" | "B" | "C")) {
            Some(level)
                if verdict.starts_with("TN-Validation-") && !verdict.ends_with(&format!("-{level}")) =>
            {
                format!("{verdict}-{level}")
            }
            Some(_) | None => verdict,
        }
    });
    Vouched { verstat, passport }
}

/// Three parts of base64url, as a PASSporT is written.
fn is_token(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.matches('.').count() == 2 && text.bytes().all(is_letter)
}

/// What a PASSporT attests (RFC 8588 §4).
fn attestation(passport: &str) -> Option<String> {
    let payload =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(passport.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get("attest")?.as_str().map(str::to_owned)
}

/// Headers an application is told of: at most 20 of 1 KiB, those that start with `X-`, and of a network also `Diversion`.
pub(crate) fn custom_headers(message: &Message, by_network: bool) -> Vec<(String, String)> {
    let forwarded = diversions(message).take(usize::from(by_network) * HEADERS_MAX);
    let forwarded = forwarded.map(|id| ("Diversion".to_owned(), id.to_string()));
    let own = message
        .headers()
        .filter(|(name, _)| name.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-")))
        .map(|(name, value)| (name.into_owned(), value.into_owned()));
    own.chain(forwarded).filter(|(_, value)| value.len() <= HEADER_MAX).take(HEADERS_MAX).collect()
}

/// Whether a header says who calls and from where, or how urgently, which no customer may do by hand.
pub(crate) fn is_ours(name: &str) -> bool {
    const OURS: [&str; 11] = [
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Privacy",
        "Diversion",
        "History-Info",
        "Remote-Party-ID",
        "Identity",
        "Geolocation",
        "Geolocation-Routing",
        "Resource-Priority",
        "P-Access-Network-Info",
    ];
    OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

/// The header by which a trunk is told that the number `by` forwards the call, to whom `uri` names.
pub(crate) fn diverted(
    by: &E164,
    uri: &Uri,
    host: &str,
    trunk: &Trunk,
    country_code: &str,
) -> Option<(&'static str, String)> {
    let user = write_number(by, trunk.caller_id_format, country_code);
    let forwarder = NameAddr::new(Uri::sip(Some(&user), host, None).ok()?);
    match trunk.diverted_identity {
        DivertedIdentity::Refused => None,
        // What the document is about nobody knows here: it forwards each call (RFC 5806 §4).
        DivertedIdentity::Diversion => {
            Some(("Diversion", format!("{forwarder};reason=unconditional;counter=1;privacy=off")))
        }
        // 302 is a call that is forwarded always (RFC 4458 §3).
        DivertedIdentity::HistoryInfo => {
            let target = NameAddr::new(uri.with_param("cause", Some("302")).ok()?);
            Some(("History-Info", format!("{forwarder};index=1, {target};index=1.1;mp=1")))
        }
    }
}

/// What an INVITE of ours says of the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub from: NameAddr,
    /// User part of our Contact.
    pub user: String,
    /// `P-Asserted-Identity` and `Privacy`.
    pub headers: Vec<(&'static str, String)>,
}

/// How `caller` is shown: to a trunk in its own writing, else as we know him. A withheld caller is shown to nobody, and one who is no number to
/// no trunk; the trunk is told that he asked for it and, where it wants an identity, ours.
pub(crate) fn said(caller: &Address, host: &str, trunk: Option<&Trunk>, country_code: &str) -> Option<Said> {
    let written = |number: &E164| {
        write_number(number, trunk.map_or_else(Default::default, |t| t.caller_id_format), country_code)
    };
    let user = match caller {
        Address::Number(number) => written(number),
        Address::ShortCode(text) => text.clone(),
        Address::Client(_) | Address::Sip(_) if trunk.is_some() => match shown(caller, country_code) {
            Shown::Number(number) => written(&number),
            Shown::Digits(_) | Shown::Name | Shown::Nobody => "anonymous".to_owned(),
        },
        Address::Client(name) => name.clone(),
        Address::Sip(uri) => Uri::parse(uri.as_bytes()).ok()?.user().unwrap_or("anonymous").to_owned(),
        Address::Alphanumeric(_) | Address::Anonymous => "anonymous".to_owned(),
    };
    let asserting = trunk.filter(|trunk| trunk.caller_id_header == CallerIdHeader::AssertedIdentity);
    let mut headers = Vec::new();
    if user != "anonymous" {
        let from = NameAddr::new(Uri::sip(Some(&user), host, None).ok()?);
        headers.extend(asserting.map(|_| ("P-Asserted-Identity", from.to_string())));
        return Some(Said { from, user, headers });
    }
    let from = NameAddr::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None).ok()?);
    if let Some(number) = asserting.and_then(|trunk| trunk.identity.parse().ok()) {
        let ours = NameAddr::new(Uri::sip(Some(&written(&number)), host, None).ok()?);
        headers.push(("P-Asserted-Identity", ours.to_string()));
    }
    headers.extend(trunk.map(|_| ("Privacy", "id".to_owned())));
    Some(Said { from: from.with_display("Anonymous").ok()?, user, headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_is_told_who_calls_in_its_writing_and_of_a_withheld_caller_only_that_he_is() {
        let asserting = Trunk {
            caller_id_header: CallerIdHeader::AssertedIdentity,
            identity: "+3225880100".to_owned(),
            ..Trunk::default()
        };
        let told = |caller: &str, trunk: Option<&Trunk>| {
            let said =
                said(&caller.parse().expect("an address"), "sip.example.be", trunk, "32").expect("a caller");
            (said.from.to_string(), said.headers)
        };
        let shown = "<sip:+32470123456@sip.example.be>";
        let ours = ("P-Asserted-Identity", "<sip:+3225880100@sip.example.be>".to_owned());
        let withheld = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
        let privacy = ("Privacy", "id".to_owned());
        let cases = [
            ("+32470123456", None, shown, vec![]),
            ("+32470123456", Some(Trunk::default()), shown, vec![]),
            ("+32470123456", Some(asserting.clone()), shown, vec![("P-Asserted-Identity", shown.to_owned())]),
            ("anonymous", None, withheld, vec![]),
            ("anonymous", Some(Trunk::default()), withheld, vec![privacy.clone()]),
            ("anonymous", Some(asserting), withheld, vec![ours, privacy]),
        ];
        let cases = cases.into_iter().chain([
            ("client:alice", None, "<sip:alice@sip.example.be>", vec![]),
            ("client:alice", Some(Trunk::default()), withheld, vec![("Privacy", "id".to_owned())]),
            ("sip:%2B32470123456@x", Some(Trunk::default()), shown, vec![]),
        ]);
        for (caller, trunk, from, headers) in cases {
            assert_eq!(told(caller, trunk.as_ref()), (from.to_owned(), headers), "{caller} {trunk:?}");
        }
    }

    #[test]
    fn a_trunk_is_told_who_forwards_a_call_in_the_manner_it_wants() {
        let (by, uri) = ("+3225880100".parse().unwrap(), Uri::parse(b"sip:+32470123456@192.0.2.1").unwrap());
        let told = |diverted_identity| {
            let trunk = Trunk { diverted_identity, ..Trunk::default() };
            diverted(&by, &uri, "sip.example.be", &trunk, "32")
        };
        assert_eq!(told(DivertedIdentity::Refused), None);
        let header = "<sip:+3225880100@sip.example.be>;reason=unconditional;counter=1;privacy=off";
        assert_eq!(told(DivertedIdentity::Diversion), Some(("Diversion", header.to_owned())));
        let history =
            "<sip:+3225880100@sip.example.be>;index=1, <sip:+32470123456@192.0.2.1;cause=302>;index=1.1;mp=1";
        assert_eq!(told(DivertedIdentity::HistoryInfo), Some(("History-Info", history.to_owned())));
    }
}
