//! A code goes out.

use std::net::IpAddr;

use flexio_billing::VerificationRequested;
use flexio_domain::verify::Sending;
use flexio_domain::*;
use flexio_rating::Country;
use flexio_store::{
    CREDIT_SHORT, Change, ChangeSet, MailChange, NumberFilter, Page, StoreError, VerifyChange,
};
use flexio_verify::code::Code;
use flexio_verify::life;
use flexio_verify::texts::{self, Language, Wording};
use jiff::SignedDuration;

use super::{digest, guard, refused};
use crate::App;
use crate::auth::must_be_active;
use crate::calls::{CallSource, CreateCall};
use crate::emails::CreateEmail;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::messages::CreateMessage;
use crate::usage::booked;
use crate::vault;
use crate::xml::escaped;

/// Seconds the telephone may ring.
const RING_TIMEOUT_S: u32 = 45;
/// A code is due this long before it is made: what waits is taken by the time it is due, so a code goes before a backlog of up to that age,
/// such as a campaign's.
const BEFORE_BULK: SignedDuration = SignedDuration::from_hours(24);
/// Numbers of an account looked at for one that can call.
const NUMBERS_LOOKED_AT: u32 = 100;
/// Times a call says the code, at most.
const REPEATS_MAX: u8 = 5;

/// The words around the code.
#[derive(Debug, Clone)]
pub enum VerifyText {
    /// Ours, in the nearest language of the tag; with a warning not to pass the code on, where that is wanted.
    Standard {
        /// Such as `nl-BE`.
        language: String,
        /// Warns.
        warns: bool,
    },
    /// The customer's own, with `{code}` in it.
    Own {
        /// The text.
        body: String,
        /// Spoken in.
        language: String,
    },
}

/// Who is to read a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeRecipient {
    /// By message or call.
    Number(E164),
    /// By e-mail.
    Email(EmailAddress),
}

impl CodeRecipient {
    /// As it is kept and looked up.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Email(address) => address.as_str(),
        }
    }
}

/// What only an e-mail has.
#[derive(Debug, Clone, Default)]
pub struct EmailWords {
    /// Sender; empty for the platform's.
    pub from: String,
    /// Subject; `None` for ours.
    pub subject: Option<String>,
}

/// A code to send.
#[derive(Debug, Clone)]
pub struct StartVerification {
    /// What for.
    pub scope: VerifyScope,
    /// Name in the text.
    pub name: String,
    /// Spoken instead.
    pub spoken_name: Option<String>,
    /// Who is to read it.
    pub to: CodeRecipient,
    /// How; it fits the recipient.
    pub channel: VerifyChannel,
    /// For an e-mail.
    pub email: EmailWords,
    /// Sender; `None` for the platform's.
    pub from: Option<Address>,
    /// The words.
    pub text: VerifyText,
    /// Digits.
    pub code_length: u8,
    /// The customer's own code.
    pub custom_code: Option<Pii<String>>,
    /// Seconds it waits.
    pub ttl_s: u32,
    /// Wrong codes that end it.
    pub checks_max: u8,
    /// Payee and amount.
    pub payment: Option<(String, String)>,
    /// Limits by name, and the value to count by.
    pub limits: Vec<(String, String)>,
    /// Address of the end user, as the customer saw it.
    pub client: Option<IpAddr>,
    /// Times a call says the code.
    pub repeat: u8,
    /// A call says it once a key was pressed, and ends where none is: to a person, and to no answering machine.
    pub asks_for_key: bool,
    /// Keys a call presses once it is answered, for an extension.
    pub send_digits: Option<String>,
    /// Eleven characters by which an app on the telephone knows its message (Android's SMS Retriever).
    pub app_hash: Option<String>,
    /// Who sends to which country; the platform's sender to the others.
    pub senders: Vec<CountrySender>,
    /// A pending verification is replaced instead of being sent again.
    pub replaces: bool,
    /// Seconds until the code goes by another channel where it does not come back, and what follows then.
    pub workflow: Option<(u32, VerifyWorkflow)>,
    /// Told of the message or call.
    pub status_callback: Option<Webhook>,
    /// API it came through.
    pub api_version: &'static str,
    /// What the request is for, and what carries the code.
    pub labels: UsageLabels,
}

