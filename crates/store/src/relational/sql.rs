//! SQL texts: read once from `sql/`, translated to the dialect of the adapter.
//!
//! The files hold named statements (`-- name: x`). Values are `?1`, `?2`, … in writes and `:name` in questions; a line that ends in
//! `--if flag` is there only when the question sets the flag. Nothing of a request ever becomes part of the text.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::{Sql, Value, Write};

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.39 or later.
    Sqlite,
    /// PostgreSQL 14 or later.
    Postgres,
}

/// One step from an older form of the database to a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Number of the form it leads to, from 1.
    pub number: u32,
    /// Statements, separated by semicolons.
    pub sql: String,
}

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_base.sql"),
    include_str!("../../migrations/0002_voice_resources.sql"),
    include_str!("../../migrations/0003_recordings.sql"),
    include_str!("../../migrations/0004_flows.sql"),
    include_str!("../../migrations/0005_verifications.sql"),
    include_str!("../../migrations/0006_credit.sql"),
    include_str!("../../migrations/0007_people.sql"),
    include_str!("../../migrations/0008_holdings.sql"),
    include_str!("../../migrations/0009_registrations.sql"),
    include_str!("../../migrations/0010_ladders.sql"),
    include_str!("../../migrations/0011_opt_outs.sql"),
    include_str!("../../migrations/0012_messaging_services.sql"),
    include_str!("../../migrations/0013_mail.sql"),
    include_str!("../../migrations/0014_usage_watches.sql"),
    include_str!("../../migrations/0015_customers.sql"),
    include_str!("../../migrations/0016_ledger.sql"),
    include_str!("../../migrations/0017_subscriptions.sql"),
    include_str!("../../migrations/0018_waiting.sql"),
    include_str!("../../migrations/0019_invoices.sql"),
    include_str!("../../migrations/0020_transcriptions.sql"),
    include_str!("../../migrations/0021_letters.sql"),
    include_str!("../../migrations/0022_factors.sql"),
    include_str!("../../migrations/0023_verify_texts.sql"),
    include_str!("../../migrations/0024_guard.sql"),
    include_str!("../../migrations/0025_carrier.sql"),
    include_str!("../../migrations/0026_exports.sql"),
    include_str!("../../migrations/0027_erasure.sql"),
    include_str!("../../migrations/0028_promotions.sql"),
    include_str!("../../migrations/0029_payments.sql"),
    include_str!("../../migrations/0030_spend_cases.sql"),
    include_str!("../../migrations/0031_usage_index.sql"),
    include_str!("../../migrations/0032_lawful.sql"),
    include_str!("../../migrations/0033_usage_days.sql"),
    include_str!("../../migrations/0034_customer_iban.sql"),
    include_str!("../../migrations/0036_flow_events.sql"),
    include_str!("../../migrations/0037_message_media.sql"),
    include_str!("../../migrations/0038_direct_debit.sql"),
    include_str!("../../migrations/0039_usage_labels.sql"),
    include_str!("../../migrations/0040_plan_retirements.sql"),
    include_str!("../../migrations/0041_porting.sql"),
    include_str!("../../migrations/0045_callbacks_and_workflows.sql"),
    include_str!("../../migrations/0046_held_calls.sql"),
    include_str!("../../migrations/0047_masking.sql"),
    include_str!("../../migrations/0050_flow_cues.sql"),
    include_str!("../../migrations/0051_carried_books.sql"),
    include_str!("../../migrations/0054_callbacks_by_sid.sql"),
    include_str!("../../migrations/0055_sounds.sql"),
    include_str!("../../migrations/0060_running_costs.sql"),
    include_str!("../../migrations/0061_audit_seals.sql"),
    include_str!("../../migrations/0062_trunk_reports.sql"),
    include_str!("../../migrations/0063_keywords.sql"),
    include_str!("../../migrations/0064_queue_days.sql"),
    include_str!("../../migrations/0065_notices.sql"),
];

