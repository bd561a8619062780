//! Prepaid accounts: what a leg may talk, who is refused, and that nothing is spent twice.

use flexio_app::legs::{self, Ended};
use flexio_app::{AppError, CallSource, CreateCall, Payment};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, CreditChange};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::platform::Platform;

const MOBILE: &str = "+32470123456";

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

impl Platform {
    async fn prepaid(&self, account: &Account, amount: &str) {
        self.app.set_credit(account, true, CreditMode::Prepaid, Money::ZERO).await.unwrap();
        if money(amount) != Money::ZERO {
            let reference = format!("first-{}", account.sid);
            let payment = Payment { amount: money(amount), way: "transfer".to_owned(), reference };
            self.app.pay_in(account, true, &payment).await.unwrap();
        }
    }

    async fn wallet(&self, account: &Account) -> CreditState {
        self.app.store.credit(account.sid).await.unwrap().unwrap()
    }

    /// Nothing set aside, nothing overdrawn, all sums right.
    async fn nothing_is_open(&self, account: &Account) {
        let state = self.wallet(account).await;
        assert_eq!(state.granted, Money::ZERO);
        assert!(state.available() >= Money::ZERO, "{state:?}");
        assert_eq!(self.app.store.credit_faults().await.unwrap(), 0);
        self.ledger_is_sound().await;
    }

    async fn sub_account(&self, name: &str) -> Account {
        let new = flexio_app::CreateAccount { friendly_name: Some(name.to_owned()), ..Default::default() };
        self.app.create_account(&self.account, new, &|_| None).await.unwrap()
    }

    fn leg(&self, account: &Account, to: &str) -> Call {
        let mut leg = self.outgoing(to, "<Response/>");
        leg.account_sid = account.sid;
        leg
    }

