//! Sound files of an account: what calls and flows play by name, `sound:welcome.wav`, without a web server of the customer's.
//!
//! They lie in the database, sealed under the account's key, and are given to the voice node inside the process.

use flexio_domain::{Account, AccountSid, ErrorCode, Sound};
use flexio_store::{Change, FlowChange, KeptSound, StoreError};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Sound files of one account, at most.
pub const SOUNDS_MAX: u32 = 500;
/// Bytes of one, at most: four minutes of what telephones carry, as WAV.
pub const SOUND_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What a document writes before the name of a sound file.
pub const SOUND_SCHEME: &str = "sound:";

impl App {
    /// Sound files, by name.
    pub async fn sounds(&self, account: AccountSid) -> Result<Vec<Sound>, AppError> {
        Ok(self.store.sounds(account, SOUNDS_MAX).await?)
    }

    /// One of them.
    pub async fn sound(&self, account: AccountSid, name: &str) -> Result<Sound, AppError> {
        self.store.sound(account, name).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Its bytes; `NotFound` once it, or the key of the account, is gone.
    pub async fn sound_bytes(&self, account: AccountSid, name: &str) -> Result<Vec<u8>, AppError> {
        let sealed = self.store.sound_content(account, name).await?;
        let key = self.known_account_key(account).await?;
        let (Some(sealed), Some(key)) = (sealed, key) else { return Err(ErrorCode::NotFound.into()) };
        Ok(key.open(&sealed_as(name), &sealed)?)
    }

    /// Puts a sound file there, or another in its place.
    pub async fn save_sound(&self, account: &Account, name: &str, bytes: &[u8]) -> Result<Sound, AppError> {
        must_be_active(account)?;
        if !is_name(name) {
            let text =
                "A name has 1 to 100 letters, digits, `.`, `_` and `-`, and does not begin with a point.";
            return Err(refuse(ErrorCode::InvalidParameter, text));
        }
        if bytes.len() > SOUND_BYTES_MAX {
            return Err(ErrorCode::MediaTooLarge.into());
        }
        let content_type = audio_kind(bytes)
            .ok_or_else(|| refuse(ErrorCode::MediaKindRefused, "It is none of WAV, MP3 and Ogg."))?;
        let known = self.store.sound(account.sid, name).await?;
        if known.is_none() && self.store.sounds(account.sid, SOUNDS_MAX).await?.len() >= SOUNDS_MAX as usize {
            let text = format!("An account has at most {SOUNDS_MAX} sound files.");
            return Err(refuse(ErrorCode::InvalidParameter, text));
        }
        let content = self.account_key(account.sid).await?.seal(&sealed_as(name), bytes);
        let sound = Sound {
            account_sid: account.sid,
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            bytes: bytes.len() as u64,
            created_at: self.clock.now(),
        };
        let change = FlowChange::SaveSound(Box::new(KeptSound { sound: sound.clone(), content }));
        self.store.commit(Change::from(change).into()).await?;
        Ok(sound)
    }

    /// Deletes a sound file; what plays it is silent there from then on.
    pub async fn delete_sound(&self, account: AccountSid, name: &str) -> Result<(), AppError> {
        let change = FlowChange::DeleteSound(account, name.to_owned());
        match self.store.commit(Change::from(change).into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            result => {
                result?;
                Ok(())
            }
        }
    }
}

/// What a sealed sound is bound to: nothing of another kind can stand in its place.
fn sealed_as(name: &str) -> String {
    format!("sound {name}")
}

/// Whether a sound file may be called so.
fn is_name(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=100).contains(&name.len()) && name.chars().all(sound) && !name.starts_with('.')
}

/// The media type of audio, as its first bytes say (RFC 2361, ISO/IEC 11172-3, RFC 3533).
fn audio_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wav"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => Some("audio/mpeg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parts_of_addresses_and_kinds_follow_from_bytes() {
        for name in ["welcome.wav", "a", "A_b-1.mp3"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", ".hidden", "a/b", "a b", "é.wav", "a\0", &"x".repeat(101)] {
            assert!(!is_name(name), "{name}");
        }
        assert_eq!(audio_kind(b"RIFF\0\0\0\0WAVEfmt "), Some("audio/wav"));
        assert_eq!(audio_kind(b"OggS\0"), Some("audio/ogg"));
        assert_eq!(
            (audio_kind(b"ID3\x04"), audio_kind(&[0xFF, 0xFB])),
            (Some("audio/mpeg"), Some("audio/mpeg"))
        );
        for other in [&b"RIFF\0\0\0\0AVI "[..], b"", b"MZ", b"<svg", &[0xFF, 0x10]] {
            assert_eq!(audio_kind(other), None);
        }
    }
}
