//! Calls, timelines, recordings, notifications, pages.

use super::*;
use crate::{
    CallFilter, Change as C, NotificationFilter, Order, Page, RecordingFilter, Scope, Span, VerbRecordFilter,
};
use flexio_domain::*;

pub async fn a_call_reads_as_it_was_written(store: Arc<dyn Store>) {
    let written = call(AccountSid::new());
    put(&store, C::CreateCall(written.clone())).await;
    assert!(is_conflict(&try_put(&store, C::CreateCall(written.clone())).await));
    assert_eq!(store.call(written.account_sid, written.sid).await.unwrap(), Some(written));
}

pub async fn an_updated_call_reads_as_it_was_written(store: Arc<dyn Store>) {
    let running = call(AccountSid::new());
    put(&store, C::CreateCall(running.clone())).await;
    let over = ended(&running, CallStatus::Completed);
    put(&store, C::UpdateCall(over.clone())).await;
    let expected = Call { version: 2, ..over };
    assert_eq!(store.call(running.account_sid, running.sid).await.unwrap(), Some(expected));
}

pub async fn a_call_updated_at_an_old_version_is_a_conflict(store: Arc<dyn Store>) {
    let running = call(AccountSid::new());
    put(&store, C::CreateCall(running.clone())).await;
    put(&store, C::UpdateCall(running.clone())).await;
    let late = ended(&running, CallStatus::Failed);
    assert!(is_conflict(&try_put(&store, C::UpdateCall(late)).await));
    let kept = store.call(running.account_sid, running.sid).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.status), (2, CallStatus::InProgress));
}

pub async fn proof_of_life_reaches_running_legs_only(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let running = Call { proven_at: None, ..call(owner) };
    let over = ended(&call(owner), CallStatus::Completed);
    put_all(&store, [C::CreateCall(running.clone()), C::CreateCall(over.clone())]).await;
    put(&store, C::ProveCalls(vec![(running.sid, 7), (over.sid, 7), (CallSid::new(), 7)], at(30))).await;
    let proven = store.call(owner, running.sid).await.unwrap().unwrap();
    assert_eq!(proven.proven_at.map(Timestamp::as_microsecond), Some(at(30).as_microsecond()));
    assert_eq!(proven.proven_ms, Some(7));
    assert_eq!(
        Call { proven_at: None, proven_ms: None, ..proven },
        running,
        "nothing else moves, the version neither"
    );
    assert_eq!(store.call(owner, over.sid).await.unwrap(), Some(over));
}

pub async fn an_update_never_takes_a_proof_back(store: Arc<dyn Store>) {
    let running = call(AccountSid::new());
    put(&store, C::CreateCall(running.clone())).await;
    put(&store, C::ProveCalls(vec![(running.sid, 900)], at(30))).await;
    put(&store, C::ProveCalls(vec![(running.sid, 1_200)], at(29))).await;
    put(&store, C::ProveCalls(vec![(running.sid, 1_100)], at(29))).await;
    put(&store, C::UpdateCall(Call { proven_at: None, ..running.clone() })).await;
    let kept = store.call(running.account_sid, running.sid).await.unwrap().unwrap();
    assert_eq!(kept.proven_at.map(Timestamp::as_microsecond), Some(at(30).as_microsecond()));
    assert_eq!(kept.proven_ms, Some(1_200), "the monotonic clock went on while the other was set back");
}

pub async fn running_calls_are_answered_ones_of_an_account_or_a_node(store: Arc<dyn Store>) {
    let owner = account("owner");
    let below = sub_account(&owner, "below");
    put_all(&store, [&owner, &below].map(|account| C::CreateAccount(account.clone()))).await;
    let mine = call(owner.sid);
    let rings = Call { status: CallStatus::Ringing, ..call(owner.sid) };
    let over = ended(&call(owner.sid), CallStatus::Completed);
    let theirs = Call { node: Some("node-2".to_owned()), ..call(below.sid) };
    let all = [mine.clone(), rings, over, theirs.clone(), call(AccountSid::new())];
    put_all(&store, all.map(C::CreateCall)).await;
    let (nothing, first) = (CallSid::from_u128(0), Some(mine.sid));
    assert_eq!(store.running_calls(owner.sid, Scope::Own, None, 9).await.unwrap(), [mine.clone()]);
    assert_eq!(
        store.running_calls(owner.sid, Scope::Tree, None, 9).await.unwrap(),
        [mine.clone(), theirs.clone()]
    );
    assert_eq!(store.running_calls(owner.sid, Scope::Tree, None, 1).await.unwrap(), [mine]);
    assert_eq!(store.running_calls(owner.sid, Scope::Tree, first, 9).await.unwrap(), [theirs.clone()]);
    assert_eq!(store.running_calls_on("node-2", None, 9).await.unwrap(), [theirs.clone()]);
    assert_eq!(store.running_calls_on("node-2", Some(theirs.sid), 9).await.unwrap(), []);
    assert_eq!(store.running_calls_on("", Some(nothing), 9).await.unwrap(), []);
}

