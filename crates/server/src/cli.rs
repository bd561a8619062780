//! The command line.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use flexio_domain::CollectionFileSid;
use flexio_rating::BillingMonth;
use jiff::civil::Date;

use crate::config::Config;
use crate::{
    account, billing, carrier, collect, demo, flow, handset, lawful, numbers, openapi, plan, promotion,
    report, serve, setup, smpp, trunk,
};

/// Open communications platform: numbers, calls and messages over REST.
#[derive(Debug, Parser)]
#[command(name = "flexio", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the platform until SIGTERM; a second signal stops at once
    Serve(Serve),
    /// Make the data directory and the top account
    Init(Init),
    /// Numbers in stock
    #[command(subcommand)]
    Numbers(Numbers),
    /// What the operator sets about a customer's account
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Read the configuration, say what is wrong or unwise, change nothing
    CheckConfig(Where),
    /// Run the main job on a sandbox: rent a number, take a call, send a message, show what it costs
    Demo(Demo),
    /// The same as `billing prove`
    Prove(Where),
    /// Flows in files
    #[command(subcommand)]
    Flow(Flow),
    /// Phones of people in the sandbox: read texts, write them, call, answer
    Handset(handset::Handset),
    /// Plan files and published plan versions
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Promotions: from files, for a time
    #[command(subcommand)]
    Promotion(PromotionCommand),
    /// Trunks of a running installation: how they stand, what is wrong
    Trunk(trunk::Trunk),
    /// Routes of messages: which one a message would take, and why
    #[command(subcommand)]
    Smpp(smpp::Smpp),
    /// The books and the end of a month
    #[command(subcommand)]
    Billing(Billing),
    /// Requests of authorities: who was behind a number, a call or a message
    #[command(subcommand)]
    Lawful(lawful::Lawful),
    /// Print the OpenAPI description of the REST API
    Openapi,
}

