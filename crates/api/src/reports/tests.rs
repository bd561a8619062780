//! Reports against the postings themselves.

use std::collections::BTreeMap;

use flexio_domain::*;
use jiff::civil::Date;
use serde_json::Value;

use crate::tests::invoices::{NOVEMBER, paid};
use crate::tests::world::{COMPANY, Customer, LOCAL, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Reports/{rest}", who.sid())
}

fn micros(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<Money>().unwrap().micros()
}

impl World {
    async fn report_of(&self, rest: &str) -> Value {
        self.get(&self.root, &path(&self.root, rest)).await.ok().json()
    }

    /// Every posting, from what the seals are over.
    async fn postings(&self) -> Vec<LedgerTransaction> {
        self.app.seal_ledger().await.unwrap();
        let mut postings = Vec::new();
        for seal in self.store().seals(0, 1_000).await.unwrap() {
            let kept = self.store().sealed_postings(seal.number, 1_000).await.unwrap();
            postings
                .extend(kept.iter().map(|it| serde_json::from_str::<LedgerTransaction>(&it.doc).unwrap()));
        }
        postings
    }

    /// Two customers with two months of invoices, of which some is paid and some credited, and something that is on no invoice.
    async fn business(&self) {
        for (who, last) in [(&self.child, "9.5"), (&self.sibling, "0.95")] {
            let account = who.account.sid;
            self.customer(account).await;
            for (number, used) in NOVEMBER.into_iter().enumerate() {
                self.used(account, &format!("{account}{number}:leg"), used).await;
            }
            let late = (UsageKind::SmsOut, "sms.out", 100, last);
            self.used_at(account, &format!("{account}d:accepted"), late, "2026-12-10T10:00:00Z").await;
        }
        self.invoice("2026-11", false).await;
        self.invoice("2026-12", false).await;
        self.app.take_payment(&paid("b1", "100", "260000000170")).await.unwrap();
        let second = self.invoices(&self.sibling).await[1].clone();
        let sid = second["sid"].as_str().unwrap();
        let credit =
            format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}/CreditNotes.json", self.sibling.sid());
        let part = [("Reason", "ten too many"), ("Line", "1"), ("Amount", "0.50")];
        self.post(&self.root, &credit, &part).await.ok();
        let account = self.child.account.sid;
        self.used(account, "SM9:accepted", (UsageKind::SmsOut, "sms.out", 4, "0.38")).await;
    }
}

/// What the postings of some days say of the operator's own accounts, credits above zero.
fn earned(
    postings: &[LedgerTransaction],
    zone: &jiff::tz::TimeZone,
    days: (Date, Date),
) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for posting in postings {
        let day = zone.to_datetime(posting.posted_at).date();
        for leg in posting.legs.iter().filter(|_| days.0 <= day && day <= days.1) {
            let own = matches!(
                leg.account,
                LedgerAccount::Revenue(_)
                    | LedgerAccount::Discount(_)
                    | LedgerAccount::Goodwill
                    | LedgerAccount::Rounding
            );
            if own {
                *sums.entry(leg.account.to_string()).or_default() -= leg.amount.micros();
            }
        }
    }
    sums
}

