//! What is left of an account that is erased: in no file of the installation anything of it, also where the program was killed meanwhile.

use std::process::Command;
use std::time::Duration;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::python;
use flexio_e2e::rest::{OVER, Rest};
use flexio_e2e::web::Web;
use serde_json::{Value, json};

const PERSON: &str = "+32470123456";
/// What belongs to somebody, and stands somewhere before.
const PERSONAL: [&str; 6] = [
    "470123456",
    "Bakkerij Wolvendaal",
    "wolvendaal@example.test",
    "Dennenlaan 7",
    "Geheim van Eva",
    "Kantoor Eva",
];
/// Messages of the erasure that is killed.
const MESSAGES: usize = 300;

/// An account of a customer without a contract.
async fn customer(flexio: &Flexio) -> Rest {
    let made =
        flexio.rest.post_at("/2010-04-01/Accounts.json", &[("FriendlyName", "Kantoor Eva")]).await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let rest = Rest::new(&flexio.rest.base, &text("sid"), &text("auth_token"));
    let customer = [
        ("Kind", "small"),
        ("LegalName", "Bakkerij Wolvendaal"),
        ("Street", "Dennenlaan 7"),
        ("PostCode", "9000"),
        ("City", "Gent"),
        ("EnterpriseNumber", "0202.239.951"),
        ("InvoiceEmail", "wolvendaal@example.test"),
        ("Language", "nl"),
    ];
    rest.post("/Customer.json", &customer).await;
    rest
}

/// Something of an account, asked for by the top account.
fn of(account: &str, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{account}{rest}.json")
}

async fn closed(flexio: &Flexio, account: &str) {
    flexio.rest.post_at(&of(account, ""), &[("Status", "closed")]).await.ok();
}

async fn sent(rest: &Rest, count: usize) {
    for number in 0..count {
        let body = format!("Geheim van Eva {number}");
        let form = [("From", "8640"), ("To", PERSON), ("Body", body.as_str())];
        rest.post("/Messages.json", &form).await;
    }
    rest.wait_all("/Messages.json?PageSize=1000", "messages", count, &["delivered"]).await;
}

/// The database's log is cut in the turn that ends the erasure, a moment after it is done.
async fn is_forgotten(flexio: &Flexio) {
    for text in PERSONAL {
        eventually(&format!("{text} is in no file"), || async {
            flexio.files_with(text).is_empty().then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_erased_account_is_in_no_file_and_the_books_stay_as_they_were() {
    let flexio = Flexio::start().await;
    let web = Web::start().await;
    web.verbs("/record", "<Pause length=\"1\"/>");
    let rest = customer(&flexio).await;
    let account = rest.account.clone();
    sent(&rest, 3).await;
    let number = rest.rent(&[]).await;
    let url = web.url("/record");
    let form = [("From", number.as_str()), ("To", PERSON), ("Url", &url), ("Record", "true")];
    let call = rest.post("/Calls.json", &form).await;
    rest.wait_status(&format!("/Calls/{}.json", call["sid"].as_str().unwrap()), OVER).await;
    rest.wait_all("/Recordings.json", "recordings", 1, &["completed"]).await;
    let audio = |flexio: &Flexio| {
        let folder = flexio.data().join("recordings");
        std::fs::read_dir(folder)
            .map_or(0, |files| files.filter(|it| it.as_ref().is_ok_and(|it| it.path().is_file())).count())
    };
    assert!(audio(&flexio) > 0, "there is audio");
    for text in PERSONAL {
        assert!(!flexio.files_with(text).is_empty(), "{text} is put in");
    }
    let used = async || flexio.rest.get_at(&of(&account, "/Usage/Records")).await.ok();
    let before = used().await;
    closed(&flexio, &account).await;
    let asked = flexio.rest.post_at(&of(&account, "/Erasures"), &[]).await.ok();
    let path = of(&account, &format!("/Erasures/{}", asked["sid"].as_str().unwrap()));
    let done = eventually("the account is erased", || async {
        let seen = flexio.rest.get_at(&path).await.ok();
        (seen["status"] == "done").then_some(seen)
    })
    .await;
    assert_eq!(done["certificate"]["genuine"], true, "{done}");
    is_forgotten(&flexio).await;
    assert_eq!(audio(&flexio), 0, "audio lies there no more");
    assert_eq!(used().await, before, "what was used is charged as it was");
    let proof = flexio.prove().await;
    assert_eq!((&proof["sound"], &proof["sum"]), (&true.into(), &"0.000000".into()), "{proof}");
}

/// Where the one erasure stands in the database file, read without flexio: its state and the stages that are done.
const STANDS: &str = "import json, sqlite3, sys
with sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True) as db:
    doc = json.loads(db.execute('SELECT doc FROM erasures').fetchone()[0])
    print(doc['state'], doc['done'], doc['after'])";

fn stands(flexio: &Flexio) -> String {
    let file = flexio.data().join("flexio.db");
    let output = Command::new(python()).args(["-c", STANDS]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn an_erasure_that_is_killed_again_and_again_is_finished_and_counts_each_row_once() {
    let mut flexio = Setup::default().start().await;
    let rest = customer(&flexio).await;
    let account = rest.account.clone();
    sent(&rest, MESSAGES).await;
    closed(&flexio, &account).await;
    let asked = flexio.rest.post_at(&of(&account, "/Erasures"), &[]).await.ok();
    flexio.kill().await;
    let mut seen = vec![stands(&flexio)];
    let mut patience_ms = 20;
    while seen.last().is_some_and(|last| !last.starts_with("done")) {
        let mut run = flexio.begin(&["serve", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0"]);
        let ended = tokio::time::timeout(Duration::from_millis(patience_ms), run.wait()).await;
        assert!(ended.is_err(), "it serves until it is killed");
        run.kill().await.unwrap();
        let now = stands(&flexio);
        if seen.last() == Some(&now) {
            // It had not come to it yet.
            patience_ms += 2;
            continue;
        }
        seen.push(now);
    }
    let midway = seen.iter().filter(|it| it.starts_with("running") && !it.starts_with("running 0 ")).count();
    assert!(midway > 0, "it was killed in the middle: {seen:?}");
    flexio.serve().await;
    let path = of(&account, &format!("/Erasures/{}", asked["sid"].as_str().unwrap()));
    let done = flexio.rest.get_at(&path).await.ok();
    assert_eq!((&done["status"], &done["stages_done"]), (&"done".into(), &done["stages"]), "{done}");
    let erased = done["certificate"]["erased"].as_array().unwrap();
    let count = |kind: &str| erased.iter().find(|it| it["kind"] == kind).map(|it| it["count"].clone());
    assert_eq!(count("messages"), Some(json!(MESSAGES)), "after {seen:?}");
    assert_eq!(count("accounts"), Some(Value::from(1)));
    assert_eq!(done["certificate"]["genuine"], true);
    eventually("the log of the database is cut", || async {
        PERSONAL.iter().all(|text| flexio.files_with(text).is_empty()).then_some(())
    })
    .await;
    let proof = flexio.prove().await;
    assert_eq!((&proof["sound"], &proof["sum"]), (&true.into(), &"0.000000".into()), "{proof}");
}
