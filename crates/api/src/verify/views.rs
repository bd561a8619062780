//! Verifications, services, limits and attempts as Twilio's Verify writes them.

use flexio_domain::verify::Sending;
use flexio_domain::*;
use flexio_verify::life;

use crate::ask::Shown;
use crate::dialect::iso;
use crate::write::Writer;

pub(super) fn url(shown: &Shown<'_>, rest: impl std::fmt::Display) -> String {
    format!("{}/v2/{rest}", shown.base)
}

pub(super) fn service(w: &mut Writer, shown: &Shown<'_>, service: &VerifyService) {
    let here = format!("Services/{}", service.sid);
    w.put("sid", service.sid.to_string());
    w.put("account_sid", service.account_sid.to_string());
    w.put("friendly_name", &service.friendly_name);
    w.put("code_length", u32::from(service.code_length));
    w.put("lookup_enabled", service.lookup_enabled);
    w.put("psd2_enabled", service.psd2_enabled);
    w.put("skip_sms_to_landlines", service.skip_sms_to_landlines);
    w.put("dtmf_input_required", service.dtmf_input_required);
    w.put("tts_name", service.tts_name.as_ref());
    w.put("do_not_share_warning_enabled", service.do_not_share_warning_enabled);
    w.put("custom_code_enabled", service.custom_code_enabled);
    for absent in ["push", "whatsapp", "passkeys"] {
        w.put(absent, None::<String>);
    }
    w.put("default_template_sid", service.default_template_sid.map(|sid| sid.to_string()));
    w.object("totp", |w| {
        w.put("issuer", service.totp.issuer.as_ref());
        w.put("time_step", service.totp.config.step_s);
        w.put("code_length", u32::from(service.totp.config.digits));
        w.put("skew", u32::from(service.totp.config.skew));
    });
    w.put("verify_event_subscription_enabled", false);
    w.put("date_created", iso(service.created_at));
    w.put("date_updated", iso(service.updated_at));
    w.put("url", url(shown, &here));
    w.object("links", |w| {
        w.put("verification_checks", url(shown, format!("{here}/VerificationCheck")));
        w.put("verifications", url(shown, format!("{here}/Verifications")));
        w.put("rate_limits", url(shown, format!("{here}/RateLimits")));
        w.put("entities", url(shown, format!("{here}/Entities")));
        w.put("webhooks", url(shown, format!("{here}/Webhooks")));
        w.put("messaging_configurations", url(shown, format!("{here}/MessagingConfigurations")));
    });
}

/// The sid of the service, or nothing where the verification is one of Smart 2FA.
fn service_sid(scope: &VerifyScope) -> Option<String> {
    match scope {
        VerifyScope::Service(sid) => Some(sid.to_string()),
        VerifyScope::Named(_) => None,
    }
}

