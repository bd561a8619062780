//! Legal holds, erasures, and the rows that go or stay.

use super::rooms::{conference, participant};
use super::*;
use crate::{
    Change as C, ErasureChange as E, Kept, KeptLadder, MessagingChange, Page, RoomChange, Swept,
    TranscriptionChange, UsageFilter,
};
use flexio_domain::*;

/// A hold that stands.
pub fn legal_hold(account_sid: AccountSid, number: Option<&str>) -> LegalHold {
    LegalHold {
        sid: LegalHoldSid::new(),
        version: 1,
        account_sid,
        number: number.map(e164),
        name: "2026/417".to_owned(),
        reason: String::new(),
        state: LegalHoldState::Active,
        asked_by: "an".to_owned(),
        asked_at: at(0),
        decided_by: Some("bob".to_owned()),
        decided_at: Some(at(1)),
        active_from: Some(at(1)),
        lifted_at: None,
    }
}

fn erasure(account_sid: AccountSid, due: Option<i64>) -> Erasure {
    Erasure {
        sid: ErasureSid::new(),
        version: 1,
        account_sid,
        alias: Some(e164("+32470000000")),
        number: Some(Sealed(vec![1, 2, 3])),
        digest: Some("d".repeat(64)),
        state: ErasureState::Running,
        asked_by: "an".to_owned(),
        done: 2,
        stages: 23,
        after: "voice\nCA1:leg".to_owned(),
        erased: vec![ErasedCount { kind: "calls".to_owned(), count: 7 }],
        waited_for: vec!["2026/417 (2026-12-01)".to_owned()],
        certificate: None,
        due_at: due.map(at),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A call that is over, between these two.
fn talked(account_sid: AccountSid, from: &str) -> Call {
    Call { from: address(from), status: CallStatus::Completed, ..call(account_sid) }
}

pub(super) async fn a_hold_stands_over_the_tree_below_until_it_is_lifted(store: Arc<dyn Store>) {
    let top = account("top");
    let below = sub_account(&top, "below");
    let stranger = account("stranger");
    put_all(&store, [&top, &below, &stranger].map(|it| C::CreateAccount(it.clone()))).await;
    let hold = legal_hold(top.sid, Some("+32470123456"));
    let asked = LegalHold { state: LegalHoldState::Asked, ..legal_hold(below.sid, None) };
    put_all(&store, [&hold, &asked].map(|it| E::CreateHold(it.clone()).into())).await;
    assert!(is_conflict(&try_put(&store, E::CreateHold(hold.clone()).into()).await));
    assert_eq!(store.legal_hold(top.sid, hold.sid).await.unwrap(), Some(hold.clone()));
    assert_eq!(store.legal_hold(below.sid, hold.sid).await.unwrap(), None);
    assert_eq!(store.legal_holds(top.sid, &Page::default()).await.unwrap(), [hold.clone()]);
    for (account, expected) in [(top.sid, true), (below.sid, true), (stranger.sid, false)] {
        let over = store.holds_over(account).await.unwrap();
        assert_eq!(over == [hold.clone()], expected, "{over:?}");
    }
    let lifted = LegalHold { state: LegalHoldState::Lifted, ..hold.clone() };
    put(&store, E::UpdateHold(lifted.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, E::UpdateHold(lifted).into()).await));
    assert_eq!(store.holds_over(below.sid).await.unwrap(), []);
}

pub(super) async fn an_erasure_reads_as_it_was_written_and_is_found_when_due(store: Arc<dyn Store>) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let made: Vec<Erasure> = [Some(30), Some(10), None].map(|due| erasure(owner, due)).into();
    put_all(&store, made.iter().cloned().map(|it| E::Create(it).into())).await;
    assert_eq!(store.erasure(owner, made[0].sid).await.unwrap(), Some(made[0].clone()));
    assert_eq!(store.erasure(stranger, made[0].sid).await.unwrap(), None);
    let newest: Vec<Erasure> = made.iter().rev().cloned().collect();
    assert_eq!(store.erasures(owner, &Page::default()).await.unwrap(), newest);
    assert_eq!(store.due_erasures(at(29), 10).await.unwrap(), made[1..2]);
    assert_eq!(store.due_erasures(at(30), 10).await.unwrap(), [made[1].clone(), made[0].clone()]);
    let done = Erasure { due_at: None, state: ErasureState::Done, number: None, ..made[1].clone() };
    put(&store, E::Update(done.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, E::Update(done.clone()).into()).await));
    assert_eq!(store.erasure(owner, done.sid).await.unwrap(), Some(Erasure { version: 2, ..done }));
}

