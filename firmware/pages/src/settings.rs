//! The pages of what is set of phones: of the site, a maker, a model; and the part of a handset's
//! page that says the same of one phone.

use crate::form::SettingForm;
use crate::{asset, device_path, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use askama::Template;
use core::fmt::Write;
use exchange::limits::{
    DIAL_PLAN_BYTES_MAX, SETTING_HOST_BYTES_MAX, SETTING_URL_BYTES_MAX, WEB_PASSWORD_CHARS,
};
use exchange::names::Mac;
use exchange::view::{
    DeviceView, Family, Firmware, Ground, Layer, Setting, SettingRow, SettingsView, Unsaid,
    ValueKind as Kind, ValueOrigin as Origin,
};

/// The page of one layer; `echo` is what was typed into one of its forms, with its errors.
pub fn settings(view: &SettingsView, viewer: &Viewer<'_>, echo: Option<&SettingForm>) -> Html {
    let settings = Settings::of_layer(view, echo);
    html(&SettingsPage { viewer, settings }, 32 * 1024)
}

/// Where the page of a layer is; that of a handset is the handset's.
pub fn settings_path(layer: &Layer) -> String {
    match layer {
        Layer::Site | Layer::Handset(_) => String::from("/settings"),
        Layer::Family(family) => format!("/settings/family/{}", family.id()),
        Layer::Model { family, model, firmware: Firmware { from, to } } => {
            let mut path = format!("/settings/model?maker={}", family.id());
            for (name, value) in [("model", model), ("from", from), ("to", to)] {
                if !value.is_empty() {
                    let _ = write!(path, "&{name}=");
                    encode(&mut path, value);
                }
            }
            path
        }
    }
}

/// Adds a value of a query as the URL Standard encodes it, and then some.
fn encode(path: &mut String, value: &str) {
    for byte in value.bytes() {
        let _ = match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            true => write!(path, "{}", char::from(byte)),
            false => write!(path, "%{byte:02X}"),
        };
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    viewer: &'a Viewer<'a>,
    settings: Settings<'a>,
}

/// Settings with what a template cannot reckon.
pub(crate) struct Settings<'a> {
    shown: &'a [SettingRow],
    /// The page's own layer; `None` for a handset.
    layer: Option<&'a SettingsView>,
    /// What every form says of where it changes something.
    pub(crate) place: Vec<(&'static str, String)>,
    pub(crate) seen: u64,
    echo: Option<&'a SettingForm>,
}

/// Settings that are about one thing.
pub(crate) struct Group<'a> {
    pub(crate) title: &'static str,
    /// What is in it, for somebody who sees it closed.
    pub(crate) titles: String,
    pub(crate) is_open: bool,
    pub(crate) rows: Vec<Row<'a>>,
}

const GROUPS: [&str; 5] = ["Keys and display", "Calls", "Time", "Network", "Passwords and files"];

/// Under which heading a setting stands.
fn group(setting: Setting) -> &'static str {
    let [display, calls, time, network, files] = GROUPS;
    match setting {
        Setting::Keys | Setting::PhoneBookUrl | Setting::Language => display,
        Setting::Codecs | Setting::ToneCountry | Setting::DialPlan => calls,
        Setting::TimeZone | Setting::SummerTime | Setting::NtpServer => time,
        Setting::VlanId
        | Setting::VlanPriority
        | Setting::PcVlanId
        | Setting::SyslogServer
        | Setting::SipPort
        | Setting::RtpPorts
        | Setting::KeepAlive
        | Setting::Transport => network,
        Setting::WebAdminPassword
        | Setting::WebUserPassword
        | Setting::ProvisioningInterval
        | Setting::FirmwareUrl => files,
    }
}

/// One setting.
pub(crate) struct Row<'a> {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) help: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) is_list: bool,
    pub(crate) is_secret: bool,
    pub(crate) is_set: bool,
    /// Rows of a list's field.
    pub(crate) lines: usize,
    pub(crate) length: usize,
    pub(crate) value: Vec<String>,
    pub(crate) origin: String,
    pub(crate) unsaid: Vec<String>,
    pub(crate) typed: String,
    pub(crate) error: Option<&'a str>,
}

