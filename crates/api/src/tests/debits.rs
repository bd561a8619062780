//! Direct debit: from the mandate over the file for the bank to what its statements say.

use flexio_app::{AppConfig, Matched, RefusedByBank, Returned};
use flexio_documents::bank;
use flexio_domain::{CollectionState, Money, Operator};
use flexio_messaging::email::Outcome;
use serde_json::Value;

use super::world::{Customer as Caller, World};
use crate::ApiConfig;

const IBAN: &str = "NL91 ABNA 0417 1643 00";

fn native(who: &Caller, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}", who.sid())
}

async fn collecting() -> World {
    let operator = Operator { creditor_id: "DE98ZZZ09999999999".parse().ok(), ..Operator::default() };
    let email = flexio_app::EmailPolicy {
        from: Some("Flexio <billing@acme.test>".parse().unwrap()),
        senders: Vec::new(),
        per_account_day: 0,
    };
    let config = AppConfig { sandbox: true, operator, email, ..AppConfig::default() };
    World::with(config, ApiConfig::default()).await
}

impl World {
    async fn statement_of(&self, who: &Caller) -> String {
        let asked = native(who, "Customer/MandateStatement.json");
        self.post(who, &asked, &[("Iban", IBAN)]).await.ok().text("statement")
    }

    async fn sign(&self, who: &Caller) -> Value {
        let statement = self.statement_of(who).await;
        let form = [("Iban", IBAN), ("Accept", "true"), ("Statement", statement.as_str())];
        self.post(who, &native(who, "Customer/Mandates.json"), &form).await.ok().json()
    }

    /// An invoice of 114.95 that is to be collected on 4 January.
    async fn collectable(&self, who: &Caller) -> String {
        self.customer(who.account.sid).await;
        self.sign(who).await;
        self.used(
            who.account.sid,
            "SM1:accepted",
            (flexio_domain::UsageKind::SmsOut, "sms.out", 1_000, "95"),
        )
        .await;
        let run = self.invoice("2026-11", false).await;
        assert_eq!((run.issued, run.refused), (1, 0), "{run:?}");
        self.mail_leaves(&Outcome::Accepted).await;
        self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned()
    }

    async fn open(&self, who: &Caller, invoice: &str) -> String {
        self.get(who, &native(who, &format!("Invoices/{invoice}.json"))).await.ok().text("open")
    }

    async fn sound(&self) {
        let proof = self.app.prove_books(None).await.unwrap();
        assert!(proof.holds(), "{:?}", proof.checks);
    }

    /// What a statement says, booked as the command does.
    async fn read(&self, entries: &str) -> (Vec<Matched>, Vec<Returned>) {
        let text =
            format!("<Document><BkToCstmrStmt><Stmt><Id>S</Id>{entries}</Stmt></BkToCstmrStmt></Document>");
        let read = bank::read(text.as_bytes()).unwrap();
        let (mut paid, mut back) = (Vec::new(), Vec::new());
        for payment in &read.payments {
            paid.push(self.app.take_payment(payment).await.unwrap());
        }
        for one in &read.returns {
            back.push(self.app.take_return(one).await.unwrap());
        }
        (paid, back)
    }
}

fn entry(kind: &str, amount: &str, reference: &str, details: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{kind}</CdtDbtInd><Sts>BOOK</Sts><AcctSvcrRef>{reference}</AcctSvcrRef>\
         <NtryDtls>{details}</NtryDtls></Ntry>"
    )
}

fn named(end_to_end: &str, more: &str) -> String {
    format!("<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{more}</TxDtls>")
}

fn because(code: &str) -> String {
    format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>")
}

fn day(day: &str) -> jiff::civil::Date {
    day.parse().unwrap()
}

#[tokio::test]
async fn without_a_creditor_identifier_nobody_gives_a_mandate() {
    let world = World::new().await;
    let who = &world.child;
    world.customer(who.account.sid).await;
    let asked = native(who, "Customer/MandateStatement.json");
    assert_eq!(world.post(who, &asked, &[("Iban", IBAN)]).await.refused(), (403, 20_496));
    let form = [("Iban", IBAN), ("Accept", "true"), ("Statement", "x")];
    assert_eq!(world.post(who, &native(who, "Customer/Mandates.json"), &form).await.refused(), (403, 20_496));
    let file = native(&world.root, "CollectionFiles.json");
    assert_eq!(world.post(&world.root, &file, &[("Until", "2027-01-11")]).await.refused(), (403, 20_496));
}

