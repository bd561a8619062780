//! Invoices, their numbers, and what is on them.

use super::*;
use crate::{Change as C, ContractChange, InvoiceChange, InvoiceFilter, Page, SupplySpan};
use flexio_domain::*;
use jiff::civil::date;

fn money(cents: i64) -> Money {
    Money::from_micros(cents * 10_000)
}

/// The `sequence`th invoice of 2026, for a month.
pub fn invoice(account_sid: AccountSid, sequence: u32, month: &str) -> Invoice {
    Invoice {
        sid: InvoiceSid::new(),
        account_sid,
        kind: InvoiceKind::Invoice,
        number: format!("2026-{sequence:06}"),
        month: month.to_owned(),
        issued_on: date(2026, 12, 3),
        due_on: date(2027, 1, 2),
        from: date(2026, 11, 1),
        to: date(2026, 11, 30),
        communication: StructuredCommunication::of_invoice(2026, sequence),
        currency: Currency::EUR,
        seller: Operator::default(),
        buyer: Buyer {
            name: "Bakkerij De Korenbloem BV".to_owned(),
            address: address(),
            enterprise_number: None,
            vat_number: None,
            peppol: None,
            reference: None,
            language: Language::Nl,
        },
        vat: Vat::Standard { country: "BE".to_owned(), millionths: 210_000 },
        lines: Vec::new(),
        allowances: Vec::new(),
        lines_total: money(100),
        net: money(100),
        tax: money(21),
        gross: money(121),
        prepaid: Money::ZERO,
        payable: money(121),
        direct_debit: None,
        preceding: None,
        advice: None,
    }
}

fn address() -> PostalAddress {
    PostalAddress {
        street: "Kerkstraat 12".to_owned(),
        post_code: "9000".to_owned(),
        city: "Gent".to_owned(),
        country: "BE".to_owned(),
    }
}

async fn issue(
    store: &Arc<dyn Store>,
    invoice: &Invoice,
    series: &str,
    sequence: u32,
    supplies: Vec<UsageSupply>,
) -> Result<(), crate::StoreError> {
    let (invoice, series) = (Box::new(invoice.clone()), series.to_owned());
    try_put(store, InvoiceChange::Issue { invoice, series, sequence, supplies }.into()).await
}

pub async fn numbers_of_a_series_are_given_in_order_and_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (invoice(owner, 1, "2026-10"), invoice(owner, 2, "2026-11"));
    assert_eq!(store.last_in_series("2026").await.unwrap(), 0);
    assert!(is_conflict(&issue(&store, &second, "2026", 2, vec![]).await), "one would be left out");
    issue(&store, &first, "2026", 1, vec![]).await.unwrap();
    assert!(is_conflict(&issue(&store, &second, "2026", 1, vec![]).await), "it is given");
    // The month is invoiced: its number is not used up by the attempt.
    let again = invoice(owner, 2, "2026-10");
    assert!(is_conflict(&issue(&store, &again, "2026", 2, vec![]).await));
    assert_eq!(store.last_in_series("2026").await.unwrap(), 1);
    issue(&store, &second, "2026", 2, vec![]).await.unwrap();
    let state = |invoice: &Invoice| InvoiceState { invoice: invoice.clone(), settled: Money::ZERO };
    assert_eq!(store.invoice(owner, first.sid).await.unwrap(), Some(state(&first)));
    assert_eq!(store.invoice(AccountSid::new(), first.sid).await.unwrap(), None);
    assert_eq!(store.invoice_of_month(owner, "2026-11").await.unwrap(), Some(state(&second)));
    assert_eq!(store.invoice_of_month(owner, "2026-12").await.unwrap(), None);
    assert_eq!(store.invoice_by_communication("260000000149").await.unwrap(), None);
    let digits = first.communication.unwrap().digits();
    assert_eq!(store.invoice_by_communication(&digits).await.unwrap(), Some(state(&first)));
    let listed = async |filter: InvoiceFilter| {
        let found = store.invoices(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(store.count_invoices(owner, &filter).await.unwrap(), found.len() as u64, "{filter:?}");
        found.into_iter().map(|it| it.invoice.number).collect::<Vec<_>>()
    };
    let all = [second.number.clone(), first.number.clone()];
    assert_eq!(listed(InvoiceFilter::default()).await, all);
    let of =
        |kind, month: Option<&str>, is_open| InvoiceFilter { kind, month: month.map(str::to_owned), is_open };
    assert_eq!(listed(of(Some(InvoiceKind::Invoice), None, Some(true))).await, all);
    assert_eq!(listed(of(None, Some("2026-10"), None)).await, all[1..]);
    assert!(listed(of(Some(InvoiceKind::CreditNote), None, None)).await.is_empty());
    assert!(listed(of(None, None, Some(false))).await.is_empty());
    try_put(&store, InvoiceChange::Settle(Box::new(state(&first)), money(121)).into()).await.unwrap();
    assert_eq!(listed(of(None, None, Some(false))).await, all[1..]);
    assert_eq!(listed(of(None, None, Some(true))).await, all[..1]);
}

