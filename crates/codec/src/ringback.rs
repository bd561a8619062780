//! What a caller hears while the called phone rings, country by country.

use crate::SAMPLE_RATE_HZ;
use crate::tone::{TONE_PEAK, ms, sines_by};

/// How the frequencies of a tone go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pitch {
    One(u16),
    /// Both at once.
    Sum(u16, u16),
    /// The first, its loudness moved by the second.
    Modulated(u16, u16),
}

use Pitch::{Modulated, One, Sum};

/// On and off in ms, once or twice, then again from the start.
type Cadence = &'static [(u32, u32)];

const LONG: Cadence = &[(1_000, 4_000)];
const DOUBLE: Cadence = &[(400, 200), (400, 2_000)];

/// ITU-T E.180 supplement 2 (02/2003) and, where it is silent or superseded, the national specifications: BT SIN 350, ACIF S002, TNA 102,
/// IDA TS PSTN1. Sorted by country.
const RINGBACKS: [(&str, Pitch, Cadence); 39] = [
    ("at", One(420), &[(1_000, 5_000)]),
    ("au", Sum(413, 438), DOUBLE),
    ("be", One(425), &[(1_000, 3_000)]),
    ("bg", One(425), LONG),
    ("br", One(425), LONG),
    ("ch", One(425), LONG),
    ("cl", One(400), &[(1_000, 3_000)]),
    ("cn", One(450), LONG),
    ("cz", One(425), LONG),
    ("de", One(425), LONG),
    ("dk", One(425), LONG),
    ("ee", One(425), LONG),
    ("es", One(425), &[(1_500, 3_000)]),
    ("fi", One(425), LONG),
    ("fr", One(440), &[(1_500, 3_500)]),
    ("gr", One(425), LONG),
    ("hu", One(425), &[(1_250, 3_750)]),
    ("il", One(414), &[(1_000, 3_000)]),
    ("in", Modulated(400, 25), DOUBLE),
    ("it", One(425), LONG),
    ("jp", Modulated(400, 16), &[(1_000, 2_000)]),
    ("lt", One(425), LONG),
    ("mx", One(425), LONG),
    ("my", One(425), DOUBLE),
    ("nl", One(425), LONG),
    ("no", One(425), LONG),
    ("nz", Sum(400, 450), DOUBLE),
    ("ph", Sum(425, 480), LONG),
    ("pl", One(425), LONG),
    ("pt", One(425), &[(1_000, 5_000)]),
    ("ru", One(425), LONG),
    ("se", One(425), &[(1_000, 5_000)]),
    ("sg", Modulated(425, 24), DOUBLE),
    ("th", One(420), &[(1_000, 5_000)]),
    ("tw", Sum(440, 480), &[(1_000, 2_000)]),
    ("uk", Sum(400, 450), DOUBLE),
    ("us", Sum(440, 480), &[(2_000, 4_000)]),
    ("ve", One(425), LONG),
    ("za", Modulated(400, 33), DOUBLE),
];

/// Other names of the same tones, and the one the United States had before 1950.
fn entry(country: &str) -> Option<(Pitch, Cadence)> {
    let name = match country {
        "gb" => "uk",
        "us-old" => return Some((Modulated(420, 40), &[(2_000, 4_000)])),
        name => name,
    };
    let index = RINGBACKS.binary_search_by_key(&name, |(country, ..)| country).ok()?;
    let (_, pitch, cadence) = RINGBACKS[index];
    Some((pitch, cadence))
}

