//! Numbers that move between operators, are held, and are declared.

use flexio_app::AppConfig;

use crate::ApiConfig;
use crate::tests::world::{Customer, LOCAL, World};

/// A number of another operator, in the zone of Brussels.
const FOREIGN: &str = "+3222990101";

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

async fn world(number_declarations: bool) -> World {
    let config =
        AppConfig { sandbox: true, quarantine_days: 90, number_declarations, ..AppConfig::default() };
    World::with(config, ApiConfig::default()).await
}

fn asked<'a>(number: &'a str, direction: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("PhoneNumber", number),
        ("Direction", direction),
        ("Operator", "Other Telecom"),
        ("Authorisation", "M-417"),
        ("Day", "2026-11-23"),
    ]
}

impl World {
    async fn port(&self, who: &Customer, number: &str, direction: &str) -> crate::tests::world::Reply {
        self.post(who, &path(who, "PortingRequests"), &asked(number, direction)).await
    }

    async fn port_step(
        &self,
        by: &Customer,
        who: &Customer,
        sid: &str,
        form: &[(&str, &str)],
    ) -> crate::tests::world::Reply {
        self.post(by, &path(who, &format!("PortingRequests/{sid}")), form).await
    }

    /// A request that a rented number goes.
    pub(crate) async fn asked_away(&self, who: &Customer, number: &str) -> String {
        self.port(who, number, "out").await.ok().text("sid")
    }

