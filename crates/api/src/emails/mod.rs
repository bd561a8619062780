//! E-mail of the classic API: sent under `Email/Messages`. That it can be listed and read, without its text, is ours.

#[cfg(test)]
mod tests;

use flexio_app::{CreateEmail, EmailOrigin};
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, refuse};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

const LIST: &str = "Accounts/{AccountSid}/Email/Messages";
const ONE: &str = "Accounts/{AccountSid}/Email/Messages/{EmailSid}";

const CREATE: &[Param] = params![
    "From": "An address the operator lets the account send from, `Name <a@b.c>` or `a@b.c`; required.",
    "To": "Addresses with commas between them; required.",
    "CC": "Copies.",
    "BCC": "Blind copies. At most 50 recipients in all.",
    "Subject": "One line; cut at 160 characters; required.",
    "Body": "Text, at most 256 KiB; required.",
    "Type": "`text/plain` (default) or `text/html`.",
    "RecordingSid": "A recording of the account that goes with it.",
    "StatusCallback": "Told of the outcome.",
    "StatusCallbackMethod": "GET or POST.",
];
const FILTERS: &[Param] = params!["StartTime": "Created not before.", "EndTime": "Created not after."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "emails.create",
        Create,
        NATIVE,
        LIST,
        "Sends an e-mail.",
        CREATE,
        Shows::One(created_sample),
        create
    ),
    row!(
        "emails.list",
        Read,
        NATIVE,
        LIST,
        "E-mails, newest first, without their texts.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!("emails.fetch", Read, NATIVE, ONE, "One e-mail, without its text.", &[], Shows::One(sample), fetch),
];

impl Listed for Email {
    const MEMBERS: (&'static str, &'static str) = ("emails", "emails");
    const ELEMENTS: (&'static str, &'static str) = ("EmailMessages", "EmailMessage");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let required = |name: &str| {
        ask.params
            .text(name)
            .map(str::to_owned)
            .ok_or_else(|| refuse(ErrorCode::EmailInvalid, format!("{name} is missing.")))
    };
    let kind = one_of("Type", ask.params.text("Type"), |text| match text {
        "text/plain" => Some(false),
        "text/html" => Some(true),
        _ => None,
    })?;
    let body = required("Body")?;
    let new = CreateEmail {
        sid: None,
        from: required("From")?,
        to: required("To")?,
        cc: ask.params.owned("CC").unwrap_or_default(),
        bcc: ask.params.owned("BCC").unwrap_or_default(),
        subject: Some(required("Subject")?),
        body: Pii(body.clone()),
        is_html: kind.unwrap_or(false),
        recording: ask.params.parsed("RecordingSid", ErrorCode::EmailInvalid)?,
        invoice: None,
        by_operator: false,
        status_callback: ask.params.webhook(
            "StatusCallback",
            "StatusCallbackMethod",
            ErrorCode::EmailInvalid,
        )?,
        valid_s: None,
        origin: EmailOrigin::default(),
        api_version: "2012-04-24",
    };
    // The text is not kept with the answer: it is for its recipients.
    let keep = |email: &Email| ask.kept(email.sid, None);
    let email = ask.app().create_email(&ask.account, new, &keep).await?;
    Ok(ask.made("EmailMessage", |w| view(w, &email, Some(&body))))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Email>(ask)?;
    let created = ask.params.span_between("StartTime", "EndTime")?;
    let total = ask.app().count_emails(ask.account.sid, created).await?;
    let emails = ask.app().emails(ask.account.sid, created, &paged.query()).await?;
    ask.page(&paged, emails, Some(total), |w, email| view(w, email, None))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let email = ask.app().email(ask.account.sid, ask.sid("EmailSid")?).await?;
    Ok(ask.one("EmailMessage", |w| view(w, &email, None)))
}

fn joined(mailboxes: &[Mailbox]) -> Option<String> {
    let all: Vec<_> = mailboxes.iter().map(Mailbox::to_string).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// `body` is there in the answer to its creation only.
fn view(w: &mut Writer, email: &Email, body: Option<&str>) {
    w.put("sid", email.sid.to_string());
    w.put("account_sid", email.account_sid.to_string());
    w.put("date_sent", iso(email.sent_at.unwrap_or(email.created_at)));
    w.put("date_created", iso(email.created_at));
    w.put("date_updated", iso(email.updated_at));
    w.put("from", email.from.to_string());
    w.put("to", joined(&email.to));
    w.put("cc", joined(&email.cc));
    w.put("subject", &*email.subject.0);
    if let Some(body) = body {
        w.put("body", body);
    }
    w.put("type", if email.is_html { "text/html" } else { "text/plain" });
    w.put("status", email.status.as_str());
    w.list("recipients", "recipient", &email.recipients, |w, recipient| {
        w.put("address", recipient.address.as_str());
        let (state, why) = match &recipient.state {
            RecipientState::Waiting => ("waiting", None),
            RecipientState::Accepted => ("accepted", None),
            RecipientState::Refused(why) => ("refused", Some(why.as_str())),
        };
        w.put("status", state);
        w.put("reason", why);
    });
    w.put("error_code", email.error.map(|code| i64::from(code.number())));
    w.put("error_message", email.last_error.as_deref());
}

fn created_sample(w: &mut Writer, _: &Shown<'_>) {
    view(w, &specimen(), Some("Your order has left."));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    view(w, &specimen(), None);
}

fn specimen() -> Email {
    let at = Timestamp::UNIX_EPOCH;
    let mailbox = |text: &str| text.parse::<Mailbox>().expect("a specimen is an address");
    let to = mailbox("ann@example.test");
    let recipient = EmailRecipient { address: to.address.clone(), state: RecipientState::Accepted };
    Email {
        sid: EmailSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        from: mailbox("Acme <info@acme.test>"),
        to: vec![to],
        cc: Vec::new(),
        recipients: vec![recipient],
        subject: Pii("Your order".to_owned()),
        is_html: false,
        sealed_body: None,
        recording_sid: None,
        invoice_sid: None,
        by_operator: false,
        call_sid: None,
        message_sid: None,
        status_callback: None,
        status: EmailStatus::Sent,
        attempts: 1,
        next_attempt_at: None,
        expires_at: at,
        last_error: None,
        error: None,
        sent_at: Some(at),
        api_version: "2012-04-24".to_owned(),
        created_at: at,
        updated_at: at,
    }
}
