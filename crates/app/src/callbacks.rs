//! Status callbacks of what the REST side itself decides: a call that never left, a message that was withdrawn.
//!
//! Parameters as in "Call Status callbacks" and "Track outbound message status" of Twilio's documentation, which contain Restcomm's.

use crate::verify::Event;
use flexio_domain::*;
use jiff::Timestamp;
use jiff::civil::Date;

/// Sequence of a callback behind all others of its subject.
const LAST: u32 = 1_000_000;

/// The callback that tells of the end of a call, if it was asked for.
pub(crate) fn call_ended(call: &Call) -> Option<Callback> {
    let webhook = call.status_callback.clone()?;
    let wanted = call.status_callback_events.iter().any(|event| event == "completed");
    let at = call.ended_at?;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let params = vec![
        pair("CallSid", call.sid.to_string()),
        pair("AccountSid", call.account_sid.to_string()),
        pair("From", call.from.to_string()),
        pair("To", call.to.to_string()),
        pair("Caller", call.from.to_string()),
        pair("Called", call.to.to_string()),
        pair("CallStatus", call.status.as_str().to_owned()),
        pair("CallEvent", "completed".to_owned()),
        pair("ApiVersion", call.api_version.clone()),
        pair("Direction", call.direction.as_str().to_owned()),
        pair("CallDuration", call.duration_s().unwrap_or(0).to_string()),
        pair("Timestamp", at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()),
        pair("CallbackSource", "call-progress-events".to_owned()),
        // The classic API numbers events by kind; the other counts them, and this is the only one.
        pair("SequenceNumber", if call.api_version == "2012-04-24" { "3" } else { "0" }.to_owned()),
    ];
    wanted.then(|| queued(call.account_sid, call.sid.to_string(), 3, webhook, params, at))
}

/// The callback that tells of a conference that a crash ended, if it was asked for.
pub(crate) fn conference_ended(conference: &Conference) -> Option<Callback> {
    let webhook = conference.status_callback.clone()?;
    let at = conference.ended_at?;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut params = vec![
        pair("ConferenceSid", conference.sid.to_string()),
        pair("FriendlyName", conference.friendly_name.clone()),
        pair("AccountSid", conference.account_sid.to_string()),
        pair("StatusCallbackEvent", "conference-end".to_owned()),
        pair("Timestamp", at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()),
        // Behind every callback the conference had queued itself.
        pair("SequenceNumber", LAST.to_string()),
    ];
    let reason = conference.ended_by.map(|end| pair("ReasonConferenceEnded", end.as_str().to_owned()));
    params.extend(reason);
    let wanted = conference.status_callback_events.iter().any(|event| event == "end");
    let subject = conference.sid.to_string();
    wanted.then(|| queued(conference.account_sid, subject, LAST, webhook, params, at))
}

/// The callback that tells of a message's present status, reached at `updated_at`, if it was asked for. Counts it on the message.
pub(crate) fn message_status(message: &mut Message) -> Option<Callback> {
    let is_told = message.told_of.is_empty() || message.told_of.contains(&message.status);
    let webhook = message.status_callback.clone().filter(|_| is_told)?;
    let sequence = message.callback_sequence;
    message.callback_sequence += 1;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut params = vec![
        pair("MessageSid", message.sid.to_string()),
        pair("SmsSid", message.sid.to_string()),
        pair("MessageStatus", message.status.as_str().to_owned()),
        pair("SmsStatus", message.status.as_str().to_owned()),
        pair("AccountSid", message.account_sid.to_string()),
        pair("From", message.from.to_string()),
        pair("To", message.to.to_string()),
        pair("ApiVersion", message.api_version.clone()),
    ];
    params.extend(message.messaging_service_sid.map(|sid| pair("MessagingServiceSid", sid.to_string())));
    params.extend(message.error.map(|code| pair("ErrorCode", code.number().to_string())));
    Some(queued(message.account_sid, message.sid.to_string(), sequence, webhook, params, message.updated_at))
}

/// The callback that tells what became of an e-mail, if it was asked for.
pub(crate) fn email_status(email: &Email) -> Option<Callback> {
    let webhook = email.status_callback.clone()?;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let to: Vec<_> = email.to.iter().map(Mailbox::to_string).collect();
    let mut params = vec![
        pair("EmailSid", email.sid.to_string()),
        pair("EmailStatus", email.status.as_str().to_owned()),
        pair("AccountSid", email.account_sid.to_string()),
        pair("From", email.from.to_string()),
        pair("To", to.join(", ")),
        pair("ApiVersion", email.api_version.clone()),
    ];
    params.extend(email.error.map(|code| pair("ErrorCode", code.number().to_string())));
    Some(queued(email.account_sid, email.sid.to_string(), 0, webhook, params, email.updated_at))
}

