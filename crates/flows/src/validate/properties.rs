//! What is wrong with the properties of a node.

use super::{Check, KNOWN, is_name};
use crate::document::Node;
use crate::machine::minutes;
use crate::nodes::*;

/// Choices a caller can keep in mind.
const CHOICES_MAX: usize = 5;
/// Characters a caller listens to before a choice, about half a minute of speech.
const PROMPT_CHARS_MAX: usize = 400;
impl<'f> Check<'f> {
    fn required(&mut self, node: &Node, property: &str, value: &str) {
        if value.trim().is_empty() {
            self.error(Some(node), Some(property), format!("`{property}` is missing"), "fill it in");
        }
    }

    fn purpose(&mut self, node: &Node, purpose: Option<RecordingPurpose>) {
        if purpose.is_none() {
            let what = "it is not said what the recording is for";
            self.error(Some(node), Some("purpose"), what, "choose its purpose");
        }
    }

    pub(super) fn properties(&mut self, node: &'f Node) {
        match &node.kind {
            Kind::Say(say) => self.prompts(node, &say.prompts),
            Kind::Ask(ask) => self.prompts(node, &ask.prompts),
            Kind::Menu(menu) => self.menu(node, menu),
            Kind::Dial(dial) => self.dial(node, dial),
            Kind::Conference(conference) => self.conference(node, conference),
            Kind::Enqueue(enqueue) => self.required(node, "queue", &enqueue.queue),
            Kind::TakeFromQueue(take) => self.required(node, "queue", &take.queue),
            Kind::Record(record) => self.purpose(node, record.purpose),
            Kind::Transfer(transfer) => self.required(node, "uri", &transfer.uri),
            Kind::Stream(stream) => self.required(node, "url", &stream.url),
            Kind::Redirect(redirect) => self.required(node, "url", &redirect.url),
            Kind::SendMessage(SendMessage { body, .. }) | Kind::AskByMessage(AskByMessage { body, .. }) => {
                if body.all().iter().all(|text| text.trim().is_empty()) {
                    self.error(Some(node), Some("body"), "the message has no text", "write it");
                }
                self.languages(node, "body", body);
            }
            Kind::Switch(switch) if switch.cases.is_empty() => {
                self.error(Some(node), Some("cases"), "the switch has no cases", "add one");
            }
            Kind::SetVariables(set) => {
                for assign in &set.assign {
                    self.variable(node, &assign.variable);
                }
            }
            Kind::Transform(transform) => self.variable(node, &transform.variable),
            Kind::Capture(capture) => self.variable(node, &capture.variable),
            Kind::Counter(counter) => self.variable(node, &counter.variable),
            Kind::BusinessHours(hours) => self.hours(node, hours),
            Kind::OnSchedule(schedule) => self.schedule(node, schedule),
            Kind::Split(split) if split.branches.iter().all(|branch| branch.weight == 0) => {
                self.error(Some(node), Some("branches"), "no branch has a share", "give the shares weights");
            }
            Kind::Subflow(subflow) if subflow.flow.len() != 34 || !subflow.flow.starts_with("FW") => {
                self.error(
                    Some(node),
                    Some("flow"),
                    "no flow is chosen",
                    "choose a published flow with `on_subflow`",
                );
            }
            Kind::Goto(goto)
                if self.flow.node(&goto.node).is_none_or(|node| node.kind.trigger().is_some()) =>
            {
                self.error(
                    Some(node),
                    Some("node"),
                    format!("`{}` is no node to go to", goto.node),
                    "choose another",
                );
            }
            _ => self.data(node),
        }
    }

    /// What is wrong with those that ask, keep, count and write.
    fn data(&mut self, node: &'f Node) {
        match &node.kind {
            Kind::Http(http) => self.required(node, "url", &http.url),
            Kind::Store(store) => self.required(node, "key", &store.key),
            Kind::Email(email) => self.email(node, email),
            Kind::Directory(directory) => self.required(node, "query", &directory.query),
            Kind::Script(script) => {
                self.required(node, "program", &script.program);
                script.variable.iter().for_each(|name| self.variable(node, name));
            }
            Kind::Metric(metric) if !is_name(&metric.name) => {
                self.error(
                    Some(node),
                    Some("name"),
                    format!("`{}` is not a name", metric.name),
                    "use letters, digits and `_`, beginning with a letter",
                );
            }
            _ => {}
        }
    }

    fn variable(&mut self, node: &Node, name: &str) {
        if !is_name(name) || KNOWN.contains(&name) {
            let text = format!("`{name}` cannot be the name of a variable");
            self.error(
                Some(node),
                Some("variable"),
                text,
                "use letters, digits and `_`, beginning with a letter",
            );
        }
    }

