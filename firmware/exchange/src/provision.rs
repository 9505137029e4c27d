//! Which file does this handset get, with which values, and may this address have it?
//!
//! TFTP, HTTP and Plug-and-Play are doors to one and the same answer. A hardware address in a file
//! name proves nothing; what counts is which device the asking address *is* ([`prove`]). The order
//! of the questions is the point: the proof is sought before anything is looked up about the device
//! named, so that somebody who asks for another's file learns nothing, neither from the answer nor
//! from how long it took.

mod authority;
mod host;
mod name;
mod phone_book;
mod remote;
pub(crate) mod screens;
mod values;

pub(crate) use host::{host_at, wan_address, wan_host};
pub(crate) use name::{plain_name, step_name};
pub(crate) use phone_book::book_address;
pub(crate) use remote::{denied, wan_url};
pub(crate) use values::{directory_path, own_address, pnp_url, values, web_password};

use crate::catalog::{Answer as Known, Family, FileAsked, Sign};
use crate::cause::Cause;
use crate::enrol::why;
use crate::fallback::Next;
use crate::firmware::Firmware;
use crate::names::{RecordNo, Side};
use crate::note::{Note, Protocol};
use crate::office::Office;
use crate::others;
use crate::output::{Answer, Arrival, Neighbour, Way};
use crate::policy::{Act, Key, Verdict};
use crate::render::{Render, Values};
use crate::seat;
use crate::story::{Door, FileAnswer, Step};
use crate::template::in_force;
use crate::time::{Instant, Now};
use crate::uploads;
use alloc::vec::Vec;
use wire::Mac;

/// A question for a file.
pub(crate) struct Ask<'a> {
    pub(crate) arrival: Arrival,
    pub(crate) door: Door,
    /// As asked; hostile.
    pub(crate) name: &'a str,
    /// What stood behind a `?`; hostile.
    pub(crate) query: &'a str,
    pub(crate) user_agent: &'a [u8],
    /// How it came, where it came over HTTP.
    pub(crate) way: Way<'a>,
}

/// Answers a question for a file, and says which fact the answer relies on and whose file it is.
pub(crate) fn answer(
    office: &mut Office,
    render: &dyn Render,
    now: Now,
    ask: &Ask<'_>,
) -> (Answer, RecordNo, Option<Mac>) {
    let nothing = RecordNo(0);
    let inside = match ask.arrival.side {
        Side::Lan => office.board.in_lan(*ask.arrival.from.ip()),
        Side::Wan => ask.way.tls,
    };
    if !inside {
        outside(office, now, ask);
        return (Answer::Forbidden, nothing, None);
    }
    let parted = name::parted(office, ask.name);
    let Some((secret, name)) = parted else { return (bad_name(ask), nothing, None) };
    let (proof, key) = match who(office, now, ask, (secret.as_deref(), &name)) {
        Ok(who) => who,
        Err((answer, mac)) => return (answer, nothing, mac),
    };
    let asker = proof.as_ref().ok().copied().filter(|mac| office.meet(now, *mac).is_some());
    if let Some(mac) = asker {
        office.seen_at(mac, *ask.arrival.from.ip());
        if !ask.user_agent.is_empty() {
            office.weigh(mac, Sign::HttpUserAgent(ask.user_agent));
        }
        office.weigh(mac, Sign::FileName(name.as_bytes()));
        office.remember_make(now, mac);
    }
    let refused = unwelcome(office, ask.arrival.side, asker, key);
    if let Some(answer) = of_nobody(office, now, ask, &name, (asker, refused)) {
        return (answer, nothing, asker);
    }
    let hint = asker.and_then(|mac| office.family(mac));
    let Some(asked) = office.catalog.file(&name, hint) else {
        told(office, now, asker, ask.door, &name, FileAnswer::Unknown);
        return (Answer::NotFound, nothing, asker);
    };
    match asked.answer {
        Known::Handset { template, content_type } => {
            let question = Own { ask, name: &name, asked: &asked, template, content_type, key };
            own_file(office, render, now, &question, proof)
        }
        Known::Common { template, content_type } => {
            let of = Of { template, common: true, asker, family: asked.family };
            let shown = (secret.as_deref(), content_type);
            let (answer, step) = common(office, render, now, ask, &of, shown, refused);
            told(office, now, asker, ask.door, &name, step);
            (answer, nothing, asker)
        }
        Known::Book => phone_book::answer(office, now, ask, (&name, asked.family), proof),
        Known::Absent(absence) => {
            if let Some(bytes) = uploads::own(office, asker, asked.mac, &name) {
                let answer = FileAnswer::OwnChanges(bytes.len() as u32);
                told(office, now, asker, ask.door, &name, answer);
                let after = asker.map_or(nothing, |mac| office.relies_on(mac));
                return (file(Some(bytes), "application/octet-stream"), after, asker);
            }
            told(office, now, asker, ask.door, &name, FileAnswer::Absent(absence.reason()));
            (Answer::NotFound, nothing, asker)
        }
        Known::Firmware | Known::Upload => {
            told(office, now, asker, ask.door, &name, FileAnswer::Absent("None is kept here."));
            (Answer::NotFound, nothing, asker)
        }
    }
}

