//! What a bank says of a file of direct debits before any money moves: ISO 20022 `pain.002`, any version.
//!
//! Only refusals count: what the bank has taken in is known when the money comes.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{BankRefusal, PAYMENTS_MAX, Refused};

/// Elements within elements; status reports have about twelve.
const DEPTH_MAX: usize = 32;

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// Not well-formed.
    #[error("not XML: {0}")]
    Xml(String),
    /// Some other document.
    #[error("not a status report (pain.002)")]
    NotAReport,
    /// Beyond the limits.
    #[error("more than {PAYMENTS_MAX} refusals")]
    TooMany,
}

/// A status with its reason.
#[derive(Debug, Default)]
struct Status {
    name: String,
    word: String,
    reason: String,
}

impl Status {
    fn is_refused(&self) -> bool {
        self.word == "RJCT"
    }

    /// What is refused, with the nearest reason that was given: its own, or that of what it is in.
    fn refusal(&self, what: fn(String) -> Refused, around: &[&Self]) -> BankRefusal {
        let reasons = std::iter::once(self).chain(around.iter().copied());
        let reason = reasons.map(|status| status.reason.as_str()).find(|reason| !reason.is_empty());
        BankRefusal { what: what(self.name.clone()), reason: reason.unwrap_or("MS03").to_owned() }
    }
}

#[derive(Debug, Default)]
struct Report {
    file: Status,
    batch: Status,
    one: Status,
    /// Refusals of the batch that were told one by one.
    told: usize,
    refused: Vec<BankRefusal>,
}

/// Whether the document is one of these, as far as its beginning says.
pub(super) fn is_report(text: &str) -> bool {
    text.contains("CstmrPmtStsRpt")
}

/// What was refused, in the file's order: single collections, and a batch or the file as a whole where the bank says no more.
pub fn read(text: &str) -> Result<Vec<BankRefusal>, StatusError> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let (mut content, mut report, mut is_report) = (String::new(), Report::default(), false);
    loop {
        match reader.read_event().map_err(|error| StatusError::Xml(error.to_string()))? {
            Event::Start(tag) => {
                if path.len() >= DEPTH_MAX {
                    return Err(StatusError::NotAReport);
                }
                let name = tag.local_name();
                path.push(AsRef::<str>::as_ref(&name).to_owned());
                content.clear();
                is_report |= path.last().is_some_and(|name| name == "CstmrPmtStsRpt");
                match inside(&path).as_str() {
                    "OrgnlPmtInfAndSts" => (report.batch, report.told) = (Status::default(), 0),
                    "OrgnlPmtInfAndSts/TxInfAndSts" => report.one = Status::default(),
                    _ => {}
                }
            }
            Event::End(_) => {
                report.ended(&inside(&path), content.trim())?;
                path.pop();
                content.clear();
            }
            Event::Text(piece) => content.push_str(&piece.xml10_content()),
            Event::CData(piece) => content.push_str(&piece.xml10_content()),
            Event::GeneralRef(_) | Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if is_report && path.is_empty() => return Ok(report.refused),
            Event::DocType(_) | Event::Eof => return Err(StatusError::NotAReport),
        }
    }
}

/// The path of an element within the report; empty at and above it.
fn inside(path: &[String]) -> String {
    match path.iter().position(|name| name == "CstmrPmtStsRpt") {
        Some(at) => path[at + 1..].join("/"),
        None => String::new(),
    }
}

