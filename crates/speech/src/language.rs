//! Languages as applications write them, and the voice that speaks them.

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Voice {
    /// `man`, the default of Restcomm and Twilio.
    #[default]
    Man,
    /// `woman`.
    Woman,
}

/// Hosted voices that applications written for other platforms name; only their sex is kept.
const WOMEN: &[&str] = &[
    "woman", "alice", "lotte", "laura", "celine", "lea", "marlene", "vicki", "joanna", "salli", "kimberly",
    "kendra", "ivy", "emma", "amy", "conchita", "lucia", "carla", "bianca", "maja", "ewa", "ines", "vitoria",
    "camila", "naja", "liv", "dora", "tatyana", "filiz", "carmen", "chantal", "nicole", "olivia", "raveena",
    "penelope", "gwyneth", "astrid", "isabelle", "lisa",
];
const MEN: &[&str] = &[
    "man",
    "ruben",
    "mathieu",
    "remi",
    "hans",
    "daniel",
    "joey",
    "matthew",
    "justin",
    "brian",
    "arthur",
    "enrique",
    "sergio",
    "giorgio",
    "adriano",
    "jacek",
    "jan",
    "cristiano",
    "ricardo",
    "mads",
    "karl",
    "maxim",
    "russell",
    "liam",
    "geraint",
];

impl Voice {
    /// Reads a `voice` attribute: `man`, `woman`, or a hosted voice such as `Polly.Lotte-Neural`. `None` calls for a warning (13511)
    /// and the default.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.rsplit('.').next().unwrap_or_default().split('-').next().unwrap_or_default();
        let name = name.trim().to_ascii_lowercase();
        if WOMEN.contains(&name.as_str()) {
            Some(Self::Woman)
        } else if MEN.contains(&name.as_str()) {
            Some(Self::Man)
        } else {
            None
        }
    }

    /// The espeak-ng variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Man => "m1",
            Self::Woman => "f2",
        }
    }
}

/// A language spoken by the voice of a near one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substitution {
    /// The language asked for, normalised: `nl-be`.
    pub asked: String,
    /// The one whose voice speaks: `nl`.
    pub used: &'static str,
}

/// What a language text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// Name of the espeak-ng voice.
    pub(crate) voice: &'static str,
    pub(crate) substitution: Option<Substitution>,
}

/// Languages with a voice of their own: the codes applications use (Restcomm's short ones first), and the espeak-ng voice.
const EXACT: &[(&[&str], &str)] = &[
    (&["nl", "nl-nl"], "nl"),
    (&["fr", "fr-fr"], "fr-fr"),
    (&["bf", "fr-be"], "fr-be"),
    (&["fr-ch"], "fr-ch"),
    (&["de", "de-de"], "de"),
    (&["en", "en-us"], "en-us"),
    (&["en-gb"], "en-gb"),
    (&["es", "es-es"], "es"),
    (&["es-419", "es-mx", "es-us"], "es-419"),
    (&["it", "it-it"], "it"),
    (&["pt", "pt-pt"], "pt"),
    (&["bp", "pt-br"], "pt-br"),
    (&["pl", "pl-pl"], "pl"),
    (&["dan", "da", "da-dk"], "da"),
    (&["no", "nb", "nb-no", "no-no"], "nb"),
    (&["sv", "sv-se"], "sv"),
    (&["fi", "fi-fi"], "fi"),
    (&["cs", "cs-cz"], "cs"),
    (&["el", "el-gr"], "el"),
    (&["ru", "ru-ru"], "ru"),
    (&["tr", "tr-tr"], "tr"),
    (&["ca", "ca-es"], "ca"),
    (&["ro", "ro-ro"], "ro"),
    (&["ar", "ar-sa"], "ar"),
    (&["is", "is-is"], "is"),
    (&["cy", "cy-gb"], "cy"),
];

/// Regional forms without a voice of their own; everything else falls back on the language before the hyphen.
const NEAR: &[(&[&str], &str)] =
    &[(&["cf"], "fr-fr"), (&["en-au", "en-in", "en-ie", "en-nz", "en-za"], "en-gb")];

/// Finds the voice for a `language` attribute: a code of either table in any case, `_` or `-`, perhaps after the name of an engine
/// (`awspolly.nl-BE`). `None` when there is no voice for the language at all.
pub(crate) fn resolve(text: &str) -> Option<Resolved> {
    let code = text.rsplit('.').next().unwrap_or_default().trim().replace('_', "-").to_ascii_lowercase();
    let find = |table: &[(&[&str], &'static str)], code: &str| {
        table.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, voice)| *voice)
    };
    if let Some(voice) = find(EXACT, &code) {
        return Some(Resolved { voice, substitution: None });
    }
    let base = code.split_once('-').map(|(base, _)| base);
    let used = find(NEAR, &code).or_else(|| find(EXACT, base?))?;
    Some(Resolved { voice: used, substitution: Some(Substitution { asked: code, used }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn belgian_languages_are_spoken_by_the_nearest_voice() {
        let used = |text: &str| {
            let resolved = resolve(text).unwrap();
            (resolved.voice, resolved.substitution.is_some())
        };
        assert_eq!(used("nl-BE"), ("nl", true));
        assert_eq!(used("fr-BE"), ("fr-be", false));
        assert_eq!(used("bf"), ("fr-be", false));
        assert_eq!(used("de-BE"), ("de", true));
        assert_eq!(used("NL_nl"), ("nl", false));
        assert_eq!(used("en"), ("en-us", false));
        assert_eq!(used("awspolly.en-GB"), ("en-gb", false));
        assert_eq!(used("en-AU"), ("en-gb", true));
        assert_eq!(used("cf"), ("fr-fr", true));
    }

    #[test]
    fn other_texts_are_no_language() {
        for text in ["", "xx", "xx-BE", "../nl", "nl;id", "-nl", "nl+f2", "klingon", "ja-JP"] {
            assert_eq!(resolve(text), None, "{text}");
        }
    }

    #[test]
    fn hosted_voice_names_keep_their_sex() {
        assert_eq!(Voice::parse("Woman"), Some(Voice::Woman));
        assert_eq!(Voice::parse("Polly.Lotte-Neural"), Some(Voice::Woman));
        assert_eq!(Voice::parse("Ruben"), Some(Voice::Man));
        assert_eq!(Voice::parse("robot"), None);
    }
}
