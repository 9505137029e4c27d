//! How a status looks: always a shape, a colour and a word, so that none of them has to be seen.

use exchange::story::Tone;
use exchange::view::{Origin, Status};

/// Class in the style sheet, and word.
pub(crate) struct Mark {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
}

pub(crate) fn mark(status: Status) -> Mark {
    let (class, word) = match status {
        Status::Registered => ("ok", "Registered"),
        Status::Booting => ("boot", "Booting"),
        Status::Stuck => ("stuck", "Stuck"),
        Status::Away => ("away", "Away"),
    };
    Mark { class, word }
}

/// One sentence on a status that needs nobody, for the top of a handset's page.
pub(crate) fn sentence(status: Status) -> &'static str {
    match status {
        Status::Registered => "This phone is registered and has its dial tone.",
        Status::Booting => "This phone is starting. It usually needs a minute or two.",
        Status::Stuck => "This phone does not get further by itself.",
        Status::Away => "This phone has not been heard of lately. It may be unplugged.",
    }
}

/// What somebody can do about a status that has no cause of its own; may be empty.
pub(crate) fn next_step(status: Status) -> &'static str {
    match status {
        Status::Away => "Check its power and cable.",
        Status::Registered | Status::Booting | Status::Stuck => "",
    }
}

/// The same of what has no hardware address: one sentence, and what to do.
pub(crate) fn generic(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Registered => ("It is registered.", ""),
        Status::Booting => ("It was heard a moment ago, and is not registered.", ""),
        Status::Stuck => ("It does not get further by itself.", ""),
        Status::Away => {
            ("It is not registered.", "Its page Setup says what is to be typed into it.")
        }
    }
}

/// How a step looks in the timeline. The word is for those who do not see the colour.
pub(crate) fn step_mark(tone: Tone) -> Mark {
    let (class, word) = match tone {
        Tone::Plain => ("plain", ""),
        Tone::Good => ("ok", "Good: "),
        Tone::Bad => ("stuck", "Problem: "),
    };
    Mark { class, word }
}

pub(crate) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::LanPlugAndPlay => "Plugged in on the LAN",
        Origin::WanPlugAndPlay => "Came from the WAN with the key",
        Origin::ByHand => "Added by hand",
    }
}
