//! Who gets no messages any more. An addition to both APIs: neither had a list of them.

#[cfg(test)]
mod tests;

use flexio_domain::*;
use flexio_store::OptOutFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const COLLECTION: &str = "Accounts/{AccountSid}/OptOuts";
const ITEM: &str = "Accounts/{AccountSid}/OptOuts/{OptOutSid}";

const FILTERS: &[Param] = params![
    "From": "Sender, equal: a number, a short code or a name.",
    "To": "Recipient, equal.",
];

const CREATE: &[Param] = params![
    "From": "A sender of the account; required.",
    "To": "Number of the recipient in E.164 form; required.",
    "BlocksCodes": "`true` blocks one-time codes too; default `false`.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "opt_outs.list",
        Read,
        BOTH,
        COLLECTION,
        "People who opted out of messages, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "opt_outs.create",
        Create,
        BOTH,
        COLLECTION,
        "Opts somebody out who asked for it by other means than a word.",
        CREATE,
        Shows::One(sample),
        create
    ),
    row!("opt_outs.fetch", Read, BOTH, ITEM, "One opt-out.", &[], Shows::One(sample), fetch),
    row!(
        "opt_outs.delete",
        Delete,
        BOTH,
        ITEM,
        "Lets messages through again, at the person's wish.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for OptOut {
    const MEMBERS: (&'static str, &'static str) = ("opt_outs", "opt_outs");
    const ELEMENTS: (&'static str, &'static str) = ("OptOuts", "OptOut");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<OptOut>(ask)?;
    let filter = OptOutFilter { sender: ask.params.owned("From"), recipient: ask.params.owned("To") };
    let total = match ask.face {
        Face::Native => Some(ask.app().count_opt_outs(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let found = ask.app().opt_outs(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, found, total, |w, opt_out| view(w, &ask.shown(), opt_out))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &OptOut| ask.made("OptOut", |w| view(w, &ask.shown(), made));
    let keep = |made: &OptOut| ask.kept(made.sid, Some(&answer(made)));
    let sender = ask.params.required("From", ErrorCode::MessageFromMissing)?;
    let recipient = ask.params.required("To", ErrorCode::MessageToMissing)?;
    let recipient: E164 = recipient.parse().map_err(|_| ErrorCode::ToInvalid)?;
    let blocks_codes = ask.params.boolean("BlocksCodes")?.unwrap_or(false);
    Ok(answer(&ask.app().create_opt_out(&ask.account, sender, recipient, blocks_codes, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let opt_out = ask.app().opt_out(ask.account.sid, ask.sid("OptOutSid")?).await?;
    Ok(ask.one("OptOut", |w| view(w, &ask.shown(), &opt_out)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().end_opt_out(&ask.account, ask.sid("OptOutSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, opt_out: &OptOut) {
    w.put("sid", opt_out.sid.to_string());
    w.put("account_sid", opt_out.account_sid.to_string());
    w.put("from", &opt_out.sender);
    w.put("to", opt_out.recipient.as_str());
    w.put("is_erased", opt_out.erased.is_some());
    w.put("blocks_codes", opt_out.blocks_codes);
    w.put("source", opt_out.source.as_str());
    w.put("message_sid", opt_out.message_sid.map(|sid| sid.to_string()));
    w.put("date_created", rfc2822(opt_out.created_at));
    w.put("uri", shown.uri(opt_out.account_sid, format_args!("OptOuts/{}", opt_out.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let opt_out = OptOut {
        sid: OptOutSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        sender: "8640".to_owned(),
        recipient: "+32470000001".parse().expect("a number"),
        blocks_codes: false,
        source: OptOutSource::Message,
        message_sid: Some(MessageSid::from_u128(1)),
        erased: None,
        created_at: Timestamp::from_second(1_766_000_000).expect("a second of 2025"),
    };
    view(w, shown, &opt_out);
}
