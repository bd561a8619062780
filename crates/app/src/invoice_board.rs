//! The board of invoice runs: which month is due, how far a run of this process is, and what the last one came to.

use std::sync::{Arc, PoisonError};

use flexio_domain::{Account, ErrorCode, Timestamp};
use flexio_rating::BillingMonth;

use crate::App;
use crate::assurance::only_top;
use crate::error::{AppError, refuse};
use crate::invoices::InvoiceRun;

/// A run of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunShown {
    /// Month that is invoiced.
    pub month: BillingMonth,
    /// Issues nothing.
    pub dry_run: bool,
    /// Who asked: a person, a key, an account, or `program` on its day.
    pub by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Customers done, and of how many.
    pub progress: (usize, usize),
    /// What it came to; `None` while it runs, or where it failed.
    pub run: Option<InvoiceRun>,
    /// Why it failed.
    pub failed: Option<String>,
}

/// Where invoicing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceBoard {
    /// The last month whose invoices are due; `None` where nobody is invoiced.
    pub due: Option<BillingMonth>,
    /// Its recurring charges are made: it can be invoiced.
    pub is_closed: bool,
    /// The last run of this process.
    pub last: Option<RunShown>,
}

impl App {
    /// Where invoicing stands. Only for the top account.
    pub async fn invoice_board(&self, account: &Account) -> Result<InvoiceBoard, AppError> {
        only_top(account)?;
        let due = self.month_to_invoice();
        let is_closed = match due {
            Some(month) => self.store.closed_month(&month.to_string()).await?.is_some(),
            None => false,
        };
        let last = self.last_run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(InvoiceBoard { due, is_closed, last })
    }

    /// Begins a run in the background; refused while another of this process goes on, or where the month is not closed.
    pub async fn begin_invoice_run(
        self: &Arc<Self>,
        account: &Account,
        month: BillingMonth,
        dry_run: bool,
        user: &str,
    ) -> Result<InvoiceBoard, AppError> {
        only_top(account)?;
        self.may_invoice(month).await?;
        let Ok(turn) = Arc::clone(&self.invoicing).try_lock_owned() else {
            return Err(refuse(ErrorCode::Conflict, "An invoice run goes on: ask how far it is."));
        };
        self.note_run(self.begun(month, dry_run, user));
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = turn;
            // What it came to, or why it failed, is on the board.
            let _ = app.run_noted(month, dry_run).await;
        });
        self.invoice_board(account).await
    }

    /// The run of a month on its day, behind one that goes on.
    pub(crate) async fn run_on_its_day(&self, month: BillingMonth) -> Result<InvoiceRun, AppError> {
        let _turn = self.invoicing.lock().await;
        self.note_run(self.begun(month, false, "program"));
        self.run_noted(month, false).await
    }

    async fn run_noted(&self, month: BillingMonth, dry_run: bool) -> Result<InvoiceRun, AppError> {
        let mut progress = |done, of| self.on_run(|shown| shown.progress = (done, of));
        let run = Box::pin(self.invoice_month(month, dry_run, &mut progress)).await;
        let now = self.clock.now();
        self.on_run(|shown| {
            shown.finished_at = Some(now);
            match &run {
                Ok(run) => shown.run = Some(run.clone()),
                Err(error) => shown.failed = Some(error.to_string()),
            }
        });
        run
    }

    fn begun(&self, month: BillingMonth, dry_run: bool, by: &str) -> RunShown {
        let (started_at, by) = (self.clock.now(), by.to_owned());
        RunShown {
            month,
            dry_run,
            by,
            started_at,
            finished_at: None,
            progress: (0, 0),
            run: None,
            failed: None,
        }
    }

    fn note_run(&self, run: RunShown) {
        *self.last_run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    fn on_run(&self, change: impl FnOnce(&mut RunShown)) {
        if let Some(run) = self.last_run.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(run);
        }
    }
}
