//! Bombs and malformed documents: refused with a place and a reason, or read with warnings.

use flexio_markup::{Dialect, Kind, Limits, parse};

use crate::{read, read_as, show};

fn refusal(text: &str) -> String {
    read_as(text, Kind::Voice, Dialect::Auto).expect_err(text).to_string()
}

#[test]
fn malformed_documents_are_refused_with_their_place() {
    let bad: &[(&str, &str)] = &[
        ("", "the document has no element (line 1, column 1)"),
        (
            "<Response>\n  <Say>hello</Response>",
            "expected `</Say>`, but `</Response>` was found (line 2, column 13)",
        ),
        ("<Response>\n <Say>", "`<Say>` is never closed (line 2, column 7)"),
        ("<Response/><Response/>", "there is more than one root element (line 1, column 12)"),
        ("<Response/>tail", "text outside the root element (line 1, column 12)"),
        ("<response/>", "the root element is `<response>`, not `<Response>` (line 1, column 1)"),
        ("<Response><Say voice='a' voice='b'>x</Say></Response>", "duplicated attribute"),
        ("<Response><Say voice=man>x</Say></Response>", "(line 1, column 11)"),
        ("<Response><Say loop='<'>x</Say></Response>", "an attribute of `<Say>` is malformed"),
        ("<Response><1>x</1></Response>", "an element's name is malformed"),
        ("<Response><Say>&#0;</Say></Response>", "the reference `&#0;` is not allowed"),
        ("<Response><Say>&#xD800;</Say></Response>", "the reference `&#xD800;` is not allowed"),
        ("<Response><Say>\u{1}</Say></Response>", "a control character is not allowed"),
        ("<Response><Say><![CDATA[open</Say></Response>", "CDATA not closed"),
        ("<Response", "tag not closed"),
    ];
    for (text, expected) in bad {
        let error = refusal(text);
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn invalid_utf_8_is_refused_at_its_place() {
    let error =
        parse(b"<Response>\n\xff</Response>", Kind::Voice, Dialect::Auto, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the document is not UTF-8 (line 2, column 1)");
}

#[test]
fn bombs_are_refused_before_they_cost_anything() {
    let laughs = "<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><Response><Say>&b;</Say></Response>";
    assert!(refusal(laughs).contains("document type declaration"), "{}", refusal(laughs));
    let external = "<Response><Play>&xxe;</Play></Response>";
    assert!(refusal(external).contains("`&xxe;` is not allowed"));
    let deep = format!("<Response>{}{}</Response>", "<Say>".repeat(16), "</Say>".repeat(16));
    assert!(refusal(&deep).contains("nest deeper than 16"));
    let wide = format!("<Response>{}</Response>", "<x/>".repeat(500));
    assert!(refusal(&wide).contains("more than 500 elements"));
    let verbs = format!("<Response>{}</Response>", "<Pause/>".repeat(101));
    assert!(refusal(&verbs).contains("more than 100 verbs"));
    let prompts = format!("<Response><Gather>{}</Gather></Response>", "<Pause/>".repeat(100));
    assert!(refusal(&prompts).contains("more than 100 verbs"));
    let long = format!("<Response><Say>{}</Say></Response>", "é".repeat(4001));
    assert!(refusal(&long).contains("more than 4000 characters of speech"));
    let attributes = (0..51).map(|i| format!(" a{i}='1'")).collect::<Vec<_>>().concat();
    assert!(refusal(&format!("<Response{attributes}/>")).contains("more than 50 attributes"));
    let large = format!("<Response><Say>{}</Say></Response>", " ".repeat(65_536));
    assert!(refusal(&large).contains("more than 65536 bytes"));
    let doctype = "<!DOCTYPE html><Response/>";
    assert!(refusal(doctype).contains("document type declaration"));
}

#[test]
fn a_document_at_every_limit_is_read() {
    let text = format!("<Response>{}</Response>", "<Pause/>".repeat(100));
    assert_eq!(read(&text).steps.len(), 100);
    let text = format!("<Response><Say>{}</Say></Response>", "é".repeat(4000));
    assert_eq!(read(&text).steps.len(), 1);
}

#[test]
fn a_lone_ampersand_is_repaired_with_a_warning() {
    let document =
        read("<Response><Redirect>/a?x=1&y=2&amp;z=3&</Redirect><Play digits='1' loop='&'/></Response>");
    insta::assert_snapshot!(show(&document), @r#"
    1: Redirect(Redirect { url: Some("/a?x=1&y=2&z=3&"), method: Post })
    1: Play(Play { url: None, digits: Some("1"), times: 1 })
    ! 1:21 12200 an unescaped `&` was taken as it stands; write `&amp;`
    ! 1:51 12200 an unescaped `&` was taken as it stands; write `&amp;`
    ! 1:51 13410 `loop="&"` of `<Play>` is not usable; the default is used
    "#);
}

#[test]
fn warnings_are_capped() {
    let wide = format!("<Response>{}</Response>", "<x/>".repeat(499));
    assert_eq!(read(&wide).warnings.len(), 100);
}

#[test]
fn line_breaks_cannot_reach_a_header() {
    let document = read(
        "<Response><Dial callerId='+32&#13;&#10;X: y'><Sip>sip:a@b&#10;.test?X-A=1%0d%0aVia:x&amp;Via=evil</Sip>\
         <Number>+32&#13;\n1?A%0D%0A=%00b</Number></Dial></Response>",
    );
    let printed = format!("{document:?}");
    assert!(!printed.contains("\\n") && !printed.contains("\\r") && !printed.contains("\\0"), "{printed}");
    assert!(printed.contains("\"X-Via\", \"evil\""), "{printed}");
}

/// Found by fuzzing: escaped on printing, the headers were longer than on reading, and refused.
#[test]
fn headers_are_measured_decoded() {
    let sip = |value: &str| format!("<Response><Dial><Sip>sip:a@b.test?X-A={value}</Sip></Dial></Response>");
    for (quotes, steps) in [(400, 1), (1_018, 1), (1_019, 0)] {
        let document = read(&sip(&"'".repeat(quotes)));
        assert_eq!(document.steps.len(), steps, "{quotes}");
        assert_eq!(read(&flexio_markup::print(&document)).steps.len(), steps, "{quotes}");
    }
}