pub async fn an_invoice_is_settled_from_where_it_stood(store: Arc<dyn Store>) {
    let issued = invoice(AccountSid::new(), 1, "2026-11");
    issue(&store, &issued, "2026", 1, vec![]).await.unwrap();
    let state = InvoiceState { invoice: issued.clone(), settled: Money::ZERO };
    let settle = async |from: &InvoiceState, settled| {
        try_put(&store, InvoiceChange::Settle(Box::new(from.clone()), settled).into()).await
    };
    settle(&state, money(100)).await.unwrap();
    assert!(is_conflict(&settle(&state, money(121)).await), "somebody paid meanwhile");
    let part = store.invoice(issued.account_sid, issued.sid).await.unwrap().unwrap();
    assert_eq!((part.open(), part.status()), (money(21), "open"));
    settle(&part, money(121)).await.unwrap();
    let paid = store.invoice(issued.account_sid, issued.sid).await.unwrap().unwrap();
    assert_eq!((paid.open(), paid.status()), (Money::ZERO, "paid"));
    let note = Invoice {
        kind: InvoiceKind::CreditNote,
        number: "CN2026-000001".to_owned(),
        communication: None,
        preceding: Some(Preceding {
            sid: issued.sid,
            number: issued.number.clone(),
            issued_on: issued.issued_on,
            reason: "a fault of ours".to_owned(),
        }),
        ..invoice(issued.account_sid, 9, "2026-11")
    };
    issue(&store, &note, "CN2026", 1, vec![]).await.unwrap();
    let notes = store.credit_notes(issued.account_sid, issued.sid, 10).await.unwrap();
    assert_eq!(notes, [InvoiceState { settled: note.payable, invoice: note }]);
}