/// What one transaction keeps of a sending.
struct Carried {
    changes: ChangeSet,
    message: Option<MessageSid>,
    call: Option<Box<Call>>,
    email: Option<EmailSid>,
}

impl App {
    /// Sends a code: a new verification, or the next sending of the one that is pending.
    pub async fn start_verification(
        &self,
        account: &Account,
        new: StartVerification,
        keep: Keep<'_, Verification>,
    ) -> Result<Verification, AppError> {
        must_be_active(account)?;
        let _turn = self.verify_turns.take((account.sid, new.to.as_str().to_owned())).await;
        let channel = new.channel.as_str();
        let started = match asking!(self.try_start(account, &new, keep)) {
            // Another process was quicker.
            Err(AppError::Store(StoreError::Conflict(what))) if what != CREDIT_SHORT => {
                Err(ErrorCode::VerifyBusy.into())
            }
            done => done,
        };
        let outcome = if started.is_ok() { "accepted" } else { "refused" };
        metrics::counter!("verifications_total", "channel" => channel, "outcome" => outcome).increment(1);
        let (verification, call) = started?;
        self.wake.messages.notify_one();
        self.wake.emails.notify_one();
        if let Some(call) = &call {
            self.originate(call).await?;
        }
        Ok(verification)
    }

    /// Keeps the verification, and the call to place, if there is one.
    async fn try_start(
        &self,
        account: &Account,
        new: &StartVerification,
        keep: Keep<'_, Verification>,
    ) -> Result<(Verification, Option<Box<Call>>), AppError> {
        let now = self.clock.now();
        let mut changes = ChangeSet::new();
        let found = self.verification_for(account, new, now, &mut changes).await?;
        self.send_code(account, new, found, now, (keep, changes)).await
    }

