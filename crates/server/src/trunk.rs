//! `flexio trunk`: the trunks of a running installation, from the command line.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::cli;
use crate::handset::{Client, Door};

#[derive(Debug, Args)]
pub(crate) struct Trunk {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// All trunks
    List,
    /// Look its names up and ask each address for a sign of life; ends with 1 where something is wrong
    Test {
        /// Name of the configuration
        name: String,
    },
}

/// Does it over the same API that everybody uses.
pub(crate) async fn run(arguments: Trunk) -> Result<()> {
    let json = arguments.door.json;
    let account = arguments.door.account_sid.clone();
    let client = Client::new(arguments.door, &format!("Accounts/{account}/Trunks"))?;
    match arguments.act {
        Act::List => {
            let trunks = client.get(".json").await?["trunks"].take();
            if json {
                return cli::say(&trunks.to_string());
            }
            trunks.as_array().into_iter().flatten().try_for_each(|trunk| cli::say(&told(trunk)))
        }
        Act::Test { name } => {
            let path = format!("/{}/Test.json", segment(&name));
            let trunk = client.post(&path, &[]).await?;
            cli::say(&if json { trunk.to_string() } else { told(&trunk) })?;
            match trunk["findings"].as_array().map_or(0, Vec::len) {
                0 => Ok(()),
                count => bail!("{count} found wrong with trunk {name}"),
            }
        }
    }
}

/// A name as a segment of a path.
fn segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    name.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// A trunk for a person to read.
fn told(trunk: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let limit =
        trunk["calls_max"].as_u64().filter(|max| *max > 0).map_or(String::new(), |max| format!("/{max}"));
    let mut lines =
        vec![format!("{}  {}  calls {}{limit}", text(&trunk["name"]), text(&trunk["state"]), trunk["calls"])];
    let registration = &trunk["registration"];
    if let Some(state) = registration["state"].as_str() {
        let until =
            registration["registered_until"].as_str().map_or(String::new(), |at| format!(" until {at}"));
        let status =
            registration["sip_status"].as_u64().map_or(String::new(), |status| format!(" ({status})"));
        let seen = registration["seen_as"].as_str().map_or(String::new(), |seen| format!(", seen as {seen}"));
        lines.push(format!("  registration {state}{status}{until}{seen}"));
    }
    for address in trunk["addresses"].as_array().into_iter().flatten() {
        let last = |name: &str| {
            let answer = &address[name];
            let status = answer["sip_status"].as_u64().map_or("none".to_owned(), |status| status.to_string());
            answer["date"]
                .as_str()
                .map_or(String::new(), |at| format!("  {} {status} at {at}", name.to_uppercase()))
        };
        let since = address["since"].as_str().map_or(String::new(), |at| format!(" since {at}"));
        lines.push(format!(
            "  {} {}  {}{since}{}{}",
            text(&address["transport"]),
            text(&address["address"]),
            text(&address["state"]),
            last("options"),
            last("invite")
        ));
    }
    for finding in trunk["findings"].as_array().into_iter().flatten() {
        lines.push(format!("  {}: {}", text(&finding["kind"]), text(&finding["what"])));
        lines.push(format!("    {}", text(&finding["cure"])));
    }
    for other in trunk["other_nodes"].as_array().into_iter().flatten() {
        let kinds = other["findings"].as_array().into_iter().flatten().map(|finding| text(&finding["kind"]));
        let found = std::iter::once(String::new()).chain(kinds).collect::<Vec<_>>().join("  ");
        let (node, state, at) = (text(&other["node"]), text(&other["state"]), text(&other["date_updated"]));
        lines.push(format!("  node {node}: {state}  calls {} at {at}{found}", other["calls"]));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_is_told_with_what_is_wrong_and_what_helps() {
        let trunk = serde_json::json!({
            "name": "carrier", "state": "down", "calls": 1, "calls_max": 30,
            "registration": { "state": "failed", "sip_status": 403, "registered_until": null, "seen_as": null },
            "addresses": [{
                "transport": "UDP", "address": "203.0.113.5:5060", "state": "down", "since": null,
                "options": { "sip_status": null, "date": "2026-11-26T10:00:00.000Z" }, "invite": {},
            }],
            "findings": [{ "kind": "not-registered", "what": "The registrar refuses us: 403.", "cure": "Check `username`." }],
            "other_nodes": [{
                "node": "b", "state": "up", "calls": 4, "calls_max": 30, "date_updated": "2026-11-26T10:00:01.000Z",
                "findings": [{ "kind": "one-way-audio", "what": "x", "cure": "y" }],
            }],
        });
        assert_eq!(
            told(&trunk),
            "carrier  down  calls 1/30\n  registration failed (403)\n  UDP 203.0.113.5:5060  down  OPTIONS none at \
             2026-11-26T10:00:00.000Z\n  not-registered: The registrar refuses us: 403.\n    Check `username`.\n  node b: up  calls 4 at \
             2026-11-26T10:00:01.000Z  one-way-audio"
        );
        assert_eq!(segment("carrier a/b"), "carrier%20a%2Fb");
    }
}
