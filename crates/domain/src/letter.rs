//! What follows an invoice: letters to its customer, what he does not agree to, what waits to be credited, what is paid back.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{
    AccountSid, CreditRequestSid, Currency, DisputeSid, EmailSid, InvoiceSid, LetterSid, Money, PayoutSid,
    SubscriptionSid,
};

words! {
    /// What a letter is for.
    LetterKind {
        /// The document itself.
        Issue = "issue",
        /// It is not paid; free of charge.
        Reminder = "reminder",
        /// It is still not paid: default is declared.
        Notice = "notice",
        /// On a day that is named, the service will be suspended.
        Warning = "warning",
        /// It is suspended.
        Suspension = "suspension",
        /// The contract is ended.
        Closing = "closing",
        /// All is paid: the service is back.
        Restoration = "restoration",
    }
}

words! {
    /// How a letter goes.
    LetterChannel {
        /// With the document attached.
        Email = "email",
        /// The operator prints and posts it.
        Post = "post",
    }
}

/// A letter about an invoice as it was written, which proves that it was. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Identity.
    pub sid: LetterSid,
    /// About which invoice or credit note.
    pub invoice_sid: InvoiceSid,
    /// Whose.
    pub account_sid: AccountSid,
    /// Order among the letters of the invoice, from 1.
    pub number: u32,
    /// What for.
    pub kind: LetterKind,
    /// How it goes.
    pub channel: LetterChannel,
    /// To which address.
    pub to: String,
    /// The e-mail it is; its state says what became of it. `None` by post, and where none could be made.
    pub email_sid: Option<EmailSid>,
    /// Why no e-mail could be made.
    pub failure: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of subject, a line break, and text; 64 hexadecimal digits.
    pub sha256: String,
    /// What is asked for: open, and not in dispute.
    pub amount: Money,
    /// The fixed sum that it asks for besides, for the first time.
    #[serde(default)]
    pub late_fixed: Money,
    /// The interest that it asks for besides, since the letter before that asked for some.
    #[serde(default)]
    pub late_interest: Money,
    /// The day before which that interest ran.
    #[serde(default)]
    pub interest_until: Option<Date>,
    /// The day that a warning names.
    pub suspend_on: Option<Date>,
    /// Day it was written, in the plan's zone.
    pub written_on: Date,
    /// When.
    pub written_at: Timestamp,
}

/// What a customer does not agree to of an invoice. While it is open no reminder asks for the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Identity.
    pub sid: DisputeSid,
    /// Optimistic lock.
    pub version: u32,
    /// Of which invoice.
    pub invoice_sid: InvoiceSid,
    /// Whose.
    pub account_sid: AccountSid,
    /// With tax, above zero.
    pub amount: Money,
    /// Why, 1 to 1000 characters.
    pub reason: String,
    /// When.
    pub opened_at: Timestamp,
    /// When it was decided.
    pub closed_at: Option<Timestamp>,
    /// What was decided, in words for the customer; empty while it is open.
    pub outcome: String,
}

words! {
    /// Where a credit note stands that a second person has to approve.
    CreditRequestState {
        /// It waits.
        Waiting = "waiting",
        /// It was approved, and is issued.
        Approved = "approved",
        /// It was refused.
        Refused = "refused",
    }
}

/// A part of a line to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditPart {
    /// Number of the invoice's line.
    pub line: u32,
    /// Without tax, in cents.
    pub net: Money,
}

/// A credit note above the limit of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditRequest {
    /// Identity.
    pub sid: CreditRequestSid,
    /// Optimistic lock.
    pub version: u32,
    /// The invoice to be credited.
    pub invoice_sid: InvoiceSid,
    /// Whose.
    pub account_sid: AccountSid,
    /// Parts of lines; none for all that remains.
    pub parts: Vec<CreditPart>,
    /// Printed on the credit note.
    pub reason: String,
    /// What it would come to, with tax, when it was asked for.
    pub gross: Money,
    /// Where it stands.
    pub state: CreditRequestState,
    /// Who asked: an account, a key, or a person.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Who decided: somebody else.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The credit note, once it is issued.
    pub note_sid: Option<InvoiceSid>,
}

/// What was left in the wallet of a customer who has left, to be paid back by the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Identity.
    pub sid: PayoutSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// The contract that ended.
    pub subscription_sid: SubscriptionSid,
    /// Above zero.
    pub amount: Money,
    /// Of the amount.
    pub currency: Currency,
    /// When it became due.
    pub created_at: Timestamp,
    /// When the operator said that it was paid.
    pub paid_at: Option<Timestamp>,
    /// The bank's reference of that payment.
    pub reference: Option<String>,
}
