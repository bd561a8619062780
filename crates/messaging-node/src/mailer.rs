//! The task that hands e-mails to the mail server.
//!
//! The queue is the database's, as with callbacks: an e-mail under way is one that was read and not yet kept again; after a crash it is
//! handed over again, with the same Message-ID. Turns are taken: what is due is read, dealt out to the connections, and the next look is
//! when all of them are done, so that at most [`READ_MAX`] are in memory. Connections are kept from turn to turn for [`IDLE_MAX`], as signing
//! in takes longer than an e-mail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flexio_app::{App, EmailFileError};
use flexio_domain::{Email, RecipientState, Timestamp};
use flexio_mail::compose::Attachment;
use flexio_mail::{Line, Relay};
use flexio_messaging::email::Outcome;
use flexio_store::StoreError;
use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Phase;

/// E-mails read at once.
const READ_MAX: u32 = 64;
/// What is due is found after this long without a wake-up.
const POLL: Duration = Duration::from_secs(2);
/// Connections at one time, at most.
const CONNECTIONS_MAX: u8 = 16;
/// A connection nobody needed for this long is closed: servers hang up on silence, and count who stays.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// What is said where there is no more to say.
const LOST: &str = "the connection to the mail server failed";
/// How long e-mails are left to the node that read them; after a crash they wait that long.
const CLAIM: SignedDuration = SignedDuration::from_mins(10);

/// Runs until told to stop; while draining it goes on.
pub(crate) async fn run(app: Arc<App>, relay: Relay, mut phase: watch::Receiver<Phase>) {
    let relay = Arc::new(relay);
    let mut idle = Idle::default();
    loop {
        let found = take_turn(&app, &relay, &mut idle).await;
        if *phase.borrow() == Phase::Stop {
            return idle.close(Duration::ZERO).await;
        }
        idle.close(IDLE_MAX).await;
        if found {
            continue;
        }
        tokio::select! {
            _ = phase.changed() => {}
            () = app.wake.emails.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Connections that wait for the next turn, since when. There are at most as many as are open at one time.
#[derive(Debug, Default)]
struct Idle(Vec<(Line, Instant)>);

impl Idle {
    /// Closes those that nobody needed for so long.
    async fn close(&mut self, age: Duration) {
        let is_old = |(_, since): &mut (Line, Instant)| since.elapsed() >= age;
        let old: Vec<Line> = self.0.extract_if(.., is_old).map(|(line, _)| line).collect();
        if !old.is_empty() {
            let _ = blocking(move || old.into_iter().for_each(Line::close)).await;
        }
    }

    /// One that still answers.
    async fn take(&mut self) -> Option<Line> {
        while let Some((mut line, _)) = self.0.pop() {
            if let Ok((true, line)) = blocking(move || (line.answers(), line)).await {
                return Some(line);
            }
        }
        None
    }
}

/// Whether anything was due.
async fn take_turn(app: &Arc<App>, relay: &Arc<Relay>, idle: &mut Idle) -> bool {
    let now = app.clock.now();
    let until = now.saturating_add(CLAIM).unwrap_or(now);
    let due = match app.store.claim_emails(now, until, READ_MAX).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "due_emails_not_read");
            return false;
        }
    };
    if due.is_empty() {
        return false;
    }
    let lines = usize::from(relay.smtp().connections.clamp(1, CONNECTIONS_MAX)).min(due.len());
    let mut shares: Vec<Vec<Email>> = (0..lines).map(|_| Vec::new()).collect();
    due.into_iter().enumerate().for_each(|(at, email)| shares[at % lines].push(email));
    let mut work = JoinSet::new();
    for share in shares {
        let line = idle.take().await;
        work.spawn(carry(Arc::clone(app), Arc::clone(relay), (share, until), line));
    }
    let mut all_kept = true;
    for (kept, line) in work.join_all().await {
        // What could not be kept is due still: not to be sent again at once.
        all_kept &= kept;
        idle.0.extend(line.filter(|line| !line.is_broken()).map(|line| (line, Instant::now())));
    }
    all_kept
}

