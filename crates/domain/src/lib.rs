//! The words of flexio: what an account, a number, a call, a message, a charge *is*.
//!
//! Owns: identifiers ([`sid`]), addresses ([`address`]), money ([`money`]), the entities that are kept
//! (`Account`, `Call`, `Message`, …), the error catalogue ([`error`]), the [`Clock`] trait.
//! Does not own: how entities are stored, sent or rendered, and no behaviour that needs more than one of them.
//!
//! Invariants: no I/O, no clock, no async; money is an integer of micro-units; an id cannot be mistaken for
//! another resource's id. Start reading at [`call`] and [`message`].

pub mod account;
pub mod address;
pub mod advice;
pub mod call;
pub mod callback;
pub mod clock;
pub mod conference;
pub mod credit;
pub mod customer;
pub mod day_hours;
pub mod debit;
mod dispatch;
pub mod email;
pub mod emergency;
pub mod erasure;
pub mod error;
pub mod export;
pub mod factor;
pub mod flow;
pub mod guard;
pub mod holding;
pub mod iban;
pub mod invoice;
pub mod invoicing;
pub mod keyword;
pub mod ladder;
pub mod lawful;
pub mod ledger;
pub mod letter;
pub mod masking;
pub mod media;
pub mod message;
pub mod messaging_service;
pub mod money;
pub mod notification;
pub mod number;
pub mod opt_out;
pub mod payment;
pub mod people;
pub mod plan;
pub mod porting;
pub mod price_run;
pub mod promotion;
pub mod queue;
pub mod reach;
pub mod recording;
pub mod secret;
pub mod sender_name;
pub mod short_code;
pub mod sid;
pub mod sip_access;
pub mod smpp_user;
pub mod spend_case;
mod subscription;
mod terms;
pub mod transcription;
pub mod trigger;
mod trunk_report;
pub mod usage;
pub mod verb_record;
pub mod verify;

