//! Terms: a change of them for all contracts, for the operator; those a contract is under, and what was written to announce changes of
//! terms and prices.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::NewTermsChange;
use flexio_domain::{ErrorCode, LetterChannel, PromotionLabel};

pub(crate) use views::specimen_letter;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, BOTH, Kind, NATIVE, Operation, Shows, params, row};
use crate::params::one_of;
use crate::subscription::params::{agreed_terms, ground};

const COLLECTION: &str = "Accounts/{AccountSid}/TermsChanges";
const LETTERS: &str = "Accounts/{AccountSid}/Subscription/Notices/{NoticeSid}/Letters";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "terms_changes.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: COLLECTION,
        about: "Changes of terms, newest first. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::list_sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "terms_changes.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/TermsChanges/{TermsChangeSid}",
        about: "How far a change of terms is. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "terms_changes.announce",
        kind: Kind::Update,
        faces: NATIVE,
        path: COLLECTION,
        about: "Announces a change of terms to every customer with a contract in force, in the background and to each once; refused for a date that is too early. Only for the top account.",
        access: Access::Top,
        params: params![
            "Terms": "Required: documents of the configuration, `general/2027-01`, separated by commas.",
            "From": "Required: first day, `2027-01-15`, in the plan's zone.",
            "Changes": "Required: what changes, in plain words, at most 4000 characters.",
            "ChangesNl": "In Dutch; `Changes` if absent.",
            "ChangesFr": "In French.",
            "ChangesDe": "In German.",
            "ChangesEn": "In English.",
            "Ground": "Ticked where nobody may leave because of it: `advantage`, `administrative` or `law`.",
            "GroundNote": "What the ground is, at most 300 characters; required for `law`.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(announce(ask)),
    },
    row!(
        "subscription.terms",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/Terms",
        "The terms that the contract is under now, and changes of them that were announced, newest first.",
        &[],
        Shows::One(views::standing_sample),
        standing
    ),
    Operation {
        id: "subscription.accept_terms",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Terms/{TermsNoticeSid}",
        about: "Accepts announced terms expressly: a new acceptance with its proof. Without it they hold from their day on.",
        access: Access::Token,
        params: params![
            "Accept": "Required: `true`.",
            "Statement": "Required: the sentence that was agreed to, word by word.",
            "Terms": "Required: the terms that were agreed to, `id/version`, separated by commas.",
        ],
        shows: Shows::One(views::standing_sample),
        run: |ask| Box::pin(accept(ask)),
    },
    row!(
        "subscription.notice_letters",
        Read,
        BOTH,
        LETTERS,
        "What was written to announce a change of prices or terms, word by word, and what became of it, oldest first.",
        &[],
        Shows::One(views::letters_sample),
        letters
    ),
    Operation {
        id: "subscription.resend_notice",
        kind: Kind::Update,
        faces: BOTH,
        path: LETTERS,
        about: "Writes a notice again, word by word, to the customer's present address, or notes that it went by post; 20 times at most. Only for an ancestor.",
        access: Access::Token,
        params: params!["Channel": "`post` where the operator has sent it on paper; else it goes by e-mail."],
        shows: Shows::One(views::letter_sample),
        run: |ask| Box::pin(resend(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let changes = ask.app().terms_changes(&ask.account).await?;
    Ok(ask.one("TermsChanges", |w| w.list("terms_changes", "TermsChange", &changes, views::change)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let change = ask.app().terms_change(&ask.account, ask.sid("TermsChangeSid")?).await?;
    Ok(ask.one("TermsChange", |w| views::change(w, &change)))
}

async fn announce(ask: &Ask<'_>) -> Result<Answer> {
    let words = ask.params.required("Changes", ErrorCode::InvalidParameter)?;
    let in_language = |name| ask.params.text(name).unwrap_or(words).to_owned();
    let from = ask.params.parsed("From", ErrorCode::InvalidParameter)?;
    let new = NewTermsChange {
        terms: ask.params.words("Terms"),
        words: PromotionLabel {
            nl: in_language("ChangesNl"),
            fr: in_language("ChangesFr"),
            de: in_language("ChangesDe"),
            en: in_language("ChangesEn"),
        },
        from: from.ok_or_else(|| invalid("From", "is missing"))?,
        ground: ground(ask)?,
    };
    let change = ask.app().announce_terms(&ask.account, &new, &ask.user()).await?;
    Ok(ask.one("TermsChange", |w| views::change(w, &change)))
}

async fn standing(ask: &Ask<'_>) -> Result<Answer> {
    let standing = ask.app().terms_standing(ask.account.sid).await?;
    Ok(ask.one("Terms", |w| views::standing(w, &standing)))
}

async fn accept(ask: &Ask<'_>) -> Result<Answer> {
    let contract = ask.app().subscription(ask.account.sid).await?;
    let order = agreed_terms(ask, &contract)?;
    let standing = ask.app().accept_terms(&ask.account, ask.sid("TermsNoticeSid")?, &order).await?;
    Ok(ask.one("Terms", |w| views::standing(w, &standing)))
}

async fn letters(ask: &Ask<'_>) -> Result<Answer> {
    let letters = ask.app().notice_letters(ask.account.sid, ask.sid("NoticeSid")?).await?;
    if letters.is_empty() {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(ask.one("Letters", |w| w.list("letters", "Letter", &letters, views::letter)))
}

async fn resend(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("NoticeSid")?;
    let channel = one_of("Channel", ask.params.text("Channel"), LetterChannel::from_wire)?;
    let channel = channel.unwrap_or(LetterChannel::Email);
    let letter = ask.app().resend_notice(&ask.account, ask.is_by_ancestor(), sid, channel).await?;
    Ok(ask.one("Letter", |w| views::letter(w, &letter)))
}