/// The callback of a usage trigger that fires in the period that begins at `start`.
pub(crate) fn trigger_fired(trigger: &UsageTrigger, value: i64, start: Date, at: Timestamp) -> Callback {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let (account, sid) = (trigger.account_sid, trigger.sid);
    let records = format!("Accounts/{account}/Usage/Records.json?Category={}", trigger.category);
    let recurring = match trigger.recurring {
        Recurring::AllTime => "",
        recurring => recurring.as_str(),
    };
    let params = vec![
        pair("AccountSid", account.to_string()),
        pair("UsageTriggerSid", sid.to_string()),
        pair("Recurring", recurring.to_owned()),
        pair("UsageCategory", trigger.category.clone()),
        pair("TriggerBy", trigger.by.as_str().to_owned()),
        pair("TriggerValue", UsageTrigger::text(trigger.wanted(start))),
        pair("CurrentValue", UsageTrigger::text(value)),
        pair("UsageRecordUri", format!("/{}/{records}", trigger.api_version)),
        pair("DateFired", rfc2822(at)),
        // The same for all tries, and another in each period.
        pair("IdempotencyToken", format!("{account}-FIRES-{sid}-{start}")),
        pair("ApiVersion", trigger.api_version.clone()),
    ];
    queued(account, sid.to_string(), 0, trigger.callback.clone(), params, at)
}

/// The callback of a threshold that was reached, if it is to be told.
pub(crate) fn threshold_reached(threshold: &Threshold, fired: &Fired) -> Option<Callback> {
    let webhook = threshold.callback.clone()?;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let (account, sid) = (threshold.account_sid, threshold.sid);
    let params = vec![
        pair("AccountSid", account.to_string()),
        pair("ThresholdSid", sid.to_string()),
        pair("Amount", threshold.amount.to_string()),
        pair("Percent", threshold.percent.map_or_else(String::new, |percent| percent.to_string())),
        pair("Reaction", threshold.reaction.as_str().to_owned()),
        pair("Month", fired.month.strftime("%Y-%m").to_string()),
        pair("SpentInclVat", fired.gross.to_string()),
        pair("Spent", fired.net.to_string()),
        pair("Balance", (-fired.owed).to_string()),
        pair("DateFired", rfc2822(fired.at)),
        pair("IdempotencyToken", format!("{account}-FIRES-{sid}-{}", fired.month)),
    ];
    Some(queued(account, sid.to_string(), 0, webhook, params, fired.at))
}

/// What a customer's program is told of: what happened, what it is about, and its facts.
struct CustomerEvent<'e> {
    name: &'static str,
    subject: String,
    facts: Vec<(&'e str, String)>,
}

/// A callback to the customer's `EventUrl`, where there is one. Those about one invoice or contract go in the order of their seconds.
fn customer_event(customer: &Customer, event: CustomerEvent<'_>, at: Timestamp) -> Option<Callback> {
    let webhook = customer.event_webhook.clone()?;
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let account = customer.account_sid;
    let mut params = vec![pair("Event", event.name.to_owned()), pair("AccountSid", account.to_string())];
    params.extend(event.facts.into_iter().map(|(name, value)| pair(name, value)));
    params.extend([pair("Timestamp", rfc2822(at)), pair("ApiVersion", "2012-04-24".to_owned())]);
    let sequence = u32::try_from(at.as_second()).unwrap_or(u32::MAX);
    Some(queued(account, event.subject, sequence, webhook, params, at))
}

/// An invoice or credit note was issued.
pub(crate) fn document_issued(customer: &Customer, invoice: &Invoice, at: Timestamp) -> Option<Callback> {
    let mut facts = vec![
        ("InvoiceSid", invoice.sid.to_string()),
        ("Kind", invoice.kind.as_str().to_owned()),
        ("Number", invoice.number.clone()),
        ("Month", invoice.month.clone()),
        ("IssuedOn", invoice.issued_on.to_string()),
        ("DueOn", invoice.due_on.to_string()),
        ("Currency", invoice.currency.to_string()),
        ("Gross", invoice.gross.to_decimals(2)),
        ("Payable", invoice.payable.to_decimals(2)),
    ];
    facts.extend(invoice.communication.map(|it| ("Communication", it.to_string())));
    let event = CustomerEvent { name: "invoice.issued", subject: invoice.sid.to_string(), facts };
    customer_event(customer, event, at)
}

/// A payment or credit note settled a part of an invoice, or all of it.
pub(crate) fn payment_settled(
    customer: &Customer,
    state: &InvoiceState,
    (used, reference): (Money, &str),
    at: Timestamp,
) -> Option<Callback> {
    let invoice = &state.invoice;
    let open = state.open() - used;
    let facts = vec![
        ("InvoiceSid", invoice.sid.to_string()),
        ("Number", invoice.number.clone()),
        ("Currency", invoice.currency.to_string()),
        ("Amount", used.to_decimals(2)),
        ("Open", open.to_decimals(2)),
        ("Status", if open > Money::ZERO { "open" } else { "paid" }.to_owned()),
        ("Reference", reference.to_owned()),
    ];
    let event = CustomerEvent { name: "payment.settled", subject: invoice.sid.to_string(), facts };
    customer_event(customer, event, at)
}

