//! Every route of the table, asked by those who may and those who may not. A route without a fixture fails the test.

use flexio_domain::*;
use flexio_store::{
    Change, ChangeSet, DebitChange, InvoiceChange, LetterChange, MaskingChange, MessagingChange,
    NoticeChange, PaymentChange, VerifyChange,
};
use http::Request;

use super::world::{Customer, LOCAL, World};
use crate::dialect::Face;
use crate::operation::{Access, Kind, Operation, TABLE};
use crate::transcriptions::tests::transcribed;

/// Sids of things that belong to one account.
pub(crate) struct Belongings {
    values: Vec<(&'static str, String)>,
}

impl Belongings {
    /// One of everything.
    pub(crate) async fn of(world: &World, who: &Customer, number: &str) -> Self {
        let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
        let (call, recording, notification) = world.records(who).await;
        let key = world.post(who, &native("Keys"), &[]).await.ok().text("sid");
        let application = world.post(who, &native("Applications"), &[("FriendlyName", "a")]).await.ok();
        let made =
            async |path: String, form: &[(&str, &str)]| world.post(who, &path, form).await.ok().text("sid");
        let caller_id = made(native("OutgoingCallerIds"), &[("PhoneNumber", "+3222268888")]).await;
        let login = format!("phone-{}", who.sid());
        let client = made(native("Clients"), &[("Login", &login), ("Password", "S3cure!pass")]).await;
        let (conference, participant) = world.meeting(who).await;
        let (queue, member) = world.waiting(who).await;
        world.record_meeting(who, recording, conference.sid).await;
        let verb = world.said(who, call).await;
        let (flow, execution, step) = world.flow(who).await;
        let mut values = vec![
            ("FlowSid", flow),
            ("Revision", "1".to_owned()),
            ("ExecutionSid", execution),
            ("StepSid", step),
            ("ConferenceSid", conference.sid.to_string()),
            ("ParticipantSid", participant.call_sid.to_string()),
            ("QueueSid", queue.sid.to_string()),
            ("MemberSid", member.to_string()),
            ("PhoneNumber", "%2B3225550101".to_owned()),
            ("StreamSid", StreamSid::from_u128(9).to_string()),
            ("Handset", "%2B32470123456".to_owned()),
            ("HandsetCallSid", HandsetCallSid::from_u128(9).to_string()),
            ("UserMessageSubscriptionSid", UserMessageSubscriptionSid::from_u128(9).to_string()),
            ("SiprecSid", format!("SR{:032x}", 9)),
            ("ClientSid", client),
            ("AccountSid", who.sid()),
            ("KeySid", key),
            ("ApplicationSid", application.text("sid")),
            ("NumberSid", world.rent(who, number).await),
            ("CallerIdSid", caller_id),
            ("CallSid", call.to_string()),
            ("UsageResource", world.charged(who, call).await),
            ("SpendCaseSid", world.suspected(who).await),
            ("RecordingSid", recording.to_string()),
            ("TranscriptionSid", transcribed(world, who, recording).await.to_string()),
            ("NotificationSid", notification.to_string()),
            ("PriceRunSid", PriceRunSid::from_u128(9).to_string()),
            ("TermsChangeSid", TermsChangeSid::from_u128(9).to_string()),
            ("PostingId", posted(world, who).await),
            ("SealNumber", "1".to_owned()),
            ("PromotionId", "welcome".to_owned()),
            ("CountryCode", "BE".to_owned()),
            ("LookedUpNumber", "%2B32470123456".to_owned()),
            ("EmailSid", world.email(who).await),
            ("SoundName", sounding(world, who).await),
        ];
        values.extend(pictured(world, who).await);
        values.push(("PortingRequestSid", world.asked_away(who, number).await));
        values.extend(masked(world, who).await);
        values.extend(sip(world, who).await);
        values.extend(served(world, who).await);
        values.extend(verbs(world, &verb).await);
        values.push(("SummarySid", offered(world, who).await));
        values.extend(noticed(world, who).await);
        // An erasure takes the archives that were made before it.
        values.extend(rights(world, who).await);
        values.push(("ExportSid", world.exported(who).await));
        values.extend([verified(world, who).await, watched(world, who).await].concat());
        Self { values }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(have, _)| *have == name);
        &found.unwrap_or_else(|| panic!("no fixture for {{{name}}}: add one to Belongings")).1
    }
}

