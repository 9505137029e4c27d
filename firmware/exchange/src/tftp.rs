//! A transfer, block by block (RFC 1350; options 2347, 2348, 2349, 7440).
//!
//! A phone may write what [`crate::uploads`] lets it store; it is refused before its first block,
//! or once it is too large, and its last block is acknowledged when what it stored is on flash. The
//! sender never sends a block again because an acknowledgement came twice (RFC 1123 4.2.3.1), only
//! when time ran out; a window is rolled back at most once before it moves on (RFC 7440 section 4
//! leaves that to us). Blocks are at most what one Ethernet frame carries. A rendered file is in
//! memory before the first block leaves; of one that is kept elsewhere a piece is, with all of the
//! window in it, and the next is asked for when a block outside of it is due. Of either the size is
//! known, so `tsize` is exact. Block numbers go on from 0 after 65,535, as clients expect that take
//! so many blocks; no RFC says so.

mod transfer;
mod writing;

use crate::limits::{
    TFTP_BLOCK_BYTES_MAX, TFTP_REPEATS_MAX, TFTP_REPEAT_AFTER_MAX_MS, TFTP_WINDOW_MAX,
    TRANSFERS_A_TICK_MAX, TRANSFERS_MAX, TRANSFERS_PER_SOURCE_MAX, TRANSFER_BYTES_MAX,
};
use crate::names::{InterfaceNo, RecordNo, Side};
use crate::note::{Note, Protocol, Table};
use crate::office::Office;
use crate::output::{Answer, Arrival, Line, Output, To, TransferNo, Way};
use crate::provision::{self, Ask};
use crate::render::Render;
use crate::sorted::SortedMap;
use crate::story::{Door, Step};
use crate::time::{Instant, Now, SECOND_MS};
use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddrV4;
use transfer::{Content, Progress, State, Transfer};
use wire::tftp::{self, ErrorCode, Mode, Options, Packet, Request};
use wire::Mac;

/// How an error packet begins.
const ERROR: [u8; 2] = [0, 5];
/// Time until the first repetition, unless the client asks for another.
const REPEAT_AFTER_MS: u64 = SECOND_MS;

/// All transfers under way.
#[derive(Default)]
pub(crate) struct Tftp {
    transfers: SortedMap<TransferNo, Transfer>,
    by_peer: SortedMap<SocketAddrV4, TransferNo>,
    last: u32,
    bytes: usize,
}

impl Tftp {
    /// Takes a request, heard on the server's port.
    pub(crate) fn request(
        &mut self,
        office: &mut Office,
        render: &dyn Render,
        now: Now,
        arrival: Arrival,
        bytes: &[u8],
    ) {
        if arrival.side != Side::Lan {
            return office.note(now, Note::WrongSide(Protocol::Tftp, arrival.side));
        }
        if !office.board.in_lan(*arrival.from.ip()) {
            return office.note(now, Note::Outsider(Protocol::Tftp, *arrival.from.ip()));
        }
        match Packet::parse(bytes) {
            Ok(Packet::Read(request)) => self.read(office, render, now, arrival, &request),
            Ok(Packet::Write(request)) => self.write(office, now, arrival, &request),
            // Nothing else belongs here, and an error is never answered.
            Ok(Packet::Data { .. } | Packet::Ack(_) | Packet::Error { .. })
            | Ok(Packet::OptionAck(_)) => (),
            Err(_malformed) => {
                office.note(now, Note::Malformed(Protocol::Tftp, *arrival.from.ip()));
                if bytes.starts_with(&ERROR) {
                    return;
                }
                self.refuse(office, &arrival, ErrorCode::IllegalOperation, "not understood");
            }
        }
    }

