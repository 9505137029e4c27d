//! The options by which phones find this box, as lines for the configuration of another DHCP
//! server.
//!
//! They say what [`boot_options`](super::boot_options) would send, maker by maker. The other server
//! knows a maker's phones by the beginning of their hardware address and of their vendor class, as
//! far as it can compare both. Nothing in the lines is secret.
//!
//! The lines for dnsmasq and Kea are given to these programs by a test; those for ISC dhcpd were
//! tried with it. Those for MikroTik and Windows are written after their makers' documents, and
//! untried.

use super::maker::{maker, OptionRule};
use super::options::value_of;
use super::{BoxAddresses, Family};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::Ipv4Addr;

/// A DHCP server of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elsewhere {
    /// dnsmasq.
    Dnsmasq,
    /// Kea of ISC.
    Kea,
    /// dhcpd of ISC.
    Dhcpd,
    /// RouterOS of MikroTik.
    MikroTik,
    /// The server of Windows, by PowerShell.
    Windows,
}

impl Elsewhere {
    /// Every one, in the order of the page.
    pub const ALL: [Elsewhere; 5] = [
        Elsewhere::Dnsmasq,
        Elsewhere::Kea,
        Elsewhere::Dhcpd,
        Elsewhere::MikroTik,
        Elsewhere::Windows,
    ];

    /// Its name in an address.
    pub fn id(self) -> &'static str {
        match self {
            Elsewhere::Dnsmasq => "dnsmasq",
            Elsewhere::Kea => "kea",
            Elsewhere::Dhcpd => "dhcpd",
            Elsewhere::MikroTik => "mikrotik",
            Elsewhere::Windows => "windows",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Elsewhere::Dnsmasq => "dnsmasq",
            Elsewhere::Kea => "Kea",
            Elsewhere::Dhcpd => "ISC dhcpd",
            Elsewhere::MikroTik => "MikroTik",
            Elsewhere::Windows => "Windows",
        }
    }

    /// The one of this name.
    pub fn from_id(id: &str) -> Option<Elsewhere> {
        Elsewhere::ALL.into_iter().find(|server| server.id() == id)
    }

    /// The lines that this server wants for the phones of some makers.
    pub fn lines(self, makers: &[Family], addresses: &BoxAddresses<'_>, scope: Ipv4Addr) -> String {
        let told: Vec<Told> = makers.iter().filter_map(|family| told(*family, addresses)).collect();
        let mut out = String::new();
        match self {
            Elsewhere::Dnsmasq => told.iter().for_each(|maker| dnsmasq(&mut out, maker)),
            Elsewhere::Kea => kea(&mut out, &told),
            Elsewhere::Dhcpd => dhcpd(&mut out, &told),
            Elsewhere::MikroTik => told.iter().for_each(|maker| mikrotik(&mut out, maker)),
            Elsewhere::Windows => windows(&mut out, &told, scope),
        }
        out
    }
}

/// What the phones of a maker are to be told, and how they are known.
struct Told {
    id: &'static str,
    vendor: &'static str,
    /// Beginnings of hardware addresses, three bytes each.
    prefixes: Vec<[u8; 3]>,
    /// Beginnings of vendor classes.
    classes: Vec<String>,
    options: Vec<ToldOption>,
}

/// One option.
struct ToldOption {
    code: u8,
    value: Value,
    /// Whether it is sent to one that does not ask for it.
    forced: bool,
    /// How the vendor class must begin; empty for all of the maker.
    class: &'static str,
}

enum Value {
    Text(String),
    Address(Ipv4Addr),
    Bytes(Vec<u8>),
}