/// A sound file.
async fn sounding(world: &World, who: &Customer) -> String {
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Sounds.json", who.sid());
    let sound = serde_json::json!({ "name": "tune.wav", "content": "UklGRgAAAABXQVZF" });
    world.json(who, "POST", &path, sound).await.ok().text("name")
}

/// A message with a picture.
async fn pictured(world: &World, who: &Customer) -> [(&'static str, String); 2] {
    let path = format!("/2010-04-01/Accounts/{}/Messages", who.sid());
    let picture = [("From", "8640"), ("To", "+32470123456"), ("MediaUrl", "https://a.test/table.gif")];
    let message = world.post(who, &format!("{path}.json"), &picture).await.ok().text("sid");
    let media = world.get(who, &format!("{path}/{message}/Media.json")).await.ok().json();
    let media = media["media_list"][0]["sid"].as_str().unwrap().to_owned();
    [("MessageSid", message), ("MediaSid", media)]
}

/// A SIP domain with those who may use it.
async fn sip(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let sip = |rest: &str| format!("/2010-04-01/Accounts/{}/SIP/{rest}.json", who.sid());
    let made =
        async |path: String, form: &[(&str, &str)]| world.post(who, &path, form).await.ok().text("sid");
    let domain_name = format!("{}.sip.example", who.sid());
    let domain = made(sip("Domains"), &[("DomainName", &domain_name)]).await;
    let users = made(sip("CredentialLists"), &[("FriendlyName", "a")]).await;
    let user = [("Username", "alice"), ("Password", "Correct-horse-42")];
    let user = made(sip(&format!("CredentialLists/{users}/Credentials")), &user).await;
    let networks = made(sip("IpAccessControlLists"), &[("FriendlyName", "a")]).await;
    let network = sip(&format!("IpAccessControlLists/{networks}/IpAddresses"));
    let network = made(network, &[("IpAddress", "192.0.2.7")]).await;
    for (path, name, list) in [
        ("Auth/Calls/CredentialListMappings", "CredentialListSid", &users),
        ("Auth/Registrations/CredentialListMappings", "CredentialListSid", &users),
        ("Auth/Calls/IpAccessControlListMappings", "IpAccessControlListSid", &networks),
    ] {
        made(sip(&format!("Domains/{domain}/{path}")), &[(name, list)]).await;
    }
    vec![
        ("DomainSid", domain),
        ("CredentialListSid", users),
        ("CredentialSid", user),
        ("IpAccessControlListSid", networks),
        ("IpAddressSid", network),
    ]
}

/// An erasure that is done, and a hold that was asked for and is not confirmed.
async fn rights(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
    let number = [("Number", "+32470777777")];
    let erasure = world.post(who, &native("Erasures"), &number).await.ok().text("sid");
    world.app.run_erasures().await.unwrap();
    let hold = world.post(&world.root, &native("LegalHolds"), &[("Name", "2026/417")]).await.ok().text("sid");
    let lawful = LawfulRequestSid::from_u128(9).to_string();
    vec![("ErasureSid", erasure), ("LegalHoldSid", hold), ("LawfulRequestSid", lawful)]
}

/// Somebody who pays, and the summary that was offered.
async fn offered(world: &World, who: &Customer) -> String {
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
    let customer = [
        ("LegalName", "An Peeters"),
        ("Street", "Stationsstraat 1"),
        ("PostCode", "9000"),
        ("City", "Gent"),
        ("InvoiceEmail", "an@example.be"),
    ];
    world.post(who, &native("Customer"), &customer).await.ok();
    world.post(who, &native("Subscription/Offers"), &[]).await.ok().text("summary_sid")
}

/// A posting.
async fn posted(world: &World, who: &Customer) -> String {
    let event = flexio_store::contract::usage(who.account.sid, &format!("{}:posted", CallSid::new()));
    let posting = flexio_store::contract::posting(&event);
    let id = posting.id.clone();
    world.store().commit(ChangeSet::from(Change::AddUsage(event)).with(Change::Post(posting))).await.unwrap();
    id
}

/// A notice of terms, and the letter that brought it.
async fn noticed(world: &World, who: &Customer) -> [(&'static str, String); 2] {
    let (account_sid, now) = (who.account.sid, world.app.clock.now());
    let contract = world.app.subscription(account_sid).await.unwrap();
    let notice = TermsNotice {
        sid: TermsNoticeSid::new(),
        change_sid: TermsChangeSid::from_u128(9),
        subscription_sid: contract.sid,
        account_sid,
        terms: vec![Terms::default()],
        words: "a".to_owned(),
        announced_at: now,
        effective_at: now,
        exit_until: now,
        ground: None,
        ground_note: String::new(),
    };
    let letter = NoticeLetter {
        notice_sid: NoticeSid::Terms(notice.sid),
        number: 1,
        account_sid,
        channel: LetterChannel::Email,
        email_sid: None,
        failure: Some("no e-mail is sent".to_owned()),
        subject: "a".to_owned(),
        text: "a".to_owned(),
        sha256: String::new(),
        written_at: now,
    };
    let sid = notice.sid.to_string();
    let changes = ChangeSet::from(Change::from(NoticeChange::AnnounceTerms(notice)))
        .with(NoticeChange::Write(letter).into());
    world.store().commit(changes).await.unwrap();
    [("TermsNoticeSid", sid.clone()), ("NoticeSid", sid)]
}

/// A messaging service with a sender of each kind.
async fn served(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let made = async |path: &str, form: &[(&str, &str)]| world.post(who, path, form).await.ok();
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
    let service = made("/v1/Services", &[("FriendlyName", "a")]).await.text("sid");
    let codes = world.get(who, &native("SMS/ShortCodes")).await.ok().json();
    let code = codes[0]["sid"].as_str().unwrap().to_owned();
    let path = format!("/v1/Services/{service}/ShortCodes");
    let service_code = made(&path, &[("ShortCodeSid", &code)]).await.text("sid");
    let mut values =
        vec![("ServiceShortCodeSid", service_code), ("ShortCodeSid", code), ("Trunk", "carrier".to_owned())];
    for (name, sid, address) in [
        ("ServiceNumberSid", SenderSid::Number(NumberSid::new()), "+3225550108"),
        ("AlphaSenderSid", SenderSid::Alpha(AlphaSenderSid::new()), "Acme"),
    ] {
        let sender = ServiceSender {
            sid,
            service_sid: service.parse().unwrap(),
            account_sid: who.account.sid,
            address: address.parse().unwrap(),
            country: None,
            created_at: world.app.clock.now(),
        };
        values.push((name, sid.to_string()));
        world.store().commit(Change::from(MessagingChange::AddSender(sender)).into()).await.unwrap();
    }
    let opt_out = made(&native("OptOuts"), &[("From", "8640"), ("To", "+32470123499")]).await.text("sid");
    values.push(("OptOutSid", opt_out));
    values.extend([("PricedNumber", "%2B32470123456".to_owned()), ("IsoCountry", "BE".to_owned())]);
    let user = made(&native("SmppUsers"), &[("SystemId", "foreign")]).await.text("sid");
    values.push(("SmppUserSid", user));
    let name = made(&native("SenderNames"), &[("Name", "Foreign"), ("Proof", "none")]).await.text("sid");
    values.push(("SenderNameSid", name));
    let now = world.app.clock.now();
    let keyword = Keyword {
        sid: KeywordSid::new(),
        version: 1,
        account_sid: who.account.sid,
        word: "FOREIGN".to_owned(),
        sms: WebhookSet::default(),
        created_at: now,
        updated_at: now,
    };
    values.push(("KeywordSid", keyword.sid.to_string()));
    world.store().commit(Change::from(MessagingChange::CreateKeyword(keyword)).into()).await.unwrap();
    values.push(("MessagingServiceSid", service));
    values
}

/// One of everything of number masking.
async fn masked(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let now = world.app.clock.now();
    let e164 = |digits: &str| digits.parse::<E164>().unwrap();
    let record = |parent, body| MaskRecord {
        sid: MaskingSid::new(),
        version: 1,
        account_sid: who.account.sid,
        parent,
        key: None,
        body,
        created_at: now,
        updated_at: now,
    };
    let (selection, name) = (MaskSelection::AvoidSticky, "a".to_owned());
    let rules = MaskApplication { name, ttl_s: 0, geo_match: 0, selection, is_open: true };
    let application = record(MaskingSid::from_u128(0), MaskBody::Application(rules));
    let (number, number_sid) = (e164("+3225550101"), NumberSid::new());
    let number = MaskBody::Number(MaskNumber { number, number_sid, is_reserved: false });
    let context = MaskContext { friendly_name: None, ttl_s: 0, expires_at: None, closed_at: None };
    let context = record(application.sid, MaskBody::Context(context));
    let (identifier, mask) = (e164("+32470123456"), e164("+3225550101"));
    let party = MaskBody::Participant(MaskParticipant { identifier, friendly_name: None, mask });
    let (from, to) = (MaskingSid::new(), MaskingSid::new());
    let met = MaskBody::Interaction(MaskInteraction { from, to, call_sid: None, message_sid: None });
    let rows = [
        ("MaskNumberSid", 'N', record(application.sid, number)),
        ("MaskParticipantSid", 'P', record(context.sid, party)),
        ("MaskInteractionSid", 'I', record(context.sid, met)),
        ("MaskApplicationSid", 'A', application),
        ("MaskContextSid", 'C', context),
    ];
    let mut values = Vec::new();
    for (name, prefix, row) in rows {
        values.push((name, format!("NM{prefix}{:032x}", row.sid.as_u128())));
        world.store().commit(Change::from(MaskingChange::Create(row)).into()).await.unwrap();
    }
    values
}

/// A code that waits, and a limit, under the names of both APIs.
async fn verified(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let made = async |path: &str, form: &[(&str, &str)]| world.post(who, path, form).await.ok();
    let service = made("/v2/Services", &[("FriendlyName", "a")]).await.text("sid");
    let code = [("To", "+32470123456"), ("Channel", "sms")];
    let verification = made(&format!("/v2/Services/{service}/Verifications"), &code).await;
    let attempt = verification.json()["send_code_attempts"][0]["attempt_sid"].as_str().unwrap().to_owned();
    let verification = verification.text("sid");
    let limits = format!("/v2/Services/{service}/RateLimits");
    let limit = made(&limits, &[("UniqueName", "ip")]).await.text("sid");
    let bucket =
        made(&format!("{limits}/{limit}/Buckets"), &[("Max", "1"), ("Interval", "60")]).await.text("sid");
    let factor = format!("/v2/Services/{service}/Entities/some-body-1/Factors");
    let factor = made(&factor, &[("FriendlyName", "a"), ("FactorType", "totp")]).await.text("sid");
    let hook = [("FriendlyName", "a"), ("EventTypes", "*"), ("WebhookUrl", "https://app.test/verify")];
    let hook = made(&format!("/v2/Services/{service}/Webhooks"), &hook).await.text("sid");
    let sender = made("/v1/Services", &[("FriendlyName", "b")]).await.text("sid");
    let sender = [("Country", "BE"), ("MessagingServiceSid", &*sender)];
    made(&format!("/v2/Services/{service}/MessagingConfigurations"), &sender).await;
    let template = [("FriendlyName", "a"), ("Translations", r#"{"en":"{{code}}"}"#)];
    let template = made("/v2/Templates", &template).await.text("sid");
    made("/v2/SafeList/Numbers", &[("PhoneNumber", "+32470123456")]).await;
    let case = flexio_store::contract::guard_case(who.account.sid, GuardRule::BlockOften, "+32470123");
    let case_sid = case.sid.to_string();
    world.store().commit(Change::from(VerifyChange::OpenCase(case)).into()).await.unwrap();
    vec![
        ("GuardDecisionSid", format!("GD{}", &attempt[2..])),
        ("GuardCaseSid", case_sid),
        ("VerifyWebhookSid", hook),
        ("Country", "BE".to_owned()),
        ("TemplateSid", template),
        ("SafeNumber", "%2B32470123456".to_owned()),
        ("Identity", "some-body-1".to_owned()),
        ("ChallengeSid", challenged(world, who, &service, &factor).await),
        ("FactorSid", factor),
        ("OtpSid", format!("OTP{}", &verification[2..])),
        ("LimitSid", format!("LM{}", &limit[2..])),
        ("AttemptSid", attempt),
        ("VerifyServiceSid", service),
        ("VerificationSid", verification),
        ("RateLimitSid", limit),
        ("BucketSid", bucket),
    ]
}

/// A challenge of a factor.
async fn challenged(world: &World, who: &Customer, service: &str, factor: &str) -> String {
    let (service, factor) = (service.parse().unwrap(), factor.parse().unwrap());
    let factor = world.app.factor(who.account.sid, service, "some-body-1", factor).await.unwrap();
    let challenge = flexio_store::contract::challenge(&factor, 300);
    let sid = challenge.sid.to_string();
    world.store().commit(Change::from(VerifyChange::CreateChallenge(challenge)).into()).await.unwrap();
    sid
}

/// An invoice.
async fn invoiced(world: &World, who: &Customer) -> String {
    let sequence = world.store().last_in_series("2026").await.unwrap() + 1;
    let invoice = flexio_store::contract::invoice(who.account.sid, sequence, "2026-11");
    let (sid, series) = (invoice.sid.to_string(), "2026".to_owned());
    let issue = InvoiceChange::Issue { invoice: Box::new(invoice), series, sequence, supplies: Vec::new() };
    world.store().commit(Change::from(issue).into()).await.unwrap();
    sid
}

/// A credit note that waits for a second person, and money to be paid back.
async fn owed(world: &World, who: &Customer, invoice_sid: InvoiceSid) -> (CreditRequestSid, PayoutSid) {
    let (account_sid, now) = (who.account.sid, world.app.clock.now());
    let request = CreditRequest {
        sid: CreditRequestSid::new(),
        version: 1,
        invoice_sid,
        account_sid,
        parts: Vec::new(),
        reason: "a".to_owned(),
        gross: Money::ZERO,
        state: CreditRequestState::Waiting,
        asked_by: "a".to_owned(),
        asked_at: now,
        decided_by: None,
        decided_at: None,
        note_sid: None,
    };
    let payout = Payout {
        sid: PayoutSid::new(),
        version: 1,
        account_sid,
        subscription_sid: SubscriptionSid::new(),
        amount: Money::ZERO,
        currency: Currency::EUR,
        created_at: now,
        paid_at: None,
        reference: None,
    };
    let sids = (request.sid, payout.sid);
    let changes = ChangeSet::from(Change::from(LetterChange::AskCredit(request)))
        .with(LetterChange::OwePayout(payout).into());
    world.store().commit(changes).await.unwrap();
    sids
}

/// A payment through a provider.
async fn paid(world: &World, who: &Customer) -> String {
    let intent = flexio_store::contract::payment_intent(who.account.sid);
    let sid = intent.sid.to_string();
    world.store().commit(Change::from(PaymentChange::Create(Box::new(intent))).into()).await.unwrap();
    sid
}

/// A mandate, and what was asked of a bank by it.
async fn debited(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let mandate = flexio_store::contract::mandate(who.account.sid);
    let asked = flexio_store::contract::collection(&mandate, &who.account.sid.to_string());
    let sids = vec![
        ("MandateSid", mandate.sid.to_string()),
        ("CollectionSid", asked.sid.to_string()),
        ("CollectionFileSid", asked.file_sid.to_string()),
    ];
    let changes = ChangeSet::from(Change::from(DebitChange::Sign(Box::new(mandate))))
        .with(DebitChange::Request(Box::new(asked)).into());
    world.store().commit(changes).await.unwrap();
    sids
}

/// Usage, and what tells when it or spending reaches a value.
async fn watched(world: &World, who: &Customer) -> Vec<(&'static str, String)> {
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
    let trigger = [("CallbackUrl", "https://app.test/t"), ("TriggerValue", "5"), ("UsageCategory", "calls")];
    let trigger = world.post(who, &native("Usage/Triggers"), &trigger).await.ok().text("sid");
    let threshold = world.post(who, &native("Credit/Thresholds"), &[("Amount", "50")]).await.ok().text("sid");
    let invoice = invoiced(world, who).await;
    let path = format!("Invoices/{invoice}/Disputes");
    let dispute =
        world.post(who, &native(&path), &[("Reason", "a"), ("Amount", "0.50")]).await.ok().text("sid");
    let (asked, payout) = owed(world, who, invoice.parse().unwrap()).await;
    vec![
        ("Subresource", "AllTime".to_owned()),
        ("UsageTriggerSid", trigger),
        ("ThresholdSid", threshold),
        ("InvoiceSid", invoice),
        ("DisputeSid", dispute),
        ("CreditRequestSid", asked.to_string()),
        ("PayoutSid", payout.to_string()),
        ("PaymentIntentSid", paid(world, who).await),
    ]
    .into_iter()
    .chain(debited(world, who).await)
    .collect()
}

/// A record of each verb, like this one.
async fn verbs(world: &World, like: &VerbRecord) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    for (name, kind) in [
        ("GatherDtmfSid", VerbKind::GatherDtmf),
        ("GatherSpeechSid", VerbKind::GatherSpeech),
        ("SaySid", VerbKind::Say),
        ("PlaySid", VerbKind::Play),
        ("HoldSid", VerbKind::Hold),
        ("ResumeSid", VerbKind::Resume),
        ("ReferSid", VerbKind::Refer),
    ] {
        let record = VerbRecord { id: VerbRecordId::new(), kind, ..like.clone() };
        values.push((name, record.sid()));
        world.store().commit(Change::AddVerbRecord(record).into()).await.unwrap();
    }
    values
}

/// The path of an operation with these things' sids, under this account.
pub(super) fn path(face: Face, operation: &Operation, account: &str, things: &Belongings) -> String {
    let parts = operation.path.split('/').map(|part| match part {
        "{AccountSid}" => account.to_owned(),
        name if name.starts_with('{') => things.value(&name[1..name.len() - 1]).to_owned(),
        literal => literal.to_owned(),
    });
    let base = match face {
        Face::Native => "/restcomm/2012-04-24",
        Face::Twilio => "/2010-04-01",
    };
    format!("{base}/{}.json", parts.collect::<Vec<_>>().join("/"))
}

pub(super) async fn ask(world: &World, who: &Customer, operation: &Operation, path: &str) -> (u16, u64) {
    let request = Request::builder().method(operation.kind.method().to_uppercase().as_str()).uri(path);
    let reply = world.send(request, Some(who.credentials()), "").await;
    (reply.status, if reply.body.is_empty() { 0 } else { reply.json()["code"].as_u64().unwrap_or(0) })
}

/// Each operation under each face.
pub(super) fn everything() -> impl Iterator<Item = (Face, &'static Operation)> {
    TABLE.iter().flat_map(|entry| entry.operation.faces.iter().map(|face| (*face, entry.operation)))
}

/// Asks about the asker's own things only, as no account is in the path.
fn names_without_account(operation: &Operation) -> bool {
    !has_account(operation) && operation.path.contains('{')
}

/// For the top account or lawful officers alone.
fn is_for_few(operation: &Operation) -> bool {
    matches!(operation.access, Access::Top | Access::Officer)
}

fn has_account(operation: &Operation) -> bool {
    operation.path.contains("{AccountSid}")
}

/// The refusal of an account outside one's branch: 401 in the classic API, 404 in Twilio's.
const fn outside(face: Face) -> (u16, u64) {
    match face {
        Face::Native => (401, 20_003),
        Face::Twilio => (404, 20_404),
    }
}

#[tokio::test]
async fn nobody_reaches_an_account_outside_their_branch() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.child, LOCAL).await;
    let strangers = [&world.sibling, &world.grandchild];
    for (face, operation) in everything().filter(|(_, operation)| has_account(operation)) {
        let path = path(face, operation, &world.child.sid(), &things);
        for stranger in strangers {
            let got = ask(&world, stranger, operation, &path).await;
            assert_eq!(got, outside(face), "{face:?} {} as {}", operation.id, stranger.account.friendly_name);
        }
    }
}

#[tokio::test]
async fn a_foreign_sid_under_ones_own_account_does_not_exist() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.child, LOCAL).await;
    let mut asked = 0;
    for (face, operation) in everything() {
        let foreign = operation.path.matches('{').count() > 1
            && !operation.path.contains("{CountryCode}")
            && !operation.path.contains("{Subresource}");
        if !foreign {
            continue;
        }
        asked += 1;
        let (status, code) = {
            let path = path(face, operation, &world.sibling.sid(), &things);
            ask(&world, &world.sibling, operation, &path).await
        };
        // A live modification says 406 for an unknown call in the classic API, or that nothing was asked of it.
        let native_call = face == Face::Native && operation.id == "calls.modify";
        let expected = match (face, operation.id) {
            _ if native_call => status == 409,
            (Face::Native, "participants.update") => status == 400,
            _ if operation.access == Access::Officer => (status, code) == (403, 20_494),
            _ if operation.access == Access::Top && status == 403 => code == 20_006,
            _ => (status, code) == (404, 20_404) || status == 400,
        };
        assert!(expected, "{face:?} {} answered {status} {code}", operation.id);
    }
    assert!(asked > 30, "only {asked} routes name a resource");
}

