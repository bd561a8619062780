use flexio_domain::{AccountSid, CallbackState, HttpMethod, RequestSid, Timestamp, Webhook};

use super::*;

fn callback(subject: &str, sequence: u32) -> Callback {
    Callback {
        sid: RequestSid::new(),
        account_sid: AccountSid::from_u128(1),
        subject: subject.to_owned(),
        sequence,
        webhook: Webhook { url: "http://a.test/x".to_owned(), method: HttpMethod::Post },
        params: Vec::new(),
        state: CallbackState::Pending,
        attempts: 0,
        next_attempt_at: Timestamp::UNIX_EPOCH,
        last_error: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// What became of a callback: `first`, `kept`, `later` or `look`.
fn placed(chains: &mut Chains, callback: &Callback, has_room: bool) -> &'static str {
    match chains.committed(callback.clone(), has_room) {
        Place::First(_) => "first",
        Place::Kept => "kept",
        Place::Later => "later",
        Place::Look => "look",
    }
}

#[test]
fn one_goes_out_when_the_one_before_it_is_over() {
    let (mut chains, all) = (Chains::default(), [0, 1, 2].map(|n| callback("SM1", n)));
    let places = all.each_ref().map(|callback| placed(&mut chains, callback, true));
    assert_eq!((places, chains.held()), (["first", "kept", "kept"], 2));
    assert_eq!(chains.over(&all[0], true), (Some(all[1].clone()), false));
    assert_eq!(chains.over(&all[1], true), (Some(all[2].clone()), false));
    assert_eq!((chains.over(&all[2], true), chains.held()), ((None, false), 0));
    assert_eq!(placed(&mut chains, &callback("SM1", 3), true), "first", "and the next one at once");
}

#[test]
fn behind_one_that_failed_nothing_goes_out_until_the_database_says_so() {
    let (mut chains, all) = (Chains::default(), [0, 1, 2].map(|n| callback("SM1", n)));
    assert_eq!(placed(&mut chains, &all[0], true), "first");
    assert_eq!(placed(&mut chains, &all[1], true), "kept");
    assert_eq!((chains.over(&all[0], false), chains.held()), ((None, false), 0));
    assert_eq!(placed(&mut chains, &all[2], true), "look", "which finds nothing while the first is pending");
    chains.was_read(&all[0]);
    assert_eq!(chains.over(&all[0], true), (None, true), "now the next one is looked for");
    chains.was_read(&all[1]);
    assert_eq!(chains.over(&all[1], true), (None, true));
}

#[test]
fn a_gap_and_a_full_memory_leave_the_rest_to_the_database() {
    let mut chains = Chains::default();
    assert_eq!(placed(&mut chains, &callback("SM1", 1), true), "look", "nothing is known of what was before");
    assert_eq!(placed(&mut chains, &callback("SM2", 0), false), "look");
    let all = [0, 1, 2, 3].map(|n| callback("SM3", n));
    assert_eq!(placed(&mut chains, &all[0], true), "first");
    assert_eq!(placed(&mut chains, &all[1], false), "later");
    assert_eq!(placed(&mut chains, &all[2], true), "later");
    assert_eq!(chains.over(&all[0], true), (None, true));
    chains.was_read(&all[1]);
    assert_eq!(placed(&mut chains, &all[3], true), "later");
    let conference = [0, 1_000_000].map(|n| callback("CF1", n));
    assert_eq!(placed(&mut chains, &conference[0], true), "first");
    assert_eq!(chains.over(&conference[0], true), (None, false));
    assert_eq!(placed(&mut chains, &conference[1], true), "look");
}

#[test]
fn one_that_was_read_before_it_was_handed_over_is_not_sent_again() {
    let (mut chains, all) = (Chains::default(), [0, 1].map(|n| callback("SM1", n)));
    chains.was_read(&all[0]);
    assert_eq!(chains.over(&all[0], true), (None, true));
    assert_eq!(placed(&mut chains, &all[0], true), "look");
    chains.was_read(&all[1]);
    assert_eq!(placed(&mut chains, &all[1], true), "later");
}

#[test]
fn subjects_of_which_nothing_is_under_way_are_forgotten_first() {
    let mut chains = Chains::default();
    let open = callback("open", 0);
    assert_eq!(placed(&mut chains, &open, true), "first");
    for number in 0..SUBJECTS_MAX + 10 {
        let callback = callback(&format!("SM{number}"), 0);
        assert_eq!(placed(&mut chains, &callback, true), "first");
        chains.over(&callback, true);
    }
    assert!(chains.subjects.len() <= SUBJECTS_MAX + 1, "{}", chains.subjects.len());
    assert_eq!(placed(&mut chains, &callback("open", 1), true), "kept");
}
