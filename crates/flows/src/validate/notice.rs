//! Who is recorded has been told so: a spoken step lies on every way to what records.

use super::Check;
use crate::document::{Channel, Node};
use crate::nodes::*;

impl Check<'_> {
    /// What records may be reached in silence. Whether the words are those of a notice nobody can check; that there are none can be.
    pub(super) fn notices(&mut self) {
        let triggers = |of_subflow: bool| {
            let wanted = move |node: &&Node| {
                node.kind.trigger().is_some_and(|channel| (channel == Channel::Subflow) == of_subflow)
            };
            self.flow.nodes.iter().filter(wanted).map(|node| node.id.as_str())
        };
        let mut begins: Vec<&str> = triggers(false).collect();
        // What handles an error may be the first to speak.
        begins.extend(self.flow.on_error.as_deref());
        let silent = self.reached(begins, |node| !speaks(&node.kind));
        // The flow that calls this one may have told; of that nothing is known here.
        let perhaps = self.reached(triggers(true).collect(), |node| !speaks(&node.kind));
        let flow = self.flow;
        for node in flow.nodes.iter().filter(|node| records(&node.kind) && !speaks(&node.kind)) {
            let what = "nothing is said on a way that leads here: who is recorded must be told before, a tone is not enough";
            let cure = "say before that the call is recorded, what for, and how long the recording is kept";
            if silent.contains(node.id.as_str()) {
                self.error(Some(node), None, what, cure);
            } else if perhaps.contains(node.id.as_str()) {
                self.warn(Some(node), None, what, cure);
            }
        }
    }
}

fn records(kind: &Kind) -> bool {
    match kind {
        Kind::Record(_) => true,
        Kind::Dial(dial) => dial.record,
        Kind::Conference(conference) => conference.record,
        _ => false,
    }
}

/// Whether the caller is told something here, before anything else happens.
fn speaks(kind: &Kind) -> bool {
    let prompts = match kind {
        Kind::Say(say) => &say.prompts,
        Kind::Ask(ask) => &ask.prompts,
        Kind::Menu(menu) => &menu.prompts,
        Kind::Record(record) => &record.prompts,
        _ => return false,
    };
    prompts.iter().any(|prompt| match prompt {
        Prompt::Say { text, .. } => text.all().iter().all(|text| !text.trim().is_empty()),
        Prompt::Play { url } => url.all().iter().all(|url| !url.trim().is_empty()),
        Prompt::Pause { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Severity, validate};

    /// What is wrong, by node and how bad, of a flow whose nodes these are.
    fn wrong(trigger: &str, nodes: &str) -> Vec<(String, Severity)> {
        let text = format!(
            "name: Test\nform: 1\nnodes:\n- {{ id: begin, type: {trigger}, next: {{ start: first }} }}\n{nodes}"
        );
        let flow = crate::parse(&text).expect("a flow");
        let told = validate(&flow).into_iter().filter(|problem| {
            problem.text.contains("told before") || problem.text.contains("what the recording is for")
        });
        told.map(|problem| (problem.node.unwrap_or_default(), problem.severity)).collect()
    }

    const SAY: &str =
        "{ prompts: [{ kind: say, text: This call is recorded for quality and kept for a month. }] }";

    #[test]
    fn what_records_needs_words_before_it_on_every_way_and_a_purpose() {
        let error = |node: &str| vec![(node.to_owned(), Severity::Error)];
        let dial = |id: &str| {
            format!(
                "- {{ id: {id}, type: dial, properties: {{ to: [{{ kind: number, address: '+3222268888' }}], record: true, purpose: quality }} }}\n"
            )
        };
        assert_eq!(wrong("on_call", &dial("first")), error("first"));
        let told = format!(
            "- {{ id: first, type: say, properties: {SAY}, next: {{ done: ring }} }}\n{}",
            dial("ring")
        );
        assert_eq!(wrong("on_call", &told), []);
        // One of two ways is silent.
        let asked = format!(
            "- {{ id: first, type: condition, properties: {{ when: 'true' }}, next: {{ 'true': said, 'false': ring }} }}\n- {{ id: said, type: say, properties: {SAY}, next: {{ done: ring }} }}\n{}",
            dial("ring")
        );
        assert_eq!(wrong("on_call", &asked), error("ring"));
        let room =
            "- { id: first, type: conference, properties: { room: a, record: true, purpose: agreed } }\n";
        assert_eq!(wrong("on_call", room), error("first"));
        let own = "- { id: first, type: record, properties: { prompts: [{ kind: say, text: Please leave a message. }], purpose: agreed } }\n";
        assert_eq!(wrong("on_call", own), []);
        let beep = "- { id: first, type: record, properties: { purpose: agreed } }\n";
        assert_eq!(wrong("on_call", beep), error("first"), "a tone is not enough");
        let nothing = "- { id: first, type: record, properties: { prompts: [{ kind: say, text: Please leave a message. }] } }\n";
        assert_eq!(wrong("on_call", nothing), error("first"), "no purpose");
        assert_eq!(
            wrong("on_subflow", beep),
            [("first".to_owned(), Severity::Warning)],
            "its caller may have told"
        );
    }
}
