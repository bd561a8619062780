//! Parameters of a customer.

use flexio_app::CustomerPatch;
use flexio_domain::{CustomerKind, Language};

use crate::ask::Ask;
use crate::error::Result;
use crate::params::one_of;

pub(super) fn customer(ask: &Ask<'_>) -> Result<CustomerPatch> {
    let text = |name: &str| ask.params.get(name).map(str::to_owned);
    Ok(CustomerPatch {
        kind: one_of("Kind", ask.params.text("Kind"), CustomerKind::from_wire)?,
        legal_name: text("LegalName"),
        legal_form: text("LegalForm"),
        street: text("Street"),
        post_code: text("PostCode"),
        city: text("City"),
        country: text("Country"),
        enterprise_number: text("EnterpriseNumber"),
        vat_number: text("VatNumber"),
        language: one_of("Language", ask.params.text("Language"), Language::from_wire)?,
        invoice_email: text("InvoiceEmail"),
        notice_email: text("NoticeEmail"),
        peppol: text("Peppol"),
        reference: text("Reference"),
        iban: text("Iban"),
        large_print: ask.params.boolean("LargePrint")?,
        event_webhook: ask.params.webhook_patch("EventUrl", "EventMethod")?,
        waive: ask.params.boolean("Waive")?,
    })
}