pub async fn silent_calls_are_those_nobody_has_proven_for_long(store: Arc<dyn Store>) {
    let silent = Call { node: Some("gone".to_owned()), ..call(AccountSid::new()) };
    let alive = Call { node: Some("there".to_owned()), ..call(AccountSid::new()) };
    let waits = Call { node: None, ..call(AccountSid::new()) };
    put_all(&store, [&silent, &alive, &waits].map(|call| C::CreateCall(call.clone()))).await;
    put(&store, C::ProveCalls(vec![(alive.sid, 1)], at(60))).await;
    let found = store.silent_calls(at(30), 9).await.unwrap();
    assert_eq!(found.iter().map(|call| call.sid).collect::<Vec<_>>(), [silent.sid]);
    assert_eq!(store.silent_calls(at(1), 9).await.unwrap(), []);
}

pub async fn a_call_that_is_over_is_deleted_with_its_timeline(store: Arc<dyn Store>) {
    let running = call(AccountSid::new());
    let over = ended(&call(running.account_sid), CallStatus::Completed);
    put_all(&store, [&running, &over].map(|call| C::CreateCall(call.clone()))).await;
    put_all(&store, [&running, &over].map(|call| C::AddTimeline(vec![timeline(call, 0)]))).await;
    assert!(is_conflict(&try_put(&store, C::DeleteCall(running.account_sid, running.sid)).await));
    assert!(is_conflict(&try_put(&store, C::DeleteCall(AccountSid::new(), over.sid)).await));
    put(&store, C::DeleteCall(over.account_sid, over.sid)).await;
    assert!(is_conflict(&try_put(&store, C::DeleteCall(over.account_sid, over.sid)).await));
    assert_eq!(store.call(over.account_sid, over.sid).await.unwrap(), None);
    assert_eq!(store.timeline(over.account_sid, over.sid).await.unwrap(), []);
    assert_eq!(store.timeline(running.account_sid, running.sid).await.unwrap().len(), 1);
}

