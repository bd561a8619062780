//! `[[deck]]`: prices for destinations abroad, by longest prefix.

use std::collections::HashMap;
use std::ops::Range;

use flexio_domain::Money;
use serde::Deserialize;
use toml::Spanned;

use super::items::Seconds;
use super::{Item, Rate};
use crate::decimal::Decimal;
use crate::error::Source;
use crate::{Counted, FileError, Service};

/// Rows of all decks of one plan.
const MAX_ROWS: usize = 200_000;
/// Distinct item codes that decks of one plan may introduce.
const MAX_ITEMS: usize = 4_096;
/// Digits of a prefix.
const MAX_PREFIX: usize = 15;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeckTable {
    #[serde(rename = "name")]
    _name: String,
    service: DeckService,
    unit_seconds: Option<Spanned<u32>>,
    first_increment: Option<Spanned<u32>>,
    increment: Option<Spanned<u32>>,
    minimum: Option<Spanned<u32>>,
    connection_fee: Option<Spanned<Decimal>>,
    rows: Spanned<Vec<Row>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum DeckService {
    Voice,
    Sms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    prefix: Spanned<String>,
    item: Spanned<String>,
    price: Spanned<Decimal>,
}

/// Prefix tables of a plan: digits of country code and number to an index of its items.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deck {
    voice: Trie,
    sms: Trie,
}

impl Deck {
    /// The item for a call to `digits`.
    pub(crate) fn voice(&self, digits: &str) -> Option<usize> {
        self.voice.longest(digits)
    }

    /// The item for a message to `digits`.
    pub(crate) fn sms(&self, digits: &str) -> Option<usize> {
        self.sms.longest(digits)
    }

    /// Rows whose prefix begins with `prefix`, and the items they lead to, in the order of their digits.
    pub(crate) fn rows(&self, sms: bool, prefix: &str) -> Vec<(String, usize)> {
        if sms { self.sms.rows(prefix) } else { self.voice.rows(prefix) }
    }

    /// Whether a row begins with `prefix`.
    pub(crate) fn has_branch(&self, sms: bool, prefix: &str) -> bool {
        if sms { self.sms.has_branch(prefix) } else { self.voice.has_branch(prefix) }
    }

    /// Whether a row begins with this country code.
    pub(crate) fn covers(&self, country_code: &str) -> bool {
        self.voice.has_branch(country_code) || self.sms.has_branch(country_code)
    }
}

/// Node 0 is the root; child 0 means none, as nothing leads back to the root.
#[derive(Debug, Clone, Default)]
struct Trie(Vec<Node>);

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    children: [u32; 10],
    item: Option<u32>,
}

impl Trie {
    /// Adds a prefix of digits; `false` if it is there already.
    fn insert(&mut self, prefix: &str, item: usize) -> bool {
        if self.0.is_empty() {
            self.0.push(Node::default());
        }
        let mut node = 0;
        for digit in prefix.bytes().map(|byte| usize::from(byte - b'0')) {
            if self.0[node].children[digit] == 0 {
                self.0[node].children[digit] =
                    u32::try_from(self.0.len()).expect("rows × digits are bounded");
                self.0.push(Node::default());
            }
            node = self.0[node].children[digit] as usize;
        }
        let free = self.0[node].item.is_none();
        self.0[node].item = u32::try_from(item).ok();
        free
    }

    /// Whether any prefix begins with these digits.
    fn has_branch(&self, digits: &str) -> bool {
        let mut node = 0;
        !self.0.is_empty()
            && digits.bytes().all(|byte| {
                node = self.0[node].children[usize::from(byte - b'0')] as usize;
                node != 0
            })
    }

    /// Everything below a prefix, itself first.
    fn rows(&self, prefix: &str) -> Vec<(String, usize)> {
        let mut at = 0;
        for digit in prefix.bytes() {
            match self.0.get(at).map_or(0, |node| node.children[usize::from(digit - b'0')]) {
                0 => return Vec::new(),
                child => at = child as usize,
            }
        }
        let mut rows = Vec::new();
        let mut waiting = vec![(at, prefix.to_owned())];
        while let Some((at, digits)) = waiting.pop() {
            let Some(node) = self.0.get(at) else { continue };
            if let Some(item) = node.item {
                rows.push((digits.clone(), item as usize));
            }
            for (digit, child) in node.children.iter().enumerate().rev().filter(|(_, child)| **child != 0) {
                waiting.push((*child as usize, format!("{digits}{digit}")));
            }
        }
        rows
    }

    fn longest(&self, digits: &str) -> Option<usize> {
        let mut best = None;
        let mut node = self.0.first()?;
        for digit in digits.bytes().map(|byte| byte.wrapping_sub(b'0')).take_while(|&digit| digit <= 9) {
            match node.children[usize::from(digit)] {
                0 => break,
                child => node = &self.0[child as usize],
            }
            best = node.item.or(best);
        }
        best.map(|item| item as usize)
    }
}

