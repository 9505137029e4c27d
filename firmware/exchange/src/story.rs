//! The boot story of one device: what it did, what it was told, and where it is stuck.
//!
//! A story is a ring of the last [`STORY_STEPS_MAX`] steps. What is wrong is not stored but read
//! off it: every step says what must follow it and how soon ([`Step::awaits`]), so the last step
//! that awaits anything names the cause once its time is over.

mod file_answer;

pub use file_answer::FileAnswer;

use crate::catalog::OtherProtocol;
use crate::cause::Cause;
use crate::limits::{RESYNC_COMES_MS, STORY_STEPS_MAX};
use crate::names::{LineNo, Side};
use crate::note::Protocol;
use crate::resync::{Code, Errand, Rung};
use crate::time::{Instant, MINUTE_MS, SECOND_MS};
use crate::tls;
use alloc::collections::VecDeque;
use core::fmt;
use core::net::Ipv4Addr;
use wire::tls::Spoken;
use wire::Mac;

/// The codes of the DHCP options sent, as many as a story keeps.
pub type OptionCodes = heapless::Vec<u8, 24>;

/// A file name as a story keeps it.
pub type StepName = heapless::String<48>;

/// One thing that a device did or was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// It looked for an address.
    Discover {
        /// Whether a relay passed it on.
        relayed: bool,
    },
    /// It was offered this address, with these options.
    Offer(Ipv4Addr, OptionCodes),
    /// It got no offer, for this reason.
    NoOffer(Cause),
    /// It was given this address, with these options.
    Ack(Ipv4Addr, OptionCodes),
    /// It kept its address for another term.
    Renew(Ipv4Addr),
    /// It asked for an address that it cannot have here.
    Nak(Ipv4Addr),
    /// It chose the offer of this other server.
    ChoseOther(Ipv4Addr),
    /// It found its address in use.
    Decline(Ipv4Addr),
    /// It gave its address back.
    Release(Ipv4Addr),
    /// It has an address from elsewhere and asked only for options.
    Inform(Ipv4Addr),
    /// It became a known handset.
    Created(Side),
    /// It was turned away as a new handset.
    TurnedAway(Cause),
    /// It asked for a file by this door and got this answer.
    File(Door, StepName, FileAnswer),
    /// It has all of the file it fetched last by TFTP.
    TransferDone,
    /// It stopped acknowledging a transfer.
    TransferLost,
    /// It asked by SIP multicast who configures it, and was told.
    PnpTold,
    /// It asked by SIP multicast who configures it, and was not told.
    PnpSilent(Cause),
    /// It asked to register and was challenged for its password.
    Challenged,
    /// A line registered for so many seconds.
    Registered(LineNo, u32),
    /// It was refused registration.
    RegisterRefused(Cause),
    /// A line was not renewed in time.
    Expired(LineNo),
    /// A line was given up by the phone.
    Unregistered(LineNo),
    /// Its hardware address was heard from two places.
    TwoPlaces,
    /// Another device, this one, uses its address.
    AddressTaken(Ipv4Addr, Mac),
    /// It was asked to do this.
    WasAsked(Errand),
    /// It has said that it will do what it was asked.
    SaysItWill,
    /// It has said that it will not, by this status code of SIP.
    SaysNo(u16),
    /// It has not answered what it was asked.
    SaidNothing,
    /// It came for its file after it was asked.
    CameAsAsked,
    /// It had said that it will, and did not come for its file.
    DidNotCome,
    /// It goes on with its boot in this network, such as that of its voice VLAN.
    ChangedNetwork(Ipv4Addr),
    /// It says by its vendor class that it speaks another protocol than SIP.
    SpeaksOther(&'static OtherProtocol),
    /// It spoke TLS to this port.
    SpokeTls(Protocol, Spoken),
    /// It was rung to be found.
    Rung(Rung),
}

/// The doors to one and the same provisioning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// RFC 1350.
    Tftp,
    /// HTTP without TLS.
    Http,
}

/// How a step looks to somebody who skims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// On the way.
    Plain,
    /// Something was reached.
    Good,
    /// Something went wrong.
    Bad,
}

