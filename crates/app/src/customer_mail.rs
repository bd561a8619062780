//! What a customer is told in writing, in his language: that he has left, that prices change.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, MailChange};
use jiff::civil::Date;

use crate::App;
use crate::emails::CreateEmail;
use crate::error::AppError;

impl App {
    /// The e-mail to the customer's address for notices. Empty where the installation sends none: the log says so, and the API shows what
    /// there is to know. It is the operator's mail, and counts for no limit of the account.
    pub(crate) async fn tell_customer(
        &self,
        account: &Account,
        customer: &Customer,
        subject: String,
        body: String,
    ) -> Result<ChangeSet, AppError> {
        self.write_to_customer(account, customer, (subject, body), false).await
    }

    /// As [`App::tell_customer`], in HTML where `is_html`.
    pub(crate) async fn write_to_customer(
        &self,
        account: &Account,
        customer: &Customer,
        (subject, body): (String, String),
        is_html: bool,
    ) -> Result<ChangeSet, AppError> {
        let to = customer.notice_email.as_ref().unwrap_or(&customer.invoice_email);
        let new = CreateEmail {
            to: to.clone(),
            subject: Some(subject),
            body: Pii(body),
            is_html,
            by_operator: true,
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        match Box::pin(self.new_email(account, new)).await {
            Ok(email) => Ok(Change::from(MailChange::Create(email)).into()),
            Err(AppError::Refused(refusal)) => {
                tracing::warn!(account = %account.sid, %refusal, "customer_not_mailed");
                Ok(ChangeSet::new())
            }
            Err(error) => Err(error),
        }
    }

    /// The day of a time, on the wall clock of the plan.
    pub(crate) fn local_day(&self, at: Timestamp) -> Date {
        self.rater().plan().zone().to_datetime(at).date()
    }

    /// Subject and text where the operator has suspended a contract, or lets it go on.
    pub(crate) fn suspension_text(&self, customer: &Customer, contract: &Subscription) -> (String, String) {
        let (sid, operator) = (contract.sid, &self.config.operator);
        let (subject, what, ask) = match (customer.language, contract.suspension.is_some()) {
            (Language::Nl, true) => (
                "Uw dienst is onderbroken",
                "is onderbroken. Noodoproepen en gratis nummers blijven bereikbaar, en u blijft oproepen en berichten ontvangen.",
                "Neem contact met ons op:",
            ),
            (Language::Nl, false) => ("Uw dienst is er weer", "is niet langer onderbroken.", "Vragen?"),
            (Language::Fr, true) => (
                "Votre service est suspendu",
                "est suspendu. Les appels d'urgence et les numéros gratuits restent accessibles, et vous continuez à recevoir appels et messages.",
                "Contactez-nous :",
            ),
            (Language::Fr, false) => ("Votre service est rétabli", "n'est plus suspendu.", "Des questions ?"),
            (Language::De, true) => (
                "Ihr Dienst ist gesperrt",
                "ist gesperrt. Notrufe und kostenlose Nummern bleiben erreichbar, und Sie erhalten weiterhin Anrufe und Nachrichten.",
                "Wenden Sie sich an uns:",
            ),
            (Language::De, false) => ("Ihr Dienst ist wieder da", "ist nicht mehr gesperrt.", "Fragen?"),
            (Language::En, true) => (
                "Your service is suspended",
                "is suspended. Emergency calls and free numbers stay reachable, and you go on receiving calls and messages.",
                "Get in touch with us:",
            ),
            (Language::En, false) => ("Your service is back", "is no longer suspended.", "Questions?"),
        };
        let contract = match customer.language {
            Language::Nl => "Uw contract",
            Language::Fr => "Votre contrat",
            Language::De => "Ihr Vertrag",
            Language::En => "Your contract",
        };
        let body = format!(
            "{contract} {sid} ({}) {what}\n\n{ask} {}, {}\n",
            operator.name, operator.email, operator.phone
        );
        (subject.to_owned(), body)
    }

    /// Subject and page of a contract that is in force: who agreed to what and when, the terms, and behind it the summary as it was shown.
    pub(crate) fn welcome_text(
        &self,
        customer: &Customer,
        contract: &Subscription,
        acceptance: &Acceptance,
        summary: &Summary,
    ) -> (String, String) {
        let operator = &self.config.operator;
        let [subject, first, agreed, terms, keep] = match customer.language {
            Language::Nl => [
                "Uw contract",
                "is van kracht. Bewaar dit bericht: het is uw exemplaar van het contract.",
                "U aanvaardde op",
                "Aanvaarde voorwaarden",
                "De samenvatting zoals u ze zag",
            ],
            Language::Fr => [
                "Votre contrat",
                "est en vigueur. Conservez ce message : c'est votre exemplaire du contrat.",
                "Vous avez accepté le",
                "Conditions acceptées",
                "Le récapitulatif tel que vous l'avez vu",
            ],
            Language::De => [
                "Ihr Vertrag",
                "ist in Kraft. Bewahren Sie diese Nachricht auf: Sie ist Ihr Exemplar des Vertrags.",
                "Sie stimmten zu am",
                "Angenommene Bedingungen",
                "Die Zusammenfassung, wie Sie sie sahen",
            ],
            Language::En => [
                "Your contract",
                "is in force. Keep this message: it is your copy of the contract.",
                "You agreed on",
                "Terms you accepted",
                "The summary as you saw it",
            ],
        };
        let escape = crate::xml::escaped;
        let day = self.local_day(acceptance.accepted_at);
        let term = |it: &Terms| {
            let url = escape(&it.url);
            format!(
                "<li>{} {}: <a href=\"{url}\">{url}</a> (SHA-256 {})</li>",
                escape(&it.id),
                escape(&it.version),
                it.sha256
            )
        };
        let list: String = acceptance.terms.iter().map(term).collect();
        let list = if list.is_empty() { list } else { format!("<p>{terms}:</p><ul>{list}</ul>") };
        let head = format!(
            "<section><p>{subject} {} ({}, {}) {first}</p><p>{agreed} {day}: “{}”</p>{list}<p>{keep} (SHA-256 {}):</p></section>\n",
            contract.sid,
            escape(&operator.name),
            escape(&acceptance.plan),
            escape(&acceptance.statement),
            summary.sha256,
        );
        let page = match summary.text.split_once("<main>") {
            Some((before, behind)) => format!("{before}<main>\n{head}{behind}"),
            None => head,
        };
        (format!("{subject} – {}", operator.name), page)
    }

    /// Subject and text of a confirmed cancellation.
    pub(crate) fn cancelled_text(&self, customer: &Customer, contract: &Subscription) -> (String, String) {
        let day = self.local_day(contract.ends_at.unwrap_or(contract.updated_at));
        let (sid, operator) = (contract.sid, &self.config.operator.name);
        match customer.language {
            Language::Nl => (
                "Bevestiging van uw opzegging".to_owned(),
                format!(
                    "Uw contract {sid} met {operator} eindigt op {day}. De opzegging is kosteloos. Uw nummers komen dan vrij; u kunt ze nog een maand laten overdragen. De laatste factuur volgt.\n"
                ),
            ),
            Language::Fr => (
                "Confirmation de votre résiliation".to_owned(),
                format!(
                    "Votre contrat {sid} avec {operator} prend fin le {day}. La résiliation est gratuite. Vos numéros sont alors libérés ; vous pouvez les faire transférer pendant un mois encore. La dernière facture suivra.\n"
                ),
            ),
            Language::De => (
                "Bestätigung Ihrer Kündigung".to_owned(),
                format!(
                    "Ihr Vertrag {sid} mit {operator} endet am {day}. Die Kündigung ist kostenlos. Ihre Nummern werden dann frei; Sie können sie noch einen Monat lang übertragen lassen. Die letzte Rechnung folgt.\n"
                ),
            ),
            Language::En => (
                "Your cancellation is confirmed".to_owned(),
                format!(
                    "Your contract {sid} with {operator} ends on {day}. Cancelling is free of charge. Your numbers are released then; you may have them ported for another month. The last invoice will follow.\n"
                ),
            ),
        }
    }

    /// Subject and text of the receipt of a withdrawal.
    pub(crate) fn withdrawn_text(&self, customer: &Customer, contract: &Subscription) -> (String, String) {
        let day = self.local_day(contract.updated_at);
        let (sid, operator) = (contract.sid, &self.config.operator.name);
        match customer.language {
            Language::Nl => (
                "Ontvangstbevestiging van uw herroeping".to_owned(),
                format!(
                    "Op {day} hebben wij uw herroeping van het contract {sid} met {operator} ontvangen. Het is beëindigd. U betaalt alleen wat u op uw uitdrukkelijk verzoek al gebruikt hebt; wat u te veel hebt betaald, krijgt u binnen veertien dagen terug.\n"
                ),
            ),
            Language::Fr => (
                "Accusé de réception de votre rétractation".to_owned(),
                format!(
                    "Le {day}, nous avons reçu votre rétractation du contrat {sid} avec {operator}. Il a pris fin. Vous ne payez que ce que vous avez déjà utilisé à votre demande expresse ; ce que vous avez payé en trop vous est remboursé dans les quatorze jours.\n"
                ),
            ),
            Language::De => (
                "Eingang Ihres Widerrufs".to_owned(),
                format!(
                    "Am {day} haben wir Ihren Widerruf des Vertrags {sid} mit {operator} erhalten. Er ist beendet. Sie zahlen nur, was Sie auf Ihren ausdrücklichen Wunsch schon genutzt haben; was Sie zu viel gezahlt haben, erhalten Sie binnen vierzehn Tagen zurück.\n"
                ),
            ),
            Language::En => (
                "We have received your withdrawal".to_owned(),
                format!(
                    "On {day} we received your withdrawal from the contract {sid} with {operator}. It has ended. You pay only what you have used already at your express request; what you have paid too much is returned within fourteen days.\n"
                ),
            ),
        }
    }

    /// Subject and HTML of the summary that goes out after an order by telephone: the summary as it is kept, with what to do above it.
    pub(crate) fn unseen_text(
        &self,
        customer: &Customer,
        contract: &Subscription,
        summary: &Summary,
    ) -> (String, String) {
        let operator = self.config.operator.name.as_str();
        let page = format!("{}/console/subscription", self.config.public_base_url);
        let (subject, what) = match customer.language {
            Language::Nl => (
                "Bevestig uw bestelling",
                format!(
                    "U hebt bij {operator} telefonisch besteld. Hieronder staat de samenvatting van het contract {}. Het geldt pas als u ze gelezen hebt en bevestigt:",
                    contract.sid
                ),
            ),
            Language::Fr => (
                "Confirmez votre commande",
                format!(
                    "Vous avez commandé par téléphone auprès de {operator}. Vous trouverez ci-dessous le récapitulatif du contrat {}. Il n'entre en vigueur que lorsque vous l'avez lu et confirmé :",
                    contract.sid
                ),
            ),
            Language::De => (
                "Bestätigen Sie Ihre Bestellung",
                format!(
                    "Sie haben bei {operator} am Telefon bestellt. Unten steht die Zusammenfassung des Vertrags {}. Er gilt erst, wenn Sie sie gelesen haben und bestätigen:",
                    contract.sid
                ),
            ),
            Language::En => (
                "Confirm your order",
                format!(
                    "You ordered from {operator} by telephone. Below is the summary of the contract {}. It is in force only when you have read and confirmed it:",
                    contract.sid
                ),
            ),
        };
        let above = format!(
            "<body><p>{} <a href=\"{page}\">{page}</a></p><p>SHA-256 {}</p>",
            crate::xml::escaped(&what),
            summary.sha256
        );
        (subject.to_owned(), summary.text.replacen("<body>", &above, 1))
    }

    /// Why a change of prices or terms gives no right to leave because of it. Leaving is free at any time all the same.
    pub(crate) fn ground_text(
        &self,
        language: Language,
        (ground, note): (Option<NoticeGround>, &str),
    ) -> String {
        let contact = &self.config.operator.email;
        let why = match (ground, language) {
            (Some(NoticeGround::Advantage), Language::Nl) => "De wijziging is uitsluitend in uw voordeel.",
            (Some(NoticeGround::Advantage), Language::Fr) => {
                "La modification est exclusivement à votre avantage."
            }
            (Some(NoticeGround::Advantage), Language::De) => {
                "Die Änderung ist ausschließlich zu Ihrem Vorteil."
            }
            (Some(NoticeGround::Advantage), Language::En) => "The change is exclusively to your advantage.",
            (Some(NoticeGround::Administrative), Language::Nl) => {
                "De wijziging is louter administratief en heeft voor u geen nadelige gevolgen."
            }
            (Some(NoticeGround::Administrative), Language::Fr) => {
                "La modification est purement administrative et n'a pas d'incidence négative pour vous."
            }
            (Some(NoticeGround::Administrative), Language::De) => {
                "Die Änderung ist rein administrativer Art und hat keine negativen Folgen für Sie."
            }
            (Some(NoticeGround::Administrative), Language::En) => {
                "The change is purely administrative and has no negative effect on you."
            }
            (Some(NoticeGround::Law), Language::Nl) => "De wijziging is rechtstreeks door de wet opgelegd:",
            (Some(NoticeGround::Law), Language::Fr) => "La modification est directement imposée par la loi :",
            (Some(NoticeGround::Law), Language::De) => {
                "Die Änderung ist unmittelbar gesetzlich vorgeschrieben:"
            }
            (Some(NoticeGround::Law), Language::En) => "The change is imposed directly by law:",
            (None, _) => "",
        };
        let cancel = match language {
            Language::Nl => "U kunt uw contract op elk moment kosteloos opzeggen.",
            Language::Fr => "Vous pouvez résilier votre contrat à tout moment et sans frais.",
            Language::De => "Sie können Ihren Vertrag jederzeit kostenlos kündigen.",
            Language::En => "You may cancel your contract free of charge at any time.",
        };
        [why, note.trim()].join(" ").trim().to_owned() + "\n" + cancel + " " + contact
    }

    /// Subject and text of a notice of prices: what changes, from when, and the right to leave.
    pub(crate) fn price_text(&self, customer: &Customer, notice: &PriceNotice) -> (String, String) {
        let (from, until) = (self.local_day(notice.effective_at), self.local_day(notice.exit_until));
        let (subject, first, exit) = match customer.language {
            Language::Nl => (
                "Uw prijzen wijzigen",
                format!("Vanaf {from} gelden deze prijzen, zonder btw (oud, nieuw):"),
                format!("U kunt tot {until} kosteloos opzeggen; de oude prijzen gelden dan tot het einde."),
            ),
            Language::Fr => (
                "Vos prix changent",
                format!("À partir du {from}, ces prix sont d'application, hors TVA (ancien, nouveau) :"),
                format!(
                    "Vous pouvez résilier sans frais jusqu'au {until} ; les anciens prix valent alors jusqu'à la fin."
                ),
            ),
            Language::De => (
                "Ihre Preise ändern sich",
                format!("Ab {from} gelten diese Preise, ohne MwSt. (alt, neu):"),
                format!(
                    "Sie können bis {until} kostenlos kündigen; die alten Preise gelten dann bis zum Ende."
                ),
            ),
            Language::En => (
                "Your prices change",
                format!("From {from} on these prices apply, without VAT (old, new):"),
                format!("Until {until} you may cancel free of charge; the old prices then hold to the end."),
            ),
        };
        let exit = if notice.ground.is_some() || notice.is_advantage {
            self.ground_text(customer.language, (notice.ground, &notice.ground_note))
        } else {
            exit
        };
        let line = |it: &PriceChange| {
            let (old, new) = (it.old.to_decimals(6), it.new.to_decimals(6));
            format!("- {}: {old}, {new}", flexio_documents::item_name(&it.item, customer.language))
        };
        let lines: Vec<String> = notice.changes.iter().map(line).collect();
        (subject.to_owned(), format!("{first}\n\n{}\n\n{exit}\n", lines.join("\n")))
    }
}
