//! A customer's program that uses the REST API.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::{PATIENCE, eventually};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}: no JSON: {}", self.status, self.text()))
    }

    /// The body of a success; panics with the body of a refusal.
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// `code` of an error body.
    pub fn code(&self) -> u64 {
        self.json()["code"].as_u64().unwrap_or_else(|| panic!("no code: {}", self.text()))
    }
}

/// Root of the Twilio-compatible API.
pub const TWILIO: &str = "/2010-04-01";
/// Root of the FlexIO API.
pub const NATIVE: &str = "/restcomm/2012-04-24";

/// A client of one account. A connection for each request: what is tested is not the client.
#[derive(Debug, Clone)]
pub struct Rest {
    /// `http://127.0.0.1:8080`
    pub base: String,
    /// Account or key that signs in.
    pub user: String,
    /// Its token or secret.
    pub token: String,
    /// Account in the paths.
    pub account: String,
    /// With `https://`: file with the authority (PEM) that vouches for the server.
    pub authority: Option<PathBuf>,
}

impl Rest {
    /// Signs in as the account.
    pub fn new(base: &str, account: &str, token: &str) -> Self {
        Self {
            base: base.to_owned(),
            user: account.to_owned(),
            token: token.to_owned(),
            account: account.to_owned(),
            authority: None,
        }
    }

    /// Sends anything; an error is one of the connection.
    pub async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let (_, host) = self.base.split_once("://").expect("the base is a URL");
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", self.user, self.token));
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\nConnection: close\r\n"
        );
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
        if let Some(authority) = &self.authority {
            return by_tls(host, authority, &[head.as_bytes(), body].concat()).await;
        }
        let exchange = async {
            let mut stream = TcpStream::connect(host).await?;
            let sent = match stream.write_all(head.as_bytes()).await {
                Ok(()) => stream.write_all(body).await,
                failed => failed,
            };
            let mut bytes = Vec::new();
            let read = stream.read_to_end(&mut bytes).await;
            // An answer may come before the request is sent whole, and be the reason why it is not.
            match parse(&bytes) {
                Some(answer) => Ok(answer),
                None => Err(sent.err().or(read.err()).unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
            }
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Path of the account in the Twilio-compatible API.
    pub fn path(&self, rest: &str) -> String {
        format!("{TWILIO}/Accounts/{}{rest}", self.account)
    }

    /// Path of the account in the FlexIO API.
    pub fn native(&self, rest: &str) -> String {
        format!("{NATIVE}/Accounts/{}{rest}", self.account)
    }

    /// GET of a whole path.
    pub async fn get_at(&self, target: &str) -> Answer {
        self.send("GET", target, &[], &[]).await.expect("flexio answers")
    }

    /// POST of a form to a whole path.
    pub async fn post_at(&self, target: &str, form: &[(&str, &str)]) -> Answer {
        self.try_post(target, form, &[]).await.expect("flexio answers")
    }

    /// POST of a form; an error is one of the connection.
    pub async fn try_post(
        &self,
        target: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", target, &all, body.as_bytes()).await
    }

    /// GET below the account, Twilio-compatible: `/Calls.json`.
    pub async fn get(&self, rest: &str) -> Value {
        self.get_at(&self.path(rest)).await.ok()
    }

    /// POST below the account, Twilio-compatible.
    pub async fn post(&self, rest: &str, form: &[(&str, &str)]) -> Value {
        self.post_at(&self.path(rest), form).await.ok()
    }

    /// Asks until the resource has one of these statuses.
    pub async fn wait_status(&self, rest: &str, wanted: &[&str]) -> Value {
        eventually(&format!("{rest} becomes {wanted:?}"), || async {
            let value = self.get(rest).await;
            value["status"].as_str().is_some_and(|status| wanted.contains(&status)).then_some(value)
        })
        .await
    }

    /// Asks until a list has `count` rows and each has one of these statuses.
    pub async fn wait_all(&self, rest: &str, member: &str, count: usize, wanted: &[&str]) -> Vec<Value> {
        eventually(&format!("{count} {member} become {wanted:?}"), || async {
            let rows = self.get(rest).await[member].as_array().cloned().unwrap_or_default();
            let done = rows.iter().all(|row| row["status"].as_str().is_some_and(|s| wanted.contains(&s)));
            (rows.len() == count && done).then_some(rows)
        })
        .await
    }

    /// Rents the first number on offer, with these settings.
    pub async fn rent(&self, settings: &[(&str, &str)]) -> String {
        let found = self.get("/AvailablePhoneNumbers/BE/Local.json?PageSize=1").await;
        let number = found["available_phone_numbers"][0]["phone_number"]
            .as_str()
            .expect("the stock has numbers")
            .to_owned();
        let mut form = vec![("PhoneNumber", number.as_str())];
        form.extend_from_slice(settings);
        self.post("/IncomingPhoneNumbers.json", &form).await;
        number
    }

    /// Every row of a list below the account, Twilio-compatible, page by page: `/Messages`.
    pub async fn all(&self, path: &str, member: &str) -> Vec<Value> {
        let (mut rows, mut next) = (Vec::new(), Some(self.path(&format!("{path}.json?PageSize=1000"))));
        while let Some(target) = next {
            let page = self.get_at(&target).await.ok();
            rows.extend(page[member].as_array().cloned().expect("a list"));
            next = page["next_page_uri"].as_str().map(ToOwned::to_owned);
        }
        rows
    }

    /// Every message, when none waits and none has changed for a second. What stays `sending` is what nobody knows the outcome of:
    /// the answer of the carrier was lost.
    pub async fn messages_at_rest(&self) -> Vec<Value> {
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut last = Vec::new();
        loop {
            let found = self.all("/Messages", "messages").await;
            let waits = |row: &Value| matches!(row["status"].as_str(), Some("queued" | "accepted"));
            if !found.iter().any(waits) && found == last {
                return found;
            }
            assert!(tokio::time::Instant::now() < until, "messages do not come to rest");
            last = found;
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    /// The timeline of a call.
    pub async fn timeline(&self, call: &str) -> Value {
        self.get_at(&self.native(&format!("/Calls/{call}/Timeline.json"))).await.ok()
    }
}

/// A status a call does not leave.
pub const OVER: &[&str] = &["completed", "busy", "no-answer", "failed", "canceled"];

/// One exchange through OpenSSL's client, which ends it when the server is not the right one.
async fn by_tls(host: &str, authority: &Path, request: &[u8]) -> io::Result<Answer> {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-connect", host, "-CAfile"])
        .arg(authority)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = client.stdin.take().expect("it is piped");
    said.write_all(request).await?;
    let output = tokio::time::timeout(PATIENCE, client.wait_with_output());
    let output = output.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    drop(said);
    parse(&output.stdout).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// A whole response (RFC 9112 §6), or `None` when it was cut off.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let body = if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        unchunk(rest)?
    } else if let Some(length) = headers.get("content-length") {
        rest.get(..length.parse().ok()?)?.to_vec()
    } else {
        rest.to_vec()
    };
    Some(Answer { status, headers, body })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_that_was_cut_off_is_none() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(whole).unwrap().body, b"{}");
        assert!(parse(&whole[..whole.len() - 1]).is_none());
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(parse(chunked).unwrap().body, b"{}");
        assert!(parse(&chunked[..chunked.len() - 6]).is_none());
    }
}
