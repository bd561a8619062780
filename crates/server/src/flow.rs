//! `flexio flow test`: the tests recorded in flow files, without a phone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flexio_flows::{FlowRef, Library, Severity, differences, parse, simulate, validate};
use serde_json::json;

use crate::cli;

/// Runs the tests of each file; an error where one fails.
pub(crate) fn test(files: &[PathBuf], as_json: bool) -> Result<()> {
    let (mut failed, mut results) = (0, Vec::new());
    for file in files {
        for (name, found) in test_file(file)? {
            let shown = file.display().to_string();
            failed += usize::from(!found.is_empty());
            if !as_json {
                cli::say(&format!("{} {shown}: {name}", if found.is_empty() { "ok  " } else { "FAIL" }))?;
                for difference in &found {
                    cli::say(&format!("     {difference}"))?;
                }
            }
            results.push(
                json!({ "file": shown, "test": name, "passed": found.is_empty(), "differences": found }),
            );
        }
    }
    if as_json {
        cli::say(&json!({ "passed": failed == 0, "results": results }).to_string())?;
    }
    if failed > 0 {
        bail!("{failed} of {} tests failed", results.len());
    }
    Ok(())
}

/// Each test of a file and what differs; errors of the flow itself are a test that failed.
fn test_file(file: &Path) -> Result<Vec<(String, Vec<String>)>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let flow = parse(&text).with_context(|| format!("{} is no flow", file.display()))?;
    let errors = validate(&flow).into_iter().filter(|problem| problem.severity == Severity::Error);
    let errors = errors.map(|problem| {
        let node = problem.node.map(|node| format!("`{node}`: ")).unwrap_or_default();
        format!("{node}{}: {}", problem.text, problem.cure)
    });
    let mut results = vec![("validation".to_owned(), errors.collect())];
    let reference = FlowRef { sid: "draft".to_owned(), revision: 0 };
    let tests = flow.tests.clone();
    let library = Library::of(reference.clone(), flow);
    for test in tests {
        let run = simulate(&reference, &library, &BTreeMap::new(), &test);
        results.push((test.name.clone(), differences(&test, &run)));
    }
    Ok(results)
}
