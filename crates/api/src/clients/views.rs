//! Clients as shown: never with a password or a digest of one.

use flexio_domain::*;

use crate::applications::dialect_name;
use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::numbers::put_webhook;
use crate::write::Writer;

pub(super) fn client(w: &mut Writer, shown: &Shown<'_>, client: &Client) {
    w.put("sid", client.sid.to_string());
    w.put("date_created", rfc2822(client.created_at));
    w.put("date_updated", rfc2822(client.updated_at));
    w.put("account_sid", client.account_sid.to_string());
    w.put("api_version", shown.face.version());
    w.put("friendly_name", &client.friendly_name);
    w.put("login", &client.login);
    w.put("status", if client.enabled { "1" } else { "0" });
    put_webhook(w, ("voice_url", "voice_method"), client.voice.primary.as_ref());
    put_webhook(w, ("voice_fallback_url", "voice_fallback_method"), client.voice.fallback.as_ref());
    w.put("voice_application_sid", client.voice_application_sid.map(|sid| sid.to_string()));
    w.put("is_push_enabled", client.push_enabled);
    w.put("dialect", dialect_name(client.dialect));
    crate::emergency::put(w, client.emergency_address.as_ref());
    w.put("uri", shown.uri(client.account_sid, format_args!("Clients/{}", client.sid)));
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let specimen = Client {
        sid: ClientSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        login: "alice".to_owned(),
        friendly_name: "Alice's phone".to_owned(),
        enabled: true,
        secret: SipSecret { realm: String::new(), digests: Sealed(Vec::new()) },
        dialect: Dialect::Rcml,
        voice: WebhookSet::default(),
        voice_application_sid: None,
        push_enabled: false,
        emergency_address: None,
        created_at: at,
        updated_at: at,
    };
    client(w, shown, &specimen);
}
