//! The words around a code, in the languages of the platform.

use crate::code::Code;

/// Languages there are texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, for everybody else.
    En,
    /// Dutch.
    Nl,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// The nearest language of a tag such as `nl-BE` (RFC 5646).
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        match primary.as_str() {
            "nl" => Self::Nl,
            "fr" => Self::Fr,
            "de" => Self::De,
            _ => Self::En,
        }
    }

    /// As documents name it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }
}

/// What a text is made of.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    /// Which language.
    pub language: Language,
    /// Who asks for the code.
    pub name: &'a str,
    /// Says that the code is not to be passed on.
    pub warns: bool,
    /// What is paid, and to whom (PSD2).
    pub payment: Option<(&'a str, &'a str)>,
}

impl Wording<'_> {
    /// A text message. With the names that services may have it stays within two segments.
    pub fn message(&self, code: &Code) -> String {
        let (name, code) = (self.name, code.reveal());
        let mut text = match (self.language, self.payment) {
            (Language::En, None) => format!("Your {name} verification code is: {code}"),
            (Language::Nl, None) => format!("Uw verificatiecode voor {name} is: {code}"),
            (Language::Fr, None) => format!("Votre code de vérification {name} est : {code}"),
            (Language::De, None) => format!("Ihr Bestätigungscode für {name} lautet: {code}"),
            (Language::En, Some((payee, amount))) => {
                format!("Your {name} code to pay {amount} to {payee} is: {code}")
            }
            (Language::Nl, Some((payee, amount))) => {
                format!("Uw {name}-code om {amount} aan {payee} te betalen is: {code}")
            }
            (Language::Fr, Some((payee, amount))) => {
                format!("Votre code {name} pour payer {amount} à {payee} est : {code}")
            }
            (Language::De, Some((payee, amount))) => {
                format!("Ihr {name}-Code für die Zahlung von {amount} an {payee} lautet: {code}")
            }
        };
        if self.warns {
            text.push_str(match self.language {
                Language::En => ". Don't share this code with anyone.",
                Language::Nl => ". Deel deze code met niemand.",
                Language::Fr => ". Ne communiquez ce code à personne.",
                Language::De => ". Geben Sie diesen Code niemandem weiter.",
            });
        }
        text
    }

    /// Subject of an e-mail. It does not hold the code: subjects are shown on locked screens and kept in logs.
    pub fn subject(&self) -> String {
        let name = self.name;
        match self.language {
            Language::En => format!("Your verification code for {name}"),
            Language::Nl => format!("Uw verificatiecode voor {name}"),
            Language::Fr => format!("Votre code de vérification {name}"),
            Language::De => format!("Ihr Bestätigungscode für {name}"),
        }
    }

    /// What a call says before the digits.
    pub fn spoken(&self) -> String {
        let name = self.name;
        match self.language {
            Language::En => format!("Hello. Your verification code for {name} is:"),
            Language::Nl => format!("Hallo. Uw verificatiecode voor {name} is:"),
            Language::Fr => format!("Bonjour. Votre code de vérification pour {name} est :"),
            Language::De => format!("Guten Tag. Ihr Bestätigungscode für {name} lautet:"),
        }
    }

    /// What a call says that reads the code to a person only, who presses a key first.
    pub fn any_key(&self) -> String {
        let name = self.name;
        match self.language {
            Language::En => format!("Hello. Press any key to hear your verification code for {name}."),
            Language::Nl => format!("Hallo. Druk op een toets om uw verificatiecode voor {name} te horen."),
            Language::Fr => {
                format!(
                    "Bonjour. Appuyez sur une touche pour entendre votre code de vérification pour {name}."
                )
            }
            Language::De => {
                format!("Guten Tag. Drücken Sie eine Taste, um Ihren Bestätigungscode für {name} zu hören.")
            }
        }
    }

    /// What it says before it repeats the digits.
    pub const fn again(&self) -> &'static str {
        match self.language {
            Language::En => "Once more:",
            Language::Nl => "Nog een keer:",
            Language::Fr => "Encore une fois :",
            Language::De => "Noch einmal:",
        }
    }
}

/// Puts the code where a customer's own text says `{code}`; `None` where it does not.
pub fn filled(body: &str, code: &Code) -> Option<String> {
    body.contains(PLACE).then(|| body.replace(PLACE, code.reveal()))
}

/// The place of the code in a customer's own text.
pub const PLACE: &str = "{code}";

/// A text as it may be kept and shown: stars instead of the code. As long as the text itself, in every alphabet of SMS.
pub fn masked(text: &str, code: &Code) -> String {
    text.replace(code.reveal(), &"*".repeat(code.reveal().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_words_and_the_code_once() {
        let code = Code::custom("314159").unwrap();
        for (tag, begins) in
            [("en-US", "Your"), ("nl-BE", "Uw"), ("fr", "Votre"), ("de_AT", "Ihr"), ("ja-JP", "Your")]
        {
            let language = Language::of_tag(tag);
            for payment in [None, Some(("Acme", "12.00 EUR"))] {
                let wording = Wording { language, name: "Acme", warns: true, payment };
                let text = wording.message(&code);
                assert!(text.starts_with(begins), "{text}");
                let subject = wording.subject();
                assert!(subject.starts_with(begins) && subject.ends_with("Acme"), "{subject}");
                assert_eq!(text.matches("314159").count(), 1, "{text}");
                assert!(text.chars().count() <= 160, "{text}");
                assert!(wording.any_key().contains("Acme"));
                let kept = masked(&text, &code);
                assert_eq!((kept.matches("314159").count(), kept.len()), (0, text.len()));
            }
        }
    }

    #[test]
    fn a_text_without_a_place_for_the_code_is_no_text() {
        let code = Code::custom("1234").unwrap();
        assert_eq!(filled("Code {code}!", &code).as_deref(), Some("Code 1234!"));
        assert_eq!(filled("Code", &code), None);
    }
}
