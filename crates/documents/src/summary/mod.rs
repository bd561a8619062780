//! The contract summary of Directive (EU) 2018/1972, Article 102(3), in the form of Implementing Regulation (EU) 2019/2243.
//!
//! Made from plan and operator alone; nothing of it is typed. The section on internet speeds is left out, because no internet access is
//! sold. The PDF is one page with letters of 10 points, or there is none.

mod texts;

use flexio_domain::{Language, LineUnit, Money, Operator};
use flexio_rating::{Band, Hours, Item, Plan, Proration, Rate, Service, Tier, TierMode};
use jiff::civil::{Date, Weekday};

use crate::pdf::{About, PdfError, Sheet, Style, Table};
use crate::xml::escaped;
use crate::{format, words};

/// A page for one service (Annex, part A, point 2).
const PAGES_MAX: usize = 1;
/// The least the regulation allows (part A, point 3).
const SIZE: f32 = 10.0;
/// 15 mm.
const MARGIN: f32 = 42.5;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Item, price without and with tax, and per what.
    Prices(Vec<[String; 4]>),
}

/// A summary, before it is HTML or PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    language: Language,
    service: String,
    provider: String,
    contact: String,
    issued_on: Date,
    /// Who the seller is in the register, at the foot.
    seller: String,
    sections: Vec<(&'static str, Vec<Part>)>,
}

/// The summary of a plan that an operator offers, as of a day. `emergency_route` says whether emergency calls reach an emergency service at all.
pub fn of(
    plan: &Plan,
    operator: &Operator,
    emergency_route: bool,
    language: Language,
    issued_on: Date,
) -> Summary {
    let text = |text: &str| Part::Text(text.to_owned());
    let category = match plan.service_category() {
        "fixed_telephony" => texts::fixed_telephony(language),
        other => other,
    };
    let services = vec![
        Part::Text(format!("{} – {category}. {}", plan.name(), texts::platform(language))),
        text(if emergency_route { texts::emergency(language) } else { texts::no_emergency(language) }),
    ];
    let mut price = vec![text(texts::pay_as_you_use(language)), Part::Prices(prices(plan, language))];
    price.extend(rules(plan, language).into_iter().map(Part::Text));
    let other = [
        texts::binding(language).to_owned(),
        format!("{} {}", texts::terms(language), operator.legal_url),
        format!(
            "{}: {}. {}: {}.",
            words::complaints(language),
            operator.complaint_contact,
            words::ombudsman(language),
            operator.ombudsman
        ),
    ];
    Summary {
        language,
        service: plan.name().to_owned(),
        provider: format!("{} {}", operator.name, operator.legal_form),
        contact: format!(
            "{}, {} {} · {} · {} · {}",
            operator.street,
            operator.post_code,
            operator.city,
            operator.email,
            operator.phone,
            operator.contact_url
        ),
        issued_on,
        seller: format!(
            "{} {} · {} {} · {} {}",
            operator.name,
            operator.legal_form,
            words::vat_prefix(language),
            operator.enterprise_number,
            words::register(language),
            operator.court
        ),
        sections: vec![
            (texts::services(language), services),
            (texts::price(language), price),
            (texts::duration(language), vec![text(texts::duration_text(language))]),
            (
                texts::features(language),
                vec![Part::Text(format!(
                    "{} {}",
                    texts::features_text(language),
                    operator.accessibility_url
                ))],
            ),
            (texts::other(language), other.map(Part::Text).to_vec()),
        ],
    }
}

fn prices(plan: &Plan, language: Language) -> Vec<[String; 4]> {
    let row = |item: &Item| {
        let net = item.rate.price();
        [
            words::item(&item.code, language),
            format::price(net, language),
            format::price(with_tax(net, plan.vat_rate().millionths), language),
            per(item, language).to_owned(),
        ]
    };
    plan.items().iter().filter(|item| Service::from_code(&item.code).is_some()).map(row).collect()
}

/// Rounded half up to the sixth decimal, as prices have.
pub fn with_tax(price: Money, millionths: u32) -> Money {
    let micros = i128::from(price.micros()) * (1_000_000 + i128::from(millionths));
    Money::from_micros(i64::try_from((micros + 500_000) / 1_000_000).unwrap_or(i64::MAX))
}

fn per(item: &Item, language: Language) -> &'static str {
    match (Service::from_code(&item.code), &item.rate) {
        (Some(Service::Designer), _) => texts::per_started_month(language),
        (Some(Service::NumberFixed), _) => texts::per_number(language),
        (Some(Service::ConferenceSetup), _) => texts::per_setup(language),
        (Some(Service::TwoFaRequest), _) => texts::per_request(language),
        (_, Rate::Timed(_)) => texts::per_minute(language),
        (_, Rate::Counted(_)) => texts::per_segment(language),
        (_, Rate::Monthly(_)) => texts::per_started_month(language),
    }
}

