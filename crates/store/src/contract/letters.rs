//! What follows an invoice.

use super::*;
use crate::{Change as C, LetterChange as L};
use flexio_domain::*;
use jiff::civil::date;

fn letter(account_sid: AccountSid, invoice_sid: InvoiceSid, number: u32) -> Letter {
    Letter {
        sid: LetterSid::new(),
        invoice_sid,
        account_sid,
        number,
        kind: LetterKind::Warning,
        channel: LetterChannel::Email,
        to: "books@korenbloem.be".to_owned(),
        email_sid: Some(EmailSid::new()),
        failure: None,
        subject: "Waarschuwing".to_owned(),
        text: "Op 17 februari 2027 …\n".to_owned(),
        sha256: "ab".repeat(32),
        amount: Money::from_micros(1_210_000),
        late_fixed: Money::ZERO,
        late_interest: Money::ZERO,
        interest_until: None,
        suspend_on: Some(date(2027, 2, 17)),
        written_on: date(2027, 2, 2),
        written_at: at(1),
    }
}

pub async fn letters_of_an_invoice_are_numbered_once(store: Arc<dyn Store>) {
    let (owner, of) = (AccountSid::new(), InvoiceSid::new());
    let write = async |letter: &Letter| try_put(&store, L::Write(Box::new(letter.clone())).into()).await;
    let (first, second) = (letter(owner, of, 1), letter(owner, of, 2));
    write(&second).await.unwrap();
    write(&first).await.unwrap();
    assert!(is_conflict(&write(&letter(owner, of, 2)).await), "somebody took this step");
    write(&letter(owner, InvoiceSid::new(), 1)).await.unwrap();
    assert_eq!(store.letters(owner, of, 10).await.unwrap(), [first.clone(), second]);
    assert_eq!(store.letters(owner, of, 1).await.unwrap(), [first]);
    assert_eq!(store.letters(AccountSid::new(), of, 10).await.unwrap(), []);
}

pub async fn disputes_and_approvals_are_changed_from_where_they_stood(store: Arc<dyn Store>) {
    let (owner, of) = (AccountSid::new(), InvoiceSid::new());
    let dispute = Dispute {
        sid: DisputeSid::new(),
        version: 1,
        invoice_sid: of,
        account_sid: owner,
        amount: Money::from_micros(500_000),
        reason: "not mine".to_owned(),
        opened_at: at(1),
        closed_at: None,
        outcome: String::new(),
    };
    put(&store, L::OpenDispute(dispute.clone()).into()).await;
    let closed = Dispute { closed_at: Some(at(2)), outcome: "credited".to_owned(), ..dispute.clone() };
    put(&store, L::UpdateDispute(closed.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, L::UpdateDispute(closed.clone()).into()).await));
    let known = store.disputes(owner, of, 10).await.unwrap();
    assert_eq!(known, [Dispute { version: 2, ..closed }]);
    assert_eq!(store.disputes(AccountSid::new(), of, 10).await.unwrap(), []);

    let asked = CreditRequest {
        sid: CreditRequestSid::new(),
        version: 1,
        invoice_sid: of,
        account_sid: owner,
        parts: vec![CreditPart { line: 1, net: Money::from_micros(500_000) }],
        reason: "not mine".to_owned(),
        gross: Money::from_micros(605_000),
        state: CreditRequestState::Waiting,
        asked_by: "US1".to_owned(),
        asked_at: at(1),
        decided_by: None,
        decided_at: None,
        note_sid: None,
    };
    put(&store, L::AskCredit(asked.clone()).into()).await;
    let refused = CreditRequest { state: CreditRequestState::Refused, ..asked };
    put(&store, L::UpdateCredit(refused.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, L::UpdateCredit(refused.clone()).into()).await));
    let known = store.credit_requests(owner, of, 10).await.unwrap();
    assert_eq!(known, [CreditRequest { version: 2, ..refused }]);
    assert_eq!(store.credit_requests(AccountSid::new(), of, 10).await.unwrap(), []);
}

pub async fn an_end_is_paid_back_once_and_seen_from_above(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [&top, &child].map(|account| C::CreateAccount(account.clone()))).await;
    let payout = Payout {
        sid: PayoutSid::new(),
        version: 1,
        account_sid: child.sid,
        subscription_sid: SubscriptionSid::new(),
        amount: Money::from_micros(5_050_000),
        currency: Currency::EUR,
        created_at: at(1),
        paid_at: None,
        reference: None,
    };
    put(&store, L::OwePayout(payout.clone()).into()).await;
    let again = Payout { sid: PayoutSid::new(), ..payout.clone() };
    assert!(is_conflict(&try_put(&store, L::OwePayout(again).into()).await), "the contract ended once");
    let paid = Payout { paid_at: Some(at(2)), reference: Some("b7".to_owned()), ..payout.clone() };
    put(&store, L::UpdatePayout(paid.clone()).into()).await;
    let paid = Payout { version: 2, ..paid };
    assert_eq!(store.payout(child.sid, payout.sid).await.unwrap(), Some(paid.clone()));
    assert_eq!(store.payout(top.sid, payout.sid).await.unwrap(), None);
    assert_eq!(store.payouts(top.sid, 10).await.unwrap(), [paid.clone()]);
    assert_eq!(store.payouts(child.sid, 10).await.unwrap(), [paid]);
    assert_eq!(store.payouts(AccountSid::new(), 10).await.unwrap(), []);
}
