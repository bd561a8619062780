//! One account never reaches another's rows; a parent reaches its descendants' where it asks for the tree.

use super::*;
use crate::{
    ApplicationFilter, CallFilter, CallerIdFilter, Change as C, MessageFilter, NotificationFilter,
    NumberFilter, Page, RecordingFilter, Scope, UsageFilter,
};
use flexio_domain::*;

/// One of everything.
struct House {
    key: ApiKey,
    application: Application,
    number: IncomingNumber,
    caller_id: OutgoingCallerId,
    call: Call,
    message: Message,
    recording: Recording,
    notification: Notification,
    event: UsageEvent,
}

async fn furnish(store: &Arc<dyn Store>, owner: AccountSid, digits: &str) -> House {
    let of = call(owner);
    let house = House {
        key: key(owner),
        application: application(owner, "menu"),
        number: rent(store, owner, digits).await,
        caller_id: caller_id(owner, "+32470123456"),
        message: message(owner),
        recording: recording(owner, of.sid),
        notification: notification(owner),
        event: usage(owner, &format!("{}:leg", of.sid)),
        call: of,
    };
    put_all(
        store,
        [
            C::CreateKey(house.key.clone()),
            C::CreateApplication(house.application.clone()),
            C::CreateCallerId(house.caller_id.clone()),
            C::CreateCall(house.call.clone()),
            C::AddTimeline(vec![timeline(&house.call, 0)]),
            C::CreateMessage(house.message.clone()),
            C::CreateRecording(house.recording.clone()),
            C::AddNotification(house.notification.clone()),
            C::AddUsage(house.event.clone()),
            C::Post(posting(&house.event)),
            C::QueueCallback(callback(owner, &house.call.sid.to_string(), 0, 10)),
            C::KeepIdempotency(idempotency(owner, "k")),
        ],
    )
    .await;
    house
}

/// Rows an account sees by the sids of `house`.
async fn found(store: &Arc<dyn Store>, asker: AccountSid, house: &House) -> usize {
    let subject = house.call.sid.to_string();
    [
        store.application(asker, house.application.sid).await.unwrap().is_some(),
        store.number(asker, house.number.sid).await.unwrap().is_some(),
        store.caller_id(asker, house.caller_id.sid).await.unwrap().is_some(),
        store.call(asker, house.call.sid).await.unwrap().is_some(),
        !store.timeline(asker, house.call.sid).await.unwrap().is_empty(),
        store.message(asker, house.message.sid).await.unwrap().is_some(),
        store.recording(asker, house.recording.sid).await.unwrap().is_some(),
        store.notification(asker, house.notification.sid).await.unwrap().is_some(),
        !store.callbacks_about(asker, &subject).await.unwrap().is_empty(),
        store.idempotency(asker, "k", at(0)).await.unwrap().is_some(),
    ]
    .into_iter()
    .filter(|seen| *seen)
    .count()
}

pub async fn a_foreign_account_finds_nothing_by_sid(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let house = furnish(&store, owner, "+3225550101").await;
    assert_eq!(found(&store, owner, &house).await, 10);
    assert_eq!(found(&store, AccountSid::new(), &house).await, 0);
}

/// Rows of the account's own lists and sums.
async fn listed(store: &Arc<dyn Store>, asker: AccountSid) -> usize {
    let page = Page::default();
    store.keys(asker, &page).await.unwrap().len()
        + store.applications(asker, &ApplicationFilter::default(), &page).await.unwrap().len()
        + store.numbers(asker, &NumberFilter::default(), &page).await.unwrap().len()
        + store.caller_ids(asker, &CallerIdFilter::default(), &page).await.unwrap().len()
        + store.usage_events(asker, &UsageFilter::default(), 10).await.unwrap().len()
        + store.balances(asker).await.unwrap().len()
        + scoped(store, asker, Scope::Own).await
}

