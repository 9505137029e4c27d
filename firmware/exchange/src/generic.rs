//! Generic SIP: what registers here and has no hardware address by which the box could know it. An
//! app on a mobile, a softphone, a door phone, a fax adapter; often behind a router.
//!
//! It is a handset like any other, with a line, a login and a password, under a hardware address
//! that the box makes up. Such an address has the group bit set (IEEE 802-2014 section 8.2.2),
//! which no address that something is sent from ever has: DHCP, ARP, SIP Plug-and-Play, a
//! certificate and a ban cannot name one, and `provision` proves nobody to be it. So a generic
//! handset is counted, kept, backed up, registered, rung and deleted by what does so for all
//! handsets, and is never provisioned, recognised or replaced. Rejected: a table beside that of the
//! handsets, which would have needed each of these a second time.
//!
//! Its password is drawn by the box and shown once, to the admin who added it or had it drawn anew:
//! [`Exchange::account_made`]. What is to be typed where is in [`SetupView`], without the password.

use crate::admin::{self, Ended};
use crate::command::{By, Refusal, RuleFlaw};
use crate::limits::ACCOUNTS_FRESH_MAX;
use crate::names::{Extension, HandsetNo, LineNo, Side, Text, UserNo};
use crate::note::{Note, RuleNote, Shown};
use crate::office::Office;
use crate::provision;
use crate::seat::Flaw;
use crate::state::{Event, Handset};
use crate::time::Now;
use crate::view::SetupView;
use crate::Exchange;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use wire::Mac;

/// What every address that is made up begins with; the last bit of the first byte says that it is
/// of a group, the one before it that nobody has assigned it.
const MADE_UP: [u8; 2] = [0x03, 0x53];

/// A wish of an admin about a handset without a hardware address.
pub enum Wish {
    /// Makes one known; its login and password are drawn.
    Add {
        /// What it is, in the admin's words; may be empty.
        what: Text,
        /// The number people dial; where it is a user's, the line becomes his.
        extension: Option<Extension>,
        /// Who is to be assigned; may be empty.
        name: Text,
        /// Whether it may be used from the WAN.
        remote: bool,
    },
    /// Draws its password anew.
    Draw {
        /// Which one.
        handset: HandsetNo,
    },
}

/// An account whose password was just drawn.
pub struct Account {
    /// Whose it is.
    pub mac: Mac,
    /// The password, which nobody is shown again.
    pub password: String,
}

/// Accounts whose password was drawn and not shown yet, each with the admin who is to see it.
#[derive(Default)]
pub(crate) struct Fresh(Vec<(Ipv4Addr, HandsetNo)>);

impl Fresh {
    /// One more; where there is no room the oldest is not shown any more.
    fn add(&mut self, source: Ipv4Addr, handset: HandsetNo) {
        self.take(source);
        if self.0.len() >= ACCOUNTS_FRESH_MAX {
            self.0.remove(0);
        }
        self.0.push((source, handset));
    }

    fn take(&mut self, source: Ipv4Addr) -> Option<HandsetNo> {
        let place = self.0.iter().position(|(known, _)| *known == source)?;
        Some(self.0.remove(place).1)
    }
}

impl Handset {
    /// Whether it has no hardware address of its own: it is configured by hand.
    pub fn is_generic(&self) -> bool {
        is_made_up(self.mac)
    }
}

/// Whether a hardware address is one of those that the box makes up.
pub fn is_made_up(mac: Mac) -> bool {
    mac.0.starts_with(&MADE_UP)
}

/// Does what the admin wants, or says why not; a refused wish changes nothing.
pub(crate) fn carry_out(
    office: &mut Office,
    now: Now,
    by: &By,
    wish: Wish,
) -> Result<Ended, Refusal> {
    match wish {
        Wish::Add { what, extension, name, remote } => {
            let handset = add(office, now, what, (extension, name), remote)?;
            office.fresh.add(by.source, handset);
            Ok(None)
        }
        Wish::Draw { handset } => {
            let mac = admin::unchanged(office, now, by, handset)?;
            if !is_made_up(mac) {
                return Err(Refusal::Rule(RuleFlaw::HasFiles));
            }
            office.draw_passwords(handset, mac);
            office.fresh.add(by.source, handset);
            office.note(now, Note::Rule(RuleNote::PasswordsDrawn(by.source, mac)));
            Ok(Some((handset, None)))
        }
    }
}