/// The option by which most makers' phones are told their voice VLAN; a site sets it.
const VOICE_VLAN: u8 = 132;
/// How long a phone may take from its address to its first question.
const ASKS_WITHIN_MS: u64 = 2 * MINUTE_MS;
/// How long a phone may take from its file to its first REGISTER; some restart in between.
const REGISTERS_WITHIN_MS: u64 = 3 * MINUTE_MS;
/// How long a client may take to ask for what it was offered.
const TAKES_OFFER_WITHIN_MS: u64 = 30 * SECOND_MS;
/// How long a phone may go on trying other names.
const TRIES_NAMES_WITHIN_MS: u64 = MINUTE_MS;
/// How long after a challenge the answer may take.
const ANSWERS_CHALLENGE_WITHIN_MS: u64 = MINUTE_MS;

impl Step {
    /// The cause that holds if nothing else follows within the milliseconds given; `None` for a
    /// step after which nothing has to follow or that says nothing about getting further.
    pub fn awaits(&self) -> Option<Awaits> {
        let at_once = |cause| Some(Awaits::Within(0, cause));
        match self {
            Step::Discover { .. } | Step::Renew(_) | Step::TransferDone | Step::Created(_) => None,
            // Whether it obeys says nothing about how far it has got.
            // One that wants a password says it in so many words (RFC 3261 sections 22.2 and 22.3).
            Step::SaysNo(401 | 407) => at_once(Cause::WrongPhonePassword),
            Step::WasAsked(_)
            | Step::SaysItWill
            | Step::SaysNo(_)
            | Step::SaidNothing
            | Step::CameAsAsked
            | Step::DidNotCome
            | Step::Rung(_)
            | Step::ChangedNetwork(_) => None,
            Step::SpokeTls(at, spoken) => tls::cause(*at, *spoken).and_then(at_once),
            Step::Offer(..) => Some(Awaits::Within(TAKES_OFFER_WITHIN_MS, Cause::OfferNotTaken)),
            Step::Ack(_, codes) if codes.contains(&VOICE_VLAN) => {
                Some(Awaits::Within(ASKS_WITHIN_MS, Cause::NotInVoiceVlan))
            }
            Step::Ack(..) | Step::Inform(_) => {
                Some(Awaits::Within(ASKS_WITHIN_MS, Cause::AsksNothing))
            }
            Step::Nak(address) => at_once(Cause::NotItsAddress(*address)),
            Step::ChoseOther(server) => at_once(Cause::OtherDhcpServer(*server)),
            Step::Decline(address) => at_once(Cause::AddressInUse(*address)),
            Step::Release(_) => Some(Awaits::Nothing),
            Step::File(_, _, answer) => answer.awaits(),
            Step::TransferLost => at_once(Cause::TransferLost),
            Step::PnpTold => Some(Awaits::Within(ASKS_WITHIN_MS, Cause::PnpNotFetched)),
            Step::Challenged => {
                Some(Awaits::Within(ANSWERS_CHALLENGE_WITHIN_MS, Cause::NeverRegistered))
            }
            Step::Registered(..) => Some(Awaits::Nothing),
            Step::Expired(_) => at_once(Cause::RegistrationLost),
            Step::Unregistered(_) => at_once(Cause::Unregistered),
            Step::TwoPlaces => at_once(Cause::TwoPlaces),
            Step::AddressTaken(address, _) => at_once(Cause::AddressInUse(*address)),
            Step::SpeaksOther(spoken) => at_once(Cause::OtherProtocol(spoken)),
            Step::NoOffer(cause)
            | Step::TurnedAway(cause)
            | Step::PnpSilent(cause)
            | Step::RegisterRefused(cause) => at_once(*cause),
        }
    }

    /// Whether the step belongs to what a phone does once it has its address.
    fn is_after_address(&self) -> bool {
        match self {
            Step::File(..)
            | Step::TransferDone
            | Step::Renew(_)
            | Step::PnpTold
            | Step::Created(_)
            | Step::Challenged
            | Step::Registered(..)
            | Step::WasAsked(_)
            | Step::SaysItWill
            | Step::SaysNo(_)
            | Step::SaidNothing
            | Step::CameAsAsked
            | Step::Rung(_)
            | Step::DidNotCome => true,
            Step::Discover { .. }
            | Step::Offer(..)
            | Step::NoOffer(_)
            | Step::Ack(..)
            | Step::Nak(_)
            | Step::ChoseOther(_)
            | Step::Decline(_)
            | Step::Release(_)
            | Step::Inform(_)
            | Step::TurnedAway(_)
            | Step::TransferLost
            | Step::PnpSilent(_)
            | Step::RegisterRefused(_)
            | Step::Expired(_)
            | Step::Unregistered(_)
            | Step::TwoPlaces
            | Step::AddressTaken(..)
            | Step::ChangedNetwork(_)
            | Step::SpeaksOther(_)
            | Step::SpokeTls(..) => false,
        }
    }

