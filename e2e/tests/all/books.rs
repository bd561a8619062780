//! Books that somebody edits behind the program's back, and what a carrier says beside them.

use std::process::Command;

use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::python;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;
use serde_json::Value;

/// What a person with the database file does: one statement, and how many rows it changed.
const EDIT: &str = "import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    print(db.execute(sys.argv[2]).rowcount)";

/// Changes rows of the database file without flexio.
fn edit(flexio: &Flexio, statement: &str) -> u32 {
    let file = flexio.data().join("flexio.db");
    let output = Command::new(python()).args(["-c", EDIT]).arg(file).arg(statement).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Whether the books are sound, and the checks that say they are not.
async fn proof(flexio: &Flexio) -> (bool, Vec<String>) {
    let output = flexio.run(&["billing", "prove", "--json"]).await;
    let proof: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(proof["sound"].as_bool(), Some(output.status.success()), "{proof}");
    let checks = proof["checks"].as_object().unwrap().iter();
    let wrong = checks.filter(|(_, faults)| faults["count"] != 0).map(|(name, _)| name.clone()).collect();
    (output.status.success(), wrong)
}

#[tokio::test]
async fn a_row_that_is_edited_by_hand_shows_in_the_proof() {
    let mut flexio = Setup::default().start().await;
    let sent = [("From", "8640"), ("To", "+32470123456"), ("Body", "Hallo")];
    for _ in 0..3 {
        let message = flexio.rest.post("/Messages.json", &sent).await;
        let path = format!("/Messages/{}.json", message["sid"].as_str().unwrap());
        flexio.rest.wait_status(&path, &["delivered"]).await;
    }
    flexio.kill().await;
    assert_eq!(proof(&flexio).await, (true, Vec::new()), "and all is under a seal now");

    // A cent less, and one leg of two.
    let one = "(SELECT posting_id FROM posting_legs ORDER BY posting_id LIMIT 1)";
    let leg = format!("UPDATE posting_legs SET amount = amount - 10000 WHERE posting_id = {one} AND leg = 0");
    assert_eq!(edit(&flexio, &leg), 1);
    let (sound, wrong) = proof(&flexio).await;
    assert!(!sound && wrong.contains(&"legs".to_owned()), "{wrong:?}");
    assert_eq!(edit(&flexio, &leg.replace("- 10000", "+ 10000")), 1);
    assert_eq!(proof(&flexio).await, (true, Vec::new()), "put back");

    // Both legs and the document, so that everything sums up: the chain of seals tells.
    let text = format!("UPDATE postings SET doc = replace(doc, '95000', '85000') WHERE id = {one}");
    assert_eq!(edit(&flexio, &text), 1);
    let legs = format!("UPDATE posting_legs SET amount = amount / 95 * 85 WHERE posting_id = {one}");
    assert_eq!(edit(&flexio, &legs), 2);
    let (sound, wrong) = proof(&flexio).await;
    assert!(!sound && wrong.contains(&"chain".to_owned()), "{wrong:?}");
}

#[tokio::test]
async fn a_carriers_own_list_of_calls_is_compared_with_what_was_metered() {
    let sipp = Sipp::new("callee").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &sipp.address()).start().await;
    let rest = &flexio.rest;
    let web = Web::start().await;
    web.verbs("/out", r#"<Pause length="1"/>"#);
    let number = rest.rent(&[]).await;
    let url = web.url("/out");
    let form = [("From", number.as_str()), ("To", "+32470987654"), ("Url", &url)];
    let call = rest.post("/Calls.json", &form).await;
    let sid = call["sid"].as_str().unwrap().to_owned();
    let call = rest.wait_status(&format!("/Calls/{sid}.json"), OVER).await;
    let seconds: u64 = call["duration"].as_str().unwrap().parse().unwrap();
    let started = call["start_time"].as_str().unwrap();
    let answered = jiff::fmt::rfc2822::parse(started).unwrap().timestamp();

    let file = flexio.folder().join("carrier.csv");
    let compared = async |rows: &[String]| {
        std::fs::write(&file, format!("Start,B number,Secs\n{}\n", rows.join("\n"))).unwrap();
        let columns = "answered_at=Start,to=B number,seconds=Secs";
        let arguments = ["billing", "carrier", "--trunk", "sandbox", "--columns", columns, "--json"];
        let output = flexio.run(&[&arguments[..], &[file.to_str().unwrap()]].concat()).await;
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(said["agrees"].as_bool(), Some(output.status.success()), "{said}");
        said
    };
    let row = |to: &str, seconds: u64| format!("{answered},{to},{seconds}");
    let same = compared(&[row("0032470987654", seconds)]).await;
    assert_eq!((&same["agrees"], &same["same"]), (&true.into(), &1.into()), "{same}");
    let other = compared(&[row("0032470987654", seconds + 30), row("+32470000000", 5)]).await;
    assert_eq!(other["named"]["different"][0]["call_sid"], sid, "{other}");
    assert_eq!(other["named"]["only_carrier"], serde_json::json!([3]), "{other}");
}
