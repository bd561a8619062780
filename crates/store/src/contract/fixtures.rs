//! Entities to try a store with. Each has every optional field set that a store could lose.

use std::sync::Arc;

use flexio_domain::message::SegmentState;
use flexio_domain::*;

use crate::{Change, ChangeSet, IdempotencyRecord, MoPart, Store, StoreError, TimelineEntry};

/// Some second of November 2026, with nanoseconds that a store of microseconds would lose.
pub fn at(second: i64) -> Timestamp {
    Timestamp::new(1_794_000_000 + second, 123_456_789).expect("a date of this century")
}

/// Writes one change.
pub async fn put(store: &Arc<dyn Store>, change: Change) {
    store.commit(change.into()).await.expect("the change is written");
}

/// Writes one change and gives what came of it.
pub async fn try_put(store: &Arc<dyn Store>, change: Change) -> Result<(), StoreError> {
    store.commit(change.into()).await
}

/// Writes several changes as one set.
pub async fn put_all(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = Change>) {
    let mut set = ChangeSet::new();
    changes.into_iter().for_each(|change| set.push(change));
    store.commit(set).await.expect("the changes are written");
}

/// Whether it failed with `Conflict`.
pub fn is_conflict(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(_)))
}

/// Whether it failed with `EventConflict`.
pub fn is_event_conflict(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::EventConflict(_)))
}

/// A number in E.164 form.
pub fn e164(text: &str) -> E164 {
    text.parse().expect("an E.164 number")
}

/// An end of a call or message.
pub fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// A webhook.
pub fn webhook(path: &str) -> Webhook {
    Webhook { url: format!("https://example.com/{path}?a=1&b=%20"), method: HttpMethod::Get }
}

fn webhooks(path: &str) -> WebhookSet {
    WebhookSet { primary: Some(webhook(path)), fallback: Some(webhook("fallback")) }
}

/// A top account.
pub fn account(name: &str) -> Account {
    Account {
        sid: AccountSid::new(),
        version: 1,
        parent_sid: None,
        ancestors: Vec::new(),
        friendly_name: name.to_owned(),
        email_address: Some(format!("{name}@Example.com")),
        account_type: AccountType::Full,
        role: "Administrator".to_owned(),
        status: AccountStatus::Active,
        auth_token: Sealed((0..60).collect()),
        auth_token_digest: [7; 32],
        currency: Currency::EUR,
        protected_media: true,
        recording_days: None,
        ladder_days: None,
        message_days: Some(7),
        emergency_address: None,
        messages_per_s: None,
        calls_to: None,
        messages_to: Some("BE:mobile,FR".parse().expect("a list")),
        quiet_hours: None,
        created_at: at(0),
        updated_at: at(1),
    }
}

/// An account below `parent`.
pub fn sub_account(parent: &Account, name: &str) -> Account {
    let ancestors = parent.ancestors.iter().copied().chain([parent.sid]).collect();
    Account { parent_sid: Some(parent.sid), ancestors, ..account(name) }
}

