//! An admin's own templates: which one is in force for whom, what is refused, and what becomes of
//! one that fails.

mod support;

use exchange::catalog::Family;
use exchange::command::{By, Command, Refusal};
use exchange::layer::{Firmware, Layer};
use exchange::limits::{TEMPLATES_BYTES_MAX, TEMPLATE_BYTES_MAX};
use exchange::names::{text, HandsetNo, Side};
use exchange::note::Note;
use exchange::template::{Change, Flaw, Place, PlaceFlaw, Secrets, MASK};
use support::{address, boards, files, from, own_file, Office, PHONE, PHONE_2};
use wire::Mac;

const FILE: &str = "yealink/mac.cfg";

fn place(layer: Layer) -> Place {
    Place { template: text(FILE), layer }
}

fn change(office: &mut Office, layer: Layer, change: Change) -> Result<(), Refusal> {
    office.command(Command::ChangeTemplate { place: place(layer), change }).map(drop)
}

fn set(office: &mut Office, layer: Layer, source: &str) {
    assert_eq!(change(office, layer, Change::Set(source.to_owned())), Ok(()));
}

/// Two Yealinks with their files.
fn office() -> Office {
    let mut office = Office::new(boards::plain);
    for (phone, last) in [(PHONE, 10), (PHONE_2, 11)] {
        office.boots(phone);
        assert_eq!(office.fetch(from(address(last), 1), &own_file(phone)).0.get(..4), Some("file"));
    }
    office
}

fn own(office: &mut Office, last: u8, phone: [u8; 6]) -> String {
    let (said, file) = office.fetch(from(address(last), 1), &own_file(phone));
    files::value(&file, "own").map_or(said, str::to_owned)
}

fn number(office: &Office, phone: [u8; 6]) -> HandsetNo {
    office.handset(phone).handset
}

#[test]
fn the_nearest_template_that_reaches_a_phone_makes_its_file() {
    let mut office = office();
    let second = number(&office, PHONE_2);
    assert!(own(&mut office, 10, PHONE).starts_with("file"));
    set(&mut office, Layer::Site, "site\n");
    assert_eq!(own(&mut office, 10, PHONE), "site");
    set(&mut office, Layer::Family(Family::Yealink), "family\n");
    assert_eq!(own(&mut office, 10, PHONE), "family");
    set(&mut office, Layer::Handset(second), "handset\n");
    assert_eq!(own(&mut office, 10, PHONE), "family");
    assert_eq!(own(&mut office, 11, PHONE_2), "handset");
    // What is on flash is in force after a start.
    office.restart();
    office.boots(PHONE_2);
    assert_eq!(own(&mut office, 11, PHONE_2), "handset");
    assert_eq!(change(&mut office, Layer::Handset(second), Change::Removed), Ok(()));
    assert_eq!(own(&mut office, 11, PHONE_2), "family");
    assert_eq!(change(&mut office, Layer::Handset(second), Change::Returned), Ok(()));
    assert_eq!(own(&mut office, 11, PHONE_2), "handset");
    office.command(Command::DeleteHandset { handset: second }).unwrap();
    let left: Vec<_> = office.exchange.durable().templates().all().collect();
    assert!(left.iter().all(|(place, _)| place.layer != Layer::Handset(second)));
    assert_eq!(left.len(), 2);
}