/// What a file is made of that is for all phones of a kind.
fn common_values(
    office: &Office,
    ask: &Ask<'_>,
    asker: Option<Mac>,
    secret: Option<&str>,
    family: Family,
) -> Values {
    let interface = ask.arrival.interface;
    let key = remote::key_in(office, ask, secret);
    let place = remote::place(office, interface, asker, key.as_deref());
    values::values_at(office, (interface, &place), asker, None, family)
}

/// Why somebody on the WAN is given nothing who is proven to be a device and no handset: by a
/// certificate alone he is one of many.
fn unwelcome(office: &Office, side: Side, asker: Option<Mac>, key: Key) -> Option<Cause> {
    let mac = asker.filter(|_| side == Side::Wan)?;
    let verdict = office.welcome(side, mac, key);
    (!verdict.is_welcome()).then(|| why(verdict, side))
}

/// A file that many phones share, and what the story says of it.
fn common(
    office: &mut Office,
    render: &dyn Render,
    now: Now,
    ask: &Ask<'_>,
    of: &Of,
    (secret, content_type): (Option<&str>, &'static str),
    refused: Option<Cause>,
) -> (Answer, FileAnswer) {
    if let Some(cause) = refused {
        return (Answer::Forbidden, FileAnswer::Refused(cause));
    }
    let values = common_values(office, ask, of.asker, secret, of.family);
    let made = make(office, render, now, of, &values);
    let step = made.as_ref().map(|bytes| FileAnswer::Common(bytes.len() as u32));
    (file(made, content_type), step.unwrap_or(FileAnswer::Refused(Cause::FileNotMade)))
}

/// The answer to what is no name. From the WAN all that is refused sounds the same.
fn bad_name(ask: &Ask<'_>) -> Answer {
    match ask.arrival.side {
        Side::Lan => Answer::BadName,
        Side::Wan => Answer::Unauthorized,
    }
}

/// Who asks, as far as he has proven it, and what he has shown of the key.
type Who = (Result<Mac, Cause>, Key);

/// Finds out who asks; or says what he hears at once, and who he is where that is known.
fn who(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    shown: (Option<&str>, &str),
) -> Result<Who, (Answer, Option<Mac>)> {
    let (proof, key) = match ask.arrival.side {
        Side::Lan => (prove(office, now, &ask.arrival), Key::Wrong),
        Side::Wan => match remote::prove(office, now, ask, shown) {
            Ok(proven) => (proven.mac.ok_or(Cause::WrongKey), proven.key),
            Err(cause) => {
                let answer = remote::refused(office, now, ask, shown.1, cause);
                return Err((answer, None));
            }
        },
    };
    match proof {
        Ok(mac) if office.durable.rules().bans(mac) => {
            office.is_banned(now, mac);
            Err((Answer::Forbidden, Some(mac)))
        }
        Ok(_) | Err(_) => Ok((proof, key)),
    }
}

/// Somebody asks who is not of the LAN; what he asks for is told to whom it concerns.
fn outside(office: &mut Office, now: Now, ask: &Ask<'_>) {
    let protocol = match ask.door {
        Door::Tftp => Protocol::Tftp,
        Door::Http => Protocol::Http,
    };
    office.note(
        now,
        match ask.arrival.side {
            Side::Wan => Note::WrongSide(protocol, Side::Wan),
            Side::Lan => Note::Outsider(protocol, *ask.arrival.from.ip()),
        },
    );
    let named = plain_name(office, ask.name);
    let asked = named.as_ref().and_then(|name| office.catalog.file(name, None));
    if let Some((name, asked)) = named.zip(asked) {
        refused_to(office, now, ask.door, &name, Cause::WanFetch, asked.mac);
    }
}

/// A file that is made for nobody: of firmware, or the certificate of the box's authority.
fn of_nobody(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    name: &str,
    (asker, refused): (Option<Mac>, Option<Cause>),
) -> Option<Answer> {
    if let Some(file) = office.firmware_named(name).filter(|_| refused.is_none()).cloned() {
        return Some(firmware(office, now, ask, name, asker, &file));
    }
    let file = authority::file(office, name)?;
    let bytes = if let Answer::File { bytes, .. } = &file { bytes.len() } else { 0 };
    told(office, now, asker, ask.door, name, FileAnswer::Common(bytes as u32));
    Some(file)
}

/// A file of firmware, for whoever has proven to hold his address.
fn firmware(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    name: &str,
    asker: Option<Mac>,
    file: &Firmware,
) -> Answer {
    let Some(mac) = asker else {
        office.note(now, Note::FileRefused(*ask.arrival.from.ip()));
        return Answer::Forbidden;
    };
    // One that fetches it range by range tells it once.
    let step = Step::File(ask.door, step_name(name), FileAnswer::Firmware(file.bytes));
    let told = office.devices.get(&mac).and_then(|device| device.story.steps().next_back());
    if told.is_none_or(|(_, last)| *last != step) {
        office.step(now, mac, step);
    }
    Answer::Kept { file: file.no, bytes: file.bytes, digest: file.digest }
}

/// A question for a file that holds a handset's secrets.
struct Own<'a> {
    ask: &'a Ask<'a>,
    name: &'a str,
    asked: &'a FileAsked,
    template: &'static str,
    content_type: &'static str,
    key: Key,
}

