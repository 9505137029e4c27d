//! Other DHCP servers on the LAN, and whom the box answers beside them.
//!
//! They are found by a DISCOVER of the box's own, some seconds long at the start and again every
//! [`LOOK_EVERY_MS`], and overheard: what a server broadcasts to others, and the server that a
//! client names in its REQUEST. The box takes no lease; what it is offered lapses.
//!
//! | chosen | the LAN | newcomers | known handsets |
//! |---|---|---|---|
//! | automatic | no lease given yet, still looking | silence | answered |
//! | automatic | another server was there before | phones answered | answered |
//! | automatic | else, other servers or not | answered | answered |
//! | all | any | answered | answered |
//! | phones only | any | phones answered | answered |
//! | off | any | silence | silence |
//!
//! A server that comes after our first lease never makes the box yield: it is told as an alarm.
//! What yields, yields to phones only and not to silence, so that a box that is plugged into an
//! office with a server of its own brings phones up with nobody's help, and changes nothing for
//! anybody else. Networks behind a relay cannot be looked at; automatic counts them as free.
//!
//! Everything heard here can be forged by whoever is on the LAN. All it can bring about is silence
//! towards devices that are no phones, and only on a LAN where the box has given no lease yet. That
//! the box yields, nobody can undo by what he makes up: only a day without a word of the server.

mod owner;

use crate::beside::{Elder, Serving};
use crate::board::{Network, Subnet};
use crate::catalog::Family;
use crate::cause::Cause;
use crate::command::Refusal;
use crate::limits::{
    ELDERS_MAX, ELDER_GONE_MS, LOOKED_FRESH_MS, LOOKS_AT_START, LOOK_AGAIN_MS, LOOK_EVERY_MS,
    LOOK_MS, OTHERS_MAX,
};
use crate::names::{InterfaceNo, RecordNo};
use crate::note::{Note, Protocol};
use crate::office::Office;
use crate::output::{Arrival, Line, Neighbour, To};
use crate::state::Event;
use crate::time::{Instant, Now};
use crate::view::{DhcpView, LanServed, OtherServer};
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::dhcp::{code, Message, MessageType, Op, SERVER_PORT};
use wire::Mac;

/// What the vendor class of the box's own DISCOVER says to whoever reads the other server's log.
const VENDOR_CLASS: &[u8] = b"dialtone-looks";
/// A reply of BOOTP is at least so long, and relays want the same of a question (RFC 1542 2.1).
const BOOTP_BYTES: usize = 300;

/// What is known of other servers since this start.
#[derive(Default)]
pub(crate) struct Others {
    looks: Vec<Look>,
    seen: Vec<Other>,
    /// When looking began.
    since: Instant,
}

/// How a LAN port is looked at.
struct Look {
    interface: InterfaceNo,
    mac: Mac,
    xid: u32,
    next: Instant,
    /// How many DISCOVERs are still to be sent in quick succession.
    left: u8,
    /// Until when newcomers wait; `None` where they need not.
    until: Option<Instant>,
    /// When they last waited so.
    looked: Option<Instant>,
    /// Whether the box has given no lease on this LAN yet, as far as anybody knows.
    virgin: bool,
}

impl Look {
    /// Has newcomers wait until it is known whether somebody else is there.
    fn begin(&mut self, now: Now) {
        self.next = now.mono;
        self.left = LOOKS_AT_START;
        self.until = Some(now.mono.after_ms(LOOK_MS));
    }
}

/// Another server.
struct Other {
    interface: InterfaceNo,
    server: Ipv4Addr,
    mac: Option<Mac>,
    elder: bool,
    since: Instant,
    last: Instant,
}

/// Whom the box answers on a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whom {
    /// Whoever asks.
    Everybody,
    /// Devices that are recognised as phones, and known handsets.
    Phones,
    /// Known handsets, while it looks for other servers.
    Known,
    /// Nobody.
    Nobody,
}

