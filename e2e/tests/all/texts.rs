//! Texts to phones and from them (RFC 3428), with phones that nobody here wrote: baresip reads, sipp writes.

use flexio_e2e::audio::silence;
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

const PASSWORD: &str = "Correct-Horse-9-Battery";
const PCMA: &str = "audio_codecs=PCMA/8000/1";

async fn phones(users: &[&str]) -> Flexio {
    // These peers know MD5 alone.
    let flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    for user in users {
        let form = [("Login", *user), ("Password", PASSWORD)];
        flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
    }
    flexio
}

#[tokio::test]
async fn a_text_to_a_client_is_read_at_its_phone_and_one_to_an_absent_client_waits_for_it() {
    let (flexio, web) = (phones(&["alice", "bob"]).await, Web::start().await);
    let number = flexio.rest.rent(&[]).await;
    let alice = Baresip::register("alice", PASSWORD, &flexio.sip.to_string(), &silence(1_000), PCMA).await;
    let (body, callback) = ("Dag Alice, tot zo", web.url("/status"));
    let form =
        [("From", number.as_str()), ("To", "client:alice"), ("Body", body), ("StatusCallback", &callback)];
    let sent = flexio.rest.post("/Messages.json", &form).await;
    assert_eq!(sent["num_segments"], "1", "{sent}");
    let path = format!("/Messages/{}.json", sent["sid"].as_str().unwrap());
    let read = eventually("the phone has the text", || async {
        let message = flexio.rest.get(&path).await;
        (message["status"] == "delivered").then_some(message)
    })
    .await;
    assert_eq!(read["price"], "0.00000", "{read}");
    eventually("the text is shown", || async { alice.shown().contains(body).then_some(()) }).await;
    let states = eventually("its states are told", || async {
        let asked = web.asked("/status");
        let states: Vec<_> = asked.iter().map(|asked| asked.param("MessageStatus").to_owned()).collect();
        states.contains(&"delivered".to_owned()).then_some(states)
    })
    .await;
    assert!(
        states.iter().all(|state| ["sending", "sent", "delivered"].contains(&state.as_str())),
        "{states:?}"
    );

    // Bob's phone is switched on later, as the classic API says it.
    let form = [("From", number.as_str()), ("To", "client:bob"), ("Body", "Dag Bob")];
    let path = flexio.rest.native("/SMS/Messages.json");
    let waiting = flexio.rest.post_at(&path, &form).await.ok();
    assert_eq!(waiting["status"], "sending", "{waiting}");
    let bob = Baresip::register("bob", PASSWORD, &flexio.sip.to_string(), &silence(1_000), PCMA).await;
    eventually("it is read once the phone is there", || async {
        bob.shown().contains("Dag Bob").then_some(())
    })
    .await;
    assert_eq!(bob.shown().matches("Dag Bob").count(), 1, "{}", bob.shown());
}

#[tokio::test]
async fn what_a_phone_writes_starts_the_application_of_the_number_and_the_answer_goes_back_to_it() {
    let (flexio, web) = (phones(&["bob"]).await, Web::start().await);
    web.verbs("/sms", "<Message>Thank you, Bob</Message>");
    let number = flexio.rest.rent(&[("SmsUrl", &web.url("/sms"))]).await;
    let bob = Baresip::register("bob", PASSWORD, &flexio.sip.to_string(), &silence(1_000), PCMA).await;
    let writer = |password: &str, to: &str, status: &str| {
        let sipp = Sipp::new("writer").with("@PASSWORD@", password).with("@STATUS@", status);
        sipp.calls(flexio.sip, to).proves_for(to, flexio.sip)
    };
    writer(PASSWORD, &number, "200").succeed().await;
    let asked =
        eventually("the application is asked", || async { web.asked("/sms").into_iter().next() }).await;
    for (name, value) in [
        ("From", "client:bob"),
        ("To", number.as_str()),
        ("Body", "Hello from a phone"),
        ("SipHeader_X-Mood", "good"),
        ("SmsStatus", "received"),
    ] {
        assert_eq!(asked.param(name), value, "{name}");
    }
    eventually("the answer is shown", || async { bob.shown().contains("Thank you, Bob").then_some(()) })
        .await;
    // Whoever is not Bob, and whom Bob may not write to.
    writer("wrong", &number, "403").succeed().await;
    writer(PASSWORD, "+3225550000", "404").succeed().await;
    let rows = flexio.rest.get("/Messages.json").await;
    let kept = rows["messages"].as_array().unwrap();
    assert_eq!(kept.iter().filter(|row| row["direction"] == "inbound").count(), 1, "{rows}");
}
