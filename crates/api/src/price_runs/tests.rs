//! A change of prices for many, from its dry run to the last notice.

use flexio_domain::*;

use crate::subscription::tests::{dearer, noon};
use crate::tests::world::{COMPANY, Customer, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

const RISE: [(&str, &str); 3] =
    [("Plan", "flexio-be/2"), ("From", "2027-01-15"), ("Items", "voice.out.mobile")];

impl World {
    /// Two customers of version 1, one of whom has called for ten minutes, and version 2 with dearer prices; 10 December.
    async fn two_customers(&self) {
        self.clock.set(noon("2026-11-10"));
        for who in [&self.child, &self.sibling] {
            self.order(who, &COMPANY).await;
        }
        self.called(&self.child, "2026-11-20T10:00:00Z", 600).await;
        self.called(&self.grandchild, "2026-11-21T10:00:00Z", 60).await;
        self.app.publish_plan(&dearer()).await.unwrap();
        self.clock.set(noon("2026-12-10"));
    }

    async fn price_run(&self, form: &[(&str, &str)]) -> String {
        self.post(&self.root, &path(&self.root, "PriceRuns"), form).await.ok().text("sid")
    }

    async fn run(&self, sid: &str) -> serde_json::Value {
        self.get(&self.root, &path(&self.root, &format!("PriceRuns/{sid}"))).await.ok().json()
    }

    async fn run_customers(&self, sid: &str) -> Vec<serde_json::Value> {
        let customers = path(&self.root, &format!("PriceRuns/{sid}/Customers"));
        let page = self.get(&self.root, &customers).await.ok().json();
        page["customers"].as_array().unwrap().clone()
    }

    async fn announce(&self, sid: &str, announce: &str) -> crate::tests::world::Reply {
        self.post(&self.root, &path(&self.root, &format!("PriceRuns/{sid}")), &[("Announce", announce)]).await
    }

    async fn notices(&self, who: &Customer) -> usize {
        self.app.price_notices(who.account.sid).await.unwrap().len()
    }

    fn other_process(&self) -> flexio_app::App {
        let vault = flexio_app::Vault::new(&flexio_app::MasterKey::from_bytes(1, [7; 32]), &[]);
        let (store, clock) = (std::sync::Arc::clone(self.store()), std::sync::Arc::clone(&self.clock));
        flexio_app::App::new(store, clock as _, vault, crate::tests::world::meter(), self.app.config.clone())
    }
}

#[tokio::test]
async fn a_dry_run_says_who_pays_how_much_more_and_then_each_is_told_once() {
    let world = World::new().await;
    world.two_customers().await;
    let sid = world.price_run(&RISE).await;
    assert_eq!(world.announce(&sid, "true").await.refused(), (409, 20_489), "not counted yet");
    world.app.run_price_runs().await.unwrap();
    let run = world.run(&sid).await;
    assert_eq!(
        (&run["state"], &run["customers"], &run["contracts"]),
        (&"counted".into(), &2.into(), &2.into())
    );
    // 660 seconds at 0.40 and at 0.37 a minute, with those below.
    assert_eq!(run["difference"], "0.330000");
    let customers = world.run_customers(&sid).await;
    let of = |who: &Customer| customers.iter().find(|it| it["account_sid"] == who.sid()).unwrap();
    assert_eq!(
        (&of(&world.child)["old"], &of(&world.child)["new"]),
        (&"4.070000".into(), &"4.400000".into())
    );
    assert_eq!(
        (&of(&world.sibling)["uses"], &of(&world.sibling)["difference"]),
        (&0.into(), &"0.000000".into())
    );
    assert_eq!(
        (world.notices(&world.child).await, world.notices(&world.sibling).await),
        (0, 0),
        "nobody is told"
    );
    world.announce(&sid, "true").await.ok();
    // Two processes at once, and again.
    let other = world.other_process();
    other.refresh_prices().await.unwrap();
    let (one, two) = tokio::join!(world.app.run_price_runs(), other.run_price_runs());
    one.and(two).unwrap();
    world.clock.advance(600);
    for app in [&*world.app, &other] {
        app.run_price_runs().await.unwrap();
    }
    let run = world.run(&sid).await;
    assert_eq!(
        (&run["state"], &run["announced"], &run["refused"]),
        (&"announced".into(), &2.into(), &0.into())
    );
    assert_eq!((world.notices(&world.child).await, world.notices(&world.sibling).await), (1, 1));
    let customers = world.run_customers(&sid).await;
    assert!(customers.iter().all(|it| it["outcome"] == "announced" && it["price_change_sid"].is_string()));
    world.app.refresh_prices().await.unwrap();
    for who in [&world.child, &world.sibling] {
        assert_eq!(world.minute(who, "2027-01-14T22:59:59Z"), "0.370000");
        assert_eq!(world.minute(who, "2027-01-14T23:00:00Z"), "0.400000");
    }
    assert_eq!(world.announce(&sid, "true").await.refused(), (409, 20_489), "once");
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_behind_the_last_customer() {
    let world = World::new().await;
    world.two_customers().await;
    let sid = world.price_run(&RISE).await;
    let key: PriceRunSid = sid.parse().unwrap();
    // A process that told the first of two and ended: what it left is the run behind that customer.
    let run = world.store().price_run(key).await.unwrap().unwrap();
    let first = world.child.account.sid.min(world.sibling.account.sid);
    let due_at = Some(world.app.clock.now());
    let left = PriceRun { state: PriceRunState::Announcing, after: Some(first), seen: 1, due_at, ..run };
    let change = flexio_store::PriceRunChange::Update(left);
    world.store().commit(flexio_store::Change::from(change).into()).await.unwrap();
    world.app.run_price_runs().await.unwrap();
    let told: Vec<usize> = vec![world.notices(&world.child).await, world.notices(&world.sibling).await];
    let expected = if first == world.child.account.sid { [0, 1] } else { [1, 0] };
    assert_eq!(told, expected, "the first is not told again");
    assert_eq!(world.run(&sid).await["state"], "announced");
}

#[tokio::test]
async fn who_cannot_be_told_is_named_with_the_reason() {
    let world = World::new().await;
    world.two_customers().await;
    let early = [RISE[0], ("From", "2026-12-20"), RISE[2]];
    let sid = world.price_run(&early).await;
    world.app.run_price_runs().await.unwrap();
    world.announce(&sid, "true").await.ok();
    world.app.run_price_runs().await.unwrap();
    let run = world.run(&sid).await;
    assert_eq!((&run["announced"], &run["refused"]), (&0.into(), &2.into()));
    let customers = world.run_customers(&sid).await;
    assert!(
        customers.iter().all(|it| it["reason"].as_str().unwrap().contains("2027-01-10")),
        "{customers:?}"
    );
    assert_eq!(world.notices(&world.child).await, 0);
    // An advantage that is none is seen in the dry run already.
    let advantage = [&RISE[..], &[("Ground", "advantage")]].concat();
    let sid = world.price_run(&advantage).await;
    world.app.run_price_runs().await.unwrap();
    assert_eq!(world.run(&sid).await["refused"], 2);
    world.announce(&sid, "false").await.ok();
    assert_eq!(world.run(&sid).await["state"], "dropped");
    assert_eq!(world.announce(&sid, "true").await.refused(), (409, 20_489));
}

#[tokio::test]
async fn only_the_operator_changes_prices_for_many() {
    let world = World::new().await;
    world.two_customers().await;
    let who = &world.child;
    assert_eq!(world.post(who, &path(who, "PriceRuns"), &RISE).await.refused(), (404, 20_404));
    let unknown = [("Plan", "flexio-be/9"), RISE[1]];
    assert_eq!(
        world.post(&world.root, &path(&world.root, "PriceRuns"), &unknown).await.refused(),
        (400, 20_001)
    );
    let law = [&RISE[..], &[("Ground", "law")]].concat();
    assert_eq!(world.post(&world.root, &path(&world.root, "PriceRuns"), &law).await.refused(), (400, 20_488));
    let sid = world.price_run(&RISE).await;
    let own = path(who, &format!("PriceRuns/{sid}"));
    assert_eq!(world.get(who, &own).await.refused(), (404, 20_404));
    let listed = world.get(&world.root, &path(&world.root, "PriceRuns")).await.ok().json();
    assert_eq!(listed["price_runs"][0]["sid"], sid);
}
