//! Who has a flow open in the designer. It is in memory of this process and forgotten within seconds: those who sit at another process are not
//! seen, and nothing depends on it, since saving is guarded by the version of the draft.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use flexio_app::{Principal, Seat};
use flexio_domain::{ErrorCode, FlowSid, PersonSid, Timestamp};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Reply, text};
use crate::Api;
use crate::error::{Result, invalid};

/// Seconds somebody is taken to be there after the last word; the designer says one every five.
const THERE_S: i64 = 15;
/// Windows that have one flow open, at most; the next ones are not seen.
const WINDOWS_MAX: usize = 50;
/// Flows that are open at once, at most; the next ones are not seen.
const FLOWS_MAX: usize = 10_000;
/// Characters of the name of a window or of a node, at most.
const NAME_MAX: usize = 64;

/// One window of a browser with a flow in it.
#[derive(Debug, Clone)]
struct Window {
    name: String,
    person: PersonSid,
    email: String,
    node: Option<String>,
    seen: Timestamp,
}

/// Who has which flow open.
#[derive(Debug, Default)]
pub(crate) struct Presence(Mutex<HashMap<FlowSid, Vec<Window>>>);

impl Presence {
    /// Notes that `window` is there, or that it leaves, and tells of the others.
    fn note(&self, flow: FlowSid, window: Window, leaves: bool) -> Vec<Window> {
        let since =
            window.seen.checked_sub(SignedDuration::from_secs(THERE_S)).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flows.retain(|_, windows| {
            windows.retain(|other| other.seen >= since);
            !windows.is_empty()
        });
        let is_known = flows.contains_key(&flow);
        if !is_known && (leaves || flows.len() >= FLOWS_MAX) {
            return Vec::new();
        }
        let windows = flows.entry(flow).or_default();
        windows.retain(|other| other.name != window.name || other.person != window.person);
        let others = windows.clone();
        if !leaves && windows.len() < WINDOWS_MAX {
            windows.push(window);
        }
        others
    }
}

impl Api {
    /// `{"account", "window", "node"?, "leaves"?}`: this window has the flow open, or leaves it. The answer is who else has.
    pub(super) async fn present(
        &self,
        principal: &Principal,
        seat: &Seat,
        flow: &str,
        given: &Value,
    ) -> Result<Reply> {
        let sid = flow.parse().map_err(|_| ErrorCode::NotFound)?;
        let account = text(given, "account")?.parse().map_err(|_| ErrorCode::NotFound)?;
        let account = self.app.within_reach(principal, account).await?.ok_or(ErrorCode::NotFound)?;
        self.app.flow(account.sid, sid).await?;
        let name = text(given, "window")?.to_owned();
        let node = given["node"].as_str().map(str::to_owned);
        if name.chars().count() > NAME_MAX || node.iter().any(|node| node.chars().count() > NAME_MAX) {
            return Err(invalid("window", "and node have at most 64 characters"));
        }
        let window = Window {
            name,
            person: seat.person.sid,
            email: seat.person.email.clone().unwrap_or_default(),
            node,
            seen: self.app.clock.now(),
        };
        let others = self.presence.note(sid, window, given["leaves"] == true);
        let shown = others.iter().map(|other| {
            json!({ "person": other.email, "you": other.person == seat.person.sid, "node": other.node })
        });
        Ok(Reply::ok(json!({ "others": shown.collect::<Vec<_>>() })))
    }
}
