//! Documents that are made when they are asked for.

use flexio_documents::summary::{self, Summary};
use flexio_domain::{ErrorCode, Language};
use flexio_rating::Plan;
use jiff::civil::Date;

use crate::App;
use crate::error::{AppError, refuse};

impl App {
    /// The contract summary of the plan on sale, in its newest version, as of today on the wall clock of the plan.
    pub fn contract_summary(&self, language: Language) -> Summary {
        let now = self.clock.now();
        let newest = self.newest_open(self.rater().plan().id(), now);
        let plan = newest.as_ref().map_or(self.rater().plan(), |rater| rater.plan());
        self.summary_of(plan, language, plan.zone().to_datetime(now).date())
    }

    /// The contract summary of a plan of this installation.
    pub(crate) fn summary_of(&self, plan: &Plan, language: Language, day: Date) -> Summary {
        summary::of(plan, &self.config.operator, self.config.has_emergency_route, language, day)
    }

    /// Refuses a plan whose contract summary cannot be made, in any language: nobody could order it.
    pub(crate) fn must_have_summary(&self, plan: &Plan) -> Result<(), AppError> {
        let today = plan.zone().to_datetime(self.clock.now()).date();
        for language in Language::ALL {
            self.summary_of(plan, *language, today).pdf().map_err(|error| {
                let language = language.as_str();
                let why = format!("The contract summary of {} in {language}: {error}", plan.label());
                refuse(ErrorCode::Unprocessable, why)
            })?;
        }
        Ok(())
    }
}
