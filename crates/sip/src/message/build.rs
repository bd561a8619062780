//! Building messages field by field, for tests, tools and requests outside the endpoint.

use super::{Field, Message, Span, Start};
use crate::header::{FieldError, Name, check_field};
use crate::limits::{MAX_HEAD, MAX_HEADERS};
use crate::method::Method;
use crate::uri::Uri;

/// Why a message cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A field is not well formed.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Status outside 100 to 699.
    #[error("status out of range")]
    Status,
    /// More than 200 headers, or more than 32 KiB of them.
    #[error("message too large")]
    TooLarge,
}

impl Message {
    /// A request without headers.
    pub fn request(method: Method, uri: &Uri) -> Message {
        let text = uri.as_str().as_bytes().to_vec();
        let uri = (0, position(text.len()));
        Message { start: Start::Request { method, uri }, text, fields: Vec::new(), body: (0, 0) }
    }

    /// A response without headers.
    pub fn response(status: u16, reason: &str) -> Result<Message, BuildError> {
        check_field(b"Reason", reason.as_bytes())?;
        if !(100..700).contains(&status) {
            return Err(BuildError::Status);
        }
        let text = reason.as_bytes().to_vec();
        let reason = (0, position(text.len()));
        Ok(Message { start: Start::Response { status, reason }, text, fields: Vec::new(), body: (0, 0) })
    }

    /// Adds a field at the end. Content-Length is written by printing and cannot be set.
    pub fn push(&mut self, name: &str, value: &[u8]) -> Result<(), BuildError> {
        check_field(name.as_bytes(), value)?;
        let known = Name::parse(name.as_bytes());
        if known == Name::ContentLength {
            return Err(FieldError::Reserved.into());
        }
        if self.fields.len() == MAX_HEADERS || self.text.len() + name.len() + value.len() > MAX_HEAD {
            return Err(BuildError::TooLarge);
        }
        let spelled = self.append(name.as_bytes());
        let value = self.append(crate::scan::trim(value));
        self.fields.push(Field { name: known, spelled, value });
        Ok(())
    }

    /// Sets Content-Type and body; at most 64 KiB less the headers go into a datagram.
    pub fn set_body(&mut self, content_type: &str, body: &[u8]) -> Result<(), BuildError> {
        if body.len() > crate::limits::MAX_STREAM_MESSAGE {
            return Err(BuildError::TooLarge);
        }
        self.push("Content-Type", content_type.as_bytes())?;
        self.body = self.append(body);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Span {
        let start = position(self.text.len());
        self.text.extend_from_slice(bytes);
        (start, position(self.text.len()))
    }
}

fn position(length: usize) -> u32 {
    u32::try_from(length).expect("built messages are bounded")
}
