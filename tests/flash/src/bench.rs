//! The table of what the state costs, each row with a limit and an aim; one past its limit fails.
//!
//! Bytes, erases and reads are counted by the chip's model. Two rows are of the real daemon, which
//! `storm` measures from outside in network namespaces; without it, or without root, they are said
//! to be missing and the bench fails too.

use crate::chip::Chip;
use crate::life::{entered, fold, mount, snapshot, Deed};
use crate::office::{created, encoded, mac, Naive};
use crate::sizes;
use crate::year::{year, Flip, Keeper, Kept, Move};
use exchange::layer::Layer;
use exchange::limits::{TEMPLATES_BYTES_MAX, TEMPLATE_BYTES_MAX};
use exchange::names::{text, ContactText, Extension, HandsetNo, LineNo, UserNo};
use exchange::state::{Durable, Event};
use exchange::template::{Change, Place};
use exchange::Pin;
use journal::{Geometry, Journal};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What the whole flash has.
const MIB: u32 = 1 << 20;
/// Handsets of a full box, and phones of a storm.
const MANY: u16 = 1_000;

/// A row of the table.
struct Figure {
    what: String,
    unit: &'static str,
    /// The limit; smaller is better unless `at_least`.
    limit: f64,
    aim: f64,
    at_least: bool,
    reached: Option<f64>,
}

/// Measures everything and prints it; whether all is within its limit.
pub fn run(storm: Option<&Path>) -> Result<bool, String> {
    let mut good = is_sound();
    for erase_block in [4_096, 65_536] {
        let geometry = sizes(MIB, erase_block);
        println!("\n1 MiB, erase blocks of {} KiB, pages of 256 bytes", erase_block / 1_024);
        let mut figures = vec![per_handset(geometry)?];
        figures.extend(over_a_year(geometry)?);
        figures.push(start(geometry)?);
        figures.push(whole_state(geometry)?);
        good &= print(&figures);
    }
    println!("\nthe daemon as it is shipped, NOR timing, erase blocks of 4 KiB");
    Ok(good & print(&daemon(storm)?))
}

fn print(figures: &[Figure]) -> bool {
    println!("{:<66} {:>9} {:>9} {:>9}", "", "at most", "aim", "reached");
    for figure in figures {
        let Figure { what, unit, limit, aim, at_least, reached } = figure;
        let what = format!("{what}, {unit}");
        let limit = format!("{}{limit}", if *at_least { "least " } else { "" });
        let said = reached.map_or("missing".to_owned(), |reached| format!("{reached:.2}"));
        let verdict = match (figure.is_within(figure.limit), figure.is_within(*aim)) {
            (false, _) => "  FAILED",
            (true, false) => "  aim missed",
            (true, true) => "",
        };
        println!("{what:<66} {limit:>9} {aim:>9} {said:>9}{verdict}");
    }
    figures.iter().all(|figure| figure.is_within(figure.limit))
}

impl Figure {
    fn most(what: &str, unit: &'static str, (limit, aim): (f64, f64), reached: f64) -> Figure {
        let reached = Some(reached);
        Figure { what: what.to_owned(), unit, limit, aim, at_least: false, reached }
    }

    fn is_within(&self, bound: f64) -> bool {
        self.reached.is_some_and(|it| if self.at_least { it >= bound } else { it <= bound })
    }
}

/// The facts of a new handset: lease, itself, and where it is bound.
fn newcomer(phone: u16) -> [Event; 3] {
    let [high, low] = phone.to_be_bytes();
    let no = phone + 1;
    let uri = format!("sip:abcdefgh@10.77.{high}.{low}:5060;transport=UDP");
    let contact = ContactText::try_from(uri.as_str()).unwrap_or_default();
    [
        Event::AddressGiven { mac: mac(phone), address: [10, 77, high, low] },
        created(phone, no, 0),
        Event::ContactLearnt { handset: HandsetNo(no), line: LineNo::FIRST, contact },
    ]
}

fn per_handset(geometry: Geometry) -> Result<Figure, String> {
    let mut keeper = Flip::new(geometry)?;
    for phone in 0..MANY {
        for event in newcomer(phone) {
            keeper.keep(&[event])?;
        }
    }
    let bytes = keeper.kept().programmed as f64 / f64::from(MANY);
    let what = "flash of a new handset (lease, handset, binding, headings)";
    Ok(Figure::most(what, "bytes", (400.0, 200.0), bytes))
}

