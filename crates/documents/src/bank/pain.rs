//! What a bank is asked to collect: ISO 20022 `pain.008.001.08` as the EPC's guidelines for SEPA Direct Debit Core want it (EPC130-08).

use flexio_domain::{Collection, CollectionFile, Currency, Iban, Money};

use crate::xml::Xml;

/// Characters of a name.
const NAME_MAX: usize = 70;
/// Batches of one file: their numbers have two digits behind the file's own.
pub const BATCHES_MAX: usize = 99;

/// The name of the batch with this number, from 1, in a file: `PmtInfId`.
pub fn batch(file: &CollectionFile, number: usize) -> String {
    format!("{:032x}-{number}", file.sid.as_u128())
}

/// The file for the bank. Collections that follow each other and have the same batch are one. The same values make the same bytes.
pub fn document(file: &CollectionFile, collections: &[Collection]) -> String {
    let mut xml = Xml::new();
    xml.root("Document", "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.08\"");
    xml.nest("CstmrDrctDbtInitn", |xml| {
        xml.nest("GrpHdr", |xml| {
            xml.leaf("MsgId", &file.sid.to_string());
            xml.leaf("CreDtTm", &file.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            sums(xml, collections);
            xml.nest("InitgPty", |xml| xml.leaf("Nm", &plain(&file.creditor_name, NAME_MAX)));
        });
        for batch in collections.chunk_by(|a, b| a.batch == b.batch) {
            if let Some(first) = batch.first() {
                xml.nest("PmtInf", |xml| payments(xml, file, first, batch));
            }
        }
    });
    xml.finish()
}

fn sums(xml: &mut Xml, collections: &[Collection]) {
    xml.leaf("NbOfTxs", &collections.len().to_string());
    let sum: Money = collections.iter().map(|it| it.amount).sum();
    xml.leaf("CtrlSum", &sum.to_decimals(2));
}

fn payments(xml: &mut Xml, file: &CollectionFile, first: &Collection, batch: &[Collection]) {
    xml.leaf("PmtInfId", &first.batch);
    xml.leaf("PmtMtd", "DD");
    xml.leaf("BtchBookg", "true");
    sums(xml, batch);
    xml.nest("PmtTpInf", |xml| {
        xml.nest("SvcLvl", |xml| xml.leaf("Cd", "SEPA"));
        xml.nest("LclInstrm", |xml| xml.leaf("Cd", "CORE"));
        xml.leaf("SeqTp", first.sequence.as_str());
    });
    xml.leaf("ReqdColltnDt", &first.collect_on.to_string());
    xml.nest("Cdtr", |xml| xml.leaf("Nm", &plain(&file.creditor_name, NAME_MAX)));
    account(xml, "CdtrAcct", Some(&file.creditor_iban));
    xml.nest("CdtrAgt", |xml| xml.nest("FinInstnId", |xml| xml.leaf("BICFI", &file.creditor_bic)));
    xml.leaf("ChrgBr", "SLEV");
    xml.nest("CdtrSchmeId", |xml| {
        xml.nest("Id", |xml| {
            xml.nest("PrvtId", |xml| {
                xml.nest("Othr", |xml| {
                    xml.leaf("Id", file.creditor_id.as_str());
                    xml.nest("SchmeNm", |xml| xml.leaf("Prtry", "SEPA"));
                });
            });
        });
    });
    for collection in batch {
        xml.nest("DrctDbtTxInf", |xml| one(xml, collection));
    }
}

fn one(xml: &mut Xml, collection: &Collection) {
    xml.nest("PmtId", |xml| xml.leaf("EndToEndId", &collection.end_to_end));
    instructed(xml, collection.amount, collection.currency);
    xml.nest("DrctDbtTx", |xml| {
        xml.nest("MndtRltdInf", |xml| {
            xml.leaf("MndtId", &collection.mandate_reference);
            xml.leaf("DtOfSgntr", &collection.mandate_signed_on.to_string());
        });
    });
    // The IBAN says which bank it is.
    xml.nest("DbtrAgt", |xml| {
        xml.nest("FinInstnId", |xml| xml.nest("Othr", |xml| xml.leaf("Id", "NOTPROVIDED")));
    });
    let name = plain(&collection.debtor_name, NAME_MAX);
    xml.nest("Dbtr", |xml| xml.leaf("Nm", if name.is_empty() { "NOTPROVIDED" } else { &name }));
    account(xml, "DbtrAcct", collection.iban.as_ref());
    xml.nest("RmtInf", |xml| {
        xml.nest("Strd", |xml| {
            xml.nest("CdtrRefInf", |xml| {
                xml.nest("Tp", |xml| {
                    xml.nest("CdOrPrtry", |xml| xml.leaf("Cd", "SCOR"));
                    xml.leaf("Issr", "BBA");
                });
                xml.leaf("Ref", &collection.end_to_end);
            });
        });
    });
}

fn instructed(xml: &mut Xml, amount: Money, currency: Currency) {
    xml.attributed("InstdAmt", &format!("Ccy=\"{currency}\""), &amount.to_decimals(2));
}

fn account(xml: &mut Xml, name: &'static str, iban: Option<&Iban>) {
    xml.nest(name, |xml| xml.nest("Id", |xml| xml.leaf("IBAN", iban.map_or("NOTPROVIDED", Iban::as_str))));
}

/// A text in the characters that all banks of SEPA take: letters lose their accents, what is left is a point.
pub fn plain(text: &str, max: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | '/'
            | '-'
            | '?'
            | ':'
            | '('
            | ')'
            | '.'
            | ','
            | '\''
            | '+'
            | ' ' => {
                out.push(c);
            }
            '&' => out.push('+'),
            other => out.push_str(base(other)),
        }
    }
    let kept: String = out.trim().chars().take(max).collect();
    // A name may neither begin nor end with a stroke, nor have two of them (EPC217-08).
    kept.replace("//", "/").trim_matches('/').trim().to_owned()
}

const fn base(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ă' | 'ą' => "a",
        'À'..='Å' | 'Ă' | 'Ą' => "A",
        'æ' => "ae",
        'Æ' => "AE",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ě' | 'ę' | 'ė' => "e",
        'È'..='Ë' | 'Ě' | 'Ę' | 'Ė' => "E",
        'ì'..='ï' | 'į' => "i",
        'Ì'..='Ï' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ò'..='ö' | 'ø' | 'ő' => "o",
        'Ò'..='Ö' | 'Ø' | 'Ő' => "O",
        'œ' => "oe",
        'Œ' => "OE",
        'ř' => "r",
        'Ř' => "R",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù'..='ü' | 'ů' | 'ű' | 'ū' => "u",
        'Ù'..='Ü' | 'Ů' | 'Ű' | 'Ū' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        '’' | '‘' => "'",
        '–' => "-",
        _ => ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_characters_of_all_banks() {
        for (name, written) in [
            ("Bakkerij De Korenbloem & Zonen", "Bakkerij De Korenbloem + Zonen"),
            ("Zoë D’Hondt-Müller", "Zoe D'Hondt-Muller"),
            ("/Straße 日本/", "Strasse .."),
            ("<b>\"A\"", ".b..A."),
        ] {
            assert_eq!(plain(name, 70), written);
        }
        assert_eq!(plain(&"a".repeat(100), 70).len(), 70);
    }
}
