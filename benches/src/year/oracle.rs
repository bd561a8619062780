//! A second reckoning of the year, by hand: prices, dates and rounding of the offer, from the script alone.

use std::collections::BTreeMap;

use flexio_domain::{Money, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::life::Use;

/// Prices in millionths; per minute, piece or month. The first is what the year begins with, the second is for orders from 1 July, and
/// holds from 1 October for whom it was announced to.
#[derive(Debug, Clone, Copy)]
struct Prices {
    mobile: i128,
    number: i128,
    designer: i128,
}

const OLD: Prices = Prices { mobile: 370_000, number: 800_000, designer: 30_000_000 };
const NEW: Prices = Prices { mobile: 400_000, number: 900_000, designer: 35_000_000 };

/// The price of calls to mobiles of a promotion that holds three calendar months.
const CHEAPER: i128 = 300_000;

/// Something held for a month price.
#[derive(Debug, Clone, Copy)]
struct Held {
    from: Timestamp,
    until: Option<Timestamp>,
    price: i128,
}

/// One customer.
#[derive(Debug, Default)]
struct Book {
    ordered: Option<Timestamp>,
    changed: Option<Timestamp>,
    /// From when to before when calls to mobiles cost less.
    cheaper: Option<(Timestamp, Timestamp)>,
    has_credit: bool,
    used: i128,
    events: u64,
    numbers: BTreeMap<usize, Vec<Held>>,
    designer: Vec<Held>,
}

/// What everybody must have been charged.
#[derive(Debug)]
pub(crate) struct Oracle {
    zone: TimeZone,
    dearer_from: Timestamp,
    books: Vec<Book>,
}

/// Half away from zero; nothing here is negative.
const fn rounded(dividend: i128, divisor: i128) -> i128 {
    (2 * dividend + divisor) / (2 * divisor)
}

/// A price per minute to the second, at least one where it was answered.
fn talk(price: i128, ms: u64) -> i128 {
    rounded(price * i128::from(ms.div_ceil(1_000)), 60)
}

impl Oracle {
    pub(crate) fn new(customers: usize, zone: TimeZone, dearer_from: Timestamp) -> Self {
        Self { zone, dearer_from, books: (0..customers).map(|_| Book::default()).collect() }
    }

    pub(crate) fn ordered(&mut self, who: usize, at: Timestamp) {
        self.books[who].ordered = Some(at);
    }

    /// What the customer pays from `at` on for what it has or uses.
    fn prices(&self, who: usize, at: Timestamp) -> Prices {
        let book = &self.books[who];
        let is_new = book.ordered.is_some_and(|ordered| ordered >= self.dearer_from);
        if is_new || book.changed.is_some_and(|changed| changed <= at) { NEW } else { OLD }
    }

    /// What is on sale.
    fn on_sale(&self, at: Timestamp) -> Prices {
        if at >= self.dearer_from { NEW } else { OLD }
    }

    pub(crate) fn rented(&mut self, who: usize, nth: usize, at: Timestamp) {
        let held = Held { from: at, until: None, price: self.on_sale(at).number };
        self.books[who].numbers.entry(nth).or_default().push(held);
    }

    pub(crate) fn released(&mut self, who: usize, nth: usize, at: Timestamp) {
        end(self.books[who].numbers.entry(nth).or_default(), at);
    }

    pub(crate) fn designer_on(&mut self, who: usize, at: Timestamp) {
        let held = Held { from: at, until: None, price: self.on_sale(at).designer };
        self.books[who].designer.push(held);
    }

    pub(crate) fn designer_off(&mut self, who: usize, at: Timestamp) {
        end(&mut self.books[who].designer, at);
    }

    /// Dearer from `from` on: whatever is held then goes on at the new price.
    pub(crate) fn announced(&mut self, who: usize, from: Timestamp) {
        let book = &mut self.books[who];
        book.changed = Some(from);
        for held in book.numbers.values_mut() {
            go_on(held, from, NEW.number);
        }
        go_on(&mut book.designer, from, NEW.designer);
    }

    pub(crate) fn left(&mut self, who: usize, at: Timestamp) {
        let book = &mut self.books[who];
        book.numbers.values_mut().for_each(|held| end(held, at));
        end(&mut book.designer, at);
    }

    /// The month of taking is the first of three: the last day it holds.
    pub(crate) fn took_price(&mut self, who: usize, at: Timestamp) -> Date {
        let taken = self.zone.to_datetime(at).date();
        let (years, month) = if taken.month() > 9 { (1, taken.month() - 9) } else { (0, taken.month() + 3) };
        let over = jiff::civil::date(taken.year() + years, month, 1);
        self.books[who].cheaper = Some((at, self.midnight(over)));
        over.yesterday().expect("a day of the calendar")
    }

    pub(crate) fn took_credit(&mut self, who: usize) {
        self.books[who].has_credit = true;
    }

    pub(crate) fn has_credit(&self, who: usize) -> bool {
        self.books[who].has_credit
    }

    pub(crate) fn used(&mut self, who: usize, used: Use, at: Timestamp) {
        let mut prices = self.prices(who, at);
        if self.books[who].cheaper.is_some_and(|(from, until)| from <= at && at < until) {
            prices.mobile = CHEAPER;
        }
        let book = &mut self.books[who];
        book.events += 1;
        book.used += match used {
            Use::ToMobile(ms) => talk(prices.mobile, ms),
            Use::ToFixed(ms) => talk(95_000, ms),
            Use::Inbound(ms) => talk(4_500, ms),
            Use::Recording(ms) => talk(2_500, ms),
            Use::Messages(segments) => 95_000 * i128::from(segments),
            Use::Conference => 7_200,
            Use::Code => 50_000,
            Use::ToTollFree(_) | Use::Speech(_) => 0,
        };
    }

    /// How many uses a customer had.
    pub(crate) fn events(&self, who: usize) -> u64 {
        self.books[who].events
    }

    /// Everything a customer was charged in the year.
    pub(crate) fn charged(&self, who: usize) -> Money {
        let book = &self.books[who];
        let numbers = book.numbers.values().flatten().map(|held| self.by_days(held)).sum::<i128>();
        let total = book.used + numbers + self.by_started_months(&book.designer);
        Money::from_micros(i64::try_from(total).unwrap_or(i64::MAX))
    }

    /// Days of each month on which it was held at any instant, by the price over the days of that month.
    fn by_days(&self, held: &Held) -> i128 {
        let mut sum = 0;
        for month in months() {
            let days = days_of(month).filter(|day| self.is_held_on(held, *day)).count();
            if days > 0 {
                sum += rounded(held.price * days as i128, i128::from(month.days_in_month()));
            }
        }
        sum
    }

    fn is_held_on(&self, held: &Held, day: Date) -> bool {
        let begins = self.midnight(day);
        let ends = self.midnight(day.tomorrow().unwrap_or(day));
        let is_empty = held.until.is_some_and(|until| until <= held.from);
        !is_empty && held.from < ends && held.until.is_none_or(|until| until > begins)
    }

    /// Once for each month that it was on in, at the price it was on at first.
    fn by_started_months(&self, held: &[Held]) -> i128 {
        let on_in = |month: Date| {
            let is_on = |held: &&Held| days_of(month).any(|day| self.is_held_on(held, day));
            held.iter().find(is_on).map_or(0, |held| held.price)
        };
        months().map(on_in).sum()
    }

    fn midnight(&self, day: Date) -> Timestamp {
        self.zone.to_timestamp(day.at(0, 0, 0, 0)).expect("a day of the calendar")
    }
}

/// Those of the year, and the January after it, which is invoiced too.
fn months() -> impl Iterator<Item = Date> {
    let year = (1..=12).map(|month| jiff::civil::date(super::YEAR, month, 1));
    year.chain(std::iter::once(jiff::civil::date(super::YEAR + 1, 1, 1)))
}

fn days_of(month: Date) -> impl Iterator<Item = Date> {
    (1..=month.days_in_month()).map(move |day| jiff::civil::date(month.year(), month.month(), day))
}

fn end(held: &mut [Held], at: Timestamp) {
    for held in held.iter_mut() {
        if held.from >= at {
            held.until = Some(held.from);
        } else if held.until.is_none_or(|until| until > at) {
            held.until = Some(at);
        }
    }
}

/// What is held at `from` ends there and goes on at another price.
fn go_on(all: &mut Vec<Held>, from: Timestamp, price: i128) {
    let mut next = Vec::new();
    for held in all.iter_mut().filter(|held| held.until.is_none() && held.from < from) {
        held.until = Some(from);
        next.push(Held { from, until: None, price });
    }
    all.extend(next);
}