fn over_a_year(geometry: Geometry) -> Result<Vec<Figure>, String> {
    let mut flip = Flip::new(geometry)?;
    year(41, &mut flip)?;
    let mut other = Move::new(geometry);
    year(41, &mut other)?;
    let (kept, moved) = (flip.kept(), other.kept());
    let ways = [("two banks, whole snapshots", kept), ("a ring, live records moved", moved)];
    for (name, kept) in ways {
        let Kept { came, programmed, erases, most, .. } = kept;
        println!(
            "  {name}: {came} bytes came, {programmed} programmed ({:.3}), {erases} erases, {most} \
             of a block ({:.3} by blocks)",
            kept.amplification(),
            kept.erased(),
        );
    }
    let years = Figure {
        what: "years until a block was erased 100,000 times".to_owned(),
        unit: "years",
        limit: 100.0,
        aim: 1_000.0,
        at_least: true,
        reached: Some(kept.years()),
    };
    let what = "write amplification of a year of 200 phones";
    Ok(vec![Figure::most(what, "bytes per byte", (1.5, 1.1), kept.amplification()), years])
}

/// A full box's facts, as a snapshot has them.
fn full() -> Vec<Vec<u8>> {
    let mut durable = Durable::default();
    for phone in 0..MANY {
        newcomer(phone).iter().for_each(|event| durable.apply(event));
        durable.apply(&Event::LineAssigned {
            handset: HandsetNo(phone + 1),
            line: LineNo::FIRST,
            extension: Extension::parse(&(1_000 + phone).to_string()),
            name: text("Ada Lovelace"),
        });
    }
    snapshot(&durable)
}

