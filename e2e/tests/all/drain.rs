//! Stopping: politely, and at once.

use flexio_e2e::eventually;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

async fn talking() -> (Flexio, Web, String) {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Gather timeout="60"/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    (flexio, web, number)
}

async fn draining(flexio: &Flexio) {
    eventually("/health/ready says no", || async {
        let ready = flexio.rest.send("GET", "/health/ready", &[], &[]).await.ok()?;
        (ready.status == 503).then_some(())
    })
    .await;
}

#[tokio::test]
async fn after_sigterm_running_calls_finish_new_ones_are_refused_and_the_end_is_clean() {
    let (mut flexio, _web, number) = talking().await;
    let running = Sipp::new("caller").calls(flexio.sip, &number).pause(5_000).start();
    flexio.rest.wait_all("/Calls.json", "calls", 1, &["in-progress"]).await;
    flexio.signal("TERM");
    draining(&flexio).await;
    Sipp::new("refused").with("@STATUS@", "503").calls(flexio.sip, &number).succeed().await;
    running.succeed().await;
    assert_eq!(flexio.ended().await.code(), Some(0));
    flexio.serve().await;
    let calls = flexio.rest.get("/Calls.json").await["calls"].as_array().unwrap().clone();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let seconds: u32 = calls[0]["duration"].as_str().unwrap().parse().unwrap();
    assert_eq!((calls[0]["status"].as_str(), seconds >= 4), (Some("completed"), true), "{calls:?}");
}

#[tokio::test]
async fn a_second_sigterm_ends_everything_at_once_and_the_records_are_whole() {
    let (mut flexio, _web, number) = talking().await;
    let running = Sipp::new("listener").calls(flexio.sip, &number).start();
    flexio.rest.wait_all("/Calls.json", "calls", 1, &["in-progress"]).await;
    flexio.signal("TERM");
    draining(&flexio).await;
    assert!(flexio.is_running(), "it waits for the call");
    flexio.signal("TERM");
    assert_eq!(flexio.ended().await.code(), Some(0));
    running.succeed().await;
    flexio.serve().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    assert!(calls[0]["status"] == "completed" && calls[0]["price"].is_string(), "{calls:?}");
    assert!(!flexio.log().contains("closed_after_crash"), "the record was written before the end, not after");
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&"0.000000".into(), &0.into(), &0.into())
    );
}
