//! What phones store here: their logs, and the changes that somebody made on the phone itself.
//!
//! Only a known handset stores anything, only once it is proven to hold its address, and only under
//! names with its own hardware address in them that phones of its maker use for that. Everybody
//! else is refused, in the words for any other refusal.
//!
//! | | kept | how much | after a restart | goes back to |
//! |---|---|---|---|---|
//! | logs | in memory, the newest | the end of 16 KiB of a handset, 2 MiB of all | gone | nobody |
//! | own changes | on flash | 4 KiB of a handset, 128 KiB of all | there | the same phone |
//!
//! An own change that says what is kept already is no new fact, and of others a phone can cause six
//! an hour and all together 240, so that none wears the chip out. They can hold passwords: pages
//! show them without each line that may have one, a backup seals them.

use crate::catalog::{Absence, Answer as Known};
use crate::limits::{
    LOGS_BYTES_MAX, LOGS_OF_HANDSET_MAX, LOG_BYTES_MAX, OWN_FILES_BYTES_MAX,
    OWN_FILES_OF_HANDSET_MAX, OWN_FILE_BYTES_MAX, OWN_FILE_RECORDS_PER_HOUR,
    OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET, UPLOAD_BYTES_MAX,
};
use crate::names::{HandsetNo, RecordNo, Side};
use crate::note::{Note, Table};
use crate::office::Office;
use crate::output::{Answer, Upload};
use crate::provision::{plain_name, prove_free, step_name, Ask};
use crate::secret::OwnFile;
use crate::sorted::SortedMap;
use crate::state::{Event, Handset};
use crate::story::{FileAnswer, Step};
use crate::time::{Instant, Now, HOUR_MS};
use crate::view::StoredRow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::Mac;

/// Words of a line that may have a password in it, in small letters.
const TELLING: [&str; 14] = [
    "pass",
    "pwd",
    "secret",
    "auth",
    "credential",
    "token",
    "digest",
    "cookie",
    "private",
    "community",
    "psk",
    ".pin",
    "_pin",
    "pin_",
];

/// The logs of all handsets.
#[derive(Default)]
pub(crate) struct Logs {
    of: SortedMap<Mac, Vec<Log>>,
    bytes: usize,
}

struct Log {
    name: String,
    at: Instant,
    /// Bytes that the phone sent; kept is their end.
    sent: u64,
    end: Vec<u8>,
}

/// How many facts own changes may still make within an hour that has begun.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hour {
    began: Instant,
    made: u16,
}

impl Hour {
    fn may(&self, now: Instant, most: u16) -> bool {
        self.made < most || now.since_ms(self.began) >= HOUR_MS
    }

    fn spend(&mut self, now: Instant) {
        if now.since_ms(self.began) >= HOUR_MS || self.made == 0 {
            *self = Hour { began: now, made: 0 };
        }
        self.made = self.made.saturating_add(1);
    }
}

/// What is stored, and by whom.
pub(crate) struct Storing {
    pub(crate) mac: Mac,
    handset: HandsetNo,
    kind: Kind,
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Log,
    Own,
}

impl Storing {
    /// The most bytes that it can have; more need not be taken in.
    pub(crate) fn bytes_max(&self) -> usize {
        match self.kind {
            Kind::Log => UPLOAD_BYTES_MAX,
            Kind::Own => OWN_FILE_BYTES_MAX,
        }
    }
}

/// Whether the asker may store a file of this name; one who is proven is told so in his story if
/// not.
pub(crate) fn may_store(office: &mut Office, now: Now, ask: &Ask<'_>) -> Option<Storing> {
    let from = *ask.arrival.from.ip();
    if ask.arrival.side == Side::Wan || !office.board.in_lan(from) {
        return None;
    }
    let mac = prove_free(office, now, &ask.arrival).ok()?;
    office.meet(now, mac)?;
    let storing = named(office, mac, ask.name);
    if storing.is_none() {
        tell(office, now, mac, ask, FileAnswer::UploadRefused);
    }
    storing
}

