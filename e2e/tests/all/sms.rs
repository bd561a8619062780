//! Messages with an SMSC on the other side.

use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::Web;
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";

async fn platform(smsc: &Smsc) -> Flexio {
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    flexio
}

#[tokio::test]
async fn a_long_message_goes_in_segments_is_delivered_tells_its_states_and_costs_three() {
    let smsc = Smsc::start(50).await;
    let (flexio, web) = (platform(&smsc).await, Web::start().await);
    let number = flexio.rest.rent(&[]).await;
    // 150 UTF-16 units beyond GSM 03.38: 67 a segment.
    let body: String = "Zażółć gęślą jaźń ".chars().cycle().take(150).collect();
    let form =
        [("From", number.as_str()), ("To", PERSON), ("Body", &body), ("StatusCallback", &web.url("/status"))];
    let sent = flexio.rest.post("/Messages.json", &form).await;
    assert_eq!(sent["num_segments"], "3", "{sent}");
    let path = format!("/Messages/{}.json", sent["sid"].as_str().unwrap());
    let message = flexio.rest.wait_status(&path, &["delivered", "undelivered", "failed"]).await;
    assert_eq!(
        (message["status"].as_str(), message["price"].as_str()),
        (Some("delivered"), Some("-0.28500"))
    );

    let submits = smsc.submits();
    let headers: Vec<&str> = submits.iter().map(|submit| submit["udh"].as_str().unwrap()).collect();
    let reference = &headers[0][..headers[0].len() - 4];
    let expected: Vec<String> = (1..=3).map(|part| format!("{reference}03{part:02x}")).collect();
    assert_eq!(headers, expected, "one reference, three parts in order");
    // The peer shows the elements of the header, without its length (3GPP TS 23.040 §9.2.3.24).
    assert!(reference.starts_with("0003") || reference.starts_with("0804"), "{reference}");
    let text: String = submits.iter().map(|submit| submit["text"].as_str().unwrap()).collect();
    assert_eq!(text, body);
    for submit in &submits {
        assert_eq!(
            (submit["data_coding"].as_i64(), submit["to"].as_str()),
            (Some(8), Some(&PERSON[1..])),
            "{submit}"
        );
        assert_eq!(submit["esm_class"].as_i64().unwrap() & 0x40, 0x40, "{submit}");
    }

    let told = web.wait("/status", |all| all.iter().any(|r| r.param("MessageStatus") == "delivered")).await;
    let states: Vec<&str> = told.iter().map(|request| request.param("MessageStatus")).collect();
    let order = ["queued", "sending", "sent", "delivered"];
    let places: Vec<usize> = states.iter().map(|s| order.iter().position(|o| o == s).expect(s)).collect();
    assert!(places.is_sorted_by(|a, b| a < b), "no state twice, none backwards: {states:?}");
    assert!(
        states.contains(&"sent") && told.iter().all(|r| r.param("MessageSid") == sent["sid"]),
        "{states:?}"
    );
}

#[tokio::test]
async fn who_wants_to_hear_of_the_end_only_is_asked_once() {
    let smsc = Smsc::start(50).await;
    let (flexio, web) = (platform(&smsc).await, Web::start().await);
    let number = flexio.rest.rent(&[]).await;
    let form = [
        ("From", number.as_str()),
        ("To", PERSON),
        ("Body", "Tot straks"),
        ("StatusCallback", &web.url("/end")),
        ("StatusCallbackEvent", "delivered undelivered"),
        ("StatusCallbackEvent", "failed"),
    ];
    flexio.rest.post("/Messages.json", &form).await;
    let told = web.wait("/end", |all| !all.is_empty()).await;
    // Those of one message come in order: what came before it would be here.
    let states: Vec<&str> = told.iter().map(|request| request.param("MessageStatus")).collect();
    assert_eq!(states, ["delivered"]);
}

#[tokio::test]
async fn refused_undelivered_and_expired_messages_say_why_and_cost_what_the_carrier_took() {
    let smsc = Smsc::start(20).await;
    let flexio = platform(&smsc).await;
    let number = flexio.rest.rent(&[]).await;
    let cases = [
        ("+32470119001", "delivered", Value::Null, "-0.09500"),
        ("+32470119004", "failed", json!(30_005), "-0.00000"),
        ("+32470119005", "undelivered", json!(30_008), "-0.09500"),
        ("+32470119008", "delivered", Value::Null, "-0.09500"),
        ("+32470119007", "delivered", Value::Null, "-0.09500"),
    ];
    for (to, status, error, price) in cases {
        let sent =
            flexio.rest.post("/Messages.json", &[("From", number.as_str()), ("To", to), ("Body", "x")]).await;
        let path = format!("/Messages/{}.json", sent["sid"].as_str().unwrap());
        let message = flexio.rest.wait_status(&path, &["delivered", "undelivered", "failed"]).await;
        assert_eq!(
            (message["status"].as_str(), &message["error_code"]),
            (Some(status), &error),
            "{to}: {message}"
        );
        let paid = message["price"].as_str().unwrap_or("0").trim_start_matches('-').parse::<f32>().unwrap();
        assert_eq!(paid.to_string(), price[1..].parse::<f32>().unwrap().to_string(), "{to}: {message}");
    }
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&"0.000000".into(), &0.into(), &0.into())
    );
}

