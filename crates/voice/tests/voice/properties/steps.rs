//! What may happen next to a call.

use proptest::prelude::*;

use super::BODIES;

/// What the shell does next, drawn at random.
#[derive(Debug, Clone)]
pub enum Step {
    /// Answers the oldest unanswered fetch.
    Document(usize),
    FetchError(u16),
    Prompt,
    Recording(bool),
    Message(bool),
    StreamStarted,
    StreamEnded(bool),
    Heard(u8),
    Detected(u32),
    Digit(u32, u8),
    Ringing(u32),
    EarlyMedia(u32),
    Answered(u32),
    Failed(u32, u16),
    HungUp(u32),
    Refused(u32, bool),
    Room(u8),
    Queue(u8),
    Held(bool, u16),
    Refer(u8),
    Referred(u32),
    Move(bool, usize),
    HoldLeg(u32, bool),
    SendDigits(u32),
    Interject(u32),
    NewUrl,
    NewDocument(usize),
    PickedUp(u32),
    Complete(u32),
    Cancel(u32),
    TimeLimit(u32),
    /// Time passes without a deadline.
    Wait(u32),
    /// Time passes to the deadline.
    Deadline,
    Shutdown,
}

pub fn step() -> impl Strategy<Value = Step> {
    let leg = 0..4_u32;
    prop_oneof![
        6 => (0..BODIES.len()).prop_map(Step::Document),
        2 => prop::sample::select(vec![404_u16, 500]).prop_map(Step::FetchError),
        4 => Just(Step::Prompt),
        3 => any::<bool>().prop_map(Step::Recording),
        2 => any::<bool>().prop_map(Step::Message),
        3 => Just(Step::StreamStarted),
        3 => (0..4_u8).prop_map(Step::Heard),
        2 => leg.clone().prop_map(Step::Detected),
        2 => any::<bool>().prop_map(Step::StreamEnded),
        4 => (leg.clone(), 0..12_u8).prop_map(|(l, k)| Step::Digit(l, k)),
        2 => leg.clone().prop_map(Step::Ringing),
        2 => leg.clone().prop_map(Step::EarlyMedia),
        4 => leg.clone().prop_map(Step::Answered),
        1 => (leg.clone(), prop::sample::select(vec![408_u16, 486, 503])).prop_map(|(l, s)| Step::Failed(l, s)),
        1 => leg.clone().prop_map(Step::HungUp),
        1 => (leg.clone(), any::<bool>()).prop_map(|(l, b)| Step::Refused(l, b)),
        6 => (0..8_u8).prop_map(Step::Room),
        8 => (0..9_u8).prop_map(Step::Queue),
        3 => (any::<bool>(), prop::sample::select(vec![200_u16, 408, 488])).prop_map(|(o, s)| Step::Held(o, s)),
        3 => (0..4_u8).prop_map(Step::Refer),
        2 => (0..4_u32).prop_map(Step::Referred),
        2 => (any::<bool>(), 0..BODIES.len()).prop_map(|(both, body)| Step::Move(both, body)),
        2 => (0..4_u32, any::<bool>()).prop_map(|(leg, on)| Step::HoldLeg(leg, on)),
        1 => (0..4_u32).prop_map(Step::SendDigits),
        2 => (0..4_u32).prop_map(Step::Interject),
        1 => Just(Step::NewUrl),
        1 => (0..BODIES.len()).prop_map(Step::NewDocument),
        1 => leg.clone().prop_map(Step::PickedUp),
        1 => leg.clone().prop_map(Step::Complete),
        1 => leg.prop_map(Step::Cancel),
        1 => (1..100_u32).prop_map(Step::TimeLimit),
        3 => (1..5_000_u32).prop_map(Step::Wait),
        4 => Just(Step::Deadline),
        1 => Just(Step::Shutdown),
    ]
}
