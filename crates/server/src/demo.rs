//! `flexio demo`: the main job on a sandbox, over the same REST, SIP and RTP a customer uses, told step by step.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::RawForm;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use flexio_voice_node::sandbox::Script;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::cli::{Demo, say};
use crate::config::{Config, DataDir};
use crate::serve::{self, Running};
use crate::{platform, telemetry};

/// Caller and recipient of the demo: off-net, so the sandbox carrier plays them.
const CUSTOMER: &str = "+32470123456";

/// Runs it; with `once` it ends here, otherwise it serves until a signal.
pub(crate) async fn run(arguments: Demo) -> Result<()> {
    let mut config = Config::load(None, std::env::vars())?;
    config.log.level = std::env::var("FLEXIO_LOG__LEVEL").unwrap_or_else(|_| "warn".to_owned());
    telemetry::start_log(&config.log)?;
    platform::check(&config)?;
    if arguments.once || is_taken(config.http.listen) || is_taken(config.sip.listen) {
        config.http.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.sip.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    }
    let data = DataDir::open(&arguments.data)?;
    let started = Instant::now();
    let running = serve::start(&config, &data).await?;
    let Some((sid, token)) = running.new_root.clone() else {
        bail!("{} is in use: the demo wants an empty data directory", arguments.data.display());
    };
    let client = Client {
        http: reqwest::Client::builder().no_proxy().build()?,
        base: running.public_url.clone(),
        sid,
        token,
    };
    say(&format!(
        "flexio runs: REST {}  SIP {}  (sandbox: loopback only, no real carrier)",
        running.public_url,
        running.voice.local_addr()
    ))?;
    let result = main_job(&running, &client, &data).await;
    say(&format!("\nDone in {:.1} s.", started.elapsed().as_secs_f32()))?;
    if arguments.once || result.is_err() {
        running.stop().await?;
        return result;
    }
    say(&format!(
        "\nStill serving. Sign in with\n  account sid  {}\n  auth token   {}\nStop with Ctrl-C.",
        client.sid, client.token
    ))?;
    tokio::signal::ctrl_c().await?;
    running.stop().await
}

fn is_taken(address: SocketAddr) -> bool {
    std::net::TcpListener::bind(address).is_err()
}

async fn main_job(running: &Running, client: &Client, data: &DataDir) -> Result<()> {
    let application = start_application().await?;
    say("\n1. Rent a number")?;
    let number = rent(client, application).await?;
    say("\n2. Send a message")?;
    let message = send(client, &number).await?;
    say("\n3. Call the number: a caller hears a menu, presses 1, leaves a message")?;
    call(running, &number, data).await?;
    say("\n4. What happened, and what it costs")?;
    show_call(client).await?;
    show_message(client, &message).await
}

async fn rent(client: &Client, application: SocketAddr) -> Result<String> {
    let found = client.get("/AvailablePhoneNumbers/BE/Local.json?PageSize=1&Contains=%2B322").await?;
    let number = text(&found["available_phone_numbers"][0]["phone_number"]);
    let form = [
        ("PhoneNumber", number.as_str()),
        ("FriendlyName", "Demo"),
        ("VoiceUrl", &format!("http://{application}/voice")),
    ];
    let rented = client.post("/IncomingPhoneNumbers.json", &form).await?;
    say(&format!("   {number} is yours as {} (0.80 EUR a month, by the day)", text(&rented["sid"])))?;
    Ok(number)
}

async fn send(client: &Client, number: &str) -> Result<String> {
    let form = [("From", number), ("To", CUSTOMER), ("Body", "Uw tafel is klaar. €5 korting voor wie belt!")];
    let message = client.post("/Messages.json", &form).await?;
    let sid = text(&message["sid"]);
    let status =
        client.wait(&format!("/Messages/{sid}.json"), &["delivered", "undelivered", "failed"]).await?;
    say(&format!("   {sid}: {} in {} segment(s)", text(&status["status"]), text(&status["num_segments"])))?;
    Ok(sid)
}

async fn call(running: &Running, number: &str, data: &DataDir) -> Result<()> {
    let phone = running.voice.sandbox().context("the sandbox carrier runs in every sandbox")?;
    let heard = data.0.join("heard");
    std::fs::create_dir_all(&heard)?;
    let script = Script {
        from: CUSTOMER.to_owned(),
        to: number.to_owned(),
        digits: "www1".to_owned(),
        says: None,
        record_to: Some(heard),
        patience: Duration::from_secs(30),
    };
    let report = phone.call(script).await;
    if report.status != 200 {
        bail!("the call was answered with {}", report.status);
    }
    say(&format!(
        "   answered after {} ms, talked {:.1} s{}",
        report.answered_after_ms.unwrap_or(0),
        Duration::from_millis(report.talked_ms).as_secs_f32(),
        if report.hung_up_by_platform { ", ended by the application" } else { "" },
    ))?;
    if let Some(path) = report.heard {
        say(&format!("   what the caller heard: {}", path.display()))?;
    }
    Ok(())
}

