//! Logs and metrics.

use std::time::Duration;

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Seconds, for everything that is timed: from one frame of audio to one long call.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 15.0, 120.0, 1800.0];

/// Starts the log; the second call in one process changes nothing.
pub(crate) fn start_log(log: &Log) -> Result<()> {
    let filter =
        EnvFilter::try_new(&log.level).with_context(|| format!("log.level `{}` is no filter", log.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (the demo's tests) finds a log that runs.
    let _ = match log.format {
        LogFormat::Text => builder.compact().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// How often what histograms have taken is summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts the metrics and returns what renders them. Each value of a histogram is kept until it is summed up, which reading does too: where
/// nobody reads, some hundred bytes would stay of every call and request. Wants to be called within a runtime.
pub(crate) fn start_metrics() -> Result<PrometheusHandle> {
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    let kept = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            kept.run_upkeep();
        }
    });
    // As above.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle)
}