#[test]
fn a_template_is_refused_in_words_and_nothing_changes() {
    let mut office = office();
    let set = |source: &str| Change::Set(source.to_owned());
    let refused = |office: &mut Office, template: &str, layer: Layer, change: Change| {
        let place = Place { template: text(template), layer };
        match office.command(Command::ChangeTemplate { place, change }) {
            Err(Refusal::Template(flaw)) => {
                assert!(flaw.to_string().ends_with('.'));
                flaw
            }
            other => panic!("{template}: {other:?}"),
        }
    };
    let office = &mut office;
    assert_eq!(refused(office, "a/b", Layer::Site, set("x")), Flaw::NoSuchFile);
    assert_eq!(refused(office, "yealink/_site.cfg", Layer::Site, set("x")), Flaw::NoSuchFile);
    let snom = Layer::Family(Family::Snom);
    assert_eq!(refused(office, FILE, snom, set("x")), Flaw::Place(PlaceFlaw::OtherMaker));
    let handset = Layer::Handset(number(office, PHONE));
    let common = refused(office, "yealink/common.cfg", handset.clone(), set("x"));
    assert_eq!(common, Flaw::Place(PlaceFlaw::Common));
    let nobody = Layer::Handset(HandsetNo(999));
    assert_eq!(refused(office, FILE, nobody, set("x")), Flaw::Place(PlaceFlaw::NoHandset));
    let other = refused(office, "snom/mac.htm", handset.clone(), set("x"));
    assert_eq!(other, Flaw::Place(PlaceFlaw::OtherMaker));
    let model = |model: &str, from: &str, to: &str| Layer::Model {
        family: Family::Yealink,
        model: text(model),
        firmware: Firmware { from: text(from), to: text(to) },
    };
    let none = refused(office, FILE, model("", "", ""), set("x"));
    assert_eq!(none, Flaw::Place(PlaceFlaw::NoModel));
    let backwards = refused(office, FILE, model("T46U", "86", "84"), set("x"));
    assert_eq!(backwards, Flaw::Place(PlaceFlaw::Firmware));
    let long = "x".repeat(TEMPLATE_BYTES_MAX + 1);
    let large = refused(office, FILE, Layer::Site, set(&long));
    assert_eq!(large, Flaw::TooLarge { bytes: TEMPLATE_BYTES_MAX + 1 });
    assert_eq!(refused(office, FILE, Layer::Site, Change::Removed), Flaw::NoneHere);
    assert_eq!(refused(office, FILE, Layer::Site, Change::Returned), Flaw::NothingBefore);
    assert_eq!(refused(office, FILE, Layer::Site, Change::Forgotten), Flaw::NothingBefore);
    assert_eq!(office.exchange.durable().templates().all().count(), 0);
    // All together: four of the largest, and not a byte more.
    let whole = "x".repeat(TEMPLATE_BYTES_MAX);
    for model_name in ["T1", "T2", "T3", "T4"] {
        let layer = model(model_name, "84", "86");
        change(office, layer, set(&whole)).unwrap();
    }
    let full = refused(office, FILE, Layer::Site, set("x"));
    assert_eq!(full, Flaw::AllTooLarge { bytes: TEMPLATES_BYTES_MAX + 1 });
}

#[test]
fn a_form_that_saw_another_version_changes_nothing() {
    let mut office = office();
    set(&mut office, Layer::Site, "one\n");
    let seen = office.exchange.template_sources(&place(Layer::Site)).fingerprint;
    set(&mut office, Layer::Site, "two\n");
    let by = By { side: Side::Lan, source: address(200), seen: Some(seen) };
    let wish =
        Command::ChangeTemplate { place: place(Layer::Site), change: Change::Set("3\n".into()) };
    let refused = Err(Refusal::Template(Flaw::ChangedMeanwhile));
    assert_eq!(office.command_by(&by, wish).map(drop), refused);
    assert_eq!(own(&mut office, 10, PHONE), "two");
}

#[test]
fn a_small_flash_is_full_before_it_is_overrun() {
    let mut office = office();
    let taken = office.exchange.durable().record_bytes();
    office.exchange.set_flash_bytes(taken + 24 * 1_024);
    let source = Change::Set("x".repeat(30 * 1_024));
    assert_eq!(change(&mut office, Layer::Site, source), Err(Refusal::FlashFull));
    set(&mut office, Layer::Site, "x\n");
    let durable = office.exchange.durable();
    let facts: u64 = durable.templates().all().count() as u64;
    assert_eq!(facts, 1);
    assert!(durable.record_bytes() > taken);
}

