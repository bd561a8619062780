//! Passwords of people: what is accepted, and how they are kept (argon2id, 19 MiB, two passes).

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use flexio_domain::ErrorCode;
use tokio::sync::Semaphore;

use crate::error::{AppError, refuse};

/// Passwords worked on at one time: each takes 19 MiB and some ten milliseconds of a core. Others wait.
pub(crate) const HASHERS_MAX: usize = 4;
/// Fewest and most characters.
const CHARS: (usize, usize) = (12, 200);
/// Found in the first lines of every list of leaked passwords, of those that are long enough.
const COMMON: [&str; 12] = [
    "123456789012",
    "1234567890123",
    "qwertyuiop12",
    "qwertyuiop123",
    "password1234",
    "password12345",
    "passwordpassword",
    "administrator",
    "iloveyou1234",
    "qwerty123456",
    "abcdefghijkl",
    "letmeinletmein",
];

/// The PHC form of a password that may be used.
pub(crate) async fn hash(hashers: &Semaphore, email: &str, password: &str) -> Result<String, AppError> {
    check_strength(email, password)?;
    let password = password.to_owned();
    let _permit = hashers.acquire().await.map_err(|_| ErrorCode::Unavailable)?;
    let work = move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    };
    let hash = tokio::task::spawn_blocking(work).await.map_err(|_| ErrorCode::Internal)?;
    hash.map_err(|_| ErrorCode::Internal.into())
}

/// Whether the password is right. Where there is none to compare with, as much work is done.
pub(crate) async fn check(
    hashers: &Semaphore,
    hash: Option<String>,
    password: &str,
) -> Result<bool, AppError> {
    if password.len() > 4 * CHARS.1 {
        return Ok(false);
    }
    let password = password.to_owned();
    let _permit = hashers.acquire().await.map_err(|_| ErrorCode::Unavailable)?;
    let work = move || match hash.as_deref().map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Some(Err(_)) | None => {
            let mut out = [0; 32];
            let _ = Argon2::default().hash_password_into(password.as_bytes(), b"nobody's salt", &mut out);
            false
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ErrorCode::Internal.into())
}

/// Length is what counts (NIST SP 800-63B §5.1.1.2): no rules of composition.
fn check_strength(email: &str, password: &str) -> Result<(), AppError> {
    let weak = |why: &str| Err(refuse(ErrorCode::PasswordTooWeak, why));
    let chars = password.chars().count();
    if chars < CHARS.0 || chars > CHARS.1 {
        return weak("The password needs 12 to 200 characters.");
    }
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or("").to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if COMMON.contains(&lower.as_str()) || distinct.len() < 5 || (name.len() > 3 && lower.contains(&name)) {
        return weak("The password is easy to guess.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_what_is_easy_to_guess_does_not_pass() {
        for password in ["short", "aaaaaaaaaaaaaaa", "Password1234", "abababababab", "my-operator-word"] {
            assert!(check_strength("operator@acme.test", password).is_err(), "{password}");
        }
        check_strength("operator@acme.test", "correct horse battery").unwrap();
    }

    #[tokio::test]
    async fn a_kept_password_opens_with_itself_only() {
        let hashers = Semaphore::new(1);
        let kept = hash(&hashers, "a@b.test", "correct horse battery").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(check(&hashers, Some(kept.clone()), "correct horse battery").await.unwrap());
        assert!(!check(&hashers, Some(kept), "correct horse batterz").await.unwrap());
        assert!(!check(&hashers, None, "correct horse battery").await.unwrap());
    }
}
