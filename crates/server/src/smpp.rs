//! `flexio smpp`: which route a message would take, by the configuration alone.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use flexio_domain::{AccountSid, Address, MessageClass, Timestamp};
use flexio_messaging_node::{Choosing, Wish, config::SmppRoute, explain};
use serde_json::{Value, json};

use crate::cli::{self, Where};
use crate::config::Config;
use crate::platform;

#[derive(Debug, Subcommand)]
pub(crate) enum Smpp {
    /// Show the routes, and with --to what becomes of each for a message; nothing is sent
    Routes(Routes),
}

#[derive(Debug, Args)]
pub(crate) struct Routes {
    #[command(flatten)]
    place: Where,
    /// Recipient, such as +32470123456
    #[arg(long)]
    to: Option<Address>,
    /// Sender; the shared one where none is given
    #[arg(long)]
    from: Option<Address>,
    /// Account
    #[arg(long)]
    account: Option<AccountSid>,
    /// otp, transactional or marketing
    #[arg(long, default_value = "transactional", value_parser = class)]
    class: MessageClass,
    /// At this time, such as 2026-11-27T21:30:00Z; now where none is given
    #[arg(long)]
    at: Option<Timestamp>,
}

fn class(text: &str) -> Result<MessageClass, String> {
    MessageClass::from_wire(text).ok_or_else(|| format!("`{text}` is no class of messages"))
}

pub(crate) fn run(Smpp::Routes(asked): &Smpp) -> Result<()> {
    let config = Config::load(asked.place.config.as_deref(), std::env::vars())?;
    let choices: Vec<Option<Choosing>> = match &asked.to {
        Some(to) => explained(&config, asked, to)?.into_iter().map(Some).collect(),
        None => vec![None; config.smpp_route.len()],
    };
    let rows: Vec<Value> =
        config.smpp_route.iter().zip(&choices).map(|(route, choice)| row(route, choice.as_ref())).collect();
    if asked.place.json {
        return cli::say(&json!({"routes": rows, "sandbox": config.sandbox.enabled}).to_string());
    }
    for row in &rows {
        let told = row["choice"].as_str().map_or(String::new(), |choice| format!("  {choice}"));
        cli::say(&format!("{}  {}{told}", text(&row["name"]), text(&row["rules"])))?;
    }
    if rows.iter().all(|row| row["choice"].is_string() && row["used"] == false) && asked.to.is_some() {
        let sandbox = config.sandbox.enabled && rows.iter().all(|row| row["waits"] != true);
        cli::say(if sandbox { "the sandbox takes it" } else { "no route takes it now" })?;
    }
    Ok(())
}

fn explained(config: &Config, asked: &Routes, to: &Address) -> Result<Vec<Choosing>> {
    let zones = platform::zones(config)?;
    let from = match &asked.from {
        Some(from) => from.to_string(),
        None => config.platform.shared_sender.clone(),
    };
    let rater = platform::rater(config)?;
    let to = to.to_string();
    let wish = Wish {
        to: &to,
        from: &from,
        account: asked.account.unwrap_or(AccountSid::from_u128(0)),
        class: asked.class,
        kind: rater.numbering().classify(&to).id(),
        minute: zones.minute(asked.at.unwrap_or_else(Timestamp::now)),
    };
    flexio_messaging_node::check(&config.smpp_route).context("smpp_route")?;
    Ok(explain(&config.smpp_route, &wish))
}

fn row(route: &SmppRoute, choice: Option<&Choosing>) -> Value {
    let said = choice.map(|choice| match choice {
        Choosing::Used { share: 100 } => "takes it".to_owned(),
        Choosing::Used { share } => format!("takes {share} %"),
        Choosing::After { place, by } => format!("number {place}, by its {by}: if those before it are down"),
        Choosing::Not(misfit) => format!("does not take it: {misfit}"),
    });
    let waits = matches!(choice, Some(Choosing::Not(flexio_messaging_node::Misfit::Hours)));
    json!({
        "name": route.name,
        "rules": rules(route),
        "choice": said,
        "used": matches!(choice, Some(Choosing::Used { .. })),
        "waits": waits,
    })
}

/// What a route takes, in a line.
fn rules(route: &SmppRoute) -> String {
    let list = |name: &str, all: &[String]| (!all.is_empty()).then(|| format!("{name} {}", all.join(",")));
    let classes: Vec<String> = route.classes.iter().map(|class| class.as_str().to_owned()).collect();
    let parts = [
        list("to", &route.prefixes),
        list("kinds", &route.recipient_kinds),
        list("from", &route.senders),
        list("accounts", &route.accounts),
        list("classes", &classes),
        (!route.hours.is_off()).then(|| format!("hours {}", route.hours)),
        Some(format!("priority {} cost {} weight {}", route.priority, route.cost_micros, route.weight)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
