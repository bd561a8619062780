//! From the first offer to a changed price (commercial examples P01–P09).

use flexio_billing::LegEnded;
use flexio_domain::*;
use flexio_rating::Plan;
use flexio_store::UsageFilter;
use jiff::tz::TimeZone;

use crate::tests::world::{COMPANY, CONSUMER, Customer, LOCAL, World};

const OFFER: &str = include_str!("../../../../data/offer-flexio-be.toml");

pub(crate) fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

/// Midday in Brussels.
pub(crate) fn noon(day: &str) -> Timestamp {
    let day: jiff::civil::Date = day.parse().unwrap();
    TimeZone::get("Europe/Brussels").unwrap().to_timestamp(day.at(12, 0, 0, 0)).unwrap()
}

/// The reference offer with other prices: (old line, new line).
pub(crate) fn version(number: u32, from: &str, changes: &[(&str, &str)]) -> Plan {
    let mut text = OFFER.replace("\nversion = 1\n", &format!("\nversion = {number}\n"));
    text = text.replace("2026-01-01T00:00:00+01:00", from);
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    Plan::parse("offer", &text).unwrap()
}

/// Mobile 0.40, numbers 0.90, the designer 35, for orders from 1 December.
pub(crate) fn dearer() -> Plan {
    let prices = [("\"0.37\"", "\"0.40\""), ("\"0.8\"", "\"0.9\""), ("\"30\"", "\"35\"")];
    version(2, "2026-12-01T00:00:00+01:00", &prices)
}

fn sha256(text: &str) -> String {
    flexio_app::vault::hex(&flexio_app::vault::digest(text))
}

impl World {
    pub(crate) async fn order(&self, who: &Customer, form: &[(&str, &str)]) -> String {
        self.post(who, &path(who, "Customer"), form).await.ok();
        let offer = self.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
        let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
        let order = [
            ("SummarySid", summary.as_str()),
            ("SummarySha256", &sha256),
            ("Accept", "true"),
            ("Statement", "Ik bestel met betalingsverplichting."),
            ("Begin", "true"),
        ];
        self.post(who, &path(who, "Subscription/Orders"), &order).await.ok().text("state")
    }

    /// What a minute to a mobile number costs, answered then.
    pub(crate) fn minute(&self, who: &Customer, answered: &str) -> String {
        let at: Timestamp = answered.parse().unwrap();
        let leg = LegEnded {
            call_sid: CallSid::new(),
            account_sid: who.account.sid,
            outbound: true,
            from: "+3225550101",
            to: "+32470123456",
            answered_at: Some(at),
            ended_at: at,
            duration_ms: 60_000,
            truncated: false,
            carries_code: false,
        };
        self.app.meter(who.account.sid).leg_ended(&leg).event.amount.to_decimals(6)
    }

    pub(super) async fn months(&self, who: &Customer, months: &[&str]) -> Vec<String> {
        for month in months {
            self.app.close_month(month.parse().unwrap()).await.unwrap();
        }
        let events = self.store().usage_events(who.account.sid, &UsageFilter::default(), 100).await.unwrap();
        let mut events: Vec<_> = events.into_iter().filter(|event| event.source == "recurring").collect();
        events.sort_by(|a, b| (&a.month, &a.resource, a.at).cmp(&(&b.month, &b.resource, b.at)));
        let line = |it: &UsageEvent| {
            format!("{} {} {} {}", it.month, it.resource, it.plan, it.amount.to_decimals(6))
        };
        events.iter().map(line).collect()
    }
}

#[tokio::test]
async fn p01_to_p04_prices_are_those_of_the_moment_of_taking() {
    let world = World::new().await;
    let (early, late) = (&world.child, &world.sibling);
    world.clock.set(noon("2026-11-10"));
    assert_eq!(world.order(early, &COMPANY).await, "active");
    world.rent(early, LOCAL).await;
    world.app.publish_plan(&dearer()).await.unwrap();
    world.clock.set(noon("2026-12-01"));
    world.rent(early, "+3225550102").await;
    world.clock.set(noon("2026-12-02"));
    assert_eq!(world.order(late, &COMPANY).await, "active");
    assert_eq!(world.minute(early, "2026-12-05T10:00:00Z"), "0.370000", "P01");
    assert_eq!(world.minute(late, "2026-12-05T10:00:00Z"), "0.400000", "P02");
    assert_eq!(
        world.minute(late, "2026-12-01T10:00:00Z"),
        "0.370000",
        "before the order: the installation's plan"
    );
    assert_eq!(
        world.minute(&world.grandchild, "2026-12-05T10:00:00Z"),
        "0.370000",
        "those below have their pins"
    );
    world.clock.set(noon("2026-12-05"));
    world.flow(early).await;
    world.clock.set(noon("2027-01-02"));
    let expected = [
        "2026-12 +3225550101 flexio-be/1 0.800000",
        "2026-12 +3225550102 flexio-be/2 0.900000",
        "2026-12 designer flexio-be/2 35.000000",
    ];
    assert_eq!(world.months(early, &["2026-12"]).await, expected, "P03, P04");
}

