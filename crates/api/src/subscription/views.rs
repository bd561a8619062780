//! Plans, contracts, pins and notices as shown.

use std::sync::Arc;

use flexio_app::{Cancellation, NoticeLetterShown, PromotionShown};
use flexio_documents::summary::with_tax;
use flexio_domain::*;
use flexio_rating::{Item, Plan, Rate, Rater, TierMode};

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

fn money(amount: Money) -> String {
    amount.to_decimals(6)
}

pub(super) fn plans(
    w: &mut Writer,
    versions: &[Arc<Rater>],
    agreed: &[Terms],
    is_sold: &dyn Fn(&Plan) -> bool,
) {
    w.list("plans", "Plan", versions, |w, rater| {
        let plan = rater.plan();
        let tax = plan.vat_rate().millionths;
        w.put("plan", plan.label());
        w.put("name", plan.name());
        w.put("sha256", plan.content_hash().to_string());
        w.put("currency", plan.currency().to_string());
        w.put("open", is_sold(plan));
        w.put("vat_percent", Vat::Standard { country: String::new(), millionths: tax }.percent());
        w.list("prices", "Price", plan.items(), |w, item| price(w, item, tax));
    });
    terms(w, agreed);
}

pub(crate) fn terms(w: &mut Writer, agreed: &[Terms]) {
    w.list("terms", "Terms", agreed, |w, terms| {
        w.put("id", terms.id.as_str());
        w.put("version", terms.version.as_str());
        w.put("sha256", terms.sha256.as_str());
        w.put("url", terms.url.as_str());
    });
}

fn price(w: &mut Writer, item: &Item, tax: u32) {
    let per = match item.rate {
        Rate::Timed(timed) => format!("{} seconds", timed.unit_s),
        Rate::Counted(_) => "each".to_owned(),
        Rate::Monthly(_) => "calendar month".to_owned(),
    };
    w.put("item", item.code.as_str());
    w.put("price", money(item.rate.price()));
    w.put("price_with_vat", money(with_tax(item.rate.price(), tax)));
    w.put("per", per);
    if !item.bands.is_empty() {
        w.list("bands", "Band", &item.bands, |w, band| {
            w.put("name", band.name.as_str());
            w.put("price", money(band.item.rate.price()));
        });
    }
    if let Some(tiers) = &item.tiers {
        let mode = match tiers.mode() {
            TierMode::Graduated => "graduated",
            TierMode::AllUnits => "all_units",
        };
        w.put("tier_mode", mode);
        w.list("tiers", "Tier", tiers.steps(), |w, tier| {
            w.put("from", i64::try_from(tier.from).unwrap_or(i64::MAX));
            w.put("price", money(tier.price));
        });
    }
}

pub(super) fn subscription(w: &mut Writer, contract: &Subscription, promotions: &[PromotionShown]) {
    w.put("sid", contract.sid.to_string());
    w.put("account_sid", contract.account_sid.to_string());
    w.put("state", contract.state.as_str());
    w.put("plan", contract.offer.plan.as_str());
    w.put("plan_sha256", contract.offer.plan_sha256.as_str());
    w.put("summary_sid", contract.offer.summary_sid.to_string());
    w.put("summary_sha256", contract.offer.summary_sha256.as_str());
    w.put("language", contract.offer.language.as_str());
    let suspension = contract.suspension.as_ref();
    w.put("suspended_for", suspension.map(|it| it.reason.as_str()));
    w.put("suspended_because_of", suspension.and_then(|it| it.invoice_sid).map(|sid| sid.to_string()));
    w.put("date_suspended", suspension.map(|it| rfc2822(it.at)));
    w.put("date_offered", rfc2822(contract.offer.issued_at));
    w.put("date_offer_ends", rfc2822(contract.offer.valid_until));
    w.put("date_ordered", contract.ordered_at.map(rfc2822));
    w.put("date_activated", contract.activated_at.map(rfc2822));
    let right = contract.withdrawal.as_ref();
    w.put("date_withdrawal_ends", right.map(|it| rfc2822(it.until)));
    w.put("date_begun", right.and_then(|it| it.begun_at).map(rfc2822));
    w.put("date_withdrawn", right.and_then(|it| it.used_at).map(rfc2822));
    w.put("date_ends", contract.ends_at.map(rfc2822));
    w.put("date_closed", contract.closed_at.map(rfc2822));
    w.put("date_created", rfc2822(contract.created_at));
    w.put("date_updated", rfc2822(contract.updated_at));
    self::promotions(w, promotions);
}

pub(super) fn promotions(w: &mut Writer, promotions: &[PromotionShown]) {
    w.list("promotions", "Promotion", promotions, crate::promotions::views::shown);
}

pub(super) fn promotions_sample(w: &mut Writer, _: &Shown<'_>) {
    promotions(w, &[crate::promotions::views::shown_specimen()]);
}

pub(super) fn promotion_sample(w: &mut Writer, _: &Shown<'_>) {
    crate::promotions::views::shown(w, &crate::promotions::views::shown_specimen());
}