    /// How the step looks.
    pub fn tone(&self) -> Tone {
        match self {
            Step::Registered(..) | Step::Created(_) | Step::CameAsAsked => Tone::Good,
            Step::File(_, _, FileAnswer::Own(_)) => Tone::Good,
            Step::NoOffer(_)
            | Step::Nak(_)
            | Step::ChoseOther(_)
            | Step::Decline(_)
            | Step::TurnedAway(_)
            | Step::TransferLost
            | Step::PnpSilent(_)
            | Step::RegisterRefused(_)
            | Step::Expired(_)
            | Step::TwoPlaces
            | Step::AddressTaken(..)
            | Step::File(_, _, FileAnswer::Refused(_))
            | Step::SaysNo(_)
            | Step::SaidNothing
            | Step::DidNotCome
            | Step::SpeaksOther(_)
            | Step::SpokeTls(..) => Tone::Bad,
            Step::Discover { .. }
            | Step::Offer(..)
            | Step::Ack(..)
            | Step::Renew(_)
            | Step::Release(_)
            | Step::Inform(_)
            | Step::File(..)
            | Step::TransferDone
            | Step::PnpTold
            | Step::Challenged
            | Step::Unregistered(_)
            | Step::WasAsked(_)
            | Step::SaysItWill
            | Step::Rung(_)
            | Step::ChangedNetwork(_) => Tone::Plain,
        }
    }
}

/// What must follow a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaits {
    /// All is well as it is.
    Nothing,
    /// Something within so many milliseconds, or else this is the cause.
    Within(u64, Cause),
}

/// The last steps of one device.
#[derive(Default)]
pub struct Story {
    steps: VecDeque<(Instant, Step)>,
}

impl Story {
    /// Adds a step; the oldest one makes room.
    pub fn add(&mut self, at: Instant, step: Step) {
        if self.steps.len() >= STORY_STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back((at, step));
    }

