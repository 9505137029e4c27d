//! An office that exists nowhere, for the tests and the preview.

use exchange::cause::Cause;
use exchange::names::Mac;
use exchange::names::{text, Extension, HandsetNo, LineNo, Side};
use exchange::note::Note;
use exchange::resync::{Asked, ClockTime, Errand, Progress};
use exchange::story::{Door, FileAnswer, Step};
use exchange::time::{Instant, Now, Wall, HOUR_MS, MINUTE_MS, SECOND_MS};
use exchange::view::{
    Alarm, DeviceView, HandsetRow, LineRow, Origin, OtherServer, PeopleView, Remote, SignSeen,
    Status, StoredRow, StrangerRow, View,
};
use pages::Viewer;
use std::net::Ipv4Addr;

pub(crate) const NOW: Now = Now { mono: Instant(30 * HOUR_MS), wall: Some(Wall(1_741_183_500)) };

pub(crate) const VIEWER: Viewer<'static> =
    Viewer { csrf: "5f1d0c2a9b7e4863", notice: None, version: "0.1.0", trial: None };

fn seen(name: &'static str, own: bool) -> SignSeen {
    SignSeen { name, own }
}

/// The moment so many milliseconds before [`NOW`].
pub(crate) fn before(ms: u64) -> Instant {
    Instant(NOW.mono.0 - ms)
}

pub(crate) fn line(no: u8, extension: &str, name: &str) -> LineRow {
    LineRow {
        line: LineNo::new(no).unwrap(),
        extension: Extension::parse(extension),
        name: text(name),
        owner: None,
        registered_until: Some(NOW.mono.after_ms(42 * MINUTE_MS)),
    }
}

pub(crate) fn handset(
    no: u16,
    maker: &'static str,
    model: &str,
    lines: Vec<LineRow>,
) -> HandsetRow {
    let [high, low] = no.to_be_bytes();
    HandsetRow {
        handset: HandsetNo(no),
        mac: Mac([0x00, 0x15, 0x65, 0x2f, high, low]),
        maker,
        model: text(model),
        firmware: text("108.86.0.83"),
        address: Some(Ipv4Addr::new(192, 168, 10 + high, 20u8.wrapping_add(low))),
        lines,
        status: Status::Registered,
        last_seen: Some(before(u64::from(no) * 3 * SECOND_MS)),
        cause: None,
        asked: None,
    }
}

fn stranger(last: u8, maker: Option<&'static str>, cause: Option<Cause>) -> StrangerRow {
    StrangerRow {
        mac: Mac([0x3c, 0x2a, 0xf4, 0x11, 0x09, last]),
        maker,
        model: text(if maker.is_some() { "GXP2170" } else { "" }),
        address: Some(Ipv4Addr::new(192, 168, 10, last)),
        last_seen: before(u64::from(last) * 20 * SECOND_MS),
        cause,
    }
}

fn rows() -> Vec<HandsetRow> {
    let stuck = HandsetRow {
        status: Status::Stuck,
        cause: Some(Cause::WrongPassword),
        ..handset(4, "Grandstream", "GRP2614", vec![line(1, "204", "Lucía Fernández")])
    };
    let booting = HandsetRow {
        status: Status::Booting,
        firmware: text(""),
        last_seen: Some(before(SECOND_MS)),
        ..handset(5, "Poly", "VVX 450", vec![line(1, "205", "Meeting room")])
    };
    let away = HandsetRow {
        status: Status::Away,
        address: None,
        last_seen: Some(before(26 * HOUR_MS)),
        ..handset(7, "Cisco", "SPA504G", vec![line(1, "210", "Warehouse")])
    };
    let never = HandsetRow {
        status: Status::Away,
        address: None,
        last_seen: None,
        firmware: text(""),
        ..handset(8, "Unknown maker", "", vec![line(1, "", "")])
    };
    let [mut away, mut never] = [away, never];
    away.lines[0].registered_until = None;
    never.lines[0].registered_until = None;
    let two = vec![line(1, "202", "Jonas Berg"), line(2, "290", "Sales"), line(3, "", "")];
    vec![
        handset(1, "Yealink", "T54W", vec![line(1, "201", "Anna Weber")]),
        handset(2, "Snom", "D785", two),
        handset(3, "Yealink", "T46U", vec![line(1, "203", "Front desk")]),
        stuck,
        booting,
        handset(6, "Yealink", "T31P", vec![line(1, "206", "Kitchen")]),
        away,
        never,
    ]
}

