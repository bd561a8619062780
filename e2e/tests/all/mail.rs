//! E-mail through a mail server that is not ours, its signatures judged by a verifier that is not ours.

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::mail::MailServer;
use flexio_e2e::web::Web;
use serde_json::{Value, json};

async fn send(flexio: &Flexio, form: &[(&str, &str)]) -> String {
    let sent = flexio.rest.post_at(&flexio.rest.native("/Email/Messages.json"), form).await.ok();
    assert_eq!(sent["status"], "queued", "{sent}");
    sent["sid"].as_str().unwrap().to_owned()
}

/// The e-mail, once it is over.
async fn outcome(flexio: &Flexio, sid: &str) -> Value {
    eventually("the e-mail is over", || async {
        let path = flexio.rest.native(&format!("/Email/Messages/{sid}.json"));
        let email = flexio.rest.get_at(&path).await.ok();
        (email["status"] != "queued").then_some(email)
    })
    .await
}

fn head(email: &Value, name: &str) -> usize {
    let (head, _) = email["text"].as_str().unwrap().split_once("\r\n\r\n").unwrap();
    head.split("\r\n").filter(|line| line.starts_with(&format!("{name}:"))).count()
}

#[tokio::test]
async fn an_email_is_signed_encrypted_and_decided_for_each_recipient() {
    let server = MailServer::start().await;
    let flexio = Setup::default().config(&server.settings()).start().await;
    let sid = send(
        &flexio,
        &[
            ("From", "Zoë <info@acme.test>"),
            ("To", "ann@example.test, nobody@example.test, later@example.test"),
            ("BCC", "eve@example.test"),
            ("Subject", "Één  bestelling"),
            ("Body", "Dag Ann,\n\n.\nUw bestelling  is onderweg: €5. \n\n\n"),
        ],
    )
    .await;
    let over = outcome(&flexio, &sid).await;
    assert_eq!((&over["status"], &over["error_code"]), (&json!("partially_sent"), &json!(20_443)), "{over}");
    let states: Vec<_> = over["recipients"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(states, ["accepted", "refused", "accepted", "accepted"]);
    assert!(over["recipients"][1]["reason"].as_str().unwrap().starts_with("550 5.1.1"), "{over}");

    let taken = server.taken(2).await;
    assert_eq!(taken[0]["to"], json!(["ann@example.test", "eve@example.test"]));
    assert_eq!(taken[1]["to"], json!(["later@example.test"]), "only who still waited");
    for email in &taken {
        for (name, value) in [("tls", true), ("authenticated", true), ("dkim", true), ("altered", false)] {
            assert_eq!(email[name], value, "{name} in {email}");
        }
        assert_eq!((head(email, "Bcc"), head(email, "DKIM-Signature"), head(email, "Message-ID")), (0, 1, 1));
        assert!(email["text"].as_str().unwrap().contains(&format!("<{sid}@acme.test>")));
    }

    let other = send(
        &flexio,
        &[
            ("From", "info@shop.test"),
            ("To", "ann@example.test"),
            ("Subject", "x"),
            ("Body", "<b>x</b>"),
            ("Type", "text/html"),
        ],
    )
    .await;
    assert_eq!(outcome(&flexio, &other).await["status"], "sent");
    let third = &server.taken(3).await[2];
    assert_eq!((&third["dkim"], &third["altered"]), (&json!(true), &json!(false)), "Ed25519: {third}");
    assert!(third["text"].as_str().unwrap().contains("Content-Type: text/html"), "{third}");
}

#[tokio::test]
async fn documents_send_email_and_recordings_go_with_it() {
    let server = MailServer::start().await;
    let web = Web::start().await;
    let flexio = Setup::default()
        .config(&format!("{}[outbound]\nallow_private_cidrs = [\"127.0.0.0/8\"]\n", server.settings()))
        .start()
        .await;
    let number = flexio.rest.rent(&[]).await;
    web.verbs(
        "/call",
            "<Email from=\"info@acme.test\" to=\"ann@example.test\" subject=\"Called\" action=\"/mailed\">Somebody called.</Email>",
    );
    web.verbs("/mailed", "<Pause length=\"1\"/><Hangup/>");
    let call = flexio
        .rest
        .post(
            "/Calls.json",
            &[("From", &number), ("To", "+32470123456"), ("Url", &web.url("/call")), ("Record", "true")],
        )
        .await;
    let asked = web.first("/mailed").await;
    assert!(asked.param("EmailSid").starts_with("EM"), "{asked:?}");
    assert_eq!(asked.param("EmailStatus"), "queued");
    let first = &server.taken(1).await[0];
    assert!(first["text"].as_str().unwrap().contains("Subject: Called\r\n"), "{first}");

    let call = call["sid"].as_str().unwrap();
    flexio.rest.wait_status(&format!("/Calls/{call}.json"), &["completed"]).await;
    let recording = flexio.rest.wait_all("/Recordings.json", "recordings", 1, &["completed"]).await.remove(0);
    let recording = recording["sid"].as_str().unwrap();
    let sid = send(
        &flexio,
        &[
            ("From", "info@acme.test"),
            ("To", "ann@example.test"),
            ("Subject", "Voicemail"),
            ("Body", "See the attachment."),
            ("RecordingSid", recording),
        ],
    )
    .await;
    assert_eq!(outcome(&flexio, &sid).await["status"], "sent");
    let second = &server.taken(2).await[1];
    assert_eq!(second["dkim"], true);
    let text = second["text"].as_str().unwrap();
    let part = text.split("Content-Disposition: attachment;").nth(1).expect("an attachment");
    let (head, content) = part.split_once("\r\n\r\n").unwrap();
    // A long name comes in pieces (RFC 2231 §3).
    let name: String = head.split('"').skip(1).step_by(2).collect();
    assert_eq!(name, format!("{recording}.wav"), "{head}");
    assert!(
        content.starts_with("UklGR"),
        "a WAV file begins with RIFF: {}",
        &content[..content.len().min(80)]
    );
}

#[tokio::test]
async fn an_email_of_a_document_has_what_its_attributes_say_and_its_outcome_is_told() {
    let (server, web) = (MailServer::start().await, Web::start().await);
    let flexio = Setup::default()
        .config(&format!("{}[outbound]\nallow_private_cidrs = [\"127.0.0.0/8\"]\n", server.settings()))
        .start()
        .await;
    let number = flexio.rest.rent(&[]).await;
    web.verbs("/call", r#"<Record maxLength="2" playBeep="false" action="/left"/>"#);
    let call =
        [("From", number.as_str()), ("To", "+32470123456"), ("Url", &web.url("/call")), ("Method", "GET")];
    flexio.rest.post("/Calls.json", &call).await;
    let left = web.first("/left").await;
    let recording = left.param("RecordingSid");
    flexio.rest.wait_status(&format!("/Recordings/{recording}.json"), &["completed"]).await;
    web.verbs(
        "/mail",
        &format!(
            r#"<Email from="info@acme.test" to="ann@example.test" cc="bob@example.test" bcc="eve@example.test" subject="Voicemail"
               contentType="text/html" attachRecording="{recording}" action="/mailed" method="GET"
               statusCallback="/news" statusCallbackMethod="GET">&lt;b&gt;A message&lt;/b&gt;</Email>"#
        ),
    );
    web.verbs("/mailed", "<Hangup/>");
    let call = [("From", number.as_str()), ("To", "+32470123456"), ("Url", &web.url("/mail"))];
    flexio.rest.post("/Calls.json", &call).await;
    let mailed = web.first("/mailed").await;
    assert_eq!((&*mailed.method, mailed.param("EmailStatus")), ("GET", "queued"), "{mailed:?}");
    let news = web.first("/news").await;
    assert_eq!((&*news.method, news.param("EmailStatus")), ("GET", "sent"), "{news:?}");
    let taken = &server.taken(1).await[0];
    let mut to: Vec<&str> = taken["to"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    to.sort_unstable();
    assert_eq!(to, ["ann@example.test", "bob@example.test", "eve@example.test"]);
    let text = taken["text"].as_str().unwrap();
    assert!(text.contains("Subject: Voicemail\r\n") && text.contains("Content-Type: text/html"), "{text}");
    assert!(head(taken, "Cc") == 1 && !text.contains("eve@"), "who gets a blind copy is not told: {text}");
    assert!(text.contains("Content-Disposition: attachment;") && text.contains("UklGR"), "{text}");
}

#[tokio::test]
async fn an_email_survives_a_kill_and_a_mail_server_that_was_not_there() {
    let server = MailServer::start().await;
    let settings = server.settings();
    let closed = settings.replace("port = ", "port = 1 # ");
    let mut flexio = Setup::default().config(&closed).start().await;
    let form = [
        ("From", "info@acme.test"),
        ("To", "ann@example.test"),
        ("Subject", "x"),
        ("Body", "A secret word."),
    ];
    let sid = send(&flexio, &form).await;
    eventually("a try that failed", || async {
        let path = flexio.rest.native(&format!("/Email/Messages/{sid}.json"));
        flexio.rest.get_at(&path).await.ok()["error_message"].is_string().then_some(())
    })
    .await;
    flexio.kill().await;
    let database = std::fs::read(flexio.data().join("flexio.db")).unwrap();
    let secret = b"A secret word.";
    assert!(database.windows(secret.len()).all(|window| window != secret), "the text is sealed");
    let config = flexio.folder().join("flexio.toml");
    std::fs::write(&config, format!("[sandbox]\nenabled = true\n{settings}")).unwrap();
    flexio.serve().await;
    assert_eq!(outcome(&flexio, &sid).await["status"], "sent");
    assert!(server.taken(1).await[0]["text"].as_str().unwrap().contains("A secret word."));
}

#[tokio::test]
async fn a_code_goes_by_email_in_both_apis_and_is_nowhere_afterwards() {
    let server = MailServer::start().await;
    let flexio = Setup::default().config(&server.settings()).start().await;
    let service =
        flexio.rest.post_at("/v2/Services", &[("FriendlyName", "Acme"), ("CodeLength", "10")]).await.ok();
    let service = format!("/v2/Services/{}", service["sid"].as_str().unwrap());
    let form = [("To", "ann@example.test"), ("Channel", "email"), ("Locale", "nl")];
    let started = flexio.rest.post_at(&format!("{service}/Verifications"), &form).await.ok();
    assert_eq!((&started["channel"], &started["status"]), (&json!("email"), &json!("pending")), "{started}");
    let email = &server.taken(1).await[0];
    assert_eq!((&email["from"], &email["dkim"]), (&json!("noreply@acme.test"), &json!(true)));
    let text = email["text"].as_str().unwrap();
    assert!(text.contains("Subject: Uw verificatiecode voor Acme\r\n"), "{text}");
    let code = text.split("Uw verificatiecode voor Acme is: ").nth(1).expect("our words");
    let code: String = code.chars().take_while(char::is_ascii_digit).collect();
    assert_eq!(code.len(), 10);
    let check = [("To", "ann@example.test"), ("Code", code.as_str())];
    let checked = flexio.rest.post_at(&format!("{service}/VerificationCheck"), &check).await.ok();
    assert_eq!((&checked["status"], &checked["valid"]), (&json!("approved"), &json!(true)));
    let emails = flexio.rest.native("/Email/Messages.json");
    eventually("the e-mail is over", || async {
        (flexio.rest.get_at(&emails).await.ok()["emails"][0]["status"] == "sent").then_some(())
    })
    .await;
    flexio.is_nowhere(&code);
    let usage = flexio.rest.get_at("/2fa/usage/records").await.ok();
    assert_eq!(usage[0]["count"], 1, "{usage}");
}

#[tokio::test]
async fn emails_go_over_one_connection_and_one_the_server_closed_costs_no_try() {
    let server = MailServer::start().await;
    let flexio = Setup::default().config(&server.settings()).start().await;
    for (number, to) in ["ann@example.test", "bob@example.test", "hangup@example.test", "eve@example.test"]
        .into_iter()
        .enumerate()
    {
        let form = [("From", "info@acme.test"), ("To", to), ("Subject", "x"), ("Body", "x")];
        let sid = send(&flexio, &form).await;
        assert_eq!(outcome(&flexio, &sid).await["status"], "sent");
        server.taken(number + 1).await;
    }
    let connections: Vec<Value> =
        server.taken(4).await.iter().map(|email| email["connection"].clone()).collect();
    assert_eq!((&connections[0], &connections[1]), (&connections[1], &connections[2]));
    assert_ne!(connections[2], connections[3], "the server had closed it");
    let metrics = flexio.rest.get_at("/metrics").await.text();
    assert!(metrics.contains("email_recipients_total{outcome=\"accepted\"} 4"), "{metrics}");
    assert!(!metrics.contains("email_recipients_total{outcome=\"later\"}"), "no try failed");
}
