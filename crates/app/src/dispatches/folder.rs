//! Hand-over by a folder: documents appear in `out/` whole or not at all, and whoever takes them may say what became of one in `in/`.
//!
//! `out/NAME.xml` is the document, `out/NAME.json` who it is from and for, written before it. An answer is `in/NAME.json`:
//! `{"state":"delivered"}`, or `{"state":"rejected","reason":"…"}`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use flexio_domain::DispatchWay;
use serde::Deserialize;

use super::{DocumentTransport, Fate, OutgoingDocument, Receipt, TransportError};

/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// The folder.
#[derive(Debug, Clone)]
pub struct HandOverFolder {
    out: PathBuf,
    answers: PathBuf,
}

#[derive(Deserialize)]
struct Answer {
    state: String,
    #[serde(default)]
    reason: String,
}

impl HandOverFolder {
    /// Makes both folders if need be.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let (out, answers) = (folder.join("out"), folder.join("in"));
        for folder in [&out, &answers] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Self { out, answers })
    }

    /// Writes a file beside its place, brings it to the disk, and moves it there: nobody reads a half of it, and after a crash it is there
    /// or not.
    fn place(&self, name: &str, content: &[u8]) -> std::io::Result<()> {
        let target = self.out.join(name);
        let beside = self.out.join(format!(".{name}.part"));
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&beside, &target)?;
        std::fs::File::open(&self.out)?.sync_all()
    }

    fn put(&self, document: &OutgoingDocument) -> std::io::Result<()> {
        let about = serde_json::json!({
            "name": document.name, "kind": document.kind.as_str(),
            "sender": document.sender, "receiver": document.receiver,
        });
        self.place(&format!("{}.json", document.name), about.to_string().as_bytes())?;
        self.place(&format!("{}.xml", document.name), document.content.as_bytes())
    }

    fn answer(&self, name: &str) -> Result<Fate, String> {
        let path = self.answers.join(format!("{name}.json"));
        match std::fs::metadata(&path) {
            Ok(found) if found.len() > ANSWER_BYTES_MAX => return Err("the answer is too large".to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Fate::Sent),
            Err(error) => return Err(error.to_string()),
        }
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let answer: Answer = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match answer.state.as_str() {
            "sent" => Ok(Fate::Sent),
            "delivered" => Ok(Fate::Delivered),
            "rejected" => Ok(Fate::Rejected(answer.reason)),
            other => Err(format!("`{other}` is no state")),
        }
    }
}

/// Names come from document numbers; nothing else may become a path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[async_trait]
impl DocumentTransport for HandOverFolder {
    fn way(&self) -> DispatchWay {
        DispatchWay::Folder
    }

    fn tells_delivery(&self) -> bool {
        false
    }

    async fn send(&self, document: &OutgoingDocument) -> Result<Receipt, TransportError> {
        if !is_name(&document.name) {
            return Err(TransportError::Refused(format!("`{}` is no name of a file", document.name)));
        }
        let (folder, document) = (self.clone(), document.clone());
        let reference = document.name.clone();
        let placed = tokio::task::spawn_blocking(move || folder.put(&document)).await;
        match placed {
            Ok(Ok(())) => Ok(Receipt { reference, fate: Fate::Sent }),
            Ok(Err(error)) => Err(TransportError::Unknown(error.to_string())),
            Err(error) => Err(TransportError::Unknown(error.to_string())),
        }
    }

    async fn fate(&self, reference: &str) -> Result<Fate, TransportError> {
        if !is_name(reference) {
            return Ok(Fate::Sent);
        }
        let (folder, name) = (self.clone(), reference.to_owned());
        let read = tokio::task::spawn_blocking(move || folder.answer(&name)).await;
        match read {
            Ok(Ok(fate)) => Ok(fate),
            Ok(Err(why)) => {
                tracing::warn!(document = reference, why, "document_answer_unreadable");
                Err(TransportError::Unknown(why))
            }
            Err(error) => Err(TransportError::Unknown(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use flexio_domain::InvoiceKind;

    use super::*;

    fn document(name: &str) -> OutgoingDocument {
        OutgoingDocument {
            name: name.to_owned(),
            kind: InvoiceKind::Invoice,
            content: "<Invoice/>".to_owned(),
            sender: "0208:0999999922".to_owned(),
            receiver: "0208:0202239951".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_document_appears_whole_and_its_answer_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let transport = HandOverFolder::open(folder.path()).unwrap();
        for _ in 0..2 {
            let receipt = transport.send(&document("2026-000001-1")).await.unwrap();
            assert_eq!(receipt, Receipt { reference: "2026-000001-1".to_owned(), fate: Fate::Sent });
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path().join("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["2026-000001-1.json", "2026-000001-1.xml"], "once, and nothing beside it");
        assert_eq!(transport.fate("2026-000001-1").await, Ok(Fate::Sent));
        let answer = folder.path().join("in/2026-000001-1.json");
        std::fs::write(&answer, r#"{"state":"rejected","reason":"unknown buyer"}"#).unwrap();
        assert_eq!(transport.fate("2026-000001-1").await, Ok(Fate::Rejected("unknown buyer".to_owned())));
        std::fs::write(&answer, r#"{"state":"delivered"}"#).unwrap();
        assert_eq!(transport.fate("2026-000001-1").await, Ok(Fate::Delivered));
        std::fs::write(&answer, "half an ans").unwrap();
        assert!(transport.fate("2026-000001-1").await.is_err());
    }

    #[tokio::test]
    async fn no_name_leads_out_of_the_folder_and_a_lost_folder_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let transport = HandOverFolder::open(folder.path()).unwrap();
        assert!(matches!(transport.send(&document("../x")).await, Err(TransportError::Refused(_))));
        assert_eq!(transport.fate("../../etc/passwd").await, Ok(Fate::Sent));
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
        assert!(matches!(transport.send(&document("a")).await, Err(TransportError::Unknown(_))));
    }
}
