//! Registrations of phones, and how trunks stand.

use super::*;
use crate::{Change, PhoneChange as C};
use flexio_domain::*;

fn bindings(node: &str, account_sid: AccountSid, user: &str) -> SipBindings {
    let contact = SipContact {
        uri: format!("sip:{user}@10.0.0.1:5060;ob"),
        remote: "[2001:db8::7]:40000".parse().expect("an address"),
        lifetime_s: 600,
        q_milli: 500,
        flow: Some(("<urn:uuid:00000000-0000-0000-0000-000000000001>".to_owned(), 1)),
        call_id: "a84b4c76e66710".to_owned(),
        cseq: 7,
    };
    SipBindings {
        node: node.to_owned(),
        account_sid,
        address: format!("client:{user}"),
        contacts: vec![contact],
    }
}

async fn write(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = C>) {
    put_all(store, changes.into_iter().map(Change::from)).await;
}

pub(super) async fn phones_are_kept_for_their_node_and_read_in_pages(store: Arc<dyn Store>) {
    let (first, second) = (AccountSid::from_u128(1), AccountSid::from_u128(2));
    let all = [bindings("a", first, "alice"), bindings("a", first, "bob"), bindings("a", second, "alice")];
    write(&store, all.clone().map(C::Save)).await;
    write(&store, [C::Save(bindings("b", first, "alice"))]).await;
    assert_eq!(store.sip_bindings("a", None, 10).await.unwrap(), all);
    assert_eq!(store.sip_bindings("a", None, 2).await.unwrap(), all[..2]);
    let behind = Some((first, "client:bob"));
    assert_eq!(store.sip_bindings("a", behind, 2).await.unwrap(), all[2..]);
    assert_eq!(store.sip_bindings("c", None, 10).await.unwrap(), []);
}

pub(super) async fn contacts_take_the_place_of_those_before_and_none_forgets_the_user(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let mut alice = bindings("a", owner, "alice");
    write(&store, [C::Save(alice.clone())]).await;
    alice.contacts[0].uri = "sip:alice@10.0.0.2".to_owned();
    alice.contacts.push(SipContact { q_milli: 1_000, flow: None, ..alice.contacts[0].clone() });
    write(&store, [C::Save(alice.clone())]).await;
    assert_eq!(store.sip_bindings("a", None, 10).await.unwrap(), [alice.clone()]);
    alice.contacts.clear();
    write(&store, [C::Save(alice.clone()), C::Save(alice)]).await;
    assert_eq!(store.sip_bindings("a", None, 10).await.unwrap(), []);
}

pub(super) async fn a_registrar_says_when_it_was_there(store: Arc<dyn Store>) {
    assert_eq!(store.registrar_seen("a").await.unwrap(), None);
    for second in [1, 2] {
        write(&store, [C::Seen { node: "a".to_owned(), at: at(second) }]).await;
    }
    let seen = store.registrar_seen("a").await.unwrap().map(Timestamp::as_second);
    assert_eq!(seen, Some(at(2).as_second()));
    assert_eq!(store.registrar_seen("b").await.unwrap(), None);
}

pub(super) async fn each_node_says_how_its_trunks_stand(store: Arc<dyn Store>) {
    let report = |node: &str, trunk: &str, second, calls| TrunkReport {
        node: node.to_owned(),
        trunk: trunk.to_owned(),
        at: at(second),
        answers: Some(false),
        calls,
        calls_max: 30,
        faults: vec![TrunkFault { kind: "no-answer".into(), what: "silence".into(), cure: "ask".into() }],
    };
    let (old, other) = (report("a", "carrier", 1, 1), report("a", "second", 3, 2));
    let (first, newer) = (report("b", "carrier", 2, 3), report("a", "carrier", 4, 4));
    write(&store, [&old, &other, &first, &newer].map(|one| C::Report(one.clone()))).await;
    assert_eq!(store.trunk_reports(at(0), 10).await.unwrap(), [first, other.clone(), newer.clone()]);
    assert_eq!(store.trunk_reports(at(3), 10).await.unwrap(), [other.clone(), newer]);
    assert_eq!(store.trunk_reports(at(3), 1).await.unwrap(), [other]);
    assert_eq!(store.trunk_reports(at(5), 10).await.unwrap(), []);
}
