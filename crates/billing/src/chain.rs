//! The chain over the ledger: seals, each over some postings and over the seal before, so that nobody alters, removes or adds a sealed
//! posting without altering every seal behind it.
//!
//! A seal is over many postings because a chain of single ones would make every writer wait for the one before it.

use std::fmt::Write;

use flexio_domain::{AccountSid, Faults, KeptLeg, KeptPosting, LedgerSeal, LedgerTransaction, Money};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// `previous` of the first seal.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Hexadecimal digits of a mark.
const MARK: usize = 16;

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The digest of one posting: its id and its bytes, each behind its length.
fn digest(posting: &KeptPosting) -> String {
    let mut sha = Sha256::new();
    for part in [&posting.id, &posting.doc] {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    hex(&sha.finalize())
}

/// The seal over `postings`, which stand in the order of their ids, behind `last`.
pub fn seal(last: Option<&LedgerSeal>, postings: &[KeptPosting], sealed_at: Timestamp) -> LedgerSeal {
    let number = last.map_or(1, |seal| seal.number + 1);
    let previous = last.map_or_else(|| NOTHING.to_owned(), |seal| seal.digest.clone());
    let mut sha = Sha256::new();
    sha.update(format!("{previous} {number} {} {}", sealed_at.as_microsecond(), postings.len()));
    let mut marks = String::with_capacity(postings.len() * MARK);
    for posting in postings {
        let digest = digest(posting);
        sha.update(&digest);
        marks.push_str(&digest[..MARK]);
    }
    let digest = hex(&sha.finalize());
    let postings = u32::try_from(postings.len()).unwrap_or(u32::MAX);
    LedgerSeal { number, previous, digest, marks, postings, sealed_at }
}

/// The digest of what postings that are gone came to, in the order of their accounts.
pub fn openings<'o>(openings: impl IntoIterator<Item = (&'o AccountSid, &'o str, Money)>) -> String {
    let mut sha = Sha256::new();
    for (account, name, amount) in openings {
        sha.update(format!("{account} {name} {}\n", amount.micros()));
    }
    hex(&sha.finalize())
}

/// Whether `kept` stands where it must and is over `postings`, which stand in the order of their ids. What does not fit is added to
/// `faults`: postings that were altered or added by their ids, ones that are gone by how many, and the seal itself.
pub fn check(last: Option<&LedgerSeal>, kept: &LedgerSeal, postings: &[KeptPosting], faults: &mut Faults) {
    let made = seal(last, postings, kept.sealed_at);
    if made == *kept {
        return;
    }
    let marks: Vec<&str> =
        (0..kept.marks.len() / MARK).filter_map(|at| kept.marks.get(at * MARK..(at + 1) * MARK)).collect();
    let mut found = 0;
    for posting in postings {
        if marks.contains(&&digest(posting)[..MARK]) {
            found += 1;
        } else {
            faults.add(&posting.id);
        }
    }
    let gone = marks.len().saturating_sub(found);
    let altered = postings.len() - found;
    if gone > altered {
        faults.add(&format!("seal {}: {} postings are gone", kept.number, gone - altered));
    } else if altered == 0 {
        faults.add(&format!("seal {}", kept.number));
    }
}

/// Whether each posting can be read and its rows of legs say what it says: the others are added to `faults`.
pub fn check_legs(postings: &[KeptPosting], legs: &[KeptLeg], faults: &mut Faults) {
    for posting in postings {
        let rows = legs.iter().filter(|leg| leg.posting_id == posting.id);
        let rows = rows.map(|leg| (leg.ledger_account.clone(), leg.amount));
        let same = serde_json::from_str::<LedgerTransaction>(&posting.doc).is_ok_and(|said| {
            said.id == posting.id
                && said.legs.iter().map(|leg| (leg.account.to_string(), leg.amount)).eq(rows)
        });
        if !same {
            faults.add(&posting.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postings() -> Vec<KeptPosting> {
        let posting = |id: &str, doc: &str| KeptPosting { id: id.to_owned(), doc: doc.to_owned() };
        vec![posting("a", "1"), posting("b", "2"), posting("c", "3")]
    }

    fn faults(last: Option<&LedgerSeal>, kept: &LedgerSeal, postings: &[KeptPosting]) -> Vec<String> {
        let mut faults = Faults::default();
        check(last, kept, postings, &mut faults);
        faults.ids
    }

    #[test]
    fn what_was_done_to_sealed_postings_is_told_by_name() {
        let first = seal(None, &postings(), Timestamp::UNIX_EPOCH);
        let second = seal(Some(&first), &postings()[..1], Timestamp::UNIX_EPOCH);
        assert_eq!(faults(None, &first, &postings()), [""; 0]);
        assert_eq!(faults(Some(&first), &second, &postings()[..1]), [""; 0]);
        let mut altered = postings();
        altered[1].doc = "20".to_owned();
        assert_eq!(faults(None, &first, &altered), ["b"]);
        assert_eq!(faults(None, &first, &postings()[..2]), ["seal 1: 1 postings are gone"]);
        let mut more = postings();
        more.push(KeptPosting { id: "d".to_owned(), doc: "4".to_owned() });
        assert_eq!(faults(None, &first, &more), ["d"]);
        // Altered and sealed anew: the seal behind it gives it away.
        let forged = seal(None, &altered, Timestamp::UNIX_EPOCH);
        assert_eq!(faults(None, &forged, &altered), [""; 0]);
        assert_eq!(faults(Some(&forged), &second, &postings()[..1]), ["seal 2"]);
        // A seal taken out.
        assert_eq!(faults(None, &second, &postings()[..1]), ["seal 2"]);
    }

    #[test]
    fn lengths_keep_ids_and_bytes_apart() {
        let posting = |id: &str, doc: &str| KeptPosting { id: id.to_owned(), doc: doc.to_owned() };
        assert_ne!(digest(&posting("ab", "c")), digest(&posting("a", "bc")));
    }
}
