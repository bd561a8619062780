//! Customers' programs that bind over SMPP. An addition to both APIs.

#[cfg(test)]
mod tests;

use flexio_app::SmppUserPatch;
use flexio_domain::*;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::{Result, refuse};
use crate::operation::{Access, BOTH, Kind, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

const COLLECTION: &str = "Accounts/{AccountSid}/SmppUsers";
const ITEM: &str = "Accounts/{AccountSid}/SmppUsers/{SmppUserSid}";

const CREATE: &[Param] = params![
    "SystemId": "Name it binds with: 1 to 15 letters, digits, `-`, `_` or `.`, unique in the installation; required.",
    "FriendlyName": "1 to 64 characters; default the name.",
    "Binds": "Kinds of binds it may make, of `transmitter`, `receiver` and `transceiver`, separated by commas; default all.",
    "Addresses": "Addresses it may come from, separated by commas; default any.",
    "BindsMax": "Binds at the same time, 1 to 100; default 4.",
    "Window": "Requests of a bind that may wait for their answers, 1 to 100; default 50.",
    "SubmitsPerSecond": "Over all its binds, 1 to 10000; default 50.",
    "Receives": "`true` delivers to it the messages to numbers of the account that have no URL and no application; one program of an account may.",
];

const UPDATE: &[Param] = params![
    "FriendlyName": "1 to 64 characters.",
    "Binds": "As at creation.",
    "Addresses": "As at creation; empty for any.",
    "BindsMax": "As at creation.",
    "Window": "As at creation; counts from the next bind.",
    "SubmitsPerSecond": "As at creation.",
    "Receives": "As at creation.",
    "NewPassword": "`true` gives it another password, which is in this answer only.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "smpp_users.list",
        Read,
        BOTH,
        COLLECTION,
        "Programs that may bind over SMPP, newest first, without their passwords.",
        &[],
        Shows::Many(sample),
        list
    ),
    Operation {
        id: "smpp_users.create",
        kind: Kind::Create,
        faces: BOTH,
        path: COLLECTION,
        about: "Lets a program bind over SMPP. The password is in this answer only, not even in its replay.",
        access: Access::Token,
        params: CREATE,
        shows: Shows::One(new_sample),
        run: |ask| Box::pin(create(ask)),
    },
    row!("smpp_users.fetch", Read, BOTH, ITEM, "One program.", &[], Shows::One(sample), fetch),
    Operation {
        id: "smpp_users.update",
        kind: Kind::Update,
        faces: BOTH,
        path: ITEM,
        about: "Changes a program, at once. Binds that would not be let in any more are ended.",
        access: Access::Token,
        params: UPDATE,
        shows: Shows::One(new_sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "smpp_users.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: ITEM,
        about: "Lets a program bind no more, and ends its binds.",
        access: Access::Token,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for SmppUser {
    const MEMBERS: (&'static str, &'static str) = ("smpp_users", "smpp_users");
    const ELEMENTS: (&'static str, &'static str) = ("SmppUsers", "SmppUser");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<SmppUser>(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_smpp_users(ask.account.sid).await?),
        Face::Twilio => None,
    };
    let found = ask.app().smpp_users(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, found, total, |w, user| view(w, &ask.shown(), user, None))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let keep = |made: &SmppUser| ask.kept(made.sid, None);
    let system_id = ask.params.required("SystemId", ErrorCode::InvalidParameter)?;
    let patch = patch(ask)?;
    let (user, password) = ask.app().create_smpp_user(&ask.account, system_id, &patch, &keep).await?;
    Ok(ask.made("SmppUser", |w| view(w, &ask.shown(), &user, Some(&password))))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let user = ask.app().smpp_user(ask.account.sid, ask.sid("SmppUserSid")?).await?;
    Ok(ask.one("SmppUser", |w| view(w, &ask.shown(), &user, None)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (patch, renew) = (patch(ask)?, ask.params.boolean("NewPassword")?.unwrap_or(false));
    let sid = ask.sid("SmppUserSid")?;
    let (user, password) = ask.app().update_smpp_user(&ask.account, sid, &patch, renew).await?;
    Ok(ask.one("SmppUser", |w| view(w, &ask.shown(), &user, password.as_ref())))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_smpp_user(&ask.account, ask.sid("SmppUserSid")?).await?;
    Ok(Answer::empty())
}

fn patch(ask: &Ask<'_>) -> Result<SmppUserPatch> {
    let params = &ask.params;
    let binds = params.words("Binds");
    let binds = binds.iter().map(|word| one_of("Binds", Some(word), SmppBind::from_wire));
    let binds: Vec<SmppBind> = binds.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let addresses = params.words("Addresses").into_iter().map(|word| {
        let wrong = || refuse(ErrorCode::InvalidParameter, format!("Addresses: {word} is no IP address."));
        word.parse().map_err(|_| wrong())
    });
    let addresses = addresses.collect::<Result<Vec<_>>>()?;
    let small = |name: &str| params.parsed::<u16>(name, ErrorCode::InvalidParameter);
    Ok(SmppUserPatch {
        friendly_name: params.owned("FriendlyName"),
        binds: params.text("Binds").map(|_| binds),
        addresses: params.get("Addresses").map(|_| addresses),
        binds_max: small("BindsMax")?,
        window: small("Window")?,
        submits_per_s: params.parsed("SubmitsPerSecond", ErrorCode::InvalidParameter)?,
        receives: params.boolean("Receives")?,
    })
}

fn view(w: &mut Writer, shown: &Shown<'_>, user: &SmppUser, password: Option<&Pii<String>>) {
    let joined = |words: Vec<String>| words.join(",");
    w.put("sid", user.sid.to_string());
    w.put("account_sid", user.account_sid.to_string());
    w.put("friendly_name", &user.friendly_name);
    w.put("system_id", &user.system_id);
    w.put("binds", joined(user.binds.iter().map(|bind| bind.as_str().to_owned()).collect()));
    w.put("addresses", joined(user.addresses.iter().map(ToString::to_string).collect()));
    w.put("binds_max", u32::from(user.binds_max));
    w.put("window", u32::from(user.window));
    w.put("submits_per_second", user.submits_per_s);
    w.put("receives", user.receives);
    w.put("date_created", rfc2822(user.created_at));
    w.put("date_updated", rfc2822(user.updated_at));
    w.put("uri", shown.uri(user.account_sid, format_args!("SmppUsers/{}", user.sid)));
    if let Some(Pii(password)) = password {
        w.put("password", password);
    }
}

fn specimen() -> SmppUser {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    SmppUser {
        sid: SmppUserSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "shop".to_owned(),
        system_id: "shop-1".to_owned(),
        password: Sealed(Vec::new()),
        binds: SmppBind::ALL.to_vec(),
        addresses: vec!["192.0.2.1".parse().expect("an address")],
        binds_max: 4,
        window: 50,
        submits_per_s: 50,
        receives: true,
        created_at: at,
        updated_at: at,
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), None);
}

fn new_sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), Some(&Pii("q7f00000".to_owned())));
}