#[tokio::test]
async fn a_mandate_is_given_by_the_account_with_the_sentence_it_was_shown() {
    let world = collecting().await;
    let who = &world.child;
    let path = native(who, "Customer/Mandates.json");
    world.customer(who.account.sid).await;
    let statement = world.statement_of(who).await;
    for part in
        ["Voorbeeld Telecom NV", "DE98ZZZ09999999999", "NL91ABNA0417164300", "Bakkerij De Korenbloem BV"]
    {
        assert!(statement.contains(part), "{part} is not in {statement}");
    }
    let good = [("Iban", IBAN), ("Accept", "true"), ("Statement", statement.as_str())];
    assert_eq!(world.post(&world.root, &path, &good).await.refused(), (403, 20_006), "somebody else");
    for (name, value, refused) in [
        ("Accept", "false", (400, 20_451)),
        ("Statement", "Ik machtig.", (400, 20_451)),
        ("Iban", "NL91ABNA0417164301", (400, 20_001)),
        ("Iban", "BE68539007547034", (400, 20_451)),
        ("DebtorName", "Jan", (400, 20_451)),
    ] {
        let mut form = good.to_vec();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        assert_eq!(world.post(who, &path, &form).await.refused(), refused, "{name}={value}");
    }
    let signed = world.post(who, &path, &good).await.ok().json();
    assert_eq!((&signed["iban"], &signed["status"]), (&"NL…4300".into(), &"signed".into()));
    assert_eq!((&signed["genuine"], &signed["expires_on"]), (&true.into(), &"2029-11-23".into()));
    let reference = signed["reference"].as_str().unwrap();
    assert!(reference.len() <= 35 && reference.bytes().all(|b| b.is_ascii_alphanumeric()), "{reference}");

    let second = world.sign(who).await;
    let list = world.get(who, &path).await.ok().json();
    let told: Vec<_> =
        list["mandates"].as_array().unwrap().iter().map(|it| (&it["sid"], &it["revoked_because"])).collect();
    assert_eq!(told, [(&second["sid"], &Value::Null), (&signed["sid"], &"replaced".into())]);
    let one = native(who, &format!("Customer/Mandates/{}.json", second["sid"].as_str().unwrap()));
    assert_eq!(world.get(&world.sibling, &one).await.status, 401);
    for _ in 0..2 {
        assert_eq!(world.delete(who, &one).await.status, 204, "again changes nothing");
    }
    let over = world.get(who, &one).await.ok().json();
    assert_eq!((&over["revoked_because"], &over["genuine"]), (&"payer".into(), &true.into()));
}

