//! Kept sums: what the sets of one transaction add to a row is added up here, and written once.
//!
//! A day's uses, a balance, what somebody owes: hundreds of charges that commit together add to the same few rows. Sets that look at such
//! sums are run by themselves, after what is here was written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use flexio_store::relational::{Step, Value, Write};

/// What is still to be added. Bounded by the sets of one transaction.
#[derive(Debug, Default)]
pub struct Sums(HashMap<Write, Rows>);

/// What is added to each row, by what names it.
type Rows = HashMap<Vec<Value>, Vec<i64>>;

impl Sums {
    /// Adds a step that adds to a kept sum; `false` for any other.
    pub fn add(&mut self, step: &Step) -> bool {
        let Some(from) = step.write.added_from() else { return false };
        let (row, added) = step.values.split_at(from);
        let number = |value: &Value| if let Value::Int(number) = value { *number } else { 0 };
        let rows = self.0.entry(step.write).or_default();
        if let Some(sums) = rows.get_mut(row) {
            plus(sums, added.iter().map(number));
        } else {
            rows.insert(row.to_vec(), added.iter().map(number).collect());
        }
        true
    }

    /// Adds what another one holds.
    pub fn append(&mut self, other: Self) {
        for (write, rows) in other.0 {
            let mine = self.0.entry(write).or_default();
            for (row, added) in rows {
                match mine.entry(row) {
                    Entry::Occupied(mut sums) => plus(sums.get_mut(), added),
                    Entry::Vacant(place) => {
                        place.insert(added);
                    }
                }
            }
        }
    }

    /// Takes out all that is to be written: statements with their values.
    pub fn drain(&mut self) -> impl Iterator<Item = (Write, Vec<Value>)> + use<> {
        std::mem::take(&mut self.0).into_iter().flat_map(|(write, rows)| {
            rows.into_iter().map(move |(mut values, added)| {
                values.extend(added.into_iter().map(Value::Int));
                (write, values)
            })
        })
    }
}

fn plus(sums: &mut [i64], added: impl IntoIterator<Item = i64>) {
    for (sum, more) in sums.iter_mut().zip(added) {
        *sum = sum.saturating_add(more);
    }
}
