//! XML into a small tree with positions, in bounded memory, with nothing external.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::document::Limits;
use crate::warning::{Code, Warning};

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} (line {line}, column {column})")]
pub struct ParseError {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// One sentence.
    pub text: String,
}

impl ParseError {
    pub(crate) fn limit(what: &str, limit: usize) -> Self {
        Self::at((1, 1), format!("the document has more than {limit} {what}"))
    }

    pub(crate) fn at((line, column): (u32, u32), text: impl Into<String>) -> Self {
        Self { line, column, text: text.into() }
    }
}

/// An element with its attributes and content decoded.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
    /// Line and column of its `<`, counted from 1.
    pub at: (u32, u32),
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The value of an attribute, as written.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Its own text, without that of its children, trimmed.
    pub fn text(&self) -> String {
        let own = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        own.collect::<String>().trim().to_owned()
    }

    /// Its own text as one line: for numbers, names and URLs, where a line break would let a
    /// document smuggle headers.
    pub fn line(&self) -> String {
        self.text().chars().filter(|c| !c.is_control()).collect()
    }
}

/// Warnings a document may collect; more are dropped.
pub(crate) const MAX_WARNINGS: usize = 100;

/// Reads a document into its root element.
pub(crate) fn read(body: &[u8], limits: &Limits) -> Result<(Element, Vec<Warning>), ParseError> {
    if body.len() > limits.bytes {
        return Err(ParseError::limit("bytes", limits.bytes));
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let valid = String::from_utf8_lossy(&body[..error.valid_up_to()]);
            return Err(ParseError::at(position(&valid, valid.len()), "the document is not UTF-8"));
        }
    };
    let mut builder = Builder {
        text,
        limits,
        stack: Vec::new(),
        raw: String::new(),
        root: None,
        elements: 0,
        warnings: Vec::new(),
    };
    builder.run()?;
    let end = position(text, text.len());
    if let Some(open) = builder.stack.last() {
        return Err(ParseError::at(end, format!("`<{}>` is never closed", open.name)));
    }
    let root = builder.root.ok_or_else(|| ParseError::at(end, "the document has no element"))?;
    Ok((root, builder.warnings))
}

/// Line and column of a byte offset, both counted from 1.
fn position(text: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

struct Builder<'a> {
    text: &'a str,
    limits: &'a Limits,
    stack: Vec<Element>,
    /// Character data of the innermost element not yet decoded.
    raw: String,
    root: Option<Element>,
    elements: usize,
    warnings: Vec<Warning>,
}

