//! What accounts hold.

use flexio_domain::*;

use super::columns::*;
use super::{Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{HoldingChange, StoreError};

pub fn plan(change: HoldingChange) -> Result<Step, StoreError> {
    use HoldingChange as C;
    Ok(match change {
        C::Begin(holding) => Step::one(Write::HoldingInsert, holding_row(&holding)?, TAKEN),
        C::End(account, item, subject, at) => {
            let values = vec![sid(account.as_u128()), text(item.as_str()), text(&subject), time(at)];
            Step::any(Write::HoldingEnd, values)
        }
        C::EndAll(account, at) => Step::any(Write::HoldingsEnd, vec![sid(account.as_u128()), time(at)]),
        C::FreeNumbers(at) => Step::any(Write::StockFree, vec![time(at)]),
        C::Porting(change) => super::porting::plan(change)?,
        C::Masking(change) => super::masking::plan(change)?,
        C::CloseMonth(month) => Step::any(Write::MonthClose, vec![text(&month.month), doc(&month)?]),
    })
}

fn holding_row(holding: &Holding) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(holding.sid.as_u128()),
        sid(holding.account_sid.as_u128()),
        text(holding.item.as_str()),
        text(&holding.subject),
        time(holding.from),
        optional_time(holding.until),
        doc(holding)?,
    ])
}
