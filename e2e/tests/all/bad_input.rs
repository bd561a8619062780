//! What a careless or hostile customer sends, and what a broken application answers.

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::{Reply, Web};

const FORM: &str = "application/x-www-form-urlencoded";

struct Case {
    method: &'static str,
    path: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
    status: u16,
    code: u64,
}

fn case(method: &'static str, path: &'static str, body: &str, status: u16, code: u64) -> Case {
    Case { method, path, content_type: FORM, body: body.as_bytes().to_vec(), status, code }
}

fn cases() -> Vec<Case> {
    let post = |path, body, status, code| case("POST", path, body, status, code);
    let get = |path, status, code| case("GET", path, "", status, code);
    vec![
        post("/Calls", "From=%2B3225880100", 400, 21_201),
        post("/Calls", "To=%2B32470123456", 400, 21_213),
        post("/Calls", "To=%2B32470123456&From=%2B3225880100", 400, 21_205),
        post("/Calls", "To=%2B32470123456&From=%2B3225880100&Url=nonsense", 400, 21_205),
        post("/Calls", "To=%2B32470123456&From=%2B3225880100&Url=http://x.test/&Timeout=0", 400, 21_208),
        post("/Calls", "To=%2B32470123456&From=%2B3225880100&Url=http://x.test/&Method=PATCH", 400, 21_209),
        post("/Calls", "To=%2B32470123456&From=%2B3225880199&Url=http://x.test/", 400, 21_210),
        post("/Messages", "To=%2B32470123456&From=%2B3225880100", 400, 21_602),
        post("/Messages", "From=%2B3225880100&Body=x", 400, 21_604),
        post("/Messages", "To=%2B32470123456&Body=x", 400, 21_603),
        post("/Messages", "To=%2B32470123456&From=%2B3225880199&Body=x", 400, 21_606),
        post("/IncomingPhoneNumbers", "PhoneNumber=letters", 400, 21_421),
        get("/Calls/CA00000000000000000000000000000000", 404, 20_404),
        get("/Calls/%00%ff", 404, 20_404),
        get("/Nothing/of/the/kind", 404, 20_404),
        case("DELETE", "/Balance", "", 405, 20_004),
        get("/Calls?PageSize=many", 400, 20_001),
        get("/Calls?Status=sleeping", 400, 20_001),
        get("/Calls?StartTime=yesterday-ish", 400, 20_001),
        get("/Messages?PageToken=%F0%28%8C%28", 400, 20_001),
    ]
}

#[tokio::test]
async fn each_bad_request_is_refused_with_its_code_in_the_dialect_asked() {
    let mut flexio = Flexio::start().await;
    let rest = flexio.rest.clone();
    let number = rest.rent(&[]).await;
    assert_eq!(number, "+3225880100", "the first of the sandbox's stock");
    for case in cases() {
        let (path, query) = case.path.split_once('?').unwrap_or((case.path, ""));
        for (suffix, native) in [(".json", false), (".json", true), ("", true)] {
            // The classic API pages by number: it has no token.
            if native && query.starts_with("PageToken") {
                continue;
            }
            let path = if native {
                rest.native(&path.replace("/Messages", "/SMS/Messages"))
            } else {
                rest.path(path)
            };
            let target = format!("{path}{suffix}?{query}");
            let headers = [("content-type", case.content_type)];
            let answer = rest.send(case.method, &target, &headers, &case.body).await.unwrap();
            let said = format!(
                "{} {target} {}: {} {}",
                case.method,
                String::from_utf8_lossy(&case.body),
                answer.status,
                answer.text()
            );
            assert!((400..500).contains(&answer.status), "{said}");
            if native {
                // The classic API words some refusals its own way; its form is what is promised here.
                let xml = suffix.is_empty();
                let expected = if xml { "application/xml" } else { "application/json" };
                assert_eq!(answer.headers["content-type"], expected, "{said}");
                assert!(answer.text().contains(if xml { "<Code>" } else { "\"code\"" }), "{said}");
                continue;
            }
            assert_eq!((answer.status, answer.code()), (case.status, case.code), "{said}");
            let body = answer.json();
            assert_eq!(body["status"], case.status, "{said}");
            assert!(
                body["more_info"].as_str().unwrap().ends_with(&format!("/errors/{}", case.code)),
                "{said}"
            );
        }
    }
    assert!(flexio.is_running() && !flexio.log().contains("panicked"));
}