#[test]
fn three_failures_for_a_phone_bring_it_the_shipped_file_and_no_other() {
    let mut office = office();
    set(&mut office, Layer::Site, "fails");
    let layer = Layer::Family(Family::Yealink);
    for _ in 0..2 {
        assert_eq!(own(&mut office, 10, PHONE), "unavailable");
    }
    // The third time it has a file, and from then on at once.
    for _ in 0..3 {
        let (said, file) = office.fetch(from(address(10), 1), &own_file(PHONE));
        assert!(said.starts_with("file") && files::value(&file, "template") == Some(FILE));
        assert_eq!(files::value(&file, "own"), None);
    }
    let notes: Vec<Note> = office.exchange.view(office.now()).notes.iter().map(|it| it.1).collect();
    assert!(notes.contains(&Note::OwnTemplateFailed(FILE)), "{notes:?}");
    // Another phone has not lost its way yet.
    assert_eq!(own(&mut office, 11, PHONE_2), "unavailable");
    let row = office.exchange.templates().files.into_iter().find(|row| row.template == FILE);
    assert_eq!(row.map(|row| row.own[0].given_up), Some(1));
    // One that is changed is tried again.
    set(&mut office, Layer::Site, "good\n");
    assert_eq!(own(&mut office, 10, PHONE), "good");
    set(&mut office, layer, "nearer\n");
    assert_eq!(own(&mut office, 10, PHONE), "nearer");
}

#[test]
fn a_rehearsal_has_every_phone_that_a_change_touches_and_no_secret() {
    let mut office = office();
    let second = number(&office, PHONE_2);
    set(&mut office, Layer::Handset(second), "its own\n");
    let try_with = |office: &Office, layer: Layer, change: &Change| {
        office.exchange.rehearsal(office.now(), None, &place(layer), change).unwrap()
    };
    let new = Change::Set("new\n".to_owned());
    let made = try_with(&office, Layer::Site, &new);
    // The second phone has a nearer one.
    assert_eq!(made.phones.len(), 1);
    assert_eq!((made.phones[0].before, made.phones[0].after), (None, Some(0)));
    assert_eq!(made.sources, ["new\n"]);
    let (source, worst) = made.worst.as_ref().unwrap();
    assert_eq!((*source, worst.len()), (0, 2));
    assert_eq!(worst[0].values.handset.as_ref().unwrap().lines.len(), 8);
    let gone = try_with(&office, Layer::Handset(second), &Change::Removed);
    assert_eq!((gone.phones[0].before, gone.phones[0].after), (Some(0), None));
    assert!(gone.worst.is_none());
    for phone in made.phones.iter().chain(&gone.phones) {
        let handset = phone.values.handset.as_ref().unwrap();
        assert_eq!(handset.web_password, MASK);
        assert!(handset.lines.iter().all(|line| line.password == MASK));
    }
}

#[test]
fn the_inputs_of_a_file_are_masked_unless_secrets_are_wanted() {
    let mut office = office();
    set(&mut office, Layer::Site, "new\n");
    let (now, mac) = (office.now(), Mac(PHONE));
    let inputs = |secrets| office.exchange.file_inputs(now, mac, secrets);
    let masked = inputs(Secrets::Masked);
    assert_eq!(
        masked.iter().map(|file| (file.template, file.common)).collect::<Vec<_>>(),
        [("yealink/mac.cfg", false), ("yealink/common.cfg", true)]
    );
    let own = masked[0].own.as_ref().unwrap();
    assert_eq!((&own.0, own.1.as_str()), (&Layer::Site, "new\n"));
    assert!(masked[1].own.is_none() && masked[1].values.handset.is_none());
    let of = |files: &[exchange::template::FileInputs]| {
        files[0].values.handset.as_ref().unwrap().lines[0].password.clone()
    };
    assert_eq!(of(&masked), MASK);
    assert_eq!(of(&inputs(Secrets::Clear)).len(), 24);
    assert!(office.exchange.file_inputs(now, Mac([2; 6]), Secrets::Clear).is_empty());
}
