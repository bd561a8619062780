//! The certificate of an erasure: what is gone, what is kept, on which ground and until when; for people, as HTML and as PDF/UA-1 and PDF/A-3a.

use flexio_domain::{Erasure, ErasureCertificate, KeptGround, Language, Operator};
use jiff::civil::Date;

use crate::format;
use crate::pdf::{About, PdfError, Sheet, Style, Table};
use crate::words::words;
use crate::xml::escaped;

const PAGES_MAX: usize = 20;
const SIZE: f32 = 10.0;
/// 15 mm.
const MARGIN: f32 = 42.5;

words! {
    title: "Bewijs van wissing", "Attestation d'effacement", "Bescheinigung über die Löschung", "Certificate of erasure";
    account: "Account", "Compte", "Konto", "Account";
    subject: "Nummer, zoals het nu in de gegevens staat", "Numéro, tel qu'il figure désormais dans les données", "Nummer, wie sie jetzt in den Daten steht", "Number, as it stands in the data now";
    asked: "Gevraagd op", "Demandé le", "Verlangt am", "Asked for on";
    issued: "Opgemaakt op", "Établi le", "Ausgestellt am", "Made on";
    identifier: "Kenmerk", "Référence", "Kennzeichen", "Reference";
    gone: "Wat gewist is", "Ce qui a été effacé", "Was gelöscht ist", "What was erased";
    gone_text: "Deze gegevens zijn vernietigd, of hun namen, nummers en inhoud zijn eruit verwijderd. Opnamen en hun teksten zijn onleesbaar, waar ook kopieën liggen: hun sleutel is vernietigd.", "Ces données ont été détruites, ou leurs noms, numéros et contenu en ont été retirés. Les enregistrements et leurs textes sont illisibles, où que se trouvent des copies : leur clé a été détruite.", "Diese Daten sind vernichtet, oder ihre Namen, Nummern und Inhalte sind daraus entfernt. Aufnahmen und ihre Texte sind unlesbar, wo immer Kopien liegen: Ihr Schlüssel ist vernichtet.", "These data were destroyed, or their names, numbers and contents were taken out. Recordings and their texts cannot be read, wherever copies lie: their key was destroyed.";
    kept: "Wat bewaard blijft", "Ce qui est conservé", "Was aufbewahrt wird", "What is kept";
    nothing: "Niets.", "Rien.", "Nichts.", "Nothing.";
    data: "Gegevens", "Données", "Daten", "Data";
    number: "Aantal", "Nombre", "Anzahl", "Number";
    ground: "Grond", "Base", "Grund", "Ground";
    until: "Tot", "Jusqu'au", "Bis", "Until";
    term: "eigen termijn", "délai propre", "eigene Frist", "its own term";
    holds: "Bewaringsbevelen die intussen golden en opgeheven zijn", "Ordres de conservation entre-temps en vigueur, puis levés", "Zwischenzeitliche, aufgehobene Sicherungsanordnungen", "Legal holds that stood in between and were lifted";
    signed: "Ondertekend met een sleutel van de installatie (HMAC-SHA-256)", "Signé avec une clé de l'installation (HMAC-SHA-256)", "Unterzeichnet mit einem Schlüssel der Installation (HMAC-SHA-256)", "Signed with a key of the installation (HMAC-SHA-256)";
    accounting: "Boekhouding en btw (AVG, artikel 17, lid 3, b)", "Comptabilité et TVA (RGPD, article 17, paragraphe 3, b)", "Buchführung und Mehrwertsteuer (DSGVO, Artikel 17 Absatz 3 Buchstabe b)", "Accounting and VAT (GDPR, Article 17(3)(b))";
    contract: "Bewijs van het contract (AVG, artikel 17, lid 3, e)", "Preuve du contrat (RGPD, article 17, paragraphe 3, e)", "Nachweis des Vertrags (DSGVO, Artikel 17 Absatz 3 Buchstabe e)", "Proof of the contract (GDPR, Article 17(3)(e))";
    identity: "Identificatie van de abonnee (wet elektronische communicatie)", "Identification de l'abonné (loi sur les communications électroniques)", "Identifizierung des Teilnehmers (Gesetz über die elektronische Kommunikation)", "Identification of the subscriber (law on electronic communications)";
    charging: "Aangerekend gebruik en statistiek, zonder nummers", "Usage facturé et statistiques, sans numéros", "Berechnete Nutzung und Statistik, ohne Nummern", "Charged use and statistics, without numbers";
    security: "Beveiliging, zonder namen", "Sécurité, sans noms", "Sicherheit, ohne Namen", "Security, without names";
    opt_out: "Wens om geen berichten te krijgen, als onomkeerbare afdruk", "Souhait de ne pas recevoir de messages, sous forme d'empreinte irréversible", "Wunsch, keine Nachrichten zu erhalten, als unumkehrbarer Abdruck", "The wish to get no messages, as a digest that leads back to nobody";
    settings: "Eigen instellingen van de account", "Réglages propres au compte", "Eigene Einstellungen des Kontos", "The account's own settings";
    access: "Personen, sleutels en toegangen", "Personnes, clés et accès", "Personen, Schlüssel und Zugänge", "People, keys and access";
    calls: "Oproepen met hun verloop", "Appels et leur déroulement", "Anrufe mit ihrem Verlauf", "Calls with their course";
    messages: "Berichten", "Messages", "Nachrichten", "Messages";
    recordings: "Opnamen en teksten van opnamen", "Enregistrements et leurs textes", "Aufnahmen und ihre Texte", "Recordings and their texts";
    verification: "Verificaties", "Vérifications", "Verifizierungen", "Verifications";
    logs: "Meldingen en logboeken", "Notifications et journaux", "Meldungen und Protokolle", "Notifications and logs";
    emails: "E-mails", "Courriels", "E-Mails", "E-mails";
    archives: "Archieven", "Archives", "Archive", "Archives";
    own_settings: "Instellingen, toepassingen en nummers", "Réglages, applications et numéros", "Einstellungen, Anwendungen und Nummern", "Settings, applications and numbers";
    opt_outs: "Uitschrijvingen", "Désinscriptions", "Abmeldungen", "Opt-outs";
    uses: "Gebruik", "Usages", "Nutzungen", "Uses";
    names: "Naam en gegevens van de account en de klant", "Nom et données du compte et du client", "Name und Angaben von Konto und Kunde", "Name and details of account and customer";
    invoices: "Facturen en creditnota's", "Factures et notes de crédit", "Rechnungen und Gutschriften", "Invoices and credit notes";
    books: "Grootboek", "Grand livre", "Hauptbuch", "Ledger";
    contracts: "Contract en aanvaarding", "Contrat et acceptation", "Vertrag und Annahme", "Contract and acceptance";
    identities: "Wie de abonnee was", "Qui était l'abonné", "Wer der Teilnehmer war", "Who the subscriber was";
}

