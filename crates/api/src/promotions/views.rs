//! Promotions as shown.

use flexio_app::PromotionShown;
use flexio_domain::*;
use jiff::civil::date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

fn money(amount: Money) -> String {
    amount.to_decimals(6)
}

pub(super) fn promotion(w: &mut Writer, state: &PromotionState) {
    let promotion = &state.promotion;
    let who = &promotion.eligibility;
    let mut words: Vec<&str> = Vec::new();
    words.extend(who.new.then_some("new"));
    words.extend(who.existing.then_some("existing"));
    words.extend(who.kinds.iter().map(|kind| kind.as_str()));
    let accounts: Vec<String> = who.accounts.iter().map(AccountSid::to_string).collect();
    w.put("id", promotion.id.as_str());
    w.put("account_sid", promotion.account_sid.to_string());
    w.put("code", promotion.code.as_deref());
    for (name, language) in [
        ("label_nl", Language::Nl),
        ("label_fr", Language::Fr),
        ("label_de", Language::De),
        ("label_en", Language::En),
    ] {
        w.put(name, promotion.label.in_language(language));
    }
    gift(w, promotion);
    w.put("starts", promotion.starts.to_string());
    w.put("ends", promotion.ends.map(|day| day.to_string()));
    w.put("duration_months", promotion.duration_months);
    w.texts("eligibility", &words);
    w.texts("accounts", &accounts.iter().map(String::as_str).collect::<Vec<_>>());
    w.put("stack_group", promotion.stack_group.as_deref());
    w.put("cap", promotion.cap);
    w.put("taken", i64::try_from(state.taken).unwrap_or(i64::MAX));
    w.put("budget", promotion.budget.map(money));
    w.put("spent", money(state.spent));
    w.put("date_ended", promotion.ended_at.map(rfc2822));
    w.put("date_created", rfc2822(promotion.created_at));
}

/// What a promotion gives.
fn gift(w: &mut Writer, promotion: &Promotion) {
    let kind = promotion.kind;
    let items: Vec<&str> = promotion.items.iter().map(String::as_str).collect();
    w.put("kind", kind.as_str());
    w.put("price", if let PromotionKind::PriceOverride(price) = kind { Some(money(price)) } else { None });
    w.put("units", if let PromotionKind::FreeUnits(units) = kind { Some(units.to_string()) } else { None });
    let percent = |millionths: u32| Money::from_micros(i64::from(millionths) * 100).to_decimals(4);
    w.put("percent", if let PromotionKind::PercentOff(part) = kind { Some(percent(part)) } else { None });
    let amount = match kind {
        PromotionKind::AmountOff(amount) | PromotionKind::Credit(amount) => Some(money(amount)),
        _ => None,
    };
    w.put("amount", amount);
    w.texts("items", &items);
}

/// As its customer sees it.
pub(crate) fn shown(w: &mut Writer, it: &PromotionShown) {
    w.put("sid", it.sid.map(|sid| sid.to_string()));
    w.put("promotion", it.promotion.id.as_str());
    w.put("label", it.label.as_str());
    gift(w, &it.promotion);
    w.put("from", it.from.map(|day| day.to_string()));
    w.put("until", it.until.to_string());
    w.put("active", it.active);
    w.put("given", money(it.given));
    w.put("left", it.left.map(money));
    w.texts("sentences", &it.sentences.iter().map(String::as_str).collect::<Vec<_>>());
}

fn specimen() -> Promotion {
    let label = || "Spring".to_owned();
    Promotion {
        id: "spring".to_owned(),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        code: Some("SPRING".to_owned()),
        label: PromotionLabel { nl: label(), fr: label(), de: label(), en: label() },
        kind: PromotionKind::PriceOverride(Money::from_micros(300_000)),
        items: vec!["voice.out.mobile".to_owned()],
        starts: date(2026, 12, 1),
        ends: Some(date(2026, 12, 31)),
        duration_months: Some(3),
        eligibility: Eligibility {
            new: true,
            existing: true,
            kinds: vec![CustomerKind::Micro],
            accounts: vec![AccountSid::from_u128(2)],
        },
        stack_group: Some("season".to_owned()),
        cap: Some(100),
        budget: Some(Money::from_micros(500_000_000)),
        ended_at: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn sample_state() -> PromotionState {
    PromotionState { promotion: specimen(), taken: 3, spent: Money::from_micros(12_340_000) }
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    promotion(w, &sample_state());
}

pub(super) fn list_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("promotions", "Promotion", &[sample_state()], promotion);
}

/// A specimen of what a customer has taken.
pub(crate) fn shown_specimen() -> PromotionShown {
    PromotionShown {
        sid: Some(RedemptionSid::from_u128(1)),
        promotion: specimen(),
        label: "Spring".to_owned(),
        from: Some(date(2026, 12, 5)),
        until: date(2027, 2, 28),
        active: true,
        given: Money::ZERO,
        left: None,
        sentences: vec![
            "Outbound to mobile: 0.30 / 60 s excl. VAT (0.363 incl. VAT) (Spring, until 28 February 2027, then 0.37 / 60 s)"
                .to_owned(),
        ],
    }
}