/// What was looked up of a number: the kind of its line in Twilio's words, if it is known.
pub(super) struct Line(pub Option<&'static str>);

fn common(w: &mut Writer, verification: &Verification) {
    w.put("sid", verification.sid.to_string());
    w.put("service_sid", service_sid(&verification.scope));
    w.put("account_sid", verification.account_sid.to_string());
    w.put("to", &verification.to);
    w.put("channel", verification.channel().as_str());
}

/// A verification at `now`; of a service with `LookupEnabled` also the kind of its number's line, where the numbering data say it.
pub(super) fn verification(
    w: &mut Writer,
    shown: &Shown<'_>,
    (verification, line): (&Verification, Option<&Line>),
    now: Timestamp,
) {
    common(w, verification);
    let status = life::state(verification, now);
    w.put("status", status.as_str());
    w.put("valid", status == VerificationStatus::Approved);
    match line {
        Some(Line(kind)) => w.object("lookup", |w| {
            w.object("carrier", |w| {
                w.put("type", *kind);
                for unknown in ["name", "mobile_country_code", "mobile_network_code", "error_code"] {
                    w.put(unknown, None::<String>);
                }
            });
        }),
        None => w.put("lookup", None::<String>),
    }
    w.put("amount", verification.amount.as_ref().map(|amount| amount.0.as_str()));
    w.put("payee", verification.payee.as_ref().map(|payee| payee.0.as_str()));
    w.list("send_code_attempts", "attempt", &verification.sendings, |w, sending: &Sending| {
        w.put("attempt_sid", sending.attempt.to_string());
        w.put("channel", sending.channel.as_str());
        w.put("time", iso(sending.at));
    });
    w.put("sna", None::<String>);
    w.put("date_created", iso(verification.created_at));
    w.put("date_updated", iso(verification.updated_at));
    let service = service_sid(&verification.scope).unwrap_or_default();
    w.put("url", url(shown, format!("Services/{service}/Verifications/{}", verification.sid)));
}

pub(super) fn check(w: &mut Writer, verification: &Verification) {
    common(w, verification);
    w.put("status", verification.status.as_str());
    w.put("valid", verification.status == VerificationStatus::Approved);
    w.put("amount", verification.amount.as_ref().map(|amount| amount.0.as_str()));
    w.put("payee", verification.payee.as_ref().map(|payee| payee.0.as_str()));
    w.list("sna_attempts_error_codes", "code", &[] as &[()], |_, ()| {});
    w.put("date_created", iso(verification.created_at));
    w.put("date_updated", iso(verification.updated_at));
}

pub(super) fn limit(w: &mut Writer, shown: &Shown<'_>, limit: &SendLimit) {
    let service = limit.service_sid.map(|sid| sid.to_string()).unwrap_or_default();
    let here = format!("Services/{service}/RateLimits/{}", limit.sid);
    w.put("sid", limit.sid.to_string());
    w.put("service_sid", service);
    w.put("account_sid", limit.account_sid.to_string());
    w.put("unique_name", &limit.unique_name);
    w.put("description", limit.description.as_ref());
    w.put("date_created", iso(limit.created_at));
    w.put("date_updated", iso(limit.updated_at));
    w.put("url", url(shown, &here));
    w.object("links", |w| w.put("buckets", url(shown, format!("{here}/Buckets"))));
}

pub(super) fn bucket(w: &mut Writer, shown: &Shown<'_>, limit: &SendLimit, bucket: &LimitBucket) {
    let service = limit.service_sid.map(|sid| sid.to_string()).unwrap_or_default();
    w.put("sid", bucket.sid.to_string());
    w.put("rate_limit_sid", limit.sid.to_string());
    w.put("service_sid", &service);
    w.put("account_sid", limit.account_sid.to_string());
    w.put("max", bucket.max);
    w.put("interval", bucket.interval_s);
    w.put("date_created", iso(bucket.created_at));
    w.put("date_updated", iso(bucket.updated_at));
    w.put("url", url(shown, format!("Services/{service}/RateLimits/{}/Buckets/{}", limit.sid, bucket.sid)));
}

pub(super) fn attempt(w: &mut Writer, shown: &Shown<'_>, attempt: &VerificationAttempt) {
    w.put("sid", attempt.sid.to_string());
    w.put("account_sid", attempt.account_sid.to_string());
    w.put("service_sid", service_sid(&attempt.scope));
    w.put("verification_sid", attempt.verification_sid.to_string());
    w.put("channel", attempt.channel.as_str());
    w.put("conversion_status", if attempt.converted { "converted" } else { "unconverted" });
    w.object("channel_data", |w| {
        w.put("to", &attempt.to);
        w.put("country", attempt.country.as_ref());
        w.put("guard_decision_sid", GuardDecisionSid::from_u128(attempt.sid.as_u128()).to_string());
    });
    w.put("price", None::<String>);
    w.put("date_created", iso(attempt.created_at));
    w.put("date_updated", iso(attempt.updated_at));
    w.put("url", url(shown, format!("Attempts/{}", attempt.sid)));
}

/// Attempts by what came of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    pub(super) total: u64,
    pub(super) converted: u64,
}

pub(super) fn summary(w: &mut Writer, shown: &Shown<'_>, summary: &Summary) {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let hundredths = (summary.converted * 10_000).checked_div(summary.total).unwrap_or(0);
    w.put("total_attempts", count(summary.total));
    w.put("total_converted", count(summary.converted));
    w.put("total_unconverted", count(summary.total - summary.converted));
    w.put("conversion_rate_percentage", format!("{}.{:02}", hundredths / 100, hundredths % 100));
    w.put("url", url(shown, "Attempts/Summary"));
}

pub(super) fn entity(w: &mut Writer, shown: &Shown<'_>, entity: &Entity) {
    let here = format!("Services/{}/Entities/{}", entity.service_sid, entity.identity);
    w.put("sid", entity.sid.to_string());
    w.put("identity", &entity.identity);
    w.put("account_sid", entity.account_sid.to_string());
    w.put("service_sid", entity.service_sid.to_string());
    w.put("date_created", iso(entity.created_at));
    w.put("date_updated", iso(entity.updated_at));
    w.put("url", url(shown, &here));
    w.object("links", |w| {
        for (name, path) in [
            ("factors", "Factors"),
            ("new_factors", "Factors"),
            ("challenges", "Challenges"),
            ("new_challenges", "Challenges"),
        ] {
            w.put(name, url(shown, format!("{here}/{path}")));
        }
    });
}

