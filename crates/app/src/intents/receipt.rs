//! The receipt for what was paid into a wallet. It is no invoice: tax falls on what is used.

use flexio_domain::*;

use crate::App;

impl App {
    /// Subject and text of the receipt for money that is in the wallet now.
    pub(super) fn receipt_text(
        &self,
        customer: &Customer,
        intent: &PaymentIntent,
        amount: Money,
    ) -> (String, String) {
        let language = customer.language;
        let amount = amount.to_decimals(2);
        let amount = if language == Language::En { amount } else { amount.replace('.', ",") };
        let amount = format!("{amount} {}", intent.currency);
        let day = self.local_day(self.clock.now());
        let (sid, operator) = (intent.sid, &self.config.operator);
        let (subject, text) = match language {
            Language::Nl => (
                "Ontvangstbewijs van uw betaling",
                format!(
                    "Wij ontvingen op {day} uw betaling {sid} van {amount}. Het bedrag staat op uw tegoed. Dit is geen factuur: de btw staat op de factuur van wat u gebruikt. Wat u niet gebruikt, betalen wij kosteloos terug."
                ),
            ),
            Language::Fr => (
                "Reçu de votre paiement",
                format!(
                    "Nous avons reçu le {day} votre paiement {sid} de {amount}. Le montant est sur votre solde. Ceci n'est pas une facture : la TVA figure sur la facture de ce que vous utilisez. Ce que vous n'utilisez pas, nous le remboursons sans frais."
                ),
            ),
            Language::De => (
                "Quittung für Ihre Zahlung",
                format!(
                    "Wir haben am {day} Ihre Zahlung {sid} über {amount} erhalten. Der Betrag steht auf Ihrem Guthaben. Dies ist keine Rechnung: Die MwSt. steht auf der Rechnung über das, was Sie nutzen. Was Sie nicht nutzen, zahlen wir kostenlos zurück."
                ),
            ),
            Language::En => (
                "Receipt for your payment",
                format!(
                    "On {day} we received your payment {sid} of {amount}. The amount is on your balance. This is no invoice: VAT is on the invoice for what you use. What you do not use we pay back free of charge."
                ),
            ),
        };
        (subject.to_owned(), format!("{text}\n\n{}, {}, {}\n", operator.name, operator.email, operator.phone))
    }
}
