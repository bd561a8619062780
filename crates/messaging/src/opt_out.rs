//! The words by which recipients opt out and in, and what they are answered.
//!
//! Twilio's English words, and what people write in the languages around here. A word counts when it is the whole text.

use flexio_domain::OptOutType;

/// Language of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Dutch.
    Nl,
    /// French.
    Fr,
    /// German.
    De,
    /// Dutch and French, in few words: a Belgian number and a word that both use.
    NlFr,
}

/// A word that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What it asks for.
    pub kind: OptOutType,
    /// The language it is a word of; `None` where several have it.
    pub language: Option<Language>,
}

/// Letters without accents, in upper case, one blank between words.
const WORDS: &[(OptOutType, Option<Language>, &[&str])] = &[
    (OptOutType::Stop, None, &["STOP", "STOPALL", "STOP ALL"]),
    (
        OptOutType::Stop,
        Some(Language::En),
        &["UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"],
    ),
    (OptOutType::Stop, Some(Language::Nl), &["STOPPEN", "AFMELDEN", "UITSCHRIJVEN", "STOPZETTEN"]),
    (
        OptOutType::Stop,
        Some(Language::Fr),
        &["ARRET", "ARRETER", "ARRETEZ", "DESABONNER", "DESINSCRIRE", "DESINSCRIPTION"],
    ),
    (OptOutType::Stop, Some(Language::De), &["STOPP", "ABMELDEN", "ABBESTELLEN"]),
    (OptOutType::Start, None, &["START"]),
    (OptOutType::Start, Some(Language::En), &["YES", "UNSTOP"]),
    (OptOutType::Start, Some(Language::Nl), &["AANMELDEN"]),
    (OptOutType::Start, Some(Language::Fr), &["REPRENDRE"]),
    (OptOutType::Start, Some(Language::De), &["ANMELDEN"]),
    (OptOutType::Help, None, &["HELP", "INFO"]),
    (OptOutType::Help, Some(Language::Nl), &["HULP"]),
    (OptOutType::Help, Some(Language::Fr), &["AIDE"]),
    (OptOutType::Help, Some(Language::De), &["HILFE"]),
];

/// Longest word, in characters; a longer text is none and is not looked at further.
const WORD_CHARS_MAX: usize = 40;
/// Characters of a sender's name in an answer.
const NAME_CHARS_MAX: usize = 30;

/// Reads `body` as a word: the whole text, in any case, with or without accents, blanks and punctuation around it.
pub fn read(body: &str) -> Option<Word> {
    let bare = body.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let words: Vec<String> =
        bare.split_whitespace().map(|word| word.chars().map(plain).collect::<String>()).collect();
    let text = words.join(" ");
    let found = WORDS.iter().find(|(_, _, words)| words.contains(&text.as_str()));
    found.map(|(kind, language, _)| Word { kind: *kind, language: *language })
}

/// A letter in upper case without its accent, as far as the words have any.
fn plain(letter: char) -> char {
    match letter {
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'à' | 'â' | 'À' | 'Â' => 'A',
        other => other.to_ascii_uppercase(),
    }
}

impl Word {
    /// The language to answer `number` (E.164) in: the word's own, else that of the country.
    pub fn answer_in(self, number: &str) -> Language {
        const COUNTRIES: [(&str, Language); 8] = [
            ("+352", Language::Fr),
            ("+377", Language::Fr),
            ("+32", Language::NlFr),
            ("+31", Language::Nl),
            ("+33", Language::Fr),
            ("+49", Language::De),
            ("+43", Language::De),
            ("+41", Language::De),
        ];
        self.language.unwrap_or_else(|| {
            let known = COUNTRIES.iter().find(|(prefix, _)| number.starts_with(prefix));
            known.map_or(Language::En, |(_, language)| *language)
        })
    }
}

