//! A message, its carrier and everything that can come between them, in any order: answers in time, late and never, receipts early, twice
//! and never, time-outs, crashes. Whatever happens, the message ends once, in a state that the carrier's own log bears out.

use proptest::prelude::*;

use super::tests::message;
use super::*;

/// What the carrier makes of a segment it is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Delivered,
    Undelivered,
    /// Taken, and no receipt comes.
    Silent,
    Refused,
}

/// What happens next; of a segment, where it is possible now.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// The node hands over the next segment.
    Submit,
    Answer(usize),
    Timeout(usize),
    Receipt(usize),
    /// The node dies and starts again: connections and what was under way on them are gone.
    Crash,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Delivered),
        1 => Just(Fate::Undelivered),
        1 => Just(Fate::Silent),
        1 => Just(Fate::Refused),
    ]
}

fn a_move() -> impl Strategy<Value = Move> {
    let segment = 0usize..4;
    prop_oneof![
        3 => Just(Move::Submit),
        3 => segment.clone().prop_map(Move::Answer),
        1 => segment.clone().prop_map(Move::Timeout),
        3 => segment.prop_map(Move::Receipt),
        1 => Just(Move::Crash),
    ]
}

struct World {
    message: Message,
    fates: Vec<Fate>,
    /// How often the carrier was handed each segment.
    handed: Vec<usize>,
    /// Answers that are still on their way.
    answers: Vec<bool>,
    paid: Vec<usize>,
    statuses: Vec<MessageStatus>,
    second: i64,
}

impl World {
    fn new(fates: Vec<Fate>) -> Self {
        let count = fates.len();
        Self {
            message: message(count),
            fates,
            handed: vec![0; count],
            answers: vec![false; count],
            paid: vec![0; count],
            statuses: Vec::new(),
            second: 1,
        }
    }

    fn apply(&mut self, event: &Event) {
        self.second += 1;
        let now = Timestamp::from_second(1_780_000_000 + self.second).unwrap();
        let change = apply(&mut self.message, now, event);
        self.statuses.extend(change.status);
        if let Some(segment) = change.accepted {
            self.paid[segment] += 1;
        }
    }

    fn submit(&mut self) {
        let Some(segment) = next_segment(&self.message) else { return };
        self.apply(&Event::Submitting { segment });
        self.handed[segment] += 1;
        self.answers[segment] = true;
    }

    fn act(&mut self, next: Move) {
        match next {
            Move::Submit => self.submit(),
            Move::Answer(at) if self.answers.get(at) == Some(&true) => {
                self.answers[at] = false;
                let event = match self.fates[at] {
                    Fate::Refused => Event::Refused { segment: at, command_status: 0x45 },
                    _ => Event::Accepted { segment: at, carrier_id: format!("id-{at}") },
                };
                self.apply(&event);
            }
            // Its answer may come late all the same.
            Move::Timeout(at) if self.answers.get(at) == Some(&true) => {
                self.apply(&Event::OutcomeUnknown { segment: at });
            }
            Move::Receipt(at) if self.handed.get(at) == Some(&1) => self.receipt(at),
            Move::Crash => {
                for event in recover(&self.message) {
                    self.apply(&event);
                }
                self.answers.fill(false);
            }
            Move::Answer(_) | Move::Timeout(_) | Move::Receipt(_) => {}
        }
    }

    fn receipt(&mut self, segment: usize) {
        match self.fates[segment] {
            Fate::Delivered => self.apply(&Event::SegmentDelivered { segment }),
            Fate::Undelivered => {
                let (error, code) = ("027".to_owned(), ErrorCode::HandsetUnreachable);
                self.apply(&Event::SegmentUndelivered { segment, error, code });
            }
            Fate::Silent | Fate::Refused => {}
        }
    }

    /// All that was still to come comes, and then its time is up.
    fn settle(&mut self) {
        while next_segment(&self.message).is_some() {
            self.submit();
        }
        for at in 0..self.fates.len() {
            self.act(Move::Answer(at));
            self.act(Move::Receipt(at));
        }
        self.apply(&Event::Expired);
    }

    fn took(&self, at: usize) -> bool {
        self.handed[at] > 0 && self.fates[at] != Fate::Refused
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_ends_once_in_a_state_the_carrier_bears_out(
        fates in prop::collection::vec(fate(), 1..4),
        moves in prop::collection::vec(a_move(), 0..40),
    ) {
        let mut world = World::new(fates);
        for next in moves {
            world.act(next);
        }
        world.settle();
        let (status, count) = (world.message.status, world.fates.len());
        prop_assert!(status.is_final() || status == MessageStatus::Sent, "{:?}", world.message);
        prop_assert!(world.handed.iter().all(|times| *times <= 1), "handed over twice: {:?}", world.handed);
        prop_assert!(world.statuses.windows(2).all(|two| two[0] < two[1]), "{:?}", world.statuses);
        for at in 0..count {
            prop_assert!(world.paid[at] <= usize::from(world.took(at)), "paid for what was not taken");
        }
        let all = |test: &dyn Fn(usize) -> bool| (0..count).all(test);
        match status {
            MessageStatus::Delivered => prop_assert!(all(&|at| world.fates[at] == Fate::Delivered)),
            MessageStatus::Failed => prop_assert!(all(&|at| !world.took(at))),
            MessageStatus::Sent => prop_assert!(all(&|at| world.took(at))),
            MessageStatus::Undelivered => prop_assert!(!all(&|at| world.fates[at] == Fate::Delivered)),
            other => prop_assert!(false, "{other:?}"),
        }
        // Said again, and said late, nothing changes any more.
        let settled = world.message.clone();
        world.act(Move::Crash);
        world.settle();
        prop_assert_eq!(world.message.status, settled.status);
        prop_assert_eq!(world.message.segment_states, settled.segment_states);
    }

    #[test]
    fn without_lost_answers_the_order_of_everything_else_makes_no_difference(
        fates in prop::collection::vec(fate(), 1..4),
        moves in prop::collection::vec(a_move(), 0..40),
    ) {
        let run = |moves: Vec<Move>| {
            let mut world = World::new(fates.clone());
            // In one window.
            for _ in 0..world.fates.len() {
                world.submit();
            }
            for next in moves {
                world.act(next);
            }
            world.settle();
            (world.message.status, world.message.segment_states)
        };
        let heard = |next: &Move| matches!(next, Move::Answer(_) | Move::Receipt(_));
        let moves: Vec<Move> = moves.into_iter().filter(heard).collect();
        prop_assert_eq!(run(moves), run(Vec::new()));
    }
}
