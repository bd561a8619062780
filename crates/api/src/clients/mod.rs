//! Clients of the classic API: phones and browsers that register by login and password.

mod params;
#[cfg(test)]
mod tests;
mod views;

use flexio_domain::Client;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged, SortKey};

const LIST: &str = "Accounts/{AccountSid}/Clients";
const ONE: &str = "Accounts/{AccountSid}/Clients/{ClientSid}";
const SHOWN: Shows = Shows::One(views::sample);

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "clients.list",
        Read,
        NATIVE,
        LIST,
        "Clients, without their passwords.",
        params!["Login": "Equal."],
        Shows::Many(views::sample),
        list
    ),
    row!("clients.create", Create, NATIVE, LIST, "Makes a client.", params::CREATE, SHOWN, create),
    row!("clients.fetch", Read, NATIVE, ONE, "One client, without its password.", &[], SHOWN, fetch),
    row!(
        "clients.update",
        Update,
        NATIVE,
        ONE,
        "Changes a client; an empty URL or application clears it.",
        params::UPDATE,
        SHOWN,
        update
    ),
    row!("clients.delete", Delete, NATIVE, ONE, "Deletes a client.", &[], Shows::Nothing, delete),
];

impl Listed for Client {
    const MEMBERS: (&'static str, &'static str) = ("clients", "clients");
    const ELEMENTS: (&'static str, &'static str) = ("Clients", "Client");
    const SORTABLE: &'static [&'static str] = &["Login", "FriendlyName"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "Login" => Some(self.login.as_str().into()),
            "FriendlyName" => Some(self.friendly_name.as_str().into()),
            _ => None,
        }
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<Client>(ask)?;
    let login = ask.params.text("Login");
    let clients = ask.app().clients(ask.account.sid, login, &paged.query()).await?;
    ask.bare(&paged, clients, |w, client| views::client(w, &ask.shown(), client))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let (login, patch) = params::create(ask)?;
    let answer = |made: &Client| ask.made("Client", |w| views::client(w, &ask.shown(), made));
    let keep = |made: &Client| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_client(&ask.account, login, patch, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let client = ask.app().client(ask.account.sid, ask.sid("ClientSid")?).await?;
    Ok(ask.one("Client", |w| views::client(w, &ask.shown(), &client)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, patch) = (ask.sid("ClientSid")?, params::patch(ask)?);
    let client = ask.app().update_client(&ask.account, sid, patch).await?;
    Ok(ask.one("Client", |w| views::client(w, &ask.shown(), &client)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_client(&ask.account, ask.sid("ClientSid")?).await?;
    Ok(Answer::empty())
}
