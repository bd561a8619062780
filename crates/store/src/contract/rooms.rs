//! Conferences, participants, queues, members.

use super::*;
use crate::{Change, ConferenceFilter, Page, ParticipantFilter, QueueLoad, RoomChange as C, Span};
use flexio_domain::*;

/// A conference that waits for its moderator.
pub fn conference(account_sid: AccountSid, name: &str) -> Conference {
    Conference {
        sid: ConferenceSid::new(),
        version: 1,
        account_sid,
        friendly_name: name.to_owned(),
        status: ConferenceStatus::Init,
        api_version: "2010-04-01".to_owned(),
        status_callback: Some(webhook("conference")),
        status_callback_events: vec!["start".to_owned(), "end".to_owned()],
        started_at: Some(at(3)),
        ended_at: None,
        ended_by: None,
        ending_call_sid: None,
        node: Some("node-1".to_owned()),
        created_at: at(0),
        updated_at: at(3),
    }
}

fn over(conference: &Conference) -> Conference {
    Conference {
        status: ConferenceStatus::Completed,
        ended_at: Some(at(60)),
        ended_by: Some(ConferenceEnd::LastParticipantLeft),
        ending_call_sid: Some(CallSid::from_u128(9)),
        updated_at: at(60),
        ..conference.clone()
    }
}

/// A talking participant.
pub fn participant(conference: &Conference, label: Option<&str>) -> Participant {
    Participant {
        conference_sid: conference.sid,
        call_sid: CallSid::new(),
        account_sid: conference.account_sid,
        label: label.map(str::to_owned),
        status: ParticipantStatus::Connected,
        muted: false,
        hold: false,
        coaching: false,
        call_sid_to_coach: None,
        start_conference_on_enter: true,
        end_conference_on_exit: false,
        queue_time_s: Some(12),
        joined_at: Some(at(4)),
        left_at: None,
        created_at: at(2),
        updated_at: at(4),
    }
}