#[tokio::test]
async fn a_foreign_call_is_unknown_to_live_modification() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.child, LOCAL).await;
    let (own, call) = (world.sibling.sid(), things.value("CallSid"));
    let end = [("Status", "completed")];
    let native = format!("/restcomm/2012-04-24/Accounts/{own}/Calls/{call}.json");
    assert_eq!(world.post(&world.sibling, &native, &end).await.refused(), (406, 20_414));
    let twilio = format!("/2010-04-01/Accounts/{own}/Calls/{call}.json");
    assert_eq!(world.post(&world.sibling, &twilio, &end).await.refused(), (404, 20_404));
    let redact = format!("/2010-04-01/Accounts/{own}/Messages/{}.json", things.value("MessageSid"));
    assert_eq!(world.post(&world.sibling, &redact, &[("Body", "")]).await.refused(), (404, 20_404));
}

impl World {
    /// The account has reached a limit: the sid of its case.
    async fn suspected(&self, who: &Customer) -> String {
        let case = SpendCase {
            sid: SpendCaseSid::new(),
            version: 1,
            account_sid: who.account.sid,
            rule: SpendRule::Day,
            subject: String::new(),
            day: self.app.today(),
            round: 1,
            suspended: None,
            limit: "50.00".to_owned(),
            seen: "50.32".to_owned(),
            holds: false,
            opened_at: self.app.clock.now(),
            cleared: None,
        };
        let open = flexio_store::WatchChange::OpenCase(case.clone());
        self.store().commit(Change::from(open).into()).await.unwrap();
        case.sid.to_string()
    }

