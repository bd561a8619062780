//! A phone of a customer registers, or calls: whose it is, what proves it, who answers its calls.

use std::net::IpAddr;

use flexio_domain::{
    AccountSid, AccountStatus, Address, Application, Dialect, E164, FlowSid, HttpMethod, MappingKind,
    NumberSid, SipDomain, SipDomainSid, Webhook, WebhookSet,
};

use super::inbound::{Answering, InboundLeg, Owner, ReceiveError, new_call, take};
use crate::App;
use crate::error::AppError;
use crate::sip_secret::SipDigests;

/// A user of SIP that may exist: nothing is proved yet.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own, and all may hold")]
pub struct Phone {
    /// Whose calls its calls are.
    pub account: AccountSid,
    /// What it is reached as: `client:login`, or `sip:user@domain` for a user of a SIP domain.
    pub address: Address,
    /// What its answer is checked with; none for one that has shown a token, which proved it.
    pub digests: Option<SipDigests>,
    /// Only TLS will do.
    pub secure: bool,
    /// The SIP domain whose lists it is in.
    domain: Option<SipDomainSid>,
    voice: WebhookSet,
    application: Option<flexio_domain::ApplicationSid>,
    dialect: Dialect,
    status_callback: Option<Webhook>,
    /// Its calls are answered by its application, and by nothing else.
    only_application: bool,
    /// Somebody at the console: may call any flow of the account too.
    of_person: bool,
    /// Number its calls to numbers show.
    caller_id: Option<E164>,
    /// Number of the account that its emergency calls show.
    emergency_caller: Option<NumberSid>,
    /// Its account is suspended: it may register, and call for help.
    is_suspended: bool,
}

/// A browser that showed an access token.
#[derive(Debug, Clone)]
pub struct TokenPhone {
    /// Who it is. Nothing more is to be proved.
    pub phone: Phone,
    /// May be called, so may register.
    pub incoming: bool,
    /// May call.
    pub outgoing: bool,
    /// How long that holds, in seconds.
    pub lifetime_s: u32,
}

/// Who shows this access token. `Unauthorized` says in words what is wrong with it.
pub async fn token_phone(app: &App, token: &str) -> Result<TokenPhone, AppError> {
    let token = app.check_access_token(token).await?;
    let left = token.expires_s - app.clock.now().as_second();
    let outgoing = token.of_person || token.outgoing_application_sid.is_some();
    let phone = Phone {
        account: token.account_sid,
        address: Address::Client(token.identity),
        digests: None,
        secure: false,
        domain: None,
        voice: WebhookSet::default(),
        application: token.outgoing_application_sid,
        dialect: Dialect::default(),
        status_callback: None,
        only_application: !token.of_person,
        of_person: token.of_person,
        caller_id: token.caller_id,
        emergency_caller: None,
        is_suspended: token.is_suspended,
    };
    Ok(TokenPhone { phone, incoming: token.incoming, outgoing, lifetime_s: u32::try_from(left).unwrap_or(0) })
}

/// The user `user` at `host`: of the lists a SIP domain has for `kind` when `host` is one, else a client. `None` when there is none
/// that may do this now; the caller must not let it show.
pub async fn phone(app: &App, user: &str, host: &str, kind: MappingKind) -> Result<Option<Phone>, AppError> {
    let host = host.to_ascii_lowercase();
    let found = match app.store.sip_domain_by_name(&host).await? {
        Some(domain) => domain_user(app, &domain, user, kind).await?,
        None => client(app, user).await?,
    };
    match found {
        Some(phone) => open(app, phone).await,
        None => Ok(None),
    }
}

async fn domain_user(
    app: &App,
    domain: &SipDomain,
    user: &str,
    kind: MappingKind,
) -> Result<Option<Phone>, AppError> {
    if kind == MappingKind::RegistrationCredentials && !domain.sip_registration {
        return Ok(None);
    }
    // Where lists repeat a name, the oldest entry counts: a password cannot be good for two.
    let users = app.store.sip_users(domain.account_sid, domain.sid, kind, user).await?;
    let Some(credential) = users.into_iter().min_by_key(|credential| credential.sid) else { return Ok(None) };
    let Ok(address) = format!("sip:{user}@{}", domain.domain_name).parse() else { return Ok(None) };
    let digests = app.sip_digests(&credential.sid.to_string(), &credential.secret)?;
    Ok(Some(Phone { digests: Some(digests), ..at_domain(domain, address) }))
}

fn at_domain(domain: &SipDomain, address: Address) -> Phone {
    Phone {
        account: domain.account_sid,
        address,
        digests: None,
        secure: domain.secure,
        domain: Some(domain.sid),
        voice: domain.voice.clone(),
        application: None,
        dialect: domain.dialect,
        status_callback: domain.voice_status_callback.clone(),
        only_application: false,
        of_person: false,
        caller_id: None,
        emergency_caller: domain.emergency_caller_sid,
        is_suspended: false,
    }
}

