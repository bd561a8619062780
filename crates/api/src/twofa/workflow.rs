//! The channels a code goes by: one, or several in turn.

use flexio_app::verify::{CodeRecipient, checked_steps};
use flexio_domain::*;

use super::required;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::verify::{channel, recipient};

/// Seconds until the next channel where nothing is said.
const WAIT_S: u32 = 30;
/// There are not more channels.
const STEPS_MAX: usize = 3;

fn wait_of(text: Option<&str>) -> Result<u32> {
    let Some(text) = text else { return Ok(WAIT_S) };
    text.parse()
        .map_err(|_| refuse(ErrorCode::VerifyInvalid, "wait of a step must be a whole number of seconds."))
}

/// `channel`, or the steps of `workflow`: objects with a channel and a wait, or names of channels.
pub(super) fn steps(ask: &Ask<'_>, ttl_s: u32) -> Result<Vec<WorkflowStep>> {
    let mut steps = Vec::new();
    for at in 0..=STEPS_MAX {
        let Some(name) = ask.params.text(&format!("Workflow.{at}.channel")) else { break };
        let wait_s = wait_of(ask.params.text(&format!("Workflow.{at}.wait")))?;
        steps.push(WorkflowStep { channel: channel(name)?, wait_s });
    }
    for name in ask.params.words("Workflow") {
        steps.push(WorkflowStep { channel: channel(&name)?, wait_s: WAIT_S });
    }
    match (ask.params.camel("channel"), steps.is_empty()) {
        (Some(_), false) => {
            return Err(refuse(ErrorCode::VerifyInvalid, "channel and workflow exclude each other."));
        }
        (Some(name), true) => steps.push(WorkflowStep { channel: channel(name)?, wait_s: WAIT_S }),
        (None, true) => steps.push(WorkflowStep { channel: VerifyChannel::Sms, wait_s: WAIT_S }),
        (None, false) => {}
    }
    checked_steps(&steps, ttl_s)?;
    Ok(steps)
}

/// Both ends of each kind of channel among the steps.
#[derive(Debug, Default)]
pub(super) struct Parties {
    pub from: Option<Address>,
    pub number: Option<E164>,
    pub email_from: String,
    pub email_to: Option<EmailAddress>,
    pub subject: Option<String>,
}

impl Parties {
    /// `emailFrom` and `emailTo` of an e-mail; where there is nothing else, older programs write them as `from` and `to`.
    pub(super) fn read(ask: &Ask<'_>, steps: &[WorkflowStep]) -> Result<Self> {
        let mut parties = Self::default();
        let has_email = steps.iter().any(|step| step.channel == VerifyChannel::Email);
        let has_number = steps.iter().any(|step| step.channel != VerifyChannel::Email);
        if has_number {
            let from = required(ask, "from")?.parse();
            let bad = |_| refuse(ErrorCode::VerifyInvalid, "from is not a number or a short number.");
            parties.from = Some(from.map_err(bad)?);
            if let CodeRecipient::Number(to) = recipient(VerifyChannel::Sms, ask.params.camel("to"))? {
                parties.number = Some(to);
            }
        }
        if has_email {
            let older = |name: &str| ask.params.camel(name).filter(|_| !has_number);
            let from = ask.params.camel("emailFrom").or_else(|| older("from"));
            parties.email_from = String::from(from.map_or_else(|| required(ask, "emailFrom"), Ok)?);
            let to = ask.params.camel("emailTo").or_else(|| older("to"));
            if let CodeRecipient::Email(to) = recipient(VerifyChannel::Email, to)? {
                parties.email_to = Some(to);
            }
            parties.subject = Some(required(ask, "subject")?.to_owned());
        }
        Ok(parties)
    }
}
