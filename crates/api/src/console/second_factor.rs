//! Setting up and removing the second factor of sign-in.

use std::fmt::Write as _;

use flexio_app::Seat;
use flexio_domain::ErrorCode;
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::{Value, json};

use super::{Reply, text};
use crate::Api;
use crate::error::Result;

impl Api {
    pub(super) async fn begin_second_factor(&self, seat: &Seat, given: &Value) -> Result<Reply> {
        let made = self.app.begin_second_factor(seat, text(given, "password")?).await?;
        Ok(Reply::ok(json!({ "secret": made.secret, "url": made.url, "qr": drawn(&made.url)? })))
    }

    pub(super) async fn confirm_second_factor(&self, seat: &Seat, given: &Value) -> Result<Reply> {
        let codes = self.app.confirm_second_factor(seat, text(given, "code")?).await?;
        Ok(Reply::ok(json!({ "recovery_codes": codes })))
    }

    pub(super) async fn remove_second_factor(&self, seat: &Seat, given: &Value) -> Result<Reply> {
        self.app.remove_second_factor(seat, text(given, "password")?).await?;
        Ok(Reply::done())
    }
}

/// Empty modules around a code, so that a camera finds it (ISO/IEC 18004 §5.3.8).
const QUIET: i32 = 4;

/// A picture of the URL, for a camera: SVG, dark on white whatever the page's colours are.
fn drawn(url: &str) -> Result<String> {
    let code = QrCode::encode_text(url, QrCodeEcc::Medium).map_err(|_| ErrorCode::Internal)?;
    let (size, whole) = (code.size(), code.size() + 2 * QUIET);
    let dark = (0..size * size).map(|at| (at % size, at / size)).filter(|(x, y)| code.get_module(*x, *y));
    let path = dark.fold(String::new(), |mut path, (x, y)| {
        let _ = write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET);
        path
    });
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" width=\"200\" height=\"200\" \
         shape-rendering=\"crispEdges\"><rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
    ))
}
