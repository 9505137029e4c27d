//! What a file is made from: which template is in force for a phone, and the values it may read.

use super::{Origins, OwnTemplates, Place};
use crate::catalog::Family;
use crate::layer::{Layer, Whom};
use crate::names::{InterfaceNo, Side};
use crate::office::Office;
use crate::provision;
use crate::render::Values;
use crate::time::Now;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use wire::Mac;

/// What stands in the place of a secret wherever people look.
pub const MASK: &str = "********";

/// What becomes of the secrets among the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// [`MASK`] stands in their place.
    Masked,
    /// They are there, for whoever has the flash in his hands anyway.
    Clear,
}

/// Everything that one file of a phone is made from.
pub struct FileInputs {
    /// The template, by its path in the shipped set.
    pub template: &'static str,
    /// Whether the file is common to the phones of a model.
    pub common: bool,
    /// The own template in force and its layer; `None` where the shipped one is.
    pub own: Option<(Layer, String)>,
    /// The layer of an own one that failed so often that the shipped one is used instead.
    pub given_up: Option<Layer>,
    /// The values.
    pub values: Values,
    /// Where they come from.
    pub origins: Origins,
}

/// An own template that is in force for somebody.
#[derive(Clone, Copy)]
pub(crate) struct Forced<'a> {
    pub(crate) place: &'a Place,
    pub(crate) source: &'a str,
}

/// The own template in force for this one; `None` where it is the shipped one.
pub(crate) fn in_force<'a>(
    own: &'a OwnTemplates,
    template: &str,
    whom: Whom<'_>,
) -> Option<Forced<'a>> {
    let there = own
        .all()
        .filter_map(|(place, versions)| Some(Forced { place, source: versions.now.as_deref()? }));
    forced(there, template, whom)
}

/// Of some own templates the one in force for this one.
pub(crate) fn forced<'a>(
    there: impl Iterator<Item = Forced<'a>>,
    template: &str,
    whom: Whom<'_>,
) -> Option<Forced<'a>> {
    let fit = there.filter(|it| it.place.template == template && it.place.layer.reaches(whom));
    fit.max_by(|one, other| one.place.layer.compare(&other.place.layer))
}

/// The port through which a phone is heard, as far as its address says; else the first of the LAN.
pub(super) fn port_of(office: &Office, now: Now, mac: Mac) -> InterfaceNo {
    let leased = office.leases.of(mac, now.mono).map(|(address, _)| address);
    let address = leased
        .or_else(|| office.devices.get(&mac).and_then(|device| device.address))
        .or_else(|| office.durable.address_of(mac));
    let subnet = address.and_then(|address| {
        office.board.subnets.iter().find(|subnet| subnet.network.contains(address))
    });
    let first = || office.board.first(Side::Lan).unwrap_or(InterfaceNo(0));
    subnet.map_or_else(first, |subnet| subnet.interface)
}

/// Values of a file of a handset, or of one that is common.
pub(super) fn values(
    office: &Office,
    now: Now,
    mac: Mac,
    common: bool,
    secrets: Secrets,
) -> Values {
    let handset = office.durable.handset_of(mac).map(|(no, _)| no).filter(|_| !common);
    let family = office.family(mac).unwrap_or(Family::Generic);
    let port = port_of(office, now, mac);
    let mut values = provision::values(office, port, Some(mac), handset, family);
    if secrets == Secrets::Masked {
        mask(&mut values);
    }
    values
}

fn mask(values: &mut Values) {
    let Some(handset) = &mut values.handset else { return };
    handset.web_password = MASK.to_string();
    handset.user_password = MASK.to_string();
    handset.lines.iter_mut().for_each(|line| line.password = MASK.to_string());
}

/// What each file of a handset is made from; none for somebody who is no handset, or has no file.
pub(crate) fn inputs(office: &Office, now: Now, mac: Mac, secrets: Secrets) -> Vec<FileInputs> {
    if office.durable.handset_of(mac).is_none_or(|(_, known)| known.is_generic()) {
        return Vec::new();
    }
    let known = office.known(mac);
    let files = office.catalog.files_of(known.family.unwrap_or(Family::Generic));
    let mut made: Vec<FileInputs> = Vec::new();
    for (template, common) in files {
        if made.iter().any(|file| file.template == template) {
            continue;
        }
        let forced = in_force(office.durable.templates(), template, known.for_file(common));
        let failed = forced.filter(|it| office.is_given_up(it.place, Some(mac)));
        let own = forced.filter(|_| failed.is_none());
        made.push(FileInputs {
            template,
            common,
            own: own.map(|it| (it.place.layer.clone(), it.source.to_string())),
            given_up: failed.map(|it| it.place.layer.clone()),
            values: values(office, now, mac, common, secrets),
            origins: Origins::of(office.durable.settings(), known.for_file(common))
                .with_firmware(office.has_firmware_for(known.for_file(common))),
        });
    }
    // What is its alone comes first.
    made.sort_by_key(|file| file.common);
    made
}