pub async fn calls_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let parent = call(owner);
    let child = Call {
        parent_call_sid: Some(parent.sid),
        from: address("client:alice"),
        to: address("+32470123456"),
        created_at: at(100),
        ..call(owner)
    };
    let over = Call { created_at: at(200), ..ended(&call(owner), CallStatus::Busy) };
    put_all(&store, [&parent, &child, &over].map(|call| C::CreateCall(call.clone()))).await;
    let check = async |filter: CallFilter, expected: &[&Call]| {
        let found = store.calls(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_calls(owner, &filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    };
    let any = CallFilter::default;
    check(any(), &[&over, &child, &parent]).await;
    check(CallFilter { from: Some("client:alice".to_owned()), ..any() }, &[&child]).await;
    check(CallFilter { to: Some("sip:desk@example.be".to_owned()), ..any() }, &[&over, &parent]).await;
    check(CallFilter { status: Some(CallStatus::Busy), ..any() }, &[&over]).await;
    check(CallFilter { parent_call_sid: Some(parent.sid), ..any() }, &[&child]).await;
    let started = Span { from: Some(at(100)), until: Some(at(200)) };
    check(CallFilter { started, ..any() }, &[&child]).await;
    let open_ended = Span { from: Some(at(100)), until: None };
    check(CallFilter { started: open_ended, ..any() }, &[&over, &child]).await;
    let ended = Span { from: None, until: Some(at(65)) };
    check(CallFilter { ended, ..any() }, &[&over]).await;
    let status = Some(CallStatus::Busy);
    check(CallFilter { status, parent_call_sid: Some(parent.sid), ..any() }, &[]).await;
}

pub async fn open_calls_are_those_of_the_node_and_of_none(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let mine = call(owner);
    let nobodys = Call { node: None, status: CallStatus::Queued, ..call(owner) };
    let theirs = Call { node: Some("node-2".to_owned()), ..call(owner) };
    let over = ended(&call(owner), CallStatus::NoAnswer);
    put_all(&store, [&mine, &nobodys, &theirs, &over].map(|call| C::CreateCall(call.clone()))).await;
    assert_eq!(store.open_calls("node-1", 10).await.unwrap(), [mine.clone(), nobodys.clone()]);
    assert_eq!(store.open_calls("node-1", 1).await.unwrap(), [mine.clone()]);
    put(&store, C::UpdateCall(ended(&mine, CallStatus::Completed))).await;
    assert_eq!(store.open_calls("node-1", 10).await.unwrap(), [nobodys]);
}

pub async fn a_timeline_reads_in_order(store: Arc<dyn Store>) {
    let of = call(AccountSid::new());
    let entry = |sequence| timeline(&of, sequence);
    put(&store, C::AddTimeline(vec![entry(2), entry(0)])).await;
    put(&store, C::AddTimeline(vec![entry(10), entry(1)])).await;
    let read = store.timeline(of.account_sid, of.sid).await.unwrap();
    assert_eq!(read, [entry(0), entry(1), entry(2), entry(10)]);
    assert!(is_conflict(&try_put(&store, C::AddTimeline(vec![entry(10), entry(1)])).await));
    assert_eq!(store.timeline(of.account_sid, of.sid).await.unwrap().len(), 4);
    assert_eq!(store.timeline(of.account_sid, CallSid::new()).await.unwrap(), []);
}

pub async fn recordings_are_made_changed_and_listed_and_a_deleted_one_leaves_its_record(
    store: Arc<dyn Store>,
) {
    let owner = AccountSid::new();
    let of = CallSid::new();
    let done = recording(owner, of);
    let open = Recording {
        status: RecordingStatus::Paused,
        conference_sid: None,
        duration_ms: None,
        created_at: at(100),
        ..recording(owner, CallSid::new())
    };
    put_all(&store, [C::CreateRecording(done.clone()), C::CreateRecording(open.clone())]).await;
    assert_eq!(store.recording(owner, done.sid).await.unwrap().as_ref(), Some(&done));
    assert_eq!(store.recording_by_sid(done.sid).await.unwrap().as_ref(), Some(&done));
    assert_eq!(store.open_recordings("node-1", 10).await.unwrap(), [open.clone()]);
    let check = async |filter: RecordingFilter, expected: &[&Recording]| {
        let found = store.recordings(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_recordings(owner, &filter).await.unwrap(), expected.len() as u64);
    };
    let any = RecordingFilter::default;
    check(any(), &[&open, &done]).await;
    check(RecordingFilter { call_sid: Some(of), ..any() }, &[&done]).await;
    let conference_sid = done.conference_sid;
    check(RecordingFilter { conference_sid, ..any() }, &[&done]).await;
    let created = Span { from: Some(at(50)), until: None };
    check(RecordingFilter { created, ..any() }, &[&open]).await;
    let closed = Recording { status: RecordingStatus::Absent, ..open.clone() };
    put(&store, C::UpdateRecording(closed.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateRecording(closed.clone())).await));
    assert_eq!(store.open_recordings("node-1", 10).await.unwrap(), []);
    let gone = Recording { status: RecordingStatus::Deleted, key: None, ..done.clone() };
    put(&store, C::UpdateRecording(gone.clone())).await;
    let (closed, gone) = (Recording { version: 2, ..closed }, Recording { version: 2, ..gone });
    check(any(), &[&closed]).await;
    check(RecordingFilter { with_deleted: true, ..any() }, &[&closed, &gone]).await;
    assert_eq!(store.recording_by_sid(done.sid).await.unwrap(), Some(gone));
}

