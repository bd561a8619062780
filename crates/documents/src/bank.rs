//! Bank statements: what came in, from the files that banks give their customers. Which kind a file is shows in its first character.

pub mod camt;
pub mod coda;
pub mod pain;
pub mod status;

use flexio_domain::{Iban, Money};
use jiff::civil::Date;

/// Payments of one file.
pub const PAYMENTS_MAX: usize = 100_000;

/// Money that came onto the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankPayment {
    /// The bank's own reference of it, or the statement's id and the place in it: the same in each file that has it.
    pub reference: String,
    /// Above zero.
    pub amount: Money,
    /// ISO 4217.
    pub currency: String,
    /// Day of booking.
    pub booked_on: Option<Date>,
    /// What the payer gave with it, structured or not.
    pub communication: String,
    /// Who paid.
    pub payer: String,
    /// From which account, where the bank says so and it is an IBAN.
    pub payer_iban: Option<Iban>,
    /// Of what was asked of payers' banks it may be.
    pub collected: Option<CollectedBy>,
}

/// What names a collection in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CollectedBy {
    /// `EndToEndId` of one. Payers of transfers may write what they like there.
    EndToEnd(String),
    /// `PmtInfId` of a batch that was booked as one.
    Batch(String),
}

/// A collection that the bank took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankReturn {
    /// The bank's own reference of it, or the statement's id and the place in it.
    pub reference: String,
    /// `EndToEndId` of the collection.
    pub end_to_end: String,
    /// What left the account, above zero.
    pub amount: Money,
    /// What had been asked for, where the bank says so: the rest is its fee.
    pub original: Option<Money>,
    /// ISO 4217.
    pub currency: String,
    /// ISO 20022 `ExternalReturnReason1Code`, such as `AM04`.
    pub reason: String,
}

/// What a bank refuses of a file for it, before any money moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRefusal {
    /// What it refuses.
    pub what: Refused,
    /// ISO 20022 `ExternalStatusReason1Code`, such as `AC04`; `MS03` where none was given.
    pub reason: String,
}

/// What is refused, by its name in the file for the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// `EndToEndId` of a collection.
    EndToEnd(String),
    /// `PmtInfId` of a batch.
    Batch(String),
    /// `MsgId` of the file.
    File(String),
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// Booked credits, in the file's order.
    pub payments: Vec<BankPayment>,
    /// Booked debits that take a collection back, in the file's order. They are booked after the credits.
    pub returns: Vec<BankReturn>,
    /// What was refused of a file for the bank, in the file's order.
    pub refusals: Vec<BankRefusal>,
}

/// Why a statement cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// As `camt.053`.
    #[error(transparent)]
    Camt(#[from] camt::CamtError),
    /// As `pain.002`.
    #[error(transparent)]
    Status(#[from] status::StatusError),
    /// As CODA.
    #[error(transparent)]
    Coda(#[from] coda::CodaError),
    /// Neither begins so.
    #[error("not a bank statement: a file of camt.053 or pain.002 begins with `<`, one of CODA with `0`")]
    Unknown,
}

/// What a file says that is booked. Other debits, reversals and what is only announced are left out. A file that is not UTF-8 is read
/// as ISO 8859-1, which is what banks mean by it.
pub fn read(bytes: &[u8]) -> Result<Statement, StatementError> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    match text.trim_start().chars().next() {
        Some('<') if status::is_report(&text) => {
            Ok(Statement { refusals: status::read(&text)?, ..Statement::default() })
        }
        Some('<') => Ok(camt::read(&text)?),
        Some('0') => Ok(coda::read(&text)?),
        _ => Err(StatementError::Unknown),
    }
}
