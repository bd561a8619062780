//! Direct debit.

use super::*;
use crate::{Change, DebitChange as C, Page};
use flexio_domain::*;
use jiff::civil::date;

/// A mandate that is not revoked.
pub fn mandate(account_sid: AccountSid) -> Mandate {
    let sid = MandateSid::new();
    Mandate {
        sid,
        version: 1,
        account_sid,
        reference: sid.to_string().to_uppercase(),
        creditor_id: "DE98ZZZ09999999999".parse().expect("its check digits are right"),
        debtor_name: "Jan Peeters".to_owned(),
        iban: "NL91ABNA0417164300".parse().ok(),
        scheme: "core".to_owned(),
        language: Language::Nl,
        statement: "Ik machtig.".to_owned(),
        user: account_sid.to_string(),
        channel: "api".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "curl".to_owned(),
        signed_on: date(2026, 11, 1),
        signed_at: at(1),
        signature: "0".repeat(64),
        last_collected_on: None,
        revoked_at: None,
        revoked_because: None,
    }
}

/// One that was asked of a bank, in a file of its own.
pub fn collection(mandate: &Mandate, end_to_end: &str) -> Collection {
    Collection {
        sid: CollectionSid::new(),
        version: 1,
        account_sid: mandate.account_sid,
        invoice_sid: InvoiceSid::new(),
        invoice_number: "2026-000042".to_owned(),
        file_sid: CollectionFileSid::new(),
        batch: "1-1".to_owned(),
        mandate_sid: mandate.sid,
        mandate_reference: mandate.reference.clone(),
        mandate_signed_on: mandate.signed_on,
        debtor_name: mandate.debtor_name.clone(),
        iban: mandate.iban.clone(),
        amount: Money::from_micros(114_950_000),
        currency: Currency::EUR,
        end_to_end: end_to_end.to_owned(),
        collect_on: date(2027, 1, 4),
        sequence: DebitSequence::First,
        state: CollectionState::Requested,
        bank_reference: None,
        settled: Money::ZERO,
        returned: None,
        requested_at: at(2),
        updated_at: at(2),
    }
}

fn signed(mandate: &Mandate) -> Change {
    C::Sign(Box::new(mandate.clone())).into()
}

fn asked(collection: &Collection) -> Change {
    C::Request(Box::new(collection.clone())).into()
}

pub(super) async fn an_account_has_one_mandate_that_is_not_revoked(store: Arc<dyn Store>) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let first = mandate(owner);
    put(&store, signed(&first)).await;
    assert_eq!(store.mandate(owner, first.sid).await.unwrap(), Some(first.clone()));
    assert_eq!(store.mandate(stranger, first.sid).await.unwrap(), None);
    assert_eq!(store.mandate_not_revoked(owner).await.unwrap(), Some(first.clone()));
    let second = mandate(owner);
    assert!(is_conflict(&try_put(&store, signed(&second)).await), "there is one");
    let twin = Mandate { reference: first.reference.clone(), ..mandate(stranger) };
    assert!(is_conflict(&try_put(&store, signed(&twin)).await), "its reference is another's");
    let over =
        Mandate { revoked_at: Some(at(5)), revoked_because: Some("payer".to_owned()), ..first.clone() };
    put(&store, C::UpdateMandate(Box::new(over.clone())).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateMandate(Box::new(over.clone())).into()).await));
    assert_eq!(store.mandate_not_revoked(owner).await.unwrap(), None);
    put(&store, signed(&second)).await;
    let over = Mandate { version: 2, ..over };
    assert_eq!(store.mandates(owner, &Page::default()).await.unwrap(), [second, over]);
    assert_eq!(store.mandates(stranger, &Page::default()).await.unwrap(), []);
}

pub(super) async fn an_invoice_is_asked_of_a_bank_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let mandate = mandate(owner);
    let one = collection(&mandate, "260000000170");
    let other = Collection { file_sid: one.file_sid, ..collection(&mandate, "260000000271") };
    let file = CollectionFile {
        sid: one.file_sid,
        made_by: owner.to_string(),
        made_at: at(2),
        creditor_name: "Voorbeeld Telecom".to_owned(),
        creditor_id: mandate.creditor_id.clone(),
        creditor_iban: "BE68539007547034".parse().unwrap(),
        creditor_bic: "EXMPBEBB".to_owned(),
        count: 2,
        total: one.amount + other.amount,
        currency: Currency::EUR,
    };
    put_all(&store, [C::CreateFile(Box::new(file.clone())).into(), asked(&one), asked(&other)]).await;
    assert_eq!(store.collection_file(file.sid).await.unwrap(), Some(file.clone()));
    assert_eq!(store.collection_files(&Page::default()).await.unwrap(), [file.clone()]);
    let again = Collection { invoice_sid: one.invoice_sid, ..collection(&mandate, "260000000372") };
    assert!(is_conflict(&try_put(&store, asked(&again)).await), "the invoice was asked for");
    let twin = collection(&mandate, "260000000170");
    assert!(is_conflict(&try_put(&store, asked(&twin)).await), "the bank knows another by this name");

    assert_eq!(store.collections_of_file(file.sid, None, 10).await.unwrap(), [one.clone(), other.clone()]);
    assert_eq!(store.collections_of_file(file.sid, Some(one.sid), 10).await.unwrap(), [other.clone()]);
    assert_eq!(store.collections_of_batch("1-1", None, 1).await.unwrap(), [one.clone()]);
    assert_eq!(store.collections_of_batch("1-2", None, 10).await.unwrap(), []);
    assert_eq!(store.collections(owner, &Page::default()).await.unwrap(), [other, one.clone()]);
    assert_eq!(store.collections(AccountSid::new(), &Page::default()).await.unwrap(), []);
    assert_eq!(store.collection_by_end_to_end("260000000170").await.unwrap(), Some(one.clone()));
    assert_eq!(store.collection_of_invoice(one.invoice_sid).await.unwrap(), Some(one.clone()));

    let settled = Collection { state: CollectionState::Settled, settled: one.amount, ..one.clone() };
    put(&store, C::UpdateCollection(Box::new(settled.clone())).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateCollection(Box::new(settled.clone())).into()).await));
    let settled = Collection { version: 2, ..settled };
    assert_eq!(store.collection_anyones(one.sid).await.unwrap(), Some(settled.clone()));
    let moved = Collection { batch: "1-2".to_owned(), ..settled };
    assert!(is_conflict(&try_put(&store, C::UpdateCollection(Box::new(moved)).into()).await));
}
