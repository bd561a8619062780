//! Keywords of an account: words by which messages to the shared sender are its own. An addition to both APIs.

#[cfg(test)]
mod tests;

use flexio_app::KeywordPatch;
use flexio_domain::*;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::short_codes::put_sms;
use crate::write::Writer;

const COLLECTION: &str = "Accounts/{AccountSid}/SMS/Keywords";
const ITEM: &str = "Accounts/{AccountSid}/SMS/Keywords/{KeywordSid}";

const CREATE: &[Param] = params![
    "Keyword": "2 to 20 letters and digits without accents; required. One account has it.",
    "SmsUrl": "Asked when a message to the shared sender begins with it; without, whoever is asked about the account's other answers there.",
    "SmsMethod": "GET or POST.",
    "SmsFallbackUrl": "Asked if that fails.",
    "SmsFallbackMethod": "GET or POST.",
];

const UPDATE: &[Param] = params![
    "SmsUrl": "Asked when a message to the shared sender begins with it; empty for nobody of its own.",
    "SmsMethod": "GET or POST.",
    "SmsFallbackUrl": "Asked if that fails.",
    "SmsFallbackMethod": "GET or POST.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "keywords.list",
        Read,
        BOTH,
        COLLECTION,
        "Words by which messages to the shared sender are the account's, newest first.",
        &[],
        Shows::Many(sample),
        list
    ),
    row!(
        "keywords.create",
        Create,
        BOTH,
        COLLECTION,
        "Gives a word to the account; said by the operator, which is the top account.",
        CREATE,
        Shows::One(sample),
        create
    ),
    row!("keywords.fetch", Read, BOTH, ITEM, "One keyword.", &[], Shows::One(sample), fetch),
    row!(
        "keywords.update",
        Update,
        BOTH,
        ITEM,
        "Says who is asked about messages that begin with it.",
        UPDATE,
        Shows::One(sample),
        update
    ),
    row!("keywords.delete", Delete, BOTH, ITEM, "Gives the word up.", &[], Shows::Nothing, delete),
];

impl Listed for Keyword {
    const MEMBERS: (&'static str, &'static str) = ("keywords", "keywords");
    const ELEMENTS: (&'static str, &'static str) = ("Keywords", "Keyword");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Keyword>(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_keywords(ask.account.sid).await?),
        Face::Twilio => None,
    };
    let found = ask.app().keywords(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, found, total, |w, keyword| view(w, &ask.shown(), keyword))
}

fn patch(ask: &Ask<'_>) -> Result<KeywordPatch> {
    Ok(KeywordPatch {
        sms: ask.params.webhook_patch("SmsUrl", "SmsMethod")?,
        fallback: ask.params.webhook_patch("SmsFallbackUrl", "SmsFallbackMethod")?,
    })
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &Keyword| ask.made("Keyword", |w| view(w, &ask.shown(), made));
    let keep = |made: &Keyword| ask.kept(made.sid, Some(&answer(made)));
    let word = ask.params.required("Keyword", ErrorCode::InvalidParameter)?;
    let who = (&*ask.account, &*ask.principal.account);
    Ok(answer(&ask.app().create_keyword(who, word, patch(ask)?, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let keyword = ask.app().keyword(ask.account.sid, ask.sid("KeywordSid")?).await?;
    Ok(ask.one("Keyword", |w| view(w, &ask.shown(), &keyword)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let keyword = ask.app().update_keyword(&ask.account, ask.sid("KeywordSid")?, patch(ask)?).await?;
    Ok(ask.one("Keyword", |w| view(w, &ask.shown(), &keyword)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_keyword(&ask.account, ask.sid("KeywordSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, keyword: &Keyword) {
    w.put("sid", keyword.sid.to_string());
    w.put("account_sid", keyword.account_sid.to_string());
    w.put("keyword", &keyword.word);
    put_sms(w, &keyword.sms);
    w.put("date_created", rfc2822(keyword.created_at));
    w.put("date_updated", rfc2822(keyword.updated_at));
    w.put("uri", shown.uri(keyword.account_sid, format_args!("SMS/Keywords/{}", keyword.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let keyword = Keyword {
        sid: KeywordSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        word: "PIZZA".to_owned(),
        sms: WebhookSet {
            primary: Some(Webhook { url: "https://shop.example/pizza".to_owned(), method: HttpMethod::Post }),
            fallback: None,
        },
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &keyword);
}