    /// The call is charged a minute: its sid.
    pub(crate) async fn charged(&self, who: &Customer, call_sid: CallSid) -> String {
        let ended_at = self.app.clock.now();
        let leg = flexio_billing::LegEnded {
            call_sid,
            account_sid: who.account.sid,
            outbound: true,
            from: "+3225550101",
            to: "+32470123456",
            answered_at: Some(ended_at),
            ended_at,
            duration_ms: 60_000,
            truncated: false,
            carries_code: false,
        };
        let charge = self.app.meter(who.account.sid).leg_ended(&leg);
        let mut changes = ChangeSet::from(Change::AddUsage(charge.event));
        changes.extend(charge.posting.map(Change::Post));
        self.store().commit(changes).await.unwrap();
        call_sid.to_string()
    }
}

#[tokio::test]
async fn a_parent_acts_for_its_descendants() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.grandchild, LOCAL).await;
    for (face, operation) in everything().filter(|(_, operation)| operation.kind == Kind::Read) {
        if names_without_account(operation) || is_for_few(operation) {
            continue;
        }
        let path = path(face, operation, &world.grandchild.sid(), &things);
        let (status, _) = ask(&world, &world.child, operation, &path).await;
        // The classic API hides applications even from parents.
        let hidden = face == Face::Native && operation.access == Access::Own;
        assert_eq!(status, if hidden { 401 } else { 200 }, "{face:?} {}", operation.id);
    }
}