impl Others {
    /// Whether this is one of the ports by which the box looks.
    pub(crate) fn is_own(&self, mac: Mac) -> bool {
        self.looks.iter().any(|look| look.mac == mac)
    }

    /// The latest time that another server was heard of on a port, and which.
    fn latest(&self, interface: InterfaceNo) -> Option<&Other> {
        let here = self.seen.iter().filter(|other| other.interface == interface);
        here.max_by_key(|other| other.last)
    }

    fn look_by(&mut self, interface: InterfaceNo) -> Option<&mut Look> {
        self.looks.iter_mut().find(|look| look.interface == interface)
    }

    fn is_virgin(&self, interface: InterfaceNo) -> bool {
        self.looks.iter().any(|look| look.interface == interface && look.virgin)
    }

    /// When [`tick`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.looks.iter().map(|look| look.until.map_or(look.next, |at| at.min(look.next))).min()
    }
}

/// Begins to look, by these ports, each with its own hardware address.
pub(crate) fn begin(office: &mut Office, now: Now, ports: &[(InterfaceNo, Mac)]) {
    office.others.since = now.mono;
    for (interface, mac) in ports {
        let virgin = is_virgin(office, *interface);
        let xid = office.chance.number() as u32;
        let (interface, mac, next) = (*interface, *mac, now.mono);
        let look = Look { interface, mac, xid, next, left: 1, until: None, looked: None, virgin };
        office.others.looks.push(look);
        before_newcomer(office, now, interface);
    }
    tick(office, now);
}

/// Somebody comes whom nobody knows: on a LAN where the box has given no lease yet it looks first
/// who else is there, unless it has just done so. What it looked at through a switch port that was
/// not open yet does not count for long.
pub(crate) fn before_newcomer(office: &mut Office, now: Now, interface: InterfaceNo) {
    if whom_as_of(office, interface, false) != Whom::Everybody || !is_automatic(office) {
        return;
    }
    let fresh = |at: Instant| now.mono.since_ms(at) < LOOKED_FRESH_MS;
    let look = office.others.look_by(interface).filter(|look| look.virgin && look.until.is_none());
    if let Some(look) = look.filter(|look| !look.looked.is_some_and(fresh)) {
        look.begin(now);
    }
}

fn is_automatic(office: &Office) -> bool {
    office.durable.beside().serving() == Serving::Automatic
}

/// Whether the box has given no lease on the port's own network yet, as far as anybody knows.
fn is_virgin(office: &Office, interface: InterfaceNo) -> bool {
    let Some(network) = network_of(office, interface) else { return false };
    let leased = |(_, address): (Mac, Ipv4Addr)| network.contains(address);
    !office.durable.addresses().any(leased)
        && !office.leases.all().any(|address| network.contains(address))
}

/// The network of a port itself, where the box has one to lease out.
fn network_of(office: &Office, interface: InterfaceNo) -> Option<Network> {
    let own = |subnet: &&Subnet| subnet.interface == interface && !subnet.relayed;
    office.board.subnets.iter().find(own).map(|subnet| subnet.network)
}

/// The server that was on this LAN before the box, as long as it is not long gone.
fn elder_on(office: &Office, interface: InterfaceNo) -> Option<Ipv4Addr> {
    let network = network_of(office, interface)?.address();
    let kept = office.durable.beside().elders().iter().rev();
    let kept = kept.filter(|elder| elder.network == network).map(|elder| elder.server);
    // Where nothing can be stored, what was seen has to do.
    let seen = office.others.seen.iter().filter(|it| it.elder && it.interface == interface);
    kept.chain(seen.map(|other| other.server)).next()
}

/// Whom the box answers that are heard by a port, directly or through a relay.
pub(crate) fn whom(office: &Office, interface: InterfaceNo, relayed: bool) -> Whom {
    let waits = |look: &Look| look.interface == interface && look.until.is_some();
    let whom = whom_as_of(office, interface, relayed);
    let looks = !relayed && is_automatic(office) && office.others.looks.iter().any(waits);
    if whom == Whom::Everybody && looks {
        Whom::Known
    } else {
        whom
    }
}

