//! `flexio openapi`.

use anyhow::Result;

use crate::cli;

/// Prints the description of the REST API.
pub(crate) fn print() -> Result<()> {
    cli::say(&serde_json::to_string_pretty(&flexio_api::openapi())?)
}
