//! `flexio numbers import`: numbers of the operator into stock.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use flexio_app::{App, NumberPatch, Principal};
use flexio_domain::{Capabilities, E164, NumberType, SpecialUse, StockNumber};
use flexio_store::{Change, ChangeSet};
use serde::Deserialize;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::{plan, platform};

/// Rows of one file.
const ROWS_MAX: usize = 50_000;
/// Rows that are told of when they are wrong.
const ERRORS_SHOWN: usize = 20;

/// One row; columns may come in any order, those with a default may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: String,
    #[serde(default)]
    country: Option<String>,
    #[serde(default, rename = "type")]
    number_type: Option<String>,
    #[serde(default)]
    voice: Option<String>,
    #[serde(default)]
    sms: Option<String>,
}

/// Imports all rows or none.
pub(crate) async fn import(place: Where, file: PathBuf) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let (mut numbers, mut errors) = (Vec::new(), Vec::new());
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        if index >= ROWS_MAX {
            bail!("{} has more than {ROWS_MAX} rows: split it", file.display());
        }
        match row.map_err(anyhow::Error::from).and_then(|row| read(&app, &config, &row)) {
            Ok(number) => numbers.push(number),
            // The heading is line 1.
            Err(error) => errors.push(format!("line {}: {error:#}", index + 2)),
        }
    }
    if !errors.is_empty() {
        let shown = errors.iter().take(ERRORS_SHOWN).cloned().collect::<Vec<_>>().join("\n");
        bail!("nothing was imported, {} rows are wrong:\n{shown}", errors.len());
    }
    let imported = numbers.len();
    let changes: ChangeSet = Change::ImportStock(numbers).into();
    app.store.commit(changes).await.context("the numbers were not saved")?;
    if place.json {
        return cli::say(&serde_json::json!({ "imported": imported }).to_string());
    }
    cli::say(&format!("{imported} numbers imported"))
}

/// Notes what a number is registered for, as its operator.
pub(crate) async fn register(place: Where, number: String, used: Option<String>) -> Result<()> {
    let used = used
        .map(|text| {
            let found = SpecialUse::from_wire(&text);
            found.with_context(|| format!("`{text}` is no use that numbers are registered for"))
        })
        .transpose()?;
    let app = plan::open(&place).await?;
    let number: E164 = number.parse().with_context(|| format!("`{number}`"))?;
    let owned = app.store.number_owner(&number).await?.with_context(|| format!("nobody rents {number}"))?;
    let holder = app.store.account(owned.account_sid).await?.context("its account is gone")?;
    let operator = app.store.root_account().await?.context("there is no top account yet")?;
    let by = Principal { account: Arc::new(operator), key: None, seat: None };
    let patch = NumberPatch { special_use: Some(used), ..NumberPatch::default() };
    let changed = app.update_number(&by, &holder, owned.sid, patch).await?;
    let used = changed.special_use.map(SpecialUse::as_str);
    if place.json {
        return cli::say(&serde_json::json!({ "number": number.as_str(), "special_use": used }).to_string());
    }
    cli::say(&format!("{number}: {}", used.unwrap_or("registered for nothing")))
}

fn read(app: &App, config: &Config, row: &Row) -> Result<StockNumber> {
    let number: E164 = row.number.parse().with_context(|| format!("`{}`", row.number))?;
    let number_type = match row.number_type.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("local" | "fixed" | "geographic") => NumberType::Local,
        Some("mobile") => NumberType::Mobile,
        Some("tollfree" | "toll-free") => NumberType::TollFree,
        Some(other) if !other.is_empty() => bail!("type `{other}` is none of local, mobile, tollfree"),
        _ => app
            .rater()
            .numbering()
            .number_type(&number)
            .context("the numbering plan does not know its type: give one")?,
    };
    if !app.may_be_rented(&number) {
        bail!("{number} is of a class that the numbering data has not for rent");
    }
    Ok(StockNumber {
        number,
        country: row
            .country
            .clone()
            .filter(|c| !c.is_empty())
            .unwrap_or_else(|| config.platform.home_country.clone()),
        number_type,
        capabilities: Capabilities {
            voice: yes(row.voice.as_deref(), true)?,
            sms: yes(row.sms.as_deref(), false)?,
            mms: false,
            fax: false,
        },
    })
}

fn yes(text: Option<&str>, default: bool) -> Result<bool> {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("") => Ok(default),
        Some("true" | "yes" | "1") => Ok(true),
        Some("false" | "no" | "0") => Ok(false),
        Some(other) => bail!("`{other}` is neither true nor false"),
    }
}