/// How use is counted, a sentence for each manner the plan has.
fn rules(plan: &Plan, language: Language) -> Vec<String> {
    let mut rules = Vec::new();
    let by_day = plan.monthly(Service::NumberFixed).is_some_and(|it| it.proration == Proration::ByDay);
    let mut increments: Vec<(u32, u32)> = Vec::new();
    for item in plan.items() {
        if let Rate::Timed(timed) = item.rate {
            increments.push((timed.first_s, timed.next_s));
        }
    }
    increments.sort_unstable();
    increments.dedup();
    match increments[..] {
        [] => {}
        [(1, 1)] if by_day => rules.push(texts::per_second(language).to_owned()),
        [(1, 1)] => rules.push(texts::per_second_alone(language).to_owned()),
        _ => {
            let steps: Vec<String> =
                increments.iter().map(|(first, next)| format!("{first}/{next}")).collect();
            rules.push(format!("{} {} s.", texts::steps(language), steps.join(", ")));
            if by_day {
                rules.push(texts::by_day(language).to_owned());
            }
        }
    }
    rules.extend(on_top(plan, language));
    let has = |service: Service| plan.item(service.as_str()).is_some();
    if has(Service::SmsOut) {
        rules.push(texts::sms_rule(language).to_owned());
    }
    if has(Service::TwoFaRequest) {
        let rule = if plan.includes_delivery() { texts::twofa_included } else { texts::twofa_rule };
        rules.push(rule(language).to_owned());
    }
    rules.extend(plan.items().iter().filter_map(|item| prices_by_hour(item, language)));
    rules.extend(plan.items().iter().filter_map(|item| volume_prices(item, language)));
    rules
}

/// What a call costs whatever its length, and where prices are that have no room here.
fn on_top(plan: &Plan, language: Language) -> Vec<String> {
    let mut sentences = Vec::new();
    let fee = |item: &Item| match item.rate {
        Rate::Timed(timed) if timed.connection_fee > Money::ZERO => Some(format!(
            "{} {}",
            words::item(&item.code, language),
            format::price(timed.connection_fee, language)
        )),
        _ => None,
    };
    let least = |item: &Item| match item.rate {
        Rate::Timed(timed) if timed.minimum_s > timed.first_s => {
            Some(format!("{} {} s", words::item(&item.code, language), timed.minimum_s))
        }
        _ => None,
    };
    let fees: Vec<String> = plan.items().iter().filter_map(fee).collect();
    if !fees.is_empty() {
        sentences.push(format!("{}: {}.", texts::connection_fee(language), fees.join("; ")));
    }
    let least: Vec<String> = plan.items().iter().filter_map(least).collect();
    if !least.is_empty() {
        sentences.push(format!("{}: {}.", texts::minimum(language), least.join("; ")));
    }
    if plan.items().iter().any(|item| Service::from_code(&item.code).is_none()) {
        sentences.push(texts::abroad(language).to_owned());
    }
    sentences
}

/// `Price by the hour, Outbound to mobile: evening 0.20 / minute (every day 18:00–24:00); …`
fn prices_by_hour(item: &Item, language: Language) -> Option<String> {
    if item.bands.is_empty() {
        return None;
    }
    let names: Vec<&str> = texts::days(language).split(',').collect();
    let hours = |hours: &Hours| {
        let days = match hours.days.len() {
            7 => texts::every_day(language).to_owned(),
            _ => {
                let name = |day: &Weekday| names[usize::from(day.to_monday_zero_offset().unsigned_abs())];
                hours.days.iter().map(name).collect::<Vec<_>>().join(" ")
            }
        };
        let until =
            hours.until.map_or_else(|| "24:00".to_owned(), |until| until.strftime("%H:%M").to_string());
        format!("{days} {}–{until}", hours.from.strftime("%H:%M"))
    };
    let band = |band: &Band| {
        let price = format::price(band.item.rate.price(), language);
        let hours: Vec<String> = band.hours.iter().map(hours).collect();
        format!("{} {price} / {} ({})", band.name, per(item, language), hours.join(", "))
    };
    let bands: Vec<String> = item.bands.iter().map(band).collect();
    let name = words::item(&item.code, language);
    Some(format!("{}, {name}: {}.", texts::by_hour(language), bands.join("; ")))
}

/// `Volume price, SMS sent: 0.08 / SMS for what is more in a month than 1,000; 0.05 …`
fn volume_prices(item: &Item, language: Language) -> Option<String> {
    let tiers = item.tiers.as_ref()?;
    let words = match tiers.mode() {
        TierMode::Graduated => texts::volume_beyond(language),
        TierMode::AllUnits => texts::volume_all(language),
    };
    let unit = if matches!(item.rate, Rate::Timed(_)) { LineUnit::Second } else { LineUnit::Piece };
    let step = |tier: &Tier| {
        let (price, from) =
            (format::price(tier.price, language), format::quantity(tier.from, unit, language));
        format!("{price} / {} {words} {from}", per(item, language))
    };
    let steps: Vec<String> = tiers.steps().iter().map(step).collect();
    let name = words::item(&item.code, language);
    Some(format!("{}, {name}: {}.", texts::volume(language), steps.join("; ")))
}

