//! Plans and customers.

use super::*;
use crate::{ContractChange as S, StoreError};
use flexio_domain::*;

fn customer(account_sid: AccountSid) -> Customer {
    Customer {
        account_sid,
        version: 1,
        kind: CustomerKind::Small,
        legal_name: "Bakkerij Peeters".to_owned(),
        legal_form: "BV".to_owned(),
        address: PostalAddress {
            street: "Stationsstraat 1".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: "BE".to_owned(),
        },
        enterprise_number: Some("0202239951".parse().unwrap()),
        vat_number: Some("BE0202239951".to_owned()),
        language: Language::Nl,
        invoice_email: "facturen@example.be".to_owned(),
        notice_email: None,
        peppol: Some("0208:0202239951".to_owned()),
        reference: Some("PO 7".to_owned()),
        large_print: true,
        identified_at: Some(at(3)),
        waived_at: None,
        created_at: at(0),
        updated_at: at(1),
    }
}

async fn write(store: &Arc<dyn Store>, change: S) -> Result<(), StoreError> {
    try_put(store, change.into()).await
}

pub async fn a_plan_version_is_published_once(store: Arc<dyn Store>) {
    let plan = |version, text: &str| PublishedPlan {
        id: "flexio-be".to_owned(),
        version,
        sha256: "ab".repeat(32),
        text: text.to_owned(),
        published_at: at(0),
    };
    assert_eq!(store.plans(10).await.unwrap(), []);
    for (version, text) in [(10, "ten"), (2, "two")] {
        write(&store, S::PublishPlan(plan(version, text))).await.unwrap();
    }
    assert!(is_conflict(&write(&store, S::PublishPlan(plan(2, "other"))).await));
    assert_eq!(store.plans(10).await.unwrap(), [plan(2, "two"), plan(10, "ten")]);
}

pub async fn a_customer_reads_as_it_was_written(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    assert_eq!(store.customer(owner).await.unwrap(), None);
    let who = customer(owner);
    write(&store, S::CreateCustomer(who.clone())).await.unwrap();
    assert!(is_conflict(&write(&store, S::CreateCustomer(who.clone())).await));
    assert_eq!(store.customer(owner).await.unwrap(), Some(who.clone()));
    let moved = Customer { legal_name: "Peeters".to_owned(), ..who };
    write(&store, S::UpdateCustomer(moved.clone())).await.unwrap();
    assert!(is_conflict(&write(&store, S::UpdateCustomer(moved.clone())).await));
    assert_eq!(store.customer(owner).await.unwrap(), Some(Customer { version: 2, ..moved }));
    assert_eq!(store.customer(AccountSid::new()).await.unwrap(), None);
}
