//! The tree of elements into verbs.

use crate::attributes::{Attributes, Context};
use crate::document::{Dialect, Document, Kind, Limits};
use crate::element::{Element, Node, ParseError};
use crate::keys::KeySet;
use crate::read_dial;
use crate::speech;
use crate::verbs::*;
use crate::warning::{Code, Warning};

pub(crate) fn document(
    root: &Element,
    warnings: Vec<Warning>,
    kind: Kind,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Document, ParseError> {
    if root.name != "Response" {
        return Err(ParseError::at(
            root.at,
            format!("the root element is `<{}>`, not `<Response>`", root.name),
        ));
    }
    let dialect = if dialect == Dialect::Auto { detect(root) } else { dialect };
    let mut context = Context { dialect, warnings, verbs: 0, words: None };
    Attributes::new(root, &mut context).finish();
    if !root.text().is_empty() {
        context.warn(root, Code::Schema, "text between verbs is ignored");
    }
    let mut steps = Vec::new();
    for element in root.elements() {
        if !allowed(kind, element, &mut context) {
            continue;
        }
        if let Some(verb) = verb(element, &mut context, limits)? {
            context.verbs += 1;
            steps.push(Step { line: element.at.0, verb });
        }
        if context.verbs > limits.verbs {
            return Err(ParseError::at(element.at, format!("more than {} verbs", limits.verbs)));
        }
    }
    Ok(Document { dialect, kind, steps, warnings: context.warnings })
}

/// The dialects give `<Enqueue>` and `<Queue>` opposite roles; attributes only one of them has decide.
fn detect(root: &Element) -> Dialect {
    let rcml = |e: &Element| match e.name.as_str() {
        "Enqueue" => e.attribute("rejoin").is_some() || e.attribute("joinUrl").is_some(),
        "Queue" => e.attribute("waitUrl").is_some() || e.attribute("joinUrl").is_some(),
        _ => false,
    };
    let found = root.elements().any(|verb| rcml(verb) || verb.elements().any(rcml));
    if found { Dialect::Rcml } else { Dialect::Twiml }
}

const MESSAGING: [&str; 4] = ["Sms", "Message", "Email", "Redirect"];
const NOT_SCREENING: [&str; 3] = ["Dial", "Enqueue", "Refer"];
const CONFERENCE_WAIT: [&str; 4] = ["Say", "Play", "Pause", "Redirect"];
const QUEUE_WAIT: [&str; 7] = ["Say", "Play", "Pause", "Redirect", "Gather", "Leave", "Hangup"];

fn allowed(kind: Kind, element: &Element, context: &mut Context) -> bool {
    let name = element.name.as_str();
    let (fits, code) = match kind {
        Kind::Voice => (true, Code::Schema),
        Kind::Messaging => (MESSAGING.contains(&name), Code::MessagingVerb),
        Kind::Screening => (!NOT_SCREENING.contains(&name), Code::Schema),
        Kind::ConferenceWait => (CONFERENCE_WAIT.contains(&name), Code::ConferenceWait),
        Kind::QueueWait => (QUEUE_WAIT.contains(&name), Code::Schema),
    };
    if !fits {
        context.warn(element, code, format!("`<{name}>` is not valid in this document and was skipped"));
    }
    fits
}

pub(crate) fn verb(
    element: &Element,
    context: &mut Context,
    limits: &Limits,
) -> Result<Option<Verb>, ParseError> {
    let attributes = Attributes::new(element, context);
    Ok(match element.name.as_str() {
        "Say" => say(attributes, limits, (Code::SayVoice, Code::SayLoop))?.map(Verb::Say),
        "Play" => play(attributes, (Code::PlayContent, Code::PlayLoop)).map(Verb::Play),
        "Pause" => Some(Verb::Pause(pause(attributes))),
        "Gather" => Some(Verb::Gather(Box::new(gather(attributes, limits)?))),
        "Record" => Some(Verb::Record(Box::new(record(attributes)))),
        "Dial" => read_dial::dial(attributes).map(|dial| Verb::Dial(Box::new(dial))),
        "Enqueue" => Some(Verb::Enqueue(Box::new(read_dial::enqueue(attributes)))),
        "Leave" => {
            attributes.finish();
            Some(Verb::Leave)
        }
        "Hold" => Some(Verb::Hold(hold(attributes))),
        "Resume" => Some(Verb::Resume(resume(attributes))),
        "Refer" => read_dial::refer(attributes).map(Verb::Refer),
        "Sms" | "Message" => message(attributes).map(|message| Verb::Message(Box::new(message))),
        "Email" => email(attributes).map(|email| Verb::Email(Box::new(email))),
        "Redirect" => Some(Verb::Redirect(redirect(attributes))),
        "Reject" => Some(Verb::Reject(reject(attributes))),
        "Hangup" => {
            let mut attributes = attributes;
            attributes.ignore(&["reason"]);
            attributes.finish();
            Some(Verb::Hangup)
        }
        "Connect" => read_dial::connect(attributes).map(Verb::Connect),
        "Start" => read_dial::start(attributes).map(Verb::Start),
        "Stop" => read_dial::stop(attributes).map(Verb::Stop),
        unknown => {
            context.warn(
                element,
                Code::Schema,
                format!("verb `<{unknown}>` is not supported and was skipped"),
            );
            None
        }
    })
}

fn say(mut a: Attributes<'_>, limits: &Limits, codes: (Code, Code)) -> Result<Option<Say>, ParseError> {
    let (voice_code, loop_code) = codes;
    let voice = match a.raw("voice") {
        None | Some("man") => Voice::Man,
        Some("woman" | "alice") => Voice::Woman,
        Some(name) if named_voice(name) => Voice::Named(name.to_owned()),
        Some(_) => {
            a.warn(voice_code, "the voice of `<Say>` is not usable; `man` is used");
            Voice::Man
        }
    };
    let language = a.text("language").filter(|code| {
        let known = crate::language::resolve(code).is_some();
        if !known {
            a.warn(Code::Schema, "the language of `<Say>` is not usable; the default is used");
        }
        known
    });
    let times = a.times(loop_code);
    let (text, ssml) = speech::read(a.element, a.context);
    if text.chars().count().max(ssml.as_ref().map_or(0, |s| s.chars().count() / 4)) > limits.speech_chars {
        let text = format!("more than {} characters of speech in one verb", limits.speech_chars);
        return Err(ParseError::at(a.element.at, text));
    }
    a.finish();
    Ok((!text.is_empty()).then_some(Say { text, ssml, voice, language, times }))
}

fn named_voice(name: &str) -> bool {
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    (1..=100).contains(&name.len()) && name.chars().all(sound)
}

fn play(mut a: Attributes<'_>, codes: (Code, Code)) -> Option<Play> {
    let (content_code, loop_code) = codes;
    let times = a.times(loop_code);
    let digits = digits(&mut a, "digits", content_code);
    let url = Some(a.element.line()).filter(|url| !url.is_empty());
    if url.is_none() && digits.is_none() {
        a.warn(content_code, "`<Play>` has nothing to play and was skipped");
    }
    a.finish();
    (url.is_some() || digits.is_some()).then_some(Play { url, digits, times })
}

/// DTMF to send: at most 128 keys and pauses.
pub(crate) fn digits(a: &mut Attributes<'_>, name: &'static str, code: Code) -> Option<String> {
    let digits = a.text(name)?;
    let known = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D' | 'a'..='d' | 'w' | 'W');
    if digits.len() <= 128 && digits.chars().all(known) {
        return Some(digits);
    }
    a.warn(code, format!("`{name}` of `<{}>` holds other than DTMF keys and `w`; ignored", a.element.name));
    None
}

fn pause(mut a: Attributes<'_>) -> Pause {
    let length_s = a.number("length", 1..=14_400, Code::PauseLength).unwrap_or(1);
    a.finish();
    Pause { length_s }
}

fn gather(mut a: Attributes<'_>, limits: &Limits) -> Result<Gather, ParseError> {
    let input = gather_input(&mut a);
    // TwiML lets `timeout` be `auto` for speech; keys then wait the default.
    let auto = a.raw("timeout") == Some("auto");
    let timeout = if auto { None } else { a.number("timeout", 1..=3600, Code::GatherTimeout) };
    let gather = Gather {
        action: a.url("action"),
        method: a.method("method", Code::MessageMethod),
        input,
        timeout_s: timeout.unwrap_or(5),
        pre_timeout_s: a.number("preTimeout", 1..=3600, Code::GatherTimeout),
        post_timeout: post_timeout(&mut a),
        max_speech_s: a.number("maxSpeechTime", 1..=60, Code::GatherTimeout),
        min_speech_s: a.number("minSpeechLength", 1..=60, Code::GatherTimeout),
        finish_on_key: a.keys("finishOnKey", Code::GatherFinishOnKey).unwrap_or(KeySet::POUND),
        start_input_key: a
            .keys("startInputKey", Code::GatherStartInputKey)
            .unwrap_or(KeySet::STAR_AND_DIGITS),
        num_digits: a.number("numDigits", 1..=128, Code::GatherNumDigits).and_then(|n| u16::try_from(n).ok()),
        action_on_empty_result: a.flag("actionOnEmptyResult", false, Code::Schema),
        hangup_on_empty_result: a.flag("hangupOnEmptyResult", false, Code::Schema),
        partial_result_callback: a.target(
            "partialResultCallback",
            "partialResultCallbackMethod",
            Code::MessageMethod,
        ),
        language: a.text("language"),
        hints: hints(&mut a),
        barge_in: a.flag("bargeIn", true, Code::Schema),
        profanity_filter: a.flag("profanityFilter", true, Code::Schema),
        speech_model: a.text("speechModel"),
        enhanced: a.flag("enhanced", false, Code::Schema),
        prompts: prompts(&mut a, limits)?,
    };
    a.ignore(&["debug"]);
    a.finish();
    Ok(gather)
}

fn gather_input(a: &mut Attributes<'_>) -> GatherInput {
    let written = a.text("input").unwrap_or_else(|| "dtmf".to_owned());
    let mut input = GatherInput { dtmf: false, speech: false };
    for word in written.split([' ', ',', '_']).filter(|w| !w.is_empty()) {
        match word {
            "dtmf" => input.dtmf = true,
            "speech" => input.speech = true,
            _ => a.warn(Code::Schema, "`input` of `<Gather>` is other than dtmf and speech; ignored"),
        }
    }
    // Keys are not detected: where speech is asked for too, only that counts.
    if !a.flag("dtmfDetection", true, Code::Schema) {
        if input.speech {
            input.dtmf = false;
        } else {
            a.warn(
                Code::Schema,
                "`dtmfDetection` of a `<Gather>` that takes only keys cannot be false; ignored",
            );
        }
    }
    if !input.dtmf && !input.speech {
        input.dtmf = true;
    }
    input
}

fn post_timeout(a: &mut Attributes<'_>) -> Option<SpeechTimeout> {
    let mut read = |name| match a.raw(name) {
        Some("auto") => Some(SpeechTimeout::Auto),
        _ => a.number(name, 1..=3600, Code::GatherTimeout).map(SpeechTimeout::Seconds),
    };
    let (post, speech) = (read("postTimeout"), read("speechTimeout"));
    post.or(speech)
}

fn hints(a: &mut Attributes<'_>) -> Vec<String> {
    let written = a.text("hints").unwrap_or_default();
    let words = written.split(',').map(str::trim).filter(|w| !w.is_empty());
    words.take(500).map(|w| w.chars().take(100).collect::<String>().trim().to_owned()).collect()
}

fn prompts(a: &mut Attributes<'_>, limits: &Limits) -> Result<Vec<Prompt>, ParseError> {
    let mut prompts = Vec::new();
    for child in a.element.elements() {
        let attributes = Attributes::new(child, a.context);
        let prompt = match child.name.as_str() {
            "Say" => say(attributes, limits, (Code::GatherSayVoice, Code::GatherLoop))?.map(Prompt::Say),
            "Play" => play(attributes, (Code::GatherPlayUrl, Code::GatherLoop)).map(Prompt::Play),
            "Pause" => Some(Prompt::Pause(pause(attributes))),
            other => {
                a.context.warn(
                    child,
                    Code::Schema,
                    format!("`<{other}>` is not valid in `<Gather>`; skipped"),
                );
                None
            }
        };
        a.context.verbs += usize::from(prompt.is_some());
        prompts.extend(prompt);
    }
    Ok(prompts)
}

fn record(mut a: Attributes<'_>) -> Record {
    let finish_on_key = match a.raw("finishOnKey") {
        None => KeySet::ANY,
        Some("-1") => KeySet::NONE,
        Some("") => KeySet::POUND,
        Some(_) => a.keys("finishOnKey", Code::RecordFinishOnKey).unwrap_or(KeySet::POUND),
    };
    let transcribe_callback = a.url("transcribeCallback");
    if matches!(a.raw("media"), Some("video_only" | "audio_video")) {
        a.warn(Code::RecordNumber, "video is not recorded, only audio");
    }
    // Twilio trims unless told otherwise; Restcomm never did.
    let trim_default = a.context.dialect == Dialect::Twiml;
    let record = Record {
        action: a.url("action"),
        method: a.method("method", Code::RecordMethod),
        timeout_s: a.number("timeout", 1..=14_400, Code::RecordNumber).unwrap_or(5),
        finish_on_key,
        max_length_s: a.number("maxLength", 2..=14_400, Code::RecordNumber).unwrap_or(3600),
        play_beep: a.flag("playBeep", true, Code::RecordNumber),
        transcribe: a.flag("transcribe", transcribe_callback.is_some(), Code::RecordNumber),
        transcribe_callback,
        trim: a.trim(trim_default),
        track: a.track(),
        purpose: a.purpose(),
        recording_callback: a.recording_callback(),
    };
    a.finish();
    record
}

fn hold(mut a: Attributes<'_>) -> Hold {
    let hold = Hold { action: a.target("action", "method", Code::Schema), hold_music: a.url("holdMusic") };
    a.finish();
    hold
}

fn resume(mut a: Attributes<'_>) -> Resume {
    let resume = Resume { action: a.target("action", "method", Code::Schema) };
    a.finish();
    resume
}

fn message(mut a: Attributes<'_>) -> Option<Message> {
    let mut body = a.element.text();
    let mut media = Vec::new();
    for child in a.element.elements() {
        match child.name.as_str() {
            "Body" if !child.text().is_empty() => body = child.text(),
            "Body" => {}
            "Media" if media.len() < 10 && !child.line().is_empty() => media.push(child.line()),
            "Media" => a.context.warn(child, Code::Schema, "this `<Media>` is empty or beyond ten; skipped"),
            other => {
                a.context.warn(
                    child,
                    Code::Schema,
                    format!("`<{other}>` is not valid in a message; skipped"),
                );
            }
        }
    }
    let message = Message {
        to: party(&mut a, "to", Code::MessageTo),
        from: party(&mut a, "from", Code::MessageFrom),
        action: a.target("action", "method", Code::MessageMethod),
        status_callback: a.target("statusCallback", "statusCallbackMethod", Code::MessageMethod),
        body,
        media,
    };
    let empty = message.body.is_empty() && message.media.is_empty();
    if empty {
        a.warn(Code::MessageBody, "the message is empty and was skipped");
    }
    a.finish();
    (!empty).then_some(message)
}

/// A number, short code, alphanumeric sender, or `client:name`: at most 100 characters.
fn party(a: &mut Attributes<'_>, name: &'static str, code: Code) -> Option<String> {
    let written = a.text(name)?;
    if written.chars().count() <= 100 {
        return Some(written);
    }
    a.warn(code, format!("`{name}` is too long; the default is used"));
    None
}

fn email(mut a: Attributes<'_>) -> Option<Email> {
    let addresses = |list: Option<String>| -> Vec<String> {
        let list = list.unwrap_or_default();
        list.split(',').map(str::trim).filter(|x| !x.is_empty()).take(50).map(str::to_owned).collect()
    };
    let (from, to) = (a.text("from"), a.text("to"));
    let email = Email {
        cc: addresses(a.text("cc")),
        bcc: addresses(a.text("bcc")),
        subject: a.text("subject"),
        body: a.element.text(),
        content_type: a.text("contentType"),
        attach_recording: a.text("attachRecording"),
        action: a.target("action", "method", Code::Schema),
        status_callback: a.target("statusCallback", "statusCallbackMethod", Code::Schema),
        from: from.clone().unwrap_or_default(),
        to: to.clone().unwrap_or_default(),
    };
    if from.is_none() || to.is_none() {
        a.warn(Code::Schema, "`<Email>` needs `from` and `to`; it was skipped");
    }
    a.finish();
    (from.is_some() && to.is_some()).then_some(email)
}

fn redirect(mut a: Attributes<'_>) -> Redirect {
    let method = a.method("method", Code::RedirectMethod);
    let url = Some(a.element.line()).filter(|url| !url.is_empty());
    a.finish();
    Redirect { url, method }
}

fn reject(mut a: Attributes<'_>) -> RejectReason {
    let words = [("rejected", RejectReason::Rejected), ("busy", RejectReason::Busy)];
    let reason = a.word("reason", &words, RejectReason::Rejected, Code::Schema);
    a.finish();
    reason
}

/// `<Parameter name value/>` children, at most 50.
pub(crate) fn parameters(element: &Element) -> Vec<(String, String)> {
    let parameters = element.children.iter().filter_map(|node| match node {
        Node::Element(e) if e.name == "Parameter" => Some((
            e.attribute("name")?.trim().to_owned(),
            e.attribute("value").unwrap_or("").trim().to_owned(),
        )),
        Node::Element(_) | Node::Text(_) => None,
    });
    parameters.filter(|(name, _)| !name.is_empty()).take(50).collect()
}
