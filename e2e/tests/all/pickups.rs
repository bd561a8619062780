//! Calls that are taken over by a SIP peer that is not ours (RFC 3891).

use flexio_e2e::audio::silence;
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Setup;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";

/// The value of a header in what sipp has written down, such as `Call-ID: `.
fn header<'a>(messages: &'a str, name: &str) -> Option<&'a str> {
    let line = messages.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}

#[tokio::test]
async fn a_call_that_rings_is_picked_up_from_elsewhere_and_its_phone_is_told_why_it_stops() {
    let rings = Sipp::new("ringing").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &rings.address()).start().await;
    let web = Web::start().await;
    web.verbs("/voice", &format!(r#"<Dial action="{}"><Number>{FRIEND}</Number></Dial>"#, web.url("/over")));
    web.verbs("/over", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    let dialog = eventually("it rings", || async {
        let seen = rings.messages();
        seen.contains("180 Ringing").then_some(())?;
        let (id, from) = (header(&seen, "Call-ID: ")?, header(&seen, "From: ")?);
        let tag = from.split(";tag=").nth(1)?.split(';').next()?;
        Some(format!("{id};to-tag={tag};from-tag=1;early-only"))
    })
    .await;
    let picker = Sipp::new("picker").with("@REPLACES@", &dialog).pause(1_500);
    picker.calls(flexio.sip, &number).succeed().await;
    let seen = rings.succeed().await;
    let cancel = seen.split("CANCEL sip:").nth(1).unwrap_or_default();
    assert!(header(cancel, "Reason: ").is_some_and(|reason| reason.contains("cause=200")), "{cancel}");
    // The two were joined: the end of one is the end of the other.
    phone.event("CALL_CLOSED").await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 3, OVER).await;
    let of = |status: &str| calls.iter().filter(|call| call["status"] == status).count();
    assert_eq!((of("completed"), of("canceled")), (2, 1), "{calls:?}");
    assert!(web.asked("/over").is_empty(), "the document is left");
}
