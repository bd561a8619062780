//! A stream of samples at any accepted rate to the rate of prompts.

use flexio_codec::Resampler;

use crate::PromptError;
use crate::prompt::RATE_HZ;

/// Collects samples at 8 000 Hz. Those of other rates come about 2 ms late and end within 10 ms of silence, which the filter of
/// the resampler needs to ring out.
#[derive(Debug)]
pub(crate) struct ToEightKilohertz {
    resampler: Option<Resampler>,
    ring_out: usize,
    out: Vec<i16>,
}

impl ToEightKilohertz {
    pub(crate) fn new(rate_hz: u32) -> Result<Self, PromptError> {
        let resampler = match rate_hz {
            RATE_HZ => None,
            _ => Some(Resampler::new(rate_hz, RATE_HZ).map_err(|_| PromptError::UnsupportedShape)?),
        };
        Ok(Self { resampler, ring_out: rate_hz as usize / 100, out: Vec::new() })
    }

    pub(crate) fn push(&mut self, samples: &[i16]) {
        match &mut self.resampler {
            None => self.out.extend_from_slice(samples),
            Some(resampler) => resampler.process(samples, &mut self.out),
        }
    }

    /// Samples so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// All samples; none if none came.
    pub(crate) fn finish(mut self) -> Vec<i16> {
        if let Some(resampler) = self.resampler.as_mut().filter(|_| !self.out.is_empty()) {
            resampler.process(&vec![0; self.ring_out], &mut self.out);
        }
        self.out
    }
}
