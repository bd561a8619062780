//! What a picture or file is, by its bytes: names and headers are claims of whoever sent it.

/// The media type of what messages may carry, and the ending of a file's name; `None` for everything else.
///
/// Raster images, audio and video of handsets, PDF, contact cards and calendar entries. Formats that can hold script (HTML, SVG) are not
/// among them.
pub fn kind_of(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let at = |from: usize, text: &[u8]| bytes.get(from..from + text.len()) == Some(text);
    let text = || std::str::from_utf8(bytes).ok().map(str::trim_start);
    Some(match bytes {
        _ if at(0, b"\xFF\xD8\xFF") => ("image/jpeg", "jpg"),
        _ if at(0, b"\x89PNG\r\n\x1A\n") => ("image/png", "png"),
        _ if at(0, b"GIF87a") || at(0, b"GIF89a") => ("image/gif", "gif"),
        _ if at(0, b"RIFF") && at(8, b"WEBP") => ("image/webp", "webp"),
        _ if at(0, b"RIFF") && at(8, b"WAVE") => ("audio/wav", "wav"),
        _ if at(0, b"#!AMR\n") => ("audio/amr", "amr"),
        _ if at(0, b"OggS") => ("audio/ogg", "ogg"),
        _ if at(0, b"ID3") || is_mpeg_frame(bytes) => ("audio/mpeg", "mp3"),
        _ if at(4, b"ftyp3g") => ("video/3gpp", "3gp"),
        _ if at(4, b"ftypM4A") => ("audio/mp4", "m4a"),
        _ if at(4, b"ftyp") => ("video/mp4", "mp4"),
        _ if at(0, b"%PDF-") => ("application/pdf", "pdf"),
        _ if text().is_some_and(|text| text.starts_with("BEGIN:VCARD")) => ("text/vcard", "vcf"),
        _ if text().is_some_and(|text| text.starts_with("BEGIN:VCALENDAR")) => ("text/calendar", "ics"),
        _ => return None,
    })
}

/// Whether a browser shows it without leaving the page of the link: nothing that could run.
pub fn is_shown(content_type: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|kind| content_type.starts_with(kind))
}

/// Layer III with a bit rate and a sampling rate that exist (ISO/IEC 11172-3 §2.4.1.3).
fn is_mpeg_frame(bytes: &[u8]) -> bool {
    let [0xFF, second, third, ..] = bytes else { return false };
    let is_layer_iii = second & 0b1110_0110 == 0b1110_0010;
    is_layer_iii && third >> 4 != 0b1111 && third >> 4 != 0 && third >> 2 & 0b11 != 0b11
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_say_what_they_are_and_what_could_run_is_nothing() {
        for (bytes, kind) in [
            (&b"\xFF\xD8\xFF\xE0\0\x10JFIF"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1A\n\0", Some("image/png")),
            (b"GIF89a\x01\0", Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"#!AMR\n\x3c", Some("audio/amr")),
            (b"ID3\x04\0", Some("audio/mpeg")),
            (b"\xFF\xFB\x90\x64", Some("audio/mpeg")),
            (b"\0\0\0\x18ftyp3gp5", Some("video/3gpp")),
            (b"\0\0\0\x18ftypisom", Some("video/mp4")),
            (b"%PDF-1.7\n", Some("application/pdf")),
            (b"\xEF\xBB\xBFBEGIN:VCARD", None),
            (b"\r\nBEGIN:VCARD\r\nVERSION:3.0", Some("text/vcard")),
            (b"BEGIN:VCALENDAR\r\n", Some("text/calendar")),
            (b"<html><script>alert(1)</script>", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", None),
            (b"\xFF\xFF\xF0\x00", None),
            (b"MZ\x90\0", None),
            (b"", None),
        ] {
            assert_eq!(kind_of(bytes).map(|(kind, _)| kind), kind, "{bytes:02x?}");
        }
        assert!(is_shown("image/png") && is_shown("audio/ogg"));
        assert!(!is_shown("application/pdf") && !is_shown("text/vcard"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_fear(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = kind_of(&bytes);
        }
    }
}