/// Rows of the lists that know a scope.
async fn scoped(store: &Arc<dyn Store>, asker: AccountSid, scope: Scope) -> usize {
    let page = Page::default();
    let calls = CallFilter { scope, ..CallFilter::default() };
    let messages = MessageFilter { scope, ..MessageFilter::default() };
    let recordings = RecordingFilter { scope, ..RecordingFilter::default() };
    let notifications = NotificationFilter { scope, ..NotificationFilter::default() };
    let counted = store.count_calls(asker, &calls).await.unwrap()
        + store.count_messages(asker, &messages).await.unwrap()
        + store.count_recordings(asker, &recordings).await.unwrap()
        + store.count_notifications(asker, &notifications).await.unwrap();
    let lists = store.calls(asker, &calls, &page).await.unwrap().len()
        + store.messages(asker, &messages, &page).await.unwrap().len()
        + store.recordings(asker, &recordings, &page).await.unwrap().len()
        + store.notifications(asker, &notifications, &page).await.unwrap().len();
    assert_eq!(counted, lists as u64, "a count counts what its list lists");
    let totals = store.usage_totals(asker, scope, "2026-11-01", "2026-11-30").await.unwrap();
    lists + totals.iter().map(|total| usize::try_from(total.count).unwrap()).sum::<usize>()
}

pub async fn a_foreign_account_lists_nothing(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    furnish(&store, owner, "+3225550101").await;
    assert_eq!(listed(&store, owner).await, 12);
    let stranger = account("stranger");
    put(&store, C::CreateAccount(stranger.clone())).await;
    assert_eq!(listed(&store, stranger.sid).await, 0);
    assert_eq!(scoped(&store, stranger.sid, Scope::Tree).await, 0);
}

pub async fn a_foreign_account_changes_nothing(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let house = furnish(&store, owner, "+3225550101").await;
    let thief = AccountSid::new();
    let attempts = [
        C::UpdateKey(ApiKey { account_sid: thief, ..house.key.clone() }),
        C::DeleteKey(thief, house.key.sid),
        C::UpdateApplication(Application { account_sid: thief, ..house.application.clone() }),
        C::DeleteApplication(thief, house.application.sid),
        C::ReleaseNumber(thief, house.number.sid, at(9), at(9)),
        C::UpdateCallerId(OutgoingCallerId { account_sid: thief, ..house.caller_id.clone() }),
        C::DeleteCallerId(thief, house.caller_id.sid),
        C::UpdateCall(Call { account_sid: thief, ..house.call.clone() }),
        C::UpdateMessage(Message { account_sid: thief, ..house.message.clone() }),
        C::DeleteMessage(thief, house.message.sid),
        C::UpdateRecording(Recording { account_sid: thief, ..house.recording.clone() }),
    ];
    for attempt in attempts {
        let shown = format!("{attempt:?}");
        assert!(is_conflict(&try_put(&store, attempt).await), "{shown}");
    }
    assert_eq!(found(&store, owner, &house).await, 10);
    assert_eq!(listed(&store, owner).await, 12);
    assert_eq!(listed(&store, thief).await, 0);
}

/// Three generations and a sibling, each with one of everything.
async fn family(store: &Arc<dyn Store>) -> [AccountSid; 4] {
    let top = account("top");
    let child = sub_account(&top, "child");
    let grandchild = sub_account(&child, "grandchild");
    let sibling = sub_account(&top, "sibling");
    let family = [top, child, grandchild, sibling];
    let sids = family.each_ref().map(|account| account.sid);
    put_all(store, family.map(C::CreateAccount)).await;
    for (owner, digits) in sids.into_iter().zip(["+3225550101", "+3225550102", "+3225550103", "+3225550104"])
    {
        furnish(store, owner, digits).await;
    }
    sids
}

pub async fn a_tree_shows_descendants_and_never_ancestors_or_siblings(store: Arc<dyn Store>) {
    let [top, child, grandchild, sibling] = Box::pin(family(&store)).await;
    assert_eq!(scoped(&store, top, Scope::Tree).await, 20);
    assert_eq!(scoped(&store, child, Scope::Tree).await, 10);
    assert_eq!(scoped(&store, grandchild, Scope::Tree).await, 5);
    assert_eq!(scoped(&store, sibling, Scope::Tree).await, 5);
    let filter = CallFilter { scope: Scope::Tree, ..CallFilter::default() };
    let seen = store.calls(child, &filter, &Page::default()).await.unwrap();
    let owners: Vec<AccountSid> = seen.iter().map(|call| call.account_sid).collect();
    assert_eq!(owners, [grandchild, child], "newest first, over all accounts");
}

pub async fn own_scope_leaves_descendants_out(store: Arc<dyn Store>) {
    for owner in Box::pin(family(&store)).await {
        assert_eq!(scoped(&store, owner, Scope::Own).await, 5);
    }
}
