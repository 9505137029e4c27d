//! One transfer: what is sent, and where it stands.

use super::REPEAT_AFTER_MS;
use crate::limits::{LOG_BYTES_MAX, TFTP_PIECE_BYTES};
use crate::names::{InterfaceNo, RecordNo};
use crate::output::{FileNo, Output, To, TransferNo};
use crate::time::{Instant, Now};
use crate::uploads::Storing;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use wire::tftp::{Mode, Options, Request};
use wire::Mac;

pub(super) struct Transfer {
    pub(super) peer: SocketAddrV4,
    pub(super) to: To,
    pub(super) interface: InterfaceNo,
    pub(super) name: Vec<u8>,
    pub(super) asked: (Mode, Options),
    pub(super) file: Content,
    pub(super) block_bytes: usize,
    pub(super) window: u64,
    pub(super) state: State,
    pub(super) repeat_at: Instant,
    pub(super) repeat_after_ms: u64,
    pub(super) fixed_repeat: bool,
    pub(super) repeats: u8,
    pub(super) reader: Option<Mac>,
    pub(super) after: RecordNo,
}

/// What is sent.
pub(super) enum Content {
    /// All of it is here.
    Whole(Vec<u8>),
    /// It is kept elsewhere.
    Kept {
        file: FileNo,
        bytes: u32,
        /// The part of it that is here, and where that begins.
        piece: Vec<u8>,
        at: usize,
        /// Where the part begins that was asked for.
        asked: Option<usize>,
    },
    /// It comes from the client: how many bytes, and their end.
    Coming { storing: Storing, bytes: u64, end: Vec<u8> },
}

impl Content {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Content::Whole(bytes) => bytes.len(),
            Content::Kept { bytes, .. } => *bytes as usize,
            Content::Coming { end, .. } => end.len(),
        }
    }

    /// The memory that it takes at most.
    pub(super) fn held(&self) -> usize {
        match self {
            Content::Whole(bytes) => bytes.len(),
            Content::Kept { .. } => TFTP_PIECE_BYTES,
            Content::Coming { .. } => 2 * LOG_BYTES_MAX,
        }
    }

    /// The bytes from one offset to another; `None` where they are not here.
    pub(super) fn part(&self, start: usize, end: usize) -> Option<&[u8]> {
        match self {
            Content::Whole(bytes) => bytes.get(start..end),
            Content::Kept { piece, at, .. } => {
                piece.get(start.checked_sub(*at)?..end.checked_sub(*at)?)
            }
            Content::Coming { .. } => None,
        }
    }
}

/// Where a transfer stands. Blocks are counted from 1 without end; the wire carries the low 16
/// bits.
pub(super) enum State {
    /// The options were acknowledged to the client; it has to confirm with block 0.
    Agreeing(Options),
    /// Blocks up to `acked` have arrived, up to `sent` are on the way.
    Sending { acked: u64, sent: u64, rolled_back: bool },
    /// Blocks up to this one have come; before the first the options are said.
    Receiving { got: u64, agreed: Options },
    /// All have come. Whoever did not hear that is told once more when he asks.
    Received { got: u64 },
}

pub(super) enum Progress {
    Nothing,
    Send,
    Done,
}

impl Transfer {
    pub(super) fn is_for(&self, request: &Request<'_>) -> bool {
        self.name == request.name && self.asked == (request.mode, request.options)
    }

    /// The number of the last block; it is shorter than the others, empty if need be.
    pub(super) fn last_block(&self) -> u64 {
        (self.file.bytes() / self.block_bytes) as u64 + 1
    }

    pub(super) fn starts_at(&self, number: u64) -> usize {
        (number.saturating_sub(1) as usize).saturating_mul(self.block_bytes)
    }

    /// The bytes of a block; `None` where they are not here yet.
    pub(super) fn block(&self, number: u64) -> Option<&[u8]> {
        let start = self.starts_at(number);
        let end = start.saturating_add(self.block_bytes).min(self.file.bytes());
        // Behind the last byte there is an empty one.
        if start >= end {
            Some(&[])
        } else {
            self.file.part(start, end)
        }
    }

    /// The question for what is missing of the window that begins with this block, unless it was
    /// asked already.
    pub(super) fn wants(&mut self, no: TransferNo, first: u64) -> Option<Output> {
        let upto = (first - 1 + self.window).min(self.last_block());
        let missing = (first..=upto).any(|block| self.block(block).is_none());
        let start = self.starts_at(first);
        let Content::Kept { file, asked, .. } = &mut self.file else { return None };
        if !missing || asked.is_some() {
            return None;
        }
        *asked = Some(start);
        Some(Output::Read(no, *file, start as u32, TFTP_PIECE_BYTES))
    }

    /// Takes the piece in that was asked for; tells whether it is as long as it has to be.
    pub(super) fn takes(&mut self, part: Option<Vec<u8>>) -> bool {
        let Content::Kept { bytes, piece, at, asked, .. } = &mut self.file else { return false };
        let Some((start, part)) = asked.take().zip(part) else { return false };
        let whole = TFTP_PIECE_BYTES.min((*bytes as usize).saturating_sub(start));
        let fits = part.len() == whole;
        (*piece, *at) = (part, start);
        fits
    }

    pub(super) fn acknowledged(&mut self, now: Now, block: u16) -> Progress {
        let last = self.last_block();
        let progress = match &mut self.state {
            State::Agreeing(_) if block == 0 => {
                self.state = State::Sending { acked: 0, sent: 0, rolled_back: false };
                Progress::Send
            }
            State::Agreeing(_) | State::Receiving { .. } | State::Received { .. } => {
                return Progress::Nothing;
            }
            State::Sending { acked, sent, rolled_back } => {
                // The low 16 bits of the block after `acked` that this can mean.
                let ahead = u64::from(block.wrapping_sub(*acked as u16));
                let reached = *acked + ahead;
                if reached > *sent {
                    return Progress::Nothing;
                }
                if ahead == 0 {
                    // RFC 1123 4.2.3.1: not again because of an ACK that came twice. In a window it
                    // means that the first block is missing, once.
                    if self.window == 1 || *rolled_back || *sent == *acked {
                        return Progress::Nothing;
                    }
                    *rolled_back = true;
                    *sent = *acked;
                    return Progress::Send;
                }
                *acked = reached;
                *rolled_back = false;
                // RFC 7440: an ACK inside the window asks for the rest of it anew.
                *sent = reached;
                if reached == last {
                    return Progress::Done;
                }
                Progress::Send
            }
        };
        self.repeats = 0;
        if !self.fixed_repeat {
            self.repeat_after_ms = REPEAT_AFTER_MS;
        }
        self.repeat_at = now.mono.after_ms(self.repeat_after_ms);
        progress
    }
}
