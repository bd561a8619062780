//! Pictures and files of messages: their facts, and the files themselves.

use std::net::IpAddr;

use flexio_app::media_kinds::{is_shown, kind_of};
use flexio_domain::*;
use flexio_store::MediaFilter;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::media::MediaRequest;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;
use crate::{Api, Face};

/// A file is nothing but itself: it runs nothing, and it is no part of another page.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

const FILTERS: &[Param] = params![
    "DateCreated": "Day or second; `DateCreated<` and `DateCreated>` at or before and after (Twilio's API).",
    "StartTime": "Created not before (classic API).",
    "EndTime": "Created not after (classic API).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "messages.media",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Messages/{MessageSid}/Media",
        "Pictures and files of a message, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "messages.media_fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Messages/{MessageSid}/Media/{MediaSid}",
        "One picture or file of a message; in Twilio's API without `.json` the file itself.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "messages.media_delete",
        Delete,
        BOTH,
        "Accounts/{AccountSid}/Messages/{MessageSid}/Media/{MediaSid}",
        "Deletes a picture or file; the message stays.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for MessageMedia {
    const MEMBERS: (&'static str, &'static str) = ("media_list", "media_list");
    const ELEMENTS: (&'static str, &'static str) = ("MediaList", "Media");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// Who is not there is not found, whatever else is wrong.
async fn of_message(ask: &Ask<'_>) -> Result<MessageSid> {
    Ok(ask.app().message(ask.account.sid, ask.sid("MessageSid")?).await?.sid)
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<MessageMedia>(ask)?;
    let created = match ask.face {
        Face::Twilio => ask.params.span("DateCreated")?,
        Face::Native => ask.params.span_between("StartTime", "EndTime")?,
    };
    let filter = MediaFilter { message: Some(of_message(ask).await?), created };
    let total = match ask.face {
        Face::Native => Some(ask.app().count_medias(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let rows = ask.app().medias(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, rows, total, |w, media| view(w, &ask.shown(), media))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let media = ask.app().media(ask.account.sid, of_message(ask).await?, ask.sid("MediaSid")?).await?;
    Ok(ask.one("Media", |w| view(w, &ask.shown(), &media)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_media(&ask.account, of_message(ask).await?, ask.sid("MediaSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, media: &MessageMedia) {
    w.put("sid", media.sid.to_string());
    w.put("account_sid", media.account_sid.to_string());
    w.put("parent_sid", media.message_sid.to_string());
    w.put("content_type", media.content_type.as_str());
    w.put("date_created", rfc2822(media.created_at));
    w.put("date_updated", rfc2822(media.updated_at));
    if !shown.is_twilio() {
        w.put("bytes", media.bytes.to_string());
        w.put("file_uri", format!("{}/m/{}", shown.base, media.link.0));
    }
    let path = format_args!("Messages/{}/Media/{}", media.message_sid, media.sid).to_string();
    w.put("uri", shown.uri(media.account_sid, path));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let specimen = MessageMedia {
        sid: MediaSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        message_sid: MessageSid::from_u128(1),
        content_type: "image/jpeg".to_owned(),
        bytes: 48_213,
        link: Pii("7hQ2mZp0Xw4TbL9c".to_owned()),
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &specimen);
}

/// A file that is asked for by its place: `…/Messages/{sid}/Media/{sid}` in Twilio's API, without a suffix.
pub(crate) type Wanted = (AccountSid, MessageSid, MediaSid);

/// Which file is asked for; `None` where it is something else.
pub(crate) fn wanted(request: &MediaRequest<'_>) -> Option<Wanted> {
    let [accounts, account, messages, message, media, sid] = request.route.segments.as_slice() else {
        return None;
    };
    let is_place = accounts == "Accounts" && messages == "Messages" && media == "Media";
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    let is_file = request.route.face == Face::Twilio && !request.json && request.route.format.is_none();
    if !is_place || !reads || !is_file {
        return None;
    }
    Some((account.parse().ok()?, message.parse().ok()?, sid.parse().ok()?))
}

impl Api {
    /// The file, for whoever signs in for the account; for everybody where the account has opted out of protection.
    pub(crate) async fn message_media(
        &self,
        (account, message, sid): Wanted,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Result<Answer> {
        if !self.app.media_is_open(account).await? {
            let principal = self.authenticate(headers, &Method::GET, client).await?;
            Self::no_officer(&principal)?;
            if self.app.within_reach(&principal, account).await?.is_none() {
                return Err(ErrorCode::NotFound.into());
            }
        }
        let media = self.app.media(account, message, sid).await?;
        self.media_file(&media).await
    }

    /// What is behind a link in the text of a message: `/m/{link}`.
    pub(crate) async fn linked_media(&self, link: &str) -> Result<Answer> {
        let media = self.app.media_by_link(link).await?;
        self.media_file(&media).await
    }

    async fn media_file(&self, media: &MessageMedia) -> Result<Answer> {
        let bytes = self.app.media_bytes(media).await?;
        let (kind, ending) = kind_of(&bytes).unwrap_or(("application/octet-stream", "bin"));
        // What a browser cannot show by itself is saved and never opened in the name of this host.
        let way = if is_shown(kind) { "inline" } else { "attachment" };
        let disposition = HeaderValue::from_str(&format!("{way}; filename=\"{}.{ending}\"", media.sid));
        let value = HeaderValue::from_static;
        Ok(Answer::new(200, kind, bytes)
            .with(header::CONTENT_DISPOSITION, disposition.expect("a sid and letters"))
            .with(header::CACHE_CONTROL, value("private, no-store"))
            .with(header::CONTENT_SECURITY_POLICY, value(POLICY))
            .with(HeaderName::from_static("x-robots-tag"), value("noindex")))
    }
}
