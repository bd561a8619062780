//! Promotions from the operator's word to the invoice (examples X01 to X05).

use flexio_domain::*;
use serde_json::Value;

use crate::subscription::tests::noon;
use crate::tests::invoices::NOVEMBER;
use crate::tests::world::{COMPANY, CONSUMER, Customer, LOCAL, Reply, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

const MOBILE_10: [(&str, &str); 7] = [
    ("Id", "mobile-10"),
    ("Label", "Ten off"),
    ("LabelNl", "Tien eraf"),
    ("Kind", "percent"),
    ("Percent", "10"),
    ("Items", "voice.out.mobile"),
    ("DurationMonths", "1"),
];
const SMS_100: [(&str, &str); 6] = [
    ("Id", "sms-100"),
    ("Label", "Honderd sms"),
    ("Kind", "free_units"),
    ("Units", "100"),
    ("Items", "sms.out"),
    ("DurationMonths", "2"),
];
const WELCOME: [(&str, &str); 5] =
    [("Id", "welcome"), ("Label", "Welkom"), ("Kind", "credit"), ("Amount", "5"), ("DurationMonths", "6")];
const MOBILE_030: [(&str, &str); 7] = [
    ("Id", "mobile-030"),
    ("Label", "Lente"),
    ("Kind", "price_override"),
    ("Price", "0.30"),
    ("Items", "voice.out.mobile,number.fixed"),
    ("DurationMonths", "3"),
    ("Code", "lente-26"),
];

impl World {
    async fn promote(&self, form: &[(&str, &str)], more: &[(&str, &str)]) -> Reply {
        let always = [("Eligibility", "new,existing"), ("Starts", "2026-11-01")];
        let form = [form, more, &always].concat();
        self.post(&self.root, &path(&self.root, "Promotions"), &form).await
    }

    async fn offered_with(&self, who: &Customer, form: &[(&str, &str)]) -> Reply {
        self.post(who, &path(who, "Customer"), &COMPANY).await.ok();
        self.post(who, &path(who, "Subscription/Offers"), form).await
    }

    async fn ordered(&self, who: &Customer, offer: &Reply) -> Reply {
        let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
        let order = [
            ("SummarySid", summary.as_str()),
            ("SummarySha256", &sha256),
            ("Accept", "true"),
            ("Statement", "Ik bestel met betalingsverplichting."),
        ];
        self.post(who, &path(who, "Subscription/Orders"), &order).await
    }

    async fn redeem(&self, who: &Customer, name: &str, value: &str) -> Reply {
        self.post(who, &path(who, "Subscription/Promotions"), &[(name, value)]).await
    }

    /// The use of November, with an order of 1 November that took these.
    async fn november_with(&self, who: &Customer, promotions: &str) {
        self.clock.set(noon("2026-11-01"));
        let offer = self.offered_with(who, &[("Promotion", promotions)]).await.ok();
        self.ordered(who, &offer).await.ok();
        for (number, used) in NOVEMBER.into_iter().enumerate() {
            self.used(who.account.sid, &format!("CA{number}:leg"), used).await;
        }
    }

    /// The account's newest invoice with its lines.
    async fn invoice_file(&self, who: &Customer, suffix: &str) -> String {
        let sid = self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
        let file = path(who, &format!("Invoices/{sid}")).replace(".json", suffix);
        self.get(who, &file).await.ok().body
    }

    async fn spent(&self, id: &str) -> (u64, String) {
        let state = self.get(&self.root, &path(&self.root, &format!("Promotions/{id}"))).await.ok().json();
        (state["taken"].as_u64().unwrap(), state["spent"].as_str().unwrap().to_owned())
    }

    async fn discount(&self, who: &Customer, id: &str) -> String {
        let balances = self.store().balances(who.account.sid).await.unwrap();
        let of = |leg: &&LedgerLeg| leg.account == LedgerAccount::Discount(id.to_owned());
        balances.iter().find(of).map_or(Money::ZERO, |leg| leg.amount).to_decimals(2)
    }
}

fn line<'i>(invoice: &'i Value, item: &str) -> &'i Value {
    invoice["lines"].as_array().unwrap().iter().find(|line| line["item"] == item).unwrap()
}

