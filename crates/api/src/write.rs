//! Answers as text: one call per property writes JSON (`snake_case`) or XML (`PascalCase`).

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::dialect::{Face, Format};

/// Value of a property.
#[derive(Debug, Clone)]
pub(crate) enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    Int(i64),
    Bool(bool),
}

impl<'a> From<&'a str> for Scalar<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Scalar<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Scalar<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Scalar<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Scalar<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<i64> for Scalar<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a, T: Into<Scalar<'a>>> From<Option<T>> for Scalar<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Writes one answer. Objects nest by closures, so they always close.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    pub(crate) format: Format,
    pub(crate) face: Face,
    comma: bool,
}

impl Writer {
    pub(crate) fn new(face: Face, format: Format) -> Self {
        Self { out: String::with_capacity(1024), format, face, comma: false }
    }

    /// Writes one property.
    pub(crate) fn put<'v>(&mut self, name: &str, value: impl Into<Scalar<'v>>) {
        match self.format {
            Format::Json => self.put_json(name, &value.into()),
            Format::Xml => self.put_xml(&pascal(name), &value.into()),
        }
    }

    /// Writes one property whose XML name does not follow from its JSON name.
    pub(crate) fn put_as<'v>(&mut self, json: &str, xml: &str, value: impl Into<Scalar<'v>>) {
        match self.format {
            Format::Json => self.put_json(json, &value.into()),
            Format::Xml => self.put_xml(xml, &value.into()),
        }
    }

    /// Writes a JSON value under a name; in XML as its text.
    pub(crate) fn json(&mut self, name: &str, value: &serde_json::Value) {
        match self.format {
            Format::Json => {
                self.name_json(name);
                self.out.push_str(&value.to_string());
            }
            Format::Xml => self.put_xml(&pascal(name), &Scalar::Text(Cow::Owned(value.to_string()))),
        }
    }

    /// Writes the members of a JSON object.
    pub(crate) fn members(&mut self, object: &serde_json::Value) {
        for (name, value) in object.as_object().into_iter().flatten() {
            self.json(name, value);
        }
    }

    /// Writes an object under a name.
    pub(crate) fn object(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        match self.format {
            Format::Json => {
                self.name_json(name);
                self.braces(content);
            }
            Format::Xml => self.element(&pascal(name), "", content),
        }
    }

    /// Writes a list of texts under a name; in XML one after the other.
    pub(crate) fn texts(&mut self, name: &str, texts: &[&str]) {
        match self.format {
            Format::Json => {
                self.name_json(name);
                self.out.push_str(&serde_json::json!(texts).to_string());
            }
            Format::Xml => self.put_xml(&pascal(name), &texts.join(" ").into()),
        }
    }

    /// Writes a list of objects under a name; in XML each is an `item` element.
    pub(crate) fn list<T>(&mut self, name: &str, item: &str, rows: &[T], each: impl Fn(&mut Self, &T)) {
        match self.format {
            Format::Json => {
                self.name_json(name);
                self.brackets(rows, each);
            }
            Format::Xml => self.element(&pascal(name), "", |w| w.items(item, rows, &each)),
        }
    }

    /// The whole answer is one resource.
    pub(crate) fn root(mut self, element: &str, content: impl FnOnce(&mut Self)) -> String {
        match self.format {
            Format::Json => self.braces(content),
            Format::Xml => {
                let root = self.face.xml_root();
                self.element(root, "", |w| w.element(element, "", content));
            }
        }
        self.out
    }

    /// The whole answer is what `content` writes into the root element, or into one JSON object.
    pub(crate) fn bare_root(mut self, content: impl FnOnce(&mut Self)) -> String {
        match self.format {
            Format::Json => self.braces(content),
            Format::Xml => {
                let root = self.face.xml_root();
                self.element(root, "", content);
            }
        }
        self.out
    }

    /// The whole answer is a list without an envelope: a JSON array, or one element of elements.
    pub(crate) fn root_array<T>(
        mut self,
        element: &str,
        item: &str,
        rows: &[T],
        each: impl Fn(&mut Self, &T),
    ) -> String {
        match self.format {
            Format::Json => self.brackets(rows, each),
            Format::Xml => {
                let root = self.face.xml_root();
                self.element(root, "", |w| w.element(element, "", |w| w.items(item, rows, &each)));
            }
        }
        self.out
    }

    /// In XML only: an element with attributes (written out, each with a blank before it).
    pub(crate) fn element(&mut self, name: &str, attributes: &str, content: impl FnOnce(&mut Self)) {
        let _ = write!(self.out, "<{name}{attributes}>");
        content(self);
        let _ = write!(self.out, "</{name}>");
    }

    /// In XML only: one element per row.
    pub(crate) fn items<T>(&mut self, item: &str, rows: &[T], each: &impl Fn(&mut Self, &T)) {
        for row in rows {
            self.element(item, "", |w| each(w, row));
        }
    }

    fn braces(&mut self, content: impl FnOnce(&mut Self)) {
        self.out.push('{');
        self.comma = false;
        content(self);
        self.out.push('}');
        self.comma = true;
    }

    fn brackets<T>(&mut self, rows: &[T], each: impl Fn(&mut Self, &T)) {
        self.out.push('[');
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.braces(|w| each(w, row));
        }
        self.out.push(']');
        self.comma = true;
    }

    fn name_json(&mut self, name: &str) {
        if self.comma {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.comma = true;
    }

    fn put_json(&mut self, name: &str, value: &Scalar<'_>) {
        self.name_json(name);
        match value {
            Scalar::Null => self.out.push_str("null"),
            Scalar::Text(text) => push_json_text(&mut self.out, text),
            Scalar::Int(number) => {
                let _ = write!(self.out, "{number}");
            }
            Scalar::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
        }
    }

    fn put_xml(&mut self, name: &str, value: &Scalar<'_>) {
        match value {
            Scalar::Null => {
                let _ = write!(self.out, "<{name}/>");
            }
            Scalar::Text(text) => {
                let _ = write!(self.out, "<{name}>");
                push_xml_text(&mut self.out, text);
                let _ = write!(self.out, "</{name}>");
            }
            Scalar::Int(number) => {
                let _ = write!(self.out, "<{name}>{number}</{name}>");
            }
            Scalar::Bool(value) => {
                let _ = write!(self.out, "<{name}>{value}</{name}>");
            }
        }
    }
}

