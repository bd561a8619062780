//! An XML writer that cannot write an empty element: Peppol forbids them (PEPPOL-EN16931-R008).

use std::fmt::Write as _;

/// Elements in order, with their ends kept.
pub(crate) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    pub(crate) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// Begins an element; `attributes` are written as they are.
    pub(crate) fn root(&mut self, name: &'static str, attributes: &str) {
        let _ = write!(self.text, "<{name} {attributes}>");
        self.open.push(name);
    }

    /// An element with children.
    pub(crate) fn nest(&mut self, name: &'static str, children: impl FnOnce(&mut Self)) {
        let before = self.text.len();
        let _ = write!(self.text, "<{name}>");
        let begun = self.text.len();
        children(self);
        if self.text.len() == begun {
            self.text.truncate(before);
        } else {
            let _ = write!(self.text, "</{name}>");
        }
    }

    /// An element with text; nothing where the text is blank.
    pub(crate) fn leaf(&mut self, name: &'static str, text: &str) {
        self.attributed(name, "", text);
    }

    /// An element with one attribute, written as `name="value"`, and text; nothing where the text is blank.
    pub(crate) fn attributed(&mut self, name: &'static str, attribute: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let space = if attribute.is_empty() { "" } else { " " };
        let _ = write!(self.text, "<{name}{space}{attribute}>{}</{name}>", escaped(text));
    }

    pub(crate) fn finish(mut self) -> String {
        while let Some(name) = self.open.pop() {
            let _ = writeln!(self.text, "</{name}>");
        }
        self.text
    }
}

/// Text for XML and HTML, attributes included; characters XML cannot hold are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
