//! Ladders of calls: kept compressed while their account wants, read with the call's timeline.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flexio_domain::{Call, CallSid, SipLadder, Timestamp};
use flexio_store::{Change, ChangeSet, KeptLadder, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::error::AppError;

/// Ladders of one call that are shown; a call of more has dialled dozens of phones at once.
const SHOWN_MAX: u32 = 100;
/// Bytes a ladder may be when it is unpacked: four times what one leg may hold. A larger one is damaged.
const UNPACKED_BYTES_MAX: u64 = 1 << 20;

impl App {
    /// Keeps ladders of calls, those of accounts that want none left out. How many were kept.
    pub async fn keep_ladders(&self, ladders: &[SipLadder]) -> Result<usize, AppError> {
        let now = self.clock.now();
        let mut changes = ChangeSet::new();
        for ladder in ladders {
            let account = self.account_now(ladder.account_sid).await?;
            let days = account.map_or(0, |account| account.ladder_days.unwrap_or(self.config.ladder_days));
            if let Some(expires_at) = expires_at(now, days) {
                changes.push(Change::AddLadder(pack(ladder, expires_at)?));
            }
        }
        let kept = changes.changes().len();
        if kept > 0 {
            self.store.commit(changes).await?;
        }
        Ok(kept)
    }

    /// Drops ladders whose time is up, at most `limit`; how many.
    pub async fn sweep_ladders(&self, limit: u32) -> Result<u64, StoreError> {
        self.store.sweep_ladders(self.clock.now(), limit).await
    }

    /// Those of a call: of all its legs, or of the leg itself if another call made it.
    pub(crate) async fn ladders_of(&self, call: &Call) -> Result<Vec<SipLadder>, AppError> {
        let mut kept = self.store.ladders_of_root(call.account_sid, call.sid, SHOWN_MAX).await?;
        if call.parent_call_sid.is_some() {
            // The leg itself was the other call's; what it dialled once it was a call of its own is not.
            kept.extend(self.store.ladders_of_call(call.account_sid, call.sid, SHOWN_MAX).await?);
        }
        let running = self.running_ladders(call).await?;
        let read = |content: &Vec<u8>| {
            unpack(content).inspect_err(|error| {
                tracing::warn!(call_sid = %call.sid, error = error as &dyn std::error::Error, "ladder_damaged");
            })
        };
        // A damaged one does not hide the rest of the call.
        let kept = kept.iter().filter_map(|content| read(content).ok());
        Ok(kept.chain(running).collect())
    }

    /// Those of legs that are not over, of an account that keeps any.
    async fn running_ladders(&self, call: &Call) -> Result<Vec<SipLadder>, AppError> {
        let account = self.account_now(call.account_sid).await?;
        let is_kept =
            account.is_some_and(|account| account.ladder_days.unwrap_or(self.config.ladder_days) > 0);
        let Some(control) = self.control.get().filter(|_| is_kept && !call.status.is_final()) else {
            return Ok(Vec::new());
        };
        let running = control.ladders(call.sid).await;
        Ok(running.into_iter().filter(|ladder| ladder.account_sid == call.account_sid).collect())
    }
}

/// When a ladder of now is dropped; `None` if it is not to be kept.
fn expires_at(now: Timestamp, days: u16) -> Option<Timestamp> {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    (days > 0).then(|| now.saturating_add(kept).unwrap_or(Timestamp::MAX))
}

fn pack(ladder: &SipLadder, expires_at: Timestamp) -> Result<KeptLadder, AppError> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(4_096), Compression::fast());
    let broken = |error: std::io::Error| StoreError::Broken(error.into());
    let json = serde_json::to_vec(ladder).map_err(|error| StoreError::Broken(error.into()))?;
    encoder.write_all(&json).map_err(broken)?;
    Ok(KeptLadder {
        // Any sid will do: it is unique, and sorts by its making.
        id: CallSid::new().as_u128(),
        account_sid: ladder.account_sid,
        call_sid: ladder.call_sid,
        root_call_sid: ladder.root_call_sid,
        expires_at,
        content: encoder.finish().map_err(broken)?,
    })
}

fn unpack(content: &[u8]) -> Result<SipLadder, serde_json::Error> {
    serde_json::from_reader(std::io::BufReader::new(DeflateDecoder::new(content).take(UNPACKED_BYTES_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_domain::{AccountSid, SipMessage};

    #[test]
    fn a_ladder_reads_as_it_was_packed_and_a_damaged_one_is_refused() {
        let message = SipMessage {
            at: Timestamp::from_microsecond(1_766_000_000_123_456).unwrap(),
            is_sent: true,
            transport: "TLS".to_owned(),
            local: Some("192.0.2.1:5061".to_owned()),
            remote: "[2001:db8::1]:5061".to_owned(),
            text: "INVITE sip:a@b SIP/2.0\r\n\r\n".repeat(400),
        };
        let ladder = SipLadder {
            account_sid: AccountSid::new(),
            call_sid: CallSid::new(),
            root_call_sid: CallSid::new(),
            messages: vec![message],
            before_gap: 1,
            dropped: 7,
        };
        let kept = pack(&ladder, Timestamp::MAX).unwrap();
        assert!(kept.content.len() < 1_000, "{}", kept.content.len());
        assert_eq!(unpack(&kept.content).unwrap(), ladder);
        assert!(unpack(&kept.content[..kept.content.len() / 2]).is_err());
    }

    #[test]
    fn an_account_that_wants_no_ladders_keeps_none() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(expires_at(now, 0), None);
        assert_eq!(expires_at(now, 2).unwrap().as_second(), 172_800);
    }
}