#[tokio::test]
async fn x01_ten_per_cent_off_mobile_calls_is_on_every_form_of_the_invoice() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&MOBILE_10, &[]).await.ok();
    world.november_with(who, "mobile-10").await;
    assert_eq!(world.invoice("2026-11", true).await.net.to_decimals(2), "232.50");
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.net.to_decimals(2).as_str()), (1, "232.50"), "{run:?}");
    let invoice = world.newest_invoice(who).await;
    let mobile = line(&invoice, "voice.out.mobile");
    assert_eq!((&mobile["net"], &mobile["allowance"]), (&"55.53".into(), &"6.17".into()));
    let named = "Tien eraf, tot en met 30/11/2026, daarna 0,37 / 60 s";
    assert_eq!(mobile["allowance_reason"], named);
    let (ubl, csv) = (world.invoice_file(who, ".xml").await, world.invoice_file(who, ".csv").await);
    assert!(ubl.contains(&format!("<cbc:AllowanceChargeReason>{named}<")) && ubl.contains(">6.17<"), "{ubl}");
    assert!(csv.contains(named) && csv.contains("55.53"), "{csv}");
    assert!(world.invoice_file(who, ".pdf").await.starts_with("%PDF-"));
    assert_eq!(world.discount(who, "mobile-10").await, "6.17");
    assert_eq!(world.spent("mobile-10").await, (1, "6.170000".to_owned()));
    // Again changes nothing, and December is without.
    assert_eq!(world.invoice("2026-11", false).await.already, 1);
    assert_eq!(world.spent("mobile-10").await, (1, "6.170000".to_owned()));
    world.called(who, "2026-12-05T10:00:00Z", 60).await;
    assert_eq!(world.invoice("2026-12", false).await.net.to_decimals(2), "0.37");
}

#[tokio::test]
async fn x02_a_hundred_texts_of_the_month_are_free_and_a_month_that_is_all_free_is_invoiced_all_the_same() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&SMS_100, &[]).await.ok();
    world.november_with(who, "sms-100").await;
    world.invoice("2026-11", false).await;
    let invoice = world.newest_invoice(who).await;
    let lines = invoice["lines"].as_array().unwrap().iter().filter(|line| line["item"] == "sms.out");
    let lines: Vec<(&str, &str)> =
        lines.map(|it| (it["quantity"].as_str().unwrap(), it["net"].as_str().unwrap())).collect();
    assert_eq!(lines, [("1134", "107.73"), ("100", "0.00")]);
    assert_eq!(world.discount(who, "sms-100").await, "9.50");
    // Forty in December: nothing is to be paid, and nothing is left over for January.
    let sms = |id: &str| (format!("SM{id}:accepted"), (UsageKind::SmsOut, "sms.out", 40, "3.8"));
    let (id, used) = sms("1");
    world.used_at(who.account.sid, &id, used, "2026-12-05T10:00:00Z").await;
    assert_eq!(world.invoice("2026-12", false).await.issued, 1);
    let december = world.newest_invoice(who).await;
    assert_eq!((&december["gross"], &december["status"]), (&"0.00".into(), &"paid".into()));
    let (id, used) = sms("2");
    world.used_at(who.account.sid, &id, used, "2027-01-05T10:00:00Z").await;
    assert_eq!(world.invoice("2027-01", false).await.net.to_decimals(2), "3.80", "it holds two months");
    assert_eq!(world.discount(who, "sms-100").await, "13.30");
}