/// Something happened to a payment through a provider, of this amount.
pub(crate) fn provider_payment(
    customer: &Customer,
    intent: &PaymentIntent,
    (name, amount): (&'static str, Money),
    at: Timestamp,
) -> Option<Callback> {
    let mut facts = vec![
        ("PaymentIntentSid", intent.sid.to_string()),
        ("Currency", intent.currency.to_string()),
        ("Amount", amount.to_decimals(2)),
        ("Received", intent.received.to_decimals(2)),
        ("Refunded", intent.refunded().to_decimals(2)),
        ("ChargedBack", intent.charged_back.to_decimals(2)),
    ];
    facts.extend(intent.invoice_sid.map(|sid| ("InvoiceSid", sid.to_string())));
    let event = CustomerEvent { name, subject: intent.sid.to_string(), facts };
    customer_event(customer, event, at)
}

/// A contract is in another state.
pub(crate) fn subscription_state(
    customer: &Customer,
    contract: &Subscription,
    before: SubscriptionState,
) -> Option<Callback> {
    let mut facts = vec![
        ("SubscriptionSid", contract.sid.to_string()),
        ("State", contract.state.as_str().to_owned()),
        ("Before", before.as_str().to_owned()),
        ("Plan", contract.offer.plan.clone()),
    ];
    facts.extend(contract.suspension.iter().map(|it| ("Reason", it.reason.as_str().to_owned())));
    let event = CustomerEvent { name: "subscription.state", subject: contract.sid.to_string(), facts };
    customer_event(customer, event, contract.updated_at)
}

/// A spending threshold was reached, of the account or of one below it.
pub(crate) fn limit_reached(customer: &Customer, threshold: &Threshold, fired: &Fired) -> Option<Callback> {
    let facts = vec![
        ("ThresholdSid", threshold.sid.to_string()),
        ("Of", threshold.account_sid.to_string()),
        ("Limit", threshold.amount.to_string()),
        ("Reaction", threshold.reaction.as_str().to_owned()),
        ("Month", fired.month.strftime("%Y-%m").to_string()),
        ("SpentInclVat", fired.gross.to_string()),
        ("Spent", fired.net.to_string()),
    ];
    let event = CustomerEvent { name: "limit.reached", subject: format!("{}/limit", threshold.sid), facts };
    customer_event(customer, event, fired.at)
}

/// Prices of a contract change from a day on.
pub(crate) fn price_change_announced(customer: &Customer, notice: &PriceNotice) -> Option<Callback> {
    let items: Vec<&str> = notice.changes.iter().map(|change| change.item.as_str()).collect();
    let facts = vec![
        ("PriceChangeSid", notice.sid.to_string()),
        ("SubscriptionSid", notice.subscription_sid.to_string()),
        ("Plan", notice.plan.clone()),
        ("Items", items.join(",")),
        ("Advantage", notice.is_advantage.to_string()),
        ("EffectiveAt", rfc2822(notice.effective_at)),
        ("ExitUntil", rfc2822(notice.exit_until)),
    ];
    let event = CustomerEvent { name: "price.change.announced", subject: notice.sid.to_string(), facts };
    customer_event(customer, event, notice.announced_at)
}

/// A number is to move between operators, or has moved.
pub(crate) fn number_porting(customer: &Customer, request: &PortingRequest) -> Option<Callback> {
    let mut facts = vec![
        ("PortingRequestSid", request.sid.to_string()),
        ("PhoneNumber", request.number.as_str().to_owned()),
        ("Direction", request.direction.as_str().to_owned()),
        ("Status", request.state.as_str().to_owned()),
        ("Day", request.confirmed_day.unwrap_or(request.requested_day).to_string()),
    ];
    facts.extend(request.reason.iter().map(|reason| ("Reason", reason.clone())));
    let event = CustomerEvent { name: "number.porting", subject: request.sid.to_string(), facts };
    customer_event(customer, event, request.updated_at)
}

/// The callback that tells a webhook of a Verify service what happened.
pub(crate) fn verify_event(service: &VerifyService, hook: &VerifyWebhook, event: &Event) -> Callback {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut params = vec![
        pair("type", event.name.to_owned()),
        pair("account_sid", service.account_sid.to_string()),
        pair("service_sid", service.sid.to_string()),
        pair("webhook_sid", hook.sid.to_string()),
        pair("created_at", event.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    params.extend(event.params.iter().map(|(name, value)| pair(name, value.clone())));
    let subject = format!("{}/{}", hook.sid, event.subject);
    let mut callback =
        queued(service.account_sid, subject, event.sequence, hook.webhook.clone(), params, event.at);
    callback.params.insert(0, pair("uuid", callback.sid.to_string()));
    callback
}

fn rfc2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn queued(
    account_sid: AccountSid,
    subject: String,
    sequence: u32,
    webhook: Webhook,
    params: Vec<(String, String)>,
    now: Timestamp,
) -> Callback {
    Callback {
        sid: RequestSid::new(),
        account_sid,
        subject,
        sequence,
        webhook,
        params,
        state: CallbackState::Pending,
        attempts: 0,
        next_attempt_at: now,
        last_error: None,
        created_at: now,
    }
}
