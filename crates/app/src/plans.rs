//! Plan versions: published once, never changed.

use flexio_domain::{ErrorCode, PlanRetirement, PublishedPlan};
use flexio_rating::Plan;
use flexio_store::{Change, ContractChange, StoreError};

use crate::App;
use crate::error::{AppError, refuse};

/// Plan versions that may be published.
pub const PLANS_MAX: u32 = 1_000;
/// Characters of the reason why one is sold no more.
const REASON_CHARS_MAX: usize = 200;

impl App {
    /// Every plan version that was published, by id and version.
    pub async fn plans(&self) -> Result<Vec<PublishedPlan>, AppError> {
        Ok(self.store.plans(PLANS_MAX).await?)
    }

    /// Publishes a plan version; `false` if it was already. `Conflict` if another file was published as this version.
    pub async fn publish_plan(&self, plan: &Plan) -> Result<bool, AppError> {
        // Decks and numbering data must fit before anybody is sold by it.
        self.rater()
            .with_plan(plan.clone())
            .map_err(|error| refuse(ErrorCode::Unprocessable, error.to_string()))?;
        let is_new = retrying!(self.try_publish(plan))?;
        self.refresh_prices().await?;
        Ok(is_new)
    }

    /// Takes a plan version from sale at once: it is offered no more, and what was offered of it cannot be ordered. What was sold stays.
    pub async fn retire_plan(&self, label: &str, reason: &str, by: &str) -> Result<PlanRetirement, AppError> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Reason has 1 to 200 characters."));
        }
        let known = self.plans().await?;
        let plan = known.into_iter().find(|plan| plan.label() == label);
        let plan = plan.ok_or_else(|| refuse(ErrorCode::NotFound, "No such plan version was published."))?;
        let retirement = PlanRetirement {
            id: plan.id,
            version: plan.version,
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: self.clock.now(),
        };
        let change = ContractChange::RetirePlan(retirement.clone());
        self.store.commit(Change::from(change).into()).await.map_err(|error| match error {
            StoreError::Conflict(_) => {
                refuse(ErrorCode::Conflict, format!("{label} is sold no more already."))
            }
            error => error.into(),
        })?;
        self.refresh_prices().await?;
        Ok(retirement)
    }

    async fn try_publish(&self, plan: &Plan) -> Result<bool, AppError> {
        let sha256 = plan.content_hash().to_string();
        let known = self.plans().await?;
        let same = |it: &&PublishedPlan| (it.id.as_str(), it.version) == (plan.id(), plan.version());
        if let Some(known) = known.iter().find(same) {
            if known.sha256 == sha256 {
                return Ok(false);
            }
            return Err(refuse(
                ErrorCode::Conflict,
                format!(
                    "{} was published on {} with another content (SHA-256 {}…), and a version is one file for ever",
                    plan.label(),
                    plan.zone().to_datetime(known.published_at).date(),
                    known.sha256.get(..12).unwrap_or_default(),
                ),
            ));
        }
        if known.len() >= PLANS_MAX as usize {
            return Err(ErrorCode::TooManyResources.into());
        }
        self.must_have_summary(plan)?;
        let published = PublishedPlan {
            id: plan.id().to_owned(),
            version: plan.version(),
            sha256,
            text: plan.text().to_owned(),
            published_at: self.clock.now(),
        };
        self.store.commit(Change::from(ContractChange::PublishPlan(published)).into()).await?;
        Ok(true)
    }
}
