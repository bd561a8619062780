//! Documents for people: indented, in the words of a dialect, without what is the default anyway; and what one verb says that another does not.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::document::{Dialect, Document, Kind, Limits, parse};
use crate::element::{self, Element, Node};
use crate::print::print;
use crate::verbs::{DialTo, Step, Verb};

/// Writes `document` for people to read: a verb a line, attributes at their defaults left out, `<Sms>` in RCML and `<Message>` in TwiML.
/// Parsing it with the same dialect and kind gives the same steps but for their lines.
///
/// ```
/// use flexio_markup::{Dialect, Kind, Limits, parse, print_readable};
/// let document = parse(b"<Response><Gather timeout=\"5\"><Say>Hi</Say></Gather></Response>", Kind::Voice, Dialect::Twiml, &Limits::default())?;
/// assert!(print_readable(&document).ends_with("<Response>\n  <Gather>\n    <Say>Hi</Say>\n  </Gather>\n</Response>\n"));
/// # Ok::<(), flexio_markup::ParseError>(())
/// ```
pub fn print_readable(document: &Document) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n".to_owned();
    for step in &document.steps {
        for element in elements_of(&step.verb, document.dialect) {
            let element = in_dialect(element, document.dialect);
            let plain = without_defaults(element, document.dialect, document.kind);
            write(&mut out, &plain, 1);
        }
    }
    out.push_str("</Response>\n");
    out
}

/// What `before` says and `after` does not, as names of attributes and elements: `action`, `Number url`, `Media`, `text`. A verb that is
/// not there says nothing.
pub fn lost(before: &Verb, after: Option<&Verb>) -> Vec<String> {
    let side = |verb: &Verb| elements_of(verb, Dialect::Twiml).pop();
    let Some(before) = side(before) else { return Vec::new() };
    let mut names = Vec::new();
    missing(&before, after.and_then(side).as_ref(), "", &mut names);
    names
}

/// The element of a verb; none where it is not read again, which is so for no verb a document can hold.
fn elements_of(verb: &Verb, dialect: Dialect) -> Vec<Element> {
    let steps = vec![Step { line: 1, verb: verb.clone() }];
    let document = Document { dialect, kind: Kind::Voice, steps, warnings: Vec::new() };
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    let root = element::read(print(&document).as_bytes(), &limits);
    let children = root.map(|(root, _)| root.children).unwrap_or_default();
    let element = |node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    };
    children.into_iter().filter_map(element).collect()
}

fn missing(before: &Element, after: Option<&Element>, place: &str, names: &mut Vec<String>) {
    let mut name = |what: &str| {
        let name = format!("{place}{what}");
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for (attribute, value) in &before.attributes {
        if after.and_then(|after| after.attribute(attribute)) != Some(value) {
            name(attribute);
        }
    }
    // Of text among elements it counts what is said, not in which of them it stands.
    if !before.text().is_empty() && after.is_none_or(|after| spoken(after) != spoken(before)) {
        name("text");
    }
    let mut others = after.into_iter().flat_map(Element::elements);
    for child in before.elements() {
        match others.next().filter(|other| other.name == child.name) {
            Some(other) => missing(child, Some(other), &format!("{place}{} ", child.name), names),
            None => name_of(child, place, names),
        }
    }
}

/// All text inside an element, blanks collapsed.
fn spoken(element: &Element) -> String {
    fn collect(element: &Element, out: &mut String) {
        for child in &element.children {
            match child {
                Node::Text(text) => out.push_str(text),
                Node::Element(inner) => collect(inner, out),
            }
        }
    }
    let mut text = String::new();
    collect(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_of(element: &Element, place: &str, names: &mut Vec<String>) {
    let name = format!("{place}{}", element.name);
    if !names.contains(&name) {
        names.push(name);
    }
}

/// A message under the name its dialect has for it, its text inside where it has nothing else.
fn in_dialect(mut element: Element, dialect: Dialect) -> Element {
    if element.name != "Message" {
        return element;
    }
    if dialect == Dialect::Rcml {
        "Sms".clone_into(&mut element.name);
    }
    let body = match element.children.as_mut_slice() {
        [Node::Element(body)] if body.name == "Body" => std::mem::take(&mut body.children),
        _ => return element,
    };
    element.children = body;
    element
}

/// The element without attributes that change nothing.
fn without_defaults(mut element: Element, dialect: Dialect, kind: Kind) -> Element {
    let Some(meant) = read_again(&element, dialect, kind) else { return element };
    for path in paths(&element, &mut Vec::new()) {
        let mut at = 0;
        while let Some(attribute) = attributes_at(&mut element, &path).and_then(|list| list.get(at).cloned())
        {
            if let Some(list) = attributes_at(&mut element, &path) {
                list.remove(at);
            }
            if read_again(&element, dialect, kind).as_ref() != Some(&meant) {
                if let Some(list) = attributes_at(&mut element, &path) {
                    list.insert(at, attribute);
                }
                at += 1;
            }
        }
    }
    element
}

/// The way to each element inside this one, itself included: positions among the children.
fn paths(element: &Element, way: &mut Vec<usize>) -> Vec<Vec<usize>> {
    let mut found = vec![way.clone()];
    for (at, child) in element.children.iter().enumerate() {
        if let Node::Element(child) = child {
            way.push(at);
            found.extend(paths(child, way));
            way.pop();
        }
    }
    found
}

fn attributes_at<'e>(element: &'e mut Element, path: &[usize]) -> Option<&'e mut Vec<(String, String)>> {
    let Some((first, rest)) = path.split_first() else { return Some(&mut element.attributes) };
    match element.children.get_mut(*first) {
        Some(Node::Element(child)) => attributes_at(child, rest),
        _ => None,
    }
}

fn read_again(element: &Element, dialect: Dialect, kind: Kind) -> Option<Verb> {
    let mut text = "<Response>".to_owned();
    write(&mut text, element, 0);
    text.push_str("</Response>");
    let mut document = parse(text.as_bytes(), kind, dialect, &Limits::default()).ok()?;
    document.steps.pop().map(|step| without_lines(step.verb))
}

fn without_lines(mut verb: Verb) -> Verb {
    if let Verb::Dial(dial) = &mut verb
        && let DialTo::Parties(parties) = &mut dial.to
    {
        for party in parties {
            party.line = 0;
        }
    }
    verb
}

/// Writes an element: alone on its line where it holds text or nothing, else with its children on lines of their own.
fn write(out: &mut String, element: &Element, depth: usize) {
    let _ = write!(out, "{}", "  ".repeat(depth));
    open(out, element);
    if element.children.is_empty() {
        out.truncate(out.len() - 1);
        out.push_str("/>\n");
        return;
    }
    let has_text = element.children.iter().any(|child| matches!(child, Node::Text(_)));
    if has_text {
        element.children.iter().for_each(|child| inline(out, child));
    } else {
        out.push('\n');
        element.elements().for_each(|child| write(out, child, depth + 1));
        let _ = write!(out, "{}", "  ".repeat(depth));
    }
    let _ = writeln!(out, "</{}>", element.name);
}

fn open(out: &mut String, element: &Element) {
    let _ = write!(out, "<{}", element.name);
    for (name, value) in &element.attributes {
        let _ = write!(out, " {name}=\"{}\"", escape(value.as_str()));
    }
    out.push('>');
}

fn inline(out: &mut String, node: &Node) {
    match node {
        Node::Text(text) => out.push_str(&escape(text.as_str())),
        Node::Element(element) => {
            open(out, element);
            element.children.iter().for_each(|child| inline(out, child));
            let _ = write!(out, "</{}>", element.name);
        }
    }
}