#[tokio::test]
async fn p05_to_p07_a_rise_is_announced_a_month_before_it_holds() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &[&COMPANY[..], &[("EventUrl", "https://app.example/events")]].concat()).await;
    world.rent(who, LOCAL).await;
    world.app.publish_plan(&dearer()).await.unwrap();
    let changes = path(who, "Subscription/PriceChanges");
    let rise = |from| [("Plan", "flexio-be/2"), ("From", from), ("Items", "voice.out.mobile,number.fixed")];
    world.clock.set(noon("2026-12-20"));
    let refused = world.post(&world.root, &changes, &rise("2027-01-15")).await;
    assert_eq!(refused.refused(), (400, 20_453), "P07");
    assert!(refused.body.contains("2027-01-20"), "{}", refused.body);
    world.clock.set(noon("2026-12-10"));
    assert_eq!(world.post(who, &changes, &rise("2027-01-15")).await.refused(), (403, 20_006));
    let notice = world.post(&world.root, &changes, &rise("2027-01-15")).await.ok().json();
    assert_eq!((&notice["advantage"], notice["changes"].as_array().unwrap().len()), (&false.into(), 2));
    let sid = notice["sid"].as_str().unwrap();
    let told = world.store().callbacks_about(who.account.sid, sid).await.unwrap();
    assert_eq!(told.len(), 1, "its program is told, once");
    for (name, value) in [
        ("Event", "price.change.announced"),
        ("PriceChangeSid", sid),
        ("Plan", "flexio-be/2"),
        ("Items", "number.fixed,voice.out.mobile"),
        ("Advantage", "false"),
        ("EffectiveAt", "Thu, 14 Jan 2027 23:00:00 +0000"),
    ] {
        let param = told[0].params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(param, Some(value), "{name}: {:?}", told[0].params);
    }
    assert_eq!(world.minute(who, "2027-01-14T22:59:59Z"), "0.370000", "P05");
    assert_eq!(world.minute(who, "2027-01-14T23:00:00Z"), "0.400000", "P06");
    // The number changes its price with the day: 14 days at 0.80 and 17 at 0.90.
    world.clock.set(noon("2027-02-02"));
    let expected = ["2027-01 +3225550101 flexio-be/1 0.361290", "2027-01 +3225550101 flexio-be/2 0.493548"];
    assert_eq!(world.months(who, &["2027-01"]).await, expected);
    let pins = world.get(who, &path(who, "Subscription/Pins")).await.ok().json();
    let items: Vec<_> = pins["pins"].as_array().unwrap().iter().map(|pin| pin["item"].clone()).collect();
    assert_eq!(items, [serde_json::Value::Null, "number.fixed".into(), "voice.out.mobile".into()]);
    let listed = world.get(who, &changes).await.ok().json();
    assert_eq!(listed["price_changes"][0]["sid"], notice["sid"]);
}

#[tokio::test]
async fn an_evening_that_is_no_longer_cheaper_is_a_rise() {
    let world = World::new().await;
    let who = &world.child;
    let accepted = "charge_on = \"accepted_by_carrier\"";
    let night = "[[item.band]]\nname = \"night\"\nfrom = \"20:00\"\nuntil = \"24:00\"\nprice = \"0.05\"";
    let from = "2026-11-01T00:00:00+01:00";
    let cheap = version(2, from, &[(accepted, &format!("{accepted}\n{night}"))]);
    world.app.publish_plan(&cheap).await.unwrap();
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    // The day's price falls, and the night's is gone.
    let cheaper = version(3, from, &[("price = \"0.095\"", "price = \"0.090\"")]);
    world.app.publish_plan(&cheaper).await.unwrap();
    world.clock.set(noon("2026-12-10"));
    let changes = path(who, "Subscription/PriceChanges");
    let rise = |from| [("Plan", "flexio-be/3"), ("From", from)];
    assert_eq!(world.post(&world.root, &changes, &rise("2026-12-20")).await.refused(), (400, 20_453));
    let notice = world.post(&world.root, &changes, &rise("2027-01-15")).await.ok().json();
    let rows: Vec<String> = notice["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            ["item", "old_price", "new_price"]
                .map(|name| it[name].as_str().unwrap_or_default().to_owned())
                .join(" ")
        })
        .collect();
    assert_eq!(notice["advantage"], false, "{notice}");
    assert!(rows.contains(&"sms.out~night 0.050000 0.090000".to_owned()), "{rows:?}");
    let pins = world.get(who, &path(who, "Subscription/Pins")).await.ok().json();
    let of_item = |pin: &&serde_json::Value| pin["item"] == "sms.out";
    assert_eq!(pins["pins"].as_array().unwrap().iter().filter(of_item).count(), 1, "{pins}");
}

