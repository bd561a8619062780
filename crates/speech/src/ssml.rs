//! What of a text may reach the synthesiser.
//!
//! espeak-ng obeys `<audio src="…">` by building a shell command line around the name, and `<voice>` by opening a file of that name:
//! SSML as the user wrote it must never reach it. A document is therefore taken apart and written anew from listed tags and
//! attributes; of others only the text remains.

use quick_xml::XmlVersion;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Deepest nesting kept; below it only text remains.
const DEPTH_MAX: usize = 16;
/// Longest attribute value kept.
const VALUE_CHARS_MAX: usize = 200;

/// Tags of SSML 1.1 that change the voice and nothing else, with their attributes.
const TAGS: &[(&str, &[&str])] = &[
    ("speak", &[]),
    ("p", &[]),
    ("s", &[]),
    ("break", &["time", "strength"]),
    ("say-as", &["interpret-as", "format", "detail"]),
    ("sub", &["alias"]),
    ("emphasis", &["level"]),
    ("prosody", &["rate", "pitch", "range", "volume"]),
];

/// A text fit for the synthesiser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) is_ssml: bool,
    /// Characters that will be spoken.
    pub(crate) spoken_chars: usize,
}

impl Script {
    /// Reads a text as a verb holds it: a `<speak>` document, or anything else as plain text. A broken document is spoken as plain text
    /// without its tags rather than not at all.
    pub(crate) fn read(text: &str) -> Self {
        let trimmed = text.trim();
        if !trimmed.starts_with("<speak") {
            return Self::plain(trimmed);
        }
        rewrite(trimmed).unwrap_or_else(|| Self::plain(&without_tags(trimmed)))
    }

    /// The text for an engine that reads no SSML: words only, with the pauses as punctuation.
    pub(crate) fn as_plain(&self) -> String {
        if !self.is_ssml {
            return self.text.clone();
        }
        let mut reader = Reader::from_str(&self.text);
        let mut plain = String::with_capacity(self.text.len());
        // Depth inside a `sub`, whose alias was written in its place.
        let mut replaced = 0_u32;
        // What `rewrite` wrote is well-formed; were it not, what was read so far is spoken.
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) if replaced > 0 || alias(&tag).is_some() => {
                    plain.extend(alias(&tag).filter(|_| replaced == 0));
                    replaced += 1;
                }
                Event::End(_) if replaced > 0 => replaced -= 1,
                Event::End(tag) if matches!(tag.name().as_ref(), "p" | "s") => plain.push_str(". "),
                Event::Empty(_) if replaced == 0 => plain.push_str(", "),
                Event::Text(text) if replaced == 0 => plain.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) if replaced == 0 => match reference.xml10_content().as_ref() {
                    "amp" => plain.push('&'),
                    "lt" => plain.push('<'),
                    "gt" => plain.push('>'),
                    "quot" => plain.push('"'),
                    "apos" => plain.push('\''),
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        plain
    }

    fn plain(text: &str) -> Self {
        let text = harmless(text);
        Self { spoken_chars: text.chars().count(), is_ssml: false, text }
    }
}

/// Removes control characters, and breaks `[[`, which espeak-ng reads as the start of phonemes.
fn harmless(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c }).collect();
    visible.replace("[[", "[ [")
}

fn without_tags(text: &str) -> String {
    let mut is_inside = false;
    let keep = |c: char| {
        is_inside = c == '<' || (is_inside && c != '>');
        if is_inside || c == '>' { ' ' } else { c }
    };
    text.chars().map(keep).collect()
}

/// The document from listed parts only; `None` when it is not well-formed.
fn rewrite(text: &str) -> Option<Script> {
    let mut reader = Reader::from_str(text);
    let mut script = Script { text: String::with_capacity(text.len()), is_ssml: true, spoken_chars: 0 };
    // For each open tag, its name if it was written.
    let mut open: Vec<Option<&'static str>> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let kept = listed(&tag).filter(|_| open.len() < DEPTH_MAX);
                if let Some((name, attributes)) = kept {
                    write_tag(&mut script, &tag, name, attributes, "")?;
                }
                open.push(kept.map(|(name, _)| name));
            }
            Event::Empty(tag) => {
                if let Some((name, attributes)) = listed(&tag).filter(|_| open.len() < DEPTH_MAX) {
                    write_tag(&mut script, &tag, name, attributes, "/")?;
                }
            }
            Event::End(_) => {
                if let Some(name) = open.pop()? {
                    script.text.extend(["</", name, ">"]);
                }
            }
            Event::Text(piece) => speak(&mut script, &piece.xml10_content()),
            Event::CData(piece) => speak(&mut script, &piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let named = match reference.resolve_char_ref().ok()? {
                    Some(c) => c,
                    None => match reference.xml10_content().as_ref() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return None,
                    },
                };
                speak(&mut script, named.encode_utf8(&mut [0; 4]));
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => return open.is_empty().then_some(script),
        }
    }
}

