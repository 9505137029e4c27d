//! An address, and where to look next: the DHCP server (RFC 2131), for phones first.
//!
//! A device is its hardware address. A phone's boot ROM and its application often send different
//! client identifiers and must keep one address, so option 61 is echoed (RFC 6842) but is not what
//! an address belongs to; RFC 2131 allows that as a matter of policy.
//!
//! | client says | with | and we answer |
//! |---|---|---|
//! | DISCOVER | | OFFER: reserved, else had before, else a new one (1) |
//! | REQUEST | server id ours, requested | ACK, or NAK if it is not ours to give (SELECTING) |
//! | REQUEST | server id of another | nothing; the offer is dropped, the other server noted |
//! | REQUEST | requested, no server id | ACK if right, NAK if wrong, else nothing (INIT-REBOOT) |
//! | REQUEST | ciaddr | ACK, NAK if another's, else nothing (RENEWING, REBINDING) |
//! | DECLINE | | the address is left alone for a day |
//! | RELEASE | | nothing; the address stays the device's, for when it comes back |
//! | INFORM | | ACK with options, without address and lease |
//!
//! (1) the one asked for if it is free, where nothing can be probed; else one found silent.
//!
//! Only devices that look like phones, are known, or ask for them get a maker's options, and only
//! while the policy would take them in. Beside another server not everybody is answered at all; see
//! [`crate::others`]. Not implemented, on purpose: BOOTP without option 53,
//! LEASEQUERY (RFC 4388), FORCERENEW without authentication (RFC 3203).

mod address;
mod answer;
mod probe;

use crate::catalog::{lease_s, Family, Sign};
use crate::cause::Cause;
use crate::leases::Lease;
use crate::names::Side;
use crate::note::{Note, Protocol};
use crate::office::Office;
use crate::others;
use crate::output::Arrival;
use crate::policy::{Act, Verdict};
use crate::story::Step;
use crate::time::{Instant, Now, MINUTE_MS, SECOND_MS};
use address::Choice;
use core::net::Ipv4Addr;
use wire::dhcp::{Message, MessageType, Op};
use wire::Mac;

/// Lease of a phone that the policy turns away.
const LEASE_TURNED_AWAY_S: u32 = 600;
/// How long a boot may take from one network to the next.
const BOOT_MS: u64 = 5 * MINUTE_MS;

/// The DHCP server.
#[derive(Default)]
pub(crate) struct Dhcp {
    waiting: probe::Waiting,
    /// When to look again for what ran out, if nothing else calls earlier.
    due: Instant,
    /// When somebody last looked for an address.
    pub(crate) discovered: Option<Instant>,
}

/// A message together with the subnet it concerns.
pub(crate) struct Question<'a> {
    pub(crate) arrival: Arrival,
    pub(crate) message: &'a Message<'a>,
    /// Place of the subnet in the board's list.
    pub(crate) subnet: usize,
    /// The bytes, should the answer have to wait for a probe.
    pub(crate) bytes: &'a [u8],
}

impl Question<'_> {
    /// The network it was relayed from: as its relay selects it (RFC 3527), else the relay's own.
    fn link(&self) -> Ipv4Addr {
        let relay = self.message.giaddr;
        let agent = self.message.relay_agent().filter(|_| !relay.is_unspecified());
        agent.and_then(|agent| agent.link_selection()).unwrap_or(relay)
    }
}

