//! `flexio lawful`: who may answer requests of authorities, and answering them where the installation runs.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use flexio_app::{App, LawfulAsked};
use flexio_domain::{LawfulAnswer, LawfulFinding, LawfulRequest, LawfulRequestSid, LawfulSubject, Timestamp};
use flexio_store::Page;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

#[derive(Debug, Subcommand)]
pub(crate) enum Lawful {
    /// Make somebody a lawful officer, or give an officer a new link: it is shown once
    Appoint {
        #[command(flatten)]
        place: Where,
        /// Address of the person; not one that signs in already
        email: String,
    },
    /// Take the role, and all sessions, from an officer
    Dismiss {
        #[command(flatten)]
        place: Where,
        /// Address of the officer
        email: String,
    },
    /// Show the officers
    Officers(Where),
    /// Write down what an authority asks
    Open(Open),
    /// Answer a request: who is behind it
    Answer(One),
    /// Refuse a request
    Refuse {
        #[command(flatten)]
        one: One,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Show a request with its answers
    Show(One),
    /// Show the requests, without whom they are about
    List {
        #[command(flatten)]
        place: Where,
        /// Address of the officer who asks
        #[arg(long)]
        officer: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Open {
    #[command(flatten)]
    place: Where,
    /// Address of the officer who writes it down
    #[arg(long)]
    officer: String,
    /// Who asks
    #[arg(long)]
    authority: String,
    /// Its name of the case
    #[arg(long)]
    reference: String,
    /// The law it asks by
    #[arg(long)]
    basis: String,
    /// A telephone number, such as +3225880100
    #[arg(long, requires = "at", conflicts_with_all = ["call", "message"])]
    number: Option<String>,
    /// When the number was seen, such as 2026-11-23T09:30:00Z
    #[arg(long)]
    at: Option<Timestamp>,
    /// The number at the other end
    #[arg(long, requires = "number")]
    other: Option<String>,
    /// Sid of a call
    #[arg(long, conflicts_with = "message")]
    call: Option<String>,
    /// Sid of a message
    #[arg(long)]
    message: Option<String>,
    /// When the request came, instead of now
    #[arg(long)]
    received: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    place: Where,
    /// Address of the officer who does it
    #[arg(long)]
    officer: String,
    /// Sid of the request
    request: LawfulRequestSid,
}

async fn open_app(place: &Where) -> Result<(std::sync::Arc<App>, String)> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let public_url = config.public_url(config.http.listen);
    Ok((platform::open_app(&config, &data, &public_url).await?, public_url))
}

/// Carries the command out.
pub(crate) async fn run(command: Lawful) -> Result<()> {
    match command {
        Lawful::Appoint { place, email } => appoint(place, &email).await,
        Lawful::Dismiss { place, email } => {
            let (app, _) = open_app(&place).await?;
            app.dismiss_officer(&email).await.with_context(|| format!("{email} was not dismissed"))?;
            let said = format!("{email} is no lawful officer any more");
            cli::say(&if place.json { serde_json::json!({ "dismissed": email }).to_string() } else { said })
        }
        Lawful::Officers(place) => officers(place).await,
        Lawful::Open(asked) => open(asked).await,
        Lawful::Answer(one) => {
            let (app, _) = open_app(&one.place).await?;
            let officer = app.officer_named(&one.officer).await?;
            tell(&one.place, &app.answer_lawful(&officer, one.request).await?)
        }
        Lawful::Refuse { one, reason } => {
            let (app, _) = open_app(&one.place).await?;
            let officer = app.officer_named(&one.officer).await?;
            tell(&one.place, &app.refuse_lawful(&officer, one.request, &reason).await?)
        }
        Lawful::Show(one) => {
            let (app, _) = open_app(&one.place).await?;
            let officer = app.officer_named(&one.officer).await?;
            tell(&one.place, &app.read_lawful(&officer, one.request).await?)
        }
        Lawful::List { place, officer } => list(place, &officer).await,
    }
}

async fn appoint(place: Where, email: &str) -> Result<()> {
    let (app, public_url) = open_app(&place).await?;
    let (person, token) =
        app.appoint_officer(email).await.with_context(|| format!("{email} was not appointed"))?;
    // Behind `#` it is not sent to any server, and in no log.
    let link = format!("{public_url}/console/welcome#{token}");
    if place.json {
        let facts = serde_json::json!({ "sid": person.sid.to_string(), "email": person.email, "link": link });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!(
        "{email} is a lawful officer; the link to choose a password (within 72 hours, once):"
    ))?;
    cli::say(&format!("  {link}"))
}

async fn officers(place: Where) -> Result<()> {
    let (app, _) = open_app(&place).await?;
    for person in app.officers().await? {
        let email = person.email.as_deref().unwrap_or_default();
        let signed_in = person.signed_in_at.map(|at| at.to_string());
        if place.json {
            let facts = serde_json::json!({ "sid": person.sid.to_string(), "email": email, "signed_in_at": signed_in });
            cli::say(&facts.to_string())?;
        } else {
            cli::say(&format!("{email}, last signed in {}", signed_in.as_deref().unwrap_or("never")))?;
        }
    }
    Ok(())
}

async fn open(asked: Open) -> Result<()> {
    let (app, _) = open_app(&asked.place).await?;
    let officer = app.officer_named(&asked.officer).await?;
    let number = |text: &str| text.parse().with_context(|| format!("{text} is no telephone number"));
    let subject = match (&asked.number, asked.at, &asked.call, &asked.message) {
        (Some(text), Some(at), None, None) => LawfulSubject::Number {
            number: number(text)?,
            at,
            other: asked.other.as_deref().map(number).transpose()?,
        },
        (None, _, Some(call), None) => LawfulSubject::Call(call.parse().context("--call")?),
        (None, _, None, Some(message)) => LawfulSubject::Message(message.parse().context("--message")?),
        _ => bail!("one of --number with --at, --call and --message is given"),
    };
    let request = LawfulAsked {
        authority: &asked.authority,
        reference: &asked.reference,
        basis: &asked.basis,
        subject,
        received_at: asked.received,
    };
    tell(&asked.place, &app.open_lawful(&officer, &request).await?)
}

async fn list(place: Where, officer: &str) -> Result<()> {
    let (app, _) = open_app(&place).await?;
    let officer = app.officer_named(officer).await?;
    let now = app.clock.now();
    for request in app.lawful_requests(&officer, &Page { limit: 1_000, ..Page::default() }).await? {
        let late = request.is_late_at(now);
        if place.json {
            let facts = serde_json::json!({
                "sid": request.sid.to_string(), "authority": request.authority, "reference": request.reference,
                "status": request.state.as_str(), "due_at": request.due_at.to_string(), "late": late,
            });
            cli::say(&facts.to_string())?;
            continue;
        }
        let (state, mark) = (request.state.as_str(), if late { ", LATE" } else { "" });
        cli::say(&format!(
            "{} {} {}: {state}, due {}{mark}",
            request.sid, request.authority, request.reference, request.due_at
        ))?;
    }
    Ok(())
}

fn tell(place: &Where, request: &LawfulRequest) -> Result<()> {
    if place.json {
        return cli::say(&serde_json::to_string(request)?);
    }
    let state = request.state.as_str();
    cli::say(&format!("{} {} {}: {state}", request.sid, request.authority, request.reference))?;
    cli::say(&format!("due {}", request.due_at))?;
    for answer in &request.answers {
        tell_answer(answer)?;
    }
    Ok(())
}

fn tell_answer(answer: &LawfulAnswer) -> Result<()> {
    cli::say(&format!("looked up {} by {}", answer.at, answer.by))?;
    if answer.findings.is_empty() {
        return cli::say("  nothing is kept that fits");
    }
    for finding in &answer.findings {
        cli::say(&format!("  {}", written(finding)))?;
        for it in &finding.traffic {
            cli::say(&format!("    {} {} -> {} at {}", it.resource, it.from, it.to, it.at))?;
        }
    }
    Ok(())
}

fn written(finding: &LawfulFinding) -> String {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "now".to_owned(), |at| at.to_string());
    let since = finding.since.map(|at| format!(" from {at} until {}", time(finding.until)));
    let holder = match &finding.holder {
        None => "nobody is known behind it, or not any more".to_owned(),
        Some(holder) => format!(
            "{} {}, {}, {} {}, {}",
            holder.legal_name,
            holder.legal_form,
            holder.address.street,
            holder.address.post_code,
            holder.address.city,
            holder.address.country
        ),
    };
    let ground = finding.ground.as_str();
    format!("{ground}{}: {}: {holder}", since.unwrap_or_default(), finding.account_sid)
}
