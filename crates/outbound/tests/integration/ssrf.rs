//! Every way we know to reach the platform's own network through a URL, against a listener that must stay untouched.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flexio_domain::HttpMethod;
use flexio_outbound::{
    CallbackOutcome, CallbackRequest, FetchError, HostResolver, Outbound, OutboundConfig, Payload, Resolved,
    Signer, Validators, WireForm,
};

use crate::server::*;

/// Hosts that lead, or could lead, to loopback, to other private networks or to a cloud's metadata.
const HOSTS: &[&str] = &[
    // Loopback in every notation of inet_aton.
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "0177.1",
    "00000177.0.0.01",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "0.0",
    "127.0.0x1",
    // The same, escaped or in other scripts, as the URL parser folds them.
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "１２７.0.0.1",
    "127。0。0。1",
    "⑫7.0.0.1",
    "①②⑦.⓪.⓪.①",
    "0x7f.0.0.①",
    "127.0.0.1%2e",
    // IPv6 and what carries IPv4 inside.
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::1]",
    "[2001:db8::1]",
    "[2a00:1450::5efe:7f00:1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[::1%25lo]",
    "[fc00::1]",
    "[fd00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::169.254.169.254]",
    "[fd00:ec2::254]",
    "[2002:a9fe:a9fe::]",
    "[3fff::1]",
    "[5f00::1]",
    "[100::1]",
    // Names that mean loopback to the system.
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ip6-localhost",
    "ip6-loopback",
    "localhost%2e",
    "ｌocalhost",
    "loc%61lhost",
    // Private, shared, link-local, metadata, multicast, reserved, documentation.
    "10.0.0.1",
    "10.1",
    "167772161",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.257",
    "0xc0a80001",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
];

/// Whole URLs with other tricks; `PORT` is the listener's.
const URLS: &[&str] = &[
    "http://example.com@127.0.0.1:PORT/",
    "http://example.com:80@127.0.0.1:PORT/",
    "http://example.com%40@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@example.com/",
    "http://127.0.0.1:PORT?@example.com/",
    "http://127.0.0.1:PORT\\@example.com/",
    "http:\\\\127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "hTTp://127.0.0.1:PORT/",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0.0\t.1:PORT/",
    "http://127.0.0.1:\nPORT/",
    " http://127.0.0.1:PORT/ ",
    "\u{1}http://127.0.0.1:PORT/",
    "http://example.com@[::1]:PORT/",
    "http://[::1]:PORT@example.com:99999/",
    "//127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_x",
    "file:///etc/passwd",
    "file://127.0.0.1:PORT/",
    "data:text/xml,<Response/>",
    "dict://127.0.0.1:PORT/",
    "ws://127.0.0.1:PORT/",
    "unix:///run/x.sock",
    "jar:http://127.0.0.1:PORT/!/",
    "javascript:1",
    "http://127.0.0.1:22/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:65536/",
    "http://",
    "http://:PORT/",
    "http://@:PORT/",
    "",
];

fn forms(port: u16) -> Vec<String> {
    let hosts =
        HOSTS.iter().flat_map(|host| [format!("http://{host}:{port}/x"), format!("https://{host}:{port}/x")]);
    hosts.chain(URLS.iter().map(|url| url.replace("PORT", &port.to_string()))).collect()
}

/// Listens on every address of this machine.
async fn victim() -> Server {
    Server::start_on("[::]:0", |_, _| vec![Step::Send(document())]).await
}

/// Resolves whatever it is asked to loopback.
struct Loopback;

impl HostResolver for Loopback {
    fn resolve(&self, _: &str) -> Resolved {
        Box::pin(async {
            Ok(["127.0.0.1", "::1", "::ffff:127.0.0.1"].map(|text| text.parse().unwrap()).to_vec())
        })
    }
}

/// Errors for a form that was refused without trying.
fn is_refusal(error: &FetchError) -> bool {
    matches!(error, FetchError::NotAllowed | FetchError::BadUrl(_))
}

#[tokio::test]
async fn no_form_of_a_private_address_is_connected_to() {
    let victim = victim().await;
    // Every name is loopback, so that no form passes for want of a name server.
    let client = Outbound::with_resolver(OutboundConfig::default(), Arc::new(Loopback)).unwrap();
    let forms = forms(victim.address.port());
    assert!(HOSTS.len() >= 80 && forms.len() >= 200, "{} hosts, {} forms", HOSTS.len(), forms.len());
    let (signer, params) = (Signer::new("t"), params());
    for url in &forms {
        let error = fetch(&client, WireForm::Rcml, url).await.unwrap_err();
        assert!(is_refusal(&error), "{url}: {error:?}");
        assert!(is_refusal(&client.fetch_media(url, &Validators::default()).await.unwrap_err()), "{url}");
        let callback = CallbackRequest {
            event_id: "evt",
            idempotency_token: "t",
            url,
            method: HttpMethod::Post,
            payload: Payload::Form(&params),
            signer: &signer,
            wire: WireForm::Twiml,
            timeout: None,
        };
        let outcome = client.post_callback(callback).await;
        assert!(
            !matches!(outcome, CallbackOutcome::Delivered { .. } | CallbackOutcome::Gone),
            "{url}: {outcome:?}"
        );
    }
    assert_eq!(victim.connections(), 0);
}