impl Dhcp {
    /// Takes one datagram.
    pub(crate) fn datagram(&mut self, office: &mut Office, now: Now, at: Arrival, bytes: &[u8]) {
        if at.side != Side::Lan {
            return office.note(now, Note::WrongSide(Protocol::Dhcp, at.side));
        }
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(_malformed) => {
                return office.note(now, Note::Malformed(Protocol::Dhcp, *at.from.ip()));
            }
        };
        let own = office.others.is_own(message.chaddr);
        if message.op != Op::BootRequest || !message.chaddr.is_device() || own {
            return;
        }
        if message.kind == MessageType::Discover {
            self.discovered = Some(now.mono);
        }
        let Some(subnet) = subnet_of(office, &at, &message) else { return };
        if office.meet(now, message.chaddr).is_none() {
            return;
        }
        if office.durable.rules().bans(message.chaddr) {
            return office.is_banned(now, message.chaddr);
        }
        notice_place(office, now, &at, &message, subnet);
        read_signs(office, &message);
        office.remember_make(now, message.chaddr);
        let question = Question { arrival: at, message: &message, subnet, bytes };
        if message.kind != MessageType::Discover {
            self.waiting.forget(message.chaddr);
        }
        let relayed = office.board.subnets.get(subnet).is_some_and(|subnet| subnet.relayed);
        let known = office.durable.handset_of(message.chaddr).is_some();
        if message.kind == MessageType::Discover && !known && !relayed {
            others::before_newcomer(office, now, at.interface);
        }
        let whom = others::whom(office, at.interface, relayed);
        let answered = others::answers(office, whom, message.chaddr);
        match (message.kind, answered) {
            (MessageType::Discover, Ok(())) => self.discover(office, now, &question),
            (MessageType::Discover, Err(cause)) => passed_over(office, now, &question, cause),
            (MessageType::Request, Ok(())) => request(office, now, &question),
            (MessageType::Request, Err(_)) => chose_another(office, now, &question),
            (MessageType::Inform, Err(_)) => (),
            (MessageType::Decline, _) => decline(office, now, &question),
            (MessageType::Release, _) => release(office, now, &question),
            (MessageType::Inform, Ok(())) => inform(office, now, &question),
            (MessageType::Offer | MessageType::Ack | MessageType::Nak, _) => (),
        }
    }

    fn discover(&mut self, office: &mut Office, now: Now, question: &Question<'_>) {
        let mac = question.message.chaddr;
        // A phone that asks again while its address is being probed is not a second boot.
        if self.waiting.has(mac) {
            return;
        }
        let relayed = !question.message.giaddr.is_unspecified();
        office.step(now, mac, Step::Discover { relayed });
        match address::choose(office, now, question) {
            Choice::Offer(address) => answer::offer(office, now, question, address),
            Choice::Probe(address) => self.waiting.add(office, now, question, address),
            Choice::Later => (),
            Choice::None => {
                let network = office.board.subnets[question.subnet].network.address();
                office.note(now, Note::PoolFull(network));
                office.step(now, mac, Step::NoOffer(Cause::PoolFull));
            }
        }
    }

    /// Somebody answered from an address: a probed one is not free.
    pub(crate) fn answered(&mut self, office: &mut Office, now: Now, address: Ipv4Addr, mac: Mac) {
        self.waiting.answered(office, now, address, mac);
    }

    /// Lets probes end, and probes ahead while nothing else is to be done.
    pub(crate) fn tick(&mut self, office: &mut Office, now: Now) {
        self.due = now.mono.after_ms(MINUTE_MS);
        office.leases.sweep(&office.durable, now.mono);
        self.waiting.tick(office, now);
        probe::ahead(office, now);
        others::tick(office, now);
    }

    /// When [`Dhcp::tick`] has something to do.
    pub(crate) fn next_deadline(&self, office: &Office) -> Instant {
        let due = office.leases.next_probe().unwrap_or(self.due).min(self.due);
        office.others.next_deadline().unwrap_or(due).min(due)
    }
}

/// The subnet a client is on: by its relay (RFC 3527 link selection first), by the address it
/// renews, else by the port it was heard on.
fn subnet_of(office: &Office, at: &Arrival, message: &Message<'_>) -> Option<usize> {
    let subnets = &office.board.subnets;
    let containing = |address: Ipv4Addr| {
        subnets
            .iter()
            .position(|subnet| subnet.interface == at.interface && subnet.network.contains(address))
    };
    if !message.giaddr.is_unspecified() {
        let selected = message.relay_agent().and_then(|agent| agent.link_selection());
        return containing(selected.unwrap_or(message.giaddr));
    }
    let renewed = (!message.ciaddr.is_unspecified()).then(|| containing(message.ciaddr)).flatten();
    let own = office.board.interface(at.interface)?.address;
    let direct =
        || subnets.iter().position(|subnet| subnet.interface == at.interface && !subnet.relayed);
    renewed.or_else(|| containing(own)).or_else(direct)
}