/// All migrations, in order.
pub fn migrations(dialect: Dialect) -> Vec<Migration> {
    let translate = |text: &str| match dialect {
        Dialect::Sqlite => text.replace("--sqlite ", ""),
        // Order and uniqueness must not depend on the locale the server was installed with; bytes are also the fastest to compare.
        Dialect::Postgres => text.replace("--postgres ", "").replace(" text", " text COLLATE \"C\""),
    };
    (1..).zip(MIGRATIONS).map(|(number, text)| Migration { number, sql: translate(text) }).collect()
}

const FILES: [&str; 40] = [
    include_str!("../../sql/accounts.sql"),
    include_str!("../../sql/books.sql"),
    include_str!("../../sql/calls.sql"),
    include_str!("../../sql/contracts.sql"),
    include_str!("../../sql/credit.sql"),
    include_str!("../../sql/erasure.sql"),
    include_str!("../../sql/debits.sql"),
    include_str!("../../sql/dispatches.sql"),
    include_str!("../../sql/exports.sql"),
    include_str!("../../sql/factors.sql"),
    include_str!("../../sql/flows.sql"),
    include_str!("../../sql/guard.sql"),
    include_str!("../../sql/holdings.sql"),
    include_str!("../../sql/invoices.sql"),
    include_str!("../../sql/ladders.sql"),
    include_str!("../../sql/lawful.sql"),
    include_str!("../../sql/ledger.sql"),
    include_str!("../../sql/letters.sql"),
    include_str!("../../sql/mail.sql"),
    include_str!("../../sql/masking.sql"),
    include_str!("../../sql/media.sql"),
    include_str!("../../sql/messages.sql"),
    include_str!("../../sql/messaging.sql"),
    include_str!("../../sql/money.sql"),
    include_str!("../../sql/notices.sql"),
    include_str!("../../sql/numbers.sql"),
    include_str!("../../sql/outbox.sql"),
    include_str!("../../sql/payments.sql"),
    include_str!("../../sql/people.sql"),
    include_str!("../../sql/phones.sql"),
    include_str!("../../sql/porting.sql"),
    include_str!("../../sql/reports.sql"),
    include_str!("../../sql/retention.sql"),
    include_str!("../../sql/price_runs.sql"),
    include_str!("../../sql/promotions.sql"),
    include_str!("../../sql/rooms.sql"),
    include_str!("../../sql/sip.sql"),
    include_str!("../../sql/transcriptions.sql"),
    include_str!("../../sql/verify.sql"),
    include_str!("../../sql/watches.sql"),
];

struct Line {
    flag: Option<&'static str>,
    text: &'static str,
}

static STATEMENTS: LazyLock<HashMap<&'static str, Vec<Line>>> = LazyLock::new(|| {
    let mut statements = HashMap::new();
    for file in FILES {
        for section in file.split("-- name: ").skip(1) {
            let (name, body) = section.split_once('\n').expect("a name is followed by a statement");
            let lines = body.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("-- "));
            let lines = lines.map(|line| match line.split_once(" --if ") {
                Some((text, flag)) => Line { flag: Some(flag.trim()), text },
                None => Line { flag: None, text: line },
            });
            statements.insert(name.trim(), lines.collect());
        }
    }
    statements
});

fn lines(name: &str) -> &'static [Line] {
    STATEMENTS.get(name).expect("a test renders every statement by its name")
}

/// Names of the statements that ask, sorted.
pub(super) fn questions() -> Vec<&'static str> {
    let mut names: Vec<_> = STATEMENTS.keys().copied().collect();
    names.retain(|name| Write::ALL.iter().all(|write| write.name() != *name));
    names.sort_unstable();
    names
}

