//! Conferences. They are made by documents and by calling somebody into one.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::ConferenceChange;
use flexio_domain::{Conference, ConferenceStatus, ErrorCode};
use flexio_store::{ConferenceFilter, Span};

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged, SortKey};
use crate::params::one_of;

const LIST: &str = "Accounts/{AccountSid}/Conferences";
const ONE: &str = "Accounts/{AccountSid}/Conferences/{ConferenceSid}";
const SHOWN: Shows = Shows::One(views::sample);

const FILTERS: &[Param] = params![
    "FriendlyName": "Equal.",
    "Status": "`init`, `in-progress` or `completed`; in the classic API `RUNNING_MODERATOR_ABSENT`, `RUNNING_MODERATOR_PRESENT` or `COMPLETED`.",
    "DateCreated": "Day or second; `DateCreated<` and `DateCreated>` at or before and after.",
    "DateUpdated": "Likewise, of the last change.",
    "StartTime": "Created not before (classic API).",
    "EndTime": "Created not after (classic API).",
];

const CHANGE: &[Param] = params![
    "Status": "`completed` ends the conference: everybody leaves.",
    "AnnounceUrl": "Document or audio that is played to everybody.",
    "AnnounceMethod": "GET or POST.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "conferences.list",
        Read,
        BOTH,
        LIST,
        "Conferences, newest first.",
        FILTERS,
        Shows::Many(views::sample),
        list
    ),
    row!("conferences.fetch", Read, BOTH, ONE, "One conference.", &[], SHOWN, fetch),
    row!(
        "conferences.update",
        Update,
        TWILIO,
        ONE,
        "Ends a running conference, or plays something to everybody in it.",
        CHANGE,
        SHOWN,
        update
    ),
];

impl Listed for Conference {
    const MEMBERS: (&'static str, &'static str) = ("conferences", "conferences");
    const ELEMENTS: (&'static str, &'static str) = ("Conferences", "Conference");
    const SORTABLE: &'static [&'static str] = &["FriendlyName", "Status"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "FriendlyName" => Some(self.friendly_name.as_str().into()),
            "Status" => Some(self.status.as_str().into()),
            _ => None,
        }
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Conference>(ask)?;
    let filter = filter(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_conferences(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let conferences = ask.app().conferences(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, conferences, total, |w, conference| views::conference(w, &ask.shown(), conference))
}

fn filter(ask: &Ask<'_>) -> Result<ConferenceFilter> {
    let params = &ask.params;
    let created = params.span("DateCreated")?;
    let classic = match ask.face {
        Face::Native => params.span_between("StartTime", "EndTime")?,
        Face::Twilio => Span::default(),
    };
    let status = one_of("Status", params.text("Status"), |text| {
        ConferenceStatus::ALL.into_iter().find(|status| match ask.face {
            Face::Native => status.classic() == text,
            Face::Twilio => status.as_str() == text,
        })
    })?;
    Ok(ConferenceFilter {
        friendly_name: params.owned("FriendlyName"),
        status,
        created: Span { from: created.from.or(classic.from), until: created.until.or(classic.until) },
        updated: params.span("DateUpdated")?,
    })
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let conference = ask.app().conference(ask.account.sid, ask.sid("ConferenceSid")?).await?;
    Ok(ask.one("Conference", |w| views::conference(w, &ask.shown(), &conference)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("ConferenceSid")?;
    let conference = match change(ask)? {
        Some(change) => ask.app().change_conference(&ask.account, sid, change).await?,
        None => ask.app().conference(ask.account.sid, sid).await?,
    };
    Ok(ask.one("Conference", |w| views::conference(w, &ask.shown(), &conference)))
}

fn change(ask: &Ask<'_>) -> Result<Option<ConferenceChange>> {
    match ask.params.text("Status") {
        None => {}
        Some("completed") => return Ok(Some(ConferenceChange::End)),
        Some(_) => return Err(invalid("Status", "must be completed")),
    }
    let announce = ask.params.webhook("AnnounceUrl", "AnnounceMethod", ErrorCode::UrlInvalid)?;
    Ok(announce.map(ConferenceChange::Announce))
}
