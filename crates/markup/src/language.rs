//! Language codes of `<Say>` and `<Gather>`.

/// A language code made sense of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// BCP 47 tag such as `fr-BE`.
    pub tag: String,
    /// Where to go when no voice speaks `tag`: `nl-BE` to `nl-NL`, `fr-BE` to `fr-FR`, `de-BE` to
    /// `de-DE`; else the same as `tag`.
    pub fallback: String,
    /// The engine a prefix asked for, such as `awspolly` in `awspolly.ja-JP`.
    pub engine: Option<String>,
}

/// Short codes of the Restcomm voices, and the tag each stands for.
const SHORT: [(&str, &str); 34] = [
    ("ar", "ar-SA"),
    ("bf", "fr-BE"),
    ("bp", "pt-BR"),
    ("ca", "ca-ES"),
    ("cf", "fr-CA"),
    ("cs", "cs-CZ"),
    ("cy", "cy-GB"),
    ("da", "da-DK"),
    ("dan", "da-DK"),
    ("de", "de-DE"),
    ("el", "el-GR"),
    ("en", "en-US"),
    ("en-gb", "en-GB"),
    ("es", "es-ES"),
    ("fi", "fi-FI"),
    ("fr", "fr-FR"),
    ("it", "it-IT"),
    ("ja", "ja-JP"),
    ("ko", "ko-KR"),
    ("nb", "nb-NO"),
    ("nl", "nl-NL"),
    ("no", "nb-NO"),
    ("pl", "pl-PL"),
    ("pt", "pt-PT"),
    ("ro", "ro-RO"),
    ("ru", "ru-RU"),
    ("sv", "sv-SE"),
    ("th", "th-TH"),
    ("tr", "tr-TR"),
    ("uk", "uk-UA"),
    ("zh", "zh-CN"),
    ("zh-cn", "zh-CN"),
    ("zh-hk", "zh-HK"),
    ("zh-tw", "zh-TW"),
];

/// Makes sense of a language code as a document wrote it: a Restcomm short code (`bf` is Belgian
/// French), a BCP 47 tag in any case, either with an engine's name and a dot before it. `None` when
/// it is none of these.
///
/// ```
/// let language = flexio_markup::language::resolve("bf").unwrap();
/// assert_eq!((language.tag.as_str(), language.fallback.as_str()), ("fr-BE", "fr-FR"));
/// ```
pub fn resolve(code: &str) -> Option<Language> {
    let code = code.trim();
    let (engine, code) = match code.split_once('.') {
        Some((engine, rest)) if !engine.is_empty() => (Some(engine.to_ascii_lowercase()), rest),
        Some(_) => return None,
        None => (None, code),
    };
    let lower = code.to_ascii_lowercase().replace('_', "-");
    let tag = match SHORT.iter().find(|(short, _)| *short == lower) {
        Some((_, tag)) => (*tag).to_owned(),
        None => canonical(&lower)?,
    };
    let fallback = match tag.as_str() {
        "nl-BE" => "nl-NL",
        "fr-BE" | "fr-LU" => "fr-FR",
        "de-BE" | "de-LU" => "de-DE",
        same => same,
    };
    Some(Language { fallback: fallback.to_owned(), engine, tag })
}

/// `xx`, `xx-YY`, `xx-Ssss-YY` and the like, in BCP 47's recommended case (RFC 5646 §2.1.1).
fn canonical(lower: &str) -> Option<String> {
    if !lower.is_ascii() {
        return None;
    }
    let mut parts = lower.split('-');
    let language = parts.next().filter(|p| (2..=3).contains(&p.len()))?;
    let mut tag = String::from(language);
    for part in parts {
        tag.push('-');
        match part.len() {
            2 => tag.push_str(&part.to_ascii_uppercase()),
            4 => tag.push_str(&(part[..1].to_ascii_uppercase() + &part[1..])),
            3 | 5..=8 => tag.push_str(part),
            _ => return None,
        }
    }
    let sound = tag.len() <= 35 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    sound.then_some(tag)
}
