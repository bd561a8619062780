//! A structured document leaves by the hand-over folder, and its answer is heard.

use flexio_e2e::clock::Clock;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Setup;
use flexio_e2e::rest::Rest;

const COMPANY: [(&str, &str); 9] = [
    ("Kind", "small"),
    ("LegalName", "Bakkerij Peeters"),
    ("Street", "Stationsstraat 1"),
    ("PostCode", "9000"),
    ("City", "Gent"),
    ("EnterpriseNumber", "0202.239.951"),
    ("VatNumber", "BE0202239951"),
    ("InvoiceEmail", "facturen@example.test"),
    ("Language", "nl"),
];

#[tokio::test]
async fn an_invoice_is_handed_over_by_a_folder_and_an_answer_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::at("2026-11-20 12:00:00");
    let config = format!("[documents]\nway = \"folder\"\nfolder = \"{}\"\n", folder.path().display());
    let flexio = Setup::default().config(&config).clock(&clock).start().await;
    let made = flexio.rest.post_at("/2010-04-01/Accounts.json", &[("FriendlyName", "Bakkerij")]).await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let rest = Rest::new(&flexio.rest.base, &text("sid"), &text("auth_token"));
    rest.post("/Customer.json", &COMPANY).await;
    rest.rent(&[]).await;

    clock.set("2026-12-03 05:00:00");
    let run = flexio.run(&["billing", "invoice", "--month", "2026-11", "--json"]).await;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let issued = rest.get_at(&rest.native("/Invoices.json")).await.ok()["invoices"][0].clone();
    let base = rest.native(&format!("/Invoices/{}", issued["sid"].as_str().unwrap()));
    let sending =
        async || rest.get_at(&format!("{base}/Dispatches.json")).await.ok()["dispatches"][0].clone();
    eventually("it is handed over", || async { (sending().await["status"] == "sent").then_some(()) }).await;
    let file = folder.path().join("out/2026-000001-1.xml");
    let ubl = std::fs::read_to_string(&file).unwrap();
    let (before, printed) = ubl.split_once("<cac:AdditionalDocumentReference>").unwrap();
    let (printed, behind) = printed.split_once("</cac:AdditionalDocumentReference>").unwrap();
    assert!(printed.contains("mimeCode=\"application/pdf\""), "with its printed form");
    let shown = rest.get_at(&format!("{base}.xml")).await.body;
    assert_eq!(format!("{before}{behind}").as_bytes(), shown, "as it is over the API");
    let answer = folder.path().join("in/2026-000001-1.json");
    std::fs::write(answer, r#"{"state":"rejected","reason":"no such buyer"}"#).unwrap();
    clock.set("2026-12-03 05:10:00");
    let rejected = eventually("it is rejected", || async {
        Some(sending().await).filter(|it| it["status"] == "rejected")
    })
    .await;
    assert_eq!(rejected["reason"], "no such buyer", "{rejected}");
    let operator = &flexio.rest;
    let again = operator.post_at(&format!("{base}/Dispatches.json"), &[]).await.ok();
    assert_eq!(again["number"], 2, "{again}");
    eventually("it is handed over again", || async {
        folder.path().join("out/2026-000001-2.xml").exists().then_some(())
    })
    .await;
}
