//! Which plan would have been the best for what a customer used (Directive (EU) 2018/1972, Article 105(3)).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Money;

/// What the same use comes to under a plan, without tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCost {
    /// Plan and version: `flexio-be/1`.
    pub plan: String,
    /// As shown to customers.
    pub name: String,
    /// Sum of the charges.
    pub amount: Money,
}

/// The use of a year recomputed under every plan that is open for orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAdvice {
    /// First day of the use.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Uses that were recomputed.
    pub uses: u64,
    /// There were more, which are not in any of the sums.
    pub is_partial: bool,
    /// The customer's own plan, and what was charged by it.
    pub own: PlanCost,
    /// Open plans that sell all that was used, cheapest first.
    pub plans: Vec<PlanCost>,
}

impl PlanAdvice {
    /// The cheapest open plan, where it is cheaper than the customer's own.
    pub fn cheaper(&self) -> Option<&PlanCost> {
        self.plans.first().filter(|cheapest| cheapest.amount < self.own.amount)
    }

    /// What the cheapest plan would have saved; nothing where the own plan is the best.
    pub fn difference(&self) -> Money {
        self.cheaper().map_or(Money::ZERO, |cheapest| self.own.amount - cheapest.amount)
    }
}
