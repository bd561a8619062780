//! SEPA direct debit: the mandate of a payer, what was asked of his bank by it, and what became of that.
//!
//! The words are those of the EPC SEPA Direct Debit Core Scheme Rulebook.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{
    AccountSid, CollectionFileSid, CollectionSid, Currency, Iban, InvoiceSid, Language, MandateSid, Money,
};

/// Months without a collection after which a mandate must not be used any more (rulebook, section 4.1).
const UNUSED_MONTHS: i64 = 36;

/// Not 8 to 35 letters and digits, or their remainder by 97 is not 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not a SEPA creditor identifier: two letters, two check digits, a business code of three and the national identifier"
)]
pub struct CreditorIdError;

/// A SEPA creditor identifier (EPC262-08), checked, without blanks, in capitals. The business code, its fifth to seventh character, is no
/// part of the check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditorId(String);

impl CreditorId {
    /// Without blanks, in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditorId {
    type Err = CreditorIdError;

    fn from_str(text: &str) -> Result<Self, CreditorIdError> {
        let kept: String =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).take(36).collect();
        let fits = (8..=35).contains(&kept.len()) && kept.bytes().all(|b| b.is_ascii_alphanumeric());
        let bytes = kept.as_bytes();
        let begins = bytes.len() > 7
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..4].iter().all(u8::is_ascii_digit);
        if !fits || !begins {
            return Err(CreditorIdError);
        }
        let (head, national) = (&kept[..4], &kept[7..]);
        if crate::iban::modulo_97(national.chars().chain(head.chars())) == 1 {
            Ok(Self(kept))
        } else {
            Err(CreditorIdError)
        }
    }
}

impl TryFrom<String> for CreditorId {
    type Error = CreditorIdError;

    fn try_from(text: String) -> Result<Self, CreditorIdError> {
        text.parse()
    }
}

impl From<CreditorId> for String {
    fn from(id: CreditorId) -> Self {
        id.0
    }
}

impl fmt::Display for CreditorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// That a payer lets the operator collect from his account. Rows are never removed: one that is over says when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// Identity.
    pub sid: MandateSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose invoices it pays.
    pub account_sid: AccountSid,
    /// The unique mandate reference, at most 35 characters.
    pub reference: String,
    /// Who collects by it.
    pub creditor_id: CreditorId,
    /// Holder of the account, at most 70 characters; empty once it was erased.
    pub debtor_name: String,
    /// Which account; absent once it was erased.
    pub iban: Option<Iban>,
    /// `core`: the scheme for consumers and companies alike.
    pub scheme: String,
    /// Language of the sentence.
    pub language: Language,
    /// The sentence the payer agreed to, word by word.
    pub statement: String,
    /// Who agreed: an account, or a person.
    pub user: String,
    /// `console` or `api`.
    pub channel: String,
    /// Address it came from; empty once it was erased.
    pub ip: String,
    /// Program it came from, at most 256 characters; empty once it was erased.
    pub user_agent: String,
    /// Day of signature in the plan's zone, as banks are told it.
    pub signed_on: Date,
    /// When.
    pub signed_at: Timestamp,
    /// HMAC-SHA-256 of all above but `version` under the installation's key, in hexadecimal digits.
    pub signature: String,
    /// The last day for which something was collected by it.
    pub last_collected_on: Option<Date>,
    /// Since when nothing may be collected by it.
    pub revoked_at: Option<Timestamp>,
    /// `payer`, `replaced`, `erased`, or the bank's reason such as `AC04`.
    pub revoked_because: Option<String>,
}

impl Mandate {
    /// The first day on which it may not be used any more if nothing is collected until then.
    pub fn expires_on(&self) -> Date {
        let used = self.last_collected_on.unwrap_or(self.signed_on).max(self.signed_on);
        used.checked_add(Span::new().months(UNUSED_MONTHS)).unwrap_or(Date::MAX)
    }

    /// Whether something may be collected by it on a day.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.revoked_at.is_none() && self.iban.is_some() && day < self.expires_on()
    }

    /// What its signature is over, as JSON.
    pub fn signed_text(&self) -> String {
        serde_json::json!([
            self.sid,
            self.account_sid,
            self.reference,
            self.creditor_id,
            self.debtor_name,
            self.iban,
            self.scheme,
            self.language,
            self.statement,
            self.user,
            self.channel,
            self.ip,
            self.user_agent,
            self.signed_on,
            self.signed_at,
        ])
        .to_string()
    }
}

/// How an invoice will be collected, as it stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectDebit {
    /// The mandate.
    pub mandate_sid: MandateSid,
    /// Its reference.
    pub mandate_reference: String,
    /// Who collects.
    pub creditor_id: CreditorId,
    /// Holder of the account.
    pub debtor_name: String,
    /// Which account.
    pub iban: Iban,
    /// The day asked of the bank.
    pub collect_on: Date,
}

words! {
    /// Whether a mandate was used before (ISO 20022 `SequenceType3Code`).
    DebitSequence {
        /// The first of several.
        First = "FRST",
        /// One that follows.
        Recurrent = "RCUR",
    }
}

words! {
    /// What became of a collection.
    CollectionState {
        /// In a file for the bank.
        Requested = "requested",
        /// The money came.
        Settled = "settled",
        /// The bank refused it, or took the money back.
        Returned = "returned",
    }
}