/// A queue.
pub fn queue(account_sid: AccountSid, name: &str) -> Queue {
    Queue {
        sid: QueueSid::new(),
        version: 1,
        account_sid,
        friendly_name: name.to_owned(),
        max_size: 100,
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A call that waits since second `since`.
pub fn member(queue: &Queue, since: i64, priority: u32) -> QueueMember {
    QueueMember {
        queue_sid: queue.sid,
        call_sid: CallSid::new(),
        account_sid: queue.account_sid,
        priority,
        enqueued_at: at(since),
        node: "node-1".to_owned(),
    }
}

async fn write(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = C>) {
    put_all(store, changes.into_iter().map(Change::from)).await;
}

async fn conflicts(store: &Arc<dyn Store>, change: C) -> bool {
    is_conflict(&try_put(store, change.into()).await)
}

pub async fn a_room_is_in_use_once_and_again_when_it_is_over(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let first = conference(owner, "board");
    write(&store, [C::CreateConference(first.clone())]).await;
    assert!(conflicts(&store, C::CreateConference(conference(owner, "board"))).await);
    write(&store, [C::CreateConference(conference(AccountSid::new(), "board"))]).await;
    assert_eq!(store.live_conference(owner, "board").await.unwrap(), Some(first.clone()));
    let done = over(&first);
    write(&store, [C::UpdateConference(done.clone())]).await;
    let done = Conference { version: 2, ..done };
    assert_eq!(store.live_conference(owner, "board").await.unwrap(), None);
    assert_eq!(store.conference(owner, first.sid).await.unwrap(), Some(done.clone()));
    assert!(conflicts(&store, C::UpdateConference(done.clone())).await, "what is over stays so");
    let second = conference(owner, "board");
    write(&store, [C::CreateConference(second.clone())]).await;
    assert_eq!(store.live_conference(owner, "board").await.unwrap(), Some(second));
}

pub async fn conferences_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let board = conference(owner, "board");
    let sales = Conference { created_at: at(100), updated_at: at(110), ..conference(owner, "sales") };
    write(&store, [C::CreateConference(board.clone()), C::CreateConference(sales.clone())]).await;
    write(&store, [C::UpdateConference(over(&board))]).await;
    let board = Conference { version: 2, ..over(&board) };
    let check = async |filter: ConferenceFilter, expected: &[&Conference]| {
        let found = store.conferences(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        let counted = store.count_conferences(owner, &filter).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{filter:?}");
        let foreign = store.count_conferences(AccountSid::new(), &filter).await.unwrap();
        assert_eq!(foreign, 0, "{filter:?}");
    };
    let any = ConferenceFilter::default;
    check(any(), &[&sales, &board]).await;
    check(ConferenceFilter { friendly_name: Some("sales".to_owned()), ..any() }, &[&sales]).await;
    check(ConferenceFilter { status: Some(ConferenceStatus::Completed), ..any() }, &[&board]).await;
    let late = Span { from: Some(at(100)), until: None };
    check(ConferenceFilter { created: late, ..any() }, &[&sales]).await;
    let early = Span { from: None, until: Some(at(100)) };
    check(ConferenceFilter { updated: early, ..any() }, &[&board]).await;
}

pub async fn open_conferences_are_those_of_the_node_and_of_none(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let ours = conference(owner, "a");
    let nobodys = Conference { node: None, ..conference(owner, "b") };
    let theirs = Conference { node: Some("node-2".to_owned()), ..conference(owner, "c") };
    let done = conference(owner, "d");
    write(&store, [&ours, &nobodys, &theirs, &done].map(|c| C::CreateConference(c.clone()))).await;
    write(&store, [C::UpdateConference(over(&done))]).await;
    assert_eq!(store.open_conferences("node-1", 10).await.unwrap(), [ours.clone(), nobodys]);
    assert_eq!(store.open_conferences("node-1", 1).await.unwrap(), [ours]);
}

pub async fn participants_are_saved_found_and_filtered(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let room = conference(owner, "board");
    let chair = participant(&room, Some("chair"));
    let guest = Participant { muted: true, coaching: true, ..participant(&room, None) };
    write(&store, [C::CreateConference(room.clone())]).await;
    write(&store, [&chair, &guest].map(|p| C::SaveParticipant(p.clone()))).await;
    assert_eq!(store.participant(owner, room.sid, guest.call_sid).await.unwrap(), Some(guest.clone()));
    let labelled = async || store.participant_by_label(owner, room.sid, "chair").await.unwrap();
    assert_eq!(labelled().await, Some(chair.clone()));
    let list = async |filter: ParticipantFilter| {
        let rows = store.participants(owner, room.sid, &filter, &Page::default()).await.unwrap();
        let counted = store.count_participants(owner, room.sid, &filter).await.unwrap();
        assert_eq!(counted, rows.len() as u64);
        rows
    };
    let any = ParticipantFilter::default;
    assert_eq!(list(any()).await, [guest.clone(), chair.clone()]);
    assert_eq!(list(ParticipantFilter { muted: Some(true), ..any() }).await, [guest.clone()]);
    assert_eq!(list(ParticipantFilter { coaching: Some(false), ..any() }).await, [chair.clone()]);
    assert_eq!(list(ParticipantFilter { hold: Some(true), ..any() }).await, []);
    let gone = Participant { status: ParticipantStatus::Complete, left_at: Some(at(50)), ..chair.clone() };
    write(&store, [C::SaveParticipant(gone.clone())]).await;
    assert_eq!(list(ParticipantFilter { present: Some(false), ..any() }).await, [gone.clone()]);
    assert_eq!(list(ParticipantFilter { present: Some(true), ..any() }).await, [guest.clone()]);
    assert_eq!(labelled().await, None, "a label is free when its bearer has left");
    let thief = AccountSid::new();
    assert_eq!(store.participant(thief, room.sid, guest.call_sid).await.unwrap(), None);
    assert_eq!(store.participants(thief, room.sid, &any(), &Page::default()).await.unwrap(), []);
    let stolen = Participant { account_sid: thief, ..guest.clone() };
    assert!(conflicts(&store, C::SaveParticipant(stolen)).await);
    let page = Page { after: Some(guest.call_sid.as_u128()), ..Page::default() };
    assert_eq!(store.participants(owner, room.sid, &any(), &page).await.unwrap(), [gone]);
}

pub async fn a_queue_name_belongs_to_one_queue_of_an_account(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (support, sales) = (queue(owner, "support"), queue(owner, "sales"));
    write(&store, [C::CreateQueue(support.clone()), C::CreateQueue(sales.clone())]).await;
    assert!(conflicts(&store, C::CreateQueue(queue(owner, "support"))).await);
    write(&store, [C::CreateQueue(queue(AccountSid::new(), "support"))]).await;
    assert_eq!(store.queue(owner, sales.sid).await.unwrap(), Some(sales.clone()));
    assert_eq!(store.queue_by_name(owner, "support").await.unwrap(), Some(support.clone()));
    assert_eq!(store.queues(owner, &Page::default()).await.unwrap(), [sales.clone(), support.clone()]);
    assert_eq!(store.count_queues(owner).await.unwrap(), 2);
    let taken = Queue { friendly_name: "support".to_owned(), ..sales.clone() };
    assert!(conflicts(&store, C::UpdateQueue(taken)).await);
    let larger = Queue { max_size: 500, friendly_name: "selling".to_owned(), ..sales.clone() };
    write(&store, [C::UpdateQueue(larger.clone())]).await;
    assert!(conflicts(&store, C::UpdateQueue(larger.clone())).await);
    assert_eq!(store.queue(owner, sales.sid).await.unwrap(), Some(Queue { version: 2, ..larger.clone() }));
    let thief = AccountSid::new();
    assert_eq!(store.queue(thief, sales.sid).await.unwrap(), None);
    assert!(conflicts(&store, C::UpdateQueue(Queue { account_sid: thief, version: 2, ..larger })).await);
    assert!(conflicts(&store, C::DeleteQueue(thief, sales.sid)).await);
    write(&store, [C::DeleteQueue(owner, sales.sid)]).await;
    assert!(conflicts(&store, C::DeleteQueue(owner, sales.sid)).await);
}

pub async fn members_wait_in_order_of_priority_and_time(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let support = queue(owner, "support");
    let (second, first) = (member(&support, 20, 0), member(&support, 10, 0));
    let urgent = QueueMember { node: "node-2".to_owned(), ..member(&support, 30, 5) };
    write(&store, [C::CreateQueue(support.clone())]).await;
    assert_eq!(store.queue_load(owner, support.sid).await.unwrap(), QueueLoad::default());
    write(&store, [&second, &first, &urgent].map(|m| C::SaveMember(m.clone()))).await;
    write(&store, [C::SaveMember(first.clone())]).await;
    let waiting = async || store.queue_members(owner, support.sid).await.unwrap();
    assert_eq!(waiting().await, [urgent.clone(), first.clone(), second.clone()]);
    let load = store.queue_load(owner, support.sid).await.unwrap();
    assert_eq!((load.size, load.mean_enqueued_us), (3, at(20).as_microsecond()));
    assert!(conflicts(&store, C::DeleteQueue(owner, support.sid)).await, "the queue is not empty");
    let thief = AccountSid::new();
    assert_eq!(store.queue_members(thief, support.sid).await.unwrap(), []);
    assert_eq!(store.queue_load(thief, support.sid).await.unwrap(), QueueLoad::default());
    let stolen = QueueMember { account_sid: thief, ..first.clone() };
    assert!(conflicts(&store, C::SaveMember(stolen)).await);
    write(&store, [C::DropMember(thief, support.sid, urgent.call_sid)]).await;
    assert_eq!(waiting().await.len(), 3);
    write(&store, [C::DropMember(owner, support.sid, urgent.call_sid)]).await;
    assert_eq!(waiting().await, [first, second]);
    let of_node = store.queue_members_of_node("node-1", 10).await.unwrap();
    assert_eq!(of_node.len(), 2);
    assert_eq!(store.queue_members_of_node("node-1", 1).await.unwrap(), of_node[..1]);
    write(&store, [C::SaveMember(urgent.clone())]).await;
    for member in of_node {
        write(&store, [C::DropMember(owner, support.sid, member.call_sid)]).await;
    }
    assert_eq!(store.queue_members_of_node("node-1", 10).await.unwrap(), []);
    assert_eq!(waiting().await, [urgent]);
}
