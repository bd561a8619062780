//! Queues over SIP and RTP.

use std::time::Duration;

use flexio_app::*;
use flexio_domain::*;
use flexio_sip::{Event, NameAddr, ReferRequest, Uri};
use flexio_store::{ExecutionFilter, Page, RoomChange};

use crate::conferences::{calls, heard};
use crate::phones::{PASSWORD, Phone, client};
use crate::platform::Platform;

/// Waits until the application was asked for this so often.
async fn asked(platform: &Platform, path: &str, times: usize) {
    for _ in 0..400 {
        if platform.asked(path).len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{path} was asked {} times", platform.asked(path).len());
}

async fn queue(platform: &Platform) -> Queue {
    let queues = platform.app.store.queues(platform.account.sid, &Page::default()).await.unwrap();
    queues.into_iter().next().expect("made by its first use")
}

async fn waiting(platform: &Platform) -> Vec<QueueMember> {
    let queue = queue(platform).await.sid;
    platform.app.store.queue_members(platform.account.sid, queue).await.unwrap()
}

const CUSTOMER: &str =
    r#"<Enqueue waitUrl="/wait" action="/queued">help</Enqueue><Say language="en">never</Say>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_is_served_hears_and_is_heard_and_both_documents_are_told() {
    let platform = Platform::start().await;
    platform.answers("voice", CUSTOMER);
    platform.answers("wait", "<Pause length='1'/><Redirect>/wait</Redirect>");
    platform.answers("whisper", r#"<Say language="en">Now</Say>"#);
    platform.answers("queued", "<Hangup/>");
    platform.answers("dialled", "<Hangup/>");
    let customer = calls(&platform, 1, Duration::from_secs(9), "");
    let agent = async {
        asked(&platform, "wait", 2).await;
        let members = waiting(&platform).await;
        assert_eq!((members.len(), members[0].priority), (1, 0), "the one who waits is kept");
        platform.answers(
            "voice",
            r#"<Dial action="/dialled" timeout="10"><Queue url="/whisper">help</Queue></Dial>"#,
        );
        calls(&platform, 2, Duration::from_secs(4), "").await
    };
    let (customer, agent) = tokio::join!(customer, agent);
    assert!(customer.hung_up_by_platform, "the agent hung up first");
    let (by_customer, by_agent) = (heard(&customer, &[2, 1]), heard(&agent, &[1, 2]));
    // The whisper has a little of every pitch.
    assert!(by_customer[0] > 1_000 && by_customer[1] < 500, "{by_customer:?}");
    assert!(by_agent[0] > 1_000 && by_agent[1] == 0, "{by_agent:?}");
    platform.finished_calls().await;
    let wait = &platform.asked("wait")[1].params;
    let place = (&*wait["QueuePosition"], &*wait["CurrentQueueSize"], &*wait["MaxQueueSize"]);
    assert_eq!(place, ("1", "1", "100"));
    assert!(wait["QueueSid"].starts_with("QU") && wait["QueueTime"].parse::<u32>().unwrap() >= 1);
    let whisper = &platform.asked("whisper")[0].params;
    assert!(whisper["DequeingCallSid"].starts_with("CA") && whisper["From"].ends_with('1'));
    let queued = &platform.asked("queued")[0].params;
    assert_eq!(queued["QueueResult"], "bridged");
    assert!(queued["QueueTime"].parse::<u32>().unwrap() >= 1);
    assert!(waiting(&platform).await.is_empty(), "nobody waits any more");
    // Who hung up first: its action is told all the same.
    assert_eq!(platform.asked("dialled")[0].params["DialCallStatus"], "completed");
    let usage = platform.usage().await;
    let of = |kind| usage.iter().filter(move |event| event.kind == kind).collect::<Vec<_>>();
    let (waited, spoken) = (of(UsageKind::Queue), of(UsageKind::Tts));
    assert_eq!((waited.len(), waited[0].item.as_str()), (1, "free"), "{waited:?}");
    assert!(waited[0].billed >= 1 && waited[0].billed < 9, "{waited:?}");
    assert_eq!(waited[0].labels.number.as_deref(), Some(platform.number.as_str()));
    assert_eq!(
        (spoken.len(), spoken[0].item.as_str()),
        (1, "free"),
        "the whisper alone was said: {spoken:?}"
    );
    assert!(spoken[0].billed >= 1 && spoken[0].billed < 3, "{spoken:?}");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hang_up_leave_full_and_the_api_take_a_caller_out_and_leave_nothing() {
    let platform = Platform::start().await;
    platform.answers("voice", CUSTOMER);
    platform.answers("wait", "<Pause length='20'/>");
    platform.answers("queued", "<Hangup/>");
    platform.answers("out", "<Hangup/>");
    calls(&platform, 1, Duration::from_secs(2), "").await;
    platform.finished_calls().await;
    assert_eq!(platform.asked("queued")[0].params["QueueResult"], "hangup");
    assert!(waiting(&platform).await.is_empty());

    platform.answers("wait", "<Leave/>");
    assert!(calls(&platform, 1, Duration::from_secs(5), "").await.hung_up_by_platform);
    assert_eq!(platform.asked("queued")[1].params["QueueResult"], "leave");

    platform.answers("wait", "<Pause length='20'/>");
    let mut small = queue(&platform).await;
    small.max_size = 1;
    platform
        .app
        .store
        .commit(flexio_store::Change::Room(RoomChange::UpdateQueue(small.clone())).into())
        .await
        .unwrap();
    let control = platform.voice.call_control();
    let script = async {
        asked(&platform, "wait", 3).await;
        calls(&platform, 2, Duration::from_secs(5), "").await;
        assert_eq!(platform.asked("queued")[2].params["QueueResult"], "queue-full");
        let webhook = Webhook { url: platform.url("out"), method: HttpMethod::Post };
        let out = || WebhookSet { primary: Some(webhook.clone()), fallback: None };
        let account = platform.account.sid;
        let foreign = control.dequeue(AccountSid::new(), small.sid, QueueMemberRef::Front, out()).await;
        assert_eq!(foreign, Err(ControlError::NotHere));
        let stranger = control.dequeue(account, small.sid, QueueMemberRef::Call(CallSid::new()), out()).await;
        assert_eq!(stranger, Err(ControlError::Over));
        control.dequeue(account, small.sid, QueueMemberRef::Front, out()).await.unwrap();
    };
    let (report, ()) = tokio::join!(calls(&platform, 1, Duration::from_secs(12), ""), script);
    assert!(report.hung_up_by_platform);
    assert_eq!(platform.asked("out").len(), 1);
    platform.finished_calls().await;
    assert!(waiting(&platform).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_started_by_a_caller_who_comes_and_by_one_who_gives_up() {
    let platform = Platform::start().await;
    platform.answers("voice", CUSTOMER);
    platform.answers("wait", "<Pause length='20'/>");
    platform.answers("queued", "<Hangup/>");
    let definition = serde_json::json!({ "name": "Missed", "nodes": [
        { "id": "queue", "type": "on_queue", "properties": { "queue": "help" }, "next": { "start": "end" } },
        { "id": "end", "type": "end" }] });
    let content = flows::FlowContent {
        flow: flows::definition_of(&definition.to_string()).unwrap(),
        studio: None,
        note: String::new(),
    };
    let account = platform.account.clone();
    let flow = platform.app.create_flow(&account, content, &|_| None).await.unwrap();
    platform.app.publish_flow(&account, flow.sid, "").await.unwrap();
    calls(&platform, 1, Duration::from_secs(2), "").await;
    platform.finished_calls().await;
    let mut told = Vec::new();
    for _ in 0..200 {
        flows::run_due(&platform.app).await.unwrap();
        let all = ExecutionFilter::default();
        let found = platform.app.flow_executions(account.sid, all, &Page::default()).await.unwrap();
        let event = |run: &FlowExecution| platform.app.flow_state(run).unwrap().data;
        told = found.iter().map(event).collect();
        if told.len() == 2 {
            assert!(found.iter().all(|run| run.contact == "+32470123451"), "{found:?}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    told.sort_by_key(|data| data["event"].to_string());
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["event"], &told[1]["event"]), (&"abandoned".into(), &"entered".into()));
    assert!(told[0]["waited_s"].as_u64().unwrap() >= 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_rcml_the_customer_dials_and_the_agent_enqueues_and_serves_again() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Enqueue waitUrl="/idle" joinUrl="/agent" rejoin="true">help</Enqueue>"#);
    platform.answers("idle", "<Pause length='20'/>");
    platform.answers("agent", r#"<Say language="en">Customer</Say>"#);
    platform.answers("customer", r#"<Say language="en">Agent</Say>"#);
    platform.answers("dialled", "<Hangup/>");
    let customers = async {
        asked(&platform, "idle", 1).await;
        platform.answers(
            "voice",
            r#"<Dial action="/dialled" timeout="20"><Queue waitUrl="/wait" joinUrl="/customer">help</Queue></Dial>"#,
        );
        let first = calls(&platform, 1, Duration::from_secs(4), "").await;
        asked(&platform, "idle", 2).await;
        let second = calls(&platform, 2, Duration::from_secs(4), "").await;
        (first, second)
    };
    let (agent, (first, second)) = tokio::join!(calls(&platform, 9, Duration::from_secs(16), ""), customers);
    assert!(heard(&first, &[9])[0] > 800 && heard(&second, &[9])[0] > 800);
    assert!(heard(&agent, &[1, 2]).iter().all(|ms| *ms > 800), "{:?}", heard(&agent, &[1, 2]));
    assert_eq!((platform.asked("agent").len(), platform.asked("customer").len()), (2, 2));
    platform.finished_calls().await;
    assert_eq!(platform.asked("dialled").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_phone_sends_the_caller_to_a_document_and_is_out() {
    let platform = Platform::start().await;
    client(&platform, "agent", Some("agent")).await;
    let mut agent = Phone::start(None).await;
    assert_eq!(agent.register(&platform, "agent", PASSWORD).await, 200);
    platform.answers("voice", r#"<Enqueue waitUrl="">help</Enqueue>"#);
    platform.answers("agent", r#"<Dial referUrl="/to"><Queue>help</Queue></Dial><Pause length="60"/>"#);
    platform.answers("to", "<Hangup/>");
    let (report, ()) = tokio::join!(platform.phone(""), async {
        // The caller waits once he is answered.
        while platform.asked("voice").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let leg = agent.call(&platform, "agent", "600").await.unwrap();
        let target: Uri = "sip:carol@127.0.0.1".parse().unwrap();
        let mut answers = Vec::new();
        // Until the two are connected there is nobody to be sent anywhere.
        while answers.last() != Some(&202) {
            let request = ReferRequest::new(NameAddr::new(target.clone()));
            agent.act(|end, now| end.refer(now, leg, &request).unwrap());
            let answered = agent.until(|_, _, event| match event {
                Event::ReferAnswered { status, .. } => Some(*status),
                _ => None,
            });
            answers.push(answered.await);
        }
        let outcome = agent.until(|_, _, event| match event {
            Event::ReferProgress { status, is_over: true, .. } => Some(*status),
            _ => None,
        });
        assert_eq!(outcome.await, 200);
        agent.hang_up(leg).await;
    });
    assert!(report.hung_up_by_platform, "{report:?}");
    let asked = platform.asked("to").remove(0).params;
    assert_eq!(asked["Transferor"], "client:agent");
    assert_eq!(
        (&asked["ReferTarget"], &asked["Transferee"]),
        (&"sip:carol@127.0.0.1".into(), &asked["CallSid"])
    );
    assert_eq!(asked["From"], "+32470123456", "it is the caller's document");
    platform.finished_calls().await;
}
