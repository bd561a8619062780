//! A customer as shown.

use flexio_domain::{
    AccountSid, Customer, CustomerKind, EnterpriseNumber, HttpMethod, Iban, Language, PostalAddress,
    Timestamp, Webhook,
};

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn customer(w: &mut Writer, customer: &Customer) {
    w.put("account_sid", customer.account_sid.to_string());
    w.put("kind", customer.kind.as_str());
    w.put("legal_name", customer.legal_name.as_str());
    w.put("legal_form", customer.legal_form.as_str());
    w.put("street", customer.address.street.as_str());
    w.put("post_code", customer.address.post_code.as_str());
    w.put("city", customer.address.city.as_str());
    w.put("country", customer.address.country.as_str());
    w.put("enterprise_number", customer.enterprise_number.as_ref().map(EnterpriseNumber::digits));
    w.put("vat_number", customer.vat_number.as_deref());
    w.put("language", customer.language.as_str());
    w.put("invoice_email", customer.invoice_email.as_str());
    w.put("notice_email", customer.notice_email.as_deref());
    w.put("peppol", customer.peppol.as_deref());
    w.put("reference", customer.reference.as_deref());
    w.put("iban", customer.iban.as_ref().map(Iban::as_str));
    w.put("large_print", customer.large_print);
    let webhook = customer.event_webhook.as_ref();
    w.put("event_url", webhook.map(|webhook| webhook.url.as_str()));
    w.put("event_method", webhook.map(|webhook| webhook.method.as_str()));
    let check = customer.vat_check.as_ref();
    w.put("vat_number_valid", check.map(|check| check.is_valid));
    w.put("vat_number_checked", check.map(|check| check.number.as_str()));
    w.put("vat_check_reference", check.and_then(|check| check.reference.as_deref()));
    w.put("date_vat_checked", check.map(|check| rfc2822(check.checked_at)));
    w.list("vat_evidence", "Evidence", &customer.vat_evidence, |w, evidence| {
        w.put("kind", evidence.kind.as_str());
        w.put("country", evidence.country.as_str());
        w.put("date_noted", rfc2822(evidence.noted_at));
    });
    w.put("date_identified", customer.identified_at.map(rfc2822));
    w.put("date_waived", customer.waived_at.map(rfc2822));
    w.put("date_created", rfc2822(customer.created_at));
    w.put("date_updated", rfc2822(customer.updated_at));
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let address = PostalAddress {
        street: "Stationsstraat 1".to_owned(),
        post_code: "9000".to_owned(),
        city: "Gent".to_owned(),
        country: "BE".to_owned(),
    };
    let specimen = Customer {
        account_sid: AccountSid::from_u128(1),
        version: 1,
        kind: CustomerKind::Small,
        legal_name: "Bakkerij Peeters".to_owned(),
        legal_form: "BV".to_owned(),
        address,
        enterprise_number: "0202239951".parse().ok(),
        vat_number: Some("BE0202239951".to_owned()),
        language: Language::Nl,
        invoice_email: "facturen@example.be".to_owned(),
        notice_email: None,
        peppol: Some("0208:0202239951".to_owned()),
        reference: None,
        iban: "BE68539007547034".parse().ok(),
        large_print: false,
        event_webhook: Some(Webhook {
            url: "https://app.example.be/events".to_owned(),
            method: HttpMethod::Post,
        }),
        vat_check: None,
        vat_evidence: Vec::new(),
        identified_at: Some(at),
        waived_at: None,
        created_at: at,
        updated_at: at,
    };
    customer(w, &specimen);
}
