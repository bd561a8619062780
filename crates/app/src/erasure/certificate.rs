//! What an erasure would take, what it leaves and why, and the proof of it.

use flexio_domain::*;
use flexio_store::{InvoiceFilter, Kept, Order, Page, Scope, StoreError};
use jiff::Span;
use jiff::civil::Date;

use super::{BATCH, Work, names, number};
use crate::App;
use crate::error::AppError;

const CERTIFICATE: &str = "erasure certificate";
/// Acceptances that are counted.
const COUNTED_MAX: u32 = 10_000;

/// What an erasure would do, without doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasurePreview {
    /// What would go or lose its names.
    pub goes: Vec<ErasedCount>,
    /// What would be kept.
    pub kept: Vec<KeptFact>,
    /// Holds that stand against it.
    pub holds: Vec<LegalHold>,
    /// Why it cannot be asked for, in words.
    pub obstacles: Vec<String>,
}

/// A hold as certificates name it.
pub(super) fn named(hold: &LegalHold) -> String {
    let from = hold.active_from.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    format!("{} ({from})", hold.name)
}

impl App {
    /// What an erasure of the account, or of a number in it, would take and leave. Nothing changes.
    pub async fn preview_erasure(
        &self,
        account: &Account,
        number: Option<&E164>,
    ) -> Result<ErasurePreview, AppError> {
        let holds = self.holds_against(account.sid, number).await?;
        let (goes, obstacles) = match number {
            Some(number) => (self.goes_with(account.sid, number).await?, self.number_obstacles(number)),
            None => (self.goes_of(account.sid).await?, self.obstacles(account).await?),
        };
        let kept = match number {
            Some(_) => kept_of_number(&goes),
            None => self.kept_of(account.sid).await?,
        };
        Ok(ErasurePreview { goes, kept, holds, obstacles })
    }

    fn number_obstacles(&self, number: &E164) -> Vec<String> {
        let is_alias = names::alias(self.rater().numbering(), number) == *number;
        is_alias.then(|| "The number stands for numbers that were erased.".to_owned()).into_iter().collect()
    }

    /// Why the account cannot be erased yet.
    async fn obstacles(&self, account: &Account) -> Result<Vec<String>, AppError> {
        use SubscriptionState as S;
        let mut obstacles = Vec::new();
        if account.parent_sid.is_none() {
            obstacles.push("The top account is the operator's.".to_owned());
        }
        if account.status != AccountStatus::Closed {
            obstacles.push("The account is not closed.".to_owned());
        }
        if let Some(contract) = self.store.subscription(account.sid).await? {
            let is_over =
                matches!(contract.state, S::Draft | S::Offered | S::Expired | S::Closed | S::Erased);
            if !is_over {
                obstacles.push(format!("Its contract is {}.", contract.state.as_str()));
            }
        }
        if let Some(below) = self.not_erased_below(account.sid).await? {
            obstacles.push(format!("{below} stands below it: erase that first."));
        }
        if let Some(number) = self.invoice_in_dispute(account.sid).await? {
            obstacles.push(format!("The invoice {number} is in dispute."));
        }
        Ok(obstacles)
    }

    async fn not_erased_below(&self, account: AccountSid) -> Result<Option<AccountSid>, AppError> {
        let mut page = Page { limit: 1_000, order: Order::Oldest, ..Page::default() };
        loop {
            let below = self.store.accounts(account, &flexio_store::AccountFilter::default(), &page).await?;
            for child in &below {
                let erasures = self.store.erasures(child.sid, &Page::default()).await?;
                if !erasures.iter().any(|it| it.alias.is_none() && it.state == ErasureState::Done) {
                    return Ok(Some(child.sid));
                }
            }
            match below.last() {
                Some(last) if below.len() == page.limit as usize => page.after = Some(last.sid.as_u128()),
                _ => return Ok(None),
            }
        }
    }

