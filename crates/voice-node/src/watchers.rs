//! Who watches which phone, and what he is told of its calls (RFC 4235): the SIP task's side.
//!
//! A watcher is told whole states only, the newest; what does not change what he knows is not told. Limits: [`OF_PHONE`] watchers of one
//! phone, [`OF_ACCOUNT`] of one account, [`DIALOGS`] dialogs in a document; the endpoint bounds all subscriptions.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use flexio_domain::AccountSid;
use flexio_sip::{DialogFacts, Endpoint, ExtraHeaders, LegId, OpError, SubscriptionId};

/// Watchers of one phone, and of all phones of an account.
const OF_PHONE: usize = 100;
const OF_ACCOUNT: usize = 2_000;
/// Dialogs in one document, the newest: no phone shows more, and a datagram holds no more.
const DIALOGS: usize = 8;

/// A phone: its account, and its address there, such as `client:alice`.
pub(crate) type Party = (AccountSid, String);

/// What the node decides about watchers.
#[derive(Debug)]
pub(crate) enum WatchOrder {
    /// Somebody may watch a phone, which he calls `entity`.
    Accept {
        id: SubscriptionId,
        whom: Party,
        entity: String,
    },
    Reject {
        id: SubscriptionId,
        status: u16,
        headers: ExtraHeaders,
    },
    /// Asks him for credentials once more.
    Challenge {
        id: SubscriptionId,
    },
    /// A phone is at the other end of the leg.
    Belongs {
        leg: LegId,
        whom: Party,
    },
}

#[derive(Debug)]
struct Watcher {
    whom: Party,
    /// What he calls the phone.
    entity: String,
    /// Number of the next document.
    version: u32,
    /// What the last one said.
    told: String,
}

/// All watchers, and the legs of phones.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    all: HashMap<SubscriptionId, Watcher>,
    /// Who watches a phone.
    of_phone: HashMap<Party, Vec<SubscriptionId>>,
    of_account: HashMap<AccountSid, usize>,
    /// Whose phone is at the other end of a leg, and the legs of a phone, oldest first.
    parties: HashMap<LegId, Party>,
    legs: HashMap<Party, Vec<LegId>>,
}

impl Watchers {
    pub(crate) fn obey(
        &mut self,
        endpoint: &mut Endpoint,
        now: Duration,
        order: WatchOrder,
    ) -> Result<(), OpError> {
        match order {
            WatchOrder::Accept { whom, id, .. } if self.is_full(&whom) => {
                let mut later = ExtraHeaders::new();
                let _ = later.push("Retry-After", "300");
                endpoint.reject_subscription(now, id, 503, &later)
            }
            WatchOrder::Accept { id, whom, entity } => {
                endpoint.accept_subscription(now, id)?;
                self.add(endpoint, now, id, Watcher { whom, entity, version: 0, told: String::new() });
                Ok(())
            }
            WatchOrder::Reject { id, status, headers } => {
                endpoint.reject_subscription(now, id, status, &headers)
            }
            WatchOrder::Challenge { id } => endpoint.challenge_subscription(now, id),
            WatchOrder::Belongs { leg, whom } => {
                self.belongs(endpoint, now, leg, whom);
                Ok(())
            }
        }
    }

    fn is_full(&self, whom: &Party) -> bool {
        let of_phone = self.of_phone.get(whom).map_or(0, Vec::len);
        of_phone >= OF_PHONE || self.of_account.get(&whom.0).is_some_and(|count| *count >= OF_ACCOUNT)
    }

    /// Somebody watches from now on; he is told how it stands.
    fn add(&mut self, endpoint: &mut Endpoint, now: Duration, id: SubscriptionId, watcher: Watcher) {
        self.of_phone.entry(watcher.whom.clone()).or_default().push(id);
        *self.of_account.entry(watcher.whom.0).or_default() += 1;
        self.all.insert(id, watcher);
        if !self.tell(endpoint, now, id, true) {
            // One look was all he wanted.
            self.remove(id);
        }
    }

    /// He has come again, and is told how it stands.
    pub(crate) fn refreshed(&mut self, endpoint: &mut Endpoint, now: Duration, id: SubscriptionId) {
        self.tell(endpoint, now, id, true);
    }

    pub(crate) fn remove(&mut self, id: SubscriptionId) {
        let Some(watcher) = self.all.remove(&id) else { return };
        if let Some(watching) = self.of_phone.get_mut(&watcher.whom) {
            watching.retain(|one| *one != id);
            if watching.is_empty() {
                self.of_phone.remove(&watcher.whom);
            }
        }
        if let Some(count) = self.of_account.get_mut(&watcher.whom.0) {
            *count -= 1;
            if *count == 0 {
                self.of_account.remove(&watcher.whom.0);
            }
        }
    }

    /// Sends all of them away; they may come again, to whoever serves them then.
    pub(crate) fn end_all(&mut self, endpoint: &mut Endpoint, now: Duration) {
        for id in self.all.keys().copied().collect::<Vec<_>>() {
            let _ = endpoint.end_subscription(now, id, "deactivated");
            self.remove(id);
        }
    }

