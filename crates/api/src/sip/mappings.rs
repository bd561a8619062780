//! Which lists a SIP domain uses: for calls, and for registrations.
//!
//! Twilio has two sets of paths for calls, an older and a newer one; both lead to the same mappings here.

use flexio_app::NamedMapping;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const USERS: &[Param] = params!["CredentialListSid": "A list of users of the account; required."];
const NETWORKS: &[Param] = params!["IpAccessControlListSid": "A list of networks of the account; required."];

/// The four operations of one path.
macro_rules! mappings {
    ($id:literal, $path:literal, $name:literal, $use:literal, $params:expr, $sample:expr) => {
        &[
            row!(
                concat!($id, ".list"),
                Read,
                TWILIO,
                concat!("Accounts/{AccountSid}/SIP/Domains/{DomainSid}/", $path),
                concat!("Lists a domain uses for ", $use, "."),
                &[],
                Shows::Many($sample),
                list
            ),
            row!(
                concat!($id, ".create"),
                Create,
                TWILIO,
                concat!("Accounts/{AccountSid}/SIP/Domains/{DomainSid}/", $path),
                concat!("Puts a list to use for ", $use, "."),
                $params,
                Shows::One($sample),
                create
            ),
            row!(
                concat!($id, ".fetch"),
                Read,
                TWILIO,
                concat!("Accounts/{AccountSid}/SIP/Domains/{DomainSid}/", $path, "/{", $name, "}"),
                concat!("One list a domain uses for ", $use, "."),
                &[],
                Shows::One($sample),
                fetch
            ),
            row!(
                concat!($id, ".delete"),
                Delete,
                TWILIO,
                concat!("Accounts/{AccountSid}/SIP/Domains/{DomainSid}/", $path, "/{", $name, "}"),
                concat!("Takes a list out of use for ", $use, "."),
                &[],
                Shows::Nothing,
                delete
            ),
        ]
    };
}

pub(crate) const CALL_CREDENTIALS: &[Operation] = mappings!(
    "sip_call_credentials",
    "Auth/Calls/CredentialListMappings",
    "CredentialListSid",
    "calls by user name",
    USERS,
    auth_sample
);

pub(crate) const CALL_ADDRESSES: &[Operation] = mappings!(
    "sip_call_addresses",
    "Auth/Calls/IpAccessControlListMappings",
    "IpAccessControlListSid",
    "calls by address",
    NETWORKS,
    auth_sample
);

pub(crate) const REGISTRATION_CREDENTIALS: &[Operation] = mappings!(
    "sip_registration_credentials",
    "Auth/Registrations/CredentialListMappings",
    "CredentialListSid",
    "registrations",
    USERS,
    auth_sample
);

pub(crate) const OLD_CALL_CREDENTIALS: &[Operation] = mappings!(
    "sip_credential_mappings",
    "CredentialListMappings",
    "CredentialListSid",
    "calls by user name (older path)",
    USERS,
    old_sample
);

pub(crate) const OLD_CALL_ADDRESSES: &[Operation] = mappings!(
    "sip_address_mappings",
    "IpAccessControlListMappings",
    "IpAccessControlListSid",
    "calls by address (older path)",
    NETWORKS,
    old_sample
);

/// What the path means.
#[derive(Debug, Clone, Copy)]
struct Use {
    kind: MappingKind,
    /// One of the older paths, which show more.
    is_old: bool,
}

impl Use {
    fn of(ask: &Ask<'_>) -> Self {
        let path = ask.operation.path;
        let kind = match () {
            () if path.contains("/Registrations/") => MappingKind::RegistrationCredentials,
            () if path.contains("/IpAccessControlListMappings") => MappingKind::CallAddresses,
            () => MappingKind::CallCredentials,
        };
        Self { kind, is_old: !path.contains("/Auth/") }
    }

    /// The list of the path.
    fn list(self, ask: &Ask<'_>) -> Result<MappedList> {
        Ok(match self.kind {
            MappingKind::CallAddresses => MappedList::Addresses(ask.sid("IpAccessControlListSid")?),
            MappingKind::CallCredentials | MappingKind::RegistrationCredentials => {
                MappedList::Credentials(ask.sid("CredentialListSid")?)
            }
        })
    }

    /// The list of the parameter.
    fn given(self, ask: &Ask<'_>) -> Result<MappedList> {
        let unknown = ErrorCode::SipListUnknown;
        Ok(match self.kind {
            MappingKind::CallAddresses => {
                let sid = ask.params.parsed("IpAccessControlListSid", unknown)?;
                MappedList::Addresses(sid.ok_or(unknown)?)
            }
            MappingKind::CallCredentials | MappingKind::RegistrationCredentials => {
                MappedList::Credentials(ask.params.parsed("CredentialListSid", unknown)?.ok_or(unknown)?)
            }
        })
    }
}

