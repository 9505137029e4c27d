//! The forms of the Network page: an address is typed with the size of its network behind it, as
//! the configuration file has it, or with a mask.

use super::{echo, Fields};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::net::Ipv4Addr;
use exchange::command::{Command, DnsServers, Domain, Flaw, Lan, Refusal, Wan};
use exchange::view::WanView;

const BAD_PREFIXED: &str =
    "This wants an address and the size of its network, such as 192.168.10.1/24.";
const BAD_ADDRESS: &str = "This is no IP address such as 192.168.10.50.";
const BAD_DNS: &str = "These are not up to three IP addresses with spaces between them.";
const LONG_DOMAIN: &str = "This domain is too long: 64 letters fit.";
const WITHOUT_ADDRESS: &str =
    "A gateway or DNS server is for a fixed address; by DHCP the port is told its own.";

/// One field: what stands in it, and what is wrong with that.
#[derive(Default, Debug)]
pub struct Typed {
    /// As typed, or as it is.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Typed {
    fn of(text: impl ToString) -> Typed {
        Typed { text: text.to_string(), error: None }
    }

    fn in_form(fields: &Fields, name: &str) -> Typed {
        Typed::of(echo(fields, name))
    }
}

/// The form that sets the LAN port, as it is or as it is shown again.
#[derive(Default, Debug)]
pub struct LanForm {
    /// The box's address with its prefix.
    pub address: Typed,
    /// First address of the pool.
    pub first: Typed,
    /// Last address of the pool.
    pub last: Typed,
    /// The router; may be empty.
    pub router: Typed,
    /// DNS servers; may be empty.
    pub dns: Typed,
    /// The domain; may be empty.
    pub domain: Typed,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl LanForm {
    /// The form as it is.
    pub fn of(lan: &Lan) -> LanForm {
        let list = lan.dns.iter().fold(String::new(), |list, server| match list.is_empty() {
            true => server.to_string(),
            false => list + " " + &server.to_string(),
        });
        LanForm {
            address: Typed::of(format_args!("{}/{}", lan.address, lan.prefix)),
            first: Typed::of(lan.first),
            last: Typed::of(lan.last),
            router: Typed::of(lan.router.map(|router| router.to_string()).unwrap_or_default()),
            dns: Typed::of(list),
            domain: Typed::of(&lan.domain),
            form_error: None,
        }
    }

    /// What was typed, without errors.
    pub fn typed(fields: &Fields) -> LanForm {
        LanForm {
            address: Typed::in_form(fields, "address"),
            first: Typed::in_form(fields, "first"),
            last: Typed::in_form(fields, "last"),
            router: Typed::in_form(fields, "router"),
            dns: Typed::in_form(fields, "dns"),
            domain: Typed::in_form(fields, "domain"),
            form_error: None,
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> LanForm {
        let mut form = LanForm::typed(fields);
        let place = match flaw_of(refusal).and_then(|flaw| form.place(flaw)) {
            Some(field) => &mut field.error,
            None => &mut form.form_error,
        };
        *place = Some(refusal.to_string());
        form
    }

    fn place(&mut self, flaw: Flaw) -> Option<&mut Typed> {
        match flaw {
            Flaw::LanAddress
            | Flaw::LanPrefix
            | Flaw::LanEnds
            | Flaw::LanMeetsWan
            | Flaw::LanTaken => Some(&mut self.address),
            Flaw::FirstOutside => Some(&mut self.first),
            Flaw::LastOutside | Flaw::Backwards | Flaw::PoolTooLarge | Flaw::PoolEmpty => {
                Some(&mut self.last)
            }
            Flaw::RouterOutside => Some(&mut self.router),
            Flaw::Dns(_) => Some(&mut self.dns),
            Flaw::Domain => Some(&mut self.domain),
            Flaw::NoWan
            | Flaw::WanAddress
            | Flaw::WanPrefix
            | Flaw::WanEnds
            | Flaw::WanMeetsLan
            | Flaw::Gateway => None,
        }
    }

    /// The name of the first field in which something is wrong.
    pub(crate) fn first_wrong(&self) -> Option<&'static str> {
        let fields = [
            ("address", &self.address),
            ("first", &self.first),
            ("last", &self.last),
            ("router", &self.router),
            ("dns", &self.dns),
            ("domain", &self.domain),
        ];
        fields.into_iter().find(|(_, field)| field.error.is_some()).map(|(name, _)| name)
    }
}

/// Reads the form that sets the LAN port.
pub fn lan(fields: &Fields) -> Result<Command, Box<LanForm>> {
    let mut form = LanForm::typed(fields);
    let address = taken(prefixed(&form.address.text).ok_or(BAD_PREFIXED), &mut form.address);
    let first = taken(plain(&form.first.text), &mut form.first);
    let last = taken(plain(&form.last.text), &mut form.last);
    let router = taken(optional(&form.router.text), &mut form.router);
    let dns = taken(list(&form.dns.text).ok_or(BAD_DNS), &mut form.dns);
    let name = form.domain.text.trim();
    let domain = taken(Domain::try_from(name).map_err(|_| LONG_DOMAIN), &mut form.domain);
    match (address, first, last, router, dns, domain) {
        (
            Some((address, prefix)),
            Some(first),
            Some(last),
            Some(router),
            Some(dns),
            Some(domain),
        ) => Ok(Command::ProposeLan(Lan { address, prefix, first, last, router, dns, domain })),
        _something_is_wrong => Err(Box::new(form)),
    }
}

/// The form that sets the WAN port, as it is or as it is shown again.
#[derive(Default, Debug)]
pub struct WanForm {
    /// The box's address with its prefix; empty for DHCP.
    pub address: Typed,
    /// The gateway; may be empty.
    pub gateway: Typed,
    /// The DNS server; may be empty.
    pub dns: Typed,
    /// What is wrong with the whole.
    pub form_error: Option<String>,
}

impl WanForm {
    /// The form as it is: empty unless an admin has set an address.
    pub fn of(wan: &WanView) -> WanForm {
        match wan.set {
            Some(Wan::Fixed { address, prefix, gateway, dns }) => WanForm {
                address: Typed::of(format_args!("{address}/{prefix}")),
                gateway: Typed::of(gateway.map(|it| it.to_string()).unwrap_or_default()),
                dns: Typed::of(dns.map(|it| it.to_string()).unwrap_or_default()),
                form_error: None,
            },
            Some(Wan::Dhcp) | None => WanForm::default(),
        }
    }

    /// What was typed, without errors.
    pub fn typed(fields: &Fields) -> WanForm {
        WanForm {
            address: Typed::in_form(fields, "address"),
            gateway: Typed::in_form(fields, "gateway"),
            dns: Typed::in_form(fields, "dns"),
            form_error: None,
        }
    }

    /// What was typed, and why the exchange refused it.
    pub fn refused(fields: &Fields, refusal: Refusal) -> WanForm {
        let mut form = WanForm::typed(fields);
        let place = match flaw_of(refusal).and_then(|flaw| form.place(flaw)) {
            Some(field) => &mut field.error,
            None => &mut form.form_error,
        };
        *place = Some(refusal.to_string());
        form
    }

    fn place(&mut self, flaw: Flaw) -> Option<&mut Typed> {
        match flaw {
            Flaw::WanAddress | Flaw::WanPrefix | Flaw::WanEnds | Flaw::WanMeetsLan => {
                Some(&mut self.address)
            }
            Flaw::Gateway => Some(&mut self.gateway),
            Flaw::Dns(_) => Some(&mut self.dns),
            Flaw::LanAddress
            | Flaw::LanPrefix
            | Flaw::LanEnds
            | Flaw::LanMeetsWan
            | Flaw::LanTaken
            | Flaw::FirstOutside
            | Flaw::LastOutside
            | Flaw::Backwards
            | Flaw::PoolTooLarge
            | Flaw::PoolEmpty
            | Flaw::RouterOutside
            | Flaw::Domain
            | Flaw::NoWan => None,
        }
    }

    /// The name of the first field in which something is wrong.
    pub(crate) fn first_wrong(&self) -> Option<&'static str> {
        let fields = [("address", &self.address), ("gateway", &self.gateway), ("dns", &self.dns)];
        fields.into_iter().find(|(_, field)| field.error.is_some()).map(|(name, _)| name)
    }
}

/// Reads the form that sets the WAN port: no address means DHCP.
pub fn wan(fields: &Fields) -> Result<Command, Box<WanForm>> {
    let mut form = WanForm::typed(fields);
    let gateway = taken(optional(&form.gateway.text), &mut form.gateway);
    let dns = taken(optional(&form.dns.text), &mut form.dns);
    if form.address.text.trim().is_empty() {
        if [gateway, dns].into_iter().flatten().any(|typed| typed.is_some()) {
            form.address.error = Some(WITHOUT_ADDRESS.to_string());
        }
        let sound = form.first_wrong().is_none();
        return if sound { Ok(Command::ProposeWan(Wan::Dhcp)) } else { Err(Box::new(form)) };
    }
    let address = taken(prefixed(&form.address.text).ok_or(BAD_PREFIXED), &mut form.address);
    match (address, gateway, dns) {
        (Some((address, prefix)), Some(gateway), Some(dns)) => {
            Ok(Command::ProposeWan(Wan::Fixed { address, prefix, gateway, dns }))
        }
        _something_is_wrong => Err(Box::new(form)),
    }
}

/// What was read, or nothing and the reason beside the field.
fn taken<T>(read: Result<T, &str>, field: &mut Typed) -> Option<T> {
    field.error = read.as_ref().err().map(|error| error.to_string());
    read.ok()
}

/// `192.168.10.1/24` or `192.168.10.1/255.255.255.0`.
fn prefixed(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, size) = text.split_once('/')?;
    let (address, size) = (address.trim().parse().ok()?, size.trim());
    let prefix = match size.parse::<Ipv4Addr>() {
        Ok(mask) => {
            let ones = u32::from(mask).leading_ones();
            (ones == u32::from(mask).count_ones()).then_some(ones as u8)?
        }
        Err(_no_mask) => size.parse().ok()?,
    };
    Some((address, prefix))
}

