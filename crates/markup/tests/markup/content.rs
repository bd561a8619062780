//! Answers of other content types.

use flexio_markup::{Body, Code, Dialect, InterpretError, Kind, Limits, Verb, interpret, language, resolve};

fn answer(content_type: Option<&str>, bytes: &str, kind: Kind) -> Result<Vec<String>, InterpretError> {
    let body = Body { url: "https://app.test/x", content_type, bytes: bytes.as_bytes() };
    let document = interpret(body, kind, Dialect::Auto, &Limits::default())?;
    Ok(document.steps.iter().map(|s| s.verb.name().to_owned()).collect())
}

#[test]
fn each_content_type_means_what_it_always_meant() {
    let xml = "<Response><Hangup/></Response>";
    for kind in ["text/xml", "application/xml; charset=utf-8", "TEXT/HTML"] {
        assert_eq!(answer(Some(kind), xml, Kind::Voice).unwrap(), ["Hangup"], "{kind}");
    }
    assert_eq!(answer(None, xml, Kind::Voice).unwrap(), ["Hangup"]);
    for kind in ["audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg"] {
        assert_eq!(answer(Some(kind), "RIFF", Kind::Voice).unwrap(), ["Play"], "{kind}");
    }
    assert_eq!(answer(Some("text/plain"), "Hello\n", Kind::Voice).unwrap(), ["Say"]);
    assert_eq!(answer(Some("text/plain"), "Hello", Kind::Messaging).unwrap(), ["Message"]);
    for empty in [None, Some("application/json"), Some("text/xml")] {
        assert!(answer(empty, " \n", Kind::Voice).unwrap().is_empty());
    }
    for bad in [Some("application/json"), Some("image/png"), None] {
        assert!(matches!(answer(bad, "{}", Kind::Voice), Err(InterpretError::ContentType(_))), "{bad:?}");
    }
    assert!(matches!(answer(Some("text/xml"), "{}", Kind::Voice), Err(InterpretError::Parse(_))));
    assert!(matches!(answer(Some("audio/wav"), "x", Kind::Messaging), Err(InterpretError::ContentType(_))));
    let long = "x".repeat(4001);
    assert!(matches!(answer(Some("text/plain"), &long, Kind::Voice), Err(InterpretError::Parse(_))));
}

#[test]
fn urls_resolve_against_their_document() {
    let base = "https://user:pw@app.test:8443/a/b?c=1";
    let cases = [
        ("d.xml", "https://user:pw@app.test:8443/a/d.xml"),
        ("/d?e=f g", "https://user:pw@app.test:8443/d?e=f%20g"),
        ("?x=1", "https://user:pw@app.test:8443/a/b?x=1"),
        ("//other.test/", "https://other.test/"),
        ("http://other.test/x#rc=2", "http://other.test/x#rc=2"),
    ];
    for (reference, expected) in cases {
        assert_eq!(resolve(base, reference).unwrap(), expected);
    }
    for bad in ["", "  ", "javascript:alert(1)", "file:///etc/passwd", "http://", "ftp://x/"] {
        assert!(resolve(base, bad).is_err(), "{bad}");
    }
    assert!(resolve("", "relative").is_err());
    assert_eq!(resolve("flow:abc", "flow:def").unwrap(), "flow:def");
}

#[test]
fn language_codes_of_both_dialects_resolve() {
    let cases = [
        ("bf", "fr-BE", "fr-FR"),
        ("nl-be", "nl-BE", "nl-NL"),
        ("de_BE", "de-BE", "de-DE"),
        ("en", "en-US", "en-US"),
        ("en-gb", "en-GB", "en-GB"),
        ("dan", "da-DK", "da-DK"),
        ("no", "nb-NO", "nb-NO"),
        ("awspolly.ja-JP", "ja-JP", "ja-JP"),
        ("cmn-hans-cn", "cmn-Hans-CN", "cmn-Hans-CN"),
    ];
    for (code, tag, fallback) in cases {
        let language = language::resolve(code).unwrap();
        assert_eq!((language.tag.as_str(), language.fallback.as_str()), (tag, fallback), "{code}");
    }
    for bad in ["", "x", "english please", ".nl", "één", "nl-B"] {
        assert_eq!(language::resolve(bad), None, "{bad}");
    }
}

#[test]
fn an_audio_answer_plays_its_own_url() {
    let body = Body { url: "https://app.test/x.wav", content_type: Some("audio/wav"), bytes: b"RIFF" };
    let document = interpret(body, Kind::Voice, Dialect::Rcml, &Limits::default()).unwrap();
    assert!(
        matches!(&document.steps[0].verb, Verb::Play(p) if p.url.as_deref() == Some("https://app.test/x.wav"))
    );
    assert_eq!(document.dialect, Dialect::Rcml);
    assert_eq!(Code::Schema.number(), 12200);
}