/// A page of mappings under the name that its path has for them.
macro_rules! rows {
    ($row:ident, $member:literal, $elements:expr) => {
        struct $row(NamedMapping);

        impl Listed for $row {
            const MEMBERS: (&'static str, &'static str) = ($member, $member);
            const ELEMENTS: (&'static str, &'static str) = $elements;
            fn cursor(&self) -> u128 {
                self.0.mapping.list.as_u128()
            }
        }
    };
}

rows!(Auth, "contents", ("Contents", "Mapping"));
rows!(OldUsers, "credential_list_mappings", ("CredentialListMappings", "CredentialListMapping"));
rows!(
    OldNetworks,
    "ip_access_control_list_mappings",
    ("IpAccessControlListMappings", "IpAccessControlListMapping")
);

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Auth>(ask)?;
    let usage = Use::of(ask);
    let domain = ask.sid("DomainSid")?;
    let found = ask.app().mappings(ask.account.sid, domain, usage.kind, &paged.query()).await?;
    let shown = ask.shown();
    match (usage.is_old, usage.kind) {
        (false, _) => {
            let rows = found.into_iter().map(Auth).collect();
            ask.page(&paged, rows, None, |w, row: &Auth| view(w, &shown, &row.0, usage))
        }
        (true, MappingKind::CallAddresses) => {
            let rows = found.into_iter().map(OldNetworks).collect();
            ask.page(&paged, rows, None, |w, row: &OldNetworks| view(w, &shown, &row.0, usage))
        }
        (true, MappingKind::CallCredentials | MappingKind::RegistrationCredentials) => {
            let rows = found.into_iter().map(OldUsers).collect();
            ask.page(&paged, rows, None, |w, row: &OldUsers| view(w, &shown, &row.0, usage))
        }
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let usage = Use::of(ask);
    let (domain, list) = (ask.sid("DomainSid")?, usage.given(ask)?);
    let answer = |made: &NamedMapping| ask.made("Mapping", |w| view(w, &ask.shown(), made, usage));
    let keep = |made: &NamedMapping| ask.kept(sid_of(made.mapping.list), Some(&answer(made)));
    Ok(answer(&ask.app().map_list(&ask.account, domain, usage.kind, list, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let usage = Use::of(ask);
    let (domain, list) = (ask.sid("DomainSid")?, usage.list(ask)?);
    let found = ask.app().mapping(ask.account.sid, domain, usage.kind, list).await?;
    Ok(ask.one("Mapping", |w| view(w, &ask.shown(), &found, usage)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let usage = Use::of(ask);
    let (domain, list) = (ask.sid("DomainSid")?, usage.list(ask)?);
    ask.app().unmap_list(&ask.account, domain, usage.kind, list).await?;
    Ok(Answer::empty())
}

fn sid_of(list: MappedList) -> String {
    match list {
        MappedList::Credentials(sid) => sid.to_string(),
        MappedList::Addresses(sid) => sid.to_string(),
    }
}

fn view(w: &mut Writer, shown: &Shown<'_>, named: &NamedMapping, usage: Use) {
    let mapping = &named.mapping;
    let sid = sid_of(mapping.list);
    w.put("sid", sid.as_str());
    w.put("account_sid", mapping.account_sid.to_string());
    w.put("friendly_name", &named.friendly_name);
    w.put("date_created", rfc2822(mapping.created_at));
    w.put("date_updated", rfc2822(mapping.created_at));
    if usage.is_old {
        w.put("domain_sid", mapping.domain_sid.to_string());
        let name = match mapping.kind {
            MappingKind::CallAddresses => "IpAccessControlListMappings",
            MappingKind::CallCredentials | MappingKind::RegistrationCredentials => "CredentialListMappings",
        };
        let path = format!("SIP/Domains/{}/{name}/{sid}", mapping.domain_sid);
        w.put("uri", shown.uri(mapping.account_sid, path));
    }
}

fn specimen() -> NamedMapping {
    let mapping = DomainMapping {
        account_sid: AccountSid::from_u128(1),
        domain_sid: SipDomainSid::from_u128(1),
        kind: MappingKind::CallCredentials,
        list: MappedList::Credentials(CredentialListSid::from_u128(1)),
        created_at: super::specimen_time(),
    };
    NamedMapping { mapping, friendly_name: "Phones".to_owned() }
}

fn auth_sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), Use { kind: MappingKind::CallCredentials, is_old: false });
}

fn old_sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), Use { kind: MappingKind::CallCredentials, is_old: true });
}
