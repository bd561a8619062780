//! The steps of the classic designer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rvd::{Project, array, number, text};
use crate::document::{Node, NodeId, Position};
use crate::nodes::*;

type Next = BTreeMap<String, NodeId>;

fn leads(port: &str, to: Option<NodeId>) -> Next {
    to.map(|to| (port.to_owned(), to)).into_iter().collect()
}

impl Project {
    /// Adds the node, or nodes, of a step. `next` is what it falls through to.
    pub(super) fn step(
        &mut self,
        (id, next): (&str, &str),
        step: &Value,
        (label, position): (String, Position),
    ) {
        let on = Some(next.to_owned());
        let (kind, next) = match text(step, "kind").unwrap_or_default().as_str() {
            "say" | "play" => {
                let prompts = self.prompts(id, std::slice::from_ref(step));
                (Kind::Say(Say { prompts, times: times(step) }), leads("done", on))
            }
            "gather" => self.gather(id, step, on),
            "dial" => self.dial_step(id, step, on),
            "record" => self.record_step(id, step, on),
            "redirect" => self.redirect(id, step),
            "hungup" | "hangup" => (Kind::Hangup(Nothing {}), Next::new()),
            "reject" => {
                (Kind::Reject(Reject { busy: text(step, "reason").as_deref() == Some("busy") }), Next::new())
            }
            "pause" => {
                (Kind::Wait(Wait { seconds: number(step, "length").unwrap_or(1).max(1) }), leads("done", on))
            }
            "sms" => self.sms(id, step, on),
            "email" => self.email(id, step, on),
            "ussdSay" => {
                let body = self.template(&text(step, "text").unwrap_or_default());
                (
                    Kind::SendMessage(SendMessage { body: Text::One(body), ..SendMessage::default() }),
                    leads("sent", on),
                )
            }
            "ussdCollect" => return self.ussd_collect(id, step, (label, position), on),
            "control" => return self.control(id, step, (label, position), on),
            "externalService" => return self.service(id, step, (label, position), on),
            "log" => {
                let message = self.template(&text(step, "message").unwrap_or_default());
                (Kind::Log(Log { message }), leads("done", on))
            }
            other => {
                self.remark(
                    id,
                    format!("a step of the kind `{other}` has no counterpart; it writes a log line instead"),
                );
                (Kind::Log(Log { message: format!("{other} was here") }), leads("done", on))
            }
        };
        self.push(Node { id: id.to_owned(), label, position: Some(position), kind, next });
    }