#[tokio::test]
async fn a_number_given_back_before_the_announced_day_never_costs_more() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    let sid = world.rent(who, LOCAL).await;
    world.app.publish_plan(&dearer()).await.unwrap();
    world.clock.set(noon("2026-12-10"));
    let rise = [("Plan", "flexio-be/2"), ("From", "2027-01-15")];
    world.post(&world.root, &path(who, "Subscription/PriceChanges"), &rise).await.ok();
    world.clock.set(noon("2027-01-10"));
    world.delete(who, &path(who, &format!("IncomingPhoneNumbers/{sid}"))).await.ok();
    world.clock.set(noon("2027-03-02"));
    let charged = world.months(who, &["2027-01", "2027-02"]).await;
    assert_eq!(charged, ["2027-01 +3225550101 flexio-be/1 0.258065"]);
}

#[tokio::test]
async fn p08_what_is_cheaper_may_hold_at_once_and_is_told_all_the_same() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    let cheaper = version(3, "2026-01-01T00:00:00+01:00", &[("\"0.37\"", "\"0.30\"")]);
    world.app.publish_plan(&cheaper).await.unwrap();
    world.clock.set(noon("2026-12-01"));
    let changes = path(who, "Subscription/PriceChanges");
    let cut = [("Plan", "flexio-be/3"), ("From", "2026-12-01")];
    let notice = world.post(&world.root, &changes, &cut).await.ok().json();
    assert_eq!(
        (&notice["advantage"], &notice["changes"][0]["new_price"]),
        (&true.into(), &"0.300000".into())
    );
    assert_eq!(world.minute(who, "2026-12-01T12:00:00Z"), "0.300000");
    assert_eq!(world.minute(who, "2026-11-30T12:00:00Z"), "0.370000");
    assert_eq!(
        world.post(&world.root, &changes, &cut).await.refused(),
        (400, 20_001),
        "nothing changes any more"
    );
}

#[tokio::test]
async fn p09_the_designer_switched_on_anew_costs_what_it_costs_then() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-12-01"));
    world.order(who, &COMPANY).await;
    let (first, ..) = world.flow(who).await;
    world.app.publish_plan(&version(2, "2027-02-01T00:00:00+01:00", &[("\"30\"", "\"35\"")])).await.unwrap();
    world.clock.set(noon("2027-01-31"));
    world.delete(who, &format!("/restcomm/2012-04-24/Accounts/{}/Flows/{first}.json", who.sid())).await.ok();
    world.clock.set(noon("2027-02-10"));
    world.flow(who).await;
    world.clock.set(noon("2027-03-02"));
    let expected = ["2027-01 designer flexio-be/1 30.000000", "2027-02 designer flexio-be/2 35.000000"];
    assert_eq!(world.months(who, &["2027-01", "2027-02"]).await, expected);
}