    fn read(
        &mut self,
        office: &mut Office,
        render: &dyn Render,
        now: Now,
        arrival: Arrival,
        request: &Request<'_>,
    ) {
        if !self.has_place(office, now, &arrival, request) {
            return;
        }
        let Ok(name) = core::str::from_utf8(request.name) else {
            return self.refuse(office, &arrival, ErrorCode::AccessViolation, "no such name");
        };
        let way = Way::default();
        let ask = Ask { arrival, door: Door::Tftp, name, query: "", user_agent: &[], way };
        let (answer, after, reader) = provision::answer(office, render, now, &ask);
        let file = match answer {
            Answer::File { bytes, .. } if request.mode == Mode::Netascii => {
                Content::Whole(netascii(&bytes))
            }
            Answer::File { bytes, .. } => Content::Whole(bytes),
            Answer::Kept { .. } if request.mode == Mode::Netascii => {
                let text = "this is no text, ask for it in octet mode";
                return self.refuse(office, &arrival, ErrorCode::IllegalOperation, text);
            }
            Answer::Kept { file, bytes, .. } => {
                Content::Kept { file, bytes, piece: Vec::new(), at: 0, asked: None }
            }
            Answer::Book { bytes, .. } if request.mode == Mode::Netascii => {
                Content::Whole(netascii(&bytes))
            }
            Answer::Book { bytes, .. } => Content::Whole(bytes.to_vec()),
            Answer::NotFound => {
                return self.refuse(office, &arrival, ErrorCode::FileNotFound, "no such file");
            }
            Answer::Forbidden | Answer::Unauthorized => {
                return self.refuse(office, &arrival, ErrorCode::AccessViolation, "not for you");
            }
            Answer::BadName => {
                return self.refuse(office, &arrival, ErrorCode::AccessViolation, "no such name");
            }
            Answer::Unavailable | Answer::Stored | Answer::TooLarge => {
                return self.refuse(office, &arrival, ErrorCode::Undefined, "try again later");
            }
        };
        if self.bytes + file.held() > TRANSFER_BYTES_MAX {
            office.note(now, Note::Full(Table::Transfers));
            return self.refuse(office, &arrival, ErrorCode::Undefined, "busy, try again");
        }
        self.begin(office, now, &arrival, request, file, (reader, after));
    }

    /// Whether a new transfer may begin; if not, all is said.
    fn has_place(
        &mut self,
        office: &mut Office,
        now: Now,
        arrival: &Arrival,
        request: &Request<'_>,
    ) -> bool {
        if let Some(no) = self.by_peer.get(&arrival.from).copied() {
            // The same request again: the client did not hear the first answer. Another one: the
            // client is done, and its last acknowledgement was lost.
            if self.transfers.get(&no).is_some_and(|transfer| transfer.is_for(request)) {
                self.repeat(office, now, no);
                return false;
            }
            self.end(office, now, no, None);
        }
        let source = *arrival.from.ip();
        let here = self.by_peer.keys().filter(|peer| *peer.ip() == source).count();
        if self.transfers.len() >= TRANSFERS_MAX || here >= TRANSFERS_PER_SOURCE_MAX {
            office.note(now, Note::Full(Table::Transfers));
            self.refuse(office, arrival, ErrorCode::Undefined, "busy, try again");
            return false;
        }
        true
    }

    fn begin(
        &mut self,
        office: &mut Office,
        now: Now,
        arrival: &Arrival,
        request: &Request<'_>,
        file: Content,
        (reader, after): (Option<Mac>, RecordNo),
    ) {
        let asked = request.options;
        let writes = matches!(file, Content::Coming { .. });
        let agreed = Options {
            blksize: asked.blksize.map(|size| size.min(TFTP_BLOCK_BYTES_MAX)),
            tsize: asked.tsize.map(|told| if writes { told } else { file.bytes() as u64 }),
            timeout: asked.timeout,
            windowsize: asked.windowsize.filter(|_| !writes).map(|size| size.min(TFTP_WINDOW_MAX)),
        };
        let repeat_after_ms =
            agreed.timeout.map_or(REPEAT_AFTER_MS, |seconds| u64::from(seconds) * SECOND_MS);
        let state = if writes {
            State::Receiving { got: 0, agreed }
        } else if agreed.is_empty() {
            State::Sending { acked: 0, sent: 0, rolled_back: false }
        } else {
            State::Agreeing(agreed)
        };
        let no = self.number();
        self.bytes += file.held();
        self.by_peer.insert(arrival.from, no);
        let transfer = Transfer {
            peer: arrival.from,
            to: towards(office, arrival, reader),
            interface: arrival.interface,
            name: request.name.to_vec(),
            asked: (request.mode, request.options),
            file,
            block_bytes: usize::from(agreed.blksize.unwrap_or(tftp::BLKSIZE_DEFAULT)),
            window: u64::from(agreed.windowsize.unwrap_or(1)),
            state,
            repeat_at: now.mono.after_ms(repeat_after_ms),
            repeat_after_ms,
            fixed_repeat: agreed.timeout.is_some(),
            repeats: 0,
            reader,
            after,
        };
        self.transfers.insert(no, transfer);
        self.speak(office, no);
    }

