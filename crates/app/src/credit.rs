//! What an account may still spend: terms, payments, and the grants that come before a use.

use flexio_domain::{
    Account, AccountSid, Credit, CreditMode, CreditState, ErrorCode, Grant, LedgerAccount, LedgerLeg,
    LedgerTransaction, Money, Reason,
};
use flexio_store::{Change, ChangeSet, CreditChange};

use crate::App;
use crate::error::{AppError, Refusal, refuse};

/// Reason of what found no credit (docs/reason-codes.md).
const NO_CREDIT: (u16, &str) = (3303, "Insufficient Credit");
/// Characters of the reference of a payment, and of the name of a way of payment.
const REFERENCE_CHARS_MAX: usize = 64;
/// Most that one payment may bring, and that an account may be allowed to owe: 10 million.
const AMOUNT_MAX: Money = Money::from_micros(10_000_000_000_000);

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// How much; a negative one is paid back.
    pub amount: Money,
    /// How it came, such as `transfer`; `goodwill` is credit given away.
    pub way: String,
    /// Names the payment: the same reference again changes nothing.
    pub reference: String,
}

impl App {
    /// The terms the account spends on, its own or those of an ancestor, and where they stand. `None`: postpaid without a limit.
    pub async fn credit_for(&self, account: AccountSid) -> Result<Option<CreditState>, AppError> {
        Ok(self.store.credit_for(account).await?)
    }