impl<'a> Settings<'a> {
    fn of_layer(view: &'a SettingsView, echo: Option<&'a SettingForm>) -> Settings<'a> {
        let place = match &view.layer {
            Layer::Site | Layer::Handset(_) => Vec::new(),
            Layer::Family(family) => vec![("maker", family.id().to_string())],
            Layer::Model { family, model, firmware: Firmware { from, to } } => vec![
                ("maker", family.id().to_string()),
                ("model", model.to_string()),
                ("from", from.to_string()),
                ("to", to.to_string()),
            ],
        };
        Settings { shown: &view.rows, layer: Some(view), place, seen: view.revision, echo }
    }

    pub(crate) fn of_device(view: &'a DeviceView, echo: Option<&'a SettingForm>) -> Settings<'a> {
        let place = vec![("mac", view.mac.bare().to_string())];
        Settings { shown: &view.settings, layer: None, place, seen: view.revision, echo }
    }

    fn is_site(&self) -> bool {
        self.layer.is_some_and(|view| view.layer == Layer::Site)
    }

    fn title(&self) -> String {
        match self.layer.map(|view| &view.layer) {
            Some(Layer::Family(family)) => format!("Settings of {}", maker(*family)),
            Some(Layer::Model { family, model, .. }) => {
                format!("Settings of {} {model}", maker(*family))
            }
            Some(Layer::Site | Layer::Handset(_)) | None => String::from("Settings"),
        }
    }

    fn whom(&self) -> String {
        match self.layer.map(|view| &view.layer) {
            Some(Layer::Model { firmware, .. }) => match range(firmware) {
                range if range.is_empty() => String::from("All phones of this model"),
                range => format!("Phones of this model with {range}"),
            },
            Some(Layer::Family(_)) => String::from("All phones of this maker"),
            Some(Layer::Site | Layer::Handset(_)) | None => String::from("All phones of the site"),
        }
    }

    pub(crate) fn form_error(&self) -> Option<&str> {
        self.echo?.form_error.as_deref()
    }

    /// Every maker, by id and name.
    fn makers(&self) -> impl Iterator<Item = (&'static str, String)> {
        Family::ALL.into_iter().map(|family| (family.id(), maker(family)))
    }

    fn maker(&self) -> &'static str {
        match self.layer.map(|view| &view.layer) {
            Some(Layer::Family(family) | Layer::Model { family, .. }) => family.id(),
            Some(Layer::Site | Layer::Handset(_)) | None => "",
        }
    }

    fn model(&self) -> &str {
        match self.layer.map(|view| &view.layer) {
            Some(Layer::Model { model, .. }) => model,
            Some(Layer::Site | Layer::Family(_) | Layer::Handset(_)) | None => "",
        }
    }

    /// The other layers: those of handsets there are, and those that have a value.
    fn links(&self) -> Vec<(String, String)> {
        let Some(view) = self.layer else { return Vec::new() };
        let mut layers: Vec<Layer> = Vec::new();
        let kinds = view.kinds.iter().flat_map(|(family, model)| {
            let firmware = Firmware::default();
            let model = Layer::Model { family: *family, model: model.clone(), firmware };
            [Layer::Family(*family), model]
        });
        let named = |layer: &Layer| match layer {
            Layer::Site | Layer::Handset(_) => false,
            Layer::Family(_) => true,
            Layer::Model { model, .. } => !model.is_empty(),
        };
        layers.extend(kinds.chain(view.set.iter().cloned()).filter(named));
        layers.sort_by_key(|layer| name(layer).to_lowercase());
        layers.dedup();
        layers.iter().map(|layer| (settings_path(layer), name(layer))).collect()
    }

    /// What is set and cannot be said in the maker's files, in one sentence.
    pub(crate) fn unsaid(&self) -> Option<String> {
        let each = self
            .shown
            .iter()
            .flat_map(|row| row.unsaid.iter().map(|unsaid| what(row.setting, *unsaid)));
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| {
            let list = each.join(", ");
            format!(
                "Set, but not possible in this maker's files: {list}. The phone stays as it is."
            )
        })
    }

    /// The settings by what they are about; a group opens by itself where something of it is set
    /// here, or was typed in vain.
    pub(crate) fn groups(&self) -> Vec<Group<'_>> {
        let made = GROUPS.iter().map(|title| {
            let own = self.shown.iter().filter(|row| group(row.setting) == *title);
            let rows: Vec<Row<'_>> = own.map(|row| self.row(row)).collect();
            let titles: Vec<&str> = rows.iter().map(|row| row.title).collect();
            let is_open = rows.iter().any(|row| row.is_set || row.error.is_some());
            Group { title, titles: titles.join(", "), is_open, rows }
        });
        made.filter(|group| !group.rows.is_empty()).collect()
    }

    fn row(&self, row: &'a SettingRow) -> Row<'_> {
        let entry = row.setting.entry();
        let echo = self.echo.filter(|echo| echo.setting == Some(row.setting));
        let refused = echo.filter(|echo| echo.error.is_some());
        let own = || row.own.clone().unwrap_or_default();
        let typed = refused.map_or_else(own, |echo| echo.typed.clone());
        let (unit, length) = match entry.kind {
            Kind::Number { unit, .. } => (unit, 10),
            Kind::Host => ("", SETTING_HOST_BYTES_MAX),
            Kind::Url => ("", SETTING_URL_BYTES_MAX),
            Kind::DialPlan => ("", DIAL_PLAN_BYTES_MAX),
            Kind::Secret => ("8 to 31 letters and digits", *WEB_PASSWORD_CHARS.end()),
            Kind::YesNo => ("yes or no", 3),
            Kind::Transport => ("udp, tcp or tls", 3),
            Kind::Ports => ("", 11),
            Kind::Codecs | Kind::Zone => ("", 40),
            Kind::Language | Kind::Country => ("a code of two letters", 2),
            Kind::Keys => ("one a row", 0),
        };
        let is_list = entry.kind == Kind::Keys;
        let typed = if is_list { typed.replace("; ", "\n") } else { typed };
        Row {
            id: entry.id,
            title: entry.title,
            help: entry.help,
            unit,
            is_list,
            is_secret: row.setting.is_secret(),
            is_set: row.is_set,
            lines: (typed.lines().count() + 1).clamp(3, 12),
            length,
            value: value(row),
            origin: self.origin(row),
            unsaid: row.unsaid.iter().map(|it| unsaid_sentence(row.setting, *it)).collect(),
            typed,
            error: refused.and_then(|echo| echo.error.as_deref()),
        }
    }

    fn origin(&self, row: &SettingRow) -> String {
        match &row.origin {
            _ if row.is_set => String::from("set here"),
            Origin::Layer(Layer::Site) => String::from("from the site"),
            Origin::Layer(Layer::Handset(_)) => String::from("of one handset"),
            Origin::Layer(layer) => format!("from {}", name(layer)),
            Origin::Ground(Ground::Phone) => String::from("the phone stays as it is"),
            Origin::Ground(Ground::OfBox | Ground::Remote) if row.value.is_none() => {
                String::from("the phone stays as it is")
            }
            Origin::Ground(Ground::Shipped(_) | Ground::OfBox | Ground::Remote) => {
                String::from("shipped")
            }
            Origin::Ground(Ground::File) => String::from("from the configuration file"),
            Origin::Ground(Ground::Drawn) => String::from("drawn for each handset"),
        }
    }
}

