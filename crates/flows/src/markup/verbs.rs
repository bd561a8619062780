//! Which verb says what a node does, and which node does what a verb says.

use std::collections::BTreeMap;

use flexio_domain::RecordingPurpose;
use flexio_markup as xml;
use flexio_markup::{DialTo, Dialect, Endpoint, KeySet, QueueSide, Verb};

use crate::nodes::*;

/// Participants of a conference, at most, where a document does not say.
const PARTICIPANTS: u16 = 40;

/// The verbs of a node; `None` where documents have nothing for it. `language` is what is spoken where the node does not say.
pub(super) fn verbs_of(kind: &Kind, dialect: Dialect, language: &str) -> Option<Vec<Verb>> {
    let one = |verb| Some(vec![verb]);
    match kind {
        Kind::Say(say) => Some(said(&say.prompts, language, say.times)),
        Kind::Wait(wait) => one(pause(wait.seconds)),
        Kind::Ask(ask) => one(Verb::Gather(Box::new(asked(ask, language)))),
        Kind::Menu(menu) => one(Verb::Gather(Box::new(offered(menu, language)))),
        Kind::Dial(dial) => one(Verb::Dial(Box::new(dialled(dial)))),
        Kind::Conference(room) => one(Verb::Dial(Box::new(joined(room, dialect)))),
        Kind::Enqueue(enqueue) => {
            let wait = enqueue.wait_url.clone().map(|url| (url, xml::Method::Post).into());
            one(queued(&enqueue.queue, QueueSide::Waiting, wait, dialect, xml::Dial::TIMEOUT_S))
        }
        Kind::TakeFromQueue(take) => {
            let timeout_s = or(take.timeout_s, xml::Dial::TIMEOUT_S);
            one(queued(&take.queue, QueueSide::Serving, None, dialect, timeout_s))
        }
        Kind::Record(record) => {
            let mut verbs = said(&record.prompts, language, 1);
            verbs.push(Verb::Record(Box::new(recorded(record))));
            Some(verbs)
        }
        Kind::Hold(hold) => one(Verb::Hold(xml::Hold { action: None, hold_music: hold.music.clone() })),
        Kind::Resume(_) => one(Verb::Resume(xml::Resume { action: None })),
        Kind::Transfer(transfer) => one(Verb::Refer(xml::Refer { action: None, uri: transfer.uri.clone() })),
        Kind::Stream(stream) => one(Verb::Connect(xml::Connect { action: None, stream: streamed(stream) })),
        Kind::Hangup(_) => one(Verb::Hangup),
        Kind::Reject(reject) => {
            let (busy, rejected) = (xml::RejectReason::Busy, xml::RejectReason::Rejected);
            one(Verb::Reject(if reject.busy { busy } else { rejected }))
        }
        Kind::Redirect(redirect) => {
            let method = if redirect.get { xml::Method::Get } else { xml::Method::Post };
            one(Verb::Redirect(xml::Redirect { url: Some(redirect.url.clone()), method }))
        }
        Kind::SendMessage(send) => one(Verb::Message(Box::new(sent(send, language)))),
        Kind::Email(email) => one(Verb::Email(Box::new(mailed(email, language)))),
        _ => None,
    }
}

fn pause(seconds: u32) -> Verb {
    Verb::Pause(xml::Pause { length_s: seconds.clamp(1, xml::Dial::TIME_LIMIT_S) })
}

/// One prompt as often as it is said; several once.
fn said(prompts: &[Prompt], language: &str, times: u32) -> Vec<Verb> {
    let times = u16::try_from(times.clamp(1, 1_000)).unwrap_or(1_000);
    let mut verbs = heard(prompts, language);
    if let [
        xml::Prompt::Say(xml::Say { times: how_often, .. })
        | xml::Prompt::Play(xml::Play { times: how_often, .. }),
    ] = verbs.as_mut_slice()
    {
        *how_often = times;
    }
    let verb = |prompt| match prompt {
        xml::Prompt::Say(say) => Verb::Say(say),
        xml::Prompt::Play(play) => Verb::Play(play),
        xml::Prompt::Pause(pause) => Verb::Pause(pause),
    };
    verbs.into_iter().map(verb).collect()
}

