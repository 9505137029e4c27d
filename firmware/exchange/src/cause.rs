//! Why a phone does not come up, and what to do about it.
//!
//! Every cause is one plain sentence and one next step, written for somebody who stands in front
//! of the phone. [`crate::story`] decides which cause holds; the page, the console and the tests
//! print the same words from here.

use crate::catalog::OtherProtocol;
use crate::names::Side;
use core::fmt;
use core::net::Ipv4Addr;
use wire::tls::Version;

/// Why a device is no working handset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Policy takes in no new handset from this side.
    CreationClosed(Side),
    /// It was offered an address and did not take it.
    OfferNotTaken,
    /// It took its address from another server.
    OtherDhcpServer(Ipv4Addr),
    /// No address is left for it.
    PoolFull,
    /// Another device uses the address it was given.
    AddressInUse(Ipv4Addr),
    /// It asked to keep an address that is not its own here.
    NotItsAddress(Ipv4Addr),
    /// It has an address and asks for nothing.
    AsksNothing,
    /// It was told by SIP Plug-and-Play where its file is and did not fetch it.
    PnpNotFetched,
    /// It asks only for files that nobody knows.
    UnknownFile,
    /// It asked for a file from an address that is not its lease.
    NotItsLease,
    /// It asked for the file of another phone.
    FileOfAnother,
    /// Its hardware address is used by two devices.
    TwoPlaces,
    /// It asked for a file from the WAN.
    WanFetch,
    /// A transfer stopped because it no longer acknowledged.
    TransferLost,
    /// Its file could not be made.
    FileNotMade,
    /// It has its file and does not register.
    NeverRegistered,
    /// It registers with a wrong password.
    WrongPassword,
    /// It registers as somebody who was never set up here.
    UnknownAccount,
    /// It insists on registering more often than is allowed.
    TooBrief,
    /// It was registered and stopped refreshing.
    RegistrationLost,
    /// It gave its registration up by itself.
    Unregistered,
    /// There is no room for another handset.
    HandsetsFull,
    /// So many unknown devices came that new ones are taken in slowly.
    StrangersCapped,
    /// Nothing new can be stored.
    NotStored,
    /// It is up, and asks this box for nothing.
    GoesElsewhere,
    /// It fetches its file, and is not heard by SIP.
    RegistersElsewhere,
    /// It registers for a domain that this box does not serve.
    OtherDomain,
    /// It was told its voice VLAN and has asked for nothing since.
    NotInVoiceVlan,
    /// It says that it speaks another protocol than SIP.
    OtherProtocol(&'static OtherProtocol),
    /// It speaks TLS to a port of this box that has none.
    SpeaksTls,
    /// It speaks TLS, and this version at the highest, which is older than 1.2.
    TooOldForTls(Version),
    /// It speaks TLS with ciphers only that are not used here.
    TlsTooWeak,
    /// It gave up TLS because of the certificate that it was shown.
    CertificateRefused,
    /// Its clock stands where clocks begin.
    TimeUnset,
    /// It obeys this box only by a password that this box did not set.
    WrongPhonePassword,
    /// It was not taken for a phone where only phones are answered.
    NoPhoneForDhcp,
    /// Nobody is answered by DHCP here.
    DhcpOff,
    /// It is banned.
    Banned,
    /// It is a handset of the LAN and came from the WAN.
    NotRemote,
    /// It came from the WAN without the right key.
    WrongKey,
    /// It came from the WAN with the key, and has had its file already.
    ClaimedAlready,
}

const OFFER_NOT_TAKEN: &str = "It asks for an address, is offered one, and does not take it.";
const OFFER_NOT_TAKEN_NEXT: &str =
    "Check that the switch port lets answers through: VLAN, port security, DHCP snooping.";
const OTHER_DHCP_SERVER_NEXT: &str =
    "Switch the other server off, or let it hand out the address of this box in option 66.";

// What is inferred is worded as likely.
const GOES_ELSEWHERE_NEXT: &str =
    "Have it taken off its maker's redirection service and off the other system, then \
    reset it to factory settings.";
