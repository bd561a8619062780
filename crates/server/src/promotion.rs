//! `flexio promotion`: promotions from files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use flexio_app::NewPromotion;
use flexio_domain::{
    Account, AccountSid, CustomerKind, Eligibility, Language, Money, PromotionKind, PromotionLabel,
    PromotionState,
};
use jiff::civil::Date;
use serde::Deserialize;

use crate::cli::{self, Where};
use crate::plan::open;

/// A file: the parameters of the API in small letters (docs/promotions.md).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    label: String,
    label_nl: Option<String>,
    label_fr: Option<String>,
    label_de: Option<String>,
    label_en: Option<String>,
    kind: String,
    price: Option<String>,
    units: Option<u64>,
    percent: Option<String>,
    amount: Option<String>,
    #[serde(default)]
    items: Vec<String>,
    code: Option<String>,
    starts: Option<Date>,
    ends: Option<Date>,
    duration_months: Option<u32>,
    eligibility: Vec<String>,
    #[serde(default)]
    accounts: Vec<AccountSid>,
    stack_group: Option<String>,
    cap: Option<u32>,
    budget: Option<String>,
}

impl File {
    fn promotion(self) -> Result<NewPromotion> {
        let kind = self.gift()?;
        let mut eligibility =
            Eligibility { new: false, existing: false, kinds: Vec::new(), accounts: self.accounts };
        for word in &self.eligibility {
            match word.as_str() {
                "new" => eligibility.new = true,
                "existing" => eligibility.existing = true,
                kind => {
                    let kind = CustomerKind::from_wire(kind);
                    eligibility.kinds.push(kind.with_context(|| format!("eligibility: {word} is nobody"))?);
                }
            }
        }
        let label = |own: Option<String>| own.unwrap_or_else(|| self.label.clone());
        let budget = self.budget.as_deref().map(str::parse::<Money>).transpose().context("budget")?;
        Ok(NewPromotion {
            label: PromotionLabel {
                nl: label(self.label_nl),
                fr: label(self.label_fr),
                de: label(self.label_de),
                en: label(self.label_en),
            },
            id: self.id,
            code: self.code,
            kind,
            items: self.items,
            starts: self.starts,
            ends: self.ends,
            duration_months: self.duration_months,
            eligibility,
            stack_group: self.stack_group,
            cap: self.cap,
            budget,
        })
    }

    fn gift(&self) -> Result<PromotionKind> {
        let money = |name: &str, text: &Option<String>| -> Result<Money> {
            let text = text.as_deref().with_context(|| format!("{name} is missing"))?;
            text.parse().with_context(|| name.to_owned())
        };
        Ok(match self.kind.as_str() {
            "price_override" => PromotionKind::PriceOverride(money("price", &self.price)?),
            "free_units" => PromotionKind::FreeUnits(self.units.context("units is missing")?),
            "percent" => {
                // Hundredths as millionths: read like money, so exact.
                let micros = money("percent", &self.percent)?.micros();
                anyhow::ensure!(micros % 100 == 0, "percent has four decimals at most");
                PromotionKind::PercentOff(u32::try_from(micros / 100).context("percent")?)
            }
            "amount_off_document" => PromotionKind::AmountOff(money("amount", &self.amount)?),
            "credit" => PromotionKind::Credit(money("amount", &self.amount)?),
            other => bail!(
                "kind: {other} is none of price_override, free_units, percent, amount_off_document, credit"
            ),
        })
    }
}

fn read(text: &str) -> Result<NewPromotion> {
    toml::from_str::<File>(text)?.promotion()
}

async fn opened(place: &Where) -> Result<(std::sync::Arc<flexio_app::App>, Account)> {
    let app = open(place).await?;
    let top = app.store.root_account().await?.context("there is no account yet: flexio init")?;
    Ok((app, top))
}

/// Every promotion, with how far it was used.
pub(crate) async fn list(place: Where) -> Result<()> {
    let (app, top) = opened(&place).await?;
    for state in app.promotions(&top).await? {
        tell(&place, &state)?;
    }
    Ok(())
}

/// Makes one from a file.
pub(crate) async fn create(place: Where, file: &Path) -> Result<()> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let new = read(&text).with_context(|| name.clone())?;
    let (app, top) = opened(&place).await?;
    tell(&place, &app.create_promotion(&top, new).await.context(name)?)
}

/// Nobody takes it any more; who has it keeps it.
pub(crate) async fn end(place: Where, id: &str) -> Result<()> {
    let (app, top) = opened(&place).await?;
    tell(&place, &app.end_promotion(&top, id).await.with_context(|| id.to_owned())?)
}

fn tell(place: &Where, state: &PromotionState) -> Result<()> {
    let it = &state.promotion;
    let label = it.label.in_language(Language::En);
    if place.json {
        let facts = serde_json::json!({
            "id": it.id, "label": label, "kind": it.kind.as_str(), "code": it.code, "starts": it.starts.to_string(),
            "ends": it.ends.map(|day| day.to_string()), "taken": state.taken, "cap": it.cap,
            "spent": state.spent.to_decimals(6), "budget": it.budget.map(|budget| budget.to_decimals(6)),
            "ended": it.ended_at.is_some(),
        });
        return cli::say(&facts.to_string());
    }
    let over = if it.ended_at.is_some() { ", ended" } else { "" };
    let (kind, taken, spent) = (it.kind.as_str(), state.taken, state.spent.to_decimals(2));
    cli::say(&format!("{}: {label} ({kind}), taken {taken} times, {spent} given{over}", it.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPRING: &str = "id = \"spring\"\nlabel = \"Spring\"\nlabel_nl = \"Lente\"\nkind = \"percent\"\npercent = \"2.5\"\n\
        items = [\"sms.out\"]\nduration_months = 3\nends = \"2026-12-31\"\neligibility = [\"new\", \"micro\"]\ncode = \"SPRING-26\"\n";

    #[test]
    fn a_file_says_what_the_parameters_of_the_api_say() {
        let new = read(SPRING).unwrap();
        assert_eq!(new.kind, PromotionKind::PercentOff(25_000));
        assert_eq!((new.label.nl.as_str(), new.label.fr.as_str()), ("Lente", "Spring"));
        assert!(new.eligibility.new && !new.eligibility.existing);
        assert_eq!(new.eligibility.kinds, [CustomerKind::Micro]);
        assert_eq!(new.ends, Some(jiff::civil::date(2026, 12, 31)));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        for (from, to, said) in [
            ("percent = \"2.5\"\n", "", "percent is missing"),
            ("\"2.5\"", "\"2.50001\"", "four decimals"),
            ("\"percent\"", "\"gift\"", "kind: gift"),
            ("\"micro\"", "\"giant\"", "giant is nobody"),
            ("code", "kode", "kode"),
        ] {
            let error = format!("{:#}", read(&SPRING.replace(from, to)).unwrap_err());
            assert!(error.contains(said), "{said}: {error}");
        }
    }
}