impl Builder<'_> {
    fn run(&mut self) -> Result<(), ParseError> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().allow_dangling_amp = true;
        loop {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|error| {
                let offset = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                ParseError::at(position(self.text, offset), error.to_string())
            })?;
            match event {
                Event::Start(tag) => {
                    let element = self.open(&tag, start)?;
                    self.stack.push(element);
                }
                Event::Empty(tag) => {
                    let element = self.open(&tag, start)?;
                    self.place(element, start)?;
                }
                Event::End(_) => {
                    self.flush(start)?;
                    // quick-xml has checked that the end tag matches the innermost start tag.
                    let element =
                        self.stack.pop().ok_or_else(|| self.error(start, "an end tag without a start"))?;
                    self.place(element, start)?;
                }
                Event::Text(text) => self.characters(&text.into_inner(), start)?,
                Event::GeneralRef(name) => self.characters(&format!("&{};", &*name.into_inner()), start)?,
                Event::CData(data) => {
                    self.flush(start)?;
                    self.cdata(&data.into_inner(), start)?;
                }
                Event::DocType(_) => {
                    return Err(self.error(start, "a document type declaration is not allowed"));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => self.flush(start)?,
                Event::Eof => return Ok(()),
            }
        }
    }

    fn error(&self, offset: usize, text: impl Into<String>) -> ParseError {
        ParseError::at(position(self.text, offset), text)
    }

    fn open(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element, ParseError> {
        self.flush(start)?;
        if self.root.is_some() {
            return Err(self.error(start, "there is more than one root element"));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(self.error(start, format!("more than {} elements", self.limits.elements)));
        }
        if self.stack.len() >= self.limits.depth {
            return Err(self.error(start, format!("elements nest deeper than {}", self.limits.depth)));
        }
        let name = tag.name().as_ref().to_owned();
        if !is_name(&name) {
            return Err(self.error(start, "an element's name is malformed"));
        }
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.error(start, error.to_string()))?;
            if attributes.len() >= self.limits.attributes {
                return Err(self.error(start, format!("more than {} attributes", self.limits.attributes)));
            }
            let key = attribute.key.as_ref().to_owned();
            if !is_name(&key) || attribute.value.contains('<') {
                return Err(self.error(start, format!("an attribute of `<{name}>` is malformed")));
            }
            let value = self.decode(&attribute.value, start)?;
            // Attribute values become header fields and file names: no control character survives.
            let value = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            attributes.push((key, value));
        }
        Ok(Element { name, attributes, children: Vec::new(), at: position(self.text, start) })
    }

    fn place(&mut self, element: Element, start: usize) -> Result<(), ParseError> {
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None if self.root.is_some() => {
                return Err(self.error(start, "there is more than one root element"));
            }
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn characters(&mut self, raw: &str, start: usize) -> Result<(), ParseError> {
        if self.stack.is_empty() && !raw.trim_ascii().is_empty() {
            return Err(self.error(start, "text outside the root element"));
        }
        self.raw.push_str(raw);
        Ok(())
    }

    fn flush(&mut self, start: usize) -> Result<(), ParseError> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let raw = std::mem::take(&mut self.raw);
        let text = self.decode(&raw, start.saturating_sub(raw.len()))?;
        if let Some(parent) = self.stack.last_mut() {
            parent.children.push(Node::Text(text));
        }
        Ok(())
    }

    fn cdata(&mut self, text: &str, start: usize) -> Result<(), ParseError> {
        if text.chars().any(forbidden) {
            return Err(self.error(start, "a control character is not allowed"));
        }
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(Node::Text(text.replace("\r\n", "\n").replace('\r', "\n"))),
            None => return Err(self.error(start, "text outside the root element")),
        }
        Ok(())
    }

    /// Replaces references. A lone `&`, common in hand-written URLs, stands for itself.
    fn decode(&mut self, raw: &str, start: usize) -> Result<String, ParseError> {
        if raw.chars().any(forbidden) {
            return Err(self.error(start, "a control character is not allowed"));
        }
        let raw =
            if raw.contains('\r') { raw.replace("\r\n", "\n").replace('\r', "\n") } else { raw.to_owned() };
        let mut text = String::with_capacity(raw.len());
        let mut repaired = false;
        let mut rest = raw.as_str();
        while let Some(at) = rest.find('&') {
            text.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let name = after.split(';').next().filter(|name| name.len() < after.len());
            match name.map(|name| (name, reference(name))) {
                Some((name, Reference::Char(c))) => {
                    text.push(c);
                    rest = &after[name.len() + 1..];
                }
                Some((name, Reference::Refused)) => {
                    let name: String = name.chars().take(32).collect();
                    return Err(self.error(start, format!("the reference `&{name};` is not allowed")));
                }
                Some((_, Reference::None)) | None => {
                    text.push('&');
                    repaired = true;
                    rest = after;
                }
            }
        }
        text.push_str(rest);
        if repaired && self.warnings.len() < MAX_WARNINGS {
            let (line, column) = position(self.text, start);
            let text = "an unescaped `&` was taken as it stands; write `&amp;`".to_owned();
            self.warnings.push(Warning { code: Code::Schema, line, column, text });
        }
        Ok(text)
    }
}

/// What stands between `&` and `;`.
enum Reference {
    Char(char),
    /// A well-formed reference to something a document may not have.
    Refused,
    /// Not a reference at all.
    None,
}

fn reference(name: &str) -> Reference {
    let c = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#') {
            Some(digits) => {
                let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16));
                let code =
                    digits.chars().all(|c| c.is_digit(radix)).then(|| u32::from_str_radix(digits, radix));
                code.and_then(Result::ok).and_then(char::from_u32).filter(|c| !forbidden(*c))
            }
            None if is_name(name) => None,
            None => return Reference::None,
        },
    };
    c.map_or(Reference::Refused, Reference::Char)
}

/// Characters XML 1.0 §2.2 does not allow.
fn forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Near enough XML 1.0 §2.3: letters, digits, `_ - . :`, not beginning with a digit or mark.
fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
    first && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}
