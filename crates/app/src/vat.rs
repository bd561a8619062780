//! Value added tax of buyers in other countries: whose number was checked, where a private customer is, and what of it was invoiced.

use async_trait::async_trait;
use flexio_billing::invoice::{self, VatError, VatRates};
use flexio_domain::*;
use flexio_store::{Change, ContractChange};
use jiff::civil::Date;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Pieces of evidence kept of one customer.
const EVIDENCE_MAX: usize = 10;
/// Documents read at once, and listed in all.
const LISTED_AT_ONCE: u32 = 500;
const LISTED_MAX: usize = 200_000;

/// What the register of another member state says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatAnswer {
    /// It belongs to somebody who trades across the Union.
    pub is_valid: bool,
    /// Whose it is, where the register says so.
    pub name: Option<String>,
    /// The register's name of this question: the proof that it was asked.
    pub reference: Option<String>,
}

/// Asks registers of value added tax.
#[async_trait]
pub trait VatNumbers: Send + Sync + std::fmt::Debug {
    /// Whether a number, `DE136695976`, is registered; the error says why nobody knows now.
    async fn check(&self, number: &str) -> Result<VatAnswer, String>;
}

/// A document of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatListed {
    /// Its number.
    pub number: String,
    /// What it is.
    pub kind: InvoiceKind,
    /// Day of issue.
    pub issued_on: Date,
    /// Last day of supply.
    pub supplied_to: Date,
    /// Whose.
    pub account_sid: AccountSid,
    /// Who buys.
    pub buyer: String,
    /// His country.
    pub country: String,
    /// His number.
    pub vat_number: Option<String>,
    /// How tax falls on it.
    pub vat: Vat,
    /// Below zero on a credit note.
    pub net: Money,
    /// Below zero on a credit note.
    pub tax: Money,
    /// Of every amount.
    pub currency: Currency,
}

/// What documents of a period come to, by the country and rate of their tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatTotal {
    /// How tax falls.
    pub vat: Vat,
    /// Country of the buyers.
    pub country: String,
    /// Documents.
    pub documents: u64,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// Of every amount.
    pub currency: Currency,
}

impl App {
    /// Names who asks registers of value added tax; the first one stays.
    pub fn set_vat_numbers(&self, registers: std::sync::Arc<dyn VatNumbers>) {
        if self.vat_numbers.set(registers).is_err() {
            tracing::warn!("the registers of VAT numbers were set twice; the first stays");
        }
    }

    /// Asks the register about the customer's number and keeps the answer.
    pub async fn check_vat_number(&self, account: &Account) -> Result<Customer, AppError> {
        must_be_active(account)?;
        let customer = self.customer(account.sid).await?;
        let number = customer
            .vat_number
            .ok_or_else(|| refuse(ErrorCode::Unprocessable, "The customer has no VAT number."))?;
        let unknown =
            |why: String| refuse(ErrorCode::VatUndetermined, format!("{number} was not checked: {why}."));
        let registers =
            self.vat_numbers.get().ok_or_else(|| unknown("this installation asks no register".to_owned()))?;
        let answer = registers.check(&number).await.map_err(unknown)?;
        let check = VatCheck {
            number: number.clone(),
            is_valid: answer.is_valid,
            name: answer.name,
            reference: answer.reference,
            checked_at: self.clock.now(),
        };
        tracing::info!(account = %account.sid, is_valid = check.is_valid, "vat_number_checked");
        self.change_customer(account.sid, &|customer| customer.vat_check = Some(check.clone())).await
    }