/// Whether the phone may call from `source`: a domain with lists of networks takes calls from these only, whatever password is
/// shown. Clients may call from anywhere.
pub async fn may_call_from(app: &App, phone: &Phone, source: IpAddr) -> Result<bool, AppError> {
    let Some(domain) = phone.domain else { return Ok(true) };
    let (by_address, _) = app.ways_in(phone.account, domain).await?;
    Ok(!by_address || is_listed(app, phone.account, domain, source).await?)
}

/// Whoever calls a SIP domain at `host` from a network of its lists, where the domain has no lists of users: the network is
/// proof enough. `None` is for everybody else, who has to show more.
pub async fn listed_caller(
    app: &App,
    user: &str,
    host: &str,
    source: IpAddr,
) -> Result<Option<Phone>, AppError> {
    let Some(domain) = app.store.sip_domain_by_name(&host.to_ascii_lowercase()).await? else {
        return Ok(None);
    };
    let (by_address, by_name) = app.ways_in(domain.account_sid, domain.sid).await?;
    if !by_address || by_name || !is_listed(app, domain.account_sid, domain.sid, source).await? {
        return Ok(None);
    }
    let address = format!("sip:{user}@{}", domain.domain_name).parse().unwrap_or(Address::Anonymous);
    open(app, at_domain(&domain, address)).await
}

async fn is_listed(
    app: &App,
    account: AccountSid,
    domain: SipDomainSid,
    source: IpAddr,
) -> Result<bool, AppError> {
    let networks = app.store.sip_networks(account, domain).await?;
    Ok(networks.iter().any(|network| network.contains(source)))
}

/// Nothing of an account that is closed. The phones of a suspended one are let in, so that whoever is at one can call for help.
async fn open(app: &App, phone: Phone) -> Result<Option<Phone>, AppError> {
    let account = app.account_now(phone.account).await?;
    Ok(account.and_then(|account| match account.status {
        AccountStatus::Active => Some(phone),
        AccountStatus::Suspended => Some(Phone { is_suspended: true, ..phone }),
        AccountStatus::Closed => None,
    }))
}

async fn client(app: &App, login: &str) -> Result<Option<Phone>, AppError> {
    let client = app.store.client_by_login(login).await?.filter(|client| client.enabled);
    let Some(client) = client else { return Ok(None) };
    Ok(Some(Phone {
        account: client.account_sid,
        address: Address::Client(client.login.clone()),
        digests: Some(app.sip_digests(&client.sid.to_string(), &client.secret)?),
        secure: false,
        domain: None,
        voice: client.voice,
        application: client.voice_application_sid,
        dialect: client.dialect,
        status_callback: None,
        only_application: false,
        of_person: false,
        caller_id: None,
        emergency_caller: None,
        is_suspended: false,
    }))
}

/// Takes the call of a phone that has proved who it is: its application answers, or without one whom it dialled is called. Whoever calls for
/// help is put through, whatever answers his other calls and whatever his account owes.
pub async fn receive_from_phone(
    app: &App,
    phone: Phone,
    mut inbound: InboundLeg,
) -> Result<Answering, ReceiveError> {
    inbound.to = dialled(app, &phone, inbound.to).await.map_err(AppError::from)?;
    inbound.from = phone.address.clone();
    if app.is_emergency(&inbound.to) {
        return receive_call_for_help(app, &phone, inbound).await;
    }
    if phone.is_suspended {
        return Err(ReceiveError::AccountInactive);
    }
    receive_ordinary(app, phone, inbound).await
}

/// Its document is ours: no application hears of it, and nothing of it is recorded.
async fn receive_call_for_help(
    app: &App,
    phone: &Phone,
    inbound: InboundLeg,
) -> Result<Answering, ReceiveError> {
    let mut caller = phone.caller_id.clone().filter(|_| phone.emergency_caller.is_none());
    if let Some(number) = &caller
        && !app.may_show_number(phone.account, number).await?
    {
        caller = None;
    }
    if caller.is_none() {
        caller = app.own_number(phone.account, phone.emergency_caller).await?;
    }
    // Who has no number is put through all the same.
    let caller = caller.map_or_else(|| Address::Anonymous.to_string(), |number| number.to_string());
    let owner = Owner {
        account: phone.account,
        number: None,
        application: None,
        instructions: WebhookSet::default(),
        dialect: phone.dialect,
        status_callback: None,
        tag: None,
        document: route(&inbound.to, Some(caller.as_str())),
    };
    metrics::counter!("emergency_calls_total").increment(1);
    let mut answering = new_call(app, inbound, owner);
    take(app, &mut answering.call).await?;
    Ok(answering)
}

