//! Who is said to call, both ways: what is believed of an INVITE, and what ours say (RFC 3323, RFC 3325, RFC 5806).
//!
//! A network that we have a contract with may assert who calls and from where a call was forwarded. A phone may not: it is who it has
//! proved to be. What a caller withholds reaches no application, no callback and no record.

use flexio_domain::Address;
use flexio_sip::{Message, Name, NameAddr, Uri};

use crate::config::{CallerIdHeader, Trunk};
use crate::node::Node;
use crate::routing::write_number;

/// Custom headers an application is told of, at most, and octets of each.
const HEADERS_MAX: usize = 20;
const HEADER_MAX: usize = 1024;

/// What an INVITE tells of its caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub from: Address,
    pub name: Option<String>,
    pub forwarded_from: Option<String>,
}

/// What a network tells: its assertion before From, and nothing that the caller withholds.
pub(crate) fn told_by_network(node: &Node, request: &Message) -> Told {
    let forwarded_from = diversions(request).next().and_then(|id| id.uri().user_decoded());
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

/// Whether a header says who calls, which no customer may do by hand.
pub(crate) fn is_ours(name: &str) -> bool {
    ["P-Asserted-Identity", "P-Preferred-Identity", "Privacy", "Diversion", "Remote-Party-ID", "Identity"]
        .iter()
        .any(|ours| name.eq_ignore_ascii_case(ours))
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

/// How `caller` is shown: to a trunk in its own writing, else as we know him. A withheld caller is shown to nobody; the trunk is
/// told that he asked for it and, where it wants an identity, ours.
pub(crate) fn said(caller: &Address, host: &str, trunk: Option<&Trunk>, country_code: &str) -> Option<Said> {
    let written = |number| {
        write_number(number, trunk.map_or_else(Default::default, |t| t.caller_id_format), country_code)
    };
    let user = match caller {
        Address::Number(number) => written(number),
        Address::ShortCode(text) => text.clone(),
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
        for (caller, trunk, from, headers) in cases {
            assert_eq!(told(caller, trunk.as_ref()), (from.to_owned(), headers), "{caller} {trunk:?}");
        }
    }
}
