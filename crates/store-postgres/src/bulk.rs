//! Many rows in one statement: the columns travel as arrays and are put together by `unnest`.
//!
//! Only statements whose outcome does not depend on their order are written so: inserts under unique keys, updates that name a version,
//! sums. How many rows they must touch is known beforehand; any other number sends the sets back to be tried apart.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use flexio_store::relational::{Dialect, Expect, Step, Value, Write, write_sql};
use tokio_postgres::types::Type;

/// Writes that can go together, in the order in which they are run: rows are made before they are changed.
pub const KINDS: &[Write] = &[
    Write::MessageInsert,
    Write::CallInsert,
    Write::RecordingInsert,
    Write::NotificationInsert,
    Write::TimelineInsert,
    Write::WatchMove,
    Write::UsageInsert,
    Write::PostingInsert,
    Write::LegInsert,
    Write::BalanceAdd,
    Write::UsageDayAdd,
    Write::UsageLabelAdd,
    Write::CreditSpend,
    Write::CallbackInsert,
    Write::IdempotencyInsert,
    Write::CarrierIdInsert,
    Write::MessageUpdate,
    Write::CallUpdate,
    Write::CallbackSettle,
];

const UPDATES: &str = include_str!("../sql/bulk.sql");

fn update_text(name: &str) -> &'static str {
    let named = UPDATES.split("-- name: ").skip(1).filter_map(|section| section.split_once('\n'));
    named
        .filter(|(known, _)| known.trim() == name)
        .map(|(_, text)| text.trim())
        .next()
        .expect("each update of KINDS is in bulk.sql, a test prepares it")
}

/// The statement for many rows of `write`; `types` are those of the placeholders of the statement for one.
pub fn text(write: Write, types: &[Type]) -> String {
    let single = write_sql(Dialect::Postgres, write);
    let Some((head, tail)) = single.split_once("VALUES (") else {
        return update_text(write.name()).to_owned();
    };
    let (_, tail) = tail.split_once(')').expect("the values of a row are in brackets");
    let arrays: Vec<String> =
        (1..).zip(types).map(|(number, kind)| format!("${number}::{}[]", kind.name())).collect();
    format!("{head}SELECT * FROM unnest({}){tail}", arrays.join(", "))
}

/// Whether all steps of a set can go together with those of others.
pub fn takes(steps: &[Step]) -> bool {
    steps.iter().all(|step| KINDS.contains(&step.write))
}

/// Rows of one kind, by column.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Which write.
    pub write: Write,
    /// Values, first placeholder first.
    pub columns: Vec<Vec<&'a Value>>,
    /// How many rows it must touch; `None` where repetitions are left out.
    pub expected: Option<u64>,
}

/// Kept sums, with what is added to each row added up: one statement may touch a row only once.
#[derive(Debug, Default)]
pub struct Sums(HashMap<Write, Vec<Vec<Value>>>);

/// What names the row, and what is added to it.
type Added<'a> = HashMap<&'a [Value], Vec<i64>>;

impl Sums {
    /// Of all steps that add to kept sums.
    pub fn of<'a>(sets: impl Iterator<Item = &'a [Step]>, shard: i64) -> Self {
        let mut sums: HashMap<Write, Added<'_>> = HashMap::new();
        for step in sets.flatten() {
            let Some(at) = step.write.shard() else { continue };
            let (key, rest) = step.values.split_at(at);
            let added =
                rest.iter().skip(1).map(|value| if let Value::Int(number) = value { *number } else { 0 });
            match sums.entry(step.write).or_default().entry(key) {
                Entry::Occupied(mut sum) => {
                    sum.get_mut()
                        .iter_mut()
                        .zip(added)
                        .for_each(|(sum, more)| *sum = sum.saturating_add(more));
                }
                Entry::Vacant(new) => {
                    new.insert(added.collect());
                }
            }
        }
        let row = |(key, added): (&[Value], Vec<i64>)| {
            let mut row = key.to_vec();
            row.push(Value::Int(shard));
            row.extend(added.into_iter().map(Value::Int));
            row
        };
        Self(sums.into_iter().map(|(write, rows)| (write, rows.into_iter().map(row).collect())).collect())
    }

    fn rows(&self, write: Write) -> &[Vec<Value>] {
        self.0.get(&write).map_or(&[], Vec::as_slice)
    }
}

/// The steps of all sets by kind, in the order of [`KINDS`].
pub fn group<'a>(sets: &[&'a [Step]], sums: &'a Sums) -> Vec<Rows<'a>> {
    let mut groups = Vec::new();
    for write in KINDS.iter().copied() {
        let mut steps =
            sets.iter().flat_map(|steps| steps.iter()).filter(|step| step.write == write).peekable();
        let Some(first) = steps.peek() else { continue };
        if write.shard().is_some() {
            let rows = sums.rows(write).iter().map(Vec::as_slice);
            groups.push(transpose(write, first.values.len(), rows, true));
            continue;
        }
        // A receipt id that is known already is left as it is; every other statement must do all its work.
        let counted = first.expect != Expect::Any || write == Write::LegInsert;
        groups.push(transpose(write, first.values.len(), steps.map(|step| step.values.as_slice()), counted));
    }
    groups
}

fn transpose<'a>(
    write: Write,
    width: usize,
    rows: impl Iterator<Item = &'a [Value]>,
    counted: bool,
) -> Rows<'a> {
    let mut columns = vec![Vec::new(); width];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let expected = counted.then(|| columns.first().map_or(0, Vec::len) as u64);
    Rows { write, columns, expected }
}
