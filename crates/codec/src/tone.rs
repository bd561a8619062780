//! Telephone tones.

/// A tone of the telephone network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The called phone rings: 425 Hz, 1 s on, 3 s off (Belgium; ITU-T E.180 supplement 2).
    Ringback,
    /// The called line is busy: 425 Hz, 0.5 s on, 0.5 s off.
    Busy,
    /// No way through: 425 Hz, 167 ms on, 167 ms off.
    Congestion,
    /// Recording starts: 1 000 Hz without pause.
    Beep,
}
