//! What is paid by the month: rents and publications over REST become charges at its end.

use flexio_app::AppError;
use flexio_domain::*;
use flexio_rating::BillingMonth;
use flexio_store::{Change, UsageFilter};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;

use super::world::{Customer, LOCAL, World};

/// `2026-11-14T10:00` on the wall in Brussels.
fn local(text: &str) -> Timestamp {
    let zone = TimeZone::get("Europe/Brussels").unwrap();
    zone.to_timestamp(text.parse::<DateTime>().unwrap()).unwrap()
}

fn month(text: &str) -> BillingMonth {
    text.parse().unwrap()
}

impl World {
    fn at(&self, wall: &str) {
        self.clock.set(local(wall));
    }

    /// Closes the month in its successor, and gives its charges of one account: `id amount`, and the days or months billed.
    pub(crate) async fn month_of(&self, who: &Customer, in_month: &str) -> Vec<(String, String, u64)> {
        self.clock.set(self.clock.now().max(month(in_month).bounds(&zone()).1));
        self.app.close_month(month(in_month)).await.unwrap();
        let events = self.store().usage_events(who.account.sid, &UsageFilter::default(), 100).await.unwrap();
        let recurring =
            events.into_iter().filter(|event| event.source == "recurring" && event.month == in_month);
        recurring.map(|event| (event.id, event.amount.to_decimals(6), event.billed)).collect()
    }

