//! Pages, order and filters in both dialects.

use proptest::prelude::*;

use super::world::{Customer, World};

async fn sids(world: &World, who: &Customer, path: &str, member: &str) -> (Vec<String>, serde_json::Value) {
    let page = world.get(who, path).await.ok().json();
    let rows = page[member].as_array().unwrap_or_else(|| panic!("{member} in {page}"));
    (rows.iter().map(|row| row["sid"].as_str().unwrap().to_owned()).collect(), page)
}

async fn messages(world: &World, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(world.message(&world.child).await);
    }
    made.reverse();
    made
}

#[tokio::test]
async fn following_the_links_walks_the_whole_list_both_ways() {
    let world = World::new().await;
    let made = messages(&world, 7).await;
    let base = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    let mut seen = Vec::new();
    let mut next = Some(format!("{base}?PageSize=3&From=8640"));
    let mut last = String::new();
    while let Some(uri) = next {
        let (rows, page) = sids(&world, &world.child, &uri, "messages").await;
        assert!(uri.contains("From=8640"), "the filter stays in the link: {uri}");
        seen.extend(rows);
        next = page["next_page_uri"].as_str().map(str::to_owned);
        last = uri;
    }
    assert_eq!(seen, made);
    let (_, page) = sids(&world, &world.child, &last, "messages").await;
    let back = page["previous_page_uri"].as_str().unwrap();
    let (rows, page) = sids(&world, &world.child, back, "messages").await;
    assert_eq!(rows, made[3..6]);
    assert_eq!(
        (page["page"].as_i64(), page["start"].as_i64(), page["end"].as_i64()),
        (Some(1), Some(3), Some(5))
    );
}

#[tokio::test]
async fn rows_added_meanwhile_do_not_move_a_page() {
    let world = World::new().await;
    let made = messages(&world, 4).await;
    for (path, member) in [("2010-04-01", "Messages"), ("restcomm/2012-04-24", "SMS/Messages")] {
        let first = format!("/{path}/Accounts/{}/{member}.json?PageSize=2", world.child.sid());
        let (_, page) = sids(&world, &world.child, &first, "messages").await;
        let next = page["next_page_uri"].as_str().unwrap().to_owned();
        let before = sids(&world, &world.child, &next, "messages").await.0;
        world.message(&world.child).await;
        assert_eq!(sids(&world, &world.child, &next, "messages").await.0, before, "{path}");
    }
    assert_eq!(made.len(), 4);
}

#[tokio::test]
async fn the_classic_envelope_counts_and_quotes_as_the_original() {
    let world = World::new().await;
    messages(&world, 5).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages", world.child.sid());
    let page = world.get(&world.child, &format!("{path}.json?PageSize=2&Page=1")).await.ok().json();
    for (name, value) in [("page", 1), ("num_pages", 2), ("page_size", 2), ("total", 5)] {
        assert_eq!(page[name], value, "{name}");
    }
    assert_eq!((&page["start"], &page["end"]), (&"2".into(), &"3".into()));
    assert!(page["last_page_uri"].as_str().unwrap().contains("Page=2"));
    assert!(page["next_page_uri"].as_str().unwrap().contains("AfterSid=SM"));
    let xml = world.get(&world.child, &format!("{path}?PageSize=2&Page=1")).await.ok();
    assert!(
        xml.body.starts_with("<RestcommResponse><Messages page=\"1\" numpages=\"2\" pagesize=\"2\" total=\"5\" start=\"2\" end=\"3\" uri=\"/2012-04-24/Accounts/"),
        "{}",
        xml.body
    );
}

