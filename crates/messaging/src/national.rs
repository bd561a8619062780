//! National language tables of the GSM alphabet (3GPP TS 23.038 §6.2.1.2 and Annex A): Turkish, Spanish and Portuguese.
//!
//! They are read wherever a header names them. They are written to recipients whose every route carries them ([`Carried`]), where that
//! saves segments; otherwise such a text goes as UCS-2, which every handset reads.

use crate::gsm7::{self, Septets};

/// A language with tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 1.
    Turkish,
    /// 2; it has no locking table.
    Spanish,
    /// 3.
    Portuguese,
}

/// Which tables a part names in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tables {
    /// In place of the extension table.
    pub single: Option<Language>,
    /// In place of the basic table.
    pub locking: Option<Language>,
}

/// What an escape announces in Turkish, beyond the extension table (Annex A.2.1).
const TURKISH: [(u8, char); 7] =
    [(0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş')];
/// The same in Spanish (A.2.2).
const SPANISH: [(u8, char); 9] = [
    (0x09, 'ç'),
    (0x41, 'Á'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x61, 'á'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
];
/// The same in Portuguese (A.2.3).
const PORTUGUESE: [(u8, char); 27] = [
    (0x05, 'ê'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'Φ'),
    (0x13, 'Γ'),
    (0x15, 'Ω'),
    (0x16, 'Π'),
    (0x17, 'Ψ'),
    (0x18, 'Σ'),
    (0x19, 'Θ'),
    (0x1F, 'Ê'),
    (0x41, 'À'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x61, 'Â'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7F, 'â'),
];
/// Where the Turkish locking table is not the basic one (A.3.1).
const TURKISH_LOCKING: [(u8, char); 8] =
    [(0x04, '€'), (0x07, 'ı'), (0x0B, 'Ğ'), (0x0C, 'ğ'), (0x1C, 'Ş'), (0x1D, 'ş'), (0x40, 'İ'), (0x60, 'ç')];
/// Where the Portuguese locking table is not the basic one (A.3.3).
const PORTUGUESE_LOCKING: [(u8, char); 30] = [
    (0x04, 'ê'),
    (0x06, 'ú'),
    (0x07, 'í'),
    (0x08, 'ó'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'ª'),
    (0x13, 'Ç'),
    (0x14, 'À'),
    (0x15, '∞'),
    (0x16, '^'),
    (0x17, '\\'),
    (0x18, '€'),
    (0x19, 'Ó'),
    (0x1A, '|'),
    (0x1C, 'Â'),
    (0x1D, 'â'),
    (0x1E, 'Ê'),
    (0x24, 'º'),
    (0x40, 'Í'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x5D, 'Ú'),
    (0x60, '~'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7D, '`'),
];

impl Language {
    const ALL: [Self; 3] = [Self::Turkish, Self::Spanish, Self::Portuguese];

    /// Its number in a header (TS 23.038 §6.2.1.2.4).
    pub const fn number(self) -> u8 {
        match self {
            Self::Turkish => 1,
            Self::Spanish => 2,
            Self::Portuguese => 3,
        }
    }

    /// The tables it offers, those of the shortest header first.
    fn offers(self) -> impl Iterator<Item = Tables> {
        let (single, locking) = (Some(self), (!self.locking().is_empty()).then_some(self));
        let all =
            [Tables { single, locking: None }, Tables { single: None, locking }, Tables { single, locking }];
        all.into_iter().take(if locking.is_some() { 3 } else { 1 })
    }

    /// By its number in a header.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Turkish),
            2 => Some(Self::Spanish),
            3 => Some(Self::Portuguese),
            _ => None,
        }
    }

    const fn single(self) -> &'static [(u8, char)] {
        match self {
            Self::Turkish => &TURKISH,
            Self::Spanish => &SPANISH,
            Self::Portuguese => &PORTUGUESE,
        }
    }

    const fn locking(self) -> &'static [(u8, char)] {
        match self {
            Self::Turkish => &TURKISH_LOCKING,
            // There is none: the basic table stays.
            Self::Spanish => &[],
            Self::Portuguese => &PORTUGUESE_LOCKING,
        }
    }
}

