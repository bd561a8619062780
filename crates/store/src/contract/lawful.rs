//! Requests of authorities, and the questions across accounts that they may ask.

use super::*;
use crate::{Change as C, HoldingChange, LawfulChange as L, Page};
use flexio_domain::*;

/// One that waits, due at this second.
fn lawful_request(account_sid: AccountSid, due: i64) -> LawfulRequest {
    LawfulRequest {
        sid: LawfulRequestSid::new(),
        version: 1,
        account_sid,
        authority: "Court of Ghent".to_owned(),
        reference: "2026/417".to_owned(),
        basis: "article 46bis".to_owned(),
        subject: LawfulSubject::Number {
            number: e164("+3225550101"),
            at: at(5),
            other: Some(e164("+32470123456")),
        },
        state: LawfulState::Open,
        received_at: at(0),
        due_at: at(due),
        opened_by: "an".to_owned(),
        opened_at: at(0),
        refusal: None,
        decided_by: None,
        decided_at: None,
        answers: Vec::new(),
    }
}

pub(super) async fn a_request_of_an_authority_reads_as_it_was_written_and_is_late_until_decided(
    store: Arc<dyn Store>,
) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let made: Vec<LawfulRequest> = [30, 10, 50].map(|due| lawful_request(owner, due)).into();
    put_all(&store, made.iter().cloned().map(|it| L::Create(it).into())).await;
    assert!(is_conflict(&try_put(&store, L::Create(made[0].clone()).into()).await));
    assert_eq!(store.lawful_request(owner, made[0].sid).await.unwrap(), Some(made[0].clone()));
    assert_eq!(store.lawful_request(stranger, made[0].sid).await.unwrap(), None);
    let newest: Vec<LawfulRequest> = made.iter().rev().cloned().collect();
    assert_eq!(store.lawful_requests(owner, &Page::default()).await.unwrap(), newest);
    assert_eq!(store.lawful_requests(stranger, &Page::default()).await.unwrap(), []);
    assert_eq!(store.late_lawful_requests(at(30), 10).await.unwrap(), made[1..2]);
    assert_eq!(store.late_lawful_requests(at(31), 10).await.unwrap(), [made[1].clone(), made[0].clone()]);
    let holder = LawfulHolder {
        account_sid: stranger,
        kind: CustomerKind::Consumer,
        legal_name: "An Peeters".to_owned(),
        legal_form: String::new(),
        address: PostalAddress {
            street: "Stationsstraat 1".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: "BE".to_owned(),
        },
        enterprise_number: None,
        email: "an@example.be".to_owned(),
        identified_at: Some(at(1)),
    };
    let finding = LawfulFinding {
        ground: LawfulGround::Held,
        account_sid: stranger,
        account_status: AccountStatus::Active,
        since: Some(at(1)),
        until: None,
        traffic: Vec::new(),
        holder: Some(holder),
    };
    let answered = LawfulRequest {
        state: LawfulState::Answered,
        decided_by: Some("an".to_owned()),
        decided_at: Some(at(20)),
        answers: vec![LawfulAnswer { at: at(20), by: "an".to_owned(), findings: vec![finding] }],
        ..made[1].clone()
    };
    put(&store, L::Update(answered.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, L::Update(answered.clone()).into()).await));
    assert_eq!(store.late_lawful_requests(at(31), 10).await.unwrap(), made[..1]);
    let kept = LawfulRequest { version: 2, ..answered };
    assert_eq!(store.lawful_request(owner, kept.sid).await.unwrap(), Some(kept.clone()));
    assert_eq!(store.sweep_lawful(at(20), 10).await.unwrap(), 0);
    assert_eq!(store.sweep_lawful(at(21), 10).await.unwrap(), 1, "what waits is never over its term");
    assert_eq!(store.lawful_request(owner, kept.sid).await.unwrap(), None);
}

pub(super) async fn a_number_leads_to_whoever_had_it_at_a_moment(store: Arc<dyn Store>) {
    let (first, second) = (AccountSid::new(), AccountSid::new());
    let held = |account_sid, from| Holding {
        sid: HoldingSid::new(),
        account_sid,
        item: HeldItem::Number,
        subject: "+3225550101".to_owned(),
        terms: MonthlyTerms {
            plan: "flexio-be/1".to_owned(),
            item: "number.fixed".to_owned(),
            price: Money::from_micros(800_000),
            by_day: true,
        },
        from: at(from),
        until: None,
    };
    let (earlier, later) = (held(first, 10), held(second, 30));
    put(&store, HoldingChange::Begin(earlier.clone()).into()).await;
    put(&store, HoldingChange::End(first, HeldItem::Number, "+3225550101".to_owned(), at(20)).into()).await;
    put(&store, HoldingChange::Begin(later.clone()).into()).await;
    for (second, expected) in
        [(9, None), (10, Some(first)), (19, Some(first)), (20, None), (30, Some(later.account_sid))]
    {
        let found = store.holdings_of_subject("+3225550101", at(second)).await.unwrap();
        assert_eq!(found.first().map(|it| it.account_sid), expected, "{second}");
        assert_eq!(found.len(), usize::from(expected.is_some()));
    }
    assert_eq!(store.holdings_of_subject("+3225550102", at(10)).await.unwrap(), []);
    let shown = caller_id(first, "+3222268888");
    put(&store, C::CreateCallerId(shown.clone())).await;
    let found = store.caller_ids_of_number(&e164("+3222268888")).await.unwrap();
    assert_eq!(found.iter().map(|it| it.sid).collect::<Vec<_>>(), [shown.sid]);
    assert!(store.caller_ids_of_number(&e164("+3222268889")).await.unwrap().is_empty());
}

pub(super) async fn a_use_leads_to_its_account_without_naming_it(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let event = usage(owner, "CA1:leg");
    put_all(&store, [C::AddUsage(event.clone()), C::Post(posting(&event))]).await;
    assert_eq!(store.use_of_resource(&event.resource).await.unwrap(), Some(event));
    assert_eq!(store.use_of_resource("CA0").await.unwrap(), None);
}
