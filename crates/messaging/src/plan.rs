//! Cutting a body into the segments that are sent and charged.

use crate::{
    gsm7::Septets,
    national::{Languages, Tables},
    udh::{self, Concat, Reference},
};

/// Characters of the longest body (error 21617 above it).
pub const BODY_CHARS_MAX: usize = 1_600;
/// Segments of the longest message: what 1600 characters of a script outside the GSM alphabet need. A body of 1600
/// GSM characters needs 11. Only characters beyond the Basic Multilingual Plane can exceed it.
pub const SEGMENTS_MAX: usize = 24;

/// Octets of one segment on the air, its header included.
const SEGMENT_OCTETS: usize = 140;

/// How a text is written on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7 bit default alphabet, one octet per septet as SMPP carries it; `data_coding` 0.
    Gsm7,
    /// UTF-16 big endian, of which UCS-2 is the part without surrogates; `data_coding` 8.
    Ucs2,
}

impl Encoding {
    /// SMPP `data_coding` (SMPP 3.4 §5.2.19).
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm7 => 0,
            Self::Ucs2 => 8,
        }
    }

    /// Units of a segment, septets or UTF-16 code units, whose header takes so many of its 140 octets (3GPP TS 23.040 §9.2.3.24).
    pub const fn units(self, header_octets: usize) -> usize {
        let octets = SEGMENT_OCTETS.saturating_sub(header_octets);
        match self {
            Self::Gsm7 => octets * 8 / 7,
            Self::Ucs2 => octets / 2,
        }
    }
}

/// Which alphabet the sender asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// GSM when every character is in it, else UCS-2.
    #[default]
    Auto,
    /// UCS-2 whatever the text.
    Ucs2,
}

/// How to plan a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// Alphabet.
    pub alphabet: Alphabet,
    /// Joins the segments; it must differ between messages to one recipient that are under way together.
    pub reference: Reference,
    /// Replace typographic characters by GSM ones ([`simplify`]) when that alone brings the text into the GSM alphabet.
    pub smart: bool,
    /// Languages whose tables may be used where that takes fewer segments than UCS-2.
    pub national: Languages,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            alphabet: Alphabet::Auto,
            reference: Reference::Short(0),
            smart: false,
            national: Languages::default(),
        }
    }
}

/// One part of a message, as it is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// User data header: the place in a longer message, and language tables; empty where there is neither.
    pub udh: Vec<u8>,
    /// Text: an octet per septet, or UTF-16 big endian.
    pub payload: Vec<u8>,
}

/// What a body becomes. Making one sends nothing, so it is also the answer to "what would this cost".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePlan {
    /// Alphabet of all segments.
    pub encoding: Encoding,
    /// In order, at least one.
    pub segments: Vec<Segment>,
    /// Septets or UTF-16 code units of the text, headers not counted.
    pub units: usize,
}

/// Why a body cannot be sent. All are error 21617 but the first, which is 21602.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There is no text.
    #[error("the body is empty")]
    Empty,
    /// More than [`BODY_CHARS_MAX`] characters.
    #[error("the body has {chars} characters, more than {BODY_CHARS_MAX}")]
    TooManyCharacters {
        /// Characters of the body.
        chars: usize,
    },
    /// More than [`SEGMENTS_MAX`] segments.
    #[error("the body needs {segments} segments, more than {SEGMENTS_MAX}")]
    TooManySegments {
        /// Segments needed.
        segments: usize,
    },
}

/// Plans `body`: alphabet, segments, headers.
///
/// ```
/// use flexio_messaging::{Encoding, PlanOptions, plan};
/// let plan = plan("Uw tafel is gereserveerd. Tot straks! €", PlanOptions::default()).unwrap();
/// assert_eq!((plan.encoding, plan.segments.len(), plan.units), (Encoding::Gsm7, 1, 40));
/// ```
pub fn plan(body: &str, options: PlanOptions) -> Result<MessagePlan, PlanError> {
    check(body)?;
    let Written { encoding, tables, units, texts } = write(body, options);
    if texts.len() > SEGMENTS_MAX {
        return Err(PlanError::TooManySegments { segments: texts.len() });
    }
    let total = u8::try_from(texts.len()).expect("at most SEGMENTS_MAX");
    let place = |sequence| Concat { reference: options.reference, total, sequence };
    let header = |sequence| udh::header((total > 1).then(|| place(sequence)), tables);
    let segments =
        (1..).zip(texts).map(|(sequence, payload)| Segment { udh: header(sequence), payload }).collect();
    Ok(MessagePlan { encoding, segments, units })
}