impl Tables {
    /// Whether no language is named.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The septets of `c` by these tables; `None` when neither they nor the default ones behind them have it.
    pub fn encode_char(self, c: char) -> Option<Septets> {
        let single = self.single.map(Language::single).unwrap_or_default();
        let locking = self.locking.map(Language::locking).unwrap_or_default();
        let code_of = |table: &[(u8, char)]| table.iter().find(|(_, have)| *have == c).map(|(code, _)| *code);
        let takes = |table: &[(u8, char)], code: u8| table.iter().any(|(have, _)| *have == code);
        if let Some(code) = code_of(locking) {
            return Some(Septets::One(code));
        }
        match gsm7::encode_char(c) {
            Some(Septets::One(code)) if !takes(locking, code) => return Some(Septets::One(code)),
            Some(Septets::Escaped(code)) if !takes(single, code) => return Some(Septets::Escaped(code)),
            Some(Septets::One(_) | Septets::Escaped(_)) | None => {}
        }
        code_of(single).map(Septets::Escaped)
    }

    /// Text of one octet per septet, by these tables and the default ones behind them.
    pub fn decode(self, septets: &[u8]) -> String {
        let of = |table: Option<&'static [(u8, char)]>, code: u8| {
            table.unwrap_or_default().iter().find(|(have, _)| *have == code).map(|(_, c)| *c)
        };
        let (single, locking) = (self.single.map(Language::single), self.locking.map(Language::locking));
        let mut out = String::with_capacity(septets.len());
        let mut codes = septets.iter().map(|octet| octet & 0x7F);
        while let Some(code) = codes.next() {
            if code != gsm7::ESCAPE {
                match of(locking, code) {
                    Some(c) => out.push(c),
                    None => out.push_str(&gsm7::decode(&[code])),
                }
                continue;
            }
            match codes.next() {
                Some(code) => match of(single, code) {
                    Some(c) => out.push(c),
                    None => out.push_str(&gsm7::decode(&[gsm7::ESCAPE, code])),
                },
                None => out.push(' '),
            }
        }
        out
    }
}

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Languages(u8);

impl Languages {
    /// These and `language`.
    #[must_use]
    pub const fn with(self, language: Language) -> Self {
        Self(self.0 | (1 << language.number()))
    }

    /// Those in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Each by itself.
    pub fn iter(self) -> impl Iterator<Item = Language> {
        Language::ALL.into_iter().filter(move |language| self.0 & (1 << language.number()) != 0)
    }

    /// Every way to write with tables of these, those of the shortest headers first within a language.
    pub fn tables(self) -> impl Iterator<Item = Tables> {
        self.iter().flat_map(Language::offers)
    }
}

/// Which tables messages to a recipient may be written with: those that every route carries by which they could leave. Which one a
/// message takes is known when it leaves; what it costs, and so how it is written, when it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried(Vec<(Vec<String>, Languages)>);

impl Carried {
    /// Of routes: the recipients' prefixes each serves, none for all, and the languages it carries.
    pub const fn new(routes: Vec<(Vec<String>, Languages)>) -> Self {
        Self(routes)
    }

