//! Flows on real calls and messages.

use base64::Engine as _;
use flexio_e2e::audio::{self, silence};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{peer, python, run};
use flexio_e2e::rest::{Answer, OVER};
use flexio_e2e::sipp::Sipp;
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::{Reply, Web};
use serde_json::{Value, json};

const CALLER: &str = "+32470123456";

/// JSON below the account, in the FlexIO API.
async fn ask(flexio: &Flexio, method: &str, rest: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    flexio.rest.send(method, &flexio.rest.native(rest), &headers, body.to_string().as_bytes()).await.unwrap()
}

/// Makes and publishes a flow.
async fn published(flexio: &Flexio, definition: &Value) -> String {
    let made = ask(flexio, "POST", "/Flows.json", &json!({ "definition": definition })).await.ok();
    let sid = made["sid"].as_str().unwrap().to_owned();
    ask(flexio, "POST", &format!("/Flows/{sid}/Publish.json"), &json!({})).await.ok();
    sid
}

/// The only execution of a flow once it is over, and its steps.
async fn over(flexio: &Flexio, flow: &str) -> (Value, Vec<Value>) {
    let execution = eventually("the execution ends", async || {
        let all =
            flexio.rest.get_at(&flexio.rest.native(&format!("/Flows/{flow}/Executions.json"))).await.ok();
        all["executions"].as_array().unwrap().iter().find(|one| one["status"] == "ended").cloned()
    })
    .await;
    let path = format!("/Flows/{flow}/Executions/{}/Steps.json", execution["sid"].as_str().unwrap());
    let steps = flexio.rest.get_at(&flexio.rest.native(&path)).await.ok();
    (execution, steps["steps"].as_array().unwrap().clone())
}

fn path(steps: &[Value]) -> Vec<&str> {
    steps.iter().map(|step| step["node"].as_str().unwrap()).collect()
}