/// What the customer added, as the JSON it is.
fn metadata(w: &mut Writer, text: Option<&String>) {
    let object = text.and_then(|text| serde_json::from_str(text).ok());
    w.json("metadata", &object.unwrap_or(serde_json::Value::Null));
}

/// With its secret and link in the answer to its creation.
pub(super) fn factor(w: &mut Writer, shown: &Shown<'_>, factor: &Factor, binding: Option<&(String, String)>) {
    w.put("sid", factor.sid.to_string());
    w.put("account_sid", factor.account_sid.to_string());
    w.put("service_sid", factor.service_sid.to_string());
    w.put("entity_sid", factor.entity_sid.to_string());
    w.put("identity", &factor.identity);
    if let Some((secret, link)) = binding {
        w.object("binding", |w| {
            w.put("secret", secret);
            w.put("uri", link);
        });
        w.put("options", None::<String>);
    }
    w.put("date_created", iso(factor.created_at));
    w.put("date_updated", iso(factor.updated_at));
    w.put("friendly_name", &factor.friendly_name);
    w.put("status", factor.status.as_str());
    w.put("factor_type", "totp");
    w.object("config", |w| {
        w.put("alg", factor.config.algorithm.as_str());
        w.put("skew", u32::from(factor.config.skew));
        w.put("code_length", u32::from(factor.config.digits));
        w.put("time_step", factor.config.step_s);
    });
    metadata(w, factor.metadata.as_ref());
    let (service, identity) = (factor.service_sid, &factor.identity);
    w.put("url", url(shown, format!("Services/{service}/Entities/{identity}/Factors/{}", factor.sid)));
}

pub(super) fn challenge(w: &mut Writer, shown: &Shown<'_>, challenge: &Challenge, now: Timestamp) {
    let (service, identity) = (challenge.service_sid, &challenge.identity);
    w.put("sid", challenge.sid.to_string());
    w.put("account_sid", challenge.account_sid.to_string());
    w.put("service_sid", service.to_string());
    w.put("entity_sid", challenge.entity_sid.to_string());
    w.put("identity", identity);
    w.put("factor_sid", challenge.factor_sid.to_string());
    w.put("date_created", iso(challenge.created_at));
    w.put("date_updated", iso(challenge.updated_at));
    w.put("date_responded", challenge.responded_at.map(iso));
    w.put("expiration_date", iso(challenge.expires_at));
    w.put("status", challenge.state(now).as_str());
    for absent in ["responded_reason", "details", "hidden_details"] {
        w.put(absent, None::<String>);
    }
    metadata(w, challenge.metadata.as_ref());
    w.put("factor_type", "totp");
    let path = format!("Services/{service}/Entities/{identity}/Challenges/{}", challenge.sid);
    w.put("url", url(shown, path));
    w.object("links", |_| {});
}

pub(super) fn service_specimen() -> VerifyService {
    let at = Timestamp::UNIX_EPOCH;
    VerifyService {
        sid: VerifyServiceSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Acme".to_owned(),
        code_length: 6,
        lookup_enabled: false,
        skip_sms_to_landlines: false,
        dtmf_input_required: false,
        tts_name: None,
        custom_code_enabled: false,
        do_not_share_warning_enabled: true,
        psd2_enabled: false,
        totp: TotpDefaults::default(),
        default_template_sid: None,
        webhooks: Vec::new(),
        senders: Vec::new(),
        created_at: at,
        updated_at: at,
    }
}

/// A specimen for documentation; Smart 2FA shows the same one.
pub(crate) fn specimen() -> Verification {
    let at = Timestamp::UNIX_EPOCH;
    Verification {
        sid: VerificationSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        scope: VerifyScope::Service(VerifyServiceSid::from_u128(1)),
        name: "Acme".to_owned(),
        to: "+32470123456".to_owned(),
        from: None,
        status: VerificationStatus::Pending,
        sendings: vec![Sending {
            attempt: VerificationAttemptSid::from_u128(1),
            channel: VerifyChannel::Sms,
            at,
            digest: String::new(),
            message_sid: Some(MessageSid::from_u128(1)),
            call_sid: None,
            email_sid: None,
        }],
        checks: 0,
        checks_max: life::CHECKS_DEFAULT,
        ttl_s: life::TTL_DEFAULT_S,
        expires_at: Timestamp::MAX,
        payee: None,
        amount: None,
        approved_at: None,
        workflow: None,
        created_at: at,
        updated_at: at,
    }
}