#[tokio::test]
async fn x03_a_welcome_credit_is_used_up_over_invoices_and_never_paid_out() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&WELCOME, &[("Budget", "5")]).await.ok();
    world.november_with(who, "welcome").await;
    assert_eq!(world.spent("welcome").await, (1, "5.000000".to_owned()), "set aside as it was taken");
    world.invoice("2026-11", false).await;
    let invoice = world.newest_invoice(who).await;
    assert_eq!(
        (&invoice["net"], &invoice["tax"], &invoice["gross"]),
        (&"233.67".into(), &"49.07".into(), &"282.74".into())
    );
    assert_eq!(invoice["allowances"][0]["amount"], "5.00");
    assert_eq!(invoice["allowances"][0]["reason"], "Welkom, tot en met 30/04/2027, daarna de gewone prijs");
    assert_eq!(world.discount(who, "welcome").await, "5.00");
    world.called(who, "2026-12-05T10:00:00Z", 60).await;
    world.invoice("2026-12", false).await;
    assert_eq!(world.newest_invoice(who).await["net"], "0.37", "it is used up");
}

#[tokio::test]
async fn what_is_left_of_a_credit_at_the_end_of_a_contract_is_nobodys_money() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&WELCOME, &[]).await.ok();
    world.clock.set(noon("2026-11-10"));
    let offer = world.offered_with(who, &[("Promotion", "welcome")]).await.ok();
    world.ordered(who, &offer).await.ok();
    world.called(who, "2026-11-10T11:30:00Z", 60).await;
    let asked = world.post(who, &path(who, "Subscription/Cancellations"), &[]).await.ok().text("token");
    let confirm = path(who, "Subscription/Cancellations/Confirm");
    world.post(who, &confirm, &[("Token", &asked)]).await.ok();
    world.clock.advance(3 * 86_400);
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "closed");
    let last = world.newest_invoice(who).await;
    assert_eq!((&last["gross"], &last["allowances"][0]["amount"]), (&"0.00".into(), &"0.37".into()));
    let payouts = world.get(who, &path(who, "Payouts")).await.ok().json();
    assert_eq!(payouts["payouts"], serde_json::json!([]));
    assert!(world.owed(who.account.sid).await.is_empty());
    // Who comes back is not welcomed twice.
    let again = world.offered_with(who, &[("Promotion", "welcome")]).await;
    assert_eq!(again.refused(), (409, 20_487));
}

#[tokio::test]
async fn x04_another_price_holds_from_the_moment_it_is_taken_until_its_last_day() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&MOBILE_030, &[]).await.ok();
    world.clock.set(noon("2026-11-10"));
    let offer = world.offered_with(who, &[]).await.ok();
    world.ordered(who, &offer).await.ok();
    world.rent(who, LOCAL).await;
    let before = world.called(who, "2026-11-10T11:00:00Z", 61).await;
    assert_eq!(before.amount.to_decimals(6), "0.376167");
    assert_eq!(
        world.redeem(who, "Promotion", "mobile-030").await.refused(),
        (422, 20_485),
        "by its code alone"
    );
    let taken = world.redeem(who, "Code", "Lente-26").await.ok().json();
    assert_eq!((&taken["from"], &taken["until"]), (&"2026-11-10".into(), &"2027-01-31".into()));
    let sentence = "Spraak, uitgaand naar mobiel: 0,30 / 60 s excl. btw (0,363 incl. btw) (Lente, tot en met 31/01/2027, daarna 0,37 / 60 s)";
    assert_eq!(taken["sentences"][0], sentence);
    assert_eq!(world.redeem(who, "Code", "LENTE-26").await.refused(), (409, 20_487));
    let during = world.called(who, "2026-11-10T11:00:01Z", 61).await;
    assert_eq!(
        (during.amount.to_decimals(6).as_str(), during.plan.as_str()),
        ("0.305000", "flexio-be/1+mobile-030@0.30")
    );
    let explained = world.app.explain(who.account.sid, &during.resource).await.unwrap();
    assert_eq!(explained[0].rerated.as_ref().unwrap().arithmetic, "61 s × 0.300000 ÷ 60 s");
    let estimate = [("To", "+32470123456"), ("Seconds", "61")];
    let estimate = world.post(who, &path(who, "Estimates/Call"), &estimate).await.ok().json();
    assert_eq!((&estimate["price"], &estimate["plan"]), (&"0.305000".into(), &during.plan.as_str().into()));
    let list = "2027-01-31T23:00:00Z";
    assert_eq!(world.called(who, "2027-01-31T22:59:59Z", 61).await.amount.to_decimals(6), "0.305000");
    assert_eq!(world.called(who, list, 61).await.amount.to_decimals(6), "0.376167", "midnight in Brussels");
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.refused), (1, 0), "{run:?}");
    let invoice = world.newest_invoice(who).await;
    let prices: Vec<(&str, &str)> = invoice["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["item"].as_str().unwrap(), line["price"].as_str().unwrap()))
        .collect();
    let expected =
        [("number.fixed", "0.300000"), ("voice.out.mobile", "0.370000"), ("voice.out.mobile", "0.300000")];
    assert_eq!(prices, expected);
    assert_eq!(invoice["lines"][2]["promotion"], "Lente, tot en met 31/01/2027, daarna 0,37 / 60 s");
    assert_eq!(invoice["lines"][0]["promotion"], "Lente, tot en met 31/01/2027, daarna 0,80 / maand");
    // 21 days of 30 at 0.80 are 0.56, at 0.30 they are 0.21; 61 seconds are 0.38 and 0.31.
    assert_eq!(world.spent("mobile-030").await, (1, "0.420000".to_owned()));
    let report = world.app.rerate_month("2026-11".parse().unwrap(), &mut |_| ()).await.unwrap();
    assert_eq!((report.events, report.differences.count), (3, 0), "{report:?}");
    let pins = world.get(who, &path(who, "Subscription/Pins")).await.ok().json();
    assert_eq!(
        (&pins["pins"][1]["reason"], &pins["pins"][1]["plan"]),
        (&"promotion".into(), &during.plan.as_str().into())
    );
    assert!(pins["pins"][1]["date_until"].is_string());
}

