//! `flexio plan`: plan files before and after they are published.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use flexio_app::App;
use flexio_rating::{Band, Item, Plan, Rate, Tier, TierMode};

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

pub(crate) async fn open(place: &Where) -> Result<std::sync::Arc<App>> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    platform::open_app(&config, &data, &config.public_url(config.http.listen)).await
}

fn read(file: &Path) -> Result<Plan> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    Ok(Plan::parse(&name, &text)?)
}

/// Reads a file, says what is wrong with it, changes nothing.
pub(crate) fn check(place: &Where, file: &Path) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let plan = read(file)?;
    platform::rater(&config)?
        .with_plan(plan.clone())
        .context("the plan and the numbering file do not fit")?;
    tell(place, "usable", &plan)
}

/// Publishes a file as a version for ever; the same file again changes nothing.
pub(crate) async fn publish(place: Where, file: &Path) -> Result<()> {
    let plan = read(file)?;
    let app = open(&place).await?;
    let is_new = publish_named(&app, &plan, &file.display().to_string()).await?;
    tell(&place, if is_new { "published" } else { "published before" }, &plan)
}

/// Publishes a plan; a file that differs from the one that was published as the same version is refused.
pub(crate) async fn publish_named(app: &App, plan: &Plan, name: &str) -> Result<bool> {
    let refused =
        |error| anyhow!("{name}:{}: {error}; give it a higher `version`", version_line(plan.text()));
    app.publish_plan(plan).await.map_err(refused)
}

/// Where the file says its version.
fn version_line(text: &str) -> usize {
    text.lines().position(|line| line.trim_start().starts_with("version")).map_or(1, |at| at + 1)
}

/// A file, or a version that was published.
pub(crate) async fn named(app: &App, name: &str) -> Result<Plan> {
    match app.plans().await?.iter().find(|plan| plan.label() == name) {
        Some(plan) => Ok(Plan::parse(name, &plan.text)?),
        None => read(Path::new(name)),
    }
}

/// What two plans do not price alike; each is a file, or a version that was published.
pub(crate) async fn diff(place: Where, old: &str, new: &str) -> Result<()> {
    let app = open(&place).await?;
    let (old, new) = (named(&app, old).await?, named(&app, new).await?);
    let differences = old.differences(&new);
    if place.json {
        let price = |rate: Option<Rate>| rate.map(|rate| rate.price().to_decimals(6));
        let rows = differences
            .iter()
            .map(|it| serde_json::json!({ "item": it.item, "old": price(it.old), "new": price(it.new) }));
        return cli::say(&rows.collect::<serde_json::Value>().to_string());
    }
    for it in &differences {
        let text = |rate: &Option<Rate>| rate.map_or_else(|| "not there".to_owned(), written);
        let further = |plan: &Plan| plan.item(it.item).map(further_prices).unwrap_or_default();
        let all = |rate: &Option<Rate>, plan: &Plan| text(rate) + &further(plan);
        cli::say(&format!("{}: {} -> {}", it.item, all(&it.old, &old), all(&it.new, &new)))?;
    }
    cli::say(&format!("{} items differ between {} and {}", differences.len(), old.label(), new.label()))
}

/// A price with its unit and increments.
fn written(rate: Rate) -> String {
    let price = rate.price().to_decimals(6);
    match rate {
        Rate::Timed(timed) => format!("{price} per {} s in {}/{}", timed.unit_s, timed.first_s, timed.next_s),
        Rate::Counted(_) => format!("{price} each"),
        Rate::Monthly(_) => format!("{price} a month"),
    }
}

/// Prices by the hour and by volume, behind the price.
fn further_prices(item: &Item) -> String {
    let band = |band: &Band| format!(", {} {}", band.item.rate.price().to_decimals(6), band.name);
    let bands: String = item.bands.iter().map(band).collect();
    let Some(tiers) = &item.tiers else { return bands };
    let word = if tiers.mode() == TierMode::Graduated { "beyond" } else { "for all, beyond" };
    let step = |tier: &Tier| format!(", {} {word} {}", tier.price.to_decimals(6), tier.from);
    bands + &tiers.steps().iter().map(step).collect::<String>()
}

/// Takes a version from sale.
pub(crate) async fn retire(place: Where, label: String, reason: String) -> Result<()> {
    let app = open(&place).await?;
    let retired = app.retire_plan(&label, &reason, "command line").await?;
    if place.json {
        let facts = serde_json::json!({ "plan": label, "state": "retired", "reason": retired.reason });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!("{label} is sold no more; what was sold of it stays"))
}

/// Published versions.
pub(crate) async fn list(place: Where) -> Result<()> {
    let app = open(&place).await?;
    let now = app.clock.now();
    for published in app.plans().await? {
        let plan = Plan::parse(&published.label(), &published.text)?;
        tell(&place, if app.is_sold(&plan, now) { "open" } else { "closed" }, &plan)?;
    }
    Ok(())
}

fn tell(place: &Where, state: &str, plan: &Plan) -> Result<()> {
    let sha256 = plan.content_hash().to_string();
    if place.json {
        let facts = serde_json::json!({ "plan": plan.label(), "state": state, "sha256": sha256 });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!("{} {state}, {} items, SHA-256 {sha256}", plan.label(), plan.items().len()))
}
