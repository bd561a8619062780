//! Resource identifiers: a two-letter prefix and 32 lower-case hexadecimal digits.
//!
//! The digits are a UUIDv7, so ids sort by creation and serve as page cursors. They are not secrets:
//! every route that takes one also checks the account (docs/decisions/0003-sids.md).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not the identifier it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {expected} identifier (34 characters: {expected} and 32 hexadecimal digits)")]
pub struct SidError {
    /// The prefix that was wanted, such as `CA`.
    pub expected: &'static str,
}

fn parse(text: &str, prefix: &'static str) -> Result<u128, SidError> {
    let error = SidError { expected: prefix };
    let digits = text.strip_prefix(prefix).ok_or_else(|| error.clone())?;
    let well_formed =
        digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !well_formed {
        return Err(error);
    }
    u128::from_str_radix(digits, 16).map_err(|_| error)
}

/// Before the number of every sid that is given from then on: sids begin with their milliseconds (RFC 9562 §5.7).
pub fn first_sid_of(moment: Timestamp) -> u128 {
    u128::from(u64::try_from(moment.as_millisecond()).unwrap_or_default()) << 80
}

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The two letters that begin every identifier of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier; later ones sort after earlier ones (UUIDv7, RFC 9562 §5.7).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().as_u128())
            }

            /// An identifier from its number; for tests and for ids derived from a fact.
            pub const fn from_u128(value: u128) -> Self {
                Self(value)
            }

            /// The number behind the 32 digits.
            pub const fn as_u128(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:032x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = SidError;
            fn from_str(text: &str) -> Result<Self, SidError> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a ", $prefix, " identifier"))
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}

sid!(/// Owner of numbers, calls, messages and a balance.
     AccountSid, "AC");
sid!(/// An API key of an account.
     KeySid, "SK");
sid!(/// A named pointer to a document, or to a flow.
     ApplicationSid, "AP");
sid!(/// A rented number, or a verified outgoing caller id.
     NumberSid, "PN");
sid!(/// One leg of a call; a bridged call is two of these.
     CallSid, "CA");
sid!(/// A text message, either way.
     MessageSid, "SM");
sid!(/// A picture or file of a message.
     MediaSid, "ME");
sid!(/// A recording of a call.
     RecordingSid, "RE");
sid!(/// The text of a recording.
     TranscriptionSid, "TR");
sid!(/// A media stream of a call.
     StreamSid, "MZ");
sid!(/// A message of an application to a phone in a call, or the other way.
     UserMessageSid, "KX");
sid!(/// An application's wish to be told what a phone in a call sends.
     UserMessageSubscriptionSid, "ZY");
sid!(/// A debugging log entry kept for the customer.
     NotificationSid, "NO");
sid!(/// One request to the API or to an application; also the event id of a callback.
     RequestSid, "RQ");
sid!(/// One meeting in a conference room, from its first participant to its end.
     ConferenceSid, "CF");
sid!(/// A queue of calls.
     QueueSid, "QU");
sid!(/// A phone or browser of the classic API that registers by login and password.
     ClientSid, "CL");
sid!(/// A SIP domain: a host name whose users and addresses may call and register.
     SipDomainSid, "SD");
sid!(/// A list of SIP users. It shares its prefix with the classic API's clients; paths tell them apart.
     CredentialListSid, "CL");
sid!(/// A SIP user of a list.
     CredentialSid, "CR");
sid!(/// A list of networks calls are taken from.
     IpAccessControlListSid, "AL");
sid!(/// A network of a list.
     IpAddressSid, "IP");
sid!(/// A flow: an application that is drawn.
     FlowSid, "FW");
sid!(/// One run of a flow. Begun by a call or a message it has the digits of that.
     ExecutionSid, "FN");
sid!(/// What verifications of one purpose have in common.
     VerifyServiceSid, "VA");
sid!(/// One code that was asked for, whatever the times it was sent.
     VerificationSid, "VE");
sid!(/// One sending of a code.
     VerificationAttemptSid, "VL");
sid!(/// How many codes may be sent per value of a key, such as an address of a client.
     SendLimitSid, "RK");
sid!(/// One period of such a limit.
     LimitBucketSid, "BL");
sid!(/// What the guard decided about one request for a code.
     GuardDecisionSid, "GD");
sid!(/// Refusals for one reason, until somebody has looked at it.
     GuardCaseSid, "GC");
sid!(/// A text of a customer's own around a code.
     VerifyTemplateSid, "HJ");
sid!(/// A webhook that is told what happens in a service.
     VerifyWebhookSid, "YW");
sid!(/// A number that the guard's rules against fraud do not stop.
     SafeNumberSid, "GN");
sid!(/// Somebody who has factors, known by a name of the customer's.
     EntitySid, "YE");
sid!(/// Something that somebody has and can prove: an app that makes codes.
     FactorSid, "YF");
