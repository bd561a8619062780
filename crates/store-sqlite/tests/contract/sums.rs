//! Kept sums are written once for each row and commit; who looks at them sees all that was added before.

use flexio_domain::{AccountSid, Credit, CreditMode, Faults, Grant, Money, Timestamp};
use flexio_store::contract::{account, posting, usage};
use flexio_store::{
    CREDIT_SHORT, Change, ChangeSet, CreditChange, CreditStore, LedgerCheck, LedgerStore, Store, StoreError,
};
use flexio_store_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::file::futures;

/// What [`usage`] costs, in micro-units.
const COST: i64 = 96_583;

fn spent(owner: AccountSid, id: &str) -> ChangeSet {
    let event = usage(owner, id);
    ChangeSet::from(Change::Post(posting(&event))).with(Change::AddUsage(event))
}

fn granted(owner: AccountSid, id: &str, amount: i64) -> ChangeSet {
    let made_at = Timestamp::UNIX_EPOCH;
    let grant = Grant { id: id.to_owned(), payer: owner, amount: Money::from_micros(amount), made_at };
    Change::from(CreditChange::Grant(grant)).into()
}

/// Halves of it are written when it turns out that it says something else of a known fact.
fn false_twin(owner: AccountSid, id: &str) -> ChangeSet {
    let mut other = usage(owner, id);
    other.amount = Money::from_micros(1);
    spent(owner, &format!("{id}-new")).with(Change::AddUsage(other))
}

#[tokio::test]
async fn sets_of_one_commit_add_up_and_a_grant_sees_what_was_spent_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    let store = SqliteStore::open(&file).unwrap();
    let owner = account("owner");
    let terms = Credit {
        account_sid: owner.sid,
        version: 1,
        mode: CreditMode::Postpaid,
        limit: Money::from_micros(10 * COST),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    let account = ChangeSet::from(Change::CreateAccount(owner.clone()));
    store.commit(account.with(CreditChange::Create(terms).into())).await.unwrap();
    store.commit(spent(owner.sid, "CA0")).await.unwrap();
    // Another program holds the write lock, so that all of these wait for one commit.
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut sets = vec![granted(owner.sid, "first", 9 * COST)];
    sets.extend((1..=3).map(|number| spent(owner.sid, &format!("CA{number}"))));
    sets.push(false_twin(owner.sid, "CA0"));
    sets.extend((4..=8).map(|number| spent(owner.sid, &format!("CA{number}"))));
    sets.push(granted(owner.sid, "late", 1));
    let waiting = sets.into_iter().map(|set| store.commit(set)).collect();
    let unlock = async {
        tokio::task::yield_now().await;
        other.execute_batch("COMMIT").unwrap();
    };
    let (outcomes, ()) = tokio::join!(futures(waiting), unlock);
    assert!(matches!(outcomes[4], Err(StoreError::EventConflict(_))), "{:?}", outcomes[4]);
    assert!(matches!(outcomes[10], Err(StoreError::Conflict(CREDIT_SHORT))), "{:?}", outcomes[10]);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 9, "{outcomes:?}");
    let state = store.credit(owner.sid).await.unwrap().unwrap();
    assert_eq!((state.owed.micros(), state.granted.micros()), (9 * COST, 9 * COST));
    assert_eq!(store.credit_faults().await.unwrap(), 0);
    for check in LedgerCheck::ALL {
        assert_eq!(store.ledger_faults(check).await.unwrap(), Faults::default(), "{check:?}");
    }
    let days: (i64, i64) = other
        .query_row("SELECT sum(uses), sum(amount) FROM usage_days", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(days, (9, 9 * COST), "of the set that failed nothing is left");
}
