//! Every setting there is, in one list.

use super::Kind;
use crate::layer::Layer;

/// Something that can be set. On flash it is its [`Setting::code`], elsewhere its [`Setting::id`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Setting {
    /// Keys beside the display.
    Keys,
    /// Where the phone reads its phone book.
    PhoneBookUrl,
    /// The time zone of the phone.
    TimeZone,
    /// Whether the phone's clock changes to summer time.
    SummerTime,
    /// Where the phone gets the time.
    NtpServer,
    /// The VLAN of the phone itself.
    VlanId,
    /// The priority of what the phone sends in its VLAN.
    VlanPriority,
    /// The VLAN of a computer plugged into the phone.
    PcVlanId,
    /// Codecs in order of preference.
    Codecs,
    /// Where the phone reports to.
    SyslogServer,
    /// Password of the administrator of the phone's own page.
    WebAdminPassword,
    /// Password of the user of the phone's own page.
    WebUserPassword,
    /// How often the phone asks for its files.
    ProvisioningInterval,
    /// Where the phone gets firmware.
    FirmwareUrl,
    /// The language of the phone's display.
    Language,
    /// Whose tones the phone plays.
    ToneCountry,
    /// Which numbers the phone dials at once.
    DialPlan,
    /// By which port the phone speaks SIP.
    SipPort,
    /// By which ports the phone sends and hears voice.
    RtpPorts,
    /// How often the phone keeps a NAT open.
    KeepAlive,
    /// By what the phone's lines reach the box.
    Transport,
}

/// What is known of a setting, but for its values.
pub struct Entry {
    /// Which one.
    pub setting: Setting,
    /// Its number on flash.
    pub code: u8,
    /// Its name in backups, templates and forms.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it can be.
    pub kind: Kind,
    /// What it is where no layer says anything.
    pub ground: Ground,
    /// Which layers can have a value of it.
    pub reach: &'static [Reach],
    /// What it does, in one sentence.
    pub help: &'static str,
}

/// What holds where no layer says anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ground {
    /// The phone stays as it is.
    Phone,
    /// This value.
    Shipped(&'static str),
    /// What the configuration file of the box says.
    File,
    /// A password that was drawn for each handset.
    Drawn,
    /// What the box has itself, where it has it in a form that the maker's phones read.
    OfBox,
    /// Of a handset that is used from the WAN what [`super::remote`] gives it; of others as if
    /// nothing was said of it.
    Remote,
}

/// How far a layer reaches, without saying to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// All of the site.
    Site,
    /// A maker.
    Family,
    /// A model.
    Model,
    /// A handset.
    Handset,
}

impl Reach {
    /// The reach of a layer.
    pub fn of(layer: &Layer) -> Reach {
        match layer {
            Layer::Site => Reach::Site,
            Layer::Family(_) => Reach::Family,
            Layer::Model { .. } => Reach::Model,
            Layer::Handset(_) => Reach::Handset,
        }
    }
}

const ALL: &[Reach] = &[Reach::Site, Reach::Family, Reach::Model, Reach::Handset];
/// Not for phones of all makers at once.
const ONE_MAKER: &[Reach] = &[Reach::Family, Reach::Model, Reach::Handset];

