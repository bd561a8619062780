//! What an emergency service is told of a call for help: where its phone is registered (RFC 6442, by value), and how urgent it is (RFC 7135).

use std::fmt::Write as _;

use flexio_domain::{EmergencyAddress, Timestamp};
use flexio_sip::BodyPart;

/// The headers, and the part of the body that has the place. `caller` is the URI of From, `host` ours.
pub(crate) fn told(
    place: Option<(&EmergencyAddress, Timestamp)>,
    caller: &str,
    host: &str,
) -> (Vec<(&'static str, String)>, Option<BodyPart>) {
    let mut headers = vec![("Resource-Priority", "esnet.0".to_owned())];
    let Some((address, now)) = place else { return (headers, None) };
    let content_id = format!("place@{}", host.trim_matches(['[', ']']));
    headers.push(("Geolocation", format!("<cid:{content_id}>")));
    headers.push(("Geolocation-Routing", "yes".to_owned()));
    let body = location(address, caller, now).into_bytes();
    (headers, Some(BodyPart { content_type: "application/pidf+xml".to_owned(), content_id, body }))
}

/// The place as a presence document (RFC 4119, RFC 5491) with a civic address (RFC 5139): somebody has written it down, nothing has measured it.
fn location(address: &EmergencyAddress, caller: &str, now: Timestamp) -> String {
    let elements = [
        ("country", &address.country),
        ("A3", &address.city),
        ("RD", &address.street),
        ("HNO", &address.house_number),
        ("LOC", &address.addition),
        ("NAM", &address.name),
        ("PC", &address.postal_code),
    ];
    let said = elements.into_iter().filter(|(_, text)| !text.is_empty());
    let civic = said.fold(String::new(), |mut civic, (name, text)| {
        let _ = write!(civic, "<ca:{name}>{}</ca:{name}>", escaped(text));
        civic
    });
    let entity = escaped(&caller.replacen("sip:", "pres:", 1));
    let at = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" "#,
            r#"xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" entity="{entity}">"#,
            r#"<tuple id="registered"><status><gp:geopriv><gp:location-info>"#,
            r#"<ca:civicAddress>{civic}</ca:civicAddress>"#,
            r#"</gp:location-info><gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv></status>"#,
            r#"<timestamp>{at}</timestamp></tuple></presence>"#,
        ),
        entity = entity,
        civic = civic,
        at = at,
    )
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_value_and_without_one_only_the_urgency() {
        let address = EmergencyAddress {
            country: "BE".to_owned(),
            postal_code: "1030".to_owned(),
            city: "Brussel".to_owned(),
            street: "Koning Albert II-laan".to_owned(),
            house_number: "27".to_owned(),
            addition: "verdieping <3>".to_owned(),
            name: String::new(),
        };
        let (headers, part) =
            told(Some((&address, Timestamp::UNIX_EPOCH)), "sip:+3225880100@sip.example", "sip.example");
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["Resource-Priority", "Geolocation", "Geolocation-Routing"]);
        assert_eq!(headers[1].1, "<cid:place@sip.example>");
        let part = part.unwrap();
        assert_eq!((&*part.content_type, &*part.content_id), ("application/pidf+xml", "place@sip.example"));
        let text = String::from_utf8(part.body).unwrap();
        assert!(text.contains(r#"entity="pres:+3225880100@sip.example""#), "{text}");
        assert!(text.contains(
            "<ca:civicAddress><ca:country>BE</ca:country><ca:A3>Brussel</ca:A3><ca:RD>Koning Albert II-laan</ca:RD><ca:HNO>27</ca:HNO><ca:LOC>verdieping &lt;3&gt;</ca:LOC><ca:PC>1030</ca:PC></ca:civicAddress>"
        ), "{text}");
        assert!(text.contains("<timestamp>1970-01-01T00:00:00Z</timestamp>"), "{text}");
        let (headers, part) = told(None, "sip:anonymous@anonymous.invalid", "sip.example");
        assert_eq!((headers, part), (vec![("Resource-Priority", "esnet.0".to_owned())], None));
    }
}
