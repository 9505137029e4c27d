//! nf_tables in the kernel's bytes: chains of rules, and the transaction that puts them in place.
//!
//! A pure function from rules to messages. The numbers are those of the kernel's `nf_tables.h` and
//! `nfnetlink.h`; those it wants in network byte order are written so. Only what the firewall uses
//! is here.

use super::Transport;
use crate::netlink::{attribute, nest, Message, ACK, APPEND, CREATE};

const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
/// `NFNL_SUBSYS_NFTABLES`, the upper half of a message's kind.
const SUBSYSTEM: u8 = 10;
const NEW_TABLE: u8 = 0;
const DELETE_TABLE: u8 = 2;
const NEW_CHAIN: u8 = 3;
const NEW_RULE: u8 = 6;
/// `NFPROTO_INET`: IPv4 and IPv6 at once.
const INET: u8 = 1;

/// The one register that conditions are computed in: `NFT_REG_1`.
const REGISTER: u32 = 1;
/// `NFT_REG_VERDICT`.
const VERDICT: u32 = 0;
/// `NFT_META_IIFNAME`.
const META_CAME_BY: u32 = 6;
/// `NFT_META_OIFNAME`.
const META_LEAVES_BY: u32 = 7;
/// `NFT_META_L4PROTO`.
const META_PROTOCOL: u32 = 16;
/// `NFT_PAYLOAD_TRANSPORT_HEADER`.
const TRANSPORT_HEADER: u32 = 2;
const CMP_EQUAL: u32 = 0;
const CMP_UNEQUAL: u32 = 1;
const CT_STATE: u32 = 0;
/// `NF_CT_STATE_BIT` of `IP_CT_ESTABLISHED` and of `IP_CT_RELATED`.
const ESTABLISHED_OR_RELATED: u32 = 1 << 1 | 1 << 2;
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Type and code of an ICMP message (RFC 792): destination unreachable, fragmentation needed.
const FRAGMENTATION_NEEDED: [u8; 2] = [3, 4];
/// The bytes of a network port's name with at least one NUL.
pub(super) const IFNAMSIZ: usize = 16;

/// Rules that are tried one after the other.
pub(super) struct Chain<'a> {
    /// At most 127 bytes.
    pub(super) name: &'static str,
    /// Where packets enter it; `None` where only a [`Step::Jump`] leads to it.
    pub(super) hook: Option<Hook>,
    pub(super) rules: Vec<Vec<Step<'a>>>,
}

/// Where the kernel hands packets to a chain. What no rule decides goes on.
#[derive(Clone, Copy)]
pub(super) enum Hook {
    /// All that arrives, before connections are tracked.
    Come,
    /// What arrives for this box.
    Input,
    /// What arrives for others.
    Forward,
    /// What this box says, before connections are tracked.
    Leave,
}

