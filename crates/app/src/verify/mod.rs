//! Verifications: a code goes out, a code comes back. One engine behind Smart 2FA and Twilio's Verify.
//!
//! A code is drawn, put into one message or call, and forgotten: what is kept is its digest under a key of the vault, and the text or
//! document that carries it, sealed until it has left. Every request for a code is one usage event, in the transaction that keeps the
//! verification, the attempt, and the message or call. Requests for one recipient take turns in this process; between processes the
//! database has one pending verification per recipient, and of checks that cross one wins and the others look again.

mod challenges;
mod check;
mod factors;
mod guard;
mod hooks;
mod limits;
mod send;
mod services;
mod templates;
mod workflow;

use flexio_domain::{ErrorCode, VerificationSid, VerifyScope};
use flexio_verify::life::LifeError;

pub use challenges::NewChallenge;
pub(crate) use check::wrong_mark;
pub use check::{CheckOutcome, Which};
pub use factors::{FactorPatch, NewFactor, TotpPatch};
pub(crate) use hooks::Event;
pub use hooks::{EVENTS, HookPatch};
pub use limits::{BucketPatch, LIMITS_MAX, NewBucket, NewSendLimit};
pub use send::{CodeRecipient, EmailWords, StartVerification, VerifyText};
pub use services::{VerifyServicePatch, checked_text_name};
pub use templates::{TemplatePatch, TemplateUse};
pub use workflow::{WAIT_S_MAX, by_steps, checked_steps, keep_workflows};

use crate::error::{AppError, refuse};
use crate::vault::Vault;

/// The form in which a code is kept. Bound to its verification: the same code elsewhere has another digest.
fn digest(vault: &Vault, verification: VerificationSid, code: &str) -> String {
    vault.sign("verification code", &[&verification.to_string(), code])
}

/// What an ended verification is told as.
fn refused(error: LifeError) -> AppError {
    match error {
        LifeError::Over => ErrorCode::NotFound.into(),
        LifeError::TooManyChecks => ErrorCode::VerifyTooManyChecks.into(),
        LifeError::TooManySendings => ErrorCode::VerifyTooManySendings.into(),
        LifeError::TooSoon(seconds) => refuse(
            ErrorCode::VerifyTooManySendings,
            format!("The next code can be sent in {seconds} seconds."),
        ),
    }
}

/// A name of Smart 2FA's `service`.
pub fn named_scope(name: &str) -> Result<VerifyScope, AppError> {
    crate::accounts::checked_name(name).map(VerifyScope::Named)
}
