//! The page of the firmware of phones, in its states.

use crate::office::*;
use exchange::names::text;
use exchange::time::Wall;
use exchange::view::{Family, FirmwareRow, FirmwareView};
use exchange::FileNo;
use pages::firmware::{firmware, too_large, FirmwareForm, Place, Room};
use pages::Html;

const ROOM: Room = Room { largest: 9_437_184, free: 9_437_184, all: 37_617_664 };

fn row(no: u32, name: &str, bytes: u32, model: Option<(Family, &str)>) -> FirmwareRow {
    FirmwareRow {
        no: FileNo(no),
        name: name.to_string(),
        model: model.map(|(family, model)| (family, text(model))),
        bytes,
        digest: [0x5a; 32],
        since: Some(Wall(1_796_083_199)),
        is_told: model.is_some(),
    }
}

fn view(files: Vec<FirmwareRow>) -> FirmwareView {
    let kinds = vec![(Family::Yealink, text("T46U")), (Family::Polycom, text("VVX 450"))];
    FirmwareView { now: NOW, files, kinds, read_only: false }
}

fn two_files() -> FirmwareView {
    let mut overruled = row(3, "gxp2130fw.bin", 4_194_304, Some((Family::Grandstream, "GXP2130")));
    (overruled.is_told, overruled.since) = (false, None);
    let long = "3111-46135-002.sip.ld-and-a-name-as-long-as-it-may-be-x.y.z.0001";
    view(vec![
        row(1, "T46U-108.86.0.20.rom", 24_117_248, Some((Family::Yealink, "T46U"))),
        row(2, long, 1_048_576, None),
        overruled,
    ])
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let none = FirmwareForm::default();
    let refused = FirmwareForm {
        name: "\"<T46U>.rom".to_string(),
        maker: "yealink".to_string(),
        model: "T46U".to_string(),
        error: Some(too_large(1_234_567)),
    };
    let pieces = Room { largest: 4_194_304, ..ROOM };
    let mut full = view(Vec::new());
    full.read_only = true;
    let flaw = "firmware of phones is not kept in /dev/mtd5: it holds something else, or is \
                damaged; erase it to use it";
    vec![
        ("firmware", firmware(&two_files(), Place::Room(ROOM), &VIEWER, &none)),
        ("firmware-none-yet", firmware(&view(Vec::new()), Place::Room(ROOM), &VIEWER, &none)),
        ("firmware-refused", firmware(&two_files(), Place::Room(pieces), &VIEWER, &refused)),
        ("firmware-read-only", firmware(&full, Place::Room(ROOM), &VIEWER, &none)),
        ("firmware-no-place", firmware(&view(Vec::new()), Place::Nowhere, &VIEWER, &none)),
        ("firmware-unusable", firmware(&view(Vec::new()), Place::Unusable(flaw), &VIEWER, &none)),
    ]
}
