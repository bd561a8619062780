//! The conversation with the mail server (RFC 5321).
//!
//! It blocks: a thread that may wait drives it. So the operating system bounds each wait, and no runtime has to.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use flexio_domain::{Email, EmailAddress, RecipientState, Timestamp};
use flexio_messaging::email::Outcome;
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use crate::compose::{Attachment, compose};
use crate::config::{Smtp, SmtpSender, Tls};
use crate::dkim::{KeyError, Signer};

/// Characters of a server's reply that are kept.
const REPLY_MAX: usize = 200;

/// Why e-mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Password, but nothing that hides it.
    #[error("smtp.username needs smtp.tls: the password would be readable on its way")]
    Unprotected,
    /// TLS settings.
    #[error("smtp.tls cannot be set up")]
    Tls(#[source] SmtpError),
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    /// The key of a sender.
    #[error("the DKIM key of `{domain}` cannot be used")]
    Key {
        /// Whose.
        domain: String,
        /// Why.
        #[source]
        source: KeyError,
    },
}

/// The operator's mail server, and who signs what goes there.
pub struct Relay {
    smtp: Smtp,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    signers: Vec<Signer>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("host", &self.smtp.host).finish_non_exhaustive()
    }
}

/// A connection that is signed in.
pub struct Line {
    connection: SmtpConnection,
    is_broken: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("is_broken", &self.is_broken).finish_non_exhaustive()
    }
}

/// The server did not do as asked.
enum Trouble {
    /// It said so.
    Reply { is_permanent: bool, text: String },
    /// The connection is no good any more.
    Broken(String),
}

impl Trouble {
    fn of(error: &SmtpError) -> Self {
        match error.status() {
            Some(code) => {
                let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                let said = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REPLY_MAX);
                let text = format!("{code} {}", said.collect::<String>()).trim_end().to_owned();
                Self::Reply { is_permanent: error.is_permanent(), text }
            }
            None => {
                // The chain may name addresses inside: it is for the operator.
                tracing::warn!(error = %error, "smtp_broken");
                Self::Broken("the connection to the mail server failed".to_owned())
            }
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Reply { is_permanent: true, text } => Outcome::Refused(text.clone()),
            Self::Reply { text, .. } | Self::Broken(text) => Outcome::Later(text.clone()),
        }
    }
}

impl Relay {
    /// Reads keys and authorities; asks nobody.
    pub fn new(smtp: Smtp, senders: &[SmtpSender]) -> Result<Self, RelayError> {
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|error| RelayError::File(path.clone(), error));
        if smtp.tls == Tls::None && !smtp.username.is_empty() {
            return Err(RelayError::Unprotected);
        }
        let mut tls = TlsParametersBuilder::new(smtp.host.clone());
        if !smtp.tls_ca_file.as_os_str().is_empty() {
            tls = tls.certificate_store(CertificateStore::None);
            let pem = read(&smtp.tls_ca_file)?;
            tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(RelayError::Tls)?);
        }
        let tls = match smtp.tls {
            Tls::None => None,
            Tls::Tls | Tls::Starttls => Some(tls.build().map_err(RelayError::Tls)?),
        };
        let signing = senders.iter().filter(|sender| !sender.dkim_selector.is_empty());
        let signers = signing.map(|sender| {
            let pem = read(&sender.dkim_key_file)?;
            let domain = sender.domain.to_ascii_lowercase();
            Signer::new(&domain, &sender.dkim_selector, &pem)
                .map_err(|source| RelayError::Key { domain, source })
        });
        let hello = match smtp.hello.as_str() {
            "" => smtp.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>').to_owned(),
            name => name.to_owned(),
        };
        Ok(Self {
            signers: signers.collect::<Result<_, _>>()?,
            hello: if hello.is_empty() { ClientId::default() } else { ClientId::Domain(hello) },
            credentials: (!smtp.username.is_empty())
                .then(|| Credentials::new(smtp.username.clone(), smtp.password.0.clone())),
            tls,
            smtp,
        })
    }

    /// How it was set up.
    pub const fn smtp(&self) -> &Smtp {
        &self.smtp
    }

    const fn patience(&self) -> Duration {
        Duration::from_secs(self.smtp.timeout_s as u64)
    }

    /// Connects and signs in. In words fit for the customer, why not. Blocks.
    pub fn connect(&self) -> Result<Line, String> {
        match self.signed_in() {
            Ok(connection) => Ok(Line { connection, is_broken: false }),
            Err(error) => {
                tracing::warn!(error = %error, "smtp_not_connected");
                Err("the mail server cannot be reached, or does not let us in".to_owned())
            }
        }
    }

    fn signed_in(&self) -> Result<SmtpConnection, SmtpError> {
        let server = (self.smtp.host.as_str(), self.smtp.port);
        let patience = Some(self.patience());
        let at_once = self.tls.as_ref().filter(|_| self.smtp.tls == Tls::Tls);
        let mut connection = SmtpConnection::connect(server, patience, &self.hello, at_once, None)?;
        if let (Tls::Starttls, Some(tls)) = (self.smtp.tls, &self.tls) {
            connection.starttls(tls, &self.hello)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials)?;
        }
        Ok(connection)
    }

    /// Hands an e-mail over to whoever of its recipients still waits; what came of each of them, in their order. Blocks.
    pub fn send(
        &self,
        line: &mut Line,
        email: &Email,
        (body, attachments): (&str, Vec<Attachment>),
        now: Timestamp,
    ) -> Vec<Outcome> {
        let waiting = email.recipients.iter().filter(|one| one.state == RecipientState::Waiting);
        let recipients: Vec<&EmailAddress> = waiting.map(|one| &one.address).collect();
        let bytes = match compose(email, body, attachments) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(%error, email = %email.sid, "email_not_composed");
                return vec![Outcome::Refused("it cannot be written down".to_owned()); recipients.len()];
            }
        };
        let domain = email.from.address.domain();
        let bytes = match self.signers.iter().find(|signer| signer.domain() == domain) {
            Some(signer) => signer.sign(&bytes, now),
            None => bytes,
        };
        line.transaction(&email.from.address, &recipients, &bytes)
    }
}