#[tokio::test]
async fn twilio_pages_hold_one_key_clients_do_not_know() {
    let world = World::new().await;
    let known =
        ["page", "page_size", "start", "end", "uri", "first_page_uri", "next_page_uri", "previous_page_uri"];
    for (path, member) in [
        ("Calls", "calls"),
        ("Messages", "messages"),
        ("Recordings", "recordings"),
        ("Notifications", "notifications"),
        ("Applications", "applications"),
        ("Keys", "keys"),
        ("OutgoingCallerIds", "outgoing_caller_ids"),
        ("IncomingPhoneNumbers", "incoming_phone_numbers"),
        ("Usage/Records", "usage_records"),
    ] {
        let path = format!("/2010-04-01/Accounts/{}/{path}.json", world.child.sid());
        let page = world.get(&world.child, &path).await.ok().json();
        let unknown: Vec<&String> =
            page.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())).collect();
        assert_eq!(unknown, [member]);
    }
}

#[tokio::test]
async fn the_classic_api_sorts_short_lists_and_says_so_when_it_cannot() {
    let world = World::new().await;
    let made = messages(&world, 3).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", world.child.sid());
    let rows = async |sort: &str| sids(&world, &world.child, &format!("{path}?{sort}"), "messages").await.0;
    let mut oldest = made.clone();
    oldest.reverse();
    assert_eq!(rows("SortBy=DateCreated:desc").await, made);
    assert_eq!(rows("SortBy=DateCreated").await, oldest);
    assert_eq!(rows("Reverse=false").await, oldest);
    assert_eq!(rows("Reverse=false&SortBy=DateCreated:desc").await, made, "SortBy wins");
    assert_eq!(rows("SortBy=Body:asc&PageSize=2").await, made[..2]);
    for bad in ["SortBy=Shoe", "SortBy=Body:up", "SortBy=AccountSid"] {
        let reply = world.get(&world.child, &format!("{path}?{bad}")).await;
        assert_eq!(reply.refused(), (400, 20_416), "{bad}");
    }
}

#[tokio::test]
async fn a_parent_lists_the_tree_on_request() {
    let world = World::new().await;
    world.message(&world.child).await;
    world.message(&world.grandchild).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", world.child.sid());
    let count =
        async |query: &str| sids(&world, &world.child, &format!("{path}?{query}"), "messages").await.0.len();
    assert_eq!(
        (count("").await, count("SubAccounts=true").await, count("SubAccounts=FALSE").await),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn date_filters_cut_days_in_both_dialects() {
    let world = World::new().await;
    world.records(&world.child).await;
    let twilio = format!("/2010-04-01/Accounts/{}/Recordings.json", world.child.sid());
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Recordings.json", world.child.sid());
    for (path, query, count) in [
        (&twilio, "DateCreated=2026-11-23", 1),
        (&twilio, "DateCreated%3E=2026-11-24", 0),
        (&twilio, "DateCreated%3C=2026-11-23", 1),
        (&twilio, "DateCreated<=2026-11-22", 0),
        (&native, "StartTime=2026-11-23&EndTime=2026-11-23", 1),
        (&native, "StartTime=2026-11-24", 0),
        (&native, "StartTime>=2026-11-23T11:00:00Z", 1),
    ] {
        // The operator is sent as it is: a browser would encode it.
        let uri = format!("{path}?{}", query.replace('<', "%3C").replace('>', "%3E"));
        assert_eq!(sids(&world, &world.child, &uri, "recordings").await.0.len(), count, "{uri}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_page_size_walks_each_row_once(size in 1_u32..9) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let made = messages(&world, 6).await;
            for (base, member) in [("/2010-04-01", "Messages"), ("/restcomm/2012-04-24", "SMS/Messages")] {
                let mut seen = Vec::new();
                let mut next = Some(format!("{base}/Accounts/{}/{member}.json?PageSize={size}", world.child.sid()));
                while let Some(uri) = next {
                    let (rows, page) = sids(&world, &world.child, &uri, "messages").await;
                    seen.extend(rows);
                    next = page["next_page_uri"].as_str().map(str::to_owned);
                }
                assert_eq!(seen, made);
            }
        });
    }
}