/// What people call rows of a kind.
fn name(kind: &str, language: Language) -> &'static str {
    let word = match kind {
        "api_keys" | "people" | "sessions" | "clients" | "sip_domains" | "credential_lists"
        | "credentials" | "ip_lists" | "ip_addresses" | "smpp_users" | "sip_bindings" => access,
        "calls" | "conferences" | "queues" | "flow_executions" | "verb_records" => calls,
        "messages" | "contacts" => messages,
        "recordings" | "transcriptions" => recordings,
        "verifications"
        | "verification_attempts"
        | "verify_challenges"
        | "verify_factors"
        | "verify_entities"
        | "guard_decisions"
        | "guard_cases"
        | "send_marks" => verification,
        "callbacks" | "notifications" | "idempotency_keys" | "audit_events" | "spend_cases" => logs,
        "emails" => emails,
        "exports" => archives,
        "opt_outs" => opt_outs,
        "usage_events" => uses,
        "accounts" | "customers" | "mandates" => names,
        "invoices" => invoices,
        "balances" => books,
        "subscriptions" | "acceptances" => contracts,
        _ => own_settings,
    };
    word(language)
}

const fn why(it: KeptGround, language: Language) -> &'static str {
    match it {
        KeptGround::Accounting => accounting(language),
        KeptGround::Contract => contract(language),
        KeptGround::Identity => identity(language),
        KeptGround::Charging => charging(language),
        KeptGround::Security => security(language),
        KeptGround::OptOut => opt_out(language),
        KeptGround::Settings => settings(language),
    }
}

/// A certificate, before it is HTML or PDF.
#[derive(Debug, Clone)]
pub struct Paper<'p> {
    erasure: &'p Erasure,
    certificate: &'p ErasureCertificate,
    operator: &'p Operator,
    language: Language,
    /// On the wall clock of the plan.
    asked_on: Date,
    issued_on: Date,
}