impl Line {
    /// Whether it must not be used again.
    pub const fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether the server still answers on it: one that was left alone may have hung up. Blocks.
    pub fn answers(&mut self) -> bool {
        if !self.is_broken {
            self.is_broken = !self.connection.test_connected();
        }
        !self.is_broken
    }

    /// Says good-bye. Blocks.
    pub fn close(mut self) {
        if !self.is_broken {
            let _ = self.connection.quit();
        }
    }

    fn transaction(
        &mut self,
        from: &EmailAddress,
        recipients: &[&EmailAddress],
        bytes: &[u8],
    ) -> Vec<Outcome> {
        let address = |ours: &EmailAddress| ours.as_str().parse::<Address>().ok();
        if let Err(trouble) = self.command(Mail::new(address(from), Vec::new())) {
            self.reset();
            return vec![trouble.outcome(); recipients.len()];
        }
        let mut outcomes = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            let Some(recipient) = address(recipient) else {
                outcomes.push(Outcome::Refused("it is no address".to_owned()));
                continue;
            };
            outcomes.push(match self.command(Rcpt::new(recipient, Vec::new())) {
                Ok(()) => Outcome::Accepted,
                Err(trouble) => trouble.outcome(),
            });
        }
        let taken = outcomes.contains(&Outcome::Accepted);
        let trouble = if taken { self.content(bytes).err() } else { None };
        if let Some(trouble) = &trouble {
            let promised = outcomes.iter_mut().filter(|outcome| **outcome == Outcome::Accepted);
            promised.for_each(|outcome| *outcome = trouble.outcome());
        }
        if !taken || trouble.is_some() {
            self.reset();
        }
        outcomes
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.command(Data)?;
        let done = self.connection.message(bytes);
        self.judge(done.map(drop))
    }

    fn command(&mut self, command: impl fmt::Display) -> Result<(), Trouble> {
        if self.is_broken {
            return Err(Trouble::Broken("the connection to the mail server failed".to_owned()));
        }
        let done = self.connection.command(command);
        self.judge(done.map(drop))
    }

    fn judge(&mut self, done: Result<(), SmtpError>) -> Result<(), Trouble> {
        done.map_err(|error| {
            let trouble = Trouble::of(&error);
            self.is_broken |= matches!(trouble, Trouble::Broken(_));
            trouble
        })
    }

    /// Nothing of a transaction that failed is left for the next one.
    fn reset(&mut self) {
        if self.command(Rset).is_err() {
            self.is_broken = true;
        }
    }
}
