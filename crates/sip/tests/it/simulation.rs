//! Thousands of calls over a bad network, all decided by one seed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::world::*;
use flexio_sip::*;

/// What one side knows of its legs.
#[derive(Default)]
struct Side {
    /// Legs alive, and whether they talk.
    legs: HashMap<LegId, bool>,
    ended: HashMap<LegId, EndCause>,
    /// Call-ID of each leg that knows it.
    call_ids: HashMap<LegId, String>,
    confirmed: usize,
    reoffers: usize,
    /// Transfers asked for, and those whose end was told.
    referred: usize,
    refer_ends: usize,
}

struct Simulation {
    world: World,
    sides: [Side; 2],
    /// Calls that stood on both sides when the acts were over.
    agreed: usize,
}

impl Simulation {
    fn new(seed: u64, weather: Weather) -> Simulation {
        // Short sessions, so that they are refreshed while acts go on, and expire where a side was lost.
        let short = |side| Config { session_interval: Some(Duration::from_secs(90)), ..config(side) };
        let mut world = World::with(seed, weather, [short(0), short(1)]);
        world.record = false;
        Simulation { world, sides: Default::default(), agreed: 0 }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.world.random.below(bound)
    }

    fn take_events(&mut self) {
        for side in 0..2 {
            for event in self.world.events(side) {
                self.take_event(side, event);
            }
        }
    }

    fn take_event(&mut self, side: usize, event: Event) {
        let now = self.world.now;
        let dice = self.below(10);
        let state = &mut self.sides[side];
        if let Event::Ended { leg, cause } = &event {
            assert!(state.legs.remove(leg).is_some(), "ended twice or never begun: {leg:?}");
            assert!(state.ended.insert(*leg, cause.clone()).is_none());
            return;
        }
        match event {
            Event::Incoming(incoming) => {
                assert!(state.legs.insert(incoming.leg, false).is_none());
                state.call_ids.insert(incoming.leg, incoming.request.call_id().into_owned());
                if dice < 3 {
                    self.world.ends[side].ring(now, incoming.leg, 180, None).unwrap();
                }
            }
            Event::Answered { leg, response } => {
                assert_eq!(state.legs.insert(leg, true), Some(false), "{leg:?}");
                state.call_ids.insert(leg, response.call_id().into_owned());
            }
            Event::Confirmed { leg, .. } => {
                state.confirmed += 1;
                assert!(state.legs.contains_key(&leg), "confirmed after its end");
            }
            Event::Reoffer { leg, .. } => {
                state.reoffers += 1;
                assert!(state.legs.contains_key(&leg));
                let end = &mut self.world.ends[side];
                match dice {
                    0 => end.reject_reinvite(now, leg, 488).unwrap(),
                    1 => {} // forgotten by the application: the endpoint must decide
                    _ => end.accept_reinvite(now, leg, b"v=0 again").unwrap(),
                }
            }
            Event::Referred { leg, .. } => {
                state.referred += 1;
                assert!(state.legs.contains_key(&leg));
                let end = &mut self.world.ends[side];
                match dice {
                    // The leg may have ended in the same breath.
                    0 => drop(end.reject_refer(now, leg, 603)),
                    1 => {} // forgotten: the endpoint must decide
                    _ => drop(end.accept_refer(now, leg)),
                }
                if dice > 4 {
                    let _ = end.notify_refer(now, leg, 200, None);
                }
            }
            Event::ReferProgress { leg, is_over, .. } => {
                state.refer_ends += usize::from(is_over);
                assert!(state.legs.contains_key(&leg));
            }
            Event::Failed { leg, .. } | Event::Progress { leg, .. } => assert!(state.legs.contains_key(&leg)),
            _ => {}
        }
    }

    /// One random act of one application.
    fn act(&mut self) {
        let side = self.below(2) as usize;
        let now = self.world.now;
        let mut legs: Vec<_> = self.sides[side].legs.iter().map(|(&leg, &talks)| (leg, talks)).collect();
        legs.sort_unstable();
        if legs.is_empty() || self.below(3) == 0 {
            let leg = self.world.dial(side);
            self.sides[side].legs.insert(leg, false);
            return;
        }
        let (leg, talks) = legs[self.below(u32::try_from(legs.len()).unwrap()) as usize];
        let dice = self.below(16);
        let target = NameAddr::new(uri("sip:+3225550177@192.0.2.9"));
        let end = &mut self.world.ends[side];
        // Most acts do not fit the state the leg is in: that they are refused without harm is part of the test.
        let done = match dice {
            0 => end.cancel(now, leg, None),
            1..=3 => end.bye(now, leg, Some(&Reason::q850(16))),
            4 => end.reject(now, leg, 486, None, &ExtraHeaders::new()),
            14 if talks => end.update(now, leg, Some(b"v=0 updated")),
            15 if talks => end.update(now, leg, None),
            5 => end.ring(now, leg, 183, Some(b"v=0 early")),
            6 | 7 if talks => end.reinvite(now, leg, b"v=0 more"),
            8 if talks => end.info(now, leg, "application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n"),
            12 | 13 if talks => end.refer(now, leg, &ReferRequest::new(target)),
            _ => end.answer(now, leg, b"v=0 answer", &ExtraHeaders::new()),
        };
        if done.is_ok() && dice >= 6 && !talks {
            self.sides[side].legs.insert(leg, true);
        }
    }

