//! What happens in the year: a script that follows from the seed.

use flexio_domain::Timestamp;
use jiff::SignedDuration;
use jiff::civil::Date;

use super::{Scale, YEAR};

/// Seconds of a day, summer time or not: good enough to spread things over it.
const DAY_S: u64 = 86_400;

/// Numbers that follow from a seed (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `sides`, which is not 0.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    /// Of a thousand times, this many.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.roll(1_000) < per_mille
    }
}

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Milliseconds of talk; 0 was not answered.
    ToMobile(u64),
    ToFixed(u64),
    ToTollFree(u64),
    Inbound(u64),
    Recording(u64),
    /// Segments that the carrier took.
    Messages(u32),
    Conference,
    Code,
    Speech(u64),
}

/// Something that happens to a customer, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// It orders; the flag says that it is a consumer, who has to be identified.
    Order {
        who: usize,
        consumer: bool,
    },
    /// It gets a sub-account, which does half of what is used from then on.
    SubAccount {
        who: usize,
    },
    /// It may owe so much; the operator says so.
    Limit {
        who: usize,
    },
    /// The `nth` number of the customer.
    Rent {
        who: usize,
        nth: usize,
    },
    Release {
        who: usize,
        nth: usize,
    },
    DesignerOn {
        who: usize,
    },
    DesignerOff {
        who: usize,
    },
    /// Dearer prices are announced for 1 October.
    Announce {
        who: usize,
    },
    /// It takes a promotion: another price for calls to mobiles for three calendar months.
    TakePrice {
        who: usize,
    },
    /// It takes a credit.
    TakeCredit {
        who: usize,
    },
    Leave {
        who: usize,
    },
    /// A consumer withdraws from the order within the term of the law.
    Withdraw {
        who: usize,
    },
    Uses {
        who: usize,
        serial: u64,
        used: Use,
        fate: Fate,
    },
}

/// How the report of a use reaches the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    AtOnce,
    /// Once more later.
    Twice,
    /// Only so many days later.
    Late(u8),
}

/// One customer's year.
struct Life {
    joins: Timestamp,
    leaves: Option<Timestamp>,
    weight: u64,
}

fn start() -> Timestamp {
    super::eve().saturating_add(SignedDuration::from_hours(12)).expect("a time of the calendar")
}

/// Days and seconds into the year.
fn at(day: u64, second: u64) -> Timestamp {
    let seconds = i64::try_from(day * DAY_S + second).unwrap_or(0);
    start().saturating_add(SignedDuration::from_secs(seconds)).expect("a time of the calendar")
}

fn noon_of(date: Date) -> Timestamp {
    let day = date.since(jiff::civil::date(YEAR, 1, 1)).map_or(0, |span| span.get_days());
    at(u64::try_from(day).unwrap_or(0), DAY_S / 2)
}

/// When everybody's dearer prices are announced: five weeks and more before they hold.
pub(crate) fn announcement() -> Timestamp {
    noon_of(jiff::civil::date(YEAR, 8, 20))
}

/// Everything, in the order of its time.
pub(crate) fn acts(scale: Scale) -> Vec<(Timestamp, Act)> {
    let mut dice = Dice::new(scale.seed);
    let mut acts = Vec::with_capacity(scale.events + 8 * scale.customers);
    let lives: Vec<Life> = (0..scale.customers).map(|who| live(who, &mut dice, &mut acts)).collect();
    let sum = |sum: &mut u64, life: &Life| {
        *sum += life.weight;
        Some(*sum)
    };
    let tickets: Vec<u64> = lives.iter().scan(0, sum).collect();
    for serial in 0..scale.events as u64 {
        let ticket = dice.roll(tickets.last().copied().unwrap_or_default().max(1));
        let who = tickets.partition_point(|upto| *upto <= ticket);
        let life = &lives[who];
        let until = life.leaves.unwrap_or_else(|| at(365, 0));
        let span = until.duration_since(life.joins).as_millis();
        let into = i64::try_from(dice.roll(u64::try_from(span).unwrap_or(1).max(1))).unwrap_or(0);
        let when = life.joins.saturating_add(SignedDuration::from_millis(into)).expect("a time of the year");
        let used = usage(&mut dice);
        let fate = match dice.roll(1_000) {
            0..5 => Fate::Twice,
            5..10 => Fate::Late(1 + u8::try_from(dice.roll(20)).unwrap_or(0)),
            _ => Fate::AtOnce,
        };
        acts.push((when, Act::Uses { who, serial, used, fate }));
    }
    acts.sort_by_key(|(when, _)| *when);
    acts
}

