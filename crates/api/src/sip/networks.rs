//! Lists of networks that may call, and their networks.

use flexio_app::IpAddressPatch;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const LISTS: &str = "Accounts/{AccountSid}/SIP/IpAccessControlLists";
const LIST: &str = "Accounts/{AccountSid}/SIP/IpAccessControlLists/{IpAccessControlListSid}";
const NETWORKS: &str = "Accounts/{AccountSid}/SIP/IpAccessControlLists/{IpAccessControlListSid}/IpAddresses";
const NETWORK: &str =
    "Accounts/{AccountSid}/SIP/IpAccessControlLists/{IpAccessControlListSid}/IpAddresses/{IpAddressSid}";
const NAMED: &[Param] = params!["FriendlyName": "At most 64 characters."];
const ONE_LIST: Shows = Shows::One(list_sample);
const ONE_NETWORK: Shows = Shows::One(network_sample);
const NETWORK_PARAMS: &[Param] = params![
    "IpAddress": "IPv4 or IPv6 address; required at creation.",
    "CidrPrefixLength": "Leading bits that count: 8 to 32, for IPv6 16 to 128; by default all.",
    "FriendlyName": "At most 64 characters; by default the address.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "ip_access_control_lists.list",
        Read,
        TWILIO,
        LISTS,
        "Lists of networks.",
        &[],
        Shows::Many(list_sample),
        lists
    ),
    row!(
        "ip_access_control_lists.create",
        Create,
        TWILIO,
        LISTS,
        "Makes a list of networks.",
        NAMED,
        ONE_LIST,
        create_list
    ),
    row!(
        "ip_access_control_lists.fetch",
        Read,
        TWILIO,
        LIST,
        "One list of networks.",
        &[],
        ONE_LIST,
        fetch_list
    ),
    row!(
        "ip_access_control_lists.update",
        Update,
        TWILIO,
        LIST,
        "Renames a list of networks.",
        NAMED,
        ONE_LIST,
        update_list
    ),
    row!(
        "ip_access_control_lists.delete",
        Delete,
        TWILIO,
        LIST,
        "Deletes a list of networks that no domain uses, with its networks.",
        &[],
        Shows::Nothing,
        delete_list
    ),
    row!(
        "ip_addresses.list",
        Read,
        TWILIO,
        NETWORKS,
        "Networks of a list.",
        &[],
        Shows::Many(network_sample),
        networks
    ),
    row!(
        "ip_addresses.create",
        Create,
        TWILIO,
        NETWORKS,
        "Adds a network to a list.",
        NETWORK_PARAMS,
        ONE_NETWORK,
        create_network
    ),
    row!(
        "ip_addresses.fetch",
        Read,
        TWILIO,
        NETWORK,
        "One network of a list.",
        &[],
        ONE_NETWORK,
        fetch_network
    ),
    row!(
        "ip_addresses.update",
        Update,
        TWILIO,
        NETWORK,
        "Changes a network.",
        NETWORK_PARAMS,
        ONE_NETWORK,
        update_network
    ),
    row!(
        "ip_addresses.delete",
        Delete,
        TWILIO,
        NETWORK,
        "Deletes a network.",
        &[],
        Shows::Nothing,
        delete_network
    ),
];

impl Listed for IpAccessControlList {
    const MEMBERS: (&'static str, &'static str) = ("ip_access_control_lists", "ip_access_control_lists");
    const ELEMENTS: (&'static str, &'static str) = ("IpAccessControlLists", "IpAccessControlList");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for IpAddress {
    const MEMBERS: (&'static str, &'static str) = ("ip_addresses", "ip_addresses");
    const ELEMENTS: (&'static str, &'static str) = ("IpAddresses", "IpAddress");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn lists(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<IpAccessControlList>(ask)?;
    let lists = ask.app().ip_lists(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, lists, None, |w, list| list_view(w, &ask.shown(), list))
}

async fn create_list(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.required("FriendlyName", ErrorCode::InvalidParameter)?;
    let answer =
        |made: &IpAccessControlList| ask.made("IpAccessControlList", |w| list_view(w, &ask.shown(), made));
    let keep = |made: &IpAccessControlList| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_ip_list(&ask.account, name, &keep).await?))
}

async fn fetch_list(ask: &Ask<'_>) -> Result<Answer> {
    let list = ask.app().ip_list(ask.account.sid, ask.sid("IpAccessControlListSid")?).await?;
    Ok(ask.one("IpAccessControlList", |w| list_view(w, &ask.shown(), &list)))
}

