//! Audio that many calls play.

use std::fmt;
use std::sync::{Arc, OnceLock};

use flexio_codec::{G711, g711};

/// Decoded audio at 8 000 Hz, mono, shared by all calls that play it. Cloning is cheap.
///
/// The G.711 form is made once per law, on the first [`Media::send`](crate::Media::send) that needs it and
/// on the thread that calls it, so that a call costs a copy of 160 bytes per 20 ms.
#[derive(Clone)]
pub struct Prompt(Arc<Inner>);

struct Inner {
    pcm: Box<[i16]>,
    pcma: OnceLock<Box<[u8]>>,
    pcmu: OnceLock<Box<[u8]>>,
}

impl Prompt {
    /// A prompt from samples at 8 000 Hz, mono.
    pub fn new(pcm: impl Into<Box<[i16]>>) -> Self {
        Self(Arc::new(Inner { pcm: pcm.into(), pcma: OnceLock::new(), pcmu: OnceLock::new() }))
    }

    /// The samples.
    pub fn pcm(&self) -> &[i16] {
        &self.0.pcm
    }

    /// Length in ms, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.0.pcm.len() as u64 / 8
    }

    /// Makes the encoded form; costs about 0.5 ns per sample, once.
    pub(crate) fn prepare(&self, law: G711) {
        self.cell(law).get_or_init(|| {
            let mut bytes = vec![0; self.0.pcm.len()];
            g711::encode(law, &self.0.pcm, &mut bytes);
            bytes.into()
        });
    }

    /// The encoded form, if [`Prompt::prepare`] has been called for this law.
    pub(crate) fn encoded(&self, law: G711) -> Option<&[u8]> {
        self.cell(law).get().map(|bytes| &**bytes)
    }

    fn cell(&self, law: G711) -> &OnceLock<Box<[u8]>> {
        match law {
            G711::ALaw => &self.0.pcma,
            G711::MuLaw => &self.0.pcmu,
        }
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("duration_ms", &self.duration_ms()).finish_non_exhaustive()
    }
}
