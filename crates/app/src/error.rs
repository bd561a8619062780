//! Why a use case was not carried out.

use flexio_domain::{ErrorCode, Reason};
use flexio_store::{CREDIT_SHORT, StoreError};

use crate::control::ControlError;
use crate::vault::VaultError;

/// A request that was refused, and for what documented reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", detail.as_deref().unwrap_or(code.sentence()))]
pub struct Refusal {
    /// Number of the catalogue.
    pub code: ErrorCode,
    /// More than the catalogue's sentence: which parameter, what was wrong. Safe to show; no personal data.
    pub detail: Option<String>,
    /// Code of the reason dictionary (docs/reason-codes.md), for refused calls and messages.
    pub reason: Option<Reason>,
    /// Seconds after which it may be asked again; `None` where waiting does not help, or the code says it.
    pub retry_after_s: Option<u32>,
}

/// Why a use case was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// By its rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// By the store.
    #[error("the store did not answer as needed")]
    Store(#[from] StoreError),
    /// A kept secret could not be read.
    #[error("a kept secret could not be read")]
    Vault(#[from] VaultError),
    /// By the carrier of the call.
    #[error("the call could not be changed")]
    Control(#[from] ControlError),
    /// Someone else changed the same thing each time we tried.
    #[error("the resource keeps being changed by others")]
    Contended,
}

impl AppError {
    /// The error of the catalogue that tells a customer about this.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Store(StoreError::Full) => ErrorCode::StorageFull,
            Self::Store(StoreError::Unavailable(_)) | Self::Control(ControlError::Overloaded) => {
                ErrorCode::Unavailable
            }
            Self::Store(StoreError::Conflict(CREDIT_SHORT)) => ErrorCode::InsufficientCredit,
            Self::Store(StoreError::Conflict(_)) | Self::Contended => ErrorCode::Conflict,
            Self::Store(StoreError::EventConflict(_) | StoreError::Broken(_)) | Self::Vault(_) => {
                ErrorCode::Internal
            }
            Self::Control(ControlError::NotHere) => ErrorCode::CallNotHere,
            Self::Control(ControlError::Over) => ErrorCode::CallOver,
            Self::Control(ControlError::WrongState) => ErrorCode::CallStateInvalid,
            Self::Control(ControlError::NoSuch) => ErrorCode::NotFound,
            Self::Control(ControlError::TooMany) => ErrorCode::CallSubscriptions,
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, detail: None, reason: None, retry_after_s: None }
    }
}

impl From<ErrorCode> for AppError {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

/// A refusal that says more than the catalogue's sentence.
pub fn refuse(code: ErrorCode, detail: impl Into<String>) -> AppError {
    AppError::Refused(Refusal { code, detail: Some(detail.into()), reason: None, retry_after_s: None })
}

/// A refusal with a code of the reason dictionary.
pub fn refuse_because(code: ErrorCode, reason: u16, text: &str) -> AppError {
    let reason = Some(Reason { code: reason, text: text.to_owned() });
    AppError::Refused(Refusal { code, detail: None, reason, retry_after_s: None })
}