fn own_file(
    office: &mut Office,
    render: &dyn Render,
    now: Now,
    own: &Own<'_>,
    proof: Result<Mac, Cause>,
) -> (Answer, RecordNo, Option<Mac>) {
    let (door, name, arrival) = (own.ask.door, own.name, &own.ask.arrival);
    // A name without an address in it means: mine.
    let proven = match (proof, own.asked.mac) {
        (Ok(mac), Some(named)) if named != mac => Err((Cause::FileOfAnother, Some(mac))),
        (Ok(mac), Some(_) | None) => Ok(mac),
        (Err(cause), _) => Err((cause, None)),
    };
    let mac = match proven {
        Ok(mac) => mac,
        Err((cause, asker)) => {
            office.note(now, Note::FileRefused(*arrival.from.ip()));
            refused_to(office, now, door, name, cause, asker.or(own.asked.mac));
            return (Answer::Forbidden, RecordNo(0), asker);
        }
    };
    let from = (arrival.side, *arrival.from.ip());
    let handset = match office.create(now, from, mac, own.key) {
        Ok(handset) => handset,
        Err(cause) => {
            told(office, now, Some(mac), door, name, FileAnswer::Refused(cause));
            return (Answer::Forbidden, RecordNo(0), Some(mac));
        }
    };
    let verdict = office.admit(arrival.side, mac, Act::Fetch);
    if verdict != Verdict::Allow {
        let cause = why(verdict, arrival.side);
        told(office, now, Some(mac), door, name, FileAnswer::Refused(cause));
        return (Answer::Forbidden, RecordNo(0), Some(mac));
    }
    let (template, family) = (own.template, own.asked.family);
    let values = values(office, arrival.interface, Some(mac), Some(handset), family);
    let of = Of { template, common: false, asker: Some(mac), family };
    let made = make(office, render, now, &of, &values);
    if let (true, Some(device)) = (made.is_some(), office.devices.get_mut(&mac)) {
        device.given_file = Some(now.mono);
        let by_key = arrival.side == Side::Wan && own.ask.way.certified.is_none();
        if by_key {
            device.keyed = device.keyed.or(Some(now.mono));
        }
        seat::came(office, handset);
        // Whether what is given by the key comes there, only the token in it shows.
        if !by_key {
            office.claim(mac);
        }
    }
    let answer = made.as_ref().map(|bytes| FileAnswer::Own(bytes.len() as u32));
    let answer = answer.unwrap_or(FileAnswer::Refused(Cause::FileNotMade));
    told(office, now, Some(mac), door, name, answer);
    (file(made, own.content_type), office.relies_on(mac), Some(mac))
}

/// Which device the asking address is.
///
/// It is the device that holds our live lease of it, unless ARP found another one there; on the
/// link, an address that is not ours to lease, or another server's too, is the device that ARP
/// found; behind a relay, the lease must have been given through a relay of the same network. A
/// device that fakes a hardware address *and* takes a lease with it passes;
/// [`crate::note::Note::TwoPlaces`] is the alarm. Where ARP knows nothing yet, a TFTP file goes to
/// the hardware address of the lease and nowhere else; over TCP the kernel has asked by ARP before
/// it heard a word.
pub(crate) fn prove(office: &mut Office, now: Now, arrival: &Arrival) -> Result<Mac, Cause> {
    let mac = device_at(office, now, arrival)?;
    // An address of a group is nobody's, and those that the box made up are of one; ARP says what
    // it was told.
    if mac.is_device() {
        Ok(mac)
    } else {
        Err(Cause::NotItsLease)
    }
}