/// A key.
pub fn key(account_sid: AccountSid) -> ApiKey {
    ApiKey {
        sid: KeySid::new(),
        version: 1,
        account_sid,
        friendly_name: "build server".to_owned(),
        secret_digest: [9; 32],
        signing_secret: Some(Sealed(vec![4, 5, 6])),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// An application.
pub fn application(account_sid: AccountSid, name: &str) -> Application {
    Application {
        sid: ApplicationSid::new(),
        version: 1,
        account_sid,
        friendly_name: name.to_owned(),
        kind: Some(ApplicationKind::Voice),
        dialect: Dialect::Rcml,
        voice: webhooks("voice"),
        sms: webhooks("sms"),
        status_callback: Some(webhook("status")),
        sms_status_callback: None,
        voice_caller_id_lookup: true,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A Belgian number in stock.
pub fn stock(number: &str, number_type: NumberType, sms: bool) -> StockNumber {
    let capabilities = Capabilities { voice: true, sms, mms: false, fax: false };
    StockNumber { number: e164(number), country: "BE".to_owned(), number_type, capabilities }
}

/// A rented number.
pub fn number(account_sid: AccountSid, number: &str) -> IncomingNumber {
    IncomingNumber {
        sid: NumberSid::new(),
        version: 1,
        account_sid,
        number: e164(number),
        country: "BE".to_owned(),
        number_type: NumberType::Local,
        capabilities: Capabilities { voice: true, ..Capabilities::default() },
        friendly_name: "desk".to_owned(),
        dialect: Dialect::Twiml,
        voice: webhooks("voice"),
        sms: WebhookSet::default(),
        status_callback: None,
        refer: Some(webhook("refer")),
        voice_application_sid: None,
        sms_application_sid: None,
        refer_application_sid: None,
        voice_caller_id_lookup: false,
        tag: None,
        declaration: None,
        special_use: None,
        created_at: at(0),
        updated_at: at(0),
        released_at: None,
    }
}

/// Puts a number into the stock and rents it.
pub async fn rent(store: &Arc<dyn Store>, account_sid: AccountSid, digits: &str) -> IncomingNumber {
    let rented = number(account_sid, digits);
    put(store, Change::ImportStock(vec![stock(digits, NumberType::Local, true)])).await;
    put(store, Change::RentNumber(rented.clone())).await;
    rented
}

/// A caller id.
pub fn caller_id(account_sid: AccountSid, number: &str) -> OutgoingCallerId {
    OutgoingCallerId {
        sid: NumberSid::new(),
        version: 1,
        account_sid,
        friendly_name: "mobile".to_owned(),
        number: e164(number),
        verified_at: Some(at(3)),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A call in progress.
pub fn call(account_sid: AccountSid) -> Call {
    Call {
        sid: CallSid::new(),
        version: 1,
        account_sid,
        parent_call_sid: None,
        from: address("+3225550100"),
        to: address("sip:desk@example.be"),
        phone_number_sid: Some(NumberSid::from_u128(5)),
        application_sid: Some(ApplicationSid::from_u128(6)),
        direction: CallDirection::Inbound,
        status: CallStatus::InProgress,
        dialect: Dialect::Auto,
        api_version: "2012-04-24".to_owned(),
        instructions: webhooks("call"),
        document: Some("<Response/>".to_owned()),
        sealed_document: None,
        status_callback: Some(webhook("status")),
        status_callback_events: vec!["answered".to_owned(), "completed".to_owned()],
        ring_timeout_s: 60,
        time_limit_s: 14_400,
        send_digits: Some("1w2#".to_owned()),
        record: true,
        options: Box::new(CallOptions {
            labels: UsageLabels { tag: Some("support".to_owned()), ..UsageLabels::default() },
            carries_code: true,
            reason: Some("Uw levering".to_owned()),
            recording: RecordingOptions { channels: 2, trim: true, ..RecordingOptions::default() },
            machine_detection: Some(MachineDetection {
                message_end: true,
                timeout_s: 30,
                speech_threshold_ms: 2_400,
                speech_end_threshold_ms: 1_200,
                silence_timeout_ms: 5_000,
                callback: Some(webhook("amd")),
            }),
        }),
        ringing_at: Some(at(1)),
        answered_at: Some(at(4)),
        ended_at: None,
        talk_ms: None,
        proven_at: Some(at(5)),
        proven_ms: None,
        granted_s: Some(60),
        price: None,
        forwarded_from: Some("+3225550199".to_owned()),
        caller_name: Some("Zoë 電話".to_owned()),
        answered_by: Some("human".to_owned()),
        reason: None,
        sip_call_id: Some("a84b4c76e66710".to_owned()),
        sip_response_code: Some(200),
        trunk: Some("carrier-a".to_owned()),
        sip_auth: Some(("alice".to_owned(), Sealed(vec![1, 2, 3]))),
        node: Some("node-1".to_owned()),
        created_at: at(0),
        updated_at: at(5),
    }
}

/// The call, ended.
pub fn ended(call: &Call, status: CallStatus) -> Call {
    Call {
        status,
        ended_at: Some(at(64)),
        talk_ms: Some(59_001),
        price: Some(Money::from_micros(-7500)),
        reason: Some(Reason { code: 486, text: "Busy Here".to_owned() }),
        updated_at: at(64),
        ..call.clone()
    }
}

/// Entry `sequence` of a timeline.
pub fn timeline(call: &Call, sequence: u32) -> TimelineEntry {
    TimelineEntry {
        account_sid: call.account_sid,
        call_sid: call.sid,
        sequence,
        at: at(sequence.into()),
        event: "fetch".to_owned(),
        fields: vec![("status".to_owned(), "200".to_owned())],
        request: sequence.is_multiple_of(2).then(|| "c2VhbGVk".to_owned()),
    }
}

/// A finished recording.
pub fn recording(account_sid: AccountSid, call_sid: CallSid) -> Recording {
    Recording {
        sid: RecordingSid::new(),
        version: 1,
        account_sid,
        call_sid,
        conference_sid: Some(ConferenceSid::from_u128(8)),
        source: RecordingSource::DialVerb,
        status: RecordingStatus::Completed,
        channels: 2,
        track: RecordingTrack::Outbound,
        purpose: None,
        node: Some("node-1".to_owned()),
        is_stored: true,
        key: Some(Sealed(vec![1, 2, 3])),
        expires_at: None,
        duration_ms: Some(12_345),
        bytes: Some(394_000),
        api_version: "2010-04-01".to_owned(),
        price: Some(Money::from_micros(500)),
        started_at: at(4),
        created_at: at(4),
        updated_at: at(20),
    }
}

/// A notification.
pub fn notification(account_sid: AccountSid) -> Notification {
    Notification {
        sid: NotificationSid::new(),
        account_sid,
        call_sid: Some(CallSid::from_u128(77)),
        message_sid: Some(MessageSid::from_u128(78)),
        level: Level::Error,
        code: 11200,
        text: "The document could not be fetched.".to_owned(),
        request_url: Some("https://example.com/voice".to_owned()),
        request_method: Some(HttpMethod::Post),
        request_variables: Some("CallSid=CA1".to_owned()),
        response_headers: Some("Content-Type: text/xml".to_owned()),
        response_body: Some("<oops".to_owned()),
        api_version: "2010-04-01".to_owned(),
        created_at: at(6),
    }
}

/// A queued outgoing message.
pub fn message(account_sid: AccountSid) -> Message {
    Message {
        sid: MessageSid::new(),
        version: 1,
        account_sid,
        from: address("Acme"),
        to: address("+32470123456"),
        body: Pii("Uw code is 100% veilig 🔒".to_owned()),
        sealed_body: None,
        direction: MessageDirection::OutboundApi,
        status: MessageStatus::Queued,
        segments: 2,
        labels: Some(Box::new(UsageLabels { key_sid: Some(KeySid::from_u128(9)), ..UsageLabels::default() })),
        segment_states: vec![SegmentState::Accepted { carrier_id: "c1".to_owned() }, SegmentState::Waiting],
        concat_ref: 200,
        api_version: "2010-04-01".to_owned(),
        application_sid: Some(ApplicationSid::from_u128(6)),
        status_callback: Some(webhook("sms")),
        told_of: Vec::new(),
        callback_sequence: 3,
        validity_s: 3600,
        route: Some("smsc-a".to_owned()),
        node: None,
        attempts: 1,
        next_attempt_at: Some(at(30)),
        error: Some(ErrorCode::UnknownHandset),
        price: Some(Money::from_micros(95_000)),
        class: MessageClass::Transactional,
        quiet_hours: None,
        is_granted: false,
        feedback: None,
        opt_out: None,
        is_flash: false,
        sip_headers: Vec::new(),
        media: 0,
        messaging_service_sid: None,
        send_at: None,
        sent_at: None,
        created_at: at(10),
        updated_at: at(11),
    }
}

/// A part of an incoming message.
pub fn mo_part(key: &str, part: u8) -> MoPart {
    MoPart {
        key: key.to_owned(),
        part,
        total: 3,
        text: Pii(format!("part {part} ")),
        received_at: at(part.into()),
    }
}

/// A rated event: 61 s of a call, two started minutes.
pub fn usage(account_sid: AccountSid, id: &str) -> UsageEvent {
    UsageEvent {
        id: id.to_owned(),
        source: "voice".to_owned(),
        account_sid,
        kind: UsageKind::VoiceOut,
        resource: id.split(':').next().unwrap_or(id).to_owned(),
        from: "+3225550100".to_owned(),
        to: "+32470123456".to_owned(),
        at: at(4),
        ended_at: Some(at(65)),
        duration_ms: Some(61_000),
        quantity: 1,
        accepted: true,
        class: "mobile".to_owned(),
        billed: 61,
        item: "voice.out.mobile".to_owned(),
        plan: "flexio-be/1".to_owned(),
        numbering: "2026-09".to_owned(),
        amount: Money::from_micros(96_583),
        labels: UsageLabels::default(),
        carrier: None,
        month: "2026-11".to_owned(),
        day: "2026-11-06".to_owned(),
        truncated: false,
        carries_code: false,
        corrects: None,
        created_at: at(66),
    }
}

/// The posting of an event.
pub fn posting(event: &UsageEvent) -> LedgerTransaction {
    LedgerTransaction {
        id: format!("usage:{}:{}", event.source, event.id),
        account_sid: event.account_sid,
        reference: event.id.clone(),
        currency: Currency::EUR,
        legs: vec![
            LedgerLeg { account: LedgerAccount::Unbilled(event.account_sid), amount: event.amount },
            LedgerLeg { account: LedgerAccount::Revenue(event.item.clone()), amount: -event.amount },
        ],
        posted_at: at(66),
    }
}

/// A pending callback about `subject`, due at second `due`.
pub fn callback(account_sid: AccountSid, subject: &str, sequence: u32, due: i64) -> Callback {
    // Made when the fact happened: its sid says so too.
    let random = RequestSid::new().as_u128() & ((1 << 80) - 1);
    Callback {
        sid: RequestSid::from_u128(first_sid_of(at(due)) | random),
        account_sid,
        subject: subject.to_owned(),
        sequence,
        webhook: webhook("status"),
        params: vec![
            ("CallStatus".to_owned(), "ringing".to_owned()),
            ("Body".to_owned(), "a&b=ü".to_owned()),
        ],
        state: CallbackState::Pending,
        attempts: 0,
        next_attempt_at: at(due),
        last_error: None,
        created_at: at(due),
    }
}

/// An answer kept under a key.
pub fn idempotency(account_sid: AccountSid, key: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        account_sid,
        key: key.to_owned(),
        request_digest: [3; 32],
        status: 201,
        body: vec![0, 159, 146, 150],
        content_type: "application/json".to_owned(),
        resource: "SM1".to_owned(),
        created_at: Timestamp::from_microsecond(at(10).as_microsecond()).expect("the same instant, rounded"),
    }
}
