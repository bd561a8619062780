//! The two faces: glyphs and widths.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

const REGULAR: &[u8] = include_bytes!("../../fonts/LiberationSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/LiberationSans-Bold.ttf");

/// Which face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

struct Face {
    font: Font,
    outlines: FontRef<'static>,
}

impl Face {
    fn new(data: &'static [u8]) -> Self {
        Self {
            font: Font::new(data.into(), 0).expect("the embedded font is whole"),
            outlines: FontRef::new(data).expect("the embedded font is whole"),
        }
    }
}

static FACES: LazyLock<[Face; 2]> = LazyLock::new(|| [Face::new(REGULAR), Face::new(BOLD)]);

fn face(weight: Weight) -> &'static Face {
    &FACES[match weight {
        Weight::Regular => 0,
        Weight::Bold => 1,
    }]
}

pub(crate) fn font(weight: Weight) -> Font {
    face(weight).font.clone()
}

/// The text with a question mark for each character the face has no glyph for: one that is missing is forbidden in PDF/A.
pub(crate) fn shown(text: &str, weight: Weight) -> String {
    let glyphs = face(weight).outlines.charmap();
    text.chars().map(|c| if glyphs.map(c).is_some() { c } else { '?' }).collect()
}

/// Glyphs of a text that is [`shown`], one per character, with widths as parts of the size.
pub(crate) fn glyphs(text: &str, weight: Weight) -> Vec<KrillaGlyph> {
    let outlines = &face(weight).outlines;
    let (map, metrics) =
        (outlines.charmap(), outlines.glyph_metrics(Size::unscaled(), LocationRef::default()));
    let em = face(weight).font.units_per_em();
    let glyph = |(at, c): (usize, char)| {
        let id = map.map(c).unwrap_or_default();
        let advance = metrics.advance_width(id).unwrap_or_default() / em;
        KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
    };
    text.char_indices().map(glyph).collect()
}

/// Width of a text that is [`shown`], in points.
pub(crate) fn width(text: &str, weight: Weight, size: f32) -> f32 {
    glyphs(text, weight).iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
}

/// Lines no wider than `room`; a word that is wider is cut. Every line but the last ends with the blank it was broken at, so that the
/// words stay apart for whoever reads the text out.
pub(crate) fn wrapped(text: &str, weight: Weight, size: f32, room: f32) -> Vec<String> {
    let text = shown(text, weight);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, weight, size) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line) + " ");
        }
        for c in word.chars() {
            line.push(c);
            if width(&line, weight, size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}