#[tokio::test]
async fn an_invoice_is_collected_once_and_settled_by_the_statement() {
    let world = collecting().await;
    let who = &world.child;
    let invoice = world.collectable(who).await;
    let shown = world.get(who, &native(who, &format!("Invoices/{invoice}.json"))).await.ok().json();
    assert_eq!((&shown["collect_on"], &shown["due_on"]), (&"2027-01-04".into(), &"2027-01-02".into()));
    let letters = world.letters(who, &invoice).await;
    assert!(letters[0]["text"].as_str().unwrap().contains("NL…4300"), "{letters:?}");

    let files = native(&world.root, "CollectionFiles.json");
    assert_eq!(world.post(who, &native(who, "CollectionFiles.json"), &[]).await.refused(), (403, 20_006));
    let early = world.post(&world.root, &files, &[("Until", "2027-01-03")]).await;
    assert_eq!(early.refused(), (422, 20_498));
    let dry = [("Until", "2027-01-04"), ("DryRun", "true")];
    assert_eq!(world.post(&world.root, &files, &dry).await.ok().json()["total"], "114.95");
    let made = world.post(&world.root, &files, &dry[..1]).await.ok().json();
    assert_eq!((&made["count"], &made["total"]), (&1.into(), &"114.95".into()));
    assert_eq!(made["collections"][0]["sequence"], "FRST");
    assert_eq!(world.post(&world.root, &files, &dry[..1]).await.refused(), (422, 20_498), "asked for once");
    let file = format!("CollectionFiles/{}.xml", made["sid"].as_str().unwrap());
    let text = world.get(&world.root, &native(&world.root, &file)).await.ok().body;
    assert!(text.contains("<EndToEndId>260000000170</EndToEndId>"), "{text}");
    assert!(text.contains("<ReqdColltnDt>2027-01-04</ReqdColltnDt>"), "{text}");
    assert_eq!(world.get(&world.root, &native(&world.root, &file)).await.ok().body, text);

    // Nobody is reminded of what is being collected; a person looks where it is on no statement.
    let run = world.night("2027-01-08").await;
    assert_eq!((run.letters, run.stuck), (0, 0), "{run:?}");
    let run = world.night("2027-01-12").await;
    assert_eq!((run.letters, run.stuck), (0, 1), "{run:?}");

    let batch = text.split("<PmtInfId>").nth(1).unwrap().split('<').next().unwrap();
    let batch = format!("<Btch><PmtInfId>{batch}</PmtInfId></Btch>");
    let (less, _) = world.read(&entry("CRDT", "100.00", "B0", &batch)).await;
    assert!(matches!(less[..], [Matched::Unmatched(_)]), "{less:?}");
    let whole = entry("CRDT", "114.95", "B1", &batch);
    assert_eq!(world.read(&whole).await.0, [Matched::Collected { count: 1 }]);
    assert_eq!(world.read(&whole).await.0, [Matched::Again]);
    assert_eq!(world.open(who, &invoice).await, "0.00");
    world.sound().await;
}

#[tokio::test]
async fn what_a_bank_takes_back_is_open_again_and_dunned() {
    let world = collecting().await;
    let who = &world.child;
    let invoice = world.collectable(who).await;
    world.app.collect(day("2027-01-04"), "cli", false).await.unwrap();
    let back = entry(
        "DBIT",
        "117.95",
        "R1",
        &named(
            "260000000170",
            &format!(
                "<AmtDtls><InstdAmt><Amt Ccy=\"EUR\">114.95</Amt></InstdAmt></AmtDtls>{}",
                because("AM04")
            ),
        ),
    );
    let (_, early) = world.read(&back).await;
    assert!(matches!(early[..], [Returned::Unmatched(_)]), "its money is not booked: {early:?}");
    // A transfer whose payer wrote the same name is an ordinary payment; of another amount.
    let (other, _) = world.read(&entry("CRDT", "5.00", "T1", &named("260000000170", ""))).await;
    assert!(matches!(other[..], [Matched::Unmatched(_)]), "{other:?}");
    let credit = entry("CRDT", "114.95", "B1", &named("260000000170", ""));
    let (paid, _) = world.read(&credit).await;
    assert_eq!(paid, [Matched::Paid { number: "2026-000001".to_owned(), open: Money::ZERO }]);
    assert_eq!(world.open(who, &invoice).await, "0.00");

    let wrong = entry("DBIT", "117.95", "R1", &named("260000000170", &because("AM04")));
    assert!(
        matches!(world.read(&wrong).await.1[..], [Returned::Unmatched(_)]),
        "a fee that is not told apart"
    );
    let open = "114.95".parse().unwrap();
    assert_eq!(world.read(&back).await.1, [Returned::Reopened { number: "2026-000001".to_owned(), open }]);
    assert_eq!(world.read(&back).await.1, [Returned::Again]);
    assert_eq!(world.open(who, &invoice).await, "114.95");
    let told = world.get(who, &native(who, "Collections.json")).await.ok().json();
    let told = &told["collections"][0];
    assert_eq!(
        (&told["status"], &told["return_reason"], &told["return_fee"]),
        (&"returned".into(), &"AM04".into(), &"3.00".into())
    );
    world.sound().await;

    let run = world.night("2027-01-08").await;
    assert_eq!((run.letters, run.stuck), (1, 0), "the reminder, now that it was tried: {run:?}");
    let mandates = world.get(who, &native(who, "Customer/Mandates.json")).await.ok().json();
    assert_eq!(mandates["mandates"][0]["status"], "signed", "a lack of money does not end it");
}