    /// The languages for `recipient`, a number in international form; none where no route serves it.
    pub fn to(&self, recipient: &str) -> Languages {
        let serves = |prefixes: &[String]| {
            prefixes.is_empty() || prefixes.iter().any(|prefix| recipient.starts_with(prefix.as_str()))
        };
        let fitting = self.0.iter().filter(|(prefixes, _)| serves(prefixes)).map(|(_, languages)| *languages);
        fitting.reduce(Languages::common).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tables(single: Option<Language>, locking: Option<Language>) -> Tables {
        Tables { single, locking }
    }

    #[test]
    fn each_language_reads_its_letters_and_the_extension_table_stays_behind_them() {
        use Language as L;
        let turkish = tables(Some(L::Turkish), Some(L::Turkish));
        assert_eq!(turkish.decode(b"\x0B\x0C\x1C\x1D\x40\x07\x60\x04 abc"), "ĞğŞşİıç€ abc");
        assert_eq!(turkish.decode(b"\x1B\x47\x1B\x73\x1B\x65\x1B\x28"), "Ğş€{");
        let spanish = tables(Some(L::Spanish), Some(L::Spanish));
        assert_eq!(spanish.decode(b"\x1B\x61\x1B\x65\x1B\x69\x1B\x6F\x1B\x75 \x5D\x7D"), "á€íóú Ññ");
        let portuguese = tables(Some(L::Portuguese), None);
        assert_eq!(portuguese.decode(b"n\x1B\x7Bo, cora\x1B\x09\x1B\x7Bo"), "não, coração");
        let locked = tables(None, Some(L::Portuguese));
        assert_eq!(locked.decode(b"n\x7Bo, cora\x09\x7Bo \x18"), "não, coração €");
        assert_eq!(
            Language::of(4),
            None,
            "the tables of India are not read: such a text is shown by the basic ones"
        );
    }

    #[test]
    fn the_locking_tables_are_those_of_annex_a_3_code_by_code() {
        // By rows of sixteen codes; the escape itself has no character.
        let turkish = "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                       İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà";
        let portuguese = "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?\
                          ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà";
        let codes: Vec<u8> = (0..0x80).filter(|code| *code != gsm7::ESCAPE).collect();
        for (language, table) in [(Language::Turkish, turkish), (Language::Portuguese, portuguese)] {
            assert_eq!(tables(None, Some(language)).decode(&codes), table);
        }
    }

    #[test]
    fn the_single_shift_tables_are_those_of_annex_a_2_code_by_code() {
        let shared = "^{}\\[~]|€";
        let of = |language, codes: &[u8]| {
            let septets: Vec<u8> = codes.iter().flat_map(|code| [gsm7::ESCAPE, *code]).collect();
            tables(Some(language), None).decode(&septets)
        };
        let common = [0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65];
        for language in Language::ALL {
            assert_eq!(of(language, &common), shared);
        }
        assert_eq!(of(Language::Turkish, &[0x47, 0x49, 0x53, 0x63, 0x67, 0x69, 0x73]), "ĞİŞçğış");
        let spanish = [0x09, 0x41, 0x49, 0x4F, 0x55, 0x61, 0x69, 0x6F, 0x75];
        assert_eq!(of(Language::Spanish, &spanish), "çÁÍÓÚáíóú");
        let first = [0x05, 0x09, 0x0B, 0x0C, 0x0E, 0x0F, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1F];
        assert_eq!(of(Language::Portuguese, &first), "êçÔôÁáΦΓΩΠΨΣΘÊ");
        let then = [0x41, 0x49, 0x4F, 0x55, 0x5B, 0x5C, 0x61, 0x69, 0x6F, 0x75, 0x7B, 0x7C, 0x7F];
        assert_eq!(of(Language::Portuguese, &then), "ÀÍÓÚÃÕÂíóúãõâ");
    }

    #[test]
    fn what_every_route_carries_is_what_a_recipient_may_be_written_in() {
        let turkish = Languages::default().with(Language::Turkish);
        let both = turkish.with(Language::Portuguese);
        let carried = Carried::new(vec![(vec!["+32".to_owned()], both), (vec!["+3247".to_owned()], turkish)]);
        assert_eq!(carried.to("+3225550123"), both);
        assert_eq!(carried.to("+32470000001"), turkish);
        assert_eq!(carried.to("+4912345"), Languages::default());
        assert_eq!(both.iter().collect::<Vec<_>>(), [Language::Turkish, Language::Portuguese]);
        assert_eq!(both.tables().count(), 6);
        assert_eq!(Languages::default().with(Language::Spanish).tables().count(), 1);
        let all = Carried::new(vec![(Vec::new(), both), (vec!["+32".to_owned()], Languages::default())]);
        assert_eq!(all.to("+3225550123"), Languages::default(), "one route that does not is enough");
    }

    proptest! {
        #[test]
        fn what_is_written_by_tables_is_read_by_them(
            text in "[ -~¡-ÿĞğİıŞşŒΦΓΛΩΠΨΣΘΞ€∞\n\r]{0,80}", single in 0_u8..4, locking in 0_u8..4,
        ) {
            let tables = tables(Language::of(single), Language::of(locking));
            let (mut septets, mut kept) = (Vec::new(), String::new());
            for c in text.chars() {
                if let Some(written) = tables.encode_char(c) {
                    written.push_to(&mut septets);
                    kept.push(c);
                }
            }
            prop_assert_eq!(tables.decode(&septets), kept);
        }

        #[test]
        fn without_a_language_it_is_the_default_alphabet(septets in proptest::collection::vec(any::<u8>(), 0..160)) {
            prop_assert_eq!(Tables::default().decode(&septets), gsm7::decode(&septets));
        }

        #[test]
        fn every_code_of_every_table_is_one_character(
            septets in proptest::collection::vec(0_u8..0x1B, 0..160), single in 0_u8..5, locking in 0_u8..5,
        ) {
            let text = tables(Language::of(single), Language::of(locking)).decode(&septets);
            prop_assert_eq!(text.chars().count(), septets.len());
        }
    }
}
