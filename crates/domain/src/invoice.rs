//! Invoices and credit notes: what is kept of them, complete, so that every form of one can be made again from it alone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{
    AccountSid, CreditorId, Currency, DirectDebit, EnterpriseNumber, InvoiceSid, Language, Money, PlanAdvice,
    PostalAddress,
};

words! {
    /// What a document is.
    InvoiceKind {
        /// Asks for money.
        Invoice = "invoice",
        /// Takes back part or all of an invoice.
        CreditNote = "credit_note",
    }
}

words! {
    /// What a quantity counts.
    LineUnit {
        /// Billed seconds.
        Second = "second",
        /// Days on which something was held.
        Day = "day",
        /// Started months.
        Month = "month",
        /// Segments, set-ups, requests.
        Piece = "piece",
    }
}

/// Why a text is not a structured communication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommunicationError {
    /// Not twelve digits with the usual punctuation.
    #[error("not twelve digits such as +++260/0000/04214+++")]
    Digits,
    /// The last two are not those of the first ten: a typing error.
    #[error("the check digits are wrong")]
    Check,
}

/// The Belgian structured communication of a payment: ten digits and their check, printed `+++260/0000/04214+++`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StructuredCommunication(u64);

impl StructuredCommunication {
    /// Of ten digits; `None` from 10¹⁰ on.
    pub const fn new(ten_digits: u64) -> Option<Self> {
        if ten_digits < 10_000_000_000 { Some(Self(ten_digits)) } else { None }
    }

    /// Of the `sequence`th invoice of a year: two digits of the year, eight of the sequence; `None` from 10⁸ on.
    pub const fn of_invoice(year: i16, sequence: u32) -> Option<Self> {
        if sequence < 100_000_000 {
            Some(Self((year.rem_euclid(100) as u64) * 100_000_000 + sequence as u64))
        } else {
            None
        }
    }

    /// The ten digits modulo 97, and 97 where that is 0.
    const fn check(self) -> u64 {
        match self.0 % 97 {
            0 => 97,
            check => check,
        }
    }

    /// Twelve digits without punctuation, as bank files carry them.
    pub fn digits(self) -> String {
        format!("{:010}{:02}", self.0, self.check())
    }
}

impl FromStr for StructuredCommunication {
    type Err = CommunicationError;
    /// With any punctuation between the digits; a wrong check is an error, so that no payment is matched by a typing error.
    fn from_str(text: &str) -> Result<Self, CommunicationError> {
        let punctuation = |c: char| matches!(c, '+' | '*' | '/' | '.' | '-') || c.is_whitespace();
        let digits: String = text.chars().filter(|c| !punctuation(*c)).collect();
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CommunicationError::Digits);
        }
        let (ten, check) = digits.split_at(10);
        let communication = Self(ten.parse().map_err(|_| CommunicationError::Digits)?);
        if check.parse() == Ok(communication.check()) {
            Ok(communication)
        } else {
            Err(CommunicationError::Check)
        }
    }
}

impl TryFrom<String> for StructuredCommunication {
    type Error = CommunicationError;
    fn try_from(text: String) -> Result<Self, CommunicationError> {
        text.parse()
    }
}

impl From<StructuredCommunication> for String {
    fn from(communication: StructuredCommunication) -> Self {
        communication.to_string()
    }
}

impl fmt::Display for StructuredCommunication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "+++{}/{}/{}+++", &digits[..3], &digits[3..7], &digits[7..])
    }
}