    fn prompts(&mut self, id: &str, steps: &[Value]) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        for step in steps {
            match text(step, "kind").unwrap_or_default().as_str() {
                "say" => prompts.push(Prompt::Say {
                    text: Text::One(self.template(&text(step, "phrase").unwrap_or_default())),
                    voice: text(step, "voice"),
                    language: text(step, "language"),
                }),
                "play" => {
                    let local = text(&step["local"], "wavLocalFilename");
                    let url = text(&step["remote"], "wavUrl").map(|url| self.template(&url));
                    let url = url.or_else(|| local.map(|file| self.sound(id, &file))).unwrap_or_default();
                    prompts.push(Prompt::Play { url: Text::One(url) });
                }
                "pause" => {
                    prompts.push(Prompt::Pause { seconds: number(step, "length").unwrap_or(1).max(1) });
                }
                _ => {}
            }
        }
        prompts
    }

    fn gather(&mut self, id: &str, step: &Value, on: Option<NodeId>) -> (Kind, Next) {
        let prompts = self.prompts(id, array(step, "steps"));
        let input = match text(step, "inputType").as_deref() {
            Some("SPEECH") => Input::Speech,
            Some("DTMF_SPEECH") => Input::Both,
            _ => Input::Keys,
        };
        let invalid = self.prompts(id, std::slice::from_ref(&step["invalidMessage"]));
        let timeout_s = number(step, "timeout").unwrap_or(0);
        let mut next = leads("no_input", on);
        if text(step, "gatherType").as_deref() == Some("menu") {
            let mut choices = Vec::new();
            let keys = array(&step["menu"], "mappings").iter().chain(array(&step["menu"], "speechMapping"));
            for (index, mapping) in keys.enumerate() {
                let port = format!("choice{}", index + 1);
                let digits = text(mapping, "digits").unwrap_or_default();
                let phrases = text(mapping, "key").into_iter().collect();
                next.extend(leads(&port, self.target(id, text(mapping, "next"))));
                choices.push(Choice { port, digits, phrases });
            }
            return (
                Kind::Menu(Menu {
                    prompts,
                    choices,
                    input,
                    timeout_s,
                    language: text(step, "language"),
                    invalid,
                    attempts: 0,
                }),
                next,
            );
        }
        let collect = &step["collectdigits"];
        let collect = if collect.is_null() { &step["collectspeech"] } else { collect };
        let variable = text(collect, "collectVariable").map(|name| self.variable(&name));
        next.extend(leads("answered", self.target(id, text(collect, "next"))));
        let hints =
            text(step, "hints").map(|hints| hints.split(',').map(|hint| hint.trim().to_owned()).collect());
        let one_of =
            text(&step["validation"], "userPattern").map(|list| list.chars().map(String::from).collect());
        let ask = Ask {
            prompts,
            input,
            timeout_s,
            finish_on_key: text(step, "finishOnKey"),
            num_digits: number(step, "numDigits").and_then(|digits| u16::try_from(digits).ok()),
            hints: hints.unwrap_or_default(),
            language: text(step, "language"),
            variable,
            pattern: text(&step["validation"], "regexPattern"),
            one_of: one_of.unwrap_or_default(),
            invalid,
            attempts: 0,
        };
        (Kind::Ask(ask), next)
    }

    fn dial_step(&mut self, id: &str, step: &Value, on: Option<NodeId>) -> (Kind, Next) {
        let to = self.target(id, text(step, "nextModule")).or(on);
        let nouns = array(step, "dialNouns");
        if let Some(conference) =
            nouns.iter().find(|noun| text(noun, "dialType").as_deref() == Some("conference"))
        {
            let flag = |name: &str, default: bool| conference[name].as_bool().unwrap_or(default);
            let room = self.template(&text(conference, "destination").unwrap_or_default());
            let kind = Conference {
                room,
                muted: flag("muted", false),
                silent: !flag("beep", true),
                wait_for_start: !flag("startConferenceOnEnter", true),
                end_on_exit: flag("endConferenceOnExit", false),
                max_participants: number(conference, "maxParticipants").unwrap_or(0),
                record: false,
                purpose: None,
            };
            return (Kind::Conference(kind), leads("done", to));
        }
        let mut parties = Vec::new();
        for noun in nouns {
            let kind = match text(noun, "dialType").as_deref() {
                Some("client") => PartyKind::Client,
                Some("sipuri") => PartyKind::Sip,
                _ => PartyKind::Number,
            };
            let address = self.template(&text(noun, "destination").unwrap_or_default());
            parties.push(Party { kind, address, send_digits: text(noun, "sendDigits") });
        }
        let caller_id = text(step, "callerId").map(|caller| self.template(&caller));
        let kind = Dial {
            to: parties,
            timeout_s: number(step, "timeout").unwrap_or(0),
            time_limit_s: number(step, "timeLimit").unwrap_or(0),
            caller_id,
            record: step["record"].as_bool().unwrap_or(false),
            purpose: None,
            sequential: false,
        };
        // The classic designer went on the same way whatever became of it.
        let next = ["answered", "busy", "no_answer", "failed"]
            .into_iter()
            .flat_map(|port| leads(port, to.clone()))
            .collect();
        (Kind::Dial(kind), next)
    }

    fn record_step(&mut self, id: &str, step: &Value, on: Option<NodeId>) -> (Kind, Next) {
        let to = self.target(id, text(step, "next"));
        let kind = Record {
            timeout_s: number(step, "timeout").unwrap_or(0),
            max_length_s: number(step, "maxLength").unwrap_or(0),
            finish_on_key: text(step, "finishOnKey"),
            no_beep: step["playBeep"].as_bool() == Some(false),
            transcribe: step["transcribe"].as_bool().unwrap_or(false),
            // Who speaks after the tone leaves a message, and agrees.
            purpose: Some(RecordingPurpose::Agreed),
            ..Record::default()
        };
        let mut next = leads("recorded", to.or_else(|| on.clone()));
        next.extend(leads("empty", on));
        (Kind::Record(kind), next)
    }

    fn redirect(&mut self, id: &str, step: &Value) -> (Kind, Next) {
        if let Some(target) = self.target(id, text(step, "next")) {
            return (Kind::Goto(Goto { node: target }), Next::new());
        }
        let url = self.template(&text(step, "url").unwrap_or_default());
        (Kind::Redirect(Redirect { url, get: text(step, "method").as_deref() == Some("GET") }), Next::new())
    }

    fn sms(&mut self, id: &str, step: &Value, on: Option<NodeId>) -> (Kind, Next) {
        let to = self.target(id, text(step, "next")).or(on);
        let kind = SendMessage {
            to: text(step, "to").map(|to| self.template(&to)),
            from: text(step, "from").map(|from| self.template(&from)),
            body: Text::One(self.template(&text(step, "text").unwrap_or_default())),
        };
        (Kind::SendMessage(kind), leads("sent", to))
    }

    fn email(&mut self, id: &str, step: &Value, on: Option<NodeId>) -> (Kind, Next) {
        let to = self.target(id, text(step, "next")).or(on);
        let mut written = |name: &str| text(step, name).map(|value| self.template(&value));
        let kind = Email {
            to: written("to").unwrap_or_default(),
            cc: written("cc"),
            bcc: written("bcc"),
            from: written("from"),
            subject: Text::One(written("subject").unwrap_or_default()),
            body: Text::One(written("text").unwrap_or_default()),
            ..Email::default()
        };
        (Kind::Email(kind), leads("sent", to))
    }

    fn ussd_collect(
        &mut self,
        id: &str,
        step: &Value,
        (label, position): (String, Position),
        on: Option<NodeId>,
    ) {
        let messages: Vec<String> =
            array(step, "messages").iter().filter_map(|message| text(message, "text")).collect();
        let body = Text::One(self.template(&messages.join("\n")));
        let collect = &step["collectdigits"];
        let variable = text(collect, "collectVariable").map(|name| self.variable(&name));
        let mut next = leads("reply", self.target(id, text(collect, "next")).or_else(|| on.clone()));
        let mappings = array(&step["menu"], "mappings");
        if !mappings.is_empty() {
            let switch = format!("{id}.menu");
            let mut cases = Vec::new();
            let mut ways = leads("default", on);
            for (index, mapping) in mappings.iter().enumerate() {
                let port = format!("choice{}", index + 1);
                ways.extend(leads(&port, self.target(id, text(mapping, "next"))));
                cases.push(Case {
                    port,
                    compare: Compare::Equals,
                    value: text(mapping, "digits").unwrap_or_default(),
                });
            }
            next.insert("reply".to_owned(), switch.clone());
            let kind = Kind::Switch(Switch { value: "{{ message.body }}".to_owned(), cases });
            let position = Some(Position { x: position.x + 160.0, ..position });
            self.push(Node { id: switch, label: String::new(), position, kind, next: ways });
        }
        let kind = Kind::AskByMessage(AskByMessage { body, variable, ..AskByMessage::default() });
        self.push(Node { id: id.to_owned(), label, position: Some(position), kind, next });
    }

    /// Conditions as one switch in a row, then what is done where they hold.
    fn control(&mut self, id: &str, step: &Value, (label, position): (String, Position), on: Option<NodeId>) {
        let conditions = array(step, "conditions");
        let any = text(step, "conditionExpression").is_some_and(|joined| joined.contains("OR"));
        let actions = format!("{id}.then");
        let on = on.unwrap_or_default();
        let mut entry = id.to_owned();
        for (index, condition) in conditions.iter().enumerate() {
            let is_last = index + 1 == conditions.len();
            let following = format!("{id}.{}", index + 2);
            let (yes, no) = match (any, is_last) {
                (true, false) => (actions.clone(), following.clone()),
                (false, false) => (following.clone(), on.clone()),
                (_, true) => (actions.clone(), on.clone()),
            };
            let kind = Kind::Switch(self.comparison(condition));
            let next = BTreeMap::from([("yes".to_owned(), yes), ("default".to_owned(), no)]);
            let label = if index == 0 { label.clone() } else { String::new() };
            self.push(Node { id: entry, label, position: Some(position), kind, next });
            entry = following;
        }
        let first = if conditions.is_empty() { id.to_owned() } else { actions };
        self.actions(&first, step, position, &on);
    }

    fn comparison(&mut self, condition: &Value) -> Switch {
        let operator = text(condition, "operator").unwrap_or_default();
        let matching = &condition["matcher"];
        let compared = &condition["comparison"];
        let (left, right) = match operator.as_str() {
            "matches" => (text(matching, "text"), text(matching, "regex")),
            _ => (text(compared, "operand1"), text(compared, "operand2")),
        };
        let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
        let value = self.template(&left);
        let right = if operator == "matches" { format!("^(?:{right})$") } else { self.template(&right) };
        let compare = match operator.as_str() {
            "notequal" => Compare::NotEquals,
            "greater" => Compare::GreaterThan,
            "less" => Compare::LessThan,
            "matches" => Compare::Matches,
            _ => Compare::Equals,
        };
        let case = |compare| Case { port: "yes".to_owned(), compare, value: right.clone() };
        if ["greaterEqual", "lessEqual"].contains(&operator.as_str()) {
            // Not below is above or equal.
            let other = if operator == "greaterEqual" { Compare::LessThan } else { Compare::GreaterThan };
            let no = Case { port: "no".to_owned(), ..case(other) };
            return Switch {
                value,
                cases: vec![no, Case { compare: Compare::IsNotBlank, ..case(Compare::IsNotBlank) }],
            };
        }
        Switch { value, cases: vec![case(compare)] }
    }

    fn actions(&mut self, first: &str, step: &Value, position: Position, on: &str) {
        let mut to = on.to_owned();
        let mut made = Vec::new();
        for action in array(step, "actions") {
            if let Some(assign) = action.get("assign").filter(|assign| assign.is_object()) {
                let value = Some(self.template(&text(assign, "expression").unwrap_or_default()));
                let variable =
                    self.variable(&text(assign, "varName").unwrap_or_else(|| "unnamed".to_owned()));
                let assign = Assign { variable, value, ..Assign::default() };
                made.push(Kind::SetVariables(SetVariables { assign: vec![assign] }));
            } else if let Some(capture) = action.get("capture").filter(|capture| capture.is_object()) {
                let variable =
                    self.variable(&text(capture, "varName").unwrap_or_else(|| "unnamed".to_owned()));
                let text_of = self.template(&text(capture, "data").unwrap_or_default());
                let pattern = text(capture, "regex").unwrap_or_default();
                made.push(Kind::Capture(Capture { text: text_of, pattern, variable }));
            } else if let Some(target) = self.target(first, text(&action["continueTo"], "target")) {
                to = target;
                break;
            }
        }
        if made.is_empty() {
            made.push(Kind::Goto(Goto { node: to.clone() }));
        }
        let ids: Vec<String> = (0..made.len())
            .map(|index| if index == 0 { first.to_owned() } else { format!("{first}.{}", index + 1) })
            .collect();
        for (index, kind) in made.into_iter().enumerate() {
            let following = ids.get(index + 1).cloned().unwrap_or_else(|| to.clone());
            let next = match &kind {
                Kind::Goto(_) => Next::new(),
                Kind::Capture(_) => BTreeMap::from([
                    ("done".to_owned(), following.clone()),
                    ("no_match".to_owned(), following),
                ]),
                _ => leads("done", Some(following)),
            };
            let position = Some(Position { x: position.x + 160.0, ..position });
            self.push(Node { id: ids[index].clone(), label: String::new(), position, kind, next });
        }
    }

    fn service(&mut self, id: &str, step: &Value, (label, position): (String, Position), on: Option<NodeId>) {
        let mut url = self.template(&text(step, "url").unwrap_or_default());
        if url.starts_with('/') {
            self.remark(
                id,
                "the address of the web service was relative to the designer; write where it is now",
            );
            url = format!("https://example.com{url}");
        }
        let pairs = |made: &mut Self, name: &str| {
            let pairs: Vec<(String, String)> = array(step, name)
                .iter()
                .filter_map(|pair| Some((text(pair, "name")?, text(pair, "value").unwrap_or_default())))
                .collect();
            pairs.into_iter().map(|(name, value)| (name, made.template(&value))).collect::<BTreeMap<_, _>>()
        };
        let parameters = pairs(self, "urlParams");
        let headers = pairs(self, "httpHeaders");
        let mut take = Vec::new();
        for assignment in array(step, "assignments") {
            if let Some(name) = text(assignment, "destVariable") {
                take.push(Take { variable: self.variable(&name), path: path(&assignment["valueExtractor"]) });
            }
        }
        let method = match text(step, "method").unwrap_or_default().to_uppercase().as_str() {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        let is_form = text(step, "contentType").is_none_or(|kind| kind.contains("form"));
        let kind = Http {
            method,
            url,
            headers,
            parameters,
            form: if is_form { BodyForm::Form } else { BodyForm::Json },
            body: text(step, "requestBody").map(|body| self.template(&body)),
            username: text(step, "username").map(|user| self.template(&user)),
            password: text(step, "password").map(|password| self.template(&password)),
            timeout_ms: number(step, "timeout").unwrap_or(0),
            take,
        };
        let routing = step["doRouting"].as_bool().unwrap_or(false);
        let success = self.routed(id, step, routing, position).or(on);
        let mut next = leads("success", success);
        next.extend(leads("timeout", self.target(id, text(step, "onTimeout"))));
        next.extend(leads("http_error", self.target(id, text(step, "onRemoteError"))));
        self.push(Node { id: id.to_owned(), label, position: Some(position), kind: Kind::Http(kind), next });
    }

    /// Where a good answer leads: a module, or one the answer names.
    fn routed(&mut self, id: &str, step: &Value, routing: bool, position: Position) -> Option<NodeId> {
        if !routing {
            return None;
        }
        let way = text(step, "nextType").unwrap_or_else(|| "fixed".to_owned());
        if way == "fixed" {
            return self.target(id, text(step, "next"));
        }
        let from = path(&step["nextValueExtractor"]);
        let value = format!("{{{{ nodes[\"{id}\"].json.{from} }}}}");
        let mut cases = Vec::new();
        let mut next = Next::new();
        let mappings: Vec<(String, Option<String>)> = if way == "mapped" {
            array(step, "routeMappings")
                .iter()
                .filter_map(|m| Some((text(m, "value")?, text(m, "next"))))
                .collect()
        } else {
            self.first.keys().map(|module| (module.clone(), Some(module.clone()))).collect()
        };
        for (index, (wanted, module)) in mappings.into_iter().enumerate() {
            let port = format!("route{}", index + 1);
            next.extend(leads(&port, self.target(id, module)));
            cases.push(Case { port, compare: Compare::Equals, value: wanted });
        }
        let switch = format!("{id}.route");
        let position = Some(Position { x: position.x + 160.0, ..position });
        let kind = Kind::Switch(Switch { value, cases });
        self.push(Node { id: switch.clone(), label: String::new(), position, kind, next });
        Some(switch)
    }
}

fn times(step: &Value) -> u32 {
    // 0 was without end.
    match number(step, "loop") {
        Some(0) => 1_000,
        Some(times) => times,
        None => 1,
    }
}

/// The path of a value extractor.
fn path(extractor: &Value) -> String {
    let mut path = String::new();
    for operation in array(extractor, "accessOperations") {
        if let Some(property) = text(operation, "property") {
            path += if path.is_empty() { "" } else { "." };
            path += &property;
        } else if let Some(position) = number(operation, "position") {
            path += &format!("[{position}]");
        }
    }
    path
}