    /// Sends a code of this verification, which may be a new one, and keeps it with these further changes.
    pub(super) async fn send_code(
        &self,
        account: &Account,
        new: &StartVerification,
        (mut verification, is_new): (Verification, bool),
        now: Timestamp,
        (keep, mut changes): (Keep<'_, Verification>, ChangeSet),
    ) -> Result<(Verification, Option<Box<Call>>), AppError> {
        life::may_send(&verification, now).map_err(refused)?;
        let decision = self.guard(account.sid, new, now).await?;
        let service = match new.scope {
            VerifyScope::Service(sid) => Some(sid),
            VerifyScope::Named(_) => None,
        };
        let mut marks = self.limit_marks(account.sid, service, &new.limits).await?;
        marks.extend(guard::marks(new));
        let code = code_for(new)?;
        let carried = self.carry(account, new, &code).await?;
        let attempt = VerificationAttempt {
            sid: VerificationAttemptSid::new(),
            account_sid: account.sid,
            scope: new.scope.clone(),
            verification_sid: verification.sid,
            to: new.to.as_str().to_owned(),
            country: Self::country_of(&new.to),
            channel: new.channel,
            converted: false,
            created_at: now,
            updated_at: now,
        };
        let digest = digest(&self.vault, verification.sid, code.reveal());
        life::sent(
            &mut verification,
            Sending {
                attempt: attempt.sid,
                channel: new.channel,
                at: now,
                digest,
                message_sid: carried.message,
                call_sid: carried.call.as_ref().map(|call| call.sid),
                email_sid: carried.email,
            },
        );
        verification.workflow = new.workflow.clone().map(|(wait_s, workflow)| {
            let wait = SignedDuration::from_secs(i64::from(wait_s));
            Box::new(VerifyWorkflow { next_at: now.saturating_add(wait).unwrap_or(now), ..workflow })
        });
        // Sent again, it is the same request: only what carries the code costs again.
        if is_new {
            self.charge_request(&attempt, new.labels.clone(), &mut changes).await?;
        }
        changes
            .push(VerifyChange::Mark { account: account.sid, marks, at: now, attempt: attempt.sid }.into());
        let sid = GuardDecisionSid::from_u128(attempt.sid.as_u128());
        changes.push(VerifyChange::Decide(GuardDecision { sid, ..decision }).into());
        changes.push(VerifyChange::AddAttempt(attempt).into());
        changes.push(if is_new {
            VerifyChange::CreateVerification(verification.clone()).into()
        } else {
            VerifyChange::UpdateVerification(verification.clone()).into()
        });
        changes.append(carried.changes);
        verification.version += u32::from(!is_new);
        self.tell_verification("verification.sent", &verification, &mut changes).await?;
        self.commit_creation(changes, &verification, keep).await?;
        self.wake.callbacks.notify_one();
        Ok((verification, carried.call))
    }

    /// The pending verification, or a new one; a pending one that is over or replaced is ended in `changes`.
    async fn verification_for(
        &self,
        account: &Account,
        new: &StartVerification,
        now: Timestamp,
        changes: &mut ChangeSet,
    ) -> Result<(Verification, bool), AppError> {
        let pending = self.store.open_verification(account.sid, &new.scope, new.to.as_str()).await?;
        if let Some(mut pending) = pending {
            let is_over = life::state(&pending, now) == VerificationStatus::Expired;
            if !is_over && !new.replaces {
                return Ok((pending, false));
            }
            pending.status = if is_over { VerificationStatus::Expired } else { VerificationStatus::Canceled };
            pending.updated_at = now;
            changes.push(VerifyChange::UpdateVerification(pending).into());
        }
        let (payee, amount) = new.payment.clone().map(|(payee, amount)| (Pii(payee), Pii(amount))).unzip();
        let verification = Verification {
            sid: VerificationSid::new(),
            version: 1,
            account_sid: account.sid,
            scope: new.scope.clone(),
            name: new.name.clone(),
            to: new.to.as_str().to_owned(),
            from: new.from.as_ref().map(Address::to_string),
            status: VerificationStatus::Pending,
            sendings: Vec::new(),
            checks: 0,
            checks_max: new.checks_max.clamp(1, life::CHECKS_MAX),
            ttl_s: new.ttl_s.clamp(*life::TTL_S.start(), *life::TTL_S.end()),
            // Until it is sent, right away.
            expires_at: Timestamp::MAX,
            payee,
            amount,
            approved_at: None,
            workflow: None,
            created_at: now,
            updated_at: now,
        };
        Ok((verification, true))
    }

    pub(super) fn country_of(to: &CodeRecipient) -> Option<String> {
        let CodeRecipient::Number(to) = to else { return None };
        Country::of_digits(to.digits()).map(|country| country.iso.to_owned())
    }

    async fn charge_request(
        &self,
        attempt: &VerificationAttempt,
        labels: UsageLabels,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        let request = attempt.sid.to_string();
        let charge = self.meter(attempt.account_sid).verification_requested(&VerificationRequested {
            request: &request,
            account_sid: attempt.account_sid,
            to: &attempt.to,
            at: attempt.created_at,
        });
        self.require(attempt.account_sid, charge.amount(), changes).await?;
        changes.extend(booked(charge.labelled(labels)));
        Ok(())
    }

    async fn carry(
        &self,
        account: &Account,
        new: &StartVerification,
        code: &Code,
    ) -> Result<Carried, AppError> {
        match (new.channel, &new.to) {
            (VerifyChannel::Sms, CodeRecipient::Number(to)) => {
                self.carry_by_message(account, new, to, code).await
            }
            (VerifyChannel::Call, CodeRecipient::Number(to)) => {
                self.carry_by_call(account, new, to, code).await
            }
            (VerifyChannel::Email, CodeRecipient::Email(to)) => {
                self.carry_by_email(account, new, to, code).await
            }
            (VerifyChannel::Sms | VerifyChannel::Call, CodeRecipient::Email(_))
            | (VerifyChannel::Email, CodeRecipient::Number(_)) => {
                Err(refuse(ErrorCode::VerifyInvalid, "The recipient does not fit the channel."))
            }
        }
    }

    async fn carry_by_email(
        &self,
        account: &Account,
        new: &StartVerification,
        to: &EmailAddress,
        code: &Code,
    ) -> Result<Carried, AppError> {
        let subject = match (&new.email.subject, &new.text) {
            (Some(subject), _) => texts::masked(subject, code),
            (None, VerifyText::Standard { language, .. } | VerifyText::Own { language, .. }) => {
                let language = Language::of_tag(language);
                Wording { language, name: &new.name, warns: false, payment: None }.subject()
            }
        };
        let create = CreateEmail {
            from: new.email.from.clone(),
            to: to.to_string(),
            subject: Some(subject),
            body: Pii(message_text(new, code)?),
            status_callback: new.status_callback.clone(),
            valid_s: Some(new.ttl_s),
            api_version: new.api_version,
            ..CreateEmail::default()
        };
        let email = self.new_email(account, create).await.map_err(|error| match error.code() {
            ErrorCode::EmailOff => refuse(ErrorCode::VerifyChannelOff, "This installation sends no e-mail."),
            _ => error,
        })?;
        let sid = email.sid;
        let changes = Change::from(MailChange::Create(email)).into();
        Ok(Carried { changes, message: None, call: None, email: Some(sid) })
    }

    async fn carry_by_message(
        &self,
        account: &Account,
        new: &StartVerification,
        to: &E164,
        code: &Code,
    ) -> Result<Carried, AppError> {
        let text = match &new.app_hash {
            Some(hash) => format!("<#> {} {hash}", message_text(new, code)?),
            None => message_text(new, code)?,
        };
        let service = Self::sender_for(new);
        let shared = || self.config.shared_sender.clone();
        let from = new.from.clone().or_else(|| service.is_none().then(shared));
        let (to, body) = (Address::Number(to.clone()), Pii(text.clone()));
        let create = CreateMessage {
            status_callback: new.status_callback.clone(),
            validity_s: Some(new.ttl_s.max(*life::TTL_S.start())),
            class: Some(MessageClass::Otp),
            service,
            labels: new.labels.clone(),
            ..CreateMessage::new(from, to, body, MessageDirection::OutboundApi, new.api_version)
        };
        let preview = self.preview_message(account, &create).await.map_err(landline)?;
        let mut message = self.new_message(account, create, &preview);
        message.next_attempt_at = message.next_attempt_at.and_then(|at| at.saturating_sub(BEFORE_BULK).ok());
        message.body = Pii(texts::masked(&text, code));
        message.sealed_body = Some(self.vault.seal(&message.sid.to_string(), text.as_bytes()));
        let (sid, mut changes) = (message.sid, ChangeSet::new());
        self.note_contact(&message, &mut changes).await?;
        let id = sid.to_string();
        message.is_granted = self.ask_credit(account.sid, &id, preview.price, &mut changes).await?;
        changes.push(Change::CreateMessage(message));
        Ok(Carried { changes, message: Some(sid), call: None, email: None })
    }

    async fn carry_by_call(
        &self,
        account: &Account,
        new: &StartVerification,
        to: &E164,
        code: &Code,
    ) -> Result<Carried, AppError> {
        self.carrier()?;
        let to = Address::Number(to.clone());
        let from = match &new.from {
            Some(from) => {
                self.check_caller(account.sid, from, &to).await?;
                from.clone()
            }
            None => Address::Number(self.verification_caller(account.sid).await?),
        };
        self.check_destination(account.sid, &from, &to).await?;
        let document = call_document(new, code)?;
        let create = CreateCall {
            from,
            to,
            source: CallSource::Document(document),
            status_callback: new.status_callback.clone(),
            ring_timeout_s: RING_TIMEOUT_S,
            send_digits: new.send_digits.clone(),
            time_limit_s: Some(180),
            options: Box::new(CallOptions {
                labels: new.labels.clone(),
                carries_code: true,
                ..CallOptions::default()
            }),
            api_version: new.api_version.to_owned(),
            ..CreateCall::default()
        };
        let mut call = self.new_call(account, create).await?;
        if let Some(document) = call.document.take() {
            call.sealed_document = Some(self.vault.seal(&call.sid.to_string(), document.as_bytes()));
        }
        let changes = self.queued(&mut call).await?;
        Ok(Carried { changes, message: None, call: Some(Box::new(call)), email: None })
    }
}

impl App {
    /// The messaging service for the recipient's country, or for all others.
    fn sender_for(new: &StartVerification) -> Option<MessagingServiceSid> {
        let country = Self::country_of(&new.to);
        let of = |wanted: &str| new.senders.iter().find(|sender| sender.country == wanted);
        let found = country.as_deref().and_then(of).or_else(|| of("all"));
        found.map(|sender| sender.messaging_service_sid)
    }

