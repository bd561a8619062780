//! [`Message`] to bytes.

use super::{Message, Start};
use crate::header::Name;
use crate::scan;

impl Message {
    /// Appends the message as it goes on the wire: canonical names, one line per field, Content-Length last and right.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match &self.start {
            Start::Request { method, uri } => {
                out.extend_from_slice(method.as_str().as_bytes());
                out.push(b' ');
                out.extend_from_slice(self.span(*uri));
                out.extend_from_slice(b" SIP/2.0\r\n");
            }
            Start::Response { status, reason } => {
                out.extend_from_slice(b"SIP/2.0 ");
                scan::push_decimal(out, u32::from(*status));
                out.push(b' ');
                out.extend_from_slice(self.span(*reason));
                out.extend_from_slice(b"\r\n");
            }
        }
        for field in self.fields.iter().filter(|f| f.name != Name::ContentLength) {
            match field.name {
                Name::Other => out.extend_from_slice(self.span(field.spelled)),
                known => out.extend_from_slice(known.as_str().as_bytes()),
            }
            out.extend_from_slice(b": ");
            out.extend_from_slice(self.span(field.value));
            out.extend_from_slice(b"\r\n");
        }
        write_body(out, self.body());
    }

    /// [`Message::write_to`] into a new vector.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 64);
        self.write_to(&mut out);
        out
    }
}

/// Ends a message: Content-Length, empty line, body.
pub(crate) fn write_body(out: &mut Vec<u8>, body: &[u8]) {
    out.extend_from_slice(b"Content-Length: ");
    scan::push_decimal(out, u32::try_from(body.len()).expect("bodies are bounded"));
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}
