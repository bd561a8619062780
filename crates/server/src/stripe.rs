//! The way to Stripe's servers. Its protocol is `flexio_payments::stripe`; here are the key, the connection and the time limits.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use flexio_payments::stripe::{Stripe, VERSION};
use flexio_payments::{PaymentHttp, PaymentProvider, ProviderRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::config::Payments;

/// Time for a connection, and for all of a request: Stripe's own clients wait longer, and here a customer waits too.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(25);
/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A connection pool with the operator's key.
#[derive(Debug)]
struct StripeHttp {
    http: reqwest::Client,
    base: String,
}

/// Who takes payments; `None` where nobody does.
pub(crate) fn provider(config: &Payments) -> Result<Option<Arc<dyn PaymentProvider>>> {
    if config.stripe_secret_key.is_empty() {
        return Ok(None);
    }
    let base = config.stripe_url.trim_end_matches('/').to_owned();
    let is_local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|local| base.starts_with(local));
    ensure!(base.starts_with("https://") || is_local, "payments.stripe_url is not https");
    let is_secret = |key: &str| ["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix));
    ensure!(is_secret(&config.stripe_secret_key), "payments.stripe_secret_key begins with sk_ or rk_");
    ensure!(
        config.stripe_publishable_key.starts_with("pk_"),
        "payments.stripe_publishable_key begins with pk_"
    );
    ensure!(
        config.stripe_webhook_secret.starts_with("whsec_"),
        "payments.stripe_webhook_secret begins with whsec_"
    );
    let mut key = HeaderValue::from_str(&format!("Bearer {}", config.stripe_secret_key))
        .map_err(|_| anyhow::anyhow!("payments.stripe_secret_key has characters that no key has"))?;
    key.set_sensitive(true);
    let headers = HeaderMap::from_iter([
        (AUTHORIZATION, key),
        (reqwest::header::HeaderName::from_static("stripe-version"), HeaderValue::from_static(VERSION)),
    ]);
    let http = reqwest::Client::builder()
        .user_agent(concat!("FlexIO/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .build()
        .context("payments: no secure connection can be set up")?;
    let carrier = Arc::new(StripeHttp { http, base });
    let (public, secret) = (config.stripe_publishable_key.clone(), config.stripe_webhook_secret.clone());
    Ok(Some(Arc::new(Stripe::new(carrier, public, secret))))
}

#[async_trait]
impl PaymentHttp for StripeHttp {
    async fn send(&self, request: &ProviderRequest) -> Result<(u16, Vec<u8>), String> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.form).finish();
        let url = format!("{}{}", self.base, request.path);
        let mut asked = if request.is_read {
            self.http.get(format!("{url}?{form}"))
        } else {
            self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
        };
        if let Some(key) = &request.idempotency_key {
            asked = asked.header("idempotency-key", key);
        }
        // Without the URL: what is in it is nobody's who reads logs.
        let words = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = asked.send().await.map_err(words)?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(words)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err("the answer is too large".to_owned());
            }
            body.extend_from_slice(&piece);
        }
        Ok((status, body))
    }
}
