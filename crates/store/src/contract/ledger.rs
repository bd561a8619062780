//! The chain over the ledger.

use super::*;
use crate::{Change as C, HoldingChange, LedgerChange, LedgerCheck, UsageFilter};
use flexio_domain::*;

fn seal(number: u64) -> LedgerSeal {
    LedgerSeal {
        number,
        previous: "00".to_owned(),
        digest: format!("{number:02}"),
        marks: String::new(),
        postings: 2,
        sealed_at: at(7),
    }
}

async fn ids(postings: impl Future<Output = Result<Vec<KeptPosting>, crate::StoreError>>) -> Vec<String> {
    postings.await.unwrap().into_iter().map(|posting| posting.id).collect()
}

pub async fn a_posting_gets_one_seal_and_seals_are_numbered_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let written: Vec<_> = ["CA1", "CA2", "CA3"].map(|id| posting(&usage(owner, id))).into();
    put_all(&store, written.iter().rev().cloned().map(C::Post)).await;
    let all: Vec<String> = written.iter().map(|posting| posting.id.clone()).collect();
    assert_eq!(ids(store.unsealed_postings(10)).await, all);
    assert_eq!(ids(store.unsealed_postings(2)).await, all[..2]);
    assert_eq!(store.last_seal().await.unwrap(), None);
    let take = async |number, ids: &[String]| {
        try_put(&store, LedgerChange::Seal(seal(number), ids.to_vec()).into()).await
    };
    take(1, &all[..2]).await.unwrap();
    assert!(is_conflict(&take(1, &all[2..]).await), "the number is taken");
    assert!(is_conflict(&take(2, &all[1..]).await), "a posting has a seal");
    assert_eq!(ids(store.unsealed_postings(10)).await, all[2..]);
    take(2, &all[2..]).await.unwrap();
    assert_eq!(store.last_seal().await.unwrap(), Some(seal(2)));
    assert_eq!(store.seals(0, 10).await.unwrap(), [seal(1), seal(2)]);
    assert_eq!(store.seals(1, 10).await.unwrap(), [seal(2)]);
    let kept = store.sealed_postings(1, 10).await.unwrap();
    assert_eq!(serde_json::from_str::<LedgerTransaction>(&kept[0].doc).unwrap(), written[0]);
    let legs = store.sealed_legs(1).await.unwrap();
    let said: Vec<_> = written[..2]
        .iter()
        .flat_map(|posting| {
            posting.legs.iter().map(|leg| (posting.id.clone(), leg.account.to_string(), leg.amount))
        })
        .collect();
    let rows: Vec<_> = legs.into_iter().map(|leg| (leg.posting_id, leg.ledger_account, leg.amount)).collect();
    assert_eq!(rows, said);
}

pub async fn faults_of_the_books_are_named_and_counted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let faults = async |check| store.ledger_faults(check).await.unwrap();
    let named = |ids: &[&str]| Faults {
        count: ids.len() as u64,
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    };
    let (sound, unposted, unfounded) =
        (usage(owner, "CA1:leg"), usage(owner, "CA2:leg"), usage(owner, "CA3:leg"));
    put_all(&store, [C::AddUsage(sound.clone()), C::Post(posting(&sound))]).await;
    let rented = rent(&store, owner, "+3225550101").await;
    let held = Holding {
        sid: HoldingSid::from_u128(rented.sid.as_u128()),
        account_sid: owner,
        item: HeldItem::Number,
        subject: "+3225550101".to_owned(),
        terms: MonthlyTerms {
            plan: "flexio-be/1".to_owned(),
            item: "number.fixed".to_owned(),
            price: Money::from_micros(800_000),
            by_day: true,
        },
        from: at(1),
        until: None,
    };
    put(&store, HoldingChange::Begin(held).into()).await;
    for check in LedgerCheck::ALL {
        assert_eq!(faults(check).await, Faults::default(), "{check:?}");
    }
    // Its posting is of another amount.
    let dearer = UsageEvent { amount: Money::from_micros(5), ..usage(owner, "CA4:leg") };
    put_all(&store, [C::AddUsage(unposted), C::AddUsage(dearer.clone()), C::Post(posting(&unfounded))]).await;
    put(&store, C::Post(posting(&UsageEvent { amount: Money::from_micros(6), ..dearer }))).await;
    assert_eq!(faults(LedgerCheck::Unposted).await, named(&["voice/CA2:leg", "voice/CA4:leg"]));
    assert_eq!(faults(LedgerCheck::Unfounded).await, named(&["usage:voice:CA3:leg"]));
    put(&store, HoldingChange::EndAll(owner, at(9)).into()).await;
    assert_eq!(faults(LedgerCheck::UnheldRents).await, named(&["+3225550101"]));
    let without = Holding {
        sid: HoldingSid::new(),
        subject: "+3225550109".to_owned(),
        from: at(10),
        account_sid: owner,
        item: HeldItem::Number,
        terms: MonthlyTerms {
            plan: "flexio-be/1".to_owned(),
            item: "number.fixed".to_owned(),
            price: Money::ZERO,
            by_day: true,
        },
        until: None,
    };
    put(&store, HoldingChange::Begin(without).into()).await;
    assert_eq!(faults(LedgerCheck::UnrentedHoldings).await, named(&["+3225550109"]));
}