async fn receive_ordinary(app: &App, phone: Phone, inbound: InboundLeg) -> Result<Answering, ReceiveError> {
    let application: Option<Application> = match phone.application {
        Some(sid) => app.store.application(phone.account, sid).await.map_err(AppError::from)?,
        None => None,
    };
    let flow = flow_url(app, &phone, &inbound).await?;
    let mut instructions = match &application {
        Some(application) => application.voice.clone(),
        None => phone.voice.clone(),
    };
    if let Some(url) = flow {
        instructions.primary = Some(Webhook { url, method: HttpMethod::Post });
    }
    let dialect = application.as_ref().map_or(phone.dialect, |application| application.dialect);
    let document = match &instructions.primary {
        Some(_) => None,
        None if phone.only_application => return Err(ReceiveError::NoApplication),
        None => Some(document(app, &phone, &inbound.to).await?.ok_or(ReceiveError::UnknownNumber)?),
    };
    let owner = Owner {
        account: phone.account,
        number: None,
        application: application.as_ref().map(|application| application.sid),
        instructions,
        dialect,
        status_callback: application.and_then(|a| a.status_callback).or(phone.status_callback),
        tag: None,
        document,
    };
    let mut answering = new_call(app, inbound, owner);
    take(app, &mut answering.call).await?;
    Ok(answering)
}

/// Where the flow answers that somebody at the console dials, published or as a draft; `None` where no flow is dialled.
async fn flow_url(app: &App, phone: &Phone, inbound: &InboundLeg) -> Result<Option<String>, ReceiveError> {
    if !phone.of_person {
        return Ok(None);
    }
    if let Some(flow) = flow_in(&inbound.to, DRAFTS) {
        let url = app.draft_url(phone.account, flow, &phone.address.to_string()).await?;
        return url.map(Some).ok_or(ReceiveError::NoApplication);
    }
    let Some(flow) = flow_in(&inbound.to, FLOWS) else { return Ok(None) };
    let found = app.store.flow(phone.account, flow).await.map_err(AppError::from)?;
    if found.is_none_or(|flow| flow.published_revision.is_none()) {
        return Err(ReceiveError::NoApplication);
    }
    Ok(Some(format!("flow:{flow}")))
}

/// A phone dials `bob` as `sip:bob@host`: a client of its account goes by its login.
async fn dialled(app: &App, phone: &Phone, to: Address) -> Result<Address, flexio_store::StoreError> {
    if let Some(identity) = named_at(&to, CLIENTS).filter(|_| phone.of_person) {
        return Ok(Address::Client(identity.to_owned()));
    }
    let Address::Sip(uri) = &to else { return Ok(to) };
    let login = uri.split(':').nth(1).and_then(|rest| rest.split('@').next()).unwrap_or_default();
    let client = app.store.client_by_login(login).await?;
    Ok(match client.filter(|client| client.account_sid == phone.account) {
        Some(client) => Address::Client(client.login),
        None => to,
    })
}

/// What somebody at the console dials by a word rather than by an address, at hosts that exist nowhere (RFC 6761 §6.4): a flow, its draft, a client.
const FLOWS: &str = "flows.invalid";
const DRAFTS: &str = "drafts.invalid";
const CLIENTS: &str = "clients.invalid";

/// The flow that is dialled: `sip:FW…@flows.invalid`, or its draft at the other host.
fn flow_in(to: &Address, host: &str) -> Option<FlowSid> {
    named_at(to, host)?.parse().ok()
}

fn named_at<'a>(to: &'a Address, host: &str) -> Option<&'a str> {
    let Address::Sip(uri) = to else { return None };
    let (user, at) = uri.strip_prefix("sip:")?.split_once('@')?;
    at.eq_ignore_ascii_case(host).then_some(user)
}

/// The document that calls whom the phone dialled. A number is shown the number that the phone has, else one of its account; where there is
/// none the call is refused as one that may not show its caller.
async fn document(app: &App, phone: &Phone, to: &Address) -> Result<Option<String>, AppError> {
    let shown = match (to.dialled(), &phone.caller_id) {
        (None, _) => None,
        (Some(_), Some(chosen)) => Some(chosen.clone()),
        (Some(_), None) => app.own_number(phone.account, None).await?,
    };
    Ok(route(to, shown.map(|number| number.to_string()).as_deref()))
}

fn route(to: &Address, caller_id: Option<&str>) -> Option<String> {
    let (noun, text) = match to {
        Address::Number(number) => ("Number", number.to_string()),
        Address::ShortCode(code) => ("Number", code.clone()),
        Address::Client(login) => ("Client", login.clone()),
        Address::Sip(uri) => ("Sip", uri.clone()),
        Address::Alphanumeric(_) | Address::Anonymous => return None,
    };
    let shown = caller_id.filter(|_| noun == "Number");
    let shown = shown.map(|number| format!(r#" callerId="{number}""#)).unwrap_or_default();
    Some(format!("<Response><Dial{shown}><{noun}>{}</{noun}></Dial></Response>", crate::xml::escaped(&text)))
}
