//! Statements in XML: ISO 20022 `camt.053`, any version.

use flexio_domain::Money;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{BankPayment, BankReturn, CollectedBy, PAYMENTS_MAX, Statement as Read};

/// Elements within elements; statements have about twelve.
const DEPTH_MAX: usize = 32;

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CamtError {
    /// Not well-formed.
    #[error("not XML: {0}")]
    Xml(String),
    /// Some other document.
    #[error("not a bank statement (camt.053)")]
    NotAStatement,
    /// An amount that is none.
    #[error("the amount {0:?} of entry {1} cannot be read")]
    Amount(String, usize),
    /// Beyond the limits.
    #[error("more than {PAYMENTS_MAX} payments")]
    TooMany,
}

#[derive(Debug, Default)]
struct Detail {
    reference: String,
    amount: Option<(String, String)>,
    communication: String,
    payer: String,
    payer_iban: String,
    end_to_end: String,
    reason: String,
    original: Option<String>,
}

#[derive(Debug, Default)]
struct Entry {
    reference: String,
    amount: (String, String),
    is_credit: bool,
    is_reversal: bool,
    status: String,
    booked_on: String,
    batch: String,
    details: Vec<Detail>,
}

#[derive(Debug, Default)]
struct Statement {
    id: String,
    entries: usize,
    entry: Entry,
}

/// The booked credits of a file and the debits that take a collection back, in its order. Other debits, reversals of credits and what is
/// only announced are left out.
pub fn read(text: &str) -> Result<Read, CamtError> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let (mut content, mut currency) = (String::new(), String::new());
    let mut statement = Statement::default();
    let mut payments = Read::default();
    let mut is_statement = false;
    loop {
        match reader.read_event().map_err(|error| CamtError::Xml(error.to_string()))? {
            Event::Start(tag) => {
                if path.len() >= DEPTH_MAX {
                    return Err(CamtError::NotAStatement);
                }
                let name = tag.local_name();
                path.push(AsRef::<str>::as_ref(&name).to_owned());
                content.clear();
                let value = tag.try_get_attribute("Ccy").ok().flatten();
                currency = value.map(|value| value.value.into_owned()).unwrap_or_default();
                match inside(&path).as_str() {
                    "" if path.last().is_some_and(|name| name == "Stmt") => is_statement = true,
                    "Ntry" => statement.entry = Entry::default(),
                    "Ntry/NtryDtls/TxDtls" => statement.entry.details.push(Detail::default()),
                    _ => {}
                }
            }
            Event::End(_) => {
                let at = inside(&path);
                if at == "Ntry" {
                    statement.entries += 1;
                    statement.take(&mut payments)?;
                } else {
                    statement.note(&at, content.trim(), &currency);
                }
                path.pop();
                content.clear();
            }
            Event::Text(piece) => content.push_str(&piece.xml10_content()),
            Event::CData(piece) => content.push_str(&piece.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => content.push(c),
                _ => content.push_str(named(&reference.xml10_content())),
            },
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if is_statement && path.is_empty() => return Ok(payments),
            Event::DocType(_) | Event::Eof => return Err(CamtError::NotAStatement),
        }
    }
}

/// The path of an element within its statement; empty at and above it.
fn inside(path: &[String]) -> String {
    match path.iter().position(|name| name == "Stmt") {
        Some(at) => path[at + 1..].join("/"),
        None => String::new(),
    }
}