impl Value {
    fn of(rule: &OptionRule, bytes: &[u8]) -> Value {
        let quad = <[u8; 4]>::try_from(bytes).ok().filter(|_| rule.value == "{addresses}");
        match (quad, core::str::from_utf8(bytes)) {
            (Some(quad), _) => Value::Address(Ipv4Addr::from(quad)),
            (None, Ok(text)) if rule.parts.is_empty() => Value::Text(text.to_string()),
            (None, _) => Value::Bytes(bytes.to_vec()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Value::Text(text) => text.as_bytes().to_vec(),
            Value::Address(address) => address.octets().to_vec(),
            Value::Bytes(bytes) => bytes.clone(),
        }
    }
}

/// `None` for a maker whose phones are told nothing by DHCP, or cannot be known.
fn told(family: Family, addresses: &BoxAddresses<'_>) -> Option<Told> {
    let known = maker(family);
    let rules =
        if known.options.is_empty() { maker(Family::Generic).options } else { known.options };
    let option = |rule: &OptionRule| {
        let bytes = value_of(rule, rule.value, addresses)?;
        let (code, class, forced) = (rule.code, rule.class, !rule.only_asked);
        Some(ToldOption { code, value: Value::of(rule, &bytes), forced, class })
    };
    let mut classes: Vec<String> =
        known.vendor_class.iter().filter_map(|rule| beginning(rule.pattern)).collect();
    classes.sort_unstable();
    // What begins like another one is known by that.
    let all = classes.clone();
    classes.retain(|it| !all.iter().any(|other| other != it && it.starts_with(other.as_str())));
    classes.dedup();
    let told = Told {
        id: family.id(),
        vendor: Some(family.vendor()).filter(|name| !name.is_empty()).unwrap_or(family.id()),
        prefixes: known.oui.iter().filter_map(|digits| prefix(digits)).collect(),
        classes,
        options: rules.iter().filter_map(option).collect(),
    };
    let is_known = !told.prefixes.is_empty() || !told.classes.is_empty();
    (is_known && !told.options.is_empty()).then_some(told)
}

/// Three bytes; longer prefixes, which no server compares by halves of a byte, are left out.
fn prefix(digits: &str) -> Option<[u8; 3]> {
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6)?;
    let [_, a, b, c] = number.to_be_bytes();
    Some([a, b, c])
}

/// What every text begins with that a pattern fits; `None` where that is less than four letters.
fn beginning(pattern: &str) -> Option<String> {
    let mut rest = pattern.strip_prefix("(?i)").unwrap_or(pattern).strip_prefix('^')?;
    rest = rest.strip_prefix("(?i)").unwrap_or(rest);
    let mut begins = String::new();
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '\\' => letters.next().filter(|it| it.is_ascii_punctuation())?,
            ' ' | '-' | '_' | '/' | ',' | ':' => letter,
            letter if letter.is_ascii_alphanumeric() => letter,
            _anything_else => break,
        };
        // It may be absent.
        if matches!(letters.peek(), Some('?' | '*' | '{' | '+')) {
            break;
        }
        begins.push(plain);
    }
    begins.truncate(begins.trim_end().len());
    // An alternative at the top may begin otherwise.
    (begins.len() >= 4 && !rest.contains(")|") && !rest.starts_with('|')).then_some(begins)
}

