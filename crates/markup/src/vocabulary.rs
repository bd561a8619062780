//! Which elements and attributes are understood: found out by reading one of each, so that documentation cannot say otherwise.

use crate::attributes::{Context, Word};
use crate::document::{Dialect, Limits};
use crate::element;
use crate::read;

/// One of each verb and noun, with what it cannot do without.
const SPECIMEN: &str = "<Response><Say>x</Say><Play>x.wav</Play><Pause/><Gather/><Record/>\
    <Dial><Number>+1</Number><Client>a</Client><Sip>sip:a@b</Sip></Dial><Dial><Conference>a</Conference></Dial>\
    <Dial><Queue>a</Queue></Dial><Enqueue>a</Enqueue><Leave/><Hold/><Resume/><Refer><Sip>sip:a@b</Sip></Refer>\
    <Message>x</Message><Email from='a@b' to='a@b'>x</Email><Redirect>x</Redirect><Reject/><Hangup/>\
    <Connect><Stream url='wss://a'/></Connect><Start><Stream url='wss://a'/></Start><Stop><Stream name='a'/></Stop>\
    </Response>";

/// Every attribute that is understood, by element, in order and without repetition. An element without attributes is not here.
pub fn vocabulary() -> Vec<Word> {
    let limits = Limits::default();
    let (root, warnings) = element::read(SPECIMEN.as_bytes(), &limits).expect("the specimen is well-formed");
    let mut context = Context { dialect: Dialect::Twiml, warnings, verbs: 0, words: Some(Vec::new()) };
    for verb in root.elements() {
        read::verb(verb, &mut context, &limits).expect("the specimen is within the limits");
    }
    let mut words = context.words.unwrap_or_default();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_of_the_specimen_is_read_without_a_warning() {
        let parsed =
            crate::parse(SPECIMEN.as_bytes(), crate::Kind::Voice, Dialect::Twiml, &Limits::default())
                .unwrap();
        assert_eq!(parsed.warnings, []);
        assert!(vocabulary().iter().any(|word| word.element == "Queue" && word.attribute == "url"));
    }
}
