//! Nodes that need something from outside: messages, calls out, web requests, memory, time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_domain::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Exit, Machine, Move};
use crate::document::Node;
use crate::expression::{Escape, at_path, render};
use crate::nodes::*;
use crate::state::{Advance, Effect, Entry, Event, HttpOutcome, HttpRequest, Letter, Waiting};

/// Longest wait, in seconds: 7 days.
const WAIT_MAX_S: u32 = 604_800;

/// Why a URL has a user or password in it, or is no URL of the web at all.
fn checked_url(url: &str) -> Result<(), Exit> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !url.chars().any(|c| c.is_whitespace() || c.is_control()) => Ok(()),
        _ => Err(Exit::error("the URL must begin with https:// or http:// and have no blanks")),
    }
}

impl Machine<'_> {
    /// `None` for a node that only decides.
    pub(super) fn begin_data(&mut self, node: &Node) -> Option<Move> {
        let effect = match &node.kind {
            Kind::Wait(wait) => return Some(self.wait(node, wait)),
            Kind::SendMessage(send) => self.message(send.to.as_ref(), send.from.as_ref(), &send.body),
            Kind::AskByMessage(ask) => self.message(ask.to.as_ref(), ask.from.as_ref(), &ask.body),
            Kind::CallOut(call) => self.call_out(call),
            Kind::Http(http) => self.http(http).map(Effect::Http),
            Kind::Store(store) => self.store(store),
            Kind::Email(email) => self.letter(email).map(|letter| Effect::Email(Box::new(letter))),
            Kind::Directory(directory) => self.query(directory),
            Kind::Alert(alert) => {
                self.text(&alert.message).map(|text| Effect::Alert { text, error: alert.error })
            }
            _ => return None,
        };
        Some(match effect {
            Ok(effect) => {
                self.state.waiting = Waiting::Effect;
                Move::Stay(Advance::Effect(effect))
            }
            Err(exit) => Move::Leave(exit),
        })
    }

    fn until(&self, seconds: u32) -> Timestamp {
        let wait = SignedDuration::from_secs(i64::from(seconds.clamp(1, WAIT_MAX_S)));
        self.env.now.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    fn wait(&mut self, node: &Node, wait: &Wait) -> Move {
        if self.state.on_call {
            return self.begin_voice(node);
        }
        self.state.waiting = Waiting::Time;
        self.state.until = Some(self.until(wait.seconds));
        Move::Stay(Advance::Wait)
    }

    fn message(&mut self, to: Option<&String>, from: Option<&String>, body: &Text) -> Result<Effect, Exit> {
        let to = self.optional(to)?.unwrap_or_else(|| self.state.contact.clone());
        let from = self.optional(from)?.unwrap_or_else(|| self.state.platform.clone());
        let body = self.spoken(body)?;
        self.state.inputs = json!({ "to": to, "from": from, "body": body });
        if to.is_empty() || from.is_empty() {
            return Err(Exit::error("the message has no receiver or no sender"));
        }
        Ok(Effect::Send { to, from, body })
    }

    fn letter(&mut self, email: &Email) -> Result<Letter, Exit> {
        let list = |text: Option<String>| text.unwrap_or_default();
        let letter = Letter {
            to: self.text(&email.to)?,
            cc: list(self.optional(email.cc.as_ref())?),
            bcc: list(self.optional(email.bcc.as_ref())?),
            from: list(self.optional(email.from.as_ref())?),
            subject: self.spoken(&email.subject)?.split_whitespace().collect::<Vec<_>>().join(" "),
            body: self.spoken(&email.body)?,
            html: email.html,
            recording: self.optional(email.recording.as_ref())?,
        };
        let shown = json!({ "to": letter.to, "subject": letter.subject, "body": letter.body });
        self.state.inputs = shown;
        if letter.to.trim().is_empty() {
            return Err(Exit::error("the e-mail has no receiver"));
        }
        Ok(letter)
    }

    fn query(&mut self, directory: &Directory) -> Result<Effect, Exit> {
        let query: String = self.text(&directory.query)?.trim().chars().take(100).collect();
        self.state.inputs = json!({ "query": query });
        if query.is_empty() {
            return Err(Exit::error("there is nothing to look for"));
        }
        Ok(Effect::Find(query))
    }

    fn call_out(&mut self, call: &CallOut) -> Result<Effect, Exit> {
        if self.state.on_call {
            return Err(Exit::error("there is a call already"));
        }
        let to = self.optional(call.to.as_ref())?.unwrap_or_else(|| self.state.contact.clone());
        let from = self.optional(call.from.as_ref())?.unwrap_or_else(|| self.state.platform.clone());
        self.state.inputs = json!({ "to": to, "from": from });
        if to.is_empty() || from.is_empty() {
            return Err(Exit::error("the call has no destination or no caller id"));
        }
        self.state.turn += 1;
        let url = format!("{}/{}", self.env.url, self.state.turn);
        let timeout_s = if call.timeout_s == 0 { 30 } else { call.timeout_s.min(600) };
        Ok(Effect::CallOut { to, from, url, timeout_s, record: call.record })
    }

    fn http(&mut self, http: &Http) -> Result<HttpRequest, Exit> {
        let context = Value::Object(self.context());
        let plain = |template: &str| render(template, Escape::Plain, &context).map_err(Exit::from);
        // A URL that is nothing but one value is taken as it is: it is a whole URL that came from somewhere.
        let whole = http.url.trim().starts_with("{{")
            && http.url.trim().find("}}") == Some(http.url.trim().len() - 2);
        let mut url = render(http.url.trim(), if whole { Escape::Plain } else { Escape::Url }, &context)?;
        checked_url(&url)?;
        let mut headers = Vec::new();
        for (name, value) in &http.headers {
            let value = plain(value)?;
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                || value.contains(['\r', '\n', '\0'])
            {
                return Err(Exit::error(format!("the header `{name}` cannot be sent")));
            }
            headers.push((name.clone(), value));
        }
        if let Some(username) = &http.username {
            let password = http.password.as_deref().map_or(Ok(String::new()), plain)?;
            headers.push((
                "Authorization".to_owned(),
                format!("Basic {}", STANDARD.encode(format!("{}:{password}", plain(username)?))),
            ));
        }
        let mut pairs = String::new();
        for (name, value) in &http.parameters {
            let separator = if pairs.is_empty() { "" } else { "&" };
            let names = json!({ "name": name, "value": plain(value)? });
            pairs += &format!("{separator}{}", render("{{ name }}={{ value }}", Escape::Url, &names)?);
        }
        let has_body = !matches!(http.method, HttpMethod::Get | HttpMethod::Delete);
        let body = match http.form {
            BodyForm::Form if has_body => {
                Some(("application/x-www-form-urlencoded", std::mem::take(&mut pairs)))
            }
            BodyForm::Json if has_body => http
                .body
                .as_ref()
                .map(|body| render(body, Escape::Json, &context))
                .transpose()?
                .map(|body| ("application/json", body)),
            BodyForm::Text if has_body => {
                http.body.as_deref().map(plain).transpose()?.map(|body| ("text/plain; charset=utf-8", body))
            }
            BodyForm::Form | BodyForm::Json | BodyForm::Text => None,
        };
        if !pairs.is_empty() {
            url += if url.contains('?') { "&" } else { "?" };
            url += &pairs;
        }
        if let Some((kind, _)) = &body
            && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            headers.push(("Content-Type".to_owned(), (*kind).to_owned()));
        }
        let body = body.map(|(_, body)| body);
        self.state.inputs = json!({ "method": http.method.as_str(), "url": url, "body": body });
        let timeout_ms = if http.timeout_ms == 0 { 5_000 } else { http.timeout_ms.clamp(100, 30_000) };
        Ok(HttpRequest { method: http.method.as_str(), url, headers, body, timeout_ms })
    }

    fn store(&mut self, store: &Store) -> Result<Effect, Exit> {
        let key = self.text(&store.key)?;
        if key.is_empty() || key.chars().count() > 200 || key.contains('\0') {
            return Err(Exit::error("a key has 1 to 200 characters"));
        }
        let value = self.text(store.value.as_deref().unwrap_or(""))?;
        self.state.inputs = json!({ "key": key });
        match store.operation {
            StoreOperation::Get => Ok(Effect::Read(key)),
            StoreOperation::Delete => Ok(Effect::Forget(key)),
            StoreOperation::Set if value.len() > 16 * 1024 || value.contains('\0') => {
                Err(Exit::error("a value has at most 16 KiB"))
            }
            StoreOperation::Set => Ok(Effect::Write(key, value)),
        }
    }

    /// What an event means to the node that waits; `None` for one it does not wait for.
    pub(super) fn data_happened(&mut self, node: &Node, event: &Event) -> Option<Move> {
        let exit = match (&node.kind, self.state.waiting, event) {
            (Kind::Http(http), Waiting::Effect, Event::Http(outcome)) => self.answered_http(http, outcome),
            (Kind::SendMessage(_) | Kind::Email(_), Waiting::Effect, Event::Sent(sent)) => {
                sent_exit(sent, "sent")
            }
            (Kind::Directory(_), Waiting::Effect, Event::Found(entries)) => found_exit(entries),
            (Kind::AskByMessage(ask), Waiting::Effect, Event::Sent(sent)) => match sent {
                Ok(_) => {
                    self.state.waiting = Waiting::Reply;
                    self.state.until =
                        Some(self.until(if ask.timeout_s == 0 { 3_600 } else { ask.timeout_s }));
                    // A live call hears nothing meanwhile.
                    let advance =
                        if self.state.on_call { Advance::Call(self.hold_on()) } else { Advance::Wait };
                    return Some(Move::Stay(advance));
                }
                Err(_) => sent_exit(sent, "sent"),
            },
            (Kind::AskByMessage(ask), Waiting::Reply, Event::Reply { body, sid }) => {
                self.replied(ask, body, sid)
            }
            (Kind::AskByMessage(_), Waiting::Reply, Event::Time) if self.is_due() => Exit::by("timeout"),
            (Kind::Wait(_), Waiting::Time, Event::Time) if self.is_due() => Exit::by("done"),
            (Kind::CallOut(_), Waiting::Effect, Event::Placed(placed)) => match placed {
                Ok(sid) => {
                    self.state.call_sid = Some(sid.clone());
                    self.state.waiting = Waiting::CallOut;
                    return Some(Move::Stay(Advance::Wait));
                }
                Err(error) => Exit { error: Some(error.clone()), ..Exit::by("failed") },
            },
            // The callee answers before the caller of the effect was told that the call exists.
            (Kind::CallOut(_), Waiting::CallOut | Waiting::Effect, Event::Call { turn, params })
                if *turn == self.state.turn =>
            {
                self.state.on_call = true;
                self.state.call_sid = params.get("CallSid").cloned().or_else(|| self.state.call_sid.take());
                Exit::by("answered").with("call_sid", params.get("CallSid").map_or("", String::as_str))
            }
            (Kind::CallOut(_), Waiting::CallOut | Waiting::Effect, Event::CallEnded(status)) => match status
                .as_str()
            {
                "busy" => Exit::by("busy"),
                "no-answer" | "canceled" => Exit::by("no_answer"),
                status => Exit { error: Some(format!("the call ended as {status}")), ..Exit::by("failed") },
            },
            (Kind::Store(store), Waiting::Effect, Event::Stored(value)) => self.stored(store, value.as_ref()),
            (Kind::Alert(_), Waiting::Effect, Event::Done) => Exit::by("done"),
            (Kind::CallOut(_), Waiting::Effect, Event::Again) => {
                Exit { error: Some("interrupted while the call was begun".to_owned()), ..Exit::by("failed") }
            }
            (_, Waiting::Effect, Event::Again) => return self.begin_data(node),
            _ => return None,
        };
        Some(Move::Leave(exit))
    }

    fn is_due(&self) -> bool {
        self.state.until.is_none_or(|until| until <= self.env.now)
    }

    fn replied(&mut self, ask: &AskByMessage, body: &str, sid: &str) -> Exit {
        for (name, value) in [("body", body), ("from", self.state.contact.clone().as_str()), ("sid", sid)] {
            self.state.message.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        if let Some(variable) = &ask.variable
            && let Err(error) = self.set(variable, Value::String(body.to_owned()), None)
        {
            return error;
        }
        let inbound = json!({ "Body": body, "MessageSid": sid, "From": self.state.contact });
        Exit::by("reply").with("body", body).with("sid", sid).with("inbound", inbound)
    }

    fn answered_http(&mut self, http: &Http, outcome: &HttpOutcome) -> Exit {
        let asked = self.state.inputs.clone();
        let exchange = |status: Option<u16>, response: &str, duration_ms: u32| {
            let response: String = response.chars().take(16 * 1024).collect();
            Some(
                json!({ "method": asked["method"], "url": asked["url"], "request": asked["body"], "status": status,
                         "response": response, "duration_ms": duration_ms }),
            )
        };
        let (status, body, duration_ms) = match outcome {
            HttpOutcome::Timeout => return Exit { exchange: exchange(None, "", 0), ..Exit::by("timeout") },
            HttpOutcome::Failed(error) => {
                return Exit {
                    exchange: exchange(None, "", 0),
                    error: Some(error.clone()),
                    ..Exit::by("failed")
                };
            }
            HttpOutcome::Answer { status, body, duration_ms } => (*status, body, *duration_ms),
        };
        let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let good = (200..300).contains(&status);
        let mut exit = Exit::by(if good { "success" } else { "http_error" })
            .with("status", status)
            .with("status_code", status)
            .with("body", body.as_str())
            .with("json", parsed.clone())
            .with("parsed", parsed.clone());
        exit.exchange = exchange(Some(status), body, duration_ms);
        if !good {
            exit.error = Some(format!("the answer has the status {status}"));
            return exit;
        }
        for take in &http.take {
            let value = if take.path.trim().is_empty() && parsed.is_null() {
                Some(Value::String(body.clone()))
            } else {
                at_path(&parsed, &take.path).cloned()
            };
            let set = match value {
                Some(value) => self.set(&take.variable, value, None),
                None => Err(Exit::error(format!("the answer has nothing at `{}`", take.path))),
            };
            if let Err(error) = set {
                return Exit { exchange: exit.exchange, outputs: exit.outputs, ..error };
            }
        }
        exit
    }

    fn stored(&mut self, store: &Store, value: Option<&String>) -> Exit {
        match (store.operation, value) {
            (StoreOperation::Get, None) => Exit::by("missing"),
            (StoreOperation::Get, Some(value)) => {
                if let Some(variable) = &store.variable
                    && let Err(error) = self.set(variable, Value::String(value.clone()), None)
                {
                    return error;
                }
                Exit::by("done").with("value", value.as_str())
            }
            (StoreOperation::Set | StoreOperation::Delete, _) => Exit::by("done"),
        }
    }
}

/// The first of those found, and all of them.
fn found_exit(entries: &[Entry]) -> Exit {
    let Some(first) = entries.first() else { return Exit::by("missing") };
    Exit::by(if entries.len() == 1 { "found" } else { "several" })
        .with("kind", first.kind.as_str())
        .with("name", first.name.as_str())
        .with("address", first.address.as_str())
        .with("entries", json!(entries))
}

fn sent_exit(sent: &Result<String, String>, port: &str) -> Exit {
    match sent {
        Ok(sid) => Exit::by(port).with("sid", sid.as_str()),
        Err(error) => Exit { error: Some(error.clone()), ..Exit::by("failed") },
    }
}
