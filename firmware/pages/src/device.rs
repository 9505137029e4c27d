//! The page of one handset or stranger: the verdict on top, its lines, and its boot story.

use crate::form::{AssignForm, SettingForm};
use crate::moment::{After, Ago, Left};
use crate::remote::needs;
use crate::settings::Settings;
use crate::status::{generic, mark, next_step, origin, sentence, step_mark, Mark};
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use exchange::cause::Cause;
use exchange::story::Step;
use exchange::time::Instant;
use exchange::view::{
    DeviceView, HandsetRow, LineRow, Origin, Remote, Seat, SignSeen, Status, StoredRow,
};

/// Bytes of a page with a long story, for the first allocation.
const PAGE_BYTES: usize = 40 * 1024;

/// The whole page; `echo` is what was typed into one of its forms, with its errors.
pub fn device(view: &DeviceView, viewer: &Viewer<'_>, echo: Option<&AssignForm>) -> Html {
    let empty = AssignForm::default();
    let settings = Settings::of_device(view, None);
    let echo = echo.unwrap_or(&empty);
    html(&DevicePage { viewer, device: Device { view, shown: None }, echo, settings }, PAGE_BYTES)
}

/// The whole page with the password of the phone's own web page, for whoever has just given his.
pub fn device_shown(view: &DeviceView, viewer: &Viewer<'_>, shown: &str) -> Html {
    let settings = Settings::of_device(view, None);
    let device = Device { view, shown: Some(shown) };
    html(&DevicePage { viewer, device, echo: &AssignForm::default(), settings }, PAGE_BYTES)
}

/// The whole page; `echo` is what was typed into the form of one of its settings, with its errors.
pub fn device_setting(view: &DeviceView, viewer: &Viewer<'_>, echo: &SettingForm) -> Html {
    let settings = Settings::of_device(view, Some(echo));
    let form_error = echo.form_error.clone();
    let echo = AssignForm { form_error, ..AssignForm::default() };
    html(
        &DevicePage { viewer, device: Device { view, shown: None }, echo: &echo, settings },
        PAGE_BYTES,
    )
}

/// The parts of the page that change by themselves, for the script of an open page. They contain
/// no form, so that replacing them loses nothing that somebody types.
pub fn device_fragment(view: &DeviceView) -> Html {
    html(&DeviceFragment { device: Device { view, shown: None } }, PAGE_BYTES)
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    viewer: &'a Viewer<'a>,
    device: Device<'a>,
    echo: &'a AssignForm,
    settings: Settings<'a>,
}

#[derive(Template)]
#[template(path = "device-live.html")]
struct DeviceFragment<'a> {
    device: Device<'a>,
}

/// A device with what a template cannot reckon.
struct Device<'a> {
    view: &'a DeviceView,
    /// The password of its own web page, where somebody is shown it.
    shown: Option<&'a str>,
}

/// What the top of the page says.
struct Verdict {
    mark: Mark,
    sentence: String,
    next_step: &'static str,
}

/// One step of the story.
struct StepRow<'a> {
    mark: Mark,
    step: &'a Step,
    at: Ago,
    after: Option<After>,
}

