//! What everything here ends in.

use std::sync::Arc;
use std::time::Duration;

/// Samples per second of every [`Prompt`].
pub(crate) const RATE_HZ: u32 = 8_000;

/// Sound ready for a call: 8 000 Hz, mono, 16 bits. Cloning shares the samples.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The samples.
    pub pcm: Arc<[i16]>,
    /// Their length in time.
    pub duration: Duration,
}

impl Prompt {
    /// Wraps samples at 8 000 Hz.
    pub fn new(pcm: impl Into<Arc<[i16]>>) -> Self {
        let pcm = pcm.into();
        let duration = Duration::from_micros(pcm.len() as u64 * 1_000_000 / u64::from(RATE_HZ));
        Self { pcm, duration }
    }

    /// Memory taken by the samples.
    pub(crate) fn bytes(&self) -> usize {
        self.pcm.len() * size_of::<i16>()
    }
}

impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompt").field("duration", &self.duration).finish_non_exhaustive()
    }
}
