use crate::tests::world::{COMPANY, CONSUMER, Customer, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/Customer{rest}.json", who.sid())
}

#[tokio::test]
async fn what_is_said_of_a_customer_has_to_fit_together() {
    let world = World::new().await;
    let who = &world.child;
    let customer = path(who, "");
    assert_eq!(world.get(who, &customer).await.refused(), (404, 20_404));
    for (name, value, fault) in [
        ("Kind", "giant", "a kind there is not"),
        ("LegalName", "", "nobody"),
        ("Country", "Belgium", "no code"),
        ("EnterpriseNumber", "0202.239.952", "a wrong check"),
        ("EnterpriseNumber", "", "a company without"),
        ("VatNumber", "BE0000009797", "another company's"),
        ("VatNumber", "nonsense", "no VAT number"),
        ("InvoiceEmail", "nowhere", "no address"),
        ("Peppol", "0202239951", "no scheme"),
        ("Language", "it", "a language there is not"),
    ] {
        let mut form = COMPANY.to_vec();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        assert_eq!(world.post(who, &customer, &form).await.refused(), (400, 20_001), "{fault}");
    }
    let mut private = CONSUMER.to_vec();
    private.push(("Waive", "true"));
    let waived = world.post(who, &customer, &private).await;
    assert_eq!(waived.refused(), (400, 20_001), "a consumer cannot waive");
    world.post(who, &customer, &COMPANY).await.ok();
    let more = [("Waive", "true"), ("Peppol", "0208:0202239951"), ("VatNumber", "")];
    let kept = world.post(who, &customer, &more).await.ok().json();
    assert_eq!((&kept["legal_form"], &kept["vat_number"]), (&"BV".into(), &serde_json::Value::Null));
    assert_eq!(
        (&kept["enterprise_number"], &kept["peppol"]),
        (&"0202239951".into(), &"0208:0202239951".into())
    );
    assert!(kept["date_waived"].is_string(), "{kept}");
    assert_eq!(world.get(who, &customer).await.ok().json(), kept);
}

#[tokio::test]
async fn the_operator_says_who_a_customer_is_until_it_is_somebody_else() {
    let world = World::new().await;
    let who = &world.child;
    let (customer, identity) = (path(who, ""), path(who, "/Identity"));
    assert_eq!(world.post(&world.root, &identity, &[]).await.refused(), (404, 20_404), "nobody was named");
    world.post(who, &customer, &CONSUMER).await.ok();
    assert_eq!(world.post(who, &identity, &[]).await.refused(), (403, 20_006));
    let seen = world.post(&world.root, &identity, &[]).await.ok().json();
    assert!(seen["date_identified"].is_string(), "{seen}");
    let moved = world.post(who, &customer, &[("City", "Brugge")]).await.ok().json();
    assert_eq!(moved["date_identified"], seen["date_identified"], "the same person elsewhere");
    let other = world.post(who, &customer, &[("LegalName", "Jan Peeters")]).await.ok().json();
    assert_eq!(other["date_identified"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_plan_version_is_one_file_for_ever() {
    const OFFER: &str = include_str!("../../../../data/offer-flexio-be.toml");
    let world = World::new().await;
    let plan = |text: &str| flexio_rating::Plan::parse("offer.toml", text).unwrap();
    let offer = plan(OFFER);
    assert!(!world.app.publish_plan(&offer).await.unwrap(), "published already");
    let altered = plan(&OFFER.replace("\"0.37\"", "\"0.38\""));
    let refused = world.app.publish_plan(&altered).await.unwrap_err().to_string();
    assert!(refused.contains("flexio-be/1") && refused.contains("another content"), "{refused}");
    let next = plan(&OFFER.replace("\"0.37\"", "\"0.38\"").replace("\nversion = 1\n", "\nversion = 2\n"));
    assert!(world.app.publish_plan(&next).await.unwrap());
    let labels: Vec<String> =
        world.app.plans().await.unwrap().iter().map(flexio_domain::PublishedPlan::label).collect();
    assert_eq!(labels, ["flexio-be/1", "flexio-be/2"]);
    let changed: Vec<&str> = offer.differences(&next).iter().map(|it| it.item).collect();
    assert_eq!(changed, ["voice.out.mobile"]);
}