    /// Sets the account's own terms. `by_operator`: asked by an ancestor, or by the top account, which has none.
    pub async fn set_credit(
        &self,
        account: &Account,
        by_operator: bool,
        mode: CreditMode,
        limit: Money,
    ) -> Result<CreditState, AppError> {
        only_operators(by_operator)?;
        if limit < Money::ZERO || limit > AMOUNT_MAX || (mode == CreditMode::Prepaid && limit != Money::ZERO)
        {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "Limit is 0 for a prepaid account, and at most 10 000 000.",
            ));
        }
        retrying!(self.try_set_credit(account.sid, mode, limit))
    }

    async fn try_set_credit(
        &self,
        account: AccountSid,
        mode: CreditMode,
        limit: Money,
    ) -> Result<CreditState, AppError> {
        let now = self.clock.now();
        let change = match self.store.credit(account).await? {
            Some(CreditState { terms, .. }) => {
                CreditChange::Update(Credit { mode, limit, updated_at: now, ..terms })
            }
            None => CreditChange::Create(Credit {
                account_sid: account,
                version: 1,
                mode,
                limit,
                created_at: now,
                updated_at: now,
            }),
        };
        self.store.commit(Change::Credit(change).into()).await?;
        // Terms are for a whole tree.
        self.payers.clear();
        self.store.credit(account).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Books a payment. The account has to have terms of its own: what is paid in belongs to one wallet.
    pub async fn pay_in(
        &self,
        account: &Account,
        by_operator: bool,
        payment: &Payment,
    ) -> Result<CreditState, AppError> {
        only_operators(by_operator)?;
        let word = |text: &str| {
            (1..=REFERENCE_CHARS_MAX).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        if !word(&payment.reference) || !word(&payment.way) {
            return Err(refuse(
                ErrorCode::InvalidParameter,
                "Reference and Way have 1 to 64 letters, digits, dots, dashes and underscores.",
            ));
        }
        if payment.amount == Money::ZERO || payment.amount > AMOUNT_MAX || payment.amount < -AMOUNT_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Amount is not zero and at most 10 000 000."));
        }
        if self.store.credit(account.sid).await?.is_none() {
            return Err(refuse(ErrorCode::Unprocessable, "The account has no credit terms of its own."));
        }
        let from = match payment.way.as_str() {
            "goodwill" => LedgerAccount::Goodwill,
            way => LedgerAccount::Cash(way.to_owned()),
        };
        let posting = LedgerTransaction {
            id: format!("payment:{}:{}", account.sid, payment.reference),
            account_sid: account.sid,
            reference: payment.reference.clone(),
            currency: account.currency,
            legs: vec![
                LedgerLeg { account: from, amount: payment.amount },
                LedgerLeg { account: LedgerAccount::Wallet(account.sid), amount: -payment.amount },
            ],
            posted_at: self.clock.now(),
        };
        self.store.commit(Change::Post(posting).into()).await.map_err(|error| match error {
            flexio_store::StoreError::EventConflict(_) => {
                refuse(ErrorCode::Conflict, "Another payment has this Reference.")
            }
            other => other.into(),
        })?;
        self.store.credit(account.sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Whose terms the account spends on, a few seconds old at most; `None` where nothing has to be granted.
    pub(crate) async fn payer(&self, account: AccountSid) -> Result<Option<AccountSid>, AppError> {
        let now = self.clock.now();
        if let Some(known) = self.payers.get(&account, now) {
            return Ok(known);
        }
        let ticket = self.payers.ticket();
        let payer = self.store.credit_for(account).await?.map(|state| state.terms.account_sid);
        self.payers.put(ticket, account, payer, now);
        Ok(payer)
    }

    /// Adds the grant that something which costs `amount` needs; whether one was needed. The commit fails with `InsufficientCredit` where
    /// less is left.
    pub(crate) async fn ask_credit(
        &self,
        account: AccountSid,
        id: &str,
        amount: Option<Money>,
        changes: &mut ChangeSet,
    ) -> Result<bool, AppError> {
        let Some(amount) = amount.filter(|amount| *amount > Money::ZERO) else { return Ok(false) };
        self.may_spend(account).await?;
        let Some(payer) = self.payer(account).await? else { return Ok(false) };
        // The commit decides; who is refused here is told how he stands.
        self.must_have(account, amount, "it costs").await?;
        let grant = Grant { id: id.to_owned(), payer, amount, made_at: self.clock.now() };
        changes.push(CreditChange::Grant(grant).into());
        Ok(true)
    }

    /// Whether something may begin that costs `amount` at least, of which nothing is set aside: a recording, a conference. What is free always
    /// may. `InsufficientCredit`, or what [`App::may_spend`] refuses with.
    pub(crate) async fn may_begin(&self, account: AccountSid, amount: Money) -> Result<(), AppError> {
        if amount <= Money::ZERO {
            return Ok(());
        }
        self.may_spend(account).await?;
        match self.payer(account).await? {
            Some(_) => self.must_have(account, amount, "it costs").await,
            None => Ok(()),
        }
    }

    /// As [`App::may_begin`], for what is charged at once: `changes` gets the condition, which stands before the charge, so that of many at the
    /// same time only as many are made as can be paid.
    pub(crate) async fn require(
        &self,
        account: AccountSid,
        amount: Money,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        self.may_begin(account, amount).await?;
        let payer = if amount > Money::ZERO { self.payer(account).await? } else { None };
        changes.extend(payer.map(|payer| CreditChange::Require { payer, amount }.into()));
        Ok(())
    }

    async fn must_have(&self, account: AccountSid, amount: Money, what: &str) -> Result<(), AppError> {
        match self.store.credit_for(account).await? {
            Some(state) if state.available() < amount => Err(no_credit(account, &state, amount, what)),
            _ => Ok(()),
        }
    }
}

/// Says what there is and what it takes; not where the money is another account's.
pub(crate) fn no_credit(account: AccountSid, state: &CreditState, amount: Money, what: &str) -> AppError {
    let detail = (state.terms.account_sid == account).then(|| {
        format!(
            "The account has no credit left: {} available of a limit of {}, {what} {amount}. Pay in, or have the limit raised: …/Credit.",
            state.available(),
            state.terms.limit
        )
    });
    let reason = Some(Reason { code: NO_CREDIT.0, text: NO_CREDIT.1.to_owned() });
    AppError::Refused(Refusal { code: ErrorCode::InsufficientCredit, detail, reason, retry_after_s: None })
}

fn only_operators(by_operator: bool) -> Result<(), AppError> {
    if by_operator {
        return Ok(());
    }
    Err(refuse(ErrorCode::Forbidden, "Only a parent account may change what an account may spend."))
}
