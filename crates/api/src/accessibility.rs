//! The accessibility statement (Directive (EU) 2019/882, Article 13 and Annex V), for everybody, in four languages.
//!
//! What works and what does not is the program's and stands in `docs/accessibility`; whom to tell is the operator's. Whoever changes what the
//! statement says of the program moves [`REVIEWED`].

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flexio_domain::Operator;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::Api;
use crate::pages::html_in;
use crate::write::push_xml_text;

/// When the statement was last compared with the program.
const REVIEWED: Date = date(2026, 11, 28);

/// By language, with the name of the language in itself.
const STATEMENTS: [(&str, &str, &str); 4] = [
    ("nl", "Nederlands", include_str!("../../../docs/accessibility/nl.md")),
    ("fr", "Français", include_str!("../../../docs/accessibility/fr.md")),
    ("de", "Deutsch", include_str!("../../../docs/accessibility/de.md")),
    ("en", "English", include_str!("../../../docs/accessibility/en.md")),
];

/// In the first language of the browser that there is one in; English otherwise.
pub(crate) async fn preferred(State(api): State<Arc<Api>>, headers: HeaderMap) -> Response {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = wanted.and_then(best).unwrap_or("en");
    shown(&api.app.config.operator, language)
}

/// In this language.
pub(crate) async fn in_language(State(api): State<Arc<Api>>, Path(language): Path<String>) -> Response {
    shown(&api.app.config.operator, &language)
}

/// The one with the highest weight, of equals the first (RFC 9110 §12.5.4).
fn best(wanted: &str) -> Option<&'static str> {
    let mut best: Option<(&'static str, f32)> = None;
    for range in wanted.split(',').take(20) {
        let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let known = STATEMENTS.iter().find(|(language, ..)| *language == primary);
        if let Some((language, ..)) = known
            && weight > best.map_or(0.0, |(_, before)| before)
        {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

fn shown(operator: &Operator, language: &str) -> Response {
    let Some((language, _, text)) = STATEMENTS.iter().find(|(known, ..)| *known == language) else {
        return (StatusCode::NOT_FOUND, "There is no statement in this language.").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, *language),
        (header::VARY, "Accept-Language"),
    ];
    (headers, page(operator, language, text)).into_response()
}

fn page(operator: &Operator, language: &str, text: &str) -> String {
    let mut others = String::from("<nav><ul>");
    for (other, name, _) in STATEMENTS {
        let current = if other == language { " aria-current=\"page\"" } else { "" };
        let _ = write!(
            others,
            "<li><a href=\"/accessibility/{other}\" lang=\"{other}\" hreflang=\"{other}\"{current}>{name}</a></li>"
        );
    }
    others.push_str("</ul></nav>");
    let due = REVIEWED.checked_add(1.year()).unwrap_or(REVIEWED);
    let mut html = html_in(language, &others, text);
    for (name, value) in [
        ("operator", escaped(&format!("{} {}", operator.name, operator.legal_form))),
        ("email", link("mailto:", &operator.email)),
        ("phone", link("tel:", &operator.phone)),
        ("contact", link("", &operator.contact_url)),
        ("complaints", way_to(&operator.complaint_contact)),
        ("ombudsman", way_to(&operator.ombudsman)),
        ("url", link("", &operator.accessibility_url)),
        ("reviewed", format!("<time>{REVIEWED}</time>")),
        ("due", format!("<time>{due}</time>")),
    ] {
        html = html.replace(&format!("{{{name}}}"), &value);
    }
    html
}

/// An address of mail or web, or words.
fn way_to(contact: &str) -> String {
    if contact.starts_with("https://") || contact.starts_with("http://") {
        link("", contact)
    } else if contact.contains('@') && !contact.contains(' ') {
        link("mailto:", contact)
    } else {
        escaped(contact)
    }
}

fn link(scheme: &str, to: &str) -> String {
    let shown = escaped(to);
    let target = escaped(&to.replace(' ', ""));
    format!("<a href=\"{scheme}{target}\">{shown}</a>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_xml_text(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::world::World;
    use axum::body::Body;
    use http::Request;

    #[test]
    fn the_browser_s_first_language_that_is_there_is_taken() {
        for (wanted, expected) in [
            ("nl-BE,nl;q=0.9,en;q=0.8", Some("nl")),
            ("it, fr;q=0.4, de;q=0.6", Some("de")),
            ("FR-be", Some("fr")),
            ("it", None),
            ("", None),
            ("en;q=0, de;q=oops", None),
        ] {
            assert_eq!(best(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn every_statement_names_the_operator_whom_to_tell_the_gaps_and_its_review_and_nothing_is_left_open() {
        let operator = Operator { name: "A & B <Telecom>".to_owned(), ..Operator::default() };
        let mut gaps = Vec::new();
        for (language, _, text) in STATEMENTS {
            let html = page(&operator, language, text);
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{language}");
            assert!(!html.contains('{'), "{language}: {html}");
            assert!(!html.contains("<Telecom>"), "{language}");
            for wanted in [
                "A &amp; B &lt;Telecom&gt; NV",
                "mailto:billing@example.be",
                "tel:+3225880000",
                "mailto:complaints@example.be",
                "https://www.ombudsmantelecom.be",
                "<time>2026-11-28</time>",
                "<time>2027-11-28</time>",
                "EN 301 549",
            ] {
                assert!(html.contains(wanted), "{language}: {wanted}");
            }
            let second = text.split("\n## ").nth(2).expect("the gaps are the second part");
            gaps.push(second.lines().filter(|line| line.starts_with("- ")).count());
        }
        assert!(gaps.iter().all(|count| *count == gaps[0] && *count > 0), "{gaps:?}");
    }

    #[tokio::test]
    async fn anybody_reads_it_without_signing_in() {
        let world = World::new().await;
        let get = async |path: &str, wanted: &str| {
            let request = Request::get(path).header("accept-language", wanted).body(Body::empty()).unwrap();
            world.exchange(request).await
        };
        let page = get("/accessibility", "fr").await;
        assert_eq!((page.header("content-language"), page.header("vary")), ("fr", "Accept-Language"));
        assert_eq!(get("/accessibility/de", "fr").await.header("content-language"), "de");
        assert_eq!(get("/accessibility/it", "fr").await.status, 404);
    }
}
