//! People of the console, their sessions, and what they did.

use flexio_domain::*;

use super::columns::*;
use super::{MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{PeopleChange, StoreError};

const GONE: &str = "it is not there";

/// Appends the steps of a change.
pub fn plan(change: PeopleChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use PeopleChange as C;
    let of = |account: AccountSid, person: PersonSid| vec![sid(account.as_u128()), sid(person.as_u128())];
    let with = |account, person, session: u128| {
        let mut values = of(account, person);
        values.push(sid(session));
        values
    };
    let step = match change {
        C::Create(person) => Step::one(Write::PersonInsert, person_row(&person)?, TAKEN),
        C::Update(person) => {
            let next = Person { version: person.version + 1, ..person };
            Step::one(Write::PersonUpdate, person_row(&next)?, MOVED)
        }
        C::Delete(account, person) => {
            steps.push(Step::any(Write::SessionsDelete, with(account, person, 0)));
            Step::one(Write::PersonDelete, of(account, person), GONE)
        }
        C::BeginSession(session) => Step::one(Write::SessionInsert, session_row(&session)?, TAKEN),
        C::UpdateSession(session) => Step::one(Write::SessionUpdate, session_row(&session)?, GONE),
        C::EndSession(account, person, session) => {
            Step::any(Write::SessionDelete, with(account, person, session.as_u128()))
        }
        C::EndSessions(account, person, kept) => {
            Step::any(Write::SessionsDelete, with(account, person, kept.map_or(0, SessionSid::as_u128)))
        }
        C::SweepSessions(before) => Step::any(Write::SessionsSweep, vec![time(before)]),
        C::SealAudit(seal, events) => {
            let number = count(seal.number);
            steps.push(Step::one(Write::AuditSealInsert, vec![number.clone(), doc(&seal)?], TAKEN));
            for event in events {
                let key = vec![sid(event.as_u128()), number.clone()];
                steps.push(Step::one(Write::AuditEventSeal, key, MOVED));
            }
            return Ok(());
        }
        C::Audit(event) => {
            let row = vec![sid(event.sid.as_u128()), sid(event.account_sid.as_u128()), doc(&event)?];
            Step::one(Write::AuditEventInsert, row, TAKEN)
        }
    };
    steps.push(step);
    Ok(())
}

fn person_row(person: &Person) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(person.sid.as_u128()),
        sid(person.account_sid.as_u128()),
        Value::Int(person.version.into()),
        person.email.as_deref().map_or(Value::Null, email_key),
        optional_text(person.link.as_ref().map(|link| link.digest.as_str())),
        doc(person)?,
    ])
}

fn session_row(session: &Session) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(session.sid.as_u128()),
        sid(session.account_sid.as_u128()),
        sid(session.person_sid.as_u128()),
        text(&session.digest),
        time(session.ends_at),
        doc(session)?,
    ])
}