pub(super) fn cancellation(w: &mut Writer, asked: &Cancellation) {
    w.put("subscription_sid", asked.subscription.sid.to_string());
    w.put("account_sid", asked.subscription.account_sid.to_string());
    w.put("state", asked.subscription.state.as_str());
    w.put("date_ends", asked.ends_at.map(rfc2822));
    w.put("withdrawal", asked.withdraws);
    w.put("numbers_released", i64::try_from(asked.numbers).unwrap_or(i64::MAX));
    w.put("fee", money(Money::ZERO));
    w.put("token", asked.token.as_str());
    w.put("date_confirm_before", rfc2822(asked.confirm_before));
}

pub(super) fn summary(w: &mut Writer, summary: &Summary) {
    w.put("sid", summary.sid.to_string());
    w.put("account_sid", summary.account_sid.to_string());
    w.put("subscription_sid", summary.subscription_sid.to_string());
    w.put("sha256", summary.sha256.as_str());
    w.put("media_type", summary.media_type.as_str());
    w.put("date_issued", rfc2822(summary.issued_at));
}

pub(super) fn pins(w: &mut Writer, pins: &[PricePin]) {
    w.list("pins", "Pin", pins, |w, pin| {
        w.put("sid", pin.sid.to_string());
        w.put("subscription_sid", pin.subscription_sid.to_string());
        w.put("item", pin.item.as_deref());
        w.put("plan", pin.plan.as_str());
        w.put("reason", pin.reason.as_str());
        w.put("price_change_sid", pin.notice_sid.map(|sid| sid.to_string()));
        w.put("date_from", rfc2822(pin.valid_from));
        w.put("date_until", pin.valid_until.map(rfc2822));
        w.put("date_created", rfc2822(pin.created_at));
    });
}

pub(super) fn acceptances(w: &mut Writer, kept: &[Acceptance], is_genuine: impl Fn(&Acceptance) -> bool) {
    w.list("acceptances", "Acceptance", kept, |w, it| {
        let terms: Vec<String> =
            it.terms.iter().map(|terms| format!("{}/{}", terms.id, terms.version)).collect();
        let waivers: Vec<&str> = it.waivers.iter().map(String::as_str).collect();
        w.put("subscription_sid", it.subscription_sid.to_string());
        w.put("user", it.user.as_str());
        w.put("plan", it.plan.as_str());
        w.put("plan_sha256", it.plan_sha256.as_str());
        w.put("summary_sid", it.summary_sid.to_string());
        w.put("summary_sha256", it.summary_sha256.as_str());
        w.put("language", it.language.as_str());
        w.texts("terms", &terms.iter().map(String::as_str).collect::<Vec<_>>());
        w.list("documents", "Document", &it.terms, |w, terms| {
            w.put("id", terms.id.as_str());
            w.put("version", terms.version.as_str());
            w.put("sha256", terms.sha256.as_str());
            w.put("url", terms.url.as_str());
        });
        let pins: Vec<String> = it.pins.iter().map(|(item, plan)| format!("{item}={plan}")).collect();
        w.texts("pins", &pins.iter().map(String::as_str).collect::<Vec<_>>());
        w.texts("waivers", &waivers);
        w.put("statement", it.statement.as_str());
        w.put("channel", it.channel.as_str());
        w.put("ip", it.ip.as_str());
        w.put("user_agent", it.user_agent.as_str());
        w.put("signature", it.signature.as_str());
        w.put("genuine", is_genuine(it));
        w.put("date_shown", rfc2822(it.shown_at));
        w.put("date_accepted", rfc2822(it.accepted_at));
    });
}

/// A notice, and what became of its last letter.
type Told = (PriceNotice, Option<NoticeLetterShown>);

pub(super) fn notice(w: &mut Writer, (notice, letter): &Told) {
    w.put("sid", notice.sid.to_string());
    w.put("subscription_sid", notice.subscription_sid.to_string());
    w.put("plan", notice.plan.as_str());
    w.list("changes", "Change", &notice.changes, |w, change| {
        w.put("item", change.item.as_str());
        w.put("old_price", money(change.old));
        w.put("new_price", money(change.new));
    });
    w.put("advantage", notice.is_advantage);
    w.put("date_announced", rfc2822(notice.announced_at));
    w.put("date_effective", rfc2822(notice.effective_at));
    w.put("ground", notice.ground.map(NoticeGround::as_str));
    w.put("ground_note", Some(notice.ground_note.as_str()).filter(|note| !note.is_empty()));
    w.put("date_exit_right_ends", notice.ground.is_none().then(|| rfc2822(notice.exit_until)));
    w.put("letter_status", letter.as_ref().map(|it| it.state));
    w.put("date_letter_sent", letter.as_ref().and_then(|it| it.sent_at).map(rfc2822));
}

pub(super) fn notices(w: &mut Writer, notices: &[Told]) {
    w.list("price_changes", "PriceChange", notices, notice);
}

