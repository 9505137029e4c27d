//! Questions about templates of an admin's own and the files that they make, and their answers by
//! the exchange.

use exchange::command::Refusal;
use exchange::template::{Change, FileInputs, Place, Rehearsal, Secrets, Sources, TemplatesView};
use exchange::time::Now;
use exchange::Exchange;
use wire::Mac;

/// One question.
pub(crate) enum AskTemplates {
    /// Which files are there, and which own templates?
    All,
    /// What is at this place?
    At(Place),
    /// What is a change to be tried with?
    Rehearse { seen: Option<u64>, place: Place, change: Change },
    /// What are the files of this handset made from?
    Files(Mac),
}

/// The answer, by the question.
pub(crate) enum ToldTemplates {
    All(Box<TemplatesView>),
    At(Box<Sources>),
    Rehearse(Result<Box<Rehearsal>, Refusal>),
    Files(Vec<FileInputs>),
}

/// Answers a question; no answer relies on a new fact.
pub(crate) fn answer(exchange: &Exchange, now: Now, ask: AskTemplates) -> ToldTemplates {
    match ask {
        AskTemplates::All => ToldTemplates::All(Box::new(exchange.templates())),
        AskTemplates::At(place) => ToldTemplates::At(Box::new(exchange.template_sources(&place))),
        AskTemplates::Rehearse { seen, place, change } => {
            let rehearsal = exchange.rehearsal(now, seen, &place, &change);
            ToldTemplates::Rehearse(rehearsal.map(Box::new))
        }
        AskTemplates::Files(mac) => {
            ToldTemplates::Files(exchange.file_inputs(now, mac, Secrets::Masked))
        }
    }
}
