//! From use to money: an invoice leaves by e-mail, is listed use by use, and what follows when nobody pays.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flexio_e2e::clock::Clock;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::mail::MailServer;
use flexio_e2e::rest::{OVER, Rest};
use flexio_e2e::web::Web;
use serde_json::{Value, json};

const MOBILE: &str = "+32470987654";

/// A company that is told of everything.
pub(crate) async fn company(flexio: &Flexio, events: &str) -> Rest {
    let made = flexio.rest.post_at("/2010-04-01/Accounts.json", &[("FriendlyName", "Bakkerij")]).await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let rest = Rest::new(&flexio.rest.base, &text("sid"), &text("auth_token"));
    let customer = [
        ("Kind", "small"),
        ("LegalName", "Bakkerij Peeters"),
        ("Street", "Stationsstraat 1"),
        ("PostCode", "9000"),
        ("City", "Gent"),
        ("EnterpriseNumber", "0202.239.951"),
        ("InvoiceEmail", "facturen@example.test"),
        ("Language", "nl"),
        ("EventUrl", events),
    ];
    rest.post("/Customer.json", &customer).await;
    rest
}

/// A call to a mobile that costs something, and one that is free.
async fn use_something(rest: &Rest) {
    let number = rest.rent(&[]).await;
    for to in [MOBILE, "+3280012345"] {
        let form =
            [("From", number.as_str()), ("To", to), ("Twiml", r#"<Response><Pause length="1"/></Response>"#)];
        let call = rest.post("/Calls.json", &form).await;
        rest.wait_status(&format!("/Calls/{}.json", call["sid"].as_str().unwrap()), OVER).await;
    }
}

pub(crate) async fn billing(flexio: &Flexio, arguments: &[&str]) -> Value {
    let output = flexio.run(&[&["billing"], arguments, &["--json"]].concat()).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {said}"))
}

/// The one invoice, once there is one.
pub(crate) async fn invoice(rest: &Rest) -> Value {
    rest.get_at(&rest.native("/Invoices.json")).await.ok()["invoices"][0].clone()
}

/// The files of an e-mail by the end of their names.
fn attached(email: &Value, suffix: &str) -> Vec<u8> {
    let text = email["text"].as_str().unwrap();
    let parts = text.split("Content-Disposition: attachment;").skip(1);
    for (head, content) in parts.filter_map(|part| part.split_once("\r\n\r\n")) {
        if head.contains(suffix) {
            let lines: String = content.split("\r\n").take_while(|line| !line.starts_with("--")).collect();
            return BASE64_STANDARD.decode(lines).unwrap();
        }
    }
    panic!("no {suffix} in {text}");
}

#[tokio::test]
async fn an_invoice_leaves_with_its_documents_and_lists_each_use() {
    let (mail, web) = (MailServer::start().await, Web::start().await);
    let clock = Clock::at("2026-11-20 12:00:00");
    let config = format!("{}[outbound]\nallow_private_cidrs = [\"127.0.0.0/8\"]\n", mail.settings());
    let flexio = Setup::default().config(&config).clock(&clock).start().await;
    let rest = company(&flexio, &web.url("/events")).await;
    use_something(&rest).await;

    clock.set("2026-12-03 05:00:00");
    let run = billing(&flexio, &["invoice", "--month", "2026-11"]).await;
    assert_eq!((&run["issued"], &run["refused"]), (&json!(1), &json!(0)), "{run}");
    let taken = mail.taken(1).await;
    let email = &taken[0];
    // No word of its DKIM signature: to the verifier, whose clock nobody has set, it is made in the future (RFC 6376 §3.5).
    assert_eq!(email["to"], json!(["facturen@example.test"]));
    assert!(email["text"].as_str().unwrap().contains("Subject: Factuur 2026-000001"), "{email}");
    assert!(attached(email, "2026-000001.pdf").starts_with(b"%PDF-"));
    let ubl = String::from_utf8(attached(email, "2026-000001.xml")).unwrap();
    let issued = invoice(&rest).await;
    let payable = format!(">{}</cbc:PayableAmount>", issued["payable"].as_str().unwrap());
    assert!(ubl.contains("urn:fdc:peppol.eu:2017:poacc:billing:3.0") && ubl.contains(&payable), "{ubl}");
    let told = web.first("/events").await;
    assert_eq!(
        (told.param("Event"), told.param("Number"), told.param("InvoiceSid")),
        ("invoice.issued", "2026-000001", issued["sid"].as_str().unwrap())
    );
    let base = rest.native(&format!("/Invoices/{}", issued["sid"].as_str().unwrap()));
    let sent = eventually("the letter is sent", || async {
        let letters = rest.get_at(&format!("{base}/Letters.json")).await.ok();
        (letters["letters"][0]["status"] == "sent").then_some(letters)
    })
    .await;
    assert_eq!(sent["letters"][0]["kind"], "issue", "{sent}");

    let csv = rest.get_at(&format!("{base}/Items.csv?Masked=true")).await.text();
    assert!(csv.contains("+32470987xxx") && !csv.contains(MOBILE), "{csv}");
    assert!(!csv.contains("3280012"), "what is free is on no bill: {csv}");
    let pdf = rest.get_at(&format!("{base}/Items.pdf")).await;
    assert!(pdf.status == 200 && pdf.body.starts_with(b"%PDF-"));
    rest.post_at(&format!("{base}/Letters.json"), &[]).await.ok();
    assert_eq!(mail.taken(2).await[1]["to"], json!(["facturen@example.test"]), "sent again");
}

/// A bank statement with one payment.
fn statement(amount: &str, communication: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id><Ntry>
<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2027-03-01</Dt></BookgDt>
<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><AcctSvcrRef>B1</AcctSvcrRef></Refs>
<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>
<Ref>{communication}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"#
    )
}

/// Orders what is offered.
async fn order(rest: &Rest) {
    let offer = rest.post("/Subscription/Offers.json", &[]).await;
    let form = [
        ("SummarySid", offer["summary_sid"].as_str().unwrap()),
        ("SummarySha256", offer["summary_sha256"].as_str().unwrap()),
        ("Accept", "true"),
        ("Statement", "Ik bestel met betalingsverplichting."),
    ];
    assert_eq!(rest.post("/Subscription/Orders.json", &form).await["state"], "active");
}

#[tokio::test]
async fn nobody_pays_until_the_service_is_suspended_and_a_bank_statement_brings_it_back() {
    let (mail, web) = (MailServer::start().await, Web::start().await);
    let clock = Clock::at("2026-11-20 12:00:00");
    // A call of a second costs a cent at most.
    let config = format!(
        "{}[outbound]\nallow_private_cidrs = [\"127.0.0.0/8\"]\n[billing]\ndunning_least = \"0.01\"\n",
        mail.settings()
    );
    let flexio = Setup::default().config(&config).clock(&clock).start().await;
    let rest = company(&flexio, &web.url("/events")).await;
    order(&rest).await;
    use_something(&rest).await;
    clock.set("2026-12-03 05:00:00");
    billing(&flexio, &["invoice", "--month", "2026-11"]).await;
    // The contract, and the invoice.
    let mut taken = 2;
    mail.taken(taken).await;
    let sms = [("From", "8640"), ("To", MOBILE), ("Body", "x")];
    for (day, letters, suspended, subject) in [
        ("2027-01-02", 0, 0, ""),
        ("2027-01-05", 1, 0, "Herinnering"),
        ("2027-01-20", 1, 0, "Ingebrekestelling"),
        ("2027-02-04", 1, 0, "Waarschuwing"),
        ("2027-02-18", 0, 0, ""),
        ("2027-02-19", 0, 1, "onderbroken"),
    ] {
        clock.set(&format!("{day} 06:00:00"));
        let run = billing(&flexio, &["dunning"]).await;
        assert_eq!(
            (&run["letters"], &run["suspended"]),
            (&json!(letters), &json!(suspended)),
            "{day}: {run}"
        );
        if letters + suspended > 0 {
            taken += 1;
            let email = &mail.taken(taken).await[taken - 1];
            assert!(email["text"].as_str().unwrap().contains(subject), "{day}: {email}");
            settled(&rest, taken - 1).await;
        }
    }
    let refused = eventually("the suspension is seen", || async {
        let answer = rest.post_at(&rest.path("/Messages.json"), &sms).await;
        (answer.status == 403).then_some(answer)
    })
    .await;
    assert_eq!(refused.code(), 20_461, "{}", refused.text());
    let open = invoice(&rest).await;
    let file = flexio.folder().join("statement.xml");
    let text = statement(open["open"].as_str().unwrap(), open["communication"].as_str().unwrap());
    std::fs::write(&file, text).unwrap();
    let booked = billing(&flexio, &["import", file.to_str().unwrap()]).await;
    assert_eq!(booked[0]["outcome"], "paid", "{booked}");
    eventually("the service is back", || async {
        (rest.post_at(&rest.path("/Messages.json"), &sms).await.status == 201).then_some(())
    })
    .await;
    assert!(mail.taken(taken + 1).await[taken]["text"].as_str().unwrap().contains("Uw dienst is er weer"));
    let events = web.wait("/events", |all| all.len() >= 5).await;
    let mut told: Vec<_> =
        events.iter().map(|event| format!("{} {}", event.param("Event"), event.param("State"))).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "invoice.issued ",
            "payment.settled ",
            "subscription.state active",
            "subscription.state active",
            "subscription.state suspended"
        ]
    );
    let proof = flexio.prove().await;
    assert_eq!((&proof["sum"], &proof["unposted"]), (&json!("0.000000"), &json!(0)));
}

