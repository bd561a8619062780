//! Bank statements: what came in, from the files that banks give their customers. Which kind a file is shows in its first character.

pub mod camt;
pub mod coda;

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
}

/// Why a statement cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// As `camt.053`.
    #[error(transparent)]
    Camt(#[from] camt::CamtError),
    /// As CODA.
    #[error(transparent)]
    Coda(#[from] coda::CodaError),
    /// Neither begins so.
    #[error("not a bank statement: a file of camt.053 begins with `<`, one of CODA with `0`")]
    Unknown,
}

/// The booked credits of a file, in its order. Debits, reversals and what is only announced are left out. A file that is not UTF-8 is read
/// as ISO 8859-1, which is what banks mean by it.
pub fn read(bytes: &[u8]) -> Result<Vec<BankPayment>, StatementError> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    match text.trim_start().chars().next() {
        Some('<') => Ok(camt::read(&text)?),
        Some('0') => Ok(coda::read(&text)?),
        _ => Err(StatementError::Unknown),
    }
}
