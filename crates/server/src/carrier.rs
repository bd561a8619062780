//! What a carrier says beside what was metered: `flexio billing carrier`, and the folders that are looked at each night.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use flexio_app::{CarrierList, CarrierLists};
use flexio_billing::carrier::{self, CarrierCall, Columns, Comparison};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Calls named of each kind; the rest is counted.
const NAMED_MAX: usize = 100;
/// Files of one folder that are read in a night.
const FILES_MAX: usize = 200;
/// Seconds a length may differ, at most.
const TOLERANCE_MAX_S: u64 = 60;

/// Compares; an error where something differs.
pub(crate) async fn compare(
    place: Where,
    trunk: String,
    columns: Option<String>,
    tolerance: u64,
    file: PathBuf,
) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let columns = columns.as_deref().map_or_else(|| Ok(Columns::default()), named)?;
    let calls = read(&file, &columns, app.rater().plan().zone())?;
    let compared =
        app.compare_carrier(&trunk, &calls, tolerance).await.context("the calls cannot be read")?;
    let compared = compared.context("the file has no calls")?;
    if place.json {
        cli::say(&json(&compared).to_string())?;
    } else {
        tell(&compared)?;
    }
    anyhow::ensure!(compared.agrees(), "{} and the calls of {trunk} differ", file.display());
    Ok(())
}

fn named(text: &str) -> Result<Columns> {
    let mut columns = Columns::default();
    for pair in text.split(',') {
        match pair.split_once('=') {
            Some(("answered_at", name)) => name.clone_into(&mut columns.answered_at),
            Some(("to", name)) => name.clone_into(&mut columns.to),
            Some(("seconds", name)) => name.clone_into(&mut columns.seconds),
            _ => bail!("--columns: {pair:?} is not answered_at=…, to=… or seconds=…"),
        }
    }
    Ok(columns)
}

fn read(file: &Path, columns: &Columns, zone: &TimeZone) -> Result<Vec<CarrierCall>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    carrier::read(opened, columns, zone).with_context(|| format!("{} is not read", file.display()))
}

/// Folders into which carriers' lists are put.
#[derive(Debug)]
struct Folders {
    each: Vec<Folder>,
    zone: TimeZone,
}

#[derive(Debug)]
struct Folder {
    trunk: String,
    path: PathBuf,
    columns: Columns,
    tolerance_s: u64,
}

/// The folders of the configuration; `None` without any.
pub(crate) fn folders(config: &Config, zone: &TimeZone) -> Result<Option<Arc<dyn CarrierLists>>> {
    let mut each = Vec::new();
    for it in &config.carrier_lists {
        let known = config.trunk.iter().any(|trunk| trunk.name == it.carrier);
        anyhow::ensure!(known, "carrier_lists: {:?} is no trunk", it.carrier);
        anyhow::ensure!(!it.folder.is_empty(), "carrier_lists: folder of {} is missing", it.carrier);
        let fits = it.tolerance_seconds <= TOLERANCE_MAX_S;
        anyhow::ensure!(fits, "carrier_lists: tolerance_seconds is {TOLERANCE_MAX_S} at most");
        let columns = if it.columns.is_empty() { Ok(Columns::default()) } else { named(&it.columns) };
        each.push(Folder {
            trunk: it.carrier.clone(),
            path: PathBuf::from(&it.folder),
            columns: columns.with_context(|| format!("carrier_lists of {}", it.carrier))?,
            tolerance_s: it.tolerance_seconds,
        });
    }
    let zone = zone.clone();
    Ok((!each.is_empty()).then(|| Arc::new(Folders { each, zone }) as Arc<dyn CarrierLists>))
}

impl CarrierLists for Folders {
    fn since(&self, from: Timestamp) -> Vec<CarrierList> {
        self.each.iter().flat_map(|folder| folder.since(from, &self.zone)).collect()
    }
}

impl Folder {
    fn since(&self, from: Timestamp, zone: &TimeZone) -> Vec<CarrierList> {
        let list = |file: &Path, calls| CarrierList {
            trunk: self.trunk.clone(),
            file: file.display().to_string(),
            tolerance_s: self.tolerance_s,
            calls,
        };
        let files = match self.files(from) {
            Ok(files) => files,
            Err(error) => return vec![list(&self.path, Err(error.to_string()))],
        };
        let read = |file: &PathBuf| {
            list(file, read(file, &self.columns, zone).map_err(|error| format!("{error:#}")))
        };
        let mut lists: Vec<CarrierList> = files.iter().take(FILES_MAX).map(read).collect();
        if files.len() > FILES_MAX {
            let why = format!("more than {FILES_MAX} files in two days: the rest was not read");
            lists.push(list(&self.path, Err(why)));
        }
        lists
    }

    /// Files `*.csv` that were written since, by name.
    fn files(&self, from: Timestamp) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let path = entry.path();
            let is_list = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("csv"));
            let written = entry.metadata()?.modified()?;
            if is_list && Timestamp::try_from(written).is_ok_and(|at| at >= from) {
                files.push(path);
            }
        }
        files.sort_unstable();
        Ok(files)
    }
}

fn json(compared: &Comparison) -> serde_json::Value {
    let different = compared.different.iter().take(NAMED_MAX).map(|it| {
        serde_json::json!({
            "line": it.line, "call_sid": it.sid, "carrier_seconds": it.carrier_s, "own_seconds": it.own_s,
        })
    });
    serde_json::json!({
        "agrees": compared.agrees(), "same": compared.same,
        "different": compared.different.len(), "only_carrier": compared.only_carrier.len(),
        "only_own": compared.only_own.len(),
        "carrier_seconds": compared.carrier_s, "own_seconds": compared.own_s,
        "named": {
            "different": different.collect::<Vec<_>>(),
            "only_carrier": compared.only_carrier.iter().take(NAMED_MAX).collect::<Vec<_>>(),
            "only_own": compared.only_own.iter().take(NAMED_MAX).collect::<Vec<_>>(),
        },
    })
}

fn tell(compared: &Comparison) -> Result<()> {
    cli::say(&format!(
        "{} calls are the same; {} s by the carrier, {} s metered",
        compared.same, compared.carrier_s, compared.own_s
    ))?;
    cli::say(&format!("{} differ in length", compared.different.len()))?;
    for it in compared.different.iter().take(NAMED_MAX) {
        cli::say(&format!("  line {}: {} s, {} {} s", it.line, it.carrier_s, it.sid, it.own_s))?;
    }
    cli::say(&format!("{} are the carrier's only", compared.only_carrier.len()))?;
    for line in compared.only_carrier.iter().take(NAMED_MAX) {
        cli::say(&format!("  line {line}"))?;
    }
    cli::say(&format!("{} were metered only", compared.only_own.len()))?;
    for sid in compared.only_own.iter().take(NAMED_MAX) {
        cli::say(&format!("  {sid}"))?;
    }
    Ok(())
}
