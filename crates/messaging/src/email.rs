//! The life of an e-mail: it waits until every recipient is decided, or its time is up.

use flexio_domain::{Email, EmailStatus, ErrorCode, RecipientState};
use jiff::Timestamp;

/// What the relay said of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken.
    Accepted,
    /// Refused for good (5yz); in words fit for the customer.
    Refused(String),
    /// Not now (4yz, or no connection).
    Later(String),
}

/// A try is over: `outcomes` are those of the recipients that waited, in their order; one that is missing is tried again. `again` is when
/// the next try may be, `None` where there is none: then whoever still waits is given up. Whether the e-mail is over.
pub fn tried(email: &mut Email, outcomes: Vec<Outcome>, again: Option<Timestamp>, now: Timestamp) -> bool {
    email.attempts = email.attempts.saturating_add(1);
    email.updated_at = now;
    let again = again.filter(|at| *at < email.expires_at);
    let mut outcomes = outcomes.into_iter();
    let mut gave_up = false;
    for recipient in &mut email.recipients {
        if recipient.state != RecipientState::Waiting {
            continue;
        }
        let missing = || Outcome::Later("the mail server said nothing".to_owned());
        match outcomes.next().unwrap_or_else(missing) {
            Outcome::Accepted => {
                email.sent_at.get_or_insert(now);
                recipient.state = RecipientState::Accepted;
            }
            Outcome::Refused(why) => {
                email.last_error = Some(why.clone());
                recipient.state = RecipientState::Refused(why);
            }
            Outcome::Later(why) => {
                email.last_error = Some(why.clone());
                if again.is_none() {
                    gave_up = true;
                    recipient.state = RecipientState::Refused(why);
                }
            }
        }
    }
    if email.recipients.iter().any(|recipient| recipient.state == RecipientState::Waiting) {
        email.next_attempt_at = again;
        return false;
    }
    let accepted = email.recipients.iter().filter(|one| one.state == RecipientState::Accepted).count();
    email.status = match accepted {
        0 => EmailStatus::Failed,
        all if all == email.recipients.len() => EmailStatus::Sent,
        _ => EmailStatus::PartiallySent,
    };
    let why = if gave_up { ErrorCode::EmailExpired } else { ErrorCode::EmailRefused };
    email.error = (email.status != EmailStatus::Sent).then_some(why);
    email.next_attempt_at = None;
    // What has left, or never will, is nobody's to read any more.
    email.sealed_body = None;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_domain::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn email(recipients: usize) -> Email {
        let from: Mailbox = "info@acme.test".parse().unwrap();
        let recipient = |number: usize| EmailRecipient {
            address: format!("r{number}@acme.test").parse().unwrap(),
            state: RecipientState::Waiting,
        };
        Email {
            sid: EmailSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            to: vec![from.clone()],
            from,
            cc: Vec::new(),
            recipients: (0..recipients).map(recipient).collect(),
            subject: Pii::default(),
            is_html: false,
            sealed_body: Some(Sealed(vec![1])),
            recording_sid: None,
            invoice_sid: None,
            by_operator: false,
            call_sid: None,
            message_sid: None,
            status_callback: None,
            status: EmailStatus::Queued,
            attempts: 0,
            next_attempt_at: Some(at(0)),
            expires_at: at(1_000),
            last_error: None,
            error: None,
            sent_at: None,
            api_version: "2012-04-24".to_owned(),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn later() -> Outcome {
        Outcome::Later("450 busy".to_owned())
    }

    #[test]
    fn who_was_taken_is_not_tried_again_and_the_text_is_dropped_at_the_end() {
        let mut it = email(2);
        assert!(!tried(&mut it, vec![Outcome::Accepted, later()], Some(at(60)), at(1)));
        assert_eq!((it.status, it.next_attempt_at, it.attempts), (EmailStatus::Queued, Some(at(60)), 1));
        assert!(it.sealed_body.is_some());
        assert!(tried(&mut it, vec![Outcome::Accepted], Some(at(200)), at(60)));
        assert_eq!((it.status, it.error, it.next_attempt_at), (EmailStatus::Sent, None, None));
        assert_eq!((it.sealed_body, it.sent_at), (None, Some(at(1))));
    }

    #[test]
    fn a_refusal_is_final_and_a_time_that_is_up_is_one() {
        let mut it = email(2);
        assert!(tried(
            &mut it,
            vec![Outcome::Refused("550 no such user".to_owned()), Outcome::Accepted],
            None,
            at(1)
        ));
        assert_eq!((it.status, it.error), (EmailStatus::PartiallySent, Some(ErrorCode::EmailRefused)));
        let mut late = email(1);
        // The next try would be after its time.
        assert!(tried(&mut late, vec![later()], Some(at(1_000)), at(990)));
        assert_eq!((late.status, late.error), (EmailStatus::Failed, Some(ErrorCode::EmailExpired)));
        assert_eq!(late.last_error.as_deref(), Some("450 busy"));
    }

    proptest! {
        #[test]
        fn an_email_ends_once_and_nobody_gets_it_after_he_was_decided(
            tries in proptest::collection::vec((proptest::collection::vec(0_u8..3, 0..4), any::<bool>()), 1..12),
        ) {
            let mut it = email(3);
            let mut accepted = 0;
            for (second, (outcomes, again)) in (0..).zip(tries) {
                let waiting = it.recipients.iter().filter(|one| one.state == RecipientState::Waiting).count();
                let outcomes: Vec<_> = outcomes.into_iter().take(waiting).map(|kind| match kind {
                    0 => Outcome::Accepted,
                    1 => Outcome::Refused(String::new()),
                    _ => later(),
                }).collect();
                accepted += outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count();
                let is_over = tried(&mut it, outcomes, again.then(|| at(second + 1)), at(second));
                prop_assert_eq!(is_over, it.next_attempt_at.is_none());
                prop_assert_eq!(is_over, it.sealed_body.is_none());
                let taken = it.recipients.iter().filter(|one| one.state == RecipientState::Accepted).count();
                prop_assert_eq!(taken, accepted);
                if is_over { break; }
            }
        }
    }
}
