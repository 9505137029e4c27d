//! A TFTP datagram as a [`Packet`], and the four packets a server sends (RFC 1350, 2347).
//!
//! [`Packet::parse`] borrows from the datagram. A file name is given as the bytes that were sent:
//! what it may name, a leading "/" and ".." included, is for the caller to judge. Options are read
//! by name in either case and in any order; an unknown one, a value out of range, and whatever
//! follows the options are passed over, as boot ROMs send all of these. Of a repeated option the
//! first acceptable value counts.
//!
//! The writers fill the buffer they are given or say [`NoRoom`]; an error's text is cut at
//! [`TEXT_BYTES_MAX`]. No state, no time: blocks, windows and retransmission belong to the caller.
//!
//! RFC 1350 section 5, 2347 (options), 2348 (`blksize`), 2349 (`timeout`, `tsize`), 7440
//! (`windowsize`). Not here: the mail mode, and the octets of netascii (RFC 764).

use core::fmt::{self, Write};
use core::str;

/// The UDP port on which requests arrive.
pub const PORT: u16 = 69;
/// Most bytes of a file name; a request has at most 512 bytes (RFC 2347).
pub const NAME_BYTES_MAX: usize = 255;
/// Most bytes of the text that [`error`] sends.
pub const TEXT_BYTES_MAX: usize = 128;
/// Least block size that may be negotiated (RFC 2348).
pub const BLKSIZE_MIN: u16 = 8;
/// Largest block size that may be negotiated (RFC 2348).
pub const BLKSIZE_MAX: u16 = 65_464;
/// The block size when none was negotiated (RFC 1350).
pub const BLKSIZE_DEFAULT: u16 = 512;

/// A packet, borrowing the datagram it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// A client would like to read a file (opcode 1).
    Read(Request<'a>),
    /// A client would like to write a file (opcode 2).
    Write(Request<'a>),
    /// A block of a file (opcode 3).
    Data {
        /// The block's number.
        block: u16,
        /// The block's bytes.
        bytes: &'a [u8],
    },
    /// A block's number, received (opcode 4).
    Ack(u16),
    /// The transfer is over (opcode 5).
    Error {
        /// Why, in the protocol's words.
        code: ErrorCode,
        /// Why, in the sender's words, which may hold anything.
        text: &'a [u8],
    },
    /// The options that the server accepts (opcode 6).
    OptionAck(Options),
}

/// What a client asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// The file, as sent: 1 to [`NAME_BYTES_MAX`] bytes without NUL.
    pub name: &'a [u8],
    /// How the bytes are to be sent.
    pub mode: Mode,
    /// What the client would like to negotiate.
    pub options: Options,
}

/// How a file's bytes are sent (RFC 1350 section 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As they are.
    Octet,
    /// As netascii lines.
    Netascii,
    /// As nobody does any more: mail, or a word of the sender's own.
    Other,
}

/// The options that were asked for or accepted, each within the range its RFC allows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Options {
    /// Bytes of a block, 8 to 65,464 (RFC 2348).
    pub blksize: Option<u16>,
    /// Bytes of the file; 0 in a read request asks for them (RFC 2349).
    pub tsize: Option<u64>,
    /// Seconds until a packet is sent again, 1 to 255 (RFC 2349).
    pub timeout: Option<u8>,
    /// Blocks until an acknowledgement, 1 to 65,535 (RFC 7440).
    pub windowsize: Option<u16>,
}

impl Options {
    /// Whether there is nothing to negotiate, and so nothing to send an option acknowledgement for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads names and values in pairs, each ended by NUL, up to the first half pair.
    fn parse(mut rest: &[u8]) -> Self {
        let mut options = Self::default();
        while let Some((name, tail)) = terminated(rest) {
            let Some((value, tail)) = terminated(tail) else { break };
            options.take(name, value);
            rest = tail;
        }
        options
    }

    fn take(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"blksize") {
            let fits = |size: &u16| (BLKSIZE_MIN..=BLKSIZE_MAX).contains(size);
            self.blksize = self.blksize.or_else(|| decimal(value).filter(fits));
        } else if name.eq_ignore_ascii_case(b"tsize") {
            self.tsize = self.tsize.or_else(|| decimal(value));
        } else if name.eq_ignore_ascii_case(b"timeout") {
            self.timeout = self.timeout.or_else(|| decimal(value).filter(|s: &u8| *s > 0));
        } else if name.eq_ignore_ascii_case(b"windowsize") {
            self.windowsize = self.windowsize.or_else(|| decimal(value).filter(|n: &u16| *n > 0));
        }
    }
}

/// Why a transfer ends (RFC 1350 appendix I, RFC 2347).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorCode {
    /// See the text; also any code that no RFC defines.
    Undefined = 0,
    /// There is no such file.
    FileNotFound,
    /// The file is not for this client.
    AccessViolation,
    /// The disk is full.
    DiskFull,
    /// The packet makes no sense here.
    IllegalOperation,
    /// The packet is of no transfer, or of another client's.
    UnknownTransferId,
    /// The file is there already.
    FileExists,
    /// There is no such user.
    NoSuchUser,
    /// The options are not acceptable.
    OptionsRefused,
}