    /// The number of an invoice of which a part is in dispute.
    async fn invoice_in_dispute(&self, account: AccountSid) -> Result<Option<String>, AppError> {
        let open = InvoiceFilter { is_open: Some(true), ..InvoiceFilter::default() };
        let page = Page { limit: 1_000, ..Page::default() };
        for state in self.store.invoices(account, &open, &page).await? {
            let disputes = self.disputes(account, state.invoice.sid).await?;
            if disputes.iter().any(|it| it.closed_at.is_none()) {
                return Ok(Some(state.invoice.number));
            }
        }
        Ok(None)
    }

    async fn goes_of(&self, account: AccountSid) -> Result<Vec<ErasedCount>, AppError> {
        let mut goes = Vec::new();
        for kind in Kept::ALL {
            let count = self.store.count_kept(account, *kind).await?;
            goes.push(ErasedCount { kind: kind.table().to_owned(), count });
        }
        goes.push(ErasedCount { kind: "usage_events".to_owned(), count: self.uses(account).await? });
        goes.retain(|it| it.count > 0);
        Ok(goes)
    }

    async fn uses(&self, account: AccountSid) -> Result<u64, AppError> {
        let totals = self.store.usage_totals(account, Scope::Own, "0000-00-00", "9999-99-99").await?;
        Ok(totals.iter().map(|it| it.count).sum())
    }

    async fn goes_with(&self, account: AccountSid, number: &E164) -> Result<Vec<ErasedCount>, AppError> {
        let numbering = self.rater().numbering();
        let forms = names::Forms::new(numbering, number, &names::alias(numbering, number));
        let first = [Kept::Calls, Kept::Messages];
        let last = [Kept::OptOuts, Kept::AuditEvents];
        let mut goes = Vec::new();
        for kind in first.into_iter().chain(number::DROPPED).chain(last) {
            let mut count = 0;
            let mut after = 0;
            loop {
                let rows = self.store.kept_rows(account, kind, (Some(forms.needle()), after), BATCH).await?;
                count += rows.iter().filter(|row| forms.is_in_document(&row.doc)).count() as u64;
                match rows.last() {
                    Some(last) if rows.len() == BATCH as usize => after = last.key,
                    _ => break,
                }
            }
            if count > 0 {
                goes.push(ErasedCount { kind: kind.table().to_owned(), count });
            }
        }
        Ok(goes)
    }

    /// Until when it has to be known who the subscriber was; `None` where there never was a contract in force.
    pub(crate) async fn identity_until(&self, account: AccountSid) -> Result<Option<Timestamp>, AppError> {
        let Some(contract) = self.store.subscription(account).await? else { return Ok(None) };
        let ended = contract.closed_at.or(contract.ends_at).unwrap_or(contract.updated_at);
        let zone = self.rater().plan().zone();
        let months = Span::new().months(i64::from(self.config.retention.identity_months));
        let until = zone.to_datetime(ended).date().checked_add(months).unwrap_or(Date::MAX);
        let until = zone.to_ambiguous_timestamp(until.into()).compatible().unwrap_or(Timestamp::MAX);
        Ok(contract.activated_at.map(|_| until))
    }

    /// The day on which what was made on this one leaves the books: ten years from the first of January after it.
    fn books_until(&self, made: Date) -> Date {
        let years = i16::try_from(self.config.retention.books_years).unwrap_or(i16::MAX);
        let year = made.year().saturating_add(1).saturating_add(years);
        Date::new(year, 1, 1).unwrap_or(Date::MAX)
    }