/// `date_created` as `DateCreated`; names that are in capitals already stay.
pub(crate) fn pascal(name: &str) -> Cow<'_, str> {
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    let mut up = true;
    for c in name.chars() {
        match c {
            '_' => up = true,
            c if up => {
                out.push(c.to_ascii_uppercase());
                up = false;
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Writes a JSON string (RFC 8259 §7).
pub(crate) fn push_json_text(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                let _ = write!(out, "\\u{other:04x}");
            }
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Writes character data or an attribute value; characters XML 1.0 cannot carry (§2.2) become U+FFFD.
pub(crate) fn push_xml_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // A bare CR would be read as LF.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || c == '\u{FFFE}' || c == '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(format: Format) -> String {
        Writer::new(Face::Twilio, format).root("Call", |w| {
            w.put("sid", "CA1");
            w.put("error_code", None::<&str>);
            w.put("duration", 3_i64);
            w.object("subresource_uris", |w| w.put("recordings", "/r"));
            w.list("tags", "Tag", &[1_u32, 2], |w, tag| w.put("n", *tag));
            w.put_as("ring_duration", "Ring_duration", true);
        })
    }

    #[test]
    fn one_description_gives_both_forms() {
        assert_eq!(
            written(Format::Json),
            r#"{"sid":"CA1","error_code":null,"duration":3,"subresource_uris":{"recordings":"/r"},"tags":[{"n":1},{"n":2}],"ring_duration":true}"#
        );
        assert_eq!(
            written(Format::Xml),
            "<TwilioResponse><Call><Sid>CA1</Sid><ErrorCode/><Duration>3</Duration><SubresourceUris><Recordings>/r</Recordings>\
             </SubresourceUris><Tags><Tag><N>1</N></Tag><Tag><N>2</N></Tag></Tags><Ring_duration>true</Ring_duration></Call></TwilioResponse>"
        );
    }

    proptest! {
        #[test]
        fn any_text_survives_json(text in any::<String>()) {
            let mut out = String::new();
            push_json_text(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn any_text_is_well_formed_xml(text in any::<String>()) {
            let mut out = String::from("<a>");
            push_xml_text(&mut out, &text);
            out.push_str("</a>");
            let mut reader = quick_xml::Reader::from_str(&out);
            loop {
                match reader.read_event().unwrap() {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Start(start) => prop_assert!(start.name().as_ref() == "a"),
                    _ => {}
                }
            }
        }
    }
}