/// Prompts as documents have them; empty texts say nothing.
fn heard(prompts: &[Prompt], language: &str) -> Vec<xml::Prompt> {
    let one = |prompt: &Prompt| match prompt {
        Prompt::Say { text, voice, language: own } => {
            let text = text.in_language(own.as_deref().unwrap_or(language), language).trim().to_owned();
            let voice = match voice.as_deref() {
                None | Some("man") => xml::Voice::Man,
                Some("woman") => xml::Voice::Woman,
                Some(name) => xml::Voice::Named(name.to_owned()),
            };
            let language = own.clone().or_else(|| Some(language.to_owned()).filter(|code| !code.is_empty()));
            (!text.is_empty()).then_some(xml::Prompt::Say(xml::Say {
                text,
                ssml: None,
                voice,
                language,
                times: 1,
            }))
        }
        Prompt::Play { url } => {
            let url = url.in_language(language, language).to_owned();
            Some(xml::Prompt::Play(xml::Play { url: Some(url), digits: None, times: 1 }))
        }
        Prompt::Pause { seconds } => {
            Some(xml::Prompt::Pause(xml::Pause { length_s: (*seconds).clamp(1, xml::Dial::TIME_LIMIT_S) }))
        }
    };
    prompts.iter().filter_map(one).collect()
}

fn gather(prompts: Vec<xml::Prompt>, input: Input, timeout_s: u32) -> xml::Gather {
    xml::Gather {
        action: None,
        method: xml::Method::Post,
        input: xml::GatherInput { dtmf: input != Input::Speech, speech: input != Input::Keys },
        timeout_s: or(timeout_s, 5),
        pre_timeout_s: None,
        post_timeout: None,
        max_speech_s: None,
        min_speech_s: None,
        finish_on_key: KeySet::POUND,
        start_input_key: KeySet::STAR_AND_DIGITS,
        num_digits: None,
        action_on_empty_result: false,
        hangup_on_empty_result: false,
        partial_result_callback: None,
        language: None,
        hints: Vec::new(),
        barge_in: true,
        profanity_filter: true,
        speech_model: None,
        enhanced: false,
        prompts,
    }
}

/// The language of a recogniser is only said where there is one.
fn listens_in(own: Option<&String>, language: &str, input: Input) -> Option<String> {
    let flows = Some(language.to_owned()).filter(|code| !code.is_empty() && input != Input::Keys);
    own.cloned().or(flows)
}

fn asked(ask: &Ask, language: &str) -> xml::Gather {
    xml::Gather {
        finish_on_key: keys(ask.finish_on_key.as_deref(), KeySet::POUND),
        num_digits: ask.num_digits,
        hints: ask.hints.clone(),
        language: listens_in(ask.language.as_ref(), language, ask.input),
        ..gather(heard(&ask.prompts, language), ask.input, ask.timeout_s)
    }
}

fn offered(menu: &Menu, language: &str) -> xml::Gather {
    let keyed = menu.choices.iter().map(|choice| choice.digits.as_str()).filter(|keys| !keys.is_empty());
    let longest = keyed.clone().map(|keys| keys.chars().count()).max();
    let has_pound = keyed.clone().any(|keys| keys.contains('#'));
    let begins_with_pound = keyed.clone().any(|keys| keys.starts_with('#'));
    xml::Gather {
        finish_on_key: if has_pound { KeySet::NONE } else { KeySet::POUND },
        start_input_key: if begins_with_pound { KeySet::ANY } else { KeySet::STAR_AND_DIGITS },
        num_digits: longest.and_then(|digits| u16::try_from(digits).ok()),
        hints: menu.choices.iter().flat_map(|choice| choice.phrases.clone()).collect(),
        language: listens_in(menu.language.as_ref(), language, menu.input),
        ..gather(heard(&menu.prompts, language), menu.input, menu.timeout_s)
    }
}

/// Keys that end an input: `default` where nothing is said, none where it is said that there are none.
fn keys(written: Option<&str>, default: KeySet) -> KeySet {
    written.map_or(default, |keys| KeySet::parse(keys).unwrap_or(default))
}