/// Reads all decks, adding their items behind those of the plan.
pub(super) fn read(
    source: Source<'_>,
    tables: &[DeckTable],
    items: &mut Vec<Item>,
    ceilings: bool,
) -> Result<Deck, FileError> {
    let mut deck = Deck::default();
    let mut rows = 0;
    let mut known = HashMap::new();
    for table in tables {
        let sms = table.service == DeckService::Sms;
        for row in table.rows.get_ref() {
            rows += 1;
            if rows > MAX_ROWS || known.len() > MAX_ITEMS {
                let problem = format!("more than {MAX_ROWS} rows or {MAX_ITEMS} item codes");
                return Err(source.refuse(&row.prefix.span(), problem, "merge rows of one price"));
            }
            prefix(source, &row.prefix)?;
            let rate = rate(source, table, row)?;
            if ceilings {
                eu_ceiling(source, row, &rate)?;
            }
            let family = if sms { "sms.out." } else { "voice.out." };
            let index = item(source, row, rate, family, items, &mut known)?;
            let trie = if sms { &mut deck.sms } else { &mut deck.voice };
            if !trie.insert(row.prefix.get_ref(), index) {
                let problem = format!("prefix {} is in the decks twice", row.prefix.get_ref());
                return Err(source.refuse(
                    &row.prefix.span(),
                    problem,
                    "a destination has one price: keep one row",
                ));
            }
        }
    }
    Ok(deck)
}

fn prefix(source: Source<'_>, prefix: &Spanned<String>) -> Result<(), FileError> {
    let text = prefix.get_ref();
    let fine = (1..=MAX_PREFIX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fine && !text.starts_with('0') {
        return Ok(());
    }
    let cure = "write 1 to 15 digits from the country code on, without + or 00";
    Err(source.refuse(&prefix.span(), "not a prefix", cure))
}

fn rate(source: Source<'_>, table: &DeckTable, row: &Row) -> Result<Rate, FileError> {
    let seconds = Seconds {
        unit: table.unit_seconds.as_ref(),
        first: table.first_increment.as_ref(),
        next: table.increment.as_ref(),
        minimum: table.minimum.as_ref(),
        connection_fee: table.connection_fee.as_ref(),
    };
    let price = *row.price.get_ref();
    match table.service {
        DeckService::Voice => Ok(Rate::Timed(seconds.timed(source, price, &table.rows.span())?)),
        DeckService::Sms => {
            seconds.none(source)?;
            Ok(Rate::Counted(Counted { price: price.0 }))
        }
    }
}

/// The item of a row, found or added: one code, one price.
fn item<'t>(
    source: Source<'_>,
    row: &'t Row,
    rate: Rate,
    family: &str,
    items: &mut Vec<Item>,
    known: &mut HashMap<&'t str, usize>,
) -> Result<usize, FileError> {
    let code = row.item.get_ref();
    let span: Range<usize> = row.item.span();
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    let named = code.strip_prefix(family).is_some_and(|rest| !rest.is_empty());
    if !named || code.len() > 64 || !code.bytes().all(plain) || Service::from_code(code).is_some() {
        let problem = format!("\"{code}\" is not the name of a destination");
        return Err(source.refuse(&span, problem, format!("write a new code such as \"{family}france\"")));
    }
    match known.get(code.as_str()).copied() {
        None => {
            known.insert(code, items.len());
            items.push(Item {
                code: code.clone(),
                rate,
                tiers: None,
                bands: Vec::new(),
                includes_delivery: false,
            });
            Ok(items.len() - 1)
        }
        Some(index) if items[index].rate == rate => Ok(index),
        Some(_) => {
            let problem = format!("{code} has two prices");
            Err(source.refuse(&row.price.span(), problem, "give this destination an item code of its own"))
        }
    }
}

/// Country codes of the European Union (ITU-T E.164 list of assigned country codes).
const EU: [&str; 27] = [
    "30", "31", "32", "33", "34", "351", "352", "353", "356", "357", "358", "359", "36", "370", "371", "372",
    "385", "386", "39", "40", "420", "421", "43", "45", "46", "48", "49",
];

/// Consumers pay at most 0.19 EUR a minute and 0.06 EUR a message within the Union, before VAT (Regulation
/// (EU) 2015/2120, Article 5a). A connection fee or a long first increment would pass it, so neither is allowed with it.
fn eu_ceiling(source: Source<'_>, row: &Row, rate: &Rate) -> Result<(), FileError> {
    let digits = row.prefix.get_ref();
    // A prefix shorter than a country code covers countries on both sides: the ceiling holds for all of it.
    if !EU.iter().any(|code| digits.starts_with(code) || code.starts_with(digits.as_str())) {
        return Ok(());
    }
    let (charge, ceiling) = match rate {
        Rate::Timed(timed) => (timed.charge(60_000), Money::from_micros(190_000)),
        Rate::Counted(counted) => (counted.price, Money::from_micros(60_000)),
        Rate::Monthly(_) => return Ok(()),
    };
    if charge <= ceiling {
        return Ok(());
    }
    Err(source.refuse(
        &row.price.span(),
        format!("a call of a minute or a message costs {charge}, above the ceiling of {ceiling} within the European Union"),
        "lower the price, or write open_to_consumers = false in [plan]",
    ))
}