pub(crate) fn office() -> View {
    View {
        now: NOW,
        revision: 117,
        handsets: rows(),
        strangers: vec![
            stranger(41, Some("Grandstream"), Some(Cause::CreationClosed(Side::Wan))),
            stranger(77, None, None),
        ],
        alarms: vec![Alarm::OtherDhcpServer(OtherServer {
            server: Ipv4Addr::new(192, 168, 10, 1),
            mac: None,
            maker: None,
            elder: false,
            since: before(4 * MINUTE_MS),
            last: before(4 * MINUTE_MS),
        })],
        notes: vec![
            (before(28 * SECOND_MS), Note::RegisterRefused(Ipv4Addr::new(192, 168, 10, 24))),
            (before(90 * SECOND_MS), Note::Registered(Mac([0, 0x15, 0x65, 0x2f, 0, 6]))),
            (before(4 * MINUTE_MS), Note::OtherDhcpServer(Ipv4Addr::new(192, 168, 10, 1))),
        ],
        lan_creates: true,
        wan_creates: false,
        resync_planned: None,
        clock: ClockTime::parse("15:05"),
    }
}

/// What a handset was asked a minute ago, and what came of it.
fn asked(progress: Progress) -> Option<Asked> {
    let clock = ClockTime::parse("15:04");
    Some(Asked { errand: Errand::Resync, progress, at: before(MINUTE_MS), clock })
}

/// An office in the middle of having its handsets come again.
pub(crate) fn asking_office() -> View {
    let all = [
        Progress::Confirmed,
        Progress::Acknowledged,
        Progress::Asked,
        Progress::Refused(403),
        Progress::Silent,
        Progress::NeverCame,
        Progress::NotRegistered,
        Progress::Waiting,
    ];
    let mut view = office();
    for (row, progress) in view.handsets.iter_mut().zip(all) {
        row.asked = asked(progress);
    }
    view
}

/// An office whose handsets are asked in the quiet hour.
pub(crate) fn planned_office() -> View {
    let time = ClockTime::parse("22:30").unwrap();
    let mut view = quiet_office();
    for row in &mut view.handsets {
        row.asked = asked(Progress::Planned(time));
    }
    View { resync_planned: Some(time), ..view }
}

pub(crate) fn asked_device() -> DeviceView {
    let mut row = rows().swap_remove(0);
    row.asked = asked(Progress::Confirmed);
    let errand = Errand::Resync;
    device(row, &[Step::WasAsked(errand), Step::CameAsAsked])
}

pub(crate) fn restarting_device() -> DeviceView {
    let mut row = rows().swap_remove(0);
    row.asked = asked(Progress::NeverCame);
    let last = [Step::WasAsked(Errand::Resync), Step::DidNotCome];
    DeviceView { restarts_apart: false, resync_restarts: true, ..device(row, &last) }
}

pub(crate) fn quiet_office() -> View {
    let mut view = office();
    view.handsets.retain(|row| row.status == Status::Registered);
    view.strangers.clear();
    view.alarms.clear();
    view
}

pub(crate) fn empty_office() -> View {
    View {
        now: Now { wall: None, ..NOW },
        revision: 0,
        handsets: Vec::new(),
        strangers: Vec::new(),
        alarms: Vec::new(),
        notes: Vec::new(),
        lan_creates: true,
        wan_creates: false,
        resync_planned: None,
        clock: ClockTime::parse("15:05"),
    }
}

pub(crate) fn closed_office() -> View {
    View { lan_creates: false, ..empty_office() }
}

/// An office of `count` handsets, a tenth of them stuck.
pub(crate) fn large_office(count: u16) -> View {
    let rows = (0..count).map(|no| {
        let name = format!("Employee Number {no}");
        let lines = vec![line(1, &(1_000 + no).to_string(), &name)];
        let stuck = no % 10 == 9;
        HandsetRow {
            status: if stuck { Status::Stuck } else { Status::Registered },
            cause: stuck.then_some(Cause::NeverRegistered),
            ..handset(no, "Grandstream", "GRP2614", lines)
        }
    });
    View { handsets: rows.collect(), ..office() }
}

