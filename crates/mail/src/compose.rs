//! What an e-mail is made of (RFC 5322, RFC 2045).

use std::time::{Duration, SystemTime};

use flexio_domain::Email;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

/// A file that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Name, of letters, digits, dots and hyphens.
    pub name: String,
    /// Media type, such as `audio/wav`.
    pub kind: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// An e-mail cannot be written down: an address of the domain is none to the library. A bug.
#[derive(Debug, thiserror::Error)]
#[error("the e-mail cannot be composed: {0}")]
pub struct ComposeError(String);

fn broken(error: impl std::fmt::Display) -> ComposeError {
    ComposeError(error.to_string())
}

fn mailbox(ours: &flexio_domain::Mailbox) -> Result<Mailbox, ComposeError> {
    Ok(Mailbox::new(ours.name.clone(), ours.address.as_str().parse().map_err(broken)?))
}

/// The bytes after DATA, seven-bit, with lines of at most 998 characters. `body` is the opened text.
pub fn compose(email: &Email, body: &str, attachments: Vec<Attachment>) -> Result<Vec<u8>, ComposeError> {
    let id = format!("<{}@{}>", email.sid, email.from.address.domain());
    let seconds = u64::try_from(email.created_at.as_second()).unwrap_or(0);
    let mut builder = Message::builder()
        .from(mailbox(&email.from)?)
        .subject(&*email.subject.0)
        .message_id(Some(id))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    for to in &email.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &email.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    let kind = if email.is_html { ContentType::TEXT_HTML } else { ContentType::TEXT_PLAIN };
    let text = SinglePart::builder().header(kind).body(lines(body));
    let mut message = if attachments.is_empty() {
        builder.singlepart(text)
    } else {
        let mut parts = MultiPart::mixed().boundary(format!("part-{}", email.sid)).singlepart(text);
        for file in attachments {
            let kind = ContentType::parse(file.kind).map_err(broken)?;
            // Byte for byte: what encodes text may change the ends of its lines, and an invoice is a document with a digest.
            let body = Body::new_with_encoding(file.bytes, ContentTransferEncoding::Base64);
            let body = body.map_err(|_| broken("an attachment does not become base64"))?;
            parts = parts.singlepart(lettre::message::Attachment::new(file.name).body(body, kind));
        }
        builder.multipart(parts)
    }
    .map_err(broken)?;
    // Nobody's holiday message is wanted in return (RFC 3834 §5).
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(message.formatted())
}

/// Lines end as those of the network do.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_domain::*;
    use proptest::prelude::*;

    fn email(subject: &str) -> Email {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        Email {
            sid: EmailSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            from: "Zoë <info@acme.test>".parse().unwrap(),
            to: vec!["ann@example.test".parse().unwrap()],
            cc: vec!["\"Bob, Ltd\" <bob@example.test>".parse().unwrap()],
            recipients: Vec::new(),
            subject: Pii(subject.to_owned()),
            is_html: false,
            sealed_body: None,
            recording_sid: None,
            invoice_sid: None,
            by_operator: false,
            call_sid: None,
            message_sid: None,
            status_callback: None,
            status: EmailStatus::Queued,
            attempts: 0,
            next_attempt_at: None,
            expires_at: at,
            last_error: None,
            error: None,
            sent_at: None,
            api_version: "2012-04-24".to_owned(),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn an_email_is_the_same_bytes_each_time() {
        let file = || Attachment { name: "RE1.wav".to_owned(), kind: "audio/wav", bytes: vec![0, 1, 255] };
        let other =
            || Attachment { name: "2026-000042.pdf".to_owned(), kind: "application/pdf", bytes: vec![37] };
        let once = compose(&email("Héllo"), "Één\nregel.\n", vec![file(), other()]).unwrap();
        assert_eq!(once, compose(&email("Héllo"), "Één\nregel.\n", vec![file(), other()]).unwrap());
        let text = String::from_utf8(once).unwrap();
        assert!(text.is_ascii());
        for part in [
            "Message-ID: <EM00000000000000000000000000000001@acme.test>\r\n",
            "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "To: ann@example.test\r\n",
            "filename=\"RE1.wav\"",
            "filename=\"2026-000042.pdf\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn a_document_is_sent_byte_for_byte() {
        let file = Attachment {
            name: "2026-000042.xml".to_owned(),
            kind: "application/xml",
            bytes: b"<a>\n</a>\n".to_vec(),
        };
        let text = String::from_utf8(compose(&email("Hello"), "See the file.", vec![file]).unwrap()).unwrap();
        assert!(text.contains("\r\n\r\nPGE+CjwvYT4K\r\n"), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_header(subject in "[ -~é]{0,160}", body in "\\PC{0,300}") {
            let body = format!("{body}\r\nBcc: x@y.test\r\n\r\n.\r\n{body}");
            let bytes = compose(&email(&subject), &body, Vec::new()).unwrap();
            prop_assert!(bytes.is_ascii());
            let text = String::from_utf8(bytes).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            prop_assert!(!head.to_ascii_lowercase().contains("\r\nbcc:"), "{}", head);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        }
    }
}
