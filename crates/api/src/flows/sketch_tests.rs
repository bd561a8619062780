//! What is asked of a document while it is drawn.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_domain::ErrorCode;
use serde_json::{Value, json};

use crate::tests::world::World;

fn flow() -> Value {
    json!({ "name": "Desk", "nodes": [
        { "id": "call", "type": "on_call", "next": { "start": "dial" } },
        { "id": "dial", "type": "dial", "properties": { "to": [{ "address": "+3222268888" }] }, "next": { "answered": "bye", "no_answer": "text" } },
        { "id": "text", "type": "send_message", "properties": { "body": "We call you back." }, "next": { "sent": "bye" } },
        { "id": "bye", "type": "hangup" },
    ] })
}

#[tokio::test]
async fn nodes_are_shown_in_both_dialects_and_a_document_becomes_nodes() {
    let world = World::new().await;
    let path = |name: &str| format!("/restcomm/2012-04-24/Accounts/{}/Flows/{name}.json", world.child.sid());
    let asked = json!({ "definition": flow(), "nodes": ["dial", "bye"] });
    let written = world.json(&world.child, "POST", &path("Markup"), asked).await.ok().json();
    let document = &written["documents"][0];
    assert_eq!(document["nodes"], json!(["dial", "bye"]));
    let text = document["twiml"].as_str().unwrap();
    assert!(text.contains("<Number>+3222268888</Number>") && text.contains("<Hangup/>"), "{text}");
    let pasted = json!({ "content": text, "dialect": "twiml" });
    let pasted = world.json(&world.child, "POST", &path("Paste"), pasted).await.ok().json();
    assert_eq!(pasted["nodes"][0]["properties"]["to"][0]["address"], "+3222268888");
    assert_eq!((&pasted["nodes"][0]["next"]["answered"], &pasted["report"]), (&json!("hangup"), &json!([])));
    for (body, wanted) in [
        (json!({ "content": "<Response><Say>" }), (422, 81_005)),
        (json!({ "content": "<Response/>", "dialect": "vxml" }), (400, 20_001)),
        (json!({}), (400, 20_426)),
    ] {
        let refused = world.json(&world.child, "POST", &path("Paste"), body.clone()).await.refused();
        assert_eq!(refused, wanted, "{body}");
    }
}

#[tokio::test]
async fn each_way_is_priced_by_the_accounts_plan_and_the_dearest_comes_first() {
    let world = World::new().await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Flows/Costs.json", world.child.sid());
    let asked = json!({ "definition": flow(), "assumed": { "talk_s": 120, "number": "+32470123456" } });
    let costs = world.json(&world.child, "POST", &path, asked).await.ok().json();
    let ways = costs["ways"].as_array().unwrap();
    let told: Vec<(String, &Value)> = ways
        .iter()
        .map(|way| {
            let nodes = way["nodes"].as_array().unwrap().iter().filter_map(Value::as_str);
            (nodes.collect::<Vec<_>>().join(" "), &way["price"])
        })
        .collect();
    // Two minutes at 0.095 and 130 s at 0.0045 a minute; a message and 30 s; 10 s of ringing.
    let wanted = [
        ("call dial bye".to_owned(), &json!("0.199750")),
        ("call dial text bye".to_owned(), &json!("0.097250")),
        ("call dial".to_owned(), &json!("0.000750")),
    ];
    assert_eq!(told, wanted);
    let used = &ways[0]["uses"][1];
    assert_eq!((&used["item"], &used["quantity"]), (&json!("voice.out.fixed"), &json!(120)));
    // What the account may not do has no price, and is not hidden.
    let mut abroad = flow();
    abroad["nodes"][1]["properties"]["to"][0]["address"] = json!("+882123456");
    let costs = world.json(&world.child, "POST", &path, json!({ "definition": abroad })).await.ok().json();
    let refused = costs["ways"].as_array().unwrap().iter().flat_map(|way| way["uses"].as_array().unwrap());
    assert_eq!(refused.filter(|used| used["price"].is_null()).count(), 1);
    for assumed in [json!({ "talk_s": 100_000 }), json!({ "number": "ann" })] {
        let asked = json!({ "definition": flow(), "assumed": assumed });
        assert_eq!(world.json(&world.child, "POST", &path, asked).await.refused().0, 400);
    }
}