#[tokio::test]
async fn another_process_has_the_promoted_price_too() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&MOBILE_030, &[]).await.ok();
    world.clock.set(noon("2026-11-10"));
    let offer = world.offered_with(who, &[("Code", "LENTE-26")]).await.ok();
    world.ordered(who, &offer).await.ok();
    let vault = flexio_app::Vault::new(&flexio_app::MasterKey::from_bytes(1, [7; 32]), &[]);
    let (store, clock) = (std::sync::Arc::clone(world.store()), std::sync::Arc::clone(&world.clock));
    let meter = crate::tests::world::meter();
    let other = flexio_app::App::new(store, clock as _, vault, meter, world.app.config.clone());
    other.refresh_prices().await.unwrap();
    let label = other
        .meter(who.account.sid)
        .pricing("voice.out.mobile", noon("2026-12-05"))
        .plan()
        .label()
        .to_owned();
    assert_eq!(label, "flexio-be/1+mobile-030@0.30");
    let below = other.meter(world.grandchild.account.sid);
    assert_eq!(
        below.pricing("voice.out.mobile", noon("2026-12-05")).plan().label(),
        label,
        "those below have it too"
    );
}

#[tokio::test]
async fn x05_a_code_that_two_use_at_once_is_one_of_theirs() {
    let world = World::new().await;
    world.promote(&MOBILE_030, &[("Cap", "1")]).await.ok();
    let both = [&world.child, &world.sibling];
    for who in both {
        let offer = world.offered_with(who, &[]).await.ok();
        world.ordered(who, &offer).await.ok();
    }
    let (one, other) = tokio::join!(
        world.redeem(&world.child, "Code", "LENTE-26"),
        world.redeem(&world.sibling, "Code", "LENTE-26")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let loser = if one.status == 409 { one } else { other };
    assert_eq!(loser.refused(), (409, 20_486));
    assert_eq!(world.spent("mobile-030").await.0, 1);
}

#[tokio::test]
async fn x05_of_two_requests_of_one_customer_one_takes_the_promotion() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&WELCOME, &[("Budget", "100")]).await.ok();
    let offer = world.offered_with(who, &[]).await.ok();
    world.ordered(who, &offer).await.ok();
    let (one, other) =
        tokio::join!(world.redeem(who, "Promotion", "welcome"), world.redeem(who, "Promotion", "welcome"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let loser = if one.status == 409 { one } else { other };
    assert_eq!(loser.refused(), (409, 20_487));
    assert_eq!(world.spent("welcome").await, (1, "5.000000".to_owned()));
}

#[tokio::test]
async fn an_order_takes_what_stands_in_its_summary_or_nothing() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&MOBILE_030, &[("Cap", "1")]).await.ok();
    world.clock.set(noon("2026-11-10"));
    let offer = world.offered_with(who, &[("Code", "LENTE-26")]).await.ok();
    let shown = offer.json();
    assert_eq!(
        (&shown["promotions"][0]["active"], &shown["promotions"][0]["until"]),
        (&false.into(), &"2027-01-31".into())
    );
    let summary = path(who, &format!("Subscription/Summaries/{}", offer.text("summary_sid")));
    let html = world.get(who, &summary.replace(".json", ".html")).await.ok().body;
    assert!(html.contains("<p>Promotie: Spraak, uitgaand naar mobiel: 0,30 / 60 s excl. btw (0,363 incl. btw) (Lente, tot en met 31/01/2027, daarna 0,37 / 60 s)</p>"), "{html}");
    // Somebody else is quicker: the order would be another than the summary says.
    let other = world.offered_with(&world.sibling, &[("Code", "LENTE-26")]).await.ok();
    world.ordered(&world.sibling, &other).await.ok();
    assert_eq!(world.ordered(who, &offer).await.refused(), (409, 20_486));
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "offered");
    assert_eq!(world.offered_with(who, &[("Code", "LENTE-26")]).await.refused(), (409, 20_486));
    let plain = world.offered_with(who, &[]).await.ok();
    assert_eq!(world.ordered(who, &plain).await.ok().text("state"), "active");
}