#[tokio::test]
async fn revenue_by_item_is_what_was_posted_in_the_days_and_parts_make_the_whole() {
    let world = World::new().await;
    world.business().await;
    let postings = world.postings().await;
    let zone = world.app.rater().plan().zone().clone();
    let first = postings.iter().map(|it| zone.to_datetime(it.posted_at).date()).min().unwrap();
    let last = postings.iter().map(|it| zone.to_datetime(it.posted_at).date()).max().unwrap();
    assert!(first < last, "there are days to tell apart");
    let asked = async |from: Date, to: Date| {
        let told = world.report_of(&format!("Revenue.json?From={from}&To={to}")).await;
        let rows: BTreeMap<String, i64> = told["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["ledger_account"].as_str().unwrap().to_owned(), micros(&row["amount"])))
            .collect();
        assert_eq!(micros(&told["totals"]["revenue"]), rows.values().sum::<i64>(), "{told}");
        assert_eq!(rows, earned(&postings, &zone, (from, to)), "{from} {to}");
        rows
    };
    let whole = asked(first, last).await;
    assert!(whole["rev:sms.out"] > 0 && whole.len() >= 9, "{whole:?}");
    let (early, late) = (asked(first, first).await, asked(first.tomorrow().unwrap(), last).await);
    let sum = |rows: &BTreeMap<String, i64>| rows.values().sum::<i64>();
    assert_eq!(sum(&early) + sum(&late), sum(&whole));
    let csv =
        world.get(&world.root, &path(&world.root, &format!("Revenue.csv?From={first}&To={last}"))).await;
    let csv = csv.ok();
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.body.starts_with("ledger_account,postings,amount\n"), "{}", csv.body);
    assert_eq!(csv.body.lines().count(), whole.len() + 1);
    for wrong in
        ["Revenue.json", "Revenue.json?From=2026-11-01", "Revenue.json?From=2026-11-02&To=2026-11-01"]
    {
        assert_eq!(world.get(&world.root, &path(&world.root, wrong)).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_owed_and_unbilled_is_the_balance_of_the_ledger() {
    let world = World::new().await;
    world.business().await;
    let postings = world.postings().await;
    let balance = |is: fn(&LedgerAccount) -> bool| -> i64 {
        let legs = postings.iter().flat_map(|posting| &posting.legs);
        legs.filter(|leg| is(&leg.account)).map(|leg| leg.amount.micros()).sum()
    };
    let unbilled = world.report_of("Unbilled.json").await;
    let rows = unbilled["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{unbilled}");
    assert_eq!(
        (&rows[0]["account_sid"], &rows[0]["amount"]),
        (&world.child.sid().into(), &"0.380000".into())
    );
    assert_eq!(rows[0]["payer_sid"].as_str(), Some(&*world.child.sid()));
    let all_unbilled = balance(|account| matches!(account, LedgerAccount::Unbilled(_)));
    assert_eq!(micros(&unbilled["totals"]["unbilled"]), all_unbilled);
    let debt = world.report_of("AgedDebt.json").await;
    let receivable = balance(|account| matches!(account, LedgerAccount::Receivable(_)));
    assert!(receivable > 0);
    for total in ["open", "receivable"] {
        assert_eq!(micros(&debt["totals"][total]), receivable, "{total}: {debt:#}");
    }
    assert_eq!(micros(&debt["totals"]["unallocated"]), 0);
    let rows = debt["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows.iter().map(|row| micros(&row["open"])).sum::<i64>(), receivable);
}

#[tokio::test]
async fn a_debt_moves_from_bucket_to_bucket_as_days_go_by() {
    let world = World::new().await;
    let account = world.child.account.sid;
    world.customer(account).await;
    world.used(account, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    world.invoice("2026-11", false).await;
    let due_on: Date = world.invoices(&world.child).await[0]["due_on"].as_str().unwrap().parse().unwrap();
    let zone = world.app.rater().plan().zone().clone();
    let names = ["not_due", "days_0_30", "days_31_60", "days_61_90", "days_over_90"];
    for (days, expected) in [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)] {
        let day = due_on.checked_add(jiff::Span::new().days(days)).unwrap();
        world.clock.set(zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap());
        let told = world.report_of("AgedDebt.json").await;
        for (at, name) in names.iter().enumerate() {
            let amount = if at == expected { "114.950000" } else { "0.000000" };
            assert_eq!(told["totals"][name], amount, "{days} days: {told:#}");
            assert_eq!(told["rows"][0][name], amount);
        }
    }
    world.app.take_payment(&paid("b1", "114.95", "260000000170")).await.unwrap();
    let told = world.report_of("AgedDebt.json").await;
    assert_eq!(
        (told["rows"].as_array().unwrap().len(), &told["totals"]["receivable"]),
        (0, &"0.000000".into())
    );
}

#[tokio::test]
async fn the_regulator_is_told_contracts_numbers_minutes_and_messages_of_each_month() {
    let world = World::new().await;
    let who = &world.child;
    world.order(who, &COMPANY).await;
    let sid = world.rent(who, LOCAL).await;
    let month = world.app.today().to_string()[..7].to_owned();
    let now = world.app.clock.now().to_string();
    world.called(who, &now, 61).await;
    world.called(who, &now, 30).await;
    world.used_at(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 3, "0.285"), &now).await;
    let next = flexio_rating::BillingMonth::of_day(format!("{month}-01").parse().unwrap()).next().unwrap();
    let told = world.report_of(&format!("Regulator.json?From={month}&To={next}")).await;
    let value = |month: &str, measure: &str| -> u64 {
        let rows = told["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["month"] == month && row["measure"] == measure)
            .map(|row| row["value"].as_u64().unwrap())
            .sum()
    };
    for (measure, first, second) in [
        ("subscriptions_begun", 1, 0),
        ("subscriptions_ended", 0, 0),
        ("subscriptions_in_force", 1, 1),
        ("numbers_in_service", 1, 1),
        ("calls_out", 2, 0),
        ("minutes_out", 3, 0),
        ("messages_out", 1, 0),
        ("segments_out", 3, 0),
        ("calls_in", 0, 0),
    ] {
        let found = (value(&month, measure), value(&next.to_string(), measure));
        assert_eq!(found, (first, second), "{measure}: {told:#}");
    }
    let release = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}.json", who.sid());
    world.delete(who, &release).await;
    let after = world.report_of(&format!("Regulator.json?From={month}&To={month}")).await;
    let numbers = after["rows"].as_array().unwrap().iter().find(|row| row["measure"] == "numbers_in_service");
    assert_eq!(numbers.unwrap()["value"], 0, "released before the end of the month");
    for wrong in ["Regulator.json?From=2026-12&To=2026-11", "Regulator.json?From=1990-01&To=2026-11"] {
        assert_eq!(world.get(&world.root, &path(&world.root, wrong)).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn what_a_carrier_costs_is_rated_by_its_own_list_and_what_goes_over_none_costs_nothing() {
    let world = World::new().await;
    let account = world.child.account.sid;
    let own = world.app.rater();
    let text = own.plan().text().replace("\"0.37\"", "\"0.20\"");
    let list = flexio_rating::Plan::parse("carrier-a", &text).unwrap();
    let prices = std::collections::HashMap::from([("carrier-a".to_owned(), own.with_plan(list).unwrap())]);
    world.app.set_carrier_prices(prices);
    for (id, carrier) in [("CA1:leg", Some("carrier-a")), ("CA2:leg", Some("carrier-b")), ("RE3:leg", None)] {
        let usage = flexio_store::contract::usage(account, id);
        let event = UsageEvent { amount: Money::from_micros(376_167), ..usage };
        let carrier = carrier.map(str::to_owned);
        let event = UsageEvent { carrier, ..event };
        world.store().commit(flexio_store::Change::AddUsage(event).into()).await.unwrap();
    }
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Reports/Margin", world.root.sid());
    let report = world.get(&world.root, &format!("{path}.json?Month=2026-11")).await.ok().json();
    let row = |at: usize| {
        let row = &report["rows"][at];
        ["carrier", "sold", "bought", "margin"].map(|name| row[name].as_str().unwrap().to_owned())
    };
    assert_eq!(row(0), ["", "0.376167", "0.000000", "0.376167"]);
    assert_eq!(row(1), ["carrier-a", "0.376167", "0.203333", "0.172834"], "61 s at 0.20");
    assert_eq!(row(2)[..3], ["carrier-b", "0.376167", "0.000000"]);
    assert_eq!((&report["rows"][2]["not_priced"], &report["totals"]["not_priced"]), (&1.into(), &1.into()));
    let csv = world.get(&world.root, &format!("{path}.csv?Month=2026-11")).await.ok().body;
    assert!(csv.starts_with("carrier,item,uses,sold,bought,margin,not_priced"), "{csv}");
    let own = format!("/restcomm/2012-04-24/Accounts/{}/Reports/Margin.json", world.child.sid());
    assert_eq!(world.get(&world.child, &own).await.status, 403);
    assert_eq!(world.get(&world.root, &format!("{path}.json")).await.status, 400);
}

#[tokio::test]
async fn a_past_month_under_another_plan_is_told_by_item_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let who = &world.child;
    for seconds in [60, 120, 3_600] {
        world.called(who, "2026-11-10T10:00:00Z", seconds).await;
    }
    let text = world.app.rater().plan().text().to_owned();
    let simulate = format!("/restcomm/2012-04-24/Accounts/{}/Plans/Simulations", world.root.sid());
    let asked =
        async |form: &[(&str, &str)]| world.post(&world.root, &format!("{simulate}.json"), form).await;
    let (month, label) = (("Month", "2026-11"), world.app.rater().plan().label().to_owned());
    world.app.publish_plan(world.app.rater().plan()).await.unwrap();
    let same = asked(&[month, ("Plan", &label)]).await.ok().json();
    assert_eq!(same["totals"]["charged"], same["totals"]["simulated"], "{same:#}");
    assert_eq!(
        (&same["rows"][0]["uses"], same["totals"]["difference"].as_str()),
        (&3.into(), Some("0.000000"))
    );
    assert!(micros(&same["totals"]["charged"]) > 0);
    let dearer = text.replace("version = 1", "version = 2").replace("\"0.37\"", "\"0.74\"");
    assert_ne!(dearer, text);
    let double = asked(&[month, ("File", &dearer)]).await.ok().json();
    let (charged, simulated) = (micros(&double["totals"]["charged"]), micros(&double["totals"]["simulated"]));
    assert_eq!((simulated, double["totals"]["not_sold"].as_u64()), (2 * charged, Some(0)), "{double:#}");
    assert!(
        asked(&[month, ("Plan", "flexio-be/2")]).await.status == 400,
        "it was not published by being simulated"
    );
    let wrong = asked(&[month, ("File", &format!("{text}\nunheard_of = 1\n"))]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(wrong.body.contains("File:"), "with its line: {}", wrong.body);
    for bad in [&[month][..], &[("Plan", "x")], &[month, ("Plan", &*label), ("File", "x")]] {
        assert_eq!(asked(bad).await.status, 400, "{bad:?}");
    }
    let csv = world.post(&world.root, &format!("{simulate}.csv"), &[month, ("Plan", &label)]).await.ok();
    assert!(csv.body.starts_with("item,uses,charged,simulated,difference,not_sold\n"), "{}", csv.body);
}

#[tokio::test]
async fn reports_are_for_the_top_account_alone() {
    let world = World::new().await;
    for report in ["Revenue.json", "Unbilled.json", "AgedDebt.json", "Regulator.json"] {
        let below = world.get(&world.child, &path(&world.child, report)).await;
        assert_eq!(below.refused().0, 403, "{report} of an account below");
        assert_eq!(world.get(&world.child, &path(&world.root, report)).await.status, 401, "{report}");
    }
    let simulate = format!("/restcomm/2012-04-24/Accounts/{}/Plans/Simulations.json", world.child.sid());
    assert_eq!(world.post(&world.child, &simulate, &[]).await.refused().0, 403);
}

#[tokio::test]
async fn a_reseller_owes_by_its_own_prices_what_its_customers_paid_by_theirs() {
    use crate::subscription::tests::{dearer, noon};
    let world = World::new().await;
    let (reseller, customer) = (&world.child, &world.grandchild);
    world.clock.set(noon("2026-11-10"));
    assert_eq!(world.order(reseller, &COMPANY).await, "active");
    world.app.publish_plan(&dearer()).await.unwrap();
    world.clock.set(noon("2026-12-02"));
    assert_eq!(world.order(customer, &COMPANY).await, "active");
    let now = world.app.clock.now().to_string();
    for (who, seconds) in [(reseller, 30), (customer, 60), (customer, 61)] {
        world.called(who, &now, seconds).await;
    }
    let resale = async |who: &Customer, rest: &str| world.get(who, &path(who, rest)).await;
    let all = resale(&world.root, "Resale.json?Month=2026-12").await.ok().json();
    assert_eq!(
        all["rows"].as_array().unwrap().len(),
        1,
        "what the reseller itself used is no resale: {all:#}"
    );
    let row = &all["rows"][0];
    assert_eq!((&row["reseller_sid"], &row["uses"]), (&reseller.sid().into(), &2.into()));
    let amounts = ["sold", "owed", "margin"].map(|name| row[name].as_str().unwrap());
    assert_eq!(amounts, ["0.806667", "0.746167", "0.060500"], "121 s at 0.40 and at 0.37, each call rounded");
    assert_eq!(all["totals"]["owed"], "0.746167");
    let own = resale(reseller, "Resale.json?Month=2026-12").await.ok().json();
    assert_eq!(own["rows"], all["rows"]);
    let below = resale(customer, "Resale.json?Month=2026-12").await.ok().json();
    assert_eq!(
        below["rows"].as_array().unwrap().len(),
        0,
        "a customer learns nothing of his reseller's price"
    );
    let csv = resale(&world.root, "Resale.csv?Month=2026-12").await.ok().body;
    assert!(csv.starts_with("reseller_sid,reseller_name,item,uses,sold,owed,margin,not_priced"), "{csv}");
    assert_eq!(resale(&world.root, "Resale.json").await.ok().json()["about"], "2026-12", "the running month");
}