impl ErrorCode {
    fn from_wire(code: u16) -> Self {
        match code {
            1 => Self::FileNotFound,
            2 => Self::AccessViolation,
            3 => Self::DiskFull,
            4 => Self::IllegalOperation,
            5 => Self::UnknownTransferId,
            6 => Self::FileExists,
            7 => Self::NoSuchUser,
            8 => Self::OptionsRefused,
            _ => Self::Undefined,
        }
    }
}

/// Why a datagram is not a TFTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// Fewer bytes than the packet's fixed part has.
    Short {
        /// Bytes of the datagram.
        have: usize,
    },
    /// The opcode is not 1 to 6.
    Opcode(u16),
    /// A request's file name is empty or has no NUL after it.
    NoName,
    /// A request's file name is longer than [`NAME_BYTES_MAX`].
    NameTooLong {
        /// Bytes of the name.
        have: usize,
    },
    /// A request's mode has no NUL after it.
    NoMode,
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let short = Malformed::Short { have: datagram.len() };
        let (opcode, body) = number(datagram).ok_or(short)?;
        Ok(match opcode {
            1 => Self::Read(Request::parse(body)?),
            2 => Self::Write(Request::parse(body)?),
            3 => {
                let (block, bytes) = number(body).ok_or(short)?;
                Self::Data { block, bytes }
            }
            4 => Self::Ack(number(body).ok_or(short)?.0),
            5 => {
                let (code, text) = number(body).ok_or(short)?;
                // Some senders leave the NUL out.
                let text = terminated(text).map_or(text, |(text, _)| text);
                Self::Error { code: ErrorCode::from_wire(code), text }
            }
            6 => Self::OptionAck(Options::parse(body)),
            other => return Err(Malformed::Opcode(other)),
        })
    }
}

impl<'a> Request<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (name, rest) = terminated(body).ok_or(Malformed::NoName)?;
        if name.is_empty() {
            return Err(Malformed::NoName);
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(Malformed::NameTooLong { have: name.len() });
        }
        let (mode, rest) = terminated(rest).ok_or(Malformed::NoMode)?;
        let mode = if mode.eq_ignore_ascii_case(b"octet") {
            Mode::Octet
        } else if mode.eq_ignore_ascii_case(b"netascii") {
            Mode::Netascii
        } else {
            Mode::Other
        };
        Ok(Self { name, mode, options: Options::parse(rest) })
    }
}

/// Two bytes, and what follows them.
fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*number), rest))
}

/// The bytes before the first NUL, and those after it.
fn terminated(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(at)?;
    Some((text, rest.get(1..)?))
}

/// A number of digits only; `None` when it does not fit its type.
fn decimal<N: str::FromStr>(digits: &[u8]) -> Option<N> {
    // `from_str` would take a sign.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

/// The buffer is too small for the packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom;

/// Writes a block and gives the packet's length in bytes.
pub fn data(out: &mut [u8], block: u16, bytes: &[u8]) -> Result<usize, NoRoom> {
    let mut line = Line::start(out, 3)?;
    line.put(&block.to_be_bytes())?;
    line.put(bytes)?;
    Ok(line.len)
}

/// Writes an acknowledgement and gives the packet's length in bytes.
pub fn ack(out: &mut [u8], block: u16) -> Result<usize, NoRoom> {
    let mut line = Line::start(out, 4)?;
    line.put(&block.to_be_bytes())?;
    Ok(line.len)
}

/// Writes an error and gives the packet's length in bytes; the text ends at [`TEXT_BYTES_MAX`] or
/// at its first NUL.
pub fn error(out: &mut [u8], code: ErrorCode, text: &str) -> Result<usize, NoRoom> {
    let text = text.split('\0').next().unwrap_or_default();
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1; // 0 is a boundary
    }
    let mut line = Line::start(out, 5)?;
    line.put(&(code as u16).to_be_bytes())?;
    line.put(text.get(..end).unwrap_or_default().as_bytes())?;
    line.put(&[0])?;
    Ok(line.len)
}

/// Writes an option acknowledgement and gives the packet's length in bytes.
///
/// It writes what it is given: that only asked options are in it is the caller's promise.
pub fn oack(out: &mut [u8], options: &Options) -> Result<usize, NoRoom> {
    let Options { blksize, tsize, timeout, windowsize } = *options;
    let mut line = Line::start(out, 6)?;
    line.option("blksize", blksize.map(u64::from))?;
    line.option("tsize", tsize)?;
    line.option("timeout", timeout.map(u64::from))?;
    line.option("windowsize", windowsize.map(u64::from))?;
    Ok(line.len)
}

/// A packet that is being written.
struct Line<'b> {
    out: &'b mut [u8],
    len: usize,
}

impl<'b> Line<'b> {
    fn start(out: &'b mut [u8], opcode: u16) -> Result<Self, NoRoom> {
        let mut line = Self { out, len: 0 };
        line.put(&opcode.to_be_bytes())?;
        Ok(line)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        let end = self.len + bytes.len();
        self.out.get_mut(self.len..end).ok_or(NoRoom)?.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    fn option(&mut self, name: &str, value: Option<u64>) -> Result<(), NoRoom> {
        let Some(value) = value else { return Ok(()) };
        write!(self, "{name}\0{value}\0").map_err(|fmt::Error| NoRoom)
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes()).map_err(|NoRoom| fmt::Error)
    }
}