fn purpose(purpose: Option<RecordingPurpose>) -> Option<xml::RecordingPurpose> {
    purpose.map(|purpose| match purpose {
        RecordingPurpose::Agreed => xml::RecordingPurpose::Agreed,
        RecordingPurpose::Transaction => xml::RecordingPurpose::Transaction,
        RecordingPurpose::Quality => xml::RecordingPurpose::Quality,
    })
}

fn dialled(dial: &Dial) -> xml::Dial {
    let party = |party: &Party| {
        let address = party.address.trim().to_owned();
        let endpoint = match party.kind {
            PartyKind::Number => Endpoint::Number(address),
            PartyKind::Client => Endpoint::Client { name: address, parameters: Vec::new() },
            PartyKind::Sip => Endpoint::Sip { uri: address, username: None, password: None },
        };
        xml::Party { send_digits: party.send_digits.clone(), ..xml::Party::plain(endpoint, 0) }
    };
    xml::Dial {
        timeout_s: or(dial.timeout_s, xml::Dial::TIMEOUT_S),
        time_limit_s: or(dial.time_limit_s, xml::Dial::TIME_LIMIT_S),
        caller_id: dial.caller_id.clone(),
        record: if dial.record { xml::RecordMode::FromAnswer } else { xml::RecordMode::Off },
        recording_purpose: purpose(dial.purpose.filter(|_| dial.record)),
        sequential: dial.sequential,
        ..xml::Dial::new(DialTo::Parties(dial.to.iter().map(party).collect()))
    }
}

fn joined(room: &Conference, dialect: Dialect) -> xml::Dial {
    let most = u16::try_from(room.max_participants).ok().filter(|most| *most > 0);
    xml::Dial::new(DialTo::Conference(Box::new(xml::Conference {
        name: room.room.clone(),
        muted: room.muted,
        beep: if room.silent { xml::Beep::Off } else { xml::Beep::Both },
        beep_url: None,
        start_on_enter: !room.wait_for_start,
        end_on_exit: room.end_on_exit,
        wait: None,
        max_participants: most.unwrap_or(PARTICIPANTS),
        record: room.record,
        recording_purpose: purpose(room.purpose.filter(|_| room.record)),
        // What each dialect does where nothing is written.
        trim: dialect == Dialect::Twiml,
        coach: None,
        participant_label: None,
        jitter_buffer: xml::JitterBufferSize::Medium,
        status_callback: None,
        status_events: Vec::new(),
        recording_callback: None,
    })))
}

/// TwiML waits by `<Enqueue>` and serves by `<Dial><Queue>`, RCML the other way round.
fn queued(name: &str, side: QueueSide, wait: Option<xml::Target>, dialect: Dialect, timeout_s: u32) -> Verb {
    let name = name.to_owned();
    if (side == QueueSide::Waiting) == (dialect == Dialect::Twiml) {
        return Verb::Enqueue(Box::new(xml::Enqueue {
            name,
            side,
            priority: 0,
            action: None,
            wait,
            join: None,
            rejoin: false,
            workflow_sid: None,
        }));
    }
    let queue =
        xml::QueueNoun { name, side, priority: 0, wait, join: None, url: None, reservation_sid: None };
    Verb::Dial(Box::new(xml::Dial { timeout_s, ..xml::Dial::new(DialTo::Queue(Box::new(queue))) }))
}

fn recorded(record: &Record) -> xml::Record {
    xml::Record {
        action: None,
        method: xml::Method::Post,
        timeout_s: or(record.timeout_s, 5),
        finish_on_key: keys(record.finish_on_key.as_deref(), KeySet::ANY),
        max_length_s: or(record.max_length_s, 3_600),
        play_beep: !record.no_beep,
        transcribe: record.transcribe,
        transcribe_callback: None,
        trim: record.trim,
        track: xml::Track::Both,
        purpose: purpose(record.purpose),
        recording_callback: None,
    }
}

fn streamed(stream: &Stream) -> xml::Stream {
    xml::Stream {
        url: stream.url.clone(),
        name: None,
        track: xml::Track::Inbound,
        status_callback: None,
        parameters: stream.parameters.clone().into_iter().collect(),
    }
}

