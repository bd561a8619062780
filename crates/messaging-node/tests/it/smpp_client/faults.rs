//! A hostile SMSC over real sockets: `SMPP_FAULT_SEED=n` repeats one seed.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use flexio_messaging_node::smpp_client::{SmppClient, SmppNews};
use flexio_smpp::{NotSentReason, Outcome, SubmitKey};
use flexio_testkit::smsc::{Behaviour, Faults, Record, Smsc};
use tokio::sync::mpsc;

use super::{next, request, route};

const MESSAGES: u64 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_hangs_garbage_and_cuts_neither_lose_nor_double_a_message() {
    let seeds = match std::env::var("SMPP_FAULT_SEED") {
        Ok(text) => vec![text.parse().unwrap()],
        Err(_) => (1..=4).collect::<Vec<u64>>(),
    };
    for seed in seeds {
        println!("seed {seed}");
        one_seed(seed).await;
    }
}

async fn one_seed(seed: u64) {
    let faults = Faults {
        seed,
        silent: 5,
        throttled: 20,
        refused: 10,
        cut: 5,
        cut_mid_pdu: 5,
        garbage: 5,
        hang: 3,
        bind_refused: 200,
        receipt_twice: 100,
    };
    let smsc = Smsc::start(Behaviour { faults, ..Behaviour::default() }).await.unwrap();
    let mut hasty = route(&smsc);
    hasty.session.response_timeout = Duration::from_millis(150);
    hasty.session.enquire_timeout = Duration::from_millis(150);
    hasty.session.throttle = (Duration::from_millis(5), Duration::from_millis(20));
    hasty.session.jitter_seed = seed;
    let (sender, mut events) = mpsc::channel(64);
    let handle = SmppClient::start(hasty, sender).unwrap();

    // Given back unsent, a message is submitted again, as a router would; its key is its text.
    let (again, mut to_submit) = mpsc::unbounded_channel();
    (0..MESSAGES).for_each(|key| again.send(key).unwrap());
    let feeder = tokio::spawn(async move {
        while let Some(key) = to_submit.recv().await {
            handle.submit(SubmitKey(key), request(&key.to_string())).await.unwrap();
        }
        handle
    });

    let mut outcomes: HashMap<u64, Outcome> = HashMap::new();
    let mut parked = Vec::new();
    let mut up = false;
    while outcomes.len() < usize::try_from(MESSAGES).unwrap() {
        match next(&mut events).await {
            SmppNews::Up => {
                up = true;
                parked.drain(..).for_each(|key| again.send(key).unwrap());
            }
            SmppNews::Down { .. } => up = false,
            SmppNews::Submitted { key: SubmitKey(key), outcome: Outcome::NotSent(reason), .. } => {
                assert_eq!(reason, NotSentReason::NotBound);
                if up { again.send(key).unwrap() } else { parked.push(key) }
            }
            SmppNews::Submitted { key: SubmitKey(key), outcome, late: false } => {
                let before = outcomes.insert(key, outcome);
                assert_eq!(before, None, "seed {seed}: a second outcome for {key}");
            }
            SmppNews::Submitted { key: SubmitKey(key), late: true, .. } => {
                assert!(
                    matches!(outcomes[&key], Outcome::Unknown(_)),
                    "seed {seed}: late without unknown: {key}"
                );
            }
            SmppNews::Receipt { ack, .. } => ack.accept(),
            other => panic!("seed {seed}: {other:?}"),
        }
    }
    drop(again);
    feeder.await.unwrap().close();
    check(seed, &smsc.record(), &outcomes);
}

fn check(seed: u64, record: &Record, outcomes: &HashMap<u64, Outcome>) {
    assert!(record.faults > 20 && record.connections > 3, "seed {seed}: too little happened: {record:?}");
    let taken: Vec<u64> =
        record.taken.iter().map(|t| String::from_utf8(t.octets.clone()).unwrap().parse().unwrap()).collect();
    let distinct: HashSet<u64> = taken.iter().copied().collect();
    assert_eq!(distinct.len(), taken.len(), "seed {seed}: a message was taken twice");
    for (key, outcome) in outcomes {
        match outcome {
            Outcome::Accepted { .. } => {
                assert!(distinct.contains(key), "seed {seed}: {key} is accepted and lost");
            }
            Outcome::Refused { .. } => {
                assert!(!distinct.contains(key), "seed {seed}: {key} is refused and taken");
            }
            Outcome::Unknown(_) | Outcome::NotSent(_) => {}
        }
    }
    assert_eq!(record.nonsense, 0, "seed {seed}: we wrote nonsense");
}