pub(super) async fn rows_are_found_by_what_they_name_and_go_with_their_parts(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let (named, unnamed) = (talked(owner, "+32470123456"), talked(owner, "+32470999999"));
    let running = Call { status: CallStatus::InProgress, ..talked(owner, "+32470123456") };
    put_all(&store, [&named, &unnamed, &running].map(|it| C::CreateCall(it.clone()))).await;
    put(&store, C::CreateCall(talked(other, "+32470123456"))).await;
    put(&store, C::AddTimeline(vec![timeline(&named, 0)])).await;
    let ladder = KeptLadder {
        id: 7,
        account_sid: owner,
        call_sid: named.sid,
        root_call_sid: named.sid,
        expires_at: at(1),
        content: vec![7],
    };
    put(&store, C::AddLadder(ladder)).await;
    assert_eq!(store.count_kept(owner, Kept::Calls).await.unwrap(), 3);
    let rows = |naming, after| store.kept_rows(owner, Kept::Calls, (naming, after), 10);
    let keys = |rows: Vec<crate::KeptRow>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
    let all = [named.sid, unnamed.sid, running.sid].map(CallSid::as_u128);
    assert_eq!(keys(rows(None, 0).await.unwrap()), all);
    assert_eq!(keys(rows(Some("470123456"), 0).await.unwrap()), [all[0], all[2]]);
    assert_eq!(keys(rows(Some("470123456"), all[0]).await.unwrap()), [all[2]]);
    let drop = |key| E::Drop(Kept::Calls, owner, key);
    assert!(is_conflict(&try_put(&store, drop(running.sid.as_u128()).into()).await), "it is not over");
    put(&store, drop(named.sid.as_u128()).into()).await;
    assert_eq!(store.call(owner, named.sid).await.unwrap(), None);
    assert_eq!(store.timeline(owner, named.sid).await.unwrap(), []);
    assert_eq!(store.ladders_of_root(owner, named.sid, 10).await.unwrap(), Vec::<Vec<u8>>::new());
    assert_eq!(store.count_kept(other, Kept::Calls).await.unwrap(), 1, "nothing of another account goes");
    for kind in Kept::ALL.iter().filter(|kind| **kind != Kept::Calls) {
        put(&store, E::Drop(*kind, owner, 1).into()).await;
    }
}

pub(super) async fn a_call_is_forgotten_and_stays(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let meeting = conference(owner, "board");
    let with = participant(&meeting, None);
    let talk = Call { sid: with.call_sid, ..talked(owner, "+32470123456") };
    put(&store, C::CreateCall(talk.clone())).await;
    put(&store, C::AddTimeline(vec![timeline(&talk, 0)])).await;
    put(&store, RoomChange::CreateConference(meeting.clone()).into()).await;
    put(&store, RoomChange::SaveParticipant(with).into()).await;
    assert_eq!(store.conferences_of_call(owner, talk.sid).await.unwrap(), [meeting.sid]);
    assert_eq!(store.conferences_of_call(AccountSid::new(), talk.sid).await.unwrap(), []);
    put(&store, E::ForgetCall(owner, talk.sid).into()).await;
    assert_eq!(store.timeline(owner, talk.sid).await.unwrap(), []);
    assert_eq!(store.call(owner, talk.sid).await.unwrap(), Some(talk));
}

pub(super) async fn a_use_loses_its_ends_and_keeps_its_sums(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let event = UsageEvent { to: "+32470123456".to_owned(), ..usage(owner, "CA1:leg") };
    put_all(&store, [C::AddUsage(event.clone()), C::Post(posting(&event))]).await;
    let before = store.usage_totals(owner, crate::Scope::Own, "0000", "9999").await.unwrap();
    let first = crate::UsagePlace::default();
    let naming = |text: &'static str| store.usage_naming(owner, text, &first, 10);
    assert_eq!(naming("470123456").await.unwrap(), [event.clone()]);
    let rewritten = UsageEvent { to: "+32470000000".to_owned(), ..event.clone() };
    put(&store, E::RewriteUsage(rewritten.clone()).into()).await;
    assert_eq!(naming("470123456").await.unwrap(), []);
    assert_eq!(store.usage_events(owner, &UsageFilter::default(), 10).await.unwrap(), [rewritten]);
    assert_eq!(store.usage_totals(owner, crate::Scope::Own, "0000", "9999").await.unwrap(), before);
    let proof = store.ledger_proof().await.unwrap();
    assert_eq!((proof.sum, proof.unposted), (Money::ZERO, 0));
}