fn menu(crm: &str) -> Value {
    json!({ "name": "Menu", "secrets": ["key"], "nodes": [
        { "id": "call", "type": "on_call", "next": { "start": "menu" } },
        { "id": "menu", "type": "menu", "properties": { "prompts": [{ "kind": "say", "text": "Press one." }], "timeout_s": 20,
            "choices": [{ "port": "sales", "digits": "1" }, { "port": "help", "digits": "2" }] },
          "next": { "sales": "crm", "help": "bye" } },
        { "id": "crm", "type": "http", "properties": { "method": "POST", "url": crm, "body": "{\"who\":\"{{ trigger.from }}\"}",
            "headers": { "X-Key": "{{ secrets.key }}" }, "take": [{ "variable": "name", "path": "people[0].name" }] },
          "next": { "success": "greet" } },
        { "id": "greet", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": "Hello {{ name }}." }] }, "next": { "done": "bye" } },
        { "id": "bye", "type": "hangup" } ] })
}

#[tokio::test]
async fn a_menu_flow_answers_a_call_hears_a_key_and_asks_a_web_service() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.answer("/crm", Reply::Body(200, "application/json", br#"{"people":[{"name":"Ann"}]}"#.to_vec()));
    let flow = published(&flexio, &menu(&web.url("/crm"))).await;
    ask(&flexio, "PUT", &format!("/Flows/{flow}/Secrets.json"), &json!({ "key": "very-secret-key" }))
        .await
        .ok();
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{flow}"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.event("CALL_ESTABLISHED").await;
    phone.press("1").await;
    phone.event("CALL_CLOSED").await;
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!(execution["outcome"], "completed", "{execution} {steps:?}");
    assert_eq!(path(&steps), ["call", "menu", "crm", "greet", "bye"]);
    assert_eq!(
        (steps[1]["port"].as_str(), steps[3]["inputs"]["heard"][0]["say"].as_str()),
        (Some("sales"), Some("Hello Ann."))
    );
    let asked = web.first("/crm").await;
    assert_eq!(asked.headers["x-key"], "very-secret-key");
    let shown = Value::Array(steps).to_string();
    assert!(!shown.contains("very-secret-key"), "{shown}");
    let again = format!("/Flows/{flow}/Executions/{}/Replay.json", execution["sid"].as_str().unwrap());
    assert_eq!(ask(&flexio, "POST", &again, &json!({})).await.ok()["same"], true);
}

/// What a caller hears of a number and how the legs end: milliseconds of two tones, the silence between them, direction, number and status.
async fn called(flexio: &Flexio, number: &str, legs: usize) -> ([usize; 3], Vec<[String; 3]>) {
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(number, flexio.sip).await;
    phone.event("CALL_ESTABLISHED").await;
    phone.event("CALL_CLOSED").await;
    let heard = phone.heard().await;
    let tones = [audio::heard_ms(&heard, 440.0), audio::heard_ms(&heard, 880.0)];
    let gap = audio::gap_ms(&heard, 440.0, 880.0).expect("both tones are heard, one after the other");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", legs, OVER).await;
    let parent = calls.iter().find(|call| call["to"] == number).expect("the call is listed")["sid"].clone();
    let of_it = calls.iter().filter(|call| call["sid"] == parent || call["parent_call_sid"] == parent);
    let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let mut ends: Vec<[String; 3]> = of_it
        .map(|call| {
            let to = if call["sid"] == parent { String::new() } else { text(call, "to") };
            [text(call, "direction"), to, text(call, "status")]
        })
        .collect();
    ends.sort();
    ([tones[0], tones[1], gap], ends)
}

#[tokio::test]
async fn a_flow_and_the_document_it_corresponds_to_behave_alike_on_a_real_call() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    for (name, hertz) in [("/low.wav", 440.0), ("/high.wav", 880.0)] {
        let sound = audio::wav(&audio::tone(hertz, 1_000));
        web.answer(name, Reply::Body(200, "audio/wav", sound));
    }
    let plays = |name: &str| json!({ "prompts": [{ "kind": "play", "url": web.url(name) }] });
    let after = json!({ "answered": "high", "busy": "high", "no_answer": "high", "failed": "high" });
    let definition = json!({ "name": "Alike", "languages": ["en"], "nodes": [
        { "id": "call", "type": "on_call", "next": { "start": "low" } },
        { "id": "low", "type": "say", "properties": plays("/low.wav"), "next": { "done": "rest" } },
        { "id": "rest", "type": "wait", "properties": { "seconds": 1 }, "next": { "done": "ring" } },
        { "id": "ring", "type": "dial", "properties": { "to": [{ "kind": "number", "address": "+32470120001" }] }, "next": after },
        { "id": "high", "type": "say", "properties": plays("/high.wav"), "next": { "done": "bye" } },
        { "id": "bye", "type": "hangup" },
    ] });
    let flow = published(&flexio, &definition).await;
    let written = ask(&flexio, "POST", "/Flows/Markup.json", &json!({ "definition": definition })).await.ok();
    let [document] = written["documents"].as_array().unwrap().as_slice() else {
        panic!("it is one document: {written}")
    };
    web.answer("/voice", Reply::Body(200, "text/xml", document["twiml"].as_str().unwrap().into()));
    let by_flow = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{flow}"))]).await;
    let by_document = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let (heard, ends) = called(&flexio, &by_flow, 2).await;
    let (heard_too, ends_too) = called(&flexio, &by_document, 4).await;
    assert_eq!(ends, ends_too);
    assert_eq!(ends.len(), 2, "{ends:?}");
    assert!(heard[..2].iter().all(|ms| (900..=1_060).contains(ms)), "{heard:?}");
    // A step of a flow is a question of the call between two documents.
    let near = heard.iter().zip(&heard_too).all(|(one, other)| one.abs_diff(*other) <= 600);
    assert!(near, "{heard:?} {heard_too:?}");
}

/// A project of the classic designer with its sound files, as its export packs them.
fn classic_archive() -> Vec<u8> {
    let play = |name: &str, file: &str| json!({ "kind": "play", "name": name, "playType": "local", "local": { "wavLocalFilename": file } });
    let state = json!({ "header": { "projectKind": "voice", "startNodeName": "start", "version": "1.13" }, "nodes": [
        { "name": "start", "label": "Welcome", "steps": [
            { "kind": "gather", "name": "step1", "gatherType": "menu", "timeout": 20, "steps": [play("p", "wel come.wav")], "menu": { "mappings": [{ "digits": "#", "next": "bye" }] } } ] },
        { "name": "bye", "label": "Bye", "steps": [play("step2", "bye.wav"), { "kind": "hungup", "name": "step3" }] } ] });
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    let files = [
        ("state", state.to_string().into_bytes()),
        ("wavs/wel come.wav", audio::wav(&audio::tone(440.0, 2_000))),
        ("wavs/bye.wav", audio::wav(&audio::tone(880.0, 1_000))),
    ];
    for (name, bytes) in files {
        archive.start_file(name, plain).unwrap();
        std::io::Write::write_all(&mut archive, &bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_classic_project_is_called_its_sound_files_are_heard_and_the_pound_key_chooses() {
    let flexio = Flexio::start().await;
    let archive = base64::engine::general_purpose::STANDARD.encode(classic_archive());
    let made =
        ask(&flexio, "POST", "/Flows/Import.json", &json!({ "archive": archive, "name": "Old" })).await.ok();
    assert_eq!(made["report"], json!([]), "{made}");
    let flow = made["sid"].as_str().unwrap().to_owned();
    ask(&flexio, "POST", &format!("/Flows/{flow}/Publish.json"), &json!({})).await.ok();
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{flow}"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.event("CALL_ESTABLISHED").await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    phone.press("#").await;
    phone.event("CALL_CLOSED").await;
    let heard = phone.heard().await;
    let (welcome, bye) = (audio::heard_ms(&heard, 440.0), audio::heard_ms(&heard, 880.0));
    assert!((1_800..=2_060).contains(&welcome) && (800..=1_060).contains(&bye), "{welcome} ms, {bye} ms");
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!(execution["outcome"], "completed", "{execution} {steps:?}");
    assert_eq!(path(&steps), ["on_call", "start.step1", "bye.step2", "bye.step3"]);
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_by_that_port_and_the_flow_goes_on_without_him() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.answer("/left", Reply::Body(200, "application/json", b"{}".to_vec()));
    let flow = published(&flexio, &json!({ "name": "Left", "nodes": [
        { "id": "call", "type": "on_call", "next": { "start": "ask" } },
        { "id": "ask", "type": "ask", "properties": { "prompts": [{ "kind": "say", "text": "Your number?" }], "timeout_s": 60 }, "next": { "hangup": "tell" } },
        { "id": "tell", "type": "http", "properties": { "url": web.url("/left") } } ] })).await;
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{flow}"))]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(1_500).succeed().await;
    web.first("/left").await;
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!((path(&steps), execution["outcome"].as_str()), (vec!["call", "ask", "tell"], Some("hangup")));
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    assert_eq!(calls[0]["status"], "completed");
}

#[tokio::test]
async fn a_flow_that_waits_for_an_answer_by_message_survives_a_restart() {
    let mut smsc = Smsc::start(20).await;
    let mut flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    let flow = published(&flexio, &json!({ "name": "Survey", "variables": { "mark": { "type": "number" } }, "nodes": [
        { "id": "sms", "type": "on_message", "next": { "start": "ask" } },
        { "id": "ask", "type": "ask_by_message", "properties": { "body": "From 1 to 5?", "timeout_s": 259_200, "variable": "mark" }, "next": { "reply": "thanks" } },
        { "id": "thanks", "type": "send_message", "properties": { "body": "You gave {{ mark }}." } } ] })).await;
    let number = flexio.rest.rent(&[("SmsUrl", &format!("flow:{flow}"))]).await;
    let told = |text: &str| json!({ "mo": { "from": "32470111222", "to": &number[1..], "text": text } });
    smsc.tell(&told("Hello")).await;
    smsc.wait("the question", |all| all.iter().find(|event| event["text"] == "From 1 to 5?").cloned()).await;
    flexio.kill().await;
    flexio.serve().await;
    smsc.bound().await;
    smsc.tell(&told("4")).await;
    smsc.wait("the thanks", |all| all.iter().find(|event| event["text"] == "You gave 4.").cloned()).await;
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!(
        (path(&steps), execution["outcome"].as_str()),
        (vec!["sms", "ask", "thanks"], Some("completed"))
    );
    let questions = smsc.submits().iter().filter(|submit| submit["text"] == "From 1 to 5?").count();
    assert_eq!(questions, 1, "asked once, in spite of the crash");
}

#[tokio::test]
async fn a_flow_started_at_its_web_address_calls_somebody_and_goes_on_in_that_call() {
    let friend = Sipp::new("callee").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &friend.address()).start().await;
    let flow = published(&flexio, &json!({ "name": "Call", "nodes": [
        { "id": "web", "type": "on_web", "properties": { "enabled": true }, "next": { "start": "call" } },
        { "id": "call", "type": "call_out", "next": { "answered": "say" } },
        { "id": "say", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": "Good morning {{ flow.data.name }}." }] }, "next": { "done": "bye" } },
        { "id": "bye", "type": "hangup" } ] })).await;
    let number = flexio.rest.rent(&[]).await;
    let start = format!("/flows/{}/{flow}/start", flexio.rest.account);
    let form = [("to", "+32470987654"), ("from", number.as_str()), ("name", "Ann")];
    flexio.rest.post_at(&start, &form).await.ok();
    friend.succeed().await;
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!(
        (path(&steps), execution["outcome"].as_str()),
        (vec!["web", "call", "say", "bye"], Some("completed")),
        "{execution}"
    );
    assert_eq!(steps[2]["inputs"]["heard"][0]["say"], "Good morning Ann.");
}

#[tokio::test]
async fn the_official_sdk_creates_publishes_and_executes_a_studio_flow() {
    let flexio = Flexio::start().await;
    let script = peer("studio_node.mjs").display().to_string();
    let environment =
        [("BASE", flexio.rest.base.as_str()), ("SID", &flexio.rest.account), ("TOKEN", &flexio.rest.token)];
    let output = run(std::path::Path::new("node"), &[&script], &environment).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        said,
        json!({
            "valid": true, "flow": ["FW", "published", 1, true], "execution": ["FN", "ended"], "context": "Ann",
            "steps": ["Trigger", "set_1"], "revisions": [2, 1], "flows": ["Greeter"], "refused": [422, 81_001], "removed": true,
        })
    );
}

/// Memory that hostile files may take beyond what a quiet server holds (security T21).
const HOSTILE_KIB: u64 = 64 * 1_024;

#[tokio::test]
async fn t21_t22_hostile_archives_are_refused_with_a_documented_code_in_little_memory_and_time() {
    let mut flexio = Flexio::start().await;
    let made = run(&python(), &[peer("archives.py").to_str().unwrap()], &[]).await;
    let archives: serde_json::Map<String, Value> = serde_json::from_slice(&made.stdout).unwrap();
    assert!(archives.len() >= 13, "{}", String::from_utf8_lossy(&made.stderr));
    // What a server holds after its first imports is what it is compared with.
    let good = json!({ "content": "name: x\nnodes:\n  - id: a\n    type: on_call\n" });
    for _ in 0..20 {
        ask(&flexio, "POST", "/Flows/Import.json", &good).await.ok();
    }
    let before = flexio.resident_kib();
    for (name, archive) in &archives {
        for _ in 0..3 {
            let began = std::time::Instant::now();
            let answer = ask(&flexio, "POST", "/Flows/Import.json", &json!({ "archive": archive })).await;
            let took = began.elapsed();
            assert!(
                answer.status == 422 && answer.code() == 81_005,
                "{name}: {} {}",
                answer.status,
                answer.text()
            );
            assert!(took.as_secs() < 5, "{name} took {took:?}");
            assert!(!answer.text().contains("root:"), "{name}: {}", answer.text());
            let grown = flexio.resident_kib().saturating_sub(before);
            assert!(grown < HOSTILE_KIB, "{name}: {grown} KiB more");
        }
    }
    assert!(!std::path::Path::new("/tmp/flexio-evil.json").exists(), "an entry was written by its name");
    assert!(flexio.files_with("flexio-evil").is_empty(), "an entry's name was kept");
    ask(&flexio, "POST", "/Flows/Import.json", &good).await.ok();
    assert!(flexio.is_running() && !flexio.log().contains("panicked"));
}

#[tokio::test]
async fn whoever_waits_in_a_queue_when_the_process_is_killed_is_told_to_the_flows_as_gone_once() {
    let mut flexio = Flexio::start().await;
    let flow = published(
        &flexio,
        &json!({ "name": "Missed", "nodes": [
            { "id": "queue", "type": "on_queue", "properties": { "queue": "help", "events": ["abandoned"] }, "next": { "start": "mark" } },
            { "id": "mark", "type": "tag", "properties": { "name": "gone", "value": "{{ contact.channel.address }} after {{ flow.data.waited_s }} s" } } ] }),
    )
    .await;
    let entry = published(
        &flexio,
        &json!({ "name": "Entry", "nodes": [
            { "id": "call", "type": "on_call", "next": { "start": "wait" } },
            { "id": "wait", "type": "enqueue", "properties": { "queue": "help" } } ] }),
    )
    .await;
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{entry}"))]).await;
    let caller = Sipp::new("caller").calls(flexio.sip, &number).pause(60_000).start();
    let queue = eventually("somebody waits", async || {
        let queues = flexio.rest.get("/Queues.json").await;
        queues["queues"].as_array()?.iter().find(|queue| queue["current_size"] == 1).cloned()
    })
    .await;
    flexio.kill().await;
    flexio.serve().await;
    let (execution, steps) = over(&flexio, &flow).await;
    assert_eq!(path(&steps), ["queue", "mark"]);
    assert!(execution["tags"]["gone"].as_str().unwrap().starts_with(CALLER), "{execution}");
    assert_eq!(
        flexio.rest.get(&format!("/Queues/{}.json", queue["sid"].as_str().unwrap())).await["current_size"],
        0
    );
    // Killed and started again, nothing is told a second time.
    flexio.kill().await;
    flexio.serve().await;
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("flow:{entry}"))]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(2_500).succeed().await;
    let path = flexio.rest.native(&format!("/Flows/{flow}/Executions.json"));
    let all = eventually("the second caller is told of", async || {
        let all = flexio.rest.get_at(&path).await.ok()["executions"].as_array()?.clone();
        (all.len() >= 2).then_some(all)
    })
    .await;
    assert_eq!(all.len(), 2, "{all:?}");
    drop(caller);
}