const GOES_ELSEWHERE: &str =
    "It is up and asks this box for nothing: most likely it is still sent to its maker's \
    redirection service or to another system.";
const REGISTERS_ELSEWHERE_NEXT: &str =
    "Look at the phone's account for the server of another system, then reset it to \
    factory settings.";
const REGISTERS_ELSEWHERE: &str =
    "It fetches its configuration here and does not register here: most likely it \
    registers elsewhere.";
const OTHER_DOMAIN_NEXT: &str =
    "Reset the phone to factory settings; it still carries the server of another system.";
const OTHER_DOMAIN: &str = "It registers for the domain of another system, not of this box.";
const NOT_IN_VOICE_VLAN_NEXT: &str =
    "Check that the switch lets the voice VLAN through, tagged, from the phone to this \
    box.";
const NOT_IN_VOICE_VLAN: &str =
    "It was told its voice VLAN and has asked for nothing since: most likely that VLAN \
    does not reach this box.";

const NOT_STORED: &str = "It cannot be taken in because nothing new can be stored.";
const STRANGERS_CAPPED: &str = "So many unknown devices came that new phones are taken in slowly.";
const REGISTRATION_LOST: &str = "It was registered and has stopped renewing its registration.";
const UNKNOWN_ACCOUNT: &str = "It registers with an account that this box did not give it.";
const SPEAKS_TLS_NEXT: &str =
    "Set the phone to an address that begins with http:, and its account to SIP by UDP or TCP; or \
    reset it to factory settings.";
const SPEAKS_TLS: &str = "It speaks TLS to a port of this box that has none.";
const TOO_OLD_FOR_TLS_NEXT: &str =
    "Set the phone to an address that begins with http:, or give it newer firmware.";
const CERTIFICATE_REFUSED_NEXT: &str =
    "Check the phone's clock and whose certificates it trusts, or set it to an address that begins \
    with http:.";
const CERTIFICATE_REFUSED: &str = "It refuses the certificate that it was shown.";
const TLS_TOO_WEAK: &str = "It speaks TLS to this box with ciphers only that are too weak.";
const TIME_UNSET_NEXT: &str =
    "Check that the phone reaches its time server; until it has the time it trusts no certificate.";
const TIME_UNSET: &str =
    "Its clock stands where clocks begin: most likely it has not got the time from anybody.";
const WRONG_PHONE_PASSWORD_NEXT: &str =
    "Reset the phone to factory settings, so that it takes the password and the settings of this \
    box.";
const WRONG_PHONE_PASSWORD: &str =
    "It asks for a password before it obeys this box: most likely it still has the admin password \
    and the settings of another system.";
const PNP_NOT_FETCHED_NEXT: &str =
    "Check that the phone can reach this box by HTTP, then restart it.";
const TOO_BRIEF: &str = "It insists on registering more often than this box allows.";
const NO_PHONE_FOR_DHCP_NEXT: &str =
    "If it is a phone, add it as a handset here; on the page Settings it can be taught how to \
    recognise others like it.";
const NO_PHONE_FOR_DHCP: &str =
    "It is not recognised as a phone, and only phones get addresses from this box.";
const DHCP_OFF_NEXT: &str =
    "See that the other DHCP server answers it, with the options that the page DHCP names.";
const DHCP_OFF: &str = "It asks for an address, and DHCP is off on this box.";

const WAN_FETCH: &str =
    "It asked for its configuration from the WAN without TLS, where none is given out.";
const BANNED: &str = "It is banned.";
const BANNED_NEXT: &str = "If it may come back, lift the ban on the Strangers page.";
const NOT_REMOTE: &str = "It came from the WAN, and is a handset of the LAN only.";
const NOT_REMOTE_NEXT: &str =
    "If it is to be used from there, switch on Remote phone on its page and let it start once on \
    the LAN.";
const WRONG_KEY: &str = "It came from the WAN without the right secret key.";
const WRONG_KEY_NEXT: &str =
    "Give the phone the key of the page Servers > VoIP as its provisioning password, or add it by \
    hand as a remote phone.";