#[tokio::test]
async fn a_version_that_is_retired_is_sold_no_more_and_whoever_has_it_keeps_it() {
    let world = World::new().await;
    let (early, late) = (&world.child, &world.sibling);
    world.app.publish_plan(world.app.rater().plan()).await.unwrap();
    world.app.publish_plan(&dearer()).await.unwrap();
    world.clock.set(noon("2026-12-02"));
    assert_eq!(world.order(early, &COMPANY).await, "active");
    world.post(late, &path(late, "Customer"), &COMPANY).await.ok();
    let offer = world.post(late, &path(late, "Subscription/Offers"), &[]).await.ok();
    let retire = async |who: &Customer, plan: &str, reason: &str| {
        world.post(who, &path(who, "Plans/Retirements"), &[("Plan", plan), ("Reason", reason)]).await
    };
    assert_eq!(retire(early, "flexio-be/2", "dear").await.status, 403);
    assert_eq!(retire(&world.root, "flexio-be/9", "dear").await.status, 404);
    assert_eq!(retire(&world.root, "flexio-be/2", " ").await.status, 400);
    retire(&world.root, "flexio-be/2", "The price of a minute is wrong.").await.ok();
    assert_eq!(retire(&world.root, "flexio-be/2", "again").await.status, 409);
    let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
    let order = [
        ("SummarySid", summary.as_str()),
        ("SummarySha256", &sha256),
        ("Accept", "true"),
        ("Statement", "Ik bestel met betalingsverplichting."),
    ];
    let refused = world.post(late, &path(late, "Subscription/Orders"), &order).await.refused();
    assert_eq!(refused, (409, 20_450));
    let listed = world.get(late, &path(late, "Plans")).await.ok().json();
    let open: Vec<_> = listed["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["plan"].clone(), it["open"].clone()))
        .collect();
    assert_eq!(open, [("flexio-be/1".into(), true.into()), ("flexio-be/2".into(), false.into())]);
    assert_eq!(world.order(late, &COMPANY).await, "active");
    assert_eq!(world.minute(late, "2026-12-05T10:00:00Z"), "0.370000", "what is on sale");
    assert_eq!(world.minute(early, "2026-12-05T10:00:00Z"), "0.400000", "what was bought");
    let announced = [("Plan", "flexio-be/2"), ("From", "2027-03-01")];
    assert_eq!(
        world.post(&world.root, &path(late, "Subscription/PriceChanges"), &announced).await.status,
        400
    );
}

#[tokio::test]
async fn an_order_names_the_summary_that_was_read_and_leaves_its_proof() {
    let world = World::new().await;
    let who = &world.child;
    let orders = path(who, "Subscription/Orders");
    assert_eq!(
        world.post(who, &path(who, "Subscription/Offers"), &[]).await.refused(),
        (422, 20_422),
        "nobody pays"
    );
    world.post(who, &path(who, "Customer"), &COMPANY).await.ok();
    assert_eq!(
        world
            .post(who, &orders, &[("SummarySid", &SummarySid::new().to_string()), ("SummarySha256", "0")])
            .await
            .refused(),
        (404, 20_404)
    );
    let old = world.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
    world.clock.advance(1);
    let new = world.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
    let order = async |offer: &crate::tests::world::Reply, more: &[(&str, &str)]| {
        let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
        let mut form = vec![("SummarySid", summary.as_str()), ("SummarySha256", sha256.as_str())];
        form.extend(more);
        world.post(who, &orders, &form).await
    };
    let agreed = [("Accept", "true"), ("Statement", "Ik bestel met betalingsverplichting.")];
    let superseded = order(&old, &agreed).await;
    assert_eq!(superseded.refused(), (409, 20_450));
    assert!(superseded.body.contains(&new.text("summary_sid")), "{}", superseded.body);
    assert_eq!(order(&new, &agreed[1..]).await.refused(), (400, 20_451), "not ticked");
    assert_eq!(order(&new, &agreed[..1]).await.refused(), (400, 20_451), "no sentence");
    assert_eq!(order(&new, &agreed).await.ok().text("state"), "active");
    assert_eq!(order(&new, &agreed).await.refused(), (409, 20_452), "ordered already");
    assert_eq!(world.post(who, &path(who, "Subscription/Offers"), &[]).await.refused(), (409, 20_452));
    let kept = world.get(who, &path(who, "Subscription/Acceptances")).await.ok().json();
    let kept = &kept["acceptances"][0];
    assert_eq!((&kept["genuine"], &kept["statement"]), (&true.into(), &agreed[1].1.into()));
    assert_eq!(kept["summary_sha256"], new.text("summary_sha256"));
    let summary = format!("Subscription/Summaries/{}", new.text("summary_sid"));
    assert_eq!(world.get(who, &path(who, &summary)).await.ok().text("sha256"), new.text("summary_sha256"));
    let frozen = world.get(who, &path(who, &summary).replace(".json", ".html")).await;
    assert_eq!(frozen.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(sha256(&frozen.body), new.text("summary_sha256"), "what was read is what was hashed");
    assert!(frozen.body.contains("Samenvatting van het contract") && frozen.body.contains("0,4477"));
}

#[tokio::test]
async fn an_offer_ends_after_thirty_days() {
    let world = World::new().await;
    let who = &world.child;
    world.post(who, &path(who, "Customer"), &COMPANY).await.ok();
    let offer = world.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
    world.clock.advance(30 * 86_400);
    let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
    let order = [
        ("SummarySid", summary.as_str()),
        ("SummarySha256", &sha256),
        ("Accept", "true"),
        ("Statement", "Ja."),
    ];
    assert_eq!(world.post(who, &path(who, "Subscription/Orders"), &order).await.refused(), (409, 20_450));
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "expired");
    assert_eq!(world.order(who, &COMPANY).await, "active", "offered again");
}

#[tokio::test]
async fn a_consumer_is_identified_before_the_contract_is_in_force() {
    let world = World::new().await;
    let who = &world.child;
    assert_eq!(world.order(who, &CONSUMER).await, "ordered");
    assert_eq!(world.app.pins(who.account.sid).await.unwrap(), []);
    let identity = path(who, "Customer/Identity");
    assert_eq!(world.post(who, &identity, &[]).await.refused(), (403, 20_006));
    world.post(&world.root, &identity, &[]).await.ok();
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "active");
    let pins = world.app.pins(who.account.sid).await.unwrap();
    assert_eq!(
        pins.iter().map(|pin| (pin.item.clone(), pin.reason)).collect::<Vec<_>>(),
        [(None, PinReason::Order)]
    );
}

