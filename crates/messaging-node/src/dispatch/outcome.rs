//! What became of a segment.

use flexio_app::delivery;
use flexio_messaging::{
    lifecycle::Event,
    retry::{Decision, Disposition, Try},
};
use flexio_smpp::{NotSentReason, Outcome, SubmitError, SubmitKey};
use jiff::SignedDuration;

use super::{
    Dispatcher,
    claim::{later, seed},
};
use crate::{
    book::Flight,
    work::{Step, Turn},
};

/// ESME_RINVDSTADR and ESME_RINVMSGLEN (SMPP 3.4 §5.1.3): what an SMSC would answer to what no PDU can carry.
const BAD_RECIPIENT: u32 = 0x0B;
const BAD_LENGTH: u32 = 0x01;
/// Wait of a segment that was not written: its route fell, and another may be up.
const NOT_WRITTEN: SignedDuration = SignedDuration::from_millis(200);

impl Dispatcher {
    /// One outcome; one that cannot be matched is of an earlier life of this process and was made unknown at the start.
    pub(super) async fn on_outcome(&mut self, key: SubmitKey, outcome: Outcome, late: bool, turn: &mut Turn) {
        let flight = if late { self.book.take_late(key) } else { self.book.arrive(key) };
        let Some(flight) = flight else { return };
        if !late {
            self.routes[flight.route].in_flight -= 1;
            self.state.look |= self.state.is_starved;
        }
        match self.open_insisting(turn, flight.account, flight.sid).await {
            Ok(Some(work)) if !late => {
                work.remembered.in_flight = work.remembered.in_flight.saturating_sub(1);
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            // The node stops: after the next start its outcome is unknown, and a receipt may still tell.
            Err(error) => return tracing::error!(%error, message_sid = %flight.sid, "outcome_not_kept"),
        }
        let name = match &outcome {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Refused { .. } => "refused",
            Outcome::Unknown(_) => "unknown",
            Outcome::NotSent(_) => "not_sent",
        };
        let route = self.routes[flight.route].settings.name.clone();
        metrics::counter!("mt_segments_total", "route" => route, "outcome" => name).increment(1);
        match outcome {
            Outcome::Accepted { message_id } => {
                let id = message_id.map(|id| id.as_str().to_owned());
                self.accepted(flight, id, turn);
            }
            Outcome::Refused { command_status } => self.refused(flight, command_status, turn),
            Outcome::Unknown(_) => {
                self.book.keep_late(key, flight);
                self.unknown(flight, turn);
            }
            Outcome::NotSent(NotSentReason::NotBound | NotSentReason::NoCapacity) => {
                self.not_written(flight, turn);
            }
            Outcome::NotSent(NotSentReason::Invalid(error)) => {
                let command_status = match error {
                    SubmitError::Address => BAD_RECIPIENT,
                    SubmitError::TooLong => BAD_LENGTH,
                };
                self.refused(flight, command_status, turn);
            }
        }
    }

    fn accepted(&mut self, flight: Flight, id: Option<String>, turn: &mut Turn) {
        let Some(work) = turn.works.get_mut(&flight.sid) else { return };
        let segment = flight.segment;
        let carrier_id = id.clone().unwrap_or_default();
        work.event(&self.app, Event::Accepted { segment, carrier_id });
        // A carrier without ids sends no receipts that could be matched.
        let Some(carrier_id) = id else { return };
        let route = &self.routes[flight.route];
        let id_space = route.id_space.to_string();
        let space = route.space;
        work.step(&self.app, Step::Link { id_space, carrier_id: carrier_id.clone(), segment });
        self.book.name(&mut work.remembered, space, carrier_id.clone(), segment);
        self.receipts.resolved(space, work.message(), segment);
        for parked in self.receipts.take(space, &carrier_id) {
            work.step(&self.app, parked.step(segment));
            turn.acks.push((flight.sid, parked.ack));
        }
    }

    fn refused(&mut self, flight: Flight, command_status: u32, turn: &mut Turn) {
        let Some(work) = turn.works.get_mut(&flight.sid) else { return };
        let segment = flight.segment;
        let message = work.message();
        let disposition = self.routes[flight.route].settings.meanings().classify(command_status);
        let throttled = disposition == Disposition::Throttled;
        let attempts = if throttled { work.remembered.throttles } else { message.attempts } + 1;
        let failed = Try {
            command_status,
            disposition,
            attempts,
            expires_at: delivery::expires_at(message),
            seed: seed(message),
        };
        match self.policy.decide(turn.now, failed) {
            Decision::RetryAt(until) => {
                work.remembered.throttles += u32::from(throttled);
                work.event(&self.app, Event::Returned { segment });
                work.step(&self.app, Step::Wait { until, is_try: !throttled });
            }
            Decision::GiveUp(_) => work.event(&self.app, Event::Refused { segment, command_status }),
        }
    }

    fn unknown(&mut self, flight: Flight, turn: &mut Turn) {
        let Some(work) = turn.works.get_mut(&flight.sid) else { return };
        work.event(&self.app, Event::OutcomeUnknown { segment: flight.segment });
        let space = self.routes[flight.route].space;
        self.receipts.expect_unknown(space, work.message(), flight.segment);
    }

    fn not_written(&mut self, flight: Flight, turn: &mut Turn) {
        let Some(work) = turn.works.get_mut(&flight.sid) else { return };
        work.event(&self.app, Event::Returned { segment: flight.segment });
        let until = later(turn.now, NOT_WRITTEN);
        work.step(&self.app, Step::Wait { until, is_try: false });
    }
}