/// A part of a rule. A condition that does not hold ends the rule, and the next one is tried.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// Condition: the packet came by this network port; at most 15 bytes.
    CameBy(&'a str),
    /// Condition: the packet is to leave by this network port; at most 15 bytes.
    LeavesBy(&'a str),
    /// Condition: it is sent to this port number.
    Asks(Transport, u16),
    /// Condition: it is sent from this port number.
    Answers(Transport, u16),
    /// Condition: it belongs to a connection that this box has begun, or is an error about one.
    Known,
    /// Condition: an ICMP message by which the path MTU is found (RFC 1191).
    FragmentationNeeded,
    /// The packet leaves no trace in the table of connections.
    Untrack,
    /// It is counted.
    Count,
    /// It may go on.
    Accept,
    /// It is gone, and nobody is told.
    Drop,
    /// Another chain goes on with it, and where that does not decide, the next rule.
    Jump(&'static str),
}

/// Puts a table of these chains in the place of the one of that name.
pub(super) fn replacement(table: &str, chains: &[Chain<'_>]) -> Vec<Message> {
    let made = chains.iter().map(|chain| new_chain(table, chain));
    let filled = chains.iter().flat_map(|Chain { name, rules, .. }| {
        rules.iter().map(move |steps| new_rule(table, name, steps))
    });
    let new = std::iter::once(new_table(table)).chain(made).chain(filled);
    transaction(cleared(table).into_iter().chain(new).collect())
}

/// Removes a table, also one that is not there.
pub(super) fn removal(table: &str) -> Vec<Message> {
    transaction(cleared(table).into())
}

/// A table that is not there cannot be deleted, so it is made before.
fn cleared(table: &str) -> [Message; 2] {
    let delete = message(DELETE_TABLE, 0, &[text(1, table)]);
    [new_table(table), delete]
}

/// All or nothing. The last order is acknowledged; errors of those before it are told first.
fn transaction(mut orders: Vec<Message>) -> Vec<Message> {
    if let Some(last) = orders.last_mut() {
        last.flags |= ACK;
    }
    let [begin, end] = [BATCH_BEGIN, BATCH_END].map(|kind| Message {
        kind,
        flags: 0,
        // struct nfgenmsg: no family, version 0, the subsystem.
        body: vec![0, 0, 0, SUBSYSTEM],
    });
    std::iter::once(begin).chain(orders).chain(std::iter::once(end)).collect()
}

fn new_table(table: &str) -> Message {
    message(NEW_TABLE, CREATE, &[text(1, table)])
}

fn new_chain(table: &str, chain: &Chain<'_>) -> Message {
    let mut attributes = vec![text(1, table), text(3, chain.name)];
    if let Some(hook) = chain.hook {
        let (number, priority) = placed(hook);
        attributes.push(nest(4, &[word(1, number), word(2, priority as u32)]));
        attributes.push(text(7, "filter"));
    }
    message(NEW_CHAIN, CREATE, &attributes)
}

/// Which hook of the kernel it is, and the chain's priority there.
fn placed(hook: Hook) -> (u32, i32) {
    // `raw`: before connection tracking, which is at -200; and after fragments were put together.
    let (raw, filter) = (-300, 0);
    match hook {
        Hook::Come => (0, raw),
        Hook::Input => (1, filter),
        Hook::Forward => (2, filter),
        Hook::Leave => (3, raw),
    }
}

fn new_rule(table: &str, chain: &str, steps: &[Step<'_>]) -> Message {
    let expressions: Vec<Vec<u8>> = steps.iter().flat_map(|step| expressions(*step)).collect();
    let attributes = [text(1, table), text(2, chain), nest(4, &expressions)];
    message(NEW_RULE, CREATE | APPEND, &attributes)
}

/// A step in the kernel's own instructions.
fn expressions(step: Step<'_>) -> Vec<Vec<u8>> {
    match step {
        Step::CameBy(device) => vec![meta(META_CAME_BY), compare(CMP_EQUAL, &padded(device))],
        Step::LeavesBy(device) => vec![meta(META_LEAVES_BY), compare(CMP_EQUAL, &padded(device))],
        Step::Asks(by, port) => header(protocol(by), 2, &port.to_be_bytes()),
        Step::Answers(by, port) => header(protocol(by), 0, &port.to_be_bytes()),
        Step::Known => {
            let state = expression("ct", &[word(1, REGISTER), word(2, CT_STATE)]);
            vec![state, masked(ESTABLISHED_OR_RELATED), compare(CMP_UNEQUAL, &[0; 4])]
        }
        Step::FragmentationNeeded => header(ICMP, 0, &FRAGMENTATION_NEEDED),
        Step::Untrack => vec![nest(1, &[text(1, "notrack")])],
        Step::Count => vec![expression("counter", &[])],
        Step::Accept => vec![verdict(&[word(1, 1)])],
        Step::Drop => vec![verdict(&[word(1, 0)])],
        // NFT_JUMP is -3.
        Step::Jump(chain) => vec![verdict(&[word(1, -3_i32 as u32), text(2, chain)])],
    }
}

fn protocol(by: Transport) -> u8 {
    match by {
        Transport::Udp => UDP,
        Transport::Tcp => TCP,
    }
}

/// Conditions: this protocol, and these bytes at an offset of its header.
fn header(protocol: u8, offset: u32, wanted: &[u8]) -> Vec<Vec<u8>> {
    let len = wanted.len() as u32;
    let place = [word(1, REGISTER), word(2, TRANSPORT_HEADER), word(3, offset), word(4, len)];
    vec![
        meta(META_PROTOCOL),
        compare(CMP_EQUAL, &[protocol]),
        expression("payload", &place),
        compare(CMP_EQUAL, wanted),
    ]
}

fn meta(key: u32) -> Vec<u8> {
    expression("meta", &[word(1, REGISTER), word(2, key)])
}

fn compare(how: u32, with: &[u8]) -> Vec<u8> {
    expression("cmp", &[word(1, REGISTER), word(2, how), nest(3, &[attribute(1, with)])])
}

/// Keeps some bits of the register, which holds a number of this machine.
fn masked(mask: u32) -> Vec<u8> {
    let value = |bits: u32| attribute(1, &bits.to_ne_bytes());
    let registers = [word(1, REGISTER), word(2, REGISTER), word(3, 4)];
    let [mask, flipped] = [nest(4, &[value(mask)]), nest(5, &[value(0)])];
    expression("bitwise", &[&registers[..], &[mask, flipped]].concat())
}

fn verdict(said: &[Vec<u8>]) -> Vec<u8> {
    expression("immediate", &[word(1, VERDICT), nest(2, &[nest(2, said)])])
}

/// An element of a rule's list: its name and what it is to know.
fn expression(name: &str, inside: &[Vec<u8>]) -> Vec<u8> {
    nest(1, &[text(1, name), nest(2, inside)])
}

fn message(kind: u8, flags: u16, attributes: &[Vec<u8>]) -> Message {
    // struct nfgenmsg: the family, version 0, no resource.
    let body = [&[INET, 0, 0, 0][..], &attributes.concat()].concat();
    Message { kind: u16::from_be_bytes([SUBSYSTEM, kind]), flags, body }
}

fn text(kind: u16, text: &str) -> Vec<u8> {
    attribute(kind, &[text.as_bytes(), &[0]].concat())
}

fn word(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

/// The name of a network port as the kernel compares it.
fn padded(device: &str) -> [u8; IFNAMSIZ] {
    let mut name = [0; IFNAMSIZ];
    name.iter_mut().zip(device.bytes()).for_each(|(to, from)| *to = from);
    name
}