impl Summary {
    /// With promotions that are taken with the order, each in a sentence that names its end and what comes then, behind the prices.
    #[must_use]
    pub fn with_promotions(mut self, sentences: Vec<String>) -> Self {
        let price = texts::price(self.language);
        if let Some((_, parts)) = self.sections.iter_mut().find(|(heading, _)| *heading == price) {
            let said = |it: String| Part::Text(format!("{}: {it}", texts::promotion(self.language)));
            parts.extend(sentences.into_iter().map(said));
        }
        self
    }

    /// Of its words.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Who offers it, with the legal form.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Date of issue.
    pub const fn issued_on(&self) -> Date {
        self.issued_on
    }

    /// As a page of HTML, complete and without anything to fetch.
    pub fn html(&self) -> String {
        let language = self.language;
        let mut body = format!(
            "<header><p class=\"service\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n<p>{}</p>\n<p>{}</p></header>\n<ul>",
            escaped(&self.service),
            texts::title(language),
            escaped(&self.provider),
            escaped(&self.contact),
            escaped(&format::date(self.issued_on, language)),
        );
        for statement in texts::statements(language) {
            body.push_str(&format!("<li>{}</li>\n", escaped(statement)));
        }
        body.push_str("</ul>\n");
        for (heading, parts) in &self.sections {
            body.push_str(&format!("<h2>{}</h2>\n", escaped(heading)));
            for part in parts {
                match part {
                    Part::Text(text) => body.push_str(&format!("<p>{}</p>\n", linked(text))),
                    Part::Prices(rows) => body.push_str(&html_table(rows, language)),
                }
            }
        }
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} – {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}<footer><p>{}</p><p>{}</p></footer>\n</main>\n</body>\n</html>\n",
            language.as_str(),
            texts::title(language),
            escaped(&self.service),
            escaped(texts::footnote(language)),
            escaped(&self.seller),
        )
    }

    /// As a PDF of one page; an error where it does not fit.
    pub fn pdf(&self) -> Result<Vec<u8>, PdfError> {
        let language = self.language;
        let text = Style::regular(SIZE);
        let mut sheet = Sheet::new(MARGIN);
        sheet.paragraph(&self.service, Style::bold(12.0));
        sheet.heading(1, texts::title(language), 16.0);
        sheet.paragraph(&self.provider, Style::bold(SIZE));
        sheet.paragraph(&self.contact, text);
        sheet.paragraph(&format::date(self.issued_on, language), text);
        sheet.space(3.0);
        for statement in texts::statements(language) {
            sheet.paragraph(&format!("• {statement}"), text);
        }
        for (heading, parts) in &self.sections {
            sheet.space(4.0);
            sheet.heading(2, heading, 11.5);
            for part in parts {
                match part {
                    Part::Text(words) => sheet.paragraph(words, text),
                    Part::Prices(rows) => sheet.table(&table(rows, language)),
                }
            }
        }
        sheet.space(4.0);
        sheet.rule();
        sheet.paragraph(texts::footnote(language), text);
        sheet.paragraph(&self.seller, text);
        let title = format!("{} – {}", texts::title(language), self.service);
        let about = About {
            title,
            author: &self.provider,
            language: language.as_str(),
            date: self.issued_on,
            attachment: None,
            page: "",
        };
        sheet.finish(about, PAGES_MAX)
    }
}

const STYLE: &str = "body{font:1rem/1.5 sans-serif;color:#111;background:#fff;margin:0}main{max-width:50rem;margin:auto;padding:1rem}h1{font-size:1.75rem}h2{font-size:1.2rem;margin-bottom:0}.service{font-size:1.2rem;font-weight:bold}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #767676;padding:.25rem .5rem;text-align:left}td.n,th.n{text-align:right}p{overflow-wrap:anywhere}";

fn heads(language: Language) -> [&'static str; 4] {
    [words::service, texts::net_price, texts::gross_price, texts::per].map(|word| word(language))
}

/// Escaped, with addresses of pages as links.
fn linked(text: &str) -> String {
    let word = |word: &str| {
        let address = word.trim_end_matches(['.', ',', ';', ')']);
        if !address.starts_with("https://") && !address.starts_with("http://") {
            return escaped(word);
        }
        let (address, rest) = (escaped(address), escaped(&word[address.len()..]));
        format!("<a href=\"{address}\">{address}</a>{rest}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn html_table(rows: &[[String; 4]], language: Language) -> String {
    let mut html = "<table>\n<thead><tr>".to_owned();
    for (at, head) in heads(language).iter().enumerate() {
        let class = if matches!(at, 1 | 2) { " class=\"n\"" } else { "" };
        html.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escaped(head)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for [item, net, gross, per] in rows {
        html.push_str(&format!(
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
            escaped(item),
            escaped(net),
            escaped(gross),
            escaped(per)
        ));
    }
    html + "</tbody>\n</table>\n"
}

fn table(rows: &[[String; 4]], language: Language) -> Table {
    Table {
        widths: vec![0.36, 0.16, 0.16, 0.32],
        right: vec![false, true, true, false],
        head: heads(language).map(str::to_owned).to_vec(),
        rows: rows.iter().map(|row| row.to_vec()).collect(),
        bold_last: 0,
        size: SIZE,
    }
}