/// A value in words, a thing of a list in each.
fn value(row: &SettingRow) -> Vec<String> {
    let Some(value) = &row.value else {
        let drawn = row.origin == Origin::Ground(Ground::Drawn);
        return vec![String::from(if drawn { "Random" } else { "Not set" })];
    };
    match row.setting.entry().kind {
        Kind::Keys => value.split("; ").map(String::from).collect(),
        Kind::Secret => vec![String::from("Set, and not shown")],
        Kind::Number { unit: unit @ ("minutes" | "seconds"), .. } => {
            vec![format!("{value} {unit}")]
        }
        Kind::YesNo
        | Kind::Number { .. }
        | Kind::Host
        | Kind::Url
        | Kind::Zone
        | Kind::Language
        | Kind::Country
        | Kind::Codecs
        | Kind::DialPlan
        | Kind::Ports
        | Kind::Transport => vec![value.clone()],
    }
}

fn what(setting: Setting, unsaid: Unsaid) -> String {
    let title = setting.entry().title;
    match unsaid {
        Unsaid::All => String::from(title),
        Unsaid::Key(kind) => format!("keys of the kind {}", kind.word()),
        Unsaid::MoreCodecs => String::from("codecs behind the first"),
        Unsaid::Codec(codec) => format!("the codec {}", codec.name()),
        Unsaid::LastPort => String::from("where the ports for voice end"),
    }
}

fn unsaid_sentence(setting: Setting, unsaid: Unsaid) -> String {
    format!("Not possible in this maker's files: {}.", what(setting, unsaid))
}

/// A maker or model by name.
fn name(layer: &Layer) -> String {
    match layer {
        Layer::Site => String::from("the site"),
        Layer::Handset(handset) => format!("handset {}", handset.0),
        Layer::Family(family) => maker(*family),
        Layer::Model { family, model, firmware } => match range(firmware) {
            range if range.is_empty() => format!("{} {model}", maker(*family)),
            range => format!("{} {model}, {range}", maker(*family)),
        },
    }
}

/// The maker of a family, or the makers who share one.
pub(crate) fn maker(family: Family) -> String {
    match family.vendor() {
        "" => format!("{} makers", family.name()),
        _vendor => String::from(family.name()),
    }
}

fn range(firmware: &Firmware) -> String {
    let Firmware { from, to } = firmware;
    match (from.is_empty(), to.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("firmware from {from}"),
        (true, false) => format!("firmware up to {to}"),
        (false, false) => format!("firmware {from} to {to}"),
    }
}

/// Where a handset's settings are on its page.
pub fn handset_settings_path(mac: Mac) -> String {
    format!("{}?done=setting#settings", device_path(mac))
}
