//! Direct debit: mandates, files for the bank, and what the bank says became of them.
//!
//! An invoice says itself by which mandate it is collected, and on which day; whatever is done here follows from that. A mandate is revoked
//! and never changed: another account or another name is another mandate, and what was issued under the old one is paid by transfer.

mod banked;
mod collect;

pub use banked::{RefusedByBank, Returned};
pub use collect::CollectRun;

use flexio_documents::mandate::statement;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, DebitChange, Order, Page};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// What the signature of a mandate is over.
const MANDATE: &str = "mandate";
/// Characters of the holder's name that banks take, and of the program's that are kept.
const NAME_CHARS_MAX: usize = 70;
const USER_AGENT_CHARS: usize = 256;
/// Mandates, and collections, of one account from which names are taken at once.
const FORGOTTEN_MAX: u32 = 4_000;

/// Whose account it is about, in which language.
#[derive(Debug, Clone)]
pub struct MandateTerms {
    /// Which account.
    pub iban: Iban,
    /// Its holder; the customer's name where it is absent.
    pub debtor_name: Option<String>,
    /// The customer's where it is absent.
    pub language: Option<Language>,
}

/// An agreement to a mandate, and the proof of it.
#[derive(Debug, Clone)]
pub struct SignMandate {
    /// To what.
    pub terms: MandateTerms,
    /// The box was ticked.
    pub accepted: bool,
    /// The sentence beside it, word by word.
    pub statement: String,
    /// Who agrees.
    pub user: String,
    /// `console` or `api`.
    pub channel: &'static str,
    /// Where from.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

impl App {
    /// The sentence to be agreed to.
    pub async fn mandate_statement(
        &self,
        account: &Account,
        terms: &MandateTerms,
    ) -> Result<String, AppError> {
        let (debtor, language) = self.debtor(account.sid, terms).await?;
        statement(&self.config.operator, &debtor, &terms.iban, language)
            .ok_or_else(|| ErrorCode::DirectDebitOff.into())
    }

    async fn debtor(
        &self,
        account: AccountSid,
        terms: &MandateTerms,
    ) -> Result<(String, Language), AppError> {
        let customer = self.customer(account).await?;
        let name = terms.debtor_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| crate::invoices::buyer(&customer).name, str::to_owned);
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        if name.chars().any(char::is_control) {
            return Err(refuse(ErrorCode::InvalidParameter, "DebtorName has no control characters."));
        }
        Ok((name, terms.language.unwrap_or(customer.language)))
    }

    /// Keeps a mandate with its proof. It takes the place of the one before. Only the account itself gives one.
    pub async fn sign_mandate(
        &self,
        account: &Account,
        by_other: bool,
        sign: &SignMandate,
    ) -> Result<Mandate, AppError> {
        must_be_active(account)?;
        if by_other {
            return Err(refuse(ErrorCode::Forbidden, "Only the account itself gives a mandate."));
        }
        let creditor_id = self.config.operator.creditor_id.clone().ok_or(ErrorCode::DirectDebitOff)?;
        let (debtor_name, language) = self.debtor(account.sid, &sign.terms).await?;
        let shown = self.mandate_statement(account, &sign.terms).await?;
        if !sign.accepted {
            let why = "Accept must be true: an unticked box is no acceptance.";
            return Err(refuse(ErrorCode::AcceptanceMissing, why));
        }
        if sign.statement.trim() != shown {
            let why = "Statement is not the sentence of POST …/Customer/MandateStatement, word by word.";
            return Err(refuse(ErrorCode::AcceptanceMissing, why));
        }
        let sid = MandateSid::new();
        let mut mandate = Mandate {
            sid,
            version: 1,
            account_sid: account.sid,
            reference: sid.to_string().to_uppercase(),
            creditor_id,
            debtor_name,
            iban: Some(sign.terms.iban.clone()),
            scheme: "core".to_owned(),
            language,
            statement: shown,
            user: sign.user.clone(),
            channel: sign.channel.to_owned(),
            ip: sign.ip.clone(),
            user_agent: sign.user_agent.chars().take(USER_AGENT_CHARS).collect(),
            signed_on: self.local_today(),
            signed_at: self.clock.now(),
            signature: String::new(),
            last_collected_on: None,
            revoked_at: None,
            revoked_because: None,
        };
        mandate.signature = self.vault.sign(MANDATE, &[&mandate.signed_text()]);
        retrying!(async {
            let mut changes = ChangeSet::new();
            if let Some(before) = self.store.mandate_not_revoked(account.sid).await? {
                changes.push(self.revoked(before, "replaced"));
            }
            changes.push(DebitChange::Sign(Box::new(mandate.clone())).into());
            Ok::<_, AppError>(self.store.commit(changes).await?)
        })?;
        Ok(mandate)
    }

