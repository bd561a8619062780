//! An estimate of listening quality from figures of the network (E-model, ITU-T G.107).

/// What the network did to the audio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Impairments {
    /// Loss after the jitter buffer (lost plus late packets), in percent.
    pub loss_percent: f32,
    /// Delay from mouth to ear, in ms: network one way, packet length and jitter buffer.
    pub delay_ms: f32,
    /// Equipment impairment of the codec: 0 for G.711, 11 for G.729A (ITU-T G.113 appendix I).
    pub equipment: f32,
    /// Robustness of the codec to random loss: 25.1 for G.711 with concealment (G.113 appendix I).
    pub robustness: f32,
}

impl Impairments {
    /// G.711 with concealment of lost packets.
    pub fn g711(loss_percent: f32, delay_ms: f32) -> Self {
        Self { loss_percent, delay_ms, equipment: 0.0, robustness: 25.1 }
    }
}

/// Mean opinion score, 1.0–4.5. Independent of room, microphone and echo, which are taken as ideal
/// (G.107 defaults, R₀ − Is = 93.2).
pub fn mos(network: Impairments) -> f32 {
    let loss = network.loss_percent.clamp(0.0, 100.0);
    let delay = network.delay_ms.max(0.0);
    let equipment =
        network.equipment + (95.0 - network.equipment) * loss / (loss + network.robustness.max(0.1));
    let late = (delay - 177.3).max(0.0);
    let delay_impairment = 0.024 * delay + 0.11 * late;
    let r = (93.2 - delay_impairment - equipment).clamp(0.0, 100.0);
    (1.0 + 0.035 * r + 7.0e-6 * r * (r - 60.0) * (100.0 - r)).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_g711_call_scores_as_published() {
        // G.107 table: R = 93.2 is a MOS of 4.41.
        assert!((mos(Impairments::g711(0.0, 0.0)) - 4.41).abs() < 0.01);
    }

    #[test]
    fn more_loss_or_delay_never_sounds_better() {
        let mut last = 5.0;
        for loss in 0..=100u8 {
            let score = mos(Impairments::g711(f32::from(loss), 50.0));
            assert!(score <= last && (1.0..=4.5).contains(&score));
            last = score;
        }
        assert!(mos(Impairments::g711(1.0, 400.0)) < mos(Impairments::g711(1.0, 100.0)));
    }
}
