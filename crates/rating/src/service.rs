//! The services the platform can meter: the closed list every plan must place.

use std::fmt;

/// How use of a service is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, priced per minute (or another number of seconds).
    Minute,
    /// Segments of a text message.
    Segment,
    /// Set-ups of a conference.
    Setup,
    /// Requests.
    Request,
    /// Calendar months.
    Month,
}

impl Unit {
    /// As in a plan's `per`, but for months, which are written in two ways.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Segment => "segment",
            Self::Setup => "setup",
            Self::Request => "request",
            Self::Month => "calendar_month",
        }
    }
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $unit:ident;)*) => {
        /// A service that can be priced, free or refused. Every plan places each of them exactly once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Service { $($(#[$doc])* $name,)* }

        impl Service {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As in plan files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How it is counted.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }
        }
    };
}

services! {
    /// A leg to a rented number.
    VoiceIn = "voice.in", Minute;
    /// A leg to a geographic number, or one priced like it.
    VoiceOutFixed = "voice.out.fixed", Minute;
    /// A leg to a mobile number.
    VoiceOutMobile = "voice.out.mobile", Minute;
    /// A leg to a number that is free for the caller.
    VoiceOutTollFree = "voice.out.tollfree", Minute;
    /// A leg to a premium or shared-revenue number.
    VoiceOutPremium = "voice.out.premium", Minute;
    /// A leg to a machine.
    VoiceOutM2m = "voice.out.m2m", Minute;
    /// A leg abroad that no deck prices.
    VoiceOutInternational = "voice.out.international", Minute;
    /// A leg to a satellite network that no deck prices.
    VoiceOutSatellite = "voice.out.satellite", Minute;
    /// An emergency call.
    VoiceEmergency = "voice.emergency", Minute;
    /// A leg from or to a SIP address, and a message to one.
    VoiceSip = "voice.sip", Minute;
    /// A leg from or to a registered client, and a message to one.
    VoiceClient = "voice.client", Minute;
    /// A message to a mobile number.
    SmsOut = "sms.out", Segment;
    /// A message abroad that no deck prices.
    SmsOutInternational = "sms.out.international", Segment;
    /// A message to a rented number.
    SmsIn = "sms.in", Segment;
    /// Recorded time.
    Recording = "recording", Minute;
    /// The first participant of a conference.
    ConferenceSetup = "conference.setup", Setup;
    /// An accepted request for a one-time code; what carries the code is rated as itself unless the plan includes it.
    TwoFaRequest = "twofa.request", Request;
    /// Checking a code.
    TwoFaVerify = "twofa.verify", Request;
    /// A code that goes by e-mail.
    TwoFaEmail = "twofa.email", Request;
    /// Synthesised speech.
    Tts = "tts", Minute;
    /// Collected digits or speech.
    Gather = "gather", Request;
    /// Time in a queue.
    Queue = "queue", Minute;
    /// A request of a program to the API.
    ApiRequest = "api.request", Request;
    /// A rented number.
    NumberFixed = "number.fixed", Month;
    /// The visual designer.
    Designer = "designer", Month;
}

impl Service {
    /// The service of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|service| service.as_str() == code)
    }

    /// Never charged and never refused: emergency calls, and numbers the called party pays for.
    pub const fn must_be_free(self) -> bool {
        matches!(self, Self::VoiceEmergency | Self::VoiceOutTollFree)
    }

    /// Free where a plan says nothing of it; every other service has its place.
    pub(crate) const fn may_be_left_out(self) -> bool {
        matches!(self, Self::ApiRequest)
    }

    /// Whether use of it becomes usage events or holding intervals; what is not metered cannot be priced.
    pub(crate) const fn is_metered(self) -> bool {
        !matches!(self, Self::TwoFaVerify | Self::TwoFaEmail | Self::Gather)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