/// The `alias` of a `sub`.
fn alias(tag: &BytesStart<'_>) -> Option<String> {
    let attribute =
        tag.attributes().flatten().find(|attribute| AsRef::<str>::as_ref(&attribute.key) == "alias")?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

fn listed(tag: &BytesStart<'_>) -> Option<(&'static str, &'static [&'static str])> {
    let name = tag.name();
    TAGS.iter().find(|(listed, _)| *listed == AsRef::<str>::as_ref(&name)).copied()
}

fn write_tag(
    script: &mut Script,
    tag: &BytesStart<'_>,
    name: &str,
    attributes: &[&str],
    slash: &str,
) -> Option<()> {
    script.text.push('<');
    script.text.push_str(name);
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let Some(known) = attributes.iter().find(|known| **known == AsRef::<str>::as_ref(&attribute.key))
        else {
            continue;
        };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        let value: String = harmless(&value).chars().take(VALUE_CHARS_MAX).collect();
        if *known == "alias" {
            script.spoken_chars += value.chars().count();
        }
        script.text.extend([" ", known, "=\"", &escape(&value), "\""]);
    }
    script.text.push_str(slash);
    script.text.push('>');
    Some(())
}

fn speak(script: &mut Script, text: &str) {
    let text = harmless(text);
    script.spoken_chars += text.chars().count();
    script.text.push_str(&escape(&text));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssml(text: &str) -> String {
        let script = Script::read(text);
        assert!(script.is_ssml, "{text} became {script:?}");
        script.text
    }

    #[test]
    fn listed_tags_and_attributes_stay() {
        let text = r#"<speak><p>Uw code is <say-as interpret-as="characters">AB1</say-as><break time="500ms"/></p></speak>"#;
        assert_eq!(ssml(text), text);
    }

    #[test]
    fn an_engine_without_ssml_gets_words_and_punctuation() {
        let text = r#"<speak><p>Tom &amp; Jan</p><sub alias="bij voorbeeld">b<emphasis>v</emphasis></sub><break time="1s"/>klaar</speak>"#;
        assert_eq!(Script::read(text).as_plain(), "Tom & Jan. bij voorbeeld, klaar");
        assert_eq!(Script::read("a < b").as_plain(), "a < b");
    }

    #[test]
    fn whatever_opens_files_or_runs_programs_is_gone() {
        assert_eq!(
            ssml(
                r#"<speak>a<audio src="/tmp/x&quot;; touch /tmp/y #">b</audio><voice name="../../etc/x">c</voice></speak>"#
            ),
            "<speak>abc</speak>"
        );
        assert_eq!(
            ssml(r#"<speak xml:base="/etc" version="1.1"><audio src="x"/>a</speak>"#),
            "<speak>a</speak>"
        );
        assert_eq!(
            ssml("<speak>&lt;audio src='x'/&gt;</speak>"),
            "<speak>&lt;audio src=&apos;x&apos;/&gt;</speak>"
        );
        assert_eq!(
            ssml("<speak><![CDATA[<audio src='x'/>]]></speak>"),
            "<speak>&lt;audio src=&apos;x&apos;/&gt;</speak>"
        );
        assert_eq!(ssml("<speak><AUDIO src='x'/><ssml:audio src='x'/>a</speak>"), "<speak>a</speak>");
    }

    #[test]
    fn a_broken_document_is_spoken_without_its_tags() {
        for text in [
            "<speak>Dag <b>wereld",
            "<speak>Dag &bomb; <p>wereld</speak>",
            "<!DOCTYPE x><speak>",
            "<speakers> zijn luid",
        ] {
            let script = Script::read(text);
            assert!(!script.is_ssml || script.text == "luid", "{text}");
        }
        let script = Script::read("<speak>Dag <audio src='/x'>wereld");
        assert_eq!(
            (script.is_ssml, script.text.split_whitespace().collect::<Vec<_>>()),
            (false, vec!["Dag", "wereld"])
        );
        assert!(!Script::read("<speak><!DOCTYPE a [<!ENTITY b 'c'>]>d</speak>").is_ssml);
    }

    #[test]
    fn plain_text_stays_plain() {
        let script = Script::read(" 1 < 2 & [[phonemes]] \u{0}\u{7}x ");
        assert_eq!((script.text.as_str(), script.is_ssml), ("1 < 2 & [ [phonemes]]   x", false));
    }

    #[test]
    fn nesting_and_values_are_bounded_and_only_speech_is_counted() {
        let deep = format!("<speak>{}a{}</speak>", "<p>".repeat(100), "</p>".repeat(100));
        assert_eq!(ssml(&deep).matches("<p>").count(), DEPTH_MAX - 1);
        let long = format!("<speak><sub alias='{}'>x</sub></speak>", "y".repeat(5_000));
        assert_eq!(Script::read(&long).spoken_chars, VALUE_CHARS_MAX + 1);
        assert_eq!(Script::read("<speak><break time='1s'/>abc</speak>").spoken_chars, 3);
    }
}