    /// Notes where a customer is by something else than his address. By the operator, who has seen it.
    pub async fn note_vat_evidence(
        &self,
        account: &Account,
        by_operator: bool,
        kind: EvidenceKind,
        country: &str,
    ) -> Result<Customer, AppError> {
        must_be_active(account)?;
        self.customer(account.sid).await?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account says where a customer is."));
        }
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(refuse(ErrorCode::InvalidParameter, "Country is an ISO 3166 code such as FR."));
        }
        let noted_at = self.clock.now();
        self.change_customer(account.sid, &|customer| {
            // One of a kind: what was seen last.
            customer.vat_evidence.retain(|it| it.kind != kind);
            if customer.vat_evidence.len() < EVIDENCE_MAX {
                customer.vat_evidence.push(VatEvidence { kind, country: country.to_owned(), noted_at });
            }
        })
        .await
    }

    async fn change_customer(
        &self,
        account: AccountSid,
        change: &(dyn Fn(&mut Customer) + Sync),
    ) -> Result<Customer, AppError> {
        retrying!(async {
            let mut customer = self.customer(account).await?;
            change(&mut customer);
            customer.updated_at = self.clock.now();
            self.store.commit(Change::from(ContractChange::UpdateCustomer(customer.clone())).into()).await?;
            customer.version += 1;
            Ok::<_, AppError>(customer)
        })
    }

    /// How tax falls on what is supplied to a customer on a day; or why that cannot be said.
    pub(crate) fn taxed(&self, customer: &Customer, buyer: &Buyer, day: Date) -> Result<Vat, VatError> {
        let (seller, plan) = (&self.config.operator, self.rater().plan());
        // A number that no register has confirmed is none to the tax.
        let mut judged = buyer.clone();
        judged.vat_number = judged.vat_number.filter(|number| customer.has_valid(number));
        let mut one_stop = VatRates::new();
        let country = &buyer.address.country;
        if self.config.one_stop
            && customer.place_is_proven()
            && let Some(rate) = self.config.vat_rates.on(country, day)
        {
            one_stop.insert(country.clone(), rate);
        }
        // Rates at home are dated too; a plan's is that of the day it was published.
        let home = self.config.vat_rates.on(&seller.country, day).unwrap_or_else(|| plan.vat_rate());
        invoice::treatment(seller, &judged, home, &one_stop)
    }

    /// Refuses an order whose invoices could not be made: it is not known how tax would fall on them.
    pub(crate) async fn must_be_taxable(
        &self,
        account: &Account,
        customer: Customer,
    ) -> Result<Customer, AppError> {
        let home = &self.config.operator.country;
        let asks = customer.address.country != *home
            && customer.vat_number.as_deref().is_some_and(|number| !customer.has_check_of(number))
            && self.vat_numbers.get().is_some();
        let customer = if asks { self.check_vat_number(account).await? } else { customer };
        let buyer = crate::invoices::buyer(&customer);
        match self.taxed(&customer, &buyer, self.local_today()) {
            Ok(_) => Ok(customer),
            Err(error) => {
                let why = format!(
                    "{error}. A business of another member state needs a VAT number that its register confirms; a private customer there, two pieces of evidence of his country, and an operator who reports under the one-stop scheme."
                );
                Err(refuse(ErrorCode::VatUndetermined, why))
            }
        }
    }

    /// Every invoice and credit note that was issued from one day to another, both included, oldest first. For the top account.
    pub async fn vat_list(
        &self,
        account: &Account,
        from: Date,
        to: Date,
    ) -> Result<Vec<VatListed>, AppError> {
        if account.parent_sid.is_some() {
            return Err(ErrorCode::Forbidden.into());
        }
        let (from, to) = (from.to_string(), to.to_string());
        let (mut listed, mut after) = (Vec::new(), (String::new(), None));
        loop {
            let some = self.store.issued_invoices((&from, &to), (&after.0, after.1), LISTED_AT_ONCE).await?;
            let is_last = some.len() < LISTED_AT_ONCE as usize;
            if let Some(last) = some.last() {
                after = (last.invoice.issued_on.to_string(), Some(last.invoice.sid));
            }
            listed.extend(some.into_iter().map(|state| listed_of(state.invoice)));
            if listed.len() > LISTED_MAX {
                let why = format!("There are more than {LISTED_MAX} documents: ask for a shorter period.");
                return Err(refuse(ErrorCode::Unprocessable, why));
            }
            if is_last {
                return Ok(listed);
            }
        }
    }
}

fn listed_of(invoice: Invoice) -> VatListed {
    let signed = |amount: Money| match invoice.kind {
        InvoiceKind::Invoice => amount,
        InvoiceKind::CreditNote => -amount,
    };
    VatListed {
        net: signed(invoice.net),
        tax: signed(invoice.tax),
        number: invoice.number,
        kind: invoice.kind,
        issued_on: invoice.issued_on,
        supplied_to: invoice.to,
        account_sid: invoice.account_sid,
        buyer: invoice.buyer.name,
        country: invoice.buyer.address.country,
        vat_number: invoice.buyer.vat_number,
        vat: invoice.vat,
        currency: invoice.currency,
    }
}

/// What a list comes to, in the order in which treatments first appear.
pub fn vat_totals(listed: &[VatListed]) -> Vec<VatTotal> {
    let mut totals: Vec<VatTotal> = Vec::new();
    for it in listed {
        let same = |total: &&mut VatTotal| {
            total.vat == it.vat && total.country == it.country && total.currency == it.currency
        };
        if let Some(total) = totals.iter_mut().find(same) {
            total.documents += 1;
            total.net += it.net;
            total.tax += it.tax;
        } else {
            totals.push(VatTotal {
                vat: it.vat.clone(),
                country: it.country.clone(),
                documents: 1,
                net: it.net,
                tax: it.tax,
                currency: it.currency,
            });
        }
    }
    totals
}