/// Plans `body` for a phone, which is told a text in one piece and in UTF-8: one segment. Alphabet and units are those a handset would need.
pub fn plan_whole(body: &str) -> Result<MessagePlan, PlanError> {
    check(body)?;
    let Written { encoding, units, .. } = write(body, PlanOptions::default());
    let segments = vec![Segment { udh: Vec::new(), payload: body.as_bytes().to_vec() }];
    Ok(MessagePlan { encoding, segments, units })
}

fn check(body: &str) -> Result<(), PlanError> {
    if body.is_empty() {
        return Err(PlanError::Empty);
    }
    let chars = body.chars().count();
    if chars > BODY_CHARS_MAX { Err(PlanError::TooManyCharacters { chars }) } else { Ok(()) }
}

/// One character, never to be cut.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Gsm(Septets),
    /// Two UTF-16 units when beyond the Basic Multilingual Plane.
    Utf16(char),
}

impl Piece {
    fn units(self) -> usize {
        match self {
            Self::Gsm(septets) => septets.count(),
            Self::Utf16(c) => c.len_utf16(),
        }
    }

    fn push_to(self, out: &mut Vec<u8>) {
        match self {
            Self::Gsm(septets) => septets.push_to(out),
            Self::Utf16(c) => {
                out.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
            }
        }
    }
}

/// A text in segments, before their headers.
struct Written {
    encoding: Encoding,
    tables: Tables,
    units: usize,
    texts: Vec<Vec<u8>>,
}

fn write(body: &str, options: PlanOptions) -> Written {
    let simple = options.smart.then(|| simplify(body));
    let gsm = |tables: Tables| {
        let of = |text: &str| {
            text.chars().map(|c| tables.encode_char(c).map(Piece::Gsm)).collect::<Option<Vec<_>>>()
        };
        of(body).or_else(|| simple.as_deref().and_then(of))
    };
    let written = |encoding, tables, pieces: &[Piece]| {
        let units: usize = pieces.iter().map(|piece| piece.units()).sum();
        let texts = cut(pieces, units, encoding, tables, options.reference);
        Written { encoding, tables, units, texts }
    };
    if options.alphabet == Alphabet::Auto
        && let Some(pieces) = gsm(Tables::default())
    {
        return written(Encoding::Gsm7, Tables::default(), &pieces);
    }
    let wide: Vec<Piece> = body.chars().map(Piece::Utf16).collect();
    let plain = written(Encoding::Ucs2, Tables::default(), &wide);
    let languages = if options.alphabet == Alphabet::Auto { options.national } else { Languages::default() };
    let national = languages
        .tables()
        .filter_map(|tables| Some(written(Encoding::Gsm7, tables, &gsm(tables)?)))
        .min_by_key(|written| (written.texts.len(), udh::header(None, written.tables).len()));
    // Not every handset has every table: without a saving, what all can read.
    national.filter(|national| national.texts.len() < plain.texts.len()).unwrap_or(plain)
}

fn cut(
    pieces: &[Piece],
    units: usize,
    encoding: Encoding,
    tables: Tables,
    reference: Reference,
) -> Vec<Vec<u8>> {
    let alone = encoding.units(udh::header(None, tables).len());
    let part = Concat { reference, total: 2, sequence: 1 };
    let room = if units <= alone { units } else { encoding.units(udh::header(Some(part), tables).len()) };
    let mut out: Vec<Vec<u8>> = Vec::new();
    let mut used = room;
    for piece in pieces {
        if used + piece.units() > room {
            out.push(Vec::new());
            used = 0;
        }
        used += piece.units();
        piece.push_to(out.last_mut().expect("the first piece opens a segment, because `used` starts full"));
    }
    out
}

/// Typographic characters as the GSM alphabet can show them; everything else is kept.
pub fn simplify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => out.push('\''),
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' => out.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => out.push('-'),
            '…' => out.push_str("..."),
            '•' | '·' => out.push('*'),
            '\u{00A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' | '\t' => out.push(' '),
            // Invisible: zero-width space and joiners, byte order mark, soft hyphen.
            '\u{200B}'..='\u{200D}' | '\u{FEFF}' | '\u{00AD}' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