async fn show_call(client: &Client) -> Result<()> {
    let calls = client.get("/Calls.json?PageSize=1").await?;
    let sid = text(&calls["calls"][0]["sid"]);
    let call = client.wait(&format!("/Calls/{sid}.json"), &["completed", "failed", "canceled"]).await?;
    let timeline = client.get_native(&format!("/Calls/{sid}/Timeline.json")).await?;
    for item in timeline["items"].as_array().into_iter().flatten() {
        let at = text(&item["at"]);
        let clock = at.get(11..23).unwrap_or(&at);
        if let Some((event, detail)) = told(item) {
            say(&format!("   {clock}  {event:<14} {detail}"))?;
        }
    }
    say(&format!("   {sid}: {} s, {} EUR", text(&call["duration"]), text(&call["price"])))?;
    show_usage(&timeline)?;
    let recordings = client.get(&format!("/Recordings.json?CallSid={sid}")).await?;
    for recording in recordings["recordings"].as_array().into_iter().flatten() {
        say(&format!("   recording {} of {} s", text(&recording["sid"]), text(&recording["duration"])))?;
    }
    Ok(())
}

/// What the engine noted, with its facts, and SIP messages by their first line.
fn told(item: &Value) -> Option<(String, String)> {
    if item["kind"] == "sip" {
        let arrow = if item["direction"] == "sent" { "->" } else { "<-" };
        return Some((format!("sip {arrow}"), text(&item["start_line"])));
    }
    let fields = item["fields"].as_object()?.iter().filter(|(name, _)| *name != "leg");
    let facts: Vec<String> = fields
        .map(|(name, value)| if name == "detail" { text(value) } else { format!("{name}={}", text(value)) })
        .collect();
    Some((text(&item["event"]), facts.join(" ")))
}

fn show_usage(timeline: &Value) -> Result<()> {
    for event in timeline["items"].as_array().into_iter().flatten().filter(|item| item["kind"] == "usage") {
        say(&format!(
            "   usage  {:<10} {:>4} billed  {:<16} {} EUR",
            text(&event["usage"]),
            text(&event["billed"]),
            text(&event["item"]),
            text(&event["amount"]),
        ))?;
    }
    Ok(())
}

async fn show_message(client: &Client, sid: &str) -> Result<()> {
    let message = client.get(&format!("/Messages/{sid}.json")).await?;
    say(&format!("   {sid}: {} segment(s), {} EUR", text(&message["num_segments"]), text(&message["price"])))
}

/// The customer's program: a menu, a digit, a recording.
async fn start_application() -> Result<SocketAddr> {
    let xml = |body: &str| {
        let document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{body}</Response>");
        ([(CONTENT_TYPE, "application/xml")], document).into_response()
    };
    let menu = "<Gather action=\"/pressed\" numDigits=\"1\" timeout=\"5\"><Say language=\"en-GB\">Welcome. Press one to leave a message.</Say></Gather><Say language=\"en-GB\">Goodbye.</Say>";
    let router = Router::new()
        .route("/voice", post(move || async move { xml(menu) }))
        .route(
            "/pressed",
            post(move |RawForm(form): RawForm| async move {
                let pressed = String::from_utf8_lossy(&form).contains("Digits=1");
                xml(if pressed {
                    "<Say language=\"en-GB\">Speak after the tone.</Say><Record action=\"/recorded\" maxLength=\"2\" timeout=\"5\"/>"
                } else {
                    "<Say language=\"en-GB\">That was not one.</Say>"
                })
            }),
        )
        .route("/recorded", post(move || async move { xml("<Say language=\"en-GB\">Thank you.</Say><Hangup/>") }));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// A program that uses the REST API.
struct Client {
    http: reqwest::Client,
    base: String,
    sid: String,
    token: String,
}

impl Client {
    async fn get(&self, path: &str) -> Result<Value> {
        self.read(self.http.get(format!("{}/2010-04-01/Accounts/{}{path}", self.base, self.sid))).await
    }

    async fn get_native(&self, path: &str) -> Result<Value> {
        self.read(self.http.get(format!("{}/restcomm/2012-04-24/Accounts/{}{path}", self.base, self.sid)))
            .await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value> {
        let url = format!("{}/2010-04-01/Accounts/{}{path}", self.base, self.sid);
        let request =
            self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encode(form));
        self.read(request).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = request.basic_auth(&self.sid, Some(&self.token)).send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        let value: Value = serde_json::from_slice(&body).with_context(|| format!("{status}: no JSON"))?;
        if !status.is_success() {
            bail!("{status}: {}", text(&value["message"]));
        }
        Ok(value)
    }

    /// Asks until `status` is one of these; the state machines are quick, so ten seconds are plenty.
    async fn wait(&self, path: &str, wanted: &[&str]) -> Result<Value> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let value = self.get(path).await?;
            if value["status"].as_str().is_some_and(|status| wanted.contains(&status)) {
                return Ok(value);
            }
            if Instant::now() > until {
                bail!("{path} stays {}", text(&value["status"]));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Form encoding (WHATWG URL §5.2), everything but letters and digits escaped.
pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    let escape = |value: &str| {
        value.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
    };
    form.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

/// A JSON value as a person reads it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}
