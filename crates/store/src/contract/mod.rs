//! The contract suite: what every adapter must show.
//!
//! Each case is a function over a fresh, empty store; it panics where the contract is broken. An adapter runs them either as one test
//! each, with [`store_contract!`](crate::store_contract), or, where an empty store is costly, all in a row with [`run_all`].

#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]
#![expect(
    clippy::cloned_ref_to_slice_refs,
    clippy::assigning_clones,
    reason = "a case reads as what it expects"
)]

mod accounts;
mod calls;
mod carrier;
mod concurrency;
mod contracts;
mod credit;
mod debits;
mod dispatches;
mod erasure;
mod exports;
mod factors;
mod fixtures;
mod flows;
mod guard;
mod holdings;
mod invoices;
mod ladders;
mod lawful;
mod ledger;
mod letters;
mod mail;
mod masking;
mod media;
mod messages;
mod messaging;
mod messaging_services;
mod money;
mod notices;
mod numbers;
mod outbox;
mod payments;
mod people;
mod phones;
mod porting;
mod price_runs;
mod promotions;
mod reports;
mod retention;
mod rooms;
mod sip_access;
mod tenancy;
mod transcriptions;
mod verify;
mod verify_texts;
mod watches;

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use crate::Store;

pub use debits::{collection, mandate};
pub use dispatches::dispatch;
pub use erasure::legal_hold;
pub use factors::challenge;
pub use fixtures::*;
pub use guard::guard_case;
pub use invoices::invoice;
pub use mail::email;
pub use payments::payment_intent;
pub use price_runs::price_run;
pub use promotions::promotion;
pub use transcriptions::transcription;