    /// Lets time pass without any act of the applications.
    fn pass(&mut self, time: Duration) {
        let until = self.world.now + time;
        while let Some(at) = self.world.next().filter(|&at| at <= until) {
            self.world.step(at);
            self.take_events();
        }
        self.world.now = until;
    }

    /// Call-IDs of the calls a side believes to stand.
    fn standing(&self, side: usize) -> HashSet<&str> {
        let state = &self.sides[side];
        let talking = state.legs.iter().filter(|(_, talks)| **talks);
        talking.map(|(leg, _)| state.call_ids[leg].as_str()).collect()
    }

    /// Acts about 100 ms apart, then both sides are compared, every leg is hung up and the dust settles.
    fn run(mut self, acts: u32) -> usize {
        for _ in 0..acts {
            let pause = ms(u64::from(self.below(200)));
            self.pass(pause);
            self.act();
            self.take_events();
        }
        // Every loss is made good or given up by then: what one side takes for a call, so must the other.
        let loss_percent = std::mem::replace(&mut self.world.weather, CALM).loss_percent;
        self.pass(Duration::from_secs(400));
        // Where half is lost, now and then all eleven copies of a BYE are: no signalling can make that good.
        if loss_percent < 50 {
            assert_eq!(self.standing(0), self.standing(1), "the sides disagree");
        }
        self.agreed += self.standing(0).len();
        for side in 0..2 {
            let legs: Vec<_> = self.sides[side].legs.keys().copied().collect();
            for leg in legs {
                self.world.ends[side].bye(self.world.now, leg, None).unwrap();
            }
        }
        let end = self.world.now + Duration::from_secs(500);
        while let Some(at) = self.world.next().filter(|&at| at <= end) {
            self.world.step(at);
            self.take_events();
            // What came in meanwhile is refused.
            for side in 0..2 {
                let legs: Vec<_> = self.sides[side].legs.keys().copied().collect();
                for leg in legs {
                    let _ = self.world.ends[side].bye(self.world.now, leg, None);
                }
            }
            self.take_events();
        }
        for (side, state) in self.sides.iter().enumerate() {
            assert!(state.legs.is_empty(), "side {side}: legs that never ended: {:?}", state.legs);
            let Stats { legs, clients, servers, pings, timers, .. } = self.world.ends[side].stats();
            assert_eq!((legs, clients, servers, pings, timers), (0, 0, 0, 0, 0), "side {side} leaks");
        }
        assert!(self.sides.iter().any(|s| s.confirmed > 0), "nothing was ever answered");
        assert!(self.agreed > 0, "no call stood at the end");
        assert!(self.sides.iter().any(|s| s.referred > 0 && s.refer_ends > 0), "no transfer came to its end");
        self.sides.iter().map(|s| s.ended.len()).sum()
    }
}

/// Runs `seeds`, or as many from the first as `FLEXIO_SEEDS` says; names the seed of a failure.
fn with_seeds(seeds: std::ops::Range<u64>, weather: Weather, acts: u32) -> usize {
    let wanted = std::env::var("FLEXIO_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let end = seeds.end.max(seeds.start + wanted);
    (seeds.start..end)
        .map(|seed| {
            let run = || Simulation::new(seed, weather).run(acts);
            std::panic::catch_unwind(run)
                .unwrap_or_else(|_| panic!("simulation failed with seed {seed}, {weather:?}"))
        })
        .sum()
}

#[test]
fn every_leg_ends_once_and_nothing_is_left_on_a_calm_network() {
    let legs = with_seeds(0..20, Weather { delay_ms: (1, 3), ..CALM }, 1_000);
    assert!(legs > 2_000, "{legs}");
}

#[test]
fn every_leg_ends_once_and_nothing_is_left_when_datagrams_are_lost_doubled_and_overtaken() {
    let weather = Weather { loss_percent: 10, duplicate_percent: 10, delay_ms: (1, 400) };
    let legs = with_seeds(100..140, weather, 1_000);
    assert!(legs > 2_000, "{legs}");
}

#[test]
fn every_leg_ends_once_and_nothing_is_left_on_a_network_that_loses_half() {
    let weather = Weather { loss_percent: 50, duplicate_percent: 5, delay_ms: (1, 2_000) };
    with_seeds(200..215, weather, 600);
}
