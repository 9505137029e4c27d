//! The facts, and their bytes on flash.

use crate::beside::Serving;
use crate::catalog::{Meaning, OwnSign};
use crate::certificates::{CertificatePlace, Kept};
use crate::layer::Layer;
use crate::limits::{RECORD_ALIGN_BYTES, RECORD_HEADING_BYTES};
use crate::names::{ContactText, Extension, HandsetNo, LineNo, Side, Text, UserNo};
use crate::network::Settings;
use crate::policy::Switch;
use crate::seat::Seat;
use crate::secret::{
    BackupKey, LineSecret, LoginId, OwnFile, PasswordHash, Pin, PnpKey, Remote, WebSecret,
};
use crate::template::{Change, Place};
use crate::view::Origin;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact. It may not be refused; whoever makes one has checked before.
#[derive(Clone, Serialize, Deserialize)]
pub enum Event {
    /// A device has this address until further notice.
    AddressGiven {
        /// The device.
        mac: [u8; 6],
        /// The address.
        address: [u8; 4],
    },
    /// A device no longer has an address.
    AddressForgotten {
        /// The device.
        mac: [u8; 6],
    },
    /// A handset is known, with its first line.
    HandsetCreated {
        /// Its number.
        handset: HandsetNo,
        /// Its hardware address.
        mac: [u8; 6],
        /// How it came: 0 by Plug-and-Play on the LAN, 1 on the WAN, 2 by hand.
        origin: u8,
        /// Its maker, by the catalogue's number.
        family: u8,
        /// Its model, empty where unknown.
        model: Text,
        /// Its firmware, empty where unknown.
        firmware: Text,
        /// Password of its own web page.
        web: WebSecret,
        /// User name of its first line.
        login: LoginId,
        /// Password of its first line.
        secret: LineSecret,
    },
    /// A handset turned out to be of this make.
    HandsetRecognised {
        /// Which one.
        handset: HandsetNo,
        /// Its maker, by the catalogue's number.
        family: u8,
        /// Its model.
        model: Text,
        /// Its firmware.
        firmware: Text,
    },
    /// A handset is no longer known; its secrets are gone.
    HandsetDeleted {
        /// Which one.
        handset: HandsetNo,
    },
    /// A handset has one more line.
    LineAdded {
        /// Which handset.
        handset: HandsetNo,
        /// User name of the line.
        login: LoginId,
        /// Password of the line.
        secret: LineSecret,
    },
    /// A handset's last line is gone.
    LineRemoved {
        /// Which handset.
        handset: HandsetNo,
    },
    /// A line belongs to an extension and a name, or to nobody.
    LineAssigned {
        /// Which handset.
        handset: HandsetNo,
        /// Which line.
        line: LineNo,
        /// The number people dial.
        extension: Option<Extension>,
        /// Who.
        name: Text,
    },
    /// A LAN handset's line was last reached by this Contact.
    ContactLearnt {
        /// Which handset.
        handset: HandsetNo,
        /// Which line.
        line: LineNo,
        /// The URI as the phone sent it.
        contact: ContactText,
    },
    /// New handsets are, or are not, taken in from one side.
    CreationAllowed {
        /// Which side.
        side: Side,
        /// Whether they are.
        open: bool,
    },
    /// The admin's password was changed.
    AdminPasswordSet {
        /// Its hash.
        hash: PasswordHash,
    },
    /// Handsets were numbered up to here; a snapshot says so, since the last one may be deleted.
    HandsetsNumbered {
        /// The number given last.
        last: HandsetNo,
    },
    /// The network is set like this, on trial.
    NetworkProposed {
        /// What is set; what is not is as the configuration file says.
        settings: Settings,
    },
    /// What was proposed of the network stays.
    NetworkKept,
    /// What was proposed of the network was taken back.
    NetworkReturned,
    /// The passphrase of the backups was chosen.
    BackupKeySet {
        /// What was made of it.
        key: BackupKey,
    },
    /// A layer has another value of a setting, or none any more.
    SettingChanged {
        /// How far it reaches.
        layer: Layer,
        /// Which setting, by its number; see [`crate::settings::Setting::code`].
        setting: u8,
        /// The value in its one spelling; `None` where what lies below counts again.
        value: Option<String>,
    },
    /// A template of an admin's own was changed.
    TemplateChanged {
        /// Where it stands.
        place: Place,
        /// What became of it.
        change: Change,
    },
    /// An admin's own sign of phones says this, or is there no more.
    SignChanged {
        /// Which one.
        sign: OwnSign,
        /// What it says of a phone; `None` where it is removed.
        means: Option<Meaning>,
    },
    /// A handset keeps changes here that were made on it.
    OwnFileKept {
        /// Which one.
        handset: HandsetNo,
        /// The name of the file.
        name: String,
        /// Its content; empty where it is kept no more.
        content: OwnFile,
    },
    /// An admin has chosen whom the box answers by DHCP.
    ServingChosen {
        /// Whom.
        serving: Serving,
    },
    /// Another DHCP server was on a LAN before the box gave its first lease there.
    ElderMet {
        /// The network of the LAN, by its first address.
        network: [u8; 4],
        /// The server.
        server: [u8; 4],
        /// Its hardware address.
        mac: [u8; 6],
    },
    /// Such a server was not heard for a long time.
    ElderGone {
        /// The network of the LAN, by its first address.
        network: [u8; 4],
        /// The server.
        server: [u8; 4],
    },
    /// There is a user like this; the lines that belong to him have his name and extension.
    UserSet {
        /// Which one.
        user: UserNo,
        /// The name.
        name: Text,
        /// The number people dial.
        extension: Option<Extension>,
        /// What he types at a phone.
        pin: Pin,
    },
    /// A user is there no more, and nobody is assigned to the lines that were his.
    UserDeleted {
        /// Which one.
        user: UserNo,
    },
    /// A line belongs to a user.
    LineOwned {
        /// Which handset.
        handset: HandsetNo,
        /// Which line.
        line: LineNo,
        /// Whose it is.
        user: UserNo,
    },
    /// Who sits at a handset was put off, or is settled.
    SeatChanged {
        /// Which handset.
        handset: HandsetNo,
        /// How it stands now.
        seat: Seat,
    },
    /// A handset took over what another one was; that one is known no more.
    HandsetReplaced {
        /// The one that was.
        old: HandsetNo,
        /// The one that took over.
        new: HandsetNo,
        /// Its keys, in the spelling of the setting; `None` where it has none of its own.
        keys: Option<String>,
        /// Whether it takes over the other one's own templates too.
        templates: bool,
    },
    /// The PIN that allows replacing a phone at the phone was set, or is there no more.
    InstallPinSet {
        /// The PIN.
        pin: Option<Pin>,
    },
    /// A certificate is kept in this place, or none any more.
    CertificateChanged {
        /// Which place.
        place: CertificatePlace,
        /// The certificate and its key.
        becomes: Option<Kept>,
    },
    /// A switch of the policy stands like this.
    SwitchSet {
        /// Which one.
        switch: Switch,
        /// Whether what it is called after is disabled.
        disabled: bool,
        /// The address from which an admin set it.
        by: [u8; 4],
        /// When, in seconds since 1970; `None` where the box did not know.
        at: Option<u64>,
    },
    /// The secret key of Plug-and-Play from the WAN was drawn.
    PnpKeyDrawn {
        /// The key.
        key: PnpKey,
    },
    /// A handset may, or may not, be used from the WAN.
    RemoteMarked {
        /// Which one.
        handset: HandsetNo,
        /// By what it is known there; `None` where it may not.
        mark: Option<Remote>,
    },
    /// The passwords of a handset were drawn anew.
    PasswordsDrawn {
        /// Which one.
        handset: HandsetNo,
        /// Password of its own web page.
        web: WebSecret,
        /// Passwords of its lines, in their order.
        lines: Vec<LineSecret>,
    },
    /// A hardware address gets nothing here, or is like any other again.
    MacBanned {
        /// Which one.
        mac: [u8; 6],
        /// Whether it gets nothing.
        banned: bool,
    },
    /// A handset is no longer known, and its hardware address gets nothing here.
    HandsetBanned {
        /// Which one.
        handset: HandsetNo,
    },
    /// Remote phones are told this name or address of the box, or its own address on the WAN.
    ReachSet {
        /// The name or address; `None` for the box's own.
        host: Option<String>,
    },
}

