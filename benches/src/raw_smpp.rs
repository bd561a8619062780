//! The raw limit of taking from a carrier durably: a bind, and each `deliver_sm` kept as it came before it is answered; what has arrived
//! together shares a commit.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

/// SMPP 3.4 §5.1.2.1: requests, and the bit of their answers.
const BIND_TRANSCEIVER: u32 = 0x09;
const DELIVER_SM: u32 = 0x05;
const ENQUIRE_LINK: u32 = 0x15;
const RESPONSE: u32 = 0x8000_0000;
/// Length, id, status and number of every PDU.
const HEADER: usize = 16;
/// Longest PDU that is believed.
const PDU_MAX: usize = 1 << 16;

fn pdu(id: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let header = [length, id, 0, sequence].map(u32::to_be_bytes).concat();
    [header, body.to_vec()].concat()
}

fn word(octets: &[u8], at: usize) -> u32 {
    octets.get(at..at + 4).map_or(0, |four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

/// Binds at an SMSC, prints its address, and takes everything until it is killed or the SMSC goes.
pub(crate) fn serve(folder: &Path, smsc: &str) -> Result<()> {
    let smsc: SocketAddr = smsc.parse().context("raw-smpp FOLDER ADDRESS")?;
    let mut connection = Connection::open(folder.join("raw.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8192;
         CREATE TABLE taken (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    )?;
    let mut stream = TcpStream::connect(smsc)?;
    stream.set_nodelay(true)?;
    // Name, password, kind, version 3.4, type, plan, addresses.
    stream.write_all(&pdu(BIND_TRANSCEIVER, 1, b"raw\0raw\0\0\x34\0\0\0"))?;
    let (mut read, mut chunk, mut is_bound) = (Vec::new(), vec![0; PDU_MAX], false);
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        read.extend_from_slice(&chunk[..count]);
        let (bodies, answers, bound) = take(&mut read)?;
        if !bodies.is_empty() {
            let transaction = connection.transaction()?;
            let mut insert = transaction.prepare_cached("INSERT INTO taken (body) VALUES (?1)")?;
            for body in &bodies {
                insert.execute([body])?;
            }
            drop(insert);
            transaction.commit()?;
        }
        stream.write_all(&answers)?;
        if bound && !is_bound {
            is_bound = true;
            println!("{smsc}");
        }
    }
}

/// The whole PDUs of what was read: bodies to keep, answers to all, and whether the bind was among them.
fn take(read: &mut Vec<u8>) -> Result<(Vec<Vec<u8>>, Vec<u8>, bool)> {
    let (mut bodies, mut answers, mut bound, mut at) = (Vec::new(), Vec::new(), false, 0);
    while read.len() - at >= HEADER {
        let length = usize::try_from(word(read, at))?;
        ensure!((HEADER..=PDU_MAX).contains(&length), "a PDU of {length} octets");
        let Some(whole) = read.get(at..at + length) else { break };
        let (id, sequence) = (word(whole, 4), word(whole, 12));
        match id {
            DELIVER_SM => {
                bodies.push(whole[HEADER..].to_vec());
                // An empty message id.
                answers.extend(pdu(DELIVER_SM | RESPONSE, sequence, &[0]));
            }
            ENQUIRE_LINK => answers.extend(pdu(ENQUIRE_LINK | RESPONSE, sequence, &[])),
            _ => bound |= id == BIND_TRANSCEIVER | RESPONSE && word(whole, 8) == 0,
        }
        at += length;
    }
    read.drain(..at);
    Ok((bodies, answers, bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pdus_are_kept_and_answered_and_the_rest_waits() {
        let two = [pdu(DELIVER_SM, 7, b"one"), pdu(ENQUIRE_LINK, 8, &[])].concat();
        let mut read = [two, pdu(DELIVER_SM, 9, b"late")].concat();
        let late = read.split_off(read.len() - 2);
        let (bodies, answers, bound) = take(&mut read).unwrap();
        assert_eq!((bodies, bound), (vec![b"one".to_vec()], false));
        let expected = [pdu(DELIVER_SM | RESPONSE, 7, &[0]), pdu(ENQUIRE_LINK | RESPONSE, 8, &[])];
        assert_eq!(answers, expected.concat());
        read.extend(late);
        assert_eq!(take(&mut read).unwrap().0, [b"late".to_vec()]);
        assert!(read.is_empty());
        assert!(take(&mut vec![0; 16]).is_err());
        let mut bind = pdu(BIND_TRANSCEIVER | RESPONSE, 1, b"x\0");
        assert!(take(&mut bind).unwrap().2);
    }
}