fn customer(account_sid: AccountSid) -> Customer {
    Customer {
        account_sid,
        version: 1,
        kind: CustomerKind::Larger,
        legal_name: "Bakkerij De Korenbloem".to_owned(),
        legal_form: "BV".to_owned(),
        address: address(),
        enterprise_number: None,
        vat_number: None,
        language: Language::Nl,
        invoice_email: "books@korenbloem.be".to_owned(),
        notice_email: None,
        peppol: None,
        reference: None,
        iban: None,
        large_print: false,
        event_webhook: None,
        vat_check: None,
        vat_evidence: Vec::new(),
        identified_at: None,
        waived_at: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

pub async fn usage_is_summed_for_whoever_pays_less_what_is_invoiced(store: Arc<dyn Store>) {
    let top = account("top");
    let (child, other) = (sub_account(&top, "child"), sub_account(&top, "other"));
    put_all(&store, [&top, &child, &other].map(|account| C::CreateAccount(account.clone()))).await;
    let all = [(&top, "CA1:leg"), (&child, "CA2:leg"), (&child, "CA3:leg"), (&other, "CA4:leg")];
    for (account, id) in all {
        let event = usage(account.sid, id);
        put_all(&store, [C::AddUsage(event.clone()), C::Post(posting(&event))]).await;
    }
    put(&store, C::AddUsage(UsageEvent { amount: Money::ZERO, ..usage(top.sid, "CA5:leg") })).await;
    let unpaid = store.unpaid_accounts().await.unwrap();
    assert_eq!(unpaid.count, 3);
    let pays = |account: &Account| ContractChange::CreateCustomer(customer(account.sid));
    put_all(&store, [pays(&top).into(), pays(&other).into()]).await;
    assert_eq!(store.unpaid_accounts().await.unwrap(), Faults::default());
    let mut payers = [top.sid, other.sid];
    payers.sort_unstable();
    assert_eq!(store.payers(None, 10).await.unwrap(), payers);
    assert_eq!(store.payers(Some(payers[0]), 10).await.unwrap(), payers[1..]);

    let span = SupplySpan {
        from_month: "2026-10".to_owned(),
        to_month: "2026-11".to_owned(),
        from_day: "2026-09-30".to_owned(),
        to_day: "2026-12-01".to_owned(),
    };
    let used = store.usage_supplies(top.sid, &span, 10).await.unwrap();
    let supply = |account: &Account, count: u64| {
        let event = usage(account.sid, "CA1:leg");
        UsageSupply {
            account_sid: account.sid,
            month: event.month,
            item: event.item,
            plan: event.plan,
            quantity: event.billed * count,
            count,
            amount: Money::from_micros(event.amount.micros() * i64::try_from(count).unwrap()),
        }
    };
    let mut expected = [supply(&top, 1), supply(&child, 2)];
    expected.sort_by_key(|supply| supply.account_sid);
    assert_eq!(used, expected);
    assert_eq!(store.usage_supplies(other.sid, &span, 10).await.unwrap(), [supply(&other, 1)]);
    assert_eq!(store.usage_supplies(top.sid, &span, 1).await.unwrap().len(), 1);
    let month = async |after: &str| {
        let after = ("voice".to_owned(), after.to_owned());
        let events = store.usage_of_month("2026-11", &after, 3).await.unwrap();
        events.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(month("").await, ["CA1:leg", "CA2:leg", "CA3:leg"]);
    assert_eq!(month("CA3:leg").await, ["CA4:leg", "CA5:leg"]);
    let earlier = SupplySpan { to_month: "2026-10".to_owned(), ..span.clone() };
    assert_eq!(store.usage_supplies(top.sid, &earlier, 10).await.unwrap(), []);

    let issued = invoice(top.sid, 1, "2026-11");
    issue(&store, &issued, "2026", 1, vec![supply(&child, 2)]).await.unwrap();
    assert_eq!(store.invoiced_supplies(top.sid, &span, 10).await.unwrap(), [supply(&child, 2)]);
    assert_eq!(store.invoiced_supplies(child.sid, &span, 10).await.unwrap(), [supply(&child, 2)]);
    assert_eq!(store.invoiced_supplies(other.sid, &span, 10).await.unwrap(), []);
}

pub async fn the_uses_behind_an_invoice_are_found_and_counted_from_the_earlier_ones(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    let event = usage(owner.sid, "CA1:leg");
    let other = UsageEvent { plan: "flexio-be/2".to_owned(), ..usage(owner.sid, "CA3:leg") };
    let free = UsageEvent { amount: Money::ZERO, ..usage(owner.sid, "CA4:leg") };
    for event in [&event, &usage(owner.sid, "CA2:leg"), &other, &free] {
        put(&store, C::AddUsage(event.clone())).await;
    }
    let supply = |count: u64| UsageSupply {
        account_sid: owner.sid,
        month: event.month.clone(),
        item: event.item.clone(),
        plan: event.plan.clone(),
        quantity: event.billed * count,
        count,
        amount: event.amount,
    };
    let (first, second) = (invoice(owner.sid, 1, "2026-11"), invoice(owner.sid, 2, "2026-12"));
    issue(&store, &first, "2026", 1, vec![supply(2)]).await.unwrap();
    issue(&store, &second, "2026", 2, vec![supply(1)]).await.unwrap();
    assert_eq!(store.supplies_on(first.sid, 10).await.unwrap(), [(supply(2), 0)]);
    assert_eq!(store.supplies_on(second.sid, 10).await.unwrap(), [(supply(1), 2)]);
    let behind = async |days, limit| {
        let mut events = store.usage_of_supply(&supply(2), days, limit).await.unwrap();
        events.sort_by(|one, other| one.id.cmp(&other.id));
        events.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(behind(("2026-10-31", "2026-12-01"), 10).await, ["CA1:leg", "CA2:leg"]);
    assert_eq!(behind(("2026-10-31", "2026-12-01"), 1).await.len(), 1);
    assert_eq!(behind(("2026-12-01", "2026-12-31"), 10).await.len(), 0);
}

pub async fn open_invoices_are_found_once_they_are_overdue(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    let early = Invoice { due_on: date(2027, 1, 1), ..invoice(other, 2, "2026-11") };
    let (late, paid) = (invoice(one, 1, "2026-11"), invoice(one, 3, "2026-12"));
    for (issued, sequence) in [(&late, 1), (&early, 2), (&paid, 3)] {
        issue(&store, issued, "2026", sequence, vec![]).await.unwrap();
    }
    let state = InvoiceState { invoice: paid, settled: Money::ZERO };
    put(&store, InvoiceChange::Settle(Box::new(state), money(121)).into()).await;
    let overdue = async |today: &str, day: &str, after, limit| {
        let found = store.overdue_invoices(today, (day, after), limit).await.unwrap();
        found.into_iter().map(|state| state.invoice.sid).collect::<Vec<_>>()
    };
    assert_eq!(overdue("2027-01-01", "", None, 10).await, []);
    assert_eq!(overdue("2027-01-02", "", None, 10).await, [early.sid]);
    assert_eq!(overdue("2027-01-03", "", None, 10).await, [early.sid, late.sid]);
    assert_eq!(overdue("2027-01-03", "2027-01-01", Some(early.sid), 10).await, [late.sid]);
    assert_eq!(overdue("2027-01-03", "", None, 1).await, [early.sid]);
    let issued = async |from: &str, to: &str, after: (&str, Option<InvoiceSid>), limit| {
        let found = store.issued_invoices((from, to), after, limit).await.unwrap();
        found.into_iter().map(|state| state.invoice.sid).collect::<Vec<_>>()
    };
    let day = late.issued_on.to_string();
    let all = issued(&day, &day, ("", None), 10).await;
    assert_eq!(all.len(), 3, "of every account");
    assert_eq!(issued(&day, &day, (&day, Some(all[0])), 1).await, all[1..2]);
    assert_eq!(issued("2000-01-01", "2000-12-31", ("", None), 10).await, []);
    let open = store.open_invoices(one, 10).await.unwrap();
    assert_eq!(open, [InvoiceState { invoice: late, settled: Money::ZERO }]);
}