fn live(who: usize, dice: &mut Dice, acts: &mut Vec<(Timestamp, Act)>) -> Life {
    let days = if dice.chance(700) { 90 } else { 300 };
    let day = dice.roll(days);
    let joins = at(day, dice.roll(DAY_S));
    // A second later, so that nothing happens at the instant of the order.
    let later =
        |dice: &mut Dice, from: u64, days: u64| at(from + 1 + dice.roll(days.max(1)), dice.roll(DAY_S));
    let consumer = dice.chance(300);
    acts.push((joins, Act::Order { who, consumer }));
    let withdraws = consumer && dice.chance(200);
    let leaves = if withdraws {
        Some(later(dice, day, 10))
    } else {
        (dice.chance(150) && day < 240).then(|| later(dice, day + 40, 365 - day - 60))
    };
    let last = leaves.unwrap_or_else(|| at(364, 0));
    let mut during = |dice: &mut Dice, from: u64, days: u64, act: Act| -> Option<u64> {
        let when = later(dice, from, days);
        (when < last).then(|| acts.push((when, act)))?;
        u64::try_from(when.duration_since(start()).as_hours() / 24).ok()
    };
    for nth in 0..usize::try_from(dice.roll(4)).unwrap_or(0) {
        let rented = during(dice, day, 60, Act::Rent { who, nth });
        if let Some(rented) = rented.filter(|_| dice.chance(300)) {
            during(dice, rented, 100, Act::Release { who, nth });
        }
    }
    if dice.chance(200) {
        let on = during(dice, day, 120, Act::DesignerOn { who });
        if let Some(on) = on.filter(|_| dice.chance(500)) {
            during(dice, on, 60, Act::DesignerOff { who });
        }
    }
    if dice.chance(100) {
        during(dice, day, 30, Act::SubAccount { who });
    }
    if dice.chance(100) {
        during(dice, day, 30, Act::Limit { who });
    }
    if dice.chance(200) {
        during(dice, day, 100, Act::TakePrice { who });
    }
    if dice.chance(100) {
        during(dice, day, 100, Act::TakeCredit { who });
    }
    let knows = joins < at(180, 0) && last > announcement();
    if knows && dice.chance(400) {
        acts.push((announcement(), Act::Announce { who }));
    }
    if let Some(leaves) = leaves {
        acts.push((leaves, if withdraws { Act::Withdraw { who } } else { Act::Leave { who } }));
    }
    Life {
        joins: joins.saturating_add(SignedDuration::from_secs(1)).unwrap_or(joins),
        leaves,
        weight: 1 + dice.roll(20),
    }
}

fn usage(dice: &mut Dice) -> Use {
    let talk = |dice: &mut Dice| if dice.chance(150) { 0 } else { 1 + dice.roll(600_000) };
    match dice.roll(100) {
        0..20 => Use::ToMobile(talk(dice)),
        20..30 => Use::ToFixed(talk(dice)),
        30..33 => Use::ToTollFree(talk(dice)),
        33..50 => Use::Inbound(talk(dice)),
        50..55 => Use::Recording(talk(dice)),
        55..85 => Use::Messages(u32::try_from(dice.roll(4)).unwrap_or(1)),
        85..87 => Use::Conference,
        87..97 => Use::Code,
        _ => Use::Speech(talk(dice)),
    }
}