fn plain(text: &str) -> Result<Ipv4Addr, &'static str> {
    text.trim().parse().map_err(|_| BAD_ADDRESS)
}

fn optional(text: &str) -> Result<Option<Ipv4Addr>, &'static str> {
    match text.trim() {
        "" => Ok(None),
        text => plain(text).map(Some),
    }
}

/// Addresses with spaces or commas between them; `None` for anything else, or too many.
fn list(text: &str) -> Option<DnsServers> {
    let mut all = DnsServers::new();
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        all.push(word.parse().ok()?).ok()?;
    }
    Some(all)
}

fn flaw_of(refusal: Refusal) -> Option<Flaw> {
    if let Refusal::Network(flaw) = refusal {
        Some(flaw)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const GOOD: &str = "address=192.168.20.1/24&first=192.168.20.50&last=192.168.20.250";

    fn fields(body: &str) -> Fields {
        Fields::parse(body.replace('/', "%2F").as_bytes()).unwrap()
    }

    fn ip(text: &str) -> Ipv4Addr {
        text.parse().unwrap()
    }

    fn read(body: &str) -> Lan {
        match lan(&fields(body)) {
            Ok(Command::ProposeLan(lan)) => lan,
            Ok(_) => panic!("another command"),
            Err(form) => panic!("{form:?}"),
        }
    }

    #[test]
    fn a_lan_is_read_with_and_without_what_is_optional() {
        let bare = read(GOOD);
        assert_eq!((bare.address, bare.prefix), (ip("192.168.20.1"), 24));
        assert_eq!((bare.first, bare.last), (ip("192.168.20.50"), ip("192.168.20.250")));
        assert!(bare.router.is_none() && bare.dns.is_empty() && bare.domain.is_empty());
        let more = "router=+192.168.20.254&dns=9.9.9.9,+1.1.1.1&domain=office.example";
        let full = read(&format!("{GOOD}&{more}"));
        assert_eq!(
            (full.router, full.domain.as_str()),
            (Some(ip("192.168.20.254")), "office.example")
        );
        assert_eq!(full.dns.as_slice(), [ip("9.9.9.9"), ip("1.1.1.1")]);
        assert_eq!(read(&GOOD.replace("/24", "/255.255.252.0")).prefix, 22);
    }

    #[test]
    fn what_the_form_shows_is_read_as_what_it_was() {
        let more = "router=192.168.20.254&dns=9.9.9.9+1.1.1.1&domain=office.example";
        let lan = read(&format!("{GOOD}&{more}"));
        let LanForm { address, first, last, router, dns, domain, .. } = LanForm::of(&lan);
        let texts = [address, first, last, router, dns, domain].map(|typed| typed.text);
        let [address, first, last, router, dns, domain] = texts;
        let again = format!(
            "address={address}&first={first}&last={last}&router={router}&dns={dns}&domain={domain}"
        );
        assert_eq!(read(&again.replace(' ', "+")), lan);
    }

    #[test]
    fn every_field_that_is_wrong_is_told_at_once() {
        let long = "d".repeat(65);
        let body = format!("address=192.168.20.1&first=x&last=&router=y&dns=1.1.1&domain={long}");
        let form = lan(&fields(&body)).err().unwrap();
        let all = [&form.address, &form.first, &form.last, &form.router, &form.dns, &form.domain];
        assert!(all.iter().all(|field| field.error.is_some()), "{form:?}");
        assert_eq!((form.first.text.as_str(), form.first_wrong()), ("x", Some("address")));
        for bad in ["/", "/24", "1.2.3.4/", "1.2.3.4/x", "1.2.3.4/255.0.255.0", "1.2.3.4/256"] {
            let form = lan(&fields(&GOOD.replace("192.168.20.1/24", bad))).err().unwrap();
            assert_eq!(form.address.error.as_deref(), Some(BAD_PREFIXED), "{bad}");
        }
        let four = format!("{GOOD}&dns=1.1.1.1+2.2.2.2+3.3.3.3+4.4.4.4");
        assert_eq!(lan(&fields(&four)).err().unwrap().dns.error.as_deref(), Some(BAD_DNS));
    }

    #[test]
    fn a_wan_without_an_address_is_by_dhcp() {
        let read = |body: &str| match wan(&fields(body)) {
            Ok(Command::ProposeWan(wan)) => Some(wan),
            Ok(_) | Err(_) => None,
        };
        assert_eq!(read("address=+&gateway="), Some(Wan::Dhcp));
        assert_eq!(read(""), Some(Wan::Dhcp));
        let gateway = Some(ip("203.0.113.1"));
        let dns = Some(ip("9.9.9.9"));
        let fixed = Wan::Fixed { address: ip("203.0.113.2"), prefix: 30, gateway, dns };
        assert_eq!(read("address=203.0.113.2/30&gateway=203.0.113.1&dns=9.9.9.9"), Some(fixed));
        for bad in [
            "gateway=203.0.113.1",
            "gateway=x",
            "dns=9.9.9.9",
            "dns=x",
            "address=x",
            "address=1.1.1.1/9&gateway=x",
            "address=1.1.1.1/9&dns=9.9.9.9+1.1.1.1",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_refusal_stands_beside_the_field_it_concerns() {
        let typed = fields(GOOD);
        let form = LanForm::refused(&typed, Refusal::Network(Flaw::PoolEmpty));
        assert_eq!(form.first_wrong(), Some("last"));
        let form = LanForm::refused(&typed, Refusal::Demonstration);
        assert!(form.first_wrong().is_none() && form.form_error.is_some());
        let form = WanForm::refused(&typed, Refusal::Network(Flaw::Gateway));
        assert_eq!(form.first_wrong(), Some("gateway"));
        assert!(WanForm::refused(&typed, Refusal::Unchanged).form_error.is_some());
    }
}
