//! What a delivery receipt says.
//!
//! The text form is not standardised: SMPP 3.4 Appendix B shows one vendor's, `id:IIIIIIIIII sub:SSS dlvrd:DDD
//! submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E text:…`, and every SMSC has its own spelling of
//! it. The parser takes keys in any case and order, `:` or `=`, blank, comma or semicolon between fields.

/// Longest message id kept, in characters (`receipted_message_id` is a C-Octet String of at most 65 octets).
pub const MESSAGE_ID_MAX: usize = 64;

/// The SMSC's name for a message, brought to one form by [`IdFormat::canonical`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(String);

impl MessageId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How an SMSC writes its message ids; some use hexadecimal in `submit_sm_resp` and decimal in receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdFormat {
    /// An opaque text, compared as it is.
    #[default]
    Text,
    /// A hexadecimal number of at most 64 bits, with or without leading zeros.
    Hex,
    /// A decimal number of at most 64 bits, with or without leading zeros.
    Decimal,
}

impl IdFormat {
    /// Brings `raw` to the form in which ids of both formats compare equal: numbers become decimal without leading
    /// zeros, texts lose blanks around them. A text that is not such a number is kept as a text, lest two ids fall
    /// together. `None` when nothing is left.
    pub fn canonical(self, raw: &str) -> Option<MessageId> {
        let raw = raw.trim();
        let number = match self {
            Self::Text => None,
            Self::Hex => u64::from_str_radix(raw, 16).ok(),
            Self::Decimal => raw.parse::<u64>().ok(),
        };
        let text = number.map_or_else(|| raw.chars().take(MESSAGE_ID_MAX).collect(), |n| n.to_string());
        (!text.is_empty()).then_some(MessageId(text))
    }
}

/// How to read the receipts of one SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptPolicy {
    /// Ids in `submit_sm_resp`.
    pub submit_ids: IdFormat,
    /// Ids in receipts, text and TLV alike.
    pub receipt_ids: IdFormat,
    /// Take a `deliver_sm` that is not marked as a receipt for one when its text looks like one. Off by default:
    /// any subscriber can send such a text.
    pub unmarked_text: bool,
}

/// State of a message in a receipt (SMPP 3.4 §5.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptState {
    /// On its way, delivery not finished.
    Enroute,
    /// The handset has it.
    Delivered,
    /// Validity period over.
    Expired,
    /// Removed at the SMSC.
    Deleted,
    /// Permanently undeliverable.
    Undeliverable,
    /// Read by customer service on behalf of the subscriber.
    Accepted,
    /// The SMSC does not know.
    Unknown,
    /// Refused by a delivery interface.
    Rejected,
}

impl ReceiptState {
    /// From `message_state` (SMPP 3.4 §5.2.28; 0 and 9 are from v5.0 §4.7.15).
    pub fn from_code(code: u8) -> Self {
        match code {
            0 | 1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            8 | 9 => Self::Rejected,
            _ => Self::Unknown,
        }
    }

    /// From the `stat` field, seven letters in Appendix B and other lengths elsewhere.
    pub fn from_text(text: &str) -> Self {
        let upper = text.to_ascii_uppercase();
        // Order matters: UNDELIV contains DELIV.
        let prefixes = [
            ("UNDEL", Self::Undeliverable),
            ("DELIV", Self::Delivered),
            ("EXPIR", Self::Expired),
            ("DELET", Self::Deleted),
            ("ACCEP", Self::Accepted),
            ("REJ", Self::Rejected),
            ("BLOCK", Self::Rejected),
            ("SKIP", Self::Rejected),
            ("FAIL", Self::Undeliverable),
            ("ENROUTE", Self::Enroute),
            ("BUFF", Self::Enroute),
            ("SCHED", Self::Enroute),
        ];
        let by_prefix =
            prefixes.iter().find(|(prefix, _)| upper.starts_with(prefix)).map(|(_, state)| *state);
        by_prefix.or_else(|| upper.parse().ok().map(Self::from_code)).unwrap_or(Self::Unknown)
    }

    /// Whether nothing more will be heard of the message.
    pub fn is_final(self) -> bool {
        match self {
            Self::Enroute | Self::Accepted | Self::Unknown => false,
            Self::Delivered | Self::Expired | Self::Deleted | Self::Undeliverable | Self::Rejected => true,
        }
    }
}

