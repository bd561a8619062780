//! The registers of value added tax of the member states, through the Commission's VIES (`/ms/{country}/vat/{number}`).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use flexio_app::{VatAnswer, VatNumbers};
use serde::Deserialize;

/// Time for all of a request: registers behind it are slow at times.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The service.
#[derive(Debug)]
struct Vies {
    http: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_valid: bool,
    #[serde(default)]
    user_error: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    request_identifier: String,
}

/// Who is asked; `None`: nobody.
pub(crate) fn registers(url: &str) -> Result<Option<Arc<dyn VatNumbers>>> {
    if url.is_empty() {
        return Ok(None);
    }
    let base = url.trim_end_matches('/').to_owned();
    let is_local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|local| base.starts_with(local));
    ensure!(base.starts_with("https://") || is_local, "billing.vat_register_url is not https");
    let http = reqwest::Client::builder()
        .user_agent(concat!("FlexIO/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .context("billing: no secure connection can be set up")?;
    Ok(Some(Arc::new(Vies { http, base })))
}

#[async_trait]
impl VatNumbers for Vies {
    async fn check(&self, number: &str) -> Result<VatAnswer, String> {
        let (country, digits) = number.split_at_checked(2).ok_or("it is no number")?;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain(country) || !plain(digits) {
            return Err("it is no number".to_owned());
        }
        let url = format!("{}/ms/{country}/vat/{digits}", self.base);
        let answer = self.http.get(url).send().await.map_err(|error| error.without_url().to_string())?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| error.without_url().to_string())?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| format!("the register's answer cannot be read (HTTP {})", status.as_u16()))?;
        // A register that is down is no register that says no.
        match (answer.is_valid, answer.user_error.as_str()) {
            (true, _) | (false, "INVALID" | "INVALID_INPUT") => {}
            (false, error) => return Err(format!("the register says {error}")),
        }
        let said = |text: String| Some(text).filter(|text| !text.is_empty() && text != "---");
        Ok(VatAnswer {
            is_valid: answer.is_valid,
            name: said(answer.name),
            reference: said(answer.request_identifier),
        })
    }
}