fn whom_as_of(office: &Office, interface: InterfaceNo, relayed: bool) -> Whom {
    match office.durable.beside().serving() {
        Serving::All => Whom::Everybody,
        Serving::PhonesOnly => Whom::Phones,
        Serving::Off => Whom::Nobody,
        Serving::Automatic if relayed => Whom::Everybody,
        Serving::Automatic => match elder_on(office, interface) {
            Some(_) => Whom::Phones,
            None => Whom::Everybody,
        },
    }
}

/// Whether a device is answered, and if not, what is wrong, where anything is.
pub(crate) fn answers(office: &Office, whom: Whom, mac: Mac) -> Result<(), Option<Cause>> {
    let known = || office.durable.handset_of(mac).is_some();
    match whom {
        Whom::Everybody => Ok(()),
        Whom::Phones if known() || office.family(mac).is_some() => Ok(()),
        Whom::Known if known() => Ok(()),
        Whom::Phones => Err(Some(Cause::NoPhoneForDhcp)),
        Whom::Known => Err(None),
        Whom::Nobody => Err(Some(Cause::DhcpOff)),
    }
}

/// Whether another server may lease addresses here, those of the box's pool among them: that
/// somebody has one without a lease of the box then says nothing about him.
pub(crate) fn shares(office: &Office, interface: InterfaceNo) -> bool {
    whom(office, interface, false) != Whom::Everybody || office.others.latest(interface).is_some()
}

/// The box gives a lease by this port: whoever comes from now on came later.
pub(crate) fn leased(office: &mut Office, interface: InterfaceNo) {
    if let Some(look) = office.others.look_by(interface) {
        (look.until, look.virgin) = (None, false);
    }
}

/// Takes what a server says to clients, heard on a LAN port.
pub(crate) fn datagram(office: &mut Office, now: Now, at: &Arrival, bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else {
        return office.note(now, Note::Malformed(Protocol::Dhcp, *at.from.ip()));
    };
    let speaks = matches!(message.kind, MessageType::Offer | MessageType::Ack | MessageType::Nak);
    if message.op != Op::BootReply || !speaks {
        return;
    }
    let server = message.server_id().unwrap_or(*at.from.ip());
    let mac = match at.neighbour {
        Neighbour::Is(mac) => Some(mac),
        Neighbour::Unknown => None,
    };
    if met(office, now, at.interface, server, mac) {
        office.note(now, Note::OtherDhcpServer(server));
    }
}

/// A client has taken its address from another server.
pub(crate) fn chosen(office: &mut Office, now: Now, interface: InterfaceNo, server: Ipv4Addr) {
    let known = office.others.seen.iter().any(|it| it.server == server && it.mac.is_some());
    met(office, now, interface, server, None);
    office.note(now, Note::OtherDhcpServer(server));
    // Who that is, is better asked than believed, and not for each packet.
    if let Some(look) = office.others.look_by(interface).filter(|_| !known) {
        look.next = look.next.min(now.mono.after_ms(LOOK_AGAIN_MS));
    }
}

/// Takes note of a server; whether it is a new one.
fn met(
    office: &mut Office,
    now: Now,
    interface: InterfaceNo,
    server: Ipv4Addr,
    mac: Option<Mac>,
) -> bool {
    if office.board.is_own(server) || server.is_unspecified() || server.is_broadcast() {
        return false;
    }
    let mut seen = office.others.seen.iter_mut();
    let known = seen.find(|other| (other.interface, other.server) == (interface, server));
    let new = known.is_none();
    if let Some(other) = known {
        other.last = now.mono;
        other.mac = mac.or(other.mac);
    } else {
        make_room(office);
        let (since, last) = (now.mono, now.mono);
        let other = Other { interface, server, mac, elder: false, since, last };
        office.others.seen.push(other);
        office.revision += 1;
    }
    // What a client says alone makes the box yield to nobody.
    if let Some(mac) = mac.filter(|_| office.others.is_virgin(interface)) {
        yield_to(office, now, interface, server, mac);
    }
    new
}

