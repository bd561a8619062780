//! Verifications, their services, limits and attempts.

use super::*;
use crate::{AttemptFilter, Change, Page, Span, VerificationFilter, VerifyChange as C};
use flexio_domain::verify::Sending;
use flexio_domain::*;

/// A service.
pub fn verify_service(account_sid: AccountSid) -> VerifyService {
    VerifyService {
        sid: VerifyServiceSid::new(),
        version: 1,
        account_sid,
        friendly_name: "Acme".to_owned(),
        code_length: 6,
        lookup_enabled: false,
        skip_sms_to_landlines: false,
        dtmf_input_required: true,
        tts_name: None,
        custom_code_enabled: false,
        do_not_share_warning_enabled: true,
        psd2_enabled: false,
        totp: TotpDefaults::default(),
        default_template_sid: None,
        webhooks: Vec::new(),
        senders: Vec::new(),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A code that waits for somebody.
pub fn verification(account_sid: AccountSid, scope: VerifyScope, to: &str) -> Verification {
    Verification {
        sid: VerificationSid::new(),
        version: 1,
        account_sid,
        scope,
        name: "Acme".to_owned(),
        to: to.to_owned(),
        from: None,
        status: VerificationStatus::Pending,
        sendings: vec![Sending {
            attempt: VerificationAttemptSid::new(),
            channel: VerifyChannel::Sms,
            at: at(0),
            digest: "00".to_owned(),
            message_sid: Some(MessageSid::from_u128(3)),
            call_sid: None,
            email_sid: None,
        }],
        checks: 0,
        checks_max: 5,
        ttl_s: 600,
        expires_at: at(600),
        payee: None,
        amount: None,
        approved_at: None,
        workflow: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A limit of two periods.
pub fn send_limit(account_sid: AccountSid, service_sid: Option<VerifyServiceSid>, name: &str) -> SendLimit {
    let bucket = |name: &str, max, interval_s| LimitBucket {
        sid: LimitBucketSid::new(),
        name: name.to_owned(),
        max,
        interval_s,
        created_at: at(0),
        updated_at: at(0),
    };
    SendLimit {
        sid: SendLimitSid::new(),
        version: 1,
        account_sid,
        service_sid,
        unique_name: name.to_owned(),
        description: None,
        buckets: vec![bucket("minute", 1, 60), bucket("day", 10, 86_400)],
        created_at: at(0),
        updated_at: at(0),
    }
}

fn attempt(verification: &Verification, created: i64, country: &str) -> VerificationAttempt {
    VerificationAttempt {
        sid: VerificationAttemptSid::new(),
        account_sid: verification.account_sid,
        scope: verification.scope.clone(),
        verification_sid: verification.sid,
        to: verification.to.clone(),
        country: Some(country.to_owned()),
        channel: VerifyChannel::Sms,
        converted: false,
        created_at: at(created),
        updated_at: at(created),
    }
}

fn login() -> VerifyScope {
    VerifyScope::Named("login".to_owned())
}

async fn write(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = C>) {
    put_all(store, changes.into_iter().map(Change::from)).await;
}

async fn conflicts(store: &Arc<dyn Store>, change: C) -> bool {
    is_conflict(&try_put(store, change.into()).await)
}

pub async fn one_code_at_a_time_waits_for_somebody(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let service = verify_service(owner);
    write(&store, [C::CreateService(service.clone())]).await;
    let scope = VerifyScope::Service(service.sid);
    let first = verification(owner, scope.clone(), "+32470000001");
    write(&store, [C::CreateVerification(first.clone())]).await;
    assert!(
        conflicts(&store, C::CreateVerification(verification(owner, scope.clone(), "+32470000001"))).await
    );
    // For somebody else, for something else, or of somebody else it is another matter.
    write(
        &store,
        [
            C::CreateVerification(verification(owner, scope.clone(), "+32470000002")),
            C::CreateVerification(verification(owner, login(), "+32470000001")),
            C::CreateVerification(verification(AccountSid::new(), scope.clone(), "+32470000001")),
        ],
    )
    .await;
    assert_eq!(store.open_verification(owner, &scope, "+32470000001").await.unwrap(), Some(first.clone()));
    let approved = Verification { status: VerificationStatus::Approved, approved_at: Some(at(9)), ..first };
    write(&store, [C::UpdateVerification(approved.clone())]).await;
    assert_eq!(store.open_verification(owner, &scope, "+32470000001").await.unwrap(), None);
    write(&store, [C::CreateVerification(verification(owner, scope, "+32470000001"))]).await;
    let kept = store.verification(owner, approved.sid).await.unwrap();
    assert_eq!(kept, Some(Verification { version: 2, ..approved }));
}

pub async fn what_is_over_is_not_changed_and_guesses_that_cross_have_one_winner(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let waits = verification(owner, login(), "+32470000001");
    write(&store, [C::CreateVerification(waits.clone())]).await;
    let guesses = (0..20).map(|guess| {
        let guessed = Verification { checks: guess, ..waits.clone() };
        let store = Arc::clone(&store);
        async move { store.commit(Change::from(C::UpdateVerification(guessed)).into()).await.is_ok() }
    });
    assert_eq!(all(guesses).await.into_iter().filter(|won| *won).count(), 1);
    let now = store.verification(owner, waits.sid).await.unwrap().unwrap();
    let canceled = Verification { status: VerificationStatus::Canceled, ..now };
    write(&store, [C::UpdateVerification(canceled.clone())]).await;
    let again = Verification { version: 3, status: VerificationStatus::Approved, ..canceled };
    assert!(conflicts(&store, C::UpdateVerification(again)).await);
}

pub async fn verifications_are_filtered_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let one = verification(owner, login(), "+32470000001");
    let two = Verification { created_at: at(100), ..verification(owner, login(), "+32470000002") };
    let pay = verification(owner, VerifyScope::Named("pay".to_owned()), "+32470000001");
    write(&store, [&one, &two, &pay].map(|found| C::CreateVerification(found.clone()))).await;
    let check = async |filter: VerificationFilter, expected: &[&Verification]| {
        let found = store.verifications(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_verifications(owner, &filter).await.unwrap(), expected.len() as u64);
    };
    check(VerificationFilter::default(), &[&pay, &two, &one]).await;
    check(VerificationFilter { scope: Some(login().key()), ..<_>::default() }, &[&two, &one]).await;
    check(VerificationFilter { to: Some("+32470000001".to_owned()), ..<_>::default() }, &[&pay, &one]).await;
    let late = Span { from: Some(at(50)), until: Some(at(150)) };
    check(VerificationFilter { created: late, ..<_>::default() }, &[&two]).await;
    check(VerificationFilter { status: Some(VerificationStatus::Expired), ..<_>::default() }, &[]).await;
}

pub async fn attempts_are_converted_with_their_verification(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (won, lost) =
        (verification(owner, login(), "+32470000001"), verification(owner, login(), "+33612345678"));
    let (a, b, c) = (attempt(&won, 1, "BE"), attempt(&won, 30, "BE"), attempt(&lost, 40, "FR"));
    write(&store, [&a, &b, &c].map(|made| C::AddAttempt(made.clone()))).await;
    assert!(conflicts(&store, C::AddAttempt(a.clone())).await);
    write(&store, [C::ConvertAttempts(owner, won.sid, at(50))]).await;
    let converted = |made: &VerificationAttempt| VerificationAttempt {
        converted: true,
        updated_at: Timestamp::from_microsecond(at(50).as_microsecond()).unwrap(),
        ..made.clone()
    };
    assert_eq!(store.attempt(owner, a.sid).await.unwrap(), Some(converted(&a)));
    let check = async |filter: AttemptFilter, expected: &[VerificationAttempt]| {
        let found = store.attempts(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(store.count_attempts(owner, &filter).await.unwrap(), expected.len() as u64);
    };
    let (a, b) = (converted(&a), converted(&b));
    check(AttemptFilter { converted: Some(true), ..<_>::default() }, &[b.clone(), a.clone()]).await;
    check(AttemptFilter { country: Some("FR".to_owned()), ..<_>::default() }, &[c.clone()]).await;
    check(AttemptFilter { prefix: Some("+32".to_owned()), ..<_>::default() }, &[b.clone(), a.clone()]).await;
    check(AttemptFilter { prefix: Some("%".to_owned()), ..<_>::default() }, &[]).await;
    check(AttemptFilter { verification: Some(lost.sid), ..<_>::default() }, &[c.clone()]).await;
    check(AttemptFilter { channel: Some(VerifyChannel::Call), ..<_>::default() }, &[]).await;
    check(AttemptFilter { scope: Some(login().key()), to: Some(c.to.clone()), ..<_>::default() }, &[c]).await;
}

pub async fn limits_are_named_in_their_service_or_in_the_account(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let service = verify_service(owner);
    let (ours, theirs) = (send_limit(owner, None, "ip"), send_limit(owner, Some(service.sid), "ip"));
    write(
        &store,
        [C::CreateService(service.clone()), C::CreateLimit(ours.clone()), C::CreateLimit(theirs.clone())],
    )
    .await;
    assert!(conflicts(&store, C::CreateLimit(send_limit(owner, None, "ip"))).await);
    assert_eq!(store.send_limit_by_name(owner, None, "ip").await.unwrap(), Some(ours.clone()));
    assert_eq!(store.send_limit_by_name(owner, Some(service.sid), "ip").await.unwrap(), Some(theirs.clone()));
    let fewer = SendLimit { buckets: ours.buckets[..1].to_vec(), ..ours.clone() };
    write(&store, [C::UpdateLimit(fewer.clone())]).await;
    assert!(conflicts(&store, C::UpdateLimit(fewer.clone())).await);
    assert_eq!(store.send_limit(owner, ours.sid).await.unwrap(), Some(SendLimit { version: 2, ..fewer }));
    let listed = store.send_limits(owner, Some(service.sid), &Page::default()).await.unwrap();
    assert_eq!(listed, [theirs.clone()]);
    write(&store, [C::DeleteService(owner, service.sid)]).await;
    assert_eq!(store.send_limit(owner, theirs.sid).await.unwrap(), None);
    assert_eq!(store.count_send_limits(owner, None).await.unwrap(), 1);
    assert!(conflicts(&store, C::DeleteService(owner, service.sid)).await);
    write(&store, [C::DeleteLimit(owner, ours.sid)]).await;
    assert!(conflicts(&store, C::DeleteLimit(owner, ours.sid)).await);
}

pub async fn marks_are_counted_since_a_moment_and_forgotten(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let mark = |second, attempt| C::Mark {
        account,
        marks: vec!["to:+32470000001".to_owned(), "block:+32470000".to_owned()],
        at: at(second),
        attempt: VerificationAttemptSid::from_u128(attempt),
    };
    write(&store, [mark(0, 1), mark(0, 2), mark(60, 3)]).await;
    write(&store, [mark(60, 3)]).await;
    let count = async |mark: &str, since| store.count_marks(account, mark, at(since)).await.unwrap();
    assert_eq!((count("to:+32470000001", 0).await, count("to:+32470000001", 1).await), (3, 1));
    assert_eq!(count("to:+32470000002", 0).await, 0);
    assert_eq!(store.count_marks(AccountSid::new(), "to:+32470000001", at(0)).await.unwrap(), 0);
    assert_eq!(
        store.oldest_mark(account, "to:+32470000001", at(1)).await.unwrap().map(Timestamp::as_second),
        Some(at(60).as_second())
    );
    assert_eq!(store.oldest_mark(account, "to:+32470000001", at(61)).await.unwrap(), None);
    assert_eq!(store.sweep_marks(at(30), 100).await.unwrap(), 4);
    assert_eq!(count("to:+32470000001", 0).await, 1);
}

pub async fn codes_whose_next_channel_is_due_are_found(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let workflow = |due: i64| VerifyWorkflow {
        steps: vec![WorkflowStep { channel: VerifyChannel::Call, wait_s: 30 }],
        next_at: at(due),
        words: WorkflowWords {
            number: Some("+32470000001".parse().unwrap()),
            from: Some("8640".parse().unwrap()),
            email_to: None,
            email_from: String::new(),
            subject: None,
            body: Pii("{code}".to_owned()),
            language: "nl".to_owned(),
            code_length: 6,
            repeat: 2,
            limits: vec![("per_phone".to_owned(), "+32470000001".to_owned())],
            client: None,
            status_callback: None,
            labels: UsageLabels::default(),
        },
    };
    let scope = || VerifyScope::Named("login".to_owned());
    let waiting = |to: &str, due: i64| Verification {
        workflow: Some(Box::new(workflow(due))),
        ..verification(owner, scope(), to)
    };
    let (late, early) = (waiting("+32470000001", 30), waiting("+32470000002", 20));
    let plain = verification(owner, scope(), "+32470000003");
    put_all(&store, [&late, &early, &plain].map(|one| C::CreateVerification(one.clone()).into())).await;
    let due = async |second: i64| store.due_workflows(at(second), 10).await.unwrap();
    assert_eq!(due(19).await, []);
    assert_eq!(due(30).await, [early.clone(), late.clone()], "longest due first");
    assert_eq!(store.due_workflows(at(30), 1).await.unwrap(), [early.clone()]);
    let approved = Verification { status: VerificationStatus::Approved, ..early };
    let gone_on = Verification { workflow: Some(Box::new(workflow(60))), ..late };
    put_all(&store, [&approved, &gone_on].map(|one| C::UpdateVerification(one.clone()).into())).await;
    assert_eq!(due(59).await, []);
    assert_eq!(due(60).await, [Verification { version: 2, ..gone_on }]);
}
