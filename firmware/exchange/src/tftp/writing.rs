//! A file on its way in.

use super::transfer::{Content, State};
use super::{error, Tftp};
use crate::limits::{LOG_BYTES_MAX, TRANSFER_BYTES_MAX};
use crate::note::{Note, Table};
use crate::office::Office;
use crate::output::{Answer, Arrival, Neighbour, TransferNo, Upload, Way};
use crate::provision::Ask;
use crate::story::{Door, Step};
use crate::time::Now;
use crate::uploads;
use alloc::vec::Vec;
use wire::tftp::{ErrorCode, Mode, Request};

const TOO_LARGE: &str = "too large";

impl Tftp {
    /// A client would like to write a file.
    pub(super) fn write(
        &mut self,
        office: &mut Office,
        now: Now,
        arrival: Arrival,
        request: &Request<'_>,
    ) {
        if !self.has_place(office, now, &arrival, request) {
            return;
        }
        let name = core::str::from_utf8(request.name).unwrap_or("a file");
        let way = Way::default();
        let ask = Ask { arrival, door: Door::Tftp, name, query: "", user_agent: &[], way };
        let Some(storing) = uploads::may_store(office, now, &ask) else {
            let text = "this server takes no files";
            return self.refuse(office, &arrival, ErrorCode::AccessViolation, text);
        };
        if request.mode != Mode::Octet {
            let text = "send it in octet mode";
            return self.refuse(office, &arrival, ErrorCode::IllegalOperation, text);
        }
        if request.options.tsize.is_some_and(|bytes| bytes > storing.bytes_max() as u64) {
            return self.refuse(office, &arrival, ErrorCode::DiskFull, TOO_LARGE);
        }
        let after = office.relies_on(storing.mac);
        let writer = Some(storing.mac);
        let file = Content::Coming { storing, bytes: 0, end: Vec::new() };
        if self.bytes + file.held() > TRANSFER_BYTES_MAX {
            office.note(now, Note::Full(Table::Transfers));
            return self.refuse(office, &arrival, ErrorCode::Undefined, "busy, try again");
        }
        self.begin(office, now, &arrival, request, file, (writer, after));
    }

    /// Takes a block; one that came before is acknowledged again, since the client did not hear it.
    pub(super) fn data(
        &mut self,
        office: &mut Office,
        now: Now,
        no: TransferNo,
        block: u16,
        part: &[u8],
    ) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        let got = match &transfer.state {
            State::Receiving { got, .. } | State::Received { got } => *got,
            State::Agreeing(_) | State::Sending { .. } => return,
        };
        if got > 0 && block == got as u16 {
            return self.speak(office, no);
        }
        let whole = transfer.block_bytes;
        let Content::Coming { storing, bytes, end } = &mut transfer.file else { return };
        let State::Receiving { got, .. } = &mut transfer.state else { return };
        if block != (*got + 1) as u16 || part.len() > whole {
            return;
        }
        *got += 1;
        *bytes += part.len() as u64;
        end.extend_from_slice(part);
        // Of what is kept the end is enough.
        end.drain(..end.len().saturating_sub(LOG_BYTES_MAX));
        let too_large = *bytes > storing.bytes_max() as u64;
        transfer.repeats = 0;
        transfer.repeat_at = now.mono.after_ms(transfer.repeat_after_ms);
        if too_large {
            return self.give_up(office, now, no, ErrorCode::DiskFull, TOO_LARGE);
        }
        match part.len() < whole {
            true => self.received(office, now, no),
            false => self.speak(office, no),
        }
    }

    /// Stores what has come as a whole.
    fn received(&mut self, office: &mut Office, now: Now, no: TransferNo) {
        let Some(transfer) = self.transfers.get_mut(&no) else { return };
        let State::Receiving { got, .. } = transfer.state else { return };
        let Content::Coming { storing, bytes, end } = &transfer.file else { return };
        let (interface, from) = (transfer.interface, transfer.peer);
        let side = crate::names::Side::Lan;
        let arrival = Arrival { side, interface, from, neighbour: Neighbour::Unknown };
        let name = core::str::from_utf8(&transfer.name).unwrap_or_default();
        let way = Way::default();
        let ask = Ask { arrival, door: Door::Tftp, name, query: "", user_agent: &[], way };
        let upload = Upload { end, bytes: *bytes };
        let (answer, after) = uploads::store(office, now, &ask, storing, &upload);
        match answer {
            Answer::Stored => {
                transfer.state = State::Received { got };
                transfer.after = transfer.after.max(after);
                self.speak(office, no);
            }
            Answer::TooLarge => self.give_up(office, now, no, ErrorCode::DiskFull, TOO_LARGE),
            Answer::Unavailable => {
                self.give_up(office, now, no, ErrorCode::Undefined, "try again later");
            }
            Answer::File { .. }
            | Answer::Book { .. }
            | Answer::Kept { .. }
            | Answer::NotFound
            | Answer::Forbidden
            | Answer::Unauthorized
            | Answer::BadName => {
                self.give_up(office, now, no, ErrorCode::AccessViolation, "not for you");
            }
        }
    }

    fn give_up(
        &mut self,
        office: &mut Office,
        now: Now,
        no: TransferNo,
        code: ErrorCode,
        text: &str,
    ) {
        let Some(transfer) = self.transfers.get(&no) else { return };
        error(office, transfer.interface, no, transfer.peer, code, text);
        self.end(office, now, no, None::<Step>);
    }
}