fn device_at(office: &mut Office, now: Now, arrival: &Arrival) -> Result<Mac, Cause> {
    if arrival.side == Side::Wan {
        return Err(Cause::WanFetch);
    }
    let address = *arrival.from.ip();
    let on_link = office.board.on_link(arrival.interface, address);
    match (office.leases.at(address, now.mono), on_link, arrival.neighbour) {
        (Some(lease), true, Neighbour::Is(mac)) if mac != lease.mac => {
            office.address_taken(now, lease.mac, address, mac);
            Err(Cause::AddressInUse(address))
        }
        (Some(lease), true, _) => Ok(lease.mac),
        (Some(lease), false, _) => {
            let network = office.board.subnets.iter().find(|subnet| {
                subnet.relayed
                    && subnet.interface == arrival.interface
                    && subnet.network.contains(address)
            });
            let agrees = network.is_some_and(|subnet| {
                lease.relay.is_none_or(|relay| subnet.network.contains(relay))
            });
            if agrees {
                Ok(lease.mac)
            } else {
                Err(Cause::NotItsLease)
            }
        }
        (None, true, Neighbour::Is(mac))
            if !office.leases_out(address) || others::shares(office, arrival.interface) =>
        {
            Ok(mac)
        }
        (None, ..) => Err(Cause::NotItsLease),
    }
}

/// The same, unless the device is banned: then it gets nothing, by whatever door.
pub(crate) fn prove_free(office: &mut Office, now: Now, arrival: &Arrival) -> Result<Mac, Cause> {
    let mac = prove(office, now, arrival)?;
    if office.durable.rules().bans(mac) {
        office.is_banned(now, mac);
        return Err(Cause::Banned);
    }
    Ok(mac)
}

/// Writes the refusal into the story of whoever is concerned: the asker where it is known, else the
/// device named, which is most likely the same one at a wrong address. Nobody is made known by it,
/// and refusals that repeat each other are one step: they must not wash out the story.
fn refused_to(
    office: &mut Office,
    now: Now,
    door: Door,
    name: &str,
    cause: Cause,
    concerned: Option<Mac>,
) {
    // What has no hardware address asks for no file, whoever names it.
    let Some(mac) = concerned.filter(|mac| mac.is_device()) else { return };
    let Some(device) = office.devices.get(&mac) else { return };
    let refusals = |(_, step): &(Instant, Step)| {
        let Step::File(_, _, FileAnswer::Refused(cause)) = step else { return None };
        Some(*cause)
    };
    let again = device.story.steps().rev().map_while(refusals).any(|told| told == cause);
    if !again {
        let step = Step::File(door, step_name(name), FileAnswer::Refused(cause));
        office.step(now, mac, step);
    }
}

fn told(
    office: &mut Office,
    now: Now,
    asker: Option<Mac>,
    door: Door,
    name: &str,
    answer: FileAnswer,
) {
    if let Some(mac) = asker {
        office.step(now, mac, Step::File(door, step_name(name), answer));
    }
}

/// Which template a file is made from, and for whom.
struct Of {
    template: &'static str,
    common: bool,
    asker: Option<Mac>,
    /// In whose form it is asked for.
    family: Family,
}

fn make(
    office: &mut Office,
    render: &dyn Render,
    now: Now,
    of: &Of,
    values: &Values,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let template = of.template;
    let mut known = of.asker.map(|mac| office.known(mac)).unwrap_or_default();
    known.family = known.family.or(Some(of.family));
    let forced = in_force(office.durable.templates(), template, known.for_file(of.common));
    if let Some(own) = forced.filter(|own| !office.is_given_up(own.place, of.asker)) {
        let place = own.place.clone();
        if render.render_own(template, own.source, values, &mut bytes).is_ok() {
            return Some(bytes);
        }
        if office.has_failed(now, template, place, of.asker) == Next::TryAgain {
            return None;
        }
    }
    match render.render(template, values, &mut bytes) {
        Ok(()) => Some(bytes),
        Err(_unrendered) => {
            office.note(now, Note::FileNotMade(template));
            None
        }
    }
}

fn file(made: Option<Vec<u8>>, content_type: &'static str) -> Answer {
    match made {
        Some(bytes) => Answer::File { bytes, content_type },
        None => Answer::Unavailable,
    }
}
