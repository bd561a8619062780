//! `flexio account`: what the operator sets about a customer's account.

use anyhow::{Context, Result};
use clap::Subcommand;
use flexio_app::UpdateAccount;
use flexio_domain::{Account, AccountSid, Reach};

use crate::cli::{self, Where};
use crate::plan::open;

/// `flexio account …`
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show, or set, where an account's calls and messages may go that cost money: BE, BE:mobile, *, none, default
    Reach {
        #[command(flatten)]
        place: Where,
        /// The account
        account: AccountSid,
        /// Where its calls may go, with commas
        #[arg(long)]
        calls: Option<String>,
        /// Where its messages may go, with commas
        #[arg(long)]
        messages: Option<String>,
    },
}

/// Carries the command out.
pub(crate) async fn run(command: AccountCommand) -> Result<()> {
    let AccountCommand::Reach { place, account: sid, calls, messages } = command;
    let app = open(&place).await?;
    let changes = UpdateAccount {
        calls_to: calls.as_deref().map(str::parse).transpose().context("--calls")?,
        messages_to: messages.as_deref().map(str::parse).transpose().context("--messages")?,
        ..UpdateAccount::default()
    };
    let account = if changes.calls_to.is_none() && changes.messages_to.is_none() {
        app.store.account(sid).await?.with_context(|| format!("there is no account {sid}"))?
    } else {
        app.update_account(sid, true, changes).await?
    };
    tell(&place, &account)
}

fn tell(place: &Where, account: &Account) -> Result<()> {
    let shown = |reach: &Option<Reach>| reach.as_ref().map(ToString::to_string);
    let (calls, messages) = (shown(&account.calls_to), shown(&account.messages_to));
    if place.json {
        let facts = serde_json::json!({
            "account_sid": account.sid.to_string(), "calls_to": calls, "messages_to": messages,
        });
        return cli::say(&facts.to_string());
    }
    let word = |list: Option<String>| list.unwrap_or_else(|| "default".to_owned());
    cli::say(&format!("{}: calls to {}, messages to {}", account.sid, word(calls), word(messages)))
}