#[tokio::test]
async fn a_consumer_has_the_price_once_identified() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&MOBILE_030, &[]).await.ok();
    world.post(who, &path(who, "Customer"), &CONSUMER).await.ok();
    let offer = world.post(who, &path(who, "Subscription/Offers"), &[("Code", "LENTE-26")]).await.ok();
    assert_eq!(world.ordered(who, &offer).await.ok().text("state"), "ordered");
    world.post(&world.root, &path(who, "Customer/Identity"), &[]).await.ok();
    let now = world.clock.now();
    let meter = world.app.meter(who.account.sid);
    assert_eq!(meter.pricing("voice.out.mobile", now).plan().label(), "flexio-be/1+mobile-030@0.30");
}

#[tokio::test]
async fn who_may_take_a_promotion_is_asked_each_time() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    let of = |id: &'static str| {
        [("Id", id), ("Label", "a"), ("Kind", "credit"), ("Amount", "1"), ("DurationMonths", "1")]
    };
    let made = async |id: &'static str, more: &[(&str, &str)]| {
        let form = [&of(id)[..], more].concat();
        world.post(&world.root, &path(&world.root, "Promotions"), &form).await.ok();
    };
    let sibling = world.sibling.sid();
    made("later", &[("Eligibility", "existing"), ("Starts", "2026-11-11")]).await;
    made("over", &[("Eligibility", "existing"), ("Starts", "2026-11-01"), ("Ends", "2026-11-09")]).await;
    made("consumers", &[("Eligibility", "existing,consumer")]).await;
    made("order", &[("Eligibility", "new")]).await;
    made("segment", &[("Eligibility", "existing"), ("Accounts", &sibling)]).await;
    made("running", &[("Eligibility", "existing"), ("StackGroup", "season")]).await;
    made("beside", &[("Eligibility", "existing"), ("StackGroup", "season")]).await;
    assert_eq!(world.offered_with(who, &[("Promotion", "running")]).await.refused(), (422, 20_485));
    let offer = world.offered_with(who, &[]).await.ok();
    assert_eq!(world.redeem(who, "Promotion", "running").await.refused(), (409, 20_452), "not in force");
    world.ordered(who, &offer).await.ok();
    for id in ["later", "over", "consumers", "order", "segment", "nonsense"] {
        assert_eq!(world.redeem(who, "Promotion", id).await.refused(), (422, 20_485), "{id}");
    }
    world.redeem(who, "Promotion", "running").await.ok();
    assert_eq!(world.redeem(who, "Promotion", "beside").await.refused(), (409, 20_487), "one of a group");
    world.clock.set(noon("2026-12-01"));
    world.redeem(who, "Promotion", "beside").await.ok();
    world.redeem(who, "Promotion", "later").await.ok();
    let shown = world.get(who, &path(who, "Subscription")).await.ok().json();
    let active: Vec<(&str, bool)> = shown["promotions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["promotion"].as_str().unwrap(), it["active"].as_bool().unwrap()))
        .collect();
    assert_eq!(active, [("running", false), ("beside", true), ("later", true)]);
}