    async fn publish(&self, who: &Customer) -> String {
        let base = format!("/restcomm/2012-04-24/Accounts/{}/Flows", who.sid());
        let definition = json!({ "name": "Desk", "nodes": [
            { "id": "web", "type": "on_web", "properties": { "enabled": true, "allow_get": true }, "next": { "start": "mark" } },
            { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": "1" } } ] });
        let flow = json!({ "definition": definition });
        let flow = self.json(who, "POST", &format!("{base}.json"), flow).await.ok().text("sid");
        self.json(who, "POST", &format!("{base}/{flow}/Publish.json"), json!({})).await.ok();
        flow
    }

    async fn unpublish(&self, who: &Customer, flow: &str) {
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Flows/{flow}.json", who.sid());
        self.delete(who, &path).await.ok();
    }

    async fn release(&self, who: &Customer, sid: &str) {
        let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}.json", who.sid());
        self.delete(who, &path).await.ok();
    }
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/Brussels").unwrap()
}

#[tokio::test]
async fn n01_to_n07_a_rented_number_costs_the_days_it_was_held() {
    let cases = [
        ("N01", "2026-10-05T09:00", None, "2026-11", 30, "0.800000"),
        ("N02", "2026-11-14T10:00", None, "2026-11", 17, "0.453333"),
        ("N03", "2026-11-03T10:00", Some("2026-11-03T10:59"), "2026-11", 1, "0.026667"),
        ("N04", "2026-11-14T10:00", None, "2027-02", 28, "0.800000"),
        ("N05", "2026-12-17T12:00", None, "2026-12", 15, "0.387097"),
        ("N06", "2026-11-01T00:00", Some("2026-12-14T00:00:01"), "2026-12", 14, "0.361290"),
        ("N07", "2026-11-01T00:00", Some("2026-12-14T00:00:00"), "2026-12", 13, "0.335484"),
    ];
    for (id, rented, released, in_month, days, amount) in cases {
        let world = World::new().await;
        let who = &world.child;
        world.at(rented);
        let sid = world.rent(who, LOCAL).await;
        if let Some(released) = released {
            world.at(released);
            world.release(who, &sid).await;
        }
        let event = format!("number:{LOCAL}:{in_month}:{}:flexio-be/1", who.sid());
        let expected = [(event, amount.to_owned(), days)];
        assert_eq!(world.month_of(who, in_month).await, expected, "{id}");
        assert_eq!(world.month_of(who, in_month).await, expected, "{id}: closed again");
        assert_eq!(world.app.owed(who.account.sid).await.unwrap().to_decimals(6), amount, "{id}");
        let proof = world.store().ledger_proof().await.unwrap();
        assert_eq!((proof.sum, proof.unbalanced, proof.unposted), (Money::ZERO, 0, 0), "{id}");
    }
}

#[tokio::test]
async fn d01_to_d06_a_published_flow_costs_the_started_month_once() {
    type Case =
        (&'static str, &'static [(&'static str, Option<&'static str>)], &'static [(&'static str, u32)]);
    let cases: [Case; 6] = [
        ("D01", &[("2026-11-30T23:59:59", Some("2026-12-01T00:00:00"))], &[("2026-11", 30), ("2026-12", 0)]),
        ("D02", &[("2026-11-30T23:59:59", Some("2026-12-01T00:00:01"))], &[("2026-11", 30), ("2026-12", 30)]),
        (
            "D03",
            &[("2026-11-02T09:00", Some("2026-11-05T09:00")), ("2026-11-20T09:00", None)],
            &[("2026-11", 30)],
        ),
        ("D04", &[("2026-10-01T00:00", Some("2026-11-15T12:00"))], &[("2026-11", 30), ("2026-12", 0)]),
        // 23:30 UTC on 31 October.
        ("D05", &[("2026-11-01T00:30", None)], &[("2026-10", 0), ("2026-11", 30)]),
        (
            "D06",
            &[("2026-11-01T00:00", None), ("2026-11-01T00:00", None), ("2026-11-02T00:00", None)],
            &[("2026-11", 30)],
        ),
    ];
    for (id, spans, months) in cases {
        let world = World::new().await;
        let who = &world.child;
        for (from, until) in spans {
            world.at(from);
            let flow = world.publish(who).await;
            if let Some(until) = until {
                world.at(until);
                world.unpublish(who, &flow).await;
            }
        }
        for (in_month, price) in months {
            let charged = world.month_of(who, in_month).await;
            let event = (format!("designer:{in_month}:{}", who.sid()), format!("{price}.000000"), 1);
            let expected = if *price == 0 { vec![] } else { vec![event] };
            assert_eq!(charged, expected, "{id} {in_month}");
        }
    }
}

/// Both changes of the clock, the ends of short and long months, a leap day, and 31 December: what is held all the time costs each month
/// once, a day is a day however long it is, and closing again at the worst moment makes nothing.
#[tokio::test]
async fn months_close_over_clock_changes_a_leap_day_and_new_year() {
    let world = World::new().await;
    let who = &world.child;
    world.at("2027-09-30T23:59:59");
    world.rent(who, LOCAL).await;
    let edges = [
        ("2027-10", "2027-10-31T02:30", 31),
        ("2027-11", "2027-11-30T23:59:59", 30),
        ("2027-12", "2027-12-31T23:59:59", 31),
        ("2028-01", "2028-01-31T12:00", 31),
        ("2028-02", "2028-02-29T23:59:59", 29),
        ("2028-03", "2028-03-26T03:00", 31),
        ("2028-04", "2028-04-30T23:59:59", 30),
    ];
    for (in_month, last_moment, days) in edges {
        world.at(last_moment);
        let early = world.app.close_month(month(in_month)).await;
        assert!(early.is_err(), "{in_month} goes on at {last_moment}");
        world.clock.set(month(in_month).bounds(&zone()).1);
        let charged = world.month_of(who, in_month).await;
        assert_eq!(charged.len(), 1, "{in_month}: {charged:?}");
        assert_eq!((charged[0].1.as_str(), charged[0].2), ("0.800000", days), "{in_month}");
        // The clock steps back into the month, and the run comes again.
        world.at(last_moment);
        let _ = world.app.close_month(month(in_month)).await;
        assert_eq!(world.month_of(who, in_month).await, charged, "{in_month} again");
    }
    // The one day of 25 hours, and the one of 23.
    let other = &world.sibling;
    for (number, rented, released, in_month, amount) in [
        ("+3225550102", "2028-10-29T00:00", "2028-10-29T23:59:59", "2028-10", "0.025806"),
        ("+3225550103", "2029-03-25T00:00", "2029-03-25T23:59:59", "2029-03", "0.025806"),
    ] {
        world.at(rented);
        let sid = world.rent(other, number).await;
        world.at(released);
        world.release(other, &sid).await;
        let charged = world.month_of(other, in_month).await;
        assert_eq!(charged.len(), 1, "{in_month}: {charged:?}");
        assert_eq!((charged[0].1.as_str(), charged[0].2), (amount, 1), "{in_month}");
    }
    let proof = world.store().ledger_proof().await.unwrap();
    assert_eq!((proof.sum, proof.unposted), (Money::ZERO, 0));
}

#[tokio::test]
async fn usage_records_of_the_month_show_numbers_and_the_designer() {
    let world = World::new().await;
    let who = &world.child;
    world.at("2026-11-14T10:00");
    world.rent(who, LOCAL).await;
    world.rent(who, "+3280012101").await;
    world.publish(who).await;
    world.month_of(who, "2026-11").await;
    world.at("2026-12-02T12:00");
    for (category, count, price) in [
        ("phonenumbers", "2", "0.90667"),
        ("phonenumbers-local", "1", "0.45333"),
        ("phonenumbers-tollfree", "1", "0.45333"),
        ("designer", "1", "30.00000"),
        ("totalprice", "0", "30.90667"),
    ] {
        let path =
            format!("/2010-04-01/Accounts/{}/Usage/Records/LastMonth.json?Category={category}", who.sid());
        let records = world.get(who, &path).await.ok().json();
        let record = &records["usage_records"][0];
        assert_eq!((&record["count"], &record["price"]), (&json!(count), &json!(price)), "{category}");
        assert_eq!(record["start_date"], "2026-11-01");
    }
}

#[tokio::test]
async fn a_month_that_goes_on_is_not_closed_and_one_that_ended_is_closed_once_by_itself() {
    let world = World::new().await;
    world.at("2026-11-14T10:00");
    world.rent(&world.child, LOCAL).await;
    world.rent(&world.sibling, "+3225550102").await;
    world.at("2026-11-30T23:59:59");
    let early = world.app.close_month(month("2026-11")).await;
    assert!(matches!(early, Err(AppError::Refused(_))), "{early:?}");
    world.at("2026-12-01T01:00");
    let closed = world.app.close_ended_months().await.unwrap();
    let facts =
        closed.iter().map(|it| (it.month.as_str(), it.accounts, it.charges, it.amount.to_decimals(6)));
    assert_eq!(facts.collect::<Vec<_>>(), [("2026-11", 2, 2, "0.906666".to_owned())]);
    assert_eq!(world.app.close_ended_months().await.unwrap(), []);
    world.at("2027-02-01T01:00");
    let closed = world.app.close_ended_months().await.unwrap();
    assert_eq!(closed.iter().map(|it| it.month.as_str()).collect::<Vec<_>>(), ["2026-12", "2027-01"]);
}

#[tokio::test]
async fn a_number_that_moves_is_paid_by_one_account_a_day() {
    let world = World::new().await;
    let (parent, child) = (&world.child, &world.grandchild);
    world.at("2026-11-01T00:00");
    let sid = world.rent(parent, LOCAL).await;
    world.at("2026-11-10T12:00");
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}.json", parent.sid());
    world.post(parent, &path, &[("AccountSid", &child.sid())]).await.ok();
    let before = world.month_of(parent, "2026-11").await;
    let after = world.month_of(child, "2026-11").await;
    assert_eq!((before[0].2, after[0].2), (10, 20));
    assert_eq!((before[0].1.as_str(), after[0].1.as_str()), ("0.266667", "0.533333"));
}