impl Report {
    /// Takes an element in that has ended.
    fn ended(&mut self, path: &str, content: &str) -> Result<(), StatusError> {
        let (group, batch) = ("OrgnlGrpInfAndSts/", "OrgnlPmtInfAndSts/");
        match path {
            "OrgnlGrpInfAndSts" if self.file.is_refused() => {}
            "OrgnlPmtInfAndSts" => {
                if self.batch.is_refused() && self.told == 0 {
                    self.add(self.batch.refusal(Refused::Batch, &[&self.file]))?;
                }
            }
            "OrgnlPmtInfAndSts/TxInfAndSts" => {
                // Some banks give the status once, above.
                let is_refused = self.one.is_refused()
                    || (self.one.word.is_empty() && (self.batch.is_refused() || self.file.is_refused()));
                if is_refused {
                    self.told += 1;
                    self.add(self.one.refusal(Refused::EndToEnd, &[&self.batch, &self.file]))?;
                }
            }
            // The report ends: what it said of the file alone.
            "" if self.file.is_refused() && self.refused.is_empty() && content.is_empty() => {
                self.add(self.file.refusal(Refused::File, &[]))?;
            }
            _ => {
                let (status, rest) = if let Some(rest) = path.strip_prefix(group) {
                    (&mut self.file, rest)
                } else if let Some(rest) = path.strip_prefix("OrgnlPmtInfAndSts/TxInfAndSts/") {
                    (&mut self.one, rest)
                } else if let Some(rest) = path.strip_prefix(batch) {
                    (&mut self.batch, rest)
                } else {
                    return Ok(());
                };
                match rest {
                    "OrgnlMsgId" | "OrgnlPmtInfId" | "OrgnlEndToEndId" => {
                        content.clone_into(&mut status.name);
                    }
                    "GrpSts" | "PmtInfSts" | "TxSts" => content.clone_into(&mut status.word),
                    "StsRsnInf/Rsn/Cd" | "StsRsnInf/Rsn/Prtry" => content.clone_into(&mut status.reason),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, refusal: BankRefusal) -> Result<(), StatusError> {
        if self.refused.len() >= PAYMENTS_MAX {
            return Err(StatusError::TooMany);
        }
        self.refused.push(refusal);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
             <GrpHdr><MsgId>S1</MsgId></GrpHdr>{inner}</CstmrPmtStsRpt></Document>"
        )
    }

    fn told(inner: &str) -> Vec<(Refused, String)> {
        let read = read(&report(inner)).unwrap();
        read.into_iter().map(|refusal| (refusal.what, refusal.reason)).collect()
    }

    #[test]
    fn single_collections_are_refused_with_their_own_reason_and_what_was_taken_in_is_not_told() {
        let inner = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>\
            <OrgnlPmtInfAndSts><OrgnlPmtInfId>B1</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>\
            <TxInfAndSts><OrgnlEndToEndId>260000004214</OrgnlEndToEndId><TxSts>RJCT</TxSts>\
            <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>\
            <TxInfAndSts><OrgnlEndToEndId>260000004315</OrgnlEndToEndId><TxSts>ACSP</TxSts></TxInfAndSts>\
            </OrgnlPmtInfAndSts>";
        assert_eq!(told(inner), [(Refused::EndToEnd("260000004214".to_owned()), "AC04".to_owned())]);
    }

    #[test]
    fn a_batch_is_refused_as_a_whole_or_one_by_one_but_not_twice() {
        let batch = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>B1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>\
            <StsRsnInf><Rsn><Cd>AG01</Cd></Rsn></StsRsnInf>";
        let whole = format!("{batch}</OrgnlPmtInfAndSts>");
        assert_eq!(told(&whole), [(Refused::Batch("B1".to_owned()), "AG01".to_owned())]);
        let one = "<TxInfAndSts><OrgnlEndToEndId>1</OrgnlEndToEndId></TxInfAndSts>";
        let each = format!("{batch}{one}</OrgnlPmtInfAndSts>");
        assert_eq!(told(&each), [(Refused::EndToEnd("1".to_owned()), "AG01".to_owned())]);
    }

    #[test]
    fn a_file_that_is_refused_is_told_as_such_and_other_documents_are_not_read() {
        let file = "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>";
        assert_eq!(told(file), [(Refused::File("M1".to_owned()), "MS03".to_owned())]);
        assert_eq!(told(""), []);
        assert_eq!(read("<Document><Other/></Document>"), Err(StatusError::NotAReport));
        assert!(matches!(read("<Document><CstmrPmtStsRpt></Document>"), Err(StatusError::Xml(_))));
    }
}
