//! What each change does to which table. The order of the values is that of the statement in `sql/`.

pub(super) mod columns;

mod accounts;
mod calls;
mod contracts;
mod credit;
mod debits;
mod erasure;
mod exports;
mod factors;
mod flows;
mod guard;
mod holdings;
mod invoices;
mod lawful;
mod ledger;
mod letters;
mod mail;
mod masking;
mod messages;
mod messaging;
mod money;
mod numbers;
mod outbox;
mod payments;
mod people;
mod phones;
mod porting;
mod price_runs;
mod promotions;
mod retention;
mod rooms;
mod sip;
mod step;
mod transcriptions;
mod verify;
mod verify_texts;
mod watches;

pub use step::{Expect, Step};

use crate::{Change, Change as C, ChangeSet, StoreError};

/// Changes of one set; larger work is split by its use case.
pub const MAX_CHANGES: usize = 10_000;

macro_rules! writes {
    ($($variant:ident = $name:literal,)*) => {
        /// A statement that changes something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the statement of this name in sql/ says what it does")]
        pub enum Write { $($variant,)* }

        impl Write {
            /// Every write; the position of one is its `as usize`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in `sql/`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

writes! {
    AccountInsert = "account_insert",
    AccountUpdate = "account_update",
    TreeInsert = "tree_insert",
    KeyInsert = "key_insert",
    KeyUpdate = "key_update",
    KeyDelete = "key_delete",
    ApplicationInsert = "application_insert",
    ApplicationUpdate = "application_update",
    ApplicationDelete = "application_delete",
    ApplicationUnbind = "application_unbind",
    StockImport = "stock_import",
    StockTake = "stock_take",
    StockReturn = "stock_return",
    NumberInsert = "number_insert",
    NumberUpdate = "number_update",
    NumberRelease = "number_release",
    CallerIdInsert = "caller_id_insert",
    CallerIdUpdate = "caller_id_update",
    CallerIdDelete = "caller_id_delete",
    CallInsert = "call_insert",
    CallUpdate = "call_update",
    CallProve = "call_prove",
    CallDelete = "call_delete",
    TimelineDelete = "timeline_delete",
    TimelineInsert = "timeline_insert",
    LadderInsert = "ladder_insert",
    LaddersDelete = "ladders_delete",
    LaddersSweep = "ladders_sweep",
    VerbRecordInsert = "verb_record_insert",
    RecordingInsert = "recording_insert",
    RecordingUpdate = "recording_update",
    AccountKeyInsert = "account_key_insert",
    AccountKeyUpdate = "account_key_update",
    AccountKeyDelete = "account_key_delete",
    NotificationInsert = "notification_insert",
    MessageInsert = "message_insert",
    MessageUpdate = "message_update",
    MessageDelete = "message_delete",
    MessageMediaInsert = "message_media_insert",
    MessageMediaDelete = "message_media_delete",
    MediaOfMessageDelete = "media_of_message_delete",
    CarrierIdInsert = "carrier_id_insert",
    MoPartInsert = "mo_part_insert",
    MoPartsDrop = "mo_parts_drop",
    MoPartClaim = "mo_part_claim",
    UsageInsert = "usage_insert",
    UsageDayAdd = "usage_day_add",
    UsageLabelAdd = "usage_label_add",
    PostingInsert = "posting_insert",
    LegInsert = "leg_insert",
    BalanceAdd = "balance_add",
    SeriesNext = "series_next",
    InvoiceInsert = "invoice_insert",
    InvoicedInsert = "invoiced_insert",
    InvoiceSettle = "invoice_settle",
    LetterInsert = "letter_insert",
    DisputeInsert = "dispute_insert",
    DisputeUpdate = "dispute_update",
    CreditRequestInsert = "credit_request_insert",
    CreditRequestUpdate = "credit_request_update",
    PayoutInsert = "payout_insert",
    PayoutUpdate = "payout_update",
    DispatchInsert = "dispatch_insert",
    DispatchUpdate = "dispatch_update",
    MaskingInsert = "masking_insert",
    MaskingUpdate = "masking_update",
    MaskingDelete = "masking_delete",
    MaskingDrop = "masking_records_drop",
    PortingInsert = "porting_insert",
    PortingUpdate = "porting_update",
    StockDrop = "stock_drop",
    StockHold = "stock_hold",
    PortingRequestsDrop = "porting_requests_drop",
    LawfulRequestInsert = "lawful_request_insert",
    LawfulRequestUpdate = "lawful_request_update",
    LawfulRequestsSweep = "lawful_requests_sweep",
    PaymentIntentInsert = "payment_intent_insert",
    PaymentIntentUpdate = "payment_intent_update",
    PaymentEventInsert = "payment_event_insert",
    MandateInsert = "mandate_insert",
    MandateUpdate = "mandate_update",
    CollectionFileInsert = "collection_file_insert",
    CollectionInsert = "collection_insert",
    CollectionUpdate = "collection_update",
    SealInsert = "seal_insert",
    PostingSeal = "posting_seal",
    ParkedInsert = "parked_insert",
    ParkedDelete = "parked_delete",
    CarriedInsert = "carried_insert",
    CarriedUpdate = "carried_update",
    OpeningSet = "opening_set",
    OpeningDrop = "opening_drop",
    CarryUsage = "carry_usage",
    CarryLegs = "carry_legs",
    CarryPostings = "carry_postings",
    CarrySeals = "carry_seals",
    OldUsageDaysDrop = "old_usage_days_drop",
    OldUsageLabelsDrop = "old_usage_labels_drop",
    OldFreeUsesDrop = "old_free_uses_drop",
    OldHoldingsDrop = "old_holdings_drop",
    OldPaymentEventsDrop = "old_payment_events_drop",
    OldPaymentIntentsDrop = "old_payment_intents_drop",
    OldPriceRunCustomersDrop = "old_price_run_customers_drop",
    InvoiceDrop = "invoice_drop",
    InvoicedDrop = "invoiced_drop",
    LettersDrop = "letters_drop",
    DisputesDrop = "disputes_drop",
    CreditRequestsDrop = "credit_requests_drop",
    DispatchesDrop = "dispatches_drop",
    CollectionsDrop = "collections_drop",
    AcceptancesDrop = "acceptances_drop",
    PayoutsDrop = "payouts_drop",
    RedemptionsDrop = "redemptions_drop",
    PinsDrop = "pins_drop",
    PriceNoticesDrop = "price_notices_drop",
    SummariesDrop = "summaries_drop",
    MandatesDrop = "mandates_drop",
    SubscriptionsDrop = "subscriptions_drop",
    CallbackInsert = "callback_insert",
    CallbackSettle = "callback_settle",
    IdempotencyInsert = "idempotency_insert",
    IdempotencySweep = "idempotency_sweep",
    CallbacksSweep = "callbacks_sweep",
    MoPartsSweep = "mo_parts_sweep",
    ProbeBeat = "probe_beat",
    ClientInsert = "client_insert",
    ClientUpdate = "client_update",
    ClientDelete = "client_delete",
    ClientUnbind = "client_unbind",
    SipDomainInsert = "sip_domain_insert",
    SipDomainUpdate = "sip_domain_update",
    SipDomainDelete = "sip_domain_delete",
    SipDomainUnmap = "sip_domain_unmap",
    CredentialListInsert = "credential_list_insert",
    CredentialListUpdate = "credential_list_update",
    CredentialListDelete = "credential_list_delete",
    CredentialListEmpty = "credential_list_empty",
    CredentialInsert = "credential_insert",
    CredentialUpdate = "credential_update",
    CredentialDelete = "credential_delete",
    IpListInsert = "ip_list_insert",
    IpListUpdate = "ip_list_update",
    IpListDelete = "ip_list_delete",
    IpListEmpty = "ip_list_empty",
    IpAddressInsert = "ip_address_insert",
    IpAddressUpdate = "ip_address_update",
    IpAddressDelete = "ip_address_delete",
    SipMappingInsert = "sip_mapping_insert",
    SipMappingDelete = "sip_mapping_delete",
    ConferenceInsert = "conference_insert",
    ConferenceUpdate = "conference_update",
    ParticipantSave = "participant_save",
    QueueInsert = "queue_insert",
    QueueUpdate = "queue_update",
    QueueDelete = "queue_delete",
    MemberSave = "member_save",
    MemberDrop = "member_drop",
    FlowInsert = "flow_insert",
    FlowUpdate = "flow_update",
    FlowDelete = "flow_delete",
    FlowRevisionsDelete = "flow_revisions_delete",
    FlowStepsDelete = "flow_steps_delete",
    FlowExecutionsDelete = "flow_executions_delete",
    FlowRevisionInsert = "flow_revision_insert",
    ExecutionInsert = "execution_insert",
    ExecutionUpdate = "execution_update",
    ExecutionDelete = "execution_delete",
    ExecutionStepsDelete = "execution_steps_delete",
    OldStepsDelete = "old_steps_delete",
    OldExecutionsDelete = "old_executions_delete",
    FlowStepInsert = "flow_step_insert",
    FlowMetricAdd = "flow_metric_add",
    FlowCueInsert = "flow_cue_insert",
    FlowCueDelete = "flow_cue_delete",
    FlowValueSave = "flow_value_save",
    FlowValueDelete = "flow_value_delete",
    VerifyServiceInsert = "verify_service_insert",
    VerifyServiceUpdate = "verify_service_update",
    VerifyServiceDelete = "verify_service_delete",
    SendLimitsOfServiceDelete = "send_limits_of_service_delete",
    VerificationInsert = "verification_insert",
    VerificationUpdate = "verification_update",
    VerificationAttemptInsert = "verification_attempt_insert",
    VerificationAttemptsConvert = "verification_attempts_convert",
    SendLimitInsert = "send_limit_insert",
    SendLimitUpdate = "send_limit_update",
    SendLimitDelete = "send_limit_delete",
    VerifyTemplateInsert = "verify_template_insert",
    VerifyTemplateUpdate = "verify_template_update",
    VerifyTemplateDelete = "verify_template_delete",
    SafeNumberInsert = "safe_number_insert",
    SafeNumberDelete = "safe_number_delete",
    GuardDecisionInsert = "guard_decision_insert",
    GuardDecisionsSweep = "guard_decisions_sweep",
    GuardCaseInsert = "guard_case_insert",
    GuardCaseUpdate = "guard_case_update",
    SendMarkInsert = "send_mark_insert",
    SendMarksSweep = "send_marks_sweep",
    EntityInsert = "entity_insert",
    EntityUpdate = "entity_update",
    EntityDelete = "entity_delete",
    EntitiesOfServiceDelete = "entities_of_service_delete",
    FactorInsert = "factor_insert",
    FactorUpdate = "factor_update",
    FactorDelete = "factor_delete",
    FactorsSweep = "factors_sweep",
    FactorsOfEntityDelete = "factors_of_entity_delete",
    FactorsOfServiceDelete = "factors_of_service_delete",
    ChallengeInsert = "challenge_insert",
    ChallengeUpdate = "challenge_update",
    ChallengesOfEntityDelete = "challenges_of_entity_delete",
    ChallengesOfServiceDelete = "challenges_of_service_delete",
    ChallengesSweep = "challenges_sweep",
    CreditInsert = "credit_insert",
    CreditUpdate = "credit_update",
    CreditSettle = "credit_settle",
    CreditSpend = "credit_spend",
    CreditGrant = "credit_grant",
    CreditReturn = "credit_return",
    CreditRequire = "credit_require",
    GrantInsert = "grant_insert",
    GrantExtend = "grant_extend",
    GrantDelete = "grant_delete",
    WatchInsert = "watch_insert",
    WatchMove = "watch_move",
    WatchSeen = "watch_seen",
    TriggerInsert = "trigger_insert",
    TriggerUpdate = "trigger_update",
    TriggerDelete = "trigger_delete",
    ThresholdInsert = "threshold_insert",
    ThresholdUpdate = "threshold_update",
    ThresholdDelete = "threshold_delete",
    SpendCaseInsert = "spend_case_insert",
    SpendCaseUpdate = "spend_case_update",
    PersonInsert = "person_insert",
    PersonUpdate = "person_update",
    PersonDelete = "person_delete",
    SessionInsert = "session_insert",
    SessionUpdate = "session_update",
    SessionDelete = "session_delete",
    SessionsDelete = "sessions_delete",
    SessionsSweep = "sessions_sweep",
    AuditEventInsert = "audit_event_insert",
    OptOutInsert = "opt_out_insert",
    OptOutDelete = "opt_out_delete",
    ContactSave = "contact_save",
    ContactsSweep = "contacts_sweep",
    HoldingInsert = "holding_insert",
    HoldingEnd = "holding_end",
    HoldingsEnd = "holdings_end",
    MonthClose = "month_close",
    BindingsSave = "bindings_save",
    BindingsDrop = "bindings_drop",
    RegistrarSave = "registrar_save",
    MessagingServiceInsert = "messaging_service_insert",
    MessagingServiceUpdate = "messaging_service_update",
    MessagingServiceDelete = "messaging_service_delete",
    ServiceSenderInsert = "service_sender_insert",
    ServiceSenderDelete = "service_sender_delete",
    ServiceSendersEmpty = "service_senders_empty",
    ServiceSendersDrop = "service_senders_drop",
    ShortCodeInsert = "short_code_insert",
    ShortCodeUpdate = "short_code_update",
    TranscriptionInsert = "transcription_insert",
    TranscriptionUpdate = "transcription_update",
    TranscriptionDelete = "transcription_delete",
    SmppUserInsert = "smpp_user_insert",
    SmppUserUpdate = "smpp_user_update",
    SmppUserDelete = "smpp_user_delete",
    SenderNameInsert = "sender_name_insert",
    SenderNameUpdate = "sender_name_update",
    SenderNameDelete = "sender_name_delete",
    EmailInsert = "email_insert",
    EmailUpdate = "email_update",
    ExportInsert = "export_insert",
    ExportUpdate = "export_update",
    PlanInsert = "plan_insert",
    PlanRetire = "plan_retire",
    CustomerInsert = "customer_insert",
    CustomerUpdate = "customer_update",
    StockQuarantine = "stock_quarantine",
    StockFree = "stock_free",
    SubscriptionInsert = "subscription_insert",
    SubscriptionUpdate = "subscription_update",
    SummaryInsert = "summary_insert",
    AcceptanceInsert = "acceptance_insert",
    PinInsert = "pin_insert",
    PriceNoticeInsert = "price_notice_insert",
    LegalHoldInsert = "legal_hold_insert",
    LegalHoldUpdate = "legal_hold_update",
    ErasureInsert = "erasure_insert",
    ErasureUpdate = "erasure_update",
    UsageRewrite = "usage_rewrite",
    AuditEventRewrite = "audit_event_rewrite",
    AnswerDrop = "answer_drop",
    LaddersOfRootDrop = "ladders_of_root_drop",
    VerbRecordsOfCallDrop = "verb_records_of_call_drop",
    MarksDrop = "marks_drop",
    ContactDrop = "contact_drop",
    CustomerDrop = "customer_drop",
    ParticipantsDrop = "participants_drop",
    QueueMembersDrop = "queue_members_drop",
    FlowRevisionsDrop = "flow_revisions_drop",
    FlowStepsDrop = "flow_steps_drop",
    AnswersSweepOf = "answers_sweep_of",
    MarksSweepOf = "marks_sweep_of",
    ContactsSweepOf = "contacts_sweep_of",
    FlowValuesSweepOf = "flow_values_sweep_of",
    BindingsSweepOf = "bindings_sweep_of",
    WatchesSweepOf = "watches_sweep_of",
    UsageLabelsSweepOf = "usage_labels_sweep_of",
    KeysDrop = "api_keys_drop",
    PeopleDrop = "people_drop",
    SessionsDrop = "sessions_drop",
    ClientsDrop = "clients_drop",
    SipDomainsDrop = "sip_domains_drop",
    CredentialListsDrop = "credential_lists_drop",
    CredentialsDrop = "credentials_drop",
    IpListsDrop = "ip_lists_drop",
    IpAddressesDrop = "ip_addresses_drop",
    SmppUsersDrop = "smpp_users_drop",
    CallbacksDrop = "callbacks_drop",
    RecordingsDrop = "recordings_drop",
    TranscriptionsDrop = "transcriptions_drop",
    MessagesDrop = "messages_drop",
    CallsDrop = "calls_drop",
    NotificationsDrop = "notifications_drop",
    VerbRecordsDrop = "verb_records_drop",
    ConferencesDrop = "conferences_drop",
    QueuesDrop = "queues_drop",
    EmailsDrop = "emails_drop",
    ExportsDrop = "exports_drop",
    VerificationsDrop = "verifications_drop",
    AttemptsDrop = "verification_attempts_drop",
    ChallengesDrop = "verify_challenges_drop",
    FactorsDrop = "verify_factors_drop",
    EntitiesDrop = "verify_entities_drop",
    GuardDecisionsDrop = "guard_decisions_drop",
    GuardCasesDrop = "guard_cases_drop",
    SpendCasesDrop = "spend_cases_drop",
    SafeNumbersDrop = "safe_numbers_drop",
    SendLimitsDrop = "send_limits_drop",
    VerifyTemplatesDrop = "verify_templates_drop",
    VerifyServicesDrop = "verify_services_drop",
    OptOutsDrop = "opt_outs_drop",
    MessagingServicesDrop = "messaging_services_drop",
    ShortCodesDrop = "short_codes_drop",
    SenderNamesDrop = "sender_names_drop",
    ExecutionsDrop = "flow_executions_drop",
    FlowsDrop = "flows_drop",
    ApplicationsDrop = "applications_drop",
    NumbersDrop = "numbers_drop",
    AuditEventsDrop = "audit_events_drop",
    RetentionMarkSave = "retention_mark_save",
    RetentionCountAdd = "retention_count_add",
    CallerIdsDrop = "caller_ids_drop",
    TriggersDrop = "usage_triggers_drop",
    ThresholdsDrop = "thresholds_drop",
    PromotionInsert = "promotion_insert",
    PromotionUpdate = "promotion_update",
    PromotionRedeem = "promotion_redeem",
    PromotionSpend = "promotion_spend",
    RedemptionInsert = "redemption_insert",
    RedemptionUpdate = "redemption_update",
    PriceRunInsert = "price_run_insert",
    PriceRunUpdate = "price_run_update",
    PriceRunCustomerSave = "price_run_customer_save",
}

/// The steps of a set, in order. `Broken` for a set that is too large or a posting that does not sum to zero: bugs of the caller.
pub fn plan(changes: ChangeSet) -> Result<Vec<Step>, StoreError> {
    let changes = changes.into_changes();
    if changes.len() > MAX_CHANGES {
        return Err(StoreError::Broken("a change set has at most 10 000 changes".into()));
    }
    let mut steps = Vec::with_capacity(changes.len() * 2);
    for change in changes {
        plan_change(change, &mut steps)?;
    }
    Ok(steps)
}

const MOVED: &str = "the resource was changed by somebody else, or is not there";
const TAKEN: &str = "the sid or unique name is taken";
const MISSING: &str = "the resource is not there";

fn plan_change(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let step = match change {
        C::CreateAccount(account) => return accounts::create(&account, steps),
        C::UpdateAccount(account) => accounts::update(account)?,
        C::CreateKey(key) => accounts::create_key(&key)?,
        C::UpdateKey(key) => accounts::update_key(key)?,
        C::DeleteKey(account, key) => accounts::delete_key(account, key),
        C::CreateApplication(application) => numbers::create_application(&application)?,
        C::UpdateApplication(application) => numbers::update_application(application)?,
        C::DeleteApplication(account, it) => numbers::delete_application(account, it, steps),
        C::ImportStock(stock) => return extend(steps, stock.iter().map(numbers::import)),
        C::RentNumber(number) => return numbers::rent(&number, steps),
        C::UpdateNumber(number) => numbers::update(number)?,
        C::ReleaseNumber(account, it, at, free_at) => numbers::release((account, it), (at, free_at), steps),
        C::CreateCallerId(id) => numbers::create_caller_id(&id)?,
        C::UpdateCallerId(id) => numbers::update_caller_id(id)?,
        C::DeleteCallerId(account, id) => numbers::delete_caller_id(account, id),
        C::CreateCall(call) => calls::create(&call)?,
        C::UpdateCall(call) => calls::update(call)?,
        C::DeleteCall(account, call) => return extend(steps, calls::delete(account, call).map(Ok)),
        C::ProveCalls(calls, at) => return extend(steps, calls::prove(calls, at)),
        C::AddTimeline(entries) => calls::add_timeline(&entries)?,
        C::AddLadder(ladder) => calls::add_ladder(ladder),
        C::CreateRecording(recording) => calls::create_recording(&recording)?,
        C::UpdateRecording(recording) => calls::update_recording(recording)?,
        C::CreateAccountKey(account, sealed) => accounts::create_account_key(account, sealed),
        C::ResealAccountKey { account, from, to } => accounts::reseal_account_key(account, from, to),
        C::DestroyAccountKey(account) => accounts::destroy_account_key(account),
        C::AddNotification(notification) => calls::add_notification(&notification)?,
        C::CreateMessage(message) => messages::create(&message)?,
        C::UpdateMessage(message) => messages::update(message)?,
        C::DeleteMessage(account, it) => return extend(steps, messages::delete(account, it).map(Ok)),
        C::LinkCarrierId { route, carrier_id, message, segment } => {
            messages::link(&route, &carrier_id, message, segment)
        }
        C::KeepMoPart(part) => messages::keep_part(&part)?,
        C::DropMoParts(key) => messages::drop_parts(&key),
        C::ClaimMoPart(key, part) => messages::claim_part(&key, part),
        C::AddUsage(event) => return add_usage(&event, steps),
        C::Post(posting) => return money::post(&posting, steps),
        C::QueueCallback(callback) => outbox::queue(&callback)?,
        C::SettleCallback(callback) => outbox::settle(&callback)?,
        C::KeepIdempotency(record) => outbox::keep(record),
        C::AddVerbRecord(record) => calls::add_verb_record(&record)?,
        C::Sip(change) => return sip::plan(change, steps),
        C::Room(change) => rooms::plan(change)?,
        C::Phone(change) => phones::plan(change)?,
        C::Flow(change) => return flows::plan(change, steps),
        C::Verify(change) => return verify::plan(change, steps),
        C::Credit(change) => return credit::plan(change, steps),
        C::Watch(change) => return watches::plan(change, steps),
        C::People(change) => return people::plan(change, steps),
        C::Messaging(change) => return messaging::plan(change, steps),
        C::Invoice(change) => return invoices::plan(change, steps),
        C::Letter(change) => letters::plan(change)?,
        C::Ledger(change) => return ledger::plan(change, steps),
        C::Holding(change) => holdings::plan(change)?,
        C::Contract(change) => return contracts::plan(change, steps),
        C::Mail(change) => mail::plan(change)?,
        C::Transcription(change) => transcriptions::plan(change)?,
        C::Export(change) => exports::plan(change)?,
        C::Erasure(change) => return erasure::plan(change, steps),
        C::Retention(change) => retention::plan(&change),
        C::Debit(change) => debits::plan(change)?,
        C::Payment(change) => payments::plan(change)?,
        C::Lawful(change) => lawful::plan(change)?,
    };
    steps.push(step);
    Ok(())
}

/// The mark that its account's usage has moved, the event, and the sum of its day.
fn add_usage(event: &flexio_domain::UsageEvent, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(watches::moved(event.account_sid));
    steps.extend(money::add_usage(event)?);
    Ok(())
}

/// Adds steps until one cannot be made.
fn extend(
    steps: &mut Vec<Step>,
    more: impl IntoIterator<Item = Result<Step, StoreError>>,
) -> Result<(), StoreError> {
    for step in more {
        steps.push(step?);
    }
    Ok(())
}