/// So many letters have left, and are known to have.
async fn settled(rest: &Rest, count: usize) {
    let sid = invoice(rest).await["sid"].as_str().unwrap().to_owned();
    eventually("the letter is sent", || async {
        let letters = rest.get_at(&rest.native(&format!("/Invoices/{sid}/Letters.json"))).await.ok();
        let sent =
            letters["letters"].as_array().unwrap().iter().filter(|letter| letter["status"] == "sent").count();
        (sent == count).then_some(())
    })
    .await;
}

/// Companies of the run that is killed.
const COMPANIES: usize = 60;

#[tokio::test]
async fn a_run_of_invoices_that_is_killed_goes_on_where_it_was() {
    let clock = Clock::at("2026-11-20 12:00:00");
    let mut flexio = Setup::default().clock(&clock).start().await;
    let mut companies = Vec::new();
    for _ in 0..COMPANIES {
        let rest = company(&flexio, "http://127.0.0.1:9/nobody").await;
        let form = [("From", "8640"), ("To", MOBILE), ("Body", "Hallo")];
        let sent = rest.post("/Messages.json", &form).await;
        companies.push((rest, sent["sid"].as_str().unwrap().to_owned()));
    }
    for (rest, message) in &companies {
        rest.wait_status(&format!("/Messages/{message}.json"), &["delivered"]).await;
    }
    // Nobody else makes the invoices meanwhile.
    flexio.kill().await;
    clock.set("2026-12-03 05:00:00");
    let mut kills = 0;
    for patience_ms in (10..).step_by(4) {
        let mut run = flexio.begin(&["billing", "invoice", "--month", "2026-11"]);
        let ended = tokio::time::timeout(std::time::Duration::from_millis(patience_ms), run.wait()).await;
        if ended.is_ok() {
            break;
        }
        run.kill().await.unwrap();
        kills += 1;
    }
    let run = billing(&flexio, &["invoice", "--month", "2026-11"]).await;
    assert_eq!((&run["issued"], &run["already"]), (&json!(0), &json!(COMPANIES)), "{run}");
    assert!(kills > 5, "only {kills} kills");
    let proof = billing(&flexio, &["prove"]).await;

    flexio.serve_again().await;
    let mut numbers = Vec::new();
    for (rest, _) in &companies {
        let rest = Rest { base: flexio.rest.base.clone(), ..rest.clone() };
        let invoices = rest.get_at(&rest.native("/Invoices.json")).await.ok();
        let invoices = invoices["invoices"].as_array().unwrap();
        assert_eq!(invoices.len(), 1, "{invoices:?} {proof}");
        assert_eq!(invoices[0]["net"], "0.10", "one message of 0.095");
        numbers.push(invoices[0]["number"].as_str().unwrap().to_owned());
    }
    numbers.sort();
    let expected: Vec<String> = (1..=COMPANIES).map(|place| format!("2026-{place:06}")).collect();
    assert_eq!(numbers, expected, "after {kills} kills");
}