/// Why a collection did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebitReturn {
    /// ISO 20022 `ExternalReturnReason1Code`, such as `AM04`.
    pub reason: String,
    /// The bank's reference of the entry that took it back; absent where the money never came.
    pub reference: Option<String>,
    /// What the bank asked for it on top.
    pub fee: Money,
    /// When it was noted.
    pub at: Timestamp,
}

/// That one invoice was asked of the payer's bank, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Identity.
    pub sid: CollectionSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose invoice.
    pub account_sid: AccountSid,
    /// The invoice.
    pub invoice_sid: InvoiceSid,
    /// Its number.
    pub invoice_number: String,
    /// The file it is in.
    pub file_sid: CollectionFileSid,
    /// `PmtInfId` of its batch, at most 35 characters.
    pub batch: String,
    /// The mandate.
    pub mandate_sid: MandateSid,
    /// Its reference.
    pub mandate_reference: String,
    /// Its day of signature.
    pub mandate_signed_on: Date,
    /// Holder of the account; empty once it was erased.
    pub debtor_name: String,
    /// Which account; absent once it was erased.
    pub iban: Option<Iban>,
    /// In whole cents, above zero.
    pub amount: Money,
    /// Of it.
    pub currency: Currency,
    /// `EndToEndId`: the twelve digits of the invoice's structured communication.
    pub end_to_end: String,
    /// The day asked of the bank.
    pub collect_on: Date,
    /// Whether the mandate was used before.
    pub sequence: DebitSequence,
    /// What became of it.
    pub state: CollectionState,
    /// The bank's reference of the entry by which the money came.
    pub bank_reference: Option<String>,
    /// What of the money pays the invoice; the rest is in the wallet.
    pub settled: Money,
    /// Why it did not work.
    pub returned: Option<DebitReturn>,
    /// Creation.
    pub requested_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A file of collections for the operator's bank. Its text is made again from it and its collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionFile {
    /// Identity; it is the message's.
    pub sid: CollectionFileSid,
    /// Who made it: the top account, or a person of it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// The operator's name.
    pub creditor_name: String,
    /// The operator's creditor identifier.
    pub creditor_id: CreditorId,
    /// The account that is paid to.
    pub creditor_iban: Iban,
    /// Its bank.
    pub creditor_bic: String,
    /// How many collections.
    pub count: u32,
    /// Their sum.
    pub total: Money,
    /// Of all of them.
    pub currency: Currency,
}

/// Whether a bank's reason means that nothing may be collected by the mandate again: there is none, the account is closed, wrong, blocked
/// or not open to direct debits, the payer has died, or his bank keeps this creditor out.
pub fn ends_mandate(reason: &str) -> bool {
    ["AC01", "AC04", "AC06", "AC13", "AG01", "MD01", "MD07", "SL01"].contains(&reason)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn mandate() -> Mandate {
        let signed_at = Timestamp::UNIX_EPOCH;
        Mandate {
            sid: MandateSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            reference: "MD1".to_owned(),
            creditor_id: "DE98ZZZ09999999999".parse().unwrap(),
            debtor_name: "Jan Peeters".to_owned(),
            iban: "BE68539007547034".parse().ok(),
            scheme: "core".to_owned(),
            language: Language::Nl,
            statement: "Ik machtig.".to_owned(),
            user: String::new(),
            channel: "api".to_owned(),
            ip: String::new(),
            user_agent: String::new(),
            signed_on: date(2026, 1, 31),
            signed_at,
            signature: String::new(),
            last_collected_on: None,
            revoked_at: None,
            revoked_because: None,
        }
    }

    #[test]
    fn a_creditor_identifier_is_checked_without_its_business_code() {
        for good in ["DE98ZZZ09999999999", "DE98ABC09999999999", "de98 zzz 09999999999"] {
            assert!(good.parse::<CreditorId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "DE99ZZZ09999999999",
            "DE98ZZZ09999999998",
            "98DEZZZ09999999999",
            "DE98ZZZ",
            "DÉ98ZZZ09999999999",
        ] {
            assert_eq!(bad.parse::<CreditorId>(), Err(CreditorIdError), "{bad}");
        }
    }

    #[test]
    fn a_mandate_that_is_not_used_for_three_years_is_over() {
        let mut mandate = mandate();
        assert_eq!(mandate.expires_on(), date(2029, 1, 31));
        assert!(mandate.is_in_force(date(2029, 1, 30)) && !mandate.is_in_force(date(2029, 1, 31)));
        mandate.last_collected_on = Some(date(2028, 2, 29));
        assert_eq!(mandate.expires_on(), date(2031, 2, 28));
        mandate.revoked_at = Some(Timestamp::UNIX_EPOCH);
        assert!(!mandate.is_in_force(date(2028, 3, 1)));
    }

    #[test]
    fn what_was_signed_does_not_change_with_its_use() {
        let signed = mandate();
        let used = Mandate { version: 2, last_collected_on: Some(date(2026, 2, 2)), ..signed.clone() };
        assert_eq!(signed.signed_text(), used.signed_text());
        let other = Mandate { iban: "NL91ABNA0417164300".parse().ok(), ..signed.clone() };
        assert_ne!(signed.signed_text(), other.signed_text());
    }

    #[test]
    fn a_lack_of_money_does_not_end_a_mandate() {
        assert!(ends_mandate("AC04") && ends_mandate("MD01"));
        assert!(!ends_mandate("AM04") && !ends_mandate("MS03"));
    }
}
