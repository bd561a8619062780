//! Lists of SIP users, and their users.

use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const LISTS: &str = "Accounts/{AccountSid}/SIP/CredentialLists";
const LIST: &str = "Accounts/{AccountSid}/SIP/CredentialLists/{CredentialListSid}";
const USERS: &str = "Accounts/{AccountSid}/SIP/CredentialLists/{CredentialListSid}/Credentials";
const USER: &str =
    "Accounts/{AccountSid}/SIP/CredentialLists/{CredentialListSid}/Credentials/{CredentialSid}";
const NAMED: &[Param] = params!["FriendlyName": "At most 64 characters."];
const ONE_LIST: Shows = Shows::One(list_sample);
const ONE_USER: Shows = Shows::One(user_sample);
const NEW_USER: &[Param] = params![
    "Username": "User part of a SIP address, unique in the list; required.",
    "Password": "At least 12 characters with upper and lower case and a digit; required. Kept as digests only.",
];
const PASSWORD: &[Param] = params!["Password": "New password."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "credential_lists.list",
        Read,
        TWILIO,
        LISTS,
        "Lists of SIP users.",
        &[],
        Shows::Many(list_sample),
        lists
    ),
    row!(
        "credential_lists.create",
        Create,
        TWILIO,
        LISTS,
        "Makes a list of SIP users.",
        NAMED,
        ONE_LIST,
        create_list
    ),
    row!("credential_lists.fetch", Read, TWILIO, LIST, "One list of SIP users.", &[], ONE_LIST, fetch_list),
    row!(
        "credential_lists.update",
        Update,
        TWILIO,
        LIST,
        "Renames a list of SIP users.",
        NAMED,
        ONE_LIST,
        update_list
    ),
    row!(
        "credential_lists.delete",
        Delete,
        TWILIO,
        LIST,
        "Deletes a list of SIP users that no domain uses, with its users.",
        &[],
        Shows::Nothing,
        delete_list
    ),
    row!("credentials.list", Read, TWILIO, USERS, "Users of a list.", &[], Shows::Many(user_sample), users),
    row!(
        "credentials.create",
        Create,
        TWILIO,
        USERS,
        "Adds a user to a list.",
        NEW_USER,
        ONE_USER,
        create_user
    ),
    row!("credentials.fetch", Read, TWILIO, USER, "One user of a list.", &[], ONE_USER, fetch_user),
    row!("credentials.update", Update, TWILIO, USER, "Changes a password.", PASSWORD, ONE_USER, update_user),
    row!("credentials.delete", Delete, TWILIO, USER, "Deletes a user.", &[], Shows::Nothing, delete_user),
];

impl Listed for CredentialList {
    const MEMBERS: (&'static str, &'static str) = ("credential_lists", "credential_lists");
    const ELEMENTS: (&'static str, &'static str) = ("CredentialLists", "CredentialList");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for Credential {
    const MEMBERS: (&'static str, &'static str) = ("credentials", "credentials");
    const ELEMENTS: (&'static str, &'static str) = ("Credentials", "Credential");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn lists(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<CredentialList>(ask)?;
    let lists = ask.app().credential_lists(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, lists, None, |w, list| list_view(w, &ask.shown(), list))
}

async fn create_list(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.required("FriendlyName", ErrorCode::InvalidParameter)?;
    let answer = |made: &CredentialList| ask.made("CredentialList", |w| list_view(w, &ask.shown(), made));
    let keep = |made: &CredentialList| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_credential_list(&ask.account, name, &keep).await?))
}

async fn fetch_list(ask: &Ask<'_>) -> Result<Answer> {
    let list = ask.app().credential_list(ask.account.sid, ask.sid("CredentialListSid")?).await?;
    Ok(ask.one("CredentialList", |w| list_view(w, &ask.shown(), &list)))
}

async fn update_list(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, name) = (ask.sid("CredentialListSid")?, ask.params.text("FriendlyName"));
    let list = ask.app().update_credential_list(&ask.account, sid, name).await?;
    Ok(ask.one("CredentialList", |w| list_view(w, &ask.shown(), &list)))
}

async fn delete_list(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_credential_list(&ask.account, ask.sid("CredentialListSid")?).await?;
    Ok(Answer::empty())
}

async fn users(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Credential>(ask)?;
    let list = ask.sid("CredentialListSid")?;
    let users = ask.app().credentials(ask.account.sid, list, &paged.query()).await?;
    ask.page(&paged, users, None, |w, user| user_view(w, &ask.shown(), user))
}

async fn create_user(ask: &Ask<'_>) -> Result<Answer> {
    let list = ask.sid("CredentialListSid")?;
    let username = ask.params.required("Username", ErrorCode::SipUsernameInvalid)?;
    let password = Pii(ask.params.required("Password", ErrorCode::SipPasswordTooWeak)?.to_owned());
    let answer = |made: &Credential| ask.made("Credential", |w| user_view(w, &ask.shown(), made));
    let keep = |made: &Credential| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_credential(&ask.account, list, username, &password, &keep).await?))
}

async fn fetch_user(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("CredentialListSid")?, ask.sid("CredentialSid")?);
    let user = ask.app().credential(ask.account.sid, list, sid).await?;
    Ok(ask.one("Credential", |w| user_view(w, &ask.shown(), &user)))
}

async fn update_user(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("CredentialListSid")?, ask.sid("CredentialSid")?);
    let password = ask.params.owned("Password").map(Pii);
    let user = ask.app().update_credential(&ask.account, list, sid, password.as_ref()).await?;
    Ok(ask.one("Credential", |w| user_view(w, &ask.shown(), &user)))
}

async fn delete_user(ask: &Ask<'_>) -> Result<Answer> {
    let (list, sid) = (ask.sid("CredentialListSid")?, ask.sid("CredentialSid")?);
    ask.app().delete_credential(&ask.account, list, sid).await?;
    Ok(Answer::empty())
}

fn list_view(w: &mut Writer, shown: &Shown<'_>, list: &CredentialList) {
    let path = format!("SIP/CredentialLists/{}", list.sid);
    w.put("sid", list.sid.to_string());
    w.put("account_sid", list.account_sid.to_string());
    w.put("friendly_name", &list.friendly_name);
    w.put("date_created", rfc2822(list.created_at));
    w.put("date_updated", rfc2822(list.updated_at));
    w.put("uri", shown.uri(list.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("credentials", shown.uri(list.account_sid, format_args!("{path}/Credentials")));
    });
}

fn user_view(w: &mut Writer, shown: &Shown<'_>, user: &Credential) {
    w.put("sid", user.sid.to_string());
    w.put("account_sid", user.account_sid.to_string());
    w.put("credential_list_sid", user.list_sid.to_string());
    w.put("username", &user.username);
    w.put("date_created", rfc2822(user.created_at));
    w.put("date_updated", rfc2822(user.updated_at));
    let path = format!("SIP/CredentialLists/{}/Credentials/{}", user.list_sid, user.sid);
    w.put("uri", shown.uri(user.account_sid, path));
}

fn list_sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = super::specimen_time();
    let specimen = CredentialList {
        sid: CredentialListSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Phones".to_owned(),
        created_at: at,
        updated_at: at,
    };
    list_view(w, shown, &specimen);
}

fn user_sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = super::specimen_time();
    let specimen = Credential {
        sid: CredentialSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        list_sid: CredentialListSid::from_u128(1),
        username: "alice".to_owned(),
        secret: SipSecret { realm: String::new(), digests: Sealed(Vec::new()) },
        created_at: at,
        updated_at: at,
    };
    user_view(w, shown, &specimen);
}
