//! The same form as [`Upload`](super::Upload) reads, piece by piece: for a file that is larger than
//! memory.
//!
//! Never held is more than what came last and the end of what came before, where a boundary may
//! have begun. What is refused there is refused here.

use super::upload::{boundary, headed, HEADINGS_MAX};
use super::{FormError, FIELDS_MAX};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What comes next in such a form.
#[derive(PartialEq, Eq, Debug)]
pub enum Piece {
    /// A field begins, or a file under the name that it has where it comes from.
    Begins {
        /// Name of the field.
        name: String,
        /// Name of the file, as sent; `None` for a field.
        file: Option<String>,
    },
    /// Some of its bytes.
    Bytes(Vec<u8>),
    /// It has ended.
    Ends,
    /// The form has ended, and so must the request.
    Done,
}

/// A form on its way in.
pub struct UploadStream {
    /// With the line break before it.
    boundary: Vec<u8>,
    buffer: Vec<u8>,
    at: At,
    parts: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Right behind a boundary.
    Boundary,
    Headings,
    Content,
    /// What may still come is the line break behind the end, or the rest of it.
    End(&'static [u8]),
}

impl UploadStream {
    /// Reads a form with this `Content-Type`.
    pub fn new(content_type: &str) -> Result<UploadStream, FormError> {
        let boundary = boundary(content_type).ok_or(FormError::Garbled)?;
        let boundary = [b"\r\n--", boundary].concat();
        // The first boundary has no line break before it.
        Ok(UploadStream { boundary, buffer: b"\r\n".to_vec(), at: At::Content, parts: 0 })
    }

    /// Takes in what has come.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes that follow the last field's content in every form.
    pub fn end_bytes(&self) -> usize {
        self.boundary.len() + b"--\r\n".len()
    }

    /// How many bytes came that no piece has told yet.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// The next piece of what has come; `None` until more has.
    pub fn piece(&mut self) -> Result<Option<Piece>, FormError> {
        match self.at {
            At::Boundary => self.behind_boundary(),
            At::Headings => self.headings(),
            At::Content => self.content(),
            At::End(rest) => {
                let rest = rest.strip_prefix(&self.buffer[..]).ok_or(FormError::Garbled)?;
                self.buffer.clear();
                self.at = At::End(rest);
                Ok(None)
            }
        }
    }

    fn behind_boundary(&mut self) -> Result<Option<Piece>, FormError> {
        match self.buffer.get(..2) {
            Some(b"\r\n") => {
                self.buffer.drain(..2);
                self.at = At::Headings;
                self.headings()
            }
            Some(_) if matches!(&self.buffer[..], b"--" | b"--\r\n") => {
                self.at = At::End(if self.buffer.len() == 2 { b"\r\n" } else { b"" });
                self.buffer.clear();
                Ok(Some(Piece::Done))
            }
            Some(b"--") if self.buffer.len() < 4 => Ok(None),
            Some(_) => Err(FormError::Garbled),
            None => Ok(None),
        }
    }

    fn headings(&mut self) -> Result<Option<Piece>, FormError> {
        let near = self.buffer.get(..HEADINGS_MAX).unwrap_or(&self.buffer);
        let Some(end) = near.windows(4).position(|four| four == b"\r\n\r\n") else {
            let more = self.buffer.len() < HEADINGS_MAX;
            return if more { Ok(None) } else { Err(FormError::Garbled) };
        };
        if self.parts == FIELDS_MAX {
            return Err(FormError::TooManyFields);
        }
        let (name, _) = headed(&self.buffer).ok_or(FormError::Garbled)?;
        let headings = core::str::from_utf8(&self.buffer[..end]).unwrap_or_default();
        let file = headings.split_once("filename=\"").and_then(|(_, rest)| rest.split_once('"'));
        let begins =
            Piece::Begins { name: name.to_string(), file: file.map(|(file, _)| file.to_string()) };
        self.buffer.drain(..end + 4);
        self.parts += 1;
        self.at = At::Content;
        Ok(Some(begins))
    }