/// Which installation.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// Configuration file; without one this is a sandbox on loopback
    #[arg(long, env = "FLEXIO_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data directory
    #[arg(long, env = "FLEXIO_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub place: Where,
    /// Address of the API, instead of http.listen
    #[arg(long)]
    pub http: Option<SocketAddr>,
    /// Address of SIP, instead of sip.listen
    #[arg(long)]
    pub sip: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub place: Where,
    /// Sid of the top account, instead of a new one
    #[arg(long, requires = "auth_token")]
    pub account_sid: Option<String>,
    /// Auth token of the top account, instead of a new one
    #[arg(long, requires = "account_sid", env = "FLEXIO_AUTH_TOKEN")]
    pub auth_token: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Numbers {
    /// Add numbers from a CSV file (number,country,type,voice,sms); all of them or none
    Import {
        #[command(flatten)]
        place: Where,
        /// The file
        file: PathBuf,
    },
    /// Note for which exception a rented number is registered with the interface abroad (`origination = "special-interface"`)
    Register {
        #[command(flatten)]
        place: Where,
        /// The number, E.164
        number: String,
        /// nomadic, conference-dial-out, customer-support or direct-marketing; without one it is registered no more
        used: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Flow {
    /// Run the tests recorded in flows (JSON or YAML), without a phone; ends with 1 where one fails
    Test {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    /// Read a plan file, say what is wrong with it, change nothing
    Check {
        #[command(flatten)]
        place: Where,
        /// The file
        file: PathBuf,
    },
    /// Publish a plan file as a version for ever; the same file again changes nothing
    Publish {
        #[command(flatten)]
        place: Where,
        /// The file
        file: PathBuf,
    },
    /// Show what two plans do not price alike
    Diff {
        #[command(flatten)]
        place: Where,
        /// A file, or a published version such as flexio-be/1
        old: String,
        /// A file, or a published version
        new: String,
    },
    /// Take a published version from sale at once; what was sold of it stays
    Retire {
        #[command(flatten)]
        place: Where,
        /// A published version such as flexio-be/2
        plan: String,
        /// Why: an error in it, a successor
        #[arg(long)]
        reason: String,
    },
    /// Show what a past month would have come to under a plan, beside what it was charged; nothing is kept
    Simulate {
        #[command(flatten)]
        place: Where,
        /// A file, or a published version such as flexio-be/1
        plan: String,
        /// The month, such as 2026-11
        #[arg(long)]
        month: BillingMonth,
        /// Answer in CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Show the published versions
    List(Where),
}

#[derive(Debug, Subcommand)]
enum PromotionCommand {
    /// Show promotions, and how far each was used
    List(Where),
    /// Make a promotion from a file; what it gives never changes
    Create {
        #[command(flatten)]
        place: Where,
        /// The file (TOML)
        file: PathBuf,
    },
    /// End a promotion: nobody takes it any more, and who has it keeps it
    End {
        #[command(flatten)]
        place: Where,
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Billing {
    /// Make the recurring charges of a month that is over; again changes nothing
    Close {
        #[command(flatten)]
        place: Where,
        /// The month, such as 2026-11
        #[arg(long)]
        month: BillingMonth,
    },
    /// Issue the invoices of a month that is over; again issues what is missing and nothing else
    Invoice {
        #[command(flatten)]
        place: Where,
        /// The month, such as 2026-11
        #[arg(long)]
        month: BillingMonth,
        /// Only say what it would come to
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the step of today for invoices that are not paid: remind, warn, suspend, end; again does what is missing and nothing else
    Dunning {
        #[command(flatten)]
        place: Where,
        /// Only say what it would come to
        #[arg(long)]
        dry_run: bool,
    },
    /// Book the payments of a bank statement (camt.053 or CODA) to the invoices they name; again books what is new
    Import {
        #[command(flatten)]
        place: Where,
        /// The file
        file: PathBuf,
    },
    /// Write the file by which the bank collects invoices by direct debit (pain.008); each invoice is asked for once
    Collect {
        #[command(flatten)]
        place: Where,
        /// Where the file goes
        #[arg(long, required_unless_present = "dry_run")]
        out: Option<PathBuf>,
        /// Last day of collection, such as 2027-01-11; without one a week from today
        #[arg(long, conflicts_with = "file")]
        until: Option<Date>,
        /// Only say what would be in it
        #[arg(long, conflicts_with = "file")]
        dry_run: bool,
        /// Write a file that was made before again, by its sid
        #[arg(long)]
        file: Option<CollectionFileSid>,
    },
    /// Rate all events of a month again: every stored charge must come out; ends with 1 where one does not
    Rerate {
        #[command(flatten)]
        place: Where,
        /// The month, such as 2026-11
        #[arg(long)]
        month: BillingMonth,
    },
    /// Compare what a carrier says it carried with what was metered; ends with 1 where they differ
    Carrier {
        #[command(flatten)]
        place: Where,
        /// The trunk the file is about
        #[arg(long)]
        trunk: String,
        /// Names of the columns, such as answered_at=Start,to=Called,seconds=Duration
        #[arg(long)]
        columns: Option<String>,
        /// Seconds by which lengths may differ
        #[arg(long, default_value_t = 1)]
        tolerance: u64,
        /// The file: comma-separated values with a line of headings
        file: PathBuf,
    },
    /// Tell the operator of all customers together
    Report {
        #[command(flatten)]
        place: Where,
        /// Which report
        report: report::Which,
        /// First day of `revenue` (2026-10-01), first month of `regulator` (2026-10), the month of `margin` and `resale`
        #[arg(long)]
        from: Option<String>,
        /// Last day or month
        #[arg(long)]
        to: Option<String>,
        /// Answer in CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Say what a call, message, recording or number was charged, and how that comes about
    Explain {
        #[command(flatten)]
        place: Where,
        /// Its account
        #[arg(long)]
        account: String,
        /// Sid of the call, message or recording, or the number
        resource: String,
    },
    /// Prove the books: they add up, every charge is posted once, nothing sealed was altered; ends with 1 where something is not so
    Prove {
        #[command(flatten)]
        place: Where,
        /// A seal that was told earlier, such as 17:9f86d0…: it must still be the same
        #[arg(long)]
        seal: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Data directory; it should be empty
    #[arg(long)]
    pub data: PathBuf,
    /// End when the job is done, instead of going on serving
    #[arg(long)]
    pub once: bool,
}

/// Carries the command out.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Serve(arguments) => in_runtime(serve::run(arguments)),
        Command::Init(arguments) => in_runtime(setup::init(arguments)),
        Command::Numbers(Numbers::Import { place, file }) => in_runtime(numbers::import(place, file)),
        Command::Account(command) => in_runtime(account::run(command)),
        Command::Numbers(Numbers::Register { place, number, used }) => {
            in_runtime(numbers::register(place, number, used))
        }
        Command::CheckConfig(place) => check_config(&place),
        Command::Demo(arguments) => in_runtime(demo::run(arguments)),
        Command::Prove(place) => in_runtime(billing::prove(place, None)),
        Command::Flow(Flow::Test { files, json }) => flow::test(&files, json),
        Command::Handset(arguments) => in_runtime(handset::run(arguments)),
        Command::Plan(PlanCommand::Check { place, file }) => plan::check(&place, &file),
        Command::Plan(PlanCommand::Publish { place, file }) => in_runtime(plan::publish(place, &file)),
        Command::Plan(PlanCommand::Diff { place, old, new }) => in_runtime(plan::diff(place, &old, &new)),
        Command::Plan(PlanCommand::Retire { place, plan, reason }) => {
            in_runtime(plan::retire(place, plan, reason))
        }
        Command::Plan(PlanCommand::Simulate { place, plan, month, csv }) => {
            in_runtime(report::simulate(place, plan, month, csv))
        }
        Command::Plan(PlanCommand::List(place)) => in_runtime(plan::list(place)),
        Command::Promotion(PromotionCommand::List(place)) => in_runtime(promotion::list(place)),
        Command::Promotion(PromotionCommand::Create { place, file }) => {
            in_runtime(promotion::create(place, &file))
        }
        Command::Promotion(PromotionCommand::End { place, id }) => in_runtime(promotion::end(place, &id)),
        Command::Trunk(arguments) => in_runtime(trunk::run(arguments)),
        Command::Smpp(asked) => smpp::run(&asked),
        Command::Billing(Billing::Close { place, month }) => in_runtime(billing::close(place, month)),
        Command::Billing(Billing::Invoice { place, month, dry_run }) => {
            in_runtime(billing::invoice(place, month, dry_run))
        }
        Command::Billing(Billing::Dunning { place, dry_run }) => in_runtime(billing::dunning(place, dry_run)),
        Command::Billing(Billing::Import { place, file }) => in_runtime(billing::import(place, file)),
        Command::Billing(Billing::Collect { place, out, until, dry_run, file }) => {
            in_runtime(collect::run(place, out, until, dry_run, file))
        }
        Command::Billing(Billing::Rerate { place, month }) => in_runtime(billing::rerate(place, month)),
        Command::Billing(Billing::Carrier { place, trunk, columns, tolerance, file }) => {
            in_runtime(carrier::compare(place, trunk, columns, tolerance, file))
        }
        Command::Billing(Billing::Explain { place, account, resource }) => {
            in_runtime(billing::explain(place, account, resource))
        }
        Command::Billing(Billing::Report { place, report, from, to, csv }) => {
            in_runtime(report::run(place, report, (from, to), csv))
        }
        Command::Billing(Billing::Prove { place, seal }) => in_runtime(billing::prove(place, seal)),
        Command::Lawful(command) => in_runtime(lawful::run(command)),
        Command::Openapi => openapi::print(),
    }
}

fn in_runtime(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}

fn check_config(place: &Where) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    crate::platform::check(&config)?;
    let warnings = config.warnings();
    if place.json {
        return say(&serde_json::json!({ "ok": true, "warnings": warnings }).to_string());
    }
    for warning in &warnings {
        say(&format!("warning: {warning}"))?;
    }
    say("the configuration is usable")
}

/// Writes a line for the person or program that ran the command.
pub(crate) fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write the answer")
}

pub(crate) fn complain(line: &str) {
    // Nobody reads the errors any more: nothing to be done about it.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
