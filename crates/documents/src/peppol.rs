//! Whether somebody can get a document over Peppol: the names to ask for, and what the answers say. Nothing is asked here.
//!
//! The Service Metadata Locator is DNS: a NAPTR record under a name made of the participant's digest leads to his Service Metadata Publisher,
//! whose answer lists the documents he takes (Peppol SML and SMP specifications, <https://docs.peppol.eu/edelivery/>; OASIS BDXL 1.0).

use std::fmt::Write as _;

use flexio_domain::InvoiceKind;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

/// How participants are named: by a scheme of four digits and an identifier.
const SCHEME: &str = "iso6523-actorid-upis";
/// What a record that leads to a publisher is for.
const SERVICE: &str = "Meta:SMP";
/// Largest answer of a publisher that is read: each document type is one element.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A NAPTR record (RFC 3403).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lowest first.
    pub order: u16,
    /// Lowest first among those of an order.
    pub preference: u16,
    /// `U`: the expression gives a URI.
    pub flags: String,
    /// What for.
    pub service: String,
    /// `!^.*$!https://smp.example!`.
    pub expression: String,
}

/// The name whose NAPTR records are asked for. `participant` is `0208:0202239951`; its case does not matter.
pub fn locator_name(participant: &str, zone: &str) -> String {
    let digest = Sha256::digest(participant.to_lowercase().as_bytes());
    format!("{}.{SCHEME}.{}", base32(&digest), zone.trim_end_matches('.'))
}

/// RFC 4648 §6, without padding.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::with_capacity(bytes.len() * 8 / 5 + 1), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xFFF;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(DIGITS[(held >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        out.push(char::from(DIGITS[(held << (5 - bits)) as usize & 31]));
    }
    out
}

/// The publisher that the records lead to, without a slash at the end.
pub fn publisher(records: &[Naptr]) -> Option<String> {
    let leads = |record: &&Naptr| {
        record.flags.eq_ignore_ascii_case("u") && record.service.eq_ignore_ascii_case(SERVICE)
    };
    let mut leading: Vec<&Naptr> = records.iter().filter(leads).collect();
    leading.sort_by_key(|record| (record.order, record.preference));
    leading.into_iter().find_map(|record| uri(&record.expression))
}

/// What an expression makes of any name: those of Peppol match everything and say the whole URI.
fn uri(expression: &str) -> Option<String> {
    let mut characters = expression.chars();
    let delimiter = characters.next()?;
    let mut parts = characters.as_str().split(delimiter);
    let (pattern, replacement) = (parts.next()?, parts.next()?);
    let matches_all = matches!(pattern, ".*" | "^.*$" | "^.*" | ".*$");
    let is_plain = !replacement.contains('\\') && replacement.starts_with("http");
    (matches_all && is_plain).then(|| replacement.trim_end_matches('/').to_owned())
}

/// Where a publisher says what a participant takes.
pub fn services_url(publisher: &str, participant: &str) -> String {
    let id = format!("{SCHEME}::{}", participant.to_lowercase());
    format!("{publisher}/{}", utf8_percent_encode(&id, NON_ALPHANUMERIC))
}

/// The type of a document of ours, as publishers name it.
pub fn document_type(kind: InvoiceKind) -> String {
    let name = match kind {
        InvoiceKind::Invoice => "Invoice",
        InvoiceKind::CreditNote => "CreditNote",
    };
    let mut text = "busdox-docid-qns::urn:oasis:names:specification:ubl:schema:xsd:".to_owned();
    let _ = write!(
        text,
        "{name}-2::{name}##urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0::2.1"
    );
    text
}

