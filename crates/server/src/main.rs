//! `flexio`: configuration, wiring, command line. No logic worth a unit test lives here.

mod account;
mod billing;
mod carrier;
mod cli;
mod collect;
mod config;
mod console;
mod demo;
mod documents_out;
mod flow;
mod flow_http;
mod handset;
mod handset_network;
mod lawful;
mod numbers;
mod openapi;
mod plan;
mod platform;
mod promotion;
mod report;
mod serve;
mod setup;
mod smpp;
mod stripe;
mod telemetry;
mod trunk;
mod vies;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

/// A call is made of many small values that live for milliseconds and are freed by another thread than made them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match cli::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain: the first line says what failed, the last why.
            cli::complain(&format!("flexio: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
