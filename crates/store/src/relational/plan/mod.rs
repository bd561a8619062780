//! What each change does to which table. The order of the values is that of the statement in `sql/`.

pub(super) mod columns;

mod accounts;
mod calls;
mod contracts;
mod credit;
mod debits;
mod erasure;
mod exports;
mod factors;
mod flows;
mod guard;
mod holdings;
mod invoices;
mod lawful;
mod ledger;
mod letters;
mod mail;
mod masking;
mod messages;
mod messaging;
mod money;
mod notices;
mod numbers;
mod outbox;
mod payments;
mod people;
mod phones;
mod porting;
mod price_runs;
mod promotions;
mod retention;
mod rooms;
mod sip;
mod step;
mod transcriptions;
mod verify;
mod verify_texts;
mod watches;
mod write;

pub use step::{Expect, Step};
pub use write::Write;

use crate::{Change, Change as C, ChangeSet, StoreError};

/// Changes of one set; larger work is split by its use case.
pub const MAX_CHANGES: usize = 10_000;

/// The steps of a set, in order. `Broken` for a set that is too large or a posting that does not sum to zero: bugs of the caller.
pub fn plan(changes: ChangeSet) -> Result<Vec<Step>, StoreError> {
    let changes = changes.into_changes();
    if changes.len() > MAX_CHANGES {
        return Err(StoreError::Broken("a change set has at most 10 000 changes".into()));
    }
    let mut steps = Vec::with_capacity(changes.len() * 2);
    for change in changes {
        plan_change(change, &mut steps)?;
    }
    Ok(steps)
}

const MOVED: &str = "the resource was changed by somebody else, or is not there";
const TAKEN: &str = "the sid or unique name is taken";
const MISSING: &str = "the resource is not there";

fn plan_change(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let step = match change {
        C::CreateAccount(account) => return accounts::create(&account, steps),
        C::UpdateAccount(account) => accounts::update(account)?,
        C::CreateKey(key) => accounts::create_key(&key)?,
        C::UpdateKey(key) => accounts::update_key(key)?,
        C::DeleteKey(account, key) => accounts::delete_key(account, key),
        C::CreateApplication(application) => numbers::create_application(&application)?,
        C::UpdateApplication(application) => numbers::update_application(application)?,
        C::DeleteApplication(account, it) => numbers::delete_application(account, it, steps),
        C::ImportStock(stock) => return extend(steps, stock.iter().map(numbers::import)),
        C::RentNumber(number) => return numbers::rent(&number, steps),
        C::UpdateNumber(number) => numbers::update(number)?,
        C::ReleaseNumber(account, it, at, free_at) => numbers::release((account, it), (at, free_at), steps),
        C::CreateCallerId(id) => numbers::create_caller_id(&id)?,
        C::UpdateCallerId(id) => numbers::update_caller_id(id)?,
        C::DeleteCallerId(account, id) => numbers::delete_caller_id(account, id),
        C::CreateCall(call) => calls::create(&call)?,
        C::UpdateCall(call) => calls::update(call)?,
        C::DeleteCall(account, call) => return extend(steps, calls::delete(account, call).map(Ok)),
        C::ProveCalls(calls, at) => return extend(steps, calls::prove(calls, at)),
        C::AddTimeline(entries) => calls::add_timeline(&entries)?,
        C::AddLadder(ladder) => calls::add_ladder(ladder),
        C::CreateRecording(recording) => calls::create_recording(&recording)?,
        C::UpdateRecording(recording) => calls::update_recording(recording)?,
        C::CreateAccountKey(account, sealed) => accounts::create_account_key(account, sealed),
        C::ResealAccountKey { account, from, to } => accounts::reseal_account_key(account, from, to),
        C::DestroyAccountKey(account) => accounts::destroy_account_key(account),
        C::AddNotification(notification) => calls::add_notification(&notification)?,
        C::CreateMessage(message) => messages::create(&message)?,
        C::UpdateMessage(message) => messages::update(message)?,
        C::DeleteMessage(account, it) => return extend(steps, messages::delete(account, it).map(Ok)),
        C::LinkCarrierId { route, carrier_id, message, segment } => {
            messages::link(&route, &carrier_id, message, segment)
        }
        C::KeepMoPart(part) => messages::keep_part(&part)?,
        C::DropMoParts(key) => messages::drop_parts(&key),
        C::ClaimMoPart(key, part) => messages::claim_part(&key, part),
        C::AddUsage(event) => return add_usage(&event, steps),
        C::Post(posting) => return money::post(&posting, steps),
        C::QueueCallback(callback) => outbox::queue(&callback)?,
        C::SettleCallback(callback) => outbox::settle(&callback)?,
        C::KeepIdempotency(record) => outbox::keep(record),
        C::AddVerbRecord(record) => calls::add_verb_record(&record)?,
        C::Sip(change) => return sip::plan(change, steps),
        C::Room(change) => rooms::plan(change)?,
        C::Phone(change) => phones::plan(change)?,
        C::Flow(change) => return flows::plan(change, steps),
        C::Verify(change) => return verify::plan(change, steps),
        C::Credit(change) => return credit::plan(change, steps),
        C::Watch(change) => return watches::plan(change, steps),
        C::People(change) => return people::plan(change, steps),
        C::Messaging(change) => return messaging::plan(change, steps),
        C::Invoice(change) => return invoices::plan(change, steps),
        C::Letter(change) => letters::plan(change)?,
        C::Ledger(change) => return ledger::plan(change, steps),
        C::Holding(change) => holdings::plan(change)?,
        C::Contract(change) => return contracts::plan(change, steps),
        C::Mail(change) => mail::plan(change)?,
        C::Transcription(change) => transcriptions::plan(change)?,
        C::Export(change) => exports::plan(change)?,
        C::Erasure(change) => return erasure::plan(change, steps),
        C::Retention(change) => retention::plan(&change),
        C::Debit(change) => debits::plan(change)?,
        C::Payment(change) => payments::plan(change)?,
        C::Lawful(change) => lawful::plan(change)?,
    };
    steps.push(step);
    Ok(())
}

/// The mark that its account's usage has moved, the event, and the sum of its day.
fn add_usage(event: &flexio_domain::UsageEvent, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(watches::moved(event.account_sid));
    steps.extend(money::add_usage(event)?);
    Ok(())
}

/// Adds steps until one cannot be made.
fn extend(
    steps: &mut Vec<Step>,
    more: impl IntoIterator<Item = Result<Step, StoreError>>,
) -> Result<(), StoreError> {
    for step in more {
        steps.push(step?);
    }
    Ok(())
}