#[tokio::test]
async fn sounds_are_kept_by_name_and_an_archive_brings_those_it_plays() {
    let world = World::new().await;
    let path = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", world.child.sid());
    let wav = |mark: u8| [b"RIFF\0\0\0\0WAVEfmt ".to_vec(), vec![mark; 70_000]].concat();
    let put = async |name: &str, bytes: &[u8]| {
        let body = json!({ "name": name, "content": STANDARD.encode(bytes) });
        world.json(&world.child, "POST", &path("Sounds"), body).await
    };
    assert_eq!(put("hello.wav", &wav(1)).await.ok().json()["url"], "sound:hello.wav");
    assert_eq!(put("../hello.wav", &wav(1)).await.refused(), (400, 20_001));
    assert_eq!(put("a.wav", b"MZ").await.refused().1, u64::from(ErrorCode::MediaKindRefused.number()));
    let large = [wav(1), vec![0; 4 * 1024 * 1024]].concat();
    assert_eq!(put("b.wav", &large).await.refused().1, u64::from(ErrorCode::MediaTooLarge.number()));
    let state = json!({ "header": { "projectKind": "voice", "startNodeName": "start", "version": "1.13" }, "nodes": [{ "name": "start", "steps": [
        { "kind": "play", "name": "step1", "playType": "local", "local": { "wavLocalFilename": "hello.wav" } },
        { "kind": "play", "name": "step2", "playType": "local", "local": { "wavLocalFilename": "by now gone.wav" } },
        { "kind": "play", "name": "step3", "playType": "local", "local": { "wavLocalFilename": "bye.wav" } },
        { "kind": "play", "name": "step4", "playType": "local", "local": { "wavLocalFilename": "2-hello.wav" } }] }] });
    let archive = zipped(&[
        ("state", state.to_string().as_bytes()),
        ("wavs/hello.wav", &wav(2)),
        ("wavs/bye.wav", &wav(3)),
        ("wavs/2-hello.wav", &wav(4)),
    ]);
    let body = json!({ "archive": STANDARD.encode(archive), "name": "Old" });
    let made = world.json(&world.child, "POST", &path("Flows/Import"), body).await.ok().json();
    let plays = |at: usize| made["definition"]["nodes"][at]["properties"]["prompts"][0]["url"].clone();
    assert_eq!(
        [plays(0), plays(1), plays(2), plays(3)],
        ["sound:2-hello.wav", "sound:by-now-gone.wav", "sound:bye.wav", "sound:2-2-hello.wav"],
        "the new name of one is the old name of another"
    );
    let report = made["report"].as_array().unwrap();
    assert!(
        report.iter().any(|told| told["node"] == "start.step2"
            && told["text"].as_str().unwrap().contains("by-now-gone.wav")),
        "{report:?}"
    );
    let silent = json!({ "node": "start.step2", "property": "prompts.url", "severity": "warning",
        "text": "there is no sound file `by-now-gone.wav`, and nothing is heard here", "cure": "bring it in, or choose another" });
    let checked = json!({ "definition": made["definition"] });
    let checked = world.json(&world.child, "POST", &path("Flows/Validate"), checked).await.ok().json();
    for problems in [&made["problems"], &checked["problems"]] {
        let found = problems.as_array().unwrap();
        assert!(found.contains(&silent), "{found:?}");
        assert_eq!(
            found.iter().filter(|told| told["text"].as_str().unwrap().contains("sound file")).count(),
            1
        );
    }
    let listed = world.get(&world.child, &path("Sounds")).await.ok().json();
    let names: Vec<&str> =
        listed["sounds"].as_array().unwrap().iter().filter_map(|sound| sound["name"].as_str()).collect();
    assert_eq!(names, ["2-2-hello.wav", "2-hello.wav", "bye.wav", "hello.wav"]);
    let kept = world.get(&world.child, &path("Sounds/2-hello.wav")).await.ok().json();
    assert_eq!(kept["content"], STANDARD.encode(wav(2)));
    world.json(&world.child, "DELETE", &path("Sounds/bye.wav"), json!({})).await;
    assert_eq!(world.get(&world.child, &path("Sounds/bye.wav")).await.refused().0, 404);
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let plain =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, plain).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