    /// The number verification calls come from: the operator's, or the account's own first one that can call.
    async fn verification_caller(&self, account: AccountSid) -> Result<E164, AppError> {
        if let Some(number) = &self.config.verification_caller {
            return Ok(number.clone());
        }
        let page = Page { limit: NUMBERS_LOOKED_AT, ..Page::default() };
        let numbers = self.store.numbers(account, &NumberFilter::default(), &page).await?;
        let own = numbers.into_iter().find(|number| number.capabilities.voice).map(|number| number.number);
        let why = "Neither the operator nor the account has a number that verification calls can come from.";
        own.ok_or_else(|| refuse(ErrorCode::VerifyChannelOff, why))
    }
}

fn code_for(new: &StartVerification) -> Result<Code, AppError> {
    if let Some(custom) = &new.custom_code {
        return Code::custom(&custom.0).map_err(|error| refuse(ErrorCode::VerifyInvalid, error.to_string()));
    }
    Code::draw(new.code_length, &vault::random::<64>())
        .ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "The code length must be 4 to 10."))
}

/// A refused recipient of messages is a landline here.
fn landline(error: AppError) -> AppError {
    match error.code() {
        ErrorCode::ToNotMobile => ErrorCode::VerifyLandline.into(),
        _ => error,
    }
}