fn hex(bytes: &[u8], between: &str) -> String {
    let mut out = String::new();
    for byte in bytes {
        if !out.is_empty() {
            out.push_str(between);
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn dnsmasq(out: &mut String, maker: &Told) {
    let Told { id, vendor, prefixes, classes, options } = maker;
    let _ = writeln!(out, "# {vendor}");
    for prefix in prefixes {
        let _ = writeln!(out, "dhcp-mac=set:dialtone-{id},{}:*:*:*", hex(prefix, ":"));
    }
    for class in classes {
        let _ = writeln!(out, "dhcp-vendorclass=set:dialtone-{id},{class}");
    }
    let mut named: Vec<&str> = Vec::new();
    for option in options {
        let word = if option.forced { "dhcp-option-force" } else { "dhcp-option" };
        let mut tags = format!("tag:dialtone-{id}");
        if !option.class.is_empty() {
            let class = option.class;
            if !named.contains(&class) {
                let _ = writeln!(out, "dhcp-vendorclass=set:dialtone-{class},{class}");
                named.push(class);
            }
            let _ = write!(tags, ",tag:dialtone-{class}");
        }
        let value = match &option.value {
            // In quotation marks even what looks like an address is a text.
            Value::Text(text) => format!("\"{text}\""),
            Value::Address(address) => address.to_string(),
            Value::Bytes(bytes) => hex(bytes, ":"),
        };
        let _ = writeln!(out, "{word}={tags},{},{value}", option.code);
    }
}

fn kea(out: &mut String, told: &[Told]) {
    let mut objects: Vec<String> = Vec::new();
    for Told { id, vendor: _, prefixes, classes, options } in told {
        let macs =
            prefixes.iter().map(|it| format!("substring(pkt4.mac,0,3) == 0x{}", hex(it, "")));
        let begins =
            |class: &str| format!("substring(option[60].hex,0,{}) == '{class}'", class.len());
        let tests: Vec<String> = macs.chain(classes.iter().map(|it| begins(it))).collect();
        let test = tests.join(" or ");
        objects.push(kea_class(id, &test, options.iter().filter(|it| it.class.is_empty())));
        let mut named: Vec<&str> = options.iter().map(|option| option.class).collect();
        named.dedup();
        for class in named.into_iter().filter(|class| !class.is_empty()) {
            let name = format!("{id}-{class}");
            let test = format!("member('dialtone-{id}') and {}", begins(class));
            objects.push(kea_class(&name, &test, options.iter().filter(|it| it.class == class)));
        }
    }
    let _ = writeln!(out, "\"client-classes\": [\n{}\n]", objects.join(",\n"));
}

fn kea_class<'a>(name: &str, test: &str, options: impl Iterator<Item = &'a ToldOption>) -> String {
    let option = |option: &ToldOption| {
        let data = match &option.value {
            Value::Text(text) => format!("'{text}'"),
            other @ (Value::Address(_) | Value::Bytes(_)) => hex(&other.bytes(), ""),
        };
        let (code, forced) = (option.code, option.forced);
        format!(
            "      {{ \"code\": {code}, \"csv-format\": false, \"always-send\": {forced}, \
             \"data\": \"{data}\" }}"
        )
    };
    let options: Vec<String> = options.map(option).collect();
    format!(
        "  {{ \"name\": \"dialtone-{name}\",\n    \"test\": \"{test}\",\n    \
         \"option-data\": [\n{}\n    ] }}",
        options.join(",\n")
    )
}

/// The name of an option to dhcpd; of those that it does not have one is defined.
fn dhcpd_name(code: u8) -> String {
    match code {
        43 => "vendor-encapsulated-options".to_string(),
        66 => "tftp-server-name".to_string(),
        67 => "bootfile-name".to_string(),
        other => format!("dialtone-{other}"),
    }
}

fn dhcpd(out: &mut String, told: &[Told]) {
    let codes = told.iter().flat_map(|maker| &maker.options).map(|option| option.code);
    let mut codes: Vec<u8> = codes.filter(|code| !matches!(code, 43 | 66 | 67)).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let _ = writeln!(out, "option {} code {code} = string;", dhcpd_name(code));
    }
    for Told { id, vendor, prefixes, classes, options } in told {
        let macs = prefixes.iter().map(|it| format!("substring(hardware,1,3) = {}", hex(it, ":")));
        let begins = |class: &str| {
            let len = class.len();
            format!("substring(option vendor-class-identifier,0,{len}) = \"{class}\"")
        };
        let tests: Vec<String> = macs.chain(classes.iter().map(|it| begins(it))).collect();
        let _ = writeln!(out, "# {vendor}\nclass \"dialtone-{id}\" {{");
        let _ = writeln!(out, "  match if {};", tests.join("\n    or "));
        for option in options {
            let value = match &option.value {
                Value::Text(text) => format!("\"{text}\""),
                other @ (Value::Address(_) | Value::Bytes(_)) => hex(&other.bytes(), ":"),
            };
            let line = format!("option {} {value};", dhcpd_name(option.code));
            match option.class {
                "" => {
                    let _ = writeln!(out, "  {line}");
                }
                class => {
                    let _ = writeln!(out, "  if {} {{ {line} }}", begins(class));
                }
            }
        }
        let forced: Vec<u8> = options.iter().filter(|it| it.forced).map(|it| it.code).collect();
        if !forced.is_empty() {
            let list = "dhcp-parameter-request-list";
            let more = hex(&forced, ",");
            let _ = writeln!(out, "  option {list} = concat(option {list},{more});");
        }
        out.push_str("}\n");
    }
}

fn mikrotik(out: &mut String, maker: &Told) {
    let Told { id, vendor, prefixes: _, classes, options } = maker;
    let _ = writeln!(out, "# {vendor}");
    let mut sets: Vec<(&str, Vec<String>)> = Vec::new();
    for (place, option) in options.iter().enumerate() {
        let value = match &option.value {
            // A dollar sign would begin a variable.
            Value::Text(text) => format!("s'{}'", text.replace('$', "\\$")),
            Value::Address(address) => format!("'{address}'"),
            Value::Bytes(bytes) => format!("0x{}", hex(bytes, "")),
        };
        let name = format!("dialtone-{id}-{place}");
        let code = option.code;
        let _ =
            writeln!(out, "/ip dhcp-server option add name={name} code={code} value=\"{value}\"");
        match sets.iter_mut().find(|(class, _)| *class == option.class) {
            Some((_, names)) => names.push(name),
            None => sets.push((option.class, alloc::vec![name])),
        }
    }
    // A client gets one set only: that of a class has what all phones of the maker are told too.
    let common = sets.iter().find(|(class, _)| class.is_empty()).map(|(_, names)| names.clone());
    let own: Vec<&str> = sets.iter().map(|(class, _)| *class).collect();
    for (class, mut names) in sets {
        if !class.is_empty() {
            names.extend(common.iter().flatten().cloned());
        }
        let set =
            if class.is_empty() { format!("dialtone-{id}") } else { format!("dialtone-{class}") };
        let names = names.join(",");
        let _ = writeln!(out, "/ip dhcp-server option sets add name={set} options={names}");
        let of_class = [class.to_string()];
        let known = if class.is_empty() { classes.as_slice() } else { &of_class };
        for known in known.iter().filter(|it| !class.is_empty() || !own.contains(&it.as_str())) {
            let _ = writeln!(
                out,
                "/ip dhcp-server matcher add name=\"{set}-{known}\" server=SERVER \
                 address-pool=POOL code=60 matching-type=substring value=\"{known}\" \
                 option-set={set}"
            );
        }
        if classes.is_empty() {
            let _ = writeln!(
                out,
                "# Its phones are known by their MAC address only: give the leases of these \
                 phones dhcp-option-set={set}"
            );
        }
    }
}

fn windows(out: &mut String, told: &[Told], scope: Ipv4Addr) {
    let codes = told.iter().flat_map(|maker| &maker.options).map(|option| option.code);
    let mut codes: Vec<u8> = codes.filter(|code| !matches!(code, 43 | 66 | 67)).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let _ = writeln!(
            out,
            "Add-DhcpServerv4OptionDefinition -Name 'Dialtone {code}' -OptionId {code} \
             -Type BinaryData"
        );
    }
    for Told { id, vendor, prefixes, classes: _, options } in told {
        let _ = writeln!(out, "# {vendor}");
        if prefixes.is_empty() {
            let _ = writeln!(out, "# Its phones cannot be known by their MAC address.");
            continue;
        }
        let macs: Vec<String> =
            prefixes.iter().map(|it| format!("'{}*'", hex(it, "").to_uppercase())).collect();
        let macs = macs.join(",");
        let _ = writeln!(
            out,
            "Add-DhcpServerv4Policy -Name 'dialtone-{id}' -ScopeId {scope} -Condition OR \
             -MacAddress EQ,{macs}"
        );
        for option in options {
            let value = match (&option.value, option.code) {
                (Value::Text(text), 66 | 67) => format!("'{text}'"),
                (value, _) => format!("0x{}", hex(&value.bytes(), ",0x")),
            };
            let comment = match option.class {
                "" => String::new(),
                class => format!(" # for {class} only"),
            };
            let _ = writeln!(
                out,
                "Set-DhcpServerv4OptionValue -ScopeId {scope} -PolicyName 'dialtone-{id}' \
                 -OptionId {} -Value {value}{comment}",
                option.code
            );
        }
    }
}
