//! TLS on every door and every way out: what is old or weak is refused, who is not who he should be too, and a renewed certificate is shown while calls go on.

use std::path::Path;
use std::time::Duration;

use flexio_e2e::audio::{self, heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup, binary};
use flexio_e2e::pki::{ALL_CIPHERS, Certificate, Pki, TlsServer, shown};
use flexio_e2e::programs::{free_port, run};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::{Reply, Web};
use serde_json::Value;

const PASSWORD: &str = "Correct-Horse-9-Battery";

/// What nobody should speak any more: old versions, and of TLS 1.2 what has no forward secrecy or no AEAD.
const WEAK: [&[&str]; 6] = [
    &["-tls1", "-cipher", ALL_CIPHERS],
    &["-tls1_1", "-cipher", ALL_CIPHERS],
    &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
    &["-tls1_2", "-cipher", "AES256-GCM-SHA384:@SECLEVEL=0"],
    &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
    &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"],
];

/// A flexio with a door for each protocol that TLS protects, all with one certificate; and the doors.
async fn with_doors(pki: &Pki, certificate: &Certificate) -> (Flexio, [(&'static str, u16); 4]) {
    let [sip, wss, smpp] = [free_port(), free_port(), free_port()];
    let mut setup = Setup::default()
        .set("media.srtp", "required")
        .https(certificate, &pki.authority())
        .set("sip.digest", r#"["md5"]"#);
    for (section, listens, port) in
        [("sip", "tls_listen", sip), ("sip", "wss_listen", wss), ("smpp_server", "tls_listen", smpp)]
    {
        setup = setup
            .set(&format!("{section}.{listens}"), &format!("127.0.0.1:{port}"))
            .set(&format!("{section}.tls_cert"), shown(&certificate.cert))
            .set(&format!("{section}.tls_key"), shown(&certificate.key));
    }
    let flexio = setup.start().await;
    let https = flexio.http.port();
    (flexio, [("HTTPS", https), ("SIP", sip), ("WSS", wss), ("SMPP", smpp)])
}

#[tokio::test]
async fn every_door_speaks_modern_tls_only() {
    let pki = Pki::new().await;
    let certificate = pki.certificate("flexio", "DNS:localhost,IP:127.0.0.1", 2).await;
    // A server that takes everything: the client of this test can do what is refused below.
    let lax = ["-cipher", ALL_CIPHERS];
    let anything = TlsServer::start(&certificate, Path::new("/"), &lax).await;
    for weak in WEAK {
        let agreed = pki.shakes(anything.port, weak).await;
        assert!(agreed.is_ok(), "{weak:?} cannot be tried: {agreed:?}");
    }
    let (flexio, doors) = with_doors(&pki, &certificate).await;
    for (door, port) in doors {
        for weak in WEAK {
            let agreed = pki.shakes(port, weak).await;
            assert!(agreed.is_err(), "{door} takes {weak:?}: {agreed:?}");
        }
        for (version, word) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let agreed = pki.shakes(port, &[version]).await;
            assert!(agreed.as_ref().is_ok_and(|told| told.contains(word)), "{door} {version}: {agreed:?}");
        }
        let best = pki.shakes(port, &[]).await;
        assert!(best.as_ref().is_ok_and(|told| told.contains("TLSv1.3")), "{door}: {best:?}");
    }
    let answer = flexio.rest.get_at("/health/live").await;
    assert_eq!(answer.headers.get("strict-transport-security").map(String::as_str), Some("max-age=31536000"));
    let console = flexio.rest.get_at("/console/").await;
    assert!(console.headers.contains_key("strict-transport-security"), "{:?}", console.headers);
    // In the clear nothing is answered there.
    let mut plain = flexio.rest.clone();
    (plain.base, plain.authority) = (format!("http://{}", flexio.http), None);
    assert!(
        plain.send("GET", "/health/live", &[], &[]).await.is_err(),
        "HTTP is answered on the door of HTTPS"
    );
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_at_every_door_while_a_call_goes_on() {
    let pki = Pki::new().await;
    let names = "DNS:localhost,IP:127.0.0.1";
    let first = pki.certificate("first", names, 2).await;
    let shown_now = pki.certificate("shown", names, 2).await;
    for (from, to) in [(&first.cert, &shown_now.cert), (&first.key, &shown_now.key)] {
        std::fs::copy(from, to).unwrap();
    }
    let (flexio, doors) = with_doors(&pki, &shown_now).await;
    let web = Web::start().await;
    web.answer("/440.wav", Reply::Body(200, "audio/wav", audio::wav(&tone(440.0, 60_000))));
    web.verbs("/alice", &format!("<Play>{}</Play>", web.url("/440.wav")));
    let voice = web.url("/alice");
    let form = [("Login", "alice"), ("Password", PASSWORD), ("VoiceUrl", &*voice), ("VoiceMethod", "POST")];
    flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
    let door = format!("127.0.0.1:{};transport=tls", doors[1].1);
    let media = "audio_codecs=PCMA/8000/1;mediaenc=srtp-mand";
    let mut alice = Baresip::register("alice", PASSWORD, &door, &tone(1_000.0, 60_000), media).await;
    alice.call_address(&format!("sip:600@{door}")).await;
    alice.event("CALL_ESTABLISHED").await;
    let second = pki.certificate("second", names, 2).await;
    // As a program that renews does it: a moment in which certificate and key do not fit.
    std::fs::copy(&second.cert, &shown_now.cert).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    std::fs::copy(&second.key, &shown_now.key).unwrap();
    for (door, port) in doors {
        eventually(&format!("{door} shows the renewed certificate"), || async {
            let told = pki.shakes(port, &[]).await.ok()?;
            assert!(told.contains("CN = first") || told.contains("CN = second"), "{told}");
            told.contains("CN = second").then_some(())
        })
        .await;
    }
    // Then still, and for a while.
    let calls = flexio.rest.get("/Calls.json?Status=in-progress").await;
    assert_eq!(calls["calls"].as_array().map(Vec::len), Some(1), "{calls}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    alice.hang_up().await;
    let call = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await.remove(0);
    assert_eq!(call["status"], "completed", "{call}");
    let talked: usize = call["duration"].as_str().unwrap().parse().unwrap();
    let heard = heard_ms(&alice.heard().await, 440.0);
    assert!(heard + 1_500 > talked * 1_000, "{heard} ms heard of {talked} s");
}

/// Servers that should not be believed, and one that should. `stranger` is an authority that nobody trusts.
async fn servers(
    (pki, stranger): (&Pki, &Pki),
    folder: &Path,
    arguments: &[&str],
) -> Vec<(&'static str, TlsServer)> {
    let good = pki.certificate("good", "DNS:localhost", 2).await;
    let other = stranger.certificate("other", "DNS:localhost", 2).await;
    let all = [
        ("good", good.clone(), vec![]),
        ("expired", pki.certificate("expired", "DNS:localhost", -1).await, vec![]),
        ("misnamed", pki.certificate("misnamed", "DNS:elsewhere.test,IP:127.0.0.1", 2).await, vec![]),
        ("unvouched", pki.self_signed("unvouched").await, vec![]),
        ("unknown", other, vec![]),
        ("old", good.clone(), vec!["-tls1_1", "-cipher", ALL_CIPHERS]),
        ("weak", good, vec!["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"]),
    ];
    let mut servers = Vec::new();
    for (name, certificate, further) in all {
        let server = TlsServer::start(&certificate, folder, &[arguments, &further].concat()).await;
        servers.push((name, server));
    }
    servers
}

#[tokio::test]
async fn a_trunk_is_who_its_certificate_says_or_no_trunk() {
    let (pki, stranger) = (Pki::new().await, Pki::new().await);
    let servers = servers((&pki, &stranger), Path::new("/"), &[]).await;
    let authority = pki.authority();
    let mut trunks = String::new();
    for (name, server) in &servers {
        trunks += &format!(
            "[[trunk]]\nname = \"{name}\"\naddresses = [\"localhost:{};transport=tls\"]\ntls_ca = \"{}\"\nping_s = 0\n",
            server.port,
            shown(&authority)
        );
    }
    // The system's authorities do not know ours.
    let public = pki.certificate("public", "DNS:localhost", 2).await;
    let public = TlsServer::start(&public, Path::new("/"), &[]).await;
    trunks += &format!(
        "[[trunk]]\nname = \"public\"\naddresses = [\"localhost:{};transport=tls\"]\nping_s = 0\n",
        public.port
    );
    let flexio = Setup::default().config(&trunks).start().await;
    let finding = async |name: &str| {
        let environment = [
            ("FLEXIO_URL", flexio.rest.base.as_str()),
            ("FLEXIO_ACCOUNT_SID", &flexio.rest.account),
            ("FLEXIO_AUTH_TOKEN", &flexio.rest.token),
        ];
        let output = run(&binary(), &["trunk", "test", name], &environment).await;
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // TLS is there, SIP is not.
    let good = finding("good").await;
    assert!(good.contains("no-answer"), "{good}");
    for name in ["expired", "misnamed", "unvouched", "unknown", "public"] {
        let told = finding(name).await;
        assert!(told.contains("certificate") && told.contains("tls_ca"), "{name}: {told}");
    }
    for name in ["old", "weak"] {
        let told = finding(name).await;
        assert!(told.contains("no-connection"), "{name}: {told}");
    }
}

#[tokio::test]
async fn an_smpp_route_binds_to_whom_its_certificate_says_or_not_at_all() {
    let (pki, stranger) = (Pki::new().await, Pki::new().await);
    let servers = servers((&pki, &stranger), Path::new("/"), &[]).await;
    let authority = pki.authority();
    let mut routes = String::new();
    for (name, server) in &servers {
        routes += &format!(
            "[[smpp_route]]\nname = \"{name}\"\nhost = \"localhost\"\nport = {}\nsystem_id = \"flexio\"\npassword = \"secret\"\ntls = true\ntls_ca_file = \"{}\"\nresponse_timeout_ms = 1000\n",
            server.port,
            shown(&authority)
        );
    }
    let flexio = Setup::default().config(&routes).start().await;
    let found = eventually("every route has failed once", || async {
        let routes = flexio.rest.get_at(&flexio.rest.native("/SmppRoutes.json")).await.json();
        let all = routes["smpp_routes"].as_array()?.iter();
        let found =
            all.map(|route| (route["name"].as_str().unwrap().to_owned(), route["findings"][0].clone()));
        let found: Vec<(String, Value)> = found.collect();
        found.iter().all(|(_, finding)| finding.is_object()).then_some(found)
    })
    .await;
    for (name, finding) in found {
        let expected = match name.as_str() {
            // TLS is there, SMPP is not.
            "good" => "no-answer",
            "old" | "weak" => "no-connection",
            _ => "certificate",
        };
        assert_eq!(finding["kind"], expected, "{name}: {finding}");
        assert!(finding["what"].as_str().unwrap().contains("localhost"), "{finding}");
    }
}

#[tokio::test]
async fn what_a_call_plays_comes_from_whom_its_certificate_says_or_is_not_played() {
    let (pki, stranger) = (Pki::new().await, Pki::new().await);
    let folder = tempfile::tempdir().unwrap();
    // OpenSSL's server takes files as whole answers, and knows no query: what is fetched without parameters is asked of it.
    let mut answer = b"HTTP/1.0 200 OK\r\nContent-Type: audio/wav\r\n\r\n".to_vec();
    answer.extend(audio::wav(&tone(440.0, 500)));
    std::fs::write(folder.path().join("440.wav"), answer).unwrap();
    let servers = servers((&pki, &stranger), folder.path(), &["-HTTP"]).await;
    let flexio = Setup::default().set("outbound.extra_ca_file", shown(&pki.authority())).start().await;
    let (web, number) = (Web::start().await, flexio.rest.rent(&[]).await);
    let mut told = Vec::new();
    for (name, server) in &servers {
        let path = format!("/{name}");
        web.verbs(&path, &format!("<Play>https://localhost:{}/440.wav</Play>", server.port));
        let url = web.url(&path);
        let form = [("From", &*number), ("To", "+32470000009"), ("Url", &url)];
        let call = flexio.rest.post("/Calls.json", &form).await;
        let call = format!("/Calls/{}", call["sid"].as_str().unwrap());
        flexio.rest.wait_status(&format!("{call}.json"), OVER).await;
        let noted = flexio.rest.get(&format!("{call}/Notifications.json")).await;
        let codes = noted["notifications"].as_array().unwrap().iter();
        told.push((*name, codes.map(|one| one["error_code"].clone()).collect::<Vec<Value>>()));
    }
    let refused = |name| (name, vec![Value::from("11205")]);
    let mut expected = vec![("good", vec![])];
    expected.extend(["expired", "misnamed", "unvouched", "unknown", "old", "weak"].map(refused));
    assert_eq!(told, expected);
}