/// Carries e-mails over one connection, and over another one where that breaks. Whether all outcomes were kept, and the connection.
async fn carry(
    app: Arc<App>,
    relay: Arc<Relay>,
    (share, until): (Vec<Email>, Timestamp),
    mut line: Option<Line>,
) -> (bool, Option<Line>) {
    let mut down: Option<String> = None;
    let mut all_kept = true;
    for email in share {
        // Whoever reads it next sends it; here the claim does not last for a try any more.
        let left = until.duration_since(app.clock.now());
        if left < SignedDuration::from_secs(i64::from(relay.smtp().timeout_s) * 4) {
            break;
        }
        let outcomes = match &down {
            // One wait for a server that is not there is enough for all.
            Some(why) => vec![Outcome::Later(why.clone()); waiting(&email)],
            None => one(&app, &relay, (&mut line, &mut down), &email).await,
        };
        outcomes.iter().for_each(count);
        let now = app.clock.now();
        let seed = u64::try_from(email.sid.as_u128() & u128::from(u64::MAX)).unwrap_or(0);
        let again = now.saturating_add(relay.smtp().waits().nth(email.attempts, seed)).ok();
        match app.email_tried(email, outcomes, again).await {
            Ok(_) => {}
            Err(error) => {
                all_kept = matches!(&error, flexio_app::AppError::Store(StoreError::Conflict(_)));
                tracing::warn!(%error, "email_outcome_not_kept");
            }
        }
    }
    (all_kept, line)
}

fn waiting(email: &Email) -> usize {
    email.recipients.iter().filter(|one| one.state == RecipientState::Waiting).count()
}

async fn one(
    app: &App,
    relay: &Arc<Relay>,
    (line, down): (&mut Option<Line>, &mut Option<String>),
    email: &Email,
) -> Vec<Outcome> {
    let everybody = |outcome: Outcome| vec![outcome; waiting(email)];
    let body = match app.email_body(email) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, email = %email.sid, "email_text_not_readable");
            return everybody(Outcome::Refused("its text cannot be read".to_owned()));
        }
    };
    let attachments = match app.email_files(email).await {
        Ok(files) => files
            .into_iter()
            .map(|file| Attachment { name: file.name, kind: file.kind, bytes: file.bytes })
            .collect(),
        Err(error @ (EmailFileError::NotYet | EmailFileError::Unread)) => {
            return everybody(Outcome::Later(error.to_string()));
        }
        Err(error) => return everybody(Outcome::Refused(error.to_string())),
    };
    if line.as_ref().is_none_or(Line::is_broken) {
        let to = Arc::clone(relay);
        *line = match blocking(move || to.connect()).await.unwrap_or_else(Err) {
            Ok(line) => Some(line),
            Err(why) => {
                *down = Some(why.clone());
                return everybody(Outcome::Later(why));
            }
        };
    }
    let Some(mut open) = line.take() else { return everybody(Outcome::Later(LOST.to_owned())) };
    let (to, sent, now) = (Arc::clone(relay), email.clone(), app.clock.now());
    let done = blocking(move || {
        let outcomes = to.send(&mut open, &sent, (&body, attachments), now);
        (open, outcomes)
    });
    match done.await {
        Ok((open, outcomes)) => {
            *line = Some(open);
            outcomes
        }
        Err(why) => everybody(Outcome::Later(why)),
    }
}

/// Runs what waits for the server on a thread that may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "mailer_thread_lost");
        LOST.to_owned()
    })
}

fn count(outcome: &Outcome) {
    let name = match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Refused(_) => "refused",
        Outcome::Later(_) => "later",
    };
    metrics::counter!("email_recipients_total", "outcome" => name).increment(1);
}