/// The one that was heard least recently makes room for another, but none that is remembered as
/// having been there before the box: whoever makes servers up would have it forgotten, and the box
/// answer everybody beside it.
fn make_room(office: &mut Office) {
    if office.others.seen.len() < OTHERS_MAX {
        return;
    }
    let elders = office.durable.beside().elders();
    let is_elder = |other: &Other| {
        let network = network_of(office, other.interface).map(Network::address);
        elders.iter().any(|it| it.server == other.server && Some(it.network) == network)
    };
    let seen = office.others.seen.iter().enumerate();
    let oldest = seen.min_by_key(|(_, other)| (is_elder(other), other.last));
    if let Some(place) = oldest.map(|(place, _)| place) {
        office.others.seen.remove(place);
    }
}

/// Another server was on this LAN before the box.
fn yield_to(office: &mut Office, now: Now, interface: InterfaceNo, server: Ipv4Addr, mac: Mac) {
    let Some(network) = network_of(office, interface).map(Network::address) else { return };
    for other in &mut office.others.seen {
        other.elder |= (other.interface, other.server) == (interface, server);
    }
    if let Some(look) = office.others.look_by(interface) {
        look.until = None;
    }
    let elders = office.durable.beside().elders();
    let mut here = elders.iter().filter(|it| it.network == network).peekable();
    // So many are on flash at most, whoever makes servers up: one for each LAN, and no other LAN's
    // for a second one.
    let full = elders.len() >= ELDERS_MAX && here.peek().is_some();
    if full || here.any(|it| it.server == server) {
        return;
    }
    let event = Event::ElderMet { network: network.octets(), server: server.octets(), mac: mac.0 };
    if !office.read_only && office.has_room_to_change(&event) {
        office.record_site(event);
    }
    office.note(now, Note::OtherDhcpFirst(server));
}

/// Looks again where it is time, lets waiting end, and forgets who was long not heard.
pub(crate) fn tick(office: &mut Office, now: Now) {
    for place in 0..office.others.looks.len() {
        let Some(look) = office.others.looks.get_mut(place) else { continue };
        if look.until.is_some_and(|until| until <= now.mono) {
            (look.until, look.looked) = (None, Some(now.mono));
        }
        if look.next > now.mono {
            continue;
        }
        look.left = look.left.saturating_sub(1);
        let pause = if look.left > 0 { LOOK_AGAIN_MS } else { LOOK_EVERY_MS };
        look.next = now.mono.after_ms(pause);
        let (interface, bytes) = (look.interface, discover(look.mac, look.xid));
        let to = To::Broadcast(SERVER_PORT);
        office.send(interface, Line::DhcpClient, to, bytes, RecordNo(0));
    }
    forget(office, now);
}

/// A server that was there before and is not heard any more is gone, and the box serves all. Who
/// came later is forgotten likewise. One that was heard lately is still among those that were seen:
/// [`make_room`] leaves it there.
fn forget(office: &mut Office, now: Now) {
    if office.others.looks.is_empty() {
        return;
    }
    let began = office.others.since;
    office.others.seen.retain(|other| now.mono.since_ms(other.last) < ELDER_GONE_MS);
    let seen = &office.others.seen;
    let gone = |elder: &&Elder| {
        let heard = seen.iter().any(|other| other.server == elder.server);
        !heard && now.mono.since_ms(began) >= ELDER_GONE_MS
    };
    let gone = office.durable.beside().elders().iter().find(gone).copied();
    if let Some(Elder { network, server, mac: _ }) = gone.filter(|_| !office.read_only) {
        let (network, server) = (network.octets(), server.octets());
        office.record_site(Event::ElderGone { network, server });
        office.note(now, Note::OtherDhcpGone(Ipv4Addr::from(server)));
    }
}