/// A case over an empty store.
pub type Case = fn(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! contract {
    ($d:tt $($module:ident: $($case:ident)*;)*) => {
        /// Every case with its sentence.
        pub const CASES: &[(&str, Case)] = &[$($((stringify!($case), |store| Box::pin($module::$case(store))),)*)*];

        /// Makes one test per case of the contract. `$open` is an async function that gives `(Arc<dyn Store>, guard)`: an empty store,
        /// and whatever has to live as long as it.
        #[macro_export]
        macro_rules! store_contract {
            ($d open:path) => {
                $($(
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $case() {
                        let (store, _guard) = $d open().await;
                        $d crate::contract::run(stringify!($case), store).await;
                    }
                )*)*
            };
        }
    };
}

contract! { $
    accounts:
        an_account_reads_as_it_was_written
        an_email_address_finds_its_account_in_any_case
        an_email_address_belongs_to_one_account
        an_email_address_cannot_be_changed_into_anothers
        a_sid_is_taken_once
        an_update_counts_the_version_up
        an_update_of_a_version_that_moved_is_a_conflict
        an_account_does_not_move_in_the_tree
        the_root_account_is_the_one_without_a_parent
        sub_accounts_are_listed_direct_or_all
        sub_accounts_are_filtered_by_name_and_status
        keys_are_made_changed_and_deleted
        text_with_a_nul_character_is_kept;
    numbers:
        applications_are_made_changed_listed_and_deleted
        deleting_an_application_frees_the_numbers_that_use_it
        an_update_read_before_an_application_was_deleted_does_not_bring_it_back
        stock_is_imported_and_searched
        a_stock_import_replaces_but_leaves_rents_alone
        a_rented_number_leaves_the_stock_and_has_an_owner
        a_number_that_is_rented_or_unknown_cannot_be_rented
        a_released_number_can_be_rented_again
        a_number_in_quarantine_is_nobodys_until_it_is_over
        a_number_is_released_by_its_renter_only_and_once
        a_number_moves_to_another_account
        an_update_of_a_number_cannot_change_what_was_rented
        numbers_are_filtered
        caller_ids_are_unique_within_their_account;
    calls:
        a_call_reads_as_it_was_written
        an_updated_call_reads_as_it_was_written
        a_call_updated_at_an_old_version_is_a_conflict
        proof_of_life_reaches_running_legs_only
        an_update_never_takes_a_proof_back
        a_call_that_is_over_is_deleted_with_its_timeline
        calls_are_filtered_and_counted
        open_calls_are_those_of_the_node_and_of_none
        running_calls_are_answered_ones_of_an_account_or_a_node
        silent_calls_are_those_nobody_has_proven_for_long
        a_timeline_reads_in_order
        recordings_are_made_changed_and_listed_and_a_deleted_one_leaves_its_record
        open_and_spooled_recordings_belong_to_their_node
        recordings_whose_time_is_up_are_found_longest_overdue_first
        an_account_has_one_key_which_can_be_resealed_and_destroyed
        verb_records_are_filtered_and_counted
        notifications_are_filtered_and_counted
        pages_are_stable_while_rows_are_added
        pages_run_both_ways_and_can_skip;
    messages:
        a_message_reads_as_it_was_written
        a_message_updated_at_an_old_version_is_a_conflict
        a_deleted_message_is_gone_and_cannot_be_deleted_again
        messages_are_filtered_and_counted
        a_text_search_takes_wildcards_literally
        queued_outgoing_messages_are_due_in_order_of_time
        queued_messages_are_found_and_counted_by_account
        messages_that_left_are_not_due
        sending_messages_are_found_after_a_restart
        sent_messages_expire_after_their_validity
        a_carrier_id_finds_its_message_and_segment
        a_repeated_carrier_id_stays_with_its_first_message
        parts_of_an_incoming_message_are_kept_once_and_dropped_together
        a_part_is_claimed_by_one_and_waiting_parts_are_listed_in_pages;
    messaging:
        somebody_opts_out_of_a_sender_once_and_is_found_by_it
        the_last_contact_of_a_shared_sender_stays;
    media:
        media_are_found_by_message_and_by_link_with_their_bytes
        media_go_one_by_one_and_with_their_message;
    messaging_services:
        a_service_is_changed_listed_and_deleted_with_its_senders
        a_number_is_in_one_service_and_a_name_in_many
        what_an_account_sets_for_a_short_code_is_its_own;
    carrier:
        a_program_is_found_by_its_name_and_one_of_an_account_receives
        a_sender_name_is_asked_for_by_many_and_held_by_one
        a_keyword_is_one_accounts_and_found_by_its_word;
    money:
        a_usage_event_reads_as_it_was_written
        a_repeated_usage_event_counts_once
        a_usage_event_with_another_content_is_an_event_conflict
        usage_events_page_by_day_source_and_id
        usage_events_are_filtered_by_resource_and_kind
        usage_totals_group_by_day_kind_item_and_class
        usage_is_summed_by_each_label_and_twice_the_same_event_counts_once
        usage_totals_of_a_tree_include_its_descendants
        a_posting_moves_balances
        a_repeated_posting_moves_nothing
        a_posting_with_another_content_is_an_event_conflict
        an_unbalanced_posting_is_refused_as_a_bug
        the_ledger_proof_counts_what_was_not_posted
        rows_behind_a_repeated_posting_are_still_written;
    watches:
        triggers_are_made_changed_filtered_and_deleted
        a_threshold_blocks_the_tree_below_and_cuts_what_runs_there
        usage_marks_those_who_watch_it
        a_month_is_summed_over_the_tree_by_the_month_of_each_use
        an_account_has_one_case_of_a_rule_in_a_day_and_those_above_see_it
        an_open_case_that_holds_cuts_what_runs_there;
    credit:
        credit_reads_as_it_was_written
        no_more_is_granted_than_is_left_however_many_ask_at_once
        a_grant_is_extended_and_returned_with_its_charge
        what_is_required_has_to_be_left
        accounts_spend_on_the_nearest_terms_above
        concurrent_postings_and_payments_add_up_in_credit
        grants_nobody_returned_are_found;
    outbox:
        callbacks_of_one_subject_wait_for_each_other
        callbacks_of_other_subjects_do_not_wait
        a_delayed_callback_holds_back_the_later_ones_of_its_subject
        a_dropped_callback_lets_the_next_one_go
        callbacks_about_a_subject_read_in_order
        claimed_callbacks_are_those_that_are_due_in_their_order
        settling_a_callback_that_is_not_there_is_a_conflict
        an_idempotency_key_is_kept_once_per_account
        an_old_idempotency_key_is_not_found
        a_sweep_drops_what_is_old_and_finished
        a_sweep_is_limited
        the_store_is_ready_and_says_what_it_is;
    sip_access:
        clients_are_found_by_login_whoever_asks
        deleting_an_application_frees_the_clients_that_use_it
        a_domain_name_belongs_to_one_domain
        a_domain_finds_its_users_and_networks
        a_list_in_use_is_not_deleted
        lists_of_users_and_networks_are_kept
        foreign_sip_things_are_neither_found_nor_changed;
    rooms:
        a_room_is_in_use_once_and_again_when_it_is_over
        conferences_are_filtered_and_counted
        open_conferences_are_those_of_the_node_and_of_none
        participants_are_saved_found_and_filtered
        a_queue_name_belongs_to_one_queue_of_an_account
        members_wait_in_order_of_priority_and_time;
    flows:
        a_flow_and_its_revisions_read_as_they_were_written
        a_flow_changed_in_between_is_a_conflict
        executions_are_found_by_call_by_reply_and_by_time
        steps_read_in_order_and_are_written_once
        a_deleted_flow_takes_what_is_over_with_it
        old_executions_that_are_over_are_swept_oldest_first
        sounds_are_kept_by_account_and_name
        values_are_kept_by_account
        executions_of_all_flows_are_found_by_time
        flows_are_found_by_the_queue_they_watch
        what_flows_count_adds_up_by_day
        what_happens_in_queues_adds_up_by_day
        what_flows_are_to_be_told_is_told_once
        steps_of_the_newest_executions_are_found_together
        foreign_flows_are_neither_found_nor_changed;
    verify:
        one_code_at_a_time_waits_for_somebody
        what_is_over_is_not_changed_and_guesses_that_cross_have_one_winner
        verifications_are_filtered_and_counted
        attempts_are_converted_with_their_verification
        limits_are_named_in_their_service_or_in_the_account
        marks_are_counted_since_a_moment_and_forgotten
        codes_whose_next_channel_is_due_are_found;
    verify_texts:
        templates_are_found_by_sid_and_name
        a_number_is_on_the_safe_list_once;
    guard:
        a_subject_has_one_open_case_and_its_last_one_is_found
        decisions_are_filtered_counted_and_forgotten;
    factors:
        somebody_is_known_once_in_a_service_and_goes_with_what_they_have
        a_code_that_crosses_itself_is_taken_once
        challenges_are_told_apart_by_the_time
        a_factor_nobody_has_shown_a_code_of_goes_after_a_while;
    ledger:
        a_posting_gets_one_seal_and_seals_are_numbered_once
        faults_of_the_books_are_named_and_counted
        what_is_carried_forward_leaves_each_balance_as_it_was;
    invoices:
        numbers_of_a_series_are_given_in_order_and_once
        an_invoice_is_settled_from_where_it_stood
        usage_is_summed_for_whoever_pays_less_what_is_invoiced
        the_uses_behind_an_invoice_are_found_and_counted_from_the_earlier_ones
        open_invoices_are_found_once_they_are_overdue;
    letters:
        letters_of_an_invoice_are_numbered_once
        disputes_and_approvals_are_changed_from_where_they_stood
        an_end_is_paid_back_once_and_seen_from_above;
    holdings:
        a_holding_reads_as_it_was_written_and_ends
        a_thing_is_held_once_at_a_time
        an_end_takes_back_what_was_to_begin_later
        holders_are_listed_by_what_they_held_in_a_time
        numbers_and_flows_without_a_holding_are_found
        a_month_is_closed_once;
    debits:
        an_account_has_one_mandate_that_is_not_revoked
        an_invoice_is_asked_of_a_bank_once;
    payments:
        a_payment_is_found_by_its_account_by_its_provider_and_when_due
        what_a_provider_tells_is_noted_once;
    people:
        an_address_belongs_to_one_person
        sessions_end_one_by_one_together_and_by_time
        what_people_did_is_listed_for_their_account
        a_seal_over_the_audit_log_takes_each_entry_once;
    ladders:
        ladders_are_found_by_leg_and_by_call_and_go_with_their_call
        ladders_are_swept_when_their_time_is_up;
    phones:
        phones_are_kept_for_their_node_and_read_in_pages
        contacts_take_the_place_of_those_before_and_none_forgets_the_user
        a_registrar_says_when_it_was_there
        each_node_says_how_its_trunks_stand;
    transcriptions:
        a_transcription_is_changed_once_and_deleted_by_its_owner
        transcriptions_are_found_by_recording_by_time_and_when_due;
    erasure:
        a_hold_stands_over_the_tree_below_until_it_is_lifted
        an_erasure_reads_as_it_was_written_and_is_found_when_due
        rows_are_found_by_what_they_name_and_go_with_their_parts
        a_call_is_forgotten_and_stays
        a_use_loses_its_ends_and_keeps_its_sums
        rows_without_a_sid_go_some_at_a_time
        what_a_hold_keeps_does_not_expire;
    lawful:
        a_request_of_an_authority_reads_as_it_was_written_and_is_late_until_decided
        a_number_leads_to_whoever_had_it_at_a_moment
        a_use_leads_to_its_account_without_naming_it;
    masking:
        what_masks_numbers_is_unique_by_key_and_goes_with_what_is_below;
    porting:
        a_number_has_one_open_porting_request_and_others_read_as_they_were
        a_number_that_is_asked_away_does_not_become_free_and_leaves_the_stock
        a_number_that_is_held_is_for_its_holder_alone_for_as_long;
    reports:
        revenue_is_summed_by_item_within_its_time
        use_is_counted_by_month_and_numbers_at_an_instant;
    retention:
        how_far_a_term_has_come_is_kept_by_account_and_counts_add_up
        uses_are_found_day_by_day;
    dispatches:
        a_sending_is_numbered_once_and_found_when_due;
    exports:
        an_archive_reads_as_it_was_written_and_is_found_when_due;
    mail:
        an_email_reads_as_it_was_written_and_is_changed_once
        due_emails_are_claimed_longest_due_first
        emails_are_listed_and_counted_by_time;
    tenancy:
        a_foreign_account_finds_nothing_by_sid
        a_foreign_account_lists_nothing
        a_foreign_account_changes_nothing
        a_tree_shows_descendants_and_never_ancestors_or_siblings
        own_scope_leaves_descendants_out;
    contracts:
        a_plan_version_is_published_once
        a_customer_and_a_contract_read_as_they_were_written
        an_account_has_one_contract_that_is_not_over
        contracts_whose_end_has_come_are_found
        what_was_shown_accepted_pinned_and_announced_is_kept_by_account
        pins_reach_the_tree_below;
    notices:
        a_change_of_terms_goes_on_behind_where_it_was_and_only_once
        a_notice_is_kept_with_its_letters_and_its_last_one_is_found;
    price_runs:
        a_run_goes_on_behind_where_it_was_and_only_once
        contracts_are_gone_through_by_account;
    promotions:
        a_promotion_reads_as_it_was_written_and_its_id_and_code_are_its_own
        x05_of_many_who_take_a_promotion_at_once_no_more_get_it_than_may
        an_account_takes_a_promotion_once_however_often_it_asks_at_once
        a_budget_is_never_overdrawn_however_many_ask_at_once
        what_invoices_give_uses_the_budget_of_what_was_not_set_aside;
    concurrency:
        a_set_is_written_whole_or_not_at_all
        a_failing_set_does_not_spoil_those_beside_it
        a_set_of_many_steps_is_written_whole
        an_empty_set_is_fine
        a_set_that_is_too_large_is_refused
        a_set_applied_twice_is_a_conflict
        one_of_many_renters_gets_the_number
        concurrent_updates_of_one_version_have_one_winner
        concurrent_retries_lose_no_update
        two_hundred_concurrent_commits_are_all_there
        concurrent_postings_add_up
        concurrent_uses_of_one_idempotency_key_have_one_winner
        what_was_committed_is_read_at_once;
}

/// Runs one case.
pub async fn run(name: &str, store: Arc<dyn Store>) {
    let (_, case) = CASES.iter().find(|(sentence, _)| *sentence == name).expect("a case of the suite");
    case(store).await;
}

/// Runs all cases, each on a store of its own from `open`; panics at the end with the sentences that did not hold.
pub async fn run_all<G, F: Future<Output = (Arc<dyn Store>, G)>>(mut open: impl FnMut() -> F) {
    let mut failed = Vec::new();
    for (name, case) in CASES {
        let (store, _guard) = open().await;
        let mut running = case(store);
        let outcome =
            poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context))) {
                Ok(Poll::Ready(())) => Poll::Ready(true),
                Ok(Poll::Pending) => Poll::Pending,
                Err(_) => Poll::Ready(false),
            });
        if !outcome.await {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), CASES.len(), failed.join("\n"));
}

/// Waits for all of `futures` at once; their results in order.
pub(crate) async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    let together = poll_fn(|context| {
        for (future, result) in &mut waiting {
            if result.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *result = Some(value);
            }
        }
        if waiting.iter().all(|(_, result)| result.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    });
    pin!(together).await;
    waiting.into_iter().map(|(_, result)| result.expect("all are ready")).collect()
}
