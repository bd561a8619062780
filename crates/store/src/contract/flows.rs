//! Flows, their revisions and executions.

use super::*;
use crate::{Change, ExecutionFilter, FlowChange as C, KeptSound, Page, Span, StoreError};
use flexio_domain::*;

/// A flow that was published once.
pub fn flow(account_sid: AccountSid) -> Flow {
    Flow {
        sid: FlowSid::new(),
        version: 1,
        account_sid,
        name: "Front desk".to_owned(),
        definition: r#"{"name":"Front desk","nodes":[]}"#.to_owned(),
        studio: None,
        note: "first".to_owned(),
        published_revision: Some(1),
        last_revision: 1,
        secrets: [("token".to_owned(), Sealed(vec![1, 2, 3]))].into(),
        due_at: Some(at(100)),
        queue: None,
        test: FlowEnvironment::default(),
        production: FlowEnvironment::default(),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// A revision of it.
pub fn revision(flow: &Flow, revision: u32) -> FlowRevision {
    FlowRevision {
        flow_sid: flow.sid,
        revision,
        account_sid: flow.account_sid,
        definition: flow.definition.clone(),
        studio: None,
        note: format!("note {revision}"),
        created_at: at(i64::from(revision)),
    }
}

/// An execution that waits for a message.
pub fn execution(flow: &Flow) -> FlowExecution {
    FlowExecution {
        sid: ExecutionSid::new(),
        version: 1,
        account_sid: flow.account_sid,
        flow_sid: flow.sid,
        revision: 1,
        stage: Stage::Production,
        is_active: true,
        contact: "+32470000001".to_owned(),
        platform: "+32470000002".to_owned(),
        call_sid: Some(CallSid::from_u128(7)),
        state: "{}".to_owned(),
        due_at: Some(at(50)),
        awaits_reply: true,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn step(execution: &FlowExecution, sequence: u32) -> FlowStep {
    FlowStep {
        execution_sid: execution.sid,
        sequence,
        account_sid: execution.account_sid,
        log: format!(r#"{{"n":{sequence}}}"#),
    }
}

async fn write(store: &Arc<dyn Store>, change: C) -> Result<(), StoreError> {
    store.commit(Change::from(change).into()).await
}

pub async fn a_flow_and_its_revisions_read_as_they_were_written(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let made = flow(account);
    write(&store, C::CreateFlow(made.clone())).await.unwrap();
    for number in 1..=3 {
        write(&store, C::AddRevision(revision(&made, number))).await.unwrap();
    }
    assert_eq!(store.flow(account, made.sid).await.unwrap(), Some(made.clone()));
    assert_eq!(store.flow_revision(account, made.sid, 2).await.unwrap(), Some(revision(&made, 2)));
    let newest: Vec<u32> = store
        .flow_revisions(account, made.sid, 2)
        .await
        .unwrap()
        .iter()
        .map(|revision| revision.revision)
        .collect();
    assert_eq!(newest, [3, 2]);
    let again = write(&store, C::AddRevision(revision(&made, 3))).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    assert_eq!(store.flows(account, &Page::default()).await.unwrap(), [made.clone()]);
    assert_eq!(store.count_flows(account).await.unwrap(), 1);
    assert_eq!(store.due_flows(at(99), 10).await.unwrap(), []);
    assert_eq!(store.due_flows(at(100), 10).await.unwrap(), [made]);
}

pub async fn a_flow_changed_in_between_is_a_conflict(store: Arc<dyn Store>) {
    let made = flow(AccountSid::new());
    write(&store, C::CreateFlow(made.clone())).await.unwrap();
    let changed = Flow { name: "Back desk".to_owned(), due_at: None, ..made.clone() };
    write(&store, C::UpdateFlow(changed.clone())).await.unwrap();
    assert!(matches!(write(&store, C::UpdateFlow(made.clone())).await, Err(StoreError::Conflict(_))));
    let kept = store.flow(made.account_sid, made.sid).await.unwrap();
    assert_eq!(kept, Some(Flow { version: 2, ..changed }));
    assert_eq!(store.due_flows(at(200), 10).await.unwrap(), []);
}

pub async fn executions_are_found_by_call_by_reply_and_by_time(store: Arc<dyn Store>) {
    let made = flow(AccountSid::new());
    let account = made.account_sid;
    let runs = execution(&made);
    write(&store, C::CreateExecution(runs.clone())).await.unwrap();
    let again = write(&store, C::CreateExecution(runs.clone())).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    assert_eq!(store.flow_execution(account, runs.sid).await.unwrap(), Some(runs.clone()));
    assert_eq!(store.execution_of_call(account, CallSid::from_u128(7)).await.unwrap(), Some(runs.clone()));
    let awaiting = |contact: &'static str| store.execution_awaiting(account, "+32470000002", contact);
    assert_eq!(awaiting("+32470000001").await.unwrap(), Some(runs.clone()));
    assert_eq!(awaiting("+32470000009").await.unwrap(), None);
    assert_eq!(store.due_executions(at(49), 10).await.unwrap(), []);
    assert_eq!(store.due_executions(at(50), 10).await.unwrap(), [runs.clone()]);

    let over = FlowExecution { is_active: false, awaits_reply: false, ..runs.clone() };
    write(&store, C::UpdateExecution(over)).await.unwrap();
    assert!(matches!(write(&store, C::UpdateExecution(runs.clone())).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.execution_of_call(account, CallSid::from_u128(7)).await.unwrap(), None);
    assert_eq!(awaiting("+32470000001").await.unwrap(), None);
    assert_eq!(store.due_executions(at(90), 10).await.unwrap(), []);
    for (is_active, count) in [(None, 1), (Some(true), 0), (Some(false), 1)] {
        let filter = ExecutionFilter { flow: Some(made.sid), is_active, ..ExecutionFilter::default() };
        let found = store.flow_executions(account, filter, &Page::default()).await.unwrap();
        assert_eq!(found.len(), count, "{is_active:?}");
    }
}

pub async fn steps_read_in_order_and_are_written_once(store: Arc<dyn Store>) {
    let runs = execution(&flow(AccountSid::new()));
    for sequence in [2, 1, 3] {
        write(&store, C::AddStep(step(&runs, sequence))).await.unwrap();
    }
    assert!(matches!(write(&store, C::AddStep(step(&runs, 2))).await, Err(StoreError::Conflict(_))));
    let steps = store.flow_steps(runs.account_sid, runs.sid).await.unwrap();
    assert_eq!(steps, [step(&runs, 1), step(&runs, 2), step(&runs, 3)]);
}

pub async fn a_deleted_flow_takes_what_is_over_with_it(store: Arc<dyn Store>) {
    let made = flow(AccountSid::new());
    let account = made.account_sid;
    let over = FlowExecution { is_active: false, awaits_reply: false, ..execution(&made) };
    let runs = FlowExecution { sid: ExecutionSid::new(), ..execution(&made) };
    write(&store, C::CreateFlow(made.clone())).await.unwrap();
    write(&store, C::AddRevision(revision(&made, 1))).await.unwrap();
    for execution in [&over, &runs] {
        write(&store, C::CreateExecution(execution.clone())).await.unwrap();
        write(&store, C::AddStep(step(execution, 1))).await.unwrap();
    }
    let early = write(&store, C::DeleteExecution(account, runs.sid)).await;
    assert!(matches!(early, Err(StoreError::Conflict(_))), "an execution that goes on is not deleted");
    write(&store, C::DeleteFlow(account, made.sid)).await.unwrap();
    assert!(matches!(write(&store, C::DeleteFlow(account, made.sid)).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.flow(account, made.sid).await.unwrap(), None);
    assert_eq!(store.flow_revision(account, made.sid, 1).await.unwrap(), None);
    assert_eq!(store.flow_execution(account, over.sid).await.unwrap(), None);
    assert_eq!(store.flow_steps(account, over.sid).await.unwrap(), []);
    assert_eq!(store.flow_execution(account, runs.sid).await.unwrap(), Some(runs.clone()));
    assert_eq!(store.flow_steps(account, runs.sid).await.unwrap().len(), 1);
    let ended = FlowExecution { is_active: false, ..runs.clone() };
    write(&store, C::UpdateExecution(ended)).await.unwrap();
    write(&store, C::DeleteExecution(account, runs.sid)).await.unwrap();
    assert_eq!(store.flow_steps(account, runs.sid).await.unwrap(), []);
}

pub async fn old_executions_that_are_over_are_swept_oldest_first(store: Arc<dyn Store>) {
    let made = flow(AccountSid::new());
    let account = made.account_sid;
    let at = |digits, is_active| FlowExecution {
        sid: ExecutionSid::from_u128(digits),
        is_active,
        awaits_reply: false,
        ..execution(&made)
    };
    let all = [at(1, true), at(2, false), at(3, false), at(4, false), at(5, false)];
    for execution in &all {
        write(&store, C::CreateExecution(execution.clone())).await.unwrap();
        write(&store, C::AddStep(step(execution, 1))).await.unwrap();
    }
    let left = async || {
        let rows = store.flow_executions(account, ExecutionFilter::default(), &Page::default()).await;
        let mut left: Vec<u128> = rows.unwrap().iter().map(|execution| execution.sid.as_u128()).collect();
        left.sort_unstable();
        left
    };
    write(&store, C::SweepExecutions(ExecutionSid::from_u128(5), 2)).await.unwrap();
    assert_eq!(left().await, [1, 4, 5]);
    write(&store, C::SweepExecutions(ExecutionSid::from_u128(5), 2)).await.unwrap();
    assert_eq!(left().await, [1, 5]);
    assert_eq!(store.flow_steps(account, all[1].sid).await.unwrap(), []);
    assert_eq!(store.flow_steps(account, all[0].sid).await.unwrap().len(), 1);
}

pub async fn executions_of_all_flows_are_found_by_time(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let flows = [flow(account), flow(account)];
    let of = |flow: &Flow, millisecond: u128| FlowExecution {
        sid: ExecutionSid::from_u128(millisecond << 80 | 9),
        awaits_reply: false,
        ..execution(flow)
    };
    for (index, millisecond) in [(0, 1_000), (1, 2_000), (0, 3_000)] {
        write(&store, C::CreateExecution(of(&flows[index], millisecond))).await.unwrap();
    }
    let found = async |flow: Option<FlowSid>, from: Option<i64>, until: Option<i64>| {
        let at = |millisecond: i64| Timestamp::from_millisecond(millisecond).unwrap();
        let created = Span { from: from.map(at), until: until.map(at) };
        let filter = ExecutionFilter { flow, created, is_active: None };
        let rows = store.flow_executions(account, filter, &Page::default()).await.unwrap();
        rows.iter().map(|row| row.sid.as_u128() >> 80).collect::<Vec<_>>()
    };
    assert_eq!(found(None, None, None).await, [3_000, 2_000, 1_000]);
    assert_eq!(found(Some(flows[0].sid), None, None).await, [3_000, 1_000]);
    assert_eq!(found(None, Some(2_000), None).await, [3_000, 2_000]);
    assert_eq!(found(None, None, Some(3_000)).await, [2_000, 1_000]);
    assert_eq!(found(Some(flows[1].sid), Some(1_500), Some(3_000)).await, [2_000]);
}

pub async fn flows_are_found_by_the_queue_they_watch(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let watching = |queue: Option<&str>| Flow { queue: queue.map(str::to_owned), ..flow(account) };
    let (every, sales, none) = (watching(Some("")), watching(Some("sales")), watching(None));
    for flow in [&every, &sales, &none] {
        write(&store, C::CreateFlow(flow.clone())).await.unwrap();
    }
    let found = async |account, queue: &'static str| {
        let rows = store.flows_of_queue(account, queue, 10).await.unwrap();
        rows.iter().map(|row| row.sid).collect::<Vec<_>>()
    };
    assert_eq!(found(account, "sales").await, [every.sid, sales.sid]);
    assert_eq!(found(account, "support").await, [every.sid]);
    assert!(found(AccountSid::new(), "sales").await.is_empty());
    write(&store, C::UpdateFlow(Flow { queue: None, ..every.clone() })).await.unwrap();
    assert_eq!(found(account, "sales").await, [sales.sid]);
}

pub async fn what_flows_count_adds_up_by_day(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    for (day, name, value) in
        [("01", "orders", 2), ("01", "orders", -5), ("01", "calls", 1), ("02", "orders", 7)]
    {
        let day = format!("2026-01-{day}");
        write(&store, C::AddMetric(one, day, name.to_owned(), value)).await.unwrap();
    }
    let metric = |name: &str, day: &str, uses, total| FlowMetric {
        name: name.to_owned(),
        day: day.to_owned(),
        uses,
        total,
    };
    let all = [
        metric("orders", "2026-01-02", 1, 7),
        metric("orders", "2026-01-01", 2, -3),
        metric("calls", "2026-01-01", 1, 1),
    ];
    assert_eq!(store.flow_metrics(one, ("2026-01-01", "2026-01-02")).await.unwrap(), all);
    assert_eq!(store.flow_metrics(one, ("2026-01-02", "2026-01-09")).await.unwrap(), all[..1]);
    assert!(store.flow_metrics(other, ("2026-01-01", "2026-01-02")).await.unwrap().is_empty());
}

pub async fn what_happens_in_queues_adds_up_by_day(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    let day = |queue: &str, day: &str| QueueDay {
        queue: queue.to_owned(),
        day: day.to_owned(),
        ..QueueDay::default()
    };
    let entered = QueueDay { entered: 1, ..day("desk", "2026-01-01") };
    let served = QueueDay { served: 1, in_time: 1, waited_s: 12, ..day("desk", "2026-01-01") };
    let later = QueueDay { abandoned: 1, ..day("desk", "2026-01-02") };
    for added in [&entered, &entered, &served, &later, &day("sales", "2026-01-01")] {
        write(&store, C::AddQueueDay(one, added.clone())).await.unwrap();
    }
    let first = QueueDay { entered: 2, ..served.clone() };
    let all = [later.clone(), day("sales", "2026-01-01"), first];
    assert_eq!(store.queue_days(one, ("2026-01-01", "2026-01-02")).await.unwrap(), all);
    assert_eq!(store.queue_days(one, ("2026-01-02", "2026-01-09")).await.unwrap(), [later]);
    assert!(store.queue_days(other, ("2026-01-01", "2026-01-02")).await.unwrap().is_empty());
}

pub async fn steps_of_the_newest_executions_are_found_together(store: Arc<dyn Store>) {
    let (account, other) = (AccountSid::new(), AccountSid::new());
    let made = flow(account);
    write(&store, C::CreateFlow(made.clone())).await.unwrap();
    for number in 1..=3_u128 {
        let run = FlowExecution { sid: ExecutionSid::from_u128(number), ..execution(&made) };
        write(&store, C::CreateExecution(run.clone())).await.unwrap();
        for sequence in 1..=2 {
            write(&store, C::AddStep(step(&run, sequence))).await.unwrap();
        }
    }
    let found = async |account, executions, limit| {
        let steps = store.recent_flow_steps(account, made.sid, executions, limit).await.unwrap();
        let mut runs: Vec<u128> = steps.iter().map(|step| step.execution_sid.as_u128()).collect();
        runs.sort_unstable();
        runs
    };
    assert_eq!(found(account, 2, 100).await, [2, 2, 3, 3]);
    assert_eq!(found(account, 9, 100).await.len(), 6);
    assert_eq!(found(account, 9, 3).await.len(), 3);
    assert!(found(other, 9, 100).await.is_empty());
}

pub async fn what_flows_are_to_be_told_is_told_once(store: Arc<dyn Store>) {
    let cue = |account_sid, n: u128| FlowCue {
        sid: RequestSid::from_u128(n),
        account_sid,
        queue: "support".to_owned(),
        call_sid: CallSid::from_u128(n),
        event: "abandoned".to_owned(),
        waited_s: 30,
        at: at(1),
    };
    let (one, other) = (AccountSid::new(), AccountSid::new());
    let (late, early) = (cue(one, 2), cue(other, 1));
    for cue in [&late, &early] {
        write(&store, C::AddCue(cue.clone())).await.unwrap();
    }
    assert_eq!(store.flow_cues(10).await.unwrap(), [early.clone(), late.clone()]);
    assert_eq!(store.flow_cues(1).await.unwrap(), [early.clone()]);
    assert!(matches!(write(&store, C::AddCue(late.clone())).await, Err(StoreError::Conflict(_))));
    for (account, sid) in [(one, early.sid), (other, RequestSid::from_u128(3))] {
        assert!(matches!(write(&store, C::DropCue(account, sid)).await, Err(StoreError::Conflict(_))));
    }
    write(&store, C::DropCue(other, early.sid)).await.unwrap();
    assert!(matches!(write(&store, C::DropCue(other, early.sid)).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.flow_cues(10).await.unwrap(), [late]);
}

pub async fn values_are_kept_by_account(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    for value in ["1", "2"] {
        write(&store, C::SetValue(one, "visits".to_owned(), value.to_owned())).await.unwrap();
    }
    assert_eq!(store.flow_value(one, "visits").await.unwrap().as_deref(), Some("2"));
    assert_eq!(store.flow_value(other, "visits").await.unwrap(), None);
    write(&store, C::ForgetValue(other, "visits".to_owned())).await.unwrap();
    assert_eq!(store.flow_value(one, "visits").await.unwrap().as_deref(), Some("2"));
    write(&store, C::ForgetValue(one, "visits".to_owned())).await.unwrap();
    assert_eq!(store.flow_value(one, "visits").await.unwrap(), None);
}

pub async fn sounds_are_kept_by_account_and_name(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    let kept = |account, name: &str, bytes: &[u8]| KeptSound {
        sound: Sound {
            account_sid: account,
            name: name.to_owned(),
            content_type: "audio/wav".to_owned(),
            bytes: bytes.len() as u64,
            created_at: at(1),
        },
        content: Sealed(bytes.to_vec()),
    };
    let (first, second, foreign) =
        (kept(one, "b.wav", &[0, 255]), kept(one, "a.wav", &[1]), kept(other, "b.wav", &[2]));
    for sound in [&first, &second, &foreign] {
        write(&store, C::SaveSound(Box::new(sound.clone()))).await.unwrap();
    }
    assert_eq!(store.sounds(one, 10).await.unwrap(), [second.sound.clone(), first.sound.clone()]);
    assert_eq!(store.sounds(one, 1).await.unwrap(), [second.sound]);
    assert_eq!(store.sound(one, "b.wav").await.unwrap(), Some(first.sound));
    assert_eq!(store.sound_content(one, "b.wav").await.unwrap(), Some(first.content));
    let again = kept(one, "b.wav", &[7, 8, 9]);
    write(&store, C::SaveSound(Box::new(again.clone()))).await.unwrap();
    assert_eq!(store.sound_content(one, "b.wav").await.unwrap(), Some(again.content));
    assert_eq!(store.sound_content(other, "b.wav").await.unwrap(), Some(foreign.content));
    write(&store, C::DeleteSound(one, "b.wav".to_owned())).await.unwrap();
    assert_eq!(
        (store.sound(one, "b.wav").await.unwrap(), store.sounds(other, 10).await.unwrap().len()),
        (None, 1)
    );
    let gone = write(&store, C::DeleteSound(one, "b.wav".to_owned())).await;
    assert!(matches!(gone, Err(StoreError::Conflict(_))));
}

pub async fn foreign_flows_are_neither_found_nor_changed(store: Arc<dyn Store>) {
    let made = flow(AccountSid::new());
    let (stranger, runs) = (AccountSid::new(), execution(&made));
    write(&store, C::CreateFlow(made.clone())).await.unwrap();
    write(&store, C::AddRevision(revision(&made, 1))).await.unwrap();
    write(&store, C::CreateExecution(runs.clone())).await.unwrap();
    write(&store, C::AddStep(step(&runs, 1))).await.unwrap();
    assert_eq!(store.flow(stranger, made.sid).await.unwrap(), None);
    assert_eq!(store.flows(stranger, &Page::default()).await.unwrap(), []);
    assert_eq!(store.flow_revision(stranger, made.sid, 1).await.unwrap(), None);
    assert_eq!(store.flow_revisions(stranger, made.sid, 10).await.unwrap(), []);
    assert_eq!(store.flow_execution(stranger, runs.sid).await.unwrap(), None);
    assert_eq!(store.execution_of_call(stranger, CallSid::from_u128(7)).await.unwrap(), None);
    assert_eq!(store.execution_awaiting(stranger, &runs.platform, &runs.contact).await.unwrap(), None);
    assert_eq!(store.flow_steps(stranger, runs.sid).await.unwrap(), []);
    for change in [
        C::UpdateFlow(Flow { account_sid: stranger, ..made.clone() }),
        C::DeleteFlow(stranger, made.sid),
        C::UpdateExecution(FlowExecution { account_sid: stranger, ..runs.clone() }),
        C::DeleteExecution(stranger, runs.sid),
    ] {
        assert!(matches!(write(&store, change).await, Err(StoreError::Conflict(_))));
    }
}