#[tokio::test]
async fn a_suspended_account_reads_in_one_dialect_and_nothing_in_the_other() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.child, LOCAL).await;
    let suspend = format!("/2010-04-01/Accounts/{}.json", world.child.sid());
    world.post(&world.root, &suspend, &[("Status", "suspended")]).await.ok();
    for (face, operation) in everything() {
        let path = path(face, operation, &world.child.sid(), &things);
        let (status, code) = ask(&world, &world.child, operation, &path).await;
        match (face, operation.kind) {
            (Face::Native, _) => assert_eq!(status, 401, "{}", operation.id),
            (Face::Twilio, Kind::Read) => assert_eq!(status, 200, "{}", operation.id),
            (Face::Twilio, _) => assert_eq!((status, code), (403, 20_005), "{}", operation.id),
        }
    }
}

#[tokio::test]
async fn a_closed_account_does_nothing_and_its_parent_still_reads_it() {
    let world = World::new().await;
    let things = Belongings::of(&world, &world.child, LOCAL).await;
    let close = format!("/2010-04-01/Accounts/{}.json", world.child.sid());
    world.post(&world.root, &close, &[("Status", "closed")]).await.ok();
    for (face, operation) in everything() {
        let path = path(face, operation, &world.child.sid(), &things);
        let (status, _) = ask(&world, &world.child, operation, &path).await;
        assert_eq!(status, 401, "{face:?} {} by the account", operation.id);
        let (status, _) = ask(&world, &world.grandchild, operation, &path).await;
        assert_eq!(status, 401, "{face:?} {} by a closed descendant", operation.id);
        let released = operation.path.contains("{NumberSid}");
        if names_without_account(operation) || is_for_few(operation) {
            continue;
        }
        if operation.kind == Kind::Read && operation.access != Access::Own {
            let (status, _) = ask(&world, &world.root, operation, &path).await;
            assert_eq!(status, if released { 404 } else { 200 }, "{face:?} {} by the parent", operation.id);
        }
    }
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    assert_eq!(world.post(&world.root, &path, &form).await.refused(), (403, 20_005));
    assert_eq!(world.post(&world.root, &close, &[("Status", "active")]).await.refused(), (400, 20_412));
    let free = world.app.store.number_owner(&LOCAL.parse::<E164>().unwrap()).await.unwrap();
    assert!(free.is_none(), "the numbers of a closed account are released");
}