#[tokio::test]
async fn a_closed_account_pays_nothing_any_more() {
    let world = World::new().await;
    let who = &world.child;
    world.at("2026-11-01T00:00");
    world.rent(who, LOCAL).await;
    world.publish(who).await;
    world.at("2026-11-03T12:00");
    let path = format!("/2010-04-01/Accounts/{}.json", who.sid());
    world.post(&world.root, &path, &[("Status", "closed")]).await.ok();
    let amounts: Vec<_> =
        world.month_of(who, "2026-11").await.into_iter().map(|(_, amount, _)| amount).collect();
    assert_eq!(amounts, ["30.000000", "0.080000"]);
    assert_eq!(world.month_of(who, "2026-12").await, []);
}

#[tokio::test]
async fn numbers_rented_before_there_were_holdings_get_theirs_once() {
    let world = World::new().await;
    let who = &world.child;
    world.at("2026-11-14T10:00");
    // As an older version rented it: without a holding.
    let sid: NumberSid = world.rent(&world.sibling, LOCAL).await.parse().unwrap();
    let number = world.app.number(world.sibling.account.sid, sid).await.unwrap();
    let old = IncomingNumber {
        sid: NumberSid::new(),
        account_sid: who.account.sid,
        number: "+3225550102".parse().unwrap(),
        ..number
    };
    world.store().commit(Change::RentNumber(old).into()).await.unwrap();
    assert_eq!(world.app.adopt_holdings().await.unwrap(), 1);
    assert_eq!(world.app.adopt_holdings().await.unwrap(), 0);
    let charged = world.month_of(who, "2026-11").await;
    assert_eq!(
        charged.iter().map(|(_, amount, days)| (amount.as_str(), *days)).collect::<Vec<_>>(),
        [("0.453333", 17)]
    );
}

#[tokio::test]
async fn the_designer_is_paid_once_per_contract_whoever_under_it_publishes() {
    let world = World::new().await;
    let (who, below) = (&world.child, &world.grandchild);
    world.at("2026-11-10T12:00");
    assert_eq!(world.order(who, &super::world::COMPANY).await, "active");
    world.publish(below).await;
    assert_eq!(world.month_of(below, "2026-11").await, [], "it is its contract's");
    let charged = |month| vec![(format!("designer:{month}:{}", who.sid()), "30.000000".to_owned(), 1)];
    assert_eq!(world.month_of(who, "2026-11").await, charged("2026-11"));
    world.publish(who).await;
    assert_eq!(world.month_of(who, "2026-12").await, charged("2026-12"));
    assert_eq!(world.month_of(below, "2026-12").await, []);
}
