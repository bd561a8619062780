//! Changes of prices for many as shown.

use flexio_domain::*;
use jiff::civil::date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

fn money(amount: Money) -> String {
    amount.to_decimals(6)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn run(w: &mut Writer, run: &PriceRun) {
    let items: Vec<&str> = run.items.iter().map(String::as_str).collect();
    w.put("sid", run.sid.to_string());
    w.put("account_sid", run.account_sid.to_string());
    w.put("plan", run.plan.as_str());
    w.put("from", run.from.to_string());
    w.texts("items", &items);
    w.put("ground", run.ground.map(NoticeGround::as_str));
    w.put("ground_note", Some(run.ground_note.as_str()).filter(|note| !note.is_empty()));
    w.put("state", run.state.as_str());
    w.put("contracts_seen", count(run.seen));
    w.put("contracts", count(run.total));
    w.put("customers", count(run.customers));
    w.put("announced", count(run.announced));
    w.put("refused", count(run.refused));
    w.put("difference", money(run.difference));
    w.put("by", run.by.as_str());
    w.put("date_created", rfc2822(run.created_at));
    w.put("date_updated", rfc2822(run.updated_at));
}

pub(super) fn customer(w: &mut Writer, customer: &PriceRunCustomer) {
    w.put("account_sid", customer.account_sid.to_string());
    w.put("outcome", customer.outcome.as_str());
    w.put("reason", customer.reason.as_deref());
    w.put("uses", count(customer.uses));
    w.put("partial", customer.is_partial);
    w.put("old", money(customer.old));
    w.put("new", money(customer.new));
    w.put("difference", money(customer.new - customer.old));
    w.put("price_change_sid", customer.notice_sid.map(|sid| sid.to_string()));
}

fn specimen() -> PriceRun {
    PriceRun {
        sid: PriceRunSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        plan: "flexio-be/2".to_owned(),
        from: date(2027, 1, 15),
        items: vec!["voice.out.mobile".to_owned()],
        ground: None,
        ground_note: String::new(),
        state: PriceRunState::Counted,
        after: None,
        seen: 120,
        total: 120,
        customers: 117,
        announced: 0,
        refused: 0,
        difference: Money::from_micros(1_234_560_000),
        by: "US00000000000000000000000000000001".to_owned(),
        due_at: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    run(w, &specimen());
}

pub(super) fn list_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("price_runs", "PriceRun", &[specimen()], run);
}

pub(super) fn customers_sample(w: &mut Writer, _: &Shown<'_>) {
    let shown = PriceRunCustomer {
        run_sid: PriceRunSid::from_u128(1),
        account_sid: AccountSid::from_u128(2),
        outcome: PriceRunOutcome::Counted,
        reason: None,
        uses: 4_711,
        is_partial: false,
        old: Money::from_micros(61_697_500),
        new: Money::from_micros(66_700_000),
        notice_sid: None,
    };
    w.list("customers", "Customer", &[shown], customer);
}