/// A device that is heard at another port or through another relay goes on with its boot there, as
/// phones do that are told a voice VLAN. One that is heard at the former place again within seconds
/// is two devices.
fn notice_place(office: &mut Office, now: Now, at: &Arrival, message: &Message<'_>, subnet: usize) {
    let (interface, relay) = (at.interface, message.giaddr);
    let mac = message.chaddr;
    let Some(device) = office.devices.get_mut(&mac) else { return };
    // A renewal is unicast past the relay, so only broadcasts tell the place.
    if !message.ciaddr.is_unspecified() {
        return;
    }
    let before = device.place.replace((interface, relay, now.mono));
    let Some(former) = before.filter(|(of, by, _)| (*of, *by) != (interface, relay)) else {
        return;
    };
    let left = device.left.replace(former);
    let back = left.is_some_and(|(of, by, when)| {
        (of, by) == (interface, relay) && now.mono.since_ms(when) < 10 * SECOND_MS
    });
    let same_boot = now.mono.since_ms(former.2) < BOOT_MS;
    if back {
        office.two_places(now, mac);
    } else if same_boot && message.kind == MessageType::Discover {
        let network = office.board.subnets.get(subnet).map(|subnet| subnet.network.address());
        if let Some(network) = network {
            office.step(now, mac, Step::ChangedNetwork(network));
        }
    }
}

fn read_signs(office: &mut Office, message: &Message<'_>) {
    let mac = message.chaddr;
    office.weigh(mac, Sign::Oui(mac));
    if let Some(class) = message.vendor_class() {
        office.weigh(mac, Sign::VendorClass(&class));
    }
    if let Some(list) = message.parameters() {
        office.weigh(mac, Sign::ParameterList(&list));
    }
    if let Some(name) = message.host_name() {
        office.weigh(mac, Sign::HostName(&name));
    }
    if let Some(class) = message.user_class() {
        office.weigh(mac, Sign::UserClass(&class));
    }
    if let Some(classes) = message.enterprise_classes() {
        for enterprise in wire::dhcp::enterprises(&classes) {
            for item in enterprise.items() {
                office.weigh(mac, Sign::VendorClass(item));
            }
        }
    }
    // RFC 3925 option 125: a phone that follows TR-111 names its product class in it.
    if let Some(options) = message.enterprise_options() {
        for enterprise in wire::dhcp::enterprises(&options) {
            for (_, value) in enterprise.options() {
                office.weigh(mac, Sign::VendorClass(value));
            }
        }
    }
}

/// A client that looks for an address is left to others.
fn passed_over(office: &mut Office, now: Now, question: &Question<'_>, cause: Option<Cause>) {
    let mac = question.message.chaddr;
    let relayed = !question.message.giaddr.is_unspecified();
    office.step(now, mac, Step::Discover { relayed });
    if let Some(cause) = cause {
        office.step(now, mac, Step::NoOffer(cause));
    }
}

/// Whoever is not answered may all the same say whom he has chosen.
fn chose_another(office: &mut Office, now: Now, question: &Question<'_>) {
    let server = question.message.server_id();
    if let Some(server) = server.filter(|server| !office.board.is_own(*server)) {
        selecting(office, now, question, server, None);
    }
}

/// RFC 2131 4.3.2. The four states a client can be in are told apart by three fields.
fn request(office: &mut Office, now: Now, question: &Question<'_>) {
    let message = question.message;
    match (message.server_id(), message.requested_ip(), message.ciaddr.is_unspecified()) {
        (Some(server), requested, _) => selecting(office, now, question, server, requested),
        (None, Some(address), true) => init_reboot(office, now, question, address),
        (None, _, false) => renewing(office, now, question, message.ciaddr),
        // RFC 2131 table 5: INIT-REBOOT must carry the requested address.
        (None, None, true) => (),
    }
}

