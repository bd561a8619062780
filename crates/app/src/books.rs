//! The books: postings get their seals, and every night it is proven that all of it adds up.

use std::sync::Arc;
use std::time::Duration;

use flexio_billing::chain;
use flexio_domain::{
    Account, AccountSid, ErrorCode, Faults, KeptPosting, LedgerLeg, LedgerSeal, LedgerTransaction, Money,
};
use flexio_store::{Change, LedgerChange, LedgerCheck, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::assurance::only_top;
use crate::error::AppError;

/// How often postings without a seal are looked for.
const SEAL_EVERY: Duration = Duration::from_secs(60);
/// Postings under one seal: they are one transaction, and calls wait for it.
const SEALED_AT_ONCE: u32 = 500;
/// Seals read at once.
const SEALS_AT_ONCE: u32 = 100;
/// Postings of one seal that are read when it is checked; more of them only somebody else can have put there.
const POSTINGS_READ_MAX: u32 = 2 * SEALED_AT_ONCE;
/// Hour of the night, in the plan's zone, at which the books are proven.
const PROOF_HOUR: i8 = 3;
/// Lost grants that are counted.
const LOST_MAX: u32 = 1_000;

/// What the books add up to. All is well where every check has no faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BooksProof {
    /// Postings.
    pub transactions: u64,
    /// Of all legs.
    pub sum: Money,
    /// Seals of the chain.
    pub seals: u64,
    /// Number and digest of the last, `17:9f86d0…`: whoever keeps it elsewhere can ask later whether it is still so.
    pub last_seal: Option<String>,
    /// Names of what was checked, and what is not as it must be.
    pub checks: Vec<(&'static str, Faults)>,
}

impl BooksProof {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|(_, faults)| faults.count == 0)
    }

    /// What a check found.
    pub fn faults(&self, check: &str) -> Option<&Faults> {
        self.checks.iter().find(|(name, _)| *name == check).map(|(_, faults)| faults)
    }
}

/// Seals the ledger every minute and proves the books every night, until the process ends.
pub async fn keep_books(app: Arc<App>) {
    let mut proven = app.proof_due();
    loop {
        if let Err(error) = app.seal_ledger().await {
            tracing::error!(%error, "ledger_not_sealed");
        }
        let due = app.proof_due();
        if due != proven {
            proven = due;
            match app.prove_books(None).await {
                Ok(proof) => tell(&proof),
                Err(error) => tracing::error!(%error, "books_not_proven"),
            }
        }
        tokio::time::sleep(SEAL_EVERY).await;
    }
}

fn tell(proof: &BooksProof) {
    for (check, faults) in &proof.checks {
        let count = u32::try_from(faults.count).unwrap_or(u32::MAX);
        metrics::gauge!("ledger_faults", "check" => *check).set(count);
        if faults.count > 0 {
            tracing::error!(check, count = faults.count, ids = ?faults.ids, "books_not_sound");
        }
    }
    let last_seal = proof.last_seal.as_deref().unwrap_or("");
    tracing::info!(transactions = proof.transactions, seals = proof.seals, last_seal, "books_proven");
}

impl App {
    /// The day whose proof is due: today's from the hour of the proof on, yesterday's before.
    fn proof_due(&self) -> jiff::civil::Date {
        let now = self.clock.now();
        let before = now.checked_sub(SignedDuration::from_hours(PROOF_HOUR.into())).unwrap_or(now);
        self.rater().plan().zone().to_datetime(before).date()
    }

    /// Puts all postings that have none under seals: how many postings that were. Several processes may do so at once.
    pub async fn seal_ledger(&self) -> Result<u64, AppError> {
        let mut sealed = 0;
        loop {
            let postings = self.store.unsealed_postings(SEALED_AT_ONCE).await?;
            if postings.is_empty() {
                return Ok(sealed);
            }
            let last = self.store.last_seal().await?;
            let seal = chain::seal(last.as_ref(), &postings, self.clock.now());
            let (number, count) = (seal.number, seal.postings);
            let digest = seal.digest.clone();
            let ids = postings.into_iter().map(|posting| posting.id).collect();
            match self.store.commit(Change::from(LedgerChange::Seal(seal, ids)).into()).await {
                Ok(()) => tracing::info!(number, digest, postings = count, "ledger_sealed"),
                // Another process was quicker: what it left is for the next look.
                Err(StoreError::Conflict(_)) => return Ok(sealed),
                Err(error) => return Err(error.into()),
            }
            sealed += u64::from(count);
            if count < SEALED_AT_ONCE {
                return Ok(sealed);
            }
        }
    }

    /// What the account's ledger accounts come to.
    pub async fn balances(&self, account: AccountSid) -> Result<Vec<LedgerLeg>, AppError> {
        Ok(self.store.balances(account).await?)
    }

