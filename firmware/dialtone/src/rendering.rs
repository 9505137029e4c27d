//! `dialtone render`: the files of a handset, from a state or of a maker's made-up handset, with
//! what made each line. Nothing is written, and no secret is told but to whoever asks for it.

use crate::config;
use crate::state::Looked;
use exchange::board::{Board, Interface, Network, Site, Subnet};
use exchange::catalog::Family;
use exchange::names::{InterfaceNo, Side};
use exchange::render::Render as _;
use exchange::state::Durable;
use exchange::template::{ExplainedLine, Fault, FileInputs, Secrets};
use exchange::time::{Instant, Now};
use exchange::{Exchange, PasswordHash, Seed};
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use wire::Mac;

/// What was asked for.
pub(crate) struct Wish {
    whose: Whose,
    state: Option<String>,
    config: Option<String>,
    file: Option<String>,
    explain: bool,
    secrets: Secrets,
}

/// Whose files.
enum Whose {
    Handset(Mac),
    MadeUp(Family, String),
}

impl Wish {
    /// Reads the words behind `render`, or says what is wrong with them.
    pub(crate) fn read(words: &[&str]) -> Result<Wish, String> {
        let (mut mac, mut family, mut model) = (None, None, None);
        let (mut state, mut config, mut file) = (None, None, None);
        let (mut explain, mut secrets) = (false, Secrets::Masked);
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let place = match *word {
                "--explain" => {
                    explain = true;
                    continue;
                }
                "--with-secrets" => {
                    secrets = Secrets::Clear;
                    continue;
                }
                "--mac" => &mut mac,
                "--family" => &mut family,
                "--model" => &mut model,
                "--state" => &mut state,
                "--config" => &mut config,
                "--file" => &mut file,
                other => return Err(format!("`{other}` is not understood")),
            };
            *place = Some((*rest.next().ok_or(format!("{word} wants a value"))?).to_owned());
        }
        let whose = match (mac, family) {
            (Some(_), None) if state.is_none() => {
                return Err("--mac wants --state FILE, in which the handset is".to_owned());
            }
            (Some(mac), None) => {
                let read = Mac::parse(mac.as_bytes());
                Whose::Handset(read.ok_or(format!("`{mac}` is no MAC address"))?)
            }
            (None, Some(family)) => {
                let known = || Family::ALL.map(Family::id).join(", ");
                let read = Family::from_id(&family);
                let read = read.ok_or_else(|| format!("--family is one of {}", known()))?;
                Whose::MadeUp(read, model.unwrap_or_default())
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err("render wants either --mac MAC or --family ID".to_owned());
            }
        };
        Ok(Wish { whose, state, config, file, explain, secrets })
    }
}

/// The files, as text; several are told apart by a line with their name.
pub(crate) fn files(wish: &Wish) -> Result<String, String> {
    let exchange = exchange(wish)?;
    let now = Now { mono: Instant(0), wall: None };
    let all = match &wish.whose {
        Whose::Handset(mac) => {
            let all = exchange.file_inputs(now, *mac, wish.secrets);
            if all.is_empty() {
                return Err(format!("the state has no handset {mac}"));
            }
            all
        }
        Whose::MadeUp(family, model) => exchange.example_inputs(*family, model),
    };
    let named = |file: &&FileInputs| wish.file.as_deref().is_none_or(|it| it == file.template);
    let wanted: Vec<&FileInputs> = all.iter().filter(named).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = all.iter().map(|file| file.template).collect();
        return Err(format!("the handset's files are {}", names.join(", ")));
    }
    let mut text = String::new();
    for file in &wanted {
        let made = if wish.explain { explained(file)? } else { plain(file)? };
        if wanted.len() > 1 {
            let _ = writeln!(text, "==== {}", file.template);
        }
        text.push_str(&made);
    }
    Ok(text)
}

fn failed(file: &FileInputs, fault: &Fault) -> String {
    let Fault { line, column, sentence } = fault;
    format!("{}, line {line}, column {column}: {sentence}", file.template)
}

fn plain(file: &FileInputs) -> Result<String, String> {
    let templates = render::Templates::shipped().map_err(|flaw| format!("{flaw:?}"))?;
    let mut out = Vec::new();
    let done = match &file.own {
        Some((_, source)) => templates.render_own(file.template, source, &file.values, &mut out),
        None => templates.render(file.template, &file.values, &mut out),
    };
    match done {
        Ok(()) => Ok(String::from_utf8_lossy(&out).into_owned()),
        // It says the line; the other way says what is wrong there.
        Err(_unrendered) => explained(file),
    }
}

fn explained(file: &FileInputs) -> Result<String, String> {
    let own = file.own.as_ref().map(|(_, source)| source.as_str());
    let made = render::explain(file.template, own, &file.values);
    let made = made.map_err(|fault| failed(file, &fault))?;
    let mut text = String::new();
    for line in &made.lines {
        let ExplainedLine { text: line_text, template, line, reads } = line;
        // A part is shipped, whoever wrote what includes it.
        let layer = match &file.own {
            Some((layer, _)) if template == file.template => layer.to_string(),
            Some(_) | None => "shipped".to_owned(),
        };
        let reads: Vec<String> =
            reads.iter().map(|path| format!("{path} ({})", file.origins.words(path))).collect();
        let _ = writeln!(text, "{line_text}");
        let from = if reads.is_empty() { String::new() } else { format!("; {}", reads.join(", ")) };
        let _ = writeln!(text, "    < {template}:{line}, {layer}{from}");
    }
    Ok(text)
}

/// An exchange that nobody asks anything else.
fn exchange(wish: &Wish) -> Result<Exchange, String> {
    let durable = match &wish.state {
        Some(file) => {
            let looked = Looked::into(Path::new(file));
            looked.map_err(|problem| format!("{file}: {problem}"))?.into_durable()
        }
        None => Durable::default(),
    };
    let board = match &wish.config {
        Some(file) => {
            let text = crate::text_of(file)?;
            config::read(&text, None).map_err(|why| format!("{file}: {why}"))?.board
        }
        None => example_board(),
    };
    let board = board.with_network(durable.network());
    let render = render::Templates::shipped().map_err(|flaw| format!("{flaw:?}"))?;
    let none = PasswordHash::new();
    Ok(Exchange::new(board, durable, Seed([0; 32]), Box::new(render), none))
}

/// A box as most are.
pub(crate) fn example_board() -> Board {
    let address = Ipv4Addr::new(192, 168, 10, 1);
    let interface = Interface { side: Side::Lan, address, prefix: 24, has_arp: true };
    let subnets = Network::new(address, 24).into_iter().map(|network| Subnet {
        interface: InterfaceNo(0),
        relayed: false,
        network,
        first: Ipv4Addr::new(192, 168, 10, 50),
        last: Ipv4Addr::new(192, 168, 10, 250),
        router: None,
        dns: Vec::new(),
        domain: None,
        ntp: Vec::new(),
        options: Vec::new(),
        reservations: Vec::new(),
    });
    Board {
        interfaces: vec![interface],
        subnets: subnets.collect(),
        http_port: 80,
        https_port: None,
        sips_port: None,
        sip_port: 5_060,
        directory: "prov".to_owned(),
        site: Site {
            time_zone: "Europe/Berlin".to_owned(),
            ntp_server: None,
            poll_min: 1_440,
            realm: "dialtone".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
