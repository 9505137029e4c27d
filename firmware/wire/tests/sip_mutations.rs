//! Messages of the corpus, broken at random: whatever comes, nothing panics and nothing leaks out.
//!
//! `WIRE_MUTATIONS` says how many (a million when unset), `WIRE_SEED` where they begin.

mod sip_support;

use std::env;
use std::thread;

use sip_support::{whole_corpus, SOURCE};
use wire::sip::{
    frame, percent_decoded, reply_address, unescaped, Contact, Frame, Message, Method, Name,
    NameAddr, Start, Transport, Uri, Writer,
};

/// Pieces that mean something to a SIP parser, to be put where they do not belong.
const PIECES: [&str; 24] = [
    "\r\n",
    "\r\n ",
    "\r\n\r\n",
    ";",
    ",",
    "\"",
    "\\",
    "<",
    ">",
    "@",
    ":",
    "%",
    "%00",
    "=",
    "[",
    "]",
    "*",
    "\u{0}",
    "\u{e4}",
    "4294967296",
    ";rport",
    "Content-Length: 9\r\n",
    "SIP/2.0",
    "?",
];

/// The generator of Marsaglia's paper, with shifts 13, 7 and 17.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or(0) % limit.max(1)
    }
}

/// Breaks a message in one to four places.
fn mutate(rng: &mut Xorshift, corpus: &[Vec<u8>], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&corpus[rng.below(corpus.len())]);
    for _ in 0..=rng.below(4) {
        let at = rng.below(out.len());
        let end = (at + rng.below(24)).min(out.len());
        match rng.below(8) {
            0 | 1 => drop(out.splice(at..at, PIECES[rng.below(PIECES.len())].bytes())),
            2 => drop(out.splice(at..end, PIECES[rng.below(PIECES.len())].bytes())),
            3 => drop(out.drain(at..end)),
            4 => out.extend_from_within(at..end),
            5 => out.truncate(at),
            6 => {
                let other = &corpus[rng.below(corpus.len())];
                let from = rng.below(other.len());
                let to = (from + rng.below(80)).min(other.len());
                drop(out.splice(at..at, other[from..to].iter().copied()));
            }
            _ => out[at..end].iter_mut().for_each(|byte| *byte ^= 1 << (end % 8)),
        }
        if out.is_empty() {
            return;
        }
    }
}

/// Uses every reader and the writer on one message; gives how much there was to read.
fn exercise(bytes: &[u8], buffer: &mut [u8]) -> usize {
    if let Frame::Message(length) = frame(bytes) {
        assert!(length <= bytes.len());
    }
    let Ok(message) = Message::parse(bytes, Transport::Udp) else { return 0 };
    let mut read = message.body.len();
    if let Ok(essentials) = message.essentials() {
        read += essentials.call_id.len() + touch(&essentials.from) + touch(&essentials.to);
        read += essentials.via.branch().map_or(0, str::len);
    }
    if let Start::Request { uri, .. } = message.start {
        read += touch_uri(uri);
    }
    for contact in message.contacts() {
        if let Ok(Contact::At(address)) = contact {
            read += touch(&address);
        }
    }
    if let Ok(event) = message.event() {
        read += event.params.iter().count() + event.params.value("vendor").map_or(0, str::len);
    }
    for credentials in message.credentials().flatten() {
        read += credentials.response.len() + usize::from(credentials.nonce_count().is_some());
    }
    read += message.expires().is_some() as usize + message.list(Name::Require).count();
    answered(&message, buffer);
    read
}

fn touch(address: &NameAddr<'_>) -> usize {
    let numbers = [address.expires(), address.quality().map(u32::from), address.reg_id()];
    let texts = [address.tag(), address.instance()];
    let quoted = address.params.iter().filter_map(|it| it.value).map(|it| unescaped(it).count());
    numbers.iter().flatten().count()
        + texts.iter().flatten().count()
        + quoted.sum::<usize>()
        + touch_uri(address.uri)
}

fn touch_uri(uri: &str) -> usize {
    let Some(uri) = Uri::parse(uri).and_then(Uri::sip) else { return 0 };
    let user = uri.user().map_or(0, |user| percent_decoded(user).count());
    user + usize::from(uri.user_is("204")) + usize::from(uri.ipv4().is_some())
}

/// Answers the message and checks that the answer is one, and goes where the request came from.
fn answered(message: &Message<'_>, buffer: &mut [u8]) {
    if message.method().is_none_or(|method| method == Method::Ack) {
        return;
    }
    assert_eq!(reply_address(message, SOURCE).ip(), SOURCE.ip());
    let writer = Writer::respond(buffer, message, 400, "", SOURCE, "tag");
    let Ok(answer) = writer.finish(b"") else { return };
    let parsed = Message::parse(answer, Transport::Tcp);
    let Ok(answer) = parsed else { panic!("{parsed:?}: {}", answer.escape_ascii()) };
    assert_eq!(answer.start, Start::Response { code: 400 });
    assert!(answer.body.is_empty());
    // A line that a value broke out of would be a header too many.
    let copied = message.list(Name::Via).count() + 4;
    assert!(answer.headers.len() <= copied + 1, "{answer:?}");
}

#[test]
fn no_broken_message_panics_or_breaks_out_of_its_answer() {
    let number = |name, default| env::var(name).map_or(default, |it| it.parse().expect("a number"));
    let (count, seed) = (number("WIRE_MUTATIONS", 1_000_000), number("WIRE_SEED", 0x5eed));
    let corpus = whole_corpus();
    let workers = thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let run = |worker: u64| {
        let mut rng = Xorshift((seed + worker).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (mut bytes, mut buffer, mut read) = (Vec::new(), vec![0; 4096], 0);
        for _ in 0..count.div_ceil(workers) {
            mutate(&mut rng, &corpus, &mut bytes);
            read += exercise(&bytes, &mut buffer);
        }
        read
    };
    let read: usize = thread::scope(|scope| {
        let started: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn({
                    let run = &run;
                    move || run(worker)
                })
            })
            .collect();
        started.into_iter().map(|it| it.join().expect("no panic")).sum()
    });
    assert!(count < 1000 || read > 0, "the mutations left nothing to read");
}
