//! Multicast DNS (RFC 6762), as much as it takes to be found under one name of the domain `local`:
//! a reader of any message (RFC 1035 section 4), and a writer of probes and of answers of one
//! address.
//!
//! A message is walked to its end once, when it is read; whoever then asks for its questions and
//! records meets no error. Names are compared where they stand, compressed or not, letters without
//! regard to case (RFC 6762 section 16). Pointers only lead backwards, so that none can run in a
//! circle. Not here: services (RFC 6763), IPv6, anything but the class of the Internet.

use core::net::Ipv4Addr;

/// The port that queries and answers go to.
pub const PORT: u16 = 5353;
/// The group that queries and answers go to.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// How long an answer may be remembered, in seconds (RFC 6762 section 10: a host's address).
pub const TTL_S: u32 = 120;
/// How long whoever asks like an old resolver may remember it (RFC 6762 section 6.7).
pub const LEGACY_TTL_S: u32 = 10;
/// Most bytes that a message written here has.
pub const WRITTEN_MAX: usize = 256;
/// Most bytes of one label (RFC 1035 section 2.3.4).
pub const LABEL_MAX: usize = 63;

/// An address of the Internet, version 4.
pub const A: u16 = 1;
/// What types there are of a name (RFC 4034 section 4); used to say that there are no others.
pub const NSEC: u16 = 47;
/// Any type.
pub const ANY: u16 = 255;

const INTERNET: u16 = 1;
/// In a question: the answer may come by unicast. In a record: whatever else is remembered is out.
const TOP_BIT: u16 = 0x8000;
const HEADER: usize = 12;
const LOCAL: &[u8] = b"local";
/// Largest message (RFC 6762 section 17).
const BYTES_MAX: usize = 9_000;
/// Pointers of one name; writers need one.
const POINTERS_MAX: u32 = 16;

/// Why bytes are no DNS message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// It ends before what it announces.
    Short,
    /// A name is too long, or a pointer leads forwards.
    Name,
    /// It is no query and no answer of the usual kind.
    Opcode,
    /// It is larger than any such message.
    Long,
}

/// A message that was walked to its end.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Its number; zero but for old resolvers.
    pub id: u16,
    /// Whether it answers.
    pub response: bool,
    questions: u16,
    records: u32,
    answers: u16,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Of which name.
    pub name: Name<'a>,
    /// Records of which type, [`ANY`] for all.
    pub kind: u16,
    /// Whether the answer may come by unicast.
    pub unicast: bool,
    internet: bool,
}

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Of which name.
    pub name: Name<'a>,
    /// Of which type.
    pub kind: u16,
    /// How long it may be remembered, in seconds.
    pub ttl_s: u32,
    /// Whether it stands among the answers, not beside them.
    pub answers: bool,
    /// Its contents.
    pub data: &'a [u8],
}

/// A name where it stands in a message.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Name<'_> {
    /// Whether this is `<host>.local`.
    pub fn is_host(&self, host: &str) -> bool {
        let mut labels = [host.as_bytes(), LOCAL].into_iter();
        let mut same = true;
        let end = walk(self.bytes, self.at, &mut |label| {
            same &= labels.next().is_some_and(|wanted| wanted.eq_ignore_ascii_case(label));
        });
        end.is_ok() && same && labels.next().is_none()
    }
}

impl Question<'_> {
    /// Whether the address of `<host>.local` answers it.
    pub fn asks_address(&self, host: &str) -> bool {
        self.internet && matches!(self.kind, A | ANY) && self.name.is_host(host)
    }
}

impl<'a> Message<'a> {
    /// Reads a message to its end.
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, Malformed> {
        if bytes.len() > BYTES_MAX {
            return Err(Malformed::Long);
        }
        let flags = word(bytes, 2)?;
        // RFC 6762 sections 18.3 and 18.11: another opcode or a response code is not for us.
        if flags & 0x780f != 0 {
            return Err(Malformed::Opcode);
        }
        let count = |at| word(bytes, at);
        let (questions, answers) = (count(4)?, count(6)?);
        let records = u32::from(answers) + u32::from(count(8)?) + u32::from(count(10)?);
        let id = word(bytes, 0)?;
        let message =
            Message { bytes, id, response: flags & TOP_BIT != 0, questions, records, answers };
        let mut at = HEADER;
        for _ in 0..questions {
            at = question(bytes, at)?.1;
        }
        for _ in 0..records {
            at = record(bytes, at)?.1;
        }
        Ok(message)
    }

    /// Its questions.
    pub fn questions(self) -> impl Iterator<Item = Question<'a>> {
        let mut at = HEADER;
        (0..self.questions).map_while(move |_| {
            let (question, end) = question(self.bytes, at).ok()?;
            at = end;
            Some(question)
        })
    }

    /// Its records of the class of the Internet: answers, authorities and what else is told.
    pub fn records(self) -> impl Iterator<Item = Record<'a>> {
        let skipped = (0..self.questions)
            .try_fold(HEADER, |at, _| question(self.bytes, at).map(|(_, end)| end));
        let mut at = skipped.unwrap_or(self.bytes.len());
        let all = (0..self.records).map_while(move |number| {
            let (mut record, end, internet) = record(self.bytes, at).ok()?;
            at = end;
            record.answers = number < u32::from(self.answers);
            Some((record, internet))
        });
        all.filter_map(|(record, internet)| internet.then_some(record))
    }
}