    /// Takes what was heard on a transfer's own port.
    pub(crate) fn transfer(
        &mut self,
        office: &mut Office,
        now: Now,
        no: TransferNo,
        from: SocketAddrV4,
        bytes: &[u8],
    ) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        if transfer.peer != from {
            // An error is never answered, or two servers would keep each other busy for ever.
            if bytes.starts_with(&ERROR) {
                return;
            }
            // RFC 1350 section 4: a stranger is told so, and the transfer goes on.
            let interface = transfer.interface;
            return error(office, interface, no, from, ErrorCode::UnknownTransferId, "not yours");
        }
        match Packet::parse(bytes) {
            Ok(Packet::Ack(block)) => match transfer.acknowledged(now, block) {
                Progress::Nothing => (),
                Progress::Send => self.speak(office, no),
                Progress::Done => self.end(office, now, no, Some(Step::TransferDone)),
            },
            // Phones probe the size of a file and break off; that is no failure.
            Ok(Packet::Error { .. }) => self.end(office, now, no, None),
            Ok(Packet::Data { block, bytes }) => self.data(office, now, no, block, bytes),
            Ok(Packet::Read(_) | Packet::Write(_) | Packet::OptionAck(_)) | Err(_) => {
                office.note(now, Note::Malformed(Protocol::Tftp, *from.ip()))
            }
        }
    }

    /// Sends again what was not acknowledged in time; the rest of very many at the next tick, which
    /// is due at once.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        let due = |transfer: &Transfer| transfer.repeat_at <= now.mono;
        let late: Vec<TransferNo> = self
            .transfers
            .iter()
            .filter(|(_, transfer)| due(transfer))
            .map(|(no, _)| *no)
            .take(TRANSFERS_A_TICK_MAX)
            .collect();
        for no in late {
            self.repeat(office, now, no);
        }
    }

    /// When [`Tftp::tick`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.transfers.values().map(|transfer| transfer.repeat_at).min()
    }

    fn repeat(&mut self, office: &mut Office, now: Now, no: TransferNo) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        if matches!(transfer.state, State::Received { .. }) {
            return self.end(office, now, no, None);
        }
        if transfer.repeats >= TFTP_REPEATS_MAX {
            return self.end(office, now, no, Some(Step::TransferLost));
        }
        transfer.repeats += 1;
        if !transfer.fixed_repeat {
            transfer.repeat_after_ms = (transfer.repeat_after_ms * 2).min(TFTP_REPEAT_AFTER_MAX_MS);
        }
        transfer.repeat_at = now.mono.after_ms(transfer.repeat_after_ms);
        if let State::Sending { acked, sent, .. } = &mut transfer.state {
            *sent = *acked;
        }
        self.speak(office, no);
    }

    /// Sends what the state calls for: the agreed options, or the rest of the window.
    fn speak(&mut self, office: &mut Office, no: TransferNo) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        let mut packet = vec![0; 4 + transfer.block_bytes.max(128)];
        let (to, after) = (transfer.to, transfer.after);
        let line = Line::Transfer(no);
        match &transfer.state {
            State::Agreeing(options) => {
                if let Ok(len) = tftp::oack(&mut packet, options) {
                    packet.truncate(len);
                    office.send(transfer.interface, line, to, packet, after);
                }
            }
            State::Receiving { got: 0, agreed } if !agreed.is_empty() => {
                if let Ok(len) = tftp::oack(&mut packet, agreed) {
                    packet.truncate(len);
                    office.send(transfer.interface, line, to, packet, after);
                }
            }
            State::Receiving { got, .. } | State::Received { got } => {
                if let Ok(len) = tftp::ack(&mut packet, *got as u16) {
                    packet.truncate(len);
                    office.send(transfer.interface, line, to, packet, after);
                }
            }
            State::Sending { acked, sent, .. } => {
                let last = transfer.last_block();
                let (first, from) = (acked + 1, sent + 1);
                let mut upto = (acked + transfer.window).min(last);
                for block in from..=upto {
                    let Some(bytes) = transfer.block(block) else {
                        upto = block - 1;
                        break;
                    };
                    if let Ok(len) = tftp::data(&mut packet, block as u16, bytes) {
                        let packet = packet.get(..len).unwrap_or_default().to_vec();
                        office.send(transfer.interface, line, to, packet, after);
                    }
                }
                if let State::Sending { sent, .. } = &mut transfer.state {
                    *sent = upto.max(*sent);
                }
                if let Some(read) = transfer.wants(no, first) {
                    office.push(read);
                }
            }
        }
    }

    /// Takes the piece of a file that was asked for; `None` where the file is not there any more.
    pub(crate) fn piece(
        &mut self,
        office: &mut Office,
        now: Now,
        no: TransferNo,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        let (interface, peer) = (transfer.interface, transfer.peer);
        // What was read took its time, and the client is not to blame for it.
        transfer.repeat_at = now.mono.after_ms(transfer.repeat_after_ms);
        if transfer.takes(bytes) {
            return self.speak(office, no);
        }
        error(office, interface, no, peer, ErrorCode::Undefined, "the file is gone, ask again");
        self.end(office, now, no, Some(Step::TransferLost));
    }

    fn end(&mut self, office: &mut Office, now: Now, no: TransferNo, step: Option<Step>) {
        let Some(transfer) = self.transfers.remove(&no) else { return };
        self.by_peer.remove(&transfer.peer);
        self.bytes = self.bytes.saturating_sub(transfer.file.held());
        office.push(Output::Close(Line::Transfer(no)));
        if let (Some(mac), Some(step)) = (transfer.reader, step) {
            office.step(now, mac, step);
        }
    }

    /// An error leaves by a port of its own, like every answer.
    fn refuse(&mut self, office: &mut Office, arrival: &Arrival, code: ErrorCode, text: &str) {
        let no = self.number();
        error(office, arrival.interface, no, arrival.from, code, text);
        office.push(Output::Close(Line::Transfer(no)));
    }

    fn number(&mut self) -> TransferNo {
        self.last = self.last.wrapping_add(1);
        TransferNo(self.last)
    }
}