    /// What of an account is kept beyond its erasure, and why.
    async fn kept_of(&self, account: AccountSid) -> Result<Vec<KeptFact>, AppError> {
        let mut kept = Vec::new();
        let mut note = |kind: &str, count: u64, ground: KeptGround, until: Option<Date>| {
            if count > 0 {
                kept.push(KeptFact { kind: kind.to_owned(), count, ground, until });
            }
        };
        let page = Page { limit: 1, ..Page::default() };
        let latest = self.store.invoices(account, &InvoiceFilter::default(), &page).await?;
        let books =
            self.books_until(latest.first().map_or_else(|| self.local_today(), |it| it.invoice.issued_on));
        let invoices = self.store.count_invoices(account, &InvoiceFilter::default()).await?;
        note("invoices", invoices, KeptGround::Accounting, Some(books));
        let balances = self.store.balances(account).await?;
        note("balances", balances.len() as u64, KeptGround::Accounting, Some(books));
        note("usage_events", self.uses(account).await?, KeptGround::Charging, Some(books));
        if let Some(contract) = self.store.subscription(account).await? {
            note("subscriptions", 1, KeptGround::Contract, Some(books));
            let acceptances = self.store.acceptances(account, contract.sid, COUNTED_MAX).await?;
            note("acceptances", acceptances.len() as u64, KeptGround::Contract, Some(books));
        }
        let audit = self.store.count_kept(account, Kept::AuditEvents).await?;
        let months = Span::new().months(i64::from(self.config.retention.audit_months));
        let until = self.local_today().checked_add(months).unwrap_or(Date::MAX);
        note("audit_events", audit, KeptGround::Security, Some(until));
        if self.store.customer(account).await?.is_some()
            && let Some(until) = self.identity_until(account).await?.filter(|it| *it > self.clock.now())
        {
            let day = self.rater().plan().zone().to_datetime(until).date();
            note("customers", 1, KeptGround::Identity, Some(day));
        }
        Ok(kept)
    }

    fn sign_certificate(
        key: &crate::vault::Vault,
        erasure: &Erasure,
        certificate: &ErasureCertificate,
    ) -> Result<String, AppError> {
        let unsigned = ErasureCertificate { signature: String::new(), ..certificate.clone() };
        let text = serde_json::to_string(&unsigned).map_err(|error| StoreError::Broken(error.into()))?;
        let subject = erasure.digest.as_deref().unwrap_or("");
        let asked = erasure.created_at.to_string();
        let parts = [&erasure.sid.to_string(), &erasure.account_sid.to_string(), subject, &asked, &text];
        Ok(key.sign(CERTIFICATE, &parts))
    }

    /// Whether the certificate of an erasure is as it was when it was made; `None` while there is none.
    pub async fn is_certificate_genuine(&self, erasure: &Erasure) -> Result<Option<bool>, AppError> {
        let Some(certificate) = &erasure.certificate else { return Ok(None) };
        let key = self.installation_key().await?;
        let wanted = Self::sign_certificate(&key, erasure, certificate)?;
        Ok(Some(wanted == certificate.signature))
    }
}

/// Calls and messages stay without the number; so do uses.
fn kept_of_number(erased: &[ErasedCount]) -> Vec<KeptFact> {
    let grounds = [
        ("calls", KeptGround::Charging),
        ("messages", KeptGround::Charging),
        ("usage_events", KeptGround::Charging),
        ("audit_events", KeptGround::Security),
        ("opt_outs", KeptGround::OptOut),
    ];
    let fact = |(kind, ground): (&str, KeptGround)| {
        let found = erased.iter().find(|it| it.kind == kind)?;
        Some(KeptFact { kind: kind.to_owned(), count: found.count, ground, until: None })
    };
    grounds.into_iter().filter_map(fact).collect()
}

impl Work<'_> {
    /// Writes the certificate; `identity` is when the last of it goes.
    pub(super) async fn certify(&mut self, identity: Option<Timestamp>) -> Result<(), AppError> {
        let app = self.app;
        let mut kept = match self.erasure.alias {
            Some(_) => kept_of_number(&self.erasure.erased),
            None => app.kept_of(self.erasure.account_sid).await?,
        };
        if identity.is_none() {
            // It goes in the transaction of this certificate.
            kept.retain(|it| it.ground != KeptGround::Identity);
        }
        self.erasure.due_at = identity;
        let mut certificate = ErasureCertificate {
            issued_at: app.clock.now(),
            erased: self.erasure.erased.clone(),
            kept,
            holds: self.erasure.waited_for.clone(),
            signature: String::new(),
        };
        let key = app.installation_key().await?;
        certificate.signature = App::sign_certificate(&key, &self.erasure, &certificate)?;
        self.erasure.certificate = Some(certificate);
        Ok(())
    }
}