/// Whether a publisher's answer (a `ServiceGroup`) says that documents of this kind are taken. `Err`: it cannot be read.
pub fn takes(answer: &str, kind: InvoiceKind) -> Result<bool, String> {
    let wanted = document_type(kind);
    let mut reader = Reader::from_str(answer);
    let mut is_group = false;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.local_name();
                let name: &str = name.as_ref();
                is_group |= name == "ServiceGroup";
                if name != "ServiceMetadataReference" {
                    continue;
                }
                let value = tag.try_get_attribute("href").ok().flatten();
                let href = value.map(|value| value.value.into_owned()).unwrap_or_default();
                let last = href.rsplit('/').next().unwrap_or_default();
                if percent_decode_str(last).decode_utf8_lossy() == wanted {
                    return Ok(true);
                }
            }
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof if is_group => return Ok(false),
            Event::Eof => return Err("it is no ServiceGroup".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "edelivery.tech.ec.europa.eu";

    #[test]
    fn a_participant_is_looked_up_under_its_digest() {
        // The vector of the Peppol libraries of phax (peppol-commons).
        let name = locator_name("9915:TEST", "acc.edelivery.tech.ec.europa.eu.");
        assert_eq!(
            name,
            "EH5BOAVAKTMBGZYH2A63DZ4QOV33FVP5NSDVQKLUCFRAAYOODW6A.iso6523-actorid-upis.acc.edelivery.tech.ec.europa.eu"
        );
        assert!(
            locator_name("0208:0202239951", ZONE)
                .starts_with("FERPW6OVD2CKFW5CELS4N6JN3TAGG6XOYRYWT35WFSBKFYMHBWNQ.")
        );
        assert!(name.split('.').all(|label| label.len() <= 63));
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
    }

    fn record(order: u16, service: &str, expression: &str) -> Naptr {
        let (service, expression) = (service.to_owned(), expression.to_owned());
        Naptr { order, preference: 10, flags: "U".to_owned(), service, expression }
    }

    #[test]
    fn the_first_record_that_leads_to_a_publisher_is_taken() {
        let records = [
            record(200, "Meta:SMP", "!^.*$!https://second.example/!"),
            record(100, "Meta:SMP", "!^.*$!https://smp.example/base/!"),
            record(50, "E2U+sip", "!^.*$!sip:nobody@example!"),
            record(60, "meta:smp", "!^(.*)$!https://evil.example/\\1!"),
        ];
        assert_eq!(publisher(&records).as_deref(), Some("https://smp.example/base"));
        for expression in ["", "!", "!.*!", "!.*!ftp://x!", "!a!https://x!"] {
            assert_eq!(publisher(&[record(1, "Meta:SMP", expression)]), None, "{expression}");
        }
        assert_eq!(
            services_url("https://smp.example", "0208:0202239951"),
            "https://smp.example/iso6523%2Dactorid%2Dupis%3A%3A0208%3A0202239951"
        );
    }

    fn group(types: &[String]) -> String {
        let reference = |kind: &String| {
            let kind = utf8_percent_encode(kind, NON_ALPHANUMERIC);
            format!("<smp:ServiceMetadataReference href=\"https://smp.example/p/services/{kind}\"/>")
        };
        let references: String = types.iter().map(reference).collect();
        format!(
            "<?xml version=\"1.0\"?><smp:ServiceGroup xmlns:smp=\"http://busdox.org/serviceMetadata/publishing/1.0/\">\
             <smp:ServiceMetadataReferenceCollection>{references}</smp:ServiceMetadataReferenceCollection></smp:ServiceGroup>"
        )
    }

    #[test]
    fn what_is_taken_is_what_the_publisher_lists() {
        let both = group(&[document_type(InvoiceKind::CreditNote), document_type(InvoiceKind::Invoice)]);
        assert_eq!(takes(&both, InvoiceKind::Invoice), Ok(true));
        let other =
            group(&["busdox-docid-qns::urn:oasis:names:specification:ubl:schema:xsd:Order-2::Order##x::2.1"
                .to_owned()]);
        assert_eq!(takes(&other, InvoiceKind::Invoice), Ok(false));
        assert_eq!(takes(&group(&[document_type(InvoiceKind::Invoice)]), InvoiceKind::CreditNote), Ok(false));
        for answer in ["", "<a/>", "<a", "<!DOCTYPE x><ServiceGroup/>"] {
            assert!(takes(answer, InvoiceKind::Invoice).is_err(), "{answer}");
        }
    }
}
