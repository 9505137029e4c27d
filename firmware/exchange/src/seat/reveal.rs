//! Secrets that an admin has shown on purpose, after his password was given again: that it was
//! right is the caller's word. Each is noted, and stands in no view.

use super::note::{Revealed, SeatNote};
use crate::names::{HandsetNo, UserNo};
use crate::note::Note;
use crate::office::Office;
use crate::settings::Setting;
use crate::time::Now;
use alloc::string::{String, ToString};
use core::net::Ipv4Addr;

/// What somebody wants to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hidden {
    /// The PIN of a user.
    PinOf(UserNo),
    /// The PIN for replacing phones.
    InstallPin,
    /// The password of the administrator of a phone's own page.
    WebPassword(HandsetNo),
}

/// The secret; `None` where there is none.
pub(crate) fn reveal(
    office: &mut Office,
    now: Now,
    source: Ipv4Addr,
    what: Hidden,
) -> Option<String> {
    let (secret, what) = match what {
        Hidden::PinOf(user) => {
            let user_known = office.durable.users().get(user)?;
            (user_known.pin.text().to_string(), Revealed::PinOf(user))
        }
        Hidden::InstallPin => {
            (office.durable.install_pin()?.text().to_string(), Revealed::InstallPin)
        }
        Hidden::WebPassword(handset) => {
            let known = office.durable.handset(handset)?;
            let device = office.known(known.mac);
            let store = office.durable.settings();
            let (set, _) = store.resolve(device.whom(), Setting::WebAdminPassword);
            let secret = set.map_or_else(|| known.web.text(), String::from);
            (secret, Revealed::WebPassword(known.mac))
        }
    };
    office.note(now, Note::Seat(SeatNote::Revealed(source, what)));
    Some(secret)
}
