//! Flows to begin with.

use serde::Serialize;

use crate::document::{Channel, Flow};
use crate::text;

/// A flow to begin with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    /// Its name in requests.
    pub id: &'static str,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it can be started by.
    pub channels: Vec<Channel>,
    /// The document.
    #[serde(skip)]
    pub flow: Flow,
}

const FILES: [(&str, &str); 9] = [
    ("blank", include_str!("../templates/blank.yaml")),
    ("menu", include_str!("../templates/menu.yaml")),
    ("voicemail", include_str!("../templates/voicemail.yaml")),
    ("voicemail-mail", include_str!("../templates/voicemail-mail.yaml")),
    ("sms-reply", include_str!("../templates/sms-reply.yaml")),
    ("survey", include_str!("../templates/survey.yaml")),
    ("callback", include_str!("../templates/callback.yaml")),
    ("missed", include_str!("../templates/missed.yaml")),
    ("masked-number", include_str!("../templates/masked-number.yaml")),
];

/// All of them, in the order they are shown.
pub fn templates() -> Vec<Template> {
    FILES
        .into_iter()
        .map(|(id, file)| {
            let flow = text::parse(file).expect("a test reads every template");
            let channels = flow.nodes.iter().filter_map(|node| node.kind.trigger()).collect();
            Template { id, name: flow.name.clone(), description: flow.description.clone(), channels, flow }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowRef, Library, differences, simulate, validate};

    #[test]
    fn every_template_is_valid_and_passes_its_own_tests() {
        let mut tests = 0;
        for template in templates() {
            let problems = validate(&template.flow);
            assert!(problems.is_empty(), "{}: {problems:?}", template.id);
            let reference = FlowRef { sid: "FW1".to_owned(), revision: 1 };
            let library = Library::of(reference.clone(), template.flow.clone());
            for test in &template.flow.tests {
                let run = simulate(&reference, &library, &crate::Place::default(), test);
                assert_eq!(
                    differences(test, &run),
                    Vec::<String>::new(),
                    "{} {}: {run:#?}",
                    template.id,
                    test.name
                );
                tests += 1;
            }
        }
        assert!(tests >= 8, "only {tests} tests");
    }

    #[test]
    fn a_document_written_out_and_read_back_is_the_same() {
        for template in templates() {
            let yaml = text::to_yaml(&template.flow);
            assert_eq!(text::parse(&yaml).unwrap(), template.flow, "{yaml}");
            assert_eq!(text::read(text::to_value(&template.flow)).unwrap(), template.flow);
            assert_eq!(text::to_yaml(&text::parse(&yaml).unwrap()), yaml);
        }
    }
}