impl<'p> Paper<'p> {
    /// The certificate of an erasure in a language; the days are those on the operator's wall.
    pub const fn new(
        (erasure, certificate): (&'p Erasure, &'p ErasureCertificate),
        operator: &'p Operator,
        language: Language,
        (asked_on, issued_on): (Date, Date),
    ) -> Self {
        Self { erasure, certificate, operator, language, asked_on, issued_on }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let language = self.language;
        let mut facts = vec![
            (identifier(language), self.erasure.sid.to_string()),
            (account(language), self.erasure.account_sid.to_string()),
        ];
        if let Some(alias) = &self.erasure.alias {
            facts.push((subject(language), alias.to_string()));
        }
        facts.push((asked(language), format::date(self.asked_on, language)));
        facts.push((issued(language), format::date(self.issued_on, language)));
        facts
    }

    /// Kinds by the words of people, added up.
    fn gone(&self) -> Vec<Vec<String>> {
        let mut rows: Vec<(&str, u64)> = Vec::new();
        for it in &self.certificate.erased {
            let word = name(&it.kind, self.language);
            match rows.iter_mut().find(|(have, _)| *have == word) {
                Some((_, count)) => *count += it.count,
                None => rows.push((word, it.count)),
            }
        }
        let row = |(word, count): (&str, u64)| vec![word.to_owned(), format::count(count, self.language)];
        rows.into_iter().map(row).collect()
    }

    fn kept(&self) -> Vec<Vec<String>> {
        let language = self.language;
        let word = |kind: &str| if kind == "customers" { identities(language) } else { name(kind, language) };
        let row = |it: &flexio_domain::KeptFact| {
            let until = it.until.map_or_else(|| term(language).to_owned(), |day| format::date(day, language));
            let count = format::count(it.count, language);
            vec![word(&it.kind).to_owned(), count, why(it.ground, language).to_owned(), until]
        };
        self.certificate.kept.iter().map(row).collect()
    }

    fn heads(&self, all: bool) -> Vec<&'static str> {
        let language = self.language;
        let heads = [data(language), number(language), ground(language), until(language)];
        heads[..if all { 4 } else { 2 }].to_vec()
    }

    fn issuer(&self) -> String {
        let it = self.operator;
        format!("{} {}, {}, {} {} · {}", it.name, it.legal_form, it.street, it.post_code, it.city, it.email)
    }

    /// As a page of HTML, complete and without anything to fetch.
    pub fn html(&self) -> String {
        let language = self.language;
        let mut body = format!("<h1>{}</h1>\n<p>{}</p>\n<dl>\n", title(language), escaped(&self.issuer()));
        for (name, value) in self.facts() {
            body.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(&value)));
        }
        body.push_str("</dl>\n");
        for (heading, about, rows, all) in [
            (gone(language), gone_text(language), self.gone(), false),
            (kept(language), "", self.kept(), true),
        ] {
            body.push_str(&format!("<h2>{}</h2>\n", escaped(heading)));
            let about = if rows.is_empty() { nothing(language) } else { about };
            if !about.is_empty() {
                body.push_str(&format!("<p>{}</p>\n", escaped(about)));
            }
            if !rows.is_empty() {
                body.push_str(&html_table(&self.heads(all), &rows));
            }
        }
        if !self.certificate.holds.is_empty() {
            let names = self.certificate.holds.join(", ");
            body.push_str(&format!("<h2>{}</h2>\n<p>{}</p>\n", escaped(holds(language)), escaped(&names)));
        }
        let seal = format!("{}: {}", signed(language), self.certificate.signature);
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}<footer><p>{}</p></footer>\n</main>\n</body>\n</html>\n",
            language.as_str(),
            title(language),
            self.erasure.sid,
            escaped(&seal),
        )
    }

    /// As a PDF.
    pub fn pdf(&self) -> Result<Vec<u8>, PdfError> {
        let language = self.language;
        let text = Style::regular(SIZE);
        let mut sheet = Sheet::new(MARGIN);
        sheet.heading(1, title(language), 16.0);
        sheet.paragraph(&self.issuer(), text);
        sheet.space(4.0);
        for (name, value) in self.facts() {
            sheet.paragraph(&format!("{name}: {value}"), text);
        }
        for (heading, about, rows, all) in [
            (gone(language), gone_text(language), self.gone(), false),
            (kept(language), "", self.kept(), true),
        ] {
            sheet.space(6.0);
            sheet.heading(2, heading, 12.0);
            let about = if rows.is_empty() { nothing(language) } else { about };
            if !about.is_empty() {
                sheet.paragraph(about, text);
            }
            if !rows.is_empty() {
                sheet.table(&table(&self.heads(all), rows));
            }
        }
        if !self.certificate.holds.is_empty() {
            sheet.space(6.0);
            sheet.heading(2, holds(language), 12.0);
            sheet.paragraph(&self.certificate.holds.join(", "), text);
        }
        sheet.space(6.0);
        sheet.rule();
        sheet.paragraph(signed(language), text);
        // Two lines of 32 digits each: one line is wider than the page.
        let (first, second) = self.certificate.signature.split_at_checked(32).unwrap_or_default();
        sheet.paragraph(first, text);
        sheet.paragraph(second, text);
        let about = About {
            title: format!("{} {}", title(language), self.erasure.sid),
            author: &self.operator.name,
            language: language.as_str(),
            date: self.issued_on,
            attachment: None,
            page: "",
        };
        sheet.finish(about, PAGES_MAX)
    }
}

