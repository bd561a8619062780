//! One-time codes: what a verification may become, what may be sent to whom, and in which words.
//!
//! Owns: codes ([`code`]), the life of a verification ([`life`]), codes of apps ([`totp`]) and the life of such an app ([`factor`]), what authenticators say of passkeys ([`passkey`]), the guard against sending for somebody else's profit ([`guard`]), texts in
//! four languages ([`texts`]). Does not own: digests of codes (the vault of `app`), counting (the store), sending (`app`, the nodes).
//!
//! Invariants: no code is kept, shown or logged here; a verification is approved at most once, never after its end and never after its
//! last wrong code; a code of an app is taken once; what the guard refuses, it explains. No clock, randomness, file or network.
//!
//! Start reading at [`life`].

pub mod code;
pub mod factor;
pub mod guard;
pub mod life;
pub mod passkey;
pub mod templates;
pub mod texts;
pub mod totp;