pub use account::{Account, AccountStatus, AccountType, ApiKey};
pub use address::{Address, AddressError, E164};
pub use advice::{PlanAdvice, PlanCost};
pub use call::{Call, CallDirection, CallOptions, CallStatus, MachineDetection, Reason};
pub use callback::{Callback, CallbackState, HttpMethod, Webhook};
pub use clock::Clock;
pub use conference::{Conference, ConferenceEnd, ConferenceStatus, Participant, ParticipantStatus};
pub use credit::{Credit, CreditMode, CreditState, Grant};
pub use customer::{
    Customer, CustomerKind, EnterpriseNumber, EnterpriseNumberError, EvidenceKind, Language, PostalAddress,
    VatCheck, VatEvidence,
};
pub use day_hours::{DayHours, DayHoursError};
pub use debit::{
    Collection, CollectionFile, CollectionState, CreditorId, CreditorIdError, DebitReturn, DebitSequence,
    DirectDebit, Mandate, ends_mandate,
};
pub use dispatch::{Dispatch, DispatchState, DispatchWay};
pub use email::{Email, EmailAddress, EmailRecipient, EmailStatus, Mailbox, RecipientState};
pub use emergency::{EmergencyAddress, PLACE_CHARS_MAX};
pub use erasure::{
    ErasedCount, Erasure, ErasureCertificate, ErasureState, KeptFact, KeptGround, LegalHold, LegalHoldState,
};
pub use error::ErrorCode;
pub use export::{Export, ExportState};
pub use factor::{
    Challenge, ChallengeStatus, Entity, Factor, FactorStatus, TotpAlgorithm, TotpConfig, TotpDefaults,
};
pub use flow::{Flow, FlowCue, FlowEnvironment, FlowExecution, FlowMetric, FlowRevision, FlowStep, Stage};
pub use guard::{GuardCase, GuardDecision, GuardFigure, GuardRule};
pub use holding::{ClosedMonth, HeldItem, Holding, MonthlyTerms};
pub use iban::{Iban, IbanError};
pub use invoice::{
    Allowance, Buyer, Discount, Invoice, InvoiceKind, InvoiceLine, LineUnit, Operator, Preceding,
    StructuredCommunication, Vat,
};
pub use invoicing::{InvoiceState, UsageSupply};
pub use keyword::Keyword;
pub use ladder::{SipLadder, SipMessage};
pub use lawful::{
    LAWFUL_ANSWERS_MAX, LawfulAnswer, LawfulFinding, LawfulGround, LawfulHolder, LawfulRequest, LawfulState,
    LawfulSubject, LawfulTraffic,
};
pub use ledger::{
    Faults, KeptLeg, KeptPosting, LedgerAccount, LedgerCarried, LedgerLeg, LedgerOpening, LedgerSeal,
    LedgerTransaction, NAMED_FAULTS,
};
pub use letter::{
    CreditPart, CreditRequest, CreditRequestState, Dispute, Letter, LetterChannel, LetterKind, Payout,
};
pub use masking::{
    MaskApplication, MaskBody, MaskContext, MaskInteraction, MaskKind, MaskNumber, MaskParticipant,
    MaskRecord, MaskSelection, choose_mask,
};
pub use media::{MessageMedia, Sound};
pub use message::{Message, MessageClass, MessageDirection, MessageFeedback, MessageStatus};
pub use messaging_service::{MessagingService, SenderSid, ServiceSender};
pub use money::{Currency, Money, MoneyError};
pub use notification::{Level, Notification};
pub use number::{
    Application, ApplicationKind, Capabilities, DeclarationKind, Dialect, IncomingNumber, NumberDeclaration,
    NumberType, OutgoingCallerId, SpecialUse, StockNumber, WebhookSet,
};
pub use opt_out::{Contact, OptOut, OptOutSource, OptOutType, OptOutWord};
pub use payment::{Chargeback, PaymentEvent, PaymentIntent, PaymentRefund, PaymentState, RefundState};
pub use people::{AuditDetails, AuditEvent, Person, Role, Session};
pub use plan::{PlanRetirement, PublishedPlan};
pub use porting::{PortingDirection, PortingRequest, PortingState};
pub use price_run::{PriceRun, PriceRunCustomer, PriceRunOutcome, PriceRunState};
pub use promotion::{Eligibility, Promotion, PromotionKind, PromotionLabel, PromotionState, Redemption};
pub use queue::{Queue, QueueDay, QueueMember};
pub use reach::{Reach, ReachError};
pub use recording::{
    Recording, RecordingOptions, RecordingPurpose, RecordingSource, RecordingStatus, RecordingTrack,
};
pub use secret::{Pii, Sealed};
pub use sender_name::{SenderName, SenderNameState};
pub use short_code::ShortCode;
pub use sid::*;
pub use sip_access::{
    Client, Credential, CredentialList, DomainMapping, IpAccessControlList, IpAddress, MappedList,
    MappingKind, Prefix, SipBindings, SipContact, SipDomain, SipSecret,
};
pub use smpp_user::{SmppBind, SmppUser};
pub use spend_case::{Cleared, SpendCase, SpendRule};
pub use subscription::{
    Acceptance, NoticeGround, Offer, PinReason, PriceChange, PriceNotice, PricePin, Subscription,
    SubscriptionState, Summary, Suspension, SuspensionReason, Terms, Withdrawal,
};
pub use terms::{NoticeLetter, NoticeSid, TermsChange, TermsNotice};
pub use transcription::{Transcription, TranscriptionStatus};
pub use trigger::{Fired, Reaction, Recurring, Threshold, TriggerBy, UsageTrigger};
pub use trunk_report::{TrunkFault, TrunkReport};
pub use usage::{Corrects, ParkedEvent, TAG_CHARS_MAX, UsageEvent, UsageKind, UsageLabel, UsageLabels};
pub use verb_record::{VerbKind, VerbRecord, VerbRecordId};
pub use verify::{
    CountrySender, LimitBucket, SafeNumber, SendLimit, Translation, Verification, VerificationAttempt,
    VerificationStatus, VerifyChannel, VerifyScope, VerifyService, VerifyTemplate, VerifyWebhook,
    VerifyWorkflow, WorkflowStep, WorkflowWords,
};

pub use jiff::Timestamp;