#[tokio::test]
async fn broken_encodings_and_oversized_bodies_are_refused_and_harm_nobody() {
    let mut flexio = Flexio::start().await;
    let rest = flexio.rest.clone();
    let path = rest.path("/Messages.json");
    let bodies: [(&str, Vec<u8>, &[u16]); 6] = [
        (FORM, b"To=%zz%&From=%&Body=%f0%28".to_vec(), &[400]),
        (FORM, vec![0xff; 4_096], &[400]),
        ("application/json", b"{\"To\": [".to_vec(), &[400, 415]),
        ("application/json", [b"[".repeat(100_000), b"]".repeat(100_000)].concat(), &[400, 415]),
        (
            "text/xml",
            b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_vec(),
            &[400, 415],
        ),
        (FORM, [b"Body=".to_vec(), vec![b'a'; 2 << 20]].concat(), &[413]),
    ];
    for (content_type, body, statuses) in bodies {
        let length = body.len();
        // The platform may close before a body that is too large is sent whole.
        match rest.send("POST", &path, &[("content-type", content_type)], &body).await {
            Ok(answer) => {
                assert!(statuses.contains(&answer.status), "{content_type} {length}: {}", answer.text());
                assert!(answer.code() >= 20_000);
            }
            Err(error) => assert_eq!(statuses, &[413], "{content_type} {length}: {error}"),
        }
    }
    let stranger = flexio_e2e::rest::Rest::new(&rest.base, &rest.account, "wrong");
    let answer = stranger.get_at(&rest.path("/Calls.json")).await;
    assert_eq!((answer.status, answer.code()), (401, 20_003));
    assert!(answer.headers["www-authenticate"].starts_with("Basic"));
    rest.get("/Calls.json").await;
    assert!(flexio.is_running() && !flexio.log().contains("panicked"));
}

/// Takes one call with an application that misbehaves so; gives the codes of its notifications.
async fn codes_of(flexio: &Flexio, number_url: &str) -> Vec<String> {
    let number = flexio.rest.rent(&[("VoiceUrl", number_url)]).await;
    // Whether it is answered with an apology or refused is the platform's choice; that it ends is not.
    let caller = Sipp::new("ended").calls(flexio.sip, &number).start();
    let over = eventually("the call ends", || async {
        let rows = flexio.rest.get(&format!("/Calls.json?To=%2B{}", &number[1..])).await;
        let call = rows["calls"][0].clone();
        call["status"].as_str().is_some_and(|status| OVER.contains(&status)).then_some(call)
    })
    .await;
    caller.succeed().await;
    let path = format!("/Calls/{}/Notifications.json", over["sid"].as_str().unwrap());
    eventually("a notification", || async {
        let rows = flexio.rest.get(&path).await;
        let codes: Vec<String> = rows["notifications"]
            .as_array()?
            .iter()
            .filter_map(|row| row["error_code"].as_str().map(ToOwned::to_owned))
            .collect();
        (!codes.is_empty()).then_some(codes)
    })
    .await
}

#[tokio::test]
async fn a_broken_application_ends_the_call_and_leaves_a_notification_that_says_why() {
    // A slow application is waited for; here not as long.
    let flexio = Setup::default().set("outbound.total_timeout_ms", "2000").start().await;
    let web = Web::start().await;
    web.answer("/drip", Reply::Drip);
    web.answer("/hang", Reply::Hang);
    web.answer("/drop", Reply::Drop);
    web.answer("/loop", Reply::Redirect(web.url("/loop")));
    web.answer("/html", Reply::Body(200, "text/html", b"<html><body><p>Hello<br></body></html>".to_vec()));
    web.answer("/500", Reply::Body(500, "text/plain", b"oops".to_vec()));
    web.answer("/large", Reply::Body(200, "application/xml", vec![b' '; 10 << 20]));
    web.answer("/pdf", Reply::Body(200, "application/pdf", b"%PDF".to_vec()));
    web.verbs("/verb", "<Dance/>");
    let dead = format!("http://127.0.0.1:{}/", flexio_e2e::programs::free_port());
    for (url, codes) in [
        (web.url("/drip"), &["11200"][..]),
        (web.url("/hang"), &["11200"]),
        (web.url("/drop"), &["11200", "11205"]),
        (web.url("/loop"), &["11215", "11200"]),
        (web.url("/html"), &["12100", "12200"]),
        (web.url("/500"), &["11200"]),
        (web.url("/large"), &["11750"]),
        (web.url("/pdf"), &["12300"]),
        (web.url("/verb"), &["12200"]),
        (dead, &["11205", "11200"]),
    ] {
        let seen = codes_of(&flexio, &url).await;
        assert!(seen.iter().any(|code| codes.contains(&code.as_str())), "{url}: {seen:?}, not {codes:?}");
    }
}
