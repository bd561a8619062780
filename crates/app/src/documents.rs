//! Documents that are made when they are asked for.

use flexio_documents::summary::{self, Summary};
use flexio_domain::{ErrorCode, Language};
use flexio_rating::Plan;

use crate::App;
use crate::error::{AppError, refuse};

impl App {
    /// The contract summary of the plan on sale, in its newest version, as of today on the wall clock of the plan.
    pub fn contract_summary(&self, language: Language) -> Summary {
        let now = self.clock.now();
        let newest = self.newest_open(self.rater().plan().id(), now);
        let plan = newest.as_ref().map_or(self.rater().plan(), |rater| rater.plan());
        summary::of(
            plan,
            &self.config.operator,
            self.config.has_emergency_route,
            language,
            plan.zone().to_datetime(now).date(),
        )
    }

    /// Refuses a plan whose contract summary cannot be made, in any language: nobody could order it.
    pub(crate) fn must_have_summary(&self, plan: &Plan) -> Result<(), AppError> {
        let today = plan.zone().to_datetime(self.clock.now()).date();
        for language in Language::ALL {
            let summary =
                summary::of(plan, &self.config.operator, self.config.has_emergency_route, *language, today);
            if let Err(error) = summary.pdf() {
                let language = language.as_str();
                let why = format!("The contract summary of {} in {language}: {error}", plan.label());
                return Err(refuse(ErrorCode::Unprocessable, why));
            }
        }
        Ok(())
    }
}