fn question(bytes: &[u8], at: usize) -> Result<(Question<'_>, usize), Malformed> {
    let end = walk(bytes, at, &mut |_| ())?;
    let (kind, class) = (word(bytes, end)?, word(bytes, end + 2)?);
    let internet = matches!(class & !TOP_BIT, INTERNET | ANY);
    let unicast = class & TOP_BIT != 0;
    Ok((Question { name: Name { bytes, at }, kind, unicast, internet }, end + 4))
}

fn record(bytes: &[u8], at: usize) -> Result<(Record<'_>, usize, bool), Malformed> {
    let end = walk(bytes, at, &mut |_| ())?;
    let (kind, class) = (word(bytes, end)?, word(bytes, end + 2)?);
    let ttl_s = u32::from(word(bytes, end + 4)?) << 16 | u32::from(word(bytes, end + 6)?);
    let from = end + 10;
    let to = from + usize::from(word(bytes, end + 8)?);
    let data = bytes.get(from..to).ok_or(Malformed::Short)?;
    let record = Record { name: Name { bytes, at }, kind, ttl_s, answers: false, data };
    Ok((record, to, class & !TOP_BIT == INTERNET))
}

fn word(bytes: &[u8], at: usize) -> Result<u16, Malformed> {
    match bytes.get(at..).ok_or(Malformed::Short)? {
        [high, low, ..] => Ok(u16::from_be_bytes([*high, *low])),
        [_] | [] => Err(Malformed::Short),
    }
}

/// Hands over the labels of a name, and says where what follows it begins.
fn walk(bytes: &[u8], start: usize, label: &mut dyn FnMut(&[u8])) -> Result<usize, Malformed> {
    let (mut at, mut end, mut length, mut pointers) = (start, None, 0, 0);
    loop {
        let first = *bytes.get(at).ok_or(Malformed::Short)?;
        match first >> 6 {
            0 if first == 0 => return Ok(end.unwrap_or(at + 1)),
            0 => {
                let to = at + 1 + usize::from(first);
                label(bytes.get(at + 1..to).ok_or(Malformed::Short)?);
                length += to - at;
                // RFC 1035 section 2.3.4.
                if length > 254 {
                    return Err(Malformed::Name);
                }
                at = to;
            }
            3 => {
                let to = usize::from(word(bytes, at)? & 0x3fff);
                end = end.or(Some(at + 2));
                pointers += 1;
                if to >= at || pointers > POINTERS_MAX {
                    return Err(Malformed::Name);
                }
                at = to;
            }
            _reserved => return Err(Malformed::Name),
        }
    }
}

/// How an answer is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// By multicast DNS; the answer has no number and repeats no question.
    Multicast,
    /// By an old resolver, with its number; the answer repeats it and the question (RFC 6762
    /// section 6.7).
    Legacy(u16),
}

/// Writes that `<host>.local` has this address and no other (RFC 6762 section 6.1); `None` where
/// the buffer is too short.
pub fn write_answer<'b>(
    buffer: &'b mut [u8],
    manner: Manner,
    host: &str,
    address: Ipv4Addr,
) -> Option<&'b [u8]> {
    let mut out = Out { buffer, at: 0 };
    let (id, questions, class, ttl_s) = match manner {
        Manner::Multicast => (0, 0, INTERNET | TOP_BIT, TTL_S),
        // RFC 6762 section 10.2: an old resolver does not know the bit.
        Manner::Legacy(id) => (id, 1, INTERNET, LEGACY_TTL_S),
    };
    out.words(&[id, 0x8400, questions, 1, 0, 1])?;
    if questions > 0 {
        out.host(host)?;
        out.words(&[A, INTERNET])?;
    }
    // Where the first name stands, whichever it is.
    let pointer = 0xc000 | HEADER as u16;
    if questions > 0 {
        out.words(&[pointer])?;
    } else {
        out.host(host)?;
    }
    out.words(&[A, class, (ttl_s >> 16) as u16, ttl_s as u16, 4])?;
    out.bytes(&address.octets())?;
    // Window 0 of the bitmap, one byte, type 1.
    let bitmap = [0, 1, 0x40];
    out.words(&[pointer, NSEC, class, (ttl_s >> 16) as u16, ttl_s as u16, 2 + 3])?;
    out.words(&[pointer])?;
    out.bytes(&bitmap)?;
    let Out { buffer, at } = out;
    buffer.get(..at)
}

/// Writes the question whether anybody has `<host>.local`, which is wanted for this address
/// (RFC 6762 section 8.1); `None` where the buffer is too short.
pub fn write_probe<'b>(buffer: &'b mut [u8], host: &str, address: Ipv4Addr) -> Option<&'b [u8]> {
    let mut out = Out { buffer, at: 0 };
    out.words(&[0, 0, 1, 0, 1, 0])?;
    out.host(host)?;
    out.words(&[ANY, INTERNET | TOP_BIT])?;
    out.words(&[0xc000 | HEADER as u16, A, INTERNET, 0, TTL_S as u16, 4])?;
    out.bytes(&address.octets())?;
    let Out { buffer, at } = out;
    buffer.get(..at)
}

struct Out<'b> {
    buffer: &'b mut [u8],
    at: usize,
}

impl Out<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at.checked_add(bytes.len())?;
        self.buffer.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }

    fn words(&mut self, words: &[u16]) -> Option<()> {
        words.iter().try_for_each(|word| self.bytes(&word.to_be_bytes()))
    }

    fn host(&mut self, host: &str) -> Option<()> {
        for label in [host.as_bytes(), LOCAL] {
            let length = u8::try_from(label.len()).ok();
            self.bytes(&[length.filter(|length| (1..=LABEL_MAX as u8).contains(length))?])?;
            self.bytes(label)?;
        }
        self.bytes(&[0])
    }
}
