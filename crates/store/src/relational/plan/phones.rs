//! Registrations of phones, and how trunks stand.

use flexio_domain::*;

use super::Step;
use super::columns::*;
use crate::relational::Write;
use crate::{PhoneChange, StoreError};

/// The step of a change.
pub fn plan(change: PhoneChange) -> Result<Step, StoreError> {
    Ok(match change {
        PhoneChange::Save(bindings) => {
            let SipBindings { node, account_sid, address, contacts } = &bindings;
            let mut values = vec![text(node), sid(account_sid.as_u128()), text(address)];
            if contacts.is_empty() {
                Step::any(Write::BindingsDrop, values)
            } else {
                values.push(doc(&bindings)?);
                Step::any(Write::BindingsSave, values)
            }
        }
        PhoneChange::Report(report) => {
            let values = vec![text(&report.node), text(&report.trunk), time(report.at), doc(&report)?];
            Step::any(Write::TrunkReportSave, values)
        }
        PhoneChange::Seen { node, at } => Step::any(Write::RegistrarSave, vec![text(&node), time(at)]),
    })
}
