//! Books that somebody edits behind the program's back.

use std::process::Command;

use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::python;
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
