//! Records of verbs over the API.

use flexio_domain::*;
use flexio_store::Change;

use crate::tests::world::World;

#[tokio::test]
async fn what_was_said_is_listed_without_the_text() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let said = world.said(&world.child, call).await;
    let base = format!("/restcomm/2012-04-24/Accounts/{}", world.child.sid());
    let list = world.get(&world.child, &format!("{base}/Says.json?CallSid={call}")).await.ok().json();
    assert_eq!(list["total"], 1);
    let row = &list["records"][0];
    assert_eq!((&row["sid"], &row["character_count"]), (&said.sid().into(), &25.into()));
    assert_eq!(
        (&row["language"], &row["duration"], &row["reason"]),
        (&"nl-BE".into(), &2.into(), &"".into())
    );
    assert_eq!(&world.get(&world.child, &format!("{base}/Says/{}.json", said.sid())).await.ok().json(), row);
    for other in ["Plays", "Gathers/DTMF", "Gathers/Speech", "Holds", "Resumes", "Refers"] {
        let rows = world.get(&world.child, &format!("{base}/{other}.json")).await.ok().json();
        assert_eq!(rows["total"], 0, "{other}");
        let sid = said.sid();
        let astray = world.get(&world.child, &format!("{base}/{other}/{sid}.json")).await;
        assert_eq!(astray.refused(), (404, 20_404), "{other}");
    }
    let filtered = world.get(&world.child, &format!("{base}/Says.json?Status=failed")).await.ok().json();
    assert_eq!(filtered["total"], 0);
}

#[tokio::test]
async fn two_collections_share_a_prefix_and_not_their_records() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let keys = VerbRecord {
        id: VerbRecordId::new(),
        kind: VerbKind::GatherDtmf,
        facts: vec![("num_digits".to_owned(), "4".to_owned())],
        ..world.said(&world.child, call).await
    };
    world.store().commit(Change::AddVerbRecord(keys.clone()).into()).await.unwrap();
    let base = format!("/restcomm/2012-04-24/Accounts/{}/Gathers", world.child.sid());
    let path = |kind: &str| format!("{base}/{kind}/{}.json", keys.sid());
    assert_eq!(world.get(&world.child, &path("DTMF")).await.ok().json()["num_digits"], 4);
    assert_eq!(world.get(&world.child, &path("Speech")).await.refused(), (404, 20_404));
}