/// The start of a full box: flash is read and the state is made of it.
fn start(geometry: Geometry) -> Result<Figure, String> {
    let mut journal = mount(Chip::new(geometry)).map_err(|error| format!("{error:?}"))?.journal;
    Deed::Snapshot(full()).perform(&mut journal).map_err(|end| format!("{end:?}"))?;
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..15 {
        let chip = journal.flash().clone();
        let before = chip.counts();
        let begun = now();
        let mut durable = Durable::default();
        let (again, _) = Journal::mount(chip, &mut |record| {
            if let Some(event) = Event::decode(record) {
                durable.apply(&event);
            }
        })
        .map_err(|error| format!("{error:?}"))?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        if times.len() == 1 {
            let after = again.flash().counts();
            let (reads, read) = (after.reads - before.reads, after.read - before.read);
            println!("  a start reads {read} bytes of {MIB} in {reads} reads");
        }
        if durable.handsets().count() != usize::from(MANY) {
            return Err("a start found another number of handsets".to_owned());
        }
    }
    times.sort_by(f64::total_cmp);
    let middle = times[times.len() / 2];
    Ok(Figure::most("start with 1,000 handsets, read once", "ms", (20.0, 2.0), middle))
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn whole_state(geometry: Geometry) -> Result<Figure, String> {
    let mut facts = full();
    let handsets: usize = facts.iter().map(|fact| Journal::<Chip>::cost(fact.len()) as usize).sum();
    let users: Vec<_> = (1..=MANY).filter_map(user).collect();
    let takes = |facts: &[Vec<u8>]| -> usize {
        facts.iter().map(|fact| Journal::<Chip>::cost(fact.len()) as usize).sum()
    };
    let user_bytes = takes(&users);
    facts.extend(users);
    facts.extend((0..TEMPLATES_BYTES_MAX / TEMPLATE_BYTES_MAX).map(own_template));
    let mut journal = mount(Chip::new(geometry)).map_err(|error| format!("{error:?}"))?.journal;
    Deed::Snapshot(facts).perform(&mut journal).map_err(|end| format!("{end:?}"))?;
    println!("  1,000 handsets take {handsets} bytes, and 1,000 users {user_bytes}");
    let part = f64::from(journal.used()) / f64::from(MIB);
    let what = "1,000 handsets, 1,000 users, 128 KiB of templates";
    Ok(Figure::most(what, "of 1 MiB", (0.5, 0.333), part))
}

/// A user with as long a name as people have.
fn user(number: u16) -> Option<Vec<u8>> {
    let name = text("Maximilian Mustermann");
    let extension = Extension::new(1_000 + u32::from(number));
    let pin = Pin::parse("123456")?;
    Some(encoded(&Event::UserSet { user: UserNo(number), name, extension, pin }))
}

/// A template of an admin's own, as large as one can be.
fn own_template(number: usize) -> Vec<u8> {
    let layer = Layer::Handset(HandsetNo(number as u16 + 1));
    let place = Place { template: text("yealink/mac.cfg"), layer };
    let change = Change::Set("x".repeat(TEMPLATE_BYTES_MAX));
    encoded(&Event::TemplateChanged { place, change })
}

/// The rows of the real daemon.
fn daemon(storm: Option<&Path>) -> Result<Vec<Figure>, String> {
    let folder = std::env::temp_dir().join(format!("flash-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let outcome = measured(storm, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn measured(storm: Option<&Path>, folder: &Path) -> Result<Vec<Figure>, String> {
    let image = folder.join("flash");
    write_image(&image, &nearly_full()?)?;
    let said = asked(storm, &["--cleaning", &image.to_string_lossy()]);
    let answers = said.as_deref().and_then(|said| number(said, "\"most_ms\":"));
    let cleaned = said.as_deref().and_then(|said| number(said, "\"erases\":"));
    println!("  {}", said.as_deref().unwrap_or("nothing was measured while the log is cleaned"));
    if cleaned == Some(0.0) {
        return Err("the log was not cleaned while it was measured".to_owned());
    }
    write_image(&image, &half_full()?)?;
    let state = image.to_string_lossy();
    let words = ["--phones", "1000", "--rounds", "1", "--only", "nor", "--state", &state];
    let said = asked(storm, &words);
    let rows: Vec<&str> = said.as_deref().unwrap_or_default().split("\"case\"").skip(1).collect();
    rows.iter().for_each(|row| println!("  {}", row.trim_start_matches(':')));
    let each = rows.iter().map(|row| number(row, "\"erases\":"));
    let erases = each.sum::<Option<f64>>().filter(|_| !rows.is_empty());
    let mut figures = vec![
        Figure::most(
            "answers that need no record while the log is cleaned",
            "ms",
            (20.0, 5.0),
            0.0,
        ),
        Figure::most("erases begun in a storm of 1,000 phones", "erases", (0.0, 0.0), 0.0),
    ];
    for (figure, reached) in figures.iter_mut().zip([answers, erases]) {
        figure.reached = reached;
    }
    Ok(figures)
}

/// Calls the other tool; the last line that it prints.
fn asked(storm: Option<&Path>, words: &[&str]) -> Option<String> {
    let output = Command::new(storm?).args(words).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        println!("  storm: {}", String::from_utf8_lossy(&output.stderr).trim());
        return None;
    }
    said.lines().last().map(str::to_owned)
}

/// The number behind a mark.
fn number(text: &str, mark: &str) -> Option<f64> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    rest[..end].trim().parse().ok()
}

/// A flash on which the next new phone makes the box clean: the bank in use is all but full, and
/// nothing of the other one is erased.
fn nearly_full() -> Result<Chip, String> {
    let mut journal = blank()?;
    let facts = full();
    let perform = |deed: Deed, journal: &mut Journal<Chip>| {
        deed.perform(journal).map_err(|end| format!("{end:?}"))
    };
    fill(&mut journal, 60)?;
    perform(Deed::Snapshot(facts), &mut journal)?;
    fill(&mut journal, 60)?;
    Ok(journal.into_flash())
}

/// A flash as full as it is left alone, nothing of whose other bank is erased; no handset is on it.
fn half_full() -> Result<Chip, String> {
    let mut journal = blank()?;
    fill(&mut journal, 60)?;
    Deed::Snapshot(Vec::new()).perform(&mut journal).map_err(|end| format!("{end:?}"))?;
    let half = (journal.used() + journal.room()) / 2;
    fill(&mut journal, half)?;
    Ok(journal.into_flash())
}

fn blank() -> Result<Journal<Chip>, String> {
    Ok(mount(Chip::new(sizes(MIB, 4_096))).map_err(|error| format!("{error:?}"))?.journal)
}

/// Writes what changes nothing until less than `left` bytes are left.
fn fill(journal: &mut Journal<Chip>, left: u32) -> Result<(), String> {
    while journal.room() >= left {
        let nothing = encoded(&Event::AddressForgotten { mac: [2; 6] });
        let deed = Deed::Append(vec![nothing]);
        deed.perform(journal).map_err(|end| format!("{end:?}"))?;
    }
    Ok(())
}

fn write_image(path: &Path, chip: &Chip) -> Result<(), String> {
    let bytes: Vec<u8> = (0..MIB as usize).map(|at| chip.peek(at)).collect();
    std::fs::write(path, bytes).map_err(|error| error.to_string())
}

/// Whether the naive fold and the exchange's agree on a full box, so that the rows are of a real
/// one.
fn is_sound() -> bool {
    let facts = full();
    let mut naive = Naive::default();
    facts.iter().filter_map(|fact| Event::decode(fact)).for_each(|event| naive.hear(&event));
    let folded = fold(&entered(&facts));
    folded.is_some_and(|durable| crate::office::told(&durable) == naive.told())
}
