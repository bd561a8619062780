//! Media streams with voice agents on the WebSocket libraries that such agents use.

use flexio_e2e::agent::{Agent, Kind};
use flexio_e2e::audio::{heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::web::Web;

async fn converse(kind: Kind) {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let agent = Agent::start(kind, &flexio.rest.token).await;
    let stream = format!(
        r#"<Stream url="{}" statusCallback="{}"><Parameter name="who" value="me"/></Stream>"#,
        agent.url,
        web.url("/news")
    );
    web.verbs("/voice", &format!(r#"<Connect action="{}">{stream}</Connect>"#, web.url("/after")));
    web.verbs("/after", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start("+32470123456", &tone(1_000.0, 60_000)).await;
    phone.call(&number, flexio.sip).await;
    assert_eq!(agent.event("upgrade").await["signed"], true, "the SDK's own check of the signature");
    let start = agent.event("start").await;
    assert_eq!(start["start"]["customParameters"]["who"], "me");
    assert_eq!(agent.event("mark").await["mark"]["name"], "two seconds");
    phone.press("9").await;
    assert_eq!(agent.event("dtmf").await["dtmf"]["digit"], "9");
    assert_eq!(web.first("/after").await.param("StreamEvent"), "stream-stopped");
    phone.event("CALL_CLOSED").await;
    let heard = heard_ms(&phone.heard().await, 1_000.0);
    assert!(heard >= 1_700, "the caller hears two seconds of himself: {heard} ms");
    let news = web.wait("/news", |all| all.len() == 2).await;
    let events: Vec<&str> = news.iter().map(|request| request.param("StreamEvent")).collect();
    assert_eq!(events, ["stream-started", "stream-stopped"]);
    let sid = start["streamSid"].as_str().expect("a sid");
    assert!(news.iter().all(|request| request.param("StreamSid") == sid && sid.starts_with("MZ")));
}

#[tokio::test]
async fn an_agent_on_npm_ws_hears_and_speaks() {
    converse(Kind::Node).await;
}

#[tokio::test]
async fn an_agent_on_python_websockets_hears_and_speaks() {
    converse(Kind::Python).await;
}