#[tokio::test]
async fn only_the_operator_makes_promotions_and_ends_them() {
    let world = World::new().await;
    let who = &world.child;
    let form = [&WELCOME[..], &[("Eligibility", "new,existing")]].concat();
    assert_eq!(world.post(who, &path(who, "Promotions"), &form).await.refused(), (404, 20_404));
    for (name, value) in [
        ("Id", "Welcome"),
        ("Label", &*"a".repeat(61)),
        ("Kind", "gift"),
        ("Amount", "0.001"),
        ("Amount", "-1"),
        ("DurationMonths", "0"),
        ("Eligibility", "consumer"),
        ("Items", "sms.out"),
        ("Items", "sms.mars"),
        ("Cap", "0"),
        ("Budget", "0"),
        ("Code", "abc"),
        ("Ends", "2026-11-01"),
    ] {
        let others = form.iter().copied().filter(|(other, _)| *other != name);
        let wrong: Vec<(&str, &str)> = [(name, value)].into_iter().chain(others).collect();
        let refused = world.post(&world.root, &path(&world.root, "Promotions"), &wrong).await;
        assert_eq!(refused.refused(), (400, 20_001), "{name}={value}");
    }
    let dearer: Vec<(&str, &str)> =
        [("Price", "0.37"), ("Eligibility", "new")].into_iter().chain(MOBILE_030).collect();
    assert_eq!(
        world.post(&world.root, &path(&world.root, "Promotions"), &dearer).await.refused(),
        (400, 20_001)
    );
    world.promote(&WELCOME, &[]).await.ok();
    assert_eq!(world.promote(&WELCOME, &[]).await.refused(), (409, 20_409));
    let offer = world.offered_with(who, &[]).await.ok();
    world.ordered(who, &offer).await.ok();
    let one = path(&world.root, "Promotions/welcome");
    assert_eq!(world.post(&world.root, &one, &[]).await.refused(), (400, 20_001));
    let ended = world.post(&world.root, &one, &[("Ended", "true")]).await.ok().json();
    assert!(ended["date_ended"].is_string(), "{ended}");
    assert_eq!(world.redeem(who, "Promotion", "welcome").await.refused(), (422, 20_485));
    let listed = world.get(&world.root, &path(&world.root, "Promotions")).await.ok().json();
    assert_eq!(
        (listed["promotions"][0]["id"].as_str(), listed["promotions"].as_array().unwrap().len()),
        (Some("welcome"), 1)
    );
}

#[tokio::test]
async fn an_order_by_telephone_has_the_promotions_that_were_promised() {
    let world = World::new().await;
    let who = &world.child;
    world.promote(&WELCOME, &[]).await.ok();
    world.post(who, &path(who, "Customer"), &COMPANY).await.ok();
    let unseen = path(who, "Subscription/Orders/Unseen");
    let unknown = world.post(&world.root, &unseen, &[("Promotion", "nothing")]).await;
    assert_eq!(unknown.refused(), (422, 20_485));
    let noted = world.post(&world.root, &unseen, &[("Promotion", "welcome")]).await.ok();
    assert_eq!(noted.text("state"), "not_in_force");
    assert_eq!(world.app.redemptions(who.account.sid).await.unwrap(), [], "taken with the order");
    assert_eq!(world.ordered(who, &noted).await.ok().text("state"), "active");
    let taken = world.app.redemptions(who.account.sid).await.unwrap();
    assert_eq!(taken.iter().map(|it| it.promotion.id.as_str()).collect::<Vec<_>>(), ["welcome"]);
}
