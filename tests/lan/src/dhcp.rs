//! DHCP clients of others: udhcpc of busybox and dhclient of ISC.

use crate::net::{Host, Running};
use crate::until;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// What a client was told, as it tells its script.
#[derive(Clone, Debug)]
pub struct Lease {
    told: BTreeMap<String, String>,
}

/// udhcpc's script: it writes down what it was told, and sets the address.
const UDHCPC_SCRIPT: &str = r#"#!/bin/sh
case "$1" in
deconfig) exit 0 ;;
bound | renew)
    ip address replace "$ip/$mask" dev "$interface"
    [ -n "$router" ] && ip route replace default via "${router%% *}"
    env > udhcpc.new && mv udhcpc.new udhcpc.told ;;
esac
"#;

/// dhclient's script, which does the same.
const DHCLIENT_SCRIPT: &str = r#"#!/bin/sh
case "$reason" in
BOUND | RENEW | REBIND | REBOOT)
    ip address replace "$new_ip_address/24" dev "$interface"
    env > dhclient.new && mv dhclient.new dhclient.told ;;
esac
"#;

impl Lease {
    /// One value by the client's name for it; empty where it was not told.
    pub fn get(&self, name: &str) -> &str {
        self.told.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The address, whichever client it was.
    pub fn ip(&self) -> &str {
        let udhcpc = self.get("ip");
        if udhcpc.is_empty() {
            self.get("new_ip_address")
        } else {
            udhcpc
        }
    }

    fn read(text: &str) -> Lease {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Lease { told: pairs.map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

/// What a udhcpc asks with.
pub struct Asks<'a> {
    /// Option 60.
    pub vendor: &'a str,
    /// Option 55, all of it.
    pub options: &'a [u8],
}

/// A Yealink with the list of options it asks for.
pub const YEALINK: Asks<'_> =
    Asks { vendor: "yealink", options: &[1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120] };

/// Gets an address by udhcpc, which ends then; `None` where it gives up after eight tries.
pub fn udhcpc(host: &Host, asks: &Asks<'_>) -> Option<Lease> {
    let told = prepare(host, "udhcpc", UDHCPC_SCRIPT);
    let said = host.run("busybox", &strs(&words(asks, &["-n", "-q"])));
    let lease = fs::read_to_string(&told).ok().map(|text| Lease::read(&text));
    if lease.is_none() {
        eprintln!("udhcpc: {}{}", said.out, said.err);
    }
    lease
}

/// The same, but it goes on running, and gives the address back when told `USR2`.
pub fn udhcpc_stays(host: &Host, asks: &Asks<'_>) -> (Lease, Running) {
    let told = prepare(host, "udhcpc", UDHCPC_SCRIPT);
    let mut command = host.command("busybox");
    let running = host.spawn("udhcpc", command.args(words(asks, &[])));
    let text = until(Duration::from_secs(10), || fs::read_to_string(&told).ok());
    (Lease::read(&text.expect("udhcpc got no address")), running)
}

fn words(asks: &Asks<'_>, more: &[&str]) -> Vec<String> {
    let script = "./udhcpc.sh";
    let fixed =
        ["udhcpc", "-f", "-i", "eth0", "-t", "8", "-T", "1", "-o", "-s", script, "-V", asks.vendor];
    let mut words: Vec<String> = fixed.iter().chain(more).map(ToString::to_string).collect();
    for option in asks.options {
        words.extend(["-O".to_owned(), option.to_string()]);
    }
    words
}

fn strs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// Gets an address by dhclient with a configuration of its own. It goes on running.
pub fn dhclient(host: &Host, configuration: &str) -> (Lease, Running) {
    let told = prepare(host, "dhclient", DHCLIENT_SCRIPT);
    host.write("dhclient.conf", configuration);
    host.write("leases", "");
    let mut command = host.command("dhclient");
    command.args(["-d", "-4", "-cf", "dhclient.conf", "-lf", "leases", "-pf", "pid"]);
    command.args(["-sf", "./dhclient.sh", "eth0"]);
    let running = host.spawn("dhclient", &mut command);
    let text = until(Duration::from_secs(15), || fs::read_to_string(&told).ok());
    let Some(text) = text else {
        panic!("dhclient got no address: {}", host.said("dhclient", "err"));
    };
    (Lease::read(&text), running)
}

fn prepare(host: &Host, client: &str, script: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = host.write(&format!("{client}.sh"), script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let told = host.dir().join(format!("{client}.told"));
    // There is none at the first boot.
    let _ = fs::remove_file(&told);
    told
}
