//! Whatever comes, the answer is a refusal in the dialect that was asked, and never a failure.

use axum::body::Body;
use http::Request;
use proptest::prelude::*;

use super::world::World;

/// Paths that come near real ones.
fn near_a_path() -> impl Strategy<Value = String> {
    let base = prop_oneof!["/2010-04-01", "/restcomm/2012-04-24", "/api/2012-04-24", "/2012-04-24"];
    let collection = prop_oneof![
        Just("Calls".to_owned()),
        Just("SMS/Messages".to_owned()),
        Just("Messages".to_owned()),
        Just("IncomingPhoneNumbers".to_owned()),
        Just("Usage/Records".to_owned()),
        Just("Recordings".to_owned()),
        "[%a-zA-Z0-9./_-]{0,20}",
    ];
    (base, collection, "(/[%A-Za-z0-9._~!$&'()*+,;=:@-]{0,40})?", "(\\.json|\\.xml|\\.wav|)").prop_map(
        |(base, collection, rest, suffix)| format!("{base}/Accounts/@SID@/{collection}{rest}{suffix}"),
    )
}

fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "(Page|PageSize|PageToken|AfterSid|SortBy|StartTime|StartTime%3C|To|From|Status|Category|StartDate|EndDate|DryRun|Body|Log)",
        "[A-Za-z0-9%._-]{0,10}",
    ];
    let value = prop_oneof!["[A-Za-z0-9%+:._-]{0,30}", "%00", "%FF%FE", "-[0-9]{1,12}days", "[0-9]{1,25}"];
    proptest::collection::vec((name, value), 0..6).prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]
    #[test]
    fn garbage_is_refused_in_the_dialect_that_was_asked(
        requests in proptest::collection::vec(
            (prop_oneof!["GET", "POST", "PUT", "DELETE", "PATCH"], near_a_path(), query(), proptest::collection::vec(any::<u8>(), 0..80)),
            1..40,
        )
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            for (method, path, query, body) in requests {
                let path = path.replace("@SID@", &world.root.sid());
                let uri = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
                let Ok(uri) = uri.parse::<http::Uri>() else { continue };
                one(&world, &method, uri, body).await;
            }
        });
    }
}

async fn one(world: &World, method: &str, uri: http::Uri, body: Vec<u8>) {
    use base64::Engine as _;
    let (user, token) = world.root.credentials();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{token}"));
    let request = Request::builder()
        .method(method)
        .uri(uri.clone())
        .header("authorization", format!("Basic {basic}"))
        .body(Body::from(body))
        .unwrap();
    let reply = world.exchange(request).await;
    assert!(reply.status < 500, "{method} {uri} answered {} {}", reply.status, reply.body);
    if reply.status < 400 {
        return;
    }
    match reply.header("content-type") {
        "application/json" => {
            let json = reply.json();
            assert_eq!(json["status"], reply.status, "{uri}");
            assert!(json["code"].is_u64() && json["message"].is_string() && json["more_info"].is_string());
        }
        "application/xml" => {
            let root = if uri.path().starts_with("/2010-04-01") { "Twilio" } else { "Restcomm" };
            assert!(reply.body.starts_with(&format!("<{root}Response>")), "{uri} {}", reply.body);
            assert!(reply.body.contains("<Code>") && reply.body.contains("<Message>"));
        }
        other => panic!("{uri} answered {} as {other:?}", reply.status),
    }
}