#[tokio::test]
async fn the_listener_would_have_noticed() {
    let victim = victim().await;
    let client = client_allowing(&["127.0.0.0/8", "::1/128"]);
    for host in ["127.0.0.1", "[::1]", "localhost", "2130706433", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", victim.address.port());
        assert!(fetch(&client, WireForm::Rcml, &url).await.is_ok(), "{url}");
    }
    assert_eq!(victim.connections(), 5);
}

#[tokio::test]
async fn no_redirect_leads_to_a_private_address() {
    let victim = victim().await;
    let forms = Arc::new(Mutex::new(forms(victim.address.port())));
    let next = Arc::clone(&forms);
    // A redirect resolves against the redirector, so what is no URL by itself becomes a path there: leave those out.
    next.lock().unwrap().retain(|form| {
        url::Url::parse(form).is_ok() && !form.contains(['\n', '\t', '\u{1}']) && form.is_ascii()
    });
    let count = forms.lock().unwrap().len();
    assert!(count >= 80, "{count}");
    let redirector = Server::start_on("127.0.0.2:0", move |number, _| {
        let location = next.lock().unwrap()[number].clone();
        vec![Step::Send(redirect([301, 302, 303, 307, 308][number % 5], &location))]
    })
    .await;
    let config = OutboundConfig {
        allow_private_cidrs: vec!["127.0.0.2/32".parse().unwrap()],
        ..OutboundConfig::default()
    };
    let client = Outbound::with_resolver(config, Arc::new(Loopback)).unwrap();
    for _ in 0..count {
        let number = redirector.requests().len();
        let result = client.fetch_media(&redirector.url("/"), &Validators::default()).await;
        let form = forms.lock().unwrap()[number].clone();
        // Relative after all, as `http:/x` is on an http page: it ends at the redirector, which redirects on.
        assert!(
            matches!(&result, Err(error) if is_refusal(error) || *error == FetchError::TooManyRedirects),
            "{form}: {result:?}"
        );
        if redirector.requests().len() >= count {
            break;
        }
    }
    assert_eq!(victim.connections(), 0);
}

/// Answers from a script: each look-up of a name takes the next list.
struct Scripted {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn client(answers: &[(&'static str, &[&[&str]])], allow: &[&str]) -> (Outbound, Arc<Self>) {
        let parse = |lists: &[&[&str]]| {
            lists.iter().map(|list| list.iter().map(|text| text.parse().unwrap()).collect()).collect()
        };
        let answers = answers.iter().map(|(name, lists)| (*name, parse(lists))).collect();
        let resolver = Arc::new(Self { answers, asked: AtomicUsize::new(0) });
        let allow_private_cidrs = allow.iter().map(|text| text.parse().unwrap()).collect();
        let config = OutboundConfig { allow_private_cidrs, ..OutboundConfig::default() };
        (Outbound::with_resolver(config, resolver.clone()).unwrap(), resolver)
    }
}

impl HostResolver for Scripted {
    fn resolve(
        &self,
        host: &str,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let lists = &self.answers[host];
        let answer = lists[number.min(lists.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_at_its_next_connection() {
    let victim = victim().await;
    let good = Server::start_on(&format!("127.0.0.2:{}", 0), |_, _| vec![Step::Send(document())]).await;
    let port = good.address.port();
    // 127.0.0.2 stands for a public address; another listener on the same port of 127.0.0.1 is the victim.
    let private = Server::start_on(&format!("127.0.0.1:{port}"), |_, _| vec![Step::Send(document())]).await;
    let (client, resolver) = Scripted::client(
        &[("rebind.example", &[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.1", "10.0.0.1"]])],
        &["127.0.0.2/32"],
    );
    let url = format!("http://rebind.example:{port}/");
    assert!(fetch(&client, WireForm::Rcml, &url).await.is_ok());
    for _ in 0..3 {
        assert_eq!(fetch(&client, WireForm::Rcml, &url).await.unwrap_err(), FetchError::NotAllowed);
    }
    assert_eq!(
        resolver.asked.load(Ordering::SeqCst),
        4,
        "one look-up per connection, none between check and connection"
    );
    assert_eq!((good.connections(), private.connections(), victim.connections()), (1, 0, 0));
}

#[tokio::test]
async fn of_mixed_answers_only_the_permitted_addresses_are_tried() {
    let good = Server::start_on("127.0.0.2:0", |_, _| vec![Step::Send(document())]).await;
    let port = good.address.port();
    let private = Server::start_on(&format!("127.0.0.1:{port}"), |_, _| vec![Step::Send(document())]).await;
    let (client, _) = Scripted::client(
        &[
            ("mixed.example", &[&["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.2", "169.254.169.254"]]),
            ("none.example", &[&[]]),
        ],
        &["127.0.0.2/32"],
    );
    assert!(fetch(&client, WireForm::Rcml, &format!("http://mixed.example:{port}/")).await.is_ok());
    let missing = fetch(&client, WireForm::Rcml, &format!("http://none.example:{port}/")).await;
    assert_eq!(missing.unwrap_err(), FetchError::HostNotFound);
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn an_error_names_no_address() {
    let (client, _) = Scripted::client(&[("secret.example", &[&["10.11.12.13"]])], &[]);
    let by_name = fetch(&client, WireForm::Rcml, "http://secret.example/").await.unwrap_err();
    let by_number = fetch(&client, WireForm::Rcml, "http://10.11.12.13/").await.unwrap_err();
    assert_eq!(by_name.to_string(), by_number.to_string());
    assert!(!format!("{by_name} {by_name:?}").contains("10.11"));
}
