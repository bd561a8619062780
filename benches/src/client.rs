//! A customer's program, as cheap as can be: HTTP/1.1 over one kept connection. It shares the cores with what it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Largest answer, head and body.
const ANSWER_MAX: usize = 1 << 20;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(8_192) })
    }

    /// Sends a whole request and reads a whole answer: status and body. Answers must carry their length.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let mut wanted = None;
        loop {
            if let Some((status, start, end)) = wanted
                && self.read.len() >= end
            {
                return Ok((status, &self.read[start..end]));
            }
            if self.read.len() > ANSWER_MAX {
                bail!("an answer beyond {ANSWER_MAX} bytes");
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection ended in an answer");
            }
            if wanted.is_none() {
                wanted = head(&self.read)?;
            }
        }
    }
}

/// Status, and where the body begins and ends; `None` while the head is not whole.
fn head(read: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&read[..end])?;
    let status = text.get(9..12).and_then(|code| code.parse().ok()).context("no status")?;
    let length = text.lines().filter_map(|line| line.split_once(':'));
    let length = length.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = match length {
        Some((_, value)) => value.trim().parse()?,
        None if status == 204 => 0,
        None => bail!("an answer without Content-Length"),
    };
    Ok(Some((status, end + 4, end + 4 + length)))
}

/// Who signs in.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// Account.
    pub sid: String,
    /// Its token.
    pub token: String,
}

impl Login {
    /// A request for something of the account, such as `/Messages.json`; a form makes it a POST.
    pub(crate) fn request(&self, resource: &str, form: Option<&[(&str, &str)]>, headers: &str) -> Vec<u8> {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", self.sid, self.token));
        let method = if form.is_some() { "POST" } else { "GET" };
        let body = form.map(encode).unwrap_or_default();
        format!(
            "{method} /2010-04-01/Accounts/{}{resource} HTTP/1.1\r\nHost: flexio\r\nAuthorization: Basic {basic}\r\n\
             {headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.sid,
            body.len()
        )
        .into_bytes()
    }
}

/// Form encoding (WHATWG URL §5.2), everything but letters and digits escaped.
fn encode(form: &[(&str, &str)]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_is_there() {
        assert_eq!(head(b"HTTP/1.1 201 Created\r\ncontent-le").unwrap(), None);
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(head(whole).unwrap(), Some((201, whole.len() - 2, whole.len())));
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_form_escapes_what_is_not_a_letter() {
        assert_eq!(encode(&[("To", "+32"), ("Body", "a b")]), "To=%2B32&Body=a%20b");
    }
}
