//! Submits on the wire: the window, its answers' deadlines, and how fast it may be filled.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use crate::{
    backoff::{Backoff, Jitter},
    session::SubmitKey,
};

/// Submits given up as unknown whose late answer is still recognised; the oldest is forgotten beyond it.
const LATE_MAX: usize = 1_000;
/// `congestion_state` from which an SMSC should get less, and from which it should not get more (SMPP 5.0 §4.8.4.18).
const NEARING_CONGESTION: u8 = 90;
const OPTIMUM_LOAD: u8 = 80;
/// Timers are good to a few milliseconds, so that a pace above 50/s needs this much slack to be kept.
const PACE_SLACK: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) sequence: u32,
    pub(crate) key: SubmitKey,
    pub(crate) until: Instant,
    /// Its outcome was already given as unknown.
    pub(crate) late: bool,
}

/// Window with additive increase and multiplicative decrease, as TCP reacts to congestion: an SMSC that throttles
/// us gets half the window after a pause, and the rest back one step per window of answers.
#[derive(Debug)]
pub(crate) struct Window {
    max: usize,
    limit: usize,
    answered_since_step: usize,
    /// Answers since the last step down that spoke of congestion.
    loaded_answers: usize,
    /// In order of sending, so in order of deadline: the late ones come first.
    entries: VecDeque<Pending>,
    late: usize,
    hold_until: Option<Instant>,
    throttle: Backoff,
    pacer: Option<Pacer>,
}

impl Window {
    pub(crate) fn new(max: u16, throttle: (Duration, Duration), rate: Option<NonZeroU32>) -> Self {
        Self {
            max: usize::from(max),
            limit: usize::from(max),
            answered_since_step: 0,
            loaded_answers: 0,
            entries: VecDeque::with_capacity(usize::from(max)),
            late: 0,
            hold_until: None,
            throttle: Backoff::new(throttle.0, throttle.1),
            pacer: rate.map(Pacer::new),
        }
    }

    /// Submits on the wire whose outcome is open.
    pub(crate) fn in_flight(&self) -> usize {
        self.entries.len() - self.late
    }

    /// How many more may go out now.
    pub(crate) fn free(&self, now: Instant) -> usize {
        if self.hold_until.is_some_and(|until| now < until) {
            return 0;
        }
        let room = self.limit.saturating_sub(self.in_flight());
        self.pacer.as_ref().map_or(room, |pacer| room.min(pacer.available(now)))
    }

    /// When [`Window::free`] can turn positive without an answer arriving; `None` when the window is full.
    pub(crate) fn free_at(&self, now: Instant) -> Option<Instant> {
        if self.in_flight() >= self.limit {
            return None;
        }
        let paced = self.pacer.as_ref().map_or(now, |pacer| pacer.next_at(now));
        Some(self.hold_until.map_or(paced, |until| until.max(paced)).max(now))
    }

    pub(crate) fn push(&mut self, now: Instant, until: Instant, sequence: u32, key: SubmitKey) {
        self.entries.push_back(Pending { sequence, key, until, late: false });
        if let Some(pacer) = &mut self.pacer {
            pacer.take(now);
        }
    }

    /// The submit that `sequence` answers. Answers mostly come in order, so the search mostly ends at once.
    pub(crate) fn take(&mut self, sequence: u32) -> Option<Pending> {
        let at = self.entries.iter().position(|entry| entry.sequence == sequence)?;
        let entry = self.entries.remove(at)?;
        self.late -= usize::from(entry.late);
        Some(entry)
    }

    /// The next submit whose answer is overdue, now counted as late.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<SubmitKey> {
        let entry = self.entries.get_mut(self.late).filter(|entry| entry.until <= now)?;
        entry.late = true;
        let key = entry.key;
        self.late += 1;
        if self.late > LATE_MAX {
            self.entries.pop_front();
            self.late -= 1;
        }
        Some(key)
    }

    /// Deadline of the oldest open submit.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.entries.get(self.late).map(|entry| entry.until)
    }

    /// Empties the table; the keys whose outcome was open.
    pub(crate) fn drain(&mut self) -> Vec<SubmitKey> {
        let open = self.entries.iter().filter(|entry| !entry.late).map(|entry| entry.key).collect();
        self.entries.clear();
        self.late = 0;
        open
    }

    /// The SMSC asked for less. The answers to one full window count as one request.
    pub(crate) fn congested(&mut self, now: Instant, jitter: &mut Jitter) {
        self.answered_since_step = 0;
        if self.hold_until.is_some_and(|until| now < until) {
            return;
        }
        self.limit = (self.limit / 2).max(1);
        self.hold_until = Some(now + self.throttle.next_wait(jitter));
    }

    /// The SMSC took one, and says how loaded it is: near congestion it gets fewer at a time, at its optimum no more than now.
    pub(crate) fn answered(&mut self, load_percent: u8) {
        if load_percent >= NEARING_CONGESTION {
            self.answered_since_step = 0;
            // One less for each window of answers: what is out already will be answered so too.
            self.loaded_answers += 1;
            if self.loaded_answers >= self.limit {
                self.loaded_answers = 0;
                self.limit = (self.limit - 1).max(1);
            }
        } else if load_percent < OPTIMUM_LOAD {
            self.loaded_answers = 0;
            self.relieved();
        }
    }

    /// The SMSC took one, or refused it for a reason of its own.
    pub(crate) fn relieved(&mut self) {
        if self.limit == self.max {
            return;
        }
        self.answered_since_step += 1;
        if self.answered_since_step >= self.limit {
            self.answered_since_step = 0;
            self.limit += 1;
            self.throttle.reset();
        }
    }
}