fn sent(send: &SendMessage, language: &str) -> xml::Message {
    xml::Message {
        to: send.to.clone(),
        from: send.from.clone(),
        body: send.body.in_language(language, language).trim().to_owned(),
        media: Vec::new(),
        action: None,
        status_callback: None,
    }
}

fn mailed(email: &Email, language: &str) -> xml::Email {
    let list = |text: &Option<String>| -> Vec<String> {
        let parts = text.as_deref().unwrap_or("").split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    xml::Email {
        from: email.from.clone().unwrap_or_default(),
        to: email.to.clone(),
        cc: list(&email.cc),
        bcc: list(&email.bcc),
        subject: Some(email.subject.in_language(language, language).to_owned())
            .filter(|text| !text.is_empty()),
        body: email.body.in_language(language, language).trim().to_owned(),
        content_type: email.html.then(|| "text/html".to_owned()),
        attach_recording: email.recording.clone(),
        action: None,
        status_callback: None,
    }
}

/// A prompt as nodes have it; `None` for keys that are played.
pub(super) fn prompt_of(prompt: &xml::Prompt) -> Option<Prompt> {
    match prompt {
        xml::Prompt::Say(say) => Some(Prompt::Say {
            text: Text::One(say.text.clone()),
            voice: match &say.voice {
                xml::Voice::Man => None,
                xml::Voice::Woman => Some("woman".to_owned()),
                xml::Voice::Named(name) => Some(name.clone()),
            },
            language: say.language.clone(),
        }),
        xml::Prompt::Play(play) => play.url.clone().map(|url| Prompt::Play { url: Text::One(url) }),
        xml::Prompt::Pause(pause) => Some(Prompt::Pause { seconds: pause.length_s }),
    }
}

/// The node of a verb that is not heard; `None` where there is none.
pub(super) fn kind_of(verb: &Verb) -> Option<Kind> {
    Some(match verb {
        Verb::Gather(gather) => Kind::Ask(ask_of(gather)),
        Verb::Record(record) => Kind::Record(record_of(record)),
        Verb::Dial(dial) => match &dial.to {
            DialTo::Parties(parties) => Kind::Dial(dial_of(dial, parties)),
            DialTo::Conference(room) => Kind::Conference(conference_of(room)),
            DialTo::Queue(queue) => queue_of(
                &queue.name,
                queue.side,
                queue.wait.as_ref(),
                unless(dial.timeout_s, xml::Dial::TIMEOUT_S),
            ),
        },
        Verb::Enqueue(enqueue) => queue_of(&enqueue.name, enqueue.side, enqueue.wait.as_ref(), 0),
        Verb::Hold(hold) => Kind::Hold(Hold { music: hold.hold_music.clone() }),
        Verb::Resume(_) => Kind::Resume(Nothing {}),
        Verb::Refer(refer) => Kind::Transfer(Transfer { uri: refer.uri.clone() }),
        Verb::Connect(connect) => {
            let parameters: BTreeMap<String, String> = connect.stream.parameters.iter().cloned().collect();
            Kind::Stream(Stream { url: connect.stream.url.clone(), parameters })
        }
        Verb::Hangup => Kind::Hangup(Nothing {}),
        Verb::Reject(reason) => Kind::Reject(Reject { busy: *reason == xml::RejectReason::Busy }),
        Verb::Redirect(redirect) => {
            Kind::Redirect(Redirect { url: redirect.url.clone()?, get: redirect.method == xml::Method::Get })
        }
        Verb::Message(message) => Kind::SendMessage(SendMessage {
            to: message.to.clone(),
            from: message.from.clone(),
            body: Text::One(message.body.clone()),
        }),
        Verb::Email(email) => Kind::Email(email_of(email)),
        Verb::Say(_) | Verb::Play(_) | Verb::Pause(_) | Verb::Leave | Verb::Start(_) | Verb::Stop(_) => {
            return None;
        }
    })
}

/// A value that is not the default; nodes write 0 for that.
fn unless(value: u32, default: u32) -> u32 {
    if value == default { 0 } else { value }
}

/// Keys as nodes write them: absent where they are the default.
fn keys_of(keys: KeySet, default: KeySet) -> Option<String> {
    (keys != default).then(|| keys.to_string())
}

fn ask_of(gather: &xml::Gather) -> Ask {
    let input = match (gather.input.dtmf, gather.input.speech) {
        (true, true) => Input::Both,
        (false, true) => Input::Speech,
        (_, false) => Input::Keys,
    };
    Ask {
        prompts: gather.prompts.iter().filter_map(prompt_of).collect(),
        input,
        timeout_s: unless(gather.timeout_s, 5),
        finish_on_key: keys_of(gather.finish_on_key, KeySet::POUND),
        num_digits: gather.num_digits,
        hints: gather.hints.clone(),
        language: gather.language.clone(),
        ..Ask::default()
    }
}

fn purpose_of(purpose: Option<xml::RecordingPurpose>) -> Option<RecordingPurpose> {
    purpose.map(|purpose| match purpose {
        xml::RecordingPurpose::Agreed => RecordingPurpose::Agreed,
        xml::RecordingPurpose::Transaction => RecordingPurpose::Transaction,
        xml::RecordingPurpose::Quality => RecordingPurpose::Quality,
    })
}

fn record_of(record: &xml::Record) -> Record {
    Record {
        prompts: Vec::new(),
        timeout_s: unless(record.timeout_s, 5),
        max_length_s: unless(record.max_length_s, 3_600),
        finish_on_key: keys_of(record.finish_on_key, KeySet::ANY),
        no_beep: !record.play_beep,
        trim: record.trim,
        transcribe: record.transcribe,
        purpose: purpose_of(record.purpose),
    }
}

fn dial_of(dial: &xml::Dial, parties: &[xml::Party]) -> Dial {
    let party = |party: &xml::Party| {
        let (kind, address) = match &party.endpoint {
            Endpoint::Number(number) => (PartyKind::Number, number),
            Endpoint::Client { name, .. } => (PartyKind::Client, name),
            Endpoint::Sip { uri, .. } => (PartyKind::Sip, uri),
        };
        Party { kind, address: address.clone(), send_digits: party.send_digits.clone() }
    };
    Dial {
        to: parties.iter().map(party).collect(),
        timeout_s: unless(dial.timeout_s, xml::Dial::TIMEOUT_S),
        time_limit_s: unless(dial.time_limit_s, xml::Dial::TIME_LIMIT_S),
        caller_id: dial.caller_id.clone(),
        record: dial.record != xml::RecordMode::Off,
        purpose: purpose_of(dial.recording_purpose),
        sequential: dial.sequential,
    }
}

fn conference_of(room: &xml::Conference) -> Conference {
    Conference {
        room: room.name.clone(),
        muted: room.muted,
        silent: room.beep == xml::Beep::Off,
        wait_for_start: !room.start_on_enter,
        end_on_exit: room.end_on_exit,
        max_participants: unless(room.max_participants.into(), PARTICIPANTS.into()),
        record: room.record,
        purpose: purpose_of(room.recording_purpose),
    }
}

fn queue_of(name: &str, side: QueueSide, wait: Option<&xml::Target>, timeout_s: u32) -> Kind {
    let queue = name.to_owned();
    match side {
        QueueSide::Waiting => {
            Kind::Enqueue(Enqueue { queue, wait_url: wait.map(|target| target.url.clone()) })
        }
        QueueSide::Serving => Kind::TakeFromQueue(TakeFromQueue { queue, timeout_s }),
    }
}

fn email_of(email: &xml::Email) -> Email {
    let joined = |list: &[String]| Some(list.join(", ")).filter(|text| !text.is_empty());
    Email {
        to: email.to.clone(),
        cc: joined(&email.cc),
        bcc: joined(&email.bcc),
        from: Some(email.from.clone()).filter(|from| !from.is_empty()),
        subject: Text::One(email.subject.clone().unwrap_or_default()),
        body: Text::One(email.body.clone()),
        html: email.content_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html")),
        recording: email.attach_recording.clone(),
    }
}