fn codes(list: &[u8]) -> exchange::story::OptionCodes {
    list.iter().copied().collect()
}

fn story(last: &[Step]) -> Vec<(Instant, Step)> {
    let address = Ipv4Addr::new(192, 168, 10, 24);
    let options = codes(&[1, 3, 6, 42, 43, 51, 54, 66, 160]);
    let file = "cfg001565".try_into().unwrap();
    let common = "y000000000108.cfg".try_into().unwrap();
    let mut steps = vec![
        Step::Discover { relayed: false },
        Step::Offer(address, options.clone()),
        Step::Created(Side::Lan),
        Step::Ack(address, options),
        Step::PnpTold,
        Step::File(Door::Http, common, FileAnswer::Absent("The phone's own file has it all.")),
        Step::File(Door::Http, file, FileAnswer::Own(12_288)),
        Step::Challenged,
    ];
    steps.extend_from_slice(last);
    let mut at = before(3 * MINUTE_MS).0;
    steps
        .into_iter()
        .zip([0, 12, 31, 2, 1_450, 21_000, 820, 9_300, 4, 60_000])
        .map(|(step, after)| {
            at += after;
            (Instant(at), step)
        })
        .collect()
}

fn device(handset: HandsetRow, last: &[Step]) -> DeviceView {
    DeviceView {
        now: NOW,
        revision: 9,
        mac: handset.mac,
        handset: Some(handset),
        stranger: None,
        signs: vec![seen("vendor class", false), seen("hardware address", true)],
        files_proof: Some("documented"),
        files_unproven: "",
        origin: Some(Origin::LanPlugAndPlay),
        lines_max: 6,
        story: story(last),
        settings: crate::settings::rows_of_handset(),
        restarts_apart: true,
        resync_restarts: false,
        stored: Vec::new(),
        screen: None,
        people: PeopleView::default(),
        remote: Remote::No,
        ports: None,
        banned: false,
    }
}

pub(crate) fn registered_device() -> DeviceView {
    let row = rows().swap_remove(1);
    DeviceView { stored: stored(), ..device(row, &[Step::Registered(LineNo::FIRST, 3_600)]) }
}

/// Changes that are kept, and the end of a log.
fn stored() -> Vec<StoredRow> {
    let row = |name: &str, at, bytes, text: &str, hidden| StoredRow {
        name: name.to_string(),
        at,
        bytes,
        cut: bytes > 1_000,
        text: text.to_string(),
        hidden,
    };
    let keys = "linekey.3.type = 13\nlinekey.3.label = Zoë\n";
    vec![
        row("001565000001-local.cfg", None, 96, keys, 2),
        row("001565000001-app.log", Some(NOW.mono), 40_000, "0102|so   |4|00|up\n", 0),
    ]
}

pub(crate) fn stuck_device() -> DeviceView {
    let mut row = rows().swap_remove(3);
    row.lines[0].registered_until = None;
    DeviceView {
        files_proof: Some("rule"),
        files_unproven: "summer time",
        screen: Some((before(70 * SECOND_MS), "Who uses this phone?")),
        ..device(row, &[Step::RegisterRefused(Cause::WrongPassword)])
    }
}

pub(crate) fn away_device() -> DeviceView {
    let row = rows().swap_remove(7);
    let row = device(row, &[]);
    DeviceView { story: Vec::new(), signs: Vec::new(), files_proof: None, ..row }
}

pub(crate) fn stranger_device() -> DeviceView {
    let cause = Cause::CreationClosed(Side::Wan);
    let row = stranger(41, Some("Grandstream"), Some(cause));
    DeviceView {
        now: NOW,
        revision: 0,
        mac: row.mac,
        handset: None,
        stranger: Some(row),
        signs: vec![seen("hardware address", false)],
        files_proof: Some("documented"),
        files_unproven: "",
        origin: None,
        lines_max: 0,
        story: vec![(before(95 * SECOND_MS), Step::TurnedAway(cause))],
        settings: Vec::new(),
        restarts_apart: true,
        resync_restarts: false,
        stored: Vec::new(),
        people: PeopleView::default(),
        screen: None,
        remote: Remote::No,
        ports: None,
        banned: false,
    }
}
