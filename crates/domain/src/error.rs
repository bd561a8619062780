//! The whole error catalogue: number, HTTP status, one sentence. Each has a page `docs/errors/<number>.md`.
//!
//! Numbers are Twilio's where the meaning is; 20410–20431, 20440–20444, 20450–20454, 20460–20465, 20472–20477, 20480–20498, 20507, 20510, 20520–20526, 20550–20554 and 20560–20563 are ours, within the free part of its general series, and so are
//! 81001–81005, of its series for flows.

use serde::{Deserialize, Serialize};

macro_rules! catalogue {
    ($($name:ident = $number:literal, $status:literal, $text:literal;)*) => {
        /// A documented error. What the customer's program may rely on: the number and the HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u32", into = "u32")]
        pub enum ErrorCode {
            $(#[doc = $text] $name,)*
        }

        impl ErrorCode {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number of the catalogue.
            pub const fn number(self) -> u32 {
                match self { $(Self::$name => $number,)* }
            }

            /// Status of the HTTP answer that carries it.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// One sentence for people.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

catalogue! {
    InvalidParameter = 20001, 400, "A parameter is missing or invalid.";
    Unauthorized = 20003, 401, "The credentials are missing or wrong.";
    MethodNotAllowed = 20004, 405, "This method is not supported here.";
    AccountNotActive = 20005, 403, "The account is not active.";
    Forbidden = 20006, 403, "These credentials give no access to this resource.";
    NotFound = 20404, 404, "There is no such resource.";
    Conflict = 20409, 409, "The request conflicts with the present state.";
    EmailTaken = 20410, 409, "The e-mail address is in use.";
    PasswordTooWeak = 20411, 400, "The password needs 8 characters with upper and lower case, a digit and a special character.";
    AccountClosed = 20412, 400, "The account is closed; it cannot be changed.";
    NothingToModify = 20413, 409, "None of Url, Twiml and Status was given.";
    CallNotFound = 20414, 406, "There is no such call to modify.";
    CallOver = 20415, 410, "The call is over.";
    SortInvalid = 20416, 400, "SortBy names no sortable attribute.";
    CallNotHere = 20417, 503, "The node that carries the call does not answer; try again.";
    InsufficientCredit = 20418, 402, "The account has no credit left.";
    SpendingThreshold = 20419, 402, "A spending threshold of the account stops what costs money.";
    Unprocessable = 20422, 422, "The request is well-formed but cannot be processed.";
    IdempotencyMismatch = 20423, 422, "The Idempotency-Key was used with another body.";
    IdempotencyInProgress = 20424, 409, "A request with this Idempotency-Key is still running.";
    IdempotencyKeyInvalid = 20425, 400, "The Idempotency-Key must have 1 to 255 visible ASCII characters.";
    BodyUnreadable = 20426, 400, "The request body could not be read.";
    BodyTooLarge = 20427, 413, "The request body is larger than 1 MiB.";
    TooManyResources = 20428, 400, "There are as many of these as there may be.";
    TooManyRequests = 20429, 429, "Too many requests; try again after the time in Retry-After.";
    LoginTaken = 20430, 409, "The login is in use.";
    NotBuilt = 20431, 501, "This part of the API is documented and not available here.";
    ExportNotReady = 20432, 409, "The archive cannot be fetched: it is not ready, or not any more.";
    EmailInvalid = 20440, 400, "A parameter of the e-mail is missing or invalid.";
    EmailSenderNotAllowed = 20441, 403, "The account may not send e-mail from this address.";
    EmailOff = 20442, 403, "This installation sends no e-mail.";
    EmailRefused = 20443, 500, "The mail server refused the e-mail, for some recipients at least.";
    EmailExpired = 20444, 500, "The mail server could not be reached, or put the e-mail off, until its time was up.";
    SummarySuperseded = 20450, 409, "The order quotes a summary that is not the one on offer.";
    AcceptanceMissing = 20451, 400, "The acceptance of the order is not complete.";
    SubscriptionState = 20452, 409, "The subscription is not in a state that allows this.";
    NoticeTooShort = 20453, 400, "The change of prices is announced for too early a date.";
    SubscriptionOver = 20454, 403, "The subscription has ended; what costs money is refused.";
    NotCreditable = 20460, 422, "The credit note cannot be made.";
    SubscriptionSuspended = 20461, 403, "The subscription is suspended; what costs money and goes out is refused.";
    ItemsTooMany = 20462, 422, "The invoice has more uses than an itemised bill may list.";
    SecondPersonWanted = 20463, 403, "Another person than the one who asked has to approve the credit note.";
    WarningMissing = 20464, 409, "A suspension for non-payment comes fourteen days after its warning at the earliest.";
    ServiceNotBegun = 20465, 403, "The contract is not in force yet, or may still be withdrawn from and service has not been asked to begin before.";
    SmppUserTaken = 20472, 409, "The system id is in use.";
    SmppReceiverTaken = 20473, 409, "Another SMPP user of the account receives its messages already.";
    SenderNameState = 20474, 409, "The sender name is not in a state that allows this, or another account holds it.";
    SecondFactorWanted = 20475, 401, "The password is right; the code of the second factor is to be given too.";
    SecondFactorWrong = 20476, 401, "The code of the second factor is wrong, too old, or was used already.";
    SecondFactorNeeded = 20477, 403, "This role needs a second factor: set it up first.";
    NotErasable = 20480, 409, "What is kept of the account cannot be erased yet.";
    HeldLegally = 20481, 409, "A legal hold stands on it: nothing of it may go.";
    OtherPersonWanted = 20482, 403, "A legal hold takes two persons: another one than who asked has to agree.";
    LegalHoldState = 20483, 409, "The legal hold is not in a state that allows this.";
    PromotionNotOpen = 20485, 422, "The promotion cannot be taken: there is none like it, it is not open, or not for this customer.";
    PromotionUsedUp = 20486, 409, "The promotion was taken as often as it may be, or its budget is used up.";
    PromotionTaken = 20487, 409, "The subscription has this promotion, or another of its group.";
    GroundNotMet = 20488, 400, "The ground on which nobody may leave because of the change of prices does not hold.";
    PriceRunState = 20489, 409, "The change of prices for many is not in a state that allows this.";
    PaymentsOff = 20490, 403, "This installation takes no payments through a provider.";
    PaymentProviderFailed = 20491, 502, "The payment provider refused the request, or could not be reached.";
    NotRefundable = 20492, 422, "The payment cannot be paid back by this amount.";
    VatUndetermined = 20493, 422, "It is not known how value added tax falls on what this customer buys.";
    LawfulOfficerWanted = 20494, 403, "Requests of authorities are for lawful officers alone.";
    LawfulRequestState = 20495, 409, "The request of the authority is not in a state that allows this.";
    DirectDebitOff = 20496, 403, "This installation collects nothing by direct debit: its operator has no creditor identifier.";
    CollectionState = 20497, 409, "The collection is not in a state that allows this.";
    NothingToCollect = 20498, 422, "No invoice is to be collected by direct debit until this day.";
    Internal = 20500, 500, "An internal error; the request had no effect that was acknowledged.";
    Unavailable = 20503, 503, "The service is temporarily unavailable; try again after the time in Retry-After.";
    StorageFull = 20507, 503, "Storage is full; nothing was changed. Try again later.";
    CallSubscriptions = 20510, 409, "The call has as many subscriptions to messages of its phone as it may.";
    MediaNotFetched = 20520, 400, "A picture or file of the message cannot be had from its URL.";
    MediaTooLarge = 20521, 400, "The pictures and files of the message have more than 5 MiB in all.";
    MediaKindRefused = 20522, 400, "A picture or file of the message is of a kind that is not taken.";
    MediaNotCarried = 20523, 400, "No route takes pictures and files to this recipient, and the messaging service sends no links.";
    PortingState = 20524, 409, "The state of the porting request does not allow this.";
    NotPortable = 20525, 409, "The number cannot be ported.";
    DeclarationWanted = 20526, 400, "The number needs a proof of address in its zone, or a declaration of nomadic use.";
    MaskNameTaken = 20550, 409, "Another application for number masking has this name.";
    MaskNumberTaken = 20551, 409, "The number is in a pool already.";
    NoMaskFree = 20552, 409, "No number of the pool can be the participant's mask.";
    MaskContextState = 20553, 409, "The state of the context or its application does not allow this.";
    NobodyBehindMask = 20554, 403, "There is nobody behind the mask for this caller.";
    EmergencyNotOpen = 20560, 403, "Emergency numbers are for people: neither the API nor a document may call or write to them here.";
    EmergencyNotRecorded = 20561, 403, "Emergency calls are not recorded.";
    NumberClassNotRented = 20562, 422, "Numbers of this class are not rented.";
    SpecialUseRefused = 20563, 422, "Only a geographic number can be registered for calls that enter the network abroad.";
    ToMissing = 21201, 400, "The parameter To is missing.";
    UrlMissing = 21205, 400, "Url is invalid, or none of Url, Twiml and ApplicationSid was given.";
    SendDigitsInvalid = 21206, 400, "SendDigits may hold only 0-9, *, # and w.";
    TimeoutInvalid = 21208, 400, "Timeout must be 1 to 600 seconds.";
    MethodInvalid = 21209, 400, "The method must be GET or POST.";
    CallerIdNotAllowed = 21210, 400, "From is neither a number of the account nor a verified caller id.";
    ToInvalid = 21211, 400, "To is not a phone number, client: or sip: address.";
    FromInvalid = 21212, 400, "From is not a valid address.";
    FromMissing = 21213, 400, "The parameter From is missing.";
    DestinationNotPermitted = 21215, 400, "The account may not reach this destination, or it has no price.";
    DestinationBlocked = 21216, 400, "The destination is blocked.";
    ApplicationInvalid = 21218, 400, "ApplicationSid does not name an application of the account.";
    CallStateInvalid = 21220, 400, "The call is not in a state that allows this change.";
    SipDomainInvalid = 21232, 400, "DomainName is missing or not a host name that can be used.";
    SipDomainTaken = 21233, 400, "The domain name is in use.";
    SipListInUse = 21234, 400, "The list is in use at a domain.";
    SipAddressInvalid = 21236, 400, "IpAddress and CidrPrefixLength do not make a network.";
    SipUsernameInvalid = 21239, 400, "The user name must have 1 to 64 characters that can stand in a SIP address.";
    SipUsernameTaken = 21240, 400, "The list has a user of this name.";
    SipPasswordTooWeak = 21241, 400, "The password needs 12 characters with upper and lower case and a digit.";
    SipListUnknown = 21242, 400, "The sid does not name such a list of the account.";
    SipListMapped = 21243, 400, "The domain uses this list already.";
    ToEqualsFrom = 21266, 400, "To and From are the same.";
    NumberInvalid = 21421, 400, "PhoneNumber is not a valid number.";
    NumberNotForSale = 21422, 400, "The number is not available for rent.";
    CallerIdExists = 21450, 400, "The caller id is already registered.";
    AreaCodeInvalid = 21451, 400, "The area code is not valid.";
    NoNumberAvailable = 21452, 400, "No number that matches is available.";
    UrlInvalid = 21502, 400, "A URL is not valid or not allowed.";
    NumberNotCapable = 21601, 400, "The number cannot do this.";
    BodyMissing = 21602, 400, "The parameter Body is missing.";
    MessageFromMissing = 21603, 400, "The parameter From is missing.";
    MessageToMissing = 21604, 400, "The parameter To is missing.";
    SenderNotCapable = 21606, 400, "From is not a number of the account that can send messages.";
    OptedOut = 21610, 400, "The recipient has opted out of messages from this sender.";
    NoRoute = 21612, 400, "No carrier route exists for this pair of numbers.";
    ToNotMobile = 21614, 400, "To is not a number that can receive messages.";
    BodyTooLong = 21617, 400, "The body is longer than 1600 characters.";
    MediaUrlInvalid = 21620, 400, "MediaUrl is not an http or https URL.";
    TooManyMedia = 21623, 400, "A message carries at most ten pictures and files.";
    MessagingServiceUnknown = 21701, 404, "The account has no such messaging service.";
    MessagingServiceEmpty = 21703, 400, "The messaging service has no senders.";
    MessagingServiceNoSender = 21704, 400, "No sender of the messaging service can be used for this message.";
    SenderInService = 21710, 409, "The sender is in this messaging service already.";
    SenderInOtherService = 21712, 409, "The sender is in another messaging service.";
    QueueNotEmpty = 22001, 400, "The queue holds calls, or it is full.";
    QueueNameTaken = 22003, 400, "The account has a queue of this name.";
    QueueOverflow = 30001, 500, "The carrier queue overflowed.";
    AccountSuspended = 30002, 403, "The account was suspended before the message left.";
    HandsetUnreachable = 30003, 500, "The handset could not be reached.";
    MessageBlocked = 30004, 500, "The message was blocked.";
    UnknownHandset = 30005, 500, "The destination is unknown.";
    LandlineOrUnreachable = 30006, 500, "The destination is a landline or its carrier is unreachable.";
    CarrierViolation = 30007, 500, "The carrier filtered the message.";
    DeliveryUnknown = 30008, 500, "Delivery failed for an unknown reason, or its outcome is not known.";
    MissingSegment = 30009, 500, "A segment is missing.";
    PriceExceeded = 30010, 500, "The price exceeds MaxPrice.";
    MessageNotCancelable = 30409, 409, "The message has left or is over; it cannot be changed this way.";
    SipSourceNotListed = 32201, 403, "The call comes from an address that is in none of the domain's access lists.";
    SendAtInvalid = 35114, 400, "SendAt is not a time a message can be scheduled for.";
    VerifyInvalid = 60200, 400, "A parameter of the verification is missing or invalid.";
    VerifyTooManyChecks = 60202, 429, "Too many wrong codes; ask for a new verification.";
    VerifyTooManySendings = 60203, 429, "The code was sent as often as it may be; try again later.";
    VerifyFeatureOff = 60204, 403, "The service has not got this feature switched on.";
    VerifyLandline = 60205, 403, "The number cannot receive text messages.";
    VerifyTooManyLimits = 60207, 400, "The service has as many rate limits as it may have.";
    VerifyTooManyBuckets = 60208, 400, "The rate limit has as many buckets as it may have.";
    VerifyBusy = 60212, 429, "Another request for this number is running.";
    VerifyChannelOff = 60223, 403, "This channel is not available.";
    FactorUnverified = 60318, 403, "The factor has not been verified by a code of it.";
    ChallengeExpired = 60323, 403, "The challenge is over: nobody answered it in time.";
    VerifyFraud = 60410, 403, "The verification was refused as suspected fraud.";
    FlowInvalid = 81001, 422, "The flow has errors.";
    FlowChanged = 81002, 412, "The flow was changed since it was read.";
    FlowTestsFailed = 81003, 409, "A test of the flow fails.";
    FlowNotPublished = 81004, 409, "The flow has no published revision that can be started this way.";
    FlowImportRefused = 81005, 422, "The file cannot be imported as a flow.";
}

impl From<ErrorCode> for u32 {
    fn from(code: ErrorCode) -> Self {
        code.number()
    }
}

/// A number that is not in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not in the error catalogue")]
pub struct UnknownErrorCode(pub u32);

impl TryFrom<u32> for ErrorCode {
    type Error = UnknownErrorCode;
    fn try_from(number: u32) -> Result<Self, UnknownErrorCode> {
        Self::ALL.iter().copied().find(|code| code.number() == number).ok_or(UnknownErrorCode(number))
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn numbers_ascend_so_none_is_used_twice() {
        assert!(ErrorCode::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
        assert!(ErrorCode::ALL.iter().all(|code| ErrorCode::try_from(code.number()) == Ok(*code)));
    }
}