pub async fn what_is_carried_forward_leaves_each_balance_as_it_was(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let events = ["CA1:leg", "CA2:leg", "CA3:leg"].map(|id| usage(owner, id));
    let postings = events.clone().map(|event| posting(&event));
    put_all(&store, events.iter().cloned().map(C::AddUsage).chain(postings.iter().cloned().map(C::Post)))
        .await;
    for (number, posting) in (1..).zip(&postings) {
        let one = LedgerSeal { postings: 1, ..seal(number) };
        put(&store, LedgerChange::Seal(one, vec![posting.id.clone()]).into()).await;
    }
    let before = store.balances(owner).await.unwrap();
    let carried = |version, number| {
        let seal = LedgerSeal { postings: 1, ..seal(number) };
        let day = "2027-01-01".parse().unwrap();
        let (postings, openings) = (number, "00".to_owned());
        Box::new(LedgerCarried { version, seal, day, postings, openings, carried_at: at(8) })
    };
    let openings = store.legs_of_seals(0, 2).await.unwrap();
    assert_eq!(openings.iter().map(|it| it.amount.micros()).collect::<Vec<_>>(), [2 * 96_583, -2 * 96_583]);
    assert_eq!(store.legs_of_seals(2, 2).await.unwrap(), []);
    let carry = async |carried, behind, openings: &[LedgerOpening]| {
        try_put(&store, LedgerChange::Carry { carried, behind, openings: openings.to_vec() }.into()).await
    };
    carry(carried(1, 2), 0, &openings).await.unwrap();
    assert!(is_conflict(&carry(carried(1, 3), 2, &[]).await), "another process was quicker");
    assert_eq!(store.carried().await.unwrap(), Some(*carried(1, 2)));
    assert_eq!(store.openings((AccountSid::from_u128(0), ""), 10).await.unwrap(), openings);
    assert_eq!(store.balances(owner).await.unwrap(), before);
    for check in LedgerCheck::ALL {
        assert_eq!(store.ledger_faults(check).await.unwrap(), Faults::default(), "{check:?}");
    }
    let proof = store.ledger_proof().await.unwrap();
    assert_eq!((proof.sum, proof.transactions), (Money::ZERO, 1));
    assert_eq!(store.seals(0, 10).await.unwrap().len(), 1);
    let kept = store.usage_events(owner, &UsageFilter::default(), 10).await.unwrap();
    assert_eq!(kept, events[2..]);
    // A balance that comes back to nothing is no row.
    let nought: Vec<LedgerOpening> =
        openings.into_iter().map(|it| LedgerOpening { amount: Money::ZERO, ..it }).collect();
    carry(carried(2, 2), 2, &nought).await.unwrap();
    assert_eq!(store.openings((AccountSid::from_u128(0), ""), 10).await.unwrap(), []);
}