async fn update_list(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, name) = (ask.sid("IpAccessControlListSid")?, ask.params.text("FriendlyName"));
    let list = ask.app().update_ip_list(&ask.account, sid, name).await?;
    Ok(ask.one("IpAccessControlList", |w| list_view(w, &ask.shown(), &list)))
}

async fn delete_list(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_ip_list(&ask.account, ask.sid("IpAccessControlListSid")?).await?;
    Ok(Answer::empty())
}

async fn networks(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<IpAddress>(ask)?;
    let list = ask.sid("IpAccessControlListSid")?;
    let networks = ask.app().ip_addresses(ask.account.sid, list, &paged.query()).await?;
    ask.page(&paged, networks, None, |w, network| network_view(w, &ask.shown(), network))
}

async fn create_network(ask: &Ask<'_>) -> Result<Answer> {
    let list = ask.sid("IpAccessControlListSid")?;
    let patch = patch(ask)?;
    let answer = |made: &IpAddress| ask.made("IpAddress", |w| network_view(w, &ask.shown(), made));
    let keep = |made: &IpAddress| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_ip_address(&ask.account, list, patch, &keep).await?))
}

async fn fetch_network(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("IpAccessControlListSid")?, ask.sid("IpAddressSid")?);
    let network = ask.app().ip_address(ask.account.sid, list, sid).await?;
    Ok(ask.one("IpAddress", |w| network_view(w, &ask.shown(), &network)))
}

async fn update_network(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("IpAccessControlListSid")?, ask.sid("IpAddressSid")?);
    let network = ask.app().update_ip_address(&ask.account, list, sid, patch(ask)?).await?;
    Ok(ask.one("IpAddress", |w| network_view(w, &ask.shown(), &network)))
}

async fn delete_network(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("IpAccessControlListSid")?, ask.sid("IpAddressSid")?);
    ask.app().delete_ip_address(&ask.account, list, sid).await?;
    Ok(Answer::empty())
}

fn patch(ask: &Ask<'_>) -> Result<IpAddressPatch> {
    Ok(IpAddressPatch {
        friendly_name: ask.params.owned("FriendlyName"),
        ip_address: ask.params.owned("IpAddress"),
        cidr_prefix_length: ask.params.whole("CidrPrefixLength", 0..=128, ErrorCode::SipAddressInvalid)?,
    })
}

fn list_view(w: &mut Writer, shown: &Shown<'_>, list: &IpAccessControlList) {
    let path = format!("SIP/IpAccessControlLists/{}", list.sid);
    w.put("sid", list.sid.to_string());
    w.put("account_sid", list.account_sid.to_string());
    w.put("friendly_name", &list.friendly_name);
    w.put("date_created", rfc2822(list.created_at));
    w.put("date_updated", rfc2822(list.updated_at));
    w.put("uri", shown.uri(list.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("ip_addresses", shown.uri(list.account_sid, format_args!("{path}/IpAddresses")));
    });
}

fn network_view(w: &mut Writer, shown: &Shown<'_>, network: &IpAddress) {
    w.put("sid", network.sid.to_string());
    w.put("account_sid", network.account_sid.to_string());
    w.put("ip_access_control_list_sid", network.list_sid.to_string());
    w.put("friendly_name", &network.friendly_name);
    w.put("ip_address", network.ip_address.to_string());
    w.put("cidr_prefix_length", u32::from(network.cidr_prefix_length));
    w.put("date_created", rfc2822(network.created_at));
    w.put("date_updated", rfc2822(network.updated_at));
    let path = format!("SIP/IpAccessControlLists/{}/IpAddresses/{}", network.list_sid, network.sid);
    w.put("uri", shown.uri(network.account_sid, path));
}

fn list_sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = super::specimen_time();
    let specimen = IpAccessControlList {
        sid: IpAccessControlListSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Phones".to_owned(),
        created_at: at,
        updated_at: at,
    };
    list_view(w, shown, &specimen);
}

fn network_sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = super::specimen_time();
    let specimen = IpAddress {
        sid: IpAddressSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        list_sid: IpAccessControlListSid::from_u128(1),
        friendly_name: "Brussels".to_owned(),
        ip_address: "192.0.2.7".parse().expect("an address"),
        cidr_prefix_length: 24,
        created_at: at,
        updated_at: at,
    };
    network_view(w, shown, &specimen);
}
