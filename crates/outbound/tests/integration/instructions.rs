//! What an application sees of us, and what we make of its answers.

use flexio_outbound::{
    CookieJar, DocumentKind, FetchError, MediaOutcome, Validators, WireForm, twilio_signature,
};

use crate::server::*;

#[tokio::test]
async fn a_post_carries_form_token_and_both_signatures() {
    let server = Server::fixed(document()).await;
    let url = server.url("/voice?x=%7E");
    let response = fetch(&open_client(), WireForm::Twiml, &url).await.unwrap();
    assert_eq!(
        (response.final_url.as_str(), response.status, response.kind),
        (url.as_str(), 200, DocumentKind::Markup)
    );
    assert_eq!(response.body, b"<Response/>");
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /voice?x=%7E HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nCallSid=CA1&From=%2B3225551234"));
    let got = |name| header(request, name).unwrap_or_default();
    assert_eq!(got("content-type"), "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(got("x-twilio-signature"), twilio_signature("12345", &url, &params()));
    assert!(got("x-flexio-signature").starts_with("v1=") && got("x-flexio-timestamp").parse::<i64>().is_ok());
    assert_eq!(got("i-twilio-idempotency-token"), "token-1");
    assert!(got("user-agent").starts_with("FlexIO/"));
}

#[tokio::test]
async fn rcml_carries_no_twilio_signature() {
    let server = Server::fixed(document()).await;
    fetch(&open_client(), WireForm::Rcml, &server.url("/")).await.unwrap();
    assert_eq!(header(&server.requests()[0], "x-twilio-signature"), None);
}

#[tokio::test]
async fn the_content_type_decides_what_a_body_is() {
    let client = open_client();
    for (status, headers, body, expected) in [
        (
            "200 OK",
            "Content-Type: application/xml; charset=utf-8\r\n",
            "<Response/>",
            Ok(DocumentKind::Markup),
        ),
        ("200 OK", "Content-Type: text/html\r\n", "<html><body>Oops</body></html>", Ok(DocumentKind::Markup)),
        ("200 OK", "Content-Type: Text/Plain\r\n", "Dag", Ok(DocumentKind::Text)),
        ("200 OK", "Content-Type: audio/x-wav\r\n", "RIFF", Ok(DocumentKind::Audio)),
        ("200 OK", "", "  <Response/>", Ok(DocumentKind::Markup)),
        ("200 OK", "", "", Ok(DocumentKind::Empty)),
        ("204 No Content", "", "", Ok(DocumentKind::Empty)),
        ("200 OK", "", "{}", Err(FetchError::ContentType)),
        ("200 OK", "Content-Type: application/json\r\n", "{}", Err(FetchError::ContentType)),
        ("200 OK", "Content-Type: video/mp4\r\n", "x", Err(FetchError::ContentType)),
        ("404 Not Found", "Content-Type: text/xml\r\n", "<Response/>", Err(FetchError::Status(404))),
        ("302 Found", "Content-Type: text/xml\r\n", "<Response/>", Err(FetchError::Status(302))),
    ] {
        let server = Server::fixed(answer(status, headers, body)).await;
        let kind = fetch(&client, WireForm::Rcml, &server.url("/")).await.map(|response| response.kind);
        assert_eq!(kind, expected, "{status} {headers} {body}");
    }
}

#[tokio::test]
async fn redirects_repeat_the_request_in_rcml_and_become_get_in_twiml() {
    let client = open_client();
    for (wire, status, method) in [
        (WireForm::Rcml, 301, "POST"),
        (WireForm::Rcml, 302, "POST"),
        (WireForm::Rcml, 303, "POST"),
        (WireForm::Rcml, 308, "POST"),
        (WireForm::Twiml, 301, "GET"),
        (WireForm::Twiml, 302, "GET"),
        (WireForm::Twiml, 303, "GET"),
        (WireForm::Twiml, 307, "POST"),
        (WireForm::Twiml, 308, "POST"),
    ] {
        let server = Server::start(move |number, _| {
            vec![Step::Send(if number == 0 { redirect(status, "b?c=1") } else { document() })]
        })
        .await;
        let response = fetch(&client, wire, &server.url("/dir/a")).await.unwrap();
        assert_eq!(response.final_url, server.url("/dir/b?c=1"));
        let second = &server.requests()[1];
        assert!(
            second.starts_with(&format!("{method} /dir/b?c=1 HTTP/1.1\r\n")),
            "{wire:?} {status}: {second}"
        );
        assert_eq!(second.contains("CallSid=CA1"), method == "POST");
        assert!(header(second, "x-flexio-signature").is_some(), "same host, so it is signed anew");
    }
}

#[tokio::test]
async fn another_host_gets_no_credentials_signatures_or_cookies() {
    let other = Server::start_on("127.0.0.3:0", |_, _| vec![Step::Send(document())]).await;
    let target = other.url("/");
    let first = Server::start(move |_, _| {
        let mut bytes = redirect(307, &target);
        let cookie = b"Set-Cookie: s=1\r\n";
        let at = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
        bytes.splice(at..at, cookie.iter().copied());
        vec![Step::Send(bytes)]
    })
    .await;
    let url = first.url("/").replace("http://", "http://user:secret@");
    let mut jar = CookieJar::new();
    let response = fetch_with(&open_client(), WireForm::Twiml, &url, &mut jar, None).await.unwrap();
    assert!(!response.final_url.contains("secret"));
    assert_eq!(header(&first.requests()[0], "authorization").unwrap(), "Basic dXNlcjpzZWNyZXQ=");
    assert!(first.requests()[0].starts_with("POST / HTTP/1.1"));
    let received = &other.requests()[0];
    for name in ["authorization", "cookie", "x-twilio-signature", "x-flexio-signature", "referer"] {
        assert_eq!(header(received, name), None, "{name}");
    }
    assert_eq!(jar.len(), 1);
}

#[tokio::test]
async fn cookies_last_for_the_call_and_no_longer() {
    let server = Server::start(|_, _| {
        vec![Step::Send(answer(
            "200 OK",
            "Content-Type: text/xml\r\nSet-Cookie: session=42; Path=/\r\n",
            "<Response/>",
        ))]
    })
    .await;
    let (client, mut jar) = (open_client(), CookieJar::new());
    for _ in 0..2 {
        fetch_with(&client, WireForm::Rcml, &server.url("/a"), &mut jar, None).await.unwrap();
    }
    fetch_with(&client, WireForm::Rcml, &server.url("/a"), &mut CookieJar::new(), None).await.unwrap();
    let sent: Vec<_> = server.requests().iter().map(|request| header(request, "cookie")).collect();
    assert_eq!(sent, [None, Some("session=42".to_owned()), None]);
}

#[tokio::test]
async fn a_server_error_or_lost_connection_is_tried_once_more() {
    let client = open_client();
    let flaky = Server::start(|number, _| match number {
        0 => vec![Step::Send(answer("503 Busy", "", ""))],
        _ => vec![Step::Send(document())],
    })
    .await;
    assert!(fetch(&client, WireForm::Rcml, &flaky.url("/")).await.is_ok());
    let closing =
        Server::start(|number, _| if number == 0 { vec![] } else { vec![Step::Send(document())] }).await;
    assert!(fetch(&client, WireForm::Rcml, &closing.url("/")).await.is_ok());
    let tokens: Vec<_> =
        closing.requests().iter().map(|request| header(request, "i-twilio-idempotency-token")).collect();
    assert_eq!(tokens[0], tokens[1], "the same request, so the same token");
    let broken = Server::fixed(answer("500 Oops", "", "secret stack trace")).await;
    let error = fetch(&client, WireForm::Rcml, &broken.url("/")).await.unwrap_err();
    assert_eq!((&error, broken.requests().len()), (&FetchError::Status(500), 2));
    assert!(!error.to_string().contains("secret"));
    let refused = Server::fixed(answer("403 No", "", "")).await;
    assert_eq!(fetch(&client, WireForm::Rcml, &refused.url("/")).await.unwrap_err(), FetchError::Status(403));
    assert_eq!(refused.requests().len(), 1, "a client error is no reason to try again");
}

#[tokio::test]
async fn media_comes_with_what_a_cache_needs_and_may_be_unchanged() {
    let server = Server::start(|_, request| {
        let bytes = if header(request, "if-none-match").as_deref() == Some("\"v1\"") {
            answer("304 Not Modified", "Cache-Control: max-age=5\r\n", "")
        } else {
            answer(
                "200 OK",
                "Content-Type: audio/wav\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n",
                "RIFF",
            )
        };
        vec![Step::Send(bytes)]
    })
    .await;
    let client = open_client();
    let MediaOutcome::Fetched(media) =
        client.fetch_media(&server.url("/a.wav"), &Validators::default()).await.unwrap()
    else {
        panic!("an unconditional request gets the file")
    };
    assert_eq!(
        (media.bytes.as_slice(), media.max_age.unwrap().as_secs(), media.no_store),
        (b"RIFF".as_slice(), 60, false)
    );
    let again = client.fetch_media(&server.url("/a.wav"), &media.validators).await.unwrap();
    assert!(matches!(again, MediaOutcome::NotModified { max_age: Some(age) } if age.as_secs() == 5));
}