#[tokio::test]
async fn an_incoming_message_reaches_the_application_and_its_reply_leaves() {
    let mut smsc = Smsc::start(20).await;
    let (flexio, web) = (platform(&smsc).await, Web::start().await);
    web.verbs("/sms", "<Message>Merci à vous</Message>");
    let number = flexio.rest.rent(&[("SmsUrl", &web.url("/sms"))]).await;
    let text = "A long question. ".repeat(12);
    smsc.tell(&json!({"mo": {"from": &PERSON[1..], "to": &number[1..], "text": text}})).await;
    let asked = web.first("/sms").await;
    assert_eq!(
        (asked.param("From"), asked.param("To"), asked.param("Body")),
        (PERSON, number.as_str(), text.as_str())
    );
    assert_eq!((asked.param("SmsStatus"), asked.param("NumMedia")), ("received", "0"));
    let reply = smsc.wait("the reply", |all| all.iter().find(|e| e["event"] == "submit").cloned()).await;
    assert_eq!(
        (reply["to"].as_str(), reply["from"].as_str()),
        (Some(&PERSON[1..]), Some(&number[1..])),
        "{reply}"
    );
    let rows =
        flexio.rest.wait_all("/Messages.json", "messages", 2, &["received", "delivered", "sent"]).await;
    let of = |direction: &str| {
        rows.iter().find(|m| m["direction"] == direction).unwrap_or_else(|| panic!("{rows:?}"))
    };
    assert_eq!(
        (of("inbound")["num_segments"].as_str(), of("outbound-reply")["body"].as_str()),
        (Some("2"), Some("Merci à vous"))
    );
    assert_eq!(web.asked("/sms").len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_under_load_loses_no_message_and_repeats_none() {
    let mut smsc = Smsc::start(20).await;
    let flexio = platform(&smsc).await;
    let number = flexio.rest.rent(&[]).await;
    for n in 0..40 {
        if n % 10 == 5 {
            smsc.tell(&json!({"cut": true})).await;
        }
        let body = format!("Cut {n}.");
        flexio
            .rest
            .post("/Messages.json", &[("From", number.as_str()), ("To", PERSON), ("Body", &body)])
            .await;
    }
    let rows = flexio.rest.messages_at_rest().await;
    assert_eq!(rows.len(), 40);
    let submits = smsc.submits();
    for row in rows {
        let times = submits.iter().filter(|submit| submit["text"] == row["body"]).count();
        assert!(times <= 1, "sent {times} times: {row}");
        match row["status"].as_str().unwrap() {
            "sent" | "delivered" => assert_eq!(times, 1, "never left: {row}"),
            // Cut off before the answer: nobody knows, and it is not tried again.
            "sending" => {}
            _ => assert_eq!(row["error_code"], 30_008, "{row}"),
        }
    }
}

#[tokio::test]
async fn the_command_line_says_which_route_a_message_would_take_and_why() {
    let route = |name: &str, rules: &str| {
        format!(
            "[[smpp_route]]\nname = \"{name}\"\nhost = \"127.0.0.1\"\nport = 9\nsystem_id = \"a\"\n{rules}\n"
        )
    };
    let routes = [
        route("be", "prefixes = [\"+32\"]\nclasses = [\"transactional\"]"),
        route("world", "cost_micros = 40000"),
        route("day", "hours = \"08:00-20:00\"\ncost_micros = 30000"),
    ];
    let flexio = Setup::default().config(&routes.concat()).start().await;
    let ask = async |arguments: &[&str]| {
        let output = flexio.run(&[&["smpp", "routes", "--json", "--to", PERSON], arguments].concat()).await;
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let choices = told["routes"].as_array().unwrap().iter().map(|route| route["choice"].clone());
        choices.map(|choice| choice.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // By the clock of Brussels: in the evening, and at noon.
    let evening = ask(&["--at", "2026-11-27T20:00:00Z"]).await;
    assert_eq!(evening[0], "takes it");
    assert_eq!(evening[1], "number 2, by its prefix: if those before it are down");
    assert_eq!(evening[2], "does not take it: it is outside of its hours");
    let marketing = ask(&["--at", "2026-11-27T11:00:00Z", "--class", "marketing", "--from", "Acme"]).await;
    assert_eq!(marketing[0], "does not take it: classes has not got the message's");
    assert_eq!(marketing[1], "number 2, by its cost: if those before it are down");
    assert_eq!(marketing[2], "takes it");
}

#[tokio::test]
async fn a_flash_message_says_so_in_its_coding_and_a_route_of_the_fifth_edition_binds() {
    let smsc = Smsc::start(20).await;
    let settings = format!("{}smpp_version = \"5.0\"\n", smsc.route());
    let flexio = Setup::default().config(&settings).start().await;
    smsc.bound().await;
    let number = flexio.rest.rent(&[]).await;
    for (body, flash, coding) in [("At once", "true", 0x10), ("Zażółć", "true", 0x18), ("Kept", "false", 0)]
    {
        let form = [("From", number.as_str()), ("To", PERSON), ("Body", body), ("Flash", flash)];
        let sent = flexio.rest.post("/Messages.json", &form).await;
        assert_eq!(sent["flash"], if flash == "true" { json!(true) } else { Value::Null });
        let of_text =
            |all: &[Value]| all.iter().find(|e| e["event"] == "submit" && e["text"] == body).cloned();
        let submit = smsc.wait("the text", of_text).await;
        assert_eq!(submit["data_coding"], coding, "{submit}");
    }
}