/// One cycle of a country's ring-back, pauses included, at 8 000 Hz; played again and again it is the tone. `country` is an ISO 3166 code in
/// small letters, `uk` or `us-old`; `None` for one whose tone is not known.
pub fn ringback(country: &str) -> Option<Vec<i16>> {
    let (pitch, cadence) = entry(country)?;
    let mut samples = Vec::new();
    for &(on_ms, off_ms) in cadence {
        samples.extend(match pitch {
            One(hz) => sines_by(&[(hz.into(), TONE_PEAK)], on_ms, |_| 1.0),
            // Two together are as loud as one (ITU-T E.180 §5: the level is that of the whole).
            Sum(low, high) => {
                let peak = TONE_PEAK / std::f64::consts::SQRT_2;
                sines_by(&[(low.into(), peak), (high.into(), peak)], on_ms, |_| 1.0)
            }
            Modulated(hz, by) => sines_by(&[(hz.into(), TONE_PEAK)], on_ms, |n| {
                let turn = f64::from(by) * f64::from(n) / f64::from(SAMPLE_RATE_HZ);
                f64::midpoint(1.0, (std::f64::consts::TAU * turn).cos())
            }),
        });
        samples.resize(samples.len() + ms(off_ms) as usize, 0);
    }
    Some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power of a frequency in samples, by Goertzel's algorithm, against that of a sine of the usual level.
    fn level(samples: &[i16], hz: f64) -> f64 {
        let turn = 2.0 * (std::f64::consts::TAU * hz / f64::from(SAMPLE_RATE_HZ)).cos();
        let (mut one, mut two) = (0.0, 0.0);
        for sample in samples {
            (one, two) = (f64::from(*sample) + turn * one - two, one);
        }
        let power = one * one + two * two - turn * one * two;
        let length = f64::from(u32::try_from(samples.len()).unwrap());
        power.max(0.0).sqrt() / (length / 2.0) / TONE_PEAK
    }

    fn is_silent(samples: &[i16]) -> bool {
        samples.iter().all(|sample| *sample == 0)
    }

    #[test]
    fn the_table_is_sorted_and_every_country_sounds_and_pauses() {
        assert!(RINGBACKS.is_sorted_by_key(|(country, ..)| *country));
        for (country, _, cadence) in RINGBACKS {
            let cycle = ringback(country).unwrap();
            let whole: u32 = cadence.iter().map(|(on, off)| on + off).sum();
            assert_eq!(cycle.len(), ms(whole) as usize, "{country}");
            assert!(!is_silent(&cycle[..400]) && is_silent(&cycle[cycle.len() - 8_000..]), "{country}");
        }
        assert_eq!((ringback("gb"), ringback("zz"), ringback("")), (ringback("uk"), None, None));
    }

    #[test]
    fn belgium_sounds_like_the_platforms_own_tone() {
        assert_eq!(ringback("be").unwrap(), crate::Tone::Ringback.cycle());
    }

    #[test]
    fn the_british_double_ring_has_both_its_tones_twice() {
        let cycle = ringback("uk").unwrap();
        let (first, pause, second) = (&cycle[..3_200], &cycle[3_200..4_800], &cycle[4_800..8_000]);
        for burst in [first, second] {
            assert!(level(burst, 400.0) > 0.6 && level(burst, 450.0) > 0.6);
            assert!(level(burst, 425.0) < 0.3);
        }
        assert!(is_silent(pause) && is_silent(&cycle[8_000..]));
    }

    #[test]
    fn the_american_tone_lasts_two_seconds_of_six_and_the_french_one_is_higher() {
        let american = ringback("us").unwrap();
        assert!(level(&american[..16_000], 440.0) > 0.6 && level(&american[..16_000], 480.0) > 0.6);
        assert!(is_silent(&american[16_000..]) && american.len() == 48_000);
        let french = ringback("fr").unwrap();
        assert!(level(&french[..12_000], 440.0) > 0.9 && level(&french[..12_000], 425.0) < 0.1);
    }

    #[test]
    fn a_modulated_tone_has_its_side_bands() {
        let burst = &ringback("in").unwrap()[..3_200];
        assert!(level(burst, 400.0) > 0.4 && level(burst, 375.0) > 0.2 && level(burst, 425.0) > 0.2);
    }
}