pub(super) async fn rows_without_a_sid_go_some_at_a_time(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    for account_sid in [owner, other] {
        for key in ["a", "b", "c"] {
            put(&store, C::KeepIdempotency(idempotency(account_sid, key))).await;
        }
        let contact = |recipient: &str| Contact {
            sender: account_sid.to_string(),
            recipient: recipient.to_owned(),
            account_sid,
            via: None,
            at: at(0),
        };
        put_all(&store, ["+32470123456", "b"].map(|it| MessagingChange::SaveContact(contact(it)).into()))
            .await;
    }
    let answers = store.answers_kept(owner, "a", 10).await.unwrap();
    assert_eq!(answers.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    put(&store, E::DropAnswer(owner, "b".to_owned()).into()).await;
    assert_eq!(store.sweep_of(owner, Swept::Answers, 1).await.unwrap(), 1);
    assert_eq!(store.sweep_of(owner, Swept::Answers, 10).await.unwrap(), 1);
    assert_eq!(store.answers_kept(other, "", 10).await.unwrap().len(), 3);
    put(&store, E::DropContact(owner, "+32470123456".to_owned()).into()).await;
    assert_eq!(store.contact(&owner.to_string(), "+32470123456").await.unwrap(), None);
    assert!(store.contact(&other.to_string(), "+32470123456").await.unwrap().is_some());
    for swept in Swept::ALL {
        store.sweep_of(owner, swept, 10).await.unwrap();
    }
    assert_eq!(store.contact(&owner.to_string(), "b").await.unwrap(), None);
    assert!(store.contact(&other.to_string(), "b").await.unwrap().is_some());
}

pub(super) async fn what_a_hold_keeps_does_not_expire(store: Arc<dyn Store>) {
    let top = account("top");
    let owner = sub_account(&top, "owner");
    put_all(&store, [&top, &owner].map(|it| C::CreateAccount(it.clone()))).await;
    let (held, free) = (talked(owner.sid, "+32470123456"), talked(owner.sid, "+32470999999"));
    put_all(&store, [&held, &free].map(|it| C::CreateCall(it.clone()))).await;
    let recorded = |of: &Call| Recording {
        status: RecordingStatus::Completed,
        expires_at: Some(at(5)),
        ..recording(owner.sid, of.sid)
    };
    let (kept, gone) = (recorded(&held), recorded(&free));
    put_all(&store, [&kept, &gone].map(|it| C::CreateRecording(it.clone()))).await;
    let text = |of: &Recording| Transcription {
        status: TranscriptionStatus::Completed,
        due_at: Some(at(5)),
        ..transcription(owner.sid, of.sid, 0)
    };
    put_all(&store, [&kept, &gone].map(|it| TranscriptionChange::Create(text(it)).into())).await;
    let due = || async {
        let recordings = store.expired_recordings(at(6), 10).await.unwrap();
        let texts = store.due_transcriptions(at(6), 10).await.unwrap();
        (recordings.len(), texts.len())
    };
    assert_eq!(due().await, (2, 2));
    let of_number = legal_hold(top.sid, Some("+32470123456"));
    put(&store, E::CreateHold(of_number.clone()).into()).await;
    assert_eq!(due().await, (1, 1), "one number is held, above");
    assert_eq!(store.expired_recordings(at(6), 10).await.unwrap()[0].sid, gone.sid);
    let ladder = |of: &Call, id| KeptLadder {
        id,
        account_sid: owner.sid,
        call_sid: of.sid,
        root_call_sid: of.sid,
        expires_at: at(1),
        content: vec![1],
    };
    put_all(&store, [C::AddLadder(ladder(&held, 1)), C::AddLadder(ladder(&free, 2))]).await;
    assert_eq!(store.sweep_ladders(at(6), 10).await.unwrap(), 1);
    put(&store, E::CreateHold(legal_hold(owner.sid, None)).into()).await;
    assert_eq!(due().await, (0, 0), "all of the account is held");
    assert_eq!(store.sweep_ladders(at(6), 10).await.unwrap(), 0);
    let lift = |hold: LegalHold| E::UpdateHold(LegalHold { state: LegalHoldState::Lifted, ..hold });
    for hold in store.holds_over(owner.sid).await.unwrap() {
        put(&store, lift(hold).into()).await;
    }
    assert_eq!(due().await, (2, 2));
    assert_eq!(store.sweep_ladders(at(6), 10).await.unwrap(), 1);
}
