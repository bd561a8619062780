//! A code that does not come back goes by another channel.
//!
//! What is still to be tried stands on the verification, so that it goes on after a restart, and ends with it. Each channel is a sending like
//! any other: with a code of its own, counted by the limits, looked at by the guard, and paid. One that is refused ends the workflow; the
//! verification waits on for the codes that were sent.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::*;
use flexio_store::{Change, StoreError, VerifyChange};
use flexio_verify::life;

use super::send::{CodeRecipient, EmailWords, StartVerification, VerifyText};
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// How often codes are looked for whose next channel is due.
const EVERY: Duration = Duration::from_secs(1);
/// Codes taken at one look.
const LOOK_MAX: u32 = 200;
/// The API that workflows are asked for by.
const API_VERSION: &str = "2012-04-24";
/// Seconds to wait for a code until it goes by the next channel, at most.
pub const WAIT_S_MAX: u32 = 3_600;

/// The recipient a channel of the workflow goes to.
fn recipient(words: &WorkflowWords, channel: VerifyChannel) -> Option<CodeRecipient> {
    match channel {
        VerifyChannel::Sms | VerifyChannel::Call => words.number.clone().map(CodeRecipient::Number),
        VerifyChannel::Email => words.email_to.clone().map(CodeRecipient::Email),
    }
}

/// Refuses steps that could not be taken: a channel twice, or a wait that is shorter than codes must lie apart or longer than one is valid.
pub fn checked_steps(steps: &[WorkflowStep], ttl_s: u32) -> Result<(), AppError> {
    let wrong = |why: String| Err(refuse(ErrorCode::VerifyInvalid, why));
    for (at, step) in steps.iter().enumerate() {
        if steps[..at].iter().any(|other| other.channel == step.channel) {
            return wrong(format!("The workflow has {} twice.", step.channel.as_str()));
        }
        let (least, most) = (life::cooldown_s(at + 1), WAIT_S_MAX.min(ttl_s));
        let is_last = at + 1 == steps.len();
        if !is_last && !(least..=most).contains(&step.wait_s) {
            return wrong(format!(
                "The wait of step {} of the workflow must be {least} to {most} seconds.",
                at + 1
            ));
        }
    }
    Ok(())
}

/// What a code is sent by that goes by the first of `steps`, and by the others in turn if it does not come back; `replaces` is left open.
/// `None` without a step, or without the recipient of its channel.
pub fn by_steps(
    (scope, name): (VerifyScope, String),
    (ttl_s, checks_max): (u32, u8),
    steps: &[WorkflowStep],
    words: &WorkflowWords,
) -> Option<StartVerification> {
    let (step, rest) = steps.split_first()?;
    let is_email = step.channel == VerifyChannel::Email;
    // A short number or a name writes, and cannot call: such a call comes from the number that is set for codes.
    let can_be_from = |from: &Address| match step.channel {
        VerifyChannel::Sms => true,
        VerifyChannel::Call => matches!(from, Address::Number(_)),
        VerifyChannel::Email => false,
    };
    let email = EmailWords { from: words.email_from.clone(), subject: words.subject.clone() };
    let further = || VerifyWorkflow { steps: rest.to_vec(), next_at: Timestamp::MAX, words: words.clone() };
    Some(StartVerification {
        scope,
        name,
        spoken_name: None,
        to: recipient(words, step.channel)?,
        channel: step.channel,
        email: if is_email { email } else { EmailWords::default() },
        from: words.from.clone().filter(can_be_from),
        text: VerifyText::Own { body: words.body.0.clone(), language: words.language.clone() },
        code_length: words.code_length,
        custom_code: None,
        ttl_s,
        checks_max,
        payment: None,
        limits: words.limits.clone(),
        client: words.client,
        repeat: words.repeat,
        asks_for_key: false,
        send_digits: None,
        app_hash: None,
        senders: Vec::new(),
        replaces: false,
        workflow: (!rest.is_empty()).then(|| (step.wait_s, further())),
        status_callback: words.status_callback.clone(),
        api_version: API_VERSION,
        labels: words.labels.clone(),
    })
}

/// The request that the next step is.
fn next_request(verification: &Verification) -> Option<StartVerification> {
    let workflow = verification.workflow.as_deref()?;
    let whose = (verification.scope.clone(), verification.name.clone());
    let terms = (verification.ttl_s, verification.checks_max);
    by_steps(whose, terms, &workflow.steps, &workflow.words)
}

impl App {
    /// Sends the codes again, by their next channels, that were not given back in time. How many were looked at.
    pub async fn go_on_with_workflows(&self) -> Result<usize, StoreError> {
        let due = self.store.due_workflows(self.clock.now(), LOOK_MAX).await?;
        for verification in &due {
            match Box::pin(self.next_channel(verification)).await {
                Ok(()) => {}
                Err(error @ AppError::Store(StoreError::Unavailable(_) | StoreError::Full)) => {
                    tracing::warn!(%error, "workflow_not_gone_on_yet");
                }
                Err(error) => {
                    tracing::info!(code = error.code().number(), verification_sid = %verification.sid, "workflow_ended");
                    metrics::counter!("verification_workflows_total", "outcome" => "refused").increment(1);
                    self.end_workflow(verification).await?;
                }
            }
        }
        Ok(due.len())
    }

    async fn next_channel(&self, verification: &Verification) -> Result<(), AppError> {
        let account = self.account_now(verification.account_sid).await?.ok_or(ErrorCode::NotFound)?;
        must_be_active(&account)?;
        let _turn = self.verify_turns.take((account.sid, verification.to.clone())).await;
        let (account_sid, sid) = (account.sid, verification.sid);
        let Some(fresh) = self.store.verification(account_sid, sid).await? else { return Ok(()) };
        // Its code came, or another process was quicker.
        if fresh.version != verification.version {
            return Ok(());
        }
        let request = next_request(&fresh).ok_or(ErrorCode::VerifyInvalid)?;
        let now = self.clock.now();
        let sent = self.send_code(&account, &request, (fresh, false), now, (&|_| None, <_>::default())).await;
        let call = match sent {
            Ok((_, call)) => call,
            Err(AppError::Store(StoreError::Conflict(what))) if what != flexio_store::CREDIT_SHORT => {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        metrics::counter!("verification_workflows_total", "outcome" => "went_on").increment(1);
        self.wake.messages.notify_one();
        self.wake.emails.notify_one();
        if let Some(call) = &call {
            self.originate(call).await?;
        }
        Ok(())
    }

    /// Nothing more is tried; the codes that were sent are still good.
    async fn end_workflow(&self, verification: &Verification) -> Result<(), StoreError> {
        let found = self.store.verification(verification.account_sid, verification.sid).await?;
        let Some(mut fresh) = found.filter(|fresh| fresh.version == verification.version) else {
            return Ok(());
        };
        fresh.workflow = None;
        match self.store.commit(Change::from(VerifyChange::UpdateVerification(fresh)).into()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            outcome => outcome,
        }
    }
}

/// Goes on with workflows until the process ends.
pub async fn keep_workflows(app: Arc<App>) {
    loop {
        match Box::pin(app.go_on_with_workflows()).await {
            // There may be more of them.
            Ok(count) if count >= LOOK_MAX as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "workflows_not_read"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
