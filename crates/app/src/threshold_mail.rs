//! What a customer is told of a threshold that he has reached, in his language.

use flexio_domain::{Customer, Fired, Language, Reaction, Threshold};

use crate::App;

impl App {
    /// Subject and text where a spending threshold was reached.
    pub(crate) fn threshold_text(
        &self,
        customer: &Customer,
        threshold: &Threshold,
        fired: &Fired,
    ) -> (String, String) {
        let limit = match threshold.percent {
            Some(percent) => format!("{percent} %"),
            None => format!("{} EUR", threshold.amount.to_decimals(2)),
        };
        let (month, spent) = (fired.month.strftime("%Y-%m"), fired.gross.to_decimals(2));
        let url = format!("{}/console/spending", self.config.public_base_url);
        let (subject, said, change) = match customer.language {
            Language::Nl => (
                format!("U heeft uw drempel van {limit} bereikt"),
                format!(
                    "In {month} is tot nu toe {spent} EUR verbruikt, btw inbegrepen. Uw drempel is {limit}."
                ),
                "U kunt hem op elk moment gratis wijzigen of verwijderen:",
            ),
            Language::Fr => (
                format!("Vous avez atteint votre seuil de {limit}"),
                format!(
                    "En {month}, {spent} EUR ont été consommés jusqu'ici, TVA comprise. Votre seuil est de {limit}."
                ),
                "Vous pouvez le modifier ou le supprimer à tout moment, gratuitement :",
            ),
            Language::De => (
                format!("Sie haben Ihre Schwelle von {limit} erreicht"),
                format!(
                    "Im Monat {month} wurden bisher {spent} EUR verbraucht, mit MwSt. Ihre Schwelle ist {limit}."
                ),
                "Sie können sie jederzeit kostenlos ändern oder löschen:",
            ),
            Language::En => (
                format!("You have reached your threshold of {limit}"),
                format!(
                    "In {month}, {spent} EUR have been used so far, VAT included. Your threshold is {limit}."
                ),
                "You may change or delete it at any time, free of charge:",
            ),
        };
        let follows = follows(customer.language, threshold.reaction);
        let body = format!("{said} {follows}\n\n{change} {url}\n\n{}\n", self.config.operator.name);
        (subject, body)
    }
}

fn follows(language: Language, reaction: Reaction) -> &'static str {
    match (language, reaction) {
        (Language::Nl, Reaction::Alert) => "Uw dienst gaat gewoon door.",
        (Language::Nl, Reaction::BlockNew) => {
            "Tot het einde van de maand begint niets meer dat geld kost. Noodoproepen en gratis nummers blijven bereikbaar."
        }
        (Language::Nl, Reaction::Cut) => {
            "Tot het einde van de maand begint niets meer dat geld kost, en lopende betalende oproepen worden beëindigd. Noodoproepen gaan altijd door."
        }
        (Language::Fr, Reaction::Alert) => "Votre service continue comme avant.",
        (Language::Fr, Reaction::BlockNew) => {
            "Jusqu'à la fin du mois, rien de payant ne commence plus. Les appels d'urgence et les numéros gratuits restent accessibles."
        }
        (Language::Fr, Reaction::Cut) => {
            "Jusqu'à la fin du mois, rien de payant ne commence plus, et les appels payants en cours sont coupés. Les appels d'urgence continuent toujours."
        }
        (Language::De, Reaction::Alert) => "Ihr Dienst läuft weiter wie bisher.",
        (Language::De, Reaction::BlockNew) => {
            "Bis zum Monatsende beginnt nichts Kostenpflichtiges mehr. Notrufe und kostenlose Nummern bleiben erreichbar."
        }
        (Language::De, Reaction::Cut) => {
            "Bis zum Monatsende beginnt nichts Kostenpflichtiges mehr, und laufende kostenpflichtige Anrufe werden beendet. Notrufe gehen immer weiter."
        }
        (Language::En, Reaction::Alert) => "Your service goes on as before.",
        (Language::En, Reaction::BlockNew) => {
            "Until the month ends nothing more begins that costs money. Emergency calls and free numbers stay reachable."
        }
        (Language::En, Reaction::Cut) => {
            "Until the month ends nothing more begins that costs money, and calls in progress that cost money are ended. Emergency calls always go on."
        }
    }
}