/// Every set of lines of a question that matters to a database: each pair of alternatives, without and with all its optional lines.
/// With the flags come the names of the values.
pub(super) fn renderings(name: &str) -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    const ALTERNATIVES: [[&str; 2]; 3] = [["own", "tree"], ["list", "count"], ["newest", "oldest"]];
    let all: Vec<&'static str> = lines(name).iter().filter_map(|line| line.flag).collect();
    let mut renderings = Vec::new();
    for choice in 0..16_usize {
        let excluded: Vec<&str> = (0..3).map(|pair| ALTERNATIVES[pair][(choice >> pair) & 1]).collect();
        let keeps = |flag: &&'static str| {
            let alternative = ALTERNATIVES.iter().any(|pair| pair.contains(flag));
            // A count has no order and no page.
            let ordering = ["newest", "oldest", "before_key", "behind_key"].contains(flag);
            let counts = all.contains(&"count") && !excluded.contains(&"count");
            !excluded.contains(flag) && (alternative || choice >= 8) && !(ordering && counts)
        };
        let flags: Vec<_> = all.iter().copied().filter(keeps).collect();
        let mut names = Vec::new();
        let shown = lines(name).iter().filter(|line| line.flag.is_none_or(|flag| flags.contains(&flag)));
        shown.for_each(|line| push_line(Dialect::Sqlite, line.text, &mut String::new(), &mut names));
        renderings.push((flags, names));
    }
    renderings.sort();
    renderings.dedup();
    renderings
}

static FIXED: LazyLock<HashMap<(Dialect, &'static str), Sql>> = LazyLock::new(|| {
    let mut texts = HashMap::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        for name in
            STATEMENTS.keys().copied().filter(|name| lines(name).iter().all(|line| line.flag.is_none()))
        {
            let mut text = String::new();
            let mut used = Vec::new();
            for line in lines(name) {
                push_line(dialect, line.text, &mut text, &mut used);
                text.push('\n');
            }
            texts.insert((dialect, name), text.into());
        }
    }
    texts
});

/// The text of a question without optional lines.
pub(super) fn fixed(dialect: Dialect, name: &'static str) -> Sql {
    Arc::clone(FIXED.get(&(dialect, name)).expect("a test asks every question"))
}

/// The text of a write. Its values are those of the [`Step`](super::Step), in order.
pub fn write_sql(dialect: Dialect, write: Write) -> Sql {
    let text: Vec<_> = lines(write.name()).iter().map(|line| line.text).collect();
    let text = text.join("\n");
    match dialect {
        Dialect::Sqlite => text.replace("strpos(", "instr(").into(),
        // `ctid` is PostgreSQL's word for the place of a row; within one statement it means the same.
        Dialect::Postgres => text.replace('?', "$").replace("rowid", "ctid").into(),
    }
}

/// The text of a question with the lines of `flags`, and its values in the order of the text's placeholders.
pub(super) fn question(
    dialect: Dialect,
    name: &'static str,
    flags: &[&'static str],
    values: Vec<(&'static str, Value)>,
) -> (Sql, Vec<Value>) {
    let mut used: Vec<&'static str> = Vec::with_capacity(values.len());
    let mut text = String::with_capacity(512);
    for line in lines(name) {
        if line.flag.is_some_and(|flag| !flags.contains(&flag)) {
            continue;
        }
        push_line(dialect, line.text, &mut text, &mut used);
        text.push('\n');
    }
    let mut by_name: HashMap<&'static str, Value> = values.into_iter().collect();
    let values = used.into_iter().map(|name| by_name.remove(name).expect("each placeholder has its value"));
    (Arc::from(text), values.collect())
}

/// Copies a line, numbering each `:name` by its first use.
fn push_line(dialect: Dialect, line: &'static str, text: &mut String, used: &mut Vec<&'static str>) {
    let sigil = match dialect {
        Dialect::Sqlite => '?',
        Dialect::Postgres => '$',
    };
    let mut rest = line;
    while let Some(at) = rest.find(':') {
        let name_length =
            rest[at + 1..].find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len() - at - 1);
        let name = &rest[at + 1..at + 1 + name_length];
        push_text(dialect, &rest[..at], text);
        if name.is_empty() {
            text.push(':');
        } else {
            let number = used.iter().position(|known| *known == name).unwrap_or_else(|| {
                used.push(name);
                used.len() - 1
            });
            text.push(sigil);
            text.push_str(&(number + 1).to_string());
        }
        rest = &rest[at + 1 + name_length..];
    }
    push_text(dialect, rest, text);
}

/// The one function whose name differs: same arguments, same order, same meaning.
fn push_text(dialect: Dialect, part: &str, text: &mut String) {
    match dialect {
        Dialect::Sqlite if part.contains("strpos(") => text.push_str(&part.replace("strpos(", "instr(")),
        Dialect::Sqlite | Dialect::Postgres => text.push_str(part),
    }
}
