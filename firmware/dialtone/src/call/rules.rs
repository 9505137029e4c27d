//! Questions about the rules by which phones are taken in, and their answers by the exchange.

use exchange::time::Now;
use exchange::view::{RulesView, SetupView, StrangersView};
use exchange::Exchange;
use wire::Mac;

/// One question.
pub(crate) enum AskRules {
    /// How do they stand?
    Stand,
    /// Who was turned away, and who is banned?
    Strangers,
    /// What is typed into this handset, which has no hardware address?
    Setup(Mac),
}

/// The answer, by the question.
pub(crate) enum ToldRules {
    Stand(Box<RulesView>),
    Strangers(Box<StrangersView>),
    Setup(Option<Box<SetupView>>),
}

/// Answers a question.
pub(crate) fn answer(exchange: &Exchange, now: Now, ask: AskRules) -> ToldRules {
    match ask {
        AskRules::Stand => ToldRules::Stand(Box::new(exchange.rules_view(now))),
        AskRules::Strangers => ToldRules::Strangers(Box::new(exchange.strangers_view(now))),
        AskRules::Setup(mac) => ToldRules::Setup(exchange.setup_view(now, mac).map(Box::new)),
    }
}
