//! Status callbacks: outcomes, signatures, and one dead receiver among others.

use std::time::{Duration, Instant};

use flexio_domain::HttpMethod;
use flexio_outbound::{
    CallbackOutcome, CallbackRequest, FetchError, Outbound, OutboundConfig, Payload, RetryReason, Signer,
    WireForm, standard_webhook_signature,
};
use jiff::Timestamp;

use crate::server::*;

async fn post(client: &Outbound, url: &str, payload: Payload<'_>) -> CallbackOutcome {
    let signer = Signer::new("12345").with_webhook_secrets(&["whsec_bmV3", "whsec_b2xk"]);
    let request = CallbackRequest {
        event_id: "evt_1",
        idempotency_token: "tok_1",
        url,
        method: HttpMethod::Post,
        payload,
        signer: &signer,
        wire: WireForm::Twiml,
        timeout: Some(Duration::from_secs(1)),
    };
    client.post_callback(request).await
}

#[tokio::test]
async fn each_answer_has_its_outcome() {
    let (client, params) = (open_client(), params());
    let status = |status| CallbackOutcome::Retry { reason: RetryReason::Status(status), after: None };
    let failed = |error| CallbackOutcome::Retry { reason: RetryReason::Failed(error), after: None };
    for (bytes, expected) in [
        (answer("204 No Content", "", ""), CallbackOutcome::Delivered { status: 204 }),
        (answer("410 Gone", "", ""), CallbackOutcome::Gone),
        (answer("500 Oops", "", ""), status(500)),
        (answer("404 Not Found", "", ""), status(404)),
        (redirect(302, "/elsewhere"), status(302)),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut".to_vec(),
            CallbackOutcome::Delivered { status: 200 },
        ),
        (Vec::new(), failed(FetchError::NoAnswer)),
    ] {
        let server = Server::fixed(bytes.clone()).await;
        let outcome = post(&client, &server.url("/"), Payload::Form(&params)).await;
        assert_eq!(outcome, expected, "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(server.requests().len(), 1, "one try, no redirect followed");
    }
    let busy = Server::fixed(answer("429 Slow", "Retry-After: 30\r\n", "")).await;
    let CallbackOutcome::Retry { after, .. } = post(&client, &busy.url("/"), Payload::Form(&params)).await
    else {
        panic!()
    };
    assert_eq!(after.unwrap().as_secs(), 30);
    let hanging = Server::start(|_, _| vec![Step::Hang]).await;
    assert_eq!(post(&client, &hanging.url("/"), Payload::Form(&params)).await, failed(FetchError::Timeout));
    let refused = post(&client_allowing(&[]), &busy.url("/"), Payload::Form(&params)).await;
    assert_eq!(refused, CallbackOutcome::Refused(FetchError::NotAllowed));
}

#[tokio::test]
async fn an_event_carries_id_time_and_a_signature_by_each_secret_over_the_raw_body() {
    let server = Server::fixed(answer("200 OK", "", "")).await;
    post(&open_client(), &server.url("/"), Payload::Form(&params())).await;
    let request = &server.requests()[0];
    let body = request.split("\r\n\r\n").nth(1).unwrap().as_bytes();
    let got = |name| header(request, name).unwrap();
    let at = Timestamp::from_second(got("webhook-timestamp").parse().unwrap()).unwrap();
    let expected = [b"new".as_slice(), b"old"].map(|key| standard_webhook_signature(key, "evt_1", at, body));
    assert_eq!(got("webhook-signature"), expected.join(" "));
    assert_eq!(
        (got("webhook-id"), got("i-twilio-idempotency-token")),
        ("evt_1".to_owned(), "tok_1".to_owned())
    );
}

#[tokio::test]
async fn a_json_body_is_tied_to_the_url() {
    let server = Server::fixed(answer("200 OK", "", "")).await;
    post(&open_client(), &server.url("/a?b=c"), Payload::Json(br#"{"property": "value", "boolean": true}"#))
        .await;
    let request = &server.requests()[0];
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    assert!(request.starts_with(&format!("POST /a?b=c&bodySHA256={hash} HTTP/1.1")), "{request}");
    assert_eq!(header(request, "content-type").unwrap(), "application/json");
}

#[tokio::test]
async fn a_dead_receiver_does_not_delay_the_others() {
    let config = OutboundConfig {
        allow_private_cidrs: vec!["127.0.0.0/8".parse().unwrap()],
        in_flight_max: 40,
        in_flight_per_host_max: 16,
        ..OutboundConfig::default()
    };
    let client = Outbound::new(config).unwrap();
    let dead = Server::start(|_, _| vec![Step::Hang]).await;
    let alive = Server::fixed(answer("200 OK", "", "")).await;
    let (dead_url, params) = (dead.url("/"), params());
    let flood: Vec<_> = (0..200)
        .map(|_| {
            let (client, url, params) = (client.clone(), dead_url.clone(), params.clone());
            tokio::spawn(async move { post(&client, &url, Payload::Form(&params)).await })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let started = Instant::now();
        assert_eq!(
            post(&client, &alive.url("/"), Payload::Form(&params)).await,
            CallbackOutcome::Delivered { status: 200 }
        );
        slowest = slowest.max(started.elapsed());
    }
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    let mut busy = 0;
    for sent in flood {
        busy += usize::from(
            sent.await.unwrap() == CallbackOutcome::Retry { reason: RetryReason::Busy, after: None },
        );
    }
    assert!(busy >= 150, "{busy} turned back");
    // It is suspect now: one request at a time, the others come back at once.
    let before = dead.connections();
    let probe = tokio::spawn({
        let (client, url, params) = (client.clone(), dead_url.clone(), params.clone());
        async move { post(&client, &url, Payload::Form(&params)).await }
    });
    while dead.connections() == before {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    let turned_back = post(&client, &dead_url, Payload::Form(&params)).await;
    assert_eq!(turned_back, CallbackOutcome::Retry { reason: RetryReason::Busy, after: None });
    assert!(started.elapsed() < Duration::from_millis(100));
    assert!(matches!(probe.await.unwrap(), CallbackOutcome::Retry { reason: RetryReason::Failed(_), .. }));
}
