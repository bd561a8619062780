//! Credit: who sets it, what it refuses, and what the balance shows.

use super::world::{Customer, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

async fn available(world: &World, who: &Customer) -> String {
    world.get(who, &path(who, "Credit")).await.ok().text("available")
}

#[tokio::test]
async fn a_prepaid_account_sends_what_it_can_pay_and_no_more() {
    let world = World::new().await;
    let (parent, child) = (&world.root, &world.child);
    let unlimited = world.get(child, &path(child, "Credit")).await.ok().json();
    assert_eq!((&unlimited["mode"], &unlimited["limit"]), (&"postpaid".into(), &serde_json::Value::Null));
    let terms = [("Mode", "prepaid")];
    let set = world.post(parent, &path(child, "Credit"), &terms).await.ok();
    assert_eq!(set.text("available"), "0.000000");
    let message = [("To", "+32470123456"), ("From", "8640"), ("Body", "hello")];
    let sent = world.post(child, &path(child, "Messages"), &message).await;
    assert_eq!(sent.refused(), (402, 20_418));
    let payment = [("Amount", "0.2"), ("Reference", "bank-1")];
    for _ in 0..2 {
        world.post(parent, &path(child, "Credit/Payments"), &payment).await.ok();
    }
    let other = [("Amount", "0.3"), ("Reference", "bank-1")];
    assert_eq!(world.post(parent, &path(child, "Credit/Payments"), &other).await.refused(), (409, 20_409));
    assert_eq!(available(&world, child).await, "0.200000");
    let first = world.post(child, &path(child, "Messages"), &message).await.ok().text("sid");
    world.post(child, &path(child, "Messages"), &message).await.ok();
    assert_eq!(world.post(child, &path(child, "Messages"), &message).await.refused(), (402, 20_418));
    assert_eq!(available(&world, child).await, "0.010000");
    // One that is withdrawn costs nothing: the next may go.
    world.post(child, &path(child, &format!("Messages/{first}")), &[("Status", "canceled")]).await.ok();
    world.post(child, &path(child, "Messages"), &message).await.ok();
    let balance = world.get(child, &path(child, "Balance")).await.ok();
    assert_eq!((balance.text("balance"), balance.text("currency")), ("0.20000".to_owned(), "EUR".to_owned()));
    // Those below spend on the same terms; a stranger's are not seen.
    assert_eq!(available(&world, &world.grandchild).await, "0.010000");
    let refused = world.post(&world.grandchild, &path(&world.grandchild, "Messages"), &message).await;
    assert_eq!(refused.refused(), (402, 20_418));
    world.post(&world.sibling, &path(&world.sibling, "Messages"), &message).await.ok();
}

#[tokio::test]
async fn an_account_cannot_raise_its_own_credit() {
    let world = World::new().await;
    let (parent, child) = (&world.root, &world.child);
    let terms = [("Mode", "postpaid"), ("Limit", "100")];
    assert_eq!(world.post(child, &path(child, "Credit"), &terms).await.refused(), (403, 20_006));
    let paid = [("Amount", "5"), ("Reference", "x")];
    assert_eq!(world.post(parent, &path(child, "Credit/Payments"), &paid).await.refused(), (422, 20_422));
    for (form, fault) in [
        (vec![], "no mode"),
        (vec![("Mode", "free")], "a mode there is not"),
        (vec![("Mode", "postpaid")], "no limit"),
        (vec![("Mode", "postpaid"), ("Limit", "-1")], "negative"),
        (vec![("Mode", "postpaid"), ("Limit", "1e3")], "no decimal"),
        (vec![("Mode", "prepaid"), ("Limit", "1")], "prepaid with a limit"),
    ] {
        let refused = world.post(parent, &path(child, "Credit"), &form).await.refused();
        assert_eq!(refused, (400, 20_001), "{fault}");
    }
    world.post(parent, &path(child, "Credit"), &terms).await.ok();
    assert_eq!(world.post(child, &path(child, "Credit/Payments"), &paid).await.refused(), (403, 20_006));
    for (form, fault) in [
        (vec![("Reference", "x")], "no amount"),
        (vec![("Amount", "0"), ("Reference", "x")], "nothing"),
        (vec![("Amount", "1")], "no reference"),
        (vec![("Amount", "1"), ("Reference", "a b")], "a blank"),
        (vec![("Amount", "1"), ("Reference", "a"), ("Way", "cash:x")], "a colon"),
    ] {
        let refused = world.post(parent, &path(child, "Credit/Payments"), &form).await.refused();
        assert_eq!(refused, (400, 20_001), "{fault}");
    }
    let spent = world.post(parent, &path(child, "Credit/Payments"), &paid).await.ok();
    assert_eq!(spent.text("available"), "105.000000");
}

#[tokio::test]
async fn a_request_for_a_code_is_refused_where_its_own_price_is_not_there() {
    let world = World::new().await;
    let (parent, child) = (&world.root, &world.child);
    world.post(parent, &path(child, "Credit"), &[("Mode", "prepaid")]).await.ok();
    let pay = async |amount: &str, reference: &str| {
        let payment = [("Amount", amount), ("Reference", reference)];
        world.post(parent, &path(child, "Credit/Payments"), &payment).await.ok();
    };
    pay("0.10", "bank-1").await;
    let service = world.post(child, "/v2/Services", &[("FriendlyName", "a")]).await.ok().text("sid");
    let codes = format!("/v2/Services/{service}/Verifications");
    let code = [("To", "+32470123456"), ("Channel", "sms")];
    // The message costs 0.095 and would be paid; the request 0.05 more.
    assert_eq!(world.post(child, &codes, &code).await.refused(), (402, 20_418));
    assert_eq!(available(&world, child).await, "0.100000", "nothing is set aside for what is refused");
    pay("0.05", "bank-2").await;
    world.post(child, &codes, &code).await.ok();
    assert_eq!(available(&world, child).await, "0.005000");
}
