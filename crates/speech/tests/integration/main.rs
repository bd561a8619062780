//! The service with the real espeak-ng, hostile sound files, and a fetcher that counts.

mod files;
mod play;
mod say;
