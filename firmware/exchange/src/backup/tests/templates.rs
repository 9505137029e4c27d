//! What is wrong with the templates in a text is said, each with its line.

use super::wrong;
use crate::catalog::Family;
use crate::layer::Layer;
use crate::names::{self, HandsetNo};
use crate::state::Event;
use crate::template::{Change, Place};
use alloc::format;

pub(super) fn place(layer: Layer) -> Place {
    Place { template: names::text("yealink/mac.cfg"), layer }
}

pub(super) fn template(layer: Layer, source: &str) -> Event {
    Event::TemplateChanged { place: place(layer), change: Change::Set(source.into()) }
}

/// Every kind of them once.
pub(super) fn some(handset: HandsetNo) -> [Event; 5] {
    let yealink = || Layer::Family(Family::Yealink);
    [
        template(yealink(), "# \"old\"\n\n{{ model }}\tx\n"),
        template(yealink(), "# new\u{202e}\n"),
        template(Layer::Handset(handset), &("é".repeat(450) + "\n")),
        template(Layer::Site, "gone"),
        Event::TemplateChanged { place: place(Layer::Site), change: Change::Removed },
    ]
}

#[test]
fn a_bad_template_is_told_with_its_line() {
    let head = "dialtone-state 1\n";
    let long = "x".repeat(1_998);
    let many = format!("source text={long}\n").repeat(17);
    let site = "template for=yealink/mac.cfg layer=site\n";
    for (text, said) in [
        ("source text=a", "line 2: No line `template` is before this line of one.\n"),
        (site, "line 2: Behind this line its source has to come, in lines `source`.\n"),
        (
            "template for=a/b layer=desk\nsource",
            "line 2: `layer` has to be site, family, model or handset.\n",
        ),
        (
            "template for=a/b layer=handset handset=7\nsource text=a",
            "line 2: No line before this one makes this handset.\n",
        ),
        (
            &format!("{site}source text=a\n{site}source text=b"),
            "line 4: This version of this template is in line 2 already.\n",
        ),
        (&format!("{site}{many}"), "line 19: This template is larger than 32768 bytes.\n"),
        (&format!("{site}source text=\"\\u{{7}}\""), "line 2: It is no plain text in UTF-8.\n"),
    ] {
        assert_eq!(wrong(&format!("{head}{text}")), said, "{text}");
    }
}
