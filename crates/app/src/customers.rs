//! Who pays for an account.

use flexio_domain::*;
use flexio_store::{Change, ContractChange};

use crate::accounts::check_email_form;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::{App, WebhookPatch};

/// What is set about a customer; what is `None` stays. An empty text clears what may be absent.
#[derive(Debug, Clone, Default)]
pub struct CustomerPatch {
    /// Required the first time.
    pub kind: Option<CustomerKind>,
    /// Required the first time.
    pub legal_name: Option<String>,
    /// Such as `BV`.
    pub legal_form: Option<String>,
    /// Street and number; the address is required the first time.
    pub street: Option<String>,
    /// Post code.
    pub post_code: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 3166 alpha-2; default the home country.
    pub country: Option<String>,
    /// Ten digits, dots allowed.
    pub enterprise_number: Option<String>,
    /// With its country.
    pub vat_number: Option<String>,
    /// Of documents; default English.
    pub language: Option<Language>,
    /// Required the first time.
    pub invoice_email: Option<String>,
    /// Where notices go.
    pub notice_email: Option<String>,
    /// `0208:0202239951`.
    pub peppol: Option<String>,
    /// The customer's own reference.
    pub reference: Option<String>,
    /// The bank account it pays from, blanks allowed.
    pub iban: Option<String>,
    /// Documents in large print.
    pub large_print: Option<bool>,
    /// Told of invoices, payments and the contract.
    pub event_webhook: WebhookPatch,
    /// A small company gives up summary and notices.
    pub waive: Option<bool>,
}

impl App {
    /// Whether the account's customer wants documents in large print.
    pub async fn reads_large_print(&self, account: AccountSid) -> Result<bool, AppError> {
        Ok(self.store.customer(account).await?.is_some_and(|customer| customer.large_print))
    }

    /// Who pays for the account; `NotFound` where nobody was named.
    pub async fn customer(&self, account: AccountSid) -> Result<Customer, AppError> {
        self.store.customer(account).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Names or changes who pays for the account.
    pub async fn save_customer(
        &self,
        account: &Account,
        patch: &CustomerPatch,
    ) -> Result<Customer, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let known = self.store.customer(account.sid).await?;
            let is_new = known.is_none();
            let mut customer = known.unwrap_or_else(|| self.nobody_yet(account.sid));
            let seen = (customer.kind, customer.legal_name.clone());
            self.apply(patch, &mut customer)?;
            check(&customer)?;
            // Somebody else than the operator saw.
            customer.identified_at =
                customer.identified_at.filter(|_| seen == (customer.kind, customer.legal_name.clone()));
            customer.updated_at = self.clock.now();
            let change = if is_new {
                ContractChange::CreateCustomer(customer.clone())
            } else {
                ContractChange::UpdateCustomer(customer.clone())
            };
            self.store.commit(Change::from(change).into()).await?;
            customer.version += u32::from(!is_new);
            Ok::<_, AppError>(customer)
        })
    }

    /// The operator has seen who the customer is. What was ordered comes into force.
    pub async fn identify_customer(
        &self,
        account: &Account,
        by_operator: bool,
    ) -> Result<Customer, AppError> {
        must_be_active(account)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account says who a customer is."));
        }
        let identified = retrying!(async {
            let now = self.clock.now();
            let mut customer = self.customer(account.sid).await?;
            customer.identified_at = customer.identified_at.or(Some(now));
            customer.updated_at = now;
            let mut changes = self.activate_ordered(account.sid).await?;
            changes.push(ContractChange::UpdateCustomer(customer.clone()).into());
            self.store.commit(changes).await?;
            customer.version += 1;
            Ok::<_, AppError>(customer)
        })?;
        self.refresh_prices_of(account.sid).await?;
        Ok(identified)
    }

    fn nobody_yet(&self, account_sid: AccountSid) -> Customer {
        let now = self.clock.now();
        let address = PostalAddress {
            street: String::new(),
            post_code: String::new(),
            city: String::new(),
            country: self.config.home_country.clone(),
        };
        Customer {
            account_sid,
            version: 1,
            // Whoever says nothing has the rights of a consumer.
            kind: CustomerKind::Consumer,
            legal_name: String::new(),
            legal_form: String::new(),
            address,
            enterprise_number: None,
            vat_number: None,
            language: Language::En,
            invoice_email: String::new(),
            notice_email: None,
            peppol: None,
            reference: None,
            iban: None,
            large_print: false,
            event_webhook: None,
            vat_check: None,
            vat_evidence: Vec::new(),
            identified_at: None,
            waived_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn apply(&self, patch: &CustomerPatch, customer: &mut Customer) -> Result<(), AppError> {
        let text = |from: &Option<String>, to: &mut String| {
            if let Some(text) = from {
                text.trim().clone_into(to);
            }
        };
        let optional = |from: &Option<String>, to: &mut Option<String>| {
            if let Some(text) = from {
                *to = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            }
        };
        customer.kind = patch.kind.unwrap_or(customer.kind);
        customer.language = patch.language.unwrap_or(customer.language);
        customer.large_print = patch.large_print.unwrap_or(customer.large_print);
        patch.event_webhook.clone().apply(&mut customer.event_webhook);
        text(&patch.legal_name, &mut customer.legal_name);
        text(&patch.legal_form, &mut customer.legal_form);
        text(&patch.street, &mut customer.address.street);
        text(&patch.post_code, &mut customer.address.post_code);
        text(&patch.city, &mut customer.address.city);
        text(&patch.country, &mut customer.address.country);
        text(&patch.invoice_email, &mut customer.invoice_email);
        optional(&patch.vat_number, &mut customer.vat_number);
        optional(&patch.notice_email, &mut customer.notice_email);
        optional(&patch.peppol, &mut customer.peppol);
        optional(&patch.reference, &mut customer.reference);
        if let Some(iban) = patch.iban.as_deref().map(str::trim) {
            let read = |text: &str| text.parse::<Iban>().map_err(|error| wrong("Iban", error));
            customer.iban = if iban.is_empty() { None } else { Some(read(iban)?) };
        }
        if let Some(number) = &patch.enterprise_number {
            let read = |text: &str| {
                text.parse::<EnterpriseNumber>().map_err(|error| wrong("EnterpriseNumber", error))
            };
            customer.enterprise_number =
                if number.trim().is_empty() { None } else { Some(read(number.trim())?) };
        }
        match patch.waive {
            Some(true) => customer.waived_at = customer.waived_at.or(Some(self.clock.now())),
            Some(false) => customer.waived_at = None,
            None => {}
        }
        Ok(())
    }
}

fn wrong(name: &str, why: impl std::fmt::Display) -> AppError {
    refuse(ErrorCode::InvalidParameter, format!("{name}: {why}."))
}

/// Whether what is known about a customer is complete and fits together.
fn check(customer: &Customer) -> Result<(), AppError> {
    let text = |name: &str, text: &str, max: usize| {
        let ok = !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control);
        if ok {
            Ok(())
        } else {
            Err(wrong(name, format!("has 1 to {max} characters, none of them a control character")))
        }
    };
    text("LegalName", &customer.legal_name, 128)?;
    text("Street", &customer.address.street, 100)?;
    text("PostCode", &customer.address.post_code, 16)?;
    text("City", &customer.address.city, 64)?;
    if !customer.legal_form.is_empty() {
        text("LegalForm", &customer.legal_form, 32)?;
    }
    if let Some(reference) = &customer.reference {
        text("Reference", reference, 64)?;
    }
    let country = &customer.address.country;
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(wrong("Country", "is an ISO 3166 code such as BE"));
    }
    check_email_form(&customer.invoice_email)
        .map_err(|_| wrong("InvoiceEmail", "is not an e-mail address"))?;
    if let Some(email) = &customer.notice_email {
        check_email_form(email).map_err(|_| wrong("NoticeEmail", "is not an e-mail address"))?;
    }
    check_numbers(customer)
}