/// RFC 2131 4.4.1, answered by broadcast, since the box asks for no address and sets none.
fn discover(mac: Mac, xid: u32) -> Vec<u8> {
    const BROADCAST: [u8; 2] = [0x80, 0];
    let mut bytes = Vec::with_capacity(BOOTP_BYTES);
    bytes.extend([1, 1, 6, 0]);
    bytes.extend(xid.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(BROADCAST);
    bytes.extend([0; 16]);
    bytes.extend(mac.0);
    bytes.resize(236, 0);
    bytes.extend([99, 130, 83, 99]);
    bytes.extend([code::MESSAGE_TYPE, 1, MessageType::Discover as u8]);
    bytes.extend([code::VENDOR_CLASS, VENDOR_CLASS.len() as u8]);
    bytes.extend(VENDOR_CLASS);
    bytes.extend([code::PARAMETERS, 3, code::SUBNET_MASK, code::ROUTER, code::SERVER_ID]);
    bytes.push(code::END);
    bytes.resize(BOOTP_BYTES, 0);
    bytes
}

/// Has the box answer others from now on.
pub(crate) fn choose(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    serving: Serving,
) -> Result<(), Refusal> {
    if office.durable.beside().serving() == serving {
        return Err(Refusal::Unchanged);
    }
    let event = Event::ServingChosen { serving };
    if !office.has_room_to_change(&event) {
        return Err(Refusal::FlashFull);
    }
    office.record_site(event);
    office.note(now, Note::ServingChosen(source, serving));
    Ok(())
}

/// The servers that need somebody's attention: where the box answers everybody too.
pub(crate) fn alarming(office: &Office) -> impl Iterator<Item = OtherServer> + '_ {
    let alarming = |other: &&Other| whom(office, other.interface, false) == Whom::Everybody;
    office.others.seen.iter().filter(alarming).map(|other| shown(office, other))
}

/// How DHCP is served, as it may be shown.
pub(crate) fn view(office: &Office, now: Now) -> DhcpView {
    let lans = office.board.subnets.iter().map(|subnet| LanServed {
        network: subnet.network,
        relayed: subnet.relayed,
        first: subnet.first,
        last: subnet.last,
        server: office.board.interface(subnet.interface).map(|port| port.address),
        whom: whom(office, subnet.interface, subnet.relayed),
        elder: elder_on(office, subnet.interface).filter(|_| !subnet.relayed),
        looks: office.others.looks.iter().any(|look| look.interface == subnet.interface),
    });
    DhcpView {
        now,
        serving: office.durable.beside().serving(),
        lans: lans.collect(),
        others: office.others.seen.iter().map(|other| shown(office, other)).collect(),
        read_only: office.read_only,
        http_port: office.board.http_port,
        directory: office.board.directory.clone(),
        makers: makers(office),
    }
}

/// The makers of the phones that are known or were heard.
fn makers(office: &Office) -> Vec<Family> {
    let known = office.durable.handsets().filter_map(|(_, it)| Family::from_code(it.family));
    let heard = office.devices.values().filter_map(|device| device.guess.family());
    let mut makers: Vec<Family> = known.chain(heard).collect();
    makers.retain(|family| *family != Family::Generic);
    makers.sort_unstable_by_key(|family| family.id());
    makers.dedup();
    makers
}

fn shown(office: &Office, other: &Other) -> OtherServer {
    let elder = elder_on(office, other.interface) == Some(other.server);
    OtherServer {
        server: other.server,
        mac: other.mac,
        maker: other.mac.and_then(|mac| owner::of(office.durable.signs(), mac)),
        elder: elder || other.elder,
        since: other.since,
        last: other.last,
    }
}