    /// The leg ends after `talk_ms`, as the node tells it.
    pub async fn end(&self, mut leg: Call, talk_ms: u64) -> Money {
        let now = Timestamp::now();
        let ended = Ended {
            status: CallStatus::Completed,
            answered_at: Some(now),
            ended_at: now,
            talk_ms,
            reason: None,
            sip_status: None,
            spoken_ms: 0,
        };
        let mut changes = ChangeSet::new();
        for change in legs::ended(&self.app, &mut leg, &ended) {
            changes.push(change);
        }
        legs::save(&self.app, changes).await.unwrap();
        leg.price.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_gets_a_minute_and_in_all_the_longest_talk_there_is_money_for() {
    let platform = Platform::start().await;
    let cases = [
        ("1.00", MOBILE, 162, "0.999000"),
        ("0.37", MOBILE, 60, "0.370000"),
        ("0.006167", MOBILE, 1, "0.006167"),
        ("5.00", "+3225550123", 3_157, "4.998583"),
        ("0.10", "+3225550123", 63, "0.099750"),
    ];
    for (available, to, seconds, amount) in cases {
        let account = platform.sub_account(&format!("{available} {to}")).await;
        platform.prepaid(&account, available).await;
        let mut leg = platform.leg(&account, to);
        legs::reserve(&platform.app, &mut leg).await.unwrap();
        assert_eq!(leg.granted_s, Some(seconds.min(60)), "{available} {to}");
        assert_eq!(legs::extend(&platform.app, &leg, 14_400).await.unwrap(), seconds, "{available} {to}");
        assert_eq!(platform.wallet(&account).await.granted, money(amount), "{available} {to}");
        assert_eq!(platform.end(leg, u64::from(seconds) * 1_000).await, money(amount));
        platform.nothing_is_open(&account).await;
    }
    let account = platform.sub_account("nothing").await;
    platform.prepaid(&account, "0.006166").await;
    let refusal = legs::reserve(&platform.app, &mut platform.leg(&account, MOBILE)).await.unwrap_err();
    assert_eq!(refusal.code, 20_418, "{refusal}");
    let says = |words: &str| refusal.text.contains(words);
    assert!(says("0.006166 available") && says("the shortest call costs 0.006167"), "{refusal}");
    let mut emergency = platform.leg(&account, "112");
    legs::reserve(&platform.app, &mut emergency).await.unwrap();
    assert_eq!(emergency.granted_s, None, "calls for help ask nobody");
}

#[test]
fn whoever_races_for_the_last_euro_never_overdraws_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let platform = runtime.block_on(Platform::start());
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    // What is paid in, and of each leg: times it asks for more, and the share of its talk that it uses.
    let legs = prop::collection::vec((0..4_u32, 0..=100_u64), 1..24);
    let outcome = runner.run(&(1..1_000_000_i64, legs), |(paid, legs)| {
        let charged = runtime.block_on(async {
            let account = platform.sub_account("racer").await;
            platform.prepaid(&account, &Money::from_micros(paid).to_string()).await;
            let race = legs.iter().map(|&(asks, share)| {
                let (platform, account) = (&platform, &account);
                async move {
                    let mut leg = platform.leg(account, MOBILE);
                    if legs::reserve(&platform.app, &mut leg).await.is_err() {
                        return Money::ZERO;
                    }
                    let mut granted = leg.granted_s.unwrap();
                    for _ in 0..asks {
                        granted = granted.max(legs::extend(&platform.app, &leg, granted + 60).await.unwrap());
                        assert!(platform.wallet(account).await.available() >= Money::ZERO);
                    }
                    platform.end(leg, u64::from(granted) * 10 * share).await
                }
            });
            let charged: Money = join_all(race).await.into_iter().sum();
            platform.nothing_is_open(&account).await;
            charged
        });
        prop_assert!(charged <= Money::from_micros(paid));
        Ok(())
    });
    outcome.unwrap();
}

async fn call_mobile(platform: &Platform, to: &str) -> Result<Call, AppError> {
    let new = CreateCall {
        from: platform.number.parse().unwrap(),
        to: to.parse().unwrap(),
        source: CallSource::Document("<Response><Pause length=\"60\"/></Response>".to_owned()),
        ..CreateCall::default()
    };
    platform.app.create_call(&platform.account, new, &|_| None).await
}

/// Two calls share 0.40: together they are charged no more, and so are two hundred.
#[tokio::test(flavor = "multi_thread")]
async fn calls_made_at_once_share_what_there_is() {
    for calls in [2, 200] {
        let platform = Platform::start().await;
        platform.prepaid(&platform.account, "0.40").await;
        // …0006 of the sandbox answers and hangs up after two seconds.
        let outcomes = join_all((0..calls).map(|_| call_mobile(&platform, "+32470000006"))).await;
        let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert_eq!(refused.len(), calls - 2, "a minute for one, four seconds for another");
        assert!(refused.iter().all(|error| error.code() == ErrorCode::InsufficientCredit), "{refused:?}");
        let mut granted: Vec<_> = outcomes.iter().flatten().map(|call| call.granted_s.unwrap()).collect();
        granted.sort_unstable();
        assert_eq!(granted, [4, 60]);
        let ended = platform.finished_calls().await;
        let charged: Money = ended.iter().map(|call| call.price.unwrap()).sum();
        assert!(charged > Money::ZERO && charged <= money("0.40"), "{charged}");
        platform.nothing_is_open(&platform.account).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_in_is_refused_by_a_prepaid_account_and_taken_by_a_postpaid_one() {
    let platform = Platform::start().await;
    platform.answers("voice", "<Say>Hello</Say>");
    platform.prepaid(&platform.account, "0").await;
    assert_eq!(platform.phone("").await.status, 480);
    platform.app.set_credit(&platform.account, true, CreditMode::Postpaid, Money::ZERO).await.unwrap();
    assert_eq!(platform.phone("").await.status, 200);
    let calls = platform.finished_calls().await;
    let told: Vec<_> = calls.iter().map(|call| (call.status, call.granted_s)).collect();
    assert_eq!(told, [(CallStatus::Failed, None), (CallStatus::Completed, None)]);
    assert_eq!(calls[0].price, None, "one that is refused costs nothing");
    assert!(platform.wallet(&platform.account).await.available() < Money::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_cannot_be_paid_is_not_called_and_the_document_goes_on() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Dial action="/dialled"><Number>+32470123456</Number></Dial>"#);
    platform.answers("dialled", "<Hangup/>");
    // Enough for a minute of a call that comes in, and for no second of one to a mobile.
    platform.prepaid(&platform.account, "0.0046").await;
    assert_eq!(platform.phone("").await.status, 200);
    assert_eq!(platform.asked("dialled")[0].params["DialCallStatus"], "failed");
    let calls = platform.finished_calls().await;
    let party = calls.iter().find(|call| call.direction == CallDirection::OutboundDial).unwrap();
    assert_eq!((party.status, party.reason.as_ref().unwrap().code), (CallStatus::Failed, 3303));
    let notes = platform.notifications().await;
    assert!(notes.iter().any(|note| note.code == 20_418), "{notes:?}");
    platform.nothing_is_open(&platform.account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_gives_back_what_was_set_aside_and_old_grants_are_found() {
    let platform = Platform::start().await;
    platform.prepaid(&platform.account, "1").await;
    let mut leg = platform.leg(&platform.account, MOBILE);
    legs::reserve(&platform.app, &mut leg).await.unwrap();
    let lost = leg.clone();
    leg.status = CallStatus::InProgress;
    leg.answered_at = Some(Timestamp::now());
    leg.node = Some("crashed".to_owned());
    platform.app.store.commit(Change::CreateCall(leg).into()).await.unwrap();
    assert_eq!(platform.wallet(&platform.account).await.granted, money("0.37"));
    assert_eq!(legs::recover(&platform.app, "crashed").await.unwrap().calls, 1);
    platform.nothing_is_open(&platform.account).await;
    assert_eq!(legs::extend(&platform.app, &lost, 120).await.unwrap(), 0, "what has ended gets no more");
    let mut old = platform.leg(&platform.account, MOBILE);
    legs::reserve(&platform.app, &mut old).await.unwrap();
    assert_eq!(platform.app.return_lost_grants().await.unwrap(), 0, "it may still run");
    let mut grant = platform.app.store.grant(&old.sid.to_string()).await.unwrap().unwrap();
    grant.made_at -= jiff::SignedDuration::from_hours(9);
    let mut aged = ChangeSet::from(Change::from(CreditChange::Return(old.sid.to_string())));
    aged.push(CreditChange::Grant(grant).into());
    platform.app.store.commit(aged).await.unwrap();
    assert_eq!(platform.app.return_lost_grants().await.unwrap(), 1);
    platform.nothing_is_open(&platform.account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_goes_on_when_its_account_gets_terms_of_its_own() {
    let platform = Platform::start().await;
    platform.prepaid(&platform.account, "1").await;
    let account = platform.sub_account("below").await;
    let mut leg = platform.leg(&account, MOBILE);
    legs::reserve(&platform.app, &mut leg).await.unwrap();
    assert_eq!(platform.wallet(&platform.account).await.granted, money("0.37"));
    platform.prepaid(&account, "0.50").await;
    assert_eq!(legs::extend(&platform.app, &leg, 90).await.unwrap(), 81);
    assert_eq!(platform.wallet(&platform.account).await.granted, Money::ZERO);
    assert_eq!(platform.wallet(&account).await.granted, money("0.4995"));
    platform.end(leg, 81_000).await;
    platform.nothing_is_open(&account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_charges_the_talk_that_was_measured_and_not_what_a_clock_was_set_to() {
    let platform = Platform::start().await;
    let now = Timestamp::now();
    // The clock was set a day ahead while it talked.
    let leg = Call {
        status: CallStatus::InProgress,
        answered_at: Some(now - jiff::SignedDuration::from_hours(24)),
        node: Some("crashed".to_owned()),
        ..platform.leg(&platform.account, MOBILE)
    };
    platform.app.store.commit(Change::CreateCall(leg.clone()).into()).await.unwrap();
    platform.app.store.commit(Change::ProveCalls(vec![(leg.sid, 30_000)], now).into()).await.unwrap();
    assert_eq!(legs::recover(&platform.app, "crashed").await.unwrap().calls, 1);
    let ended = platform.app.store.call(leg.account_sid, leg.sid).await.unwrap().unwrap();
    assert_eq!((ended.talk_ms, ended.price), (Some(30_000), Some(money("0.185"))));
    // One with money set aside for four seconds is charged no more than them.
    let poor = platform.sub_account("poor").await;
    platform.prepaid(&poor, "0.025").await;
    let mut short = platform.leg(&poor, MOBILE);
    legs::reserve(&platform.app, &mut short).await.unwrap();
    let short = Call {
        status: CallStatus::InProgress,
        answered_at: Some(now),
        node: Some("crashed".to_owned()),
        ..short
    };
    platform.app.store.commit(Change::CreateCall(short.clone()).into()).await.unwrap();
    platform.app.store.commit(Change::ProveCalls(vec![(short.sid, 9_000)], now).into()).await.unwrap();
    assert_eq!(legs::recover(&platform.app, "crashed").await.unwrap().calls, 1);
    let ended = platform.app.store.call(short.account_sid, short.sid).await.unwrap().unwrap();
    assert_eq!(ended.talk_ms, Some(4_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn legs_of_a_node_that_stays_away_are_closed_by_another_and_those_that_run_are_not() {
    let platform = Platform::start().await;
    let old = Timestamp::now() - jiff::SignedDuration::from_mins(30);
    let leg = |node: &str| Call {
        sid: CallSid::new(),
        status: CallStatus::InProgress,
        answered_at: Some(old),
        created_at: old,
        node: Some(node.to_owned()),
        ..platform.leg(&platform.account, MOBILE)
    };
    let (gone, late) = (leg("gone"), leg("late"));
    for leg in [&gone, &late] {
        platform.app.store.commit(Change::CreateCall(leg.clone()).into()).await.unwrap();
        platform.app.store.commit(Change::ProveCalls(vec![(leg.sid, 12_000)], old).into()).await.unwrap();
    }
    let mut silent = legs::Silent::new();
    assert_eq!(platform.app.close_silent(&mut silent).await.unwrap(), 0, "the first look only remembers");
    // A node that was cut off from the database for long says that its leg runs.
    platform.app.store.commit(Change::ProveCalls(vec![(late.sid, 13_000)], old).into()).await.unwrap();
    assert_eq!(platform.app.close_silent(&mut silent).await.unwrap(), 1);
    let closed = platform.app.store.call(gone.account_sid, gone.sid).await.unwrap().unwrap();
    assert_eq!((closed.status, closed.talk_ms), (CallStatus::Completed, Some(12_000)));
    let runs = platform.app.store.call(late.account_sid, late.sid).await.unwrap().unwrap();
    assert_eq!(runs.status, CallStatus::InProgress);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_storage_did_not_take_is_on_the_local_disk_and_charged_once_when_it_does() {
    let platform = Platform::start().await;
    let mut leg = platform.leg(&platform.account, MOBILE);
    platform.app.store.commit(Change::CreateCall(leg.clone()).into()).await.unwrap();
    let now = Timestamp::now();
    let end = legs::Ended {
        status: CallStatus::Completed,
        answered_at: Some(now),
        ended_at: now,
        talk_ms: 30_000,
        reason: None,
        sip_status: Some(200),
        spoken_ms: 0,
    };
    let mut changes = ChangeSet::new();
    let charged = legs::ended(&platform.app, &mut leg, &end);
    changes.push(Change::UpdateCall(leg.clone()));
    changes.extend(charged);
    legs::spill(&platform.app, &leg.sid.to_string(), &changes).unwrap();
    assert_eq!(platform.app.replay_journal().await.unwrap(), 1);
    let saved = platform.app.store.call(leg.account_sid, leg.sid).await.unwrap().unwrap();
    assert_eq!((saved.status, saved.price), (CallStatus::Completed, Some(money("0.185"))));
    let owed = platform.app.owed(leg.account_sid).await.unwrap();
    assert_eq!(owed, money("0.185"));
    // Written twice, it is there once; a line that a crash has cut is nothing.
    legs::spill(&platform.app, &leg.sid.to_string(), &changes).unwrap();
    let file = platform.folder.path().join("unsaved").join(format!("{}.jsonl", leg.sid));
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("[{\"Usage\":{\"id\"");
    std::fs::write(&file, text).unwrap();
    assert_eq!(platform.app.replay_journal().await.unwrap(), 1);
    assert_eq!(platform.app.owed(leg.account_sid).await.unwrap(), owed);
    assert_eq!(platform.app.replay_journal().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conference_and_a_recording_that_cannot_be_paid_do_not_begin() {
    for document in
        ["<Dial><Conference>room</Conference></Dial>", r#"<Record maxLength="2" playBeep="false"/>"#]
    {
        let platform = Platform::start().await;
        platform.answers("voice", document);
        // Enough for a minute of a call that comes in, and for nothing more.
        platform.prepaid(&platform.account, "0.0046").await;
        assert_eq!(platform.phone("").await.status, 200);
        platform.finished_calls().await;
        let notes = platform.notifications().await;
        assert!(notes.iter().any(|note| note.code == 20_418), "{document} {notes:?}");
        let wallet = platform.wallet(&platform.account).await;
        assert!(wallet.available() >= Money::ZERO, "{document} {wallet:?}");
        platform.nothing_is_open(&platform.account).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_proven_by_the_monotonic_clock_and_counts_before_it_ends() {
    let platform = Platform::start().await;
    let call = call_mobile(&platform, "+32470000007").await.unwrap();
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let proven = loop {
        let now = platform.app.store.call(call.account_sid, call.sid).await.unwrap().unwrap();
        if let Some(ms) = now.proven_ms.filter(|ms| *ms > 0) {
            break ms;
        }
        assert!(tokio::time::Instant::now() < until, "{now:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert!(proven < 20_000, "{proven}");
    assert!(platform.app.look_at_running().await.unwrap() <= 1);
}
