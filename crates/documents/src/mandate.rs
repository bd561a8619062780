//! The sentence a payer agrees to when he lets the operator collect from his account.
//!
//! It says what the rulebook of SEPA Direct Debit Core (EPC016-06, section 4.7.2) wants a mandate to say: whom he authorises, to do what, and
//! that he has a right to get his money back.

use flexio_domain::{Iban, Language, Operator};

use crate::words::words;

words! {
    sentence: "Ik machtig {creditor} (identificatie {id}) om opdrachten te sturen naar mijn bank om mijn rekening {iban} op naam van {debtor} te debiteren voor mijn facturen, en mijn bank om mijn rekening te debiteren zoals {creditor} opdraagt. Ik kan van mijn bank terugbetaling vragen volgens de voorwaarden van mijn overeenkomst met haar, binnen 8 weken na de dag waarop mijn rekening is gedebiteerd. Elke factuur meldt bedrag en dag, minstens 14 dagen vooraf.", "J'autorise {creditor} (identifiant {id}) à envoyer à ma banque des ordres de débit de mon compte {iban} au nom de {debtor} pour mes factures, et ma banque à débiter mon compte selon les ordres de {creditor}. Je peux demander à ma banque d'être remboursé selon les conditions de ma convention avec elle, dans les 8 semaines suivant la date de débit de mon compte. Chaque facture annonce le montant et la date, au moins 14 jours à l'avance.", "Ich ermächtige {creditor} (Identifikationsnummer {id}), Zahlungen für meine Rechnungen von meinem Konto {iban} auf den Namen {debtor} einzuziehen, und weise meine Bank an, die von {creditor} gezogenen Lastschriften einzulösen. Ich kann von meiner Bank nach den mit ihr vereinbarten Bedingungen innerhalb von 8 Wochen ab dem Belastungstag die Erstattung verlangen. Jede Rechnung nennt Betrag und Tag, mindestens 14 Tage vorher.", "I authorise {creditor} (identifier {id}) to send instructions to my bank to debit my account {iban} in the name of {debtor} for my invoices, and my bank to debit my account as {creditor} instructs. I may ask my bank for a refund under the terms of my agreement with it, within 8 weeks from the day on which my account was debited. Each invoice announces amount and day, at least 14 days before.";
}

/// The sentence with its names. `None` where the operator has no creditor identifier.
pub fn statement(operator: &Operator, debtor: &str, iban: &Iban, language: Language) -> Option<String> {
    let id = operator.creditor_id.as_ref()?;
    let text = sentence(language)
        .replace("{creditor}", &format!("{} {}", operator.name, operator.legal_form))
        .replace("{id}", id.as_str())
        .replace("{iban}", iban.as_str());
    // Last: it is the payer's own text.
    Some(text.replace("{debtor}", debtor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_who_collects_from_which_account_in_each_language() {
        let mut operator = Operator::default();
        let iban: Iban = "BE68539007547034".parse().unwrap();
        assert_eq!(statement(&operator, "Jan", &iban, Language::Nl), None);
        operator.creditor_id = "DE98ZZZ09999999999".parse().ok();
        for language in Language::ALL {
            let text = statement(&operator, "Jan {iban}", &iban, *language).unwrap();
            for part in [
                "Voorbeeld Telecom NV",
                "DE98ZZZ09999999999",
                "BE68539007547034",
                "Jan {iban}",
                " 8 ",
                " 14 ",
            ] {
                assert!(text.contains(part), "{part} is not in {text}");
            }
            assert!(!text.contains("{creditor}") && !text.contains("{debtor}"), "{text}");
        }
    }
}