pub async fn open_and_spooled_recordings_belong_to_their_node(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let of = |node: Option<&str>, status, is_stored| Recording {
        node: node.map(str::to_owned),
        status,
        is_stored,
        ..recording(owner, CallSid::new())
    };
    let (open, completed) = (RecordingStatus::InProgress, RecordingStatus::Completed);
    let mine = [of(Some("a"), open, false), of(Some("a"), completed, false), of(Some("a"), completed, false)];
    let others =
        [of(Some("b"), open, false), of(Some("b"), completed, false), of(Some("a"), completed, true)];
    let nobodys = of(None, open, false);
    let all = mine.iter().chain(&others).chain([&nobodys]);
    put_all(&store, all.map(|recording| C::CreateRecording(recording.clone()))).await;
    assert_eq!(store.open_recordings("a", 10).await.unwrap(), [mine[0].clone(), nobodys]);
    assert_eq!(store.spooled_recordings("a", None, 10).await.unwrap(), mine[1..]);
    assert_eq!(store.spooled_recordings("a", None, 1).await.unwrap(), mine[1..2]);
    assert_eq!(store.spooled_recordings("a", Some(mine[1].sid), 10).await.unwrap(), mine[2..]);
}

pub async fn recordings_whose_time_is_up_are_found_longest_overdue_first(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let until =
        |second: Option<i64>| Recording { expires_at: second.map(at), ..recording(owner, CallSid::new()) };
    let (later, sooner, never, not_yet) = (until(Some(20)), until(Some(10)), until(None), until(Some(30)));
    let all = [&later, &sooner, &never, &not_yet];
    put_all(&store, all.map(|recording| C::CreateRecording(recording.clone()))).await;
    assert_eq!(store.expired_recordings(at(20), 10).await.unwrap(), [sooner.clone(), later]);
    assert_eq!(store.expired_recordings(at(20), 1).await.unwrap(), [sooner]);
}

pub async fn an_account_has_one_key_which_can_be_resealed_and_destroyed(store: Arc<dyn Store>) {
    let (one, two) = (AccountSid::from_u128(1), AccountSid::from_u128(2));
    let sealed = |byte: u8| Sealed(vec![byte; 3]);
    assert_eq!(store.account_key(one).await.unwrap(), None);
    put_all(&store, [C::CreateAccountKey(one, sealed(1)), C::CreateAccountKey(two, sealed(2))]).await;
    assert!(is_conflict(&try_put(&store, C::CreateAccountKey(one, sealed(9))).await));
    assert_eq!(store.account_key(one).await.unwrap(), Some(sealed(1)));
    assert_eq!(store.account_keys(None, 1).await.unwrap(), [(one, sealed(1))]);
    assert_eq!(store.account_keys(Some(one), 9).await.unwrap(), [(two, sealed(2))]);
    let reseal = |from, to| C::ResealAccountKey { account: one, from: sealed(from), to: sealed(to) };
    put(&store, reseal(1, 3)).await;
    assert!(is_conflict(&try_put(&store, reseal(1, 4)).await));
    assert_eq!(store.account_key(one).await.unwrap(), Some(sealed(3)));
    put_all(&store, [C::DestroyAccountKey(one), C::DestroyAccountKey(one)]).await;
    assert_eq!(store.account_keys(None, 9).await.unwrap(), [(two, sealed(2))]);
}

pub async fn verb_records_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let record = |kind, second| VerbRecord {
        id: VerbRecordId::new(),
        kind,
        account_sid: owner,
        call_sid: CallSid::new(),
        status: "completed".to_owned(),
        reason: None,
        duration_s: Some(2),
        facts: vec![("language".to_owned(), "nl-BE".to_owned())],
        created_at: at(second),
    };
    let (first, play) = (record(VerbKind::Say, 0), record(VerbKind::Play, 50));
    let failed = VerbRecord {
        status: "failed".to_owned(),
        reason: Some("the voice did not answer".to_owned()),
        ..record(VerbKind::Say, 100)
    };
    put_all(&store, [&first, &play, &failed].map(|record| C::AddVerbRecord(record.clone()))).await;
    assert!(is_conflict(&try_put(&store, C::AddVerbRecord(first.clone())).await));
    assert_eq!(store.verb_record(owner, play.id).await.unwrap().as_ref(), Some(&play));
    assert_eq!(store.verb_record(AccountSid::new(), play.id).await.unwrap(), None);
    let check = async |filter: VerbRecordFilter, expected: &[&VerbRecord]| {
        let found = store.verb_records(owner, VerbKind::Say, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        let counted = store.count_verb_records(owner, VerbKind::Say, &filter).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{filter:?}");
        let thief = AccountSid::new();
        assert_eq!(store.count_verb_records(thief, VerbKind::Say, &filter).await.unwrap(), 0);
    };
    let any = VerbRecordFilter::default;
    check(any(), &[&failed, &first]).await;
    check(VerbRecordFilter { call_sid: Some(first.call_sid), ..any() }, &[&first]).await;
    check(VerbRecordFilter { status: Some("failed".to_owned()), ..any() }, &[&failed]).await;
    let created = Span { from: Some(at(50)), until: None };
    check(VerbRecordFilter { created, ..any() }, &[&failed]).await;
}