/// A steady rate (generic cell rate algorithm, ITU-T I.371 Annex A).
#[derive(Debug)]
struct Pacer {
    interval: Duration,
    slack: Duration,
    /// When the next submit is due by the contracted rate.
    due: Option<Instant>,
}

impl Pacer {
    fn new(rate_per_s: NonZeroU32) -> Self {
        let interval = Duration::from_secs(1) / rate_per_s.get();
        // Without slack for one more, a rate of 1/s would never see a whole token.
        Self { interval, slack: PACE_SLACK.max(interval).saturating_sub(interval), due: None }
    }

    fn available(&self, now: Instant) -> usize {
        let due = self.due.map_or(now, |due| due.max(now));
        let lead = due - now;
        if lead > self.slack {
            return 0;
        }
        let spare = self.slack.saturating_sub(lead).as_nanos() / self.interval.as_nanos().max(1);
        usize::try_from(spare).unwrap_or(usize::MAX).saturating_add(1)
    }

    fn next_at(&self, now: Instant) -> Instant {
        let due = self.due.map_or(now, |due| due.max(now));
        // `due - slack`, written so that it cannot go below the origin of time.
        now + (due - now).saturating_sub(self.slack)
    }

    fn take(&mut self, now: Instant) {
        self.due = Some(self.due.map_or(now, |due| due.max(now)) + self.interval);
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs one origin of time; all else is offsets from it")]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(max: u16, rate: Option<u32>) -> Window {
        Window::new(max, (SECOND, 8 * SECOND), rate.and_then(NonZeroU32::new))
    }

    fn fill(w: &mut Window, now: Instant, from: u32) -> u32 {
        let n = u32::try_from(w.free(now)).unwrap();
        (from..from + n).for_each(|s| w.push(now, now + SECOND, s, SubmitKey(u64::from(s))));
        n
    }

    #[test]
    fn throttling_halves_the_window_once_per_pause_and_answers_give_it_back() {
        let (now, mut jitter) = (Instant::now(), Jitter::new(1));
        let mut w = window(16, None);
        assert_eq!(fill(&mut w, now, 1), 16);
        (1..=16).for_each(|s| {
            w.take(s).unwrap();
            w.congested(now, &mut jitter);
        });
        assert_eq!(w.limit, 8, "sixteen refusals of one window are one request to slow down");
        assert_eq!(w.free(now), 0);
        let at = w.free_at(now).unwrap();
        assert!(at > now && at <= now + SECOND);
        assert_eq!(w.free(at), 8);
        (0..200).for_each(|_| w.relieved());
        assert_eq!(w.limit, 16);
    }

    #[test]
    fn an_smsc_that_says_it_is_loaded_gets_less_and_at_its_optimum_as_much_as_now() {
        let now = Instant::now();
        let mut w = window(4, None);
        (0..4).for_each(|_| w.answered(95));
        assert_eq!(w.limit, 3, "one less after a window of such answers");
        (0..3).for_each(|_| w.answered(100));
        assert_eq!((w.limit, w.free(now)), (2, 2), "slower, and not at rest");
        (0..100).for_each(|_| w.answered(85));
        assert_eq!(w.limit, 2);
        (0..100).for_each(|_| w.answered(0));
        assert_eq!(w.limit, 4);
        (0..100).for_each(|_| w.answered(100));
        assert_eq!(w.limit, 1, "never none");
    }

    #[test]
    fn a_paced_window_keeps_its_rate_over_any_second() {
        let start = Instant::now();
        for rate in [1u32, 7, 100, 3_000] {
            let (mut w, mut now, mut sent, mut seq) = (window(100, Some(rate)), start, 0, 1);
            while now < start + 10 * SECOND {
                let n = fill(&mut w, now, seq);
                for s in seq..seq + n {
                    w.take(s).unwrap();
                }
                (seq, sent) = (seq + n, sent + n);
                now = w.free_at(now).unwrap().max(now + Duration::from_millis(1));
            }
            let target = rate * 10;
            assert!(sent <= target + rate / 50 + 1, "rate {rate}: {sent} in 10 s");
            assert!(sent + rate / 10 + 1 >= target, "rate {rate}: only {sent} in 10 s");
        }
    }

    #[test]
    fn an_overdue_submit_frees_its_place_and_is_still_recognised() {
        let now = Instant::now();
        let mut w = window(2, None);
        fill(&mut w, now, 1);
        assert_eq!(w.expire(now), None);
        assert_eq!(w.expire(now + SECOND), Some(SubmitKey(1)));
        assert_eq!(w.free(now), 1);
        assert!(w.take(1).unwrap().late);
        assert!(!w.take(2).unwrap().late);
        assert_eq!(w.in_flight(), 0);
    }

    #[test]
    fn late_submits_are_forgotten_beyond_the_limit() {
        let now = Instant::now();
        let mut w = window(1, None);
        for s in 1..=u32::try_from(LATE_MAX).unwrap() + 50 {
            w.push(now, now, s, SubmitKey(0));
            assert!(w.expire(now).is_some());
        }
        assert_eq!(w.entries.len(), LATE_MAX);
        assert!(w.take(1).is_none() && w.take(51).is_some());
    }
}
