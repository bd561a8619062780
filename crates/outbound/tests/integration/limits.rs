//! Answers made to harm.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use flexio_outbound::{CookieJar, FetchError, Validators, WireForm};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::*;

const SECOND: Option<Duration> = Some(Duration::from_secs(1));

async fn error_of(server: &Server) -> FetchError {
    let mut jar = CookieJar::new();
    fetch_with(&open_client(), WireForm::Twiml, &server.url("/"), &mut jar, SECOND).await.unwrap_err()
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";

#[tokio::test]
async fn a_dripping_body_or_head_ends_with_the_total_time() {
    let slow_body = Server::start(|_, _| {
        vec![
            Step::Send(format!("{HEAD}Content-Length: 60000\r\n\r\n").into()),
            Step::Drip(b' ', Duration::from_millis(50)),
        ]
    });
    let slow_head =
        Server::start(|_, _| vec![Step::Send(HEAD.into()), Step::Drip(b'x', Duration::from_millis(50))]);
    let silent = Server::start(|_, _| vec![Step::Hang]);
    for server in [slow_body.await, slow_head.await, silent.await] {
        let started = Instant::now();
        assert_eq!(error_of(&server).await, FetchError::Timeout);
        assert!((900..2_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_large_body_is_refused_by_its_length_and_without_one() {
    let stated = Server::fixed(format!("{HEAD}Content-Length: 10485760\r\n\r\n")).await;
    assert_eq!(error_of(&stated).await, FetchError::BodyTooLarge);
    let streamed = Server::start(|_, _| {
        let mut steps = vec![Step::Send(format!("{HEAD}Connection: close\r\n\r\n").into())];
        steps.extend(std::iter::repeat_n(Step::Send(vec![b' '; 1 << 16]), 160));
        steps
    })
    .await;
    assert_eq!(error_of(&streamed).await, FetchError::BodyTooLarge);
    let at_limit = Server::fixed(answer("200 OK", "Content-Type: text/xml\r\n", vec![b' '; 64 * 1024])).await;
    assert!(fetch(&open_client(), WireForm::Rcml, &at_limit.url("/")).await.is_ok());
}

#[tokio::test]
async fn media_may_be_five_megabytes_and_not_one_byte_more() {
    let client = open_client();
    for (size, fits) in [(5 * 1024 * 1024, true), (5 * 1024 * 1024 + 1, false)] {
        let server = Server::fixed(answer("200 OK", "", vec![7; size])).await;
        let result = client.fetch_media(&server.url("/"), &Validators::default()).await;
        assert_eq!(result.as_ref().err(), (!fits).then_some(&FetchError::BodyTooLarge), "{size}");
    }
}

#[tokio::test]
async fn a_gzip_bomb_is_refused_small_and_large() {
    for size in [60_000_usize, 500_000_000] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let block = vec![0; 10_000];
        (0..size / block.len()).for_each(|_| encoder.write_all(&block).unwrap());
        let bomb = encoder.finish().unwrap();
        let server =
            Server::fixed(answer("200 OK", "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n", bomb))
                .await;
        assert_eq!(error_of(&server).await, FetchError::BodyTooLarge, "{size}");
        let media = open_client().fetch_media(&server.url("/"), &Validators::default()).await;
        assert_eq!(media.unwrap_err(), FetchError::BodyTooLarge, "{size}");
    }
}

#[tokio::test]
async fn redirects_end_after_five() {
    let endless = Server::start(|number, _| vec![Step::Send(redirect(302, &format!("/{number}")))]).await;
    assert_eq!(error_of(&endless).await, FetchError::TooManyRedirects);
    assert_eq!(endless.requests().len(), 6);
    let five = Server::start(|number, _| {
        vec![Step::Send(if number < 5 { redirect(307, "/n") } else { document() })]
    })
    .await;
    assert!(fetch(&open_client(), WireForm::Rcml, &five.url("/")).await.is_ok());
}

#[tokio::test]
async fn a_body_cut_short_is_no_document() {
    let cut = Server::fixed(format!("{HEAD}Content-Length: 100\r\n\r\n<Response>")).await;
    assert_eq!(error_of(&cut).await, FetchError::Closed);
    let chunked = Server::fixed(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\na\r\n<Response>\r\n")).await;
    assert_eq!(error_of(&chunked).await, FetchError::Closed);
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let large =
        Server::fixed(format!("{HEAD}X: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(17 * 1024))).await;
    assert_eq!(error_of(&large).await, FetchError::HeadTooLarge);
    let many = "X-Many: y\r\n".repeat(5_000);
    let many = Server::fixed(format!("{HEAD}{many}Content-Length: 0\r\n\r\n")).await;
    assert_eq!(error_of(&many).await, FetchError::Protocol);
    let endless = Server::start(|_, _| {
        let mut steps = vec![Step::Send(HEAD.into()), Step::Send(b"X: ".to_vec())];
        steps.extend(std::iter::repeat_n(Step::Send(vec![b'x'; 1 << 16]), 1_000));
        steps
    })
    .await;
    assert_eq!(error_of(&endless).await, FetchError::Protocol);
}

#[tokio::test]
async fn what_is_not_http_is_named_so() {
    let smtp = Server::fixed("220 mail.example ESMTP\r\n").await;
    assert_eq!(error_of(&smtp).await, FetchError::Protocol);
    let brotli =
        Server::fixed(answer("200 OK", "Content-Type: text/xml\r\nContent-Encoding: br\r\n", "x")).await;
    assert_eq!(error_of(&brotli).await, FetchError::Protocol);
}

#[tokio::test]
async fn nobody_there_and_no_tls_are_told_apart() {
    let closed = {
        let server = Server::fixed(document()).await;
        // An address of loopback where nothing listens: refused at once.
        format!("http://127.77.77.77:{}/", server.address.port())
    };
    assert_eq!(fetch(&open_client(), WireForm::Twiml, &closed).await.unwrap_err(), FetchError::Connect);
    // Speaks first and plainly, as a server does on whose plain port somebody calls with TLS.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    assert_eq!(fetch(&open_client(), WireForm::Twiml, &url).await.unwrap_err(), FetchError::Tls);
}
