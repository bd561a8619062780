//! What an operator may set.

use std::path::PathBuf;

use serde::Deserialize;

use crate::TtsConfig;

/// Limits of speech and prompts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechConfig {
    /// The espeak-ng program, by name or path.
    pub espeak_program: String,
    /// Servers that are asked before espeak-ng, which speaks where they fail.
    pub servers: Vec<TtsConfig>,
    /// Longest text of one utterance, in characters spoken.
    pub characters_max: usize,
    /// Longest time for one synthesis with its wait for a place, in milliseconds.
    pub synthesis_timeout_ms: u32,
    /// Syntheses and decodings at once, each; 0 means one per core. Up to 256 more wait, the next is turned back.
    pub concurrency: usize,
    /// Longest sound file or utterance, in seconds.
    pub prompt_max_s: u32,
    /// Samples kept in memory, in bytes.
    pub memory_cache_bytes: usize,
    /// Folder for synthesised speech, usually `cache/tts` in the data directory; none keeps it in memory only.
    pub disk_cache_dir: Option<PathBuf>,
    /// Size of that folder, in bytes; beyond it the longest unused files go.
    pub disk_cache_bytes: u64,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        Self {
            espeak_program: "espeak-ng".to_owned(),
            servers: Vec::new(),
            characters_max: 4_000,
            synthesis_timeout_ms: 10_000,
            concurrency: 0,
            prompt_max_s: 600,
            memory_cache_bytes: 64 * 1024 * 1024,
            disk_cache_dir: None,
            disk_cache_bytes: 512 * 1024 * 1024,
        }
    }
}

impl SpeechConfig {
    /// `concurrency`, with 0 resolved.
    pub(crate) fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.concurrency == 0 { cores() } else { self.concurrency }
    }
}
