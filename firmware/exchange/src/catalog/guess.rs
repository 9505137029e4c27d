//! Several signs of one phone, weighed into one verdict.
//!
//! A strong sign (the phone says who made it) outweighs all weaker ones together, a middle one the
//! weak; a hint alone makes no verdict. Among equals the more telling kind wins, so the verdict
//! does not depend on the order in which kinds of signs came. A sign of an admin's own outweighs
//! all that is shipped; what it says of model and firmware yields to what the phone says itself.
//! Signs can be forged: the verdict chooses a form of answer and a picture on a page, and never a
//! right.
//!
//! A model or version stated while the verdict is another family's may be dropped; the phone says
//! it again with its next request.

use super::{Family, Identity, SignKind, Stage, Text, Weight};

const KINDS: usize = SignKind::ALL.len();

/// What is thought of one phone so far, and why.
#[derive(Clone, Default, Debug)]
pub struct Guess {
    /// Whom the latest sign of each kind named, and with what weight, by [`SignKind`].
    named: [Option<(Family, Weight)>; KINDS],
    verdict: Option<Family>,
    model: Option<Stated>,
    version: Option<Stated>,
}

/// A text, who is meant by it, and how far to trust it.
#[derive(Clone, Debug)]
struct Stated {
    family: Family,
    trust: (Stage, Weight),
    text: Text,
}

impl Guess {
    /// Weighs one more sign; a later one of the same kind replaces the earlier.
    pub fn add(&mut self, kind: SignKind, identity: &Identity) {
        let Identity { family, vendor: _, model, version, mac: _, stage, at_most, own } = identity;
        let Some(family) = *family else { return };
        let weight = kind.weight().min(*at_most);
        if let Some(named) = self.named.get_mut(kind as usize) {
            *named = Some((family, if *own { Weight::Own } else { weight }));
        }
        self.verdict = self.weighed();
        let verdict = self.verdict;
        if let Some(text) = model.as_ref().and_then(|model| family.plain_model(model)) {
            let trust = (Stage::Application, weight);
            keep(&mut self.model, verdict, Stated { family, trust, text });
        }
        if let Some(text) = version.clone() {
            keep(&mut self.version, verdict, Stated { family, trust: (*stage, weight), text });
        }
    }

    /// Returns the family that the signs speak for.
    pub fn family(&self) -> Option<Family> {
        self.verdict
    }

    /// Weighs all signs against each other; done once for each new sign, since it is asked for
    /// often.
    fn weighed(&self) -> Option<Family> {
        let seen = || SignKind::ALL.into_iter().zip(self.named);
        let candidates = seen().filter_map(|(kind, named)| Some((kind, named?.0)));
        let score = |family: Family| {
            let own = seen().filter_map(|(_, named)| named.filter(|(of, _)| *of == family));
            own.map(|(_, weight)| points(weight)).sum::<u32>()
        };
        let worth = candidates.filter(|(_, family)| score(*family) >= points(Weight::Weak));
        worth.max_by_key(|(kind, family)| (score(*family), *kind)).map(|(_, family)| family)
    }

    /// Returns the model, in the one spelling of its family.
    pub fn model(&self) -> Option<&str> {
        self.of_verdict(&self.model)
    }

    /// Returns the version of the firmware; a loader's only while nothing better is known.
    pub fn version(&self) -> Option<&str> {
        self.of_verdict(&self.version)
    }

    /// Returns the kinds of sign that speak for the verdict, the weakest first, and of each whether
    /// it is an admin's own.
    pub fn led_by(&self) -> impl Iterator<Item = (SignKind, bool)> + '_ {
        let verdict = self.family();
        let named = SignKind::ALL.into_iter().zip(self.named);
        named.filter_map(move |(kind, named)| {
            let (family, weight) = named?;
            (Some(family) == verdict).then_some((kind, weight == Weight::Own))
        })
    }

    /// Returns the kinds of sign that speak for another family, and for which.
    pub fn against(&self) -> impl Iterator<Item = (SignKind, Family)> + '_ {
        let verdict = self.family();
        let named = SignKind::ALL.into_iter().zip(self.named);
        named.filter_map(move |(kind, named)| {
            named
                .map(|(family, _)| family)
                .filter(|family| Some(*family) != verdict)
                .map(|f| (kind, f))
        })
    }

    fn of_verdict<'s>(&self, stated: &'s Option<Stated>) -> Option<&'s str> {
        stated
            .as_ref()
            .filter(|stated| Some(stated.family) == self.family())
            .map(|s| s.text.as_str())
    }
}

/// All kinds together in one weight never reach the next.
fn points(weight: Weight) -> u32 {
    match weight {
        Weight::Hint => 1,
        Weight::Weak => 16,
        Weight::Middle => 256,
        Weight::Strong => 4096,
        Weight::Own => 65_536,
    }
}

/// Keeps the better statement; of equals the later, since firmware is updated.
fn keep(held: &mut Option<Stated>, verdict: Option<Family>, new: Stated) {
    let better = match held {
        None => true,
        Some(held) if Some(held.family) != verdict => true,
        Some(held) => Some(new.family) == verdict && new.trust >= held.trust,
    };
    if better {
        *held = Some(new);
    }
}
