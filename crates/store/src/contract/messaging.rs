//! Opt-outs and contacts.

use super::*;
use crate::{MessagingChange as C, OptOutFilter, Page};
use flexio_domain::*;

/// Somebody who does not want messages from `sender`.
pub fn opt_out(account_sid: AccountSid, sender: &str, recipient: &str) -> OptOut {
    OptOut {
        sid: OptOutSid::new(),
        account_sid,
        sender: sender.to_owned(),
        recipient: recipient.parse().unwrap(),
        blocks_codes: false,
        source: OptOutSource::Message,
        message_sid: Some(MessageSid::from_u128(3)),
        erased: None,
        created_at: at(0),
    }
}

pub(super) async fn somebody_opts_out_of_a_sender_once_and_is_found_by_it(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let ann: E164 = "+32470123456".parse().unwrap();
    let first = opt_out(owner, "+3225550101", ann.as_str());
    let again = opt_out(owner, "+3225550101", ann.as_str());
    let by_code = opt_out(owner, "8640", ann.as_str());
    let of_bob = opt_out(owner, "8640", "+32470123457");
    let of_another = opt_out(other, "8640", ann.as_str());
    let all = [&first, &again, &by_code, &of_bob, &of_another];
    put_all(&store, all.map(|one| C::OptOut(one.clone()).into())).await;
    assert_eq!(store.opt_outs_of(owner, &ann, "d").await.unwrap(), [first.clone(), by_code.clone()]);
    assert_eq!(store.opt_out(owner, first.sid).await.unwrap(), Some(first.clone()));
    assert_eq!(store.opt_out(other, first.sid).await.unwrap(), None);
    for (sender, recipient, expected) in [
        (None, None, vec![&of_bob, &by_code, &first]),
        (Some("8640"), None, vec![&of_bob, &by_code]),
        (None, Some(ann.as_str()), vec![&by_code, &first]),
        (Some("Acme"), None, vec![]),
    ] {
        let filter =
            OptOutFilter { sender: sender.map(str::to_owned), recipient: recipient.map(str::to_owned) };
        let found = store.opt_outs(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_opt_outs(owner, &filter).await.unwrap(), expected.len() as u64);
    }
    let behind = store.opt_outs_behind(first.sid, 1_000).await.unwrap();
    assert!(!behind.contains(&first) && behind.contains(&of_bob) && behind.contains(&of_another));
    let before = OptOutSid::from_u128(first.sid.as_u128() - 1);
    assert_eq!(store.opt_outs_behind(before, 1).await.unwrap(), [first.clone()]);
    let erased = OptOut {
        recipient: "+32470000000".parse().unwrap(),
        erased: Some("digest of bob".to_owned()),
        ..opt_out(owner, "8640", "+32470123458")
    };
    put(&store, C::OptOut(erased.clone()).into()).await;
    let bob: E164 = "+32470123458".parse().unwrap();
    assert_eq!(store.opt_outs_of(owner, &bob, "digest of bob").await.unwrap(), [erased.clone()]);
    assert_eq!(store.opt_outs_of(owner, &bob, "another").await.unwrap(), []);
    put(&store, C::EndOptOut(owner, erased.sid).into()).await;
    assert!(is_conflict(&try_put(&store, C::EndOptOut(other, first.sid).into()).await));
    put(&store, C::EndOptOut(owner, first.sid).into()).await;
    assert_eq!(store.opt_outs_of(owner, &ann, "d").await.unwrap(), [by_code]);
    assert!(is_conflict(&try_put(&store, C::EndOptOut(owner, first.sid).into()).await));
}

pub(super) async fn the_last_contact_of_a_shared_sender_stays(store: Arc<dyn Store>) {
    let contact = |recipient: &str, second: i64| Contact {
        sender: "8640".to_owned(),
        recipient: recipient.to_owned(),
        account_sid: AccountSid::new(),
        via: Some("+3225550101".to_owned()),
        // A column of its own: to the microsecond.
        at: Timestamp::from_microsecond(at(second).as_microsecond()).unwrap(),
    };
    let (early, late, other) = (contact("a", 1), contact("a", 5), contact("b", 3));
    put_all(&store, [&early, &other, &late].map(|one| C::SaveContact(one.clone()).into())).await;
    assert_eq!(store.contact("8640", "a").await.unwrap(), Some(late.clone()));
    assert_eq!(store.contact("8641", "a").await.unwrap(), None);
    assert_eq!(store.sweep_contacts(at(5), 10).await.unwrap(), 1);
    assert_eq!(store.contact("8640", "b").await.unwrap(), None);
    assert_eq!(store.contact("8640", "a").await.unwrap(), Some(late));
}
