//! Who did what: an entry for each operation that changes something, what it says, and that altering it shows.

use flexio_domain::{AuditEvent, Faults};
use flexio_store::{Change, ErasureChange, Page};

use super::foreign::{Belongings, ask, everything, path as path_of};
use super::world::{Customer, LOCAL, World};
use crate::operation::Access;

async fn log(world: &World, who: &Customer) -> Vec<AuditEvent> {
    world.app.write_acts().await.unwrap();
    world.store().audit_events(who.account.sid, &Page { limit: 1_000, ..Page::default() }).await.unwrap()
}

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

#[tokio::test]
async fn every_operation_that_changes_something_writes_one_entry_and_readings_one_at_most() {
    let world = World::new().await;
    let who = &world.child;
    let things = Belongings::of(&world, who, LOCAL).await;
    let mut seen = 0;
    for (face, operation) in everything() {
        // An officer's acts are noted with what they change, and the top account's operations are not a customer's.
        if operation.access == Access::Officer {
            continue;
        }
        let before = log(&world, who).await.len();
        let path = path_of(face, operation, &who.sid(), &things);
        let answered = ask(&world, who, operation, &path).await;
        let entries = log(&world, who).await;
        let noted = entries.len() - before;
        if operation.kind.changes() {
            assert_eq!(noted, 1, "{} {path} -> {answered:?}", operation.id);
            assert_eq!(entries[0].action, operation.id);
            assert_eq!(entries[0].details.by, Some(who.account.sid));
            seen += 1;
        } else {
            assert!(noted <= 1, "{} {path}", operation.id);
        }
    }
    assert!(seen > 100, "{seen}");
}

#[tokio::test]
async fn an_entry_says_who_with_which_key_and_what_it_was_before_and_hides_secrets() {
    let world = World::new().await;
    let who = &world.child;
    let made =
        world.post(who, &path(who, "Applications"), &[("FriendlyName", "Desk")]).await.ok().text("sid");
    let one = path(who, &format!("Applications/{made}"));
    world.post(who, &one, &[("FriendlyName", "Front desk")]).await.ok();
    world
        .post(who, &path(who, "Messages"), &[("From", "8640"), ("To", "+32470123456"), ("Body", "hush")])
        .await
        .ok();
    // The account above acts on one below: the log of whoever acts has it, and says so.
    world.post(&world.root, &path(who, "Credit"), &[("Mode", "prepaid")]).await.ok();
    let own = log(&world, who).await;
    let actions: Vec<&str> = own.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["messages.create", "applications.update", "applications.create"]);
    let changed = &own[1].details;
    assert_eq!(changed.before, [("FriendlyName".to_owned(), "Desk".to_owned())]);
    assert_eq!(changed.asked, [("FriendlyName".to_owned(), "Front desk".to_owned())]);
    let masked = [("From", "***"), ("To", "***"), ("Body", "***")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(own[0].details.asked, masked);
    let above = log(&world, &world.root).await;
    let renamed = format!("/2010-04-01/Accounts/{}.json", who.sid());
    world.post(&world.root, &renamed, &[("FriendlyName", "Peeters")]).await.ok();
    let renamed = log(&world, &world.root).await.remove(0).details;
    let masked = [("FriendlyName".to_owned(), "***".to_owned())];
    assert_eq!(
        (&renamed.before[..], &renamed.asked[..]),
        (&masked[..], &masked[..]),
        "an erasure finds it by its sid alone"
    );
    assert!(above[0].subject.contains(&who.sid()) && above[0].details.by == Some(world.root.account.sid));
    let shown = world.get(who, &path(who, "AuditEvents")).await.ok().json();
    assert_eq!(shown["audit_events"][1]["before"], "FriendlyName=Desk");
    assert_eq!(world.get(&world.sibling, &path(who, "AuditEvents")).await.refused(), (404, 20_404));
    let list = path(who, "Messages");
    world.get(who, &list).await.ok();
    assert_eq!(log(&world, who).await[0].action, "messages.list", "reading what was written is noted");
}

#[tokio::test]
async fn an_entry_that_is_altered_behind_the_programs_back_shows_and_an_erasure_does_not() {
    let world = World::new().await;
    let who = &world.child;
    for n in 0..3 {
        world.post(who, &path(who, "Applications"), &[("FriendlyName", &n.to_string())]).await.ok();
    }
    assert_eq!(world.app.seal_audit().await.unwrap(), 3);
    assert_eq!(world.app.seal_audit().await.unwrap(), 0);
    assert_eq!(world.app.prove_audit().await.unwrap(), Faults::default());
    let rewrite = async |entry: AuditEvent| {
        world.store().commit(Change::from(ErasureChange::RewriteAudit(entry)).into()).await.unwrap();
    };
    let written = log(&world, who).await.remove(1);
    let erased =
        AuditEvent { details: written.details.clone().erase(), subject: String::new(), ..written.clone() };
    rewrite(erased).await;
    assert_eq!(world.app.prove_audit().await.unwrap(), Faults::default());
    for forged in [
        AuditEvent { action: "applications.fetch".to_owned(), ..written.clone() },
        AuditEvent { subject: "Accounts/elsewhere".to_owned(), ..written.clone() },
        AuditEvent {
            account_sid: who.account.sid,
            person: "somebody@else.test".to_owned(),
            ..written.clone()
        },
    ] {
        rewrite(forged).await;
        let faults = world.app.prove_audit().await.unwrap();
        assert!(faults.ids.contains(&written.sid.to_string()), "{faults:?}");
    }
    rewrite(written).await;
    assert_eq!(world.app.prove_audit().await.unwrap(), Faults::default());
}