impl Device<'_> {
    fn title(&self) -> String {
        let first = self.view.handset.as_ref().and_then(|row| row.lines.first());
        match first {
            Some(LineRow { extension: Some(extension), name, .. }) if name.is_empty() => {
                format!("Extension {extension}")
            }
            Some(LineRow { extension: Some(extension), name, .. }) => format!("{extension} {name}"),
            Some(LineRow { extension: None, name, .. }) if !name.is_empty() => name.to_string(),
            Some(LineRow { extension: None, .. }) | None => self.kind_or_mac(),
        }
    }

    /// What tells an unassigned device from the others.
    fn kind_or_mac(&self) -> String {
        let models = (
            self.view.handset.as_ref().map(|row| row.model.as_str()),
            self.view.stranger.as_ref().map(|row| row.model.as_str()),
        );
        match models {
            (Some(""), _) | (None, Some("") | None) => format!("{} {}", self.kind(), self.view.mac),
            (Some(_), _) | (None, Some(_)) => self.kind(),
        }
    }

    /// Maker and model, or the best that can be said instead.
    fn kind(&self) -> String {
        let (maker, model) = match (&self.view.handset, &self.view.stranger) {
            (Some(row), _) => (row.maker, row.model.as_str()),
            (None, Some(row)) => (row.maker.unwrap_or("Unknown device"), row.model.as_str()),
            (None, None) => ("Unknown device", ""),
        };
        format!("{maker} {model}").trim_end().to_string()
    }

    fn verdict(&self) -> Verdict {
        let said = |mark, cause: Cause| Verdict {
            mark,
            sentence: cause.to_string(),
            next_step: cause.next_step(),
        };
        let calm = |mark, sentence: &str, next_step| Verdict {
            mark,
            sentence: sentence.to_string(),
            next_step,
        };
        match (&self.view.handset, &self.view.stranger) {
            (Some(row), _) => match row.cause {
                Some(cause) => said(mark(row.status), cause),
                None if row.is_generic() => {
                    let (sentence, next_step) = generic(row.status);
                    calm(mark(row.status), sentence, next_step)
                }
                None if self.never_came() => {
                    calm(mark(row.status), "This phone has not come yet.", "Plug it into the LAN.")
                }
                None => calm(mark(row.status), sentence(row.status), next_step(row.status)),
            },
            (None, stranger) => {
                let mark = Mark { class: "new", word: "Stranger" };
                match stranger.as_ref().and_then(|row| row.cause) {
                    Some(cause) => said(mark, cause),
                    None => {
                        let phone = stranger.as_ref().is_some_and(|row| row.maker.is_some());
                        let next_step = if phone { "Add it as a handset here." } else { "" };
                        calm(mark, "This device is not one of your handsets.", next_step)
                    }
                }
            }
        }
    }

    /// Whether a handset was added by hand and nothing of it was ever heard. Model and address
    /// outlive a restart of the box, so having neither tells it from one heard before.
    fn never_came(&self) -> bool {
        self.view.origin == Some(Origin::ByHand)
            && self.view.handset.as_ref().is_some_and(|row| {
                row.status == Status::Away
                    && row.last_seen.is_none()
                    && row.model.is_empty()
                    && row.address.is_none()
            })
    }

    fn last_seen(&self) -> Option<Ago> {
        let at = match (&self.view.handset, &self.view.stranger) {
            (Some(row), _) => row.last_seen,
            (None, Some(row)) => Some(row.last_seen),
            (None, None) => None,
        };
        at.map(|at| self.ago(at))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let address = match (&self.view.handset, &self.view.stranger) {
            (Some(row), _) => row.address,
            (None, Some(row)) => row.address,
            (None, None) => None,
        };
        let firmware = self.view.handset.as_ref().map(|row| row.firmware.to_string());
        let mut facts = Vec::new();
        facts.push(("Phone", self.kind()));
        facts.extend(firmware.filter(|text| !text.is_empty()).map(|text| ("Firmware", text)));
        match self.is_generic() {
            true => facts.push(("MAC address", "none: it is configured by hand".to_string())),
            false => facts.push(("MAC address", self.view.mac.to_string())),
        }
        let none = || "none at present".to_string();
        facts.push(("IP address", address.map_or_else(none, |address| address.to_string())));
        if self.view.banned {
            facts.push(("Banned", "yes, it gets nothing".to_string()));
        }
        facts.extend(self.view.origin.map(|came| ("Came here", origin(came).to_string())));
        let sign = |SignSeen { name, own }: &SignSeen| match own {
            true => format!("{name} (added here)"),
            false => name.to_string(),
        };
        let signs: Vec<String> = self.view.signs.iter().map(sign).collect();
        if !signs.is_empty() {
            facts.push(("Recognised by", signs.join(", ")));
        }
        if self.has_files() {
            facts.push(("Its files", self.files()));
        }
        facts
    }

    /// Whether it has no hardware address of its own.
    fn is_generic(&self) -> bool {
        self.view.handset.as_ref().is_some_and(HandsetRow::is_generic)
    }

    /// Whether it is a handset that is configured by files.
    fn has_files(&self) -> bool {
        self.view.handset.as_ref().is_some_and(|row| !row.is_generic())
    }

    fn is_remote(&self) -> bool {
        self.view.remote != Remote::No
    }

    /// What the router at its site has to forward.
    fn needs(&self) -> Vec<(&'static str, String)> {
        self.view.ports.iter().flat_map(needs).collect()
    }

    /// Whether its files say its ports.
    fn has_ports(&self) -> bool {
        self.view.ports.is_some_and(|ports| ports.sip.is_some() || ports.voice.is_some())
    }

    fn is_claimed(&self) -> bool {
        self.view.remote == Remote::Claimed
    }

    /// Whether it may be used from the WAN, and what comes next.
    fn remote_says(&self) -> &'static str {
        match self.view.remote {
            Remote::No if self.is_generic() => "It registers on the LAN only.",
            Remote::Awaited | Remote::Claimed if self.is_generic() => {
                "It may register from the WAN too."
            }
            Remote::No => {
                "It registers on the LAN only. A remote phone registers from the WAN instead: once it \
                is one, let it start on the LAN, so that it learns the way, or give it the secret \
                key."
            }
            Remote::Awaited => {
                "It may be used from the WAN, and has not shown yet that it has its configuration \
                for that: let it start once on the LAN, or give it the secret key."
            }
            Remote::Claimed => {
                "It may be used from the WAN, and has its configuration for that: it registers from \
                there, and no more from the LAN. The secret key is worth nothing to it any more."
            }
        }
    }

    /// How the form of its files is known.
    fn files(&self) -> String {
        let known = match self.view.files_proof {
            Some("documented") => "written as its maker documents them",
            Some(_rule) => "written as other servers write them for this maker",
            None => return "in a form for people, to be typed into the phone".to_string(),
        };
        match self.view.files_unproven {
            "" => format!("{known}; not tried on a real phone"),
            unproven => format!("{known}; not tried on a real phone; unproven: {unproven}"),
        }
    }

    /// The story, latest first: what matters is at the top, where one looks.
    fn steps(&self) -> impl Iterator<Item = StepRow<'_>> {
        self.view.story.iter().enumerate().rev().map(|(place, (at, step))| {
            let before = place.checked_sub(1).and_then(|place| self.view.story.get(place));
            StepRow {
                mark: step_mark(step.tone()),
                step,
                at: self.ago(*at),
                after: before.map(|(before, _)| After { before: *before, at: *at }),
            }
        })
    }

    /// How it stands with who sits there.
    fn seat(&self) -> &'static str {
        match (self.view.people.seat, self.view.origin) {
            (Seat::Assigned, _) => "Somebody is assigned.",
            (Seat::Replaced, _) => {
                "It took another phone's place. It has all of it when it next starts."
            }
            (Seat::New, _) => "Nobody is assigned. On a phone with a menu it asks who sits there.",
            (Seat::Later, _) => {
                "Nobody is assigned. Somebody there said later: it asks again when it starts."
            }
            (Seat::ViaWeb, Some(Origin::ByHand)) if self.is_generic() => "Nobody is assigned.",
            (Seat::ViaWeb, Some(Origin::ByHand)) => {
                "Nobody is assigned. It was added by hand, so it asks nobody."
            }
            (Seat::ViaWeb, _) => {
                "Nobody is assigned. Somebody there left it to you: it asks no more."
            }
        }
    }

    /// What did not carry over from the phone whose place it took.
    fn carried(&self) -> Option<String> {
        let carried = self.view.people.carried.as_ref()?;
        Some(carried.to_string().trim_end().replace('\n', " "))
    }

    fn is_assigned(&self) -> bool {
        matches!(self.view.people.seat, Seat::Assigned | Seat::Replaced)
    }

    fn may_add_line(&self) -> bool {
        let lines = self.view.handset.as_ref().map_or(0, |row| row.lines.len());
        lines < usize::from(self.view.lines_max)
    }

    /// When a file came that is in memory.
    fn ago_of(&self, file: &StoredRow) -> Option<Ago> {
        file.at.map(|at| self.ago(at))
    }

    /// The screen that it was shown last.
    fn screen(&self) -> Option<(Ago, &'static str)> {
        self.view.screen.map(|(at, title)| (self.ago(at), title))
    }

    fn ago(&self, at: Instant) -> Ago {
        Ago::new(self.view.now, at)
    }

    fn left(&self, until: &Instant) -> Left {
        Left { now: self.view.now, until: *until }
    }
}

