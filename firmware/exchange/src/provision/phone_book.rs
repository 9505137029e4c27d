//! Who may have the phone book, and where phones are told that it is.

use super::values::addresses;
use super::{refused_to, remote, told, Ask};
use crate::book;
use crate::catalog::{self, Family};
use crate::cause::Cause;
use crate::enrol::why;
use crate::limits::FILE_QUERY_MAX;
use crate::names::{InterfaceNo, RecordNo, Side};
use crate::note::Note;
use crate::office::Office;
use crate::output::Answer;
use crate::policy::{Act, Verdict};
use crate::story::{FileAnswer, Step};
use crate::time::Now;
use alloc::string::{String, ToString};
use wire::Mac;

/// The phone book is for handsets of this box only, each proven as for its own file.
pub(super) fn answer(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    (name, family): (&str, Family),
    proof: Result<Mac, Cause>,
) -> (Answer, RecordNo, Option<Mac>) {
    let nothing = RecordNo(0);
    let mac = match proof {
        Ok(mac) => mac,
        Err(cause) => {
            office.note(now, Note::FileRefused(*ask.arrival.from.ip()));
            refused_to(office, now, ask.door, name, cause, None);
            return (Answer::Forbidden, nothing, None);
        }
    };
    let form = family.book().filter(|_| office.durable.handset_of(mac).is_some());
    let Some(form) = form else {
        let why = "The phone book is for handsets of this box.";
        told(office, now, Some(mac), ask.door, name, FileAnswer::Absent(why));
        return (Answer::NotFound, nothing, Some(mac));
    };
    let verdict = office.admit(ask.arrival.side, mac, Act::Fetch);
    if verdict != Verdict::Allow {
        let refused = FileAnswer::Refused(why(verdict, ask.arrival.side));
        told(office, now, Some(mac), ask.door, name, refused);
        return (Answer::Forbidden, nothing, Some(mac));
    }
    let interface = ask.arrival.interface;
    let query = if ask.query.len() > FILE_QUERY_MAX { "" } else { ask.query };
    let place = remote::place(office, interface, Some(mac), None);
    let at = place.moved(url(office, interface, family).unwrap_or_default());
    let wanted = book::Wanted::read(query);
    let at = (at.as_str(), place.is_remote);
    let bytes = book::file(office, form, (family, interface), &wanted, at);
    // Somebody who leafs through it must not wash out the story.
    let before = office.devices.get(&mac).and_then(|device| device.story.steps().next_back());
    if !before.is_some_and(|(_, step)| matches!(step, Step::File(_, _, FileAnswer::Book(_)))) {
        let answer = FileAnswer::Book(bytes.len() as u32);
        told(office, now, Some(mac), ask.door, name, answer);
    }
    (Answer::Book { bytes, content_type: form.content_type }, nothing, Some(mac))
}

/// The address of the phone book as the files of this maker name it.
pub(super) fn url(office: &Office, interface: InterfaceNo, family: Family) -> Option<String> {
    let url = catalog::book_url(family, &addresses(office, interface))?;
    Some(url.as_str().to_string())
}

/// The address of the phone book on the first LAN port.
pub(crate) fn book_address(office: &Office) -> String {
    let port = office.board.first(Side::Lan).unwrap_or(InterfaceNo(0));
    url(office, port, Family::Generic).unwrap_or_default()
}