/// A delivery receipt, text and TLVs merged; a TLV wins over the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which message; `None` when the SMSC named none that could be read.
    pub message_id: Option<MessageId>,
    /// What became of it.
    pub state: ReceiptState,
    /// An intermediate notification: more will follow (SMPP 3.4 §5.2.12).
    pub intermediate: bool,
    /// `err` of the text, at most 16 characters, such as `000` or `0x1B`.
    pub error: Option<String>,
    /// `network_error_code`: network type and code (SMPP 3.4 §5.3.2.31).
    pub network_error: Option<(u8, u16)>,
    /// `done date` as sent, 10 to 14 digits, in the SMSC's own zone.
    pub done_date: Option<String>,
    /// Sender of the receipt: the recipient of the message.
    pub from: String,
    /// Recipient of the receipt: the sender of the message.
    pub to: String,
}

/// The fields of a receipt's text. Absent fields are `None`; nothing is invented.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiptText<'a> {
    /// `id`.
    pub id: Option<&'a str>,
    /// `sub`.
    pub sub: Option<&'a str>,
    /// `dlvrd`.
    pub dlvrd: Option<&'a str>,
    /// `submit date`.
    pub submit_date: Option<&'a str>,
    /// `done date`.
    pub done_date: Option<&'a str>,
    /// `stat`.
    pub stat: Option<&'a str>,
    /// `err`.
    pub err: Option<&'a str>,
    /// `text`, to the end.
    pub text: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// Longer spellings before the shorter ones they start with.
const KEYS: [(&str, Key); 19] = [
    ("message_id", Key::Id),
    ("messageid", Key::Id),
    ("msgid", Key::Id),
    ("id", Key::Id),
    ("submit date", Key::SubmitDate),
    ("submit_date", Key::SubmitDate),
    ("submitdate", Key::SubmitDate),
    ("sub date", Key::SubmitDate),
    ("sub", Key::Sub),
    ("dlvrd", Key::Dlvrd),
    ("done date", Key::DoneDate),
    ("done_date", Key::DoneDate),
    ("donedate", Key::DoneDate),
    ("status", Key::Stat),
    ("stat", Key::Stat),
    ("error", Key::Err),
    ("err", Key::Err),
    ("text", Key::Text),
    ("txt", Key::Text),
];

/// Reads a receipt's text. Fields come in any order; the first of a kind counts, and everything after `text:` is
/// text, whatever it looks like. Linear in the length of the input.
pub fn parse_text(input: &str) -> ReceiptText<'_> {
    let mut out = ReceiptText::default();
    let mut at = 0;
    let mut boundary = true;
    while let Some(next) = input[at..].chars().next() {
        let Some((key, value_at)) = boundary.then(|| key_at(input, at)).flatten() else {
            boundary = !next.is_ascii_alphanumeric() && next != '_';
            at += next.len_utf8();
            continue;
        };
        if key == Key::Text {
            out.text.get_or_insert(input[value_at..].trim_end_matches('\0'));
            break;
        }
        let value = value_from(input, value_at);
        // Continuing right after the key, not after the value: an empty value is followed by the next key.
        at = value_at + value.map_or(0, |v| v.start + v.text.len() - value_at);
        boundary = true;
        let slot = match key {
            Key::Id => &mut out.id,
            Key::Sub => &mut out.sub,
            Key::Dlvrd => &mut out.dlvrd,
            Key::SubmitDate => &mut out.submit_date,
            Key::DoneDate => &mut out.done_date,
            Key::Stat => &mut out.stat,
            Key::Err => &mut out.err,
            Key::Text => &mut out.text,
        };
        if let Some(value) = value {
            slot.get_or_insert(value.text.trim_matches(['"', '\'']));
        }
    }
    out
}

/// The key that starts at `at` with its separator, and where its value starts.
fn key_at(input: &str, at: usize) -> Option<(Key, usize)> {
    let bytes = input.as_bytes();
    KEYS.iter().find_map(|(name, key)| {
        let end = at + name.len();
        if !bytes.get(at..end)?.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        let separator = bytes[end..].iter().take(2).position(|b| matches!(b, b':' | b'='))?;
        // At most one blank may stand before the separator.
        (separator == 0 || bytes[end] == b' ').then_some((*key, end + separator + 1))
    })
}

#[derive(Clone, Copy)]
struct Value<'a> {
    start: usize,
    text: &'a str,
}

/// The value at `at`: up to a blank or separator. `None` when the next key follows at once (`err: text:…`).
fn value_from(input: &str, at: usize) -> Option<Value<'_>> {
    let blanks = input.as_bytes()[at..].iter().take_while(|b| **b == b' ').count();
    let start = at + blanks;
    if key_at(input, start).is_some() {
        return None;
    }
    let rest = &input[start..];
    let end =
        rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | ';' | '\0')).unwrap_or(rest.len());
    (end > 0).then(|| Value { start, text: &rest[..end] })
}

#[cfg(test)]
mod tests;