fn at() -> Timestamp {
    Timestamp::from_second(1_766_000_000).expect("a second of 2025")
}

pub(super) fn retirement(w: &mut Writer, it: &PlanRetirement) {
    w.put("plan", format!("{}/{}", it.id, it.version));
    w.put("reason", it.reason.as_str());
    w.put("retired_by", it.by.as_str());
    w.put("date_retired", rfc2822(it.at));
}

pub(super) fn retirement_sample(w: &mut Writer, _: &Shown<'_>) {
    let (id, reason) = ("flexio-be".to_owned(), "The price of a message was wrong.".to_owned());
    retirement(
        w,
        &PlanRetirement { id, version: 2, reason, by: AccountSid::from_u128(1).to_string(), at: at() },
    );
}

pub(super) fn plans_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("plans", "Plan", &[()], |w, ()| {
        w.put("plan", "flexio-be/1");
        w.put("name", "FlexIO");
        w.put("sha256", "0".repeat(64));
        w.put("currency", "EUR");
        w.put("open", true);
        w.put("vat_percent", "21");
        w.list("prices", "Price", &[()], |w, ()| {
            w.put("item", "voice.out.mobile");
            w.put("price", "0.370000");
            w.put("price_with_vat", "0.447700");
            w.put("per", "60 seconds");
        });
    });
    terms(w, &[Terms::default()]);
}

fn specimen() -> Subscription {
    let offer = Offer {
        summary_sid: SummarySid::from_u128(2),
        summary_sha256: "0".repeat(64),
        plan: "flexio-be/1".to_owned(),
        plan_sha256: "0".repeat(64),
        language: Language::Nl,
        issued_at: at(),
        valid_until: at(),
        promotions: Vec::new(),
    };
    Subscription {
        sid: SubscriptionSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        state: SubscriptionState::Active,
        offer,
        ordered_at: Some(at()),
        activated_at: Some(at()),
        ends_at: None,
        closed_at: None,
        suspension: None,
        withdrawal: Some(Withdrawal { until: at(), begun_at: Some(at()), used_at: None }),
        created_at: at(),
        updated_at: at(),
    }
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    subscription(w, &specimen(), &[crate::promotions::views::shown_specimen()]);
}

pub(super) fn cancellation_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = Cancellation {
        subscription: specimen(),
        ends_at: Some(at()),
        withdraws: false,
        numbers: 2,
        token: format!("now.{}.{}", at().as_microsecond(), "0".repeat(64)),
        confirm_before: at(),
    };
    cancellation(w, &specimen);
}

pub(super) fn summary_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = Summary {
        sid: SummarySid::from_u128(2),
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        sha256: "0".repeat(64),
        media_type: "text/html; charset=utf-8".to_owned(),
        text: "<!doctype html>".to_owned(),
        pdf: "JVBERi0=".to_owned(),
        issued_at: at(),
    };
    summary(w, &specimen);
}

pub(super) fn pins_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = PricePin {
        sid: PinSid::from_u128(3),
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        item: Some("voice.out.mobile".to_owned()),
        valid_from: at(),
        valid_until: None,
        plan: "flexio-be/2".to_owned(),
        reason: PinReason::Notice,
        notice_sid: Some(PriceNoticeSid::from_u128(4)),
        created_at: at(),
    };
    pins(w, &[specimen]);
}

pub(super) fn acceptances_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = Acceptance {
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        user: AccountSid::from_u128(1).to_string(),
        plan: "flexio-be/1".to_owned(),
        plan_sha256: "0".repeat(64),
        summary_sid: SummarySid::from_u128(2),
        summary_sha256: "0".repeat(64),
        language: Language::Nl,
        terms: vec![Terms::default()],
        shown_at: at(),
        accepted_at: at(),
        channel: "api".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "curl/8".to_owned(),
        pins: [("sms.out".to_owned(), "flexio-be/1".to_owned())].into(),
        waivers: Vec::new(),
        statement: "I order with obligation to pay.".to_owned(),
        signature: "0".repeat(64),
    };
    acceptances(w, &[specimen], |_| true);
}

fn specimen_notice() -> Told {
    let notice = PriceNotice {
        sid: PriceNoticeSid::from_u128(4),
        subscription_sid: SubscriptionSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        plan: "flexio-be/2".to_owned(),
        changes: vec![PriceChange {
            item: "voice.out.mobile".to_owned(),
            old: Money::from_micros(370_000),
            new: Money::from_micros(400_000),
        }],
        is_advantage: false,
        announced_at: at(),
        effective_at: at(),
        exit_until: at(),
        ground: None,
        ground_note: String::new(),
    };
    (notice, Some(crate::terms::specimen_letter()))
}

pub(super) fn notice_sample(w: &mut Writer, _: &Shown<'_>) {
    notice(w, &specimen_notice());
}

pub(super) fn notices_sample(w: &mut Writer, _: &Shown<'_>) {
    notices(w, &[specimen_notice()]);
}
