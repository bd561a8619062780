//! What a `<Say>` speaks: plain text, and SSML where the document has it.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::attributes::Context;
use crate::element::{Element, Node};
use crate::warning::Code;

/// SSML elements passed on to a voice; others are unwrapped.
const SSML: [&str; 14] = [
    "audio", "break", "emphasis", "lang", "mark", "p", "phoneme", "prosody", "s", "say-as", "speak", "sub",
    "voice", "w",
];

/// The plain text of `say` with blanks collapsed, and its inner XML when it has SSML elements.
pub(crate) fn read(say: &Element, context: &mut Context) -> (String, Option<String>) {
    let mut body = say;
    // A whole SSML document and bare SSML elements mean the same.
    while let Some(inner) = sole_speak(body) {
        body = inner;
    }
    let mut text = String::new();
    let mut ssml = String::new();
    write(body, context, &mut text, &mut ssml);
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let marked_up = ssml.contains('<');
    (plain, marked_up.then(|| ssml.trim().to_owned()))
}

fn sole_speak(element: &Element) -> Option<&Element> {
    let mut elements = element.elements();
    let first = elements.next()?;
    (first.name == "speak" && elements.next().is_none() && element.text().is_empty()).then_some(first)
}

fn write(element: &Element, context: &mut Context, text: &mut String, ssml: &mut String) {
    for node in &element.children {
        match node {
            Node::Text(written) => {
                text.push_str(written);
                ssml.push_str(&escape(written.as_str()));
            }
            Node::Element(child) => write_element(child, context, text, ssml),
        }
    }
}

fn write_element(element: &Element, context: &mut Context, text: &mut String, ssml: &mut String) {
    let name = element.name.as_str();
    let vendor = name.starts_with("amazon:") || name.starts_with("mstts:");
    if !SSML.contains(&name) && !vendor {
        context.warn(element, Code::Schema, format!("`<{name}>` is not SSML; only its text is spoken"));
        write(element, context, text, ssml);
        return;
    }
    let _ = write!(ssml, "<{name}");
    for (key, value) in &element.attributes {
        let _ = write!(ssml, " {key}=\"{}\"", escape(value.as_str()));
    }
    if element.children.is_empty() {
        ssml.push_str("/>");
    } else {
        ssml.push('>');
    }
    let spaced = matches!(name, "break" | "p" | "s" | "audio");
    if spaced {
        text.push(' ');
    }
    let mut spoken = String::new();
    write(element, context, &mut spoken, ssml);
    match element.attribute("alias").filter(|_| name == "sub") {
        Some(alias) => text.push_str(alias),
        None => text.push_str(&spoken),
    }
    if spaced {
        text.push(' ');
    }
    if !element.children.is_empty() {
        let _ = write!(ssml, "</{name}>");
    }
}