    /// A leg leads to this phone.
    fn belongs(&mut self, endpoint: &mut Endpoint, now: Duration, leg: LegId, whom: Party) {
        if !endpoint.has_dialog(leg) {
            return;
        }
        self.legs.entry(whom.clone()).or_default().push(leg);
        self.parties.insert(leg, whom);
        self.changed(endpoint, now, leg);
    }

    /// Something happened on a leg.
    pub(crate) fn changed(&mut self, endpoint: &mut Endpoint, now: Duration, leg: LegId) {
        let Some(whom) = self.parties.get(&leg) else { return };
        if !endpoint.has_dialog(leg) {
            let whom = whom.clone();
            self.parties.remove(&leg);
            if let Some(legs) = self.legs.get_mut(&whom) {
                legs.retain(|one| *one != leg);
                if legs.is_empty() {
                    self.legs.remove(&whom);
                }
            }
            return self.tell_all(endpoint, now, &whom);
        }
        if self.of_phone.contains_key(whom) {
            let whom = whom.clone();
            self.tell_all(endpoint, now, &whom);
        }
    }

    fn tell_all(&mut self, endpoint: &mut Endpoint, now: Duration, whom: &Party) {
        for id in self.of_phone.get(whom).cloned().unwrap_or_default() {
            self.tell(endpoint, now, id, false);
        }
    }

    /// Tells a watcher how it stands, where that is new to him or `anyhow`; false when he is none any more.
    fn tell(&mut self, endpoint: &mut Endpoint, now: Duration, id: SubscriptionId, anyhow: bool) -> bool {
        let Some(watcher) = self.all.get_mut(&id) else { return false };
        let legs = self.legs.get(&watcher.whom).map_or(&[][..], Vec::as_slice);
        let newest = &legs[legs.len().saturating_sub(DIALOGS)..];
        let mut dialogs = String::new();
        for leg in newest {
            if let Some(facts) = endpoint.dialog_of(*leg) {
                write_dialog(&mut dialogs, &watcher.entity, &facts);
            }
        }
        if !anyhow && dialogs == watcher.told {
            return true;
        }
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" \
             version=\"{}\" state=\"full\" entity=\"{}\">\r\n{dialogs}</dialog-info>\r\n",
            watcher.version,
            escaped(&watcher.entity)
        );
        watcher.version += 1;
        watcher.told = dialogs;
        endpoint.notify_dialogs(now, id, document.as_bytes()).is_ok() && endpoint.watches(id)
    }
}

/// A dialog as the phone knows it: what is ours is remote to it.
fn write_dialog(out: &mut String, entity: &str, facts: &DialogFacts) {
    let DialogFacts { call_id, our_tag, their_tag, state, is_ours, our_uri, our_contact } = facts;
    let direction = if *is_ours { "recipient" } else { "initiator" };
    // The tag names the dialog among all of ours.
    let _ = write!(out, "<dialog id=\"{our_tag}\" call-id=\"{}\"", escaped(call_id));
    if let Some(tag) = their_tag {
        let _ = write!(out, " local-tag=\"{}\"", escaped(tag));
    }
    let _ = write!(
        out,
        " remote-tag=\"{our_tag}\" direction=\"{direction}\">\r\n<state>{}</state>\r\n\
         <local><identity>{}</identity></local>\r\n\
         <remote><identity>{}</identity><target uri=\"{}\"/></remote>\r\n</dialog>\r\n",
        state.as_str(),
        escaped(entity),
        escaped(our_uri),
        escaped(our_contact)
    );
}

/// Text for an element or an attribute in double quotes. What XML cannot hold at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_sip::DialogState;

    #[test]
    fn a_dialog_is_written_as_its_phone_knows_it_and_nothing_breaks_out_of_its_attribute() {
        let facts = DialogFacts {
            call_id: "a\"><&\u{1}b".to_owned(),
            our_tag: "00ff".to_owned(),
            their_tag: Some("t1".to_owned()),
            state: DialogState::Early,
            is_ours: true,
            our_uri: "sip:+32470123456@192.0.2.1".to_owned(),
            our_contact: "sip:x@192.0.2.1:5060".to_owned(),
        };
        let mut out = String::new();
        write_dialog(&mut out, "sip:bob@example.com", &facts);
        assert_eq!(
            out,
            "<dialog id=\"00ff\" call-id=\"a&quot;&gt;&lt;&amp;b\" local-tag=\"t1\" remote-tag=\"00ff\" \
             direction=\"recipient\">\r\n<state>early</state>\r\n\
             <local><identity>sip:bob@example.com</identity></local>\r\n\
             <remote><identity>sip:+32470123456@192.0.2.1</identity><target uri=\"sip:x@192.0.2.1:5060\"/></remote>\r\n\
             </dialog>\r\n"
        );
        let mut out = String::new();
        write_dialog(
            &mut out,
            "sip:bob@example.com",
            &DialogFacts { their_tag: None, is_ours: false, ..facts },
        );
        assert!(!out.contains("local-tag") && out.contains("direction=\"initiator\""), "{out}");
    }
}
