//! What was written about an invoice, and sending it again.

use flexio_app::LetterShown;
use flexio_domain::{
    AccountSid, EmailSid, InvoiceSid, Letter, LetterChannel, LetterKind, LetterSid, Money, Timestamp,
};
use jiff::civil::date;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::params::one_of;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "letters.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Letters",
        "What was written about an invoice or credit note, oldest first: the document itself, reminder, notice, warning, suspension. Each is kept as it was sent.",
        &[],
        Shows::One(sample),
        list
    ),
    Operation {
        id: "letters.send",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Letters",
        about: "Sends an invoice or credit note again, to the customer's present address. With `Channel=post`: writes the reminder, notice or warning that is due today, for an operator to post.",
        access: Access::Token,
        params: params!["Channel": "`email` (default), or `post`, which is for an ancestor or the top account."],
        shows: Shows::One(one_sample),
        run: |ask| Box::pin(send(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let letters = ask.app().letters(ask.account.sid, ask.sid("InvoiceSid")?).await?;
    Ok(ask.one("Letters", |w| w.list("letters", "Letter", &letters, view)))
}

async fn send(ask: &Ask<'_>) -> Result<Answer> {
    let channel = one_of("Channel", ask.params.text("Channel"), LetterChannel::from_wire)?;
    let (account, sid) = (ask.account.sid, ask.sid("InvoiceSid")?);
    let letter = match channel {
        Some(LetterChannel::Post) => ask.app().post_letter(account, is_operator(ask), sid).await?,
        Some(LetterChannel::Email) | None => ask.app().send_invoice(account, sid).await?,
    };
    Ok(ask.one("Letter", |w| view(w, &letter)))
}

fn view(w: &mut Writer, shown: &LetterShown) {
    let letter = &shown.letter;
    w.put("sid", letter.sid.to_string());
    w.put("invoice_sid", letter.invoice_sid.to_string());
    w.put("kind", letter.kind.as_str());
    w.put("channel", letter.channel.as_str());
    w.put("to", letter.to.as_str());
    w.put("email_sid", letter.email_sid.map(|sid| sid.to_string()));
    w.put("status", shown.state);
    w.put("reason", shown.reason.as_deref());
    w.put("amount", letter.amount.to_decimals(2));
    w.put("late_fixed", letter.late_fixed.to_decimals(2));
    w.put("late_interest", letter.late_interest.to_decimals(2));
    w.put("interest_until", letter.interest_until.map(|day| day.to_string()));
    w.put("suspend_on", letter.suspend_on.map(|day| day.to_string()));
    w.put("date_written", rfc2822(letter.written_at));
    w.put("date_sent", shown.sent_at.map(rfc2822));
    w.put("subject", letter.subject.as_str());
    w.put("text", letter.text.as_str());
    w.put("sha256", letter.sha256.as_str());
}

fn specimen() -> LetterShown {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    LetterShown {
        letter: Letter {
            sid: LetterSid::from_u128(1),
            invoice_sid: InvoiceSid::from_u128(1),
            account_sid: AccountSid::from_u128(1),
            number: 1,
            kind: LetterKind::Warning,
            channel: LetterChannel::Email,
            to: "facturen@example.be".to_owned(),
            email_sid: Some(EmailSid::from_u128(1)),
            failure: None,
            subject: "Waarschuwing: uw dienst wordt onderbroken op 19/02/2027".to_owned(),
            text: "Geachte klant, …".to_owned(),
            sha256: "0".repeat(64),
            amount: Money::from_micros(74_660_000),
            late_fixed: Money::ZERO,
            late_interest: Money::ZERO,
            interest_until: None,
            suspend_on: Some(date(2027, 2, 19)),
            written_on: date(2027, 2, 4),
            written_at: at,
        },
        state: "sent",
        sent_at: Some(at),
        reason: None,
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("letters", "Letter", &[specimen()], view);
}

fn one_sample(w: &mut Writer, _: &Shown<'_>) {
    view(w, &specimen());
}