impl Event {
    /// Appends the bytes that go to flash.
    pub fn encode(&self, out: &mut Vec<u8>) {
        // Writing to a Vec fails only for a type postcard cannot hold, and these are all held.
        if let Ok(bytes) = postcard::to_allocvec(self) {
            out.extend_from_slice(&bytes);
        }
    }

    /// How many bytes of flash it takes as a record of its own: a heading, itself, and what is left
    /// unused up to the next record.
    pub fn record_bytes(&self) -> u64 {
        let bytes = postcard::experimental::serialized_size(self).unwrap_or(0);
        (RECORD_HEADING_BYTES + bytes as u64).next_multiple_of(RECORD_ALIGN_BYTES)
    }

    /// Whether it may change who stands in the phone book.
    pub(crate) fn changes_book(&self) -> bool {
        match self {
            Event::HandsetDeleted { .. }
            | Event::HandsetBanned { .. }
            | Event::LineRemoved { .. }
            | Event::LineAssigned { .. }
            | Event::UserSet { .. }
            | Event::UserDeleted { .. }
            | Event::LineOwned { .. }
            | Event::HandsetReplaced { .. } => true,
            // A new handset or line has no extension yet.
            Event::HandsetCreated { .. }
            | Event::LineAdded { .. }
            | Event::AddressGiven { .. }
            | Event::AddressForgotten { .. }
            | Event::HandsetRecognised { .. }
            | Event::ContactLearnt { .. }
            | Event::CreationAllowed { .. }
            | Event::AdminPasswordSet { .. }
            | Event::HandsetsNumbered { .. }
            | Event::NetworkProposed { .. }
            | Event::NetworkKept
            | Event::NetworkReturned
            | Event::BackupKeySet { .. }
            | Event::SettingChanged { .. }
            | Event::TemplateChanged { .. }
            | Event::SignChanged { .. }
            | Event::OwnFileKept { .. }
            | Event::ServingChosen { .. }
            | Event::ElderMet { .. }
            | Event::ElderGone { .. }
            | Event::SeatChanged { .. }
            | Event::InstallPinSet { .. }
            | Event::CertificateChanged { .. }
            | Event::SwitchSet { .. }
            | Event::PnpKeyDrawn { .. }
            | Event::RemoteMarked { .. }
            | Event::PasswordsDrawn { .. }
            | Event::MacBanned { .. }
            | Event::ReachSet { .. } => false,
        }
    }

