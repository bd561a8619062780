//! `<Email>` in the answer to an incoming message.

use flexio_app::{EmailOrigin, delivery, legs};
use flexio_domain::{Email, EmailSid, Level, Webhook};
use flexio_markup as markup;

use super::{Session, code, http_method};

impl Session {
    /// Sends an e-mail; what its action is told. If it was refused, the owner is told why.
    pub(super) async fn email(&self, email: &markup::Email, verb: u32, base: &str) -> Vec<(String, String)> {
        let (sid, status) = match self.send(email, verb, base).await {
            Ok(email) => (email.sid.to_string(), email.status.as_str()),
            Err((code, text)) => {
                self.note(Level::Error, code, text, None, None, None).await;
                (String::new(), "failed")
            }
        };
        let mut params = self.params();
        params.push(("EmailSid".to_owned(), sid));
        params.push(("EmailStatus".to_owned(), status.to_owned()));
        params
    }

    async fn send(&self, email: &markup::Email, verb: u32, base: &str) -> Result<Email, (u32, String)> {
        let status_callback = match &email.status_callback {
            Some(target) => {
                let url = markup::resolve(base, &target.url).map_err(|e| (code::BAD_URL, e.to_string()))?;
                Some(Webhook { url, method: http_method(target.method) })
            }
            None => None,
        };
        // As of a reply: after a restart the same verb asks for the same e-mail.
        let sid = EmailSid::from_u128(delivery::reply_sid(self.message.sid, verb).as_u128());
        let origin = EmailOrigin { message: Some(self.message.sid), ..EmailOrigin::default() };
        let (account, version) = (self.message.account_sid, self.message.api_version.as_str());
        legs::email_of_document(&self.app, account, origin, version, (email, status_callback, Some(sid)))
            .await
    }
}