    fn content(&mut self) -> Result<Option<Piece>, FormError> {
        let mut from = 0;
        let keep = loop {
            let next = self.buffer.iter().skip(from).position(|byte| *byte == b'\r');
            let Some(at) = next.map(|next| from + next) else { break self.buffer.len() };
            let found = self.buffer.get(at..).unwrap_or_default();
            from = at + 1;
            match found.strip_prefix(&self.boundary[..]) {
                Some([b'\r', b'\n', ..] | [b'-', b'-', ..]) if at == 0 => return self.ended(),
                Some([b'\r', b'\n', ..] | [b'-', b'-', ..]) => break at,
                // A longer word that only begins like the boundary belongs to the content.
                Some([_, _, ..]) => (),
                Some(_) => break at,
                None if self.boundary.starts_with(found) => break at,
                None => (),
            }
        };
        // What comes before the first boundary is nothing of ours.
        if keep > 0 && self.parts == 0 {
            return Err(FormError::Garbled);
        }
        Ok((keep > 0).then(|| Piece::Bytes(self.buffer.drain(..keep).collect())))
    }

    fn ended(&mut self) -> Result<Option<Piece>, FormError> {
        self.buffer.drain(..self.boundary.len());
        self.at = At::Boundary;
        match self.parts {
            0 => self.behind_boundary(),
            _some => Ok(Some(Piece::Ends)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Upload;
    use super::*;
    use alloc::format;

    const KIND: &str = "multipart/form-data; boundary=x7y";

    /// Name, file name and content.
    type Part = (String, Option<String>, Vec<u8>);

    /// Reads a form that comes in pieces of this size.
    fn read(body: &[u8], size: usize) -> Result<Vec<Part>, FormError> {
        let mut stream = UploadStream::new(KIND)?;
        let (mut parts, mut done) = (Vec::new(), false);
        for piece in body.chunks(size) {
            stream.feed(piece);
            while let Some(next) = stream.piece()? {
                match next {
                    Piece::Begins { name, file } => parts.push((name, file, Vec::new())),
                    Piece::Bytes(bytes) => {
                        if let Some((_, _, content)) = parts.last_mut() {
                            content.extend(bytes);
                        }
                    }
                    Piece::Ends => (),
                    Piece::Done => done = true,
                }
            }
            assert!(stream.waiting() <= size + HEADINGS_MAX);
        }
        if done {
            Ok(parts)
        } else {
            Err(FormError::Garbled)
        }
    }

    fn form(content: &[u8]) -> Vec<u8> {
        let head = "--x7y\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n00ff\r\n\
            --x7y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.rom\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n";
        [head.as_bytes(), content, b"\r\n--x7y--\r\n"].concat()
    }

    #[test]
    fn a_form_is_the_same_in_whatever_pieces_it_comes() {
        for content in [
            &b""[..],
            b"a file\r\n\r\n",
            b"\r\n--x7\r\n--x7yz\r\n--x7y-\r\r\n-",
            b"\r\n\r\n--\r\n--x7",
            &[0xFF; 3_000],
        ] {
            let body = form(content);
            for size in [1, 2, 3, 5, 7, 64, 1_000, body.len()] {
                let parts = read(&body, size).unwrap_or_else(|why| panic!("{size}: {why}"));
                let [(csrf, no_file, token), (name, file, bytes)] = &parts[..] else {
                    panic!("{} parts", parts.len())
                };
                assert_eq!((&csrf[..], no_file, &token[..]), ("csrf", &None, &b"00ff"[..]));
                assert_eq!((&name[..], file.as_deref()), ("file", Some("a b.rom")));
                assert_eq!(&bytes[..], content, "in pieces of {size}");
            }
            let mut stream = UploadStream::new(KIND).unwrap_or_else(|why| panic!("{why}"));
            stream.feed(b"");
            assert_eq!(stream.end_bytes(), b"\r\n--x7y--\r\n".len());
        }
    }

    #[test]
    fn what_the_other_reader_refuses_is_refused() {
        let good = String::from_utf8(form(b"abc")).unwrap_or_default();
        let long = "x".repeat(HEADINGS_MAX);
        for body in [
            good.replacen("--x7y", "--x7z", 1),
            format!("x{good}"),
            format!("\r\n{good}"),
            good.replace("form-data; ", "form-data "),
            good.replace("name=", "nam="),
            good.replace("\r\n\r\n", "\r\n"),
            good.replace("Content-Type", &long),
            good[..good.len() - 5].to_string(),
            format!("{good}x"),
        ] {
            assert!(Upload::parse(KIND, body.as_bytes()).is_err(), "{body}");
            for size in [1, 3, 5_000] {
                assert!(read(body.as_bytes(), size).is_err(), "in pieces of {size}: {body}");
            }
        }
        assert!(UploadStream::new("text/plain").is_err());
    }
}