    /// The steps, oldest first.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &(Instant, Step)> {
        self.steps.iter()
    }

    /// Why the device does not get further, if its time for the next step is over.
    pub fn cause(&self, now: Instant) -> Option<Cause> {
        match self.awaited()? {
            (_, Awaits::Nothing) => None,
            (at, Awaits::Within(wait_ms, cause)) => {
                (now.since_ms(at) >= wait_ms).then(|| self.seen_alive(at, wait_ms, cause))
            }
        }
    }

    /// The cause that is likelier where the device is seen to be up and well: it renews its lease,
    /// or has fetched its file before and was not heard by SIP either time.
    fn seen_alive(&self, at: Instant, wait_ms: u64, cause: Cause) -> Cause {
        let renewed = self.steps.iter().any(|(when, step)| {
            matches!(step, Step::Renew(_)) && *when > at && when.since_ms(at) >= wait_ms
        });
        let is_own = |step: &Step| matches!(step, Step::File(_, _, FileAnswer::Own(_)));
        // What it asks for, or does not, follows from what it speaks.
        let mut since_address =
            self.steps.iter().rev().take_while(|(_, step)| !matches!(step, Step::Ack(..)));
        let spoken = since_address.find_map(|(_, step)| {
            let Step::SpeaksOther(spoken) = step else { return None };
            Some(Cause::OtherProtocol(spoken))
        });
        if let (Cause::AsksNothing | Cause::UnknownFile, Some(other)) = (cause, spoken) {
            return other;
        }
        let by_sip = |step: &Step| {
            matches!(step, Step::Challenged | Step::Registered(..) | Step::RegisterRefused(_))
        };
        let silent = || self.steps.iter().rev().take_while(|(_, step)| !by_sip(step));
        let has_file = silent().any(|(_, step)| is_own(step));
        let again = silent().any(|(when, step)| is_own(step) && at.since_ms(*when) >= wait_ms);
        if cause == Cause::AsksNothing && renewed {
            return Cause::GoesElsewhere;
        }
        if cause == Cause::NeverRegistered && has_file && (renewed || again) {
            return Cause::RegistersElsewhere;
        }
        cause
    }

    fn awaited(&self) -> Option<(Instant, Awaits)> {
        let last = self.steps.iter().rev().find_map(|(at, step)| Some((*at, step.awaits()?)))?;
        // A file common to all, or a missing one, does not undo that the phone has its own file.
        let (_, Awaits::Within(_, cause)) = last else { return Some(last) };
        if !matches!(cause, Cause::AsksNothing | Cause::UnknownFile | Cause::NotInVoiceVlan) {
            return Some(last);
        }
        let since_boot = self.steps.iter().rev().take_while(|(_, step)| step.is_after_address());
        let mut own = since_boot.filter_map(|(at, step)| {
            let Step::File(_, _, answer @ FileAnswer::Own(_)) = step else { return None };
            Some((*at, answer.awaits()?))
        });
        Some(own.next().unwrap_or(last))
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Door::Tftp => "TFTP",
            Door::Http => "HTTP",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Discover { relayed: false } => f.write_str("Looked for an address (DISCOVER)"),
            Step::Discover { relayed: true } => {
                f.write_str("Looked for an address through a relay (DISCOVER)")
            }
            Step::Offer(address, codes) => {
                write!(f, "Was offered {address}")?;
                options(codes, f)
            }
            Step::NoOffer(cause) => write!(f, "Got no offer: {cause}"),
            Step::Ack(address, codes) => {
                write!(f, "Was given {address}")?;
                options(codes, f)
            }
            Step::Renew(address) => write!(f, "Renewed {address}"),
            Step::Nak(address) => write!(f, "Asked for {address}, which it cannot have here (NAK)"),
            Step::ChoseOther(server) => write!(f, "Chose the offer of another server, {server}"),
            Step::Decline(address) => write!(f, "Found {address} in use (DECLINE)"),
            Step::Release(address) => write!(f, "Gave {address} back (RELEASE)"),
            Step::Inform(address) => write!(f, "Has {address} and asked for options (INFORM)"),
            Step::Created(Side::Lan) => f.write_str("Became a handset by Plug-and-Play on the LAN"),
            Step::Created(Side::Wan) => f.write_str("Became a handset by Plug-and-Play on the WAN"),
            Step::TurnedAway(cause) => write!(f, "Was turned away: {cause}"),
            Step::File(door, name, answer) => write!(f, "Asked for {name} by {door}: {answer}"),
            Step::TransferDone => f.write_str("Has received the whole file"),
            Step::TransferLost => f.write_str("Stopped answering during the transfer"),
            Step::PnpTold => {
                f.write_str("Asked by SIP Plug-and-Play who configures it, and was told")
            }
            Step::PnpSilent(cause) => {
                write!(f, "Asked by SIP Plug-and-Play and got no answer: {cause}")
            }
            Step::Challenged => f.write_str("Asked to register and was asked for its password"),
            Step::Registered(line, seconds) => {
                write!(f, "Registered line {} for {seconds} s", line.number())
            }
            Step::RegisterRefused(cause) => write!(f, "Was refused registration: {cause}"),
            Step::Expired(line) => write!(f, "Registration of line {} ran out", line.number()),
            Step::Unregistered(line) => write!(f, "Ended registration of line {}", line.number()),
            Step::TwoPlaces => f.write_str("Its hardware address was heard from two places"),
            Step::AddressTaken(address, by) => {
                write!(f, "Its address {address} is used by another device, {by}")
            }
            Step::WasAsked(errand) => write!(f, "Was asked by SIP to {errand} (NOTIFY)"),
            Step::ChangedNetwork(network) => write!(
                f,
                "Goes on with its boot in another network, {network}, as phones do that change \
                to their voice VLAN"
            ),
            Step::SaysItWill => f.write_str("Said that it will"),
            Step::SaysNo(code) => write!(f, "Said that it will not ({})", Code(*code)),
            Step::SpeaksOther(spoken) => {
                write!(f, "Said that it speaks {} (vendor class)", spoken.name)
            }
            Step::SpokeTls(at, spoken) => tls::say(*at, *spoken, f),
            Step::Rung(rung) => rung.fmt(f),
            Step::SaidNothing => f.write_str("Did not answer what it was asked"),
            Step::CameAsAsked => f.write_str("Came for its file after it was asked: confirmed"),
            Step::DidNotCome => write!(
                f,
                "Did not come for its file within {} minutes, though it had said that it will",
                RESYNC_COMES_MS / MINUTE_MS
            ),
        }
    }
}

fn options(codes: &OptionCodes, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut lead = " with options ";
    for code in codes {
        write!(f, "{lead}{code}")?;
        lead = ", ";
    }
    Ok(())
}
