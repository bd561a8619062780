//! Takes a response body piece by piece and stops at the first byte too many.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use crate::FetchError;

/// Highest ratio of decompressed to received bytes.
const RATIO_MAX: usize = 100;
/// Below this size the ratio does not matter: a page of blanks is no attack.
const RATIO_FREE_BYTES: usize = 4_096;

/// A body under construction.
pub(crate) enum BodySink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl BodySink {
    /// A sink for `content_encoding` (`None`, `identity`, `gzip`) holding at most `bytes_max` bytes. Other and stacked encodings are
    /// refused: we ask for gzip only.
    pub(crate) fn new(content_encoding: Option<&str>, bytes_max: usize) -> Result<Self, FetchError> {
        let bounded =
            Bounded { bytes: Vec::new(), received: 0, bytes_max, ratio_checked: false, is_over: false };
        match content_encoding.map(str::trim).map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "identity") => Ok(Self::Plain(bounded)),
            Some("gzip" | "x-gzip") => {
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Bounded { ratio_checked: true, ..bounded }))))
            }
            Some(_) => Err(FetchError::Protocol),
        }
    }

    /// Takes the next piece as received.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        match self {
            Self::Plain(bounded) => bounded.write_all(piece).map_err(|_| FetchError::BodyTooLarge),
            Self::Gzip(decoder) => {
                decoder.get_mut().received += piece.len();
                let written = decoder.write_all(piece);
                written.map_err(|_| gzip_fault(decoder.get_ref()))
            }
        }
    }

    /// The whole body. A gzip stream that ends early is an error.
    pub(crate) fn finish(self) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Plain(bounded) => Ok(bounded.bytes),
            Self::Gzip(decoder) if decoder.get_ref().received == 0 => Ok(Vec::new()),
            Self::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
                Err(_) => Err(gzip_fault(decoder.get_ref())),
            },
        }
    }
}

fn gzip_fault(bounded: &Bounded) -> FetchError {
    if bounded.is_over { FetchError::BodyTooLarge } else { FetchError::Protocol }
}

/// Bytes with a ceiling; writing past it fails.
pub(crate) struct Bounded {
    bytes: Vec<u8>,
    received: usize,
    bytes_max: usize,
    ratio_checked: bool,
    is_over: bool,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let size = self.bytes.len() + piece.len();
        let is_bomb = self.ratio_checked && size > RATIO_FREE_BYTES && size / RATIO_MAX > self.received;
        if size > self.bytes_max || is_bomb {
            self.is_over = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(encoding: Option<&str>, bytes_max: usize, body: &[u8]) -> Result<Vec<u8>, FetchError> {
        let mut sink = BodySink::new(encoding, bytes_max)?;
        for piece in body.chunks(7) {
            sink.push(piece)?;
        }
        sink.finish()
    }

    #[test]
    fn plain_and_gzip_bodies_arrive_whole() {
        let text = b"<Response><Say>Dag</Say></Response>";
        assert_eq!(read(None, 100, text).unwrap(), text);
        assert_eq!(read(Some("GZip"), 100, &gzip(text)).unwrap(), text);
        let two_members = [gzip(b"<Response>"), gzip(b"</Response>")].concat();
        assert_eq!(read(Some("gzip"), 100, &two_members).unwrap(), b"<Response></Response>");
        assert_eq!(read(Some("gzip"), 100, b"").unwrap(), b"");
    }

    #[test]
    fn the_limit_is_exact_for_both() {
        let text = [b'a'; 100];
        assert!(read(None, 100, &text).is_ok() && read(Some("gzip"), 100, &gzip(&text)).is_ok());
        assert_eq!(read(None, 99, &text), Err(FetchError::BodyTooLarge));
        assert_eq!(read(Some("gzip"), 99, &gzip(&text)), Err(FetchError::BodyTooLarge));
    }

    #[test]
    fn a_bomb_is_refused_by_ratio_before_its_size_matters() {
        let bomb = gzip(&vec![0; 4_000_000]);
        assert!(bomb.len() * RATIO_MAX < 4_000_000);
        assert_eq!(read(Some("gzip"), 5_000_000, &bomb), Err(FetchError::BodyTooLarge));
        let nested = gzip(&bomb);
        assert_eq!(read(Some("gzip"), 5_000_000, &nested).unwrap(), bomb);
        assert_eq!(read(Some("gzip, gzip"), 5_000_000, &nested), Err(FetchError::Protocol));
    }

    #[test]
    fn a_cut_or_false_gzip_stream_and_other_encodings_are_refused() {
        let whole = gzip(b"<Response/>");
        assert_eq!(read(Some("gzip"), 100, &whole[..whole.len() - 3]), Err(FetchError::Protocol));
        assert_eq!(read(Some("gzip"), 100, b"<Response/>"), Err(FetchError::Protocol));
        assert_eq!(read(Some("br"), 100, b"x"), Err(FetchError::Protocol));
    }
}