const CLAIMED_ALREADY: &str =
    "It came from the WAN with the key, and this phone has had its configuration already.";
const CLAIMED_ALREADY_NEXT: &str =
    "If the phone was reset, let it be claimed anew on its page; if it was not, somebody else uses \
    its MAC address.";

impl Cause {
    /// Whether it holds for a phone that is registered too.
    pub fn concerns_registered(&self) -> bool {
        *self == Cause::WrongPhonePassword
    }

    /// What to do next, as one imperative sentence.
    pub fn next_step(&self) -> &'static str {
        match self {
            Cause::CreationClosed(_) => {
                "Add it as a handset here, or let new phones in on the page Servers > VoIP."
            }
            Cause::OfferNotTaken => OFFER_NOT_TAKEN_NEXT,
            Cause::OtherDhcpServer(_) => OTHER_DHCP_SERVER_NEXT,
            Cause::PoolFull => "Give this network a larger pool in the configuration file, or remove devices from it.",
            Cause::AddressInUse(_) => {
                "Find the device with this fixed address and move it out of the pool; the phone gets another one."
            }
            Cause::NotItsAddress(_) => {
                "Restart the phone; it comes from another network or another server and will ask anew."
            }
            Cause::AsksNothing => {
                "Reset the phone to factory settings: provisioning by DHCP is probably switched off in it."
            }
            Cause::PnpNotFetched => PNP_NOT_FETCHED_NEXT,
            Cause::UnknownFile => {
                "Look at the names it asks for in the steps below; the maker or model is not in the catalogue yet."
            }
            Cause::NotItsLease => {
                "Set the phone to DHCP, or plug it into the office network itself, and restart it."
            }
            Cause::FileOfAnother => {
                "Check the provisioning address typed into this phone; it names another phone's file."
            }
            Cause::TwoPlaces => {
                "Unplug one of the two devices; if both stay, somebody may be copying this phone."
            }
            Cause::WanFetch => "Connect the phone to the office network once and let it start there.",
            Cause::TransferLost => {
                "Check the cable and any firewall between the phone and this box, then restart the phone."
            }
            Cause::FileNotMade => "Tell whoever looks after this box; the log names the template.",
            Cause::NeverRegistered => {
                "Restart the phone; if that does not help, reset it to factory settings."
            }
            Cause::WrongPassword => {
                "Restart the phone so that it fetches its file again; if that does not help, reset it to factory settings."
            }
            Cause::UnknownAccount => {
                "Reset the phone to factory settings; it still carries accounts of another system."
            }
            Cause::TooBrief => {
                "Set the phone's registration interval to at least 60 seconds, or let it fetch its file again."
            }
            Cause::RegistrationLost => "Check the phone's power and cable; it has not been heard of.",
            Cause::Unregistered => "Switch the account on again at the phone, or restart it.",
            Cause::HandsetsFull => "Delete handsets that are no longer used.",
            Cause::StrangersCapped => "Add it as a handset here, or restart it in an hour.",
            Cause::NotStored => "Tell whoever looks after this box; its flash memory is damaged.",
            Cause::GoesElsewhere => GOES_ELSEWHERE_NEXT,
            Cause::RegistersElsewhere => REGISTERS_ELSEWHERE_NEXT,
            Cause::OtherDomain => OTHER_DOMAIN_NEXT,
            Cause::NotInVoiceVlan => NOT_IN_VOICE_VLAN_NEXT,
            Cause::OtherProtocol(spoken) => spoken.todo,
            Cause::SpeaksTls => SPEAKS_TLS_NEXT,
            Cause::TooOldForTls(_) | Cause::TlsTooWeak => TOO_OLD_FOR_TLS_NEXT,
            Cause::CertificateRefused => CERTIFICATE_REFUSED_NEXT,
            Cause::TimeUnset => TIME_UNSET_NEXT,
            Cause::WrongPhonePassword => WRONG_PHONE_PASSWORD_NEXT,
            Cause::NoPhoneForDhcp => NO_PHONE_FOR_DHCP_NEXT,
            Cause::DhcpOff => DHCP_OFF_NEXT,
            Cause::Banned => BANNED_NEXT,
            Cause::NotRemote => NOT_REMOTE_NEXT,
            Cause::WrongKey => WRONG_KEY_NEXT,
            Cause::ClaimedAlready => CLAIMED_ALREADY_NEXT,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::CreationClosed(Side::Lan) => {
                f.write_str("New phones on the LAN are not taken in at present.")
            }
            Cause::CreationClosed(Side::Wan) => {
                f.write_str("New phones from the WAN are not taken in at present.")
            }
            Cause::OfferNotTaken => f.write_str(OFFER_NOT_TAKEN),
            Cause::OtherDhcpServer(server) => {
                write!(f, "It took its address from another DHCP server, {server}.")
            }
            Cause::PoolFull => f.write_str("There is no free address left for it."),
            Cause::AddressInUse(address) => {
                write!(f, "Another device uses the address {address} it was given.")
            }
            Cause::NotItsAddress(address) => {
                write!(f, "It asked to keep {address}, which is not its own here.")
            }
            Cause::AsksNothing => {
                f.write_str("It has an address but has not asked for its configuration.")
            }
            Cause::PnpNotFetched => f.write_str(
                "It was told by Plug-and-Play where its configuration is, and has not fetched it.",
            ),
            Cause::UnknownFile => {
                f.write_str("It asks for files that no phone in the catalogue uses.")
            }
            Cause::NotItsLease => f.write_str(
                "It asked for its configuration from an address that is not its own lease.",
            ),
            Cause::FileOfAnother => f.write_str("It asked for the configuration of another phone."),
            Cause::TwoPlaces => f.write_str("Two devices use its hardware address at once."),
            Cause::WanFetch => f.write_str(WAN_FETCH),
            Cause::TransferLost => {
                f.write_str("It stopped answering in the middle of fetching its configuration.")
            }
            Cause::FileNotMade => f.write_str("Its configuration could not be made."),
            Cause::NeverRegistered => {
                f.write_str("It has fetched its configuration but has not registered.")
            }
            Cause::WrongPassword => f.write_str("It registers with a wrong password."),
            Cause::UnknownAccount => f.write_str(UNKNOWN_ACCOUNT),
            Cause::TooBrief => f.write_str(TOO_BRIEF),
            Cause::RegistrationLost => f.write_str(REGISTRATION_LOST),
            Cause::Unregistered => f.write_str("It has ended its registration by itself."),
            Cause::HandsetsFull => f.write_str("There is no room for another handset."),
            Cause::StrangersCapped => f.write_str(STRANGERS_CAPPED),
            Cause::NotStored => f.write_str(NOT_STORED),
            Cause::GoesElsewhere => f.write_str(GOES_ELSEWHERE),
            Cause::RegistersElsewhere => f.write_str(REGISTERS_ELSEWHERE),
            Cause::OtherDomain => f.write_str(OTHER_DOMAIN),
            Cause::NotInVoiceVlan => f.write_str(NOT_IN_VOICE_VLAN),
            Cause::OtherProtocol(spoken) => spoken.fmt(f),
            Cause::SpeaksTls => f.write_str(SPEAKS_TLS),
            Cause::TooOldForTls(version) => {
                write!(f, "It speaks TLS to this box, at the highest {version}, which is too old.")
            }
            Cause::TlsTooWeak => f.write_str(TLS_TOO_WEAK),
            Cause::CertificateRefused => f.write_str(CERTIFICATE_REFUSED),
            Cause::TimeUnset => f.write_str(TIME_UNSET),
            Cause::WrongPhonePassword => f.write_str(WRONG_PHONE_PASSWORD),
            Cause::NoPhoneForDhcp => f.write_str(NO_PHONE_FOR_DHCP),
            Cause::DhcpOff => f.write_str(DHCP_OFF),
            Cause::Banned => f.write_str(BANNED),
            Cause::NotRemote => f.write_str(NOT_REMOTE),
            Cause::WrongKey => f.write_str(WRONG_KEY),
            Cause::ClaimedAlready => f.write_str(CLAIMED_ALREADY),
        }
    }
}