const STYLE: &str = "body{font:1rem/1.5 sans-serif;color:#111;background:#fff;margin:0}main{max-width:50rem;margin:auto;padding:1rem}h1{font-size:1.75rem}h2{font-size:1.2rem;margin-bottom:0}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #767676;padding:.25rem .5rem;text-align:left}dt{font-weight:bold}dd,p{overflow-wrap:anywhere}";

fn html_table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = "<table>\n<thead><tr>".to_owned();
    for head in heads {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escaped(head)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            html.push_str(&format!("<td>{}</td>", escaped(cell)));
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody>\n</table>\n"
}

fn table(heads: &[&str], rows: Vec<Vec<String>>) -> Table {
    let is_wide = heads.len() > 2;
    Table {
        widths: if is_wide { vec![0.28, 0.1, 0.42, 0.2] } else { vec![0.8, 0.2] },
        right: if is_wide { vec![false, true, false, false] } else { vec![false, true] },
        head: heads.iter().map(|head| (*head).to_owned()).collect(),
        rows,
        bold_last: 0,
        size: SIZE,
    }
}

#[cfg(test)]
mod tests {
    use flexio_domain::*;
    use jiff::civil::date;

    use super::*;

    fn erasure() -> Erasure {
        let at = Timestamp::from_second(1_799_000_000).unwrap();
        let count = |kind: &str, count| ErasedCount { kind: kind.to_owned(), count };
        let certificate = ErasureCertificate {
            issued_at: at,
            erased: vec![count("calls", 12), count("queues", 3), count("messages", 1_200)],
            kept: vec![KeptFact {
                kind: "invoices".to_owned(),
                count: 4,
                ground: KeptGround::Accounting,
                until: Some(date(2037, 1, 1)),
            }],
            holds: vec!["2026/417 <a> (2026-12-01)".to_owned()],
            signature: "0123456789abcdef".repeat(4),
        };
        Erasure {
            sid: ErasureSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            alias: None,
            number: None,
            digest: None,
            state: ErasureState::Done,
            asked_by: String::new(),
            done: 1,
            stages: 1,
            after: String::new(),
            erased: certificate.erased.clone(),
            waited_for: Vec::new(),
            certificate: Some(certificate),
            due_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn a_certificate_says_what_is_gone_and_what_is_kept_in_each_language() {
        let erasure = erasure();
        let certificate = erasure.certificate.as_ref().unwrap();
        let operator = Operator::default();
        for (language, words) in [
            (Language::Nl, ["Oproepen", "Facturen", "01/01/2037"]),
            (Language::Fr, ["Appels", "Factures", "01/01/2037"]),
            (Language::De, ["Anrufe", "Rechnungen", "01.01.2037"]),
            (Language::En, ["Calls", "Invoices", "2037"]),
        ] {
            let days = (date(2027, 1, 3), date(2027, 1, 4));
            let paper = Paper::new((&erasure, certificate), &operator, language, days);
            let html = paper.html();
            for word in words {
                assert!(html.contains(word), "{word} in {html}");
            }
            assert!(html.contains("<td>15</td>"), "rows of one name are added up: {html}");
            assert!(html.contains("2026/417 &lt;a&gt;") && html.contains(&certificate.signature));
            assert!(html.contains(&format!("<html lang=\"{}\">", language.as_str())));
            assert!(paper.pdf().unwrap().starts_with(b"%PDF-"));
        }
    }
}