    /// The handset it is about, if it is about one.
    pub(super) fn handset(&self) -> Option<HandsetNo> {
        match self {
            Event::HandsetCreated { handset, .. }
            | Event::HandsetRecognised { handset, .. }
            | Event::HandsetDeleted { handset }
            | Event::HandsetBanned { handset }
            | Event::LineAdded { handset, .. }
            | Event::LineRemoved { handset }
            | Event::LineAssigned { handset, .. }
            | Event::ContactLearnt { handset, .. }
            | Event::OwnFileKept { handset, .. }
            | Event::LineOwned { handset, .. }
            | Event::SeatChanged { handset, .. }
            | Event::RemoteMarked { handset, .. }
            | Event::PasswordsDrawn { handset, .. } => Some(*handset),
            Event::AddressGiven { .. }
            | Event::AddressForgotten { .. }
            | Event::CreationAllowed { .. }
            | Event::AdminPasswordSet { .. }
            | Event::HandsetsNumbered { .. }
            | Event::NetworkProposed { .. }
            | Event::NetworkKept
            | Event::NetworkReturned
            | Event::BackupKeySet { .. }
            // Of a handset too: the store reckons its own bytes.
            | Event::SettingChanged { .. }
            | Event::TemplateChanged { .. }
            | Event::SignChanged { .. }
            | Event::ServingChosen { .. }
            | Event::ElderMet { .. }
            | Event::ElderGone { .. }
            | Event::UserSet { .. }
            | Event::InstallPinSet { .. }
            // Of several handsets: the fold counts them anew.
            | Event::UserDeleted { .. }
            | Event::HandsetReplaced { .. }
            | Event::CertificateChanged { .. }
            | Event::SwitchSet { .. }
            | Event::PnpKeyDrawn { .. }
            | Event::MacBanned { .. }
            | Event::ReachSet { .. } => None,
        }
    }

    /// Reads what [`Event::encode`] wrote; `None` for anything else, a newer event among it.
    pub fn decode(bytes: &[u8]) -> Option<Event> {
        match postcard::take_from_bytes(bytes) {
            Ok((event, [])) => Some(event),
            Ok(_) | Err(_) => None,
        }
    }
}

pub(super) fn origin_of(number: u8) -> Origin {
    match number {
        0 => Origin::LanPlugAndPlay,
        1 => Origin::WanPlugAndPlay,
        _by_hand => Origin::ByHand,
    }
}

pub(crate) fn origin_number(origin: Origin) -> u8 {
    match origin {
        Origin::LanPlugAndPlay => 0,
        Origin::WanPlugAndPlay => 1,
        Origin::ByHand => 2,
    }
}