    async fn numbers_of(&self, who: &Customer) -> Vec<String> {
        let list = self.get(who, &path(who, "IncomingPhoneNumbers")).await.ok().json();
        let list =
            list["incomingPhoneNumbers"].as_array().or_else(|| list["incoming_phone_numbers"].as_array());
        let list = list.cloned().unwrap_or_default();
        list.iter().map(|it| it["phone_number"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_number_comes_on_its_day_and_is_rented_like_any_other() {
    let world = world(false).await;
    let (who, operator) = (&world.grandchild, &world.root);
    let request = world.port(who, FOREIGN, "in").await.ok();
    let sid = request.text("sid");
    assert_eq!(request.text("status"), "requested");
    assert_eq!(world.port(&world.sibling, FOREIGN, "in").await.refused(), (409, 20_525), "one at a time");
    let confirm = [("Step", "confirm"), ("Day", "2026-11-25")];
    assert_eq!(world.port_step(who, who, &sid, &confirm).await.refused().0, 403, "it is not the customer's");
    assert_eq!(world.port_step(operator, who, &sid, &[("Step", "done")]).await.refused(), (409, 20_524));
    let open = world.get(operator, &path(operator, "OpenPortingRequests")).await.ok().json();
    assert_eq!(open["porting_requests"][0]["sid"], sid.as_str());
    assert_eq!(world.get(who, &path(who, "OpenPortingRequests")).await.refused().0, 403);
    let confirmed = world.port_step(operator, who, &sid, &confirm).await.ok();
    assert_eq!(confirmed.text("confirmed_day"), "2026-11-25");
    let done = [("Step", "done")];
    assert_eq!(world.port_step(operator, who, &sid, &done).await.refused(), (409, 20_524), "not its day");
    assert_eq!(world.numbers_of(who).await, Vec::<String>::new());
    world.clock.advance(2 * 86_400);
    let moved = world.port_step(operator, who, &sid, &done).await.ok();
    assert_eq!(moved.text("status"), "done");
    assert_eq!(world.numbers_of(who).await, [FOREIGN]);
    let rented = moved.text("phone_number_sid");
    assert_eq!(
        world.get(who, &path(who, &format!("IncomingPhoneNumbers/{rented}"))).await.ok().text("phone_number"),
        FOREIGN
    );
    let charged = world.month_of(who, "2026-11").await;
    assert_eq!(charged.iter().map(|(_, _, days)| *days).collect::<Vec<_>>(), [6], "from its day on");
    assert_eq!(world.port_step(operator, who, &sid, &done).await.refused(), (409, 20_524), "once");
    let again = [&asked(FOREIGN, "in")[..4], &[("Day", "2026-12-01")]].concat();
    let again = world.post(who, &path(who, "PortingRequests"), &again).await;
    assert_eq!(again.refused(), (409, 20_525), "it is ours");
}

#[tokio::test]
async fn a_number_goes_while_it_is_rented_and_for_a_month_after() {
    let world = world(false).await;
    let who = &world.grandchild;
    let sid = world.rent(who, LOCAL).await;
    assert_eq!(world.port(&world.sibling, LOCAL, "out").await.refused(), (409, 20_525), "not theirs");
    let request = world.port(who, LOCAL, "out").await.ok().text("sid");
    let cancel = [("Step", "cancel"), ("Reason", "We stay")];
    assert_eq!(world.port_step(who, who, &request, &cancel).await.ok().text("status"), "cancelled");
    world.delete(who, &path(who, &format!("IncomingPhoneNumbers/{sid}"))).await.ok();
    world.clock.advance(31 * 86_400);
    assert_eq!(
        world
            .post(
                who,
                &path(who, "PortingRequests"),
                &[&asked(LOCAL, "out")[..4], &[("Day", "2026-12-28")]].concat()
            )
            .await
            .refused(),
        (409, 20_525),
        "the right is over"
    );
}

#[tokio::test]
async fn a_number_that_is_asked_away_in_quarantine_is_never_for_rent_again() {
    let world = world(false).await;
    let (who, operator) = (&world.grandchild, &world.root);
    let sid = world.rent(who, LOCAL).await;
    world.delete(who, &path(who, &format!("IncomingPhoneNumbers/{sid}"))).await.ok();
    world.clock.advance(10 * 86_400);
    let form = [&asked(LOCAL, "out")[..4], &[("Day", "2026-12-10")]].concat();
    let request = world.post(who, &path(who, "PortingRequests"), &form).await.ok().text("sid");
    let confirm = [("Step", "confirm"), ("Day", "2027-03-10")];
    world.port_step(operator, who, &request, &confirm).await.ok();
    // Longer than its quarantine.
    world.clock.advance(100 * 86_400);
    world.app.free_numbers().await.unwrap();
    let rents = [("PhoneNumber", LOCAL)];
    let rent =
        async || world.post(&world.sibling, &path(&world.sibling, "IncomingPhoneNumbers"), &rents).await;
    assert_eq!(rent().await.refused().1, 21_452);
    assert_eq!(
        world.port_step(operator, who, &request, &[("Step", "done")]).await.ok().text("status"),
        "done"
    );
    assert_eq!(rent().await.refused().1, 21_452);
    assert!(world.store().stock_number(&LOCAL.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_number_that_is_rented_goes_with_the_end_of_its_rent() {
    let world = world(false).await;
    let (who, operator) = (&world.grandchild, &world.root);
    world.rent(who, LOCAL).await;
    let request = world.port(who, LOCAL, "out").await.ok().text("sid");
    world.port_step(operator, who, &request, &[("Step", "confirm"), ("Day", "2026-11-23")]).await.ok();
    world.port_step(operator, who, &request, &[("Step", "done")]).await.ok();
    assert_eq!(world.numbers_of(who).await, Vec::<String>::new());
    let held = world.store().held(
        who.account.sid,
        flexio_domain::HeldItem::Number,
        Some(LOCAL),
        world.app.clock.now(),
    );
    assert!(held.await.unwrap().is_none());
    assert!(!world.app.is_quarantined(&LOCAL.parse().unwrap()).await.unwrap());
}

#[tokio::test]
async fn where_the_operator_wants_it_a_number_is_declared_before_it_is_rented() {
    let world = world(true).await;
    let who = &world.grandchild;
    let numbers = path(who, "IncomingPhoneNumbers");
    assert_eq!(world.post(who, &numbers, &[("PhoneNumber", LOCAL)]).await.refused(), (400, 20_526));
    assert_eq!(world.port(who, FOREIGN, "in").await.refused(), (400, 20_526));
    let form = [("PhoneNumber", LOCAL), ("DeclarationKind", "nomadic")];
    assert_eq!(world.post(who, &numbers, &form).await.refused().0, 400, "without words");
    let form = [&form[..], &[("DeclarationText", "Used by agents who travel")]].concat();
    let rented = world.post(who, &numbers, &form).await.ok();
    assert_eq!(rented.text("declaration_kind"), "nomadic");
    assert_eq!(rented.text("declaration_text"), "Used by agents who travel");
}

#[tokio::test]
async fn a_number_that_is_held_is_found_and_rented_by_its_holder_alone() {
    let world = world(false).await;
    let (who, other) = (&world.grandchild, &world.sibling);
    world.post(who, &path(who, "NumberHolds"), &[("PhoneNumber", LOCAL)]).await.ok();
    assert_eq!(
        world.post(other, &path(other, "NumberHolds"), &[("PhoneNumber", LOCAL)]).await.refused().1,
        21_452
    );
    let rent = async |who: &Customer| {
        world.post(who, &path(who, "IncomingPhoneNumbers"), &[("PhoneNumber", LOCAL)]).await
    };
    assert_eq!(rent(other).await.refused().1, 21_452);
    let found = async |who: &Customer| {
        let found = world.get(who, &path(who, "AvailablePhoneNumbers/BE/Local")).await.ok().json();
        found.to_string().contains(&LOCAL[1..])
    };
    assert_eq!((found(who).await, found(other).await), (true, false));
    world.clock.advance(15 * 60);
    assert!(found(other).await);
    rent(other).await.ok();
}
