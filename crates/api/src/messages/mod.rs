//! Messages. The classic API has them under `SMS/Messages`, and under `Messages` as JSON with channels; Twilio's under `Messages`, with the
//! older `SMS/Messages` kept.

pub(crate) mod media;
mod params;
#[cfg(test)]
mod tests;
mod views;

use flexio_domain::{ErrorCode, Message, MessageSid};

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{ApiError, Result};
use crate::operation::{Access, BOTH, Kind, Operation, Shows, TWILIO};
use crate::paging::{Listed, Paged, SortKey};

macro_rules! at {
    ($suffix:literal, $collection:literal) => {
        [
            Operation {
                id: concat!("messages.create", $suffix),
                kind: Kind::Create,
                faces: BOTH,
                path: concat!("Accounts/{AccountSid}/", $collection),
                about: "Sends a message.",
                access: Access::Branch,
                params: params::CREATE,
                shows: Shows::One(views::sample),
                run: |ask| Box::pin(create(ask)),
            },
            Operation {
                id: concat!("messages.list", $suffix),
                kind: Kind::Read,
                faces: BOTH,
                path: concat!("Accounts/{AccountSid}/", $collection),
                about: "Messages, newest first.",
                access: Access::Branch,
                params: params::FILTERS,
                shows: Shows::Many(views::sample),
                run: |ask| Box::pin(list(ask)),
            },
            Operation {
                id: concat!("messages.fetch", $suffix),
                kind: Kind::Read,
                faces: BOTH,
                path: concat!("Accounts/{AccountSid}/", $collection, "/{MessageSid}"),
                about: "One message.",
                access: Access::Branch,
                params: &[],
                shows: Shows::One(views::sample),
                run: |ask| Box::pin(fetch(ask)),
            },
            Operation {
                id: concat!("messages.update", $suffix),
                kind: Kind::Update,
                faces: TWILIO,
                path: concat!("Accounts/{AccountSid}/", $collection, "/{MessageSid}"),
                about: "Empties the text of a message, or withdraws one that has not left.",
                access: Access::Branch,
                params: params::UPDATE,
                shows: Shows::One(views::sample),
                run: |ask| Box::pin(update(ask)),
            },
            Operation {
                id: concat!("messages.delete", $suffix),
                kind: Kind::Delete,
                faces: TWILIO,
                path: concat!("Accounts/{AccountSid}/", $collection, "/{MessageSid}"),
                about: "Deletes a message that has left; its usage stays.",
                access: Access::Branch,
                params: &[],
                shows: Shows::Nothing,
                run: |ask| Box::pin(delete(ask)),
            },
        ]
    };
}

const FEEDBACK: Operation = Operation {
    id: "message_feedback.create",
    kind: Kind::Update,
    faces: TWILIO,
    path: "Accounts/{AccountSid}/Messages/{MessageSid}/Feedback",
    about: "Says whether the recipient did what the message was for.",
    access: Access::Branch,
    params: params::FEEDBACK,
    shows: Shows::One(views::feedback_sample),
    run: |ask| Box::pin(feedback(ask)),
};

pub(crate) const OPERATIONS: &[Operation] = &{
    let [create, list, fetch, update, delete] = at!("", "Messages");
    let [sms_create, sms_list, sms_fetch, sms_update, sms_delete] = at!("_sms", "SMS/Messages");
    [create, list, fetch, update, delete, sms_create, sms_list, sms_fetch, sms_update, sms_delete, FEEDBACK]
};

impl Listed for Message {
    const MEMBERS: (&'static str, &'static str) = ("messages", "messages");
    const ELEMENTS: (&'static str, &'static str) = ("Messages", "Message");
    const SORTABLE: &'static [&'static str] = &["From", "To", "Direction", "Status", "Body", "Price"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "From" => Some(self.from.to_string().into()),
            "To" => Some(self.to.to_string().into()),
            "Direction" => Some(self.direction.as_str().into()),
            "Status" => Some(self.status.as_str().into()),
            "Body" => Some(self.body.0.as_str().into()),
            "Price" => self.price.map(|price| SortKey::Number(price.micros())),
            _ => None,
        }
    }
}

async fn feedback(ask: &Ask<'_>) -> Result<Answer> {
    // Who is not there is not found, whatever else is wrong.
    let sid = ask.app().message(ask.account.sid, ask.sid("MessageSid")?).await?.sid;
    let message = ask.app().give_feedback(&ask.account, sid, params::confirmed(ask)?).await?;
    Ok(ask.one("MessageFeedback", |w| views::feedback(w, &ask.shown(), &message)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = params::create(ask)?;
    if ask.params.boolean("DryRun")? == Some(true) {
        let preview = ask.app().preview_message(&ask.account, &new).await?;
        return Ok(ask.one("Preview", |w| views::preview(w, &preview)));
    }
    let keep = |message: &Message| ask.kept(message.sid, None);
    let made = ask.app().create_message(&ask.account, new, &keep).await;
    let message = made.map_err(|error| over_the_limit(error.into()))?;
    Ok(ask.made(views::element(ask.face), |w| views::message(w, &ask.shown(), &message)))
}

/// The account may send no more this month: the classic API has a word of its own for that.
fn over_the_limit(error: ApiError) -> ApiError {
    let classic = (error.code == ErrorCode::SpendingThreshold).then_some((403, "SMS_LIMIT_EXCEEDED"));
    ApiError { classic, ..error }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Message>(ask)?;
    let filter = params::filter(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_messages(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let messages = ask.app().messages(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, messages, total, |w, message| views::message(w, &ask.shown(), message))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let sid: MessageSid = ask.sid("MessageSid")?;
    let message = ask.app().message(ask.account.sid, sid).await?;
    let message = if ask.replay { views::as_created(message) } else { message };
    Ok(ask.one(views::element(ask.face), |w| views::message(w, &ask.shown(), &message)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let sid: MessageSid = ask.sid("MessageSid")?;
    let message = match params::update(ask)? {
        params::Update::Cancel => ask.app().cancel_message(&ask.account, sid).await?,
        params::Update::Redact => ask.app().redact_message(&ask.account, sid).await?,
    };
    Ok(ask.one("Message", |w| views::message(w, &ask.shown(), &message)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_message(&ask.account, ask.sid("MessageSid")?).await?;
    Ok(Answer::empty())
}
