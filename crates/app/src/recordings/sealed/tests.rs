use super::*;
use proptest::prelude::*;

fn key(byte: u8) -> AudioKey {
    AudioKey([byte; 32])
}

fn sid() -> RecordingSid {
    RecordingSid::from_u128(7)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn write(path: &Path, plain: &[u8]) -> u64 {
    let mut writer = SealedWriter::new(path.to_owned(), &key(1), sid(), Layout::Pcm { channels: 1 });
    plain.chunks(3_333).for_each(|part| writer.write(part).unwrap());
    writer.finish().unwrap()
}

fn read(
    file: &[u8],
    key: &AudioKey,
    sid: RecordingSid,
    plain: std::ops::Range<u64>,
) -> Result<Vec<u8>, SealedError> {
    let reader = SealedReader::new(key, sid, &file[..HEAD], file.len() as u64)?;
    let span = reader.span(&plain);
    let at = |byte: u64| usize::try_from(byte).unwrap().min(file.len());
    reader.open(&plain, &file[at(span.start)..at(span.end)])
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

#[test]
fn what_is_written_is_read_back_and_is_nowhere_in_the_file() {
    let folder = folder();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 77] {
        let (path, plain) = (folder.path().join(format!("{length}.rec")), bytes(length));
        assert_eq!(write(&path, &plain), length as u64);
        assert!(!partial_name(&path).exists());
        let file = std::fs::read(&path).unwrap();
        assert_eq!(read(&file, &key(1), sid(), 0..length as u64).unwrap(), plain, "{length}");
        assert_eq!(
            SealedReader::new(&key(1), sid(), &file[..HEAD], file.len() as u64).unwrap().plain_bytes(),
            length as u64
        );
        let marker = plain.windows(16).next();
        assert!(
            marker.is_none_or(|marker| !file.windows(16).any(|seen| seen == marker)),
            "plain audio on disk"
        );
    }
}

#[test]
fn another_key_another_recording_and_any_change_are_refused() {
    let folder = folder();
    let path = folder.path().join("a.rec");
    write(&path, &bytes(3 * CHUNK));
    let file = std::fs::read(&path).unwrap();
    let all = 0..3 * CHUNK as u64;
    assert!(read(&file, &key(2), sid(), all.clone()).is_err());
    assert!(read(&file, &key(1), RecordingSid::from_u128(8), all.clone()).is_err());
    // Cut at a chunk, so that every chunk is genuine: the new last one is not marked as the last.
    assert!(read(&file[..HEAD + 2 * SEALED_CHUNK], &key(1), sid(), 0..2 * CHUNK as u64).is_err());
    let mut swapped = file.clone();
    let (first, rest) = swapped[HEAD..].split_at_mut(SEALED_CHUNK);
    first.swap_with_slice(&mut rest[..SEALED_CHUNK]);
    assert!(read(&swapped, &key(1), sid(), all).is_err());
}

#[test]
fn a_crash_leaves_the_chunks_that_were_complete() {
    let folder = folder();
    let path = folder.path().join("a.rec");
    let plain = bytes(4 * CHUNK + 100);
    let mut writer = SealedWriter::new(path.clone(), &key(1), sid(), Layout::Pcm { channels: 1 });
    writer.write(&plain).unwrap();
    drop(writer);
    // The write of the fifth chunk was cut in the middle.
    let mut torn = OpenOptions::new().append(true).open(partial_name(&path)).unwrap();
    torn.write_all(&[9; 50]).unwrap();
    assert_eq!(salvage(&path, &key(1), sid()).unwrap(), Some(4 * CHUNK as u64));
    assert_eq!(salvage(&path, &key(1), sid()).unwrap(), Some(4 * CHUNK as u64), "again");
    let file = std::fs::read(&path).unwrap();
    assert_eq!(read(&file, &key(1), sid(), 0..4 * CHUNK as u64).unwrap(), plain[..4 * CHUNK]);
    assert_eq!(salvage(&folder.path().join("none.rec"), &key(1), sid()).unwrap(), None);
}

#[test]
fn a_crash_after_the_end_was_written_loses_nothing() {
    let folder = folder();
    let path = folder.path().join("a.rec");
    write(&path, &bytes(2 * CHUNK + 77));
    std::fs::rename(&path, partial_name(&path)).unwrap();
    assert_eq!(salvage(&path, &key(1), sid()).unwrap(), Some(2 * CHUNK as u64 + 77));
    let file = std::fs::read(&path).unwrap();
    assert_eq!(read(&file, &key(1), sid(), 0..2 * CHUNK as u64 + 77).unwrap(), bytes(2 * CHUNK + 77));
}

#[test]
fn two_files_of_one_key_never_share_a_nonce() {
    assert_ne!(new_head(Layout::Mp3), new_head(Layout::Mp3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_part_reads_as_it_is(length in 1_usize..40_000, from in 0_usize..40_000, count in 1_usize..20_000) {
        let folder = folder();
        let path = folder.path().join("a.rec");
        let plain = bytes(length);
        write(&path, &plain);
        let from = from % length;
        let to = (from + count).min(length);
        let file = std::fs::read(&path).unwrap();
        let part = read(&file, &key(1), sid(), from as u64..to as u64).unwrap();
        prop_assert_eq!(&part[..], &plain[from..to]);
    }

    #[test]
    fn any_altered_byte_is_refused(at in 0_usize..20_000, flip in 1_u8..=255) {
        let folder = folder();
        let path = folder.path().join("a.rec");
        write(&path, &bytes(2 * CHUNK + 9));
        let mut file = std::fs::read(&path).unwrap();
        let at = at % file.len();
        file[at] ^= flip;
        prop_assert!(read(&file, &key(1), sid(), 0..2 * CHUNK as u64 + 9).is_err());
    }
}