/// A file goes to the device that was proven to ask, by its hardware address: whoever takes over
/// its IP address, before or in the middle of the transfer, is sent nothing. Behind a relay the way
/// is the relay's.
fn towards(office: &Office, arrival: &Arrival, reader: Option<Mac>) -> To {
    let has_arp = office.board.interface(arrival.interface).is_some_and(|port| port.has_arp);
    let near = has_arp && office.board.on_link(arrival.interface, *arrival.from.ip());
    match reader.filter(|_| near) {
        Some(mac) => To::Hardware(mac, arrival.from),
        None => To::Address(arrival.from),
    }
}

fn error(
    office: &mut Office,
    interface: InterfaceNo,
    no: TransferNo,
    to: SocketAddrV4,
    code: ErrorCode,
    text: &str,
) {
    let mut packet = vec![0; 5 + tftp::TEXT_BYTES_MAX];
    if let Ok(len) = tftp::error(&mut packet, code, text) {
        packet.truncate(len);
        office.send(interface, Line::Transfer(no), To::Address(to), packet, RecordNo(0));
    }
}

/// RFC 1350 section 1, RFC 764: a line ends in CR LF, a lone CR is CR NUL.
fn netascii(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail.first()) {
            (b'\r', Some(b'\n')) => {
                out.extend_from_slice(b"\r\n");
                rest = &tail[1..];
            }
            (b'\r', _) => out.extend_from_slice(b"\r\0"),
            (b'\n', _) => out.extend_from_slice(b"\r\n"),
            (other, _) => out.push(*other),
        }
    }
    out
}
