//! What a benchmark prints: surroundings, one line for each row of storms, and the same as one line
//! of JSON at the end.

use super::bench::Storm;
use super::wish::Wish;
use serde_json::{json, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// What the figures depend on.
pub(crate) struct Surroundings {
    program: PathBuf,
    directory: PathBuf,
    sync_us: f64,
    machine: String,
}

impl Surroundings {
    /// Notes them before the first storm, since a storm changes some.
    pub(crate) fn note(program: &Path, directory: &Path, sync_us: f64) -> Surroundings {
        let (program, directory) = (program.to_owned(), directory.to_owned());
        Surroundings { program, directory, sync_us, machine: machine() }
    }
}

/// Storms of one kind.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) flash: &'static str,
    pub(crate) storms: Vec<Storm>,
}

/// The least, the middle and the most of a figure.
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

/// Prints what the figures depend on, and the head of the table.
pub(crate) fn head(wish: &Wish, surroundings: &Surroundings) {
    let Surroundings { program, directory, sync_us, machine } = surroundings;
    println!("daemon     {} ({}, {} KiB)", program.display(), profile(program), size_kib(program));
    println!("generator  {}, own TCP on one packet socket", own_profile());
    println!("machine    {machine}");
    println!("disk       {}: 256 bytes written and synced in {sync_us:.0} us", directory.display());
    println!("storms     {} of each kind; median of the last phone (best..worst)", wish.rounds);
    println!("handsets   one line where never seen, {} where known\n", wish.lines);
    println!(
        "{:>6} {:<15} {:<5} {:>7} {:>24} {:>8} {:>8} {:>13} {:>9} {:>9} {:>9} {:>18} {:>7} {:>8}",
        "phones",
        "case",
        "flash",
        "file B",
        "last registered, ms",
        "p50 ms",
        "p99 ms",
        "again D/A/T/S",
        "CPU us/ph",
        "user/sys",
        "peak KiB",
        "flash bytes (pages)",
        "erases",
        "chip ms"
    );
}

/// Prints a row.
pub(crate) fn line(row: &Row) {
    let last = row.spread(|storm| storm.last_ms());
    let again = row.storms.iter().fold([0; 4], |sum: [u32; 4], storm| {
        let again = storm.outcome.again;
        let one = [again.dhcp, again.arp, again.tcp, again.sip];
        std::array::from_fn(|place| sum[place] + one[place])
    });
    let [dhcp, arp, tcp, sip] = again;
    let pages = row.median(|storm| storm.written.pages as f64);
    println!(
        "{:>6} {:<15} {:<5} {:>7} {:>24} {:>8.1} {:>8.1} {:>13} {:>9.1} {:>9} {:>9.0} {:>18} \
         {:>7.0} {:>8.1}",
        row.phones(),
        row.name,
        row.flash,
        row.file_bytes(),
        format!("{:.1} ({:.1}..{:.1})", last.median, last.min, last.max),
        row.median(|storm| storm.quantile_ms(0.5)),
        row.median(|storm| storm.quantile_ms(0.99)),
        format!("{dhcp}/{arp}/{tcp}/{sip}"),
        row.median(|storm| storm.cpu_us()),
        row.split(),
        row.median(|storm| storm.peak_kib as f64),
        format!("{:.0} ({pages:.0})", row.median(|storm| storm.written.bytes as f64)),
        row.median(|storm| storm.written.erases as f64),
        row.median(|storm| storm.written.chip_ms()),
    );
    let [address, place, file] = [0, 1, 2].map(|step| {
        row.median(|storm| storm.outcome.reached_ns.get(step).map_or(0.0, |ns| *ns as f64 / 1e6))
    });
    println!("{:>22} last address {address:.1}, server found {place:.1}, file {file:.1} ms", "");
    for (why, count) in row.storms.iter().flat_map(|storm| &storm.outcome.stuck) {
        println!("{:>22} NOT REGISTERED: {count} phones of a storm: {why}", "");
    }
}

/// Prints all rows as one line of JSON.
pub(crate) fn tail(wish: &Wish, rows: &[Row], surroundings: &Surroundings) {
    let Surroundings { program, directory, sync_us, machine } = surroundings;
    let whole = json!({
        "bench": "storm",
        "daemon": { "profile": profile(program), "kib": size_kib(program) },
        "generator": own_profile(),
        "machine": machine,
        "directory": directory.display().to_string(),
        "sync_us": sync_us,
        "lines_known": wish.lines,
        "rows": rows.iter().map(Row::json).collect::<Vec<Value>>(),
    });
    println!("\nfile B: the bytes of the file that each phone fetched");
    if wish.lines > 1 {
        println!("peak KiB, known: with what the admin's log-in left allocated in the daemon");
    }
    println!("again: what had to be sent again, in all storms of the row: DHCP, ARP, TCP, SIP");
    println!("{whole}");
}

