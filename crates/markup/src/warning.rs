//! What a document got wrong without being refused.

use std::fmt;

/// Something ignored or replaced by its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Which rule.
    pub code: Code,
    /// Line of the element, counted from 1.
    pub line: u32,
    /// Column of the element in characters, counted from 1.
    pub column: u32,
    /// One sentence with the name and value concerned.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {} {}", self.line, self.column, self.code.number(), self.text)
    }
}

/// Notification codes of document warnings, as the Restcomm and Twilio error tables number them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 11100: a URL is malformed.
    InvalidUri,
    /// 11101: a URL attribute is empty.
    EmptyCallback,
    /// 12200: an element or attribute is unknown, misplaced, deprecated or unsupported.
    Schema,
    /// 13210: Dial, bad method.
    DialMethod,
    /// 13212: Dial, bad timeout.
    DialTimeout,
    /// 13214: Dial, bad callerId.
    DialCallerId,
    /// 13216: Dial, bad timeLimit.
    DialTimeLimit,
    /// 13224: Dial, bad or missing destination, or too many.
    DialNoun,
    /// 13233: Conference, bad waitUrl or value.
    ConferenceWait,
    /// 13234: Conference, bad waitMethod.
    ConferenceWaitMethod,
    /// 13310: Gather, bad finishOnKey.
    GatherFinishOnKey,
    /// 13313: Gather, bad timeout.
    GatherTimeout,
    /// 13314: Gather, bad numDigits.
    GatherNumDigits,
    /// 13315: Gather, bad startInputKey.
    GatherStartInputKey,
    /// 13321: Say inside Gather, bad voice.
    GatherSayVoice,
    /// 13322: Say or Play inside Gather, bad loop.
    GatherLoop,
    /// 13325: Play inside Gather, no URL.
    GatherPlayUrl,
    /// 13410: Play, bad loop.
    PlayLoop,
    /// 13420: Play, neither URL nor usable digits.
    PlayContent,
    /// 13510: Say, bad loop.
    SayLoop,
    /// 13511: Say, bad voice.
    SayVoice,
    /// 13610: Record, bad method.
    RecordMethod,
    /// 13612: Record, bad maxLength, timeout or media.
    RecordNumber,
    /// 13613: Record, bad finishOnKey.
    RecordFinishOnKey,
    /// 13710: Redirect, bad method.
    RedirectMethod,
    /// 13910: Pause, bad length.
    PauseLength,
    /// 14101: message, bad receiver.
    MessageTo,
    /// 14102: message, bad sender.
    MessageFrom,
    /// 14103: message, no body.
    MessageBody,
    /// 14104: Gather or message, bad method.
    MessageMethod,
    /// 14110: verb not valid in a messaging document.
    MessagingVerb,
    /// 15001: `<Video>` is not supported.
    Video,
}

impl Code {
    /// The number in the notification log.
    pub fn number(self) -> u32 {
        match self {
            Self::InvalidUri => 11100,
            Self::EmptyCallback => 11101,
            Self::Schema => 12200,
            Self::DialMethod => 13210,
            Self::DialTimeout => 13212,
            Self::DialCallerId => 13214,
            Self::DialTimeLimit => 13216,
            Self::DialNoun => 13224,
            Self::ConferenceWait => 13233,
            Self::ConferenceWaitMethod => 13234,
            Self::GatherFinishOnKey => 13310,
            Self::GatherTimeout => 13313,
            Self::GatherNumDigits => 13314,
            Self::GatherStartInputKey => 13315,
            Self::GatherSayVoice => 13321,
            Self::GatherLoop => 13322,
            Self::GatherPlayUrl => 13325,
            Self::PlayLoop => 13410,
            Self::PlayContent => 13420,
            Self::SayLoop => 13510,
            Self::SayVoice => 13511,
            Self::RecordMethod => 13610,
            Self::RecordNumber => 13612,
            Self::RecordFinishOnKey => 13613,
            Self::RedirectMethod => 13710,
            Self::PauseLength => 13910,
            Self::MessageTo => 14101,
            Self::MessageFrom => 14102,
            Self::MessageBody => 14103,
            Self::MessageMethod => 14104,
            Self::MessagingVerb => 14110,
            Self::Video => 15001,
        }
    }
}
