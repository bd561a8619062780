//! E-mails.

use super::*;
use crate::{MailChange as C, Page, Span};
use flexio_domain::*;

/// An e-mail that waits.
pub fn email(account_sid: AccountSid, due: i64) -> Email {
    let mailbox: Mailbox = "Acme <info@acme.test>".parse().unwrap();
    Email {
        sid: EmailSid::new(),
        version: 1,
        account_sid,
        from: mailbox.clone(),
        to: vec![mailbox.clone()],
        cc: Vec::new(),
        recipients: vec![EmailRecipient { address: mailbox.address, state: RecipientState::Waiting }],
        subject: Pii("Hello".to_owned()),
        is_html: true,
        sealed_body: Some(Sealed(vec![0, 255, 7])),
        recording_sid: Some(RecordingSid::from_u128(4)),
        invoice_sid: Some(InvoiceSid::from_u128(6)),
        by_operator: false,
        call_sid: Some(CallSid::from_u128(5)),
        message_sid: None,
        status_callback: None,
        status: EmailStatus::Queued,
        attempts: 0,
        next_attempt_at: Some(at(due)),
        expires_at: at(due + 600),
        last_error: None,
        error: None,
        sent_at: None,
        api_version: "2012-04-24".to_owned(),
        created_at: at(due),
        updated_at: at(due),
    }
}

pub(super) async fn an_email_reads_as_it_was_written_and_is_changed_once(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let made = email(account, 0);
    put(&store, C::Create(made.clone()).into()).await;
    assert_eq!(store.email(account, made.sid).await.unwrap(), Some(made.clone()));
    assert_eq!(store.email(AccountSid::new(), made.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::Create(made.clone()).into()).await));
    let sent = Email { status: EmailStatus::Sent, next_attempt_at: None, sealed_body: None, ..made.clone() };
    put(&store, C::Update(sent.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::Update(made.clone()).into()).await));
    assert_eq!(store.email(account, made.sid).await.unwrap(), Some(Email { version: 2, ..sent }));
}

pub(super) async fn due_emails_are_claimed_longest_due_first(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let made: Vec<Email> = [30, 10, 20, 99].map(|due| email(account, due)).into();
    put_all(&store, made.iter().cloned().map(|email| C::Create(email).into())).await;
    let over = Email { next_attempt_at: None, ..email(account, 1) };
    put(&store, C::Create(over).into()).await;
    let due = store.claim_emails(at(30), at(60), 2).await.unwrap();
    assert_eq!(due.iter().map(|email| email.sid).collect::<Vec<_>>(), [made[1].sid, made[2].sid]);
    if store.describe().shared {
        let rest = store.claim_emails(at(30), at(60), 9).await.unwrap();
        assert_eq!(rest.iter().map(|email| email.sid).collect::<Vec<_>>(), [made[0].sid]);
    }
    // A claim does not stand in the way of what the claimer found out.
    put(&store, C::Update(Email { next_attempt_at: None, ..due[0].clone() }).into()).await;
}

pub(super) async fn emails_are_listed_and_counted_by_time(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let made: Vec<Email> = [0, 10, 20].map(|due| email(account, due)).into();
    put_all(&store, made.iter().cloned().map(|email| C::Create(email).into())).await;
    let span = Span { from: Some(at(10)), until: None };
    let listed = store.emails(account, span, &Page::default()).await.unwrap();
    assert_eq!(listed, [made[2].clone(), made[1].clone()]);
    assert_eq!(store.count_emails(account, span).await.unwrap(), 2);
    assert_eq!(store.count_emails(account, Span::default()).await.unwrap(), 3);
    assert_eq!(store.count_emails(AccountSid::new(), Span::default()).await.unwrap(), 0);
    let letter = Email { by_operator: true, ..email(account, 20) };
    put(&store, C::Create(letter.clone()).into()).await;
    assert_eq!(
        store.count_own_emails(account, at(10)).await.unwrap(),
        2,
        "the operator's is not the account's"
    );
    put(&store, C::Update(letter).into()).await;
    assert_eq!(store.count_own_emails(account, at(0)).await.unwrap(), 3);
    assert_eq!(store.count_emails(account, Span::default()).await.unwrap(), 4);
}