/// What the person is answered. `name` stands before it where the number alone does not say who writes.
pub fn answer(kind: OptOutType, language: Language, name: Option<&str>) -> String {
    let text = match (kind, language) {
        (OptOutType::Stop, Language::En) => {
            "You get no more messages from this sender. Reply START to get them again."
        }
        (OptOutType::Stop, Language::Nl) => {
            "U krijgt geen berichten meer van deze afzender. Antwoord START om ze weer te krijgen."
        }
        (OptOutType::Stop, Language::Fr) => {
            "Vous ne recevrez plus de messages de cet expéditeur. Répondez START pour les recevoir de nouveau."
        }
        (OptOutType::Stop, Language::De) => {
            "Sie erhalten keine Nachrichten dieses Absenders mehr. Mit START erhalten Sie wieder welche."
        }
        (OptOutType::Stop, Language::NlFr) => {
            "Afgemeld: geen berichten meer. Terug: START. / Désinscrit: plus de messages. Reprendre: START."
        }
        (OptOutType::Start, Language::En) => {
            "You get messages from this sender again. Reply STOP to end them."
        }
        (OptOutType::Start, Language::Nl) => {
            "U krijgt weer berichten van deze afzender. Antwoord STOP om er geen meer te krijgen."
        }
        (OptOutType::Start, Language::Fr) => {
            "Vous recevez de nouveau les messages de cet expéditeur. Répondez STOP pour y mettre fin."
        }
        (OptOutType::Start, Language::De) => {
            "Sie erhalten wieder Nachrichten dieses Absenders. Mit STOP enden sie."
        }
        (OptOutType::Start, Language::NlFr) => {
            "Opnieuw aangemeld. Afmelden: STOP. / De nouveau inscrit. Se désinscrire: STOP."
        }
        (OptOutType::Help, Language::En) => "Reply STOP to get no more messages from this sender.",
        (OptOutType::Help, Language::Nl) => {
            "Antwoord STOP om geen berichten van deze afzender meer te krijgen."
        }
        (OptOutType::Help, Language::Fr) => {
            "Répondez STOP pour ne plus recevoir de messages de cet expéditeur."
        }
        (OptOutType::Help, Language::De) => "Mit STOP erhalten Sie keine Nachrichten dieses Absenders mehr.",
        (OptOutType::Help, Language::NlFr) => "Afmelden: STOP. / Se désinscrire: STOP.",
    };
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("{}: {text}", name.chars().take(NAME_CHARS_MAX).collect::<String>()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlanOptions, plan};
    use proptest::prelude::*;

    fn kind(body: &str) -> Option<OptOutType> {
        read(body).map(|word| word.kind)
    }

    #[test]
    fn only_the_bare_word_counts_in_every_language() {
        for stop in
            [" stop\n", "Stop.", "\"STOP\"", "Arrêt", "ARRET", "afmelden!", "Stopp", "stop  all", "Quit"]
        {
            assert_eq!(kind(stop), Some(OptOutType::Stop), "{stop}");
        }
        for (text, expected) in [
            ("Unstop", Some(OptOutType::Start)),
            ("yes", Some(OptOutType::Start)),
            ("info", Some(OptOutType::Help)),
            ("Aide ?", Some(OptOutType::Help)),
            ("please stop", None),
            ("stop it", None),
            ("", None),
            ("!!!", None),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_is_in_the_language_of_the_word_or_of_the_country() {
        let language = |body: &str, number: &str| read(body).unwrap().answer_in(number);
        assert_eq!(language("afmelden", "+33612345678"), Language::Nl);
        assert_eq!(language("arrêt", "+32470123456"), Language::Fr);
        assert_eq!(language("stop", "+32470123456"), Language::NlFr);
        assert_eq!(language("stop", "+352621123456"), Language::Fr);
        assert_eq!(language("stop", "+447700900123"), Language::En);
    }

    #[test]
    fn each_answer_is_one_segment_of_gsm_text() {
        for kind in [OptOutType::Stop, OptOutType::Start, OptOutType::Help] {
            for language in [Language::En, Language::Nl, Language::Fr, Language::De, Language::NlFr] {
                let text = answer(kind, language, Some(&"x".repeat(80)));
                let plan = plan(&text, PlanOptions { smart: true, ..PlanOptions::default() }).unwrap();
                assert_eq!(plan.segments.len(), 1, "{text}");
                assert_eq!(plan.encoding, crate::Encoding::Gsm7, "{text}");
            }
        }
    }

    #[test]
    fn no_word_stands_for_two_things() {
        let all: Vec<&str> = WORDS.iter().flat_map(|(_, _, words)| words.iter().copied()).collect();
        let distinct: std::collections::HashSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader_and_case_does_not_matter(text in ".{0,60}") {
            let word = read(&text);
            if text.is_ascii() {
                prop_assert_eq!(word, read(&text.to_ascii_lowercase()));
            }
        }
    }
}
