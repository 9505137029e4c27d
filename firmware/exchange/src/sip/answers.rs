//! What was said to whom, so that a repeated request gets the same bytes (RFC 3261 section 17.2.2).
//!
//! Answers are kept for 32 seconds, in two shelves: nobody who knows no password can push out what
//! was said to somebody who does. A full shelf gives up its oldest answer; whoever repeats that
//! request is answered anew. Nothing is kept for streams, on which nothing is repeated.

use crate::limits::{ANSWER_BYTES_MAX, SHELF_ANSWERS_MAX, SHELF_BYTES_MAX};
use crate::names::RecordNo;
use crate::request::{Reply, Request};
use crate::sorted::SortedMap;
use crate::time::{Instant, SECOND_MS};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use sha2::{Digest, Sha256};
use wire::sip::{Essentials, Name};

/// Timer J of RFC 3261 section 17.2.2: 64 times T1.
const KEEP_MS: u64 = 32 * SECOND_MS;
/// Everything said lately.
#[derive(Default)]
pub(crate) struct Answers {
    proven: Shelf,
    strangers: Shelf,
}

#[derive(Default)]
struct Shelf {
    answers: SortedMap<Key, Answer>,
    oldest_first: VecDeque<Key>,
    bytes: usize,
}

struct Answer {
    bytes: Vec<u8>,
    after: RecordNo,
    until: Instant,
}

impl Answers {
    /// What was said to this request before, and which fact that relies on.
    pub(crate) fn again(&self, key: &Key, now: Instant) -> Option<(&[u8], RecordNo)> {
        let answer = self.proven.find(key, now).or_else(|| self.strangers.find(key, now))?;
        Some((&answer.bytes, answer.after))
    }

    /// Keeps what is said.
    pub(crate) fn keep(&mut self, key: Key, now: Instant, bytes: &[u8], reply: &Reply) {
        let shelf = if reply.proven { &mut self.proven } else { &mut self.strangers };
        shelf.make_room(now, bytes.len());
        if bytes.len() <= ANSWER_BYTES_MAX {
            let answer =
                Answer { bytes: bytes.to_vec(), after: reply.after, until: now.after_ms(KEEP_MS) };
            shelf.put(key, answer);
        }
    }
}

impl Shelf {
    fn find(&self, key: &Key, now: Instant) -> Option<&Answer> {
        self.answers.get(key).filter(|answer| answer.until > now)
    }

    fn make_room(&mut self, now: Instant, bytes: usize) {
        while let Some(oldest) = self.oldest_first.front() {
            let over = self.answers.get(oldest).is_none_or(|answer| answer.until <= now);
            let full = self.answers.len() >= SHELF_ANSWERS_MAX
                || self.bytes.saturating_add(bytes) > SHELF_BYTES_MAX;
            if !over && !full {
                return;
            }
            if let Some(gone) = self.answers.remove(oldest) {
                self.bytes = self.bytes.saturating_sub(gone.bytes.len());
            }
            self.oldest_first.pop_front();
        }
    }

    fn put(&mut self, key: Key, answer: Answer) {
        self.bytes = self.bytes.saturating_add(answer.bytes.len());
        match self.answers.insert(key, answer) {
            Some(former) => self.bytes = self.bytes.saturating_sub(former.bytes.len()),
            None => self.oldest_first.push_back(key),
        }
    }
}

/// What makes two requests the same one (RFC 3261 section 17.2.3), as a hash, so that a sender's
/// long branch costs no memory and a chosen one meets no other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// Beside what the RFC asks, the sender's address counts, so that nobody is given what was said
    /// to another, and the CSeq, since some phones answer a challenge under the branch they were
    /// challenged under.
    pub(crate) fn of(request: &Request<'_>, essentials: &Essentials<'_>) -> Key {
        let Essentials { via, from, to, call_id, cseq, max_forwards: _ } = essentials;
        let mut hash = Hash(Sha256::new());
        hash.part(&request.arrival.from.ip().octets());
        hash.part(request.method.as_str().as_bytes());
        hash.part(&cseq.number.to_be_bytes());
        hash.part(via.host.as_bytes());
        hash.part(&via.port_or_default().to_be_bytes());
        match via.branch() {
            Some(branch) => hash.part(branch.as_bytes()),
            None => {
                hash.part(request.uri.as_bytes());
                hash.part(from.tag().unwrap_or_default().as_bytes());
                hash.part(to.tag().unwrap_or_default().as_bytes());
                hash.part(call_id.as_bytes());
                hash.part(request.message.first(Name::Via).unwrap_or_default());
            }
        }
        Key(hash.0.finalize().into())
    }
}

/// A hash of parts, each with its length, so that no two lists of parts read alike.
struct Hash(Sha256);

impl Hash {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}