fn named(office: &Office, mac: Mac, name: &str) -> Option<Storing> {
    let (handset, _) = office.durable.handset_of(mac)?;
    let name = plain_name(office, name)?;
    let asked = office.catalog.file(&name, office.family(mac))?;
    let kind = match asked.answer {
        Known::Upload => Kind::Log,
        Known::Absent(Absence::OwnOverrides) => Kind::Own,
        Known::Handset { .. }
        | Known::Common { .. }
        | Known::Absent(_)
        | Known::Firmware
        | Known::Book => return None,
    };
    (asked.mac == Some(mac)).then_some(Storing { mac, handset, kind, name })
}

/// Stores it, or says why not; and which fact the answer relies on.
pub(crate) fn store(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    storing: &Storing,
    upload: &Upload<'_>,
) -> (Answer, RecordNo) {
    // It broke off, or was not sent yet: nothing has come of it.
    if upload.bytes == u64::MAX {
        return (Answer::TooLarge, RecordNo(0));
    }
    let done = match storing.kind {
        _ if upload.bytes > UPLOAD_BYTES_MAX as u64 => Err(Answer::TooLarge),
        Kind::Log => {
            office.logs.put(storing, now.mono, upload);
            Ok(RecordNo(0))
        }
        Kind::Own => keep(office, now, storing, upload),
    };
    let answer = match done {
        Ok(_) => FileAnswer::Stored(upload.bytes as u32),
        Err(_) => FileAnswer::UploadRefused,
    };
    tell(office, now, storing.mac, ask, answer);
    match done {
        Ok(after) => (Answer::Stored, after),
        Err(answer) => (answer, RecordNo(0)),
    }
}

/// Makes an own change a fact, unless it is one already.
fn keep(
    office: &mut Office,
    now: Now,
    storing: &Storing,
    upload: &Upload<'_>,
) -> Result<RecordNo, Answer> {
    let Storing { mac, handset, name, .. } = storing;
    let known = office.durable.handset(*handset).ok_or(Answer::Forbidden)?;
    let old = known.own.get(name).map_or(&[][..], |old| &old.0);
    if upload.bytes != upload.end.len() as u64 {
        return Err(Answer::TooLarge);
    }
    if old == upload.end {
        return Ok(office.relies_on(*mac));
    }
    let others: usize = known.own.values().map(|file| file.0.len()).sum::<usize>() - old.len();
    let is_new = !known.own.contains_key(name);
    let all = office.durable.own_file_bytes() - old.len() + upload.end.len();
    let full = is_new && known.own.len() >= OWN_FILES_OF_HANDSET_MAX;
    if full || others + upload.end.len() > OWN_FILE_BYTES_MAX {
        return Err(Answer::TooLarge);
    }
    let content = OwnFile(upload.end.to_vec());
    let event = Event::OwnFileKept { handset: *handset, name: name.clone(), content };
    let fits = if is_new { office.has_room_for(&event) } else { office.has_room_to_change(&event) };
    if all > OWN_FILES_BYTES_MAX || !fits {
        office.note(now, Note::Full(Table::Flash));
        return Err(Answer::TooLarge);
    }
    let device = office.devices.get_mut(mac).ok_or(Answer::Unavailable)?;
    let may = device.stored.may(now.mono, OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET)
        && office.stored.may(now.mono, OWN_FILE_RECORDS_PER_HOUR);
    if office.read_only || !may {
        return Err(Answer::Unavailable);
    }
    device.stored.spend(now.mono);
    office.stored.spend(now.mono);
    office.record(*mac, event);
    Ok(office.latest_record())
}

/// What is kept of this name for the device that was proven to ask; the same as for a file that
/// was never stored for everybody else, and without looking.
pub(crate) fn own(
    office: &Office,
    asker: Option<Mac>,
    named: Option<Mac>,
    name: &str,
) -> Option<Vec<u8>> {
    let mac = asker.filter(|asker| named == Some(*asker))?;
    let (_, handset) = office.durable.handset_of(mac)?;
    handset.own.get(name).map(|file| file.0.clone())
}

