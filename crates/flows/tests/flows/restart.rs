//! An execution that was written out and read back between two events goes on as if nothing had been.

use std::collections::BTreeMap;

use flexio_flows::{
    Advance, Channel, Effect, Env, Event, HttpOutcome, Library, Start, State, StepLog, handle, parse,
    templates,
};

use super::reference;

/// Drives a flow with these answers; after each event the state goes through its written form if asked.
fn drive(
    flow: &flexio_flows::Flow,
    channel: Channel,
    digits: &[&str],
    restarts: bool,
) -> (State, Vec<StepLog>, Vec<Advance>) {
    let library = Library::of(reference(), flow.clone());
    let secrets = BTreeMap::new();
    let mut now: flexio_domain::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let start = Start {
        from: "+32470123456".to_owned(),
        to: "+3225550101".to_owned(),
        call_sid: Some("CA1".to_owned()),
        ..Start::default()
    };
    let mut state = State::new(reference(), channel, start, 42, now);
    let (mut log, mut said, mut digits) = (Vec::new(), Vec::new(), digits.iter());
    let mut event = Event::Start;
    for _ in 0..200 {
        now = now.checked_add(jiff::SignedDuration::from_secs(5)).unwrap();
        let env = Env { now, secrets: &secrets, url: "flow:FN1", stops: None };
        let advance = handle(&mut state, &library, env, &event, &mut log);
        said.push(advance.clone());
        if restarts {
            state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        }
        event = match advance {
            Advance::Ended(_) => break,
            Advance::Call(document) => {
                let mut params = BTreeMap::from([("CallStatus".to_owned(), "in-progress".to_owned())]);
                if document.contains("<Gather") {
                    params.extend(digits.next().map(|digits| ("Digits".to_owned(), (*digits).to_owned())));
                }
                params.insert("DialCallStatus".to_owned(), "busy".to_owned());
                Event::Call { turn: state.turn, params }
            }
            Advance::Effect(Effect::Send { .. }) => Event::Sent(Ok("SM1".to_owned())),
            Advance::Effect(Effect::Email(_)) => Event::Sent(Ok("EM1".to_owned())),
            Advance::Effect(Effect::Find(_)) => Event::Found(Vec::new()),
            Advance::Effect(Effect::CallOut { .. }) => Event::Placed(Ok("CA2".to_owned())),
            Advance::Effect(Effect::Http(_)) => Event::Http(HttpOutcome::Timeout),
            Advance::Effect(Effect::Read(_) | Effect::Write(..) | Effect::Forget(_)) => Event::Stored(None),
            Advance::Effect(Effect::Alert { .. }) => Event::Done,
            Advance::Wait if state.until.is_some() => {
                now = state.until.unwrap();
                Event::Time
            }
            Advance::Wait => Event::CallEnded("no-answer".to_owned()),
        };
    }
    (state, log, said)
}

#[test]
fn resuming_after_a_restart_equals_no_restart() {
    for template in templates() {
        for channel in template.channels {
            for digits in [&["1", "2"][..], &["2", "1"], &["9", "9", "9"], &[]] {
                let straight = drive(&template.flow, channel, digits, false);
                let restarted = drive(&template.flow, channel, digits, true);
                assert_eq!(straight, restarted, "{} {channel:?} {digits:?}", template.id);
                assert!(straight.0.is_over(), "{} does not end", template.id);
            }
        }
    }
}

#[test]
fn an_answer_to_something_older_is_told_the_present_document_again() {
    let flow = parse(&flexio_flows::to_yaml(&templates()[1].flow)).unwrap();
    let library = Library::of(reference(), flow);
    let secrets = BTreeMap::new();
    let now: flexio_domain::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let env = Env { now, secrets: &secrets, url: "flow:FN1", stops: None };
    let start =
        Start { from: "+32470123456".to_owned(), call_sid: Some("CA1".to_owned()), ..Start::default() };
    let mut state = State::new(reference(), Channel::Call, start, 1, now);
    let mut log = Vec::new();
    let first = handle(&mut state, &library, env, &Event::Start, &mut log);
    let steps = state.steps;
    let late = Event::Call { turn: 0, params: BTreeMap::from([("Digits".to_owned(), "1".to_owned())]) };
    assert_eq!(handle(&mut state, &library, env, &late, &mut log), first);
    assert_eq!(state.steps, steps);
    let reply = Event::Reply { body: "x".to_owned(), sid: "SM1".to_owned() };
    assert_eq!(handle(&mut state, &library, env, &reply, &mut log), Advance::Wait);
}

#[test]
fn after_a_crash_an_effect_is_asked_for_again_but_nobody_is_called_twice() {
    let now: flexio_domain::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let secrets = BTreeMap::new();
    let env = Env { now, secrets: &secrets, url: "flow:FN1", stops: None };
    for (id, is_call) in [("survey", false), ("callback", true)] {
        let template = templates().into_iter().find(|template| template.id == id).unwrap();
        let library = Library::of(reference(), template.flow);
        let start =
            Start { from: "+3225550101".to_owned(), to: "+32470123456".to_owned(), ..Start::default() };
        let mut state = State::new(reference(), Channel::Web, start, 1, now);
        let mut log = Vec::new();
        let first = handle(&mut state, &library, env, &Event::Start, &mut log);
        let again = handle(&mut state, &library, env, &Event::Again, &mut log);
        if is_call {
            assert!(matches!(again, Advance::Effect(Effect::Send { .. })), "{again:?}");
        } else {
            assert_eq!(first, again);
        }
    }
}

#[test]
fn a_caller_who_goes_round_without_end_is_stopped_and_the_node_named() {
    let flow = super::flow(
        "call",
        &serde_json::json!([
            { "id": "a", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": "x" }] }, "next": { "done": "a" } },
        ]),
    );
    let library = Library::of(reference(), flow);
    let secrets = BTreeMap::new();
    let now: flexio_domain::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let env = Env { now, secrets: &secrets, url: "flow:FN1", stops: None };
    let start = Start { call_sid: Some("CA1".to_owned()), ..Start::default() };
    let mut state = State::new(reference(), Channel::Call, start, 1, now);
    let mut log = Vec::new();
    let mut event = Event::Start;
    for _ in 0..10_001 {
        handle(&mut state, &library, env, &event, &mut log);
        event = Event::Call { turn: state.turn, params: BTreeMap::new() };
    }
    assert!(state.is_over());
    assert!(state.error.unwrap().contains("`a`"));
    assert!(log.len() <= 10_000);
}