impl fmt::Debug for StructuredCommunication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who sells: the operator's block on documents, and its links. The default is a company that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    /// As registered, without its form.
    pub name: String,
    /// Legal form: `NV`.
    pub legal_form: String,
    /// Street and number of the registered seat.
    pub street: String,
    /// Its post code.
    pub post_code: String,
    /// Its city.
    pub city: String,
    /// Its country, ISO 3166 alpha-2.
    pub country: String,
    /// Ten digits with a right check, dots allowed.
    pub enterprise_number: EnterpriseNumber,
    /// Seat of the court whose register it is in: `Brussel`.
    pub court: String,
    /// For questions about invoices.
    pub email: String,
    /// Telephone of customer service.
    pub phone: String,
    /// Of the company.
    pub website: String,
    /// Account that is paid to, blanks allowed.
    pub iban: String,
    /// Bank of that account.
    pub bic: String,
    /// SEPA creditor identifier; without one nothing is collected by direct debit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor_id: Option<CreditorId>,
    /// The company is being wound up, which its documents must say.
    pub in_liquidation: bool,
    /// Days from issue to the due date (1–60).
    pub payment_days: u16,
    /// Where customers ask.
    pub contact_url: String,
    /// Where solutions for users with a disability are described.
    pub accessibility_url: String,
    /// Where the terms are.
    pub legal_url: String,
    /// Where customers complain: an address of mail or web.
    pub complaint_contact: String,
    /// The regulator's comparison of tariffs.
    pub tariff_comparison_url: String,
    /// The ombudsman for telecommunications.
    pub ombudsman: String,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            name: "Voorbeeld Telecom".to_owned(),
            legal_form: "NV".to_owned(),
            street: "Voorbeeldstraat 1".to_owned(),
            post_code: "1000".to_owned(),
            city: "Brussel".to_owned(),
            country: "BE".to_owned(),
            enterprise_number: "0999999922".parse().expect("its check digits are right"),
            court: "Brussel".to_owned(),
            email: "billing@example.be".to_owned(),
            phone: "+32 2 588 00 00".to_owned(),
            website: "https://www.example.be".to_owned(),
            iban: "BE68 5390 0754 7034".to_owned(),
            bic: "EXMPBEBB".to_owned(),
            creditor_id: None,
            in_liquidation: false,
            payment_days: 30,
            contact_url: "https://www.example.be/contact".to_owned(),
            accessibility_url: "https://www.example.be/accessibility".to_owned(),
            legal_url: "https://www.example.be/terms".to_owned(),
            complaint_contact: "complaints@example.be".to_owned(),
            tariff_comparison_url: "https://www.bestetarief.be".to_owned(),
            ombudsman: "https://www.ombudsmantelecom.be".to_owned(),
        }
    }
}

/// Who buys, as on the day of issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Of the person, or of the company as registered.
    pub name: String,
    /// Seat or home.
    pub address: PostalAddress,
    /// A company's, in Belgium.
    pub enterprise_number: Option<EnterpriseNumber>,
    /// With its country: `BE0202239951`.
    pub vat_number: Option<String>,
    /// Peppol participant with its scheme, `0208:0202239951`; that of the enterprise number where it is absent.
    pub peppol: Option<String>,
    /// Its own reference for orders.
    pub reference: Option<String>,
    /// Of its documents.
    pub language: Language,
}

/// How value added tax falls on a whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vat {
    /// Charged at the standard rate of a country.
    Standard {
        /// ISO 3166 alpha-2.
        country: String,
        /// Millionths: 210 000 is 21 %.
        millionths: u32,
    },
    /// Owed by a business of another member state (Directive 2006/112/EC, Articles 44 and 196).
    ReverseCharge,
    /// Supplied outside the Union (Article 59).
    OutsideScope,
}

impl Vat {
    /// Millionths; 0 where none is charged.
    pub const fn millionths(&self) -> u32 {
        match self {
            Self::Standard { millionths, .. } => *millionths,
            Self::ReverseCharge | Self::OutsideScope => 0,
        }
    }

    /// The rate in per cent without needless zeros: `21`, `5.5`.
    pub fn percent(&self) -> String {
        let (whole, fraction) = (self.millionths() / 10_000, self.millionths() % 10_000);
        format!("{whole}.{fraction:04}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What a promotion takes off a line or a document, in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Id of the promotion.
    pub promotion: String,
    /// As printed, with its end.
    pub reason: String,
    /// Not negative.
    pub amount: Money,
}

/// What a line is below the list price, for the ledger: by an allowance, another price or free units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Id of the promotion.
    pub promotion: String,
    /// In cents.
    pub amount: Money,
}

/// One item at one price in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// Position, from 1.
    pub number: u32,
    /// Price item: `voice.out.mobile`.
    pub item: String,
    /// Plan and version of the price: `flexio-be/1`.
    pub plan: String,
    /// Month of supply: `2026-11`. Before the document's own: late usage, or carried over.
    pub month: String,
    /// A month before the document's that had no invoice, because it came to too little for one.
    #[serde(default)]
    pub carried_over: bool,
    /// First day of supply.
    pub from: Date,
    /// Last day of supply.
    pub to: Date,
    /// In `unit`.
    pub quantity: u64,
    /// What it counts.
    pub unit: LineUnit,
    /// How often the price was applied: calls, messages, numbers.
    pub count: u64,
    /// Without tax, for `base` units.
    pub price: Money,
    /// From 1.
    pub base: u64,
    /// Sum of the exact charges behind the line.
    pub exact: Money,
    /// What a promotion takes off this line.
    pub allowance: Option<Allowance>,
    /// Where the line's price or quantity itself is a promotion's: its words.
    pub promotion: Option<String>,
    /// All that the line is below the list price.
    pub discounts: Vec<Discount>,
    /// `quantity × price ÷ base` in cents, half up, less the allowance.
    pub net: Money,
}