pub async fn notifications_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let first = notification(owner);
    let second = Notification {
        call_sid: None,
        level: Level::Warning,
        code: 13310,
        text: "100% of it was _ignored_".to_owned(),
        request_url: None,
        created_at: at(100),
        ..notification(owner)
    };
    put_all(&store, [C::AddNotification(first.clone()), C::AddNotification(second.clone())]).await;
    assert_eq!(store.notification(owner, first.sid).await.unwrap().as_ref(), Some(&first));
    let check = async |filter: NotificationFilter, expected: &[&Notification]| {
        let found = store.notifications(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_notifications(owner, &filter).await.unwrap(), expected.len() as u64);
    };
    let any = NotificationFilter::default;
    check(any(), &[&second, &first]).await;
    check(NotificationFilter { call_sid: first.call_sid, ..any() }, &[&first]).await;
    check(NotificationFilter { level: Some(Level::Warning), ..any() }, &[&second]).await;
    check(NotificationFilter { code: Some(11200), ..any() }, &[&first]).await;
    check(NotificationFilter { request_url: first.request_url.clone(), ..any() }, &[&first]).await;
    check(NotificationFilter { text_contains: Some("% of".to_owned()), ..any() }, &[&second]).await;
    check(NotificationFilter { text_contains: Some("_d".to_owned()), ..any() }, &[]).await;
    let created = Span { from: None, until: Some(at(100)) };
    check(NotificationFilter { created, ..any() }, &[&first]).await;
}

pub async fn pages_are_stable_while_rows_are_added(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let mut expected = Vec::new();
    for _ in 0..10 {
        let written = call(owner);
        expected.push(written.sid);
        put(&store, C::CreateCall(written)).await;
    }
    expected.reverse();
    let mut seen = Vec::new();
    let mut page = Page { limit: 3, ..Page::default() };
    loop {
        let found = store.calls(owner, &CallFilter::default(), &page).await.unwrap();
        let Some(last) = found.last() else { break };
        page.after = Some(last.sid.as_u128());
        seen.extend(found.iter().map(|call| call.sid));
        put(&store, C::CreateCall(call(owner))).await;
    }
    assert_eq!(seen, expected, "each row once, and no newer one slips in");
}

pub async fn pages_run_both_ways_and_can_skip(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let written: Vec<Call> = (0..5).map(|_| call(owner)).collect();
    put_all(&store, written.iter().cloned().map(C::CreateCall)).await;
    let sids: Vec<CallSid> = written.iter().map(|call| call.sid).collect();
    let list = async |page: Page| -> Vec<CallSid> {
        let found = store.calls(owner, &CallFilter::default(), &page).await.unwrap();
        found.iter().map(|call| call.sid).collect()
    };
    let oldest = Page { order: Order::Oldest, limit: 2, ..Page::default() };
    assert_eq!(list(oldest.clone()).await, sids[..2]);
    assert_eq!(list(Page { after: Some(sids[1].as_u128()), ..oldest.clone() }).await, sids[2..4]);
    assert_eq!(list(Page { skip: 3, ..oldest.clone() }).await, sids[3..]);
    assert_eq!(list(Page { skip: 5, ..oldest }).await, []);
    let newest = Page { after: Some(sids[1].as_u128()), ..Page::default() };
    assert_eq!(list(newest).await, [sids[0]]);
}