fn message_text(new: &StartVerification, code: &Code) -> Result<String, AppError> {
    match &new.text {
        VerifyText::Standard { language, warns } => {
            let payment = new.payment.as_ref().map(|(payee, amount)| (payee.as_str(), amount.as_str()));
            let wording =
                Wording { language: Language::of_tag(language), name: &new.name, warns: *warns, payment };
            Ok(wording.message(code))
        }
        VerifyText::Own { body, .. } => texts::filled(body, code)
            .ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "The text must contain {code}.")),
    }
}

/// Asks twice for any key, says nothing more without one.
fn for_a_key(asked: &str) -> String {
    let keys = "numDigits=\"1\" finishOnKey=\"\" startInputKey=\"0123456789*#\"";
    let said = format!("{asked}<Pause length=\"5\"/>{asked}");
    format!("<Gather timeout=\"8\" {keys} hangupOnEmptyResult=\"true\">{said}</Gather>")
}

/// Says the digits one by one, each a prompt of its own: what is said can be cached, and tells nobody the code.
fn call_document(new: &StartVerification, code: &Code) -> Result<String, AppError> {
    let (language, before, after) = match &new.text {
        VerifyText::Standard { language, .. } => {
            let wording = Wording {
                language: Language::of_tag(language),
                name: new.spoken_name.as_deref().unwrap_or(&new.name),
                warns: false,
                payment: None,
            };
            (wording.language, wording.spoken(), String::new())
        }
        VerifyText::Own { body, language } => {
            let (before, after) = body
                .split_once(texts::PLACE)
                .ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "The text must contain {code}."))?;
            (Language::of_tag(language), before.to_owned(), after.to_owned())
        }
    };
    let name = new.spoken_name.as_deref().unwrap_or(&new.name);
    let again = Wording { language, name, warns: false, payment: None };
    let say = |text: &str| match text.trim() {
        "" => String::new(),
        text => format!("<Say language=\"{}\">{}</Say>", language.tag(), escaped(text)),
    };
    let digits = code.reveal().chars().fold(String::new(), |mut all, digit| {
        all.push_str(&say(&digit.to_string()));
        all.push_str("<Pause length=\"1\"/>");
        all
    });
    let mut said = format!("{}{digits}", say(&before));
    for _ in 1..new.repeat.clamp(1, REPEATS_MAX) {
        said.push_str(&format!("{}{digits}", say(again.again())));
    }
    said.push_str(&say(&after));
    let asks = if new.asks_for_key { for_a_key(&say(&again.any_key())) } else { String::new() };
    Ok(format!("<Response><Pause length=\"1\"/>{asks}{said}</Response>"))
}
