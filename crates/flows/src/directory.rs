//! Looking somebody up by what a caller says or types.

use crate::state::Entry;

/// Entries a look-up gives, at most.
const FOUND_MAX: usize = 10;

/// How well an entry fits; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Its number, login or name is what was asked for.
    Whole,
    /// Every word that was asked for begins a word of its name.
    Words,
    /// The name or key has it somewhere.
    Part,
}

/// Those of `entries` that fit `query` best, in their order: the same number, login or name, else every word begins a word of the name, else
/// it is a part of it. Case, accents and punctuation do not matter.
pub fn found_in(entries: &[Entry], query: &str) -> Vec<Entry> {
    let wanted = Wanted::new(query);
    let fits: Vec<(Fit, &Entry)> =
        entries.iter().filter_map(|entry| Some((wanted.fit(entry)?, entry))).collect();
    let Some(best) = fits.iter().map(|(fit, _)| *fit).min() else { return Vec::new() };
    let best = fits.into_iter().filter(|(fit, _)| *fit == best).map(|(_, entry)| entry.clone());
    best.take(FOUND_MAX).collect()
}

struct Wanted {
    words: Vec<String>,
    digits: String,
}

impl Wanted {
    fn new(query: &str) -> Self {
        // A number that was typed or said: blanks and dots between its digits mean nothing.
        let digits = digits(query);
        let is_number = digits.len() >= 3 && !query.chars().any(char::is_alphabetic);
        Self { words: words(query), digits: if is_number { digits } else { String::new() } }
    }

    fn fit(&self, entry: &Entry) -> Option<Fit> {
        if !self.digits.is_empty() {
            let known = digits(&entry.key);
            return (known == self.digits
                || known.ends_with(self.digits.trim_start_matches('0')) && self.digits.len() >= 9)
                .then_some(Fit::Whole);
        }
        let (name, key) = (words(&entry.name), words(&entry.key));
        if self.words.is_empty() {
            return None;
        }
        if self.words == name || self.words == key {
            return Some(Fit::Whole);
        }
        if self.words.iter().all(|wanted| name.iter().any(|word| word.starts_with(wanted.as_str()))) {
            return Some(Fit::Words);
        }
        let whole = self.words.concat();
        (whole.len() >= 3 && (name.concat().contains(&whole) || key.concat().contains(&whole)))
            .then_some(Fit::Part)
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().flat_map(char::to_lowercase).map(without_accent).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Of the letters the languages of the console write with accents.
const fn without_accent(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<String> {
        let entry = |kind: &str, name: &str, key: &str| Entry {
            kind: kind.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
            address: key.to_owned(),
        };
        let entries = [
            entry("client", "Ann Peeters", "ann"),
            entry("client", "Anne-Marie Dubois", "am.dubois"),
            entry("client", "Zoë Müller", "zoe"),
            entry("caller_id", "Workshop", "+3222268888"),
        ];
        found_in(&entries, query).into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn the_whole_name_or_login_is_better_than_a_beginning() {
        assert_eq!(names("ann"), ["Ann Peeters"]);
        assert_eq!(names("ANN  peeters."), ["Ann Peeters"]);
        assert_eq!(names("an"), ["Ann Peeters", "Anne-Marie Dubois"]);
        assert_eq!(names("dubois anne"), ["Anne-Marie Dubois"]);
    }

    #[test]
    fn accents_and_the_middle_of_names_are_found() {
        assert_eq!(names("zoe muller"), ["Zoë Müller"]);
        assert_eq!(names("eeters"), ["Ann Peeters"]);
        assert!(names("xx").is_empty() && names("").is_empty() && names("?!").is_empty());
    }

    #[test]
    fn a_number_is_known_in_national_and_international_form() {
        assert_eq!(names("+32 2 226 88 88"), ["Workshop"]);
        assert_eq!(names("02 226 88 88"), ["Workshop"]);
        assert!(names("8888").is_empty());
    }
}
