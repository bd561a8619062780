//! Events that say of a use what is on record says otherwise. They change nothing: they are kept apart until somebody has looked.

use flexio_billing::ledger::posting_for;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, LedgerChange, StoreError, UsageFilter};

use crate::App;
use crate::assurance::only_top;
use crate::error::AppError;

/// Events shown at once; each is a fault that somebody looks at.
const SHOWN_MAX: u32 = 100;
/// Events of one thing.
const EVENTS_MAX: u32 = 1_000;

impl App {
    /// Of changes that were refused because a use in them is on record with another content: books the uses that fit, parks those that do
    /// not, and gives back what else there is, to be saved.
    pub async fn park_usage(&self, changes: ChangeSet) -> Result<ChangeSet, StoreError> {
        let (mut rest, mut events) = (ChangeSet::new(), Vec::new());
        for change in changes.into_changes() {
            match change {
                Change::AddUsage(event) => events.push(event),
                Change::Post(posting) if posting.id.starts_with("usage:") => {}
                other => rest.push(other),
            }
        }
        let currency = self.rater().plan().currency();
        for event in events {
            let mut set = ChangeSet::from(Change::AddUsage(event.clone()));
            set.extend(posting_for(&event, currency).map(Change::Post));
            match self.store.commit(set).await {
                Err(StoreError::EventConflict(what)) => {
                    tracing::error!(what, "usage_parked");
                    metrics::counter!("usage_events_parked_total").increment(1);
                    let parked = ParkedEvent { event, at: self.clock.now() };
                    self.store.commit(Change::from(LedgerChange::Park(Box::new(parked))).into()).await?;
                }
                done => done?,
            }
        }
        Ok(rest)
    }

    /// For the top account: what is parked, by source and id, each beside what is on record.
    pub async fn parked_events(
        &self,
        asked_by: &Account,
    ) -> Result<Vec<(ParkedEvent, Option<UsageEvent>)>, AppError> {
        only_top(asked_by)?;
        let mut found = Vec::new();
        for parked in self.store.parked_events(SHOWN_MAX).await? {
            let event = &parked.event;
            let filter = UsageFilter { resource: Some(event.resource.clone()), ..UsageFilter::default() };
            let of_it = self.store.usage_events(event.account_sid, &filter, EVENTS_MAX).await?;
            let on_record = of_it.into_iter().find(|it| (&it.source, &it.id) == (&event.source, &event.id));
            found.push((parked, on_record));
        }
        Ok(found)
    }

    /// Somebody has looked: it is put away. What is on record stands.
    pub async fn put_parked_away(&self, asked_by: &Account, source: &str, id: &str) -> Result<(), AppError> {
        only_top(asked_by)?;
        let change = LedgerChange::Unpark(source.to_owned(), id.to_owned());
        self.store.commit(Change::from(change).into()).await.map_err(|error| match error {
            StoreError::Conflict(_) => ErrorCode::NotFound.into(),
            error => error.into(),
        })
    }

    /// What is parked, by its names.
    pub(crate) async fn parked_faults(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        for parked in self.store.parked_events(SHOWN_MAX).await? {
            faults.add(&format!("{}/{}", parked.event.source, parked.event.id));
        }
        Ok(faults)
    }
}