/// A specimen for documentation; Smart 2FA shows the same one.
pub(crate) fn limit_specimen() -> SendLimit {
    let at = Timestamp::UNIX_EPOCH;
    SendLimit {
        sid: SendLimitSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        service_sid: Some(VerifyServiceSid::from_u128(1)),
        unique_name: "per_phone".to_owned(),
        description: None,
        buckets: vec![LimitBucket {
            sid: LimitBucketSid::from_u128(1),
            name: "day".to_owned(),
            max: 10,
            interval_s: 86_400,
            created_at: at,
            updated_at: at,
        }],
        created_at: at,
        updated_at: at,
    }
}

fn factor_specimen() -> Factor {
    let at = Timestamp::UNIX_EPOCH;
    Factor {
        sid: FactorSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        service_sid: VerifyServiceSid::from_u128(1),
        entity_sid: EntitySid::from_u128(1),
        identity: "c9f5d6d0-2f1e-4e0a".to_owned(),
        friendly_name: "an@example.be".to_owned(),
        status: FactorStatus::Unverified,
        config: TotpConfig::default(),
        secret: Sealed(Vec::new()),
        last_step: 0,
        wrong_at: Vec::new(),
        metadata: None,
        created_at: at,
        updated_at: at,
    }
}

pub(super) fn entity_sample(w: &mut Writer, shown: &Shown<'_>) {
    let of = factor_specimen();
    let specimen = Entity {
        sid: of.entity_sid,
        account_sid: of.account_sid,
        service_sid: of.service_sid,
        identity: of.identity,
        created_at: of.created_at,
        updated_at: of.updated_at,
    };
    entity(w, shown, &specimen);
}

pub(super) fn factor_sample(w: &mut Writer, shown: &Shown<'_>) {
    factor(w, shown, &factor_specimen(), None);
}

pub(super) fn new_factor_sample(w: &mut Writer, shown: &Shown<'_>) {
    let binding = ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(), "otpauth://totp/…".to_owned());
    factor(w, shown, &factor_specimen(), Some(&binding));
}

pub(super) fn challenge_sample(w: &mut Writer, shown: &Shown<'_>) {
    let of = factor_specimen();
    let specimen = Challenge {
        sid: ChallengeSid::from_u128(1),
        version: 1,
        account_sid: of.account_sid,
        service_sid: of.service_sid,
        entity_sid: of.entity_sid,
        identity: of.identity,
        factor_sid: of.sid,
        status: ChallengeStatus::Pending,
        expires_at: Timestamp::MAX,
        responded_at: None,
        metadata: None,
        created_at: of.created_at,
        updated_at: of.updated_at,
    };
    challenge(w, shown, &specimen, Timestamp::UNIX_EPOCH);
}

pub(super) fn service_sample(w: &mut Writer, shown: &Shown<'_>) {
    service(w, shown, &service_specimen());
}

pub(super) fn verification_sample(w: &mut Writer, shown: &Shown<'_>) {
    verification(w, shown, (&specimen(), Some(&Line(Some("mobile")))), Timestamp::UNIX_EPOCH);
}

pub(super) fn check_sample(w: &mut Writer, _: &Shown<'_>) {
    check(w, &specimen());
}

pub(super) fn limit_sample(w: &mut Writer, shown: &Shown<'_>) {
    limit(w, shown, &limit_specimen());
}

pub(super) fn bucket_sample(w: &mut Writer, shown: &Shown<'_>) {
    let limit = limit_specimen();
    bucket(w, shown, &limit, &limit.buckets[0]);
}

pub(super) fn attempt_sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = specimen();
    let made = VerificationAttempt {
        sid: VerificationAttemptSid::from_u128(1),
        account_sid: specimen.account_sid,
        scope: specimen.scope,
        verification_sid: specimen.sid,
        to: specimen.to,
        country: Some("BE".to_owned()),
        channel: VerifyChannel::Sms,
        converted: false,
        created_at: specimen.created_at,
        updated_at: specimen.updated_at,
    };
    attempt(w, shown, &made);
}

pub(super) fn summary_sample(w: &mut Writer, shown: &Shown<'_>) {
    summary(w, shown, &Summary { total: 8, converted: 7 });
}
