//! Participants of conferences.

mod params;
#[cfg(test)]
mod tests;
mod views;

use flexio_domain::Participant;
use flexio_store::ParticipantFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Shows, TWILIO, row};
use crate::paging::{Listed, Paged};

const LIST: &str = "Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants";
const ONE: &str = "Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants/{ParticipantSid}";
const SHOWN: Shows = Shows::One(views::sample);

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "participants.list",
        Read,
        BOTH,
        LIST,
        "Who takes part in a running conference; who took part in one that is over.",
        params::FILTERS,
        Shows::Many(views::sample),
        list
    ),
    row!(
        "participants.create",
        Create,
        TWILIO,
        LIST,
        "Calls somebody into a conference. In the place of the conference's sid a name may stand: the room of this name.",
        params::CREATE,
        SHOWN,
        create
    ),
    row!(
        "participants.fetch",
        Read,
        BOTH,
        ONE,
        "One participant, by the sid of its call or by its label.",
        &[],
        SHOWN,
        fetch
    ),
    row!("participants.update", Update, BOTH, ONE, "Changes a participant.", params::UPDATE, SHOWN, update),
    row!(
        "participants.delete",
        Delete,
        TWILIO,
        ONE,
        "Puts a participant out of the conference.",
        &[],
        Shows::Nothing,
        delete
    ),
];

/// The classic API shows participants as calls, by name and by element.
impl Listed for Participant {
    const MEMBERS: (&'static str, &'static str) = ("participants", "calls");
    const ELEMENTS: (&'static str, &'static str) = ("Participants", "Call");
    fn cursor(&self) -> u128 {
        self.call_sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Participant>(ask)?;
    let (account, conference) = (ask.account.sid, ask.sid("ConferenceSid")?);
    let flag = |name| if ask.face == Face::Twilio { ask.params.boolean(name) } else { Ok(None) };
    let (muted, hold, coaching) = (flag("Muted")?, flag("Hold")?, flag("Coaching")?);
    let filter = ParticipantFilter { present: None, muted, hold, coaching };
    let total = match ask.face {
        Face::Native => Some(ask.app().count_participants(account, conference, &filter).await?),
        Face::Twilio => None,
    };
    let found = ask.app().participants(account, conference, &filter, &paged.query()).await?;
    ask.page(&paged, found, total, |w, participant| views::participant(w, &ask.shown(), participant))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let join = params::create(ask)?;
    let answer = |made: &Participant| ask.made("Participant", |w| views::participant(w, &ask.shown(), made));
    // Kept whole: in the path a room's name may stand, under which it could not be read again.
    let keep = |made: &Participant| ask.kept(made.call_sid, Some(&answer(made)));
    Ok(answer(&ask.app().add_participant(&ask.account, join, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let (conference, name) = (ask.sid("ConferenceSid")?, ask.name("ParticipantSid"));
    let participant = ask.app().participant(ask.account.sid, conference, name).await?;
    Ok(ask.one(views::element(ask.face), |w| views::participant(w, &ask.shown(), &participant)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let changes = params::changes(ask)?;
    let (conference, name) = (ask.sid("ConferenceSid")?, ask.name("ParticipantSid"));
    let changed = ask.app().change_participant(&ask.account, conference, name, changes).await?;
    Ok(ask.one(views::element(ask.face), |w| views::participant(w, &ask.shown(), &changed)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let (conference, name) = (ask.sid("ConferenceSid")?, ask.name("ParticipantSid"));
    let kick = vec![flexio_app::ParticipantChange::Kick];
    ask.app().change_participant(&ask.account, conference, name, kick).await?;
    Ok(Answer::empty())
}
