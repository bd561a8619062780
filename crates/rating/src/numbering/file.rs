//! The numbering file: its shape, and the checks that make it safe to use.

use std::num::NonZeroU32;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Class, Formats, NationalClass, Numbering, Policy, PremiumCeiling, Sender, ShortCode, Template, Zone,
};
use crate::automaton::{Automaton, AutomatonError};
use crate::decimal::Decimal;
use crate::error::Source;
use crate::{FileError, Service, Unit};

/// Names that classes of the program itself have.
const RESERVED: [&str; 6] = ["international", "satellite", "sip", "client", "invalid", "none"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<String>,
    country: Spanned<String>,
    country_code: Spanned<String>,
    trunk_prefix: Spanned<String>,
    international_prefix: Spanned<String>,
    class: Vec<ClassTable>,
    #[serde(default)]
    zone: Vec<ZoneTable>,
    format: FormatTable,
    #[serde(default)]
    premium_ceiling: Vec<CeilingTable>,
    short_code: Vec<ShortTable>,
    sender: SenderTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassTable {
    id: Spanned<String>,
    pattern: Spanned<String>,
    nsn_length: Option<Spanned<usize>>,
    voice: Spanned<String>,
    sms: Spanned<String>,
    rentable: bool,
    cli: bool,
    examples: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShortTable {
    pattern: Spanned<String>,
    class: Spanned<String>,
    voice: Spanned<String>,
    #[serde(default)]
    sms_sender: bool,
    itemise: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneTable {
    ndc: Spanned<String>,
    nl: String,
    fr: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatTable {
    ndc1: Spanned<String>,
    ndc2: Spanned<String>,
    mobile: Spanned<String>,
    toll_free: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CeilingKind {
    PerCall,
    PerMinute,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CeilingTable {
    prefix: Spanned<String>,
    kind: CeilingKind,
    eur: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderTable {
    shared_short_code: Spanned<String>,
    reply_window_hours: NonZeroU32,
}

pub(super) fn read(source: Source<'_>) -> Result<Numbering, FileError> {
    let file: File = toml::from_str(source.text).map_err(|error| source.refuse_toml(&error))?;
    for code in [&file.country_code, &file.trunk_prefix, &file.international_prefix] {
        digits(source, code)?;
    }
    for zone in &file.zone {
        digits(source, &zone.ndc)?;
    }
    let national = automaton(source, &file.class.iter().map(|class| &class.pattern).collect::<Vec<_>>())?;
    let short = automaton(source, &file.short_code.iter().map(|code| &code.pattern).collect::<Vec<_>>())?;
    names(source, file.class.iter().map(|c| &c.id).chain(file.short_code.iter().map(|c| &c.class)))?;
    for (index, class) in file.class.iter().enumerate() {
        length(source, class, &national.lengths(index))?;
    }
    let short_codes = short_codes(source, &file.short_code)?;
    let numbering = Numbering {
        classes: classes(source, &file.class)?,
        short_codes,
        zones: file.zone.into_iter().map(zone).collect(),
        ceilings: file.premium_ceiling.into_iter().map(|c| ceiling(source, c)).collect::<Result<_, _>>()?,
        sender: Sender {
            shared_short_code: file.sender.shared_short_code.get_ref().clone(),
            reply_window_h: file.sender.reply_window_hours,
        },
        formats: Formats {
            ndc1: template(source, &file.format.ndc1)?,
            ndc2: template(source, &file.format.ndc2)?,
            mobile: template(source, &file.format.mobile)?,
            toll_free: template(source, &file.format.toll_free)?,
        },
        version: named(source, file.version)?,
        country: named(source, file.country)?,
        country_code: file.country_code.into_inner(),
        trunk_prefix: file.trunk_prefix.into_inner(),
        international_prefix: file.international_prefix.into_inner(),
        national,
        short,
    };
    examples(source, &numbering, &file.class)?;
    sender(source, &numbering, &file.sender.shared_short_code)?;
    Ok(numbering)
}

fn automaton(source: Source<'_>, patterns: &[&Spanned<String>]) -> Result<Automaton, FileError> {
    // One by one first, so that a broken pattern is reported where it stands.
    for pattern in patterns {
        if let Err(AutomatonError::Pattern(why)) = Automaton::new(&[pattern.get_ref()]) {
            let problem = format!("the pattern cannot be used: {}", why.replace('\n', " "));
            return Err(source.refuse(&pattern.span(), problem, "write a regular expression over digits"));
        }
    }
    let texts: Vec<&str> = patterns.iter().map(|pattern| pattern.get_ref().as_str()).collect();
    Automaton::new(&texts).map_err(|error| match error {
        AutomatonError::Pattern(why) => {
            source.refuse(&(0..0), format!("the patterns cannot be used together: {why}"), "simplify them")
        }
        AutomatonError::Overlap { first, second, example } => source.refuse(
            &patterns[second].span(),
            format!("{example} is taken by this pattern and by {}", texts[first]),
            "a number has one class: narrow one of the two patterns",
        ),
    })
}

/// Every class has a name, and no two the same.
fn names<'f>(source: Source<'_>, ids: impl Iterator<Item = &'f Spanned<String>>) -> Result<(), FileError> {
    let mut seen: Vec<&str> = RESERVED.to_vec();
    for id in ids {
        if id.get_ref().is_empty() || seen.contains(&id.get_ref().as_str()) {
            let problem = format!("the class name \"{}\" is taken or empty", id.get_ref());
            return Err(source.refuse(
                &id.span(),
                problem,
                "choose another name: events are told apart by it",
            ));
        }
        seen.push(id.get_ref());
    }
    Ok(())
}

fn length(source: Source<'_>, class: &ClassTable, lengths: &[usize]) -> Result<(), FileError> {
    let (span, problem) = match &class.nsn_length {
        _ if lengths.is_empty() => {
            (class.pattern.span(), "the pattern takes no number of up to 15 digits".to_owned())
        }
        Some(wanted) if lengths != [*wanted.get_ref()] => (
            wanted.span(),
            format!("the pattern takes numbers of {lengths:?} digits, not of {}", wanted.get_ref()),
        ),
        _ => return Ok(()),
    };
    Err(source.refuse(&span, problem, "length is part of the match: correct the pattern or nsn_length"))
}

fn classes(source: Source<'_>, tables: &[ClassTable]) -> Result<Vec<NationalClass>, FileError> {
    tables
        .iter()
        .enumerate()
        .map(|(index, table)| {
            Ok(NationalClass {
                id: table.id.get_ref().clone(),
                voice: policy(source, &table.voice, Unit::Minute)?,
                sms: policy(source, &table.sms, Unit::Segment)?,
                rentable: table.rentable,
                cli: table.cli,
                index,
            })
        })
        .collect()
}

fn short_codes(source: Source<'_>, tables: &[ShortTable]) -> Result<Vec<ShortCode>, FileError> {
    let Some(emergency) = tables.iter().find(|table| table.class.get_ref() == "emergency") else {
        let cure =
            "add a [[short_code]] with class = \"emergency\", so that such calls are known and never blocked";
        return Err(source.refuse(&(0..0), "there is no emergency class", cure));
    };
    if emergency.voice.get_ref() != "free" || emergency.itemise {
        let cure = "write voice = \"free\" and itemise = false (Directive (EU) 2018/1972, Article 109)";
        return Err(source.refuse(
            &emergency.voice.span(),
            "emergency calls are free and not itemised",
            cure,
        ));
    }
    tables
        .iter()
        .enumerate()
        .map(|(index, table)| {
            Ok(ShortCode {
                id: table.class.get_ref().clone(),
                voice: policy(source, &table.voice, Unit::Minute)?,
                sms_sender: table.sms_sender,
                itemise: table.itemise,
                index,
            })
        })
        .collect()
}

fn policy(source: Source<'_>, text: &Spanned<String>, unit: Unit) -> Result<Policy, FileError> {
    match text.get_ref().as_str() {
        "free" => Ok(Policy::Free),
        "refuse" => Ok(Policy::Refuse),
        code => match Service::from_code(code).filter(|service| service.unit() == unit) {
            Some(service) => Ok(Policy::Service(service)),
            None => Err(source.refuse(
                &text.span(),
                format!("\"{code}\" is not a service counted per {}", unit.as_str()),
                "write \"free\", \"refuse\" or a service such as \"voice.out.fixed\" or \"sms.out\"",
            )),
        },
    }
}

/// Each example is of its class, in every way of writing it.
fn examples(source: Source<'_>, numbering: &Numbering, tables: &[ClassTable]) -> Result<(), FileError> {
    for table in tables {
        for example in &table.examples {
            let found = numbering.classify(example.get_ref());
            if !matches!(found, Class::National(class) if class.id == *table.id.get_ref()) {
                let problem = format!("the example is of class {}", found.id());
                return Err(source.refuse(&example.span(), problem, "correct the pattern or the example"));
            }
        }
    }
    Ok(())
}

fn sender(source: Source<'_>, numbering: &Numbering, code: &Spanned<String>) -> Result<(), FileError> {
    match numbering.classify(code.get_ref()) {
        Class::Short(short) if short.sms_sender => Ok(()),
        found => Err(source.refuse(
            &code.span(),
            format!("the shared sender is of class {}, which may not send", found.id()),
            "use a short code of a class with sms_sender = true",
        )),
    }
}

fn ceiling(source: Source<'_>, table: CeilingTable) -> Result<PremiumCeiling, FileError> {
    digits(source, &table.prefix)?;
    Ok(PremiumCeiling {
        prefix: table.prefix.into_inner(),
        per_minute: matches!(table.kind, CeilingKind::PerMinute),
        ceiling: table.eur.0,
    })
}

fn zone(table: ZoneTable) -> Zone {
    Zone { ndc: table.ndc.into_inner(), nl: table.nl, fr: table.fr, en: table.en }
}

fn template(source: Source<'_>, text: &Spanned<String>) -> Result<Template, FileError> {
    Template::parse(text.get_ref()).ok_or_else(|| {
        source.refuse(&text.span(), "not a template", "write places as {0} or {1..4}: digits counted from 0")
    })
}

fn digits(source: Source<'_>, text: &Spanned<String>) -> Result<(), FileError> {
    let fine = (1..=15).contains(&text.get_ref().len()) && text.get_ref().bytes().all(|b| b.is_ascii_digit());
    if fine {
        Ok(())
    } else {
        Err(source.refuse(&text.span(), "not digits", "write 1 to 15 digits between quotes"))
    }
}

fn named(source: Source<'_>, text: Spanned<String>) -> Result<String, FileError> {
    let span: Range<usize> = text.span();
    let text = text.into_inner();
    if (1..=40).contains(&text.len()) {
        Ok(text)
    } else {
        Err(source.refuse(&span, "empty or over 40 bytes", "write a short name"))
    }
}
