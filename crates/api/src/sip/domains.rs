//! SIP domains.

use flexio_app::SipDomainPatch;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::emergency::with_emergency;
use crate::error::Result;
use crate::numbers::{dialect, put_webhook};
use crate::operation::{Operation, Param, Shows, TWILIO, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

const LIST: &str = "Accounts/{AccountSid}/SIP/Domains";
const ONE: &str = "Accounts/{AccountSid}/SIP/Domains/{DomainSid}";
const SHOWN: Shows = Shows::One(sample);

const PARAMS: &[Param] = with_emergency![
    "DomainName": "Host name, unique in the installation; required at creation.",
    "FriendlyName": "At most 64 characters; by default the domain name.",
    "VoiceUrl": "Document that is run for calls to the domain.",
    "VoiceMethod": "GET or POST.",
    "VoiceFallbackUrl": "Asked where that fails.",
    "VoiceFallbackMethod": "GET or POST.",
    "VoiceStatusCallbackUrl": "Told of call states.",
    "VoiceStatusCallbackMethod": "GET or POST.",
    "SipRegistration": "`true` lets users of the registration lists register.",
    "Secure": "`true` demands TLS and SRTP.",
    "EmergencyCallingEnabled": "Kept, not acted on: emergency calls always go through.",
    "EmergencyCallerSid": "Number of the account that emergency calls of its phones show; else the account's oldest.",
    "Dialect": "Language of its documents: `auto`, `rcml` or `twiml` (default).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("sip_domains.list", Read, TWILIO, LIST, "SIP domains.", &[], Shows::Many(sample), list),
    row!("sip_domains.create", Create, TWILIO, LIST, "Makes a SIP domain.", PARAMS, SHOWN, create),
    row!("sip_domains.fetch", Read, TWILIO, ONE, "One SIP domain.", &[], SHOWN, fetch),
    row!("sip_domains.update", Update, TWILIO, ONE, "Changes a SIP domain.", PARAMS, SHOWN, update),
    row!(
        "sip_domains.delete",
        Delete,
        TWILIO,
        ONE,
        "Deletes a SIP domain; the lists it used stay.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for SipDomain {
    const MEMBERS: (&'static str, &'static str) = ("domains", "domains");
    const ELEMENTS: (&'static str, &'static str) = ("Domains", "Domain");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<SipDomain>(ask)?;
    let domains = ask.app().sip_domains(ask.account.sid, &paged.query()).await?;
    let mut ways = std::collections::HashMap::new();
    for domain in &domains {
        ways.insert(domain.sid, ask.app().ways_in(ask.account.sid, domain.sid).await?);
    }
    ask.page(&paged, domains, None, |w, domain| {
        view(w, &ask.shown(), domain, ways.get(&domain.sid).copied().unwrap_or_default());
    })
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let mut patch = patch(ask)?;
    patch.dialect = patch.dialect.or(Some(Dialect::Twiml));
    let answer = |made: &SipDomain| ask.made("Domain", |w| view(w, &ask.shown(), made, (false, false)));
    let keep = |made: &SipDomain| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_sip_domain(&ask.account, patch, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let domain = ask.app().sip_domain(ask.account.sid, ask.sid("DomainSid")?).await?;
    shown(ask, &domain).await
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, patch) = (ask.sid("DomainSid")?, patch(ask)?);
    let domain = ask.app().update_sip_domain(&ask.account, sid, patch).await?;
    shown(ask, &domain).await
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_sip_domain(&ask.account, ask.sid("DomainSid")?).await?;
    Ok(Answer::empty())
}

async fn shown(ask: &Ask<'_>, domain: &SipDomain) -> Result<Answer> {
    let ways = ask.app().ways_in(ask.account.sid, domain.sid).await?;
    Ok(ask.one("Domain", |w| view(w, &ask.shown(), domain, ways)))
}

fn patch(ask: &Ask<'_>) -> Result<SipDomainPatch> {
    let params = &ask.params;
    Ok(SipDomainPatch {
        domain_name: params.owned("DomainName"),
        friendly_name: params.owned("FriendlyName"),
        dialect: one_of("Dialect", params.text("Dialect"), dialect)?,
        voice: params.webhook_patch("VoiceUrl", "VoiceMethod")?,
        voice_fallback: params.webhook_patch("VoiceFallbackUrl", "VoiceFallbackMethod")?,
        voice_status_callback: params.webhook_patch("VoiceStatusCallbackUrl", "VoiceStatusCallbackMethod")?,
        sip_registration: params.boolean("SipRegistration")?,
        secure: params.boolean("Secure")?,
        emergency_calling_enabled: params.boolean("EmergencyCallingEnabled")?,
        emergency_caller_sid: params.clearable("EmergencyCallerSid", ErrorCode::InvalidParameter)?,
        emergency_address: crate::emergency::patch(params),
    })
}

/// `ways` says whether calls come in by address and by user name.
fn view(w: &mut Writer, shown: &Shown<'_>, domain: &SipDomain, ways: (bool, bool)) {
    w.put("sid", domain.sid.to_string());
    w.put("account_sid", domain.account_sid.to_string());
    w.put("api_version", shown.face.version());
    w.put("domain_name", &domain.domain_name);
    w.put("friendly_name", &domain.friendly_name);
    w.put(
        "auth_type",
        match ways {
            (true, true) => "IP_ACL,CREDENTIAL_LIST",
            (true, false) => "IP_ACL",
            (false, true) => "CREDENTIAL_LIST",
            (false, false) => "",
        },
    );
    w.put("date_created", rfc2822(domain.created_at));
    w.put("date_updated", rfc2822(domain.updated_at));
    put_webhook(w, ("voice_url", "voice_method"), domain.voice.primary.as_ref());
    put_webhook(w, ("voice_fallback_url", "voice_fallback_method"), domain.voice.fallback.as_ref());
    let told = domain.voice_status_callback.as_ref();
    put_webhook(w, ("voice_status_callback_url", "voice_status_callback_method"), told);
    w.put("sip_registration", domain.sip_registration);
    w.put("secure", domain.secure);
    w.put("emergency_calling_enabled", domain.emergency_calling_enabled);
    w.put("emergency_caller_sid", domain.emergency_caller_sid.map(|sid| sid.to_string()));
    w.put("byoc_trunk_sid", None::<&str>);
    crate::emergency::put(w, domain.emergency_address.as_ref());
    let path = format!("SIP/Domains/{}", domain.sid);
    let below = |rest: &str| shown.uri(domain.account_sid, format_args!("{path}/{rest}"));
    w.put("uri", shown.uri(domain.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("credential_list_mappings", below("CredentialListMappings"));
        w.put("ip_access_control_list_mappings", below("IpAccessControlListMappings"));
    });
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = super::specimen_time();
    let specimen = SipDomain {
        sid: SipDomainSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        domain_name: "acme.sip.example".to_owned(),
        friendly_name: "Head office".to_owned(),
        dialect: Dialect::Twiml,
        voice: WebhookSet::default(),
        voice_status_callback: None,
        sip_registration: true,
        secure: false,
        emergency_calling_enabled: false,
        emergency_caller_sid: None,
        emergency_address: None,
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &specimen, (true, true));
}
