//! Direct debit over the program: a mandate over REST, the file for the bank and its statements by the command line.

use flexio_e2e::clock::Clock;
use flexio_e2e::flexio::Setup;
use serde_json::json;

use crate::invoices::{billing, company, invoice};

/// An entry of a bank statement.
fn statement(kind: &str, amount: &str, reference: &str, details: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id><Ntry>
<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{kind}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2027-01-04</Dt></BookgDt>
<AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"#
    )
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(found, _)| found)
}

#[tokio::test]
async fn an_invoice_is_collected_by_a_file_settled_by_a_statement_and_reopened_by_another() {
    let clock = Clock::at("2026-11-20 12:00:00");
    let config = "[operator]\ncreditor_id = \"DE98ZZZ09999999999\"\n";
    let flexio = Setup::default().config(config).clock(&clock).start().await;
    let rest = company(&flexio, "http://127.0.0.1:9/nobody").await;
    let iban = "NL91 ABNA 0417 1643 00";
    let sentence =
        rest.post_at(&rest.native("/Customer/MandateStatement.json"), &[("Iban", iban)]).await.ok();
    let sentence = sentence["statement"].as_str().unwrap();
    let form = [("Iban", iban), ("Accept", "true"), ("Statement", sentence)];
    rest.post_at(&rest.native("/Customer/Mandates.json"), &form).await.ok();
    let sms = [("From", "8640"), ("To", "+32470987654"), ("Body", "Hallo")];
    let sent = rest.post("/Messages.json", &sms).await;
    rest.wait_status(&format!("/Messages/{}.json", sent["sid"].as_str().unwrap()), &["delivered"]).await;
    clock.set("2026-12-03 05:00:00");
    let run = billing(&flexio, &["invoice", "--month", "2026-11"]).await;
    assert_eq!((&run["issued"], &run["refused"]), (&json!(1), &json!(0)), "{run}");

    clock.set("2026-12-29 09:00:00");
    let out = flexio.folder().join("debits.xml");
    let path = out.to_str().unwrap();
    let dry = billing(&flexio, &["collect", "--dry-run"]).await;
    assert_eq!((&dry["file"], &dry["count"]), (&json!(null), &json!(1)), "{dry}");
    let made = billing(&flexio, &["collect", "--out", path]).await;
    assert_eq!((&made["count"], &made["total"]), (&json!(1), &dry["total"]), "{made}");
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(between(&text, "<ReqdColltnDt>", "<"), "2027-01-04", "{text}");
    let none = billing(&flexio, &["collect", "--out", path]).await;
    assert_eq!(none["count"], 0, "each once: {none}");
    let again = flexio.folder().join("again.xml");
    billing(
        &flexio,
        &["collect", "--out", again.to_str().unwrap(), "--file", made["file"].as_str().unwrap()],
    )
    .await;
    assert_eq!(std::fs::read_to_string(&again).unwrap(), text, "the same file");

    clock.set("2027-01-05 09:00:00");
    let file = flexio.folder().join("statement.xml");
    let (name, batch) = (between(&text, "<EndToEndId>", "<"), between(&text, "<PmtInfId>", "<"));
    let amount = made["total"].as_str().unwrap();
    let batch = format!("<Btch><PmtInfId>{batch}</PmtInfId><NbOfTxs>1</NbOfTxs></Btch>");
    std::fs::write(&file, statement("CRDT", amount, "B1", &batch)).unwrap();
    let booked = billing(&flexio, &["import", file.to_str().unwrap()]).await;
    assert_eq!(booked[0]["outcome"], "collected", "{booked}");
    assert_eq!(invoice(&rest).await["status"], "paid");
    let back = format!(
        "<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><RtrInf><Rsn><Cd>MD01</Cd></Rsn></RtrInf></TxDtls>"
    );
    std::fs::write(&file, statement("DBIT", amount, "R1", &back)).unwrap();
    let booked = billing(&flexio, &["import", file.to_str().unwrap()]).await;
    assert_eq!(booked[0]["outcome"], "returned", "{booked}");
    assert_eq!(invoice(&rest).await["open"], amount);
    let mandates = rest.get_at(&rest.native("/Customer/Mandates.json")).await.ok();
    assert_eq!(mandates["mandates"][0]["revoked_because"], "MD01", "{mandates}");
    let proof = flexio.prove().await;
    assert_eq!((&proof["sum"], &proof["unposted"]), (&json!("0.000000"), &json!(0)), "{proof}");
}

#[tokio::test]
async fn a_promotion_is_made_from_a_file_and_ended() {
    let flexio = Setup::default().start().await;
    let file = flexio.folder().join("spring.toml");
    let text = "id = \"spring\"\nlabel = \"Spring\"\nkind = \"credit\"\namount = \"5\"\nduration_months = 3\neligibility = [\"new\"]\n";
    std::fs::write(&file, text).unwrap();
    let run = async |arguments: &[&str]| {
        let output = flexio.run(&[&["promotion"], arguments, &["--json"]].concat()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let made = run(&["create", file.to_str().unwrap()]).await;
    assert_eq!((&made["id"], &made["ended"]), (&json!("spring"), &json!(false)));
    let over = run(&["end", "spring"]).await;
    assert_eq!(over["ended"], true);
    assert_eq!(run(&["list"]).await, over);
}
