//! Calls over bad networks, and with peers that vanish.

use flexio_e2e::audio::{self, heard_ms, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::relay::{Relay, Weather};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::Web;

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";
/// One of twenty packets is lost, the others come 20 to 60 ms late, out of order.
const BAD: Weather = Weather { loss_percent: 5, delay_ms: 20, jitter_ms: 40 };
const KEYS: &str = "1597530*8642086420135792468097531";

/// A phone calls and presses the keys; what the application was told.
async fn pressed(flexio: &Flexio, web: &Web, number: &str, caller: usize) -> String {
    let mut phone = Baresip::start(&format!("+3247012340{caller}"), &silence(1_000)).await;
    phone.call(number, flexio.sip).await;
    // Behind a NAT, which the relay is, nothing counts before flexio knows where the media comes from: a few packets.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    phone.press(KEYS).await;
    phone.event("CALL_CLOSED").await;
    let from = format!("+3247012340{caller}");
    let told = eventually("the keys are told", || async {
        web.asked("/pressed").into_iter().find(|request| request.param("From") == from)
    });
    told.await.param("Digits").to_owned()
}

#[tokio::test]
async fn keys_reach_the_application_over_a_network_that_loses_delays_and_reorders() {
    let relay = Relay::start(7, BAD).await;
    let (flexio, web) = (relay.before(Setup::default()).start().await, Web::start().await);
    let gather = format!(
        r#"<Gather action="{}" numDigits="{}" finishOnKey="" timeout="20"/>"#,
        web.url("/pressed"),
        KEYS.len()
    );
    web.verbs("/voice", &gather);
    web.verbs("/pressed", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let phones = [0, 1, 2, 3].map(|caller| pressed(&flexio, &web, &number, caller));
    let [one, two, three, four] = phones;
    let (one, two, three, four) = tokio::join!(one, two, three, four);
    for heard in [one, two, three, four] {
        assert_eq!(heard, KEYS);
    }
    let (came, lost) = relay.counts();
    assert!(came > 2_000 && (3..=7).contains(&(lost * 100 / came)), "{lost} of {came} packets lost");
}

#[tokio::test]
async fn a_recording_over_such_a_network_keeps_its_time() {
    let relay = Relay::start(11, BAD).await;
    let (flexio, web) = (relay.before(Setup::default()).start().await, Web::start().await);
    let record = format!(
        r#"<Record action="{}" maxLength="14" playBeep="false" timeout="15"/>"#,
        web.url("/recorded")
    );
    web.verbs("/voice", &record);
    web.verbs("/recorded", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let says = [silence(2_000), tone(1_000.0, 400), silence(9_600), tone(1_000.0, 400)].concat();
    let mut phone = Baresip::start(CALLER, &says).await;
    phone.call(&number, flexio.sip).await;
    let recorded = web.first("/recorded").await;
    phone.event("CALL_CLOSED").await;
    let sid = recorded.param("RecordingSid");
    flexio.rest.wait_status(&format!("/Recordings/{sid}.json"), &["completed"]).await;
    let file = flexio.rest.get_at(&flexio.rest.path(&format!("/Recordings/{sid}.wav"))).await;
    let samples = audio::parse(&file.body);
    let heard = heard_ms(&samples, 1_000.0);
    assert!((600..=900).contains(&heard), "{heard} ms of the tones");
    let loud: Vec<usize> = (0..samples.len()).filter(|at| samples[*at].unsigned_abs() > 3_000).collect();
    let gap = loud.windows(2).map(|pair| pair[1] - pair[0]).max().expect("there are sounds");
    // From the end of the one to the beginning of the other; a frame at each edge may be among the lost ones.
    assert!((gap / 8).abs_diff(9_600) <= 40, "{} ms apart instead of 9600", gap / 8);
    assert!(relay.counts().1 > 10, "{:?}", relay.counts());
}

/// Files and sockets that the process has open.
fn open_files(flexio: &Flexio) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", flexio.id())).expect("it runs").count()
}

#[tokio::test]
async fn peers_that_vanish_end_their_calls_and_nothing_stays_open() {
    let friend = Baresip::start(FRIEND, &silence(1_000)).await;
    let flexio = Setup::default()
        .set("media.silence_timeout_s", "2")
        .set("sandbox.carrier", &friend.address.to_string())
        .start()
        .await;
    let web = Web::start().await;
    web.verbs("/voice", &format!(r#"<Dial action="{}"><Number>{FRIEND}</Number></Dial>"#, web.url("/over")));
    web.verbs("/over", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    // What a first call opens for good, such as connections that are kept, is opened before anything is counted.
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    friend.event("CALL_ESTABLISHED").await;
    phone.hang_up().await;
    flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    let before = open_files(&flexio);
    // The caller is gone without a BYE, then whom he talks with.
    phone.call(&number, flexio.sip).await;
    flexio.rest.wait_all("/Calls.json?Status=in-progress", "calls", 2, &["in-progress"]).await;
    assert!(open_files(&flexio) > before, "each leg has sockets");
    drop(phone);
    flexio.rest.wait_all("/Calls.json", "calls", 4, OVER).await;
    friend.event("CALL_CLOSED").await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    flexio.rest.wait_all("/Calls.json?Status=in-progress", "calls", 2, &["in-progress"]).await;
    drop(friend);
    phone.event("CALL_CLOSED").await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 6, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
    let dialled = web.asked("/over");
    assert!(dialled.iter().any(|request| request.param("DialCallStatus") == "completed"), "{dialled:?}");
    eventually("what the calls had open is closed", || async {
        (open_files(&flexio) <= before).then_some(())
    })
    .await;
}