#[tokio::test]
async fn a_published_version_never_changes_and_another_process_has_the_same_prices() {
    let world = World::new().await;
    let who = &world.child;
    assert!(!world.app.publish_plan(world.app.rater().plan()).await.unwrap(), "published already");
    let altered = Plan::parse("offer", &OFFER.replace("\"0.37\"", "\"0.38\"")).unwrap();
    let refused = world.app.publish_plan(&altered).await.unwrap_err();
    assert!(refused.to_string().contains("another content"), "{refused}");
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    // An installation that changed its plan meanwhile charges the subscriber as before.
    let plan = dearer();
    let vault = flexio_app::Vault::new(&flexio_app::MasterKey::from_bytes(1, [7; 32]), &[]);
    let meter = flexio_billing::Meter::new(world.app.rater().with_plan(plan.clone()).unwrap());
    let (store, clock) = (std::sync::Arc::clone(world.store()), std::sync::Arc::clone(&world.clock));
    let other = flexio_app::App::new(store, clock as _, vault, meter, world.app.config.clone());
    assert!(other.publish_plan(&plan).await.unwrap());
    let label = |account| other.meter(account).rater_at(noon("2026-12-05")).plan().label().to_owned();
    assert_eq!(
        (label(who.account.sid), label(world.sibling.account.sid)),
        ("flexio-be/1".into(), "flexio-be/2".into())
    );
}

#[tokio::test]
async fn what_is_held_is_compared_by_the_price_it_was_taken_at() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    // The designer is taken while it is cheaper than the contract's version says.
    let from = "2026-11-01T00:00:00+01:00";
    world.app.publish_plan(&version(2, from, &[("price = \"30\"", "price = \"20\"")])).await.unwrap();
    world.flow(who).await;
    world.app.publish_plan(&version(3, from, &[("price = \"30\"", "price = \"25\"")])).await.unwrap();
    let changes = path(who, "Subscription/PriceChanges");
    let rise = |from| [("Plan", "flexio-be/3"), ("From", from)];
    assert_eq!(world.post(&world.root, &changes, &rise("2026-11-20")).await.refused(), (400, 20_453));
    let notice = world.post(&world.root, &changes, &rise("2026-12-20")).await.ok().json();
    let change = &notice["changes"][0];
    assert_eq!(
        (&notice["advantage"], &change["old_price"], &change["new_price"]),
        (&false.into(), &"20.000000".into(), &"25.000000".into()),
        "{notice}"
    );
}

#[tokio::test]
async fn a_contract_in_force_is_sent_to_its_customer_and_kept_as_pdf() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    // A newer version is on sale than the one the installation was configured with.
    world
        .app
        .publish_plan(&version(2, "2026-11-01T00:00:00+01:00", &[("\"0.37\"", "\"0.40\"")]))
        .await
        .unwrap();
    let shown = world
        .get(who, &format!("/restcomm/2012-04-24/Accounts/{}/ContractSummary.html", who.sid()))
        .await
        .ok();
    assert!(shown.body.contains("0.40") && !shown.body.contains("0.37"), "{}", shown.body);
    world.order(who, &COMPANY).await;
    let accepted = world.get(who, &path(who, "Subscription/Acceptances")).await.ok().json();
    let accepted = &accepted["acceptances"][0];
    assert!(accepted["pins"].to_string().contains("sms.out=flexio-be/2"), "{accepted}");
    let summary = accepted["summary_sid"].as_str().unwrap();
    let pdf = format!("/2010-04-01/Accounts/{}/Subscription/Summaries/{summary}.pdf", who.sid());
    let pdf = world.get(who, &pdf).await.ok();
    assert_eq!(pdf.header("content-type"), "application/pdf");
    assert!(pdf.body.starts_with("%PDF-"));
}
