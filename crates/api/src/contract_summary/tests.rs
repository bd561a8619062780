use crate::tests::world::World;

fn path(world: &World, suffix: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/ContractSummary{suffix}", world.child.sid())
}

#[tokio::test]
async fn the_summary_is_a_page_a_pdf_and_a_resource_that_leads_to_both() {
    let world = World::new().await;
    let who = &world.child;
    let shown = world.get(who, &path(&world, ".json?Language=nl")).await.ok();
    assert_eq!((shown.text("service"), shown.text("language")), ("FlexIO".to_owned(), "nl".to_owned()));
    assert!(shown.text("pdf_url").ends_with(&path(&world, ".pdf?Language=nl")));
    let html = world.get(who, &path(&world, ".html?Language=nl")).await;
    assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
    let page = &html.body;
    assert!(page.contains("Samenvatting van het contract") && page.contains("0,4477"), "{page}");
    let pdf = world.get(who, &path(&world, ".pdf")).await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
    assert!(pdf.body.starts_with("%PDF-1.7"));
}

#[tokio::test]
async fn another_language_or_file_is_refused() {
    let world = World::new().await;
    let who = &world.child;
    let language = world.get(who, &path(&world, ".json?Language=es")).await;
    assert_eq!(language.refused(), (400, 20_001));
    assert_eq!(world.get(who, &path(&world, ".wav")).await.status, 404);
    // A suffix of documents makes no document of anything else.
    let balance = format!("/restcomm/2012-04-24/Accounts/{}/Balance.pdf", who.sid());
    assert_eq!(world.get(who, &balance).await.status, 404);
}
