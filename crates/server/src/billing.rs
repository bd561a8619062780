//! `flexio billing`: what is done at the end of a month.

use anyhow::{Context, Result};
use flexio_rating::BillingMonth;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Makes the recurring charges of a month that is over; again changes nothing.
pub(crate) async fn close(place: Where, month: BillingMonth) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    app.adopt_holdings().await.context("rents of the past were not taken in")?;
    let closed = app.close_month(month).await.with_context(|| format!("{month} was not closed"))?;
    if place.json {
        let facts = serde_json::json!({
            "month": closed.month, "accounts": closed.accounts, "charges": closed.charges,
            "amount": closed.amount.to_decimals(6),
        });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!(
        "{month}: {} charges of {} accounts, {} in all",
        closed.charges,
        closed.accounts,
        closed.amount.to_decimals(6)
    ))
}