    /// One posting of the account, by its id.
    pub async fn posting_of(&self, account: AccountSid, id: &str) -> Result<LedgerTransaction, AppError> {
        let found = self.store.posting(id).await?.filter(|posting| posting.account_sid == account);
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Seals behind a number, in their order. Only for the top account.
    pub async fn ledger_seals(&self, account: &Account, after: u64) -> Result<Vec<LedgerSeal>, AppError> {
        only_top(account)?;
        Ok(self.store.seals(after, SEALS_AT_ONCE).await?)
    }

    /// The last seals, the newest first. Only for the top account.
    pub async fn newest_seals(&self, account: &Account) -> Result<Vec<LedgerSeal>, AppError> {
        only_top(account)?;
        let Some(last) = self.store.last_seal().await? else { return Ok(Vec::new()) };
        let mut seals =
            self.store.seals(last.number.saturating_sub(SEALS_AT_ONCE.into()), SEALS_AT_ONCE).await?;
        seals.reverse();
        Ok(seals)
    }

    /// The postings of all accounts that are under a seal. Only for the top account.
    pub async fn postings_under(
        &self,
        account: &Account,
        seal: u64,
    ) -> Result<Vec<LedgerTransaction>, AppError> {
        only_top(account)?;
        let kept = self.store.sealed_postings(seal, POSTINGS_READ_MAX).await?;
        if kept.is_empty() {
            return Err(ErrorCode::NotFound.into());
        }
        let read = |kept: &KeptPosting| serde_json::from_str(&kept.doc);
        kept.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Broken(error.into()).into())
    }

    /// Checks everything. `told` is number and digest of a seal as it was told earlier: it must be there still.
    pub async fn prove_books(&self, told: Option<(u64, String)>) -> Result<BooksProof, AppError> {
        let ledger = self.store.ledger_proof().await?;
        let mut sum = Faults::default();
        if ledger.sum != Money::ZERO {
            sum.add(&ledger.sum.to_string());
        }
        let mut checks = vec![("sum", sum)];
        for check in LedgerCheck::ALL {
            checks.push((check.as_str(), self.store.ledger_faults(check).await?));
        }
        let credit = Faults { count: self.store.credit_faults().await?, ids: Vec::new() };
        checks.push(("credit", credit));
        checks.push(("lost_grants", self.lost_grants().await?));
        checks.extend(self.assure().await?);
        let (chain, legs, last) = self.prove_chain(told).await?;
        checks.extend([("chain", chain), ("legs", legs), ("audit", self.prove_audit().await?)]);
        let proof = BooksProof {
            transactions: ledger.transactions,
            sum: ledger.sum,
            seals: last.as_ref().map_or(0, |seal| seal.number),
            last_seal: last.map(|seal| format!("{}:{}", seal.number, seal.digest)),
            checks,
        };
        self.note_proof(&proof);
        Ok(proof)
    }

    /// Money set aside for calls that cannot run any more.
    async fn lost_grants(&self) -> Result<Faults, AppError> {
        let kept = SignedDuration::from_secs(2 * i64::from(self.config.call_seconds_max));
        let now = self.clock.now();
        let mut faults = Faults::default();
        for id in self.store.old_call_grants(now.checked_sub(kept).unwrap_or(now), LOST_MAX).await? {
            faults.add(&id);
        }
        Ok(faults)
    }

    /// Goes along the chain: what is wrong with it, what with the legs of its postings, and its last seal.
    async fn prove_chain(
        &self,
        told: Option<(u64, String)>,
    ) -> Result<(Faults, Faults, Option<LedgerSeal>), AppError> {
        let (mut chain, mut legs) = (Faults::default(), Faults::default());
        // The chain begins behind what was carried forward.
        let carried = self.store.carried().await?;
        let mut last: Option<LedgerSeal> = carried.as_ref().map(|carried| carried.seal.clone());
        if let Some(carried) = &carried
            && chain::openings(self.openings().await?.iter().map(|((of, name), sum)| (of, &**name, *sum)))
                != carried.openings
        {
            chain.add(&format!("what seals up to {} came to", carried.seal.number));
        }
        let mut told = told.filter(|(number, digest)| {
            last.as_ref().is_none_or(|seal| (*number, digest) != (seal.number, &seal.digest))
        });
        loop {
            let after = last.as_ref().map_or(0, |seal| seal.number);
            let seals = self.store.seals(after, SEALS_AT_ONCE).await?;
            if seals.is_empty() {
                break;
            }
            for seal in seals {
                let postings = self.store.sealed_postings(seal.number, POSTINGS_READ_MAX).await?;
                chain::check(last.as_ref(), &seal, &postings, &mut chain);
                chain::check_legs(&postings, &self.store.sealed_legs(seal.number).await?, &mut legs);
                told = told.filter(|(number, digest)| (*number, digest) != (seal.number, &seal.digest));
                last = Some(seal);
            }
        }
        if let Some((number, _)) = told {
            chain.add(&format!("seal {number} is not the one that was told"));
        }
        Ok((chain, legs, last))
    }
}
