//! People, their sessions, and what they did.

use super::*;
use crate::{Page, PeopleChange as C};
use flexio_domain::people::PasswordLink;
use flexio_domain::*;

fn person(account_sid: AccountSid, email: Option<&str>) -> Person {
    Person {
        sid: PersonSid::new(),
        version: 1,
        account_sid,
        email: email.map(str::to_owned),
        role: Role::Developer,
        second_factor: None,
        passkeys: Vec::new(),
        spent_challenges: Vec::new(),
        password: None,
        link: None,
        failures: 0,
        locked_until: None,
        signed_in_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn session(person: &Person, digest: &str, ends: i64) -> Session {
    Session {
        sid: SessionSid::new(),
        account_sid: person.account_sid,
        person_sid: person.sid,
        digest: digest.to_owned(),
        device: "browser".to_owned(),
        created_at: at(0),
        seen_at: at(0),
        ends_at: at(ends),
    }
}

pub(super) async fn an_address_belongs_to_one_person(store: Arc<dyn Store>) {
    let (a, b) = (AccountSid::new(), AccountSid::new());
    let (ann, bob) = (person(a, Some("Ann@Acme.test")), person(b, None));
    put_all(&store, [C::Create(ann.clone()).into(), C::Create(bob.clone()).into()]).await;
    put(&store, C::Create(person(b, None)).into()).await;
    assert_eq!(store.person_by_email("ann@acme.TEST").await.unwrap(), Some(ann.clone()));
    assert!(is_conflict(&try_put(&store, C::Create(person(b, Some("ann@acme.test"))).into()).await));
    let taken = Person { email: Some("ANN@acme.test".to_owned()), ..bob.clone() };
    assert!(is_conflict(&try_put(&store, C::Update(taken).into()).await));
    let link = PasswordLink { digest: "d1".to_owned(), expires_at: at(60) };
    put(&store, C::Update(Person { link: Some(link), ..ann.clone() }).into()).await;
    assert_eq!(store.person_by_link("d1").await.unwrap().map(|found| found.version), Some(2));
    assert!(is_conflict(&try_put(&store, C::Update(ann.clone()).into()).await));
    assert_eq!(store.person(b, ann.sid).await.unwrap(), None);
    assert_eq!((store.count_people(a).await.unwrap(), store.count_people(b).await.unwrap()), (1, 2));
    assert_eq!(store.people(a, &Page::default()).await.unwrap().len(), 1);
}

pub(super) async fn sessions_end_one_by_one_together_and_by_time(store: Arc<dyn Store>) {
    let ann = person(AccountSid::new(), None);
    put(&store, C::Create(ann.clone()).into()).await;
    let made: Vec<Session> =
        [("a", 10), ("b", 20), ("c", 30), ("d", 30)].map(|(digest, ends)| session(&ann, digest, ends)).into();
    put_all(&store, made.iter().cloned().map(|session| C::BeginSession(session).into())).await;
    let digests = async || {
        let found = store.sessions(ann.account_sid, ann.sid, &Page::default()).await.unwrap();
        let mut digests: Vec<String> = found.into_iter().map(|session| session.digest).collect();
        digests.sort();
        digests.concat()
    };
    assert!(is_conflict(&try_put(&store, C::BeginSession(session(&ann, "a", 9)).into()).await));
    put(&store, C::SweepSessions(at(15)).into()).await;
    assert_eq!(digests().await, "bcd");
    put(&store, C::UpdateSession(Session { seen_at: at(5), ..made[1].clone() }).into()).await;
    assert_eq!(store.session_by_digest("b").await.unwrap().map(|found| found.seen_at), Some(at(5)));
    put(&store, C::EndSession(AccountSid::new(), ann.sid, made[1].sid).into()).await;
    put(&store, C::EndSession(ann.account_sid, ann.sid, made[1].sid).into()).await;
    assert_eq!(digests().await, "cd");
    put(&store, C::EndSessions(ann.account_sid, ann.sid, Some(made[3].sid)).into()).await;
    assert_eq!(digests().await, "d");
    put(&store, C::Delete(ann.account_sid, ann.sid).into()).await;
    assert_eq!(store.session_by_digest("d").await.unwrap(), None);
}

pub(super) async fn what_people_did_is_listed_for_their_account(store: Arc<dyn Store>) {
    let account_sid = AccountSid::new();
    let event = |action: &str| AuditEvent {
        sid: AuditSid::new(),
        account_sid,
        person_sid: None,
        person: "ann@acme.test".to_owned(),
        action: action.to_owned(),
        subject: String::new(),
        details: AuditDetails::default(),
        created_at: at(0),
    };
    let (first, second) = (event("session.begin"), event("numbers.create"));
    put_all(&store, [C::Audit(first.clone()).into(), C::Audit(second.clone()).into()]).await;
    assert_eq!(store.audit_events(account_sid, &Page::default()).await.unwrap(), [second, first]);
    assert!(store.audit_events(AccountSid::new(), &Page::default()).await.unwrap().is_empty());
}

pub(super) async fn a_seal_over_the_audit_log_takes_each_entry_once(store: Arc<dyn Store>) {
    let account_sid = AccountSid::new();
    let event = |action: &str| AuditEvent {
        sid: AuditSid::new(),
        account_sid,
        person_sid: None,
        person: String::new(),
        action: action.to_owned(),
        subject: String::new(),
        details: AuditDetails::default(),
        created_at: at(0),
    };
    let seal = |number| LedgerSeal {
        number,
        previous: "0".repeat(64),
        digest: "1".repeat(64),
        marks: String::new(),
        postings: 1,
        sealed_at: at(1),
    };
    let (first, second) = (event("a"), event("b"));
    put_all(&store, [C::Audit(first.clone()).into(), C::Audit(second.clone()).into()]).await;
    assert_eq!(store.unsealed_audit(9).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.last_audit_seal().await.unwrap(), None);
    put(&store, C::SealAudit(seal(1), vec![first.sid]).into()).await;
    assert!(is_conflict(&try_put(&store, C::SealAudit(seal(2), vec![first.sid]).into()).await));
    assert!(is_conflict(&try_put(&store, C::SealAudit(seal(1), vec![second.sid]).into()).await));
    assert_eq!(store.unsealed_audit(9).await.unwrap(), [second]);
    assert_eq!(store.sealed_audit(1, 9).await.unwrap(), [first]);
    assert_eq!(store.last_audit_seal().await.unwrap(), Some(seal(1)));
    assert_eq!(store.audit_seals(0, 9).await.unwrap(), [seal(1)]);
    assert_eq!(store.audit_seals(1, 9).await.unwrap(), []);
}