fn add(
    office: &mut Office,
    now: Now,
    what: Text,
    (extension, name): (Option<Extension>, Text),
    remote: bool,
) -> Result<HandsetNo, Refusal> {
    if remote && office.board.first(Side::Wan).is_none() {
        return Err(Refusal::Rule(RuleFlaw::NoWan));
    }
    let owner = owner(office, extension, &name)?;
    let mac = make_up(office);
    let (extension, name) = match owner {
        Some(_) => (None, Text::new()),
        None => (extension, name),
    };
    let handset = admin::take_in(office, now, mac, extension, name)?;
    if let Some(user) = owner {
        // There was room for the whole handset.
        office.record(mac, Event::LineOwned { handset, line: LineNo::FIRST, user });
    }
    if !what.is_empty() {
        let (family, firmware) = (crate::catalog::Family::Generic.code(), Text::new());
        office.record(mac, Event::HandsetRecognised { handset, family, model: what, firmware });
    }
    if remote {
        office.mark(handset, mac, true);
    }
    Ok(handset)
}

/// The user whose extension it is; he needs no other name.
fn owner(
    office: &Office,
    extension: Option<Extension>,
    name: &str,
) -> Result<Option<UserNo>, Refusal> {
    let users = office.durable.users();
    let Some((extension, user)) = extension.and_then(|it| Some((it, users.of_extension(it)?)))
    else {
        return Ok(None);
    };
    let is_he = users.get(user).is_some_and(|known| name.is_empty() || known.name == name);
    if is_he {
        Ok(Some(user))
    } else {
        Err(Flaw::ExtensionOfUser(extension).into())
    }
}

/// An address that no handset has.
fn make_up(office: &mut Office) -> Mac {
    loop {
        let [a, b, c, d] = office.chance.bytes();
        let mac = Mac([MADE_UP[0], MADE_UP[1], a, b, c, d]);
        if office.durable.handset_of(mac).is_none() {
            return mac;
        }
    }
}

impl Exchange {
    /// The account that the admin at this address has just added, or whose password he had drawn
    /// anew; it is shown once, and that it was is noted.
    pub fn account_made(&mut self, now: Now, source: Ipv4Addr) -> Option<Account> {
        let office = &mut self.office;
        let handset = office.fresh.take(source)?;
        let known = office.durable.handset(handset)?;
        let (mac, password) = (known.mac, known.line(LineNo::FIRST)?.secret.text());
        office.note(now, Note::Rule(RuleNote::SecretShown(source, Shown::Account(mac))));
        Some(Account { mac, password })
    }

    /// What is to be typed into an app or a device without a hardware address; `None` for what is
    /// none.
    pub fn setup_view(&self, now: Now, mac: Mac) -> Option<SetupView> {
        let office = &self.office;
        let (handset, known) = office.durable.handset_of(mac).filter(|(_, it)| it.is_generic())?;
        let line = known.line(LineNo::FIRST)?;
        let remote = known.is_remote();
        Some(SetupView {
            now,
            revision: admin::revision(office, mac),
            mac,
            what: known.model.clone(),
            extension: line.extension,
            name: line.name.clone(),
            login: line.login.text(),
            lan: provision::host_at(office, Side::Lan),
            wan: provision::host_at(office, Side::Wan).filter(|_| remote),
            sip_port: office.board.sip_port,
            sips_port: office.board.sips_port,
            is_remote: remote,
            is_registered: self.sip.registered_until(handset, LineNo::FIRST, now.mono).is_some(),
            read_only: office.read_only,
        })
    }
}