    fn prompts(&mut self, node: &'f Node, prompts: &'f [Prompt]) {
        let empty = |prompt: &Prompt| match prompt {
            Prompt::Say { text, .. } => text.all().iter().any(|text| text.trim().is_empty()),
            Prompt::Play { url } => url.all().iter().any(|url| url.trim().is_empty()),
            Prompt::Pause { .. } => false,
        };
        if prompts.is_empty() {
            self.error(Some(node), Some("prompts"), "nothing is said", "add a prompt");
        } else if prompts.iter().any(empty) {
            self.error(Some(node), Some("prompts"), "a prompt is empty", "write its text, or remove it");
        }
        for prompt in prompts {
            match prompt {
                Prompt::Say { text, .. } => self.languages(node, "prompts", text),
                Prompt::Play { url } => self.languages(node, "prompts", url),
                Prompt::Pause { .. } => {}
            }
        }
    }

    fn languages(&mut self, node: &Node, property: &str, text: &Text) {
        let Text::Many(texts) = text else { return };
        let missing: Vec<&str> = self
            .flow
            .languages
            .iter()
            .map(String::as_str)
            .filter(|language| !texts.contains_key(*language))
            .collect();
        if !missing.is_empty() {
            self.warn(
                Some(node),
                Some(property),
                format!("no text in {}", missing.join(", ")),
                "translate it",
            );
        }
    }

    fn menu(&mut self, node: &'f Node, menu: &'f Menu) {
        self.prompts(node, &menu.prompts);
        if menu.choices.is_empty() {
            self.error(Some(node), Some("choices"), "the menu has no choices", "add one");
        }
        if menu.choices.len() > CHOICES_MAX {
            let text = format!("{} choices are more than a caller keeps in mind", menu.choices.len());
            self.warn(Some(node), Some("choices"), text, "make two menus");
        }
        let spoken: usize = menu
            .prompts
            .iter()
            .map(|prompt| match prompt {
                Prompt::Say { text, .. } => {
                    text.all().iter().map(|text| text.chars().count()).max().unwrap_or(0)
                }
                Prompt::Play { .. } | Prompt::Pause { .. } => 0,
            })
            .sum();
        if spoken > PROMPT_CHARS_MAX {
            self.warn(
                Some(node),
                Some("prompts"),
                "the caller listens for more than half a minute before he may choose",
                "shorten it",
            );
        }
        for (index, choice) in menu.choices.iter().enumerate() {
            if choice.digits.is_empty() && choice.phrases.is_empty() {
                self.error(
                    Some(node),
                    Some("choices"),
                    format!("`{}` can be chosen by nothing", choice.port),
                    "give it a key or a phrase",
                );
            }
            if !choice.digits.chars().all(|c| "0123456789*#ABCD".contains(c)) {
                self.error(
                    Some(node),
                    Some("choices"),
                    format!("`{}` is no key", choice.digits),
                    "use 0-9, *, # and A-D",
                );
            }
            let twin = |other: &Choice| !choice.digits.is_empty() && other.digits == choice.digits;
            if menu.choices[..index].iter().any(twin) {
                self.error(
                    Some(node),
                    Some("choices"),
                    format!("two choices have the key {}", choice.digits),
                    "change one",
                );
            }
        }
    }

    fn email(&mut self, node: &Node, email: &Email) {
        self.required(node, "to", &email.to);
        for (property, text) in [("subject", &email.subject), ("body", &email.body)] {
            if text.all().iter().all(|text| text.trim().is_empty()) {
                self.required(node, property, "");
            }
            self.languages(node, property, text);
        }
    }

    fn dial(&mut self, node: &Node, dial: &Dial) {
        if dial.to.is_empty() || dial.to.len() > 10 {
            self.error(Some(node), Some("to"), "one to ten parties can be called", "add or remove some");
        }
        if dial.to.iter().any(|party| party.address.trim().is_empty()) {
            self.error(Some(node), Some("to"), "a party has no address", "fill it in");
        }
        if dial.record {
            self.purpose(node, dial.purpose);
        }
    }

    fn conference(&mut self, node: &Node, conference: &Conference) {
        self.required(node, "room", &conference.room);
        if conference.record {
            self.purpose(node, conference.purpose);
        }
    }

    fn schedule(&mut self, node: &Node, schedule: &ScheduleTrigger) {
        if crate::next_run(schedule, jiff::Timestamp::UNIX_EPOCH).is_none() {
            let cure = "give a time as HH:MM and a time zone such as Europe/Brussels";
            self.error(Some(node), Some("at"), "the schedule is never due", cure);
        }
    }

    fn hours(&mut self, node: &Node, hours: &BusinessHours) {
        if hours.hours.iter().any(|span| minutes(&span.from).is_none() || minutes(&span.to).is_none()) {
            self.error(Some(node), Some("hours"), "a time of day cannot be read", "write it as HH:MM");
        }
        if hours.hours.iter().all(|span| span.days.is_empty()) {
            self.warn(Some(node), Some("hours"), "it is never open", "add hours");
        }
        if !hours.timezone.is_empty() && crate::machine::zone(&hours.timezone).is_err() {
            self.error(
                Some(node),
                Some("timezone"),
                "the time zone is not known",
                "use a name such as Europe/Brussels",
            );
        }
    }
}