fn selecting(
    office: &mut Office,
    now: Now,
    question: &Question<'_>,
    server: Ipv4Addr,
    requested: Option<Ipv4Addr>,
) {
    let mac = question.message.chaddr;
    if !office.board.is_own(server) {
        others::chosen(office, now, question.arrival.interface, server);
        office.step(now, mac, Step::ChoseOther(server));
        office.leases.withdraw(mac);
        return;
    }
    let Some(address) = requested else { return };
    if address::holds(office, now, question, address) {
        answer::bind(office, now, question, address);
    } else {
        answer::nak(office, now, question, address);
    }
}

fn init_reboot(office: &mut Office, now: Now, question: &Question<'_>, address: Ipv4Addr) {
    let mac = question.message.chaddr;
    if !office.board.subnets[question.subnet].network.contains(address) {
        answer::nak(office, now, question, address);
    } else if address::holds(office, now, question, address) {
        answer::bind(office, now, question, address);
    } else if is_on_record(office, now, mac) {
        answer::nak(office, now, question, address);
    }
    // RFC 2131 4.3.2: no record of this client: stay silent. Another server may own it.
}

fn renewing(office: &mut Office, now: Now, question: &Question<'_>, address: Ipv4Addr) {
    if address::holds(office, now, question, address) {
        answer::bind(office, now, question, address);
    } else if office.leases.holder(address, now.mono).is_some()
        || office.durable.holder_of(address).is_some()
        || is_on_record(office, now, question.message.chaddr)
    {
        answer::nak(office, now, question, address);
    }
}

fn is_on_record(office: &Office, now: Now, mac: Mac) -> bool {
    office.leases.of(mac, now.mono).is_some() || office.durable.address_of(mac).is_some()
}

fn decline(office: &mut Office, now: Now, question: &Question<'_>) {
    let message = question.message;
    let (Some(server), Some(address)) = (message.server_id(), message.requested_ip()) else {
        return;
    };
    let mac = message.chaddr;
    let ours = office.board.is_own(server) && address::holds(office, now, question, address);
    if !ours {
        return;
    }
    office.note(now, Note::Declined(address));
    office.step(now, mac, Step::Decline(address));
    let subnet = &office.board.subnets[question.subnet];
    if office.leases.quarantine(subnet, address, now.mono) {
        office.leases.end(mac);
        office.leases.withdraw(mac);
        if office.durable.address_of(mac) == Some(address) && !office.read_only {
            office.record(mac, crate::state::Event::AddressForgotten { mac: mac.0 });
        }
    }
}

/// The lease ends, but the address stays the device's: a phone that comes back finds it. A
/// stranger's is the first to be taken when the pool is full.
fn release(office: &mut Office, now: Now, question: &Question<'_>) {
    let message = question.message;
    let mac = message.chaddr;
    let held = office.leases.of(mac, now.mono).filter(|(held, _)| *held == message.ciaddr);
    if let Some((address, lease)) = held {
        office.leases.put(address, Lease { until: now.mono, ..lease });
        office.step(now, mac, Step::Release(address));
    }
}

fn inform(office: &mut Office, now: Now, question: &Question<'_>) {
    let address = question.message.ciaddr;
    // The answer goes to ciaddr; one that is not on this network would be sent to a third party.
    if office.board.subnets[question.subnet].network.contains(address) {
        office.step(now, question.message.chaddr, Step::Inform(address));
        answer::inform(office, now, question);
    }
}

/// How long a device may keep its address, in seconds. A handset that an admin added by hand is one
/// even while nobody knows its maker. A phone that is turned away comes back soon, to learn whether
/// it is wanted meanwhile.
pub(crate) fn lease_most_s(office: &Office, mac: Mac) -> u32 {
    let phone = office.family(mac).is_some_and(|family| family != Family::Generic);
    if phone && office.admit(Side::Lan, mac, Act::Create) == Verdict::Closed {
        return LEASE_TURNED_AWAY_S;
    }
    let known = office.durable.handset_of(mac).map(|_| Family::Generic);
    lease_s(office.family(mac).or(known))
}
