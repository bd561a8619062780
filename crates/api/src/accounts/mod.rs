//! Accounts.

mod params;
mod views;

use flexio_domain::{Account, ErrorCode};
use flexio_store::AccountFilter;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, TWILIO, params};
use crate::paging::{Listed, Paged};

pub(crate) use views::specimen;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "accounts.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts",
        about: "Direct sub-accounts; Twilio's API also lists the account itself.",
        access: Access::Branch,
        params: params!["FriendlyName": "Equal.", "Status": "`active`, `suspended` or `closed`."],
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "accounts.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts",
        about: "Makes a sub-account.",
        access: Access::Token,
        params: params![
            "FriendlyName": "At most 64 characters.",
            "EmailAddress": "Native only; required there; unique.",
            "Password": "Native only; required there; at least 8 characters with upper and lower case, a digit and a special one.",
            "Role": "Native only; default: the parent's.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "accounts.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}",
        about: "One account; the classic API also takes its e-mail address.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "accounts.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}",
        about: "Changes an account; a status goes to the whole tree below it.",
        access: Access::Token,
        params: params![
            "FriendlyName": "At most 64 characters.",
            "Status": "`active`, `suspended` or `closed` (final); only for an ancestor.",
            "Password": "Native only.",
            "Role": "Native only.",
            "RecordingRetentionDays": "Days recordings made from now on are kept; 0 keeps them until they are deleted.",
            "SipLadderDays": "Days the SIP messages of calls that end from now on are kept; 0 keeps none.",
            "MessageDays": "Days the text of a message can be searched, 0 to 7; it goes in the night after.",
            "MessagesPerSecond": "Segments of its messages that leave in a second; 0 is no limit; only for an ancestor.",
            "CallsTo": "Where its calls may go that cost money: `BE`, `BE:mobile`, `*`, `none`, with commas; `default` is the operator's; only for an ancestor.",
            "MessagesTo": "The same of its messages; only for an ancestor.",
            "EmergencyCountry": "Where its phones are of which nothing else is said, for emergency services: ISO 3166 code of two letters. Empty parts are cleared; without any there is no address.",
            "EmergencyPostalCode": "Postal code there.",
            "EmergencyCity": "Municipality.",
            "EmergencyStreet": "Street.",
            "EmergencyHouseNumber": "House number.",
            "EmergencyAddition": "Floor, flat or room; may be left out.",
            "EmergencyName": "Person or firm; may be left out.",
            "QuietHours": "Hours in which its marketing messages wait, such as `21:00-08:00`, or `off`; only for an ancestor.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "balance.fetch",
        kind: Kind::Read,
        faces: TWILIO,
        path: "Accounts/{AccountSid}/Balance",
        about: "What was paid in less what is rated and not yet invoiced; negative is owed.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::balance_sample),
        run: |ask| Box::pin(balance(ask)),
    },
];

impl Listed for Account {
    const MEMBERS: (&'static str, &'static str) = ("accounts", "accounts");
    const ELEMENTS: (&'static str, &'static str) = ("Accounts", "Account");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<Account>(ask)?;
    let filter: AccountFilter = params::filter(ask)?;
    let mut accounts = ask.app().accounts(ask.account.sid, &filter, &paged.query()).await?;
    if ask.face == crate::Face::Twilio && paged.is_first() && params::holds(&filter, &ask.account) {
        // The account itself belongs to the list; being the oldest of the tree, it is shown first instead of last.
        accounts.insert(0, Account::clone(&ask.account));
    }
    ask.bare(&paged, accounts, |w, account| views::account(w, ask, account))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = params::create(ask)?;
    let answer = |account: &Account| ask.made("Account", |w| views::account(w, ask, account));
    // Not kept as text: the auth token in it is kept sealed only.
    let keep = |account: &Account| ask.kept(account.sid, None);
    let account = ask.app().create_account(&ask.account, new, &keep).await?;
    Ok(answer(&account))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    // Fresh from the store: sign-in may have used an account a few seconds old.
    let account = ask.app().store.account(ask.account.sid).await.map_err(flexio_app::AppError::from)?;
    let account = account.ok_or(ErrorCode::NotFound)?;
    Ok(ask.one("Account", |w| views::account(w, ask, &account)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let changes = params::update(ask)?;
    let by_ancestor = ask.is_by_ancestor();
    let account = ask.app().update_account(ask.account.sid, by_ancestor, changes).await?;
    Ok(ask.one("Account", |w| views::account(w, ask, &account)))
}

async fn balance(ask: &Ask<'_>) -> Result<Answer> {
    let owed = ask.app().owed(ask.account.sid).await?;
    Ok(ask.one("Balance", |w| views::balance(w, &ask.account, owed)))
}
