//! Challenges of factors.

use flexio_app::verify::NewChallenge;
use flexio_domain::*;
use flexio_store::ChallengeFilter;

use super::{sid, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;

const LIST: &str = "v2/Services/{VerifyServiceSid}/Entities/{Identity}/Challenges";
const ONE: &str = "v2/Services/{VerifyServiceSid}/Entities/{Identity}/Challenges/{ChallengeSid}";
const SHOWN: Shows = Shows::One(views::challenge_sample);
const FILTERS: &[Param] = params![
    "FactorSid": "Factor.",
    "Status": "`pending`, `approved` or `expired`.",
];
const CREATE: &[Param] = params![
    "FactorSid": "A verified factor; required.",
    "AuthPayload": "The code, where it is at hand: the right one approves at once.",
    "ExpirationDate": "Until when a code is taken, within an hour; default in five minutes.",
    "Metadata": "JSON object of texts, kept with the challenge.",
];
const ANSWER: &[Param] = params![
    "AuthPayload": "The code that the app shows; required.",
    "Metadata": "JSON object of texts, kept with the challenge.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "challenges.list",
        Read,
        TWILIO,
        LIST,
        "Challenges.",
        FILTERS,
        Shows::Many(views::challenge_sample),
        list
    ),
    row!("challenges.create", Create, TWILIO, LIST, "Challenges a factor.", CREATE, SHOWN, create),
    row!("challenges.fetch", Read, TWILIO, ONE, "One challenge.", &[], SHOWN, fetch),
    row!("challenges.update", Update, TWILIO, ONE, "Answers a challenge.", ANSWER, SHOWN, answer),
];

impl Listed for Challenge {
    const MEMBERS: (&'static str, &'static str) = ("challenges", "challenges");
    const ELEMENTS: (&'static str, &'static str) = ("Challenges", "Challenge");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let (paged, now) = (Paged::read::<Challenge>(ask)?, ask.app().clock.now());
    let status = one_of("Status", ask.params.text("Status"), ChallengeStatus::from_wire)?;
    let filter = ChallengeFilter {
        factor: ask.params.parsed("FactorSid", ErrorCode::InvalidParameter)?,
        status: status.map(|status| (status, now)),
    };
    let (service, identity) = (sid(ask)?, ask.name("Identity"));
    let all = ask.app().challenges(ask.account.sid, service, identity, &filter, &paged.query()).await?;
    ask.page(&paged, all, None, |w, challenge| views::challenge(w, &ask.shown(), challenge, now))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let missing = || refuse(ErrorCode::VerifyInvalid, "FactorSid is missing or is none.");
    let factor = ask.params.parsed("FactorSid", ErrorCode::VerifyInvalid)?.ok_or_else(missing)?;
    let factor = ask.app().factor(ask.account.sid, sid(ask)?, ask.name("Identity"), factor).await?;
    let bad = |_| refuse(ErrorCode::VerifyInvalid, "ExpirationDate must be a time (2026-11-23T09:30:00Z).");
    let new = NewChallenge {
        expires_at: ask.params.text("ExpirationDate").map(str::parse).transpose().map_err(bad)?,
        code: ask.params.owned("AuthPayload").map(Pii),
        metadata: ask.params.owned("Metadata"),
    };
    let now = ask.app().clock.now();
    let answer = |made: &Challenge| ask.made("Challenge", |w| views::challenge(w, &ask.shown(), made, now));
    let keep = |made: &Challenge| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_challenge(&ask.account, &factor, &new, &keep).await?))
}

async fn found(ask: &Ask<'_>) -> Result<Challenge> {
    let (service, identity) = (sid(ask)?, ask.name("Identity"));
    Ok(ask.app().challenge(ask.account.sid, service, identity, ask.sid("ChallengeSid")?).await?)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let (challenge, now) = (found(ask).await?, ask.app().clock.now());
    Ok(ask.one("Challenge", |w| views::challenge(w, &ask.shown(), &challenge, now)))
}

async fn answer(ask: &Ask<'_>) -> Result<Answer> {
    let challenge = found(ask).await?;
    let code = ask.params.required("AuthPayload", ErrorCode::VerifyInvalid)?;
    let metadata = ask.params.text("Metadata");
    let answered = ask.app().answer_challenge(&ask.account, &challenge, code, metadata).await?;
    let now = ask.app().clock.now();
    Ok(ask.one("Challenge", |w| views::challenge(w, &ask.shown(), &answered, now)))
}
