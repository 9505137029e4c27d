//! Keeps what is shown as it has to be: once at the start, every minute, and when somebody has
//! changed it.
//!
//! Keys are made on a thread of their own, so the loop never waits for them; which certificate is
//! wanted the exchange says.

use super::{issue, Secured, Trouble};
use crate::call::{AskCertificates, Call, Desk, Reply, ToldCertificates};
use crate::config::Port;
use crate::device;
use exchange::certificates::{Kept, Wanted};
use exchange::limits::CERTIFICATES_LOOKED_AT_MS;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Goes on until the loop has ended.
pub(crate) async fn keep_up(secured: Arc<Secured>, desk: Desk, ports: Vec<Port>) {
    let mut known = None;
    loop {
        let ask = AskCertificates::Wanted { found: addresses(&ports), shown: secured.leaf() };
        let Some(Reply::Certificates(ToldCertificates::Wanted(wanted))) =
            desk.ask(Call::Certificates(ask)).await
        else {
            return;
        };
        let shows = secured.clone();
        let before = known.take();
        let shown = tokio::task::spawn_blocking(move || renewed(&shows, *wanted, before)).await;
        match shown {
            Ok(Ok((now, made))) => {
                if let Some(kept) = made {
                    let ask = AskCertificates::AuthorityMade(kept);
                    desk.ask(Call::Certificates(ask)).await;
                }
                known = Some(now);
            }
            Ok(Err(Trouble::NoEntropy)) => {
                log::error!("no certificate: the kernel gives no entropy")
            }
            Ok(Err(Trouble::NotMade)) => log::error!("a certificate could not be made or shown"),
            Err(_) => return,
        }
        let pause = Duration::from_millis(CERTIFICATES_LOOKED_AT_MS);
        // Whether somebody called or the time was up is the same.
        let _ = timeout(pause, secured.changed.notified()).await;
    }
}

/// What was shown and believed last.
#[derive(PartialEq, Eq)]
pub(super) struct Known {
    authority: Kept,
    installed: Option<Kept>,
    phones: Vec<Vec<u8>>,
}

/// Makes what is missing and shows it; returns what is known then, and an authority that was made.
/// Without anything to show nobody would come in by TLS, the admin neither.
pub(super) fn renewed(
    secured: &Secured,
    wanted: Wanted,
    before: Option<Known>,
) -> Result<(Known, Option<Kept>), Trouble> {
    let Wanted { authority, installed, phones, leaf } = wanted;
    // One that could not be stored is good until the next start.
    let before_it = before.as_ref().map(|it| it.authority.clone());
    let (authority, made) = match authority.or(before_it) {
        Some(authority) => (authority, None),
        None => {
            let made = issue::authority()?;
            (made.clone(), Some(made))
        }
    };
    let now = Known { authority, installed, phones };
    let same = before.is_some_and(|before| before == now);
    let Known { authority, installed, phones } = &now;
    // Of its own it shows one, where another one is installed, only if that cannot be shown.
    let own = installed.is_none() || same && secured.leaf().is_some();
    if same && (!own || leaf.is_none()) {
        return Ok((now, made));
    }
    if let Some(installed) = installed.as_ref().filter(|_| !own) {
        if secured.show(installed.clone(), None, authority, phones).is_ok() {
            return Ok((now, made));
        }
        log::error!("the installed certificate cannot be shown: the box shows one of its own");
    }
    let (shows, leaf) = match leaf {
        Some(leaf) => (issue::leaf(&leaf, authority)?, Some(leaf)),
        // What the box made last is good; somebody else is believed.
        None => secured.own().ok_or(Trouble::NotMade)?,
    };
    secured.show(shows, leaf, authority, phones)?;
    Ok((now, made))
}

/// The addresses that ports have got since the start.
fn addresses(ports: &[Port]) -> Vec<Ipv4Addr> {
    let later = ports.iter().filter(|port| port.address.is_unspecified() && port.device.is_some());
    let found = later.filter_map(|port| device::find(&port.name()).ok()?.address);
    found.map(|(address, _)| address).collect()
}
