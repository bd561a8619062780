//! Balances, postings, seals and the board of invoice runs over REST.

use flexio_domain::UsageKind;
use serde_json::json;

use crate::subscription::tests::noon;
use crate::tests::world::{COMPANY, Customer, World};

fn native(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

#[tokio::test]
async fn a_posting_is_found_from_the_balance_to_its_legs_and_under_its_seal() {
    let world = World::new().await;
    let who = &world.child;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 10, "0.95")).await;
    world.app.seal_ledger().await.unwrap();
    let balances = world.get(who, &native(who, "Ledger")).await.ok().json();
    let unbilled = format!("cust:{}:unbilled", who.sid());
    let owed = json!([
        { "ledger_account": unbilled, "amount": "0.950000" },
        { "ledger_account": "rev:sms.out", "amount": "-0.950000" },
    ]);
    assert_eq!(balances["balances"], owed);
    let id = "usage:voice:SM1:accepted";
    let posting = world.get(who, &native(who, &format!("Ledger/Postings/{id}"))).await.ok().json();
    assert_eq!((&posting["id"], &posting["legs"]), (&id.into(), &owed));
    let foreign = native(&world.sibling, &format!("Ledger/Postings/{id}"));
    assert_eq!(world.get(&world.sibling, &foreign).await.status, 404);
    let root = &world.root;
    let seals = world.get(root, &native(root, "Ledger/Seals")).await.ok().json();
    assert_eq!((&seals["seals"][0]["number"], &seals["seals"][0]["postings"]), (&1.into(), &1.into()));
    let sealed = world.get(root, &native(root, "Ledger/Seals/1")).await.ok().json();
    assert_eq!(sealed["postings"], json!([posting]));
    assert_eq!(world.get(root, &native(root, "Ledger/Seals/2")).await.status, 404);
    let behind = world.get(root, &format!("{}?After=1", native(root, "Ledger/Seals"))).await.ok().json();
    assert_eq!(behind["seals"], json!([]));
    assert_eq!(world.get(who, &native(who, "Ledger/Seals")).await.refused(), (403, 20_006));
}

#[tokio::test]
async fn a_run_is_begun_from_the_board_and_says_how_it_went() {
    let world = World::new().await;
    let (who, root) = (&world.child, &world.root);
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 100, "9.5")).await;
    world.clock.set(noon("2026-12-03"));
    let path = native(root, "InvoiceRuns");
    let board = world.get(root, &path).await.ok().json();
    assert_eq!(
        (&board["month_due"], &board["closed"], &board["state"]),
        (&"2026-11".into(), &false.into(), &"none".into())
    );
    let month = ("Month", "2026-11");
    assert_eq!(world.post(root, &path, &[month]).await.refused().0, 422, "it is not closed");
    assert_eq!(world.post(who, &native(who, "InvoiceRuns"), &[month]).await.refused(), (403, 20_006));
    world.app.close_month("2026-11".parse().unwrap()).await.unwrap();
    let ran = async |form: &[(&str, &str)]| {
        world.post(root, &path, form).await.ok();
        loop {
            let board = world.get(root, &path).await.ok().json();
            if board["state"] != "running" {
                return board;
            }
            tokio::task::yield_now().await;
        }
    };
    let dry = ran(&[month]).await;
    assert_eq!((&dry["state"], &dry["issued"], &dry["net"]), (&"finished".into(), &1.into(), &"9.50".into()));
    assert_eq!(world.invoices(who).await.len(), 0, "nothing is issued unless it is said");
    let issued = ran(&[month, ("DryRun", "false")]).await;
    assert_eq!((&issued["issued"], &issued["dry_run"]), (&1.into(), &false.into()));
    assert_eq!((&issued["customers_done"], &issued["customers"]), (&1.into(), &1.into()));
    assert_eq!(world.invoices(who).await.len(), 1);
    assert_eq!(ran(&[month, ("DryRun", "false")]).await["already"], 1, "again issues nothing");
}
