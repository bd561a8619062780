//! Legal holds, erasures, and rows that go.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{ErasureChange, Kept, StoreError};

const NOT_OVER: &str = "the row is not there, or not over";

/// The steps of a change.
pub fn plan(change: ErasureChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use ErasureChange as C;
    let step = match change {
        C::CreateHold(hold) => Step::one(Write::LegalHoldInsert, hold_row(&hold)?, TAKEN),
        C::UpdateHold(hold) => {
            let next = LegalHold { version: hold.version + 1, ..hold };
            Step::one(Write::LegalHoldUpdate, hold_row(&next)?, MOVED)
        }
        C::Create(erasure) => Step::one(Write::ErasureInsert, row(&erasure)?, TAKEN),
        C::Update(erasure) => {
            let next = Erasure { version: erasure.version + 1, ..erasure };
            Step::one(Write::ErasureUpdate, row(&next)?, MOVED)
        }
        C::Drop(kind, account, key) => {
            drop_row(kind, account, key, steps);
            return Ok(());
        }
        C::ForgetCall(account, call) => {
            let call = sid(call.as_u128());
            steps.push(Step::any(Write::TimelineDelete, vec![call.clone()]));
            steps.push(Step::any(Write::LaddersDelete, vec![call.clone()]));
            steps.push(Step::any(Write::LaddersOfRootDrop, vec![call.clone()]));
            Step::any(Write::VerbRecordsOfCallDrop, vec![sid(account.as_u128()), call])
        }
        C::RewriteUsage(event) => {
            let key = [text(&event.source), text(&event.id), sid(event.account_sid.as_u128())];
            Step::any(Write::UsageRewrite, key.into_iter().chain([doc(&event)?]).collect())
        }
        C::RewriteAudit(event) => {
            let key = [sid(event.account_sid.as_u128()), sid(event.sid.as_u128())];
            Step::any(Write::AuditEventRewrite, key.into_iter().chain([doc(&event)?]).collect())
        }
        C::DropAnswer(account, key) => Step::any(Write::AnswerDrop, vec![sid(account.as_u128()), text(&key)]),
        C::DropMarks(account, mark) => Step::any(Write::MarksDrop, vec![sid(account.as_u128()), text(&mark)]),
        C::DropContact(account, recipient) => {
            Step::any(Write::ContactDrop, vec![sid(account.as_u128()), text(&recipient)])
        }
        C::DropCustomer(account) => Step::any(Write::CustomerDrop, vec![sid(account.as_u128())]),
    };
    steps.push(step);
    Ok(())
}

fn row(erasure: &Erasure) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(erasure.sid.as_u128()),
        sid(erasure.account_sid.as_u128()),
        Value::Int(erasure.version.into()),
        optional_time(erasure.due_at),
        doc(erasure)?,
    ])
}

fn hold_row(hold: &LegalHold) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(hold.sid.as_u128()),
        sid(hold.account_sid.as_u128()),
        Value::Int(hold.version.into()),
        optional_text(hold.number.as_ref().map(E164::as_str)),
        flag(hold.state.holds()),
        doc(hold)?,
    ])
}

/// A row with those that are part of it. It may be gone already; a call that is not over stays.
fn drop_row(kind: Kept, account: AccountSid, key: u128, steps: &mut Vec<Step>) {
    let own = || vec![sid(account.as_u128()), sid(key)];
    let part = |write| Step::any(write, vec![sid(key)]);
    match kind {
        Kept::Calls => steps.extend([
            Step::one(Write::CallsDrop, own(), NOT_OVER),
            part(Write::TimelineDelete),
            part(Write::LaddersDelete),
            part(Write::LaddersOfRootDrop),
        ]),
        Kept::Messages => steps.push(Step::any(Write::MediaOfMessageDelete, own())),
        Kept::SipDomains => steps.push(part(Write::SipDomainUnmap)),
        Kept::Conferences => steps.push(part(Write::ParticipantsDrop)),
        Kept::Queues => steps.push(part(Write::QueueMembersDrop)),
        Kept::MessagingServices => steps.push(part(Write::ServiceSendersEmpty)),
        Kept::Flows => steps.push(part(Write::FlowRevisionsDrop)),
        Kept::Executions => steps.push(part(Write::FlowStepsDrop)),
        Kept::Entities => steps.extend([
            Step::any(Write::FactorsOfEntityDelete, own()),
            Step::any(Write::ChallengesOfEntityDelete, own()),
        ]),
        _ => {}
    }
    if kind != Kept::Calls {
        steps.push(Step::any(write_of(kind), own()));
    }
}

const fn write_of(kind: Kept) -> Write {
    use Kept as K;
    match kind {
        K::Keys => Write::KeysDrop,
        K::People => Write::PeopleDrop,
        K::Sessions => Write::SessionsDrop,
        K::Clients => Write::ClientsDrop,
        K::SipDomains => Write::SipDomainsDrop,
        K::CredentialLists => Write::CredentialListsDrop,
        K::Credentials => Write::CredentialsDrop,
        K::IpLists => Write::IpListsDrop,
        K::IpAddresses => Write::IpAddressesDrop,
        K::SmppUsers => Write::SmppUsersDrop,
        K::Callbacks => Write::CallbacksDrop,
        K::Recordings => Write::RecordingsDrop,
        K::Transcriptions => Write::TranscriptionsDrop,
        K::Messages => Write::MessagesDrop,
        K::Calls => Write::CallsDrop,
        K::Notifications => Write::NotificationsDrop,
        K::VerbRecords => Write::VerbRecordsDrop,
        K::Conferences => Write::ConferencesDrop,
        K::Queues => Write::QueuesDrop,
        K::Emails => Write::EmailsDrop,
        K::Exports => Write::ExportsDrop,
        K::Verifications => Write::VerificationsDrop,
        K::Attempts => Write::AttemptsDrop,
        K::Challenges => Write::ChallengesDrop,
        K::Factors => Write::FactorsDrop,
        K::Entities => Write::EntitiesDrop,
        K::GuardDecisions => Write::GuardDecisionsDrop,
        K::GuardCases => Write::GuardCasesDrop,
        K::SpendCases => Write::SpendCasesDrop,
        K::SafeNumbers => Write::SafeNumbersDrop,
        K::SendLimits => Write::SendLimitsDrop,
        K::VerifyTemplates => Write::VerifyTemplatesDrop,
        K::VerifyServices => Write::VerifyServicesDrop,
        K::OptOuts => Write::OptOutsDrop,
        K::MessagingServices => Write::MessagingServicesDrop,
        K::ShortCodes => Write::ShortCodesDrop,
        K::SenderNames => Write::SenderNamesDrop,
        K::Keywords => Write::KeywordsDrop,
        K::Executions => Write::ExecutionsDrop,
        K::Flows => Write::FlowsDrop,
        K::Applications => Write::ApplicationsDrop,
        K::PortingRequests => Write::PortingRequestsDrop,
        K::Masking => Write::MaskingDrop,
        K::Numbers => Write::NumbersDrop,
        K::CallerIds => Write::CallerIdsDrop,
        K::Triggers => Write::TriggersDrop,
        K::Thresholds => Write::ThresholdsDrop,
        K::AuditEvents => Write::AuditEventsDrop,
    }
}