fn check_numbers(customer: &Customer) -> Result<(), AppError> {
    let is_company = customer.kind != CustomerKind::Consumer;
    if !is_company && customer.enterprise_number.is_some() {
        return Err(wrong("EnterpriseNumber", "is a company's, and the customer is a consumer"));
    }
    if is_company && customer.address.country == "BE" && customer.enterprise_number.is_none() {
        return Err(wrong("EnterpriseNumber", "is required of a company in Belgium"));
    }
    if let Some(vat) = &customer.vat_number {
        let (country, rest) = vat.split_at_checked(2).unwrap_or((vat, ""));
        let ok = country.bytes().all(|b| b.is_ascii_uppercase())
            && (2..=12).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !ok {
            return Err(wrong(
                "VatNumber",
                "is a country and 2 to 12 letters and digits, such as BE0202239951",
            ));
        }
        let belongs = customer.enterprise_number.as_ref().is_none_or(|number| number.vat_number() == *vat);
        if country == "BE" && (!belongs || customer.enterprise_number.is_none()) {
            return Err(wrong("VatNumber", "is BE and the enterprise number"));
        }
    }
    if let Some(peppol) = &customer.peppol {
        let ok = peppol.split_once(':').is_some_and(|(scheme, id)| {
            scheme.len() == 4
                && scheme.bytes().all(|b| b.is_ascii_digit())
                && (1..=50).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_graphic())
        });
        if !ok {
            return Err(wrong(
                "Peppol",
                "is a scheme of four digits and an identifier, such as 0208:0202239951",
            ));
        }
    }
    let may_waive = customer.kind.is_protected() && is_company;
    if customer.waived_at.is_some() && !may_waive {
        return Err(wrong(
            "Waive",
            "is for companies of up to 49; others have no such right to give up, or must keep it",
        ));
    }
    Ok(())
}