sid!(/// One time that a factor was to be proved.
     ChallengeSid, "YC");
sid!(/// Senders under one name.
     MessagingServiceSid, "MG");
sid!(/// A short code, as an account has it.
     ShortCodeSid, "SC");
sid!(/// A name that is a sender of a messaging service.
     AlphaSenderSid, "AI");
sid!(/// A person who gets no messages from a sender any more.
     OptOutSid, "OO");
sid!(/// An archive of what is kept of an account.
     ExportSid, "EX");
sid!(/// Personal data that is taken out of what is kept.
     ErasureSid, "ER");
sid!(/// Why nothing of an account, or of a number in it, may go.
     LegalHoldSid, "LH");
sid!(/// An authority asks who is behind a number, a call or a message.
     LawfulRequestSid, "LR");
sid!(/// A number that is to move between operators.
     PortingRequestSid, "NP");
sid!(/// Anything of number masking.
     MaskingSid, "NM");
sid!(/// An e-mail that is sent.
     EmailSid, "EM");
sid!(/// Tells a URL when usage reaches a value.
     UsageTriggerSid, "UT");
sid!(/// What an account wants to spend in a month.
     ThresholdSid, "TH");
sid!(/// An account spent in a way its operator wants to look at.
     SpendCaseSid, "LC");
sid!(/// Somebody who may sign in to the console.
     PersonSid, "US");
sid!(/// A browser that signed in.
     SessionSid, "SE");
sid!(/// Something a person did.
     AuditSid, "AE");
sid!(/// An invoice or credit note.
     InvoiceSid, "IN");
sid!(/// Something a customer was written about an invoice.
     LetterSid, "LT");
sid!(/// What a customer does not agree to of an invoice.
     DisputeSid, "DP");
sid!(/// A credit note that waits for a second person.
     CreditRequestSid, "CQ");
sid!(/// Money that is to be paid back.
     PayoutSid, "PO");
sid!(/// A payment that a customer makes through a payment provider.
     PaymentIntentSid, "PY");
sid!(/// That somebody lets the operator collect from his bank account.
     MandateSid, "MN");
sid!(/// One invoice that was asked of the payer's bank.
     CollectionSid, "DD");
sid!(/// A file of collections for the operator's bank.
     CollectionFileSid, "DF");
sid!(/// A call of a handset of the sandbox, as the handset has it: the platform's own record is another.
     HandsetCallSid, "HC");
sid!(/// A text message on a handset of the sandbox, as the handset has it.
     HandsetMessageSid, "HM");
sid!(/// A time during which a number was rented, or a flow published, at one price.
     HoldingSid, "HD");
sid!(/// The contract of an account.
     SubscriptionSid, "SU");
sid!(/// A contract summary as it was shown.
     SummarySid, "CS");
sid!(/// From when on a plan version prices something for a subscription.
     PinSid, "PI");
sid!(/// A change of prices that was announced.
     PriceNoticeSid, "PC");
sid!(/// A change of prices for many.
     PriceRunSid, "PW");
sid!(/// A change of terms for all contracts.
     TermsChangeSid, "TM");
sid!(/// A change of terms that a customer was told of.
     TermsNoticeSid, "TN");
sid!(/// A promotion that a subscription has taken.
     RedemptionSid, "RD");
sid!(/// A customer's program that binds over SMPP.
     SmppUserSid, "SP");
sid!(/// A name that an account wants to send messages from.
     SenderNameSid, "SN");
sid!(/// A word by which messages to the shared sender find their account.
     KeywordSid, "KW");

impl CallSid {
    /// Reads both shapes customers hold: `CA…`, and the long form `ID…-CA…` of the classic platform.
    pub fn parse_any(text: &str) -> Result<Self, SidError> {
        let call = match text.split_once('-') {
            Some((instance, call)) if instance.len() == 34 && instance.starts_with("ID") => call,
            Some(_) => return Err(SidError { expected: Self::PREFIX }),
            None => text,
        };
        call.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_resources_prefix_is_refused() {
        let call = CallSid::new();
        assert_eq!(call.to_string().parse::<CallSid>(), Ok(call));
        assert!(call.to_string().parse::<MessageSid>().is_err());
        assert!("CA00".parse::<CallSid>().is_err());
        assert!(call.to_string().to_uppercase().parse::<CallSid>().is_err());
        assert!(format!("CA+{:031x}", 1).parse::<CallSid>().is_err());
    }

    #[test]
    fn the_long_call_form_is_the_same_call() {
        let call = CallSid::new();
        assert_eq!(CallSid::parse_any(&format!("ID{:032x}-{call}", 7)), Ok(call));
        assert!(CallSid::parse_any(&format!("XX-{call}")).is_err());
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let sids: Vec<String> = (0..1000).map(|_| MessageSid::new().to_string()).collect();
        assert!(sids.is_sorted());
    }
}
