//! API keys. Natively they are of the account too: `Keys`, as there are no users to hang them on.

use flexio_domain::{AccountSid, ApiKey, KeySid, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "keys.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Keys",
        about: "API keys, without their secrets.",
        access: Access::Token,
        params: &[],
        shows: Shows::Many(sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "keys.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Keys",
        about: "Makes an API key. The secret is in this answer only, not even in its replay.",
        access: Access::Token,
        params: params!["FriendlyName": "At most 64 characters."],
        shows: Shows::One(new_sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "keys.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Keys/{KeySid}",
        about: "One API key, without its secret.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "keys.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Keys/{KeySid}",
        about: "Renames an API key.",
        access: Access::Token,
        params: params!["FriendlyName": "At most 64 characters."],
        shows: Shows::One(sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "keys.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Keys/{KeySid}",
        about: "Revokes an API key, within 5 seconds on every node.",
        access: Access::Token,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for ApiKey {
    const MEMBERS: (&'static str, &'static str) = ("keys", "keys");
    const ELEMENTS: (&'static str, &'static str) = ("Keys", "Key");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<ApiKey>(ask)?;
    let keys = ask.app().keys(ask.account.sid, &paged.query()).await?;
    ask.bare(&paged, keys, |w, key| view(w, &ask.shown(), key, None))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let keep = |key: &ApiKey| ask.kept(key.sid, None);
    let name = ask.params.text("FriendlyName");
    let (key, secret) = ask.app().create_key(&ask.account, name, &keep).await?;
    Ok(ask.made("Key", |w| view(w, &ask.shown(), &key, Some(&secret))))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let key = ask.app().key(ask.account.sid, ask.sid("KeySid")?).await?;
    Ok(ask.one("Key", |w| view(w, &ask.shown(), &key, None)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.text("FriendlyName");
    let key = ask.app().update_key(&ask.account, ask.sid("KeySid")?, name).await?;
    Ok(ask.one("Key", |w| view(w, &ask.shown(), &key, None)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_key(&ask.account, ask.sid("KeySid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, key: &ApiKey, secret: Option<&str>) {
    w.put("sid", key.sid.to_string());
    w.put("friendly_name", &key.friendly_name);
    w.put("date_created", rfc2822(key.created_at));
    w.put("date_updated", rfc2822(key.updated_at));
    if !shown.is_twilio() {
        w.put("account_sid", key.account_sid.to_string());
        w.put("uri", shown.uri(key.account_sid, format_args!("Keys/{}", key.sid)));
    }
    if let Some(secret) = secret {
        w.put("secret", secret);
    }
}

fn specimen() -> ApiKey {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    ApiKey {
        sid: KeySid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "ci".to_owned(),
        secret_digest: [0; 32],
        signing_secret: None,
        created_at: at,
        updated_at: at,
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), None);
}

fn new_sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen(), Some("q7f0000000000000000000000000000000000000000"));
}
