//! Questions about the firmware of phones and their answers by the exchange.

use exchange::catalog::Family;
use exchange::firmware::{About, Firmware, NotFirmware, Offered};
use exchange::time::Now;
use exchange::view::FirmwareView;
use exchange::Exchange;
use std::net::Ipv4Addr;

/// One question.
pub(crate) enum AskFirmware {
    /// Which files are there?
    All,
    /// May such a file come?
    MayKeep { name: String, family: Option<Family>, model: String },
    /// Is it known that an admin has changed what there is to this?
    Changed { source: Ipv4Addr, files: Vec<Firmware> },
}

/// The answer, by the question.
pub(crate) enum ToldFirmware {
    All(Box<FirmwareView>),
    MayKeep(Result<About, NotFirmware>),
    Changed,
}

/// Answers a question; no answer relies on a new fact.
pub(crate) fn answer(exchange: &mut Exchange, now: Now, ask: AskFirmware) -> ToldFirmware {
    match ask {
        AskFirmware::All => ToldFirmware::All(Box::new(exchange.firmware_view(now))),
        AskFirmware::MayKeep { name, family, model } => {
            let offered = Offered { name: &name, family, model: &model };
            ToldFirmware::MayKeep(exchange.may_keep(now, &offered))
        }
        AskFirmware::Changed { source, files } => {
            exchange.firmware_kept(files);
            exchange.firmware_changed(now, source);
            ToldFirmware::Changed
        }
    }
}
