//! `flexio handset`: the phones of a running sandbox, from the command line.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use flexio_domain::E164;
use serde_json::Value;

use crate::cli;

/// Longest wait for one answer of the platform, in seconds.
const WAIT_S_MAX: u32 = 30;

/// How a running installation is reached, and by whom.
#[derive(Debug, Args)]
pub(crate) struct Door {
    /// Address of the platform's API
    #[arg(long, env = "FLEXIO_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Sid of the top account
    #[arg(long, env = "FLEXIO_ACCOUNT_SID")]
    pub account_sid: String,
    /// Its auth token
    #[arg(long, env = "FLEXIO_AUTH_TOKEN", hide_env_values = true)]
    auth_token: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Handset {
    #[command(flatten)]
    door: Door,
    /// Number of the handset, such as +32470123456
    number: E164,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Texts on it, the newest first
    Messages {
        /// Wait for the first one at most so many seconds, 30 at most; it is an error if none comes
        #[arg(long)]
        wait_s: Option<u32>,
    },
    /// Write a text on it, to a rented number
    Write {
        /// The rented number
        to: E164,
        /// The text
        body: String,
    },
    /// Calls of it, the newest first
    Calls,
    /// Call a rented number with it
    Dial {
        /// The rented number
        to: E164,
    },
    /// Let calls ring until they are answered by hand, or be answered as the number's last digits say
    Answering {
        /// Who answers
        #[arg(value_parser = ["hand", "itself"])]
        who: String,
    },
    /// Take the call that rings
    Answer,
    /// Refuse the call that rings
    Decline,
    /// End its call
    HangUp,
    /// Press keys in its call
    Keys {
        /// 0-9, *, #; w waits half a second
        digits: String,
    },
    /// Say a text in its call
    Say {
        /// The text
        text: String,
        /// Of the text
        #[arg(long, default_value = "en")]
        language: String,
    },
}

/// Does it over the same API that everybody uses.
pub(crate) async fn run(arguments: Handset) -> Result<()> {
    let json = arguments.door.json;
    let client = Client::new(arguments.door, &format!("Handsets/{}", arguments.number))?;
    let answer = match arguments.act {
        Act::Messages { wait_s } => client.messages(wait_s).await?,
        Act::Write { to, body } => {
            client.post("/Messages.json", &[("To", to.as_str()), ("Body", &body)]).await?
        }
        Act::Calls => client.get("/Calls.json").await?["calls"].take(),
        Act::Dial { to } => client.post("/Calls.json", &[("To", to.as_str())]).await?,
        Act::Answering { who } => client.post(".json", &[("Answering", &who)]).await?,
        Act::Answer => client.in_call(&[("Action", "answer")]).await?,
        Act::Decline => client.in_call(&[("Action", "decline")]).await?,
        Act::HangUp => client.in_call(&[("Action", "hang-up")]).await?,
        Act::Keys { digits } => client.in_call(&[("Digits", &digits)]).await?,
        Act::Say { text, language } => client.in_call(&[("Say", &text), ("Language", &language)]).await?,
    };
    if json {
        return cli::say(&answer.to_string());
    }
    match answer {
        Value::Array(rows) => rows.iter().try_for_each(|row| cli::say(&line(row))),
        row => cli::say(&line(&row)),
    }
}

/// What a person wants to know of a row.
fn line(row: &Value) -> String {
    let names = ["date_created", "from", "to", "status", "digits", "body", "answering"];
    let shown = names.iter().filter_map(|name| row[name].as_str()).filter(|text| !text.is_empty());
    shown.collect::<Vec<_>>().join("  ")
}

/// A program of the top account.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    user: String,
    token: String,
}

impl Client {
    /// For resources under `path` of the classic API.
    pub(crate) fn new(door: Door, path: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: format!("{}/restcomm/2012-04-24/{path}", door.url.trim_end_matches('/')),
            user: door.account_sid,
            token: door.auth_token,
        })
    }

    async fn messages(&self, wait_s: Option<u32>) -> Result<Value> {
        let Some(wait_s) = wait_s else { return Ok(self.get("/Messages.json").await?["messages"].take()) };
        let path = format!("/Messages.json?WaitSeconds={}", wait_s.min(WAIT_S_MAX));
        let messages = self.get(&path).await?["messages"].take();
        let came = messages.as_array().is_some_and(|all| all.iter().any(|m| m["direction"] == "incoming"));
        if !came {
            bail!("no text came within {} s", wait_s.min(WAIT_S_MAX));
        }
        Ok(messages)
    }

    /// In the call that is not over.
    async fn in_call(&self, form: &[(&str, &str)]) -> Result<Value> {
        let calls = self.get("/Calls.json").await?["calls"].take();
        let live = calls.as_array().and_then(|calls| calls.iter().find(|call| call["date_ended"].is_null()));
        let sid = live.and_then(|call| call["sid"].as_str()).context("the handset has no call")?;
        self.post(&format!("/Calls/{sid}.json"), form).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        answer(self.http.get(format!("{}{path}", self.base)).basic_auth(&self.user, Some(&self.token))).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base));
        let body = crate::demo::encode(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        answer(request.basic_auth(&self.user, Some(&self.token))).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.send().await.context("the platform does not answer")?;
    let is_success = answer.status().is_success();
    let value: Value = serde_json::from_slice(&answer.bytes().await?).context("the answer is not JSON")?;
    if !is_success {
        bail!("{} ({})", value["message"].as_str().unwrap_or("refused"), value["code"]);
    }
    Ok(value)
}
