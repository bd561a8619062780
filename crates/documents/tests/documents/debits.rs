//! Invoices that are collected, and the file by which a bank is asked for them.

use flexio_documents::bank::pain;
use flexio_documents::{letters, rules, tables, ubl};
use flexio_domain::{
    AccountSid, Collection, CollectionFile, CollectionFileSid, CollectionSid, CollectionState, Currency,
    DebitSequence, Invoice, InvoiceSid, Language, LetterKind, MandateSid, Money, Timestamp,
};
use jiff::civil::date;

use crate::people::shows;
use crate::{debited, november};

#[test]
fn a_collected_invoice_says_when_and_from_which_account_and_has_no_code_for_a_transfer() {
    for (language, when, account) in [
        (Language::Nl, "Wordt geïnd via Europese domiciliëring op: 04/01/2027", "Van uw rekening: BE…7034"),
        (Language::Fr, "Prélevé par domiciliation européenne le: 04/01/2027", "De votre compte: BE…7034"),
        (Language::De, "Wird per SEPA-Lastschrift eingezogen am: 04.01.2027", "Von Ihrem Konto: BE…7034"),
        (Language::En, "Collected by SEPA direct debit on: 4 January 2027", "From your account: BE…7034"),
    ] {
        let invoice = debited(language);
        assert_eq!(rules::check(&invoice), []);
        let text = shows(
            &invoice,
            "debited.pdf",
            &[when, account, "MN00000000000000000000000000000001", "DE98ZZZ09999999999"],
        );
        assert!(!text.contains("53900754"), "only the end of the account: {text}");
        assert!(!text.contains("BIC"), "{text}");
        let facts = letters::LetterFacts {
            kind: LetterKind::Issue,
            invoice: &invoice,
            amount: invoice.payable,
            disputed: Money::ZERO,
            pay_until: invoice.due_on,
            suspend_on: None,
            close_days: 60,
            late: letters::LateWords::default(),
        };
        let (_, body) = letters::letter(&facts);
        assert!(body.contains("BE…7034") && body.contains("DE98ZZZ09999999999"), "{body}");
        assert!(
            !body.contains(&invoice.seller.iban) && !body.contains('{'),
            "nobody is asked to transfer: {body}"
        );
        let reminder = letters::LetterFacts { kind: LetterKind::Reminder, ..facts };
        assert!(letters::letter(&reminder).1.contains(&invoice.seller.iban), "it came back: how to pay now");
    }
}