    /// Whether a mandate is as it was when it was signed, under the present key of the installation.
    pub fn is_genuine_mandate(&self, mandate: &Mandate) -> bool {
        self.vault.verify(MANDATE, &[&mandate.signed_text()], &mandate.signature)
    }

    /// One mandate of the account.
    pub async fn mandate(&self, account: AccountSid, sid: MandateSid) -> Result<Mandate, AppError> {
        self.store.mandate(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Mandates of the account, newest first.
    pub async fn mandates(&self, account: AccountSid, page: &Page) -> Result<Vec<Mandate>, AppError> {
        Ok(self.store.mandates(account, page).await?)
    }

    /// What was asked of the account's banks, newest first.
    pub async fn collections(&self, account: AccountSid, page: &Page) -> Result<Vec<Collection>, AppError> {
        Ok(self.store.collections(account, page).await?)
    }

    /// Nothing is collected by it any more; what is in a file already still is. Again changes nothing.
    pub async fn revoke_mandate(&self, account: AccountSid, sid: MandateSid) -> Result<(), AppError> {
        retrying!(async {
            let mandate = self.mandate(account, sid).await?;
            if mandate.revoked_at.is_none() {
                self.store.commit(self.revoked(mandate, "payer").into()).await?;
            }
            Ok::<_, AppError>(())
        })
    }

    fn revoked(&self, mandate: Mandate, because: &str) -> Change {
        let over = Mandate {
            revoked_at: Some(self.clock.now()),
            revoked_because: Some(because.to_owned()),
            ..mandate
        };
        DebitChange::UpdateMandate(Box::new(over)).into()
    }

    /// By which an invoice of the account that is issued now may be collected.
    pub(crate) async fn mandate_for_invoice(&self, account: AccountSid) -> Result<Option<Mandate>, AppError> {
        let Some(creditor_id) = &self.config.operator.creditor_id else { return Ok(None) };
        if self.rater().plan().currency() != Currency::EUR {
            return Ok(None);
        }
        let mandate = self.store.mandate_not_revoked(account).await?;
        Ok(mandate.filter(|it| it.creditor_id == *creditor_id))
    }

    /// Takes the names and accounts of payers out of what is kept of an account; amounts, days and references stay.
    pub(crate) async fn forget_debtors(&self, account: AccountSid) -> Result<(ChangeSet, u64), AppError> {
        let page = Page { after: None, skip: 0, limit: FORGOTTEN_MAX, order: Order::Newest };
        let (mut changes, mut count) = (ChangeSet::new(), 0);
        for mandate in self.store.mandates(account, &page).await? {
            if mandate.iban.is_none() {
                continue;
            }
            let now = self.clock.now();
            let nameless = Mandate {
                debtor_name: String::new(),
                iban: None,
                statement: String::new(),
                ip: String::new(),
                user_agent: String::new(),
                revoked_because: mandate.revoked_because.clone().or_else(|| Some("erased".to_owned())),
                revoked_at: mandate.revoked_at.or(Some(now)),
                ..mandate
            };
            changes.push(DebitChange::UpdateMandate(Box::new(nameless)).into());
            count += 1;
        }
        for collection in self.store.collections(account, &page).await? {
            if collection.iban.is_some() {
                let nameless = Collection { debtor_name: String::new(), iban: None, ..collection };
                changes.push(DebitChange::UpdateCollection(Box::new(nameless)).into());
                count += 1;
            }
        }
        Ok((changes, count))
    }
}