/// What a handset has stored, as it may be shown.
pub(crate) fn stored(office: &Office, mac: Mac) -> Vec<StoredRow> {
    let handset = office.durable.handset_of(mac).map(|(_, handset)| handset);
    let secrets: Vec<String> = handset.map(secrets).unwrap_or_default();
    let row = |name: &str, at, bytes, content: &[u8]| row(name, at, bytes, content, &secrets);
    let own = handset.into_iter().flat_map(|handset| &handset.own);
    let own = own.map(|(name, file)| row(name, None, file.0.len() as u64, &file.0));
    let logs = office.logs.of.get(&mac).into_iter().flatten();
    let logs = logs.rev().map(|log| row(&log.name, Some(log.at), log.sent, &log.end));
    own.chain(logs).collect()
}

/// What the box itself has told the phone in confidence, under whatever name it comes back.
fn secrets(handset: &Handset) -> Vec<String> {
    let lines = handset.lines.iter().map(|line| line.secret.text());
    lines.chain([handset.web.text()]).collect()
}

fn row(
    name: &str,
    at: Option<Instant>,
    bytes: u64,
    content: &[u8],
    secrets: &[String],
) -> StoredRow {
    let (mut text, mut hidden) = (String::new(), 0);
    let content = String::from_utf8_lossy(content);
    for line in content.lines() {
        let small = line.to_ascii_lowercase();
        let telling = TELLING.iter().any(|word| small.contains(word));
        if telling || secrets.iter().any(|secret| line.contains(secret)) {
            hidden += 1;
            continue;
        }
        text.extend(line.chars().filter(|letter| !letter.is_control() || *letter == '\t'));
        text.push('\n');
    }
    let cut = bytes > content.len() as u64;
    StoredRow { name: name.to_string(), at, bytes, cut, text, hidden }
}

impl Logs {
    fn put(&mut self, storing: &Storing, at: Instant, upload: &Upload<'_>) {
        let mut logs = self.of.remove(&storing.mac).unwrap_or_default();
        self.bytes -= bytes_of(&logs);
        logs.retain(|log| log.name != storing.name);
        let from = upload.end.len().saturating_sub(LOG_BYTES_MAX);
        let end = upload.end.get(from..).unwrap_or_default().to_vec();
        logs.push(Log { name: storing.name.clone(), at, sent: upload.bytes, end });
        while logs.len() > LOGS_OF_HANDSET_MAX || bytes_of(&logs) > LOG_BYTES_MAX {
            logs.remove(0);
        }
        self.bytes += bytes_of(&logs);
        self.of.insert(storing.mac, logs);
        while self.bytes > LOGS_BYTES_MAX && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let first = |(mac, logs): (&Mac, &Vec<Log>)| Some((logs.first()?.at, *mac));
        let Some((_, mac)) = self.of.iter().filter_map(first).min() else { return false };
        if let Some(logs) = self.of.get_mut(&mac) {
            self.bytes -= logs.remove(0).end.len();
            if logs.is_empty() {
                self.of.remove(&mac);
            }
        }
        true
    }

    /// Forgets those of a handset that is no more.
    pub(crate) fn forget(&mut self, mac: Mac) {
        let gone = self.of.remove(&mac).unwrap_or_default();
        self.bytes -= bytes_of(&gone);
    }
}

fn bytes_of(logs: &[Log]) -> usize {
    logs.iter().map(|log| log.end.len()).sum()
}

/// Tells it in the story; what only repeats the last step is told once.
fn tell(office: &mut Office, now: Now, mac: Mac, ask: &Ask<'_>, answer: FileAnswer) {
    // Of what cannot be a name nobody knows where a secret stands in it.
    let name = plain_name(office, ask.name);
    let step = Step::File(ask.door, step_name(name.as_deref().unwrap_or("a file")), answer);
    let last = office.devices.get(&mac).and_then(|device| device.story.steps().next_back());
    if last.is_none_or(|(_, last)| *last != step) {
        office.step(now, mac, step);
    }
}