#[tokio::test]
async fn a_closed_account_ends_the_mandate_and_the_next_invoice_is_paid_by_transfer() {
    let world = collecting().await;
    let who = &world.child;
    let invoice = world.collectable(who).await;
    let run = world.app.collect(day("2027-01-04"), "cli", false).await.unwrap();
    let path = native(who, &format!("Collections/{}.json", run.collections[0].sid));
    assert_eq!(world.post(who, &path, &[("Reason", "AC04")]).await.refused(), (403, 20_006));
    assert_eq!(world.post(&world.root, &path, &[("Reason", "closed")]).await.refused(), (400, 20_001));
    let noted = world.post(&world.root, &path, &[("Reason", "AC04")]).await.ok().json();
    assert_eq!(
        (&noted["status"], &noted["settled"]),
        (&CollectionState::Returned.as_str().into(), &"0.00".into())
    );
    assert_eq!(world.post(&world.root, &path, &[("Reason", "AC04")]).await.refused(), (409, 20_497));
    let mandates = world.get(who, &native(who, "Customer/Mandates.json")).await.ok().json();
    assert_eq!(mandates["mandates"][0]["revoked_because"], "AC04");
    assert_eq!(world.open(who, &invoice).await, "114.95");

    world
        .used(who.account.sid, "SM2:accepted", (flexio_domain::UsageKind::SmsOut, "sms.out", 10, "0.95"))
        .await;
    world.clock.set("2027-01-03T06:00:00Z".parse().unwrap());
    world.invoice("2026-12", false).await;
    let next = world.invoices(who).await;
    assert!(next.iter().any(|it| it["mandate_sid"].is_null()), "{next:?}");
    assert_eq!(world.night("2027-01-08").await.letters, 1, "the first is reminded of");
}

#[tokio::test]
async fn what_a_bank_refuses_in_its_status_report_comes_back_once() {
    let world = collecting().await;
    let who = &world.child;
    let invoice = world.collectable(who).await;
    world.app.collect(day("2027-01-04"), "cli", false).await.unwrap();
    let report = |inner: &str| {
        let text = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>{inner}</CstmrPmtStsRpt></Document>"
        );
        flexio_documents::bank::read(text.as_bytes()).unwrap().refusals
    };
    let one = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>B</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>NAME</OrgnlEndToEndId>\
        <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>";
    let take = async |inner: &str| world.app.take_refusal(&report(inner)[0]).await.unwrap();
    assert!(matches!(take(&one.replace("NAME", "1")).await, RefusedByBank::Unmatched(_)));
    let file = "<OrgnlGrpInfAndSts><OrgnlMsgId>M</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>";
    assert!(matches!(take(file).await, RefusedByBank::Unmatched(_)));
    assert_eq!(take(&one.replace("NAME", "260000000170")).await, RefusedByBank::Noted { count: 1 });
    assert_eq!(take(&one.replace("NAME", "260000000170")).await, RefusedByBank::Again);
    let told = world.get(who, &native(who, "Collections.json")).await.ok().json();
    let told = &told["collections"][0];
    assert_eq!((&told["status"], &told["return_reason"]), (&"returned".into(), &"AM04".into()));
    assert_eq!(world.open(who, &invoice).await, "114.95");
    world.sound().await;
}

#[tokio::test]
async fn an_invoice_whose_mandate_was_revoked_is_left_and_named() {
    let world = collecting().await;
    let who = &world.child;
    world.collectable(who).await;
    let mandates = world.get(who, &native(who, "Customer/Mandates.json")).await.ok().json();
    let sid = mandates["mandates"][0]["sid"].as_str().unwrap();
    world.delete(who, &native(who, &format!("Customer/Mandates/{sid}.json"))).await;
    let run = world.app.collect(day("2027-01-04"), "cli", false).await.unwrap();
    assert_eq!((run.file, run.left), (None, 1));
    assert!(run.reasons[0].1.contains("mandate"), "{:?}", run.reasons);
    assert_eq!(world.night("2027-01-08").await.letters, 1, "it is asked for like any other");
}
