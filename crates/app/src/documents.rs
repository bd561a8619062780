//! Documents that are made when they are asked for.

use flexio_documents::summary::{self, Summary};
use flexio_domain::Language;

use crate::App;

impl App {
    /// The contract summary of the plan on sale, as of today on the wall clock of the plan.
    pub fn contract_summary(&self, language: Language) -> Summary {
        let plan = self.rater().plan();
        let today = plan.zone().to_datetime(self.clock.now()).date();
        summary::of(plan, &self.config.operator, language, today)
    }
}