// Append only: a code that was ever released is on flash somewhere, an id in a backup.
/// Every setting, in order of its code.
pub static TABLE: [Entry; 21] = [
    Entry {
        setting: Setting::Keys,
        code: 1,
        id: "keys",
        title: "Keys",
        kind: Kind::Keys,
        ground: Ground::Phone,
        reach: ALL,
        help: "Keys behind those of the lines, one a row: line, blf, speed or park, then the \
            number and what the key is called.",
    },
    Entry {
        setting: Setting::PhoneBookUrl,
        code: 2,
        id: "phone_book_url",
        title: "Phone book",
        kind: Kind::Url,
        ground: Ground::OfBox,
        reach: ALL,
        help: "Where the phone reads its phone book, in the form that its maker's phones read; \
            without it that is the phone book of this box.",
    },
    Entry {
        setting: Setting::TimeZone,
        code: 3,
        id: "time_zone",
        title: "Time zone",
        kind: Kind::Zone,
        ground: Ground::File,
        reach: ALL,
        help: "The time zone by its name in the tz database, such as Europe/Berlin.",
    },
    Entry {
        setting: Setting::SummerTime,
        code: 4,
        id: "summer_time",
        title: "Summer time",
        kind: Kind::YesNo,
        ground: Ground::Shipped("yes"),
        reach: ALL,
        help: "Whether clocks change to summer time where the time zone has one.",
    },
    Entry {
        setting: Setting::NtpServer,
        code: 5,
        id: "ntp_server",
        title: "Time server",
        kind: Kind::Host,
        ground: Ground::File,
        reach: ALL,
        help: "Where the phone gets the time from.",
    },
    Entry {
        setting: Setting::VlanId,
        code: 6,
        id: "vlan_id",
        title: "VLAN of the phone",
        kind: Kind::Number { from: 0, to: 4_094, unit: "0 for none" },
        ground: Ground::Phone,
        reach: ALL,
        help: "A phone keeps its VLAN when this is set back; only 0 takes it away. With a wrong \
            one it finds the box no more.",
    },
    Entry {
        setting: Setting::VlanPriority,
        code: 7,
        id: "vlan_priority",
        title: "Priority in the VLAN",
        kind: Kind::Number { from: 0, to: 7, unit: "" },
        ground: Ground::Phone,
        reach: ALL,
        help: "The priority of what the phone sends in its VLAN, 7 is the highest.",
    },
    Entry {
        setting: Setting::PcVlanId,
        code: 8,
        id: "pc_vlan_id",
        title: "VLAN of the PC port",
        kind: Kind::Number { from: 0, to: 4_094, unit: "0 for none" },
        ground: Ground::Phone,
        reach: ALL,
        help: "The VLAN of a computer that is plugged into the phone.",
    },
    Entry {
        setting: Setting::Codecs,
        code: 9,
        id: "codecs",
        title: "Codecs",
        kind: Kind::Codecs,
        ground: Ground::Phone,
        reach: ALL,
        help: "Codecs in the order in which the phone offers them, with spaces between: G722, \
            PCMA, PCMU, G729, OPUS.",
    },
    Entry {
        setting: Setting::SyslogServer,
        code: 10,
        id: "syslog_server",
        title: "Syslog server",
        kind: Kind::Host,
        ground: Ground::Phone,
        reach: ALL,
        help: "Where the phone sends its log by syslog, port 514.",
    },
    Entry {
        setting: Setting::WebAdminPassword,
        code: 11,
        id: "web_admin_password",
        title: "Admin password of the phone",
        kind: Kind::Secret,
        ground: Ground::Drawn,
        reach: ALL,
        help: "The administrator's password of the phone's own page and menu.",
    },
    Entry {
        setting: Setting::WebUserPassword,
        code: 12,
        id: "web_user_password",
        title: "User password of the phone",
        kind: Kind::Secret,
        ground: Ground::Drawn,
        reach: ALL,
        help: "The user's password of the phone's own page.",
    },
    Entry {
        setting: Setting::ProvisioningInterval,
        code: 13,
        id: "provisioning_interval",
        title: "Asks for its files every",
        kind: Kind::Number { from: 1, to: 43_200, unit: "minutes" },
        ground: Ground::File,
        reach: ALL,
        help: "How often a phone asks again whether its files have changed.",
    },
    Entry {
        setting: Setting::FirmwareUrl,
        code: 14,
        id: "firmware_url",
        title: "Firmware",
        kind: Kind::Url,
        ground: Ground::Phone,
        reach: ONE_MAKER,
        help: "Where the phone gets its firmware, in the form that its maker's phones read; \
            without it the firmware is left alone.",
    },
    Entry {
        setting: Setting::Language,
        code: 15,
        id: "language",
        title: "Language",
        kind: Kind::Language,
        ground: Ground::Phone,
        reach: ALL,
        help: "The language of the display, as a code such as de, where the phone has it.",
    },
    Entry {
        setting: Setting::ToneCountry,
        code: 16,
        id: "tone_country",
        title: "Tones",
        kind: Kind::Country,
        ground: Ground::Phone,
        reach: ALL,
        help: "The country whose dial tone and ringing tone are heard, as a code such as de.",
    },
    Entry {
        setting: Setting::DialPlan,
        code: 17,
        id: "dial_plan",
        title: "Dial plan",
        kind: Kind::DialPlan,
        ground: Ground::Phone,
        reach: ALL,
        help: "Numbers that are dialled at once, with | between: x is any digit, [1-9] one of \
            some, a dot at the end any more of them. All others are dialled after a pause.",
    },
    Entry {
        setting: Setting::SipPort,
        code: 18,
        id: "sip_port",
        title: "SIP port of the phone",
        kind: Kind::Number { from: 1_024, to: 58_367, unit: "" },
        ground: Ground::Remote,
        reach: ALL,
        help: "The port by which the phone speaks SIP; where each line has one, the second gets \
            1024 more. Behind one router each phone needs its own; a remote phone has it.",
    },
    Entry {
        setting: Setting::RtpPorts,
        code: 19,
        id: "rtp_ports",
        title: "Ports for voice",
        kind: Kind::Ports,
        ground: Ground::Remote,
        reach: ALL,
        help: "The first and the last port for voice, such as 16384-16393, two for each call. \
            Behind one router each phone needs its own; a remote phone has ten.",
    },
    Entry {
        setting: Setting::KeepAlive,
        code: 20,
        id: "keep_alive",
        title: "Keeps a NAT open every",
        kind: Kind::Number { from: 5, to: 600, unit: "seconds" },
        ground: Ground::Remote,
        reach: ALL,
        help: "How often the phone sends something so that the router before it goes on letting \
            calls in. Most routers forget after 30 seconds or more.",
    },
    Entry {
        setting: Setting::Transport,
        code: 21,
        id: "transport",
        title: "Transport",
        kind: Kind::Transport,
        ground: Ground::Remote,
        reach: ALL,
        help: "How the phone's lines reach this box: udp, tcp or tls. A phone that cannot do it \
            gets udp. A remote phone gets tls where its model is known to trust this box.",
    },
];

impl Setting {
    /// What is known of it.
    pub fn entry(self) -> &'static Entry {
        match TABLE.iter().find(|entry| entry.setting == self) {
            Some(entry) => entry,
            // A test walks the table.
            None => &TABLE[0],
        }
    }

    /// The number that stands for it on flash.
    pub fn code(self) -> u8 {
        self.entry().code
    }

    /// The name used in backups, templates and forms.
    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// The setting of this number; `None` for one that only newer software knows.
    pub fn from_code(code: u8) -> Option<Setting> {
        TABLE.iter().find(|entry| entry.code == code).map(|entry| entry.setting)
    }

    /// The setting of this name.
    pub fn from_id(id: &str) -> Option<Setting> {
        TABLE.iter().find(|entry| entry.id == id).map(|entry| entry.setting)
    }

    /// Whether its value is never shown.
    pub fn is_secret(self) -> bool {
        self.entry().kind == Kind::Secret
    }
}
