//! Names that accounts want to send messages from. An addition to both APIs.

#[cfg(test)]
mod tests;

use flexio_app::SenderNameDecision;
use flexio_domain::*;
use flexio_store::SenderNameFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

const COLLECTION: &str = "Accounts/{AccountSid}/SenderNames";
const ITEM: &str = "Accounts/{AccountSid}/SenderNames/{SenderNameSid}";

const FILTERS: &[Param] = params![
    "State": "`requested`, `approved` or `refused`.",
    "SubAccounts": "`true` adds the names of all descendants (classic API): what waits for a decision.",
];

const CREATE: &[Param] = params![
    "Name": "The name: up to 11 letters, digits and spaces, with a letter; required.",
    "Proof": "What shows that the account may use it, such as a registered trade name; 1 to 2000 characters; required.",
];

const UPDATE: &[Param] = params![
    "State": "`approved` or `refused`, said by the operator, which is the top account.",
    "Reason": "Why; at most 500 characters.",
    "Proof": "Another proof, of a name that is not approved: it is asked for again.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "sender_names.list",
        Read,
        BOTH,
        COLLECTION,
        "Names to send from, newest first, and what was decided.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "sender_names.create",
        Create,
        BOTH,
        COLLECTION,
        "Asks for a name to send from.",
        CREATE,
        Shows::One(sample),
        create
    ),
    row!("sender_names.fetch", Read, BOTH, ITEM, "One name.", &[], Shows::One(sample), fetch),
    row!(
        "sender_names.update",
        Update,
        BOTH,
        ITEM,
        "Decides about a name, or gives another proof of it.",
        UPDATE,
        Shows::One(sample),
        update
    ),
    row!("sender_names.delete", Delete, BOTH, ITEM, "Gives a name up.", &[], Shows::Nothing, delete),
];

impl Listed for SenderName {
    const MEMBERS: (&'static str, &'static str) = ("sender_names", "sender_names");
    const ELEMENTS: (&'static str, &'static str) = ("SenderNames", "SenderName");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<SenderName>(ask)?;
    let state = one_of("State", ask.params.text("State"), SenderNameState::from_wire)?;
    let filter = SenderNameFilter { scope: crate::calls::scope(ask)?, state };
    let total = match ask.face {
        Face::Native => Some(ask.app().count_sender_names(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let found = ask.app().sender_names(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, found, total, |w, name| view(w, &ask.shown(), name))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &SenderName| ask.made("SenderName", |w| view(w, &ask.shown(), made));
    let keep = |made: &SenderName| ask.kept(made.sid, Some(&answer(made)));
    let name = ask.params.required("Name", ErrorCode::InvalidParameter)?;
    let proof = ask.params.required("Proof", ErrorCode::InvalidParameter)?;
    Ok(answer(&ask.app().create_sender_name(&ask.account, name, proof, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.app().sender_name(ask.account.sid, ask.sid("SenderNameSid")?).await?;
    Ok(ask.one("SenderName", |w| view(w, &ask.shown(), &name)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let decided = |text: &str| match SenderNameState::from_wire(text)? {
        SenderNameState::Approved => Some(true),
        SenderNameState::Refused => Some(false),
        SenderNameState::Requested => None,
    };
    let approved = one_of("State", ask.params.text("State"), decided)?;
    let decision =
        approved.map(|approved| SenderNameDecision { approved, reason: ask.params.owned("Reason") });
    let (by, sid) = (&ask.principal.account, ask.sid("SenderNameSid")?);
    let said = (decision.as_ref(), ask.params.get("Proof"));
    let name = ask.app().update_sender_name(&ask.account, by, sid, said).await?;
    Ok(ask.one("SenderName", |w| view(w, &ask.shown(), &name)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_sender_name(&ask.account, ask.sid("SenderNameSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, name: &SenderName) {
    w.put("sid", name.sid.to_string());
    w.put("account_sid", name.account_sid.to_string());
    w.put("name", name.name.to_string());
    w.put("proof", &name.proof);
    w.put("state", name.state.as_str());
    w.put("reason", name.reason.as_deref());
    w.put("decided_by", name.decided_by.map(|sid| sid.to_string()));
    w.put("date_decided", name.decided_at.map(rfc2822));
    w.put("date_created", rfc2822(name.created_at));
    w.put("date_updated", rfc2822(name.updated_at));
    w.put("uri", shown.uri(name.account_sid, format_args!("SenderNames/{}", name.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let name = SenderName {
        sid: SenderNameSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(2),
        name: Address::Alphanumeric("Acme".to_owned()),
        proof: "Trade name, enterprise number 0123.456.749.".to_owned(),
        state: SenderNameState::Approved,
        reason: Some("Found in the register.".to_owned()),
        decided_by: Some(AccountSid::from_u128(1)),
        decided_at: Some(at),
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &name);
}
