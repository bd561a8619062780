//! The examples of `docs/webhooks.md` check what we really sign.

use std::fmt::Write as _;
use std::process::Command;

use flexio_domain::HttpMethod;
use flexio_outbound::{flexio_signature, standard_webhook_signature};
use jiff::Timestamp;

const DOCUMENT: &str = include_str!("../../../../docs/webhooks.md");

/// All code of one language, in order.
fn examples(language: &str) -> String {
    let blocks = DOCUMENT.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)).collect()
}

/// Runs a program text that exits with 0 when all its checks hold; says so when the interpreter is absent.
fn run(interpreter: &str, flag: &str, program: &str) {
    match Command::new(interpreter).args([flag, program]).output() {
        Err(_) => eprintln!("{interpreter} absent, its examples are not checked"),
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Method, URL, form, time and signature(s), as text in the syntax both languages share.
fn signed_request() -> String {
    let form = [("To", "+32 2&=é~*'(x)!"), ("Body", "a\nb"), ("Z", ""), ("To", "+1")];
    let pairs: Vec<(String, String)> = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let (url, now) = ("https://example.be/a?b=%7E", Timestamp::now());
    let signature = flexio_signature(b"key", HttpMethod::Post, url, &pairs, now);
    let mut text = String::new();
    write!(text, r#"b"key", "POST", "{url}", ["#).unwrap();
    for (name, value) in form {
        write!(text, "[{name:?}, {value:?}],").unwrap();
    }
    write!(text, r#"], "{}", "v1=0,{signature}""#, now.as_second()).unwrap();
    text
}

/// Secret, headers and body of an event.
fn signed_event() -> (String, String, String) {
    let now = Timestamp::now();
    let good = standard_webhook_signature(b"new", "evt_1", now, b"a=b&c=d");
    let headers = format!(
        r#"{{"webhook-id": "evt_1", "webhook-timestamp": "{}", "webhook-signature": "v1,AA== {good}"}}"#,
        now.as_second()
    );
    ("whsec_bmV3".to_owned(), headers, "a=b&c=d".to_owned())
}

#[test]
fn the_python_examples_accept_our_requests_and_refuse_others() {
    let (request, (secret, headers, body)) = (signed_request(), signed_event());
    let altered = request.replace("\"POST\"", "\"GET\"");
    let checks = format!(
        "assert is_from_flexio({request})\nassert not is_from_flexio({altered})\n\
         assert is_event_from_flexio('{secret}', {headers}, b'{body}')\n\
         assert not is_event_from_flexio('{secret}', {headers}, b'{body}!')\n"
    );
    run("python3", "-c", &format!("{}\n{checks}", examples("python")));
}

#[test]
fn the_node_examples_accept_our_requests_and_refuse_others() {
    let (request, (secret, headers, body)) =
        (signed_request().replacen("b\"key\"", "\"key\"", 1), signed_event());
    let altered = request.replace("\"POST\"", "\"GET\"");
    let checks = format!(
        "const assert = require('node:assert');\nassert(isFromFlexio({request}));\nassert(!isFromFlexio({altered}));\n\
         assert(isEventFromFlexio('{secret}', {headers}, Buffer.from('{body}')));\n\
         assert(!isEventFromFlexio('{secret}', {headers}, Buffer.from('{body}!')));\n"
    );
    run("node", "-e", &format!("{}\n{checks}", examples("js")));
}