#[test]
fn the_structured_invoice_names_mandate_account_and_creditor() {
    let xml = ubl::document(&debited(Language::Nl));
    for part in [
        "<cac:PaymentMeans><cbc:PaymentMeansCode>59</cbc:PaymentMeansCode><cbc:PaymentID>+++260/0000/04214+++</cbc:PaymentID>",
        "<cac:PaymentMandate><cbc:ID>MN00000000000000000000000000000001</cbc:ID><cac:PayerFinancialAccount><cbc:ID>BE68539007547034</cbc:ID></cac:PayerFinancialAccount></cac:PaymentMandate>",
        "<cac:PartyIdentification><cbc:ID schemeID=\"SEPA\">DE98ZZZ09999999999</cbc:ID></cac:PartyIdentification>",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(!ubl::document(&november(Language::Nl)).contains("SEPA"));
    let json = tables::json(&debited(Language::Nl));
    assert_eq!(json["direct_debit"]["iban"], "BE…7034");
}

#[test]
fn a_mandate_without_a_reference_is_not_issued() {
    let mut invoice: Invoice = debited(Language::Nl);
    if let Some(debit) = &mut invoice.direct_debit {
        debit.mandate_reference = String::new();
        debit.collect_on = date(2026, 12, 3);
    }
    let broken: Vec<&str> = rules::check(&invoice).iter().map(|it| it.rule).collect();
    assert_eq!(broken, ["PEPPOL-EN16931-R061", "SEPA-NOTICE"]);
}

fn collection(number: u128, day: i8, sequence: DebitSequence, batch: &str) -> Collection {
    Collection {
        sid: CollectionSid::from_u128(number),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        invoice_sid: InvoiceSid::from_u128(number),
        invoice_number: format!("2026-{number:06}"),
        file_sid: CollectionFileSid::from_u128(7),
        batch: batch.to_owned(),
        mandate_sid: MandateSid::from_u128(1),
        mandate_reference: "MN00000000000000000000000000000001".to_owned(),
        mandate_signed_on: date(2026, 11, 1),
        debtor_name: "Zoë & Söhne <BV>".to_owned(),
        iban: "BE68539007547034".parse().ok(),
        amount: Money::from_micros(114_950_000),
        currency: Currency::EUR,
        end_to_end: format!("2600000{number:05}"),
        collect_on: date(2027, 1, day),
        sequence,
        state: CollectionState::Requested,
        bank_reference: None,
        settled: Money::ZERO,
        returned: None,
        requested_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// The bytes of the file, where somebody wants to show them to a validator: `PAIN_OUT`.
#[test]
fn the_file_for_the_bank_has_a_batch_for_each_day_and_sequence() {
    let file = CollectionFile {
        sid: CollectionFileSid::from_u128(7),
        made_by: "cli".to_owned(),
        made_at: "2026-12-28T07:00:00.123Z".parse().unwrap(),
        creditor_name: "Voorbeeld Telecom".to_owned(),
        creditor_id: "DE98ZZZ09999999999".parse().unwrap(),
        creditor_iban: "BE68539007547034".parse().unwrap(),
        creditor_bic: "EXMPBEBB".to_owned(),
        count: 3,
        total: Money::from_micros(344_850_000),
        currency: Currency::EUR,
    };
    let (first, second) = (pain::batch(&file, 1), pain::batch(&file, 2));
    assert!(pain::batch(&file, pain::BATCHES_MAX).len() <= 35);
    let collections = [
        collection(1, 4, DebitSequence::First, &first),
        collection(2, 4, DebitSequence::First, &first),
        collection(3, 5, DebitSequence::Recurrent, &second),
    ];
    let xml = pain::document(&file, &collections);
    if let Some(out) = std::env::var_os("PAIN_OUT") {
        std::fs::write(out, &xml).unwrap();
    }
    assert_eq!(xml, pain::document(&file, &collections), "the same bytes each time");
    for part in [
        "<GrpHdr><MsgId>DF00000000000000000000000000000007</MsgId><CreDtTm>2026-12-28T07:00:00Z</CreDtTm><NbOfTxs>3</NbOfTxs><CtrlSum>344.85</CtrlSum>",
        "<PmtInfId>00000000000000000000000000000007-1</PmtInfId><PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg><NbOfTxs>2</NbOfTxs><CtrlSum>229.90</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>CORE</Cd></LclInstrm><SeqTp>FRST</SeqTp></PmtTpInf><ReqdColltnDt>2027-01-04</ReqdColltnDt>",
        "<SeqTp>RCUR</SeqTp></PmtTpInf><ReqdColltnDt>2027-01-05</ReqdColltnDt>",
        "<CdtrSchmeId><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id></CdtrSchmeId>",
        "<PmtId><EndToEndId>260000000001</EndToEndId></PmtId><InstdAmt Ccy=\"EUR\">114.95</InstdAmt><DrctDbtTx><MndtRltdInf><MndtId>MN00000000000000000000000000000001</MndtId><DtOfSgntr>2026-11-01</DtOfSgntr></MndtRltdInf></DrctDbtTx>",
        "<Dbtr><Nm>Zoe + Sohne .BV.</Nm></Dbtr><DbtrAcct><Id><IBAN>BE68539007547034</IBAN></Id></DbtrAcct>",
        "<Issr>BBA</Issr></Tp><Ref>260000000003</Ref>",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert_eq!(xml.matches("<PmtInf>").count(), 2);
    assert_eq!(xml.matches("<DrctDbtTxInf>").count(), 3);
}