impl Row {
    /// The largest file that a phone fetched.
    pub(crate) fn file_bytes(&self) -> usize {
        self.storms.iter().map(|storm| storm.outcome.file_bytes).max().unwrap_or(0)
    }

    fn phones(&self) -> usize {
        self.storms.first().map_or(0, |storm| storm.outcome.phones)
    }

    fn spread(&self, figure: impl Fn(&Storm) -> f64) -> Spread {
        let mut all: Vec<f64> = self.storms.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        let at = |place: usize| all.get(place).copied().unwrap_or(f64::NAN);
        Spread { min: at(0), median: at(all.len() / 2), max: at(all.len().saturating_sub(1)) }
    }

    fn median(&self, figure: impl Fn(&Storm) -> f64) -> f64 {
        self.spread(figure).median
    }

    /// The timer's split of all storms together: one alone is too short for it.
    fn split(&self) -> String {
        let user: f64 = self.storms.iter().map(|storm| storm.used.user_ms).sum();
        let system: f64 = self.storms.iter().map(|storm| storm.used.system_ms).sum();
        match user + system {
            0.0 => "-".to_owned(),
            all => format!("{:.0}/{:.0} %", 100.0 * user / all, 100.0 * system / all),
        }
    }

    fn json(&self) -> Value {
        let last = self.spread(|storm| storm.last_ms());
        let sum = |figure: fn(&Storm) -> u32| self.storms.iter().map(figure).sum::<u32>();
        let stuck = self.storms.iter().flat_map(|storm| storm.outcome.stuck.values());
        json!({
            "phones": self.phones(),
            "case": self.name,
            "flash": self.flash,
            "last_ms": { "min": last.min, "median": last.median, "max": last.max },
            "p50_ms": self.median(|storm| storm.quantile_ms(0.5)),
            "p99_ms": self.median(|storm| storm.quantile_ms(0.99)),
            "again": {
                "dhcp": sum(|storm| storm.outcome.again.dhcp),
                "arp": sum(|storm| storm.outcome.again.arp),
                "tcp": sum(|storm| storm.outcome.again.tcp),
                "sip": sum(|storm| storm.outcome.again.sip),
            },
            "cpu_us_per_phone": self.median(|storm| storm.cpu_us()),
            "peak_kib": self.median(|storm| storm.peak_kib as f64),
            "flash_bytes": self.median(|storm| storm.written.bytes as f64),
            "flash_pages": self.median(|storm| storm.written.pages as f64),
            "erases": self.median(|storm| storm.written.erases as f64),
            "file_bytes": self.file_bytes(),
            "not_registered": stuck.sum::<usize>(),
        })
    }
}

impl Storm {
    /// When the last phone was registered; infinite where one never was.
    fn last_ms(&self) -> f64 {
        let all = self.outcome.stuck.is_empty();
        let last = self.outcome.done_ns.last().filter(|_| all);
        last.map_or(f64::INFINITY, |ns| *ns as f64 / 1e6)
    }

    /// When this part of the registered phones was.
    fn quantile_ms(&self, part: f64) -> f64 {
        let done = &self.outcome.done_ns;
        let place = (done.len() as f64 * part).ceil() as usize;
        done.get(place.saturating_sub(1)).map_or(f64::NAN, |ns| *ns as f64 / 1e6)
    }

    fn cpu_us(&self) -> f64 {
        self.used.cpu_ms * 1e3 / self.outcome.phones.max(1) as f64
    }
}

/// The profile of a program as its directory names it.
fn profile(program: &Path) -> String {
    let parent = program.parent().and_then(Path::file_name);
    parent
        .map_or("unknown profile".to_owned(), |name| format!("profile {}", name.to_string_lossy()))
}

fn own_profile() -> &'static str {
    if cfg!(debug_assertions) {
        "profile debug"
    } else {
        "profile release"
    }
}

fn size_kib(program: &Path) -> u64 {
    fs::metadata(program).map_or(0, |metadata| metadata.len() / 1_024)
}

fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("", |line| line.trim_start_matches([' ', '\t', ':']));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{model}, kernel {}, load {load} before the start, {cpus} CPU", kernel.trim())
}