/// The invoice that a credit note takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preceding {
    /// Identity.
    pub sid: InvoiceSid,
    /// Number.
    pub number: String,
    /// Date of issue.
    pub issued_on: Date,
    /// Why it is taken back.
    pub reason: String,
}

/// An invoice or credit note as issued. Never changed; an invoice is only credited. Amounts are positive in both kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Identity.
    pub sid: InvoiceSid,
    /// Whose.
    pub account_sid: AccountSid,
    /// What it is.
    pub kind: InvoiceKind,
    /// Without gaps in its series: `2026-000042`, `CN2026-000001`.
    pub number: String,
    /// Month it was made for: `2026-11`.
    pub month: String,
    /// Date of issue.
    pub issued_on: Date,
    /// Last day to pay; of a credit note, its date of issue.
    pub due_on: Date,
    /// First day of supply of any line.
    pub from: Date,
    /// Last day of supply of any line.
    pub to: Date,
    /// What to give with the payment; an invoice's.
    pub communication: Option<StructuredCommunication>,
    /// Of every amount.
    pub currency: Currency,
    /// Who sells.
    pub seller: Operator,
    /// Who buys.
    pub buyer: Buyer,
    /// How tax falls on it.
    pub vat: Vat,
    /// In order of their numbers.
    pub lines: Vec<InvoiceLine>,
    /// What promotions take off the whole, before tax.
    pub allowances: Vec<Allowance>,
    /// Sum of the lines.
    pub lines_total: Money,
    /// Lines less allowances: what is taxed.
    pub net: Money,
    /// Rounded once.
    pub tax: Money,
    /// Net and tax.
    pub gross: Money,
    /// Of `gross`, paid from what was put in before.
    pub prepaid: Money,
    /// What is left to pay.
    pub payable: Money,
    /// How it will be collected, where a mandate was in force when it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_debit: Option<DirectDebit>,
    /// A credit note's invoice.
    pub preceding: Option<Preceding>,
    /// Once a year: which plan would have been the best.
    #[serde(default)]
    pub advice: Option<PlanAdvice>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_of_a_structured_communication_is_modulo_97() {
        let vectors = [
            (2_600_000_042, "+++260/0000/04214+++"),
            (203_430_576, "+++020/3430/57642+++"),
            (97, "+++000/0000/09797+++"),
            (0, "+++000/0000/00097+++"),
        ];
        for (digits, printed) in vectors {
            let communication = StructuredCommunication::new(digits).unwrap();
            assert_eq!(communication.to_string(), printed);
            assert_eq!(printed.parse(), Ok(communication));
            assert_eq!(communication.digits().parse(), Ok(communication));
        }
        assert_eq!(
            StructuredCommunication::of_invoice(2026, 42),
            StructuredCommunication::new(2_600_000_042)
        );
        assert_eq!(StructuredCommunication::new(10_000_000_000), None);
        assert_eq!(StructuredCommunication::of_invoice(2026, 100_000_000), None);
    }

    #[test]
    fn a_typing_error_is_no_communication() {
        let parse = |text: &str| text.parse::<StructuredCommunication>();
        assert!(parse(" 260 0000 04214").is_ok() && parse("***260/0000/04214***").is_ok());
        assert_eq!(parse("+++260/0000/04215+++"), Err(CommunicationError::Check));
        assert_eq!(parse("+++260/0000/04241+++"), Err(CommunicationError::Check));
        for text in ["", "+++260/0000/0421+++", "260000004214x", "invoice 42"] {
            assert_eq!(parse(text), Err(CommunicationError::Digits), "{text}");
        }
    }

    #[test]
    fn a_rate_is_printed_without_needless_zeros() {
        let percent = |millionths| Vat::Standard { country: "BE".to_owned(), millionths }.percent();
        assert_eq!(
            ["21", "5.5", "0"],
            [percent(210_000), percent(55_000), percent(0)].each_ref().map(|s| &**s)
        );
    }
}