impl DevicePage<'_> {
    fn echoes(&self, line: &LineRow) -> bool {
        self.echo.line == Some(line.line)
    }

    /// What stands in a line's extension field: what was typed, where it was refused.
    fn extension(&self, line: &LineRow) -> String {
        match line.extension {
            _ if self.echoes(line) => self.echo.extension.clone(),
            Some(extension) => extension.to_string(),
            None => String::new(),
        }
    }

    /// What stands in a line's name field: what was typed, where it was refused.
    fn name<'a>(&'a self, line: &'a LineRow) -> &'a str {
        if self.echoes(line) {
            &self.echo.name
        } else {
            &line.name
        }
    }

    /// What is stored, for somebody whose own words stand in the fields.
    fn saved(&self, line: &LineRow) -> String {
        match line.extension {
            Some(extension) if line.name.is_empty() => format!("extension {extension}, no name"),
            Some(extension) => format!("extension {extension}, {}", line.name),
            None if line.name.is_empty() => String::from("nobody"),
            None => format!("no extension, {}", line.name),
        }
    }

    fn extension_error(&self, line: &LineRow) -> Option<&str> {
        self.echo.extension_error.as_deref().filter(|_| self.echoes(line))
    }

    fn name_error(&self, line: &LineRow) -> Option<&str> {
        self.echo.name_error.as_deref().filter(|_| self.echoes(line))
    }
}
