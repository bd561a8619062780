//! Keys of audio: each recording has one of its own, sealed under its account's, which is sealed under the master key.
//!
//! A recording's key is destroyed with its audio, an account's with all its audio: whatever copy is left cannot be read. Only the keys of
//! accounts change their form when the master key is rotated, which is why there are three levels.

use std::sync::Arc;

use flexio_domain::{
    AccountSid, ErrorCode, Recording, RecordingPurpose, RecordingSid, Sealed, Timestamp, TranscriptionSid,
};
use flexio_store::{Change, StoreError};
use jiff::SignedDuration;

use super::sealed::AudioKey;
use crate::error::AppError;
use crate::vault::{MasterKey, Vault, VaultError};
use crate::{App, vault};

/// Account keys read at once when they are resealed.
const RESEALED_AT_ONCE: u32 = 500;

/// What a node needs to record for an account, got once per call.
#[derive(Debug, Clone)]
pub struct RecordingTerms {
    key: Arc<Vault>,
    /// Days the audio is kept; 0 for ever.
    days: u16,
}

impl RecordingTerms {
    /// A new key for a recording, and as it is kept.
    pub fn new_key(&self, sid: RecordingSid) -> (AudioKey, Sealed) {
        let key: [u8; 32] = vault::random();
        let sealed = self.key.seal(&sid.to_string(), &key);
        (AudioKey(key), sealed)
    }

    /// The text of a recording as it is kept.
    pub fn seal_text(&self, sid: TranscriptionSid, text: &str) -> Sealed {
        self.key.seal(&sid.to_string(), text.as_bytes())
    }

    /// When audio of `made_at` is deleted: what the account says, but not later than its purpose allows.
    pub fn expires_at(&self, made_at: Timestamp, purpose: Option<RecordingPurpose>) -> Option<Timestamp> {
        let own = Some(self.days).filter(|days| *days > 0);
        let most = purpose.and_then(RecordingPurpose::days_max);
        let days = own.into_iter().chain(most).min()?;
        let kept = SignedDuration::from_hours(24 * i64::from(days));
        Some(made_at.saturating_add(kept).unwrap_or(Timestamp::MAX))
    }
}

impl App {
    /// What recordings of the account are made with; makes the account's key where it has none.
    pub async fn recording_terms(&self, account: AccountSid) -> Result<RecordingTerms, AppError> {
        let found = self.account_now(account).await?.ok_or(ErrorCode::NotFound)?;
        let days = found.recording_days.unwrap_or(self.config.recording_days);
        Ok(RecordingTerms { key: self.account_key(account).await?, days })
    }

    /// The account's key; makes one where it has none.
    pub(crate) async fn account_key(&self, account: AccountSid) -> Result<Arc<Vault>, AppError> {
        if let Some(known) = self.known_account_key(account).await? {
            return Ok(known);
        }
        let new = self.vault.seal(&account.to_string(), &vault::random::<32>());
        match self.store.commit(Change::CreateAccountKey(account, new).into()).await {
            // Or another call of the account was quicker.
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.known_account_key(account).await?.ok_or(VaultError::Damaged)?)
    }

    /// The account's key; `None` where it has none, or none any more.
    pub(crate) async fn known_account_key(
        &self,
        account: AccountSid,
    ) -> Result<Option<Arc<Vault>>, AppError> {
        let now = self.clock.now();
        if let Some(known) = self.account_keys.get(&account, now) {
            return Ok(Some(known));
        }
        let ticket = self.account_keys.ticket();
        let Some(sealed) = self.store.account_key(account).await? else { return Ok(None) };
        let bytes = self.vault.open(&account.to_string(), &sealed)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| VaultError::Damaged)?;
        let key = Arc::new(Vault::new(&MasterKey::from_bytes(1, bytes), &[]));
        self.account_keys.put(ticket, account, Arc::clone(&key), now);
        Ok(Some(key))
    }

    /// The key of a recording's audio; `NotFound` once it is destroyed.
    pub(crate) async fn audio_key(&self, recording: &Recording) -> Result<AudioKey, AppError> {
        let sealed = recording.key.as_ref().ok_or(ErrorCode::NotFound)?;
        self.key_of(recording.account_sid, recording.sid, sealed).await
    }

    /// A key that is sealed under the account's; `NotFound` once that is destroyed.
    pub(crate) async fn key_of(
        &self,
        account: AccountSid,
        sid: RecordingSid,
        sealed: &Sealed,
    ) -> Result<AudioKey, AppError> {
        // Only read here: a new account key would open nothing.
        if self.store.account_key(account).await?.is_none() {
            return Err(ErrorCode::NotFound.into());
        }
        let account_key = self.account_key(account).await?;
        let bytes = account_key.open(&sid.to_string(), sealed)?;
        Ok(AudioKey(bytes.try_into().map_err(|_| VaultError::Damaged)?))
    }

    /// Makes all audio of the account unreadable, wherever copies of it lie.
    pub async fn destroy_account_key(&self, account: AccountSid) -> Result<(), AppError> {
        self.store.commit(Change::DestroyAccountKey(account).into()).await?;
        self.account_keys.remove(&account);
        Ok(())
    }

    /// Seals the keys of all accounts under the current master key, as after a rotation: then the old one can leave the key file.
    /// Returns how many had to be. Doing it again finds none.
    pub async fn reseal_account_keys(&self) -> Result<u64, AppError> {
        let (mut after, mut resealed) = (None, 0);
        loop {
            let keys = self.store.account_keys(after, RESEALED_AT_ONCE).await?;
            let Some((last, _)) = keys.last() else { return Ok(resealed) };
            after = Some(*last);
            for (account, from) in keys.into_iter().filter(|(_, sealed)| self.vault.is_stale(sealed)) {
                let owner = account.to_string();
                let to = self.vault.seal(&owner, &self.vault.open(&owner, &from)?);
                match self.store.commit(Change::ResealAccountKey { account, from, to }.into()).await {
                    Ok(()) => resealed += 1,
                    // Another node did it.
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecordingPurpose as P;

    #[test]
    fn a_recording_is_kept_as_the_account_says_and_no_longer_than_its_purpose_allows() {
        let kept = |days, purpose| {
            let key = Arc::new(Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]));
            let until = RecordingTerms { key, days }.expires_at(Timestamp::UNIX_EPOCH, purpose);
            until.map(|until| until.as_second() / 86_400)
        };
        for (days, purpose, expected) in [
            (0, None, None),
            (0, Some(P::Transaction), None),
            (0, Some(P::Quality), Some(30)),
            (90, Some(P::Agreed), Some(90)),
            (90, Some(P::Quality), Some(30)),
            (7, Some(P::Quality), Some(7)),
        ] {
            assert_eq!(kept(days, purpose), expected, "{days} {purpose:?}");
        }
    }
}
