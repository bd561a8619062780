//! The one table all parts write to.

use std::time::Duration;

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was done.
    pub figure: String,
    /// CPU of the measured process per unit of work, in milliseconds.
    pub ours: f64,
    /// The same of the raw-limit twin; `None` where there is nothing below us but memory.
    pub raw: Option<f64>,
    /// Unit of work.
    pub unit: &'static str,
    /// Rate reached, times, failures.
    pub reached: String,
}

/// Rows in the order they were measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row, and says so on standard error: a run takes minutes.
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("  {}: {} ms CPU per {}; {}", row.figure, millis(row.ours), row.unit, row.reached);
        self.rows.push(row);
    }

    /// Markdown, so that it can be kept with the documentation as it is.
    pub(crate) fn print(&self) {
        let heading = ["figure", "ours, CPU ms", "raw limit, CPU ms", "per", "reached"].map(str::to_owned);
        let cells = |row: &Row| {
            let raw = row.raw.map_or_else(|| "–".to_owned(), millis);
            [row.figure.clone(), millis(row.ours), raw, row.unit.to_owned(), row.reached.clone()]
        };
        let lines: Vec<[String; 5]> = std::iter::once(heading).chain(self.rows.iter().map(cells)).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        for (index, line) in lines.iter().enumerate() {
            let padded: Vec<String> =
                line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("| {} |", padded.join(" | "));
            if index == 0 {
                println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
            }
        }
    }
}

fn millis(value: f64) -> String {
    if value < 0.01 { format!("{value:.5}") } else { format!("{value:.3}") }
}

/// CPU in milliseconds per unit; of no units at all it is the whole.
pub(crate) fn each(cpu: Duration, units: u64) -> f64 {
    cpu.as_secs_f64() * 1_000.0 / float(units.max(1))
}

/// Units per second.
pub(crate) fn per_second(units: u64, elapsed: Duration) -> f64 {
    float(units) / elapsed.as_secs_f64().max(0.001)
}

/// A count, for division and show.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// The value that this many thousandths of the sorted values do not exceed.
pub(crate) fn percentile(sorted: &[Duration], per_mille: usize) -> Duration {
    sorted
        .get((sorted.len() * per_mille / 1_000).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_nothing_is_nothing_and_of_one_value_is_that_value() {
        let ms = Duration::from_millis;
        assert_eq!(percentile(&[], 990), Duration::ZERO);
        assert_eq!(percentile(&[ms(7)], 990), ms(7));
        let hundred: Vec<Duration> = (1..=100).map(ms).collect();
        assert_eq!((percentile(&hundred, 500), percentile(&hundred, 990)), (ms(51), ms(100)));
    }

    #[test]
    fn cost_is_shared_among_the_units() {
        assert!((each(Duration::from_secs(1), 1_000) - 1.0).abs() < 1e-9);
        assert!((each(Duration::from_secs(1), 0) - 1_000.0).abs() < 1e-9);
    }
}