fn named(reference: &str) -> &'static str {
    match reference {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

impl Statement {
    /// Takes the content of an element in.
    fn note(&mut self, path: &str, content: &str, currency: &str) {
        let entry = &mut self.entry;
        match path {
            "Id" => content.clone_into(&mut self.id),
            "Ntry/Amt" => entry.amount = (content.to_owned(), currency.to_owned()),
            "Ntry/CdtDbtInd" => entry.is_credit = content == "CRDT",
            "Ntry/RvslInd" => entry.is_reversal = content == "true",
            "Ntry/Sts" | "Ntry/Sts/Cd" if !content.is_empty() => content.clone_into(&mut entry.status),
            "Ntry/BookgDt/Dt" | "Ntry/BookgDt/DtTm" => {
                entry.booked_on = content.chars().take(10).collect();
            }
            "Ntry/NtryDtls/Btch/PmtInfId" => content.clone_into(&mut entry.batch),
            "Ntry/AcctSvcrRef" => content.clone_into(&mut entry.reference),
            _ => {
                let Some(path) = path.strip_prefix("Ntry/NtryDtls/TxDtls/") else { return };
                let Some(detail) = entry.details.last_mut() else { return };
                match path {
                    "Refs/AcctSvcrRef" => content.clone_into(&mut detail.reference),
                    "Amt" | "AmtDtls/TxAmt/Amt" => {
                        detail.amount = Some((content.to_owned(), currency.to_owned()));
                    }
                    "Refs/EndToEndId" => content.clone_into(&mut detail.end_to_end),
                    "RtrInf/Rsn/Cd" | "RtrInf/Rsn/Prtry" => content.clone_into(&mut detail.reason),
                    "AmtDtls/InstdAmt/Amt" => detail.original = Some(content.to_owned()),
                    "RmtInf/Ustrd" => {
                        detail.communication.push_str(content);
                        detail.communication.push(' ');
                    }
                    "RmtInf/Strd/CdtrRefInf/Ref" => content.clone_into(&mut detail.communication),
                    "RltdPties/Dbtr/Nm" | "RltdPties/Dbtr/Pty/Nm" => content.clone_into(&mut detail.payer),
                    "RltdPties/DbtrAcct/Id/IBAN" => content.clone_into(&mut detail.payer_iban),
                    _ => {}
                }
            }
        }
    }

    /// The payments of the entry that has ended, one for each of its details, or one where it has none; or what it takes back.
    fn take(&mut self, read: &mut Read) -> Result<(), CamtError> {
        let mut entry = std::mem::take(&mut self.entry);
        let is_back = !entry.is_credit && entry.details.iter().any(|it| !it.reason.is_empty());
        // A return may be marked as the reversal of the credit it takes back.
        let is_wanted = is_back || (entry.is_credit && !entry.is_reversal);
        if !is_wanted || !matches!(entry.status.as_str(), "" | "BOOK") {
            return Ok(());
        }
        let own = match entry.reference.as_str() {
            "" => format!("{}-{}", self.id, self.entries),
            reference => reference.to_owned(),
        };
        let mut details = std::mem::take(&mut entry.details);
        let is_whole = details.is_empty();
        if is_whole {
            details.push(Detail::default());
        }
        let several = details.len() > 1;
        for (place, mut detail) in (1..).zip(details) {
            let sole = (!several).then(|| entry.amount.clone());
            let (amount, currency) =
                if is_back { sole.or(detail.amount.take()) } else { detail.amount.take().or(sole) }
                    .unwrap_or_default();
            let money = above_zero(&amount).ok_or(CamtError::Amount(amount, self.entries))?;
            let reference = match detail.reference.as_str() {
                "" if several => format!("{own}-{place}"),
                "" => own.clone(),
                reference => reference.to_owned(),
            };
            if is_back {
                read.returns.push(detail.back(reference, money, currency));
            } else {
                let batch =
                    (is_whole || (!several && detail.end_to_end.is_empty())).then_some(entry.batch.as_str());
                read.payments.push(detail.payment(reference, money, currency, (&entry.booked_on, batch)));
            }
        }
        if read.payments.len() + read.returns.len() > PAYMENTS_MAX { Err(CamtError::TooMany) } else { Ok(()) }
    }
}

fn above_zero(amount: &str) -> Option<Money> {
    amount.parse().ok().filter(|money| *money > Money::ZERO)
}

impl Detail {
    /// What left the account and why; some banks say beside it what had been asked for.
    fn back(self, reference: String, amount: Money, currency: String) -> BankReturn {
        let original = self.original.as_deref().and_then(above_zero);
        BankReturn { reference, end_to_end: self.end_to_end, amount, original, currency, reason: self.reason }
    }

    fn payment(
        self,
        reference: String,
        amount: Money,
        currency: String,
        (booked_on, batch): (&str, Option<&str>),
    ) -> BankPayment {
        let collected = match (self.end_to_end.as_str(), batch) {
            ("", None | Some("")) | ("NOTPROVIDED", _) => None,
            ("", Some(batch)) => Some(CollectedBy::Batch(batch.to_owned())),
            (end_to_end, _) => Some(CollectedBy::EndToEnd(end_to_end.to_owned())),
        };
        BankPayment {
            reference,
            amount,
            currency,
            booked_on: booked_on.parse().ok(),
            communication: self.communication.trim().to_owned(),
            payer: self.payer,
            payer_iban: self.payer_iban.parse().ok(),
            collected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payments(text: &str) -> Result<Vec<BankPayment>, CamtError> {
        read(text).map(|read| read.payments)
    }

    fn statement(entries: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
             <GrpHdr><MsgId>m</MsgId></GrpHdr><Stmt><Id>ST7</Id>{entries}</Stmt></BkToCstmrStmt></Document>"
        )
    }

    fn entry(kind: &str, status: &str, details: &str) -> String {
        format!(
            "<Ntry><Amt Ccy=\"EUR\">288.79</Amt><CdtDbtInd>{kind}</CdtDbtInd><Sts>{status}</Sts>\
             <BookgDt><Dt>2026-12-20</Dt></BookgDt>{details}</Ntry>"
        )
    }

    #[test]
    fn what_came_in_is_read_with_who_paid_and_what_for() {
        let detail = "<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Smid &amp; Zn</Nm></Dbtr>\
            <DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct></RltdPties>\
            <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>260000004214</Ref></CdtrRefInf></Strd></RmtInf>\
            </TxDtls></NtryDtls>";
        let payments = payments(&statement(&entry("CRDT", "BOOK", detail))).unwrap();
        let expected = BankPayment {
            reference: "B1".to_owned(),
            amount: "288.79".parse().unwrap(),
            currency: "EUR".to_owned(),
            booked_on: Some(jiff::civil::date(2026, 12, 20)),
            communication: "260000004214".to_owned(),
            payer: "Smid & Zn".to_owned(),
            payer_iban: "BE68539007547034".parse().ok(),
            collected: None,
        };
        assert_eq!(payments, [expected]);
    }

    #[test]
    fn debits_reversals_and_announcements_are_no_payments() {
        let others = [
            entry("DBIT", "BOOK", ""),
            entry("CRDT", "PDNG", ""),
            entry("CRDT", "BOOK", "<RvslInd>true</RvslInd>"),
            // Version 8 writes the status one level deeper.
            entry("CRDT", "<Cd>INFO</Cd>", ""),
        ];
        assert_eq!(read(&statement(&others.concat())), Ok(Read::default()));
        assert_eq!(payments(&statement(&entry("CRDT", "<Cd>BOOK</Cd>", ""))).map(|read| read.len()), Ok(1));
    }

    #[test]
    fn a_batch_is_as_many_payments_and_each_has_a_name_of_its_own() {
        let part = |amount| {
            format!(
                "<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><RmtInf><Ustrd>inv</Ustrd><Ustrd>42</Ustrd></RmtInf></TxDtls>"
            )
        };
        let batch = format!("<NtryDtls>{}{}</NtryDtls>", part("100.00"), part("188.79"));
        let payments = payments(&statement(&entry("CRDT", "BOOK", &batch))).unwrap();
        let read: Vec<_> =
            payments.iter().map(|it| (it.reference.as_str(), it.amount.to_decimals(2))).collect();
        assert_eq!(read, [("ST7-1-1", "100.00".to_owned()), ("ST7-1-2", "188.79".to_owned())]);
        assert_eq!(payments[0].communication, "inv 42");
        let unknown = "<NtryDtls><TxDtls></TxDtls><TxDtls></TxDtls></NtryDtls>";
        assert!(matches!(
            super::read(&statement(&entry("CRDT", "BOOK", unknown))),
            Err(CamtError::Amount(..))
        ));
    }

    #[test]
    fn what_was_collected_is_known_by_its_batch_or_by_its_own_name() {
        let batch = "<NtryDtls><Btch><PmtInfId>B7-1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>";
        let each = "<NtryDtls><Btch><PmtInfId>B7-1</PmtInfId></Btch><TxDtls><Refs><EndToEndId>260000004214</EndToEndId></Refs></TxDtls></NtryDtls>";
        let other = "<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls>";
        let entries = [batch, each, other].map(|details| entry("CRDT", "BOOK", details)).concat();
        let read: Vec<_> =
            payments(&statement(&entries)).unwrap().into_iter().map(|it| it.collected).collect();
        let named = CollectedBy::EndToEnd("260000004214".to_owned());
        assert_eq!(read, [Some(CollectedBy::Batch("B7-1".to_owned())), Some(named), None]);
    }

    #[test]
    fn a_debit_with_a_reason_takes_a_collection_back() {
        let back = "<AcctSvcrRef>R1</AcctSvcrRef><RvslInd>true</RvslInd><NtryDtls><TxDtls><Refs><EndToEndId>260000004214</EndToEndId></Refs>\
            <AmtDtls><InstdAmt><Amt Ccy=\"EUR\">285.79</Amt></InstdAmt></AmtDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>";
        let read = read(&statement(&entry("DBIT", "BOOK", back))).unwrap();
        let expected = BankReturn {
            reference: "R1".to_owned(),
            end_to_end: "260000004214".to_owned(),
            amount: "288.79".parse().unwrap(),
            original: "285.79".parse().ok(),
            currency: "EUR".to_owned(),
            reason: "AC04".to_owned(),
        };
        assert_eq!((read.payments, read.returns), (vec![], vec![expected]));
        let announced = super::read(&statement(&entry("DBIT", "PDNG", back))).unwrap();
        assert_eq!(announced, Read::default());
    }

    #[test]
    fn other_documents_are_refused() {
        assert_eq!(read("<a/>"), Err(CamtError::NotAStatement));
        assert_eq!(read(""), Err(CamtError::NotAStatement));
        assert_eq!(read("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), Err(CamtError::NotAStatement));
        assert!(matches!(read("<a></b>"), Err(CamtError::Xml(_))));
        assert_eq!(read(&"<a>".repeat(100)), Err(CamtError::NotAStatement));
    }
}
